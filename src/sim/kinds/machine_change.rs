//! `PUT /machines/{id}`: changing a machine in place, and resizing it while it is off.
//!
//! All of a request is checked before any of it is done. A resize has events of its own, one for the type and one for
//! the disk; the answer carries the first.

use serde_json::json;

use super::machine_power::before_write;
use super::snapshots::Snapshot;
use super::{Kind, find};
use crate::sim::http::call::{Answer, Call};
use crate::sim::http::form::Form;
use crate::sim::http::problem::Problem;
use crate::sim::machine::lifecycle::Task;
use crate::sim::machine::settings::Settings;
use crate::sim::machine::{Machine, State};

/// What a change asks for.
struct Change {
    settings: Settings,
    restore_point_snapshot_id: Option<String>,
}

pub(crate) fn change(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    let machine = call.live_machine(&id)?;
    let change = call.read(|form| read(call, form, &machine))?;
    let machine = call.idle_machine(&id)?;
    check(call, &machine, &change)?;
    let tasks = resize(&machine, &change.settings)?;
    before_write(call, &id);
    apply(call, &machine, change);
    let events: Vec<String> = tasks.into_iter().map(|task| call.begin(&id, task)).collect();
    match events.first() {
        Some(event_id) => Ok(call.with_event::<Machine>(&id, event_id)),
        None => Ok(json!({"data": call.json::<Machine>(&id)})),
    }
}

fn read(call: &Call<'_>, form: &mut Form, machine: &Machine) -> Change {
    let settings = Settings::read(form, call.config);
    settings.check(form, Some(machine), call.quirks);
    let kind = settings.machine_type.as_ref();
    if let Some(kind) = kind.filter(|kind| !kind.is_offered_in(&machine.region)) {
        form.complain(
            "machineType",
            &format!("{} is not offered in this machine's region", kind.label),
        );
    }
    if settings.disk_size.is_some_and(|size| size < machine.disk_size) {
        form.complain(
            "diskSize",
            &format!("a disk cannot shrink; it has {} GB", machine.disk_size),
        );
    }
    Change {
        settings,
        restore_point_snapshot_id: form.text("restorePointSnapshotId"),
    }
}

fn check(call: &Call<'_>, machine: &Machine, change: &Change) -> Result<(), Problem> {
    if let Some(id) = &change.settings.network_id {
        call.world.check_network(id, &machine.region)?;
    }
    if let Some(id) = &change.restore_point_snapshot_id {
        let snapshot = find::<Snapshot>(call, id)?;
        if snapshot.machine_id != machine.id {
            return Err(Problem::not_found(Snapshot::NOUN));
        }
    }
    Ok(())
}

/// What a change of type and disk takes; only for a machine that is off.
fn resize(machine: &Machine, settings: &Settings) -> Result<Vec<Task>, Problem> {
    let kind = settings
        .machine_type
        .as_ref()
        .filter(|kind| kind.label != machine.machine_type);
    let disk = settings.disk_size.filter(|size| *size != machine.disk_size);
    let kind = kind.map(|kind| Task::ChangeType {
        machine_type: kind.label.clone(),
    });
    let tasks: Vec<Task> = kind
        .into_iter()
        .chain(disk.map(|disk_size| Task::GrowDisk { disk_size }))
        .collect();
    if !tasks.is_empty() && machine.state != State::Off {
        return Err(Problem::precondition(
            "The machine must be off to change its machine type or disk size",
        ));
    }
    Ok(tasks)
}

fn apply(call: &mut Call<'_>, before: &Machine, change: Change) {
    let (now, settings) = (call.now.clone(), change.settings);
    let network_id = settings.network_id.clone().filter(|id| *id != before.network_id);
    let private_ip = network_id.as_ref().map(|_| call.world.private_address());
    let readdress = settings.public_ip_type.filter(|kind| *kind != before.public_ip_type);
    if readdress.is_some()
        && let Some(ip) = call.world.detach_address(&before.id)
        && call.quirks.releases_static_addresses
    {
        call.world.release_address(&ip, &now);
    }
    let Some(machine) = call.world.machine_mut(&before.id) else {
        return;
    };
    settings.apply(machine, call.quirks);
    if let Some(network_id) = network_id {
        machine.network_id = network_id;
        machine.private_ip = private_ip;
    }
    if let Some(snapshot_id) = change.restore_point_snapshot_id {
        machine.restore_point_snapshot_id = Some(snapshot_id);
    }
    if let Some(kind) = readdress {
        machine.public_ip_type = kind;
    }
    machine.dt_modified.clone_from(&now.stamp);
    if readdress.is_some() {
        call.world.give_address(&before.id, &now);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::sim::http::client::{Client, refusal};

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
    async fn a_resize_needs_the_machine_off_and_has_an_event_for_each_part() {
        let client = Client::explicit().await;
        let path = off(&client).await;
        let body = json!({"machineType": "c6", "diskSize": 100, "name": "larger", "autoShutdownEnabled": true});
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
        assert_eq!(
            (&answer["data"]["machineType"], &answer["data"]["name"]),
            (&json!("C5"), &json!("larger"))
        );
        let (_, page) = client.get("/machine-events?limit=2").await;
        let unfinished = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|event| event["dtFinished"].is_null());
        assert_eq!(unfinished.count(), 2);
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
        let machine = client.machine(&json!({"publicIpType": "dynamic"})).await;
        let path = format!("/machines/{}", machine["id"].as_str().unwrap());
        let ip = async || client.get(&path).await.1["publicIp"].clone();
        assert!(ip().await.is_string());
        client.patch(&format!("{path}/stop")).await;
        assert_eq!(ip().await, Value::Null);
        client.put(&path, &json!({"publicIpType": "static"})).await;
        let fixed = ip().await;
        assert!(fixed.is_string(), "a machine that is off gets one too");
        client.patch(&format!("{path}/start")).await;
        assert_eq!(ip().await, fixed);
        client.put(&path, &json!({"publicIpType": "static"})).await;
        assert_eq!(ip().await, fixed);
        for (released, left) in [(false, json!([fixed])), (true, json!([fixed]))] {
            client.sim.switch(|quirks| quirks.releases_static_addresses = released);
            client.put(&path, &json!({"publicIpType": "none"})).await;
            assert_eq!(ip().await, Value::Null);
            let (_, page) = client.get("/public-ips").await;
            let ips: Value = page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["ip"].clone())
                .collect();
            assert_eq!(ips, left, "one that is not released stays in the account");
            client.put(&path, &json!({"publicIpType": "static"})).await;
        }
    }

    #[tokio::test]
    async fn a_restore_point_is_a_snapshot_of_the_machine() {
        let client = Client::immediate().await;
        let machine = client.machine(&json!({"takeInitialSnapshot": true})).await;
        let path = format!("/machines/{}", machine["id"].as_str().unwrap());
        let snapshot = client.get("/snapshots").await.1["items"][0]["id"].clone();
        let body = json!({"restorePointSnapshotId": snapshot});
        assert_eq!(
            client.put(&path, &body).await.1["data"]["restorePointSnapshotId"],
            snapshot
        );
        let other = client.machine(&json!({"name": "other"})).await;
        let other = format!("/machines/{}", other["id"].as_str().unwrap());
        assert_eq!(refusal(&client.put(&other, &body).await), (404, "NOT_FOUND"));
        assert_eq!(client.put(&path, &json!({"restorePointSnapshotId": null})).await.0, 400);
    }
}
