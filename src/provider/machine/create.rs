//! Creating a machine, so that none is lost and none is made twice, and bringing it to what was planned.

use jiff::Timestamp;
use tokio::time::Instant;

use super::kind::READY;
use super::make::{MachineMaker, body};
use super::model::Machine;
use super::note::Note;
use super::observed::observe;
use super::operation::Operation;
use super::settings::{after_create, differences, told, wanted};
use super::shutdown::{Stop, enforce};
use super::{deadline, place};
use crate::api;
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::kit::{EventFacts, Goal, Halt, Left, Making, Task, Terms, halted, make, unwatched};
use crate::provider::{Configured, errors, kit, region};
use crate::schema::{Model, Timeout};
use crate::server::{Change, Context, Outcome};
use crate::value::Tf;

pub(super) async fn create(context: &Context<Configured>, change: Change<Machine, Note>) -> Outcome<Machine, Note> {
    let Change { planned, config, .. } = change;
    let configured = &context.configured;
    let started = Instant::now();
    let deadline = deadline(&planned, Timeout::Create);
    let client = configured
        .client
        .with_cancel(context.cancel.clone())
        .with_deadline(deadline);
    let body = match body(&planned, &config) {
        Ok(body) => body,
        Err(error) => return Outcome::as_before(error),
    };
    let name = planned.name.as_deref().unwrap_or_default();
    let what = format!("the machine \"{name}\"");
    let owner = configured.asked.noted(&client).await;
    let maker = MachineMaker::new(&configured.boards, client.clone(), body);
    let making = Making {
        what: what.clone(),
        search: "in the console, or with the data source `paperspace_machines` and its argument `name`",
        place: place(&owner, &client, name),
        unique: configured.unique_names,
        terms: &Terms::of(&client, deadline),
        turns: &configured.turns,
        claims: &configured.claims,
    };
    let made = match make(&making, &maker).await {
        Ok(made) => made,
        Err(error) => return Outcome::as_before(error),
    };
    let Some(machine) = maker.seen(&made.facts.key) else {
        unreachable!("what was made was seen");
    };
    let asked_for_address = config.public_ip_type.as_deref() == Some("static");
    let note = Note {
        kit: kit::Note {
            owner,
            made: Some(Timestamp::now().as_second()),
            ..kit::Note::default()
        },
        asked_for_address,
        ..Note::default()
    };
    // The machine exists from here on: whatever happens, it is in the state that is returned.
    context.record(&unprotected(&planned, &machine), &note);
    tracing::info!(id = machine.id, name, "machine created, waiting for it");

    let task = Task {
        doing: format!("create {what}"),
        left: Left::Tainted,
        started,
    };
    let mut operation = Operation::on_new(configured, client, machine.clone(), deadline);
    let end = ready(&mut operation, &planned, made.event).await;
    let seen = operation.last().unwrap_or_else(|| machine.clone());
    if let Some(doubt) = made
        .doubt
        .clone()
        .filter(|doubt| doubt.is_open && maker.is_another(&seen))
    {
        return Outcome::as_before(doubt.mistaken());
    }
    let mut problem = match end {
        Ok(()) => complete(&mut operation, &planned, &task).await.err(),
        // No error beside the state where nothing is known to be wrong: such a machine is kept, not replaced.
        Err(halt) => {
            let unwatched = unwatched(&operation.work, &halt);
            Some(unwatched.unwrap_or_else(|| halted(&task, &operation.work, &halt)))
        }
    };
    if let (Some(doubt), Some(problem)) = (&made.doubt, &mut problem) {
        doubt.add_to(problem);
    }
    let seen = operation.last().unwrap_or(machine);
    let state = match problem.as_ref().is_some_and(Diagnostic::is_error) {
        true => unprotected(&planned, &seen),
        false => as_seen(&planned, &seen),
    };
    let diagnostics: Diagnostics = problem.into_iter().collect();
    Outcome::exists(state, note.after(&seen)).with(diagnostics)
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
async fn ready(operation: &mut Operation, planned: &Machine, event: Option<EventFacts>) -> Result<(), Halt> {
    // Without a wish about power the service starts a new machine. With one, it is enough that the machine is at rest:
    // what the service did not do is done afterwards.
    let starts_by_itself = planned.power_state.is_null() && planned.start_on_create.copied() != Some(false);
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
}

/// Why something was not done, in a sentence.
pub(super) fn why(halt: &Halt) -> String {
    use crate::provider::kit::Why;
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
}
