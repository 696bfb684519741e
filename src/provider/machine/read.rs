//! Reading a machine, so that only one that is gone for certain leaves the state.

use std::collections::BTreeSet;

use super::model::Machine;
use super::observed::observe;
use crate::api::{Client, Error};
use crate::diag::Diagnostics;
use crate::provider::{Configured, errors};
use crate::server::Context;
use crate::value::Tf;

pub(super) async fn read(context: &Context<Configured>, mut state: Machine) -> Result<Option<Machine>, Diagnostics> {
    let Some(id) = state.id.as_deref().map(str::to_owned) else {
        return Ok(None);
    };
    context.configured.creates.tracks(&id);
    let client = context.configured.client.with_cancel(context.cancel.clone());
    let failed = |error: Error| errors::diagnostic(&format!("read the machine {id}"), &error);
    let reader = &context.configured.reader;
    let seen = match reader.machine(&client, &id).await {
        Ok(seen) if !seen.is_deleted() => seen,
        Ok(_) => return Ok(gone(&id, "it was deleted")),
        Err(error) if error.is_not_found() => return Ok(gone(&id, "Paperspace does not know it")),
        Err(error) => return Err(failed(error).into()),
    };
    observe(&mut state, &seen);
    if let Some(script) = state.startup_script_id.as_deref()
        && !reader.runs_script(&client, script, &id).await.map_err(failed)?
    {
        state.startup_script_id = Tf::Null;
    }
    if state.accessor_ids.is_known() {
        state.accessor_ids = Tf::Known(accessor_ids(&client, &id).await.map_err(failed)?);
    }
    Ok(Some(state))
}

fn gone(id: &str, why: &str) -> Option<Machine> {
    tracing::warn!(id, why, "the machine is gone, removing it from the state");
    None
}

/// The users with access to the machine besides its owner.
pub(super) async fn accessor_ids(client: &Client, machine_id: &str) -> Result<BTreeSet<String>, Error> {
    let accessors = client.accessors(machine_id).await?;
    Ok(accessors.into_iter().map(|accessor| accessor.user.id).collect())
}
