//! What can be seen to be wrong without the service is refused when a configuration is validated, at the attribute that is
//! wrong: for every rule of every attribute in the registry.

use terraform_provider_paperspace::diag::{Diagnostics, Severity};
use terraform_provider_paperspace::provider;
use terraform_provider_paperspace::schema::{Attribute, AttributeKind, Block, Check, Nesting};
use terraform_provider_paperspace::server::Server;
use terraform_provider_paperspace::server::rpc::{ClientCapabilities, ValidateConfig};
use terraform_provider_paperspace::value::{Number, Path, Type, Value};

/// What breaks the rules that attributes have of their own, by attribute.
const OWN: &[(&str, &str, Own)] = &[
    ("paperspace_machine", "machine_types", Own::NoElements),
    ("paperspace_machine", "regions", Own::NoElements),
    ("paperspace_machine_availability", "regions", Own::NoElements),
    ("paperspace_public_ip_assignment", "ip", Own::Text("198.51.100.300")),
    ("*", "name_regex", Own::Text("(")),
    ("*", "machine_ids", Own::NamelessElement),
];

enum Own {
    Text(&'static str),
    NoElements,
    NamelessElement,
}

impl Own {
    fn value(&self) -> Value {
        match self {
            Self::Text(text) => Value::string(*text),
            Self::NoElements => Value::List(Vec::new()),
            Self::NamelessElement => Value::Set(vec![Value::string("")]),
        }
    }
}

type Validate<'a> = Box<dyn Fn(&Value) -> Diagnostics + 'a>;

/// Everything that is validated, with its name and its schema.
fn validated(server: &Server) -> Vec<(&'static str, &Block, Validate<'_>)> {
    let registry = server.registry();
    let mut all: Vec<(&'static str, &Block, Validate<'_>)> = Vec::new();
    for resource in registry.resources() {
        let validate = |config: &Value| {
            resource.validate(&ValidateConfig {
                config: config.clone(),
                client: ClientCapabilities {
                    write_only_attributes_allowed: true,
                    ..ClientCapabilities::default()
                },
            })
        };
        all.push((resource.type_name(), resource.block(), Box::new(validate)));
    }
    for source in registry.data_sources() {
        all.push((
            source.type_name(),
            source.block(),
            Box::new(|config| source.validate(config)),
        ));
    }
    for resource in registry.ephemeral_resources() {
        all.push((
            resource.type_name(),
            resource.block(),
            Box::new(|config| resource.validate(config)),
        ));
    }
    for action in registry.actions() {
        all.push((
            action.type_name(),
            action.block(),
            Box::new(|config| action.validate(config)),
        ));
    }
    all
}

/// A settable attribute, wherever it is, with the names on the way to it.
struct Place<'a> {
    way: Vec<&'static str>,
    attribute: &'a Attribute,
}

fn places<'a>(attributes: &'a [Attribute], way: &[&'static str], found: &mut Vec<Place<'a>>) {
    for attribute in attributes.iter().filter(|attribute| attribute.mode.is_settable()) {
        let way: Vec<_> = way.iter().copied().chain([attribute.name]).collect();
        if let AttributeKind::Nested(Nesting::Single, inner) = &attribute.kind {
            places(inner, &way, found);
        }
        found.push(Place { way, attribute });
    }
}

