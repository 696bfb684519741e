//! Reading a machine, so that only one that is gone for certain leaves the state.

use std::collections::BTreeSet;

use super::kind::Machines;
use super::looks;
use super::model::Machine;
use super::note::Note;
use super::observed::observe;
use crate::api::{Client, Error};
use crate::diag::Diagnostic;
use crate::provider::kit::{Found, Kind as _, gone, look_up};
use crate::provider::{Configured, errors};
use crate::server::{Context, Current, Outcome};
use crate::value::Tf;

pub(super) async fn read(context: &Context<Configured>, known: Current<Machine, Note>) -> Outcome<Machine, Note> {
    look(context, known).await.unwrap_or_else(Outcome::as_before)
}

async fn look(
    context: &Context<Configured>,
    known: Current<Machine, Note>,
) -> Result<Outcome<Machine, Note>, Diagnostic> {
    let Current { mut state, mut note } = known;
    let Some(id) = state.id.as_deref().map(str::to_owned) else {
        return Ok(Outcome::gone());
    };
    let configured = &context.configured;
    configured.claims.track(Machines::NOUN, &id);
    let client = configured.client.with_cancel(context.cancel.clone());
    let failed = |error: Error| errors::diagnostic(&format!("read the machine {id}"), &error);
    let seen = match look_up::<Machines>(configured, &client, &id, &note.kit).await? {
        Found::There(seen) => seen,
        Found::Gone(at) => {
            tracing::warn!(id, "the machine is gone, removing it from the state");
            return Ok(Outcome::gone().with(gone(Machines::NOUN, state.name.as_deref(), &id, at)));
        }
    };
    observe(&mut state, &seen);
    let boards = &configured.boards;
    if let Some(script) = state.startup_script_id.as_deref()
        && !looks::runs_script(boards, &client, script, &id).await.map_err(failed)?
    {
        state.startup_script_id = Tf::Null;
    }
    if state.accessor_ids.is_known() {
        state.accessor_ids = Tf::Known(accessor_ids(&client, &id).await.map_err(failed)?);
    }
    note.kit.owner = configured.asked.noted(&client).await;
    Ok(Outcome::exists(state, note.after(&seen)))
}

/// The users with access to the machine besides its owner.
pub(super) async fn accessor_ids(client: &Client, machine_id: &str) -> Result<BTreeSet<String>, Error> {
    let accessors = client.accessors(machine_id).await?;
    Ok(accessors.into_iter().map(|accessor| accessor.user.id).collect())
}
