//! What the reader knows and what it therefore does next: pure, the time and the count of changes come in.
//!
//! A read that stands alone costs one request, so the first reads of a burst are made by themselves; how many there will
//! be is not known then, nor how many pages the listing has. Of those that follow, each allows one page more to be asked
//! for. So however many machines the team has besides, a burst never costs more than twice the requests of asking one by
//! one, and where the reads are many, it costs the pages of the listing and little else.

use std::collections::{HashMap, HashSet};

use tokio::time::Instant;

use super::{FRESH, Moment, is_left_alone};
use crate::api::{Machine, Page};

/// How many reads of a burst are made by themselves before a listing is begun.
const ALONE: u32 = 2;

/// What a read does next.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// This is its answer.
    Answer(Box<Machine>),
    /// It asks for its machine by itself.
    Ask,
    /// It waits for the next page of the listing, or asks for it: the first page, or the one after this.
    List(Option<String>),
}

/// The books of a reader.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// How many reads the burst has had so far.
    reads: u32,
    /// When the last of them began.
    last_read: Option<Instant>,
    /// How many pages were asked for in it.
    pages: u32,
    listing: Listing,
    /// When it became known that the last page asked for does not come.
    failed: Option<Instant>,
}

/// A listing on its way, or at its end.
#[derive(Debug, Default)]
struct Listing {
    /// The machines seen, each with when its page was asked for. A look answers one read and is gone.
    seen: HashMap<String, (Moment, Machine)>,
    /// When the last page was asked for.
    last_page: Option<Moment>,
    next: Next,
    /// The cursors followed, so that a listing that comes round is noticed.
    followed: HashSet<String>,
}

/// Where a listing goes on.
#[derive(Debug, Default, PartialEq)]
enum Next {
    #[default]
    First,
    After(String),
    /// Nowhere: all pages were seen, or the listing cannot be followed.
    Nowhere,
}

impl Ledger {
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

    /// What the read of that number does next. An answer that is given is taken out of the books.
    pub(super) fn step(&mut self, number: u32, id: &str, now: Moment) -> Step {
        if !self.listing.last_page.is_none_or(|page| page.is_fresh(now)) {
            self.listing = Listing::default();
        }
        match self.listing.seen.remove(id) {
            Some((asked, _)) if !asked.is_fresh(now) => self.listing = Listing::default(),
            Some((_, machine)) if machine.is_deleted() => return Step::Ask,
            Some((_, machine)) => return Step::Answer(Box::new(machine)),
            None => {}
        }
        if number <= ALONE || self.pages >= self.reads || is_left_alone(self.failed, now.at) {
            return Step::Ask;
        }
        match &self.listing.next {
            Next::First => Step::List(None),
            Next::After(cursor) => Step::List(Some(cursor.clone())),
            Next::Nowhere => Step::Ask,
        }
    }

    /// Enters a page that was asked for at a moment and has now arrived.
    pub(super) fn arrived(&mut self, asked: Moment, now: Moment, page: Page<Machine>) {
        self.pages += 1;
        self.failed = None;
        if !asked.is_fresh(now) {
            // Something was changed, or the page was very long on its way: it tells nothing.
            self.listing = Listing::default();
            return;
        }
        self.listing.last_page = Some(asked);
        self.listing.next = match page.next(&mut self.listing.followed) {
            Ok(Some(cursor)) => Next::After(cursor),
            Ok(None) | Err(_) => Next::Nowhere,
        };
        let seen = page.items.into_iter();
        self.listing
            .seen
            .extend(seen.map(|machine| (machine.id.clone(), (asked, machine))));
    }