/// An object in which only these attributes are set, each by its way.
fn object(set: &[(&[&'static str], Value)], block: &Block) -> Value {
    let names = block.attributes.iter().map(|attribute| attribute.name);
    let mut config = Value::object(
        names
            .chain(block.blocks.iter().map(|nested| nested.name))
            .map(|name| (name, Value::Null)),
    );
    for (way, value) in set {
        config = with(&config, &inner_of(block, way), way, value);
    }
    config
}

/// The names that the objects on the way have beside those on it.
fn inner_of(block: &Block, way: &[&'static str]) -> Vec<&'static str> {
    let Some(first) = way.first().filter(|_| way.len() > 1) else {
        return Vec::new();
    };
    let nested = block.blocks.iter().filter(|nested| nested.name == *first);
    let of_block = nested.flat_map(|nested| nested.block.attributes.iter().map(|attribute| attribute.name));
    let objects = block.attributes.iter().filter(|attribute| attribute.name == *first);
    let of_object = objects.flat_map(|attribute| match &attribute.kind {
        AttributeKind::Nested(_, inner) => inner.iter().map(|attribute| attribute.name).collect(),
        AttributeKind::Value(_) => Vec::new(),
    });
    of_block.chain(of_object).collect()
}

fn with(value: &Value, inner: &[&'static str], way: &[&'static str], leaf: &Value) -> Value {
    let Some((name, rest)) = way.split_first() else {
        return leaf.clone();
    };
    let mut members = match value.as_object() {
        Some(members) => members.clone(),
        None => inner.iter().map(|name| ((*name).to_owned(), Value::Null)).collect(),
    };
    let within = members.get(*name).cloned().unwrap_or(Value::Null);
    members.insert((*name).to_owned(), with(&within, inner, rest, leaf));
    Value::Object(members)
}

fn number(number: i64) -> Value {
    Value::Number(Number::from(number))
}

fn fitting(kind: &AttributeKind) -> Value {
    match kind.ty() {
        Type::Bool => Value::Bool(true),
        Type::Number => number(1),
        Type::List(_) => Value::List(vec![Value::string("x")]),
        Type::Set(_) => Value::Set(vec![Value::string("x")]),
        _ => Value::string("x"),
    }
}

/// The name of an attribute beside another one, and its value; `None` for any that fits.
type Sibling = (&'static str, Option<Value>);

/// What breaks a rule: the attribute's value, and a sibling where the rule is about that.
fn broken(check: Check, type_name: &str, place: &Place<'_>) -> Vec<(Value, Option<Sibling>)> {
    let alone = |values: Vec<Value>| values.into_iter().map(|value| (value, None)).collect();
    let fits = fitting(&place.attribute.kind);
    match check {
        Check::AtLeast(least) => alone(vec![number(least - 1)]),
        Check::Between(least, most) => alone(vec![number(least - 1), number(most + 1)]),
        Check::Positive => alone(vec![number(0), number(-1)]),
        Check::NotEmpty => alone(vec![Value::string(""), Value::string(" ")]),
        Check::OneOf(_) => alone(vec![Value::string("none of them"), Value::string("")]),
        Check::Duration => alone(vec![Value::string("soon"), Value::string("0s"), Value::string("-1m")]),
        Check::ConflictsWith(other) => vec![(fits, Some((other, None)))],
        Check::NeedsTrue(other) => vec![(fits, Some((other, Some(Value::Bool(false)))))],
        Check::Needs(other) => vec![(fits, Some((other, Some(Value::Null))))],
        Check::Custom(..) => {
            let name = place.attribute.name;
            let own = OWN
                .iter()
                .find(|(of, attribute, _)| [type_name, "*"].contains(of) && *attribute == name);
            let (.., own) = own.unwrap_or_else(|| panic!("nobody has said what breaks the rule of {type_name}.{name}"));
            alone(vec![own.value()])
        }
    }
}

#[test]
fn what_breaks_a_rule_is_refused_at_its_attribute() {
    let server = provider::server();
    let mut problems = Vec::new();
    let mut tried = 0;
    for (type_name, block, validate) in validated(&server) {
        let mut found = Vec::new();
        places(&block.attributes, &[], &mut found);
        for nested in &block.blocks {
            places(&nested.block.attributes, &[nested.name], &mut found);
        }
        for place in &found {
            let fractions = match place.attribute.kind.ty() {
                Type::Number => vec![(Value::Number("1.5".parse().expect("a number")), None)],
                _ => Vec::new(),
            };
            let rules = place
                .attribute
                .checks
                .iter()
                .flat_map(|check| broken(*check, type_name, place));
            for (value, sibling) in rules.chain(fractions) {
                let mut set = vec![(place.way.as_slice(), value.clone())];
                let beside: Vec<_> = match sibling {
                    Some((name, _)) => place.way[..place.way.len() - 1].iter().copied().chain([name]).collect(),
                    None => Vec::new(),
                };
                if let Some((name, other)) = sibling.clone() {
                    let other = other.unwrap_or_else(|| {
                        let of_name = found
                            .iter()
                            .find(|place| place.way == beside && place.attribute.name == name);
                        fitting(&of_name.expect("the sibling is there").attribute.kind)
                    });
                    set.push((beside.as_slice(), other));
                }
                let config = object(&set, block);
                let path = place.way.iter().fold(Path::root(), |path, name| path.attr(*name));
                let told = validate(&config);
                let is_refused = told.iter().any(|diagnostic| {
                    let at = diagnostic.path.as_ref().map(ToString::to_string).unwrap_or_default();
                    diagnostic.severity == Severity::Error && at.starts_with(&path.to_string())
                });
                tried += 1;
                if !is_refused {
                    problems.push(format!("{type_name}: {path} = {value:?} {sibling:?} passes: {told:?}"));
                }
            }
        }
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
    assert!(tried > 100, "{tried} rules are tried");
}
