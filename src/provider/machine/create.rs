//! Creating a machine, so that none is lost and none is made twice, and bringing it to what was planned.
//!
//! Where several machines would do, a want of capacity leads to the next attempt: only where it is certain that the one before
//! made none, or that what it made is gone again with its address.

use jiff::Timestamp;
use tokio::time::Instant;

use super::choice::Choice;
use super::delete::{End, destroy};
use super::kind::{Machines, READY};
use super::make::{MachineMaker, body};
use super::model::Machine;
use super::note::Note;
use super::observed::observe;
use super::operation::Operation;
use super::settings::{after_create, differences, told, wanted};
use super::shutdown::{Stop, enforce};
use super::wishes::Pair;
use super::{address, deadline, place};
use crate::api::{self, Client, Error, Kind};
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::kit::{
    EventFacts, Goal, Halt, Kind as _, Left, Making, Owner, Task, Terms, Unmade, Why, halted, make, unwatched,
};
use crate::provider::{Configured, errors, kit, region};
use crate::schema::{Model, Timeout};
use crate::server::{Change, Context, Outcome};
use crate::value::Tf;

pub(super) async fn create(context: &Context<Configured>, change: Change<Machine, Note>) -> Outcome<Machine, Note> {
    let Change { planned, config, .. } = change;
    let configured = &context.configured;
    let deadline = deadline(&planned, Timeout::Create);
    let client = configured
        .client
        .with_cancel(context.cancel.clone())
        .with_deadline(deadline);
    let what = format!("the machine \"{}\"", planned.name.as_deref().unwrap_or_default());
    let run = Run {
        context,
        config: &config,
        task: Task {
            doing: format!("create {what}"),
            left: Left::Tainted,
            started: Instant::now(),
        },
        owner: configured.asked.noted(&client).await,
        client,
        deadline,
    };
    let mut choice = Choice::of(configured, &run.client, &planned, &config).await;
    let Some(mut pair) = choice.next().await else {
        return Outcome::as_before(choice.none_left(&what));
    };
    let mut said_before = Diagnostics::new();
    let mut outcome = loop {
        let wanted = choice.fill(&planned, &pair);
        let Ended { mut outcome, want } = run.attempt(&wanted, &pair, &choice, &what).await;
        let Some(Want { reason, remains }) = want else {
            break outcome;
        };
        choice.tried.note(pair, reason);
        let (next, remains) = match (choice.next().await, remains) {
            (Some(next), remains) => (next, remains),
            (None, None) => return Outcome::as_before(choice.none_left(&what)).with(said_before),
            (None, Some(_)) => break outcome,
        };
        if let Some(remains) = remains {
            match run.remove(remains, &wanted, &what).await {
                Ok(said) => said_before.extend(said),
                Err(kept) => {
                    outcome = *kept;
                    break outcome;
                }
            }
        }
        pair = next;
    };
    let mut diagnostics = said_before;
    diagnostics.extend(outcome.diagnostics);
    outcome.diagnostics = diagnostics
        .into_iter()
        .map(|mut diagnostic| {
            choice.tried.add_to(&mut diagnostic);
            diagnostic
        })
        .collect();
    outcome
}

/// A create under way, which may take several attempts.
struct Run<'a> {
    context: &'a Context<Configured>,
    config: &'a Machine,
    task: Task,
    client: Client,
    owner: Owner,
    deadline: Instant,
}

/// What came of an attempt.
struct Ended {
    /// What there is, if this was the last one.
    outcome: Outcome<Machine, Note>,
    /// The want of capacity, where that is why it failed, and it is certain what it left behind.
    want: Option<Want>,
}

struct Want {
    /// In a few words.
    reason: String,
    /// The machine that could not be made to run.
    remains: Option<Remains>,
}

struct Remains {
    machine: api::Machine,
    note: Note,
}

impl From<Outcome<Machine, Note>> for Ended {
    fn from(outcome: Outcome<Machine, Note>) -> Self {
        Self { outcome, want: None }
    }
}

