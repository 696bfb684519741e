//! The configuration that says what a state says: for an object that was imported and has none yet.
//!
//! It is made from what is declared of each attribute, and holds what somebody has to write: no value that only the provider
//! tells, none that is stored nowhere, nothing deprecated, no limits of time, and no defaults. What validation refuses is
//! left out, as far as it need not be there: of two arguments that exclude each other one, and what needs another argument
//! that is not set.

use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::{Attribute, AttributeKind, Block, BlockNesting, Mode, Nesting};
use crate::value::{Path, Step, Value};

/// The limits of time are a matter of who waits, and not of the object.
const TIMEOUTS: &str = "timeouts";

/// The configuration of a state, null for none. `validate` says what is wrong with one.
pub(super) fn config(block: &Block, state: &Value, validate: impl Fn(&Value) -> Diagnostics) -> Value {
    if state.is_null() {
        return Value::Null;
    }
    let mut config = in_block(block, state);
    // One at a time: what is refused for the sake of another is often right without that one.
    while let Some(refused) = validate(&config)
        .iter()
        .find_map(|error| dispensable(block, &config, error))
    {
        set(&mut config, refused, Value::Null);
    }
    let errors = |config: &Value| validate(config).iter().filter(|told| told.is_error()).count();
    let refused = errors(&config);
    for attribute in &block.attributes {
        let Some(default) = &attribute.plan.default else {
            continue;
        };
        if config.get(attribute.name) == Some(default) {
            set(&mut config, attribute.name, Value::Null);
            // Another argument may need it in writing.
            if errors(&config) > refused {
                set(&mut config, attribute.name, default.clone());
            }
        }
    }
    config
}

/// The argument of the block that an error is about, where it is set and need not be.
fn dispensable(block: &Block, config: &Value, error: &Diagnostic) -> Option<&'static str> {
    let path = error.path.as_ref().filter(|_| error.is_error())?;
    let Some(Step::Attribute(name)) = path.steps().first() else {
        return None;
    };
    let attribute = block.attribute(name)?;
    let is_set = !config.at(&Path::attribute(attribute.name))?.is_null();
    (is_set && attribute.mode != Mode::Required).then_some(attribute.name)
}

fn set(config: &mut Value, name: &'static str, value: Value) {
    if let Value::Object(arguments) = config {
        arguments.insert(name.to_owned(), value);
    }
}

fn in_block(block: &Block, state: &Value) -> Value {
    if state.is_null() {
        return Value::Null;
    }
    let attributes = block.attributes.iter().map(|attribute| argument(attribute, state));
    let blocks = block.blocks.iter().map(|nested| {
        let value = state.get(nested.name).unwrap_or(&Value::Null);
        let written = match nested.nesting {
            _ if nested.name == TIMEOUTS => Value::Null,
            BlockNesting::Single | BlockNesting::Group => in_block(&nested.block, value),
            BlockNesting::List | BlockNesting::Set | BlockNesting::Map => {
                each(value, |element| in_block(&nested.block, element))
            }
        };
        (nested.name, written)
    });
    Value::object(attributes.chain(blocks))
}

fn argument(attribute: &Attribute, state: &Value) -> (&'static str, Value) {
    let value = state.get(attribute.name).unwrap_or(&Value::Null);
    let is_written = attribute.mode.is_settable() && !attribute.write_only && attribute.deprecation.is_none();
    let written = match &attribute.kind {
        _ if !is_written => Value::Null,
        AttributeKind::Value(_) => value.clone(),
        AttributeKind::Nested(Nesting::Single, attributes) => in_object(attributes, value),
        AttributeKind::Nested(_, attributes) => each(value, |element| in_object(attributes, element)),
    };
    (attribute.name, written)
}

fn in_object(attributes: &[Attribute], state: &Value) -> Value {
    match state.is_null() {
        true => Value::Null,
        false => Value::object(attributes.iter().map(|attribute| argument(attribute, state))),
    }
}

/// The same collection of what is written of each element.
fn each(value: &Value, write: impl Fn(&Value) -> Value) -> Value {
    match value {
        Value::List(elements) => Value::List(elements.iter().map(write).collect()),
        Value::Set(elements) => Value::Set(elements.iter().map(write).collect()),
        Value::Map(elements) => Value::Map(
            elements
                .iter()
                .map(|(key, value)| (key.clone(), write(value)))
                .collect(),
        ),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests;
