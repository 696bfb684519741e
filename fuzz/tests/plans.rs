//! Whole plans, and everything else that a host asks without the API, of a provider in a process of its own.

use std::panic::AssertUnwindSafe;

use bolero::check;
use fuzz::host::{Host, Schema, attribute_type, decode, encode, has_errors};
use fuzz::samples::{Change, Samples, Spoilt};
use fuzz::values::Choices;
use terraform_provider_paperspace::value::Value;
use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;
use terraform_provider_paperspace::wire::proto::tfplugin6::attribute_path::step::Selector;
use terraform_provider_paperspace::wire::proto::tfplugin6::schema::Attribute;
use tokio::runtime::{Builder, Runtime};

/// Odd pieces of a state.
const PIECES: &[&[u8]] = &[
    b"null",
    b"1e999999999",
    b"\"\"",
    b"[",
    b"{\"id\":",
    b"\"paperspace-paperspace\"",
    b"-1",
    b"2.5",
    b"true",
    b",",
    b"\xff",
];

/// What the host can do.
const CAPABILITIES: Option<proto::ClientCapabilities> = Some(proto::ClientCapabilities {
    deferral_allowed: false,
    write_only_attributes_allowed: true,
    store_planned_private: true,
    computed_blocks_allowed: false,
});

fn started() -> (Runtime, Host) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let host = runtime.block_on(Host::launch(env!("CARGO_BIN_EXE_provider")));
    (runtime, host)
}

/// Write-only arguments are in the configuration and in nothing that is stored.
fn stored(schema: &Schema, config: &Value) -> Value {
    let Value::Object(attributes) = config else {
        return config.clone();
    };
    let is_write_only = |name: &str| {
        schema
            .attributes
            .iter()
            .any(|known| known.name == name && known.write_only)
    };
    Value::object(attributes.iter().map(|(name, value)| match is_write_only(name) {
        true => (name.as_str(), Value::Null),
        false => (name.as_str(), value.clone()),
    }))
}

/// What core holds a plan to, as far as the outermost level shows it.
fn is_sound(schema: &Schema, config: &Value, prior: &Value, planned: &Value) {
    for attribute in &schema.attributes {
        let name = attribute.name.as_str();
        let of = |value: &Value| value.get(name).cloned().unwrap_or_default();
        let (configured, prior, planned) = (of(config), of(prior), of(planned));
        let allowed = if attribute.write_only {
            planned.is_null()
        } else if configured.is_null() || !attribute.optional && !attribute.required {
            attribute.computed || planned.is_null()
        } else {
            // Within nested attributes, what is computed may be filled in.
            attribute.nested_type.is_some() || planned == configured || planned == prior
        };
        assert!(
            allowed,
            "{name}: configured {configured:?}, prior {prior:?}, planned {planned:?}"
        );
    }
}

/// How often what is refused is set otherwise before a configuration is given up.
const MENDS: usize = 16;

/// A configuration that the provider finds valid: what it refuses is left out, and what it misses is put in, until it
/// refuses nothing any more. The paths of its errors say which attribute is meant.
async fn valid(host: &Host, type_name: &str, choices: &mut Choices<'_>) -> Option<Value> {
    let (schema, mut client) = (&host.resources[type_name], host.client.clone());
    let Value::Object(mut config) = of_attributes(schema, choices, true) else {
        return None;
    };
    for _ in 0..MENDS {
        let validate = proto::validate_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(encode(&Value::Object(config.clone()), &schema.ty)),
            client_capabilities: CAPABILITIES,
        };
        let diagnostics = client
            .validate_resource_config(validate)
            .await
            .expect("an answer")
            .into_inner()
            .diagnostics;
        if !has_errors(&diagnostics) {
            return Some(Value::Object(config));
        }
        for diagnostic in diagnostics {
            let steps = diagnostic.attribute.map(|path| path.steps).unwrap_or_default();
            let Some(Selector::AttributeName(name)) = steps.into_iter().next().and_then(|step| step.selector) else {
                continue;
            };
            let of_name = |attribute: &&Attribute| attribute.name == name;
            let value = match schema.attributes.iter().find(of_name) {
                Some(known) if known.required || config[&name].is_null() => choices.known(&attribute_type(known), true),
                _ => Value::Null,
            };
            config.insert(name, value);
        }
    }
    None
}