impl Run<'_> {
    /// Asks for one machine, and brings it to what is planned.
    async fn attempt(&self, planned: &Machine, pair: &Pair, choice: &Choice, what: &str) -> Ended {
        let configured = &self.context.configured;
        let body = match body(planned, self.config) {
            Ok(body) => body,
            Err(error) => return Outcome::as_before(error).into(),
        };
        let name = planned.name.as_deref().unwrap_or_default();
        let maker = MachineMaker::new(&configured.boards, self.client.clone(), body);
        let making = Making {
            what: what.to_owned(),
            search: "in the console, or with the data source `paperspace_machines` and its argument `name`",
            place: place(&self.owner, &self.client, name),
            unique: configured.unique_names,
            terms: &Terms::of(&self.client, self.deadline),
            turns: &configured.turns,
            claims: &configured.claims,
        };
        let made = match make(&making, &maker).await {
            Ok(made) => made,
            Err(Unmade { told, refusal }) => {
                let want = match refusal.filter(is_of_capacity) {
                    Some(refusal) if choice.is_short(pair, Some(&refusal.message)).await => Some(Want {
                        reason: format!("refused: {}", refusal.message.as_str()),
                        remains: None,
                    }),
                    _ => None,
                };
                let outcome = Outcome::as_before(told);
                return Ended { outcome, want };
            }
        };
        let Some(machine) = maker.seen(&made.facts.key) else {
            unreachable!("what was made was seen");
        };
        let note = Note {
            kit: kit::Note {
                owner: self.owner.clone(),
                made: Some(Timestamp::now().as_second()),
                ..kit::Note::default()
            },
            asked_for_address: self.config.public_ip_type.as_deref() == Some("static"),
            ..Note::default()
        };
        // The machine exists from here on: whatever happens, it is in the state that is returned.
        self.context.record(&unprotected(planned, &machine), &note);
        tracing::info!(id = machine.id, name, "machine created, waiting for it");

        let mut operation = Operation::on_new(configured, self.client.clone(), machine.clone(), self.deadline);
        // Another one is asked for only where this one is certainly its own, and comes to nothing for want of capacity.
        let can_move_on = choice.has_more() && made.doubt.is_none();
        let mut end = ready(&mut operation, planned, made.event, can_move_on).await;
        let seen = operation.last().unwrap_or_else(|| machine.clone());
        if let Some(doubt) = made
            .doubt
            .clone()
            .filter(|doubt| doubt.is_open && maker.is_another(&seen))
        {
            return Outcome::as_before(doubt.mistaken()).into();
        }
        let mut want = None;
        if let (true, Err(Halt::Failed(reason))) = (made.doubt.is_none(), &end) {
            if choice.is_short(pair, said(reason)).await {
                want = Some(why(&Halt::Failed(reason.clone())));
            } else if matches!(reason, Why::Stays(_)) && planned.power_state.as_deref() == Some("on") {
                // At rest it can be turned on.
                end = Ok(());
            }
        }
        let mut problem = match end {
            Ok(()) => complete(&mut operation, planned, &self.task).await.err(),
            // No error beside the state where nothing is known to be wrong: such a machine is kept, not replaced.
            Err(halt) => {
                let unwatched = unwatched(&operation.work, &halt);
                Some(unwatched.unwrap_or_else(|| halted(&self.task, &operation.work, &halt)))
            }
        };
        if let (Some(doubt), Some(problem)) = (&made.doubt, &mut problem) {
            doubt.add_to(problem);
        }
        let seen = operation.last().unwrap_or(machine);
        let state = match problem.as_ref().is_some_and(Diagnostic::is_error) {
            true => unprotected(planned, &seen),
            false => as_seen(planned, &seen),
        };
        let note = note.after(&seen);
        let diagnostics: Diagnostics = problem.into_iter().collect();
        Ended {
            outcome: Outcome::exists(state, note.clone()).with(diagnostics),
            want: want.map(|reason| Want {
                reason,
                remains: Some(Remains { machine: seen, note }),
            }),
        }
    }

    /// Removes what an attempt left behind, and the address that came with it; with what is said of that. Where it is not
    /// certain that it is gone, it is what there is.
    async fn remove(
        &self,
        remains: Remains,
        planned: &Machine,
        what: &str,
    ) -> Result<Diagnostics, Box<Outcome<Machine, Note>>> {
        let Remains { machine, mut note } = remains;
        let configured = &self.context.configured;
        let task = Task {
            doing: format!(
                "remove {what} of the type {} again, for which there is no capacity, to try the next one",
                planned.machine_type.as_deref().unwrap_or_default()
            ),
            left: Left::Tainted,
            started: Instant::now(),
        };
        tracing::info!(id = machine.id, "removing the machine that there is no capacity for");
        let mut operation = Operation::new(configured, self.client.clone(), &machine.id, self.deadline);
        let mut said = Diagnostics::new();
        let removed = async {
            if note.asked_for_address && note.address.is_none() {
                note.address = address::of(&operation).await?;
            }
            destroy(configured, &mut operation, &note, &mut said).await
        };
        let error = match removed.await {
            Ok(()) => {
                configured.claims.destroyed(Machines::NOUN, &machine.id);
                return Ok(said);
            }
            Err(End::Halted(halt)) => halted(&task, &operation.work, &halt),
            Err(End::Unsure(error)) => error,
        };
        let seen = operation.last().unwrap_or(machine);
        said.push(error);
        Err(Box::new(Outcome::exists(unprotected(planned, &seen), note).with(said)))
    }
}

/// Whether a refusal can be one for want of capacity. What names something that there is not, or who may not ask, cannot.
fn is_of_capacity(refusal: &Error) -> bool {
    matches!(refusal.kind, Kind::Refused | Kind::Forbidden | Kind::Conflict)
}