    /// Gives the listing up for a while, from when that became known, and whatever is changed meanwhile. What was seen of
    /// it still holds.
    pub(super) fn failed(&mut self, known: Instant) {
        self.pages += 1;
        self.failed = Some(known);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::{super::LEFT_ALONE, *};

    fn machine(id: &str) -> Machine {
        let fields = json!({"id": id, "name": id, "state": "ready", "machineType": "C5", "region": "ny2"});
        crate::api::answer::read(&fields).unwrap()
    }

    fn page(ids: &[&str], next: Option<&str>) -> Page<Machine> {
        Page {
            has_more: Some(next.is_some()),
            next_page: next.map(str::to_owned),
            items: ids.iter().map(|id| machine(id)).collect(),
        }
    }

    fn answer(id: &str) -> Step {
        Step::Answer(Box::new(machine(id)))
    }

    /// A ledger whose burst has had so many reads, and the moment of the last.
    fn after(reads: u32) -> (Ledger, Moment) {
        let mut ledger = Ledger::default();
        let now = Moment {
            at: Instant::now(),
            writes: 0,
        };
        for number in 1..=reads {
            assert_eq!(ledger.begin(now.at), number);
        }
        (ledger, now)
    }

    fn later(now: Moment, by: Duration) -> Moment {
        Moment { at: now.at + by, ..now }
    }

    #[test]
    fn the_first_reads_ask_by_themselves_and_further_ones_list() {
        let (mut ledger, now) = after(3);
        assert_eq!(ledger.step(1, "a", now), Step::Ask);
        assert_eq!(ledger.step(2, "b", now), Step::Ask);
        assert_eq!(ledger.step(3, "c", now), Step::List(None));
        ledger.arrived(now, now, page(&["a", "c"], Some("x")));
        assert_eq!(ledger.step(3, "c", now), answer("c"));
        // Even a read that would ask by itself takes what is there.
        assert_eq!(ledger.step(1, "a", now), answer("a"));
        assert_eq!(ledger.step(3, "d", now), Step::List(Some("x".into())));
    }

    #[test]
    fn a_burst_ends_when_no_read_has_come_for_a_while() {
        let (mut ledger, now) = after(5);
        assert_eq!(ledger.begin(now.at + FRESH / 2), 6);
        assert_eq!(ledger.begin(now.at + FRESH / 2 + FRESH), 1);
    }

    #[test]
    fn a_look_answers_once() {
        let (mut ledger, now) = after(5);
        ledger.arrived(now, now, page(&["a"], None));
        assert_eq!(ledger.step(3, "a", now), answer("a"));
        assert_eq!(ledger.step(4, "a", now), Step::Ask);
    }

    #[test]
    fn what_a_whole_listing_lacks_or_calls_deleted_is_asked_for() {
        let (mut ledger, now) = after(5);
        let mut listed = page(&["a", "b"], None);
        listed.items[1].dt_deleted = Some("2024-04-30T15:51:24.565Z".into());
        ledger.arrived(now, now, listed);
        assert_eq!(ledger.step(3, "missing", now), Step::Ask);
        assert_eq!(ledger.step(4, "b", now), Step::Ask);
    }

    #[test]
    fn nothing_old_answers() {
        let (mut ledger, now) = after(9);
        ledger.arrived(now, now, page(&["a", "b"], Some("x")));
        let second = later(now, FRESH * 3 / 4);
        ledger.arrived(second, second, page(&["c", "d"], None));
        let third = later(now, FRESH);
        // The second page still holds, the first does not, and then the whole listing is begun anew.
        assert_eq!(ledger.step(5, "c", third), answer("c"));
        assert_eq!(ledger.step(6, "a", third), Step::List(None));
        assert_eq!(ledger.step(7, "d", third), Step::List(None));
    }

    #[test]
    fn nothing_from_before_a_change_answers() {
        let (mut ledger, now) = after(9);
        let changed = Moment { writes: 1, ..now };
        ledger.arrived(now, now, page(&["a"], None));
        assert_eq!(ledger.step(5, "a", changed), Step::List(None));
        // Nor does a page that was under way meanwhile.
        ledger.arrived(now, changed, page(&["a"], None));
        assert_eq!(ledger.step(5, "a", changed), Step::List(None));
        ledger.arrived(changed, changed, page(&["a"], None));
        assert_eq!(ledger.step(5, "a", changed), answer("a"));
    }

    #[test]
    fn pages_are_no_more_than_reads() {
        let (mut ledger, now) = after(3);
        for cursor in ["x", "y", "z"] {
            assert!(matches!(ledger.step(3, "a", now), Step::List(_)));
            ledger.arrived(now, now, page(&[cursor], Some(cursor)));
        }
        assert_eq!(ledger.step(3, "a", now), Step::Ask);
        // Another read allows another page, which goes on where the last one ended.
        assert_eq!(ledger.begin(now.at), 4);
        assert_eq!(ledger.step(4, "a", now), Step::List(Some("z".into())));
    }

    #[test]
    fn a_failed_listing_is_left_alone_for_a_while() {
        let (mut ledger, now) = after(9);
        ledger.arrived(now, now, page(&["a"], Some("x")));
        ledger.failed(now.at);
        assert_eq!(ledger.step(5, "a", now), answer("a"));
        assert_eq!(ledger.step(6, "b", now), Step::Ask);
        let changed = Moment { writes: 1, ..now };
        assert_eq!(ledger.step(6, "b", later(changed, LEFT_ALONE / 2)), Step::Ask);
        assert_eq!(ledger.step(6, "b", later(changed, LEFT_ALONE)), Step::List(None));
    }

    #[test]
    fn a_listing_without_an_end_is_one_that_failed() {
        let (mut ledger, now) = after(9);
        ledger.arrived(now, now, page(&["a"], Some("x")));
        ledger.arrived(now, now, page(&["b"], Some("x")));
        assert_eq!(ledger.step(5, "c", now), Step::Ask);
        assert_eq!(ledger.step(6, "b", now), answer("b"));
    }
}
