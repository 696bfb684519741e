//! Reading a machine, so that only one that is gone for certain leaves the state.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::looks;
use super::model::Machine;
use super::note::Note;
use super::observed::observe;
use crate::api::{self, Client, Error, MachineState};
use crate::diag::Diagnostic;
use crate::provider::{Configured, errors};
use crate::server::{Context, Current, Outcome};
use crate::value::Tf;

/// A machine made less than this ago may not be found yet, although it is there.
const YOUNG: SignedDuration = SignedDuration::from_mins(10);
/// How often a young machine is looked for again before it is believed to be gone.
const LOOKS: usize = 4;

pub(super) async fn read(context: &Context<Configured>, known: Current<Machine, Note>) -> Outcome<Machine, Note> {
    look(context, known).await.unwrap_or_else(Outcome::as_before)
}

async fn look(
    context: &Context<Configured>,
    known: Current<Machine, Note>,
) -> Result<Outcome<Machine, Note>, Diagnostic> {
    let Current { mut state, note } = known;
    let Some(id) = state.id.as_deref().map(str::to_owned) else {
        return Ok(Outcome::gone());
    };
    context.configured.creates.tracks(&id);
    let client = context.configured.client.with_cancel(context.cancel.clone());
    let failed = |error: Error| errors::diagnostic(&format!("read the machine {id}"), &error);
    let boards = &context.configured.boards;
    let mut seen = looks::machine(boards, &client, &id).await;
    if seen.as_ref().is_err_and(Error::is_not_found) && is_young(&state, Timestamp::now()) {
        seen = look_again(&client, &id).await.map(Arc::new);
    }
    let seen = match seen {
        Ok(seen) if !seen.is_deleted() => seen,
        Ok(_) => return Ok(gone(&id, "it was deleted")),
        Err(error) if error.is_not_found() => return Ok(gone(&id, "Paperspace does not know it")),
        Err(error) => return Err(failed(error)),
    };
    observe(&mut state, &seen);
    if let Some(script) = state.startup_script_id.as_deref()
        && !looks::runs_script(boards, &client, script, &id).await.map_err(failed)?
    {
        state.startup_script_id = Tf::Null;
    }
    if state.accessor_ids.is_known() {
        state.accessor_ids = Tf::Known(accessor_ids(&client, &id).await.map_err(failed)?);
    }
    // A machine that came on by itself is owed nothing, whatever it does later.
    let left_off = note.left_off && seen.state != Some(MachineState::Ready);
    let note = Note {
        left_off,
        ..Note::default()
    };
    Ok(Outcome::exists(state, note))
}

/// Whether the machine was made just now, as by a create that failed and is tried again.
fn is_young(state: &Machine, now: Timestamp) -> bool {
    let created = state
        .created_at
        .as_deref()
        .and_then(|date| date.parse::<Timestamp>().ok());
    created.is_some_and(|created| now.duration_since(created) < YOUNG)
}

/// Looks for a machine that was not found, a few times at a growing distance.
async fn look_again(client: &Client, id: &str) -> Result<api::Machine, Error> {
    let mut delays = client.pace().delays();
    for _ in 1..LOOKS {
        tracing::info!(id, "a machine that was made just now is not found, looking again");
        tokio::select! {
            biased;
            () = client.cancel().cancelled() => break,
            () = tokio::time::sleep(delays.next().unwrap_or(client.pace().max)) => {}
        }
        match client.machine(id).await {
            Err(error) if error.is_not_found() => {}
            seen => return seen,
        }
    }
    client.machine(id).await
}

fn gone(id: &str, why: &str) -> Outcome<Machine, Note> {
    tracing::warn!(id, why, "the machine is gone, removing it from the state");
    Outcome::gone()
}

/// The users with access to the machine besides its owner.
pub(super) async fn accessor_ids(client: &Client, machine_id: &str) -> Result<BTreeSet<String>, Error> {
    let accessors = client.accessors(machine_id).await?;
    Ok(accessors.into_iter().map(|accessor| accessor.user.id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_young_for_ten_minutes() {
        let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let is_young_if_made = |date: &str| {
            let state = Machine {
                created_at: Tf::Known(date.to_owned()),
                ..Machine::default()
            };
            is_young(&state, now)
        };
        assert!(is_young_if_made("2026-01-01T11:59:59.999Z"));
        assert!(is_young_if_made("2026-01-01T11:50:01.000Z"));
        assert!(!is_young_if_made("2026-01-01T11:50:00.000Z"));
        assert!(!is_young_if_made("2024-04-30T15:51:24.565Z"));
        // The service's clock may be ahead.
        assert!(is_young_if_made("2026-01-01T12:01:00.000Z"));
        assert!(!is_young_if_made("yesterday"));
        assert!(!is_young(&Machine::default(), now));
    }
}
