//! Laws that every resource and every data source in the registry keeps, so that a new one need not be thought of here.

use std::collections::{BTreeMap, BTreeSet};

use terraform_provider_paperspace::provider;
use terraform_provider_paperspace::schema::{
    Attribute, AttributeKind, Block, BlockNesting, Check, IdentitySchema, Mode, Nesting, validate,
};
use terraform_provider_paperspace::server::Server;
use terraform_provider_paperspace::value::{Path as ValuePath, Type, Value};

use crate::support::values::Distinct;

mod examples;

/// Names that Terraform keeps for itself in each kind of block.
const RESERVED: [&str; 9] = [
    "alias",
    "connection",
    "count",
    "depends_on",
    "for_each",
    "lifecycle",
    "provider",
    "provisioner",
    "version",
];

/// One schema of the provider.
struct Entry<'a> {
    kind: &'static str,
    name: &'a str,
    block: &'a Block,
    identity: Option<&'a IdentitySchema>,
}

fn entries(server: &Server) -> Vec<Entry<'_>> {
    let mut entries = vec![Entry {
        kind: "provider",
        name: "paperspace",
        block: server.provider_block(),
        identity: None,
    }];
    entries.extend(server.registry().resources().map(|resource| Entry {
        kind: "resource",
        name: resource.type_name(),
        block: resource.block(),
        identity: Some(resource.identity()),
    }));
    entries.extend(server.registry().data_sources().map(|source| Entry {
        kind: "data",
        name: source.type_name(),
        block: source.block(),
        identity: None,
    }));
    entries.extend(server.registry().ephemeral_resources().map(|resource| Entry {
        kind: "ephemeral",
        name: resource.type_name(),
        block: resource.block(),
        identity: None,
    }));
    entries.extend(server.registry().actions().map(|action| Entry {
        kind: "action",
        name: action.type_name(),
        block: action.block(),
        identity: None,
    }));
    entries.extend(server.registry().list_resources().map(|list| Entry {
        kind: "list",
        name: list.type_name(),
        block: list.block(),
        identity: None,
    }));
    entries
}

/// Calls `visit` with every attribute of a block, however deep, and with its path.
fn each_attribute<'a>(block: &'a Block, path: &str, visit: &mut dyn FnMut(&str, &'a Attribute, &'a [Attribute])) {
    each_of(&block.attributes, path, visit);
    for nested in &block.blocks {
        each_attribute(&nested.block, &format!("{path}{}.", nested.name), visit);
    }
}

fn each_of<'a>(attributes: &'a [Attribute], path: &str, visit: &mut dyn FnMut(&str, &'a Attribute, &'a [Attribute])) {
    for attribute in attributes {
        let name = format!("{path}{}", attribute.name);
        visit(&name, attribute, attributes);
        if let AttributeKind::Nested(_, inner) = &attribute.kind {
            each_of(inner, &format!("{name}."), visit);
        }
    }
}

/// Fails with all problems at once.
#[track_caller]
fn none(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

fn is_snake_case(name: &str) -> bool {
    let letters = name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    letters
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('_')
        && !name.contains("__")
}

#[test]
fn names_are_unique_and_in_snake_case() {
    let server = provider::server();
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for entry in entries(&server) {
        let (kind, name) = (entry.kind, entry.name);
        if !seen.insert((kind, name)) {
            problems.push(format!("{kind} {name}: stands in the registry twice"));
        }
        if kind != "provider" && !name.starts_with("paperspace_") {
            problems.push(format!("{kind} {name}: lacks the prefix paperspace_"));
        }
        let top = entry.block.attributes.iter().map(|attribute| attribute.name);
        let top: Vec<_> = top.chain(entry.block.blocks.iter().map(|nested| nested.name)).collect();
        problems.extend(
            top.iter()
                .filter(|name| RESERVED.contains(name))
                .map(|reserved| format!("{kind} {name}: `{reserved}` is Terraform's own")),
        );
        names_of(entry.block, &format!("{kind} {name}"), &mut problems);
        if !is_snake_case(name) {
            problems.push(format!("{kind} {name}: is not in snake case"));
        }
    }
    none(problems);
}

fn names_of(block: &Block, place: &str, problems: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    let names = block.attributes.iter().map(|attribute| attribute.name);
    for name in names.chain(block.blocks.iter().map(|nested| nested.name)) {
        if !seen.insert(name) {
            problems.push(format!("{place}: `{name}` is declared twice"));
        }
        if !is_snake_case(name) {
            problems.push(format!("{place}: `{name}` is not in snake case"));
        }
    }
    for attribute in &block.attributes {
        if let AttributeKind::Nested(_, inner) = &attribute.kind {
            let inner = Block {
                attributes: inner.clone(),
                ..Block::default()
            };
            names_of(&inner, &format!("{place}.{}", attribute.name), problems);
        }
    }
    for nested in &block.blocks {
        names_of(&nested.block, &format!("{place}.{}", nested.name), problems);
    }
}

/// What keeps a text from being whole sentences.
fn complaint(text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        Some("is missing")
    } else if !text.starts_with(|first: char| first.is_uppercase() || first == '`') {
        Some("does not start with a capital or a code span")
    } else if !text.ends_with('.') {
        Some("does not end with a full stop")
    } else if text.contains("  ") || text.contains(" .") || text.contains("..") || text.contains(" ,") {
        Some("has stray spaces or stops")
    } else if !text.matches('`').count().is_multiple_of(2) {
        Some("has a code span that is not closed")
    } else {
        None
    }
}

