//! Destroying a machine, until it is certain that it is gone.

use tokio::time::Instant;

use super::deadline;
use super::model::Machine;
use super::note::Note;
use super::operation::{Goal, Halt, Operation};
use super::outcome::Task;
use super::plan::protected;
use crate::provider::Configured;
use crate::schema::Timeout;
use crate::server::{Context, Outcome};

pub(super) async fn delete(context: &Context<Configured>, state: Machine) -> Outcome<Machine, Note> {
    if state.deletion_protection.copied() == Some(true) {
        return Outcome::as_before(protected(&state, "destroyed"));
    }
    let Some(id) = state.id.as_deref().map(str::to_owned) else {
        // A state without an id stands for nothing that could be destroyed.
        return Outcome::gone();
    };
    context.configured.creates.tracks(&id);
    let deadline = deadline(&state, Timeout::Delete);
    let client = context
        .configured
        .client
        .with_cancel(context.cancel.clone())
        .with_deadline(deadline);
    let operation = Operation::new(client, id, deadline);
    let task = Task {
        doing: format!(
            "destroy the machine \"{}\"",
            state.name.as_deref().unwrap_or(&operation.id)
        ),
        resume: "The machine is still in the state. The next plan looks whether it is gone, and a further destroy carries on.",
        started: Instant::now(),
    };
    match until_gone(&operation).await {
        Ok(()) => {
            tracing::info!(id = operation.id, "machine destroyed");
            Outcome::gone()
        }
        Err(halt) => Outcome::as_before(task.halted(&operation, &halt)),
    }
}

async fn until_gone(operation: &Operation) -> Result<(), Halt> {
    let mut tries = operation.tries();
    loop {
        let event = match operation.client().delete_machine(&operation.id).await {
            Ok(answer) => answer.event,
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => {
                // It is on its way somewhere, perhaps to its end: wait for that and look again.
                let waited = match error.is_ambiguous() {
                    true => tries.again(error).await,
                    false if error.is_refusal() => tries.refused(error).await,
                    false => return Err(error.into()),
                };
                let still = match waited {
                    Ok(()) => operation.reach(Goal::Still, None).await.map(drop),
                    Err(halt) => Err(halt),
                };
                match still {
                    Err(Halt::Gone) => return Ok(()),
                    still => still?,
                }
                continue;
            }
        };
        return operation.reach_end(event).await;
    }
}
