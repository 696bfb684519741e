//! Seats: who waits for what to become of an object, when the next look is due, how deep it goes, and whom it tells what.
//! Pure: the time comes in.
//!
//! Looks are numbered as they begin. A seat takes only looks with a higher number than the one that was current when its
//! write was answered, so a look that was under way by then tells it nothing, however late it arrives.
//!
//! One or two that wait ask for themselves, which costs no more and tells more. From three on a listing is made for all. It
//! begins with the newest objects, since those are waited for most, and ends as soon as all were seen that may be and whose
//! waits are due; it has at most half as many pages as there are seats. Whom it tells nothing, and whose object it calls
//! deleted, asks for itself, as often as it would if it were alone, and further pages are not read for its sake again.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::tempo::{MOST_DOUBLINGS, Tempo};
use super::trust::Trust;
use super::{ALONE, Item, Mark};
use crate::api::{Page, Trail};

/// The most pages of a look: with more it would be rarer than every fourteen seconds, or there would be more than a request a
/// second.
const MOST_PAGES: usize = 14;

/// What one who waits does next.
#[derive(Debug, PartialEq)]
pub(super) enum Step<T> {
    /// A look told this.
    Told(T),
    /// Asks for its object by itself now.
    Ask,
    /// Waits for a look, or makes one; where it may not wait for ever, until then.
    Look(Option<Instant>),
    /// Sleeps until then, or until the seats have changed.
    Sleep(Instant),
}

/// The seats at the board of one kind.
#[derive(Debug)]
pub(super) struct Seats<T> {
    tempo: Tempo,
    /// Whether looks are shared at all.
    shared: bool,
    seats: BTreeMap<u64, Seat>,
    /// How many seats were ever taken.
    taken: u64,
    /// How many looks have begun, and when the last one did.
    begun: u64,
    last: Option<Instant>,
    /// The number of the last look that is over.
    ended: u64,
    /// The last look that told something, kept while there are seats.
    latest: Option<Look<T>>,
    /// How many pages the last look had.
    pages: usize,
    /// How often the service asked for fewer requests, less the looks that came since.
    slowed: u32,
    trust: Trust,
}

#[derive(Debug)]
struct Seat {
    key: String,
    /// When the wait began.
    since: Instant,
    /// Looks up to this number tell it nothing, or nothing new.
    after: u64,
    /// When it was last told something, or to ask for itself.
    told: Option<Instant>,
    /// A look that was to tell it something has not, and it has not asked since.
    is_missed: bool,
    place: Place,
}

/// Where the last look found an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// There was no look since the seat was taken.
    New,
    Listed,
    /// Nowhere on so many pages.
    Unlisted(usize),
}

/// What a look saw. `None`: called deleted.
#[derive(Debug)]
struct Look<T> {
    number: u64,
    began: Instant,
    seen: HashMap<String, Option<T>>,
}

/// A look under way.
#[derive(Debug)]
pub(super) struct Looking<T> {
    look: Look<T>,
    /// The seats that it is to tell something: the others need not know more before the next.
    sought: Vec<u64>,
    pages: usize,
    trail: Trail,
}

impl<T: Clone> Seats<T> {
    pub(super) fn new(tempo: Tempo, shared: bool) -> Self {
        Self {
            tempo,
            shared,
            seats: BTreeMap::new(),
            taken: 0,
            begun: 0,
            last: None,
            ended: 0,
            latest: None,
            pages: 1,
            slowed: 0,
            trust: Trust::default(),
        }
    }

    /// What a write that is answered now is noted with.
    pub(super) fn mark(&self, now: Instant) -> Mark {
        Mark {
            looks: self.begun,
            at: now,
        }
    }

    /// Takes a seat, and says which.
    pub(super) fn take(&mut self, key: &str, mark: Mark) -> u64 {
        let seat = Seat {
            key: key.to_owned(),
            since: mark.at,
            after: mark.looks,
            told: None,
            is_missed: false,
            place: Place::New,
        };
        self.taken += 1;
        self.seats.insert(self.taken, seat);
        self.taken
    }

    /// Gives a seat back.
    pub(super) fn leave(&mut self, seat: u64) {
        self.seats.remove(&seat);
        if self.seats.is_empty() {
            self.latest = None;
        }
    }

    /// Notes that the one at a seat begins to wait. A look that is over by then is nothing new: it may have been over for
    /// long. One that is under way will do.
    pub(super) fn wait(&mut self, seat: u64) {
        if let Some(seat) = self.seats.get_mut(&seat) {
            seat.after = seat.after.max(self.ended);
        }
    }

    /// What the one at a seat does next.
    pub(super) fn step(&mut self, seat: u64, now: Instant) -> Step<T> {
        let is_shared = self.is_shared(now);
        let is_look_due = self.due(now).is_some_and(|due| due <= now);
        let Some(seat) = self.seats.get_mut(&seat) else {
            return Step::Ask;
        };
        if let Some(latest) = self.latest.as_ref().filter(|latest| latest.number > seat.after)
            && let Some(Some(seen)) = latest.seen.get(&seat.key)
        {
            seat.after = latest.number;
            seat.told = Some(latest.began);
            seat.is_missed = false;
            return Step::Told(seen.clone());
        }
        let due = seat.due(self.tempo, 1, self.slowed);
        // One that begins to wait late wants to know at once: a look that is made now serves, the next one is late.
        let is_under_way = self.begun > self.ended.max(seat.after);
        let is_late = seat.due(self.tempo, self.pages, self.slowed) <= now && !is_look_due && !is_under_way;
        match is_shared {
            true if !seat.is_missed && !is_late => Step::Look(None),
            _ if due <= now => {
                seat.told = Some(now);
                seat.is_missed = false;
                Step::Ask
            }
            true => Step::Look(Some(due)),
            false => Step::Sleep(due),
        }
    }

