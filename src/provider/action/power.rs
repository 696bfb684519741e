//! `paperspace_machine_start`, `paperspace_machine_stop` and `paperspace_machine_restart`: the power of machines.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use jiff::{SignedDuration, Timestamp};

use super::journal::Journal;
use super::report::{Failure, report};
use super::{Invocation, timeout_argument, wait_argument};
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::Configured;
use crate::provider::kit::{EventFacts, Facts, Goal, Halt, Kind as _, Rest};
use crate::provider::machine::{Machines, OFF, Operation, READY};
use crate::schema::{Check, Model, Schema};
use crate::server::{Action, Context, Progress};
use crate::value::{Tf, Value};

/// How long an action on the power takes at most, unless the configuration says otherwise.
const MINUTES: u64 = 30;
/// An event that was there before a restart was asked for is at least so much older, as far as clocks can be trusted.
const CLOCKS: SignedDuration = SignedDuration::from_secs(60);

/// What an action does to the power of machines.
pub trait Switching: Default + Clone + Send + Sync + 'static {
    /// The action type's name.
    const TYPE_NAME: &'static str;
    /// What it is for.
    const ABOUT: &'static str;
    /// What is done.
    const SWITCH: Switch;
}

/// What is done to the power of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Turned on.
    Start,
    /// Turned off.
    Stop,
    /// Turned off and on again.
    Restart,
}

/// `paperspace_machine_start`.
#[derive(Clone, Default)]
pub struct Start;

/// `paperspace_machine_stop`.
#[derive(Clone, Default)]
pub struct Stop;

/// `paperspace_machine_restart`.
#[derive(Clone, Default)]
pub struct Restart;

impl Switching for Start {
    const TYPE_NAME: &'static str = "paperspace_machine_start";
    const ABOUT: &'static str = "Turns machines on, and waits until they are ready. A machine that is on is left as it is. Where \
                                 the configuration of a machine says `power_state = \"off\"`, the next apply turns it off again.";
    const SWITCH: Switch = Switch::Start;
}

impl Switching for Stop {
    const TYPE_NAME: &'static str = "paperspace_machine_stop";
    const ABOUT: &'static str = "Turns machines off, and waits until they are. A machine that is off is left as it is. Where the \
                                 configuration of a machine says `power_state = \"on\"`, the next apply turns it on again.";
    const SWITCH: Switch = Switch::Stop;
}

impl Switching for Restart {
    const TYPE_NAME: &'static str = "paperspace_machine_restart";
    const ABOUT: &'static str = "Restarts machines that are on, such as one that hangs, and waits until they are ready again. A \
                                 machine that is off is an error, and stays off.";
    const SWITCH: Switch = Switch::Restart;
}

impl Switch {
    fn verb(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }

    fn goal(self) -> Goal {
        match self {
            Self::Start | Self::Restart => READY,
            Self::Stop => OFF,
        }
    }

    /// The state of a machine to which the same is being done already.
    fn under_way(self) -> &'static str {
        match self {
            Self::Start => "starting",
            Self::Stop => "stopping",
            Self::Restart => "restarting",
        }
    }
}

/// What to do next with a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// It is asked for.
    Ask,
    /// It is being done already: nothing needs to be asked for.
    UnderWay,
    /// The machine is as it is wanted.
    There,
    /// Something else is being done to it, which comes first.
    Rest,
    /// It cannot be done to a machine that is off.
    IsOff,
}

fn step(switch: Switch, seen: &Facts, has_rested: bool) -> Step {
    match (switch, seen.rest) {
        (_, Rest::Moving) if seen.word == switch.under_way() => Step::UnderWay,
        (_, Rest::Moving | Rest::Unknown) if !has_rested => Step::Rest,
        // What nobody knows is the service's to judge.
        (_, Rest::Moving | Rest::Unknown) => Step::Ask,
        (Switch::Start, Rest::At("ready")) | (Switch::Stop, Rest::At("off")) => Step::There,
        (Switch::Start, Rest::Near(_)) => Step::UnderWay,
        (Switch::Restart, Rest::At("off")) => Step::IsOff,
        // A machine that hangs on its way up is on.
        (_, Rest::At(_) | Rest::Near(_)) => Step::Ask,
    }
}

