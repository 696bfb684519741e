//! Making an object, so that none is lost and none is made twice.
//!
//! One POST, never repeated on a guess. Where its answer was lost, the objects of that name are listed until one turns up that
//! was not there before, that nobody has, and that agrees with everything asked for. Where none does, the error says what may
//! exist. A doubt once raised stands beside every later message of the same create.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::choose::{Candidate, Choice, Fit, choose};
use super::facts::{EventFacts, Facts};
use super::patience::delay;
use super::wait::Terms;
use super::words::titled;
use crate::api::{Cancel, Error};
use crate::diag::Diagnostic;
use crate::provider::errors;
use crate::provider::run::{Claims, NotEntered, Place, Turns};

/// How long an object whose answer was lost is looked for at least: listings lag.
const SEARCH: Duration = Duration::from_secs(60);
/// How long the last look may take after the user has interrupted.
const LAST_LOOK: Duration = Duration::from_secs(10);
/// How often the event of an object that was found is looked for, should that fail.
const EVENT_TRIES: u32 = 3;

/// What a kind does to make one of its objects. It keeps the answers themselves.
pub trait Maker: Send + Sync {
    /// The objects that the new one could be taken for: those of its name, or of its region or machine where its kind has no
    /// names. Neither the operation's deadline nor an interruption ends it, only `until`.
    fn list(&self, until: Instant) -> BoxFuture<'_, Result<Vec<Candidate>, Error>>;

    /// An object that was found, asked for singly, where that can be done: it may tell more than a listing.
    fn one<'a>(&'a self, key: &'a str, until: Instant) -> BoxFuture<'a, Result<Option<Candidate>, Error>> {
        let _ = (key, until);
        Box::pin(async { Ok(None) })
    }

    /// Sends the request, once.
    fn post(&self) -> BoxFuture<'_, Result<(Facts, Option<EventFacts>), Error>>;

    /// The event with which an object that was found was made, where its kind has events.
    fn event<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<EventFacts>, Error>>;

    /// Adds to the error for a refusal what helps with this kind.
    fn advise(&self, error: &Error, diagnostic: &mut Diagnostic) {
        let _ = (error, diagnostic);
    }
}

/// What is made, and under which terms.
#[derive(Debug)]
pub struct Making<'a> {
    /// The object as in a sentence, such as `the machine "trainer"`.
    pub what: String,
    /// How to look for it by hand, as the end of a sentence: `in the console, or with the data source ...`.
    pub search: &'a str,
    /// Whose turn it must be.
    pub place: Place,
    /// Refuse while an object of that name exists.
    pub unique: bool,
    /// The operation's terms.
    pub terms: &'a Terms,
    /// The turns of the run.
    pub turns: &'a Turns,
    /// The objects of the run.
    pub claims: &'a Claims,
}

/// An object that was made.
#[derive(Debug)]
pub struct Made {
    /// What was seen of it.
    pub facts: Facts,
    /// The event with which it is made.
    pub event: Option<EventFacts>,
    /// The doubt there was on the way.
    pub doubt: Option<Doubt>,
}

/// Why there is no object that a state could hold.
#[derive(Debug)]
pub struct Unmade {
    /// What the user is told, with what may exist all the same.
    pub told: Diagnostic,
    /// The service's own refusal, where it was asked and certainly made nothing.
    pub refusal: Option<Error>,
}

impl From<Diagnostic> for Unmade {
    fn from(told: Diagnostic) -> Self {
        Self { told, refusal: None }
    }
}

/// That the answer to a POST was lost. It is told with every later message of that create.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    /// The object that was found did not tell everything by which it could be known. Once it does, it must be looked at again:
    /// where it then differs from what was asked for, it is somebody else's.
    pub is_open: bool,
    said: String,
    mistaken: Diagnostic,
}

impl Doubt {
    /// Tells of it at the end of a message.
    pub fn add_to(&self, diagnostic: &mut Diagnostic) {
        diagnostic.detail.push_str("\n\n");
        diagnostic.detail.push_str(&self.said);
    }

    /// The error where the object that was found is not the one.
    pub fn mistaken(self) -> Diagnostic {
        self.mistaken
    }
}