#[test]
fn every_description_is_made_of_full_sentences() {
    let server = provider::server();
    let mut problems = Vec::new();
    let mut test = |place: String, text: &str| {
        problems.extend(complaint(text).map(|complaint| format!("{place}: {text:?} {complaint}")));
    };
    for entry in entries(&server) {
        let (kind, name) = (entry.kind, entry.name);
        test(format!("{kind} {name}"), &entry.block.description);
        for nested in &entry.block.blocks {
            test(format!("{kind} {name}.{}", nested.name), &nested.block.description);
        }
        each_attribute(entry.block, "", &mut |path, attribute, _| {
            test(format!("{kind} {name}.{path}"), &attribute.description);
            test(format!("{kind} {name}.{path}"), &attribute.documentation());
            if let Some(message) = &attribute.deprecation {
                test(format!("{kind} {name}.{path}, deprecation"), message);
            }
        });
        for attribute in entry.identity.iter().flat_map(|identity| &identity.attributes) {
            test(format!("identity of {name}.{}", attribute.name), attribute.description);
        }
    }
    none(problems);
}

/// What stands for an object in states, queries and imports, for ever: attributes can be added as optional ones, and nothing
/// else can change.
#[test]
fn identities_are_what_they_were() {
    let server = provider::server();
    let found: Vec<_> = server
        .registry()
        .resources()
        .map(|resource| {
            let identity = resource.identity();
            assert_eq!(identity.version, 0, "{}", resource.type_name());
            let attributes = identity.attributes.iter();
            let attributes: Vec<_> = attributes
                .map(|attribute| (attribute.name, attribute.ty.to_json(), attribute.required_for_import))
                .collect();
            (resource.type_name(), attributes)
        })
        .collect();
    let text = |name| vec![(name, "\"string\"".to_owned(), true)];
    let expected = [
        ("paperspace_machine", text("id")),
        ("paperspace_custom_template", text("id")),
        ("paperspace_private_network", text("id")),
        ("paperspace_public_ip", text("ip")),
        ("paperspace_public_ip_assignment", text("ip")),
        ("paperspace_shared_drive", text("id")),
        ("paperspace_snapshot", text("id")),
        ("paperspace_startup_script", text("id")),
    ];
    assert_eq!(found, expected);
}

#[test]
fn schemas_hold_what_terraform_relies_on() {
    let server = provider::server();
    let mut problems = Vec::new();
    for entry in entries(&server) {
        let place = format!("{} {}", entry.kind, entry.name);
        each_attribute(entry.block, "", &mut |path, attribute, siblings| {
            problems.extend(broken_rules(attribute, siblings).map(|rule| format!("{place}.{path}: {rule}")));
        });
        if entry.kind != "resource" {
            each_attribute(entry.block, "", &mut |path, attribute, _| {
                if attribute.write_only {
                    problems.push(format!("{place}.{path}: only resources have write-only arguments"));
                }
            });
        }
        for nested in &entry.block.blocks {
            let (least, most) = (nested.min_items, nested.max_items);
            let sound = match nested.nesting {
                BlockNesting::Single => least == most && (0..=1).contains(&least),
                BlockNesting::Group | BlockNesting::Map => (least, most) == (0, 0),
                BlockNesting::List | BlockNesting::Set => least >= 0 && (most == 0 || least <= most),
            };
            if !sound {
                problems.push(format!(
                    "{place}.{}: {least} to {most} items are impossible",
                    nested.name
                ));
            }
        }
        for attribute in entry.identity.iter().flat_map(|identity| &identity.attributes) {
            if matches!(
                attribute.ty,
                Type::Map(_) | Type::Set(_) | Type::Object(_) | Type::Dynamic
            ) {
                problems.push(format!(
                    "identity of {}.{}: has an impossible type",
                    entry.name, attribute.name
                ));
            }
        }
    }
    none(problems);
}

