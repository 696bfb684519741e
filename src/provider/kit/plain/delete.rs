//! Destroying an object, until it is certain that it is gone.

use std::sync::Arc;

use std::time::Duration;

use tokio::time::Instant;

use super::super::find::{Found, find_singly};
use super::super::kind::Managed;
use super::super::look::Looks;
use super::super::note::Note;
use super::super::retry::Tries;
use super::super::wait::{Halt, Looker, Work, until_gone};
use super::super::words::{Left, Task, halted};
use super::{Terms, begin, enter, events, named};
use crate::api::{Client, Error};
use crate::diag::Diagnostic;
use crate::provider::Configured;
use crate::schema::Timeout;
use crate::server::{Context, Current, Outcome};
use crate::value::Tf;

/// How long a refusal is waited out of something that nothing of this run still holds.
const HELD_FOR: Duration = Duration::from_secs(120);

pub(super) async fn delete<K: Managed>(
    context: &Context<Configured>,
    known: Current<K::Model, Note>,
) -> Outcome<K::Model, Note> {
    let Current { mut state, note } = known;
    if super::plan::is_protected::<K>(&mut state) {
        return Outcome::as_before(super::plan::protected::<K>(&state, "destroyed"));
    }
    let Some(key) = K::key(&state).as_deref().map(str::to_owned) else {
        // A state without a key stands for nothing that could be destroyed.
        return Outcome::gone();
    };
    let configured = &context.configured;
    configured.claims.track(K::NOUN, &key);
    let (client, terms) = begin::<K>(context, &state, Timeout::Delete);
    let task = Task {
        doing: format!("destroy {}", named::<K>(&state)),
        left: Left::Undestroyed,
        started: Instant::now(),
    };
    let _lane = match enter::<K>(configured, &[&state], &terms, &task.doing).await {
        Ok(lane) => lane,
        Err(error) => return Outcome::as_before(error),
    };
    let mut work = Work::new(K::NOUN, key.as_str(), terms.clone());
    match end::<K>(configured, &client, &mut work, &state, &note, &terms).await {
        Ok(()) => {
            configured.claims.destroyed(K::NOUN, &key);
            tracing::info!(noun = K::NOUN, key, "destroyed");
            Outcome::gone()
        }
        Err(End::Halted(halt)) => {
            let mut error = halted(&task, &work, &halt);
            if let Halt::Api(refusal) | Halt::TimedOut(Some(refusal)) = &halt {
                K::advise(refusal, &mut error);
            }
            Outcome::as_before(error)
        }
        Err(End::Unsure(error)) => Outcome::as_before(error),
    }
}

/// Why an object is not known to be gone.
enum End {
    Halted(Halt),
    /// The service says that it is gone, and is not to be believed.
    Unsure(Diagnostic),
}

impl From<Halt> for End {
    fn from(halt: Halt) -> Self {
        Self::Halted(halt)
    }
}

async fn end<K: Managed>(
    configured: &Arc<Configured>,
    client: &Client,
    work: &mut Work,
    state: &K::Model,
    note: &Note,
    terms: &Terms,
) -> Result<(), End> {
    let mut tries = Tries::new(terms);
    loop {
        let asked = match K::release(client, state).await {
            Ok(()) => K::delete(client, &work.key).await,
            Err(error) => Err(error),
        };
        match asked {
            Ok(event) => {
                let looks = Looks::<K>::at(configured, client, &work.key);
                // Where there is no event the answer is the end, unless a look says otherwise.
                if event.is_none() && !matches!(looks.own().await, Ok(Some(_)) | Err(_)) {
                    return Ok(());
                }
                return Ok(until_gone(work, &looks, events(event)).await?);
            }
            Err(error) if error.is_not_found() => {
                return match find_singly::<K>(configured, client, &work.key, &note.owner).await {
                    Ok(Found::Gone(_)) => Ok(()),
                    Ok(Found::There(_)) => {
                        tries.pause(error, client).await?;
                        continue;
                    }
                    Err(error) => Err(End::Unsure(error)),
                };
            }
            Err(error) if waits_for_holder::<K>(&error, tries.elapsed(), terms) => tries.pause(error, client).await?,
            Err(error) => tries.after(error, client).await?,
        }
    }
}

/// Whether a refusal may be for something that still holds the object and is on its way out.
fn waits_for_holder<K: Managed>(error: &Error, waited: Duration, terms: &Terms) -> bool {
    K::HELD && error.is_refusal() && !error.is_forbidden() && waited < HELD_FOR && Instant::now() < terms.deadline
}

/// A `deletion_protection` field's own word.
pub(super) fn is_on(protection: &Tf<bool>) -> bool {
    protection.copied() == Some(true)
}