/// Plans one resource, with a prior state or without.
async fn plan(host: &Host, type_name: &str, choices: &mut Choices<'_>) {
    let (schema, mut client) = (&host.resources[type_name], host.client.clone());
    let Some(config) = valid(host, type_name, choices).await else {
        return;
    };
    let prior = match choices.of(2) {
        0 => Value::Null,
        _ => stored(schema, &of_attributes(schema, choices, false)),
    };
    // As core proposes it, roughly: what is not configured stays as it was.
    let proposed = Value::object(schema.attributes.iter().map(|attribute| {
        let of = |value: &Value| value.get(&attribute.name).cloned().unwrap_or_default();
        let kept = of(&config).is_null() && attribute.computed;
        (attribute.name.as_str(), if kept { of(&prior) } else { of(&config) })
    }));
    let proposed = with_blocks(proposed, &config);
    let request = proto::plan_resource_change::Request {
        type_name: type_name.to_owned(),
        prior_state: Some(encode(&prior, &schema.ty)),
        proposed_new_state: Some(encode(&proposed, &schema.ty)),
        config: Some(encode(&config, &schema.ty)),
        client_capabilities: CAPABILITIES,
        ..Default::default()
    };
    let answer = client
        .plan_resource_change(request.clone())
        .await
        .expect("an answer")
        .into_inner();
    let planned = decode(answer.planned_state.as_ref(), &schema.ty);
    if has_errors(&answer.diagnostics) {
        return;
    }
    assert!(!planned.is_null());
    is_sound(schema, &config, &prior, &planned);
    let again = client
        .plan_resource_change(request)
        .await
        .expect("an answer")
        .into_inner();
    assert_eq!(answer, again, "a plan comes out the same again");
}

/// An object of the schema's type with arbitrary attributes, those that are required more often than not.
fn of_attributes(schema: &Schema, choices: &mut Choices<'_>, is_config: bool) -> Value {
    let value = choices.value(&schema.ty, is_config);
    let Value::Object(mut attributes) = value else {
        return Value::Null;
    };
    for attribute in &schema.attributes {
        let settable = attribute.required || attribute.optional;
        if is_config && !settable && choices.of(16) != 0 {
            attributes.insert(attribute.name.clone(), Value::Null);
        }
    }
    Value::Object(attributes)
}

/// The object with the configuration's nested blocks, which are not attributes.
fn with_blocks(object: Value, config: &Value) -> Value {
    let (Value::Object(mut object), Value::Object(config)) = (object, config) else {
        return Value::Null;
    };
    for (name, value) in config {
        object.entry(name.clone()).or_insert_with(|| value.clone());
    }
    Value::Object(object)
}

#[test]
fn plans_of_any_configuration() {
    let (runtime, host) = started();
    let names: Vec<String> = host.resources.keys().cloned().collect();
    let tried = AssertUnwindSafe(|choices: &[u8]| {
        let mut choices = Choices::new(choices);
        let name = &names[choices.of(names.len())];
        runtime.block_on(plan(&host, name, &mut choices));
    });
    check!().with_type::<[u8; 256]>().for_each(|choices| {
        let tried = &tried;
        tried(choices);
    });
}

