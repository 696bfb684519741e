//! Destroying a machine, until it is certain that it is gone.

use tokio::time::Instant;

use super::kind::Machines;
use super::model::Machine;
use super::note::Note;
use super::operation::Operation;
use super::plan::protected;
use super::{address, deadline};
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::Configured;
use crate::provider::kit::{Found, Halt, Kind as _, Left, Task, Terms, find_singly, halted};
use crate::schema::Timeout;
use crate::server::{Context, Current, Outcome};

pub(super) async fn delete(context: &Context<Configured>, known: Current<Machine, Note>) -> Outcome<Machine, Note> {
    let Current { state, note } = known;
    if state.deletion_protection.copied() == Some(true) {
        return Outcome::as_before(protected(&state, "destroyed"));
    }
    let Some(id) = state.id.as_deref() else {
        // A state without an id stands for nothing that could be destroyed.
        return Outcome::gone();
    };
    let configured = &context.configured;
    configured.claims.track(Machines::NOUN, id);
    let deadline = deadline(&state, Timeout::Delete);
    let client = configured
        .client
        .with_cancel(context.cancel.clone())
        .with_deadline(deadline);
    let mut operation = Operation::new(configured, client, id, deadline);
    let task = Task {
        doing: format!("destroy the machine \"{}\"", state.name.as_deref().unwrap_or(id)),
        left: Left::Undestroyed,
        started: Instant::now(),
    };
    let mut diagnostics = Diagnostics::new();
    match destroy(configured, &mut operation, &note, &mut diagnostics).await {
        Ok(()) => {
            tracing::info!(id, "machine destroyed");
            configured.claims.destroyed(Machines::NOUN, id);
            Outcome::gone().with(diagnostics)
        }
        Err(End::Halted(halt)) => {
            diagnostics.push(halted(&task, &operation.work, &halt));
            Outcome::as_before(diagnostics)
        }
        Err(End::Unsure(error)) => {
            diagnostics.push(error);
            Outcome::as_before(diagnostics)
        }
    }
}

/// Why a machine is not known to be gone.
pub(super) enum End {
    Halted(Halt),
    /// The service says that it is gone, and is not to be believed.
    Unsure(Diagnostic),
}

impl<T: Into<Halt>> From<T> for End {
    fn from(halt: T) -> Self {
        Self::Halted(halt.into())
    }
}

/// Destroys a machine until it is certain that it is gone, and before that the address that was noted of it.
pub(super) async fn destroy(
    configured: &Configured,
    operation: &mut Operation,
    note: &Note,
    diagnostics: &mut Diagnostics,
) -> Result<(), End> {
    let Terms { cancel, deadline, .. } = operation.work.terms.clone();
    let _lane = configured.lanes.enter([operation.id()], &cancel, deadline).await?;
    if let Some(address) = note.address.as_deref() {
        diagnostics.extend(address::release(operation, address).await?);
    }
    while !operation.destroy().await? {
        let (client, id) = (operation.client(), operation.id());
        match find_singly::<Machines>(configured, client, id, &note.kit.owner).await {
            Ok(Found::Gone(_)) => break,
            Ok(Found::There(_)) => operation.pause().await?,
            Err(error) => return Err(End::Unsure(error)),
        }
    }
    Ok(())
}
