//! What a read does next, in every turn that a burst can take.

use std::time::Duration;

use super::super::trust::LEFT_ALONE;
use super::*;

type Books = Reads<&'static str>;

fn page(keys: &[&'static str], next: Option<&str>) -> Page<Item<&'static str>> {
    let item = |key: &&'static str| Item {
        key: (*key).to_owned(),
        is_deleted: false,
        seen: *key,
    };
    Page {
        has_more: Some(next.is_some()),
        next_page: next.map(str::to_owned),
        items: keys.iter().map(item).collect(),
        bytes: 0,
    }
}

fn list(after: Option<&str>) -> Step<&'static str> {
    Step::List(after.map(str::to_owned))
}

/// Books of objects that can be asked for singly, whose burst has had so many reads, and the moment of the last.
fn after(reads: u32) -> (Books, Moment) {
    begun(Reads::new(true), reads)
}

/// The same of objects that cannot.
fn after_listed(reads: u32) -> (Books, Moment) {
    begun(Reads::new(false), reads)
}

fn begun(mut books: Books, reads: u32) -> (Books, Moment) {
    let now = Moment {
        at: Instant::now(),
        writes: 0,
    };
    for number in 1..=reads {
        assert_eq!(books.begin(now.at), number);
    }
    (books, now)
}

fn later(now: Moment, by: Duration) -> Moment {
    Moment { at: now.at + by, ..now }
}

impl Books {
    /// What the read of that number does, where nothing was changed.
    fn next(&mut self, number: u32, key: &str, now: Moment) -> Step<&'static str> {
        self.step(number, key, now.at, 0)
    }

    fn page(&mut self, at: Moment, page: Page<Item<&'static str>>) {
        self.arrived(self.listing(), at, at.at, page);
    }
}

#[test]
fn the_first_reads_ask_by_themselves_and_further_ones_list() {
    let (mut books, now) = after(3);
    assert_eq!(books.next(1, "a", now), Step::Ask);
    assert_eq!(books.next(2, "b", now), Step::Ask);
    assert_eq!(books.next(3, "c", now), list(None));
    books.page(now, page(&["a", "c"], Some("x")));
    assert_eq!(books.next(3, "c", now), Step::Told("c"));
    // Even a read that would ask by itself takes what is there.
    assert_eq!(books.next(1, "a", now), Step::Told("a"));
    assert_eq!(books.next(3, "d", now), list(Some("x")));
}

#[test]
fn a_burst_ends_when_no_read_has_come_for_a_while() {
    let (mut books, now) = after(5);
    assert_eq!(books.begin(now.at + FRESH / 2), 6);
    assert_eq!(books.begin(now.at + FRESH / 2 + FRESH), 1);
}

#[test]
fn a_look_answers_once() {
    let (mut books, now) = after(5);
    books.page(now, page(&["a"], None));
    assert_eq!(books.next(3, "a", now), Step::Told("a"));
    assert_eq!(books.next(4, "a", now), Step::Ask);
}

#[test]
fn what_a_whole_listing_lacks_or_calls_deleted_is_missing() {
    let (mut books, now) = after(5);
    let mut listed = page(&["a", "b"], Some("x"));
    listed.items[1].is_deleted = true;
    books.page(now, listed);
    // Nothing is missing before the end.
    assert_eq!(books.next(3, "c", now), list(Some("x")));
    books.page(now, page(&["d"], None));
    assert_eq!(books.next(3, "c", now), Step::Missing);
    assert_eq!(books.next(4, "b", now), Step::Missing);
    // That, too, is said once.
    assert_eq!(books.next(3, "c", now), Step::Ask);
    assert_eq!(books.next(4, "b", now), Step::Ask);
}

#[test]
fn nothing_old_answers() {
    let (mut books, now) = after(9);
    books.page(now, page(&["a", "b"], Some("x")));
    let second = later(now, FRESH * 3 / 4);
    books.page(second, page(&["c", "d"], None));
    let third = later(now, FRESH);
    // The second page still holds, the first does not, and then the whole listing is begun anew.
    assert_eq!(books.next(5, "c", third), Step::Told("c"));
    assert_eq!(books.next(6, "a", third), list(None));
    assert_eq!(books.next(7, "d", third), list(None));
    // A listing whose last page is old tells nothing of what it lacks.
    let (mut books, now) = after(9);
    books.page(now, page(&[], None));
    assert_eq!(books.next(5, "a", later(now, FRESH)), list(None));
}

#[test]
fn a_page_that_was_long_on_its_way_tells_nothing() {
    let (mut books, now) = after(9);
    let late = later(now, FRESH);
    books.arrived(books.listing(), now, late.at, page(&["a"], None));
    assert_eq!(books.next(5, "a", late), list(None));
}

