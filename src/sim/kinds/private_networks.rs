//! `/private-networks`. Every region has a default network besides, on which machines sit that name none; its id is
//! told by machines and by nothing else, and asking for it is answered with `null`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Head, Kind, change, delete, find, list, put, read};
use crate::sim::clock::Now;
use crate::sim::http::call::{Answer, Call};
use crate::sim::http::problem::Problem;
use crate::sim::http::route::Route;
use crate::sim::quirks::Quirks;
use crate::sim::render;
use crate::sim::sight::Sight;
use crate::sim::world::World;

/// A private network of the team.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrivateNetwork {
    /// `n...`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The region's slug.
    pub region: String,
    /// First address.
    pub network: String,
    /// Mask.
    pub netmask: String,
    /// Whether it is the region's default, which the API hides.
    #[serde(default)]
    pub is_default: bool,
    /// How far requests can see it.
    #[serde(default)]
    pub sight: Sight,
    /// When it was made.
    pub dt_created: String,
    /// When it was deleted.
    #[serde(default)]
    pub dt_deleted: Option<String>,
}

impl Kind for PrivateNetwork {
    const NOUN: &'static str = "Private network";
    const LINGERS: Option<bool> = Some(false);

    fn all(world: &World) -> &[Self] {
        &world.private_networks
    }

    fn all_mut(world: &mut World) -> &mut [Self] {
        &mut world.private_networks
    }

    fn head(&self) -> Head<'_> {
        Head {
            key: &self.id,
            name: &self.name,
            dt_created: &self.dt_created,
            is_deleted: self.dt_deleted.is_some(),
        }
    }

    fn sight(&self) -> &Sight {
        &self.sight
    }

    fn sight_mut(&mut self) -> &mut Sight {
        &mut self.sight
    }

    fn delete(&mut self, stamp: &str) {
        self.dt_deleted = Some(stamp.to_owned());
    }

    fn render(&self, quirks: &Quirks) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "region": render::region(&self.region, quirks),
            "network": self.network,
            "netmask": self.netmask,
            "dtCreated": self.dt_created,
            "dtDeleted": self.dt_deleted.as_ref().filter(|_| quirks.lingering.dated),
        })
    }

    fn is_shown(&self, _call: &Call<'_>) -> bool {
        !self.is_default
    }

    fn passes(&self, call: &Call<'_>) -> bool {
        call.passes_region(Some(&self.region))
    }

    fn missing(call: &Call<'_>) -> Answer {
        let id = call.param("id");
        let known = call.world.private_networks.iter().find(|network| network.id == id);
        let is_null = known.is_some_and(|network| {
            if network.is_default {
                !call.quirks.default_network_not_found
            } else {
                network.dt_deleted.is_some() && call.quirks.deleted_network_null
            }
        });
        if is_null {
            Ok(Value::Null)
        } else {
            Err(Problem::not_found(Self::NOUN))
        }
    }
}

pub(crate) const ROUTES: &[Route] = &[
    Route::get("/private-networks", list::<PrivateNetwork>),
    Route::post("/private-networks", create),
    Route::get("/private-networks/{id}", read::<PrivateNetwork>),
    Route::put("/private-networks/{id}", rename),
    Route::delete("/private-networks/{id}", remove),
];

fn create(call: &mut Call<'_>) -> Answer {
    let (name, region, migrate) = call.read(|form| {
        let (name, region) = (form.required_text("name"), Call::region_of(form));
        (name, region, form.flag("migrateMachines").unwrap_or(false))
    })?;
    let id = call.ids.short("n", 7, &name);
    let (now, sight) = (call.now.clone(), Sight::of_new(call.quirks, &call.now));
    call.world
        .add_network(id.clone(), name, region.slug, false, sight, &now);
    if migrate {
        let default = call.world.default_network(region.slug);
        for machine in &mut call.world.machines {
            if machine.network_id == default {
                machine.network_id.clone_from(&id);
            }
        }
    }
    Ok(call.json::<PrivateNetwork>(&id))
}

