//! `/public-ips`: static public addresses, which a team keeps, and pays for, until it gives them back.
//!
//! One that a machine has by its `publicIpType` is no different: it stays, unassigned, when the machine goes.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Head, Kind, delete, find, list};
use crate::sim::clock::Now;
use crate::sim::http::call::{Answer, Call};
use crate::sim::http::problem::Problem;
use crate::sim::http::route::Route;
use crate::sim::machine::{PublicIpType, State};
use crate::sim::quirks::Quirks;
use crate::sim::render;
use crate::sim::sight::Sight;
use crate::sim::world::World;

/// A static public address of the team.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicIp {
    /// The address.
    pub ip: String,
    /// The region's slug.
    pub region: String,
    /// The machine that has it.
    pub assigned_machine_id: Option<String>,
    /// How far requests can see it.
    #[serde(default)]
    pub sight: Sight,
    /// When it was claimed.
    pub dt_created: String,
    /// When it was given back.
    pub dt_deleted: Option<String>,
}

impl Kind for PublicIp {
    const NOUN: &'static str = "Public IP";
    const PARAM: &'static str = "ip";
    const ORDER_BY: &'static [&'static str] = &["dtCreated"];

    fn all(world: &World) -> &[Self] {
        &world.public_ips
    }

    fn all_mut(world: &mut World) -> &mut [Self] {
        &mut world.public_ips
    }

    fn head(&self) -> Head<'_> {
        Head {
            key: &self.ip,
            name: "",
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
        let mut answer = json!({
            "ip": self.ip,
            "region": render::region(&self.region, quirks),
            "dtCreated": self.dt_created,
        });
        if let Some(machine_id) = &self.assigned_machine_id {
            answer["assignedMachineId"] = json!(machine_id);
        }
        answer
    }

    fn passes(&self, call: &Call<'_>) -> bool {
        call.passes_region(Some(&self.region))
    }
}

pub(crate) const ROUTES: &[Route] = &[
    Route::get("/public-ips", list::<PublicIp>),
    Route::post("/public-ips", claim),
    Route::put("/public-ips/{ip}", assign),
    Route::delete("/public-ips/{ip}", release),
];

fn claim(call: &mut Call<'_>) -> Answer {
    let region = call.read(Call::region_of)?;
    let (now, sight) = (call.now.clone(), Sight::of_new(call.quirks, &call.now));
    let ip = call.world.add_address(region.slug, None, sight, &now);
    Ok(call.json::<PublicIp>(&ip))
}

fn assign(call: &mut Call<'_>) -> Answer {
    let ip = call.param("ip");
    let region = find::<PublicIp>(call, &ip)?.region;
    let machine_id = call.read(|form| {
        let machine_id = form.nullable_text("machineId");
        if machine_id.is_none() {
            form.complain("machineId", "required");
        }
        machine_id.flatten()
    })?;
    if let Some(id) = &machine_id {
        let machine = call.idle_machine(id)?;
        if machine.region != region {
            return Err(Problem::bad_request("The machine is in another region"));
        }
    }
    call.world.move_address(&ip, machine_id.as_deref());
    Ok(call.json::<PublicIp>(&ip))
}

fn release(call: &mut Call<'_>) -> Answer {
    let ip = call.param("ip");
    find::<PublicIp>(call, &ip)?;
    call.world.move_address(&ip, None);
    delete::<PublicIp>(call)?;
    Ok(json!({"ip": ip}))
}

impl World {
    fn add_address(&mut self, slug: &str, machine_id: Option<&str>, sight: Sight, now: &Now) -> String {
        let ip = self.public_address();
        self.public_ips.push(PublicIp {
            ip: ip.clone(),
            region: slug.to_owned(),
            assigned_machine_id: machine_id.map(str::to_owned),
            sight,
            dt_created: now.stamp.clone(),
            dt_deleted: None,
        });
        ip
    }

    /// Gives a machine the public address it is due: a static one always, a dynamic one while it runs.
    pub(crate) fn give_address(&mut self, machine_id: &str, now: &Now) {
        let Some(machine) = self.machine(machine_id) else {
            return;
        };
        let due = match machine.public_ip_type {
            PublicIpType::Static => true,
            PublicIpType::Dynamic => machine.state != State::Off,
            PublicIpType::None => false,
        };
        if !due || machine.public_ip.is_some() {
            return;
        }
        let ip = if machine.public_ip_type == PublicIpType::Static {
            let region = machine.region.clone();
            self.add_address(&region, Some(machine_id), Sight::default(), now)
        } else {
            self.public_address()
        };
        if let Some(machine) = self.machine_mut(machine_id) {
            machine.public_ip = Some(ip);
        }
    }

    /// Takes a dynamic address away, as a stop does.
    pub(crate) fn take_dynamic_address(&mut self, machine_id: &str) {
        if let Some(machine) = self.machine_mut(machine_id)
            && machine.public_ip_type == PublicIpType::Dynamic
        {
            machine.public_ip = None;
        }
    }

