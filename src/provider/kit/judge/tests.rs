//! The judge, in scripts: what is learnt at which second, and what comes of it.

use super::*;
use crate::api::Pace;
use crate::diag::Words;

const READY: Goal = Goal::at(&["ready"], "to be ready");
const OFF: Goal = Goal::at(&["off"], "to be off");

fn facts(word: &str) -> Facts {
    let rest = match word {
        "ready" => Rest::At("ready"),
        "off" => Rest::At("off"),
        "serviceready" => Rest::Near("ready"),
        "odd" => Rest::Unknown,
        _ => Rest::Moving,
    };
    Facts {
        key: "ps1".into(),
        name: None,
        created: None,
        deleted: (word == "deleted").then(|| "2024-01-01T00:00:00Z".parse().unwrap()),
        rest,
        word: word.into(),
    }
}

/// An event called by what it says; one whose id begins with `e` is as old as the wait, with `o` older.
fn event_facts(id: &str, says: &str) -> EventFacts {
    let (state, error, finished) = match says {
        "new" => ("new", None, false),
        "running" => ("in progress", None, false),
        "done" => ("done", None, true),
        "failed" => ("error", Some("No capacity."), true),
        "mute" => ("error", None, true),
        "dead" => ("error", None, false),
        "cancelled" => ("cancelled", None, false),
        "odd" => ("pondering", None, false),
        "odd-over" => ("pondered", None, true),
        "odd-failed" => ("pondered", Some("Too hard."), true),
        other => panic!("{other} is no state of an event here"),
    };
    let minute = if id.starts_with('o') { 0 } else { 1 };
    EventFacts {
        id: id.into(),
        name: id.contains("bill").then(|| "bill-sessions".into()),
        state: state.into(),
        error: error.map(Words::new),
        created: Some(format!("2024-01-01T00:0{minute}:00Z").parse().unwrap()),
        finished,
    }
}

fn told(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Reached => "reached".into(),
        Verdict::Gone => "gone".into(),
        Verdict::Failed(Why::Event(event)) => format!("failed {}", event.id),
        Verdict::Failed(Why::Stays(word)) => format!("stays {word}"),
        Verdict::Next(Need::Object) => "object".into(),
        Verdict::Next(Need::OwnGet) => "own".into(),
        Verdict::Next(Need::Event(id)) => format!("event {id}"),
        Verdict::Next(Need::Events) => "events".into(),
    }
}

fn past(events: &[&str]) -> Past {
    let events = events.iter().map(|event| {
        let (id, says) = event.split_once(' ').unwrap();
        event_facts(id, says)
    });
    Past::new(Patience::of(Pace::default()), events.collect())
}

/// Plays a script. A line is `SECOND own|shared STATE -> VERDICT`, `SECOND EVENT SAYS -> VERDICT`, or
/// `SECOND all EVENT SAYS, EVENT SAYS -> VERDICT`; `none` stands for what is not there.
#[track_caller]
fn play(mut past: Past, goal: Goal, script: &str) {
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (learnt, expected) = line.split_once(" -> ").unwrap();
        let (second, learnt) = learnt.split_once(' ').unwrap();
        let (source, what) = learnt.split_once(' ').unwrap();
        let at = Duration::from_secs_f64(second.parse().unwrap());
        let seen = (what != "none").then(|| facts(what));
        let verdict = match source {
            "own" => judge(&mut past, News::Own(seen.as_ref()), goal, at),
            "shared" => judge(&mut past, News::Shared(seen.as_ref()), goal, at),
            "all" => {
                let events = what.split(", ").filter_map(|event| event.split_once(' '));
                let events: Vec<_> = events.map(|(id, says)| event_facts(id, says)).collect();
                judge(&mut past, News::Events(&events), goal, at)
            }
            id => {
                let event = (what != "none").then(|| event_facts(id, what));
                judge(&mut past, News::Event(id, event.as_ref()), goal, at)
            }
        };
        assert_eq!(told(&verdict), expected, "{line}");
    }
}

#[test]
fn only_an_own_look_made_after_the_event_was_seen_over_ends_a_wait_well() {
    play(
        past(&["e1 new"]),
        READY,
        "2 own starting -> object
         4 own ready -> event e1
         4 e1 running -> object
         6 own ready -> event e1
         6 e1 done -> own
         6 own ready -> reached",
    );
    play(
        past(&["e1 new"]),
        READY,
        "2 shared starting -> object
         4 shared ready -> event e1
         4 e1 done -> own
         4 own starting -> object
         6 shared ready -> own
         6 own ready -> reached",
    );
}

#[test]
fn without_events_the_object_decides_alone() {
    play(past(&[]), READY, "0 own ready -> reached");
    play(past(&[]), READY, "0 shared ready -> own\n0 own ready -> reached");
    play(past(&[]), READY, "0 own starting -> object\n2 own ready -> reached");
    play(past(&[]), Goal::REST, "0 own off -> reached");
    play(past(&[]), Goal::REST, "0 own ready -> reached");
    play(past(&[]), Goal::REST, "0 own restarting -> object");
    play(past(&[]), Goal::OVER, "0 own restarting -> reached");
}

#[test]
fn an_event_that_was_over_when_it_was_answered_is_over() {
    play(past(&["e1 done"]), READY, "2 own ready -> reached");
    play(past(&["e1 failed"]), READY, "2 own ready -> failed e1");
    play(past(&["e1 failed"]), READY, "2 own none -> failed e1");
    play(past(&["e1 done"]), Goal::GONE, "2 own ready -> gone");
}

