//! Who is told what, who asks for itself, and when the next look is due.

use super::super::trust::LEFT_ALONE;
use super::*;
use crate::api::Pace;

/// Seats, and a clock that starts with them.
struct Table {
    seats: Seats<String>,
    start: Instant,
}

fn page(keys: &[&str], next: Option<&str>) -> Page<Item<String>> {
    let item = |key: &&str| Item {
        key: (*key).to_owned(),
        is_deleted: false,
        seen: format!("{key} as seen"),
    };
    Page {
        has_more: Some(next.is_some()),
        next_page: next.map(str::to_owned),
        items: keys.iter().map(item).collect(),
        bytes: 0,
    }
}

fn told(key: &str) -> Step<String> {
    Step::Told(format!("{key} as seen"))
}

impl Table {
    fn new() -> Self {
        Self::with(true)
    }

    fn with(shared: bool) -> Self {
        Self {
            seats: Seats::new(Tempo::new(Pace::default()), shared),
            start: Instant::now(),
        }
    }

    fn at(&self, seconds: f64) -> Instant {
        self.start + Duration::from_secs_f64(seconds)
    }

    /// Takes a seat for a write that is answered then.
    fn take(&mut self, key: &str, seconds: f64) -> u64 {
        let mark = self.seats.mark(self.at(seconds));
        self.seats.take(key, mark)
    }

    fn step(&mut self, seat: u64, seconds: f64) -> Step<String> {
        self.seats.step(seat, self.at(seconds))
    }

    /// In how many seconds from the start a look is due.
    fn due(&self, seconds: f64) -> Option<f64> {
        let due = self.seats.due(self.at(seconds))?;
        Some((due - self.start).as_secs_f64())
    }

    /// A look that begins then and takes no time. Returns how many of the pages it asked for.
    fn look(&mut self, seconds: f64, pages: &[Page<Item<String>>]) -> usize {
        let mut looking = self.seats.look(self.at(seconds));
        for (number, page) in pages.iter().enumerate() {
            match self.seats.arrived(looking, page.clone()) {
                Some((on, cursor)) => {
                    assert_eq!(Some(&cursor), page.next_page.as_ref());
                    looking = on;
                }
                None => return number + 1,
            }
        }
        panic!("the look wants more than {} pages", pages.len());
    }

    fn fail(&mut self, seconds: f64, is_limited: bool) {
        let looking = self.seats.look(self.at(seconds));
        self.seats.failed(looking, is_limited, self.at(seconds));
    }
}

/// A table with so many seats, for `m1`, `m2` and so on, taken at its start; and which they are.
fn seated(count: usize) -> (Table, Vec<u64>) {
    let mut table = Table::new();
    let seats = (1..=count)
        .map(|number| table.take(&format!("m{number}"), 0.0))
        .collect();
    (table, seats)
}

#[test]
fn one_or_two_ask_for_themselves_at_a_growing_distance() {
    let (mut table, seats) = seated(2);
    let until = |table: &Table, seconds| Step::Sleep(table.at(seconds));
    assert_eq!(table.due(0.0), None);
    assert_eq!(table.step(seats[0], 0.0), until(&table, 2.0));
    assert_eq!(table.step(seats[0], 2.0), Step::Ask);
    assert_eq!(table.step(seats[0], 2.1), until(&table, 4.0));
    assert_eq!(table.step(seats[1], 42.0), Step::Ask);
    assert_eq!(table.step(seats[1], 42.0), until(&table, 45.0));
}

#[test]
fn three_wait_for_a_look() {
    let (mut table, seats) = seated(3);
    assert_eq!(table.step(seats[0], 99.0), Step::Look(None));
    assert_eq!(table.due(0.0), Some(2.0));
    table.look(2.0, &[page(&["m1", "m3", "other"], None)]);
    assert_eq!(table.step(seats[0], 2.1), told("m1"));
    // One look tells a seat one thing.
    assert_eq!(table.step(seats[0], 2.1), Step::Look(None));
    table.seats.leave(seats[1]);
    assert_eq!(table.due(2.1), None);
    assert_eq!(table.step(seats[2], 2.1), told("m3"));
    assert_eq!(table.step(seats[2], 2.1), Step::Sleep(table.at(4.0)));
}

