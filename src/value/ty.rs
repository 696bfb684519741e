//! The types that values have, and the JSON in which they are written.
//!
//! The JSON form appears in schemas and beside dynamic values: `"string"`, `["list", T]`, `["object", {"name": T}]`.
//! A type knows nothing of attributes' modes or descriptions; those belong to the schema.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value as Json;

use super::DecodeError;
use super::error::Failure;

/// What a [`Value`](super::Value) must look like.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// True or false.
    Bool,
    /// A number of any size and precision.
    Number,
    /// Text.
    String,
    /// Any type; the value carries its own.
    Dynamic,
    /// An ordered collection of one type.
    List(Box<Type>),
    /// An unordered collection of one type, without duplicates.
    Set(Box<Type>),
    /// A collection of one type by key.
    Map(Box<Type>),
    /// A fixed number of values, each of its own type.
    Tuple(Vec<Type>),
    /// A fixed number of named values, each of its own type.
    Object(BTreeMap<String, Type>),
}

impl Type {
    /// The type in JSON.
    pub fn to_json(&self) -> String {
        self.to_string()
    }

    /// Reads a type from JSON. The list of optional attributes that may follow an object type is accepted and left
    /// out: in a value, every attribute is there.
    pub fn from_json(bytes: &[u8]) -> Result<Self, DecodeError> {
        let json =
            serde_json::from_slice(bytes).map_err(|error| Failure::new(format!("not a type in JSON: {error}")))?;
        Ok(Self::from_json_value(json)?)
    }

    /// Reads a type from JSON that has been parsed, and so is not too deep.
    pub(super) fn from_json_value(json: Json) -> Result<Self, Failure> {
        match json {
            Json::String(name) => match name.as_str() {
                "bool" => Ok(Self::Bool),
                "number" => Ok(Self::Number),
                "string" => Ok(Self::String),
                "dynamic" => Ok(Self::Dynamic),
                _ => Err(Failure::new(format!("there is no type {name:?}"))),
            },
            Json::Array(parts) => constructed(parts),
            _ => Err(Failure::new("a type is either a name or an array")),
        }
    }

    /// What a value of the type is, for error messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Bool => "a bool",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Dynamic => "a value of dynamic type",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Tuple(_) => "a tuple",
            Self::Object(_) => "an object",
        }
    }
}

/// A type is displayed as its JSON.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("\"bool\""),
            Self::Number => f.write_str("\"number\""),
            Self::String => f.write_str("\"string\""),
            Self::Dynamic => f.write_str("\"dynamic\""),
            Self::List(element) => write!(f, "[\"list\",{element}]"),
            Self::Set(element) => write!(f, "[\"set\",{element}]"),
            Self::Map(element) => write!(f, "[\"map\",{element}]"),
            Self::Tuple(elements) => {
                f.write_str("[\"tuple\",[")?;
                for (position, element) in elements.iter().enumerate() {
                    write!(f, "{}{element}", if position == 0 { "" } else { "," })?;
                }
                f.write_str("]]")
            }
            Self::Object(attributes) => {
                f.write_str("[\"object\",{")?;
                for (position, (name, ty)) in attributes.iter().enumerate() {
                    let name = Json::from(name.as_str());
                    write!(f, "{}{name}:{ty}", if position == 0 { "" } else { "," })?;
                }
                f.write_str("}]")
            }
        }
    }
}

/// A type that is made of other types.
fn constructed(parts: Vec<Json>) -> Result<Type, Failure> {
    let count = parts.len();
    let mut parts = parts.into_iter();
    let (Some(Json::String(kind)), Some(argument)) = (parts.next(), parts.next()) else {
        return Err(Failure::new(
            "an array that stands for a type has a name and an argument",
        ));
    };
    let optional = parts.next();
    let ty = match (kind.as_str(), argument) {
        ("list", element) => Type::List(Box::new(Type::from_json_value(element)?)),
        ("set", element) => Type::Set(Box::new(Type::from_json_value(element)?)),
        ("map", element) => Type::Map(Box::new(Type::from_json_value(element)?)),
        ("tuple", Json::Array(elements)) => Type::Tuple(
            elements
                .into_iter()
                .map(Type::from_json_value)
                .collect::<Result<_, _>>()?,
        ),
        ("object", Json::Object(attributes)) => {
            let attribute = |(name, ty)| Ok::<_, Failure>((name, Type::from_json_value(ty)?));
            Type::Object(attributes.into_iter().map(attribute).collect::<Result<_, _>>()?)
        }
        ("tuple", _) => return Err(Failure::new("a tuple type needs an array of types")),
        ("object", _) => return Err(Failure::new("an object type needs an object of types")),
        _ => return Err(Failure::new(format!("there is no type {kind:?}"))),
    };
    match optional {
        None => Ok(ty),
        Some(Json::Array(names))
            if count == 3 && matches!(ty, Type::Object(_)) && names.iter().all(Json::is_string) =>
        {
            Ok(ty)
        }
        Some(_) => Err(Failure::new(format!("the type {kind:?} has too many arguments"))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value::arbitrary;

    #[test]
    fn types_are_written_as_json() {
        let ty = Type::Object(BTreeMap::from([
            ("b\"".to_owned(), Type::Tuple(vec![Type::Bool, Type::Number])),
            (
                "a".to_owned(),
                Type::List(Box::new(Type::Set(Box::new(Type::Map(Box::new(Type::Dynamic)))))),
            ),
        ]));
        let json = r#"["object",{"a":["list",["set",["map","dynamic"]]],"b\"":["tuple",["bool","number"]]}]"#;
        assert_eq!(ty.to_json(), json);
        assert_eq!(Type::from_json(json.as_bytes()), Ok(ty));
    }

    #[test]
    fn optional_attributes_are_accepted() {
        let expected = Type::Object(BTreeMap::from([("a".to_owned(), Type::String)]));
        assert_eq!(
            Type::from_json(br#" ["object", {"a": "string"}, ["a"]] "#),
            Ok(expected)
        );
    }

    #[test]
    fn anything_else_is_an_error() {
        for json in [
            "",
            "1",
            r#""strng""#,
            "[]",
            r#"["list"]"#,
            r#"["list","string","string"]"#,
            r#"["tuple","string"]"#,
            r#"["object",["string"]]"#,
            r#"["object",{},[1]]"#,
            r#"["object",{},[],[]]"#,
            r#"["object",{}] x"#,
            r#"["maybe","string"]"#,
        ] {
            assert!(Type::from_json(json.as_bytes()).is_err(), "{json}");
        }
        let deep = format!("{}\"string\"{}", "[\"list\",".repeat(100_000), "]".repeat(100_000));
        assert!(Type::from_json(deep.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn every_type_comes_back(ty in arbitrary::ty()) {
            prop_assert_eq!(Type::from_json(ty.to_json().as_bytes()), Ok(ty));
        }
    }
}
