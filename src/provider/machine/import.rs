//! Importing a machine by its id or its identity.

use super::looks;
use super::model::Machine;
use super::note::Note;
use super::observed::observe;
use super::read::accessor_ids;
use crate::api::Error;
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::{Configured, errors};
use crate::server::{Context, ImportTarget, Outcome};
use crate::value::Tf;

pub(super) async fn import(context: &Context<Configured>, target: ImportTarget) -> Outcome<Machine, Note> {
    match find(context, target).await {
        Ok(machine) => Outcome::exists(machine, Note::default()),
        Err(errors) => Outcome::as_before(errors),
    }
}

async fn find(context: &Context<Configured>, target: ImportTarget) -> Result<Machine, Diagnostics> {
    let id = match target {
        ImportTarget::Id(id) => id.trim().to_owned(),
        ImportTarget::Identity(identity) => identity
            .get("id")
            .and_then(|id| id.as_str())
            .unwrap_or_default()
            .trim()
            .to_owned(),
    };
    // Ids are short and alphanumeric; anything else is a mistake, and must not become part of an address.
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Diagnostic::error(
            "Invalid Machine Id",
            format!(
                "\"{id}\" is not the id of a machine. An id looks like `ps8fe3mg1`; the console shows it on the machine's page, \
                 and the data source `paperspace_machines` lists the ids of all machines."
            ),
        )
        .into());
    }
    let client = context.configured.client.with_cancel(context.cancel.clone());
    let failed = |error: Error| Diagnostics::from(errors::diagnostic(&format!("import the machine {id}"), &error));
    let seen = client.machine(&id).await.map_err(failed)?;
    if seen.is_deleted() {
        return Err(Diagnostic::error(
            "Machine Is Deleted",
            format!("The machine {id} was deleted, so it cannot be imported."),
        )
        .into());
    }
    let mut state = Machine::default();
    observe(&mut state, &seen);
    let script = looks::script_of(&context.configured.boards, &client, &id).await;
    state.startup_script_id = script.map_err(failed)?.into();
    let accessors = accessor_ids(&client, &id).await.map_err(failed)?;
    if !accessors.is_empty() {
        state.accessor_ids = Tf::Known(accessors);
    }
    Ok(state)
}