    /// Takes a machine's public address away. A static one stays in the account; answers which.
    pub(crate) fn detach_address(&mut self, machine_id: &str) -> Option<String> {
        if let Some(machine) = self.machine_mut(machine_id) {
            machine.public_ip = None;
        }
        let mut ips = self.public_ips.iter_mut();
        let ip = ips.find(|ip| ip.assigned_machine_id.as_deref() == Some(machine_id))?;
        ip.assigned_machine_id = None;
        Some(ip.ip.clone())
    }

    /// Gives a static address back to the service.
    pub(crate) fn release_address(&mut self, ip: &str, now: &Now) {
        if let Some(known) = self.public_ips.iter_mut().find(|known| known.ip == ip) {
            known.dt_deleted = Some(now.stamp.clone());
        }
    }

    /// Moves a static address from the machine that has it to another, in the place of whatever that one had, or to
    /// none.
    fn move_address(&mut self, ip: &str, machine_id: Option<&str>) {
        let holder = self.public_ips.iter().find(|known| known.ip == ip);
        if let Some(holder) = holder.and_then(|known| known.assigned_machine_id.clone()) {
            self.detach_address(&holder);
            if let Some(machine) = self.machine_mut(&holder) {
                machine.public_ip_type = PublicIpType::None;
            }
        }
        let Some(machine_id) = machine_id else { return };
        self.detach_address(machine_id);
        if let Some(known) = self.public_ips.iter_mut().find(|known| known.ip == ip) {
            known.assigned_machine_id = Some(machine_id.to_owned());
        }
        if let Some(machine) = self.machine_mut(machine_id) {
            machine.public_ip = Some(ip.to_owned());
            machine.public_ip_type = PublicIpType::Static;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::sim::http::client::{Client, refusal};

    async fn claim(client: &Client, region: &str) -> (String, Value) {
        let (status, address) = client.post("/public-ips", &json!({"region": region})).await;
        assert_eq!(status, 200, "{address}");
        (
            format!("/public-ips/{}", address["ip"].as_str().unwrap()),
            address["ip"].clone(),
        )
    }

    #[tokio::test]
    async fn an_address_is_claimed_moved_and_given_back() {
        let client = Client::immediate().await;
        let (path, ip) = claim(&client, "ny2").await;
        assert_eq!(
            client.get("/public-ips").await.1["items"][0].get("assignedMachineId"),
            None
        );
        let mut machines = Vec::new();
        for name in ["a", "b"] {
            machines.push(client.machine(&json!({"name": name})).await["id"].clone());
        }
        let told = async |machine: &Value| client.get(&format!("/machines/{}", machine.as_str().unwrap())).await.1;
        for machine in &machines {
            let (status, address) = client.put(&path, &json!({"machineId": machine})).await;
            assert_eq!((status, &address["assignedMachineId"]), (200, machine));
            let machine = told(machine).await;
            assert_eq!(
                (&machine["publicIp"], &machine["publicIpType"]),
                (&ip, &json!("static"))
            );
        }
        assert_eq!(told(&machines[0]).await["publicIp"], Value::Null);
        let (_, address) = client.put(&path, &json!({"machineId": null})).await;
        assert_eq!(address.get("assignedMachineId"), None);
        client.put(&path, &json!({"machineId": machines[1]})).await;
        assert_eq!(client.delete(&path).await, (200, json!({"ip": ip})));
        assert_eq!(told(&machines[1]).await["publicIp"], Value::Null);
        assert_eq!(refusal(&client.delete(&path).await), (404, "NOT_FOUND"));
        assert_eq!(client.get("/public-ips").await.1["items"], json!([]));
    }

    #[tokio::test]
    async fn an_address_fits_only_a_machine_of_its_region() {
        let client = Client::immediate().await;
        let (path, _) = claim(&client, "ca1").await;
        let machine = client.machine(&json!({})).await["id"].clone();
        for (body, status) in [
            (json!({"machineId": machine}), 400),
            (json!({"machineId": "ps0"}), 404),
            (json!({}), 400),
        ] {
            assert_eq!(client.put(&path, &body).await.0, status, "{body}");
        }
        assert_eq!(
            client.get("/public-ips?region=ca1").await.1["items"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        assert_eq!(client.get("/public-ips?region=ny2").await.1["items"], json!([]));
    }

    #[tokio::test]
    async fn a_static_address_stays_after_its_machine() {
        let client = Client::immediate().await;
        let off = json!({"startOnCreate": false, "publicIpType": "static"});
        let machine = client.machine(&off).await;
        assert!(machine["publicIp"].is_string(), "a machine that never ran has it too");
        let (_, page) = client.get("/public-ips").await;
        assert_eq!(
            (&page["items"][0]["ip"], &page["items"][0]["assignedMachineId"]),
            (&machine["publicIp"], &machine["id"])
        );
        client
            .delete(&format!("/machines/{}", machine["id"].as_str().unwrap()))
            .await;
        let (_, page) = client.get("/public-ips").await;
        assert_eq!(page["items"][0]["ip"], machine["publicIp"]);
        assert_eq!(page["items"][0].get("assignedMachineId"), None);
        let path = format!("/public-ips/{}", machine["publicIp"].as_str().unwrap());
        assert_eq!(client.delete(&path).await.0, 200);
    }
}
