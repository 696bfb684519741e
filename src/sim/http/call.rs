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
use crate::sim::kinds::Kind;
use crate::sim::machine::Machine;
use crate::sim::machine::lifecycle::{Ending, Task};
use crate::sim::machine::operations::Mover;
use crate::sim::quirks::{NameFilter, Quirks};
use crate::sim::world::World;

/// What a handler gives.
pub(crate) type Answer = Result<Value, Problem>;

/// Whose key a request shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The position of the team.
    pub team: usize,
    /// The user, where it is not the one who holds the team's own keys.
    pub user_id: Option<String>,
}

impl Caller {
    /// The one who holds a team's own keys.
    pub fn owner_of(team: usize) -> Self {
        Self { team, user_id: None }
    }
}

/// One request.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub world: &'a mut World,
    pub ids: &'a mut Ids,
    pub quirks: &'a mut Quirks,
    pub config: &'a Config,
    pub mode: TimeMode,
    pub now: Now,
    pub caller: Caller,
    pub params: Vec<(&'static str, String)>,
    pub query: BTreeMap<String, String>,
    pub content_type: Option<String>,
    pub body: Bytes,
}

impl Call<'_> {
    /// A segment of the path, by the name that the route gives it.
    pub fn param(&self, name: &str) -> String {
        let found = self.params.iter().find(|(param, _)| *param == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// The id of the user whose key was shown.
    pub fn user_id(&self) -> String {
        self.caller.user_id.clone().unwrap_or_else(|| self.world.owner_id())
    }

    /// Whether the key is that of a member who does not administrate the team.
    pub fn is_member(&self) -> bool {
        let id = self.user_id();
        let user = self.world.users.iter().find(|user| user.id == id);
        self.caller.user_id.is_some() && user.is_none_or(|user| !user.is_admin && !user.is_owner)
    }

    /// Whether a machine is the caller's to see.
    pub fn may_see(&self, machine_id: &str) -> bool {
        if !self.is_member() {
            return true;
        }
        let user_id = self.user_id();
        let machine = self.world.machine(machine_id);
        machine.is_some_and(|machine| machine.user_id == user_id || machine.accessor_ids.contains(&user_id))
    }

    /// A member of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Whether a listing's filter, if it is set, lets a value pass.
    pub fn passes(&self, filter: &str, value: &str) -> bool {
        self.query(filter).is_none_or(|wanted| wanted == value)
    }

    /// Whether the filter by name, if it is set, lets a name pass; `usual` is how this listing filters.
    pub fn passes_name(&self, name: &str, usual: NameFilter) -> bool {
        let filter = self.quirks.name_filter.unwrap_or(usual);
        self.query("name").is_none_or(|wanted| filter.passes(wanted, name))
    }

    /// Whether the filter by region, if it is set, lets a region pass.
    pub fn passes_region(&self, slug: Option<&str>) -> bool {
        self.query("region")
            .is_none_or(|text| catalog::region(text).is_some_and(|region| Some(region.slug) == slug))
    }

    /// Reads the body, which must be a JSON object, and complains of all that is wrong with it.
    pub fn read<T>(&self, read: impl FnOnce(&mut Form) -> T) -> Result<T, Problem> {
        if !self.is_json() {
            return Err(Problem::unreadable(
                "The body must be JSON, with the content type application/json",
            ));
        }
        if self.body.is_empty() {
            return Err(Problem::unreadable(
                "Body cannot be empty when content-type is set to 'application/json'",
            ));
        }
        let body = serde_json::from_slice(&self.body)
            .map_err(|error| Problem::unreadable(format!("Body is not JSON: {error}")))?;
        let mut form = Form::new(body)?;
        let value = read(&mut form);
        form.finish(self.config.refuse_unknown_fields)?;
        Ok(value)
    }

    /// The body of a request that needs none: nothing at all, or an empty JSON object.
    pub fn no_body(&self) -> Result<(), Problem> {
        if !self.is_json() && self.body.is_empty() {
            return Ok(());
        }
        self.read(|_| ())
    }

    fn is_json(&self) -> bool {
        let bare = self
            .content_type
            .as_deref()
            .and_then(|text| text.split(';').next())
            .map(str::trim);
        bare.is_some_and(|text| text.eq_ignore_ascii_case("application/json"))
    }

    /// The region that a form names. Where there is none, the form has complained.
    pub fn region_of(form: &mut Form) -> Region {
        let text = form.required_text("region");
        let region = catalog::region(&text);
        if region.is_none() && !text.is_empty() {
            form.complain("region", "unknown region");
        }
        region.unwrap_or(catalog::REGIONS[0])
    }

    /// A machine that exists and is not deleted.
    pub fn live_machine(&self, id: &str) -> Result<Machine, Problem> {
        let machine = self.world.machine(id).filter(|machine| !machine.is_deleted());
        let seen = machine.filter(|_| self.may_see(id));
        seen.cloned().ok_or_else(|| Problem::not_found("Machine"))
    }

    /// A machine that exists, is not deleted, and has nothing under way.
    pub fn idle_machine(&self, id: &str) -> Result<Machine, Problem> {
        let machine = self.live_machine(id)?;
        if !self.world.is_busy(id) {
            return Ok(machine);
        }
        let state = if machine.is_leaving() {
            "deleting"
        } else {
            machine.state.as_str()
        };
        Err(Problem::conflict(format!("This machine is currently {state}.")))
    }

    /// Begins an operation on a machine and answers the event's id.
    pub fn begin(&mut self, machine_id: &str, task: Task) -> String {
        let ending = task.event_name().map(|name| self.quirks.take_ending(name));
        self.begin_with(machine_id, task, ending.unwrap_or(Ending::Done))
    }

    /// Begins an operation of which the ending is settled.
    pub fn begin_with(&mut self, about: &str, task: Task, ending: Ending) -> String {
        let id = self.moved(|world, mover| world.begin(about, task, ending, mover));
        if self.mode == TimeMode::Immediate {
            self.settle();
        }
        id.unwrap_or_default()
    }

    /// Counts a look at a record or an event, which may carry operations on.
    pub fn look(&mut self, id: &str) {
        self.world.look(id);
        self.settle();
    }

    /// Brings the world up to this moment.
    pub fn settle(&mut self) {
        self.moved(World::settle);
    }

    fn moved<T>(&mut self, act: impl FnOnce(&mut World, &mut Mover<'_>) -> T) -> T {
        let mut mover = Mover {
            mode: self.mode,
            quirks: self.quirks,
            ids: self.ids,
            now: &self.now,
        };
        act(self.world, &mut mover)
    }

    /// A record as answers have it, or `null`.
    pub fn json<K: Kind>(&self, key: &str) -> Value {
        let mut records = K::all(self.world).iter();
        let found = records.find(|record| record.head().key == key);
        found.map_or(Value::Null, |record| record.render(self.quirks))
    }

    /// The answer to a request that began an operation: the record that it is about, and its event.
    pub fn with_event<K: Kind>(&self, key: &str, event_id: &str) -> Value {
        let event = self.json::<crate::sim::kinds::events::Event>(event_id);
        json!({"data": self.json::<K>(key), "event": event})
    }
}
