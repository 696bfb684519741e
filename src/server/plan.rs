//! The rules of planning, enforced here and nowhere else.
//!
//! Terraform's core accepts a planned value only where it is the configured one, or the prior one of a configured
//! attribute, or anything of a computed attribute that the configuration leaves out; write-only values must be null. For
//! each attribute the rules are, in this order:
//!
//! 1. A write-only value is null.
//! 2. A configured value that means the same as the prior one is planned as the prior one; any other stands as it is,
//!    unknown parts included. A nested object goes through the same rules attribute by attribute.
//! 3. Without a configured value the attribute's default stands.
//! 4. An attribute that is not computed is then null.
//! 5. A computed one is unknown in a new object, and where an attribute that it follows changes; otherwise it is as it was.
//!
//! A computed attribute that the configuration must not set never takes a configured value, whatever a host lets through.
//! All of this is pure: the same question always has the same answer, which the apply relies on.

use std::collections::BTreeMap;

use crate::schema::{Attribute, AttributeKind, Block, BlockNesting, Mode, NestedBlock, Nesting};
use crate::value::{Path, Value};

/// The planned state that the schema's rules give. `prior` is null for a new object.
pub(super) fn propose(block: &Block, prior: &Value, config: &Value) -> Value {
    plan_block(block, prior, config)
}

/// The paths of attributes that differ from the prior state and need a new object for that.
pub(super) fn replacements(block: &Block, prior: &Value, planned: &Value) -> Vec<Path> {
    let mut paths = Vec::new();
    if !prior.is_null() && !planned.is_null() {
        replaced_in_block(block, prior, planned, &Path::root(), &mut paths);
    }
    paths
}

fn plan_block(block: &Block, prior: &Value, config: &Value) -> Value {
    let mut planned = plan_attributes(&block.attributes, prior, config);
    for nested in &block.blocks {
        let value = plan_nested_block(nested, part(prior, nested.name), part(config, nested.name));
        planned.insert(nested.name.to_owned(), value);
    }
    Value::Object(planned)
}

fn plan_attributes(attributes: &[Attribute], prior: &Value, config: &Value) -> BTreeMap<String, Value> {
    let is_new = prior.is_null();
    let mut planned: BTreeMap<_, _> = attributes
        .iter()
        .map(|attribute| {
            let (prior, config) = (part(prior, attribute.name), part(config, attribute.name));
            (
                attribute.name.to_owned(),
                plan_attribute(attribute, is_new, prior, config),
            )
        })
        .collect();
    if !is_new {
        free_followers(attributes, prior, config, &mut planned);
    }
    planned
}

/// Makes the values unknown that follow an attribute that changes, and those that follow them in turn.
fn free_followers(attributes: &[Attribute], prior: &Value, config: &Value, planned: &mut BTreeMap<String, Value>) {
    loop {
        let changes = |name: &&str| planned.get(*name).is_some_and(|planned| planned != part(prior, name));
        let freed = attributes.iter().find(|attribute| {
            let is_open = attribute.mode.is_computed() && !is_configured(attribute, config);
            let is_known = planned.get(attribute.name).is_some_and(|value| !value.is_unknown());
            is_open && is_known && attribute.plan.follows.iter().any(changes)
        });
        let Some(freed) = freed else { return };
        planned.insert(freed.name.to_owned(), Value::unknown());
    }
}

/// Whether the value is the configuration's to say.
fn is_configured(attribute: &Attribute, config: &Value) -> bool {
    attribute.mode.is_settable() && (!part(config, attribute.name).is_null() || attribute.plan.default.is_some())
}

fn plan_attribute(attribute: &Attribute, is_new: bool, prior: &Value, config: &Value) -> Value {
    if attribute.write_only {
        return Value::Null;
    }
    if !config.is_null() && attribute.mode != Mode::Computed {
        return match &attribute.kind {
            AttributeKind::Nested(nesting, attributes) => plan_nested(*nesting, attributes, prior, config),
            AttributeKind::Value(_) if means_the_same(attribute, prior, config) => prior.clone(),
            AttributeKind::Value(_) => config.clone(),
        };
    }
    if let Some(default) = &attribute.plan.default {
        return default.clone();
    }
    if !attribute.mode.is_computed() {
        return Value::Null;
    }
    if is_new { Value::unknown() } else { prior.clone() }
}

fn means_the_same(attribute: &Attribute, prior: &Value, config: &Value) -> bool {
    let comparable = !prior.is_null() && prior.is_wholly_known() && config.is_wholly_known();
    comparable && attribute.plan.equal.is_some_and(|equal| equal(prior, config))
}

fn plan_nested(nesting: Nesting, attributes: &[Attribute], prior: &Value, config: &Value) -> Value {
    let object = |prior: &Value, config: &Value| match config {
        Value::Object(_) => Value::Object(plan_attributes(attributes, prior, config)),
        other => other.clone(),
    };
    match nesting {
        Nesting::Single => object(prior, config),
        Nesting::List | Nesting::Set | Nesting::Map => plan_elements(prior, config, object),
    }
}

