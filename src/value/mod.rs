//! Terraform's values and types, and the two encodings in which they travel.
//!
//! A [`Value`] is what a configuration, a plan or a state consists of: it may be null, unknown until apply, or known.
//! A [`Type`] says what a value must look like; neither encoding can be read without one. The layer is pure: it knows
//! nothing of protobuf, of schemas, of diagnostics or of Paperspace, and does no I/O. Whatever bytes it is given, it
//! answers with a value or with an error that names the exact path.

use std::collections::BTreeMap;

mod conform;
mod error;
pub mod json;
pub mod msgpack;
mod number;
mod order;
mod path;
mod tf;
mod ty;
mod unknown;

#[cfg(test)]
mod arbitrary;

pub use error::{Cause, DecodeError, EncodeError};
pub use number::{Number, NumberError};
pub use path::{Path, Step};
pub use tf::Tf;
pub use ty::Type;
pub use unknown::{Bound, Refinements, Unknown};

/// How deeply values may nest in either encoding. Real schemas need about ten levels; the limit keeps hostile bytes
/// from overflowing the stack.
const MAX_DEPTH: usize = 100;

/// A value of some [`Type`].
///
/// Equality is the language's own: numbers compare by their numeric value, sets regardless of order, and all unknown
/// values are equal to each other whatever their refinements say.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// Not set. Null is a value of every type.
    #[default]
    Null,
    /// Not known before apply. Unknown is a value of every type.
    Unknown(Unknown),
    /// True or false.
    Bool(bool),
    /// A number of any size and precision.
    Number(Number),
    /// Text, as the host sent it: in Unicode normal form C.
    String(String),
    /// Values of one type in an order.
    List(Vec<Value>),
    /// Values of one type without order or duplicates. The vector keeps the order in which they came.
    Set(Vec<Value>),
    /// A fixed number of values, each of its own type.
    Tuple(Vec<Value>),
    /// Values of one type by key.
    Map(BTreeMap<String, Value>),
    /// A fixed number of named values, each of its own type.
    Object(BTreeMap<String, Value>),
    /// A value of a type that the schema leaves open, together with that type. The type is never itself
    /// [`Type::Dynamic`]; a null of open type is a plain [`Value::Null`].
    Dynamic(Box<(Type, Value)>),
}

impl Value {
    /// An unknown value about which nothing else is known.
    pub fn unknown() -> Self {
        Self::Unknown(Unknown::plain())
    }

    /// A string.
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    /// An object of the given attributes.
    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, Value)>) -> Self {
        Self::Object(
            attributes
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
        )
    }

    /// Whether the value is null.
    pub fn is_null(&self) -> bool {
        matches!(self.concrete(), Self::Null)
    }

    /// Whether the value itself is unknown. A list with an unknown element is not.
    pub fn is_unknown(&self) -> bool {
        matches!(self.concrete(), Self::Unknown(_))
    }

    /// Whether the value itself is known. Null is known, and so is a list with an unknown element.
    pub fn is_known(&self) -> bool {
        !self.is_unknown()
    }

    /// Whether the value and everything within it is known.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown(_) => false,
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => true,
            Self::List(elements) | Self::Set(elements) | Self::Tuple(elements) => {
                elements.iter().all(Self::is_wholly_known)
            }
            Self::Map(elements) | Self::Object(elements) => elements.values().all(Self::is_wholly_known),
            Self::Dynamic(typed) => typed.1.is_wholly_known(),
        }
    }

    /// The text, if this is a known string.
    pub fn as_str(&self) -> Option<&str> {
        match self.concrete() {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if this is a known one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.concrete() {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if this is a known one.
    pub fn as_number(&self) -> Option<&Number> {
        match self.concrete() {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The attributes, if this is a known object.
    pub fn as_object(&self) -> Option<&BTreeMap<String, Value>> {
        match self.concrete() {
            Self::Object(attributes) => Some(attributes),
            _ => None,
        }
    }

    /// The attribute of an object or the element of a map.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self.concrete() {
            Self::Object(members) | Self::Map(members) => members.get(name),
            _ => None,
        }
    }

    /// The value at the end of a path, if every step of it exists.
    pub fn at(&self, path: &Path) -> Option<&Value> {
        path.steps()
            .iter()
            .try_fold(self, |value, step| match (step, value.concrete()) {
                (Step::Attribute(name), Self::Object(attributes)) => attributes.get(name),
                (Step::Key(key), Self::Map(elements)) => elements.get(key),
                (Step::Index(index), Self::List(elements) | Self::Tuple(elements)) => {
                    usize::try_from(*index).ok().and_then(|index| elements.get(index))
                }
                (Step::Element(wanted), Self::Set(elements)) => elements.iter().find(|element| *element == wanted),
                _ => None,
            })
    }

    /// The value itself, without the type that a dynamic value carries along.
    fn concrete(&self) -> &Self {
        match self {
            Self::Dynamic(typed) => &typed.1,
            value => value,
        }
    }

    /// What the value is, for error messages.
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Unknown(_) => "an unknown value",
            Self::Bool(_) => "a bool",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Tuple(_) => "a tuple",
            Self::Map(_) => "a map",
            Self::Object(_) => "an object",
            Self::Dynamic(_) => "a value of dynamic type",
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<Number> for Value {
    fn from(value: Number) -> Self {
        Self::Number(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dynamic(ty: Type, value: Value) -> Value {
        Value::Dynamic(Box::new((ty, value)))
    }

    #[test]
    fn questions_look_through_a_dynamic_value() {
        assert!(dynamic(Type::String, Value::unknown()).is_unknown());
        assert_eq!(dynamic(Type::String, "a".into()).as_str(), Some("a"));
        assert_eq!(dynamic(Type::Bool, true.into()).as_bool(), Some(true));
        assert!(!dynamic(Type::Bool, Value::unknown()).is_wholly_known());
    }

    #[test]
    fn an_unknown_element_leaves_the_list_known_but_not_wholly() {
        let list = Value::List(vec!["a".into(), Value::unknown()]);
        assert!(list.is_known());
        assert!(!list.is_wholly_known());
        assert!(Value::Null.is_wholly_known());
    }

    #[test]
    fn a_path_is_followed_to_its_end() {
        let value = Value::object([
            ("list", Value::List(vec![Value::object([("name", Value::from("a"))])])),
            ("map", Value::Map(BTreeMap::from([("k".to_owned(), Value::from(1))]))),
            ("set", Value::Set(vec![Value::object([("n", Value::from(2))])])),
        ]);
        assert_eq!(value.at(&Path::root()), Some(&value));
        assert_eq!(
            value.at(&Path::attribute("list").index(0).attr("name")),
            Some(&"a".into())
        );
        assert_eq!(value.at(&Path::attribute("map").key("k")), Some(&1.into()));
        let element = Value::object([("n", Value::from(2))]);
        assert_eq!(
            value.at(&Path::attribute("set").element(element).attr("n")),
            Some(&2.into())
        );

        assert_eq!(value.at(&Path::attribute("list").index(1)), None);
        assert_eq!(value.at(&Path::attribute("list").index(-1)), None);
        assert_eq!(value.at(&Path::attribute("map").attr("k")), None);
        assert_eq!(value.at(&Path::attribute("nothing").attr("k")), None);
    }
}