/// Makes the object. On an error no state may be kept, and the error says what may exist all the same.
pub async fn make(making: &Making<'_>, maker: &dyn Maker) -> Result<Made, Unmade> {
    let Terms { deadline, cancel, .. } = making.terms;
    let turn = making.turns.enter(&making.place, cancel, *deadline).await;
    let turn = turn.map_err(|reason| making.not_begun(reason))?;
    let before = tokio::select! {
        biased;
        () = cancel.cancelled() => return Err(making.not_begun(NotEntered::Interrupted).into()),
        before = maker.list(*deadline) => before,
    };
    let before = before.map_err(|error| making.not_listed(&error))?;
    if making.unique {
        making.is_unique(&before)?;
    }
    let before: HashSet<_> = before.into_iter().map(|candidate| candidate.facts.key).collect();
    if cancel.is_cancelled() {
        return Err(making.not_begun(NotEntered::Interrupted).into());
    }
    let error = match maker.post().await {
        Ok((facts, event)) => {
            making.claims.claim(making.place.noun, &facts.key);
            let doubt = None;
            return Ok(Made { facts, event, doubt });
        }
        Err(error) if error.is_ambiguous() => error,
        Err(error) => {
            let mut diagnostic = errors::diagnostic(&format!("create {}", making.what), &error);
            maker.advise(&error, &mut diagnostic);
            return Err(Unmade {
                told: diagnostic,
                refusal: error.is_refusal().then_some(error),
            });
        }
    };
    tracing::warn!(what = making.what, %error, "it is not certain whether it was created, looking for it");
    let end = search(making, maker, &before).await;
    let (found, is_open) = match end {
        End::Found { facts, is_open } if turn.is_exclusive() => (facts, is_open),
        End::Found { facts, .. } => return Err(making.unowned(&error, &facts).into()),
        End::Undecided(several) => return Err(making.undecided(&error, &several).into()),
        End::Nothing => return Err(making.lost(&error, None).into()),
        End::Unseen(failure) => return Err(making.lost(&error, Some(&failure)).into()),
        End::Interrupted(open) => return Err(making.interrupted(&error, &open).into()),
    };
    making.claims.claim(making.place.noun, &found.key);
    tracing::info!(what = making.what, key = found.key, "found what was created");
    Ok(Made {
        event: event(making, maker, &found.key).await,
        doubt: Some(making.doubt(&error, &found, is_open)),
        facts: found,
    })
}

/// How a search ended.
enum End {
    /// This is it, or, while that is open, must be as far as it tells.
    Found {
        facts: Facts,
        is_open: bool,
    },
    /// It is one of these, or may be.
    Undecided(Vec<Facts>),
    Nothing,
    /// The last look failed, so that nothing can be said.
    Unseen(Error),
    /// The user interrupted; perhaps it is one of these.
    Interrupted(Vec<Facts>),
}

/// Looks for the object whose answer was lost.
async fn search(making: &Making<'_>, maker: &dyn Maker, before: &HashSet<String>) -> End {
    let Terms { deadline, cancel, pace } = making.terms;
    let noun = making.place.noun;
    let started = Instant::now();
    let limit = started + SEARCH;
    // To tell several apart that do not yet tell enough is worth all the time there is.
    let last = limit.max(*deadline);
    loop {
        let (looked, is_last) = look(maker, cancel, last).await;
        let is_claimed = |key: &str| making.claims.is_known(noun, key);
        let choice = match looked {
            Ok(candidates) => Ok(match choose(before, &candidates, is_claimed) {
                Choice::Later(open) if !is_last => {
                    choose(before, &closer(maker, candidates, &open, last).await, is_claimed)
                }
                choice => choice,
            }),
            Err(error) => Err(error),
        };
        let patience = match &choice {
            Ok(Choice::Later(open)) if open.len() > 1 => last,
            _ => limit,
        };
        let due = Instant::now() + delay(*pace, started.elapsed());
        let is_over = is_last || Instant::now() >= patience;
        match choice {
            Ok(Choice::This(facts)) => return End::Found { facts, is_open: false },
            Ok(Choice::Several(several)) => return End::Undecided(several),
            Ok(Choice::Later(open)) if is_over => match <[Facts; 1]>::try_from(open) {
                Ok([facts]) => return End::Found { facts, is_open: true },
                Err(open) if is_last => return End::Interrupted(open),
                Err(open) => return End::Undecided(open),
            },
            _ if is_last => return End::Interrupted(Vec::new()),
            Ok(Choice::None) if is_over => return End::Nothing,
            Err(error) if is_over => return End::Unseen(error),
            Ok(Choice::Later(_) | Choice::None) => {}
            Err(error) => tracing::warn!(what = making.what, %error, "could not look for it"),
        }
        tokio::select! {
            biased;
            // Then comes one look more: what was made must not be left behind unseen.
            () = cancel.cancelled() => {}
            () = sleep_until(due.min(patience)) => {}
        }
    }
}

