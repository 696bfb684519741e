//! `paperspace_public_ip_assignment`: which machine an address points to.
//!
//! It is a relation and no object of the service: the address is there before and after it. So it is made and moved by a
//! request that may be made twice, it is gone once the address points elsewhere or nowhere, and it is taken off only while
//! the address still points where it says. Its identity is the address, since the machine changes in place.

use std::collections::BTreeSet;
use std::net::IpAddr;

use tokio::time::Instant;

use super::Configured;
use super::kit::{Found, Halt, Kind as _, Left, Note, Owner, Task, Terms, Tries, Work, find_singly, halted, look_up};
use super::public_ip::PublicIps;
use crate::api::{Client, PublicIp};
use crate::diag::Diagnostic;
use crate::schema::{Check, IdentityAttribute, IdentitySchema, Model, Schema, Timeout, Timeouts};
use crate::server::{ChangeOf, Context, Current, CurrentOf, ImportTarget, Outcome, OutcomeOf, Resource};
use crate::value::{Tf, Type, Value};

/// What it is called in messages.
const NOUN: &str = "public IP assignment";

/// A `paperspace_public_ip_assignment` block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignment {
    pub ip: Tf<String>,
    pub machine_id: Tf<String>,
    pub timeouts: Tf<Timeouts>,
}

impl Model for Assignment {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "Points a public IP address to a machine. The address outlives the machine: a replaced machine gets it again, by a \
             change in place. Leave the machine's own `public_ip_type` unset then, and use the address of \
             `paperspace_public_ip`, not `public_ip` of the machine, which is as old as its last read.",
        );
        s.attr("ip", |m| &mut m.ip)
            .required()
            .check(Check::Custom("", |value| match value.as_str() {
                Some(text) if text.parse::<IpAddr>().is_err() => {
                    Err(format!("must be an IP address, but is \"{text}\""))
                }
                _ => Ok(()),
            }))
            .replaces()
            .doc("The address, of the machine's region. A change takes the old one off and assigns the new one.");
        s.attr("machine_id", |m| &mut m.machine_id)
            .required()
            .check(Check::NotEmpty)
            .doc("The id of the machine, changed in place.");
        s.timeouts(
            |m| &mut m.timeouts,
            &[(Timeout::Create, 15), (Timeout::Update, 15), (Timeout::Delete, 15)],
        );
    }
}

/// The resource.
pub struct AssignmentResource;

impl Resource for AssignmentResource {
    type Model = Assignment;
    type Note = Note;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_public_ip_assignment";
    const VERSION: i64 = 1;

    fn identity_schema() -> IdentitySchema {
        IdentitySchema {
            version: 0,
            attributes: vec![IdentityAttribute {
                name: "ip",
                ty: Type::String,
                required_for_import: true,
                description: "The address, such as `203.0.113.7`.",
            }],
        }
    }

    fn identity(state: &Assignment) -> Option<Value> {
        let ip = state.ip.as_deref()?;
        Some(Value::object([("ip", Value::string(ip))]))
    }

    async fn create(context: &Context<Configured>, change: ChangeOf<Self>) -> OutcomeOf<Self> {
        let task = task(&change.planned, "assign", Left::Changed);
        let (client, terms) = begin(context, &change.planned, Timeout::Create);
        match point(context, &client, &terms, &Assignment::default(), &change.planned).await {
            Ok(()) => Outcome::exists(change.planned, noted(context, &client).await),
            Err(halt) => {
                let error = halted(&task, &work(&change.planned, &terms), &halt);
                after(context, None, change.planned, change.note, &error).await
            }
        }
    }

    async fn read(context: &Context<Configured>, known: CurrentOf<Self>) -> OutcomeOf<Self> {
        let Current { state, note } = known;
        let Some(ip) = state.ip.as_deref().map(str::to_owned) else {
            return Outcome::gone();
        };
        let client = context.configured.client.with_cancel(context.cancel.clone());
        match look_up::<PublicIps>(&context.configured, &client, &ip, &note).await {
            Ok(Found::There(seen)) => match observed(&state, &seen) {
                Some(state) => Outcome::exists(state, noted(context, &client).await),
                None => Outcome::gone().with(nowhere(&ip, state.machine_id.as_deref().unwrap_or_default())),
            },
            // The address says what became of it.
            Ok(Found::Gone(_)) => Outcome::gone(),
            Err(error) => Outcome::as_before(error),
        }
    }

