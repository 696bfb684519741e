//! Arbitrary types and values of them, for property tests.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::{Number, Type, Value, msgpack};

/// Any type, not too large.
pub(super) fn ty() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![
        Just(Type::Bool),
        Just(Type::Number),
        Just(Type::String),
        Just(Type::Dynamic)
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            boxed().prop_map(Type::List),
            boxed().prop_map(Type::Set),
            boxed().prop_map(Type::Map),
            vec(inner.clone(), 0..4).prop_map(Type::Tuple),
            btree_map(name(), inner.clone(), 0..4).prop_map(Type::Object),
        ]
    })
}

/// Any type together with a value of it.
pub(super) fn typed_value() -> impl Strategy<Value = (Type, Value)> {
    ty().prop_flat_map(|ty| value(&ty).prop_map(move |value| (ty.clone(), value)))
}

/// A value of the type: null, unknown or known at every level.
pub(super) fn value(ty: &Type) -> BoxedStrategy<Value> {
    prop_oneof![1 => Just(Value::Null), 1 => unknown(), 8 => known(ty)].boxed()
}

fn known(ty: &Type) -> BoxedStrategy<Value> {
    match ty {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Number => number().prop_map(Value::Number).boxed(),
        Type::String => any::<String>().prop_map(Value::String).boxed(),
        Type::Dynamic => ty_of_dynamic().prop_flat_map(|ty| dynamic(&ty)).boxed(),
        Type::List(ty) => elements(ty)
            .prop_flat_map(|element| vec(element, 0..4))
            .prop_map(Value::List)
            .boxed(),
        Type::Set(ty) => elements(ty)
            .prop_flat_map(|element| vec(element, 0..4))
            .prop_map(Value::Set)
            .boxed(),
        Type::Map(ty) => elements(ty)
            .prop_flat_map(|element| btree_map(name(), element, 0..4))
            .prop_map(Value::Map)
            .boxed(),
        Type::Tuple(types) => types
            .iter()
            .map(value)
            .collect::<Vec<_>>()
            .prop_map(Value::Tuple)
            .boxed(),
        Type::Object(types) => {
            let names: Vec<String> = types.keys().cloned().collect();
            let values: Vec<_> = types.values().map(value).collect();
            values
                .prop_map(move |values| Value::object(names.iter().cloned().zip(values)))
                .boxed()
        }
    }
}

/// How to make the elements of one collection: if their type is open, they still have to agree on one.
fn elements(ty: &Type) -> BoxedStrategy<BoxedStrategy<Value>> {
    match ty {
        Type::Dynamic => ty_of_dynamic().prop_map(|ty| dynamic(&ty)).boxed(),
        ty => Just(value(ty)).boxed(),
    }
}

fn ty_of_dynamic() -> impl Strategy<Value = Type> {
    let list = |ty: Type| Type::List(Box::new(ty));
    prop_oneof![
        Just(Type::Bool),
        Just(Type::Number),
        Just(Type::String),
        Just(list(Type::String)),
        Just(Type::Tuple(vec![Type::Number, list(Type::Bool)])),
    ]
}

/// A dynamic value of the type. There is no null of known type within a dynamic value.
fn dynamic(ty: &Type) -> BoxedStrategy<Value> {
    let ty = ty.clone();
    prop_oneof![1 => unknown(), 4 => known(&ty)]
        .prop_map(move |value| Value::Dynamic(Box::new((ty.clone(), value))))
        .boxed()
}

fn unknown() -> impl Strategy<Value = Value> {
    let refined = |bytes: &[u8]| msgpack::decode(bytes, &Type::String).unwrap();
    prop_oneof![
        Just(Value::unknown()),
        Just(refined(&[0xc7, 0x07, 0x0c, 0x82, 0x01, 0xc2, 0x02, 0xa2, b'p', b'-'])),
        Just(refined(&[0xc7, 0x03, 0x0c, 0x81, 0x05, 0x02])),
    ]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        (-1000_i64..1000).prop_map(Number::from),
        any::<f64>().prop_filter_map("finite", |float| Number::try_from(float).ok()),
        any::<f64>().prop_filter_map("finite", |float| Number::from_f64_exact(float).ok()),
        "-?[0-9]{1,40}\\.[0-9]{1,40}".prop_map(|text| text.parse().unwrap()),
    ]
}

fn name() -> impl Strategy<Value = String> {
    "[a-d]{1,2}|\"\\\\\\PC"
}