/// Whether a restart is the one that was asked for at that time and not an earlier one.
fn is_of(asked: Timestamp, event: &EventFacts) -> bool {
    let earliest = asked.checked_sub(CLOCKS).unwrap_or(Timestamp::MIN);
    event.created.is_some_and(|created| created >= earliest)
}

/// The block of such an action.
#[derive(Clone, Default)]
pub struct PowerConfig<S> {
    machine_id: Tf<String>,
    machine_ids: Tf<BTreeSet<String>>,
    wait: Tf<bool>,
    timeout: Tf<String>,
    switching: PhantomData<fn() -> S>,
}

impl<S: Switching> Model for PowerConfig<S> {
    fn declare(s: &mut Schema<Self>) {
        s.describe(S::ABOUT);
        s.attr("machine_id", |m| &mut m.machine_id)
            .check(Check::NotEmpty)
            .conflicts_with("machine_ids")
            .doc("The id of the machine. This or `machine_ids` must be set.");
        s.attr("machine_ids", |m| &mut m.machine_ids)
            .check(Check::Custom("", |value| match value {
                Value::Set(ids) if ids.iter().any(|id| id.as_str().is_some_and(|id| id.trim().is_empty())) => {
                    Err("must not hold an empty id".to_owned())
                }
                _ => Ok(()),
            }))
            .doc("The ids of several machines, which it is done to side by side. Of an empty set there is nothing to do.");
        let until = match S::SWITCH {
            Switch::Start => "the machine is ready",
            Switch::Stop => "the machine is off",
            Switch::Restart => "the machine is ready again",
        };
        wait_argument(s.attr("wait", |m| &mut m.wait), until);
        timeout_argument(s.attr("timeout", |m| &mut m.timeout), MINUTES);
    }
}

/// The action.
pub struct Power<S>(PhantomData<fn() -> S>);

impl<S: Switching> Action for Power<S> {
    type Model = PowerConfig<S>;
    type Configured = Configured;

    const TYPE_NAME: &'static str = S::TYPE_NAME;

    fn validate_config(config: &PowerConfig<S>) -> Diagnostics {
        let names_none = config.machine_id.is_null() && config.machine_ids.is_null();
        let missing = names_none.then(|| {
            Diagnostic::error(
                "Missing Machine",
                "The action has nothing to act on: set `machine_id`, or `machine_ids` for several machines.",
            )
            .at("machine_id")
        });
        missing.into_iter().collect()
    }

    async fn invoke(context: &Context<Configured>, config: PowerConfig<S>, progress: &Progress<'_>) -> Diagnostics {
        let ids: Vec<_> = match config.machine_id.into_known() {
            Some(id) => vec![id],
            None => config.machine_ids.into_known().into_iter().flatten().collect(),
        };
        let switch = S::SWITCH;
        let journal = Journal::new(switch.goal().words, ids.iter().map(String::as_str));
        let invocation = Invocation::new(context, &config.timeout, MINUTES, journal);
        let waits = config.wait.copied() != Some(false);
        let work = ids.iter().map(|id| async {
            let end = one(&invocation, switch, id, waits).await;
            invocation.lines.ends(id);
            end.err()
        });
        let failures: Vec<Failure> = invocation.tell(progress, work).await.into_iter().flatten().collect();
        if failures.is_empty() {
            return Diagnostics::new();
        }
        report(failures, &invocation.states(&ids).await)
    }
}

/// Does it to one machine.
async fn one(invocation: &Invocation, switch: Switch, id: &str, waits: bool) -> Result<(), Failure> {
    let doing = || format!("{} the machine {id}", switch.verb());
    let (_lane, mut operation) = match invocation.enter(id).await {
        Ok(entered) => entered,
        Err(halt) => return Err(invocation.failure(doing(), &invocation.operation(id).work, &halt)),
    };
    match turn(invocation, switch, &mut operation, waits).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(is_off(id)),
        Err(halt) => Err(invocation.failure(doing(), &operation.work, &halt)),
    }
}

