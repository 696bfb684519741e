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