/// What the service gives as the reason.
fn said(reason: &Why) -> Option<&str> {
    match reason {
        Why::Event(event) => event.error.as_deref(),
        Why::Stays(_) => None,
    }
}

/// The planned state with what the machine tells.
fn as_seen(planned: &Machine, seen: &api::Machine) -> Machine {
    let mut state = planned.clone();
    observe(&mut state, seen);
    Machine::schema().without_unknowns(&state)
}

/// The state of a create that did not succeed, which Terraform marks as tainted. Protection begins with the first apply that
/// succeeds: what is tainted is to be replaced, and a protected machine could not be.
fn unprotected(planned: &Machine, seen: &api::Machine) -> Machine {
    Machine {
        deletion_protection: Tf::Known(false),
        ..as_seen(planned, seen)
    }
}

/// Waits until the machine is made.
async fn ready(
    operation: &mut Operation,
    planned: &Machine,
    event: Option<EventFacts>,
    can_move_on: bool,
) -> Result<(), Halt> {
    // Without a wish about power the service starts a new machine. With one, it is enough that the machine is at rest:
    // what the service did not do is done afterwards, unless that it did not is a reason to try another one.
    let starts_by_itself = match planned.power_state.as_deref() {
        None => planned.start_on_create.copied() != Some(false),
        Some(power) => power == "on" && can_move_on,
    };
    let goal = if starts_by_itself { READY } else { Goal::REST };
    operation.reach(goal, event.into_iter().collect()).await.map(drop)
}

/// Sets what a create does not take or did not take over. The machine is made by then, and an error beside it would have it
/// replaced, so whatever goes wrong here is a warning, and the next plan shows what is left to do: but for a machine that no
/// longer turns itself off and costs money.
async fn complete(operation: &mut Operation, planned: &Machine, task: &Task) -> Result<(), Diagnostic> {
    let steps = async {
        let wanted = wanted(planned);
        let seen = match operation.last() {
            Some(seen) => seen,
            None => operation.look().await?,
        };
        let missing = after_create(&told(&seen), wanted.clone());
        if !missing.is_empty() {
            operation.change(&missing, Goal::REST).await?;
            enforce(operation, &wanted).await?;
        }
        let seen = match planned.power_state.as_deref() {
            Some("on") => operation.power_on().await,
            Some("off") => operation.power_off().await,
            _ if missing.is_empty() => Ok(seen),
            _ => operation.look().await,
        }?;
        let mut differing = differences(&wanted, &told(&seen));
        let same_region = |seen: &str, planned: &str| region::slug(seen) == region::slug(planned);
        if let (Some(seen), Some(planned)) = (&seen.region, planned.region.as_deref())
            && !same_region(seen, planned)
        {
            differing.push("region".to_owned());
        }
        Ok(differing)
    };
    match steps.await {
        Ok(differing) if differing.is_empty() => Ok(()),
        Ok(differing) => Err(not_taken_over(operation.id(), &differing)),
        Err(Stop {
            halt,
            first: Some(first),
        }) if first.is_grave() => Err(first.before(halted(task, &operation.work, &halt))),
        Err(Stop { halt, first }) => {
            let warning = unwatched(&operation.work, &halt).unwrap_or_else(|| incomplete(operation, &halt));
            Err(first.map_or(warning.clone(), |first| first.before(warning)))
        }
    }
}

fn incomplete(operation: &Operation, halt: &Halt) -> Diagnostic {
    Diagnostic::warning(
        "Settings Not Taken Over",
        format!(
            "The machine was created, but what a create does not set could not be set afterwards:\n{}\n\n{} The next plan \
             shows what is left to do.",
            why(halt),
            operation.work.known()
        ),
    )
    .about(operation.id())
}

/// Why something was not done, in a sentence.
pub(super) fn why(halt: &Halt) -> String {
    match halt {
        Halt::Api(error) | Halt::Blind(error) | Halt::TimedOut(Some(error)) => errors::told(error),
        Halt::Failed(Why::Event(event)) => match &event.error {
            Some(reason) => format!("Paperspace gave it up: {reason}"),
            None => "Paperspace gave it up without a reason.".to_owned(),
        },
        Halt::Failed(Why::Stays(word)) => format!("The machine stays \"{word}\"."),
        Halt::Gone => "The machine is gone.".to_owned(),
        Halt::Interrupted => "The run was interrupted.".to_owned(),
        Halt::TimedOut(None) => "The time for the operation was up.".to_owned(),
    }
}

fn not_taken_over(id: &str, arguments: &[String]) -> Diagnostic {
    let names: Vec<_> = arguments.iter().map(|name| format!("`{name}`")).collect();
    Diagnostic::warning(
        "Settings Not Taken Over",
        format!(
            "The machine {id} was created, but Paperspace reports other values than the configured ones for {}, also after \
             they were set once more. The next plan shows the difference.",
            names.join(", ")
        ),
    )
    .about(id)
}
