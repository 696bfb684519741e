//! The rules of planning, each over every nesting.

use super::super::toys::{In, NESTINGS, Say, block, object, text};
use super::*;
use crate::value::Type;

fn same_ignoring_case(a: &Value, b: &Value) -> bool {
    matches!((a.as_str(), b.as_str()), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b))
}

/// One attribute, its prior and its configured value, and what is planned. An empty text is null and `?` unknown.
struct Row {
    say: Say,
    prior: &'static str,
    config: &'static str,
    planned: &'static str,
}

fn row(say: Say, prior: &'static str, config: &'static str, planned: &'static str) -> Row {
    Row {
        say,
        prior,
        config,
        planned,
    }
}

fn rows() -> Vec<Row> {
    let required: Say = |a| a.required();
    let optional: Say = |a| a.optional();
    let computed: Say = |a| a.computed();
    let both: Say = |a| a.computed().optional();
    let default: Say = |a| a.default_value(Value::string("d"));
    let equal: Say = |a| a.required().same_if(same_ignoring_case);
    // Nobody is asked whether nothing, or what is not known, means the same.
    let anything: Say = |a| a.required().same_if(|_, _| true);
    let write_only: Say = |a| a.required().write_only();
    vec![
        row(required, "a", "b", "b"),
        row(required, "a", "?", "?"),
        row(optional, "a", "", ""),
        row(optional, "a", "b", "b"),
        row(computed, "a", "", "a"),
        // What only the provider can tell takes nothing from a configuration.
        row(computed, "a", "b", "a"),
        row(computed, "a", "?", "a"),
        row(both, "a", "", "a"),
        row(both, "a", "b", "b"),
        row(both, "a", "?", "?"),
        row(default, "a", "", "d"),
        row(default, "a", "b", "b"),
        row(equal, "a", "A", "a"),
        row(equal, "a", "b", "b"),
        row(equal, "a", "?", "?"),
        row(equal, "", "A", "A"),
        row(anything, "a", "b", "a"),
        row(anything, "", "b", "b"),
        row(anything, "a", "?", "?"),
        row(write_only, "", "secret", ""),
        row(write_only, "", "?", ""),
    ]
}

#[test]
fn a_value_is_planned_by_its_rules() {
    for Row {
        say,
        prior,
        config,
        planned,
    } in rows()
    {
        let block = block(vec![text("x", say)]);
        assert_eq!(
            propose(&block, &object([("x", prior)]), &object([("x", config)])),
            object([("x", planned)]),
            "{prior:?}, {config:?}"
        );
    }
}

/// An element of a list or a map goes on from the prior one at its place. One of a set goes on from a prior one that the
/// configuration can have come from: so a second attribute, which is the same before and after, stands beside.
#[test]
fn a_nested_value_is_planned_by_its_rules() {
    for nesting in NESTINGS {
        for Row {
            say,
            prior,
            config,
            planned,
        } in rows()
        {
            let block = nesting.block(vec![text("x", say), text("same", |a| a.required())]);
            let nested = |x| nesting.value(object([("x", x), ("same", "s")]));
            let is_set = !nesting.has_paths();
            let continues = config.is_empty() || prior == config;
            if is_set && !continues {
                continue;
            }
            assert_eq!(
                propose(&block, &nested(prior), &nested(config)),
                nested(planned),
                "{nesting:?}: {prior:?}, {config:?}"
            );
        }
    }
}

#[test]
fn a_new_object_has_unknown_computed_values_at_every_depth() {
    for nesting in NESTINGS {
        let attributes = vec![
            text("given", |a| a.required()),
            text("open", |a| a.computed().optional()),
            text("told", |a| a.computed()),
            text("left_out", |a| a.optional()),
        ];
        let block = nesting.block(attributes);
        let config = nesting.value(object([("given", "g"), ("open", ""), ("told", ""), ("left_out", "")]));
        let planned = nesting.value(object([("given", "g"), ("open", "?"), ("told", "?"), ("left_out", "")]));
        assert_eq!(propose(&block, &Value::Null, &config), planned, "{nesting:?}");
        // An element that was not there before is as new as a whole object.
        let before = empty(nesting);
        assert_eq!(propose(&block, &before, &config), planned, "{nesting:?}");
    }
}

/// The same place with nothing in it.
fn empty(nesting: In) -> Value {
    let inner = match nesting.value(Value::Null).get("inner") {
        Some(Value::List(_)) => Value::List(Vec::new()),
        Some(Value::Set(_)) => Value::Set(Vec::new()),
        Some(Value::Map(_)) => Value::Map(BTreeMap::new()),
        _ => Value::Null,
    };
    Value::object([("inner", inner)])
}

#[test]
fn what_is_not_configured_or_not_known_as_a_whole_is_echoed() {
    for nesting in NESTINGS {
        let block = nesting.block(vec![text("x", |a| a.required())]);
        let prior = nesting.value(object([("x", "a")]));
        for config in [empty(nesting), Value::object([("inner", Value::unknown())])] {
            assert_eq!(propose(&block, &prior, &config), config, "{nesting:?}");
            assert!(replacements(&block, &prior, &config).is_empty());
        }
    }
}