#[test]
fn requests_of_any_bytes() {
    let (runtime, host) = started();
    let (resources, data_sources): (Vec<_>, Vec<_>) =
        (host.resources.iter().collect(), host.data_sources.iter().collect());
    let pieces: &'static [&'static [u8]] = &[
        &[0xd4, 0x00, 0x00],
        &[0xc0],
        &[0xc1],
        &[0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
    ];
    let samples = Samples::read("msgpack", pieces);
    let tried = AssertUnwindSafe(|choices: &[u8], changes: &[Change]| {
        let mut choices = Choices::new(choices);
        let (type_name, schema) = resources[choices.of(resources.len())];
        let mut bytes = || {
            let value = choices.value(&schema.ty, true);
            let mut bytes = encode(&value, &schema.ty).msgpack;
            samples.change(changes, &mut bytes);
            Some(proto::DynamicValue {
                msgpack: bytes,
                json: Vec::new(),
            })
        };
        let plan = proto::plan_resource_change::Request {
            type_name: type_name.clone(),
            prior_state: bytes(),
            proposed_new_state: bytes(),
            config: bytes(),
            ..Default::default()
        };
        let config = bytes();
        let mut client = host.client.clone();
        runtime.block_on(async {
            let answer = client.plan_resource_change(plan).await.expect("an answer").into_inner();
            has_errors(&answer.diagnostics);
            let validate = proto::validate_resource_config::Request {
                type_name: type_name.clone(),
                config,
                ..Default::default()
            };
            has_errors(
                &client
                    .validate_resource_config(validate)
                    .await
                    .expect("an answer")
                    .into_inner()
                    .diagnostics,
            );
        });
        let (type_name, schema) = data_sources[choices.of(data_sources.len())];
        let mut config = encode(&choices.value(&schema.ty, true), &schema.ty);
        samples.change(changes, &mut config.msgpack);
        let validate = proto::validate_data_resource_config::Request {
            type_name: type_name.clone(),
            config: Some(config),
        };
        let answer = runtime
            .block_on(client.validate_data_resource_config(validate))
            .expect("an answer");
        has_errors(&answer.into_inner().diagnostics);
    });
    check!()
        .with_type::<([u8; 256], Vec<Change>)>()
        .for_each(|(choices, changes)| {
            let tried = &tried;
            tried(choices, changes);
        });
}

#[test]
fn states_of_any_age() {
    let (runtime, host) = started();
    let samples = Samples::read("states", PIECES);
    let names: Vec<String> = host.resources.keys().cloned().collect();
    let tried = |name: u8, version: i64, json: Vec<u8>| {
        let type_name = &names[usize::from(name) % names.len()];
        let mut client = host.client.clone();
        let raw_state = Some(proto::RawState {
            json,
            ..Default::default()
        });
        let schema = &host.resources[type_name];
        let upgrade = proto::upgrade_resource_state::Request {
            type_name: type_name.clone(),
            version,
            raw_state: raw_state.clone(),
        };
        let upgraded = runtime
            .block_on(client.upgrade_resource_state(upgrade))
            .expect("an answer")
            .into_inner();
        let state = decode(upgraded.upgraded_state.as_ref(), &schema.ty);
        assert!(has_errors(&upgraded.diagnostics) || state.is_wholly_known());
        for source_provider_address in [
            "registry.terraform.io/paperspace/paperspace",
            "registry.terraform.io/a/b",
        ] {
            let moved = proto::move_resource_state::Request {
                source_provider_address: source_provider_address.to_owned(),
                source_type_name: type_name.clone(),
                source_schema_version: version,
                source_state: raw_state.clone(),
                target_type_name: type_name.clone(),
                ..Default::default()
            };
            let moved = runtime
                .block_on(client.move_resource_state(moved))
                .expect("an answer")
                .into_inner();
            let state = decode(moved.target_state.as_ref(), &schema.ty);
            assert!(has_errors(&moved.diagnostics) || state.is_wholly_known());
        }
    };
    for sample in samples.whole() {
        for version in 0..=2 {
            tried(0, version, sample.to_vec());
        }
    }
    let tried = AssertUnwindSafe(tried);
    check!()
        .with_type::<(u8, i8, Spoilt)>()
        .for_each(|(name, version, spoilt)| {
            let tried = &tried;
            tried(*name, i64::from(*version) % 4, samples.spoil(spoilt));
        });
}
