//! The rules of the way out, each over every nesting.

use super::super::toys::{In, NESTINGS, Say, block, object, text};
use super::*;

fn errors_of(state: &mut Value, before: Diagnostics) -> Vec<String> {
    let mut diagnostics = before;
    let known = diagnostics.iter().count();
    no_unknowns(state, "toy_thing", &mut diagnostics);
    let mut titles = diagnostics
        .iter()
        .skip(known)
        .map(|diagnostic| diagnostic.summary.as_str());
    assert!(
        titles.all(|title| title == "Provider Left Values Unknown"),
        "{diagnostics:?}"
    );
    diagnostics.into_iter().map(|diagnostic| diagnostic.detail).collect()
}

#[test]
fn an_unknown_value_at_any_depth_becomes_null_and_is_told() {
    for nesting in NESTINGS {
        let mut state = nesting.value(object([("x", "?"), ("y", "a")]));
        let told = errors_of(&mut state, Diagnostics::new());
        assert_eq!(state, nesting.value(object([("x", ""), ("y", "a")])), "{nesting:?}");
        let [told] = told.as_slice() else { panic!("{told:?}") };
        assert!(told.contains("inner") && told.contains("x"), "{told}");
    }
}

#[test]
fn an_unknown_value_beside_an_error_is_nothing_to_tell() {
    let mut state = object([("x", "?")]);
    let told = errors_of(&mut state, Diagnostic::error("Refused", "No.").into());
    assert_eq!(told, ["No."]);
    assert_eq!(state, object([("x", "")]));
    let mut known = object([("x", "a")]);
    assert!(errors_of(&mut known, Diagnostics::new()).is_empty());
}

#[test]
fn a_write_only_value_is_never_in_a_state() {
    for nesting in NESTINGS {
        let block = nesting.block(vec![
            text("secret", |a| a.required().write_only()),
            text("x", |a| a.required()),
        ]);
        let mut state = nesting.value(object([("secret", "s"), ("x", "a")]));
        no_write_only(&block, &mut state);
        assert_eq!(
            state,
            nesting.value(object([("secret", ""), ("x", "a")])),
            "{nesting:?}"
        );
    }
}

#[test]
fn a_default_stands_where_nothing_is_known() {
    for nesting in NESTINGS {
        let block = nesting.block(vec![text("x", |a| a.default_value(Value::string("d")))]);
        for (before, after) in [("", "d"), ("a", "a")] {
            let mut state = nesting.value(object([("x", before)]));
            fill_defaults(&block, &mut state);
            assert_eq!(state, nesting.value(object([("x", after)])), "{nesting:?}");
        }
    }
}

#[test]
fn the_known_spelling_stays_where_it_means_the_same() {
    fn equal(a: &Value, b: &Value) -> bool {
        matches!((a.as_str(), b.as_str()), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b))
    }
    let say: Say = |a| a.required().same_if(equal);
    for (known, told, kept) in [
        ("ny2", "NY2", "ny2"),
        ("ny2", "ca1", "ca1"),
        ("", "NY2", "NY2"),
        ("?", "NY2", "NY2"),
        ("ny2", "", ""),
    ] {
        let flat = block(vec![text("x", say)]);
        let mut state = object([("x", told)]);
        keep_spelling(&flat, &object([("x", known)]), &mut state);
        assert_eq!(state, object([("x", kept)]), "{known:?}, {told:?}");
        for nesting in NESTINGS.into_iter().filter(|nesting| nesting.has_paths()) {
            let block = nesting.block(vec![text("x", say)]);
            let mut state = nesting.value(object([("x", told)]));
            keep_spelling(&block, &nesting.value(object([("x", known)])), &mut state);
            assert_eq!(
                state,
                nesting.value(object([("x", kept)])),
                "{nesting:?}: {known:?}, {told:?}"
            );
        }
    }
}

#[test]
fn what_was_promised_is_kept_and_what_was_left_open_is_not() {
    for nesting in NESTINGS.into_iter().filter(|nesting| nesting.has_paths()) {
        let planned = nesting.value(object([("promised", "p"), ("nothing", ""), ("open", "?")]));
        let mut state = nesting.value(object([("promised", "other"), ("nothing", "n"), ("open", "o")]));
        keep_promises(&planned, &mut state);
        assert_eq!(
            state,
            nesting.value(object([("promised", "p"), ("nothing", ""), ("open", "o")])),
            "{nesting:?}"
        );
    }
    // A set is promised as a whole, or not at all.
    let set = In::Attribute(Nesting::Set);
    let mut state = set.value(object([("x", "a")]));
    keep_promises(&set.value(object([("x", "b")])), &mut state);
    assert_eq!(state, set.value(object([("x", "b")])));
    keep_promises(&set.value(object([("x", "?")])), &mut state);
    assert_eq!(state, set.value(object([("x", "b")])));
}

#[test]
fn a_list_of_another_length_is_not_what_was_promised() {
    let list = |texts: &[&str]| Value::List(texts.iter().map(|text| Value::string(*text)).collect());
    let mut state = list(&["a", "b"]);
    keep_promises(&Value::List(vec![Value::unknown()]), &mut state);
    assert_eq!(state, list(&["a", "b"]));
}
