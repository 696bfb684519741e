//! What a planned state may be, given the configuration and the prior state.
//!
//! A host takes a planned value only where it is the configured one, or the prior one of an attribute that is configured,
//! or where the provider computes it and the configuration says nothing. The shape of what is nested, how many blocks and
//! which keys, is the configuration's.

use std::collections::BTreeMap;

use terraform_provider_paperspace::value::{Path, Value};

use super::schema::{Attribute, Block, Holds, NestedBlock, Nesting};
use super::{Findings, Rule, at_index, element, part, samples};

/// One place in the three values.
#[derive(Clone, Copy)]
struct Place<'v> {
    prior: &'v Value,
    config: &'v Value,
    planned: &'v Value,
}

impl<'v> Place<'v> {
    fn member(self, name: &str) -> Self {
        Self {
            prior: part(self.prior, name),
            config: part(self.config, name),
            planned: part(self.planned, name),
        }
    }

    fn element(self, index: usize) -> Self {
        Self {
            prior: element(self.prior, index),
            config: element(self.config, index),
            planned: element(self.planned, index),
        }
    }
}

/// Judges a planned state.
pub fn valid(block: &Block, prior: &Value, config: &Value, planned: &Value, findings: &mut Findings) {
    let place = Place { prior, config, planned };
    in_block(block, place, &Path::root(), findings);
}

fn in_block(block: &Block, place: Place<'_>, path: &Path, findings: &mut Findings) {
    match (place.config.is_null(), place.planned.is_null()) {
        (false, true) => return findings.add(Rule::Plan, path, "is configured and planned to be absent"),
        (true, false) => return findings.add(Rule::Plan, path, "is not configured and planned to be there"),
        (true, true) => return,
        (false, false) => {}
    }
    in_attributes(&block.attributes, place, path, findings);
    for (name, nested) in &block.blocks {
        nested_blocks(nested, place.member(name), &path.clone().attr(name.clone()), findings);
    }
}

fn in_attributes(attributes: &BTreeMap<String, Attribute>, place: Place<'_>, path: &Path, findings: &mut Findings) {
    for (name, attribute) in attributes {
        in_attribute(
            attribute,
            place.member(name),
            &path.clone().attr(name.clone()),
            findings,
        );
    }
}

fn in_attribute(attribute: &Attribute, place: Place<'_>, path: &Path, findings: &mut Findings) {
    let Place { prior, config, planned } = place;
    if planned == config {
        return;
    }
    if planned == prior && !prior.is_null() && !config.is_null() {
        return;
    }
    if attribute.write_only {
        return findings.demand(
            planned.is_null(),
            Rule::Plan,
            path,
            "is write-only and planned to be set",
        );
    }
    if !attribute.settable {
        return;
    }
    if config.is_null() {
        let allowed = attribute.computed || planned.is_null();
        return findings.demand(
            allowed,
            Rule::Plan,
            path,
            "is not configured, not computed, and planned to be set",
        );
    }
    match &attribute.holds {
        Holds::Objects(nesting, attributes) => in_objects(*nesting, attributes, place, path, findings),
        Holds::Value(_) => findings.add(
            Rule::Plan,
            path,
            format!("is planned as {planned:?}, configured as {config:?} and was {prior:?}"),
        ),
    }
}

