//! The bytes that the host sends and expects, and properties that hold for all bytes and values.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::value::{Bound, Number, Path, Refinements, Type, Value, arbitrary};

fn object<const N: usize>(types: [(&str, Type); N]) -> Type {
    Type::Object(types.map(|(name, ty)| (name.to_owned(), ty)).into())
}

fn list(ty: Type) -> Type {
    Type::List(Box::new(ty))
}

fn set(ty: Type) -> Type {
    Type::Set(Box::new(ty))
}

fn dynamic(ty: Type, value: Value) -> Value {
    Value::Dynamic(Box::new((ty, value)))
}

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

/// The bytes and the value stand for each other.
#[track_caller]
fn same(bytes: &[u8], value: Value, ty: &Type) {
    assert_eq!(decode(bytes, ty).as_ref(), Ok(&value));
    assert_eq!(encode(&value, ty).as_deref(), Ok(bytes));
}

#[track_caller]
fn decode_fails(bytes: &[u8], ty: &Type) -> String {
    decode(bytes, ty).unwrap_err().to_string()
}

#[track_caller]
fn encode_fails(value: &Value, ty: &Type) -> String {
    encode(value, ty).unwrap_err().to_string()
}

/// The bytes are an unknown value and are written again as they were.
#[track_caller]
fn echoed(bytes: &[u8]) -> Refinements {
    let value = decode(bytes, &Type::String).unwrap();
    assert_eq!(encode(&value, &Type::String).as_deref(), Ok(bytes));
    match value {
        Value::Unknown(unknown) => unknown.refinements().clone(),
        other => panic!("{other:?} is not unknown"),
    }
}

#[test]
fn simple_values() {
    same(b"\xc0", Value::Null, &Type::String);
    same(b"\xc0", Value::Null, &Type::Dynamic);
    same(b"\xc3", true.into(), &Type::Bool);
    same(b"\xc2", false.into(), &Type::Bool);
    same(b"\xa0", "".into(), &Type::String);
    same(b"\xa3h\xc3\xa9", "h\u{e9}".into(), &Type::String);
    same(b"\xd4\x00\x00", Value::unknown(), &Type::Bool);
}

