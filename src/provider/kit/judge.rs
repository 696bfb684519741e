//! Whether a wait is over: pure, one piece of news at a time.
//!
//! Three things are believed, in this order: an event that says why it failed; the object itself, asked singly after the
//! events were seen over; and time. A shared look or a listing only ever gives reason to ask the object itself. An event
//! is never believed alone: it may end in error although the operation was done, end in a state that nobody knows, never end,
//! or be forgotten by the service.

use std::time::Duration;

use super::facts::{EventFacts, Facts, Rest};
use super::patience::{Patience, Span};
use crate::api::EventState;

/// What an object is waited for to come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    end: End,
    /// The goal in words, as in "machine ps1 to be ready".
    pub words: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    At(&'static [&'static str]),
    Rest,
    Over,
    Gone,
}

impl Goal {
    /// Resting at one of these places.
    pub const fn at(places: &'static [&'static str], words: &'static str) -> Self {
        Self {
            end: End::At(places),
            words,
        }
    }

    /// Resting, wherever. A state that this version does not know counts once it was held for long.
    pub const REST: Self = Self {
        end: End::Rest,
        words: "to finish what it is doing",
    };

    /// The events being over, whatever the object is doing: for changes that it need not rest for.
    pub const OVER: Self = Self {
        end: End::Over,
        words: "to be changed",
    };

    /// Being there no more.
    pub const GONE: Self = Self {
        end: End::Gone,
        words: "to be gone",
    };

    fn place(self, rest: Rest) -> Place {
        let is_there = |place: &str| match self.end {
            End::At(places) => places.contains(&place),
            End::Rest => true,
            End::Over | End::Gone => false,
        };
        match rest {
            _ if self.end == End::Over => Place::Goal,
            Rest::At(place) if is_there(place) => Place::Goal,
            Rest::Near(place) if is_there(place) => Place::Near,
            Rest::At(_) => Place::Elsewhere,
            Rest::Unknown if self.end == End::Rest => Place::Near,
            Rest::Unknown => Place::Nowhere,
            Rest::Moving | Rest::Near(_) => Place::OnItsWay,
        }
    }
}

/// Where an object is, seen from the goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Goal,
    /// As good as there, once held for long.
    Near,
    Elsewhere,
    OnItsWay,
    /// In a state that nobody knows.
    Nowhere,
    Absent,
}

/// What was learnt.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    /// The object, asked for singly; `None`: the service itself says that there is none.
    Own(Option<&'a Facts>),
    /// The object at a look that others share; `None`: the listing lacks it.
    Shared(Option<&'a Facts>),
    /// An event by its id; `None`: the service does not know it, or lastingly does not tell.
    Event(&'a str, Option<&'a EventFacts>),
    /// The object's events.
    Events(&'a [EventFacts]),
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The object has come to the goal.
    Reached,
    /// It will not come to the goal.
    Failed(Why),
    /// It is there no more, or never was.
    Gone,
    /// Neither is certain.
    Next(Need),
}

/// What to look at next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// The object, when a look is due; a shared look will do.
    Object,
    /// The object itself, now.
    OwnGet,
    /// This event, now.
    Event(String),
    /// All events of the object, now.
    Events,
}

/// Why an object will not come to the goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The service gave the operation up.
    Event(EventFacts),
    /// Nothing is going on any more, and the object rests elsewhere: in this state, in the service's word.
    Stays(String),
}

/// What a wait has seen so far. It belongs to one wait.
#[derive(Clone, Debug)]
pub struct Past {
    patience: Patience,
    /// The object was just made and was not yet seen: it may be absent for a while.
    is_new: bool,
    events: Vec<Followed>,
    /// Whether unfinished events that came with the first one are still to be looked for.
    seeks_siblings: bool,
    events_seen: Option<Duration>,
    /// The events were looked at since the object's last look that was due.
    asked: bool,
    /// It was seen elsewhere than at the goal: if it is there now, then because of the operation.
    came: bool,
    place: Option<Place>,
    stay: Option<Stay>,
}