/// Objects of an attribute that are configured, and planned otherwise than they are.
fn in_objects(
    nesting: Nesting,
    attributes: &BTreeMap<String, Attribute>,
    place: Place<'_>,
    path: &Path,
    findings: &mut Findings,
) {
    let Place { config, planned, .. } = place;
    if planned.is_null() {
        return findings.add(Rule::Plan, path, "is configured and planned to be absent");
    }
    if planned.is_unknown() {
        return findings.add(Rule::Plan, path, "is configured and planned to be unknown");
    }
    match (nesting, config, planned) {
        (_, Value::Unknown(_), _) => findings.add(Rule::Plan, path, "is not known yet and planned to be known"),
        (Nesting::Single | Nesting::Group, ..) => in_attributes(attributes, place, path, findings),
        (Nesting::List, Value::List(config), Value::List(planned)) => {
            if config.len() != planned.len() {
                return findings.add(Rule::Plan, path, counts(planned.len(), config.len()));
            }
            for index in 0..config.len() {
                let path = at_index(path, index);
                in_object(attributes, place.element(index), &path, findings);
            }
        }
        (Nesting::Map, Value::Map(config), Value::Map(planned)) => {
            if !config.keys().eq(planned.keys()) {
                return findings.add(Rule::Plan, path, "has other keys than are configured");
            }
            for key in config.keys() {
                in_object(attributes, place.member(key), &path.clone().key(key.clone()), findings);
            }
        }
        // Elements of a set cannot be told apart, so hosts count them and trust the provider for the rest.
        (Nesting::Set, Value::Set(config), Value::Set(planned)) => {
            let known = planned.iter().filter(|element| element.is_wholly_known()).count();
            let least = known.max(usize::from(!planned.is_empty()));
            let fits = (least..=planned.len()).contains(&config.len());
            findings.demand(fits, Rule::Plan, path, &counts(planned.len(), config.len()));
        }
        _ => findings.add(Rule::Plan, path, "is of another shape than configured"),
    }
}

/// An object in an attribute's list or map.
fn in_object(attributes: &BTreeMap<String, Attribute>, place: Place<'_>, path: &Path, findings: &mut Findings) {
    if place.planned == place.config {
        return;
    }
    if place.config.is_null() || place.planned.is_null() || place.planned.is_unknown() {
        return findings.add(
            Rule::Plan,
            path,
            "is there in the plan as it is not in the configuration",
        );
    }
    in_attributes(attributes, place, path, findings);
}

fn nested_blocks(nested: &NestedBlock, place: Place<'_>, path: &Path, findings: &mut Findings) {
    let Place { config, planned, .. } = place;
    if config.is_unknown() || planned.is_unknown() {
        let same = config.is_unknown() && planned.is_unknown();
        return findings.demand(same, Rule::Plan, path, "is unknown in one of configuration and plan");
    }
    match (nested.nesting, config, planned) {
        (Nesting::Single | Nesting::Group, ..) => in_block(&nested.block, place, path, findings),
        (_, _, Value::Null) => findings.add(Rule::Plan, path, "is null: no blocks are an empty collection"),
        (Nesting::List, Value::List(config), Value::List(planned)) => {
            if config.len() != planned.len() {
                return findings.add(Rule::Plan, path, counts(planned.len(), config.len()));
            }
            for index in 0..config.len() {
                one_block(&nested.block, place.element(index), &at_index(path, index), findings);
            }
        }
        (Nesting::Map, Value::Map(config), Value::Map(planned)) => {
            if !config.keys().eq(planned.keys()) {
                return findings.add(Rule::Plan, path, "has other keys than are configured");
            }
            for key in config.keys() {
                one_block(
                    &nested.block,
                    place.member(key),
                    &path.clone().key(key.clone()),
                    findings,
                );
            }
        }
        (Nesting::Set, Value::Set(config), Value::Set(planned)) => {
            if config.len() != planned.len() {
                return findings.add(Rule::Plan, path, counts(planned.len(), config.len()));
            }
            let fits = |config: &Value, planned: &Value| {
                let mut findings = Findings::default();
                let place = Place {
                    prior: &Value::Null,
                    config,
                    planned,
                };
                one_block(&nested.block, place, path, &mut findings);
                findings.0.is_empty()
            };
            let each = planned
                .iter()
                .all(|planned| config.iter().any(|config| fits(config, planned)))
                && config
                    .iter()
                    .all(|config| planned.iter().any(|planned| fits(config, planned)));
            findings.demand(
                each,
                Rule::Plan,
                path,
                "has a block that no configured one can be planned as",
            );
        }
        _ => findings.add(Rule::Plan, path, "is of another shape than configured"),
    }
}

