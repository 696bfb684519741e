//! `/machine-events`: the asynchronous half of every operation.

use axum::Router;

use super::Endpoint;
use super::call::{Answer, Call};
use super::page::{Listed, page};
use super::problem::Problem;
use crate::sim::app::SharedApp;

pub(crate) fn routes() -> Router<SharedApp> {
    Router::new()
        .route("/machine-events", Endpoint::get(list).into())
        .route("/machine-events/{id}", Endpoint::get(read).into())
}

fn list(call: &mut Call<'_>) -> Answer {
    let events = call.world.events.iter().enumerate();
    let wanted = events.filter(|(_, event)| call.passes("machineId", event.machine_id.as_deref().unwrap_or_default()));
    let listed = wanted.map(|(position, event)| Listed {
        key: event.dt_created.clone(),
        position,
        item: event.id.clone(),
    });
    let page = page(call, listed.collect())?;
    for id in &page.items {
        call.look(id);
    }
    Ok(page.to_json(call.quirks.last_page, |id| call.event_json(id)))
}

fn read(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    call.look(&id);
    if call.world.event(&id).is_none() {
        return Err(Problem::not_found("Event"));
    }
    Ok(call.event_json(&id))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::client::{Client, refusal};

    #[tokio::test]
    async fn events_are_listed_by_machine() {
        let client = Client::immediate().await;
        let first = client.machine(&json!({})).await["id"].clone();
        client.machine(&json!({})).await;
        client
            .patch(&format!("/machines/{}/stop", first.as_str().unwrap()))
            .await;
        let (_, page) = client
            .get(&format!("/machine-events?machineId={}", first.as_str().unwrap()))
            .await;
        let names: Vec<_> = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["name"].clone())
            .collect();
        assert_eq!(names, ["create", "stop"]);
        assert_eq!(client.get("/machine-events?limit=2").await.1["hasMore"], true);
        assert_eq!(refusal(&client.get("/machine-events/none").await), (404, "NOT_FOUND"));
    }
}
