//! `/machines`: how a machine is told, listing and reading them, their desktops, and what can be had of each type.
//!
//! Making, changing and switching machines have files of their own.

use serde_json::{Value, json};

use super::{Head, Kind, list, machine_change, machine_create, machine_power, read};
use crate::sim::catalog;
use crate::sim::http::call::{Answer, Call};
use crate::sim::http::problem::Problem;
use crate::sim::http::route::{Route, Who};
use crate::sim::machine::{Machine, State};
use crate::sim::quirks::Quirks;
use crate::sim::render::{self, GIB};
use crate::sim::sight::Sight;
use crate::sim::world::World;

pub(crate) const ROUTES: &[Route] = &[
    Route::get("/machines", list::<Machine>).by(Who::Members),
    Route::post("/machines", machine_create::create),
    Route::get("/machines/{id}", read::<Machine>).by(Who::Members),
    Route::put("/machines/{id}", machine_change::change),
    Route::delete("/machines/{id}", machine_power::delete),
    Route::patch("/machines/{id}/start", machine_power::start).by(Who::Members),
    Route::patch("/machines/{id}/stop", machine_power::stop).by(Who::Members),
    Route::patch("/machines/{id}/restart", machine_power::restart).by(Who::Members),
    Route::get("/machines/{id}/desktop", desktop).by(Who::Members),
    Route::get("/machine-availability", availability).by(Who::Members),
];

impl Kind for Machine {
    const NOUN: &'static str = "Machine";
    const ORDER_BY: &'static [&'static str] = &["dtCreated", "name", "state"];
    const LINGERS: Option<bool> = Some(true);

    fn all(world: &World) -> &[Self] {
        &world.machines
    }

    fn all_mut(world: &mut World) -> &mut [Self] {
        &mut world.machines
    }

    fn head(&self) -> Head<'_> {
        Head {
            key: &self.id,
            name: &self.name,
            dt_created: &self.dt_created,
            is_deleted: self.is_deleted(),
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
        let kind = catalog::machine_type(&self.machine_type);
        let ram = kind.as_ref().map_or(0, |kind| kind.ram);
        let storage = self.disk_size.saturating_mul(GIB);
        let provisioned = |count: u64| render::bytes(if self.provisioned { count } else { 0 }, quirks);
        let accelerators = kind.as_ref().and_then(|kind| kind.accelerator).map_or(
            Value::Null,
            |(name, memory, count)| json!([{"name": name, "memory": render::bytes(memory, quirks), "count": count}]),
        );
        json!({
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "os": self.os,
            "machineType": self.machine_type,
            "agentType": self.agent_type,
            "cpus": kind.as_ref().map_or(0, |kind| kind.cpus),
            "ram": provisioned(ram),
            "storageTotal": provisioned(storage),
            "storageUsed": provisioned(storage / 8),
            "accelerators": accelerators,
            "region": render::region(&self.region, quirks),
            "privateIp": self.private_ip,
            "networkId": self.network_id,
            "publicIp": self.public_ip,
            "publicIpType": self.public_ip_type,
            "autoShutdownEnabled": self.auto_shutdown_enabled,
            "autoShutdownTimeout": self.auto_shutdown_timeout,
            "autoShutdownForce": self.auto_shutdown_force,
            "autoSnapshotEnabled": self.auto_snapshot_enabled,
            "autoSnapshotFrequency": self.auto_snapshot_frequency,
            "autoSnapshotSaveCount": self.auto_snapshot_save_count,
            "restorePointEnabled": self.restore_point_enabled,
            "restorePointFrequency": self.restore_point_frequency,
            "restorePointSnapshotId": self.restore_point_snapshot_id,
            "updatesPending": false,
            "usageRate": kind.as_ref().map_or(0.0, |kind| kind.usage_rate),
            "storageRate": catalog::storage_rate(self.disk_size),
            "reservation": null,
            "dtCreated": self.dt_created,
            "dtModified": self.dt_modified,
            "dtDeleted": self.dt_deleted.as_ref().filter(|_| quirks.lingering.dated),
        })
    }

    fn is_shown(&self, call: &Call<'_>) -> bool {
        call.may_see(&self.id)
    }

    fn passes(&self, call: &Call<'_>) -> bool {
        call.passes_region(Some(&self.region))
            && call.passes("agentType", &self.agent_type)
            && call.passes("machineType", &self.machine_type)
    }

    fn sort_key(&self, _field: &str) -> String {
        self.state.as_str().to_owned()
    }
}