    /// Whether looks are made for all, rather than by each for itself.
    fn is_shared(&self, now: Instant) -> bool {
        self.shared && self.seats.len() > ALONE as usize && !self.trust.is_lost(now)
    }

    /// When the next look for all is due, if there is to be one. It goes by the youngest wait, and by one that no look has
    /// told anything yet as if it had just begun.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let due = |seat: &Seat| {
            let last = seat.told.unwrap_or(seat.since).max(self.last.unwrap_or(seat.since));
            let age = seat.told.map_or(Duration::ZERO, |_| last - seat.since);
            last + self.tempo.distance(age, self.pages, self.slowed)
        };
        let seats = self.is_shared(now).then(|| self.seats.values());
        seats.and_then(|seats| seats.map(due).min())
    }

    /// Begins a look for all.
    pub(super) fn look(&mut self, now: Instant) -> Looking<T> {
        let distance = |seat: &Seat| self.tempo.distance(now - seat.since, 1, self.slowed);
        let next = self.seats.values().map(distance).min().unwrap_or_default();
        let is_sought = |seat: &Seat| seat.due(self.tempo, 1, self.slowed) < now + next;
        let sought = self.seats.iter().filter(|(_, seat)| is_sought(seat));
        let sought = sought.map(|(number, _)| *number).collect();
        self.begun += 1;
        self.last = Some(now);
        Looking {
            look: Look {
                number: self.begun,
                began: now,
                seen: HashMap::new(),
            },
            sought,
            pages: 0,
            trail: Trail::default(),
        }
    }

    /// Enters a page of a look. It goes on with the page after what is returned, if it goes on.
    pub(super) fn arrived(&mut self, mut looking: Looking<T>, page: Page<Item<T>>) -> Option<(Looking<T>, String)> {
        looking.pages += 1;
        let next = page.next(&mut looking.trail);
        let items = page.items.into_iter();
        let seen = items.map(|item| (item.key, (!item.is_deleted).then_some(item.seen)));
        looking.look.seen.extend(seen);
        let most = (self.seats.len() / 2).clamp(1, MOST_PAGES);
        let sought = looking.sought.iter().filter_map(|number| self.seats.get(number));
        let mut may_be_there = sought.filter(|seat| !matches!(seat.place, Place::Unlisted(pages) if pages >= most));
        let is_complete = may_be_there.all(|seat| looking.look.seen.contains_key(&seat.key));
        match next {
            Ok(Some(cursor)) if looking.pages < most && !is_complete => return Some((looking, cursor)),
            Ok(Some(_)) => {
                let pages = looking.pages;
                self.came(looking, pages);
            }
            Ok(None) | Err(_) => self.came(looking, usize::MAX),
        }
        None
    }

    /// Enters a look that is over, and where its pages were all, or nothing can be found on further ones, the most of pages.
    fn came(&mut self, looking: Looking<T>, pages: usize) {
        for number in &looking.sought {
            let Some(seat) = self.seats.get_mut(number) else {
                continue;
            };
            seat.place = match (looking.look.seen.contains_key(&seat.key), seat.place) {
                (true, _) => Place::Listed,
                (false, Place::Unlisted(before)) => Place::Unlisted(pages.max(before)),
                (false, _) => Place::Unlisted(pages),
            };
        }
        self.trust.came();
        self.slowed = self.slowed.saturating_sub(1);
        self.pages = looking.pages;
        self.end(looking, true);
    }

    /// Notes that a page of a look does not come. What was seen before still holds, and the others ask for themselves; but
    /// not where it failed because the service asks for fewer requests: then all wait for the next look, which comes later.
    pub(super) fn failed(&mut self, looking: Looking<T>, is_limited: bool, known: Instant) {
        self.trust.failed(known);
        if is_limited {
            self.slowed = (self.slowed + 1).min(MOST_DOUBLINGS);
        }
        self.end(looking, !is_limited);
    }

    /// Ends a look, and has those ask for themselves that it was to tell something and did not, if they may.
    fn end(&mut self, looking: Looking<T>, may_ask: bool) {
        let Looking {
            look, sought, pages, ..
        } = looking;
        self.ended = look.number;
        for number in sought {
            if let Some(seat) = self.seats.get_mut(&number) {
                let is_told = matches!(look.seen.get(&seat.key), Some(Some(_)));
                seat.is_missed |= may_ask && !is_told;
            }
        }
        if pages > 0 && !self.seats.is_empty() {
            self.latest = Some(look);
        }
    }
}

impl Seat {
    /// When the one who sits there is to know more, by a look of so many pages.
    fn due(&self, tempo: Tempo, pages: usize, slowed: u32) -> Instant {
        let last = self.told.unwrap_or(self.since);
        last + tempo.distance(last - self.since, pages, slowed)
    }
}

#[cfg(test)]
mod tests;