#[test]
fn nothing_from_before_a_change_of_the_object_answers_it() {
    let (mut books, now) = after(9);
    let changed = Moment { writes: 1, ..now };
    books.page(now, page(&["a", "b"], None));
    // Nor is anything missing that was changed since, while the others are told what they would have been.
    assert_eq!(books.step(5, "a", now.at, 1), Step::Ask);
    assert_eq!(books.step(5, "c", now.at, 1), Step::Ask);
    assert_eq!(books.next(5, "b", now), Step::Told("b"));
    // A look begun after the change is as good as any.
    let (mut books, _) = after(9);
    books.page(changed, page(&["a"], None));
    assert_eq!(books.step(5, "a", now.at, 1), Step::Told("a"));
    assert_eq!(books.step(5, "c", now.at, 1), Step::Missing);
}

#[test]
fn pages_are_no_more_than_reads() {
    let (mut books, now) = after(3);
    for cursor in ["x", "y", "z"] {
        assert!(matches!(books.next(3, "a", now), Step::List(_)));
        books.page(now, page(&[cursor], Some(cursor)));
    }
    assert_eq!(books.next(3, "a", now), Step::Ask);
    // Another read allows another page, which goes on where the last one ended.
    assert_eq!(books.begin(now.at), 4);
    assert_eq!(books.next(4, "a", now), list(Some("z")));
}

#[test]
fn a_listing_that_fails_twice_is_left_alone_for_a_while() {
    let (mut books, now) = after(9);
    books.page(now, page(&["a"], Some("x")));
    books.failed(now.at);
    assert_eq!(books.next(5, "b", now), list(Some("x")));
    books.failed(now.at);
    assert_eq!(books.next(5, "a", now), Step::Told("a"));
    assert_eq!(books.next(6, "b", now), Step::Ask);
    assert_eq!(books.next(6, "b", later(now, LEFT_ALONE / 2)), Step::Ask);
    assert_eq!(books.next(6, "b", later(now, LEFT_ALONE)), list(None));
}

#[test]
fn a_failed_page_is_one_of_those_allowed() {
    let (mut books, now) = after(3);
    for _ in 0..3 {
        books.page(now, page(&[], Some("x")));
        books.failed(now.at);
    }
    assert_eq!(books.next(3, "a", now), Step::Ask);
}

#[test]
fn a_listing_without_an_end_tells_of_nothing_that_it_is_missing() {
    for (mut books, now) in [after(9), after_listed(9)] {
        books.page(now, page(&["a"], Some("x")));
        books.page(now, page(&["b"], Some("x")));
        assert_eq!(books.next(5, "c", now), Step::Ask);
        assert_eq!(books.next(6, "b", now), Step::Told("b"));
    }
}

#[test]
fn a_page_of_an_older_listing_is_no_part_of_the_new_one() {
    let (mut books, now) = after_listed(2);
    books.page(now, page(&["a"], Some("x")));
    let old = books.listing();
    assert_eq!(books.next(1, "a", now), Step::Told("a"));
    // A second read of it begins anew, while the second page of the first listing is on its way.
    assert_eq!(books.next(2, "a", now), list(None));
    books.arrived(old, now, now.at, page(&["b"], None));
    assert_eq!(books.next(2, "b", now), list(None));
}

#[test]
fn who_cannot_ask_singly_lists_to_the_end() {
    let (mut books, now) = after_listed(1);
    assert_eq!(books.next(1, "c", now), list(None));
    for cursor in ["x", "y", "z"] {
        books.page(now, page(&[], Some(cursor)));
        assert_eq!(books.next(1, "c", now), list(Some(cursor)));
    }
    books.page(now, page(&["a", "b"], None));
    assert_eq!(books.next(1, "c", now), Step::Missing);
    assert_eq!(books.next(1, "a", now), Step::Told("a"));
    // The second time another listing answers, be it found or missing, and once more for what was changed.
    for key in ["c", "a"] {
        let (mut books, now) = after_listed(1);
        books.page(now, page(&["a", "b"], None));
        assert_ne!(books.next(1, key, now), list(None));
        assert_eq!(books.next(1, key, now), list(None));
    }
    assert_eq!(books.step(1, "b", now.at, 1), list(None));
    let changed = Moment { writes: 1, ..now };
    books.page(changed, page(&["a"], None));
    assert_eq!(books.step(1, "b", now.at, 2), list(None));
    books.page(changed, page(&["a"], None));
    assert_eq!(books.step(1, "b", now.at, 1), Step::Missing);
}

#[test]
fn who_cannot_ask_singly_does_without_a_listing_that_fails() {
    let (mut books, now) = after_listed(1);
    books.failed(now.at);
    assert_eq!(books.next(1, "a", now), list(None));
    books.failed(now.at);
    assert_eq!(books.next(1, "a", now), Step::Ask);
}
