//! Destroying an object, until it is certain that it is gone.

use std::sync::Arc;

use std::time::Duration;

use tokio::time::Instant;

use super::super::find::{Found, find_singly};
use super::super::kind::{Holder, Managed};
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

/// How long a refusal is waited out for what may still hold the object, after the last that was seen leaving it.
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
                if is_held::<K>(refusal) {
                    let client = configured.client.with_cancel(context.cancel.clone());
                    error.detail.push_str(&held_by(&K::holders(&client, &state).await));
                }
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
    let mut held_since = Instant::now();
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
            Err(error) if is_held::<K>(&error) => {
                if is_long(held_since.elapsed()) {
                    if !K::holders(client, state).await.iter().any(|holder| holder.is_leaving) {
                        return Err(Halt::from(error).into());
                    }
                    held_since = Instant::now();
                }
                tries.pause(error, client).await?;
            }
            Err(error) => tries.after(error, client).await?,
        }
    }
}

/// Whether an end may be refused for something that holds the object.
fn is_held<K: Managed>(error: &Error) -> bool {
    K::HELD && error.is_refusal() && !error.is_forbidden() && !error.is_unauthorized()
}

/// Whether it has been refused for so long that it counts only whether something is still seen leaving.
fn is_long(refused_for: Duration) -> bool {
    refused_for >= HELD_FOR
}

/// What still holds an object, as the end of a message.
fn held_by(holders: &[Holder]) -> String {
    let holders: Vec<_> = holders.iter().map(|holder| holder.what.as_str()).collect();
    match holders.as_slice() {
        [] => String::new(),
        holders => format!("\n\nIt is still held by: {}.", holders.join(", ")),
    }
}

/// A `deletion_protection` field's own word.
pub(super) fn is_on(protection: &Tf<bool>) -> bool {
    protection.copied() == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_waited_out_for_two_minutes() {
        for (seconds, expected) in [(0, false), (119, false), (120, true), (600, true)] {
            assert_eq!(is_long(Duration::from_secs(seconds)), expected, "{seconds}");
        }
    }

    #[test]
    fn all_that_holds_an_object_is_named() {
        let holder = |what: &str| Holder {
            what: what.to_owned(),
            is_leaving: false,
        };
        assert_eq!(held_by(&[]), "");
        let two = held_by(&[holder("machine ps1"), holder("shared drive sd1")]);
        assert_eq!(two, "\n\nIt is still held by: machine ps1, shared drive sd1.");
    }
}
