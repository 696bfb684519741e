//! The driver of a wait: looks where the judge wants it to, until the judge has decided, the time is up or the user
//! interrupts.
//!
//! Where looks come from is the [`Looker`]'s business, and what they mean the judge's. Every request that it makes only
//! reads, for one that is under way is dropped when the wait ends. A failure to look never decides anything by itself: it is
//! waited out, for good or for a while.

use std::error::Error as _;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{info, warn};

use super::facts::{EventFacts, Facts};
use super::judge::{Goal, Need, News, Past, Verdict, Why, judge};
use super::patience::{Patience, delay};
use crate::api::{Cancel, Client, Error, Kind, Pace};
use crate::provider::run::NotEntered;

/// The target of this module's log lines.
const TARGET: &str = "paperspace.wait";

/// The terms of an operation.
#[derive(Clone, Debug)]
pub struct Terms {
    /// When to give up.
    pub deadline: Instant,
    /// Ends everything at once.
    pub cancel: Cancel,
    /// How often to look.
    pub pace: Pace,
}

impl Terms {
    /// The terms that a client carries, given up no later than its own deadline.
    pub fn of(client: &Client, deadline: Instant) -> Self {
        Self {
            deadline: client.deadline().map_or(deadline, |earlier| earlier.min(deadline)),
            cancel: client.cancel().clone(),
            pace: client.pace(),
        }
    }
}

/// A look at the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// Asked for singly; `None`: the service itself says that there is no such object.
    Own(Option<Facts>),
    /// Seen in a look that others share; `None`: it was not in it.
    Shared(Option<Facts>),
}

/// When a look is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// When one who looks alone does.
    pub next: Instant,
    /// When there is just enough time left for it.
    pub last: Instant,
}

/// Where the looks of one wait come from. It is made after the write whose effect is waited for was answered, and what it
/// hands out was asked for later than that.
///
/// It keeps the answers themselves, since what it hands out are facts only.
pub trait Looker: Send + Sync {
    /// Asks for the object singly. `None` where the service itself says that there is none; anything else that is no object
    /// is an error.
    fn own(&self) -> BoxFuture<'_, Result<Option<Facts>, Error>>;

    /// A look at the object that comes when it is due, or, where it is shared, when that suits all, but in time.
    fn next(&self, due: Due) -> BoxFuture<'_, Result<Look, Error>> {
        Box::pin(async move {
            sleep_until(due.next).await;
            self.own().await.map(Look::Own)
        })
    }

    /// An event; `None` where the service itself says that there is none.
    fn event<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<EventFacts>, Error>>;

    /// The object's events, as far as they are not older than the wait; none where its kind has none.
    fn events(&self) -> BoxFuture<'_, Result<Vec<EventFacts>, Error>>;
}

/// An operation on one object: what it may take, and what was last seen.
#[derive(Clone, Debug)]
pub struct Work {
    /// What kind of object it is, such as `machine`.
    pub noun: &'static str,
    /// The object.
    pub key: String,
    /// The operation's terms.
    pub terms: Terms,
    /// It was just made, and may not be found for a while.
    pub is_new: bool,
    /// A write may lead to more events than its answer names, and those that came with it count too.
    pub has_siblings: bool,
    /// The object as it was last seen.
    pub seen: Option<Facts>,
    /// The event that was last waited for, or that an operation failed with.
    pub event: Option<EventFacts>,
}

impl Work {
    /// An operation on an existing object.
    pub fn new(noun: &'static str, key: impl Into<String>, terms: Terms) -> Self {
        Self {
            noun,
            key: key.into(),
            terms,
            is_new: false,
            has_siblings: false,
            seen: None,
            event: None,
        }
    }

    /// An operation on an object that was just made.
    pub fn on_new(noun: &'static str, made: Facts, terms: Terms) -> Self {
        Self {
            is_new: true,
            seen: Some(made.clone()),
            ..Self::new(noun, made.key, terms)
        }
    }
}

/// Why an operation did not come to its end.
#[derive(Clone, Debug)]
pub enum Halt {
    /// The user interrupted.
    Interrupted,
    /// The operation's time was up; perhaps because looking had become impossible.
    TimedOut(Option<Error>),
    /// It will not come to what was asked for.
    Failed(Why),
    /// The object is gone.
    Gone,
    /// Looking was lastingly impossible. What became of the operation is not known, and it may well go on.
    Blind(Error),
    /// A request that changes something failed.
    Api(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        if error.is_cancelled() {
            Self::Interrupted
        } else if error.is_deadline_exceeded() {
            Self::TimedOut(error.source().is_some().then_some(error))
        } else {
            Self::Api(error)
        }
    }
}

