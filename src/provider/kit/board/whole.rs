//! Whole listings: when it is worth the pages to tell many at once what there is. Pure: the time and the count of changes
//! come in.
//!
//! A create wants to know what has its name already, and a plan whether a name is taken. Each could ask by name, which costs
//! a request; a listing followed to its end tells all of them, and costs its pages. So it is made for as many as ask within
//! moments of each other, where its pages are at most half of them. Its length is not known before: one that turns out to be
//! too long is given up, and tried again once twice as many pages are worth it. Where there is no way to ask for less than
//! everything, there is nothing to weigh.

use std::sync::Arc;

use tokio::time::Instant;

use super::trust::Trust;
use super::{ALONE, FRESH, Item, Moment, Since};

/// What someone who asks does next.
#[derive(Debug)]
pub(super) enum Step<T> {
    /// This is the answer.
    Told(Listing<T>),
    /// Asks for what it needs by itself.
    Ask,
    /// Waits for a listing.
    List,
}

/// Someone who asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker {
    /// Which one in its burst.
    number: u32,
    /// How many listings had begun when it asked.
    begun: u64,
    since: Since,
}

/// A listing followed to its end.
#[derive(Debug)]
pub(super) struct Listing<T> {
    number: u64,
    asked: Moment,
    pub(super) items: Arc<[Item<T>]>,
}

impl<T> Clone for Listing<T> {
    fn clone(&self) -> Self {
        Self {
            items: Arc::clone(&self.items),
            ..*self
        }
    }
}

/// The books of the whole listings of one kind.
#[derive(Debug)]
pub(super) struct Whole<T> {
    /// Whether less than everything can be asked for.
    singly: bool,
    /// How many listings have begun.
    begun: u64,
    /// How many asked in this burst.
    asks: u32,
    /// When the last of them did.
    last_ask: Option<Instant>,
    /// How many pages a listing is thought to have.
    pages: u32,
    trust: Trust,
    /// The last one, kept only where it may answer another.
    latest: Option<Listing<T>>,
    keeps: bool,
}

impl<T> Whole<T> {
    pub(super) fn new(singly: bool) -> Self {
        Self {
            singly,
            begun: 0,
            asks: 0,
            last_ask: None,
            pages: 1,
            trust: Trust::default(),
            latest: None,
            keeps: false,
        }
    }

    /// Counts one who asks.
    pub(super) fn begin(&mut self, since: Since, now: Instant) -> Asker {
        let follows = |last: Instant| now.saturating_duration_since(last) < FRESH;
        if !self.last_ask.is_some_and(follows) {
            self.asks = 0;
        }
        self.last_ask = Some(now);
        self.asks += 1;
        self.keeps |= since == Since::Recently;
        Asker {
            number: self.asks,
            begun: self.begun,
            since,
        }
    }

    pub(super) fn step(&mut self, asker: &Asker, now: Moment) -> Step<T> {
        self.latest = self.latest.take().filter(|latest| latest.asked.is_fresh(now));
        match &self.latest {
            Some(latest) if asker.takes(latest, now) => Step::Told(latest.clone()),
            _ if self.trust.is_lost(now.at) => Step::Ask,
            _ if self.singly && (asker.number <= ALONE || self.pages > self.most()) => Step::Ask,
            _ => Step::List,
        }
    }

    /// Numbers a listing that begins.
    pub(super) fn list(&mut self) -> u64 {
        self.begun += 1;
        self.begun
    }

    /// Whether a listing goes on that has had so many pages and is not at its end.
    pub(super) fn goes_on(&mut self, pages: u32) -> bool {
        let goes_on = !self.singly || pages < self.most();
        if !goes_on {
            self.pages = pages.saturating_mul(2);
        }
        goes_on
    }

    /// Enters a listing that has come to its end.
    pub(super) fn arrived(&mut self, number: u64, asked: Moment, pages: u32, items: Vec<Item<T>>) -> Listing<T> {
        self.trust.came();
        self.pages = pages;
        let items = items.into();
        let listing = Listing { number, asked, items };
        self.latest = self.keeps.then(|| listing.clone());
        listing
    }

    /// Notes that a listing does not come, from when that became known.
    pub(super) fn failed(&mut self, known: Instant) {
        self.trust.failed(known);
    }

    /// How many pages those are worth who asked.
    fn most(&self) -> u32 {
        (self.asks / 2).max(1)
    }
}

