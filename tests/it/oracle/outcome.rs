//! What an outcome may be, given what was planned: what was known stays, and what was not may become anything that does
//! not contradict what was said about it. A plan within an apply is held to the plan before it in the same way.

use std::cmp::Ordering;

use terraform_provider_paperspace::value::{Bound, Number, Path, Refinements, Type, Value, msgpack};

use super::schema::{Block, NestedBlock, Nesting};
use super::{Findings, Rule, at_index, element, part, samples};

/// Judges an outcome, or a later plan, by the rule that is named.
pub fn fulfils(block: &Block, planned: &Value, actual: &Value, rule: Rule, findings: &mut Findings) {
    Outcome { rule, findings }.in_block(block, planned, actual, &Path::root());
}

struct Outcome<'f> {
    rule: Rule,
    findings: &'f mut Findings,
}

impl Outcome<'_> {
    fn add(&mut self, path: &Path, how: impl Into<String>) {
        self.findings.add(self.rule, path, how);
    }

    fn in_block(&mut self, block: &Block, planned: &Value, actual: &Value, path: &Path) {
        match (planned.is_null(), actual.is_null()) {
            (false, true) => return self.add(path, "was to be there and is absent"),
            (true, false) => return self.add(path, "was to be absent and is there"),
            (true, true) => return,
            (false, false) => {}
        }
        for name in block.attributes.keys() {
            let (planned, actual) = (part(planned, name), part(actual, name));
            self.in_value(planned, actual, &path.clone().attr(name.clone()));
        }
        for (name, nested) in &block.blocks {
            let (planned, actual) = (part(planned, name), part(actual, name));
            self.in_blocks(nested, planned, actual, &path.clone().attr(name.clone()));
        }
    }

    fn in_blocks(&mut self, nested: &NestedBlock, planned: &Value, actual: &Value, path: &Path) {
        // A dynamic block whose number was not known may be any number of blocks.
        if planned.is_unknown() {
            return;
        }
        let block = &nested.block;
        match (nested.nesting, planned, actual) {
            (Nesting::Single | Nesting::Group, ..) => self.in_block(block, planned, actual, path),
            (Nesting::List, Value::List(before), Value::List(after)) => {
                if before.len() != after.len() {
                    return self.add(path, counts(before.len(), after.len()));
                }
                for index in 0..before.len() {
                    let path = at_index(path, index);
                    self.in_block(block, element(planned, index), element(actual, index), &path);
                }
            }
            (Nesting::Map, Value::Map(before), Value::Map(after)) => {
                if !before.keys().eq(after.keys()) {
                    return self.add(path, "has other keys than were planned");
                }
                for key in before.keys() {
                    let path = path.clone().key(key.clone());
                    self.in_block(block, part(planned, key), part(actual, key), &path);
                }
            }
            (Nesting::Set, Value::Set(before), Value::Set(after)) => {
                let rule = self.rule;
                self.in_set(before, after, path, |planned, actual| {
                    let mut findings = Findings::default();
                    let mut outcome = Outcome {
                        rule,
                        findings: &mut findings,
                    };
                    outcome.in_block(block, planned, actual, &Path::root());
                    findings.0.is_empty()
                });
            }
            _ => self.add(path, "is of another shape than planned"),
        }
    }

    fn in_value(&mut self, planned: &Value, actual: &Value, path: &Path) {
        match (bare(planned), bare(actual)) {
            (Value::Unknown(unknown), actual) => {
                if let Some(how) = contradicted(unknown.refinements(), actual) {
                    self.add(path, how);
                }
            }
            (_, Value::Unknown(_)) => self.add(path, "was known and is unknown"),
            (Value::Null, Value::Null) => {}
            (Value::Null, actual) => self.add(path, format!("was to be null and is {actual:?}")),
            (planned, Value::Null) => self.add(path, format!("was to be {planned:?} and is null")),
            (Value::List(before), Value::List(after)) | (Value::Tuple(before), Value::Tuple(after)) => {
                if before.len() != after.len() {
                    return self.add(path, counts(before.len(), after.len()));
                }
                for (index, (planned, actual)) in before.iter().zip(after).enumerate() {
                    self.in_value(planned, actual, &at_index(path, index));
                }
            }
            (Value::Map(before), Value::Map(after)) => {
                if !before.keys().eq(after.keys()) {
                    return self.add(path, "has other keys than were planned");
                }
                for (key, planned) in before {
                    self.in_value(planned, &after[key], &path.clone().key(key.clone()));
                }
            }
            (Value::Object(before), Value::Object(_)) => {
                for (name, planned) in before {
                    self.in_value(planned, part(actual, name), &path.clone().attr(name.clone()));
                }
            }
            (Value::Set(before), Value::Set(after)) => {
                let rule = self.rule;
                self.in_set(before, after, path, |planned, actual| {
                    let mut findings = Findings::default();
                    let mut outcome = Outcome {
                        rule,
                        findings: &mut findings,
                    };
                    outcome.in_value(planned, actual, &Path::root());
                    findings.0.is_empty()
                });
            }
            (planned, actual) if planned == actual => {}
            (planned, actual) => self.add(path, format!("was to be {planned:?} and is {actual:?}")),
        }
    }

    /// Elements of a set cannot be told apart: each has to be one that the other side can have meant, and there may not be
    /// more of them. There may be fewer, since two may turn out to be the same.
    fn in_set(&mut self, before: &[Value], after: &[Value], path: &Path, fits: impl Fn(&Value, &Value) -> bool) {
        if after.len() > before.len() {
            return self.add(path, counts(before.len(), after.len()));
        }
        let lost = before
            .iter()
            .any(|planned| !after.iter().any(|actual| fits(planned, actual)));
        let strange = after
            .iter()
            .any(|actual| !before.iter().any(|planned| fits(planned, actual)));
        if lost || strange {
            self.add(
                path,
                format!("has elements that were not planned: {before:?} and {after:?}"),
            );
        }
    }
}

