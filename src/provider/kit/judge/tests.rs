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

mod further;
