//! How the fields of a typed model become values and back.
//!
//! A field is a [`Tf`] of an [`Element`]: null, unknown or known. The field's Rust type decides the attribute's type, so
//! that it is stated once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};

use super::{AttributeKind, Model, Nesting};
use crate::diag::Diagnostic;
use crate::value::{Number, Path, Tf, Type, Value};

/// A known value that a field or a collection can hold.
pub trait Element: Sized + Clone {
    /// What an attribute of this type holds.
    fn kind() -> AttributeKind;

    /// Whether a value can be read: no decision can stand on one that is unknown in part.
    fn is_readable(value: &Value) -> bool {
        value.is_wholly_known()
    }

    /// Reads a value that is readable and not null.
    ///
    /// # Errors
    /// An error at `path` where the value does not fit, such as a fraction where a whole number is needed.
    fn decode(value: &Value, path: &Path) -> Result<Self, Diagnostic>;

    /// Writes the value.
    fn encode(&self) -> Value;
}

/// A field of a model.
pub trait Field: Sized + Clone {
    /// What the attribute holds.
    fn kind() -> AttributeKind;

    /// Reads any value. A collection with unknown elements reads as unknown, since no decision can stand on it.
    ///
    /// # Errors
    /// As [`Element::decode`].
    fn decode(value: &Value, path: &Path) -> Result<Self, Diagnostic>;

    /// Writes the value.
    fn encode(&self) -> Value;
}

impl<T: Element> Field for Tf<T> {
    fn kind() -> AttributeKind {
        T::kind()
    }

    fn decode(value: &Value, path: &Path) -> Result<Self, Diagnostic> {
        match value {
            Value::Null => Ok(Self::Null),
            value if T::is_readable(value) => T::decode(value, path).map(Self::Known),
            _ => Ok(Self::Unknown),
        }
    }

    fn encode(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Unknown => Value::unknown(),
            Self::Known(value) => value.encode(),
        }
    }
}

fn mismatch(path: &Path, wanted: &str) -> Diagnostic {
    Diagnostic::error("Unsuitable Value", format!("`{path}` must be {wanted}.")).at(path.clone())
}

impl Element for String {
    fn kind() -> AttributeKind {
        AttributeKind::Value(Type::String)
    }

    fn decode(value: &Value, path: &Path) -> Result<Self, Diagnostic> {
        value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| mismatch(path, "a string"))
    }

    fn encode(&self) -> Value {
        Value::String(self.clone())
    }
}

impl Element for bool {
    fn kind() -> AttributeKind {
        AttributeKind::Value(Type::Bool)
    }

    fn decode(value: &Value, path: &Path) -> Result<Self, Diagnostic> {
        value.as_bool().ok_or_else(|| mismatch(path, "true or false"))
    }

    fn encode(&self) -> Value {
        Value::Bool(*self)
    }
}

impl Element for i64 {
    fn kind() -> AttributeKind {
        AttributeKind::Value(Type::Number)
    }

    fn decode(value: &Value, path: &Path) -> Result<Self, Diagnostic> {
        value
            .as_number()
            .and_then(Number::to_i64)
            .ok_or_else(|| mismatch(path, "a whole number"))
    }

    fn encode(&self) -> Value {
        Value::Number(Number::from(*self))
    }
}

impl Element for Number {
    fn kind() -> AttributeKind {
        AttributeKind::Value(Type::Number)
    }

    fn decode(value: &Value, path: &Path) -> Result<Self, Diagnostic> {
        value.as_number().cloned().ok_or_else(|| mismatch(path, "a number"))
    }

    fn encode(&self) -> Value {
        Value::Number(self.clone())
    }
}

impl<T: Element> Element for Vec<T> {
    fn kind() -> AttributeKind {
        match T::kind() {
            AttributeKind::Value(ty) => AttributeKind::Value(Type::List(Box::new(ty))),
            AttributeKind::Nested(Nesting::Single, attributes) => AttributeKind::Nested(Nesting::List, attributes),
            nested @ AttributeKind::Nested(..) => AttributeKind::Value(Type::List(Box::new(nested.ty()))),
        }
    }

    fn is_readable(value: &Value) -> bool {
        match value {
            Value::List(elements) => elements
                .iter()
                .all(|element| element.is_null() || T::is_readable(element)),
            _ => false,
        }
    }

