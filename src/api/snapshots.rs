//! Snapshots: copies of a machine's disk that live and die with the machine.

use serde_json::json;

use super::{
    Client, Operation, Page,
    answer::{Fields, Item, Object, Trouble},
    call::Call,
    error::Error,
};

/// A snapshot; `None` means that the service did not say. It tells no date: only the order of a listing does.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The identifier.
    pub id: String,
    /// The name, which need not be unique.
    pub name: Option<String>,
    /// The machine whose disk it copies.
    pub machine_id: Option<String>,
    /// It was taken by the machine's schedule, and gives way to newer ones.
    pub is_auto_snapshot: Option<bool>,
}

impl Object for Snapshot {
    const NOUN: &'static str = "snapshot";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            id: fields.id("id")?,
            name: fields.get("name"),
            machine_id: fields.get("machineId"),
            is_auto_snapshot: fields.get("isAutoSnapshot"),
        })
    }
}

impl Item for Snapshot {
    fn key(&self) -> &str {
        &self.id
    }
}

/// Which snapshots to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SnapshotFilter {
    /// Those of this machine.
    pub machine_id: Option<String>,
}

impl Client {
    /// Takes a snapshot of a machine, on or off. An ambiguous failure may have taken one: look for it before trying
    /// again.
    pub async fn create_snapshot(&self, machine_id: &str, name: &str) -> Result<Operation<Snapshot>, Error> {
        let body = json!({"machineId": machine_id, "name": name});
        self.call(Call::post("snapshots").body(&body)).await
    }

    /// One snapshot.
    pub async fn snapshot(&self, id: &str) -> Result<Snapshot, Error> {
        self.call(Call::get("snapshots").id(id)).await
    }

    /// All snapshots that pass the filter, the newest first.
    pub async fn snapshots(&self, filter: &SnapshotFilter) -> Result<Vec<Snapshot>, Error> {
        self.all(|| listing(filter)).await
    }

    /// One page of them: the first, or the one after a page's `next_page`.
    pub async fn snapshot_page(&self, filter: &SnapshotFilter, after: Option<&str>) -> Result<Page<Snapshot>, Error> {
        self.page(listing(filter), after).await
    }

    /// Renames a snapshot.
    pub async fn rename_snapshot(&self, id: &str, name: &str) -> Result<Snapshot, Error> {
        self.call(Call::put("snapshots").id(id).body(&json!({"name": name})))
            .await
    }

    /// Deletes a snapshot.
    pub async fn delete_snapshot(&self, id: &str) -> Result<Operation<Snapshot>, Error> {
        self.call(Call::delete("snapshots").id(id)).await
    }

    /// Puts the machine's disk back to a snapshot, on request with a snapshot of what it holds now before that, which
    /// the answer does not name. After an ambiguous failure, look at the machine's events.
    pub async fn restore_snapshot(&self, id: &str, snapshot_before: bool) -> Result<Operation<Snapshot>, Error> {
        let call = Call::post("snapshots").id(id).then("restore");
        self.call(call.body(&json!({"createSnapshotBeforeRestore": snapshot_before})))
            .await
    }
}

fn listing(filter: &SnapshotFilter) -> Call {
    Call::get("snapshots")
        .ordered("dtCreated", "desc")
        .query("machineId", filter.machine_id.as_deref())
}

#[cfg(test)]
mod tests {
    use super::{
        super::loopback::{Loopback, Reply},
        *,
    };

    #[tokio::test]
    async fn snapshots_live_and_are_restored() {
        let snapshot = json!({"id": "sl1", "name": "n", "machineId": "ps1", "isAutoSnapshot": false});
        let operation = json!({"data": snapshot, "event": {"id": "e1", "name": "snapshot-create", "state": "new"}});
        let list = json!({"items": [snapshot]});
        let server = Loopback::start([
            Reply::json(200, &list),
            Reply::json(200, &list),
            Reply::json(200, &snapshot),
            Reply::json(200, &operation),
            Reply::json(200, &snapshot),
            Reply::json(200, &operation),
            Reply::json(200, &operation),
        ])
        .await;
        let client = server.client();
        let filter = SnapshotFilter {
            machine_id: Some("ps1".into()),
        };
        let snapshots = client.snapshots(&filter).await.unwrap();
        client.snapshot_page(&SnapshotFilter::default(), None).await.unwrap();
        assert_eq!(snapshots, [client.snapshot("sl1").await.unwrap()]);
        let made = client.create_snapshot("ps1", "n").await.unwrap();
        assert_eq!((&made.data, made.event.unwrap().id.as_str()), (&snapshots[0], "e1"));
        client.rename_snapshot("sl1", "m").await.unwrap();
        client.restore_snapshot("sl1", true).await.unwrap();
        client.delete_snapshot("sl1").await.unwrap();
        assert_eq!(
            server.lines(),
            [
                "GET /v1/snapshots?orderBy=dtCreated&order=desc&machineId=ps1&limit=120",
                "GET /v1/snapshots?orderBy=dtCreated&order=desc&limit=120",
                "GET /v1/snapshots/sl1",
                "POST /v1/snapshots",
                "PUT /v1/snapshots/sl1",
                "POST /v1/snapshots/sl1/restore",
                "DELETE /v1/snapshots/sl1",
            ]
        );
        assert_eq!(server.requests()[3].body, r#"{"machineId":"ps1","name":"n"}"#);
        assert_eq!(server.requests()[4].body, r#"{"name":"m"}"#);
        assert_eq!(server.requests()[5].body, r#"{"createSnapshotBeforeRestore":true}"#);
    }
}
