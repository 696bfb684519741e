//! `PUT /machines/{id}`: changing a machine in place, and resizing it while it is off.
//!
//! All of a request is checked before any of it is done.

use serde_json::json;

use super::call::{Answer, Call};
use super::form::Form;
use super::machine_create::check_network;
use super::machine_form::{SNAPSHOT_FREQUENCIES, check_disk_size, machine_type_of, public_ip_type_of};
use super::problem::Problem;
use crate::sim::lifecycle::Kind;
use crate::sim::record::{Machine, PublicIpType, State};

/// What a request says of auto-shutdown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AutoShutdown {
    pub enabled: Option<bool>,
    pub timeout: Option<u64>,
    pub force: Option<bool>,
}

impl AutoShutdown {
    /// Reads it from a form. The timeout is in hours.
    pub fn read(form: &mut Form) -> Self {
        Self {
            enabled: form.flag("autoShutdownEnabled"),
            timeout: form.number("autoShutdownTimeout", 1, 24 * 365),
            force: form.flag("autoShutdownForce"),
        }
    }

    /// Does what it says. If `sticky`, a timeout or force takes only while auto-shutdown is being turned on.
    pub fn apply(self, machine: &mut Machine, sticky: bool) {
        let was_enabled = machine.auto_shutdown_enabled;
        machine.auto_shutdown_enabled = self.enabled.unwrap_or(was_enabled);
        if !machine.auto_shutdown_enabled {
            machine.auto_shutdown_timeout = None;
            machine.auto_shutdown_force = None;
            return;
        }
        if was_enabled && sticky {
            return;
        }
        machine.auto_shutdown_timeout = self.timeout.or(machine.auto_shutdown_timeout);
        machine.auto_shutdown_force = self.force.or(machine.auto_shutdown_force).or(Some(false));
    }
}

/// A change, read but not checked against the world.
struct Change {
    name: Option<String>,
    machine_type: Option<String>,
    disk_size: Option<u64>,
    network_id: Option<String>,
    public_ip_type: Option<PublicIpType>,
    auto_shutdown: AutoShutdown,
    auto_snapshot_enabled: Option<bool>,
    auto_snapshot_frequency: Option<String>,
    auto_snapshot_save_count: Option<u64>,
    restore_point_enabled: Option<bool>,
    restore_point_frequency: Option<String>,
    restore_point_snapshot_id: Option<Option<String>>,
}

pub(crate) fn update(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    call.live_machine(&id)?;
    let mut form = call.form()?;
    let machine = call.idle_machine(&id)?;
    let change = read(call, &mut form, &machine);
    call.finish(form)?;
    check(call, &machine, &change)?;
    let resize = resize(&machine, &change)?;
    apply(call, &machine, change);
    let Some(kind) = resize else {
        return Ok(json!({"data": call.machine_json(&id)}));
    };
    let event_id = call.begin(&id, kind);
    Ok(call.machine_and_event(&id, &event_id))
}

fn read(call: &Call<'_>, form: &mut Form, machine: &Machine) -> Change {
    let kind = machine_type_of(form, false);
    if let Some(kind) = kind.as_ref().filter(|kind| !kind.is_offered_in(&machine.region)) {
        form.complain(
            "machineType",
            &format!("{} is not offered in this machine's region", kind.label),
        );
    }
    let disk_size = form.number("diskSize", 1, u64::from(u32::MAX));
    if let Some(size) = disk_size.filter(|size| *size != machine.disk_size) {
        if size < machine.disk_size {
            form.complain(
                "diskSize",
                &format!("a disk cannot shrink; it has {} GB", machine.disk_size),
            );
        } else {
            check_disk_size(call, form, size);
        }
    }
    Change {
        name: form.text("name"),
        machine_type: kind.map(|kind| kind.label),
        disk_size,
        network_id: form.text("networkId"),
        public_ip_type: public_ip_type_of(form),
        auto_shutdown: AutoShutdown::read(form),
        auto_snapshot_enabled: form.flag("autoSnapshotEnabled"),
        auto_snapshot_frequency: form.choice("autoSnapshotFrequency", &SNAPSHOT_FREQUENCIES),
        auto_snapshot_save_count: form.number("autoSnapshotSaveCount", 1, 9),
        restore_point_enabled: form.flag("restorePointEnabled"),
        restore_point_frequency: form.choice("restorePointFrequency", &["shutdown"]),
        restore_point_snapshot_id: form.nullable_text("restorePointSnapshotId"),
    }
}