#[test]
fn where_looks_are_not_shared_everyone_asks() {
    let mut table = Table::with(false);
    let seats: Vec<_> = ["a", "b", "c", "d"].iter().map(|key| table.take(key, 0.0)).collect();
    assert_eq!(table.due(0.0), None);
    assert_eq!(table.step(seats[3], 2.0), Step::Ask);
}

#[test]
fn a_look_that_began_before_the_answer_to_a_write_tells_nothing() {
    let (mut table, _) = seated(3);
    let looking = table.seats.look(table.at(2.0));
    let late = table.take("m4", 2.0);
    assert!(
        table
            .seats
            .arrived(looking, page(&["m1", "m2", "m3", "m4"], None))
            .is_none()
    );
    assert_eq!(table.step(late, 2.1), Step::Look(None));
    table.look(4.0, &[page(&["m4"], None)]);
    assert_eq!(table.step(late, 4.1), told("m4"));
}

#[test]
fn a_look_begun_since_the_answer_to_a_write_tells_one_who_sits_down_while_it_is_under_way() {
    let (mut table, _) = seated(3);
    let mark = table.seats.mark(table.at(1.0));
    let all = page(&["m1", "m2", "m3", "e1"], None);
    table.look(2.0, std::slice::from_ref(&all));
    let looking = table.seats.look(table.at(4.0));
    let late = table.seats.take("e1", mark);
    table.seats.wait(late);
    assert_eq!(table.step(late, 4.0), Step::Look(None));
    assert!(table.seats.arrived(looking, all).is_none());
    assert_eq!(table.step(late, 4.1), told("e1"));
    // What is over when it begins to wait once more is nothing new.
    table.look(6.0, &[page(&["e1"], None)]);
    table.seats.wait(late);
    assert_eq!(table.step(late, 5.9), Step::Look(None));
}

#[test]
fn what_a_look_lacks_or_calls_deleted_is_asked_for_singly() {
    let (mut table, seats) = seated(3);
    let mut listed = page(&["m1", "m2"], None);
    listed.items[1].is_deleted = true;
    table.look(2.0, &[listed]);
    assert_eq!(table.step(seats[0], 2.1), told("m1"));
    for seat in [seats[1], seats[2]] {
        assert_eq!(table.step(seat, 2.1), Step::Ask);
        // And not again before another look has told it nothing, nor sooner than if it were alone.
        assert_eq!(table.step(seat, 2.2), Step::Look(None));
    }
    table.look(4.0, &[page(&["m1", "m2"], None)]);
    assert_eq!(table.step(seats[1], 4.0), told("m2"));
    assert_eq!(table.step(seats[1], 4.2), Step::Look(None));
    assert_eq!(table.step(seats[2], 4.0), Step::Look(Some(table.at(4.1))));
    assert_eq!(table.step(seats[2], 4.1), Step::Ask);
}

#[test]
fn looks_go_by_the_youngest_wait_and_come_sooner_for_a_newcomer() {
    let (mut table, seats) = seated(3);
    let all = page(&["m1", "m2", "m3", "m4"], None);
    for seconds in [2.0, 140.0] {
        table.look(seconds, std::slice::from_ref(&all));
        for &seat in &seats {
            assert!(matches!(table.step(seat, seconds), Step::Told(_)));
        }
    }
    assert_eq!(table.due(140.0), Some(150.0));
    let newcomer = table.take("m4", 145.0);
    assert_eq!(table.due(145.0), Some(147.0));
    table.look(147.0, std::slice::from_ref(&all));
    assert_eq!(table.step(newcomer, 147.0), told("m4"));
    assert_eq!(table.due(147.0), Some(149.0));
    // Without it, it goes on as before.
    table.seats.leave(newcomer);
    assert_eq!(table.due(147.0), Some(157.5));
}