fn rename(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    find::<PrivateNetwork>(call, &id)?;
    let name = call.read(|form| form.text("name"))?;
    change::<PrivateNetwork>(call, &id, |network| put(&mut network.name, name))
}

/// Machines and drives hold a network; a machine that is being deleted does no more.
fn remove(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    find::<PrivateNetwork>(call, &id)?;
    let machines = call.world.machines.iter().filter(|machine| !machine.is_leaving());
    let drives = call
        .world
        .shared_drives
        .iter()
        .filter(|drive| drive.dt_deleted.is_none());
    let holding = machines
        .map(|machine| &machine.network_id)
        .chain(drives.map(|drive| &drive.network_id))
        .filter(|network_id| **network_id == id)
        .count();
    if holding > 0 {
        return Err(Problem::precondition(format!(
            "{holding} machines or drives are still on the network"
        )));
    }
    delete::<PrivateNetwork>(call)?;
    Ok(json!({"id": id}))
}

impl World {
    /// The id of the hidden default network of a region.
    pub fn default_network(&self, slug: &str) -> String {
        let mut networks = self.private_networks.iter();
        let default = networks.find(|network| network.is_default && network.region == slug);
        default.map(|network| network.id.clone()).unwrap_or_default()
    }

    /// The network of that id, if it is the team's own and exists.
    pub fn own_network(&self, id: &str) -> Option<&PrivateNetwork> {
        let mut networks = self.private_networks.iter();
        networks.find(|network| network.id == id && !network.is_default && network.dt_deleted.is_none())
    }

    /// Whether something in that region can be put on that network; the default one is as good as none.
    pub(crate) fn check_network(&self, id: &str, slug: &str) -> Result<(), Problem> {
        let network = self.own_network(id);
        let network = network.ok_or_else(|| Problem::not_found(PrivateNetwork::NOUN))?;
        if network.region != slug {
            return Err(Problem::bad_request(format!(
                "Private network {id} is in another region"
            )));
        }
        Ok(())
    }