fn plan_nested_block(nested: &NestedBlock, prior: &Value, config: &Value) -> Value {
    let object = |prior: &Value, config: &Value| match config {
        Value::Object(_) => plan_block(&nested.block, prior, config),
        // Null where there is no such block; unknown where a dynamic block is not yet known, echoed unchanged.
        other => other.clone(),
    };
    match nested.nesting {
        BlockNesting::Single | BlockNesting::Group => object(prior, config),
        BlockNesting::List | BlockNesting::Set | BlockNesting::Map => plan_elements(prior, config, object),
    }
}

/// Plans each element of a configured collection beside the prior element that it continues: the one of the same index or
/// key and, in a set, one that the configuration can have come from.
fn plan_elements(prior: &Value, config: &Value, object: impl Fn(&Value, &Value) -> Value) -> Value {
    match (config, prior) {
        (Value::List(elements), prior) => Value::List(
            elements
                .iter()
                .enumerate()
                .map(|(index, element)| match prior {
                    Value::List(prior) => object(prior.get(index).unwrap_or(&Value::Null), element),
                    _ => object(&Value::Null, element),
                })
                .collect(),
        ),
        (Value::Map(elements), prior) => Value::Map(
            elements
                .iter()
                .map(|(key, element)| (key.clone(), object(part(prior, key), element)))
                .collect(),
        ),
        (Value::Set(elements), prior) => Value::Set(
            elements
                .iter()
                .map(|element| match prior {
                    Value::Set(prior) => {
                        let continued = prior.iter().find(|prior| continues(prior, element));
                        object(continued.unwrap_or(&Value::Null), element)
                    }
                    _ => object(&Value::Null, element),
                })
                .collect(),
        ),
        (other, _) => other.clone(),
    }
}

/// Whether every attribute that the configuration sets has the value that it has in the prior element.
fn continues(prior: &Value, config: &Value) -> bool {
    match (prior, config) {
        (Value::Object(_), Value::Object(config)) => config
            .iter()
            .all(|(name, value)| value.is_null() || part(prior, name) == value),
        _ => false,
    }
}

fn replaced_in_block(block: &Block, prior: &Value, planned: &Value, path: &Path, paths: &mut Vec<Path>) {
    replaced_in_object(&block.attributes, prior, planned, path, paths);
    for nested in &block.blocks {
        let (prior, planned) = (part(prior, nested.name), planned_part(planned, nested.name));
        let path = path.clone().attr(nested.name);
        match nested.nesting {
            BlockNesting::Single | BlockNesting::Group => {
                replaced_in_block(&nested.block, prior, planned, &path, paths);
            }
            BlockNesting::List | BlockNesting::Set | BlockNesting::Map => {
                for (path, prior, planned) in paired_elements(prior, planned, &path) {
                    replaced_in_block(&nested.block, prior, planned, &path, paths);
                }
            }
        }
    }
}

fn replaced_in_object(attributes: &[Attribute], prior: &Value, planned: &Value, path: &Path, paths: &mut Vec<Path>) {
    for attribute in attributes {
        let (prior, planned) = (part(prior, attribute.name), planned_part(planned, attribute.name));
        if prior == planned {
            continue;
        }
        let path = path.clone().attr(attribute.name);
        // A planned null says that the configuration no longer cares: that is no reason to destroy anything.
        let is_adopted = attribute.plan.adopted && prior.is_null();
        let replaces = attribute.plan.replaces && !planned.is_null() && !is_adopted;
        if replaces {
            paths.push(path);
            continue;
        }
        match &attribute.kind {
            AttributeKind::Value(_) => {}
            AttributeKind::Nested(Nesting::Single, attributes) => {
                replaced_in_object(attributes, prior, planned, &path, paths);
            }
            AttributeKind::Nested(_, attributes) => {
                for (path, prior, planned) in paired_elements(prior, planned, &path) {
                    replaced_in_object(attributes, prior, planned, &path, paths);
                }
            }
        }
    }
}

/// The elements of two collections that stand at the same index or key. What a collection that is not known yet will hold
/// there is not known either. Elements of sets are not paired: Terraform cannot be told the path of one.
fn paired_elements<'v>(prior: &'v Value, planned: &'v Value, path: &Path) -> Vec<(Path, &'v Value, &'v Value)> {
    match (prior, planned) {
        (Value::List(prior), Value::List(planned)) => prior
            .iter()
            .zip(planned)
            .zip(0..)
            .map(|((prior, planned), index)| (path.clone().index(index), prior, planned))
            .collect(),
        (Value::Map(prior), Value::Map(planned)) => planned
            .iter()
            .filter_map(|(key, planned)| Some((path.clone().key(key.clone()), prior.get(key)?, planned)))
            .collect(),
        (Value::List(prior), unknown @ Value::Unknown(_)) => prior
            .iter()
            .zip(0..)
            .map(|(prior, index)| (path.clone().index(index), prior, unknown))
            .collect(),
        (Value::Map(prior), unknown @ Value::Unknown(_)) => prior
            .iter()
            .map(|(key, prior)| (path.clone().key(key.clone()), prior, unknown))
            .collect(),
        _ => Vec::new(),
    }
}

/// An attribute or element of a value that may itself be absent.
fn part<'v>(value: &'v Value, name: &str) -> &'v Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// The same of a planned value, of which nothing is known where the whole is not known: the apply must not find out that it
/// needs another object.
fn planned_part<'v>(value: &'v Value, name: &str) -> &'v Value {
    match value {
        unknown @ Value::Unknown(_) => unknown,
        known => part(known, name),
    }
}

#[cfg(test)]
mod tests;
