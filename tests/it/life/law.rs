//! Holds the tables to the schemas.

use std::collections::BTreeSet;

use terraform_provider_paperspace::provider;
use terraform_provider_paperspace::schema::{Attribute, AttributeKind, Block};

use super::{KINDS, RELATIONS};

/// What a configuration may say within a value: the names of arguments within objects and blocks, however deep.
fn names_within(attributes: &[Attribute]) -> Vec<&'static str> {
    let settable = attributes.iter().filter(|attribute| attribute.mode.is_settable());
    let names = settable.flat_map(|attribute| {
        let inner = match &attribute.kind {
            AttributeKind::Nested(_, attributes) => names_within(attributes),
            AttributeKind::Value(_) => Vec::new(),
        };
        [attribute.name].into_iter().chain(inner)
    });
    names.collect()
}

/// The arguments and blocks, each with the names within it.
fn arguments(block: &Block) -> Vec<(&'static str, Vec<&'static str>)> {
    let settable = block.attributes.iter().filter(|attribute| attribute.mode.is_settable());
    let attributes = settable.map(|attribute| match &attribute.kind {
        AttributeKind::Nested(_, attributes) => (attribute.name, names_within(attributes)),
        AttributeKind::Value(_) => (attribute.name, Vec::new()),
    });
    let blocks = block
        .blocks
        .iter()
        .map(|nested| (nested.name, names_within(&nested.block.attributes)));
    attributes.chain(blocks).collect()
}

#[test]
fn every_argument_of_every_kind_has_a_row() {
    let server = provider::server();
    let mut problems = Vec::new();
    for resource in server.registry().resources() {
        let name = resource.type_name();
        if RELATIONS.contains(&name) {
            continue;
        }
        let Some(kind) = KINDS.iter().find(|kind| kind.type_name == name) else {
            problems.push(format!("{name} has no table"));
            continue;
        };
        let arguments = arguments(resource.block());
        for (argument, within) in &arguments {
            let exempt = kind.elsewhere.iter().any(|(elsewhere, _)| elsewhere == argument);
            match kind.rows.iter().find(|row| row.argument == *argument) {
                Some(_) if exempt => problems.push(format!("{name}.{argument} has a row and is elsewhere")),
                Some(row) => {
                    let said = row.values.concat();
                    let words: BTreeSet<_> = said
                        .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                        .collect();
                    let missing = within.iter().filter(|inner| !words.contains(*inner));
                    problems.extend(missing.map(|inner| format!("{name}.{argument}.{inner} is in no row")));
                }
                None if exempt => {}
                None => problems.push(format!("{name}.{argument} has no row")),
            }
        }
        let known = |argument: &str| arguments.iter().any(|(known, _)| *known == argument);
        let rows = kind.rows.iter().map(|row| row.argument);
        let others = kind.least.iter().chain(kind.elsewhere).map(|(argument, _)| *argument);
        let strange = rows.chain(others).filter(|argument| !known(argument));
        problems.extend(strange.map(|argument| format!("{name} has no argument {argument}")));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_table_is_of_a_kind_that_there_is() {
    let server = provider::server();
    let kinds: Vec<_> = server
        .registry()
        .resources()
        .map(|resource| resource.type_name())
        .filter(|name| !RELATIONS.contains(name))
        .collect();
    assert_eq!(KINDS.iter().map(|kind| kind.type_name).collect::<Vec<_>>(), kinds);
}