fn one_block(block: &Block, place: Place<'_>, path: &Path, findings: &mut Findings) {
    if place.planned.is_unknown() {
        return findings.add(
            Rule::Plan,
            path,
            "is unknown as a whole: only what is in a block may be",
        );
    }
    in_block(block, place, path, findings);
}

fn counts(planned: usize, config: usize) -> String {
    format!("has {planned} elements in the plan and {config} in the configuration")
}

#[test]
fn a_plan_keeps_to_the_configuration_and_the_prior_state() {
    let cases = [
        // Attributes of each mode: prior, configuration, plan.
        (
            "null",
            r#"{"required": "a"}"#,
            r#"{"required": "a", "computed": "?", "both": "?"}"#,
            "",
        ),
        (
            "null",
            r#"{"required": "a"}"#,
            r#"{"required": "b"}"#,
            "`required` is planned as String(\"b\")",
        ),
        (
            "null",
            r#"{"required": "a"}"#,
            r#"{"required": "?"}"#,
            "`required` is planned as Unknown",
        ),
        (
            "null",
            r#"{"required": "?"}"#,
            r#"{"required": "a"}"#,
            "`required` is planned as String(\"a\")",
        ),
        (
            "null",
            r#"{"required": "a"}"#,
            r#"{"required": null}"#,
            "`required` is planned as Null",
        ),
        (
            "null",
            "{}",
            r#"{"optional": "a"}"#,
            "`optional` is not configured, not computed, and planned to be set",
        ),
        ("null", r#"{"both": "a"}"#, r#"{"both": "b"}"#, "`both` is planned as"),
        ("null", "{}", r#"{"computed": "a", "both": "b"}"#, ""),
        // Another spelling of the same may stay.
        (
            r#"{"optional": "A"}"#,
            r#"{"optional": "a"}"#,
            r#"{"optional": "A"}"#,
            "",
        ),
        (
            r#"{"optional": "A"}"#,
            r#"{"optional": null}"#,
            r#"{"optional": "A"}"#,
            "`optional` is not configured",
        ),
        (r#"{"both": "A"}"#, r#"{"both": null}"#, r#"{"both": "A"}"#, ""),
        ("null", r#"{"secret": "a"}"#, r#"{"secret": null}"#, ""),
        (
            "null",
            r#"{"secret": "a"}"#,
            r#"{"secret": "b"}"#,
            "`secret` is write-only and planned to be set",
        ),
        // Objects of an attribute.
        (
            "null",
            r#"{"one": {"inner": "a"}}"#,
            r#"{"one": {"inner": "a", "found": "?"}}"#,
            "",
        ),
        (
            "null",
            r#"{"one": {"inner": "a"}}"#,
            r#"{"one": {"inner": "b"}}"#,
            "`one.inner` is planned as",
        ),
        (
            "null",
            r#"{"one": {"inner": "a"}}"#,
            r#"{"one": null}"#,
            "`one` is configured and planned to be absent",
        ),
        (
            "null",
            r#"{"one": {"inner": "a"}}"#,
            r#"{"one": "?"}"#,
            "`one` is configured and planned to be unknown",
        ),
        (
            "null",
            r#"{"one": "?"}"#,
            r#"{"one": {"inner": "a"}}"#,
            "`one` is not known yet and planned to be known",
        ),
        (
            "null",
            r#"{"some": [{"inner": "a"}]}"#,
            r#"{"some": [{"inner": "a", "found": "?"}]}"#,
            "",
        ),
        (
            "null",
            r#"{"some": [{"inner": "a"}]}"#,
            r#"{"some": []}"#,
            "`some` has 0 elements in the plan and 1",
        ),
        (
            "null",
            r#"{"some": [{"inner": "a"}]}"#,
            r#"{"some": [null]}"#,
            "`some[0]` is there in the plan as it is not",
        ),
        (
            "null",
            r#"{"some": [{"inner": "a"}]}"#,
            r#"{"some": ["?"]}"#,
            "`some[0]` is there in the plan as it is not",
        ),
        (
            r#"{"some": [{"inner": "A"}]}"#,
            r#"{"some": [{"inner": "a"}]}"#,
            r#"{"some": [{"inner": "A", "found": "?"}]}"#,
            "",
        ),
        (
            "null",
            r#"{"named": {"k": {"inner": "a"}}}"#,
            r#"{"named": {"l": {"inner": "a"}}}"#,
            "`named` has other keys",
        ),
        (
            "null",
            r#"{"named": {"k": {"inner": "a"}}}"#,
            r#"{"named": {"k": {"inner": "b"}}}"#,
            "`named[\"k\"].inner` is",
        ),
        (
            "null",
            r#"{"any": [{"inner": "a"}]}"#,
            r#"{"any": [{"inner": "b"}]}"#,
            "",
        ),
        (
            "null",
            r#"{"any": [{"inner": "a"}]}"#,
            r#"{"any": []}"#,
            "`any` has 0 elements in the plan and 1",
        ),
        // Blocks.
        (
            "null",
            r#"{"single": {"inner": "a"}}"#,
            r#"{"single": {"inner": "a", "found": "?"}}"#,
            "",
        ),
        (
            "null",
            r#"{"single": {"inner": "a"}}"#,
            r#"{"single": null}"#,
            "`single` is configured and planned to be absent",
        ),
        (
            "null",
            "{}",
            r#"{"single": {}}"#,
            "`single` is not configured and planned to be there",
        ),
        (
            "null",
            r#"{"group": {"inner": "a"}}"#,
            r#"{"group": {"inner": "b"}}"#,
            "`group.inner` is planned as",
        ),
        (
            "null",
            "{}",
            r#"{"list": null}"#,
            "`list` is null: no blocks are an empty collection",
        ),
        (
            "null",
            r#"{"list": [{"inner": "a"}]}"#,
            r#"{"list": []}"#,
            "`list` has 0 elements in the plan and 1",
        ),
        (
            "null",
            r#"{"list": [{"inner": "a"}]}"#,
            r#"{"list": ["?"]}"#,
            "`list[0]` is unknown as a whole",
        ),
        (
            "null",
            r#"{"list": [{"inner": "a"}]}"#,
            r#"{"list": [{"inner": "b"}]}"#,
            "`list[0].inner` is planned as",
        ),
        ("null", r#"{"list": "?"}"#, r#"{"list": "?"}"#, ""),
        (
            "null",
            r#"{"list": "?"}"#,
            r#"{"list": []}"#,
            "`list` is unknown in one of configuration and plan",
        ),
        (
            "null",
            r#"{"map": {"k": {"inner": "a"}}}"#,
            r#"{"map": {"l": {"inner": "a"}}}"#,
            "`map` has other keys",
        ),
        (
            "null",
            r#"{"map": {"k": {"inner": "a"}}}"#,
            r#"{"map": {"k": {"inner": "b"}}}"#,
            "`map[\"k\"].inner` is",
        ),
        (
            "null",
            r#"{"set": [{"inner": "a"}]}"#,
            r#"{"set": [{"inner": "a", "found": "?"}]}"#,
            "",
        ),
        (
            "null",
            r#"{"set": [{"inner": "a"}]}"#,
            r#"{"set": [{"inner": "b"}]}"#,
            "`set` has a block that no configured one",
        ),
        (
            "null",
            r#"{"set": [{"inner": "a"}]}"#,
            r#"{"set": []}"#,
            "`set` has 0 elements in the plan and 1",
        ),
        // The whole.
        ("{}", "null", "null", ""),
        ("null", "{}", "null", "is configured and planned to be absent"),
        ("{}", "null", "{}", "is not configured and planned to be there"),
    ];
    for (prior, config, planned, expected) in cases {
        let [before, configured, after] = [prior, config, planned].map(samples::object);
        let mut findings = Findings::default();
        valid(&samples::block(), &before, &configured, &after, &mut findings);
        samples::assert_broken(
            &findings,
            Rule::Plan,
            expected,
            &format!("{prior}, {config} -> {planned}"),
        );
    }
}
