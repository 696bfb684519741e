//! Reads: which of them a listing answers, and when the next page of it is asked for. Pure: the time and the count of
//! changes come in.
//!
//! A read that stands alone costs one request, so the first reads of a burst are made by themselves; how many there will
//! be is not known then, nor how many pages the listing has. Of those that follow, each allows one page more to be asked
//! for. So however many objects the team has besides, a burst never costs more than twice the requests of asking one by
//! one, and where the reads are many, it costs the pages of the listing and little else. Where there is no way to ask for
//! one alone, there is nothing to weigh: every read lists.

use std::collections::{HashMap, HashSet};

use tokio::time::Instant;

use super::trust::Trust;
use super::{ALONE, FRESH, Item, Moment};
use crate::api::{Page, Trail};

/// What a read does next.
#[derive(Debug, PartialEq)]
pub(super) enum Step<T> {
    /// This is its answer.
    Told(T),
    /// Its answer is that a listing followed to its end lacks the object, or calls it deleted.
    Missing,
    /// It asks for its object by itself.
    Ask,
    /// It waits for the next page of the listing, or asks for it: the first page, or the one after this.
    List(Option<String>),
}

/// The books of the reads of one kind.
#[derive(Debug)]
pub(super) struct Reads<T> {
    /// Whether an object can be asked for by itself.
    singly: bool,
    /// How many reads the burst has had so far.
    reads: u32,
    /// When the last of them began.
    last_read: Option<Instant>,
    /// How many pages were asked for in it.
    pages: u32,
    trust: Trust,
    listing: Listing<T>,
}

/// A listing on its way, or at its end.
#[derive(Debug)]
struct Listing<T> {
    /// Tells it from the listings before.
    number: u64,
    /// The first page's beginning, and the last page's.
    asked: Option<(Moment, Instant)>,
    /// The looks not given out yet, each with when its page was asked for; `None`: called deleted.
    looks: HashMap<String, (Moment, Option<T>)>,
    /// The objects whose look was given out, or found missing.
    told: HashSet<String>,
    next: Next,
    /// The pages followed, so that a listing that comes round is noticed.
    trail: Trail,
}

/// Where a listing goes on.
#[derive(Debug, PartialEq)]
enum Next {
    First,
    After(String),
    /// All pages were seen.
    End,
    /// It cannot be followed.
    Nowhere,
}

impl<T> Listing<T> {
    fn new(number: u64) -> Self {
        Self {
            number,
            asked: None,
            looks: HashMap::new(),
            told: HashSet::new(),
            next: Next::First,
            trail: Trail::default(),
        }
    }
}

impl<T> Reads<T> {
    pub(super) fn new(singly: bool) -> Self {
        Self {
            singly,
            reads: 0,
            last_read: None,
            pages: 0,
            trust: Trust::default(),
            listing: Listing::new(0),
        }
    }

    /// Counts a read that begins, and numbers it within its burst.
    pub(super) fn begin(&mut self, now: Instant) -> u32 {
        let follows = |last: Instant| now.saturating_duration_since(last) < FRESH;
        if !self.last_read.is_some_and(follows) {
            self.reads = 0;
            self.pages = 0;
        }
        self.last_read = Some(now);
        self.reads += 1;
        self.reads
    }

    /// What the read of that number does next, where the object was last changed at that count. An answer that is given is
    /// taken out of the books.
    pub(super) fn step(&mut self, number: u32, key: &str, now: Instant, changed: u64) -> Step<T> {
        if self.listing.asked.is_some_and(|(_, last)| !is_recent(last, now)) {
            self.renew();
        }
        match self.listing.looks.remove(key) {
            Some((asked, _)) if !is_recent(asked.at, now) => self.renew(),
            Some((asked, seen)) => {
                self.listing.told.insert(key.to_owned());
                if changed <= asked.writes {
                    return seen.map_or(Step::Missing, Step::Told);
                }
            }
            None => {}
        }
        let is_spent = self.listing.told.contains(key);
        if !self.singly {
            return match &self.listing.next {
                _ if self.trust.is_lost(now) => Step::Ask,
                Next::Nowhere => Step::Ask,
                Next::End if !is_spent && self.is_newer(changed) => self.missing(key),
                Next::First => Step::List(None),
                Next::After(cursor) if !is_spent => Step::List(Some(cursor.clone())),
                Next::End | Next::After(_) => {
                    self.renew();
                    Step::List(None)
                }
            };
        }
        if is_spent || number <= ALONE || self.trust.is_lost(now) {
            return Step::Ask;
        }
        match &self.listing.next {
            Next::End if self.is_newer(changed) => self.missing(key),
            Next::End | Next::Nowhere => Step::Ask,
            _ if self.pages >= self.reads => Step::Ask,
            Next::First => Step::List(None),
            Next::After(cursor) => Step::List(Some(cursor.clone())),
        }
    }

    /// Which listing a page that is asked for now belongs to.
    pub(super) fn listing(&self) -> u64 {
        self.listing.number
    }

    /// Enters a page of a listing that was asked for at a moment and has now arrived.
    pub(super) fn arrived(&mut self, listing: u64, asked: Moment, now: Instant, page: Page<Item<T>>) {
        self.pages += 1;
        self.trust.came();
        if listing != self.listing.number {
            return;
        }
        if !is_recent(asked.at, now) {
            // It was very long on its way.
            return self.renew();
        }
        let first = self.listing.asked.map_or(asked, |(first, _)| first);
        self.listing.asked = Some((first, asked.at));
        self.listing.next = match page.next(&mut self.listing.trail) {
            Ok(Some(cursor)) => Next::After(cursor),
            Ok(None) => Next::End,
            Err(_) => Next::Nowhere,
        };
        for Item { key, is_deleted, seen } in page.items {
            self.listing.looks.insert(key, (asked, (!is_deleted).then_some(seen)));
        }
    }

    /// Notes that the page asked for does not come, from when that became known. What was seen before still holds.
    pub(super) fn failed(&mut self, known: Instant) {
        self.pages += 1;
        self.trust.failed(known);
    }

    /// Whether all of the listing was asked for after that change.
    fn is_newer(&self, changed: u64) -> bool {
        self.listing.asked.is_some_and(|(first, _)| changed <= first.writes)
    }

    fn missing(&mut self, key: &str) -> Step<T> {
        self.listing.told.insert(key.to_owned());
        Step::Missing
    }

    fn renew(&mut self) {
        self.listing = Listing::new(self.listing.number + 1);
    }
}

fn is_recent(at: Instant, now: Instant) -> bool {
    now.saturating_duration_since(at) < FRESH
}

#[cfg(test)]
mod tests;