/// The value itself, without the type that a dynamic value carries along.
fn bare(value: &Value) -> &Value {
    match value {
        Value::Dynamic(typed) => &typed.1,
        value => value,
    }
}

/// How a value contradicts what was said about it while it was unknown.
fn contradicted(said: &Refinements, actual: &Value) -> Option<String> {
    let length = match actual {
        Value::List(elements) | Value::Set(elements) => u64::try_from(elements.len()).ok(),
        Value::Map(elements) => u64::try_from(elements.len()).ok(),
        _ => None,
    };
    let outside = |bound: &Bound, order: Ordering, number: &Number| {
        number.cmp(&bound.number) == order || (!bound.inclusive && *number == bound.number)
    };
    let contradicts = match actual {
        Value::Unknown(_) => false,
        Value::Null => said.nullness == Some(false),
        Value::String(text) => said.prefix.as_ref().is_some_and(|prefix| !text.starts_with(prefix)),
        Value::Number(number) => {
            said.lower
                .as_ref()
                .is_some_and(|bound| outside(bound, Ordering::Less, number))
                || said
                    .upper
                    .as_ref()
                    .is_some_and(|bound| outside(bound, Ordering::Greater, number))
        }
        _ => length.is_some_and(|length| {
            said.min_len.is_some_and(|least| length < least) || said.max_len.is_some_and(|most| length > most)
        }),
    };
    contradicts.then(|| format!("is {actual:?}, which contradicts what the plan said of it: {said:?}"))
}

fn counts(planned: usize, actual: usize) -> String {
    format!("was to have {planned} elements and has {actual}")
}

