//! Whether a value fits its type: the checks that both encodings share.
//!
//! Each looks at one level only, so that the codecs check while they read or write, in one pass. How the values are
//! written is not known here.

use std::collections::BTreeMap;

use super::error::{Failure, missing_attributes, unexpected_attribute};
use super::{Type, Value};

/// The value is of another kind than the type.
pub(super) fn mismatch(value: &Value, ty: &Type) -> Failure {
    Failure::required(ty.kind(), value.kind())
}

/// Each attribute's name with its value and type, in the order of names.
pub(super) fn attributes<'a>(
    values: &'a BTreeMap<String, Value>,
    types: &'a BTreeMap<String, Type>,
) -> Result<impl ExactSizeIterator<Item = (&'a String, (&'a Value, &'a Type))>, Failure> {
    if !values.keys().eq(types.keys()) {
        return Err(match values.keys().find(|name| !types.contains_key(*name)) {
            Some(name) => unexpected_attribute(name),
            None => missing_attributes(types.keys().filter(|name| !values.contains_key(*name))),
        });
    }
    Ok(values
        .iter()
        .zip(types.values())
        .map(|((name, value), ty)| (name, (value, ty))))
}

/// Each element of a tuple with its type.
pub(super) fn tuple<'a>(
    values: &'a [Value],
    types: &'a [Type],
) -> Result<impl ExactSizeIterator<Item = (&'a Value, &'a Type)>, Failure> {
    if values.len() != types.len() {
        return Err(wrong_length(types.len(), values.len()));
    }
    Ok(values.iter().zip(types))
}

/// A tuple has another number of elements than its type.
pub(super) fn wrong_length(wanted: usize, found: usize) -> Failure {
    Failure::new(format!("a tuple of {wanted} elements is required, not of {found}"))
}

/// The type of a dynamic value may be any but dynamic.
pub(super) fn concrete(ty: &Type) -> Result<(), Failure> {
    if *ty == Type::Dynamic {
        return Err(Failure::new("a dynamic value cannot itself be of dynamic type"));
    }
    Ok(())
}

/// The elements of a collection are all of one type, even where the schema leaves that type open. The host crashes
/// if they are not.
pub(super) fn uniform<'a>(elements: impl IntoIterator<Item = &'a Value>, ty: &Type) -> Result<(), Failure> {
    if *ty != Type::Dynamic {
        return Ok(());
    }
    let mut types = elements.into_iter().filter_map(|element| match element {
        Value::Dynamic(typed) => Some(&typed.0),
        _ => None,
    });
    let Some(first) = types.next() else { return Ok(()) };
    match types.find(|ty| *ty != first) {
        None => Ok(()),
        Some(other) => Err(Failure::new(format!(
            "the elements are of different types, {first} and {other}"
        ))),
    }
}
