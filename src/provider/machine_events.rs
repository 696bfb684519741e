//! `paperspace_machine_events`: what was done to a machine, newest first.

use super::{Configured, errors};
use crate::api::{Event, EventFilter};
use crate::diag::Diagnostics;
use crate::schema::{Check, Model, Nested, Schema};
use crate::server::{Answered, Context, DataSource};
use crate::value::Tf;

/// A `paperspace_machine_events` block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MachineEventsConfig {
    machine_id: Tf<String>,
    events: Tf<Vec<Nested<EventItem>>>,
}

/// One event of a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventItem {
    id: Tf<String>,
    name: Tf<String>,
    state: Tf<String>,
    error: Tf<String>,
    created_at: Tf<String>,
    started_at: Tf<String>,
    finished_at: Tf<String>,
}

impl Model for MachineEventsConfig {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "Lists the events of a machine: what was done to it, by whomever, and how it ended. Paperspace keeps events for a \
             while only.",
        );
        s.attr("machine_id", |m| &mut m.machine_id)
            .required()
            .check(Check::NotEmpty)
            .doc("The id of the machine.");
        s.attr("events", |m| &mut m.events)
            .computed()
            .doc("The events, the newest first.");
    }
}

impl Model for EventItem {
    fn declare(s: &mut Schema<Self>) {
        s.attr("id", |m| &mut m.id).computed().doc("The event's id.");
        s.attr("name", |m| &mut m.name)
            .computed()
            .doc("What was done, such as `create`, `start`, `vm-upgrade` or `snapshot-create`.");
        s.attr("state", |m| &mut m.state)
            .computed()
            .doc("How far it has come: `new`, `in progress`, `done`, `error` or `cancelled`.");
        s.attr("error", |m| &mut m.error)
            .computed()
            .doc("Why it failed, where the service says so.");
        s.attr("created_at", |m| &mut m.created_at)
            .computed()
            .doc("When it was asked for, as an RFC 3339 date and time.");
        s.attr("started_at", |m| &mut m.started_at)
            .computed()
            .doc("When it began, as an RFC 3339 date and time.");
        s.attr("finished_at", |m| &mut m.finished_at)
            .computed()
            .doc("When it ended, as an RFC 3339 date and time.");
    }
}

impl From<Event> for EventItem {
    fn from(event: Event) -> Self {
        let state = event.state.as_ref().map(|state| state.as_str().to_owned());
        let Event {
            id,
            name,
            state: _,
            machine_id: _,
            error,
            dt_created,
            dt_started,
            dt_finished,
        } = event;
        Self {
            id: Tf::Known(id),
            name: name.map(|name| name.to_string()).into(),
            state: state.into(),
            error: error.map(|error| error.to_string()).into(),
            created_at: dt_created.map(|date| date.to_string()).into(),
            started_at: dt_started.map(|date| date.to_string()).into(),
            finished_at: dt_finished.map(|date| date.to_string()).into(),
        }
    }
}

/// The data source.
pub struct MachineEventsSource;

impl DataSource for MachineEventsSource {
    type Model = MachineEventsConfig;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_machine_events";

    async fn read(
        context: &Context<Configured>,
        mut config: MachineEventsConfig,
    ) -> Result<Answered<MachineEventsConfig>, Diagnostics> {
        let client = context.configured.client.with_cancel(context.cancel.clone());
        let id = config.machine_id.as_deref().unwrap_or_default();
        let filter = EventFilter {
            machine_id: Some(id.to_owned()),
        };
        let events = client.events(&filter).await;
        let events =
            events.map_err(|error| errors::diagnostic(&format!("list the events of the machine {id}"), &error))?;
        config.events = Tf::Known(events.into_iter().map(|event| Nested(event.into())).collect());
        Ok(config.into())
    }
}