    async fn update(context: &Context<Configured>, prior: Assignment, change: ChangeOf<Self>) -> OutcomeOf<Self> {
        if prior.machine_id == change.planned.machine_id {
            return Outcome::exists(change.planned, change.note);
        }
        let task = task(&change.planned, "move", Left::Changed);
        let (client, terms) = begin(context, &change.planned, Timeout::Update);
        match point(context, &client, &terms, &prior, &change.planned).await {
            Ok(()) => Outcome::exists(change.planned, noted(context, &client).await),
            Err(halt) => {
                let error = halted(&task, &work(&change.planned, &terms), &halt);
                after(context, Some(prior), change.planned, change.note, &error).await
            }
        }
    }

    async fn delete(context: &Context<Configured>, known: CurrentOf<Self>) -> OutcomeOf<Self> {
        let Current { state, note } = known;
        let task = task(&state, "take off", Left::Undestroyed);
        let (client, terms) = begin(context, &state, Timeout::Delete);
        let Some(ip) = state.ip.as_deref().map(str::to_owned) else {
            return Outcome::gone();
        };
        let configured = &context.configured;
        match find_singly::<PublicIps>(configured, &client, &ip, &note.owner).await {
            Ok(Found::There(seen)) if observed(&state, &seen).as_ref() == Some(&state) => {}
            // It points elsewhere or nowhere by now, which is not this resource's to change.
            Ok(_) => return Outcome::gone(),
            Err(error) => return Outcome::as_before(error),
        }
        let off = Assignment {
            machine_id: Tf::Null,
            ..state.clone()
        };
        match point(context, &client, &terms, &state, &off).await {
            Ok(()) => Outcome::gone(),
            Err(halt) => Outcome::as_before(halted(&task, &work(&state, &terms), &halt)),
        }
    }

    async fn import(context: &Context<Configured>, target: ImportTarget) -> OutcomeOf<Self> {
        let ip = match &target {
            ImportTarget::Id(id) => id.trim(),
            ImportTarget::Identity(identity) => identity.get("ip").and_then(Value::as_str).unwrap_or_default(),
        };
        if ip.parse::<IpAddr>().is_err() {
            return Outcome::as_before(Diagnostic::error(
                "Invalid Import Id",
                format!(
                    "\"{ip}\" is not an IP address. An assignment is imported by its address, such as `203.0.113.7`."
                ),
            ));
        }
        let client = context.configured.client.with_cancel(context.cancel.clone());
        match find_singly::<PublicIps>(&context.configured, &client, ip, &Owner::default()).await {
            Ok(Found::There(seen)) => match observed(&Assignment::default(), &seen) {
                Some(state) => Outcome::exists(state, noted(context, &client).await),
                None => Outcome::as_before(Diagnostic::error(
                    "Nothing to Import",
                    format!("The address {ip} points to no machine, so there is no assignment to import."),
                )),
            },
            Ok(Found::Gone(_)) => Outcome::as_before(Diagnostic::error(
                "Nothing to Import",
                format!("The API key's team has no address {ip}. Check it, and that the key is of the right team."),
            )),
            Err(error) => Outcome::as_before(error),
        }
    }
}

/// The assignment as the address tells it; `None` where it points to no machine.
fn observed(state: &Assignment, seen: &PublicIp) -> Option<Assignment> {
    let PublicIp {
        ip,
        region: _,
        assigned_machine_id,
        dt_created: _,
    } = seen;
    let machine_id = assigned_machine_id.clone()?;
    Some(Assignment {
        ip: Tf::Known(ip.clone()),
        machine_id: Tf::Known(machine_id),
        ..state.clone()
    })
}

/// The machines that pointing an address from one to another acts on.
fn lanes<'a>(from: &'a Assignment, to: &'a Assignment) -> BTreeSet<&'a str> {
    [from, to]
        .into_iter()
        .filter_map(|end| end.machine_id.as_deref())
        .collect()
}