impl From<NotEntered> for Halt {
    fn from(reason: NotEntered) -> Self {
        match reason {
            NotEntered::Interrupted => Self::Interrupted,
            NotEntered::TimedOut => Self::TimedOut(None),
        }
    }
}

/// Waits until the events of a write are over and the object has come to the goal.
pub async fn settle(work: &mut Work, looker: &dyn Looker, goal: Goal, events: Vec<EventFacts>) -> Result<Facts, Halt> {
    match drive(work, looker, goal, events).await? {
        Some(facts) => Ok(facts),
        None => Err(Halt::Gone),
    }
}

/// Waits until an object that is being deleted is gone.
pub async fn until_gone(work: &mut Work, looker: &dyn Looker, events: Vec<EventFacts>) -> Result<(), Halt> {
    drive(work, looker, Goal::GONE, events).await.map(drop)
}

/// Waits until the judge has decided. `None`: the object is gone.
async fn drive(
    work: &mut Work,
    looker: &dyn Looker,
    goal: Goal,
    events: Vec<EventFacts>,
) -> Result<Option<Facts>, Halt> {
    let cancel = work.terms.cancel.clone();
    let deadline = work.terms.deadline;
    // A write that leads to events is not done at once.
    let mut need = if events.is_empty() { Need::OwnGet } else { Need::Object };
    let mut wait = Wait::new(work, goal, events);
    loop {
        let due = wait.due();
        if need == Need::Object && Instant::now() >= due.last {
            return Err(wait.timed_out(None));
        }
        let told = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(Halt::Interrupted),
            told = timeout_at(deadline, ask(looker, &need, due)) => told,
        };
        let verdict = match told {
            Err(_) => return Err(wait.timed_out(None)),
            Ok(Ok(told)) => wait.hears(&told),
            Ok(Err(error)) if error.is_cancelled() => return Err(Halt::Interrupted),
            Ok(Err(error)) if error.is_deadline_exceeded() => return Err(wait.timed_out(Some(error))),
            Ok(Err(error)) => wait.fails_to_look(&need, error)?,
        };
        match verdict {
            Verdict::Next(next) => need = next,
            Verdict::Reached => {
                info!(target: TARGET, what = wait.what, waited = wait.waited(), "Done waiting");
                return Ok(work.seen.clone());
            }
            Verdict::Gone => {
                info!(target: TARGET, what = wait.what, waited = wait.waited(), "It is not there any more");
                return Ok(None);
            }
            Verdict::Failed(why) => {
                if let Why::Event(event) = &why {
                    work.event = Some(event.clone());
                }
                return Err(Halt::Failed(why));
            }
        }
    }
}

/// What was asked for.
enum Told {
    Object(Look),
    Event(String, Option<EventFacts>),
    Events(Vec<EventFacts>),
}

async fn ask(looker: &dyn Looker, need: &Need, due: Due) -> Result<Told, Error> {
    match need {
        Need::Object => looker.next(due).await.map(Told::Object),
        Need::OwnGet => looker.own().await.map(|seen| Told::Object(Look::Own(seen))),
        Need::Event(id) => looker.event(id).await.map(|told| Told::Event(id.clone(), told)),
        Need::Events => looker.events().await.map(Told::Events),
    }
}

/// A wait under way.
struct Wait<'a> {
    work: &'a mut Work,
    what: String,
    goal: Goal,
    started: Instant,
    patience: Patience,
    past: Past,
    object_trouble: Trouble,
    event_trouble: Trouble,
}

impl<'a> Wait<'a> {
    fn new(work: &'a mut Work, goal: Goal, events: Vec<EventFacts>) -> Self {
        let patience = Patience::of(work.terms.pace);
        let mut past = Past::new(patience, events);
        if work.has_siblings {
            past = past.with_siblings();
        }
        let mut wait = Self {
            what: format!("{} {} {}", work.noun, work.key, goal.words),
            past: if work.is_new { past.of_new() } else { past },
            work,
            goal,
            started: Instant::now(),
            patience,
            object_trouble: Trouble::default(),
            event_trouble: Trouble::default(),
        };
        wait.note_event();
        wait
    }

