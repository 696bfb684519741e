//! One request as a handler sees it: the team's world, the moment, and what was sent.
//!
//! Handlers are plain functions over a [`Call`]; they hold the world to themselves while they run, await nothing, and
//! know no HTTP beyond this.

use std::collections::BTreeMap;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::form::Form;
use super::problem::Problem;
use crate::sim::catalog::{self, Region};
use crate::sim::clock::{Now, TimeMode};
use crate::sim::config::Config;
use crate::sim::ids::Ids;
use crate::sim::lifecycle::{Ending, Kind};
use crate::sim::quirks::Quirks;
use crate::sim::record::Machine;
use crate::sim::render;
use crate::sim::store::World;

/// What a handler gives.
pub(crate) type Answer = Result<Value, Problem>;

/// One request.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub world: &'a mut World,
    pub ids: &'a mut Ids,
    pub quirks: &'a mut Quirks,
    pub config: &'a Config,
    pub mode: TimeMode,
    pub now: Now,
    pub params: Vec<(String, String)>,
    pub query: BTreeMap<String, String>,
    pub content_type: Option<String>,
    pub body: Bytes,
}

impl Call<'_> {
    /// A segment of the path, by the name that the route gives it.
    pub fn param(&self, name: &str) -> String {
        let found = self.params.iter().find(|(param, _)| param == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// A member of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Whether a listing's filter, if it is set, lets a value pass.
    pub fn passes(&self, filter: &str, value: &str) -> bool {
        self.query(filter).is_none_or(|wanted| wanted == value)
    }

    /// Whether the filter by region, if it is set, lets a region pass.
    pub fn passes_region(&self, slug: Option<&str>) -> bool {
        self.query("region")
            .is_none_or(|text| catalog::region(text).is_some_and(|region| Some(region.slug) == slug))
    }

    /// The body, which must be a JSON object.
    pub fn form(&self) -> Result<Form, Problem> {
        if !self.is_json() {
            return Err(Problem::unreadable(
                "The body must be JSON, with the content type application/json",
            ));
        }
        Form::new(self.json()?)
    }

    /// The body of a request that needs none: nothing at all, or an empty JSON object.
    pub fn no_body(&self) -> Result<(), Problem> {
        if !self.is_json() && self.body.is_empty() {
            return Ok(());
        }
        self.form()?.finish(self.config.refuse_unknown_fields)
    }

    fn is_json(&self) -> bool {
        let bare = self
            .content_type
            .as_deref()
            .and_then(|text| text.split(';').next())
            .map(str::trim);
        bare.is_some_and(|text| text.eq_ignore_ascii_case("application/json"))
    }

    fn json(&self) -> Result<Value, Problem> {
        if self.body.is_empty() {
            return Err(Problem::unreadable(
                "Body cannot be empty when content-type is set to 'application/json'",
            ));
        }
        serde_json::from_slice(&self.body).map_err(|error| Problem::unreadable(format!("Body is not JSON: {error}")))
    }

    /// Closes a form, complaining of what it left unread if so configured.
    pub fn finish(&self, form: Form) -> Result<(), Problem> {
        form.finish(self.config.refuse_unknown_fields)
    }

    /// The region that a form names.
    pub fn region_of(form: &mut Form) -> Option<Region> {
        let text = form.required_text("region");
        let region = catalog::region(&text);
        if region.is_none() && !text.is_empty() {
            form.complain("region", "unknown region");
        }
        region
    }

    /// A machine that exists and is not deleted.
    pub fn live_machine(&self, id: &str) -> Result<Machine, Problem> {
        let machine = self.world.machine(id).filter(|machine| !machine.is_deleted());
        machine.cloned().ok_or_else(|| Problem::not_found("Machine"))
    }

    /// A machine that exists, is not deleted, and has nothing under way.
    pub fn idle_machine(&self, id: &str) -> Result<Machine, Problem> {
        let machine = self.live_machine(id)?;
        if self.world.is_busy(id) {
            let state = machine.state.as_str();
            return Err(Problem::conflict(format!(
                "Machine {id} is {state}; wait until that is over"
            )));
        }
        Ok(machine)
    }

    /// Begins an operation on a machine and answers the event's id.
    pub fn begin(&mut self, machine_id: &str, kind: Kind) -> String {
        let ending = self.quirks.take_ending(kind.event_name());
        self.begin_with(machine_id, kind, ending)
    }

    /// Begins an operation of which the ending is settled.
    pub fn begin_with(&mut self, machine_id: &str, kind: Kind, ending: Ending) -> String {
        let id = self
            .world
            .begin(machine_id, kind, ending, self.quirks, self.ids, &self.now);
        if self.mode == TimeMode::Immediate {
            self.settle();
        }
        id
    }

    /// Counts a look at a machine or an event, which may carry operations on.
    pub fn look(&mut self, id: &str) {
        self.world.look(id);
        self.settle();
    }

    /// Brings the world up to this moment.
    pub fn settle(&mut self) {
        self.world.settle(self.mode, self.quirks, self.ids, &self.now);
    }

    /// A machine as answers have it.
    pub fn machine_json(&self, id: &str) -> Value {
        self.world
            .machine(id)
            .map_or(Value::Null, |machine| render::machine(machine, self.quirks))
    }

    /// An event as answers have it.
    pub fn event_json(&self, id: &str) -> Value {
        self.world
            .event(id)
            .map_or(Value::Null, |event| render::event(event, self.quirks))
    }

    /// The answer to a request that began an operation on a machine.
    pub fn machine_and_event(&self, machine_id: &str, event_id: &str) -> Value {
        json!({"data": self.machine_json(machine_id), "event": self.event_json(event_id)})
    }
}
