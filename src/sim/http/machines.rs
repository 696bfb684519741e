//! `/machines`: listing and reading them, and the small things that hang on one.
//!
//! Making, changing and switching machines have files of their own.

use axum::Router;
use serde_json::{Value, json};

use super::call::{Answer, Call};
use super::page::{Listed, order_by, page};
use super::problem::Problem;
use super::{Endpoint, machine_create, machine_power, machine_update};
use crate::sim::app::SharedApp;
use crate::sim::catalog;
use crate::sim::record::{Machine, State};

pub(crate) fn routes() -> Router<SharedApp> {
    Router::new()
        .route("/machines", Endpoint::get(list).post(machine_create::create).into())
        .route(
            "/machines/{id}",
            Endpoint::get(read)
                .put(machine_update::update)
                .delete(machine_power::delete)
                .into(),
        )
        .route("/machines/{id}/start", Endpoint::patch(machine_power::start).into())
        .route("/machines/{id}/stop", Endpoint::patch(machine_power::stop).into())
        .route("/machines/{id}/restart", Endpoint::patch(machine_power::restart).into())
        .route("/machines/{id}/desktop", Endpoint::get(desktop).into())
        .route("/machine-availability", Endpoint::get(availability).into())
}

fn list(call: &mut Call<'_>) -> Answer {
    let field = order_by(call, &["dtCreated", "name", "state"])?;
    let mut listed = Vec::new();
    for (position, machine) in call.world.machines.iter().enumerate() {
        let deleted = machine.is_deleted() && !call.quirks.lingering.listed;
        let wanted = call.passes("name", &machine.name)
            && call.passes_region(Some(&machine.region))
            && call.passes("agentType", &machine.agent_type)
            && call.passes("machineType", &machine.machine_type);
        if deleted || !wanted || machine.hidden_from_lists > 0 {
            continue;
        }
        listed.push(Listed {
            key: sort_key(machine, field),
            position,
            item: machine.id.clone(),
        });
    }
    let page = page(call, listed)?;
    for machine in &mut call.world.machines {
        machine.hidden_from_lists = machine.hidden_from_lists.saturating_sub(1);
    }
    for id in &page.items {
        call.look(id);
    }
    Ok(page.to_json(call.quirks.last_page, |id| call.machine_json(id)))
}

fn sort_key(machine: &Machine, field: &str) -> String {
    match field {
        "name" => machine.name.clone(),
        "state" => machine.state.as_str().to_owned(),
        _ => machine.dt_created.clone(),
    }
}

fn read(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    call.look(&id);
    if call.world.finds(&id, call.mode, call.quirks.lingering, &call.now) {
        return Ok(call.machine_json(&id));
    }
    Err(Problem::not_found("Machine"))
}

fn desktop(call: &mut Call<'_>) -> Answer {
    let machine = call.live_machine(&call.param("id"))?;
    let Some(host) = machine
        .public_ip
        .or(machine.private_ip)
        .filter(|_| machine.state == State::Ready)
    else {
        return Ok(json!({}));
    };
    if machine.agent_type.starts_with("Windows") {
        return Ok(json!({"windows": {"hostname": host, "port": 3389, "publicIp": host}}));
    }
    Ok(json!({"vnc": {"hostname": host, "port": 5901, "password": format!("vnc-{}", machine.id)}}))
}

fn availability(call: &mut Call<'_>) -> Answer {
    let mut issues = Vec::new();
    let mut required = |name: &str| {
        let value = call.query(name).unwrap_or_default();
        if value.is_empty() {
            issues.push(format!("{name}: required"));
        }
        value.to_owned()
    };
    let (label, place) = (required("machineType"), required("region"));
    let (kind, region) = (catalog::machine_type(&label), catalog::region(&place));
    if kind.is_none() && !label.is_empty() {
        issues.push("machineType: unknown machine type".to_owned());
    }
    if region.is_none() && !place.is_empty() {
        issues.push("region: unknown region".to_owned());
    }
    let (Some(kind), Some(region)) = (kind, region) else {
        return Err(Problem::invalid(issues));
    };
    let available = kind.is_offered_in(region.slug) && call.quirks.shortage(&kind.label, region.slug).is_none();
    Ok(Value::from_iter([("available", available)]))
}