#[test]
fn what_each_event_says_and_what_comes_of_it_while_the_object_holds_the_goal() {
    for (says, verdict) in [
        ("new", "object"),
        ("running", "object"),
        ("done", "own"),
        ("failed", "failed e1"),
        ("mute", "own"),
        ("dead", "failed e1"),
        ("cancelled", "failed e1"),
        ("odd", "object"),
        ("odd-over", "own"),
        ("odd-failed", "own"),
        ("none", "object"),
    ] {
        play(
            past(&["e1 new"]),
            READY,
            &format!("2 own starting -> object\n4 own ready -> event e1\n4 e1 {says} -> {verdict}"),
        );
    }
}

#[test]
fn after_a_failure_without_a_reason_the_object_decides_over_some_looks() {
    play(
        past(&["e1 new"]),
        READY,
        "2 own off -> event e1
         2 e1 mute -> own
         2 own starting -> object
         9 own ready -> reached",
    );
    for says in ["mute", "odd-failed"] {
        play(
            past(&["e1 new"]),
            READY,
            &format!(
                "2 own off -> event e1
                 2 e1 {says} -> own
                 2 own off -> object
                 4 own off -> object
                 6 own off -> object
                 8 own off -> object
                 11 own off -> object
                 13 own off -> failed e1"
            ),
        );
    }
}

#[test]
fn an_event_that_ended_in_a_state_that_nobody_knows_ends_well_where_the_goal_is_held() {
    play(
        past(&["e1 new"]),
        READY,
        "2 own starting -> object
         4 own ready -> event e1
         4 e1 odd-over -> own
         4 own ready -> object
         8 own ready -> object
         10 own ready -> reached",
    );
    play(
        past(&["e1 odd-over"]),
        READY,
        "2 own off -> object
         100 own off -> object
         150 own off -> object
         200 own off -> object
         250 own off -> object
         301 own off -> object
         302 own off -> stays off",
    );
}

#[test]
fn an_event_that_never_ends_gives_way_to_the_goal_that_was_come_to() {
    for says in ["new", "running", "odd"] {
        play(
            past(&["e1 new"]),
            READY,
            &format!(
                "2 own starting -> object
                 4 own ready -> event e1
                 4 e1 {says} -> object
                 10 own ready -> event e1
                 10 e1 {says} -> object
                 16 own ready -> event e1
                 16 e1 {says} -> object
                 23 own ready -> event e1
                 23 e1 {says} -> object
                 24 own ready -> event e1
                 24 e1 {says} -> own
                 24 own ready -> reached"
            ),
        );
    }
}

#[test]
fn a_goal_that_was_held_all_along_may_be_left_yet() {
    play(
        past(&["e1 new"]),
        OFF,
        "2 own off -> event e1
         2 e1 new -> object
         60 own off -> event e1
         60 e1 new -> object
         120 own off -> event e1
         120 e1 new -> object
         180 own off -> event e1
         180 e1 new -> object
         240 own off -> event e1
         240 e1 new -> object
         301 own off -> event e1
         301 e1 new -> object
         302 own off -> event e1
         302 e1 new -> own
         302 own off -> reached",
    );
    play(
        past(&["e1 new"]),
        OFF,
        "2 own off -> event e1
         2 e1 running -> object
         4 own upgrading -> object
         6 own off -> event e1
         6 e1 running -> object
         8 own off -> event e1
         8 e1 done -> own
         8 own off -> reached",
    );
}

#[test]
fn an_own_look_that_contradicts_a_shared_one_is_believed() {
    play(
        past(&["e1 new"]),
        READY,
        "2 shared starting -> object
         4 shared ready -> event e1
         4 e1 running -> object
         24 shared ready -> event e1
         24 e1 running -> object
         25 shared ready -> event e1
         25 e1 running -> object
         26 shared ready -> event e1
         26 e1 running -> own
         26 own starting -> object",
    );
}

#[test]
fn an_event_that_is_missing_leaves_the_object_to_decide() {
    play(
        past(&["e1 new"]),
        READY,
        "2 own ready -> event e1
         2 e1 none -> object
         4 own ready -> event e1
         4 e1 none -> object
         6 own ready -> event e1
         6 e1 none -> own
         6 own ready -> object
         8 own ready -> object
         12 own ready -> reached",
    );
    // It was only late.
    play(
        past(&["e1 new"]),
        OFF,
        "2 own off -> event e1
         2 e1 none -> object
         4 own off -> event e1
         4 e1 none -> object
         6 own off -> event e1
         6 e1 running -> object
         8 own off -> event e1
         8 e1 none -> object
         10 own off -> event e1
         10 e1 none -> object",
    );
}

#[test]
fn a_new_object_may_be_absent_for_a_while() {
    let mut script = String::new();
    for look in 1..=20 {
        script += &format!("{} own none -> object\n", look * 2);
    }
    play(
        past(&[]).of_new(),
        READY,
        &(script.clone() + "42 own starting -> object\n44 own ready -> reached"),
    );
    play(
        past(&[]).of_new(),
        READY,
        &(script + "61 own none -> object\n62 own none -> gone"),
    );
    play(
        past(&["e1 new"]).of_new(),
        READY,
        "2 own none -> event e1\n2 e1 failed -> failed e1",
    );
    play(
        past(&["e1 new"]).of_new(),
        READY,
        "2 own none -> event e1\n2 e1 done -> own\n2 own none -> object\n4 own none -> object",
    );
}

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
