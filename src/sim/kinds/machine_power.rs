//! Turning machines on and off, and deleting them.

use super::events::Event;
use super::note_before;
use crate::sim::catalog;
use crate::sim::http::call::{Answer, Call};
use crate::sim::http::problem::Problem;
use crate::sim::machine::lifecycle::{Ending, Task};
use crate::sim::machine::{Machine, State};
use crate::sim::quirks::{Shortage, out_of_capacity};

pub(crate) fn start(call: &mut Call<'_>) -> Answer {
    switch(call, Task::Start, State::Off)
}

pub(crate) fn stop(call: &mut Call<'_>) -> Answer {
    switch(call, Task::Stop, State::Ready)
}

pub(crate) fn restart(call: &mut Call<'_>) -> Answer {
    switch(call, Task::Restart, State::Ready)
}

/// Begins a change of power, which needs the machine in a certain state.
fn switch(call: &mut Call<'_>, task: Task, needed: State) -> Answer {
    let id = call.param("id");
    call.no_body()?;
    let machine = call.idle_machine(&id)?;
    // A machine that got stuck on its way up is on.
    let on = [State::Ready, State::ServiceReady];
    let is_fit = machine.state == needed || (needed == State::Ready && on.contains(&machine.state));
    if !is_fit {
        let verb = task.event_name().unwrap_or_default();
        let (state, needed) = (machine.state.as_str(), needed.as_str());
        return Err(Problem::precondition(format!(
            "Cannot {verb} a machine that is {state}; it must be {needed}"
        )));
    }
    let short = if task == Task::Start {
        shortage(call, &machine)?
    } else {
        None
    };
    before_write(call, &id);
    let event_id = match short {
        Some(ending) => call.begin_with(&id, task, ending),
        None => call.begin(&id, task),
    };
    Ok(call.with_event::<Machine>(&id, &event_id))
}

/// How a start, or a create, of such a machine ends where there is no capacity for it; or that it is refused.
pub(super) fn shortage(call: &Call<'_>, machine: &Machine) -> Result<Option<Ending>, Problem> {
    let Some(shows) = call.quirks.shortage(&machine.machine_type, &machine.region) else {
        return Ok(None);
    };
    let place = catalog::region(&machine.region).map_or(machine.region.as_str(), |region| region.label);
    let reason = format!("Out of capacity: no {} is available in {place}", machine.machine_type);
    match shows {
        Shortage::AtOnce => Err(Problem::precondition(reason)),
        Shortage::Later | Shortage::StaysOff => Ok(out_of_capacity(shows, &reason)),
    }
}

/// Keeps what was told of a machine before a write, if answers are behind.
pub(super) fn before_write(call: &mut Call<'_>, id: &str) {
    if let Some(machine) = call.world.machine_mut(id) {
        note_before(machine, call.quirks, &call.now);
    }
}

/// A machine can be deleted in any state: what was under way on it is called off. Asked again, the service answers
/// what is under way, or was.
pub(crate) fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    let leaving = call.world.machine(&id).filter(|machine| machine.is_leaving());
    let lingering = call.quirks.lingering;
    if leaving.is_some_and(|machine| !machine.is_deleted() || machine.sight.lingers(lingering, call.mode, &call.now)) {
        let deletes = |event: &&Event| event.machine_id.as_deref() == Some(&id) && event.name == "deactivate";
        let event = call.world.events.iter().rev().find(deletes);
        if let Some(event_id) = event.map(|event| event.id.clone()) {
            return Ok(call.with_event::<Machine>(&id, &event_id));
        }
    }
    call.live_machine(&id)?;
    before_write(call, &id);
    call.world.call_off(&id, &call.now);
    let event_id = call.begin(&id, Task::Deactivate);
    Ok(call.with_event::<Machine>(&id, &event_id))
}

#[cfg(test)]
mod tests {
    use reqwest::header::CONTENT_TYPE;
    use serde_json::{Value, json};

    use crate::sim::http::client::{Client, refusal};
    use crate::sim::quirks::EventEnding;
    use crate::sim::{Config, Ending, Shortage, SoldOut, State, TimeMode};

    async fn path_of_new(client: &Client) -> String {
        format!("/machines/{}", client.machine(&json!({})).await["id"].as_str().unwrap())
    }

    #[tokio::test]
    async fn power_changes_from_the_state_it_needs() {
        let client = Client::immediate().await;
        let path = path_of_new(&client).await;
        let patch = async |verb: &str| client.patch(&format!("{path}/{verb}")).await;
        assert_eq!(refusal(&patch("start").await), (412, "PRECONDITION_FAILED"));
        assert_eq!(patch("restart").await.1["data"]["state"], "ready");
        assert_eq!(patch("stop").await.1["data"]["state"], "off");
        assert_eq!(refusal(&patch("stop").await), (412, "PRECONDITION_FAILED"));
        assert_eq!(refusal(&patch("restart").await), (412, "PRECONDITION_FAILED"));
        assert_eq!(patch("start").await.1["event"]["name"], "start");
        assert_eq!(refusal(&client.patch("/machines/ps0/start").await), (404, "NOT_FOUND"));
    }

    #[tokio::test]
    async fn json_must_not_be_empty() {
        let client = Client::immediate().await;
        let url = format!("{}{}/stop", client.sim.url(), path_of_new(&client).await);
        let patch = || client.http.patch(&url).bearer_auth(&client.key);
        let response = patch().header(CONTENT_TYPE, "application/json").send().await.unwrap();
        assert_eq!(response.status(), 400);
        assert_eq!(response.json::<Value>().await.unwrap()["code"], "PARSE_ERROR");
        let response = patch().header(CONTENT_TYPE, "text/plain").send().await.unwrap();
        assert_eq!(response.status(), 200);
    }