fn check(call: &Call<'_>, machine: &Machine, change: &Change) -> Result<(), Problem> {
    if let Some(id) = &change.network_id {
        check_network(call, id, &machine.region)?;
    }
    if let Some(Some(id)) = &change.restore_point_snapshot_id {
        let mut snapshots = call.world.snapshots.iter();
        if !snapshots.any(|snapshot| snapshot.id == *id && snapshot.machine_id == machine.id) {
            return Err(Problem::not_found("Snapshot"));
        }
    }
    Ok(())
}

/// The resize that a change asks for, if it does; only for a machine that is off.
fn resize(machine: &Machine, change: &Change) -> Result<Option<Kind>, Problem> {
    let machine_type = change
        .machine_type
        .clone()
        .unwrap_or_else(|| machine.machine_type.clone());
    let disk_size = change.disk_size.unwrap_or(machine.disk_size);
    if machine_type == machine.machine_type && disk_size == machine.disk_size {
        return Ok(None);
    }
    if machine.state != State::Off {
        return Err(Problem::precondition(
            "The machine must be off to change its machine type or disk size",
        ));
    }
    Ok(Some(Kind::Upgrade {
        machine_type,
        disk_size,
    }))
}

fn apply(call: &mut Call<'_>, before: &Machine, change: Change) {
    let (now, sticky) = (call.now.clone(), call.quirks.sticky_auto_shutdown);
    let moves = change.network_id.as_ref().is_some_and(|id| *id != before.network_id);
    let private_ip = moves.then(|| call.world.private_address());
    let readdress = change.public_ip_type.filter(|kind| *kind != before.public_ip_type);
    if readdress.is_some() {
        call.world.take_address(&before.id, &now);
    }
    let Some(machine) = call.world.machine_mut(&before.id) else {
        return;
    };
    machine.name = change.name.unwrap_or_else(|| before.name.clone());
    machine.network_id = change.network_id.unwrap_or_else(|| before.network_id.clone());
    machine.private_ip = private_ip.or_else(|| before.private_ip.clone());
    machine.public_ip_type = change.public_ip_type.unwrap_or(before.public_ip_type);
    change.auto_shutdown.apply(machine, sticky);
    machine.auto_snapshot_enabled = change.auto_snapshot_enabled.unwrap_or(before.auto_snapshot_enabled);
    machine.restore_point_enabled = change.restore_point_enabled.unwrap_or(before.restore_point_enabled);
    if change.auto_snapshot_frequency.is_some() {
        machine.auto_snapshot_frequency = change.auto_snapshot_frequency;
    }
    if change.auto_snapshot_save_count.is_some() {
        machine.auto_snapshot_save_count = change.auto_snapshot_save_count;
    }
    if change.restore_point_frequency.is_some() {
        machine.restore_point_frequency = change.restore_point_frequency;
    }
    if let Some(snapshot_id) = change.restore_point_snapshot_id {
        machine.restore_point_snapshot_id = snapshot_id;
    }
    machine.dt_modified.clone_from(&now.stamp);
    if readdress.is_some() {
        call.world.give_address(&before.id, &now);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::client::{Client, refusal};
    use crate::sim::Quirks;

    async fn off(client: &Client) -> String {
        let machine = client.machine(&json!({"startOnCreate": false})).await;
        format!("/machines/{}", machine["id"].as_str().unwrap())
    }

    #[tokio::test]
    async fn a_change_in_place_has_no_event() {
        let client = Client::immediate().await;
        let path = format!("/machines/{}", client.machine(&json!({})).await["id"].as_str().unwrap());
        let body = json!({"name": "renamed", "autoSnapshotEnabled": true, "autoSnapshotFrequency": "daily"});
        let (status, answer) = client.put(&path, &body).await;
        assert_eq!((status, answer.get("event")), (200, None));
        for (name, value) in body.as_object().unwrap() {
            assert_eq!(&answer["data"][name], value);
        }
        assert_eq!(refusal(&client.put("/machines/ps0", &body).await), (404, "NOT_FOUND"));
    }

    #[tokio::test]
    async fn a_resize_needs_the_machine_off() {
        let client = Client::explicit().await;
        let path = off(&client).await;
        let body = json!({"machineType": "c6", "diskSize": 100});
        assert_eq!(
            refusal(&client.put(&path, &body).await),
            (409, "CONFLICT"),
            "still being made"
        );
        client.sim.finish_all();
        client.patch(&format!("{path}/start")).await;
        client.sim.finish_all();
        assert_eq!(refusal(&client.put(&path, &body).await), (412, "PRECONDITION_FAILED"));
        client.patch(&format!("{path}/stop")).await;
        client.sim.finish_all();
        let (_, answer) = client.put(&path, &body).await;
        assert_eq!(
            (&answer["event"]["name"], &answer["data"]["state"]),
            (&json!("vm-upgrade"), &json!("upgrading"))
        );
        assert_eq!(answer["data"]["machineType"], "C5");
        client.sim.finish_all();
        let (_, machine) = client.get(&path).await;
        let told = [&machine["machineType"], &machine["storageTotal"], &machine["state"]];
        assert_eq!(told, [&json!("C6"), &json!("107374182400"), &json!("off")]);
    }

    #[tokio::test]
    async fn a_disk_only_grows() {
        let client = Client::immediate().await;
        let path = off(&client).await;
        client.put(&path, &json!({"diskSize": 100})).await;
        let (status, answer) = client.put(&path, &json!({"diskSize": 50, "name": "smaller"})).await;
        assert_eq!((status, &answer["code"]), (400, &json!("BAD_REQUEST")));
        let (_, machine) = client.get(&path).await;
        assert_eq!(machine["name"], "box", "nothing of a refused change is done");
        assert_eq!(client.put(&path, &json!({"diskSize": 100})).await.1.get("event"), None);
    }

    #[tokio::test]
    async fn an_address_follows_its_kind() {
        let client = Client::immediate().await;
        let path = format!(
            "/machines/{}",
            client.machine(&json!({"publicIpType": "dynamic"})).await["id"]
                .as_str()
                .unwrap()
        );
        let ip = async || client.get(&path).await.1["publicIp"].clone();
        let dynamic = ip().await;
        assert!(dynamic.is_string());
        client.patch(&format!("{path}/stop")).await;
        assert_eq!(ip().await, Value::Null);
        client.put(&path, &json!({"publicIpType": "static"})).await;
        let fixed = ip().await;
        assert!(fixed.is_string());
        client.patch(&format!("{path}/start")).await;
        assert_eq!(ip().await, fixed);
        assert_eq!(client.get("/public-ips").await.1["items"][0]["ip"], fixed);
        client.put(&path, &json!({"publicIpType": "none"})).await;
        assert_eq!(ip().await, Value::Null);
        assert_eq!(client.get("/public-ips").await.1["items"], json!([]));
    }

    #[tokio::test]
    async fn a_timeout_may_take_only_when_auto_shutdown_is_turned_on() {
        let client = Client::quirky(Quirks {
            sticky_auto_shutdown: true,
            ..Quirks::default()
        })
        .await;
        let made = client
            .machine(&json!({"autoShutdownEnabled": true, "autoShutdownTimeout": 6}))
            .await;
        let path = format!("/machines/{}", made["id"].as_str().unwrap());
        let change = json!({"autoShutdownEnabled": true, "autoShutdownTimeout": 8});
        assert_eq!(client.put(&path, &change).await.1["data"]["autoShutdownTimeout"], 6);
        assert_eq!(
            client.put(&path, &json!({"autoShutdownEnabled": false})).await.1["data"]["autoShutdownTimeout"],
            json!(null)
        );
        assert_eq!(client.put(&path, &change).await.1["data"]["autoShutdownTimeout"], 8);
        client.sim.switch(|quirks| quirks.sticky_auto_shutdown = false);
        assert_eq!(
            client.put(&path, &json!({"autoShutdownTimeout": 24})).await.1["data"]["autoShutdownTimeout"],
            24
        );
    }
}
