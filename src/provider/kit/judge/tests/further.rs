//! More rules of waits: what follows once the object or its events were seen.

use super::*;

#[test]
fn an_object_that_was_seen_is_gone_after_a_few_looks_or_with_proof_at_once() {
    let lost = "4 own none -> object\n6 own none -> object\n8 own none -> gone";
    play(past(&[]).of_new(), READY, &format!("2 own starting -> object\n{lost}"));
    play(past(&[]), READY, lost);
    play(
        past(&[]),
        READY,
        "4 own none -> object\n6 own starting -> object\n8 own none -> object\n10 own none -> object",
    );
    play(past(&[]).of_new(), READY, "2 own deleted -> gone");
}

#[test]
fn nothing_is_concluded_from_what_a_shared_look_lacks_or_calls_deleted() {
    for goal in [READY, Goal::GONE] {
        play(past(&[]), goal, "2 shared none -> own");
        play(past(&[]), goal, "2 shared deleted -> own");
    }
    // A new object seen by others only is still new.
    let mut script = "2 shared starting -> object\n".to_owned();
    for look in 1..=5 {
        script += &format!("{} own none -> object\n", 2 + look * 2);
    }
    play(past(&[]).of_new(), READY, &script);
}

#[test]
fn what_stays_elsewhere_after_everything_is_over_has_failed_within_a_minute() {
    play(
        past(&["e1 new"]),
        READY,
        "2 own off -> event e1
         2 e1 running -> object
         600 own off -> event e1
         600 e1 done -> own
         600 own off -> object
         615 own off -> object
         630 own off -> object
         644 own off -> object
         645 own off -> stays off",
    );
    // Shared looks only give reason to ask.
    play(
        past(&["e1 done"]),
        READY,
        "2 shared off -> object
         20 shared off -> object
         40 shared off -> object
         50 shared off -> own
         50 own starting -> object",
    );
    // It sets out in between.
    play(
        past(&["e1 done"]),
        READY,
        "2 own off -> object
         20 own off -> object
         40 own starting -> object
         42 own off -> object
         60 own off -> object
         70 own off -> object",
    );
}

#[test]
fn without_an_event_that_is_over_what_stays_elsewhere_is_given_longer() {
    play(
        past(&[]),
        READY,
        "0 own off -> object
         60 own off -> object
         120 own off -> object
         180 own off -> object
         240 own off -> object
         299 own off -> object
         300 own off -> stays off",
    );
}

#[test]
fn what_is_about_to_be_there_counts_once_it_was_held_for_long() {
    play(
        past(&["e1 done"]),
        READY,
        "2 own serviceready -> object
         60 own serviceready -> object
         120 own serviceready -> object
         180 own serviceready -> object
         240 own serviceready -> object
         301 own serviceready -> object
         302 own serviceready -> reached",
    );
    play(past(&["e1 done"]), OFF, "2 own serviceready -> object");
}

#[test]
fn a_state_that_nobody_knows_is_no_goal_except_for_rest_after_long() {
    let script = |end| {
        format!(
            "0 own odd -> object
             60 own odd -> object
             120 own odd -> object
             180 own odd -> object
             240 own odd -> object
             300 own odd -> {end}"
        )
    };
    play(past(&[]), READY, &script("object"));
    play(past(&[]), Goal::GONE, &script("object"));
    play(past(&[]), Goal::REST, &script("reached"));
}

#[test]
fn while_it_is_on_its_way_events_are_looked_at_once_a_minute() {
    play(
        past(&["e1 new"]),
        READY,
        "2 own starting -> object
         59 own starting -> object
         60 own starting -> event e1
         60 e1 running -> object
         119 own starting -> object
         120 own starting -> event e1
         120 e1 done -> object
         500 own starting -> object",
    );
}

#[test]
fn a_change_that_needs_no_rest_waits_for_its_event_and_not_for_ever() {
    play(
        past(&["e1 new"]),
        Goal::OVER,
        "2 own restarting -> event e1
         2 e1 done -> own
         2 own restarting -> reached",
    );
    play(
        past(&["e1 new"]),
        Goal::OVER,
        "2 own odd -> event e1
         2 e1 new -> object
         60 own odd -> event e1
         60 e1 new -> object
         120 own odd -> event e1
         120 e1 new -> object
         180 own odd -> event e1
         180 e1 new -> object
         240 own odd -> event e1
         240 e1 new -> object
         302 own odd -> event e1
         302 e1 new -> own
         302 own odd -> reached",
    );
}

#[test]
fn all_events_of_one_write_count() {
    play(
        past(&["e1 new", "e2 new"]),
        READY,
        "2 own ready -> event e1
         2 e1 done -> event e2
         2 e2 running -> object
         4 own ready -> event e2
         4 e2 done -> own
         4 own ready -> reached",
    );
    play(
        past(&["e1 done", "e2 new"]),
        READY,
        "2 own ready -> event e2\n2 e2 failed -> failed e2",
    );
    play(
        past(&["e1 mute", "e2 new"]),
        READY,
        "2 own off -> event e2\n2 e2 running -> object",
    );
}

#[test]
fn events_that_came_with_the_first_are_looked_for_and_count() {
    play(
        past(&["e1 new"]).with_siblings(),
        OFF,
        "2 own upgrading -> object
         4 own off -> event e1
         4 e1 done -> events
         4 all e1 done, e2 running, o3 running, e4 done, e5bill running -> object
         6 own off -> event e2
         6 e2 done -> events
         6 all e1 done, e2 done -> own
         6 own off -> reached",
    );
    play(
        past(&["e1 new"]).with_siblings(),
        OFF,
        "4 own off -> event e1
         4 e1 done -> events
         4 all e2 running -> object
         6 own off -> event e2
         6 e2 failed -> failed e2",
    );
    // The look at the object that was made first also leads there.
    play(
        past(&["e1 done"]).with_siblings(),
        OFF,
        "4 own off -> events
         4 all e1 done -> own
         4 own off -> reached",
    );
    play(past(&[]).with_siblings(), OFF, "0 own off -> reached");
}

#[test]
fn an_object_that_is_deleted_is_waited_for_until_it_is_gone() {
    play(past(&[]), Goal::GONE, "0 own none -> gone");
    play(past(&[]), Goal::GONE, "0 own deleted -> gone");
    play(
        past(&["e1 new"]),
        Goal::GONE,
        "2 own stopping -> object
         4 own off -> event e1
         4 e1 done -> gone",
    );
    play(
        past(&["e1 new"]),
        Goal::GONE,
        "2 own off -> event e1\n2 e1 failed -> failed e1",
    );
    play(
        past(&["e1 new"]),
        Goal::GONE,
        "2 own off -> event e1
         2 e1 mute -> own
         2 own off -> object
         4 own off -> object
         6 own off -> object
         8 own off -> object
         13 own off -> failed e1",
    );
    play(past(&["e1 failed"]), Goal::GONE, "2 own none -> gone");
}

#[test]
fn an_event_that_is_not_waited_for_says_nothing() {
    play(
        past(&["e1 new"]),
        READY,
        "2 own ready -> event e1\n2 e9 failed -> event e1",
    );
}

#[test]
fn the_events_are_kept_as_they_were_last_seen() {
    let mut past = past(&["e1 new"]);
    let event = event_facts("e1", "running");
    judge(&mut past, News::Event("e1", Some(&event)), READY, Duration::ZERO);
    judge(&mut past, News::Event("e1", None), READY, Duration::ZERO);
    assert_eq!(past.events().collect::<Vec<_>>(), [&event]);
}