    /// Makes a network.
    pub(crate) fn add_network(
        &mut self,
        id: String,
        name: String,
        slug: &str,
        is_default: bool,
        sight: Sight,
        now: &Now,
    ) {
        let number = self.next_network();
        self.private_networks.push(PrivateNetwork {
            id,
            name,
            region: slug.to_owned(),
            network: format!("10.{}.{}.0", 64 + number / 256 % 64, number % 256),
            netmask: "255.255.255.0".to_owned(),
            is_default,
            sight,
            dt_created: now.stamp.clone(),
            dt_deleted: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::sim::http::client::{Client, machine_body, refusal};

    #[tokio::test]
    async fn the_default_network_is_told_and_hidden() {
        let client = Client::immediate().await;
        let machine = client.machine(&json!({})).await;
        let default = machine["networkId"].as_str().unwrap();
        assert!(!default.is_empty());
        assert_eq!(client.get("/private-networks").await.1["items"], json!([]));
        let path = format!("/private-networks/{default}");
        assert_eq!(client.get(&path).await, (200, Value::Null));
        client.sim.switch(|quirks| quirks.default_network_not_found = true);
        assert_eq!(refusal(&client.get(&path).await), (404, "NOT_FOUND"));
        for got in [
            client.put(&path, &json!({"name": "x"})).await,
            client.delete(&path).await,
        ] {
            assert_eq!(refusal(&got), (404, "NOT_FOUND"));
        }
        let machine_path = format!("/machines/{}", machine["id"].as_str().unwrap());
        let back = json!({"networkId": default});
        assert_eq!(refusal(&client.put(&machine_path, &back).await), (404, "NOT_FOUND"));
        assert_eq!(
            refusal(&client.post("/machines", &machine_body(&back)).await),
            (404, "NOT_FOUND")
        );
    }

    #[tokio::test]
    async fn a_network_that_is_no_more_may_answer_null() {
        let client = Client::immediate().await;
        let (_, network) = client
            .post("/private-networks", &json!({"name": "n", "region": "ny2"}))
            .await;
        let path = format!("/private-networks/{}", network["id"].as_str().unwrap());
        assert_eq!(client.delete(&path).await, (200, json!({"id": network["id"]})));
        assert_eq!(refusal(&client.get(&path).await), (404, "NOT_FOUND"));
        client.sim.switch(|quirks| quirks.deleted_network_null = true);
        assert_eq!(client.get(&path).await, (200, Value::Null));
        assert_eq!(client.get("/private-networks/n0").await.0, 404);
    }

    #[tokio::test]
    async fn a_machine_moves_to_a_network_of_its_region() {
        let client = Client::immediate().await;
        let (_, near) = client
            .post("/private-networks", &json!({"name": "near", "region": "ny2"}))
            .await;
        let (_, far) = client
            .post("/private-networks", &json!({"name": "far", "region": "ams1"}))
            .await;
        let machine = client.machine(&json!({})).await;
        let machine_path = format!("/machines/{}", machine["id"].as_str().unwrap());
        let got = client.put(&machine_path, &json!({"networkId": far["id"]})).await;
        assert_eq!(refusal(&got), (400, "BAD_REQUEST"));
        let (status, moved) = client.put(&machine_path, &json!({"networkId": near["id"]})).await;
        assert_eq!((status, &moved["data"]["networkId"]), (200, &near["id"]));
        assert_ne!(moved["data"]["privateIp"], machine["privateIp"]);
    }

    #[tokio::test]
    async fn what_is_on_a_network_holds_it_until_it_leaves() {
        let client = Client::explicit().await;
        let (_, network) = client
            .post("/private-networks", &json!({"name": "n", "region": "ny2"}))
            .await;
        let path = format!("/private-networks/{}", network["id"].as_str().unwrap());
        let machine = client.machine(&json!({"networkId": network["id"]})).await;
        let body = json!({"name": "d", "region": "ny2", "networkId": network["id"], "size": 50});
        let (_, drive) = client.post("/shared-drives", &body).await;
        let refused = client.delete(&path).await;
        assert_eq!(refusal(&refused), (412, "PRECONDITION_FAILED"));
        assert!(
            refused.1["message"]
                .as_str()
                .unwrap()
                .starts_with("2 machines or drives")
        );
        client
            .delete(&format!("/machines/{}", machine["id"].as_str().unwrap()))
            .await;
        assert_eq!(client.delete(&path).await.0, 412, "the drive is still there");
        client
            .delete(&format!("/shared-drives/{}", drive["id"].as_str().unwrap()))
            .await;
        assert_eq!(
            client.sim.world().live_machines().count(),
            1,
            "the machine is still being deleted"
        );
        assert_eq!(client.delete(&path).await.0, 200);
    }

    #[tokio::test]
    async fn a_new_network_can_take_the_machines_of_the_default_one() {
        let client = Client::immediate().await;
        let machine = client.machine(&json!({})).await;
        let body = json!({"name": "all", "region": "ny2", "migrateMachines": true});
        let (_, network) = client.post("/private-networks", &body).await;
        let (_, machine) = client
            .get(&format!("/machines/{}", machine["id"].as_str().unwrap()))
            .await;
        assert_eq!(machine["networkId"], network["id"]);
        assert_eq!(network["region"], "East Coast (NY2)");
        let path = format!("/private-networks/{}", network["id"].as_str().unwrap());
        assert_eq!(client.put(&path, &json!({})).await.1["name"], "all");
        assert_eq!(
            client.put(&path, &json!({"name": "renamed"})).await.1["name"],
            "renamed"
        );
        assert_eq!(client.get("/private-networks?region=ams1").await.1["items"], json!([]));
    }
}
