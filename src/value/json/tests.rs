//! JSON as states hold it, and properties that hold for all of it.

use proptest::prelude::*;

use super::*;
use crate::value::{Path, arbitrary};

fn object<const N: usize>(types: [(&str, Type); N]) -> Type {
    Type::Object(types.map(|(name, ty)| (name.to_owned(), ty)).into())
}

fn list(ty: Type) -> Type {
    Type::List(Box::new(ty))
}

fn dynamic(ty: Type, value: Value) -> Value {
    Value::Dynamic(Box::new((ty, value)))
}

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

/// The JSON and the value stand for each other.
#[track_caller]
fn same(json: &str, value: Value, ty: &Type) {
    assert_eq!(decode(json.as_bytes(), ty).as_ref(), Ok(&value));
    assert_eq!(encode(&value, ty).as_deref(), Ok(json.as_bytes()));
}

#[track_caller]
fn decode_fails(json: &str, ty: &Type) -> String {
    decode(json.as_bytes(), ty).unwrap_err().to_string()
}

#[test]
fn values_of_every_kind() {
    same("null", Value::Null, &Type::Bool);
    same("true", true.into(), &Type::Bool);
    same("-7", (-7).into(), &Type::Number);
    same(r#""a\"b""#, "a\"b".into(), &Type::String);
    same(
        r#"["b","a"]"#,
        Value::List(vec!["b".into(), "a".into()]),
        &list(Type::String),
    );
    same(
        r#"["b","a"]"#,
        Value::Set(vec!["b".into(), "a".into()]),
        &Type::Set(Box::new(Type::String)),
    );
    let ty = Type::Tuple(vec![Type::String, Type::Bool]);
    same(r#"["b",null]"#, Value::Tuple(vec!["b".into(), Value::Null]), &ty);
    let map = Value::Map(BTreeMap::from([
        ("b".to_owned(), 1.into()),
        ("a\n".to_owned(), Value::Null),
    ]));
    same(r#"{"a\n":null,"b":1}"#, map, &Type::Map(Box::new(Type::Number)));
    let ty = object([("a", Type::String), ("b", Type::Number)]);
    same(
        r#"{"a":"x","b":1}"#,
        Value::object([("b", Value::from(1)), ("a", "x".into())]),
        &ty,
    );
}

#[test]
fn numbers_have_any_precision() {
    same("0.1", number("0.1"), &Type::Number);
    same(
        "123456789012345678901234567890",
        number("123456789012345678901234567890"),
        &Type::Number,
    );
    same(
        "0.1234567890123456789012345",
        number("0.1234567890123456789012345"),
        &Type::Number,
    );
    assert_eq!(decode(b"1.5E+3", &Type::Number), Ok(1500.into()));
    assert!(decode_fails("1e999999999", &Type::Number).contains("4096 digits"));
}

#[test]
fn dynamic_values_carry_their_type() {
    same(
        r#"{"value":"a","type":"string"}"#,
        dynamic(Type::String, "a".into()),
        &Type::Dynamic,
    );
    assert_eq!(
        decode(br#"{"type":"string","value":null}"#, &Type::Dynamic),
        Ok(Value::Null)
    );
    assert_eq!(
        encode(&dynamic(Type::String, Value::Null), &Type::Dynamic).as_deref(),
        Ok(&b"null"[..])
    );
    for json in [
        r#"{"value":"a"}"#,
        r#"{"type":"string"}"#,
        r#"{"value":"a","type":"string","more":1}"#,
        "{}",
    ] {
        assert_eq!(
            decode_fails(json, &Type::Dynamic),
            "a dynamic value consists of a value and a type"
        );
    }
    assert!(decode_fails(r#"{"value":"a","type":"dynamic"}"#, &Type::Dynamic).contains("cannot itself be"));
    assert_eq!(
        decode_fails("\"a\"", &Type::Dynamic),
        "a value of dynamic type is required, not a string"
    );
}

#[test]
fn elements_of_open_type_agree_on_one() {
    let json = r#"[{"value":"a","type":"string"},{"value":1,"type":"number"}]"#;
    assert!(decode_fails(json, &list(Type::Dynamic)).contains("different types"));
}

#[test]
fn errors_name_the_exact_path() {
    let ty = object([("rules", list(object([("port", Type::Number)])))]);
    let error = decode(br#"{"rules": [{"port": 1}, {"port": "2"}]}"#, &ty).unwrap_err();
    assert_eq!(error.path, Path::attribute("rules").index(1).attr("port"));
    assert_eq!(error.message, "a number is required, not a string");
    assert_eq!(
        decode_fails(r#"{"rules":[{}]}"#, &ty),
        "rules[0]: the attribute \"port\" is missing"
    );
    assert_eq!(
        decode_fails(r#"{"rules":[],"x":1}"#, &ty),
        "the object has no attribute \"x\""
    );
    let ty = object([("tags", Type::Set(Box::new(Type::Bool)))]);
    assert_eq!(
        decode_fails(r#"{"tags":[true,1]}"#, &ty),
        "tags: element 2 of the set: a bool is required, not a number"
    );
}

#[test]
fn unknown_values_cannot_be_written() {
    let value = Value::object([("ids", Value::List(vec!["a".into(), Value::unknown()]))]);
    let error = encode(&value, &object([("ids", list(Type::String))])).unwrap_err();
    assert_eq!(error.path, Path::attribute("ids").index(1));
    assert_eq!(error.message, "an unknown value cannot be written as JSON");
}

#[test]
fn an_earlier_state_is_read_leniently_at_every_level() {
    let ty = object([
        ("id", Type::String),
        ("new", Type::Bool),
        ("user", object([("name", Type::String), ("size", Type::Number)])),
        ("rules", list(object([("port", Type::Number), ("note", Type::String)]))),
    ]);
    let json = br#"{
        "id": "m-1",
        "gone": {"deep": [1]},
        "user": {
          "name": "ada",
          "gone": true
        },
        "rules": [
          {"port": 12345678901234567890123, "gone": null},
          null
        ]
      }"#;
    let rule = Value::object([("port", number("12345678901234567890123")), ("note", Value::Null)]);
    let expected = Value::object([
        ("id", "m-1".into()),
        ("new", Value::Null),
        (
            "user",
            Value::object([("name", Value::from("ada")), ("size", Value::Null)]),
        ),
        ("rules", Value::List(vec![rule, Value::Null])),
    ]);
    assert_eq!(decode_state(json, &ty), Ok(expected));
    assert!(decode(json, &ty).is_err());
    assert_eq!(
        decode_state(br#"{"id": 1}"#, &ty).unwrap_err().to_string(),
        "id: a string is required, not a number"
    );
}

#[test]
fn what_is_not_json_is_an_error() {
    for json in ["", "{", "nul", "true false", "[1,]"] {
        assert!(decode_fails(json, &Type::Bool).starts_with("not JSON: "), "{json:?}");
    }
    assert!(decode_fails(&"[".repeat(100_000), &Type::Bool).starts_with("not JSON: "));
}

#[test]
fn depth_is_limited() {
    let ty = (0..200).fold(Type::Bool, |ty, _| list(ty));
    let value = (0..200).fold(Value::from(true), |value, _| Value::List(vec![value]));
    assert_eq!(
        encode(&value, &ty).unwrap_err().message,
        "the value is nested too deeply"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_known_value_comes_back((ty, value) in arbitrary::typed_value()) {
        match encode(&value, &ty) {
            Ok(json) => {
                prop_assert!(value.is_wholly_known());
                prop_assert_eq!(decode(&json, &ty).unwrap(), value.clone());
                prop_assert_eq!(decode_state(&json, &ty).unwrap(), value);
            }
            Err(error) => {
                prop_assert!(!value.is_wholly_known());
                prop_assert!(value.at(&error.path).is_some_and(Value::is_unknown));
            }
        }
    }

    #[test]
    fn no_json_panics(
        (ty, other) in (arbitrary::ty(), arbitrary::typed_value()),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        if let Ok(mut json) = encode(&other.1, &other.0) {
            let _ = decode(&json, &ty);
            let _ = decode_state(&json, &ty);
            let at = at.index(json.len());
            json[at] = byte;
            let _ = decode(&json, &other.0);
            let _ = decode_state(&json, &other.0);
        }
    }
}
