//! `/snapshots`: a machine's disk at a moment, to go back to. They go when their machine does.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Head, Kind, change, find, list, put, read};
use crate::sim::clock::Now;
use crate::sim::http::call::{Answer, Call};
use crate::sim::http::route::Route;
use crate::sim::ids::Ids;
use crate::sim::machine::lifecycle::Task;
use crate::sim::quirks::Quirks;
use crate::sim::sight::Sight;
use crate::sim::world::World;

/// A snapshot of a machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// `sl...`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The machine.
    pub machine_id: String,
    /// Taken by itself.
    #[serde(default)]
    pub is_auto_snapshot: bool,
    /// How far requests can see it.
    #[serde(default)]
    pub sight: Sight,
    /// When it was asked for. Never told, but listings are ordered by it.
    #[serde(default)]
    pub dt_created: String,
    /// When it was deleted. Never told.
    #[serde(default)]
    pub dt_deleted: Option<String>,
}

impl Kind for Snapshot {
    const NOUN: &'static str = "Snapshot";

    fn all(world: &World) -> &[Self] {
        &world.snapshots
    }

    fn all_mut(world: &mut World) -> &mut [Self] {
        &mut world.snapshots
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

    fn render(&self, _quirks: &Quirks) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "machineId": self.machine_id,
            "isAutoSnapshot": self.is_auto_snapshot,
        })
    }

    fn is_shown(&self, call: &Call<'_>) -> bool {
        call.may_see(&self.machine_id)
    }

    fn passes(&self, call: &Call<'_>) -> bool {
        call.passes("machineId", &self.machine_id)
    }
}

pub(crate) const ROUTES: &[Route] = &[
    Route::get("/snapshots", list::<Snapshot>),
    Route::post("/snapshots", create),
    Route::get("/snapshots/{id}", read::<Snapshot>),
    Route::put("/snapshots/{id}", rename),
    Route::delete("/snapshots/{id}", remove),
    Route::post("/snapshots/{id}/restore", restore),
];

fn create(call: &mut Call<'_>) -> Answer {
    let (machine_id, name) = call.read(|form| (form.required_text("machineId"), form.required_text("name")))?;
    call.idle_machine(&machine_id)?;
    let snapshot_id = add(call, &machine_id, name);
    let task = Task::SnapshotCreate {
        snapshot_id: snapshot_id.clone(),
    };
    let event_id = call.begin(&machine_id, task);
    Ok(call.with_event::<Snapshot>(&snapshot_id, &event_id))
}

fn add(call: &mut Call<'_>, machine_id: &str, name: String) -> String {
    let now = call.now.clone();
    call.world
        .add_snapshot(machine_id, name, false, call.quirks, call.ids, &now)
}

fn rename(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    find::<Snapshot>(call, &id)?;
    let name = call.read(|form| form.text("name"))?;
    change::<Snapshot>(call, &id, |snapshot| put(&mut snapshot.name, name))
}

/// Asked again while it is being deleted, the service answers what is under way.
fn remove(call: &mut Call<'_>) -> Answer {
    let snapshot = find::<Snapshot>(call, &call.param("id"))?;
    let task = Task::SnapshotDelete {
        snapshot_id: snapshot.id.clone(),
    };
    let mut operations = call.world.operations.iter();
    let under_way = operations.find(|operation| operation.task == task);
    let event_id = match under_way.and_then(|operation| operation.event_id.clone()) {
        Some(event_id) => event_id,
        None => call.begin(&snapshot.machine_id, task),
    };
    Ok(call.with_event::<Snapshot>(&snapshot.id, &event_id))
}

fn restore(call: &mut Call<'_>) -> Answer {
    let snapshot = find::<Snapshot>(call, &call.param("id"))?;
    let before = call.read(|form| form.flag("createSnapshotBeforeRestore").unwrap_or(false))?;
    call.idle_machine(&snapshot.machine_id)?;
    if before {
        add(call, &snapshot.machine_id, format!("before {}", snapshot.name));
    }
    let task = Task::SnapshotRestore {
        snapshot_id: snapshot.id.clone(),
    };
    let event_id = call.begin(&snapshot.machine_id, task);
    Ok(call.with_event::<Snapshot>(&snapshot.id, &event_id))
}

impl World {
    /// Adds a snapshot of a machine and answers its id.
    pub(crate) fn add_snapshot(
        &mut self,
        machine_id: &str,
        name: String,
        is_auto_snapshot: bool,
        quirks: &Quirks,
        ids: &mut Ids,
        now: &Now,
    ) -> String {
        let id = ids.short("sl", 12, &format!("{machine_id} {name}"));
        self.snapshots.push(Snapshot {
            id: id.clone(),
            name,
            machine_id: machine_id.to_owned(),
            is_auto_snapshot,
            sight: Sight::of_new(quirks, now),
            dt_created: now.stamp.clone(),
            dt_deleted: None,
        });
        id
    }

    /// Marks a snapshot deleted, if it is not yet.
    pub(crate) fn delete_snapshot(&mut self, snapshot_id: &str, now: &Now) {
        let mut snapshots = self.snapshots.iter_mut();
        if let Some(snapshot) = snapshots.find(|snapshot| snapshot.id == snapshot_id) {
            snapshot.dt_deleted.get_or_insert_with(|| now.stamp.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::sim::http::client::{Client, refusal};

    fn count(page: &Value) -> usize {
        page["items"].as_array().unwrap().len()
    }

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
        let restore = format!("{path}/restore");
        let body = json!({"createSnapshotBeforeRestore": true});
        let (_, restored) = client.post(&restore, &body).await;
        assert_eq!(restored["event"]["name"], "snapshot-restore");
        let of_machine = format!("/snapshots?machineId={}", machine.as_str().unwrap());
        assert_eq!(count(&client.get(&of_machine).await.1), 2);
        assert_eq!(client.post(&restore, &json!({})).await.0, 200);
        assert_eq!(count(&client.get(&of_machine).await.1), 2);
        assert_eq!(
            client.put(&path, &json!({"name": "renamed"})).await.1["name"],
            "renamed"
        );
        assert_eq!(client.put(&path, &json!({})).await.1["name"], "renamed");
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
    async fn a_deletion_under_way_is_not_begun_twice() {
        let client = Client::explicit().await;
        let machine = client.machine(&json!({"takeInitialSnapshot": true})).await["id"].clone();
        client.sim.finish_all();
        let (_, page) = client.get("/snapshots").await;
        let path = format!("/snapshots/{}", page["items"][0]["id"].as_str().unwrap());
        let first = client.delete(&path).await.1["event"]["id"].clone();
        assert_eq!(client.delete(&path).await.1["event"]["id"], first);
        assert_eq!(client.get(&path).await.1["machineId"], machine, "seen until it is gone");
        client.sim.finish_all();
        assert_eq!(client.get(&path).await.0, 404);
    }

    #[tokio::test]
    async fn snapshots_go_with_their_machine() {
        let client = Client::immediate().await;
        let machine = client.machine(&json!({"takeInitialSnapshot": true})).await["id"].clone();
        let other = client.machine(&json!({"takeInitialSnapshot": true})).await["id"].clone();
        client.delete(&format!("/machines/{}", machine.as_str().unwrap())).await;
        let (_, left) = client.get("/snapshots").await;
        assert_eq!((count(&left), &left["items"][0]["machineId"]), (1, &other));
    }
}