/// An event that is waited for.
#[derive(Clone, Debug)]
struct Followed {
    facts: EventFacts,
    /// How often in a row it was not there, and since when.
    missing: Option<(u32, Duration)>,
    forgotten: bool,
}

/// Something that is seen look after look.
#[derive(Clone, Debug)]
struct Stay {
    word: Option<String>,
    evidence: Evidence,
    since: Duration,
    looks: u32,
}

/// What the events say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evidence {
    /// There are none.
    None,
    /// At least one is not over.
    Running,
    /// All ended well.
    Well,
    /// All are over, and one says without a reason that it failed, or with one that it ended in a state that nobody knows.
    Doubtful,
    /// All are over or forgotten, and it is not known how.
    Unclear,
}

impl Past {
    /// Nothing was seen yet of the object, after a write that was answered with these events.
    pub fn new(patience: Patience, events: Vec<EventFacts>) -> Self {
        let follow = |facts| Followed {
            facts,
            missing: None,
            forgotten: false,
        };
        Self {
            patience,
            is_new: false,
            events: events.into_iter().map(follow).collect(),
            seeks_siblings: false,
            events_seen: None,
            asked: false,
            came: false,
            place: None,
            stay: None,
        }
    }

    /// The object was just made.
    #[must_use]
    pub fn of_new(self) -> Self {
        Self { is_new: true, ..self }
    }

    /// Other events that the same write led to count as well. They are looked for once its own event is over.
    #[must_use]
    pub fn with_siblings(self) -> Self {
        let seeks_siblings = !self.events.is_empty();
        Self { seeks_siblings, ..self }
    }

    /// The events that are waited for, as they were last seen.
    pub fn events(&self) -> impl Iterator<Item = &EventFacts> {
        self.events.iter().map(|followed| &followed.facts)
    }

    fn evidence(&self) -> Evidence {
        let says = |wanted| self.events.iter().any(|followed| followed.said() == wanted);
        // The gravest counts.
        if self.events.is_empty() {
            Evidence::None
        } else if says(Said::Running) {
            Evidence::Running
        } else if says(Said::Doubtful) {
            Evidence::Doubtful
        } else if says(Said::Unclear) {
            Evidence::Unclear
        } else {
            Evidence::Well
        }
    }

    fn failed(&self) -> Option<Verdict> {
        let failed = self.events.iter().find(|followed| followed.said() == Said::Failed)?;
        Some(Verdict::Failed(Why::Event(failed.facts.clone())))
    }

    /// The next event that is not over, from this position on.
    fn running_from(&self, start: usize) -> Option<Need> {
        let running = self.events.iter().skip(start);
        let next = running.into_iter().find(|followed| followed.said() == Said::Running)?;
        Some(Need::Event(next.facts.id.clone()))
    }

    fn note_asked(&mut self, at: Duration) {
        self.asked = true;
        self.events_seen = Some(at);
    }

    fn note_event(&mut self, position: usize, told: Option<&EventFacts>, at: Duration) {
        let followed = &mut self.events[position];
        match told {
            Some(facts) => {
                followed.facts = facts.clone();
                followed.missing = None;
                followed.forgotten = false;
            }
            None => {
                let (looks, since) = followed.missing.unwrap_or((0, at));
                followed.missing = Some((looks + 1, since));
                followed.forgotten = self.patience.missing.is_over(looks + 1, at - since);
            }
        }
    }

    /// Takes note of where the object is, and of how long it has been there.
    fn note_place(&mut self, place: Place, word: Option<&str>, at: Duration) {
        let evidence = self.evidence();
        self.came |= matches!(place, Place::Elsewhere | Place::OnItsWay | Place::Nowhere);
        self.place = Some(place);
        match &mut self.stay {
            Some(stay) if stay.word.as_deref() == word && stay.evidence == evidence => stay.looks += 1,
            stay => {
                *stay = Some(Stay {
                    word: word.map(str::to_owned),
                    evidence,
                    since: at,
                    looks: 1,
                });
            }
        }
    }

