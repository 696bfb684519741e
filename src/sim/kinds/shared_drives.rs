//! `/shared-drives`: drives that the machines of a network share.
//!
//! A drive can be mounted only some time after it was made; until then its mount point is empty. There is no event.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Head, Kind, change, delete, find, list, put, read};
use crate::sim::http::call::{Answer, Call};
use crate::sim::http::route::Route;
use crate::sim::machine::lifecycle::{Ending, Task};
use crate::sim::quirks::{DriveUnit, Quirks};
use crate::sim::render::{self, GIB};
use crate::sim::sight::Sight;
use crate::sim::world::World;

/// A drive shared on a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedDrive {
    /// `sd...`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The region's slug.
    pub region: String,
    /// The network it is on.
    pub network_id: String,
    /// In units of 2^30 bytes.
    pub size: u64,
    /// Where to mount it from; empty until it can be.
    pub mount_point: String,
    /// Who mounts it.
    pub username: String,
    /// With which password; a secret.
    pub password: String,
    /// How far requests can see it.
    #[serde(default)]
    pub sight: Sight,
    /// When it was made. Left out of a seed, it is when the world began.
    #[serde(default)]
    pub dt_created: String,
    /// When it was deleted.
    #[serde(default)]
    pub dt_deleted: Option<String>,
}

impl Kind for SharedDrive {
    const NOUN: &'static str = "Shared drive";
    const LINGERS: Option<bool> = Some(false);

    fn all(world: &World) -> &[Self] {
        &world.shared_drives
    }

    fn all_mut(world: &mut World) -> &mut [Self] {
        &mut world.shared_drives
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
        let size = match quirks.drive_unit {
            DriveUnit::Gigabytes => self.size,
            DriveUnit::Bytes => self.size.saturating_mul(GIB),
        };
        json!({
            "id": self.id,
            "name": self.name,
            "region": render::region(&self.region, quirks),
            "networkId": self.network_id,
            "size": size,
            "mountPoint": self.mount_point,
            "username": self.username,
            "password": self.password,
            "dtCreated": self.dt_created,
            "dtDeleted": self.dt_deleted.as_ref().filter(|_| quirks.lingering.dated),
        })
    }

    fn passes(&self, call: &Call<'_>) -> bool {
        call.passes_region(Some(&self.region))
    }
}

pub(crate) const ROUTES: &[Route] = &[
    Route::get("/shared-drives", list::<SharedDrive>),
    Route::post("/shared-drives", create),
    Route::get("/shared-drives/{id}", read::<SharedDrive>),
    Route::put("/shared-drives/{id}", rename),
    Route::delete("/shared-drives/{id}", remove),
];

fn create(call: &mut Call<'_>) -> Answer {
    let (name, region, network_id, size) = call.read(|form| {
        let (name, region) = (form.required_text("name"), Call::region_of(form));
        let network_id = form.required_text("networkId");
        (
            name,
            region,
            network_id,
            form.required_number("size", 1, u64::from(u32::MAX)),
        )
    })?;
    call.world.check_network(&network_id, region.slug)?;
    let id = call.ids.short("sd", 8, &name);
    let drive = SharedDrive {
        mount_point: String::new(),
        username: format!("user-{id}"),
        password: call.ids.short("", 20, &id),
        id: id.clone(),
        name,
        region: region.slug.to_owned(),
        network_id,
        size,
        sight: Sight::of_new(call.quirks, &call.now),
        dt_created: call.now.stamp.clone(),
        dt_deleted: None,
    };
    call.world.shared_drives.push(drive);
    call.begin_with(&id, Task::DriveMount, Ending::Done);
    Ok(call.json::<SharedDrive>(&id))
}

fn rename(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    find::<SharedDrive>(call, &id)?;
    let name = call.read(|form| form.text("name"))?;
    change::<SharedDrive>(call, &id, |drive| put(&mut drive.name, name))
}

fn remove(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    delete::<SharedDrive>(call)?;
    call.world.call_off(&id, &call.now);
    Ok(json!({"id": id}))
}

impl World {
    /// Puts a drive on its network.
    pub(crate) fn mount_drive(&mut self, id: &str) {
        let host = self.private_address();
        if let Some(drive) = self.shared_drives.iter_mut().find(|drive| drive.id == id) {
            drive.mount_point = format!("//{host}/{id}");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::sim::http::client::{Client, refusal};
    use crate::sim::quirks::{DriveUnit, NumberForm};

    async fn body(client: &Client) -> Value {
        let (_, network) = client
            .post("/private-networks", &json!({"name": "n", "region": "ny2"}))
            .await;
        json!({"name": "d", "region": "ny2", "networkId": network["id"], "size": 100})
    }

    #[tokio::test]
    async fn a_drive_stands_on_a_network_of_its_region() {
        let client = Client::immediate().await;
        let mut body = body(&client).await;
        for (region, network, status) in [("ca1", None, 400), ("ny2", Some("n0"), 404)] {
            let mut wrong = body.clone();
            wrong["region"] = json!(region);
            if let Some(network) = network {
                wrong["networkId"] = json!(network);
            }
            assert_eq!(client.post("/shared-drives", &wrong).await.0, status, "{wrong}");
        }
        body["size"] = json!("100");
        let (status, drive) = client.post("/shared-drives", &body).await;
        assert_eq!((status, &drive["size"]), (200, &json!(100)));
        assert!(drive["password"].as_str().is_some_and(|password| password.len() == 20));
        let path = format!("/shared-drives/{}", drive["id"].as_str().unwrap());
        assert_eq!(client.put(&path, &json!({"name": "e"})).await.1["name"], "e");
        assert_eq!(client.put(&path, &json!({"size": 200})).await.0, 400);
        assert_eq!(
            client.get("/shared-drives?name=e").await.1["items"][0]["id"],
            drive["id"]
        );
        assert_eq!(client.get("/shared-drives?region=ca1").await.1["items"], json!([]));
        assert_eq!(client.delete(&path).await, (200, json!({"id": drive["id"]})));
        assert_eq!(refusal(&client.get(&path).await), (404, "NOT_FOUND"));
    }

    #[tokio::test]
    async fn a_drive_can_be_mounted_after_a_while() {
        let client = Client::explicit().await;
        let (_, drive) = client.post("/shared-drives", &body(&client).await).await;
        assert_eq!(drive["mountPoint"], "");
        client.sim.advance(std::time::Duration::from_secs(20));
        let path = format!("/shared-drives/{}", drive["id"].as_str().unwrap());
        let mount_point = client.get(&path).await.1["mountPoint"].as_str().unwrap().to_owned();
        assert!(mount_point.starts_with("//10.") && mount_point.ends_with(drive["id"].as_str().unwrap()));
        assert_eq!(client.get("/machine-events").await.1["items"], json!([]));
    }

    #[tokio::test]
    async fn the_size_can_be_told_in_bytes() {
        let client = Client::immediate().await;
        client.sim.switch(|quirks| quirks.drive_unit = DriveUnit::Bytes);
        let (_, drive) = client.post("/shared-drives", &body(&client).await).await;
        assert_eq!(drive["size"], "107374182400", "a count of bytes is told as all are");
        client.sim.switch(|quirks| quirks.numbers = NumberForm::Numbers);
        let path = format!("/shared-drives/{}", drive["id"].as_str().unwrap());
        assert_eq!(client.get(&path).await.1["size"], json!(107_374_182_400_u64));
    }
}