/// A look, and whether it is the last one because the user has interrupted.
async fn look(maker: &dyn Maker, cancel: &Cancel, until: Instant) -> (Result<Vec<Candidate>, Error>, bool) {
    if !cancel.is_cancelled() {
        tokio::select! {
            biased;
            () = cancel.cancelled() => {}
            looked = maker.list(until) => return (looked, false),
        }
    }
    let until = until.min(Instant::now() + LAST_LOOK);
    match timeout_at(until, maker.list(until)).await {
        Ok(looked) => (looked, true),
        Err(_) => (Ok(Vec::new()), true),
    }
}

/// The same candidates, those that do not tell enough looked at singly.
async fn closer(maker: &dyn Maker, mut candidates: Vec<Candidate>, open: &[Facts], until: Instant) -> Vec<Candidate> {
    for candidate in &mut candidates {
        if candidate.fit == Fit::NotTold && open.contains(&candidate.facts) {
            match maker.one(&candidate.facts.key, until).await {
                Ok(Some(seen)) => *candidate = seen,
                Ok(None) => {}
                Err(error) => tracing::debug!(key = candidate.facts.key, %error, "could not look at it singly"),
            }
        }
    }
    candidates
}

/// The event of an object that was found. Should it not come to light, the object alone tells how its making goes on.
async fn event(making: &Making<'_>, maker: &dyn Maker, key: &str) -> Option<EventFacts> {
    let Terms { cancel, pace, .. } = making.terms;
    for number in 1..=EVENT_TRIES {
        let asked = tokio::select! {
            biased;
            () = cancel.cancelled() => return None,
            asked = maker.event(key) => asked,
        };
        match asked {
            Ok(Some(event)) => return Some(event),
            Ok(None) => tracing::debug!(key, number, "its event is not there yet"),
            Err(error) => tracing::warn!(key, number, %error, "could not look for its event"),
        }
        tokio::select! {
            biased;
            () = cancel.cancelled() => return None,
            () = sleep_until(Instant::now() + delay(*pace, Duration::ZERO)) => {}
        }
    }
    None
}