/// Turns the machine to where it is wanted; `false` where it would have to be on for that.
async fn turn(invocation: &Invocation, switch: Switch, operation: &mut Operation, waits: bool) -> Result<bool, Halt> {
    let mut has_rested = false;
    let mut seen = operation.first_look().await?;
    let events = loop {
        match step(switch, &seen.facts, has_rested) {
            Step::Ask => break ask(switch, operation).await?,
            Step::UnderWay => break Vec::new(),
            Step::IsOff if !seen.is_shared => return Ok(false),
            Step::There if !seen.is_shared => return Ok(true),
            // Nothing is left undone because of what others saw a while ago.
            Step::There | Step::IsOff => seen = Machines::facts(&operation.look().await?).into(),
            Step::Rest => {
                seen = Machines::facts(&operation.rest().await?).into();
                has_rested = true;
            }
        }
    };
    if waits {
        operation.reach(switch.goal(), events).await?;
    } else {
        invocation
            .lines
            .says(format!("machine {} was asked to {}", operation.id(), switch.verb()));
    }
    Ok(true)
}

async fn ask(switch: Switch, operation: &mut Operation) -> Result<Vec<EventFacts>, Halt> {
    match switch {
        Switch::Start => operation.ask_start().await,
        Switch::Stop => operation.ask_stop().await,
        Switch::Restart => {
            let asked = Timestamp::now();
            operation.ask_restart(|event| is_of(asked, event)).await
        }
    }
}

fn is_off(id: &str) -> Failure {
    Failure {
        id: id.to_owned(),
        told: Diagnostic::error(
            "Machine Is Off",
            format!(
                "The machine {id} is off, so there is nothing to restart, and nothing was done to it. Use \
                 `paperspace_machine_start` to turn it on."
            ),
        ),
        is_its_own: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::EventState;

    fn facts(rest: Rest, word: &str) -> Facts {
        Facts {
            key: "ps1".to_owned(),
            name: None,
            created: None,
            deleted: None,
            rest,
            word: word.to_owned(),
        }
    }

    #[test]
    fn what_is_done_to_a_machine_follows_from_its_state() {
        use Step::{Ask, IsOff, There, UnderWay};
        let off = facts(Rest::At("off"), "off");
        let ready = facts(Rest::At("ready"), "ready");
        let hanging = facts(Rest::Near("ready"), "serviceready");
        let moving = |word| facts(Rest::Moving, word);
        for (seen, start, stop, restart) in [
            (&off, Ask, There, IsOff),
            (&ready, There, Ask, Ask),
            (&hanging, UnderWay, Ask, Ask),
            (&moving("starting"), UnderWay, Step::Rest, Step::Rest),
            (&moving("stopping"), Step::Rest, UnderWay, Step::Rest),
            (&moving("restarting"), Step::Rest, Step::Rest, UnderWay),
            (&moving("upgrading"), Step::Rest, Step::Rest, Step::Rest),
            (&facts(Rest::Unknown, "pondering"), Step::Rest, Step::Rest, Step::Rest),
        ] {
            let steps = [Switch::Start, Switch::Stop, Switch::Restart].map(|switch| step(switch, seen, false));
            assert_eq!(steps, [start, stop, restart], "{}", seen.word);
        }
        for switch in [Switch::Start, Switch::Stop, Switch::Restart] {
            let odd = facts(Rest::Unknown, "pondering");
            assert_eq!(step(switch, &odd, true), Ask, "what stays unknown is asked for");
        }
    }

    #[test]
    fn an_earlier_restart_is_not_taken_for_the_one_that_was_asked_for() {
        let asked: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap_or_default();
        let event = |created: Option<&str>| EventFacts {
            id: "e1".to_owned(),
            name: None,
            state: EventState::New,
            error: None,
            created: created.and_then(|created| created.parse().ok()),
            finished: false,
        };
        for (created, expected) in [
            (Some("2026-01-01T12:00:01Z"), true),
            (Some("2026-01-01T11:59:00Z"), true),
            (Some("2026-01-01T11:58:59Z"), false),
            (None, false),
        ] {
            assert_eq!(is_of(asked, &event(created)), expected, "{created:?}");
        }
    }
}
