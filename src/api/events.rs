//! Machine events: the asynchronous half of an operation on a machine.

use serde::Deserialize;

use super::{Client, Date, call::Call, error::Error, types::open_enum};

open_enum! {
    /// How far an event has come.
    pub enum EventState {
        /// Not begun.
        New = "new",
        /// Under way.
        InProgress = "in progress",
        /// Over, and well.
        Done = "done",
        /// Over, and failed, or so it says: see [`Event::error`].
        Error = "error",
        /// Given up.
        Cancelled = "cancelled",
    }
}

/// One operation on a machine.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The identifier, a UUID.
    pub id: String,
    /// What is done, such as `create`, `start` or `vm-upgrade`.
    #[serde(default)]
    pub name: Option<String>,
    /// How far it has come.
    pub state: EventState,
    /// The machine it is done to.
    #[serde(default)]
    pub machine_id: Option<String>,
    /// Why it failed. An event can end in the state `error` without a reason; with `dt_finished` set the operation
    /// often did complete then, so only the machine itself tells.
    #[serde(default)]
    pub error: Option<String>,
    /// When it was asked for.
    #[serde(default)]
    pub dt_created: Option<Date>,
    /// When it began.
    #[serde(default)]
    pub dt_started: Option<Date>,
    /// When it ended.
    #[serde(default)]
    pub dt_finished: Option<Date>,
}

impl Client {
    /// One event.
    pub async fn event(&self, id: &str) -> Result<Event, Error> {
        self.call(Call::get(&["machine-events", id])).await
    }

    /// All events of a machine.
    pub async fn events(&self, machine_id: &str) -> Result<Vec<Event>, Error> {
        self.all(|| Call::get(&["machine-events"]).query("machineId", Some(machine_id)))
            .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::loopback::{Loopback, Reply},
        *,
    };

    #[tokio::test]
    async fn events_are_read_whatever_they_say() {
        let event = json!({
            "id": "e1", "name": "vm-upgrade", "state": "in progress", "machineId": null, "error": null,
            "dtCreated": "2024-04-30T15:51:24.565Z", "dtStarted": null, "dtFinished": null,
        });
        let other = json!({"id": "e2", "name": "teleport", "state": "pondering"});
        let list = json!({"items": [event, other]});
        let server = Loopback::start([Reply::json(200, &event), Reply::json(200, &list)]).await;
        let client = server.client();
        let one = client.event("e1").await.unwrap();
        assert_eq!(one.state, EventState::InProgress);
        let events = client.events("ps1").await.unwrap();
        assert_eq!(events[0], one);
        assert_eq!(events[1].state, EventState::Other("pondering".into()));
        assert_eq!(
            server.lines(),
            [
                "GET /v1/machine-events/e1",
                "GET /v1/machine-events?machineId=ps1&limit=120"
            ]
        );
    }
}
