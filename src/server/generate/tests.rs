use super::*;
use crate::schema::{Check, NestedBlock, validate};
use crate::server::toys::{In, NESTINGS, block, object, text};

fn generated(block: &Block, state: &Value) -> Value {
    config(block, state, |config| validate(block, config))
}

#[test]
fn only_what_somebody_has_to_write_is_written() {
    let toy = block(vec![
        text("required", Attribute::required),
        text("optional", Attribute::optional),
        text("either", |attribute| attribute.computed().optional()),
        text("told", Attribute::computed),
        text("secret", |attribute| attribute.optional().write_only()),
        text("old", |attribute| attribute.optional().deprecated("Use another one.")),
    ]);
    let state = object([
        ("required", "a"),
        ("optional", "b"),
        ("either", "c"),
        ("told", "d"),
        ("secret", "e"),
        ("old", "f"),
    ]);
    let expected = object([
        ("required", "a"),
        ("optional", "b"),
        ("either", "c"),
        ("told", ""),
        ("secret", ""),
        ("old", ""),
    ]);
    assert_eq!(generated(&toy, &state), expected);
    assert_eq!(generated(&toy, &Value::Null), Value::Null);
}

#[test]
fn the_same_holds_within_every_nesting() {
    let attributes = vec![text("set", Attribute::optional), text("told", Attribute::computed)];
    for nesting in NESTINGS {
        let toy = nesting.block(attributes.clone());
        let state = nesting.value(object([("set", "a"), ("told", "b")]));
        let expected = nesting.value(object([("set", "a"), ("told", "")]));
        assert_eq!(generated(&toy, &state), expected, "{nesting:?}");
        let nothing = Value::object([("inner", Value::Null)]);
        assert_eq!(generated(&toy, &nothing), nothing, "{nesting:?}");
    }
}

#[test]
fn limits_of_time_are_left_to_whoever_waits() {
    let toy = Block {
        blocks: vec![NestedBlock {
            name: "timeouts",
            nesting: BlockNesting::Single,
            block: block(vec![text("create", Attribute::optional)]),
            min_items: 0,
            max_items: 0,
        }],
        ..Block::default()
    };
    let state = Value::object([("timeouts", object([("create", "5m")]))]);
    assert_eq!(generated(&toy, &state), Value::object([("timeouts", Value::Null)]));
}

#[test]
fn defaults_are_left_out_unless_something_needs_them_in_writing() {
    let toy = block(vec![
        text("plain", |attribute| attribute.default_value("d".into())),
        text("needed", |attribute| attribute.default_value("d".into())),
        text("needs", |attribute| attribute.optional().check(Check::Needs("needed"))),
    ]);
    for (state, expected) in [
        (["d", "d", ""], ["", "", ""]),
        (["x", "y", ""], ["x", "y", ""]),
        (["d", "d", "n"], ["", "d", "n"]),
    ] {
        let named =
            |[plain, needed, needs]: [&str; 3]| object([("plain", plain), ("needed", needed), ("needs", needs)]);
        assert_eq!(generated(&toy, &named(state)), named(expected), "{state:?}");
    }
}

#[test]
fn what_validation_refuses_is_left_out_as_far_as_it_may_be() {
    let toy = block(vec![
        text("one", |attribute| {
            attribute.optional().check(Check::ConflictsWith("other"))
        }),
        text("other", |attribute| {
            attribute.optional().check(Check::ConflictsWith("one"))
        }),
        text("alone", |attribute| attribute.optional().check(Check::Needs("missing"))),
        text("missing", |attribute| attribute.optional().check(Check::OneOf(&["a"]))),
        text("must", |attribute| attribute.required().check(Check::OneOf(&["a"]))),
    ]);
    let named = |[one, other, alone, missing, must]: [&str; 5]| {
        object([
            ("one", one),
            ("other", other),
            ("alone", alone),
            ("missing", missing),
            ("must", must),
        ])
    };
    for (state, expected) in [
        // Of two that exclude each other, one.
        (["x", "y", "", "", "a"], ["", "y", "", "", "a"]),
        (["x", "", "", "", "a"], ["x", "", "", "", "a"]),
        // What needs another one goes with it.
        (["", "", "z", "a", "a"], ["", "", "z", "a", "a"]),
        (["", "", "z", "b", "a"], ["", "", "", "", "a"]),
        // What has to be there is for people to correct.
        (["", "", "", "", "b"], ["", "", "", "", "b"]),
        (["", "", "", "", ""], ["", "", "", "", ""]),
    ] {
        assert_eq!(generated(&toy, &named(state)), named(expected), "{state:?}");
    }
}

#[test]
fn what_is_wrong_within_an_object_takes_the_argument_with_it() {
    let inner = vec![text("a", |attribute| attribute.optional().check(Check::OneOf(&["x"])))];
    let toy = In::Attribute(Nesting::List).block(inner);
    let state = In::Attribute(Nesting::List).value(object([("a", "y")]));
    assert_eq!(generated(&toy, &state), Value::object([("inner", Value::Null)]));
}
