//! From values to msgpack.

use std::collections::BTreeMap;
use std::fmt::Debug;

use rmp::encode as write;

use crate::value::error::Failure;
use crate::value::{EncodeError, MAX_DEPTH, Number, Step, Type, Unknown, Value, conform};

/// An extension of one zero byte; its code and its payload mean nothing.
const PLAIN_UNKNOWN: [u8; 3] = [0xd4, 0x00, 0x00];

/// Writes a value of the type. Attributes and keys come out sorted, the elements of a set in the order they have.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer(Vec::with_capacity(256));
    writer.value(value, ty, MAX_DEPTH)?;
    Ok(writer.0)
}

/// The bytes so far.
struct Writer(Vec<u8>);

impl Writer {
    /// A value that nests no more than `depth` levels.
    fn value(&mut self, value: &Value, ty: &Type, depth: usize) -> Result<(), Failure> {
        match value {
            Value::Null => {
                self.nil();
                return Ok(());
            }
            Value::Unknown(unknown) => {
                self.unknown(unknown);
                return Ok(());
            }
            _ => {}
        }
        let depth = depth.checked_sub(1).ok_or_else(Failure::too_deep)?;
        match (value, ty) {
            (Value::Bool(value), Type::Bool) => sure(write::write_bool(&mut self.0, *value)),
            (Value::Number(number), Type::Number) => self.number(number)?,
            (Value::String(text), Type::String) => self.str(text)?,
            (Value::Dynamic(typed), Type::Dynamic) => self.dynamic(&typed.0, &typed.1, depth)?,
            (Value::List(elements), Type::List(ty)) => {
                conform::uniform(elements, ty)?;
                self.array(elements.len())?;
                for (index, element) in elements.iter().enumerate() {
                    self.value(element, ty, depth)
                        .map_err(|failure| failure.within_index(index))?;
                }
            }
            (Value::Set(elements), Type::Set(ty)) => {
                conform::uniform(elements, ty)?;
                self.array(elements.len())?;
                for element in elements {
                    let within = |failure: Failure| failure.within(Step::Element(element.clone()));
                    self.value(element, ty, depth).map_err(within)?;
                }
            }
            (Value::Tuple(elements), Type::Tuple(types)) => {
                let pairs = conform::tuple(elements, types)?;
                self.array(pairs.len())?;
                for (index, (element, ty)) in pairs.enumerate() {
                    self.value(element, ty, depth)
                        .map_err(|failure| failure.within_index(index))?;
                }
            }
            (Value::Map(elements), Type::Map(ty)) => self.elements_by_key(elements, ty, depth)?,
            (Value::Object(attributes), Type::Object(types)) => {
                let attributes = conform::attributes(attributes, types)?;
                self.map(attributes.len())?;
                for (name, (value, ty)) in attributes {
                    self.str(name)?;
                    self.value(value, ty, depth)
                        .map_err(|failure| failure.within_attribute(name))?;
                }
            }
            (value, ty) => return Err(conform::mismatch(value, ty)),
        }
        Ok(())
    }

    fn dynamic(&mut self, ty: &Type, value: &Value, depth: usize) -> Result<(), Failure> {
        conform::concrete(ty)?;
        if *value == Value::Null {
            // A null has no type of its own.
            self.nil();
            return Ok(());
        }
        self.array(2)?;
        let json = ty.to_json();
        sure(write::write_bin_len(&mut self.0, length(json.len())?));
        self.0.extend_from_slice(json.as_bytes());
        self.value(value, ty, depth)
    }

    fn elements_by_key(&mut self, elements: &BTreeMap<String, Value>, ty: &Type, depth: usize) -> Result<(), Failure> {
        conform::uniform(elements.values(), ty)?;
        self.map(elements.len())?;
        for (key, element) in elements {
            self.str(key)?;
            self.value(element, ty, depth)
                .map_err(|failure| failure.within_key(key))?;
        }
        Ok(())
    }

    /// An integer if it fits one; a float if it is a fraction that a float holds exactly; otherwise text.
    fn number(&mut self, number: &Number) -> Result<(), Failure> {
        if let Some(integer) = number.to_i64() {
            sure(write::write_sint(&mut self.0, integer));
        } else if let Some(float) = (!number.is_integer()).then(|| number.to_f64_exact()).flatten() {
            sure(write::write_f64(&mut self.0, float));
        } else {
            self.str(&number.to_string())?;
        }
        Ok(())
    }

    fn unknown(&mut self, unknown: &Unknown) {
        self.0.extend_from_slice(unknown.extension().unwrap_or(&PLAIN_UNKNOWN));
    }

    fn nil(&mut self) {
        sure(write::write_nil(&mut self.0));
    }

    fn str(&mut self, text: &str) -> Result<(), Failure> {
        sure(write::write_str_len(&mut self.0, length(text.len())?));
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn array(&mut self, elements: usize) -> Result<(), Failure> {
        sure(write::write_array_len(&mut self.0, length(elements)?));
        Ok(())
    }

    fn map(&mut self, entries: usize) -> Result<(), Failure> {
        sure(write::write_map_len(&mut self.0, length(entries)?));
        Ok(())
    }
}

fn length(length: usize) -> Result<u32, Failure> {
    u32::try_from(length).map_err(|_| Failure::new("the value is too large"))
}

/// The writing functions can only fail where the writer does.
fn sure<T, E: Debug>(result: Result<T, E>) {
    result.expect("a vector takes every byte");
}
