//! What is set about a machine elsewhere than on the machine: its startup script, and who may use it besides its owner.
//!
//! The service does not tell either together with the machine, so how far the steps have come is kept while they go on.

use std::collections::BTreeSet;

use super::model::Machine;
use super::operation::Operation;
use super::read;
use crate::api::Error;
use crate::provider::kit::Halt;
use crate::value::Tf;

/// How often a request is made whose effect stays in doubt.
const TRIES: u32 = 6;

/// The startup script and the accessors, as far as they have come.
pub(super) struct Relations {
    startup_script_id: Tf<String>,
    accessor_ids: Tf<BTreeSet<String>>,
}

impl Relations {
    pub(super) fn of(state: &Machine) -> Self {
        Self {
            startup_script_id: state.startup_script_id.clone(),
            accessor_ids: state.accessor_ids.clone(),
        }
    }

    pub(super) fn write(&self, state: &mut Machine) {
        state.startup_script_id = self.startup_script_id.clone();
        state.accessor_ids = self.accessor_ids.clone();
    }
}

/// Brings both to what is planned.
pub(super) async fn relate(operation: &Operation, planned: &Machine, relations: &mut Relations) -> Result<(), Halt> {
    startup_script(operation, planned, relations).await?;
    accessors(operation, planned, relations).await
}

/// Assigns and unassigns the startup script. Both can be repeated, so an answer in doubt is settled by asking again.
async fn startup_script(operation: &Operation, planned: &Machine, relations: &mut Relations) -> Result<(), Halt> {
    if relations.startup_script_id == planned.startup_script_id {
        return Ok(());
    }
    let client = operation.client();
    let id = operation.id();
    if let Some(old) = relations.startup_script_id.as_deref().map(str::to_owned) {
        // A script that is gone runs nowhere.
        settle(operation, || async {
            not_found_is_fine(client.unassign_startup_script(&old, id).await)
        })
        .await?;
        relations.startup_script_id = Tf::Null;
    }
    if let Some(new) = planned.startup_script_id.as_deref() {
        settle(operation, || async {
            client.assign_startup_script(new, id).await.map(drop)
        })
        .await?;
        relations.startup_script_id = Tf::Known(new.to_owned());
    }
    Ok(())
}

/// Adds and removes accessors, as far as the machine does not already have or lack them.
async fn accessors(operation: &Operation, planned: &Machine, relations: &mut Relations) -> Result<(), Halt> {
    if relations.accessor_ids == planned.accessor_ids {
        return Ok(());
    }
    // Who says nothing of accessors leaves them alone, whatever the state tells, as after an import: an empty set revokes all.
    let Some(want) = planned.accessor_ids.known() else {
        relations.accessor_ids = planned.accessor_ids.clone();
        return Ok(());
    };
    let client = operation.client();
    let id = operation.id();
    let mut have = relations.accessor_ids.known().cloned().unwrap_or_default();
    for user in have.clone().difference(want) {
        settle(operation, || async {
            not_found_is_fine(client.remove_accessor(id, user).await)
        })
        .await?;
        have.remove(user);
        relations.accessor_ids = Tf::Known(have.clone());
    }
    let present = read::accessor_ids(client, id).await?;
    for user in want.difference(&have.clone()) {
        if !present.contains(user) {
            settle(operation, || async {
                match client.add_accessor(id, user).await {
                    // Asked a second time, after an answer that was lost, the service may say that the user is there already.
                    Err(error) if error.is_refusal() && read::accessor_ids(client, id).await?.contains(user) => Ok(()),
                    answer => answer.map(drop),
                }
            })
            .await?;
        }
        have.insert(user.clone());
        relations.accessor_ids = Tf::Known(have.clone());
    }
    relations.accessor_ids = planned.accessor_ids.clone();
    Ok(())
}

/// Repeats a request that may be repeated until its effect is certain.
async fn settle<F>(operation: &Operation, request: impl Fn() -> F) -> Result<(), Halt>
where
    F: Future<Output = Result<(), Error>>,
{
    let mut left = TRIES;
    loop {
        match request().await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_ambiguous() && left > 1 => {
                left -= 1;
                operation.pause().await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn not_found_is_fine<T>(answer: Result<T, Error>) -> Result<(), Error> {
    match answer {
        Err(error) if error.is_not_found() => Ok(()),
        answer => answer.map(drop),
    }
}