#[test]
fn integers_are_written_as_integers() {
    for (bytes, integer) in [
        (&b"\x00"[..], 0),
        (b"\x7f", 127),
        (b"\xff", -1),
        (b"\xcc\xc8", 200),
        (b"\xd1\xff\x00", -256),
        (b"\xce\x00\x01\x00\x00", 65536),
        (b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00", i64::MIN),
    ] {
        same(bytes, integer.into(), &Type::Number);
    }
}

#[test]
fn fractions_and_large_integers_keep_every_digit() {
    // A float holds this one exactly, but an integer is never written as a float.
    same(b"\xb39223372036854775808", number("9223372036854775808"), &Type::Number);
    same(b"\xa30.1", number("0.1"), &Type::Number);
    same(b"\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00", number("0.5"), &Type::Number);
    same(
        b"\xb418446744073709551615",
        Value::Number(u64::MAX.into()),
        &Type::Number,
    );
    let digits = "123456789012345678901234567890";
    same(&[b"\xbe", digits.as_bytes()].concat(), number(digits), &Type::Number);
}

#[test]
fn numbers_are_read_in_every_form() {
    for bytes in [
        &b"\x07"[..],
        b"\xcc\x07",
        b"\xcd\x00\x07",
        b"\xce\x00\x00\x00\x07",
        b"\xcf\x00\x00\x00\x00\x00\x00\x00\x07",
        b"\xd0\x07",
        b"\xd1\x00\x07",
        b"\xd2\x00\x00\x00\x07",
        b"\xd3\x00\x00\x00\x00\x00\x00\x00\x07",
        b"\xca\x40\xe0\x00\x00",
        b"\xcb\x40\x1c\x00\x00\x00\x00\x00\x00",
        b"\xa17",
        b"\xd9\x037.0",
    ] {
        assert_eq!(decode(bytes, &Type::Number), Ok(7.into()), "{bytes:02x?}");
    }
    assert_eq!(
        decode(b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", &Type::Number),
        Ok(Value::Number(u64::MAX.into()))
    );
}

#[test]
fn a_float_that_is_no_short_decimal_is_echoed_as_it_came() {
    let tenth = b"\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a";
    let value = decode(tenth, &Type::Number).unwrap();
    assert_eq!(encode(&value, &Type::Number).as_deref(), Ok(&tenth[..]));
}

#[test]
fn numbers_must_be_finite_and_of_sane_size() {
    for bytes in [&b"\xca\x7f\xc0\x00\x00"[..], b"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00"] {
        assert_eq!(decode_fails(bytes, &Type::Number), "a number must be finite");
    }
    for text in ["1e999999999", "1e-999999999"] {
        let bytes = [&[0xa0 + u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        assert!(decode_fails(&bytes, &Type::Number).contains("4096 digits"));
    }
    assert_eq!(
        decode_fails(b"\xa3Inf", &Type::Number),
        "the text is not a decimal number"
    );
}

#[test]
fn refinements_are_read_and_echoed() {
    let text = b"\xc7\x07\x0c\x82\x01\xc2\x02\xa2\x70\x2d";
    let expected = Refinements {
        nullness: Some(false),
        prefix: Some("p-".to_owned()),
        ..Refinements::default()
    };
    assert_eq!(echoed(text), expected);

    // What a later host may add is passed over.
    let collection = b"\xd8\x0c\x83\x05\x01\x06\xcd\x01\x00\x63\x92\x81\xa1k\xc0\xc4\x01\xff";
    let expected = Refinements {
        min_len: Some(1),
        max_len: Some(256),
        ..Refinements::default()
    };
    assert_eq!(echoed(collection), expected);

    let number = b"\xc7\x0c\x0c\x82\x03\x92\x01\xc3\x04\x92\xa30.1\xc2";
    let bound = |number: &str, inclusive| {
        Some(Bound {
            number: number.parse().unwrap(),
            inclusive,
        })
    };
    let expected = Refinements {
        lower: bound("1", true),
        upper: bound("0.1", false),
        ..Refinements::default()
    };
    assert_eq!(echoed(number), expected);
}

#[test]
fn any_other_extension_is_a_plain_unknown() {
    for bytes in [
        &b"\xd4\x05\x07"[..],
        b"\xd5\xff\x01\x02",
        b"\xc7\x00\x00",
        b"\xc7\x03\x63abc",
        b"\xd4\x0c\x80",
        // Refinements with something after them.
        b"\xc7\x04\x0c\x81\x01\xc2\xc0",
        b"\xc7\x02\x0c\x80\xc0",
        &[&b"\xc8\x04\x01\x00"[..], &[0; 1025]].concat(),
    ] {
        let value = decode(bytes, &Type::String).unwrap();
        let Value::Unknown(unknown) = &value else {
            panic!("{value:?} is not unknown")
        };
        assert_eq!(unknown.refinements(), &Refinements::default());
        assert_eq!(
            encode(&value, &Type::String).as_deref(),
            Ok(&b"\xd4\x00\x00"[..]),
            "{bytes:02x?}"
        );
    }
}

#[test]
fn malformed_refinements_are_an_error() {
    let wrap = |payload: &[u8]| [&[0xc7, u8::try_from(payload.len()).unwrap(), 0x0c], payload].concat();
    assert_eq!(
        decode_fails(&wrap(b"\x81\x01\x01"), &Type::String),
        "a bool is required, not an integer"
    );
    assert_eq!(
        decode_fails(&wrap(b"\x81\x05\xff"), &Type::String),
        "a length is negative"
    );
    assert!(decode_fails(&wrap(b"\x82\x01\xc2"), &Type::String).contains("the bytes end"));
    assert!(
        decode_fails(
            &wrap(&[&b"\x81\x07"[..], &[0x91; 200], b"\xc0"].concat()),
            &Type::String
        )
        .contains("deeply")
    );

    let long = |length: u16| [&[0xc8][..], &length.to_be_bytes(), &[0x0c], &vec![0x80; length.into()]].concat();
    assert_eq!(
        decode_fails(&long(1025), &Type::String),
        "an unknown value comes with more than 1024 bytes"
    );
    assert!(decode(&long(1024), &Type::String).is_ok());
}

#[test]
fn collections() {
    same(
        b"\x92\xa1b\xa1a",
        Value::List(vec!["b".into(), "a".into()]),
        &list(Type::String),
    );
    same(
        b"\x92\xa1b\xa1a",
        Value::Set(vec!["b".into(), "a".into()]),
        &set(Type::String),
    );
    let ty = Type::Tuple(vec![Type::String, Type::Bool]);
    same(b"\x92\xa1b\xc3", Value::Tuple(vec!["b".into(), true.into()]), &ty);
    let map = Value::Map(BTreeMap::from([
        ("b".to_owned(), 1.into()),
        ("a".to_owned(), Value::Null),
    ]));
    same(b"\x82\xa1a\xc0\xa1b\x01", map, &Type::Map(Box::new(Type::Number)));
    same(b"\x90", Value::List(vec![]), &list(Type::String));
}

#[test]
fn sets_lose_their_duplicates_but_keep_their_order() {
    let Ok(Value::Set(elements)) = decode(b"\x95\xa1b\xa1a\xd4\x00\x00\xa1b\xd4\x00\x00", &set(Type::String)) else {
        panic!("not a set");
    };
    assert_eq!(elements, ["b".into(), "a".into(), Value::unknown(), Value::unknown()]);
}

#[test]
fn objects_have_every_attribute_in_any_order() {
    let ty = object([("a", Type::String), ("b", Type::Number)]);
    let value = Value::object([("b", Value::from(1)), ("a", Value::Null)]);
    same(b"\x82\xa1a\xc0\xa1b\x01", value.clone(), &ty);
    assert_eq!(decode(b"\x82\xa1b\x01\xa1a\xc0", &ty), Ok(value));

    assert_eq!(decode_fails(b"\x81\xa1b\x01", &ty), "the attribute \"a\" is missing");
    assert_eq!(decode_fails(b"\x80", &ty), "the attributes \"a\", \"b\" are missing");
    assert_eq!(
        decode_fails(b"\x83\xa1a\xc0\xa1b\x01\xa1c\x01", &ty),
        "the object has no attribute \"c\""
    );
    assert_eq!(
        decode_fails(b"\x83\xa1a\xc0\xa1b\x01\xa1b\x01", &ty),
        "an attribute appears twice"
    );
    assert_eq!(
        encode_fails(&Value::object([("a", Value::Null)]), &ty),
        "the attribute \"b\" is missing"
    );
    let extra = Value::object([("a", Value::Null), ("b", Value::Null), ("c", Value::Null)]);
    assert_eq!(encode_fails(&extra, &ty), "the object has no attribute \"c\"");
}

#[test]
fn dynamic_values_carry_their_type() {
    same(
        b"\x92\xc4\x08\"string\"\xa1a",
        dynamic(Type::String, "a".into()),
        &Type::Dynamic,
    );
    same(
        b"\x92\xc4\x08\"string\"\xd4\x00\x00",
        dynamic(Type::String, Value::unknown()),
        &Type::Dynamic,
    );
    same(b"\xd4\x00\x00", Value::unknown(), &Type::Dynamic);
    assert_eq!(decode(b"\x92\xc4\x08\"string\"\xc0", &Type::Dynamic), Ok(Value::Null));
    assert_eq!(
        encode(&dynamic(Type::String, Value::Null), &Type::Dynamic).as_deref(),
        Ok(&b"\xc0"[..])
    );

    assert!(decode_fails(b"\x92\xc4\x09\"dynamic\"\xa1a", &Type::Dynamic).contains("cannot itself be"));
    assert!(decode_fails(b"\x92\xc4\x07\"strng\"\xa1a", &Type::Dynamic).contains("no type"));
    assert!(decode_fails(b"\x91\xc4\x08\"string\"", &Type::Dynamic).contains("a type and a value"));
    assert!(encode_fails(&dynamic(Type::Dynamic, "a".into()), &Type::Dynamic).contains("cannot itself be"));
    assert_eq!(
        encode_fails(&"a".into(), &Type::Dynamic),
        "a value of dynamic type is required, not a string"
    );
}

#[test]
fn elements_of_open_type_agree_on_one() {
    let mixed = Value::List(vec![
        dynamic(Type::String, "a".into()),
        Value::Null,
        dynamic(Type::Number, 1.into()),
    ]);
    let message = "the elements are of different types, \"string\" and \"number\"";
    assert_eq!(encode_fails(&mixed, &list(Type::Dynamic)), message);
    assert_eq!(
        decode_fails(
            b"\x92\x92\xc4\x08\"string\"\xa1a\x92\xc4\x08\"number\"\x01",
            &list(Type::Dynamic)
        ),
        message
    );
}

#[test]
fn errors_name_the_exact_path() {
    let ty = object([("rules", list(object([("ports", Type::Map(Box::new(Type::Number)))])))]);
    let bytes = b"\x81\xa5rules\x92\x81\xa5ports\x80\x81\xa5ports\x81\xa1k\xc3";
    let error = decode(bytes, &ty).unwrap_err();
    assert_eq!(error.path, Path::attribute("rules").index(1).attr("ports").key("k"));
    assert_eq!(error.message, "a number is required, not a bool");

    let ports = Value::Map(BTreeMap::from([("k".to_owned(), "x".into())]));
    let value = Value::object([("rules", Value::List(vec![Value::object([("ports", ports)])]))]);
    let error = encode(&value, &ty).unwrap_err();
    assert_eq!(error.path, Path::attribute("rules").index(0).attr("ports").key("k"));
    assert_eq!(error.message, "a number is required, not a string");
}

#[test]
fn errors_in_a_set_point_at_the_set() {
    let ty = object([("tags", set(object([("n", Type::Number)])))]);
    let error = decode(b"\x81\xa4tags\x91\x81\xa1n\xc3", &ty).unwrap_err();
    assert_eq!(error.path, Path::attribute("tags"));
    assert_eq!(
        error.message,
        "element 1 of the set, at n: a number is required, not a bool"
    );

    let element = Value::object([("n", Value::from("x"))]);
    let error = encode(&Value::object([("tags", Value::Set(vec![element.clone()]))]), &ty).unwrap_err();
    assert_eq!(error.path, Path::attribute("tags").element(element).attr("n"));
}

#[test]
fn the_bytes_are_one_value_and_nothing_else() {
    assert!(decode_fails(b"", &Type::String).contains("the bytes end"));
    assert!(decode_fails(b"\xa2a", &Type::String).contains("the bytes end"));
    assert!(decode_fails(b"\xcd\x00", &Type::Number).contains("the bytes end"));
    assert_eq!(decode_fails(b"\xc0\xc0", &Type::String), "bytes follow the value");
    assert_eq!(decode_fails(b"\xa1\xff", &Type::String), "the string is not UTF-8");
    assert_eq!(
        decode_fails(b"\xc1", &Type::String),
        "a string is required, not a reserved marker"
    );
    assert_eq!(
        decode_fails(b"\x82\xa1a\xc0\xa1a\xc0", &Type::Map(Box::new(Type::Bool))),
        "[\"a\"]: the key appears twice"
    );
}

#[test]
fn announced_lengths_are_not_believed() {
    let tuple = Type::Tuple(vec![Type::Bool]);
    for ty in [list(Type::Bool), set(Type::Bool), tuple, Type::Dynamic] {
        assert!(decode_fails(b"\xdd\xff\xff\xff\xff\xc0", &ty).contains("the bytes end"));
    }
    for ty in [Type::Map(Box::new(Type::Bool)), object([])] {
        assert!(decode_fails(b"\xdf\xff\xff\xff\xff\xa1a\xc0", &ty).contains("the bytes end"));
    }
    assert!(decode_fails(b"\xdb\xff\xff\xff\xff", &Type::String).contains("the bytes end"));
    assert!(decode_fails(b"\xc9\xff\xff\xff\xff\x0c", &Type::String).contains("the bytes end"));
}

#[test]
fn depth_is_limited() {
    let lists = |depth| (0..depth).fold(Type::Bool, |ty, _| list(ty));
    let bytes = |depth| [vec![0x91; depth], vec![0xc3]].concat();
    let value = decode(&bytes(99), &lists(99)).unwrap();
    assert_eq!(encode(&value, &lists(99)), Ok(bytes(99)));
    assert!(decode_fails(&bytes(100), &lists(100)).contains("nested too deeply"));
    assert!(encode_fails(&Value::List(vec![value]), &lists(100)).contains("nested too deeply"));

    let nested = b"\x92\xc4\x12[\"list\",\"dynamic\"]\x91".repeat(10_000);
    assert!(decode_fails(&[&nested[..], b"\xc0"].concat(), &Type::Dynamic).contains("nested too deeply"));
}

/// Bytes that begin well: an encoded value with some bytes replaced or cut off.
fn damaged() -> impl Strategy<Value = (Type, Vec<u8>)> {
    let damage = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4);
    (arbitrary::typed_value(), damage, any::<prop::sample::Index>()).prop_map(|((ty, value), damage, cut)| {
        let mut bytes = encode(&value, &ty).unwrap();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cut.index(3) == 0 {
            bytes.truncate(cut.index(bytes.len()));
        }
        (ty, bytes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_value_comes_back((ty, value) in arbitrary::typed_value()) {
        let bytes = encode(&value, &ty).unwrap();
        let decoded = decode(&bytes, &ty).unwrap();
        prop_assert_eq!(&decoded, &value);
        let again = encode(&decoded, &ty).unwrap();
        prop_assert_eq!(decode(&again, &ty).unwrap(), value);
    }

    #[test]
    fn no_bytes_panic(ty in arbitrary::ty(), bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = decode(&bytes, &ty);
    }

    #[test]
    fn what_can_be_read_can_be_written((ty, bytes) in damaged()) {
        if let Ok(value) = decode(&bytes, &ty) {
            let bytes = encode(&value, &ty).unwrap();
            prop_assert_eq!(decode(&bytes, &ty).unwrap(), value);
        }
    }

    #[test]
    fn no_value_panics((_, value) in arbitrary::typed_value(), ty in arbitrary::ty()) {
        if let Ok(bytes) = encode(&value, &ty) {
            prop_assert_eq!(decode(&bytes, &ty).unwrap(), value);
        }
    }

    #[test]
    fn integers_and_floats_come_back(integer in any::<i64>(), float in any::<f64>()) {
        let integer = Value::from(integer);
        prop_assert_eq!(decode(&encode(&integer, &Type::Number).unwrap(), &Type::Number).unwrap(), integer);
        if let Ok(float) = Number::try_from(float) {
            let float = Value::Number(float);
            prop_assert_eq!(decode(&encode(&float, &Type::Number).unwrap(), &Type::Number).unwrap(), float);
        }
    }
}