    fn waited(&self) -> String {
        humantime::format_duration(Duration::from_secs(self.started.elapsed().as_secs())).to_string()
    }

    fn due(&self) -> Due {
        let Terms { deadline, pace, .. } = self.work.terms;
        due(
            Instant::now(),
            delay(pace, self.started.elapsed()),
            deadline,
            pace.first,
        )
    }

    fn hears(&mut self, told: &Told) -> Verdict {
        let at = self.started.elapsed();
        let news = match told {
            Told::Object(look) => {
                let (news, seen) = match look {
                    Look::Own(seen) => (News::Own(seen.as_ref()), seen),
                    Look::Shared(seen) => (News::Shared(seen.as_ref()), seen),
                };
                self.object_trouble = Trouble::default();
                if seen.is_some() {
                    self.work.is_new &= !matches!(look, Look::Own(_));
                    self.work.seen.clone_from(seen);
                }
                let state = seen.as_ref().map_or("not found", |facts| &facts.word);
                info!(target: TARGET, what = self.what, waited = self.waited(), state, "Still waiting");
                news
            }
            Told::Event(id, told) => {
                self.event_trouble = Trouble::default();
                News::Event(id, told.as_ref())
            }
            Told::Events(all) => {
                self.event_trouble = Trouble::default();
                News::Events(all)
            }
        };
        let verdict = judge(&mut self.past, news, self.goal, at);
        self.note_event();
        verdict
    }

    /// A failure to look is waited out: as long as there is time where it may pass by itself, for a while otherwise.
    fn fails_to_look(&mut self, need: &Need, error: Error) -> Result<Verdict, Halt> {
        let at = self.started.elapsed();
        warn!(target: TARGET, what = self.what, waited = self.waited(), error = %error, "Could not look");
        let is_about_events = matches!(need, Need::Event(_) | Need::Events);
        let trouble = match is_about_events {
            true => &mut self.event_trouble,
            false => &mut self.object_trouble,
        };
        let lasts = trouble.lasts(&error, at, &self.patience);
        trouble.last = Some(error.clone());
        let news = match need {
            _ if !lasts => return Ok(Verdict::Next(Need::Object)),
            Need::Object | Need::OwnGet => return Err(Halt::Blind(error)),
            // Where events cannot be looked at, the object decides alone.
            Need::Event(id) => News::Event(id, None),
            Need::Events => News::Events(&[]),
        };
        Ok(judge(&mut self.past, news, self.goal, at))
    }

    fn timed_out(&mut self, error: Option<Error>) -> Halt {
        let trouble = self.object_trouble.last.take().or(self.event_trouble.last.take());
        Halt::TimedOut(trouble.or(error))
    }

    /// Keeps the event that the operation stands or falls with.
    fn note_event(&mut self) {
        if let Some(event) = self.past.events().last() {
            self.work.event = Some(event.clone());
        }
    }
}

/// Failures to look that follow one another.
#[derive(Debug, Default)]
struct Trouble {
    kind: Option<Kind>,
    looks: u32,
    since: Duration,
    last: Option<Error>,
}

impl Trouble {
    /// Takes note of a failure, and tells whether failures of its kind will not pass.
    fn lasts(&mut self, error: &Error, at: Duration, patience: &Patience) -> bool {
        if self.kind != Some(error.kind) {
            (self.kind, self.looks, self.since) = (Some(error.kind), 0, at);
        }
        self.looks += 1;
        let span = match error.kind {
            _ if error.is_retryable() && !error.is_foreign() => return false,
            // The request itself is impossible.
            Kind::Config => return true,
            Kind::Unauthorized => patience.refused,
            _ => patience.blind,
        };
        span.is_over(self.looks, at.saturating_sub(self.since))
    }
}

/// When to look again. The last look comes `margin` before the deadline rather than at it, so that its answer can still arrive,
/// and so that nothing done by then is called late.
fn due(now: Instant, delay: Duration, deadline: Instant, margin: Duration) -> Due {
    let last = deadline.checked_sub(margin).unwrap_or(deadline);
    Due {
        next: (now + delay).min(last),
        last,
    }
}

#[cfg(test)]
mod tests;