impl Making<'_> {
    fn not_begun(&self, reason: NotEntered) -> Diagnostic {
        match reason {
            NotEntered::Interrupted => Diagnostic::error(
                "Interrupted",
                format!(
                    "The run was interrupted before {} was asked for. Nothing was created.",
                    self.what
                ),
            ),
            NotEntered::TimedOut => Diagnostic::error(
                "Time Is Up",
                format!(
                    "Waited until the time was up to create {}: another of the same name is being created, by this run or by \
                     another one of this user. Nothing was created. Apply again, or raise the resource's `timeouts`.",
                    self.what
                ),
            ),
        }
    }

    fn not_listed(&self, error: &Error) -> Diagnostic {
        let task = format!("create {}: listing what there is failed, so none was made", self.what);
        errors::diagnostic(&task, error)
    }

    /// Refuses a name that is taken, but for what this run itself has destroyed.
    fn is_unique(&self, before: &[Candidate]) -> Result<(), Diagnostic> {
        let noun = self.place.noun;
        let taken = before.iter().map(|candidate| &candidate.facts);
        let taken: Vec<_> = taken
            .filter(|facts| facts.deleted.is_none() && !self.claims.is_destroyed(noun, &facts.key))
            .collect();
        if taken.is_empty() {
            return Ok(());
        }
        Err(Diagnostic::error(
            "Name Is Taken",
            format!(
                "Did not create {}, since the provider block says `unique_names = true` and there is one of that name:\n{}\n\n\
                 If an earlier run made it and was killed before it could say so, import it with `terraform import` and its \
                 id, or delete it. Two resources cannot share a name with `unique_names`, and with `create_before_destroy` a \
                 replacement needs a new name.",
                self.what,
                listed(taken)
            ),
        ))
    }

    fn doubt(&self, error: &Error, found: &Facts, is_open: bool) -> Doubt {
        let Self { what, search, .. } = self;
        let key = &found.key;
        let extent = if is_open {
            "as far as it tells so far"
        } else {
            "in everything it tells"
        };
        let said = format!(
            "The answer to the request that creates {what} was lost ({error}). It was found as {key}, the only one that was not \
             there before and agrees with the configuration {extent}. If it is not the one, another may exist and cost money: \
             look {search}."
        );
        let mistaken = self.possibly_created(format!(
            "{}\n\nSince then there is {key}, which agreed with the configuration until it told more: it is somebody else's, \
             and was left as it is. The one that was asked for may exist all the same and cost money without being in the \
             state. {}",
            self.asked(error),
            self.advice()
        ));
        Doubt {
            is_open,
            said,
            mistaken,
        }
    }

    /// How the request failed.
    fn asked(&self, error: &Error) -> String {
        let told = errors::told(error);
        format!("The answer to the request that creates {} was lost:\n{told}", self.what)
    }

    /// What to do about one that may exist.
    fn advice(&self) -> String {
        let Self { search, place, .. } = self;
        format!(
            "Look {search}. If it is there, import it with `terraform import`, the resource's address and its {}, or delete \
             it; otherwise apply again. An apply before that may make a second one.",
            key_word(place.noun)
        )
    }

    fn lost(&self, error: &Error, failure: Option<&Error>) -> Diagnostic {
        let looked = match failure {
            None => format!(
                "It was looked for for {} seconds and did not turn up.",
                SEARCH.as_secs()
            ),
            Some(failure) => format!("Looking for it failed as well:\n{}", errors::told(failure)),
        };
        self.possibly_created(format!(
            "{}\n\n{looked} It may exist all the same, or come to exist, and cost money without being in the state. {}",
            self.asked(error),
            self.advice()
        ))
    }

    fn interrupted(&self, error: &Error, open: &[Facts]) -> Diagnostic {
        let open = match open {
            [] => String::new(),
            open => format!(" It may be this:\n{}\n", listed(open)),
        };
        self.possibly_created(format!(
            "{}\n\nThe run was interrupted before it was certain whether it exists.{open} It may exist and cost money without \
             being in the state. {}",
            self.asked(error),
            self.advice()
        ))
    }

    fn unowned(&self, error: &Error, found: &Facts) -> Diagnostic {
        self.possibly_created(format!(
            "{}\n\nSince then there is one that agrees with the configuration:\n{}\n\nIt is not certain that it is this one, \
             since no lock file could be had, by which the runs of one user take turns (a folder in the user's cache \
             directory, or the team's id, was not accessible). {}",
            self.asked(error),
            listed([found]),
            self.advice()
        ))
    }

    fn undecided(&self, error: &Error, several: &[Facts]) -> Diagnostic {
        let title = titled(self.place.noun);
        Diagnostic::error(
            format!("Cannot Tell Which {title} Was Created"),
            format!(
                "{}\n\nSince then these came into being, and it is not certain whether it is one of them, or which:\n{}\n\n{} \
                 Other runs that create the same at the same time are the usual cause: give names of their own.",
                self.asked(error),
                listed(several),
                self.advice()
            ),
        )
    }

    fn possibly_created(&self, detail: String) -> Diagnostic {
        Diagnostic::error(format!("{} Possibly Created", titled(self.place.noun)), detail)
    }
}

/// What a kind is imported by.
fn key_word(noun: &str) -> &'static str {
    if noun == "public IP" { "address" } else { "id" }
}

fn listed<'a>(objects: impl IntoIterator<Item = &'a Facts>) -> String {
    let line = |facts: &Facts| {
        let created = facts
            .created
            .map_or("at an unknown time".to_owned(), |created| created.to_string());
        format!("  {} ({}, created {created})", facts.key, facts.word)
    };
    objects.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