    fn decode(value: &Value, path: &Path) -> Result<Self, Diagnostic> {
        let Value::List(elements) = value else {
            return Err(mismatch(path, "a list"));
        };
        elements
            .iter()
            .zip(0..)
            .map(|(element, index)| {
                let path = path.clone().index(index);
                if element.is_null() {
                    Err(mismatch(&path, "set, not null"))
                } else {
                    T::decode(element, &path)
                }
            })
            .collect()
    }

    fn encode(&self) -> Value {
        Value::List(self.iter().map(T::encode).collect())
    }
}

/// A list of which each element may be unknown by itself: what can be decided by the others is decided.
impl Element for Vec<Tf<String>> {
    fn kind() -> AttributeKind {
        Vec::<String>::kind()
    }

    fn is_readable(value: &Value) -> bool {
        matches!(value, Value::List(_))
    }

    fn decode(value: &Value, path: &Path) -> Result<Self, Diagnostic> {
        let Value::List(elements) = value else {
            return Err(mismatch(path, "a list"));
        };
        elements
            .iter()
            .zip(0..)
            .map(|(element, index)| {
                let path = path.clone().index(index);
                match Field::decode(element, &path)? {
                    Tf::Null => Err(mismatch(&path, "set, not null")),
                    element => Ok(element),
                }
            })
            .collect()
    }

    fn encode(&self) -> Value {
        Value::List(self.iter().map(Field::encode).collect())
    }
}

impl Element for BTreeSet<String> {
    fn kind() -> AttributeKind {
        AttributeKind::Value(Type::Set(Box::new(Type::String)))
    }

    fn decode(value: &Value, path: &Path) -> Result<Self, Diagnostic> {
        let Value::Set(elements) = value else {
            return Err(mismatch(path, "a set of strings"));
        };
        elements
            .iter()
            .map(|element| {
                let text = element.as_str().map(str::to_owned);
                text.ok_or_else(|| mismatch(&path.clone().element(element.clone()), "a string, not null"))
            })
            .collect()
    }

    fn encode(&self) -> Value {
        Value::Set(self.iter().map(|text| Value::String(text.clone())).collect())
    }
}

impl<T: Element> Element for BTreeMap<String, T> {
    fn kind() -> AttributeKind {
        match T::kind() {
            AttributeKind::Value(ty) => AttributeKind::Value(Type::Map(Box::new(ty))),
            AttributeKind::Nested(Nesting::Single, attributes) => AttributeKind::Nested(Nesting::Map, attributes),
            nested @ AttributeKind::Nested(..) => AttributeKind::Value(Type::Map(Box::new(nested.ty()))),
        }
    }

    fn is_readable(value: &Value) -> bool {
        match value {
            Value::Map(elements) => elements
                .values()
                .all(|element| element.is_null() || T::is_readable(element)),
            _ => false,
        }
    }

    fn decode(value: &Value, path: &Path) -> Result<Self, Diagnostic> {
        let Value::Map(elements) = value else {
            return Err(mismatch(path, "a map"));
        };
        elements
            .iter()
            .map(|(key, element)| {
                let path = path.clone().key(key.clone());
                let element = if element.is_null() {
                    Err(mismatch(&path, "set, not null"))
                } else {
                    T::decode(element, &path)
                };
                Ok((key.clone(), element?))
            })
            .collect()
    }

    fn encode(&self) -> Value {
        Value::Map(
            self.iter()
                .map(|(key, element)| (key.clone(), element.encode()))
                .collect(),
        )
    }
}

/// An object whose attributes are declared by a model of their own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Nested<M>(pub M);

impl<M> Deref for Nested<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.0
    }
}

impl<M> DerefMut for Nested<M> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.0
    }
}

impl<M: Model> Element for Nested<M> {
    fn kind() -> AttributeKind {
        AttributeKind::Nested(Nesting::Single, M::schema().block().attributes.clone())
    }

    // The attributes of an object are each unknown by themselves.
    fn is_readable(value: &Value) -> bool {
        !value.is_unknown()
    }

    fn decode(value: &Value, path: &Path) -> Result<Self, Diagnostic> {
        M::schema().decode_at(value, path).map(Self)
    }

    fn encode(&self) -> Value {
        M::schema().encode(&self.0)
    }
}