    #[tokio::test]
    async fn a_machine_in_transition_takes_no_orders_but_to_go() {
        let client = Client::explicit().await;
        let path = path_of_new(&client).await;
        for got in [
            client.patch(&format!("{path}/stop")).await,
            client.put(&path, &json!({"name": "n"})).await,
        ] {
            assert_eq!(refusal(&got), (409, "CONFLICT"));
            assert_eq!(got.1["message"], "This machine is currently provisioning.");
        }
        let (status, answer) = client.delete(&path).await;
        assert_eq!((status, &answer["event"]["name"]), (200, &json!("deactivate")));
        let (_, page) = client.get("/machine-events?order=asc").await;
        assert_eq!(page["items"][0]["state"], "cancelled", "its create is called off");
        let again = client.patch(&format!("{path}/stop")).await;
        assert_eq!(again.1["message"], "This machine is currently deleting.");
        assert_eq!(client.delete(&path).await.1["event"]["id"], answer["event"]["id"]);
        client.sim.finish_all();
        let (status, late) = client.delete(&path).await;
        assert_eq!((status, &late["event"]["state"]), (200, &json!("done")));
        assert_eq!(client.sim.world().operations, []);
        client.sim.advance(std::time::Duration::from_secs(10));
        assert_eq!(refusal(&client.delete(&path).await), (404, "NOT_FOUND"));
    }

    #[tokio::test]
    async fn a_deletion_that_failed_can_be_asked_for_again() {
        let client = Client::immediate().await;
        let path = path_of_new(&client).await;
        let rule = EventEnding {
            event: "deactivate".to_owned(),
            ending: Ending::Failed("busy host".to_owned()),
            count: Some(1),
        };
        client.sim.switch(|quirks| quirks.event_endings.push(rule));
        assert_eq!(client.delete(&path).await.1["event"]["state"], "error");
        assert_eq!(client.get(&path).await.1["state"], "ready");
        assert_eq!(client.delete(&path).await.1["event"]["state"], "done");
    }

    #[tokio::test]
    async fn looks_carry_operations_on() {
        let client = Client::of(Config {
            time: TimeMode::PerPoll { polls: 2 },
            ..Config::default()
        })
        .await;
        let path = path_of_new(&client).await;
        let mut states = Vec::new();
        for _ in 0..3 {
            states.push(client.get(&path).await.1["state"].as_str().unwrap().to_owned());
        }
        assert_eq!(states, ["provisioning", "starting", "ready"]);
        let (_, answer) = client.patch(&format!("{path}/stop")).await;
        let event = format!("/machine-events/{}", answer["event"]["id"].as_str().unwrap());
        let mut states = Vec::new();
        for _ in 0..3 {
            states.push(client.get(&event).await.1["state"].as_str().unwrap().to_owned());
        }
        assert_eq!(states, ["in progress", "in progress", "done"]);
        assert_eq!(client.sim.world().machines[0].state, State::Off);
    }

    #[tokio::test]
    async fn a_machine_is_ready_after_its_event() {
        for (long_after, seen_between) in [(false, "Done ServiceReady"), (true, "Done Provisioning")] {
            let client = Client::explicit().await;
            client.sim.switch(|quirks| quirks.ready_after_event = long_after);
            let path = path_of_new(&client).await;
            let mut seen = Vec::new();
            loop {
                let world = client.sim.world();
                seen.push(format!("{:?} {:?}", world.events[0].state, world.machines[0].state));
                if client.sim.poke() == 0 {
                    break;
                }
            }
            assert!(seen.contains(&seen_between.to_owned()), "{seen:?}");
            assert_eq!(client.get(&path).await.1["state"], "ready");
        }
    }

    #[tokio::test]
    async fn a_machine_can_stay_serviceready_and_is_on_then() {
        let client = Client::immediate().await;
        let rule = EventEnding {
            event: "create".to_owned(),
            ending: Ending::EndsAs(State::ServiceReady),
            count: Some(1),
        };
        client.sim.switch(|quirks| quirks.event_endings.push(rule));
        let path = path_of_new(&client).await;
        assert_eq!(client.get(&path).await.1["state"], "serviceready");
        assert_eq!(client.patch(&format!("{path}/stop")).await.1["data"]["state"], "off");
    }

    #[tokio::test]
    async fn a_start_can_find_no_capacity() {
        let client = Client::immediate().await;
        let path = path_of_new(&client).await;
        client.patch(&format!("{path}/stop")).await;
        for (shows, status, event) in [
            (Shortage::AtOnce, 412, Value::Null),
            (Shortage::Later, 200, json!("error")),
            (Shortage::StaysOff, 200, json!("done")),
        ] {
            client.sim.switch(|quirks| {
                quirks.sold_out = vec![SoldOut {
                    machine_type: "C5".to_owned(),
                    region: "*".to_owned(),
                    shows,
                    untold: false,
                }];
            });
            let (got, answer) = client.patch(&format!("{path}/start")).await;
            assert_eq!((got, &answer["event"]["state"]), (status, &event), "{shows:?}");
            assert_eq!(client.get(&path).await.1["state"], "off");
        }
        client.sim.switch(|quirks| quirks.sold_out.clear());
        assert_eq!(client.patch(&format!("{path}/start")).await.1["data"]["state"], "ready");
    }
}
