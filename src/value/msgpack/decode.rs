//! From msgpack to values.

use std::collections::BTreeMap;

use super::reader::Reader;
use super::refinements;
use crate::value::error::{Failure, missing_attributes, unexpected_attribute};
use crate::value::order::deduplicate;
use crate::value::{DecodeError, MAX_DEPTH, Type, Value, conform};

/// How many elements are made room for in advance; the announced length may be a lie.
const MAX_CAPACITY: usize = 32;

/// Reads one value of the type, which must take up all of the bytes.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    let mut reader = Reader(bytes);
    let value = reader.value(ty, MAX_DEPTH)?;
    if !reader.0.is_empty() {
        return Err(Failure::new("bytes follow the value").into());
    }
    Ok(value)
}

impl<'a> Reader<'a> {
    /// A value that nests no more than `depth` levels.
    fn value(&mut self, ty: &Type, depth: usize) -> Result<Value, Failure> {
        if self.nil()? {
            return Ok(Value::Null);
        }
        if let Some(extension) = self.extension()? {
            return refinements::decode(&extension).map(Value::Unknown);
        }
        let depth = depth.checked_sub(1).ok_or_else(Failure::too_deep)?;
        match ty {
            Type::Bool => self.bool().map(Value::Bool),
            Type::Number => self.number().map(Value::Number),
            Type::String => self.str("a string").map(Value::from),
            Type::Dynamic => self.dynamic(depth),
            Type::List(element) => self.list(element, depth),
            Type::Set(element) => self.set(element, depth),
            Type::Map(element) => self.elements_by_key(element, depth),
            Type::Tuple(elements) => self.tuple(elements, depth),
            Type::Object(attributes) => self.object(attributes, depth),
        }
    }

    fn dynamic(&mut self, depth: usize) -> Result<Value, Failure> {
        const WANTED: &str = "an array of a type and a value";
        if self.array(WANTED)? != 2 {
            return Err(Failure::new("a dynamic value consists of a type and a value"));
        }
        let ty = self.bytes("a type in JSON")?;
        let ty = Type::from_json(ty).map_err(|error| Failure::new(error.message))?;
        conform::concrete(&ty)?;
        Ok(match self.value(&ty, depth)? {
            // A null has no type of its own.
            Value::Null => Value::Null,
            value => Value::Dynamic(Box::new((ty, value))),
        })
    }

    fn list(&mut self, ty: &Type, depth: usize) -> Result<Value, Failure> {
        let length = self.array("a list")?;
        let mut elements = Vec::with_capacity(length.min(MAX_CAPACITY));
        for index in 0..length {
            elements.push(self.value(ty, depth).map_err(|failure| failure.within_index(index))?);
        }
        conform::uniform(&elements, ty)?;
        Ok(Value::List(elements))
    }

    fn set(&mut self, ty: &Type, depth: usize) -> Result<Value, Failure> {
        let length = self.array("a set")?;
        let mut elements = Vec::with_capacity(length.min(MAX_CAPACITY));
        for position in 0..length {
            elements.push(
                self.value(ty, depth)
                    .map_err(|failure| failure.within_unread_element(position))?,
            );
        }
        conform::uniform(&elements, ty)?;
        deduplicate(&mut elements);
        Ok(Value::Set(elements))
    }

    fn tuple(&mut self, types: &[Type], depth: usize) -> Result<Value, Failure> {
        let length = self.array("a tuple")?;
        if length != types.len() {
            return Err(conform::wrong_length(types.len(), length));
        }
        let mut elements = Vec::with_capacity(length);
        for (index, ty) in types.iter().enumerate() {
            elements.push(self.value(ty, depth).map_err(|failure| failure.within_index(index))?);
        }
        Ok(Value::Tuple(elements))
    }

    fn elements_by_key(&mut self, ty: &Type, depth: usize) -> Result<Value, Failure> {
        let length = self.map("a map")?;
        let mut elements = BTreeMap::new();
        for _ in 0..length {
            let key = self.str("a string as the key")?;
            let value = self.value(ty, depth).map_err(|failure| failure.within_key(key))?;
            if elements.insert(key.to_owned(), value).is_some() {
                return Err(Failure::new("the key appears twice").within_key(key));
            }
        }
        conform::uniform(elements.values(), ty)?;
        Ok(Value::Map(elements))
    }

    fn object(&mut self, types: &BTreeMap<String, Type>, depth: usize) -> Result<Value, Failure> {
        let length = self.map("an object")?;
        let mut attributes = Vec::with_capacity(length.min(types.len()));
        // The host writes the attributes in order, so that the next one is nearly always the expected one.
        let mut expected = types.iter();
        for _ in 0..length {
            let name = self.str("a string as the attribute's name")?;
            let (name, ty) = match expected.next() {
                Some(next) if next.0 == name => next,
                _ => types.get_key_value(name).ok_or_else(|| unexpected_attribute(name))?,
            };
            let value = self
                .value(ty, depth)
                .map_err(|failure| failure.within_attribute(name))?;
            attributes.push((name.clone(), value));
        }
        let attributes = BTreeMap::from_iter(attributes);
        if attributes.len() < types.len() {
            return Err(missing_attributes(
                types.keys().filter(|name| !attributes.contains_key(*name)),
            ));
        }
        if attributes.len() < length {
            return Err(Failure::new("an attribute appears twice"));
        }
        Ok(Value::Object(attributes))
    }
}