#[test]
fn a_known_value_stays_and_an_unknown_one_keeps_to_what_was_said() {
    let object = |text: &str| samples::object(text);
    let cases = [
        // What was known.
        (r#"{"optional": "a"}"#, r#"{"optional": "a"}"#, ""),
        (
            r#"{"optional": "a"}"#,
            r#"{"optional": "b"}"#,
            "`optional` was to be String(\"a\") and is String(\"b\")",
        ),
        (
            r#"{"optional": "a"}"#,
            r#"{"optional": null}"#,
            "`optional` was to be String(\"a\") and is null",
        ),
        (
            r#"{"optional": null}"#,
            r#"{"optional": "a"}"#,
            "`optional` was to be null and is String(\"a\")",
        ),
        (
            r#"{"optional": "a"}"#,
            r#"{"optional": "?"}"#,
            "`optional` was known and is unknown",
        ),
        (
            r#"{"words": ["a"]}"#,
            r#"{"words": ["a", "b"]}"#,
            "`words` was to have 1 elements and has 2",
        ),
        (
            r#"{"words": ["a", "?"]}"#,
            r#"{"words": ["b", "c"]}"#,
            "`words[0]` was to be String(\"a\") and is String(\"b\")",
        ),
        (
            r#"{"tags": {"a": "1"}}"#,
            r#"{"tags": {"b": "1"}}"#,
            "`tags` has other keys than were planned",
        ),
        (
            r#"{"tags": {"a": "1"}}"#,
            r#"{"tags": {"a": "2"}}"#,
            "`tags[\"a\"]` was to be String(\"1\") and is String(\"2\")",
        ),
        (
            r#"{"one": {"inner": "a"}}"#,
            r#"{"one": {"inner": "b"}}"#,
            "`one.inner` was to be",
        ),
        (
            r#"{"some": [{"inner": "a"}]}"#,
            r#"{"some": []}"#,
            "`some` was to have 1 elements and has 0",
        ),
        // What was not.
        (
            r#"{"computed": "?", "some": "?", "words": ["?"]}"#,
            r#"{"computed": "a", "words": ["a"]}"#,
            "",
        ),
        (r#"{"one": {"inner": "?"}}"#, r#"{"one": {"inner": "b"}}"#, ""),
        (r#"{"one": "?"}"#, r#"{"one": {"inner": "b"}}"#, ""),
        // Elements of sets.
        (r#"{"set_of": ["a", "?"]}"#, r#"{"set_of": ["a", "b"]}"#, ""),
        (r#"{"set_of": ["a", "?"]}"#, r#"{"set_of": ["a"]}"#, ""),
        (
            r#"{"set_of": ["a", "?"]}"#,
            r#"{"set_of": ["b", "c"]}"#,
            "`set_of` has elements that were not planned",
        ),
        (
            r#"{"set_of": ["a"]}"#,
            r#"{"set_of": ["a", "b"]}"#,
            "`set_of` was to have 1 elements and has 2",
        ),
        (
            r#"{"set_of": ["a", "b"]}"#,
            r#"{"set_of": ["a", "c"]}"#,
            "`set_of` has elements that were not planned",
        ),
        (
            r#"{"set_of": ["a", "b"]}"#,
            r#"{"set_of": ["a"]}"#,
            "`set_of` has elements that were not planned",
        ),
        (
            r#"{"any": [{"inner": "a", "found": "?"}]}"#,
            r#"{"any": [{"inner": "b"}]}"#,
            "`any` has elements that were not planned",
        ),
        // Blocks.
        (
            r#"{"single": {"inner": "a"}}"#,
            r#"{"single": null}"#,
            "`single` was to be there and is absent",
        ),
        (
            r#"{"single": null}"#,
            r#"{"single": {"inner": "a"}}"#,
            "`single` was to be absent and is there",
        ),
        (
            r#"{"group": {"inner": "a"}}"#,
            r#"{"group": {"inner": "b"}}"#,
            "`group.inner` was to be",
        ),
        (r#"{"list": [{"found": "?"}]}"#, r#"{"list": [{"found": "a"}]}"#, ""),
        (
            r#"{"list": [{"inner": "a"}]}"#,
            r#"{"list": []}"#,
            "`list` was to have 1 elements and has 0",
        ),
        (
            r#"{"list": [{"inner": "a"}]}"#,
            r#"{"list": [{"inner": "b"}]}"#,
            "`list[0].inner` was to be",
        ),
        (r#"{"list": "?"}"#, r#"{"list": [{"inner": "b"}]}"#, ""),
        (
            r#"{"map": {"k": {"inner": "a"}}}"#,
            r#"{"map": {"l": {"inner": "a"}}}"#,
            "`map` has other keys than were planned",
        ),
        (
            r#"{"map": {"k": {"inner": "a"}}}"#,
            r#"{"map": {"k": {"inner": "b"}}}"#,
            "`map[\"k\"].inner` was to be",
        ),
        (
            r#"{"set": [{"inner": "a", "found": "?"}]}"#,
            r#"{"set": [{"inner": "a", "found": "b"}]}"#,
            "",
        ),
        (
            r#"{"set": [{"inner": "a"}]}"#,
            r#"{"set": [{"inner": "b"}]}"#,
            "`set` has elements that were not planned",
        ),
        (
            r#"{"set": []}"#,
            r#"{"set": [{"inner": "b"}]}"#,
            "`set` was to have 0 elements and has 1",
        ),
        // The whole.
        ("null", "null", ""),
        ("{}", "null", "was to be there and is absent"),
        ("null", "{}", "was to be absent and is there"),
    ];
    for (planned, actual, expected) in cases {
        let mut findings = Findings::default();
        fulfils(
            &samples::block(),
            &object(planned),
            &object(actual),
            Rule::Promise,
            &mut findings,
        );
        samples::assert_broken(&findings, Rule::Promise, expected, &format!("{planned} -> {actual}"));
    }
}

#[test]
fn what_was_said_of_an_unknown_value_binds() {
    let cases: [(&[u8], &Type, Value, bool); 12] = [
        // Not null.
        (&[0xc7, 3, 12, 0x81, 1, 0xc2], &Type::String, Value::Null, false),
        (&[0xc7, 3, 12, 0x81, 1, 0xc2], &Type::String, "a".into(), true),
        // Begins with p-.
        (
            &[0xc7, 5, 12, 0x81, 2, 0xa2, b'p', b'-'],
            &Type::String,
            "p-1".into(),
            true,
        ),
        (
            &[0xc7, 5, 12, 0x81, 2, 0xa2, b'p', b'-'],
            &Type::String,
            "q-1".into(),
            false,
        ),
        // At least 3, more than 3, at most 3, less than 3.
        (&[0xc7, 5, 12, 0x81, 3, 0x92, 3, 0xc3], &Type::Number, 3.into(), true),
        (&[0xc7, 5, 12, 0x81, 3, 0x92, 3, 0xc2], &Type::Number, 3.into(), false),
        (&[0xc7, 5, 12, 0x81, 3, 0x92, 3, 0xc3], &Type::Number, 2.into(), false),
        (&[0xc7, 5, 12, 0x81, 4, 0x92, 3, 0xc3], &Type::Number, 4.into(), false),
        (&[0xc7, 5, 12, 0x81, 4, 0x92, 3, 0xc3], &Type::Number, 2.into(), true),
        // At least one element, at most one.
        (
            &[0xc7, 3, 12, 0x81, 5, 1],
            &samples::STRINGS,
            Value::List(vec![]),
            false,
        ),
        (
            &[0xc7, 3, 12, 0x81, 6, 1],
            &samples::STRINGS,
            Value::List(vec!["a".into(), "b".into()]),
            false,
        ),
        (
            &[0xc7, 3, 12, 0x81, 6, 1],
            &samples::STRINGS,
            Value::List(vec!["a".into()]),
            true,
        ),
    ];
    for (extension, ty, actual, expected) in cases {
        let planned = msgpack::decode(extension, ty).expect("it is a refined unknown value");
        let mut findings = Findings::default();
        let mut outcome = Outcome {
            rule: Rule::Completion,
            findings: &mut findings,
        };
        outcome.in_value(&planned, &actual, &Path::attribute("it"));
        let expected = if expected {
            ""
        } else {
            "which contradicts what the plan said of it"
        };
        samples::assert_broken(
            &findings,
            Rule::Completion,
            expected,
            &format!("{planned:?} -> {actual:?}"),
        );
    }
}