#[test]
fn one_whose_wait_is_old_when_it_sits_down_need_not_wait_for_a_first_look() {
    let mut table = Table::new();
    let mark = table.seats.mark(table.at(0.0));
    let seats = ["e1", "e2", "e3"].map(|key| table.seats.take(key, mark));
    assert_eq!(table.due(40.0), Some(2.0));
    table.look(40.0, &[page(&["e1", "e2", "e3"], None)]);
    assert_eq!(table.step(seats[0], 40.0), told("e1"));
    // Nor for the next look, since that is no sooner than if it were a newcomer; but for one that is due, or under way.
    let late = table.seats.take("e4", mark);
    assert_eq!(table.due(40.1), Some(42.0));
    assert_eq!(table.step(late, 40.1), Step::Ask);
    assert_eq!(table.step(late, 40.1), Step::Look(None));
    let late = table.seats.take("e5", mark);
    assert_eq!(table.step(late, 42.0), Step::Look(None));
    let looking = table.seats.look(table.at(42.0));
    assert_eq!(table.step(late, 42.1), Step::Look(None));
    assert!(table.seats.arrived(looking, page(&["e5"], None)).is_none());
    assert_eq!(table.step(late, 42.2), told("e5"));
    // One that began before the wait did is none that serves.
    let looking = table.seats.look(table.at(44.0));
    let newcomer = table.take("e6", 44.1);
    assert_eq!(table.step(newcomer, 46.09), Step::Look(None));
    assert_eq!(table.step(newcomer, 46.1), Step::Look(None));
    table.seats.failed(looking, true, table.at(46.1));
}

#[test]
fn a_look_ends_as_soon_as_all_were_seen() {
    let (mut table, _) = seated(8);
    let first = page(&["m1", "m2", "m3", "m4"], Some("x"));
    let second = page(&["m5", "m6", "m7", "m8"], Some("y"));
    assert_eq!(table.look(2.0, &[first, second]), 2);
}

#[test]
fn a_look_has_at_most_half_as_many_pages_as_there_are_seats() {
    for (count, most) in [(3, 1), (4, 2), (7, 3), (20, 10), (60, MOST_PAGES)] {
        let (mut table, seats) = seated(count);
        let cursors: Vec<_> = (0..40).map(|number| format!("x{number}")).collect();
        let pages: Vec<_> = cursors.iter().map(|cursor| page(&["other"], Some(cursor))).collect();
        assert_eq!(table.look(2.0, &pages), most, "{count}");
        assert_eq!(table.step(seats[0], 2.0), Step::Ask);
    }
}

#[test]
fn further_pages_are_read_once_for_one_who_is_not_there() {
    let (mut table, seats) = seated(10);
    let young: Vec<_> = (2..=10).map(|number| format!("m{number}")).collect();
    let young: Vec<_> = young.iter().map(String::as_str).collect();
    let mut pages = vec![page(&young, Some("0"))];
    pages.extend(["1", "2", "3", "4", "5"].map(|cursor| page(&["other"], Some(cursor))));
    assert_eq!(table.look(2.0, &pages), 5);
    assert_eq!(table.step(seats[0], 2.0), Step::Ask);
    assert_eq!(table.look(8.0, &pages), 1);
    assert_eq!(table.look(9.0, &pages), 1);
    // A newcomer is looked for as far as it may be.
    table.take("m11", 8.0);
    assert_eq!(table.look(10.0, &pages), 5);
    // With more who wait, more pages may be read; and one that was found stays so.
    table.take("m12", 10.0);
    pages[5] = page(&["m1", "m11", "m12"], Some("5"));
    assert_eq!(table.look(12.0, &pages), 6);
    assert_eq!(table.step(seats[0], 12.0), told("m1"));
    assert_eq!(table.look(14.0, &pages), 6);
    assert_eq!(table.step(seats[0], 14.0), told("m1"));
}

#[test]
fn one_whom_a_whole_listing_lacks_is_looked_for_on_no_further_page() {
    let (mut table, _) = seated(6);
    let five = ["m1", "m2", "m3", "m4", "m5"];
    assert_eq!(table.look(2.0, &[page(&five, None)]), 1);
    assert_eq!(table.look(4.0, &[page(&five, Some("x"))]), 1);
    // Nor on further pages of a listing that comes round.
    let (mut table, _) = seated(6);
    let round = page(&five, Some("x"));
    assert_eq!(table.look(2.0, &[round.clone(), round.clone()]), 2);
    assert_eq!(table.look(4.0, &[round]), 1);
}

#[test]
fn a_look_of_several_pages_is_followed_by_a_longer_pause() {
    let (mut table, seats) = seated(6);
    let first_two = [page(&["m1", "m2"], Some("x")), page(&["m3", "m4"], Some("y"))];
    table.look(2.0, &[first_two.as_slice(), &[page(&["m5", "m6"], None)]].concat());
    for seat in seats {
        assert!(matches!(table.step(seat, 2.0), Step::Told(_)));
    }
    assert_eq!(table.due(2.0), Some(5.0));
}

