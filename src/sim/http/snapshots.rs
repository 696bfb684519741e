//! `/snapshots`: a machine's disk at a moment, to go back to.

use axum::Router;
use serde_json::{Value, json};

use super::Endpoint;
use super::call::{Answer, Call};
use super::page::{Listed, page};
use super::problem::Problem;
use crate::sim::app::SharedApp;
use crate::sim::lifecycle::Kind;
use crate::sim::record::Snapshot;
use crate::sim::render;

pub(crate) fn routes() -> Router<SharedApp> {
    Router::new()
        .route("/snapshots", Endpoint::get(list).post(create).into())
        .route("/snapshots/{id}", Endpoint::get(read).put(rename).delete(delete).into())
        .route("/snapshots/{id}/restore", Endpoint::only_post(restore).into())
}

fn list(call: &mut Call<'_>) -> Answer {
    let snapshots = call.world.snapshots.iter().enumerate();
    let wanted = snapshots
        .filter(|(_, snapshot)| snapshot.dt_deleted.is_none() && call.passes("machineId", &snapshot.machine_id));
    let listed = wanted.map(|(position, snapshot)| Listed {
        key: snapshot.dt_created.clone(),
        position,
        item: snapshot,
    });
    let page = page(call, listed.collect())?;
    Ok(page.to_json(call.quirks.last_page, |snapshot| render::snapshot(snapshot)))
}

fn find<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Snapshot, Problem> {
    let id = call.param("id");
    let mut snapshots = call.world.snapshots.iter_mut();
    let found = snapshots.find(|snapshot| snapshot.id == id && snapshot.dt_deleted.is_none());
    found.ok_or_else(|| Problem::not_found("Snapshot"))
}

fn read(call: &mut Call<'_>) -> Answer {
    find(call).map(|snapshot| render::snapshot(snapshot))
}

fn rename(call: &mut Call<'_>) -> Answer {
    find(call)?;
    let mut form = call.form()?;
    let name = form.required_text("name");
    call.finish(form)?;
    let snapshot = find(call)?;
    snapshot.name = name;
    Ok(render::snapshot(snapshot))
}

fn create(call: &mut Call<'_>) -> Answer {
    let mut form = call.form()?;
    let (machine_id, name) = (form.required_text("machineId"), form.required_text("name"));
    call.finish(form)?;
    call.idle_machine(&machine_id)?;
    let data = add(call, &machine_id, name);
    let snapshot_id = call
        .world
        .snapshots
        .last()
        .map(|snapshot| snapshot.id.clone())
        .unwrap_or_default();
    let event_id = call.begin(&machine_id, Kind::SnapshotCreate { snapshot_id });
    Ok(json!({"data": data, "event": call.event_json(&event_id)}))
}

fn add(call: &mut Call<'_>, machine_id: &str, name: String) -> Value {
    let snapshot = Snapshot {
        id: call.ids.short("ss", 8),
        name,
        machine_id: machine_id.to_owned(),
        is_auto_snapshot: false,
        dt_created: call.now.stamp.clone(),
        dt_deleted: None,
    };
    let data = render::snapshot(&snapshot);
    call.world.snapshots.push(snapshot);
    data
}

fn delete(call: &mut Call<'_>) -> Answer {
    let snapshot = find(call)?.clone();
    let event_id = call.begin(
        &snapshot.machine_id,
        Kind::SnapshotDelete {
            snapshot_id: snapshot.id.clone(),
        },
    );
    Ok(json!({"data": render::snapshot(&snapshot), "event": call.event_json(&event_id)}))
}

fn restore(call: &mut Call<'_>) -> Answer {
    let snapshot = find(call)?.clone();
    let before = if call.body.is_empty() {
        false
    } else {
        let mut form = call.form()?;
        let before = form.flag("createSnapshotBeforeRestore").unwrap_or(false);
        call.finish(form)?;
        before
    };
    call.idle_machine(&snapshot.machine_id)?;
    if before {
        add(call, &snapshot.machine_id, format!("before {}", snapshot.name));
    }
    let event_id = call.begin(
        &snapshot.machine_id,
        Kind::SnapshotRestore {
            snapshot_id: snapshot.id.clone(),
        },
    );
    Ok(json!({"data": render::snapshot(&snapshot), "event": call.event_json(&event_id)}))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::client::{Client, refusal};

    #[tokio::test]
    async fn a_snapshot_is_taken_restored_and_deleted() {
        let client = Client::immediate().await;
        let machine = client.machine(&json!({})).await["id"].clone();
        let (_, taken) = client
            .post("/snapshots", &json!({"machineId": machine, "name": "before"}))
            .await;
        assert_eq!(
            (&taken["event"]["name"], &taken["event"]["state"]),
            (&json!("snapshot-create"), &json!("done"))
        );
        let path = format!("/snapshots/{}", taken["data"]["id"].as_str().unwrap());
        assert_eq!(client.get(&path).await.1, taken["data"]);
        let body = json!({"createSnapshotBeforeRestore": true});
        let (_, restored) = client.post(&format!("{path}/restore"), &body).await;
        assert_eq!(restored["event"]["name"], "snapshot-restore");
        let (_, page) = client
            .get(&format!("/snapshots?machineId={}", machine.as_str().unwrap()))
            .await;
        assert_eq!(page["items"].as_array().unwrap().len(), 2);
        assert_eq!(
            client.put(&path, &json!({"name": "renamed"})).await.1["name"],
            "renamed"
        );
        assert_eq!(client.delete(&path).await.1["event"]["name"], "snapshot-delete");
        assert_eq!(refusal(&client.get(&path).await), (404, "NOT_FOUND"));
    }

    #[tokio::test]
    async fn a_machine_being_restored_is_in_transition() {
        let client = Client::explicit().await;
        let machine = client.machine(&json!({})).await["id"].clone();
        let body = json!({"machineId": machine, "name": "s"});
        assert_eq!(refusal(&client.post("/snapshots", &body).await), (409, "CONFLICT"));
        client.sim.finish_all();
        let (_, taken) = client.post("/snapshots", &body).await;
        client.sim.finish_all();
        let path = format!("/snapshots/{}/restore", taken["data"]["id"].as_str().unwrap());
        assert_eq!(client.post(&path, &json!({})).await.0, 200);
        let stop = format!("/machines/{}/stop", machine.as_str().unwrap());
        assert_eq!(refusal(&client.patch(&stop).await), (409, "CONFLICT"));
    }

    #[tokio::test]
    async fn a_create_can_take_a_first_snapshot() {
        let client = Client::immediate().await;
        client.machine(&json!({"takeInitialSnapshot": true})).await;
        assert_eq!(client.get("/snapshots").await.1["items"].as_array().unwrap().len(), 1);
    }
}