    /// Whether it has stayed as it is for that long.
    fn stayed(&self, span: Span, at: Duration) -> bool {
        let stay = self.stay.as_ref();
        stay.is_some_and(|stay| span.is_over(stay.looks, at.saturating_sub(stay.since)))
    }

    /// How long the goal must be held before it is believed.
    fn wanted(&self, evidence: Evidence) -> Span {
        const AT_ONCE: Span = Span {
            looks: 1,
            time: Duration::ZERO,
        };
        match evidence {
            _ if self.place == Some(Place::Near) => self.patience.long,
            Evidence::None | Evidence::Well | Evidence::Doubtful => AT_ONCE,
            Evidence::Unclear => self.patience.unclear,
            Evidence::Running if self.came => self.patience.held,
            // It may be there only because the operation has not begun.
            Evidence::Running => self.patience.long,
        }
    }
}

/// What one event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Running,
    Well,
    Failed,
    Doubtful,
    Unclear,
}

impl Followed {
    fn said(&self) -> Said {
        let EventFacts {
            state, error, finished, ..
        } = &self.facts;
        match (state, error, finished) {
            (EventState::Done, _, _) => Said::Well,
            (EventState::Error, None, true) => Said::Doubtful,
            (EventState::Error | EventState::Cancelled, _, _) => Said::Failed,
            (EventState::Other(_), Some(_), true) => Said::Doubtful,
            (EventState::Other(_), None, true) => Said::Unclear,
            (EventState::New | EventState::InProgress | EventState::Other(_), _, _) if self.forgotten => Said::Unclear,
            (EventState::New | EventState::InProgress | EventState::Other(_), _, _) => Said::Running,
        }
    }
}

/// Judges a wait after a piece of news, at this age of the wait.
pub fn judge(past: &mut Past, news: News<'_>, goal: Goal, at: Duration) -> Verdict {
    let verdict = match news {
        News::Own(Some(facts)) if facts.deleted.is_some() => Verdict::Gone,
        News::Own(None) if goal == Goal::GONE => Verdict::Gone,
        News::Shared(None) => Verdict::Next(Need::OwnGet),
        News::Shared(Some(facts)) if facts.deleted.is_some() => Verdict::Next(Need::OwnGet),
        News::Own(None) => absent(past, at),
        News::Own(Some(facts)) => object(past, facts, goal, at, true),
        News::Shared(Some(facts)) => object(past, facts, goal, at, false),
        News::Event(id, told) => {
            past.note_asked(at);
            let position = past.events.iter().position(|followed| followed.facts.id == id);
            if let Some(position) = position {
                past.note_event(position, told, at);
            }
            event(past, goal, at, position.map_or(0, |position| position + 1))
        }
        News::Events(all) => {
            past.note_asked(at);
            siblings(past, all, at);
            let none_left = past.events.len();
            event(past, goal, at, none_left)
        }
    };
    // With the object's next look that is due, a new round begins.
    past.asked &= verdict != Verdict::Next(Need::Object);
    verdict
}

/// The service itself says that the object is not there.
fn absent(past: &mut Past, at: Duration) -> Verdict {
    if let Some(failed) = past.failed() {
        return failed;
    }
    past.note_place(Place::Absent, None, at);
    let span = match past.is_new {
        true => past.patience.absent,
        false => past.patience.lost,
    };
    let need = past.running_from(0).filter(|_| !past.asked);
    match past.stayed(span, at) {
        true => Verdict::Gone,
        false => Verdict::Next(need.unwrap_or(Need::Object)),
    }
}

