//! Values in JSON, the form in which state is stored.
//!
//! As in msgpack, the type is needed both ways; a value of open type is `{"value": V, "type": T}`. Numbers have any
//! precision. JSON has no form for unknown values. Which versions of a state there are, and how one is made from
//! another, is not this module's business.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::conform;
use super::error::{Failure, missing_attributes, unexpected_attribute};
use super::order::deduplicate;
use super::{DecodeError, EncodeError, MAX_DEPTH, Step, Type, Value};

/// Reads a value of the type; objects must have exactly the type's attributes.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    Decoder { exact: true }.document(bytes, ty)
}

/// Reads a value that an earlier version of the schema may have written: at every level, attributes that the type
/// does not have are dropped, and those that are missing are null.
pub fn decode_state(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    Decoder { exact: false }.document(bytes, ty)
}

/// Writes a value of the type, without white space and with sorted attributes and keys.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, EncodeError> {
    let mut text = String::with_capacity(256);
    put(&mut text, value, ty, MAX_DEPTH)?;
    Ok(text.into_bytes())
}

struct Decoder {
    /// Whether objects must have exactly the type's attributes.
    exact: bool,
}

impl Decoder {
    fn document(&self, bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
        let json = serde_json::from_slice(bytes).map_err(|error| Failure::new(format!("not JSON: {error}")))?;
        Ok(self.value(json, ty)?)
    }

    /// The JSON parser has already limited the depth.
    fn value(&self, json: Json, ty: &Type) -> Result<Value, Failure> {
        match (json, ty) {
            (Json::Null, _) => Ok(Value::Null),
            (Json::Bool(value), Type::Bool) => Ok(Value::Bool(value)),
            (Json::Number(number), Type::Number) => number.as_str().parse().map(Value::Number).map_err(Failure::number),
            (Json::String(text), Type::String) => Ok(Value::String(text)),
            (Json::Object(members), Type::Dynamic) => self.dynamic(members),
            (Json::Array(elements), Type::List(ty)) => self.list(elements, ty).map(Value::List),
            (Json::Array(elements), Type::Set(ty)) => self.set(elements, ty).map(Value::Set),
            (Json::Array(elements), Type::Tuple(types)) => self.tuple(elements, types).map(Value::Tuple),
            (Json::Object(members), Type::Map(ty)) => self.elements_by_key(members, ty).map(Value::Map),
            (Json::Object(members), Type::Object(types)) => self.object(members, types).map(Value::Object),
            (json, ty) => Err(Failure::required(ty.kind(), kind(&json))),
        }
    }

    fn dynamic(&self, mut members: serde_json::Map<String, Json>) -> Result<Value, Failure> {
        let (Some(value), Some(ty), true) = (members.remove("value"), members.remove("type"), members.is_empty())
        else {
            return Err(Failure::new("a dynamic value consists of a value and a type"));
        };
        let ty = Type::from_json_value(ty)?;
        conform::concrete(&ty)?;
        Ok(match self.value(value, &ty)? {
            // A null has no type of its own.
            Value::Null => Value::Null,
            value => Value::Dynamic(Box::new((ty, value))),
        })
    }

    fn list(&self, elements: Vec<Json>, ty: &Type) -> Result<Vec<Value>, Failure> {
        let element = |(index, json)| self.value(json, ty).map_err(|failure| failure.within_index(index));
        let elements: Vec<Value> = elements
            .into_iter()
            .enumerate()
            .map(element)
            .collect::<Result<_, _>>()?;
        conform::uniform(&elements, ty)?;
        Ok(elements)
    }

    fn set(&self, elements: Vec<Json>, ty: &Type) -> Result<Vec<Value>, Failure> {
        let element = |(position, json)| {
            self.value(json, ty)
                .map_err(|failure| failure.within_unread_element(position))
        };
        let mut elements = elements
            .into_iter()
            .enumerate()
            .map(element)
            .collect::<Result<_, _>>()?;
        conform::uniform(&elements, ty)?;
        deduplicate(&mut elements);
        Ok(elements)
    }

    fn tuple(&self, elements: Vec<Json>, types: &[Type]) -> Result<Vec<Value>, Failure> {
        if elements.len() != types.len() {
            return Err(conform::wrong_length(types.len(), elements.len()));
        }
        let element = |(index, (json, ty))| self.value(json, ty).map_err(|failure| failure.within_index(index));
        elements.into_iter().zip(types).enumerate().map(element).collect()
    }