impl Asker {
    /// Whether that listing is an answer.
    pub(super) fn takes<T>(&self, listing: &Listing<T>, now: Moment) -> bool {
        match self.since {
            Since::Now => listing.number > self.begun,
            Since::Recently => listing.asked.is_fresh(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn books(singly: bool) -> (Whole<()>, Moment) {
        let now = Moment {
            at: Instant::now(),
            writes: 0,
        };
        (Whole::new(singly), now)
    }

    /// What one more does who asks for that.
    fn next(whole: &mut Whole<()>, since: Since, now: Moment) -> &'static str {
        let asker = whole.begin(since, now.at);
        word(&whole.step(&asker, now))
    }

    fn word(step: &Step<()>) -> &'static str {
        match step {
            Step::Told(_) => "told",
            Step::Ask => "ask",
            Step::List => "list",
        }
    }

    fn several(whole: &mut Whole<()>, since: Since, now: Moment) -> [&'static str; 3] {
        [(); 3].map(|()| next(whole, since, now))
    }

    #[test]
    fn the_first_ask_by_themselves_and_further_ones_list() {
        let (mut whole, now) = books(true);
        assert_eq!(several(&mut whole, Since::Now, now), ["ask", "ask", "list"]);
        // Those who come later are a burst of their own.
        let later = Moment {
            at: now.at + FRESH,
            ..now
        };
        assert_eq!(several(&mut whole, Since::Now, later), ["ask", "ask", "list"]);
    }

    #[test]
    fn who_cannot_ask_for_less_lists_at_once_and_to_the_end() {
        let (mut whole, now) = books(false);
        assert_eq!(next(&mut whole, Since::Now, now), "list");
        assert!(whole.goes_on(999));
    }

    #[test]
    fn only_a_listing_begun_after_the_question_tells_what_there_is_now() {
        let (mut whole, now) = books(false);
        let early = whole.begin(Since::Now, now.at);
        let number = whole.list();
        let late = whole.begin(Since::Now, now.at);
        let listing = whole.arrived(number, now, 1, Vec::new());
        assert!(early.takes(&listing, now) && !late.takes(&listing, now));
        // And it is not kept, since it can answer no other.
        assert_eq!(word(&whole.step(&early, now)), "list");
    }

    #[test]
    fn a_recent_listing_tells_until_it_is_old_or_something_changed() {
        let (mut whole, now) = books(false);
        assert_eq!(next(&mut whole, Since::Recently, now), "list");
        let number = whole.list();
        whole.arrived(number, now, 1, Vec::new());
        let after = |by: Duration, writes: u64| Moment {
            at: now.at + by,
            writes,
        };
        let nearly = FRESH - Duration::from_millis(1);
        assert_eq!(next(&mut whole, Since::Recently, after(nearly, 0)), "told");
        assert_eq!(next(&mut whole, Since::Now, after(nearly, 0)), "list");
        assert_eq!(next(&mut whole, Since::Recently, after(Duration::ZERO, 1)), "list");
        // What was old once is not kept.
        assert_eq!(next(&mut whole, Since::Recently, now), "list");
    }

    #[test]
    fn pages_are_at_most_half_as_many_as_those_who_ask() {
        let (mut whole, now) = books(true);
        for _ in 0..3 {
            next(&mut whole, Since::Now, now);
        }
        // Three are worth one page; a listing that has more is given up, and tried again for four.
        assert!(!whole.goes_on(1));
        assert_eq!(next(&mut whole, Since::Now, now), "list");
        assert!(whole.goes_on(1) && !whole.goes_on(2));
        for _ in 5..8 {
            assert_eq!(next(&mut whole, Since::Now, now), "ask");
        }
        assert_eq!(next(&mut whole, Since::Now, now), "list");
        assert!(whole.goes_on(3));
        // Its length is known once it was seen to the end.
        let number = whole.list();
        whole.arrived(number, now, 3, Vec::new());
        let later = Moment {
            at: now.at + FRESH,
            ..now
        };
        for _ in 1..6 {
            assert_eq!(next(&mut whole, Since::Now, later), "ask");
        }
        assert_eq!(next(&mut whole, Since::Now, later), "list");
    }

    #[test]
    fn a_listing_that_fails_twice_is_left_alone() {
        let (mut whole, now) = books(false);
        whole.failed(now.at);
        assert_eq!(next(&mut whole, Since::Now, now), "list");
        whole.failed(now.at);
        assert_eq!(next(&mut whole, Since::Now, now), "ask");
    }
}