/// Only a machine with a desktop that runs has one to connect to.
fn desktop(call: &mut Call<'_>) -> Answer {
    let machine = call.live_machine(&call.param("id"))?;
    let runs = machine.state == State::Ready;
    let Some(host) = machine.public_ip.clone().or(machine.private_ip).filter(|_| runs) else {
        return Ok(json!({}));
    };
    match machine.agent_type.as_str() {
        "WindowsDesktop" => {
            let mut windows = json!({"hostname": host, "port": 3389});
            if let Some(ip) = machine.public_ip {
                windows["publicIp"] = json!(ip);
            }
            Ok(json!({"windows": windows}))
        }
        "LinuxDesktop" => {
            let password = format!("vnc-{}", machine.id);
            Ok(json!({"vnc": {"hostname": host, "port": 5901, "password": password}}))
        }
        _ => Ok(json!({})),
    }
}

fn availability(call: &mut Call<'_>) -> Answer {
    let mut issues = Vec::new();
    let mut required = |name: &str| {
        let value = call.query(name).unwrap_or_default();
        if value.is_empty() {
            issues.push(format!("{name}: required"));
        }
        value.to_owned()
    };
    let (label, place) = (required("machineType"), required("region"));
    let (kind, region) = (catalog::machine_type(&label), catalog::region(&place));
    if kind.is_none() && !label.is_empty() {
        issues.push("machineType: unknown machine type".to_owned());
    }
    if region.is_none() && !place.is_empty() {
        issues.push("region: unknown region".to_owned());
    }
    let (Some(kind), Some(region)) = (kind, region) else {
        return Err(Problem::invalid(issues));
    };
    let available = kind.is_offered_in(region.slug) && !call.quirks.tells_shortage(&kind.label, region.slug);
    Ok(json!({"available": available}))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::sim::http::client::{Client, refusal};
    use crate::sim::{Lingering, NumberForm, Quirks, RegionForm, SoldOut, Staleness};

    fn names(page: &Value) -> Vec<&str> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["name"].as_str().unwrap()).collect()
    }

    async fn path_of_new(client: &Client, changes: &Value) -> String {
        format!("/machines/{}", client.machine(changes).await["id"].as_str().unwrap())
    }

    #[tokio::test]
    async fn filters_and_orders_shape_a_listing() {
        let client = Client::immediate().await;
        for (name, region) in [("b", "ny2"), ("a", "ca1"), ("c", "ny2")] {
            client.machine(&json!({"name": name, "region": region})).await;
        }
        let windows = json!({"name": "w", "templateId": "tx81g2ee", "machineType": "P4000", "startOnCreate": false});
        client.machine(&windows).await;
        for (query, expected) in [
            ("", vec!["w", "c", "a", "b"]),
            ("order=asc", vec!["b", "a", "c", "w"]),
            ("orderBy=name", vec!["w", "c", "b", "a"]),
            ("orderBy=state&order=asc&limit=1", vec!["w"]),
            ("name=a", vec!["a"]),
            ("region=ca1", vec!["a"]),
            ("region=East%20Coast%20(NY2)", vec!["w", "c", "b"]),
            ("agentType=WindowsDesktop", vec!["w"]),
            ("machineType=P4000", vec!["w"]),
            ("machineType=C5&name=b", vec!["b"]),
        ] {
            assert_eq!(
                names(&client.get(&format!("/machines?{query}")).await.1),
                expected,
                "{query}"
            );
        }
    }

    #[tokio::test]
    async fn a_machine_is_told_in_the_services_shape() {
        let client = Client::immediate().await;
        let made = client.machine(&json!({"machineType": "P4000"})).await;
        assert_eq!(made["storageTotal"], "53687091200");
        assert_eq!(
            made["accelerators"],
            json!([{"name": "Quadro P4000", "memory": "8589934592", "count": 1}])
        );
        assert_eq!(
            (&made["region"], &made["state"]),
            (&json!("East Coast (NY2)"), &json!("ready"))
        );
        for hidden in ["templateId", "startupScriptId", "diskSize", "accessorIds", "userId"] {
            assert_eq!(made.get(hidden), None, "{hidden}");
        }
        client.sim.switch(|quirks| {
            quirks.numbers = NumberForm::Numbers;
            quirks.regions = RegionForm::Slug;
        });
        let (_, told) = client.get(&format!("/machines/{}", made["id"].as_str().unwrap())).await;
        assert_eq!(told["accelerators"][0]["memory"], json!(8_589_934_592_u64));
        assert_eq!(told["region"], json!("ny2"));
    }

    #[tokio::test]
    async fn a_new_machine_may_not_be_seen_at_once() {
        let quirks = Quirks {
            not_found_after_create: 2,
            listing_lag: 1,
            ..Quirks::default()
        };
        let client = Client::quirky(quirks).await;
        let path = path_of_new(&client, &json!({})).await;
        let statuses = [
            client.get(&path).await.0,
            client.get(&path).await.0,
            client.get(&path).await.0,
        ];
        assert_eq!(statuses, [404, 404, 200]);
        assert_eq!(client.get("/machines").await.1["items"], json!([]));
        assert_eq!(names(&client.get("/machines").await.1), ["box"]);
    }

    #[tokio::test]
    async fn listings_can_be_behind_a_start() {
        let client = Client::explicit().await;
        let path = path_of_new(&client, &json!({"startOnCreate": false})).await;
        client.sim.finish_all();
        client.sim.switch(|quirks| {
            quirks.staleness = Staleness {
                listings: 1,
                ..Staleness::default()
            };
        });
        let start = format!("{path}/start");
        assert_eq!(client.patch(&start).await.0, 200);
        assert_eq!(client.get("/machines").await.1["items"][0]["state"], "off");
        let again = client.patch(&start).await;
        assert_eq!(again.1["message"], "This machine is currently starting.");
        assert_eq!(client.get("/machines").await.1["items"][0]["state"], "starting");
    }

    #[tokio::test]
    async fn a_deleted_machine_lingers() {
        let client = Client::immediate().await;
        let path = path_of_new(&client, &json!({})).await;
        client.delete(&path).await;
        assert_eq!(client.get("/machines").await.1["items"], json!([]));
        assert!(client.get(&path).await.1["dtDeleted"].is_string());
        assert_eq!(client.get(&path).await.0, 200);
        assert_eq!(client.get(&path).await.0, 404);
        client.sim.switch(|quirks| {
            quirks.lingering = Lingering {
                looks: u32::MAX,
                dated: false,
                listed: true,
                ..Lingering::default()
            };
        });
        assert_eq!(client.get(&path).await.1["dtDeleted"], Value::Null);
        assert_eq!(names(&client.get("/machines").await.1), ["box"]);
    }

    #[tokio::test]
    async fn availability_wants_both_names() {
        let client = Client::immediate().await;
        let ask = async |query: &str| client.get(&format!("/machine-availability?{query}")).await;
        assert_eq!(
            ask("machineType=H100&region=ny2").await,
            (200, json!({"available": true}))
        );
        assert_eq!(
            ask("machineType=H100&region=ams1").await,
            (200, json!({"available": false}))
        );
        for bad in [
            "machineType=H100",
            "region=ny2",
            "machineType=Z1&region=ny2",
            "machineType=C1&region=mars",
        ] {
            assert_eq!(refusal(&ask(bad).await), (400, "BAD_REQUEST"), "{bad}");
        }
        let sold_out = SoldOut {
            machine_type: "*".to_owned(),
            region: "ny2".to_owned(),
            shows: Default::default(),
            untold: false,
        };
        client.sim.switch(|quirks| quirks.sold_out.push(sold_out));
        assert_eq!(
            ask("machineType=H100&region=ny2").await,
            (200, json!({"available": false}))
        );
    }

    #[tokio::test]
    async fn a_desktop_is_there_while_the_machine_runs() {
        let client = Client::immediate().await;
        for (template, member, port) in [("tdesk204", "vnc", 5901), ("tx81g2ee", "windows", 3389)] {
            let wanted = json!({"templateId": template, "machineType": "P4000", "publicIpType": "dynamic"});
            let path = path_of_new(&client, &wanted).await;
            let desktop = format!("{path}/desktop");
            assert_eq!(client.get(&desktop).await.1[member]["port"], port);
            client.patch(&format!("{path}/stop")).await;
            assert_eq!(client.get(&desktop).await, (200, json!({})));
        }
        let headless = path_of_new(&client, &json!({})).await;
        assert_eq!(client.get(&format!("{headless}/desktop")).await, (200, json!({})));
    }
}
