//! Importing a machine by its id or its identity.

use jiff::Timestamp;

use super::kind::Machines;
use super::looks;
use super::model::Machine;
use super::note::Note;
use super::observed::observe;
use super::read::accessor_ids;
use crate::api::Error;
use crate::diag::Diagnostic;
use crate::provider::kit::{Found, Kind as _, Owner, find_singly};
use crate::provider::{Configured, errors};
use crate::server::{Context, Current, ImportTarget, Outcome};
use crate::value::Tf;

pub(super) async fn import(context: &Context<Configured>, target: ImportTarget) -> Outcome<Machine, Note> {
    match find(context, target).await {
        Ok(found) => Outcome::exists(found.state, found.note),
        Err(error) => Outcome::as_before(error),
    }
}

async fn find(context: &Context<Configured>, target: ImportTarget) -> Result<Current<Machine, Note>, Diagnostic> {
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
        ));
    }
    let configured = &context.configured;
    let client = configured.client.with_cancel(context.cancel.clone());
    let failed = |error: Error| errors::diagnostic(&format!("import the machine {id}"), &error);
    let seen = match find_singly::<Machines>(configured, &client, &id, &Owner::default()).await? {
        Found::There(seen) => seen,
        Found::Gone(at) => return Err(nothing_to_import(&id, at)),
    };
    configured.claims.track(Machines::NOUN, &id);
    let mut state = Machine::default();
    observe(&mut state, &seen);
    let script = looks::script_of(&configured.boards, &client, &id).await;
    state.startup_script_id = script.map_err(failed)?.into();
    let accessors = accessor_ids(&client, &id).await.map_err(failed)?;
    if !accessors.is_empty() {
        state.accessor_ids = Tf::Known(accessors);
    }
    let mut note = Note::default();
    note.kit.owner = configured.asked.noted(&client).await;
    Ok(Current { state, note })
}

fn nothing_to_import(id: &str, at: Option<Timestamp>) -> Diagnostic {
    match at {
        Some(at) => Diagnostic::error(
            "Machine Is Deleted",
            format!("The machine {id} was deleted at {at}, so it cannot be imported."),
        ),
        None => Diagnostic::error(
            "Not Found",
            format!(
                "There is no machine {id} in the team that the API key belongs to, so none was imported. Check the id, and that \
                 the key is of the right team."
            ),
        ),
    }
}
