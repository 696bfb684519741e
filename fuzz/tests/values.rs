//! The two encodings of values, and the types in JSON. Whatever the bytes are, they are a value or an error; what was read
//! can be written, and comes out the same when it is read again.

use bolero::check;
use fuzz::samples::{Samples, Spoilt};
use fuzz::values::Choices;
use terraform_provider_paperspace::value::{Type, Value, json, msgpack};

/// Pieces of MessagePack that are odd: unknowns, numbers without end, lengths that lie, reserved markers.
const MSGPACK: &[&[u8]] = &[
    &[0xc0],
    &[0xc1],
    &[0xd4, 0x00, 0x00],
    &[0xc7, 0x07, 0x0c, 0x82, 0x01, 0xc2, 0x02, 0xa2, b'p', b'-'],
    &[0xc7, 0x04, 0x0c, 0x81, 0x01, 0xc2, 0xc0],
    &[0xc9, 0xff, 0xff, 0xff, 0xff, 0x0c],
    &[0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
    &[0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
    &[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    &[0xab, b'1', b'e', b'9', b'9', b'9', b'9', b'9', b'9', b'9', b'9', b'9'],
    &[0xdb, 0xff, 0xff, 0xff, 0xff],
    &[0xdd, 0xff, 0xff, 0xff, 0xff],
    &[0xdf, 0xff, 0xff, 0xff, 0xff],
    &[0x92, 0xc4, 0x08, b'"', b's', b't', b'r', b'i', b'n', b'g', b'"'],
    &[0x92, 0xc4, 0x09, b'"', b'd', b'y', b'n', b'a', b'm', b'i', b'c', b'"'],
    &[0x91],
    &[0x81, 0xa1, b'a'],
];

/// Pieces of JSON that are odd.
const JSON: &[&[u8]] = &[
    b"null",
    b"1e999999999",
    b"-0.0",
    b"1e400",
    b"\"\\ud800\"",
    b"\"\\u0000\"",
    b"[",
    b"{\"a\":",
    b"{\"value\":1,\"type\":\"number\"}",
    b"{\"value\":null,\"type\":\"dynamic\"}",
    b"{\"$serde_json::private::Number\":\"1\"}",
    b"\"dynamic\"",
    b"[\"object\",{},[\"a\"]]",
    b",",
    b"\xff",
];

/// What was read is written, and read again.
fn msgpack_comes_back(value: &Value, ty: &Type) {
    let written = msgpack::encode(value, ty).expect("what was read can be written");
    assert_eq!(msgpack::decode(&written, ty).as_ref(), Ok(value), "{ty}");
}

#[test]
fn values_made_of_choices() {
    check!().with_type::<Vec<u8>>().for_each(|choices| {
        let mut choices = Choices::new(choices);
        let ty = choices.ty(3);
        assert_eq!(Type::from_json(ty.to_json().as_bytes()).as_ref(), Ok(&ty));
        let value = choices.value(&ty, true);
        // A set that was made up may hold an element twice, and what is read never does.
        let written = msgpack::encode(&value, &ty).expect("the value is of the type");
        let read = msgpack::decode(&written, &ty).expect("what was written can be read");
        msgpack_comes_back(&read, &ty);
        if read.is_wholly_known() {
            let written = json::encode(&read, &ty).expect("the value is of the type");
            assert_eq!(json::decode(&written, &ty).as_ref(), Ok(&read));
            assert_eq!(json::decode_state(&written, &ty).as_ref(), Ok(&read));
        }
    });
}

#[test]
fn msgpack_of_any_bytes() {
    let samples = Samples::read("msgpack", MSGPACK);
    let open = |bytes: &[u8], ty: &Type| {
        if let Ok(value) = msgpack::decode(bytes, ty) {
            msgpack_comes_back(&value, ty);
        }
    };
    for sample in samples.whole() {
        open(sample, &Type::Dynamic);
    }
    check!().with_type::<(Vec<u8>, Spoilt)>().for_each(|(ty, spoilt)| {
        let bytes = samples.spoil(spoilt);
        open(&bytes, &Type::Dynamic);
        open(&bytes, &Choices::new(ty).ty(3));
    });
}

#[test]
fn json_of_any_bytes() {
    let samples = Samples::read("json", JSON);
    let open = |bytes: &[u8], ty: &Type| {
        for decode in [json::decode, json::decode_state] {
            if let Ok(value) = decode(bytes, ty) {
                let written = json::encode(&value, ty).expect("what was read can be written");
                assert_eq!(json::decode(&written, ty).as_ref(), Ok(&value), "{ty}");
                msgpack_comes_back(&value, ty);
            }
        }
        _ = Type::from_json(bytes);
    };
    for sample in samples.whole() {
        open(sample, &Type::Dynamic);
    }
    check!().with_type::<(Vec<u8>, Spoilt)>().for_each(|(ty, spoilt)| {
        let bytes = samples.spoil(spoilt);
        open(&bytes, &Type::Dynamic);
        open(&bytes, &Choices::new(ty).ty(3));
    });
}