fn broken_rules<'a>(attribute: &'a Attribute, siblings: &'a [Attribute]) -> impl Iterator<Item = String> + 'a {
    let sibling = |name: &str| siblings.iter().find(|sibling| sibling.name == name);
    let settable = attribute.mode.is_settable();
    let inner = match &attribute.kind {
        AttributeKind::Value(_) => [].as_slice(),
        AttributeKind::Nested(_, inner) => inner.as_slice(),
    };
    let in_set = matches!(attribute.kind, AttributeKind::Nested(Nesting::Set, _));
    let mut rules = vec![
        (
            attribute.write_only && attribute.mode.is_computed(),
            "a write-only argument cannot be computed",
        ),
        (
            in_set && inner.iter().any(|inner| inner.write_only),
            "a set cannot hold write-only arguments",
        ),
        (
            attribute.plan.default.is_some() && attribute.mode != Mode::OptionalComputed,
            "a default needs an attribute that is optional and computed",
        ),
        (
            !attribute.plan.follows.is_empty() && !attribute.mode.is_computed(),
            "only what is computed can follow another attribute",
        ),
        (
            !attribute.checks.is_empty() && !settable,
            "what nobody can set needs no checks",
        ),
        (
            attribute.environment.is_some() && !settable,
            "what nobody can set has no environment variable",
        ),
        (
            !settable && inner.iter().any(|inner| inner.mode != Mode::Computed),
            "what is computed holds nothing that can be set",
        ),
        (
            settable && !inner.is_empty() && inner.iter().all(|inner| !inner.mode.is_settable()),
            "what can be set holds nothing that can be set",
        ),
        (
            has_dynamic(&attribute.kind.ty(), false),
            "a collection cannot hold values of any type",
        ),
    ];
    for check in &attribute.checks {
        match check {
            Check::ConflictsWith(other) => {
                let sound =
                    sibling(other).is_some_and(|other| other.mode.is_settable() && other.name != attribute.name);
                rules.push((!sound, "conflicts with something that nobody can set"));
            }
            Check::NeedsTrue(other) => {
                let sound = sibling(other).is_some_and(|o| o.mode.is_settable() && o.kind.ty() == Type::Bool);
                rules.push((!sound, "needs something that is no argument of true or false"));
            }
            _ => {}
        }
    }
    rules
        .into_iter()
        .filter(|(broken, _)| *broken)
        .map(|(_, rule)| rule.to_owned())
}

/// Hosts refuse names that their language cannot write, and crash where a result has no type.
#[test]
fn functions_are_told_as_hosts_take_them() {
    let server = provider::server();
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for function in server.registry().functions() {
        let (name, signature) = (function.name(), function.signature());
        let mut parameters = BTreeSet::new();
        let names = signature.parameters.iter().map(|parameter| parameter.name);
        for (broken, rule) in [
            (!is_snake_case(name), "is not in snake case"),
            (!seen.insert(name), "has a name that another one has"),
            (
                !names.clone().all(is_snake_case),
                "has a parameter that is not in snake case",
            ),
            (
                !names.clone().all(|name| parameters.insert(name)),
                "has two parameters of one name",
            ),
            (signature.summary.is_empty(), "has no summary"),
            (
                signature.summary.contains('\n') || signature.summary.contains('`'),
                "has a summary that is not plain",
            ),
            (!signature.description.ends_with('.'), "is not described by sentences"),
            (
                signature
                    .parameters
                    .iter()
                    .any(|parameter| !parameter.description.ends_with('.')),
                "has a parameter that is not described by sentences",
            ),
            (has_dynamic(&signature.returns, true), "has a result of any type"),
        ] {
            if broken {
                problems.push(format!("function {name}: {rule}"));
            }
        }
    }
    assert!(!seen.is_empty());
    none(problems);
}

fn has_dynamic(ty: &Type, inside: bool) -> bool {
    match ty {
        Type::Dynamic => inside,
        Type::List(element) | Type::Set(element) | Type::Map(element) => has_dynamic(element, true),
        Type::Tuple(elements) => elements.iter().any(|element| has_dynamic(element, inside)),
        Type::Object(attributes) => attributes.values().any(|ty| has_dynamic(ty, inside)),
        Type::Bool | Type::Number | Type::String => false,
    }
}

