//! Machine events: the asynchronous half of an operation on a machine.

use crate::diag::Words;

use super::{
    Client, Date, Page,
    answer::{Fields, Item, Object, Trouble},
    call::Call,
    error::Error,
    types::open_enum,
};

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

/// One operation on a machine; `None` means that the service did not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The identifier, a UUID.
    pub id: String,
    /// What is done, such as `create`, `start` or `vm-upgrade`.
    pub name: Option<Words>,
    /// How far it has come.
    pub state: Option<EventState>,
    /// The machine it is done to.
    pub machine_id: Option<String>,
    /// Why it failed. An event can end in the state `error` without a reason; with `dt_finished` set the operation
    /// often did complete then, so only the machine itself tells.
    pub error: Option<Words>,
    /// When it was asked for.
    pub dt_created: Option<Date>,
    /// When it began.
    pub dt_started: Option<Date>,
    /// When it ended.
    pub dt_finished: Option<Date>,
}

impl Event {
    /// How far it has come, in a word for people.
    pub fn state_word(&self) -> &str {
        self.state.as_ref().map_or("unknown", EventState::as_str)
    }
}

impl Object for Event {
    const NOUN: &'static str = "event";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            id: fields.id("id")?,
            name: fields.get("name"),
            state: fields.get("state"),
            machine_id: fields.get("machineId"),
            error: fields.get("error"),
            dt_created: fields.get("dtCreated"),
            dt_started: fields.get("dtStarted"),
            dt_finished: fields.get("dtFinished"),
        })
    }
}

impl Item for Event {
    fn key(&self) -> &str {
        &self.id
    }
}

/// Which events to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct EventFilter {
    /// Those of this machine.
    pub machine_id: Option<String>,
}

impl Client {
    /// One event. Events are kept for a while only.
    pub async fn event(&self, id: &str) -> Result<Event, Error> {
        self.call(Call::get("machine-events").id(id)).await
    }

    /// All events that pass the filter, the newest first.
    pub async fn events(&self, filter: &EventFilter) -> Result<Vec<Event>, Error> {
        self.all(|| listing(filter)).await
    }

    /// One page of them: the first, or the one after a page's `next_page`.
    pub async fn event_page(&self, filter: &EventFilter, after: Option<&str>) -> Result<Page<Event>, Error> {
        self.page(listing(filter), after).await
    }
}

fn listing(filter: &EventFilter) -> Call {
    Call::get("machine-events")
        .ordered("dtCreated", "desc")
        .query("machineId", filter.machine_id.as_deref())
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
        let server = Loopback::start([
            Reply::json(200, &event),
            Reply::json(200, &list),
            Reply::json(200, &list),
        ])
        .await;
        let client = server.client();
        let one = client.event("e1").await.unwrap();
        assert_eq!(one.state, Some(EventState::InProgress));
        let filter = EventFilter {
            machine_id: Some("ps1".into()),
        };
        let events = client.events(&filter).await.unwrap();
        assert_eq!(events[0], one);
        assert_eq!(events[1].state, Some(EventState::from("pondering")));
        client.event_page(&EventFilter::default(), Some("x")).await.unwrap();
        assert_eq!(
            server.lines(),
            [
                "GET /v1/machine-events/e1",
                "GET /v1/machine-events?orderBy=dtCreated&order=desc&machineId=ps1&limit=120",
                "GET /v1/machine-events?orderBy=dtCreated&order=desc&limit=120&after=x",
            ]
        );
    }
}