    fn elements_by_key(
        &self,
        members: serde_json::Map<String, Json>,
        ty: &Type,
    ) -> Result<BTreeMap<String, Value>, Failure> {
        let element = |(key, json): (String, Json)| match self.value(json, ty) {
            Ok(value) => Ok((key, value)),
            Err(failure) => Err(failure.within_key(&key)),
        };
        let elements: BTreeMap<String, Value> = members.into_iter().map(element).collect::<Result<_, _>>()?;
        conform::uniform(elements.values(), ty)?;
        Ok(elements)
    }

    fn object(
        &self,
        mut members: serde_json::Map<String, Json>,
        types: &BTreeMap<String, Type>,
    ) -> Result<BTreeMap<String, Value>, Failure> {
        if self.exact {
            if let Some(name) = members.keys().find(|name| !types.contains_key(*name)) {
                return Err(unexpected_attribute(name));
            }
            if members.len() < types.len() {
                return Err(missing_attributes(
                    types.keys().filter(|name| !members.contains_key(*name)),
                ));
            }
        }
        let attribute = |(name, ty): (&String, &Type)| {
            let json = members.remove(name).unwrap_or(Json::Null);
            let value = self.value(json, ty).map_err(|failure| failure.within_attribute(name))?;
            Ok((name.clone(), value))
        };
        types.iter().map(attribute).collect()
    }
}

/// What the JSON is, for error messages.
fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a bool",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

/// Appends a value that nests no more than `depth` levels.
fn put(text: &mut String, value: &Value, ty: &Type, depth: usize) -> Result<(), Failure> {
    let depth = depth.checked_sub(1).ok_or_else(Failure::too_deep)?;
    match (value, ty) {
        (Value::Null, _) => text.push_str("null"),
        (Value::Unknown(_), _) => return Err(Failure::new("an unknown value cannot be written as JSON")),
        (Value::Bool(value), Type::Bool) => text.push_str(if *value { "true" } else { "false" }),
        (Value::Number(number), Type::Number) => text.push_str(&number.to_string()),
        (Value::String(value), Type::String) => put_str(text, value),
        (Value::Dynamic(typed), Type::Dynamic) => {
            let (ty, value) = &**typed;
            conform::concrete(ty)?;
            if *value == Value::Null {
                text.push_str("null");
            } else {
                text.push_str("{\"value\":");
                put(text, value, ty, depth)?;
                text.push_str(",\"type\":");
                text.push_str(&ty.to_json());
                text.push('}');
            }
        }
        (Value::List(elements), Type::List(ty)) => {
            conform::uniform(elements, ty)?;
            enclose(
                text,
                ['[', ']'],
                elements.iter().enumerate(),
                |text, (index, element)| put(text, element, ty, depth).map_err(|failure| failure.within_index(index)),
            )?;
        }
        (Value::Set(elements), Type::Set(ty)) => {
            conform::uniform(elements, ty)?;
            enclose(text, ['[', ']'], elements, |text, element| {
                put(text, element, ty, depth).map_err(|failure| failure.within(Step::Element(element.clone())))
            })?;
        }
        (Value::Tuple(elements), Type::Tuple(types)) => {
            let pairs = conform::tuple(elements, types)?;
            enclose(text, ['[', ']'], pairs.enumerate(), |text, (index, (element, ty))| {
                put(text, element, ty, depth).map_err(|failure| failure.within_index(index))
            })?;
        }
        (Value::Map(elements), Type::Map(ty)) => {
            conform::uniform(elements.values(), ty)?;
            enclose(text, ['{', '}'], elements, |text, (key, element)| {
                put_str(text, key);
                text.push(':');
                put(text, element, ty, depth).map_err(|failure| failure.within_key(key))
            })?;
        }
        (Value::Object(values), Type::Object(types)) => {
            let attributes = conform::attributes(values, types)?;
            enclose(text, ['{', '}'], attributes, |text, (name, (value, ty))| {
                put_str(text, name);
                text.push(':');
                put(text, value, ty, depth).map_err(|failure| failure.within_attribute(name))
            })?;
        }
        (value, ty) => return Err(conform::mismatch(value, ty)),
    }
    Ok(())
}

/// Appends the members, separated by commas, between the delimiters.
fn enclose<T>(
    text: &mut String,
    [open, close]: [char; 2],
    members: impl IntoIterator<Item = T>,
    mut member: impl FnMut(&mut String, T) -> Result<(), Failure>,
) -> Result<(), Failure> {
    text.push(open);
    for (position, item) in members.into_iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        member(text, item)?;
    }
    text.push(close);
    Ok(())
}

fn put_str(text: &mut String, value: &str) {
    text.push_str(&Json::from(value).to_string());
}

#[cfg(test)]
mod tests;