/// Reads a value into the typed model and writes it again, with a different value in every place: a lens that leads to
/// another field, or to none, shows. Each truth value is tried in enough passes to differ from every other in one.
#[test]
fn what_is_written_is_what_was_read() {
    let server = provider::server();
    let mut problems = Vec::new();
    let mut test = |place: &str, block: &Block, round_trip: &dyn Fn(&Value) -> Result<Value, String>| {
        for value in Distinct::of(block) {
            match round_trip(&value) {
                Ok(back) if back == value => {}
                Ok(back) => problems.push(format!(
                    "{place}: {} came back as {}",
                    show(&value, &back),
                    show(&back, &value)
                )),
                Err(error) => problems.push(format!("{place}: {error}")),
            }
        }
    };
    let told = |errors: terraform_provider_paperspace::diag::Diagnostics| format!("{errors:?}");
    test("provider", server.provider_block(), &|value| {
        server.provider_round_trip(value).map_err(told)
    });
    for resource in server.registry().resources() {
        test(resource.type_name(), resource.block(), &|value| {
            resource.round_trip(value).map_err(told)
        });
    }
    for resource in server.registry().ephemeral_resources() {
        test(resource.type_name(), resource.block(), &|value| {
            resource.round_trip(value).map_err(told)
        });
    }
    for action in server.registry().actions() {
        test(action.type_name(), action.block(), &|value| {
            action.round_trip(value).map_err(told)
        });
    }
    for source in server.registry().data_sources() {
        test(source.type_name(), source.block(), &|value| {
            source.round_trip(value).map_err(told)
        });
    }
    none(problems);
}

/// The attributes in which a value differs from another.
fn show(value: &Value, other: &Value) -> String {
    let (Some(value), Some(other)) = (value.as_object(), other.as_object()) else {
        return format!("{value:?}");
    };
    let differing: BTreeMap<_, _> = value
        .iter()
        .filter(|(name, value)| other.get(*name) != Some(value))
        .collect();
    format!("{differing:?}")
}

/// Each argument that must be set and each value that only the provider can tell, with its path: within objects too, but
/// not within what cannot be set as a whole.
fn modes(attributes: &[Attribute], path: &ValuePath, found: &mut Vec<(ValuePath, Mode)>) {
    for attribute in attributes {
        let path = path.clone().attr(attribute.name);
        found.push((path.clone(), attribute.mode));
        if let AttributeKind::Nested(Nesting::Single, inner) = &attribute.kind
            && attribute.mode.is_settable()
        {
            modes(inner, &path, found);
        }
    }
}

/// The value with another one in its place at the path.
fn with(value: &Value, path: &[&str], other: &Value) -> Value {
    match (value, path) {
        (Value::Object(members), [name, rest @ ..]) => {
            let mut members = members.clone();
            let inner = members.get(*name).cloned().unwrap_or(Value::Null);
            members.insert((*name).to_owned(), with(&inner, rest, other));
            Value::Object(members)
        }
        _ => other.clone(),
    }
}

/// No host refuses a null for what is required, nor a value for what only the provider can tell.
#[test]
fn a_null_for_what_is_required_and_a_value_for_what_is_told_are_refused_at_their_paths() {
    let server = provider::server();
    let mut problems = Vec::new();
    for entry in entries(&server) {
        let mut found = Vec::new();
        modes(&entry.block.attributes, &ValuePath::root(), &mut found);
        let filled = Distinct::of(entry.block).remove(0);
        let settable = found
            .iter()
            .filter(|(_, mode)| *mode == Mode::Computed)
            .fold(filled, |value, (path, _)| {
                with(&value, &path.to_string().split('.').collect::<Vec<_>>(), &Value::Null)
            });
        let refused = |config: &Value, title: &str| {
            let diagnostics = validate(entry.block, config).into_iter();
            diagnostics
                .filter(|diagnostic| diagnostic.summary == title)
                .filter_map(|diagnostic| diagnostic.path)
                .collect::<Vec<_>>()
        };
        for (path, mode) in &found {
            let (title, others) = match mode {
                Mode::Required => ("Missing Required Argument", vec![Value::Null]),
                Mode::Computed => ("Read-Only Attribute Is Set", vec![Value::string("x"), Value::unknown()]),
                Mode::Optional | Mode::OptionalComputed => continue,
            };
            let words = path.to_string();
            for other in others {
                let config = with(&settable, &words.split('.').collect::<Vec<_>>(), &other);
                let paths = refused(&config, title);
                if paths != [path.clone()] {
                    problems.push(format!(
                        "{} {}: {words} = {other:?} is refused at {paths:?}",
                        entry.kind, entry.name
                    ));
                }
            }
        }
    }
    none(problems);
}
