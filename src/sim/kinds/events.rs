//! `/machine-events`: the asynchronous half of every operation.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Head, Kind, list, read};
use crate::sim::clock::Now;
use crate::sim::http::call::Call;
use crate::sim::http::route::{Route, Who};
use crate::sim::machine::EventState;
use crate::sim::quirks::Quirks;
use crate::sim::sight::Sight;
use crate::sim::world::World;

/// The visible half of an operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// A UUID.
    pub id: String,
    /// `create`, `start`, `vm-upgrade` ...
    pub name: String,
    /// How it stands.
    pub state: EventState,
    /// The machine it is about.
    pub machine_id: Option<String>,
    /// Why it failed, if the service says so.
    pub error: Option<String>,
    /// How far requests can see it.
    #[serde(default)]
    pub sight: Sight,
    /// When it was accepted.
    pub dt_created: String,
    /// When work began.
    pub dt_started: Option<String>,
    /// When work ended.
    pub dt_finished: Option<String>,
}

impl Event {
    /// An event of an operation that is accepted now.
    pub(crate) fn new(id: &str, name: &str, machine_id: &str, now: &Now) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            state: EventState::New,
            machine_id: Some(machine_id.to_owned()),
            error: None,
            sight: Sight::default(),
            dt_created: now.stamp.clone(),
            dt_started: None,
            dt_finished: None,
        }
    }
}

impl Kind for Event {
    const NOUN: &'static str = "Event";
    const ORDER_BY: &'static [&'static str] = &["dtCreated"];

    fn all(world: &World) -> &[Self] {
        &world.events
    }

    fn all_mut(world: &mut World) -> &mut [Self] {
        &mut world.events
    }

    fn head(&self) -> Head<'_> {
        Head {
            key: &self.id,
            name: "",
            dt_created: &self.dt_created,
            is_deleted: false,
        }
    }

    fn sight(&self) -> &Sight {
        &self.sight
    }

    fn sight_mut(&mut self) -> &mut Sight {
        &mut self.sight
    }

    /// Events are kept.
    fn delete(&mut self, _stamp: &str) {}

    fn render(&self, _quirks: &Quirks) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "machineId": self.machine_id,
            "error": self.error,
            "dtCreated": self.dt_created,
            "dtStarted": self.dt_started,
            "dtFinished": self.dt_finished,
        })
    }

    fn is_shown(&self, call: &Call<'_>) -> bool {
        self.machine_id.as_deref().is_none_or(|id| call.may_see(id))
    }

    fn passes(&self, call: &Call<'_>) -> bool {
        call.passes("machineId", self.machine_id.as_deref().unwrap_or_default())
    }
}

pub(crate) const ROUTES: &[Route] = &[
    Route::get("/machine-events", list::<Event>).by(Who::Members),
    Route::get("/machine-events/{id}", read::<Event>).by(Who::Members),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::sim::http::client::{Client, refusal};

    #[tokio::test]
    async fn events_are_listed_by_machine_the_newest_first() {
        let client = Client::immediate().await;
        let id = client.machine(&json!({"name": "a"})).await["id"].clone();
        client.machine(&json!({"name": "b"})).await;
        let path = format!("/machines/{}", id.as_str().unwrap());
        client.patch(&format!("{path}/stop")).await;
        client.delete(&path).await;
        let (_, page) = client
            .get(&format!("/machine-events?machineId={}", id.as_str().unwrap()))
            .await;
        let items = page["items"].as_array().unwrap();
        let names: Vec<_> = items.iter().map(|event| event["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["deactivate", "stop", "create"]);
        let one = format!("/machine-events/{}", items[0]["id"].as_str().unwrap());
        assert_eq!(client.get(&one).await.1, items[0]);
        assert_eq!(refusal(&client.get("/machine-events/none").await), (404, "NOT_FOUND"));
        assert_eq!(client.get("/machine-events?orderBy=name").await.0, 400);
    }
}