#[test]
fn a_value_follows_others_and_those_that_follow_them() {
    let attributes = || {
        vec![
            text("kind", |a| a.required()),
            text("size", |a| a.computed().follows(&["kind"])),
            text("price", |a| a.computed().follows(&["size"])),
            text("note", |a| a.computed().optional().follows(&["kind"])),
            text("id", |a| a.computed()),
        ]
    };
    let all = |kind, size, price, note| {
        object([
            ("kind", kind),
            ("size", size),
            ("price", price),
            ("note", note),
            ("id", "i"),
        ])
    };
    let block = block(attributes());
    let config = |kind, note| object([("kind", kind), ("size", ""), ("price", ""), ("note", note), ("id", "")]);
    let prior = all("k", "s", "p", "n");
    for (config, planned) in [
        (config("k", ""), all("k", "s", "p", "n")),
        (config("l", ""), all("l", "?", "?", "?")),
        (config("?", ""), all("?", "?", "?", "?")),
        (config("l", "n"), all("l", "?", "?", "n")),
        (config("k", "m"), all("k", "s", "p", "m")),
    ] {
        assert_eq!(propose(&block, &prior, &config), planned);
    }
    for nesting in NESTINGS.into_iter().filter(|nesting| nesting.has_paths()) {
        let block = nesting.block(attributes());
        assert_eq!(
            propose(
                &block,
                &nesting.value(all("k", "s", "p", "n")),
                &nesting.value(config("l", ""))
            ),
            nesting.value(all("l", "?", "?", "?")),
            "{nesting:?}"
        );
    }
}

#[test]
fn an_object_is_replaced_for_a_change_that_needs_it_and_never_for_a_null() {
    let replaces: Say = |a| a.required().replaces();
    let adopts: Say = |a| a.optional().replaces().adopted();
    let stays: Say = |a| a.required();
    for (say, prior, planned, expected) in [
        (replaces, "a", "a", false),
        (replaces, "a", "b", true),
        (replaces, "a", "?", true),
        (replaces, "", "b", true),
        (replaces, "a", "", false),
        (adopts, "a", "b", true),
        (adopts, "a", "?", true),
        (adopts, "", "b", false),
        (adopts, "", "?", false),
        (adopts, "a", "", false),
        (stays, "a", "b", false),
    ] {
        let flat = block(vec![text("x", say)]);
        let paths = replacements(&flat, &object([("x", prior)]), &object([("x", planned)]));
        let expected_paths = if expected {
            vec![Path::attribute("x")]
        } else {
            Vec::new()
        };
        assert_eq!(paths, expected_paths, "{prior:?} to {planned:?}");
        for nesting in NESTINGS {
            let block = nesting.block(vec![text("x", say)]);
            let nested = |x| nesting.value(object([("x", x)]));
            let paths = replacements(&block, &nested(prior), &nested(planned));
            assert_eq!(
                paths.len(),
                usize::from(expected && nesting.has_paths()),
                "{nesting:?}: {paths:?}"
            );
            for path in &paths {
                assert!(nested(planned).at(path).is_some(), "{path} is in the object");
            }
            if planned == "?" {
                // What is unknown as a whole is so in all its parts.
                let unknown = Value::object([("inner", Value::unknown())]);
                assert_eq!(replacements(&block, &nested(prior), &unknown), paths, "{nesting:?}");
            }
        }
    }
}

#[test]
fn nothing_is_replaced_where_nothing_was_or_nothing_is_to_be() {
    let block = block(vec![text("x", |a| a.required().replaces())]);
    let there = object([("x", "a")]);
    assert!(replacements(&block, &Value::Null, &there).is_empty());
    assert!(replacements(&block, &there, &Value::Null).is_empty());
}

#[test]
fn a_computed_attribute_of_objects_is_unknown_and_then_stays() {
    for nesting in [Nesting::Single, Nesting::List, Nesting::Set, Nesting::Map] {
        let mut inner = Attribute::new(
            "inner",
            AttributeKind::Nested(nesting, vec![text("x", |a| a.computed())]),
        );
        inner.computed();
        let block = block(vec![inner]);
        let config = Value::object([("inner", Value::Null)]);
        let prior = In::Attribute(nesting).value(object([("x", "a")]));
        assert_eq!(
            propose(&block, &Value::Null, &config),
            Value::object([("inner", Value::unknown())])
        );
        assert_eq!(propose(&block, &prior, &config), prior);
        assert_eq!(
            propose(&block, &prior, &In::Attribute(nesting).value(object([("x", "b")]))),
            prior
        );
    }
    // A type is all that a value without rules of its own has.
    assert_eq!(AttributeKind::Value(Type::String).ty(), Type::String);
}