fn object(past: &mut Past, facts: &Facts, goal: Goal, at: Duration, is_own: bool) -> Verdict {
    let place = goal.place(facts.rest);
    past.is_new &= !is_own;
    past.note_place(place, Some(&facts.word), at);
    if let Some(failed) = past.failed() {
        return failed;
    }
    if is_news_due(past, place, at)
        && let Some(need) = past.running_from(0)
    {
        return Verdict::Next(need);
    }
    let evidence = past.evidence();
    let patience = &past.patience;
    let (wanted, end) = match (place, evidence) {
        (_, Evidence::Well) if goal == Goal::GONE => return Verdict::Gone,
        (Place::Goal | Place::Near, _) => (past.wanted(evidence), Verdict::Reached),
        (Place::Elsewhere, Evidence::Well) => (patience.stays, why(past, facts)),
        (Place::Elsewhere, Evidence::Doubtful) => (patience.doubt, why(past, facts)),
        (Place::Elsewhere, Evidence::None | Evidence::Unclear) => (patience.long, why(past, facts)),
        _ => return Verdict::Next(Need::Object),
    };
    if !past.stayed(wanted, at) {
        Verdict::Next(Need::Object)
    } else if !is_own {
        Verdict::Next(Need::OwnGet)
    } else if end == Verdict::Reached && past.seeks_siblings && evidence != Evidence::Running {
        Verdict::Next(Need::Events)
    } else {
        end
    }
}

/// Whether the events should be looked at before anything is concluded: once for each look at the object that was due, and
/// while it is on its way only now and then.
fn is_news_due(past: &Past, place: Place, at: Duration) -> bool {
    let since = past.events_seen.map_or(at, |seen| at.saturating_sub(seen));
    !past.asked && (place != Place::OnItsWay || since >= past.patience.between_events)
}

fn why(past: &Past, facts: &Facts) -> Verdict {
    let doubtful = past.events.iter().find(|followed| followed.said() == Said::Doubtful);
    Verdict::Failed(match doubtful {
        Some(followed) => Why::Event(followed.facts.clone()),
        None => Why::Stays(facts.word.clone()),
    })
}

/// What to do after news of events, of which those before `next` were looked at.
fn event(past: &Past, goal: Goal, at: Duration, next: usize) -> Verdict {
    if let Some(failed) = past.failed() {
        return failed;
    }
    if let Some(need) = past.running_from(next) {
        return Verdict::Next(need);
    }
    let evidence = past.evidence();
    let has_come = matches!(past.place, Some(Place::Goal | Place::Near));
    match evidence {
        Evidence::Well if goal == Goal::GONE => Verdict::Gone,
        Evidence::Running if has_come && past.stayed(past.wanted(evidence), at) => Verdict::Next(Need::OwnGet),
        Evidence::Running => Verdict::Next(Need::Object),
        _ if past.seeks_siblings && has_come => Verdict::Next(Need::Events),
        _ if past.place == Some(Place::OnItsWay) => Verdict::Next(Need::Object),
        _ => Verdict::Next(Need::OwnGet),
    }
}

/// Takes over what a listing says of the events that are waited for, and follows those that came with them.
fn siblings(past: &mut Past, all: &[EventFacts], at: Duration) {
    let begin = past.events.first().and_then(|followed| followed.facts.created);
    let mut found = false;
    for told in all {
        if let Some(position) = past.events.iter().position(|followed| followed.facts.id == told.id) {
            past.note_event(position, Some(told), at);
            continue;
        }
        let followed = Followed {
            facts: told.clone(),
            missing: None,
            forgotten: false,
        };
        let is_ours = matches!((begin, told.created), (Some(begin), Some(created)) if created >= begin);
        // Billing goes on as long as a machine does.
        let is_work = !told.name.as_deref().is_some_and(|name| name.starts_with("bill-"));
        if is_ours && is_work && followed.said() == Said::Running {
            past.events.push(followed);
            found = true;
        }
    }
    past.seeks_siblings = found;
}

#[cfg(test)]
mod tests;
