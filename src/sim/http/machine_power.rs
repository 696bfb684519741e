//! Turning machines on and off, and deleting them.

use super::call::{Answer, Call};
use super::problem::Problem;
use crate::sim::lifecycle::Kind;
use crate::sim::record::State;

pub(crate) fn start(call: &mut Call<'_>) -> Answer {
    switch(call, Kind::Start, State::Off)
}

pub(crate) fn stop(call: &mut Call<'_>) -> Answer {
    switch(call, Kind::Stop, State::Ready)
}

pub(crate) fn restart(call: &mut Call<'_>) -> Answer {
    switch(call, Kind::Restart, State::Ready)
}

/// Begins a change of power, which needs the machine in a certain state.
fn switch(call: &mut Call<'_>, kind: Kind, needed: State) -> Answer {
    let id = call.param("id");
    call.no_body()?;
    let machine = call.idle_machine(&id)?;
    if machine.state != needed {
        let (verb, state, needed) = (kind.event_name(), machine.state.as_str(), needed.as_str());
        return Err(Problem::precondition(format!(
            "Cannot {verb} a machine that is {state}; it must be {needed}"
        )));
    }
    let event_id = call.begin(&id, kind);
    Ok(call.machine_and_event(&id, &event_id))
}

pub(crate) fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    call.idle_machine(&id)?;
    let event_id = call.begin(&id, Kind::Deactivate);
    Ok(call.machine_and_event(&id, &event_id))
}

#[cfg(test)]
mod tests {
    use reqwest::header::CONTENT_TYPE;
    use serde_json::json;

    use super::super::client::{Client, refusal};
    use crate::sim::{Config, State, TimeMode};

    #[tokio::test]
    async fn power_changes_from_the_state_it_needs() {
        let client = Client::immediate().await;
        let path = format!("/machines/{}", client.machine(&json!({})).await["id"].as_str().unwrap());
        assert_eq!(
            refusal(&client.patch(&format!("{path}/start")).await),
            (412, "PRECONDITION_FAILED")
        );
        assert_eq!(
            client.patch(&format!("{path}/restart")).await.1["data"]["state"],
            "ready"
        );
        assert_eq!(client.patch(&format!("{path}/stop")).await.1["data"]["state"], "off");
        assert_eq!(
            refusal(&client.patch(&format!("{path}/stop")).await),
            (412, "PRECONDITION_FAILED")
        );
        assert_eq!(
            refusal(&client.patch(&format!("{path}/restart")).await),
            (412, "PRECONDITION_FAILED")
        );
        assert_eq!(client.patch(&format!("{path}/start")).await.1["event"]["name"], "start");
        assert_eq!(refusal(&client.patch("/machines/ps0/start").await), (404, "NOT_FOUND"));
    }

    #[tokio::test]
    async fn json_must_not_be_empty() {
        let client = Client::immediate().await;
        let path = format!("/machines/{}", client.machine(&json!({})).await["id"].as_str().unwrap());
        let url = format!("{}{path}/stop", client.sim.url());
        let request = client
            .http
            .patch(&url)
            .bearer_auth(&client.key)
            .header(CONTENT_TYPE, "application/json");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 400);
        assert_eq!(
            response.json::<serde_json::Value>().await.unwrap()["code"],
            "PARSE_ERROR"
        );
        let response = client
            .http
            .patch(&url)
            .bearer_auth(&client.key)
            .json(&json!({}))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
    }

    #[tokio::test]
    async fn a_machine_in_transition_takes_no_orders() {
        let client = Client::explicit().await;
        let path = format!("/machines/{}", client.machine(&json!({})).await["id"].as_str().unwrap());
        for got in [
            client.patch(&format!("{path}/stop")).await,
            client.put(&path, &json!({"name": "n"})).await,
            client.delete(&path).await,
        ] {
            assert_eq!(refusal(&got), (409, "CONFLICT"));
        }
        client.sim.finish_all();
        assert_eq!(client.delete(&path).await.0, 200);
        assert_eq!(refusal(&client.delete(&path).await), (409, "CONFLICT"));
        client.sim.finish_all();
        assert_eq!(refusal(&client.delete(&path).await), (404, "NOT_FOUND"));
    }

    #[tokio::test]
    async fn looks_carry_operations_on() {
        let client = Client::of(Config {
            time: TimeMode::PerPoll { polls: 2 },
            ..Config::default()
        })
        .await;
        let made = client.machine(&json!({})).await;
        let path = format!("/machines/{}", made["id"].as_str().unwrap());
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
    async fn a_machine_can_be_ready_after_its_event() {
        let client = Client::explicit().await;
        client.sim.switch(|quirks| quirks.ready_after_event = true);
        let made = client.machine(&json!({})).await;
        let mut seen = Vec::new();
        loop {
            let world = client.sim.world();
            seen.push(format!("{:?} {:?}", world.events[0].state, world.machines[0].state));
            if client.sim.poke() == 0 {
                break;
            }
        }
        assert!(seen.contains(&"Done Provisioning".to_owned()), "{seen:?}");
        assert_eq!(
            client
                .get(&format!("/machines/{}", made["id"].as_str().unwrap()))
                .await
                .1["state"],
            "ready"
        );
    }
}
