//! The way out: what a state must be before Terraform stores it.
//!
//! Terraform refuses a state that holds unknown or write-only values, in the second case even by forgetting an object
//! that was just made. These rules make sure that it never gets one.

use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::{Attribute, AttributeKind, Block, BlockNesting, Nesting};
use crate::value::{Path, Value};

/// Replaces every value that is still unknown by null. Where nothing else went wrong, that is a bug worth an error.
pub(super) fn no_unknowns(state: &mut Value, type_name: &str, diagnostics: &mut Diagnostics) {
    if state.is_wholly_known() {
        return;
    }
    let mut left = Vec::new();
    clear_unknowns(state, &Path::root(), &mut left);
    if left.is_empty() || diagnostics.has_errors() {
        return;
    }
    let names: Vec<_> = left.iter().map(|path| format!("`{path}`")).collect();
    diagnostics.push(Diagnostic::error(
        "Provider Left Values Unknown",
        format!(
            "After the operation, {type_name} did not say what became of {}. The object itself is recorded. This is a \
             bug in the provider: please report it.",
            names.join(", ")
        ),
    ));
}

fn clear_unknowns(value: &mut Value, path: &Path, left: &mut Vec<Path>) {
    match value {
        Value::Unknown(_) => {
            left.push(path.clone());
            *value = Value::Null;
        }
        Value::Dynamic(inner) => clear_unknowns(&mut inner.1, path, left),
        Value::List(elements) | Value::Tuple(elements) | Value::Set(elements) => {
            for (element, index) in elements.iter_mut().zip(0..) {
                clear_unknowns(element, &path.clone().index(index), left);
            }
        }
        Value::Map(elements) => {
            for (key, element) in elements {
                clear_unknowns(element, &path.clone().key(key.clone()), left);
            }
        }
        Value::Object(attributes) => {
            for (name, attribute) in attributes {
                clear_unknowns(attribute, &path.clone().attr(name.clone()), left);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Keeps the known spelling of every value that means the same as the new one, so that an answer in other words is no
/// drift and no broken promise.
pub(super) fn keep_spelling(block: &Block, known: &Value, state: &mut Value) {
    for_each_attribute(block, state, &mut |attribute, value, path| {
        let Some(equal) = attribute.plan.equal else { return };
        if let Some(known) = known.at(path) {
            let comparable = !known.is_null() && known.is_wholly_known() && !value.is_null();
            if comparable && equal(known, value) {
                *value = known.clone();
            }
        }
    });
}

/// Puts every value that the plan promised into the state of a change that succeeded. Terraform takes any other value for
/// a bug, also where the object changed by itself in the meantime, as a machine does that turns itself off; the next
/// refresh sees what it is by then.
pub(super) fn keep_promises(planned: &Value, state: &mut Value) {
    match (planned, state) {
        (Value::Unknown(_), _) => {}
        (Value::Object(planned), Value::Object(state)) => {
            for (name, value) in state {
                if let Some(planned) = planned.get(name) {
                    keep_promises(planned, value);
                }
            }
        }
        (Value::List(planned), Value::List(state)) if planned.len() == state.len() => {
            for (planned, value) in planned.iter().zip(state) {
                keep_promises(planned, value);
            }
        }
        (Value::Map(planned), Value::Map(state)) => {
            for (key, value) in state {
                if let Some(planned) = planned.get(key) {
                    keep_promises(planned, value);
                }
            }
        }
        (planned, state) if planned.is_wholly_known() => *state = planned.clone(),
        _ => {}
    }
}

/// Makes every write-only value null.
pub(super) fn no_write_only(block: &Block, state: &mut Value) {
    for_each_attribute(block, state, &mut |attribute, value, _| {
        if attribute.write_only {
            *value = Value::Null;
        }
    });
}

/// Fills in the defaults of attributes that are null: an imported or older state knows nothing of them.
pub(super) fn fill_defaults(block: &Block, state: &mut Value) {
    for_each_attribute(block, state, &mut |attribute, value, _| {
        if let (Some(default), Value::Null) = (&attribute.plan.default, &*value) {
            *value = default.clone();
        }
    });
}

type Visit<'v> = dyn FnMut(&Attribute, &mut Value, &Path) + 'v;

/// Visits every attribute of a block and of all that is nested in it.
fn for_each_attribute(block: &Block, value: &mut Value, visit: &mut Visit<'_>) {
    in_block(block, value, &Path::root(), visit);
}

fn in_block(block: &Block, value: &mut Value, path: &Path, visit: &mut Visit<'_>) {
    in_object(&block.attributes, value, path, visit);
    let Value::Object(object) = value else { return };
    for nested in &block.blocks {
        let Some(value) = object.get_mut(nested.name) else {
            continue;
        };
        let path = path.clone().attr(nested.name);
        match nested.nesting {
            BlockNesting::Single | BlockNesting::Group => in_block(&nested.block, value, &path, visit),
            BlockNesting::List | BlockNesting::Set | BlockNesting::Map => {
                for_each_element(value, &path, &mut |value, path| {
                    in_block(&nested.block, value, path, visit)
                });
            }
        }
    }
}

fn in_object(attributes: &[Attribute], value: &mut Value, path: &Path, visit: &mut Visit<'_>) {
    let Value::Object(object) = value else { return };
    for attribute in attributes {
        let Some(value) = object.get_mut(attribute.name) else {
            continue;
        };
        let path = path.clone().attr(attribute.name);
        visit(attribute, value, &path);
        match &attribute.kind {
            AttributeKind::Value(_) => {}
            AttributeKind::Nested(Nesting::Single, attributes) => in_object(attributes, value, &path, visit),
            AttributeKind::Nested(_, attributes) => {
                for_each_element(value, &path, &mut |value, path| {
                    in_object(attributes, value, path, visit)
                });
            }
        }
    }
}

fn for_each_element(value: &mut Value, path: &Path, visit: &mut dyn FnMut(&mut Value, &Path)) {
    match value {
        Value::List(elements) | Value::Set(elements) => {
            for (element, index) in elements.iter_mut().zip(0..) {
                visit(element, &path.clone().index(index));
            }
        }
        Value::Map(elements) => {
            for (key, element) in elements {
                visit(element, &path.clone().key(key.clone()));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