#[test]
fn further_pages_are_read_only_for_those_whose_waits_are_due() {
    let (mut table, old) = seated(3);
    table.look(280.0, &[page(&["m1", "m2", "m3"], None)]);
    for &seat in &old {
        assert!(matches!(table.step(seat, 280.0), Step::Told(_)));
    }
    let young = table.take("m4", 280.0);
    let pages = [page(&["m4", "m3"], Some("x")), page(&["m1", "m2"], None)];
    for (seconds, read) in [(282.0, 1), (291.9, 1), (292.1, 2), (294.1, 1)] {
        assert_eq!(table.look(seconds, &pages), read, "{seconds}");
        assert!(matches!(table.step(young, seconds), Step::Told(_)));
        let expected = if read == 2 { told("m1") } else { Step::Look(None) };
        assert_eq!(table.step(old[0], seconds), expected, "{seconds}");
        // Who is seen all the same hears of it.
        assert_eq!(table.step(old[2], seconds), told("m3"));
        table.step(old[1], seconds);
    }
}

#[test]
fn a_look_that_fails_leaves_each_to_ask_and_two_in_a_row_for_a_while() {
    let (mut table, seats) = seated(3);
    table.fail(2.0, false);
    assert_eq!(table.step(seats[0], 2.1), Step::Ask);
    assert_eq!(table.step(seats[0], 2.2), Step::Look(None));
    assert_eq!(table.due(2.2), Some(4.0));
    table.fail(4.0, false);
    assert_eq!(table.due(4.1), None);
    assert_eq!(table.step(seats[0], 4.1), Step::Ask);
    assert_eq!(table.step(seats[0], 4.2), Step::Sleep(table.at(6.1)));
    let over = 4.0 + LEFT_ALONE.as_secs_f64();
    assert_eq!(table.step(seats[0], over), Step::Look(None));
    assert!(table.due(over).is_some());
    table.look(over, &[page(&["m1", "m2", "m3"], None)]);
    assert_eq!(table.step(seats[0], over), told("m1"));
    assert_eq!(table.step(seats[0], over), Step::Look(None));
}

#[test]
fn what_a_look_saw_before_it_failed_counts() {
    let (mut table, seats) = seated(4);
    let looking = table.seats.look(table.at(2.0));
    let (looking, _) = table.seats.arrived(looking, page(&["m1"], Some("x"))).unwrap();
    table.seats.failed(looking, false, table.at(2.0));
    assert_eq!(table.step(seats[0], 2.1), told("m1"));
    assert_eq!(table.step(seats[1], 2.1), Step::Ask);
}

#[test]
fn the_distance_doubles_when_the_service_asks_for_fewer_requests() {
    let (mut table, seats) = seated(3);
    table.look(2.0, &[page(&["m1", "m2", "m3"], None)]);
    for &seat in &seats {
        assert!(matches!(table.step(seat, 2.0), Step::Told(_)));
    }
    table.fail(4.0, true);
    // Nobody asks for itself then; the next look comes later for all.
    assert_eq!(table.step(seats[0], 4.1), Step::Look(None));
    assert_eq!(table.due(4.1), Some(8.0));
    table.look(8.0, &[page(&["m1", "m2", "m3"], None)]);
    for &seat in &seats {
        assert!(matches!(table.step(seat, 8.0), Step::Told(_)));
    }
    assert_eq!(table.due(8.0), Some(10.0));
    for _ in 0..9 {
        table.fail(10.0, true);
    }
    let over = 10.0 + LEFT_ALONE.as_secs_f64();
    assert_eq!(table.due(over), Some(10.0 + 16.0));
}

#[test]
fn a_table_left_by_all_remembers_no_look() {
    let (mut table, seats) = seated(3);
    let mark = table.seats.mark(table.start);
    table.look(2.0, &[page(&["m1"], None)]);
    for seat in seats {
        table.seats.leave(seat);
    }
    let late = table.seats.take("m1", mark);
    assert_eq!(table.step(late, 2.1), Step::Ask);
    // Nor one that arrives after all have left.
    let looking = table.seats.look(table.at(2.5));
    table.seats.leave(late);
    assert!(table.seats.arrived(looking, page(&["m1"], None)).is_none());
    assert!(table.seats.latest.is_none());
}