/// Points the address to the machine of `to`, or to none. Asked for twice it is the same, so it is asked until that is
/// certain.
async fn point(
    context: &Context<Configured>,
    client: &Client,
    terms: &Terms,
    from: &Assignment,
    to: &Assignment,
) -> Result<(), Halt> {
    let _lane = context
        .configured
        .lanes
        .enter(lanes(from, to), &terms.cancel, terms.deadline)
        .await?;
    let ip = to.ip.as_deref().unwrap_or_default();
    let mut tries = Tries::new(terms);
    loop {
        match client.assign_public_ip(ip, to.machine_id.as_deref()).await {
            Ok(_) => return Ok(()),
            Err(error) => tries.after(error, client).await?,
        }
    }
}

/// What there is after a failure. The address tells, where it can be looked at: a request whose answers were lost may have
/// done what it was for.
async fn after(
    context: &Context<Configured>,
    prior: Option<Assignment>,
    planned: Assignment,
    note: Note,
    error: &Diagnostic,
) -> Outcome<Assignment, Note> {
    let ip = planned.ip.as_deref().unwrap_or_default();
    let client = &context.configured.client;
    let seen = match find_singly::<PublicIps>(&context.configured, client, ip, &note.owner).await {
        Ok(Found::There(seen)) => observed(&planned, &seen),
        Ok(Found::Gone(_)) | Err(_) => None,
    };
    match (seen, prior) {
        (Some(seen), _) if seen == planned => Outcome::exists(planned, note),
        (Some(seen), Some(prior)) if seen.machine_id == prior.machine_id => {
            Outcome::exists(prior, note).with(error.clone())
        }
        _ => Outcome::as_before(error.clone()),
    }
}

fn nowhere(ip: &str, machine: &str) -> Diagnostic {
    Diagnostic::warning(
        "Address Points Nowhere",
        format!(
            "The address {ip} no longer points to the machine {machine}, nor to any other. Somebody took it off, or the machine \
             was destroyed. The plan assigns it again as far as the configuration still says so."
        ),
    )
    .about(ip)
}

fn begin(context: &Context<Configured>, model: &Assignment, timeout: Timeout) -> (Client, Terms) {
    let deadline = Instant::now() + Assignment::schema().time_limit(model, timeout);
    let client = context.configured.client.with_cancel(context.cancel.clone());
    let client = client.with_deadline(deadline);
    let terms = Terms::of(&client, deadline);
    (client, terms)
}

fn task(model: &Assignment, doing: &str, left: Left) -> Task {
    Task {
        doing: format!(
            "{doing} the {} {}",
            PublicIps::NOUN,
            model.ip.as_deref().unwrap_or_default()
        ),
        left,
        started: Instant::now(),
    }
}

/// The operation as messages tell it.
fn work(model: &Assignment, terms: &Terms) -> Work {
    Work::new(NOUN, model.ip.as_deref().unwrap_or_default(), terms.clone())
}

async fn noted(context: &Context<Configured>, client: &Client) -> Note {
    Note {
        owner: context.configured.asked.noted(client).await,
        ..Note::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assignment(machine: Option<&str>) -> Assignment {
        Assignment {
            ip: Tf::Known("203.0.113.7".to_owned()),
            machine_id: machine.map(str::to_owned).into(),
            ..Assignment::default()
        }
    }

    #[test]
    fn an_assignment_is_where_its_address_points() {
        let seen = |machine: Option<&str>| PublicIp {
            ip: "203.0.113.7".to_owned(),
            region: None,
            assigned_machine_id: machine.map(str::to_owned),
            dt_created: None,
        };
        let state = assignment(Some("ps1"));
        assert_eq!(observed(&state, &seen(Some("ps1"))), Some(state.clone()));
        assert_eq!(observed(&state, &seen(Some("ps2"))), Some(assignment(Some("ps2"))));
        assert_eq!(observed(&state, &seen(None)), None);
    }

    #[test]
    fn moving_an_address_takes_both_machines_turns() {
        let (one, two, none) = (assignment(Some("ps1")), assignment(Some("ps2")), assignment(None));
        assert_eq!(lanes(&one, &two), ["ps1", "ps2"].into());
        assert_eq!(lanes(&one, &none), ["ps1"].into());
        assert_eq!(lanes(&Assignment::default(), &two), ["ps2"].into());
    }
}
