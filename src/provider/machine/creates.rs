//! Which machines are this run's own: the memory that keeps one lost answer from making two machines.
//!
//! A create whose answer was lost is resolved by looking for the machine. For that it must be known which of the machines
//! found belong to other resources of the same run.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use super::looks;
use crate::api::{Client, Error};
use crate::provider::kit::Boards;

/// The creates of one configured provider.
#[derive(Default)]
pub(in crate::provider) struct Creates {
    /// The names of the machines that there were, by id, where all were listed.
    existing: OnceLock<HashMap<String, String>>,
    tracked: Mutex<HashSet<String>>,
    claimed: Mutex<HashSet<String>>,
    by_name: Mutex<HashMap<String, Arc<AsyncMutex<()>>>>,
}

impl Creates {
    /// The ids of the machines of a name that were there when this run first planned to create one. One listing answers for
    /// all that are planned, if they are many; otherwise each is asked for by name.
    pub(super) async fn existing(&self, boards: &Boards, client: &Client, name: &str) -> Result<Vec<String>, Error> {
        if self.existing.get().is_none()
            && let Some(machines) = looks::all(boards, client).await
        {
            let names = machines
                .iter()
                .filter_map(|machine| Some((machine.id.clone(), machine.name.clone()?)));
            // Another may have been as quick; its listing is as good.
            let _ = self.existing.set(names.collect());
        }
        match self.existing.get() {
            Some(existing) => {
                let same = existing.iter().filter(|(_, other)| *other == name);
                Ok(same.map(|(id, _)| id.clone()).collect())
            }
            None => {
                let same = looks::same_name(client, name).await?;
                Ok(same.iter().map(|machine| machine.id.clone()).collect())
            }
        }
    }

    /// Remembers that a machine is in the state.
    pub(super) fn tracks(&self, id: &str) {
        self.tracked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.to_owned());
    }

    /// Whether a resource of this run has the machine, or the state was seen to.
    pub(super) fn is_tracked(&self, id: &str) -> bool {
        self.is_claimed(id) || self.tracked.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    /// Lets one create at a time be under way for a name, so that a look for a lost machine never meets one whose answer
    /// is still to come.
    pub(super) async fn turn(&self, name: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(by_name.entry(name.to_owned()).or_default())
        };
        lock.lock_owned().await
    }

    /// Takes a machine for one resource. `false`: another has it.
    pub(super) fn claim(&self, id: &str) -> bool {
        self.claimed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.to_owned())
    }

    /// Whether a resource of this run has the machine.
    pub(super) fn is_claimed(&self, id: &str) -> bool {
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }
}
