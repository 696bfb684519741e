//! What a value in an answer has to be by itself: of its type, null where it is write-only, and known where it is stored.

use std::collections::BTreeMap;

use terraform_provider_paperspace::value::{Path, Type, Value, json, msgpack};
use terraform_provider_paperspace::wire::proto::tfplugin6::DynamicValue;

use super::schema::{Attribute, Block, Holds, Nesting};
use super::{Findings, Rule, at_index, part, samples};

/// Reads a value as hosts do: an absent one is null. `None` where it is not of its type.
pub fn read(what: &str, value: Option<&DynamicValue>, ty: &Type, findings: &mut Findings) -> Option<Value> {
    let Some(value) = value else { return Some(Value::Null) };
    let read = match (value.msgpack.as_slice(), value.json.as_slice()) {
        ([], []) => return Some(Value::Null),
        ([], text) => json::decode(text, ty),
        (bytes, _) => msgpack::decode(bytes, ty),
    };
    match read {
        Ok(value) => Some(value),
        Err(error) => {
            findings.add(Rule::Type, what, format!("is not of its type: {error}"));
            None
        }
    }
}

/// Everything within the value is known.
pub fn known(value: &Value, findings: &mut Findings) {
    known_at(value, &Path::root(), findings);
}

fn known_at(value: &Value, path: &Path, findings: &mut Findings) {
    match value {
        Value::Unknown(_) => findings.add(Rule::Known, path, "is unknown"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        Value::List(elements) | Value::Tuple(elements) | Value::Set(elements) => {
            for (index, element) in elements.iter().enumerate() {
                known_at(element, &at_index(path, index), findings);
            }
        }
        Value::Map(elements) => {
            for (key, element) in elements {
                known_at(element, &path.clone().key(key.clone()), findings);
            }
        }
        Value::Object(attributes) => {
            for (name, attribute) in attributes {
                known_at(attribute, &path.clone().attr(name.clone()), findings);
            }
        }
        Value::Dynamic(typed) => known_at(&typed.1, path, findings),
    }
}

/// Every write-only value is null.
pub fn without_write_only(block: &Block, value: &Value, findings: &mut Findings) {
    in_block(block, value, &Path::root(), findings);
}

fn in_block(block: &Block, value: &Value, path: &Path, findings: &mut Findings) {
    in_object(&block.attributes, value, path, findings);
    for (name, nested) in &block.blocks {
        let path = path.clone().attr(name.clone());
        for (path, object) in objects(nested.nesting, part(value, name), &path) {
            in_block(&nested.block, object, &path, findings);
        }
    }
}

fn in_object(attributes: &BTreeMap<String, Attribute>, value: &Value, path: &Path, findings: &mut Findings) {
    for (name, attribute) in attributes {
        let path = path.clone().attr(name.clone());
        let value = part(value, name);
        if attribute.write_only {
            findings.demand(value.is_null(), Rule::WriteOnly, &path, "is set");
        } else if let Holds::Objects(nesting, attributes) = &attribute.holds {
            for (path, object) in objects(*nesting, value, &path) {
                in_object(attributes, object, &path, findings);
            }
        }
    }
}

/// The objects that a value holds, each with its path.
fn objects<'v>(nesting: Nesting, value: &'v Value, path: &Path) -> Vec<(Path, &'v Value)> {
    match (nesting, value) {
        (Nesting::Single | Nesting::Group, object) => vec![(path.clone(), object)],
        (_, Value::List(elements) | Value::Set(elements)) => {
            let elements = elements.iter().enumerate();
            elements
                .map(|(index, element)| (at_index(path, index), element))
                .collect()
        }
        (_, Value::Map(elements)) => {
            let element = |(key, element): (&String, &'v Value)| (path.clone().key(key.clone()), element);
            elements.iter().map(|(key, value)| element((key, value))).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn write_only_values_are_found_wherever_they_are() {
    let cases = [
        ("{}", ""),
        (r#"{"secret": "a"}"#, "`secret` is set"),
        (r#"{"secret": "?"}"#, "`secret` is set"),
        (r#"{"one": {"secret": "a"}}"#, "`one.secret` is set"),
        (r#"{"some": [{}, {"secret": "a"}]}"#, "`some[1].secret` is set"),
        (r#"{"named": {"k": {"secret": "a"}}}"#, "`named[\"k\"].secret` is set"),
        (r#"{"single": {"secret": "a"}}"#, "`single.secret` is set"),
        (r#"{"group": {"secret": "a"}}"#, "`group.secret` is set"),
        (r#"{"list": [{"secret": "a"}]}"#, "`list[0].secret` is set"),
        (r#"{"map": {"k": {"secret": "a"}}}"#, "`map[\"k\"].secret` is set"),
    ];
    for (text, expected) in cases {
        let mut findings = Findings::default();
        without_write_only(&samples::block(), &samples::object(text), &mut findings);
        samples::assert_broken(&findings, Rule::WriteOnly, expected, text);
    }
}

#[test]
fn unknown_values_are_found_wherever_they_are() {
    let cases = [
        (r#"{"required": "a", "some": [{}], "list": [{}]}"#, ""),
        (r#"{"required": "?"}"#, "`required` is unknown"),
        (r#"{"words": ["a", "?"]}"#, "`words[1]` is unknown"),
        (r#"{"tags": {"k": "?"}}"#, "`tags[\"k\"]` is unknown"),
        (r#"{"one": {"inner": "?"}}"#, "`one.inner` is unknown"),
        (r#"{"list": [{"inner": "?"}]}"#, "`list[0].inner` is unknown"),
        (r#"{"set": "?"}"#, "`set` is unknown"),
    ];
    for (text, expected) in cases {
        let mut findings = Findings::default();
        known(&samples::object(text), &mut findings);
        samples::assert_broken(&findings, Rule::Known, expected, text);
    }
}

#[test]
fn a_value_of_another_type_is_not_read() {
    let value = |msgpack: &[u8], json: &[u8]| DynamicValue {
        msgpack: msgpack.to_vec(),
        json: json.to_vec(),
    };
    let cases = [
        (Some(value(b"\xa1a", b"")), Some("a".into()), ""),
        (Some(value(b"", b"\"a\"")), Some("a".into()), ""),
        (Some(value(b"", b"")), Some(Value::Null), ""),
        (None, Some(Value::Null), ""),
        (Some(value(b"\xc3", b"")), None, "`it` is not of its type"),
        (Some(value(b"", b"{")), None, "`it` is not of its type"),
    ];
    for (sent, expected, broken) in cases {
        let mut findings = Findings::default();
        assert_eq!(read("it", sent.as_ref(), &Type::String, &mut findings), expected);
        samples::assert_broken(&findings, Rule::Type, broken, &format!("{sent:?}"));
    }
}
