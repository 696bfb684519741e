//! The schema as hosts see it: they crash on some that are wrong, and only in part say why of the others.

use std::collections::BTreeSet;

use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;
use terraform_provider_paperspace::wire::proto::tfplugin6::schema::nested_block::NestingMode as BlockNesting;
use terraform_provider_paperspace::wire::proto::tfplugin6::schema::object::NestingMode as ObjectNesting;
use terraform_provider_paperspace::wire::proto::tfplugin6::schema::{Attribute, Block, NestedBlock};
use tonic::{Code, Status};

use crate::support::client::{Plugin, provider};

/// What is in the sixty-four megabytes that a host takes of a schema at most.
const LARGEST_SCHEMA: usize = 64 << 20;

#[tokio::test]
async fn every_schema_is_one_that_hosts_take() {
    let plugin = Plugin::launch(None).await;
    let mut client = provider(&plugin.connect(None).await.unwrap());
    let schema = client
        .get_provider_schema(proto::get_provider_schema::Request {})
        .await
        .unwrap()
        .into_inner();
    assert!(prost::Message::encoded_len(&schema) < LARGEST_SCHEMA);
    assert!(schema.diagnostics.is_empty());
    let capabilities = schema.server_capabilities.unwrap();
    assert!(capabilities.plan_destroy && capabilities.get_provider_schema_optional && capabilities.move_resource_state);

    check("provider", schema.provider.as_ref().unwrap());
    for (name, schema) in schema.resource_schemas.iter().chain(&schema.data_source_schemas) {
        assert!(name.starts_with("paperspace_"), "{name}");
        check(name, schema);
    }
    assert!(!schema.resource_schemas.is_empty());
}

fn check(name: &str, schema: &proto::Schema) {
    assert!(schema.version >= 0, "{name}");
    check_block(
        name,
        schema.block.as_ref().unwrap_or_else(|| panic!("{name} has no block")),
    );
}

fn check_block(at: &str, block: &Block) {
    assert!(!block.deprecated || !block.deprecation_message.is_empty(), "{at}");
    assert!(block.deprecated || block.deprecation_message.is_empty(), "{at}");
    let names = block.attributes.iter().map(|attribute| &attribute.name);
    let names: Vec<_> = names
        .chain(block.block_types.iter().map(|block| &block.type_name))
        .collect();
    assert_eq!(
        names.iter().collect::<BTreeSet<_>>().len(),
        names.len(),
        "{at} has a name twice: {names:?}"
    );
    block
        .attributes
        .iter()
        .for_each(|attribute| check_attribute(at, attribute, false));
    block.block_types.iter().for_each(|block| check_nested_block(at, block));
}

fn check_attribute(at: &str, attribute: &Attribute, in_set: bool) {
    let at = format!("{at}.{}", attribute.name);
    check_name(&at, &attribute.name);
    let mode = (attribute.required, attribute.optional, attribute.computed);
    let modes = [
        (true, false, false),
        (false, true, false),
        (false, false, true),
        (false, true, true),
    ];
    assert!(modes.contains(&mode), "{at}");
    assert_eq!(attribute.deprecated, !attribute.deprecation_message.is_empty(), "{at}");
    assert!(!(attribute.write_only && (in_set || attribute.computed)), "{at}");
    assert_ne!(attribute.r#type.is_empty(), attribute.nested_type.is_none(), "{at}");
    if let Some(nested) = &attribute.nested_type {
        let nesting = ObjectNesting::try_from(nested.nesting).unwrap();
        assert_ne!(nesting, ObjectNesting::Invalid, "{at}");
        let in_set = in_set || nesting == ObjectNesting::Set;
        nested
            .attributes
            .iter()
            .for_each(|attribute| check_attribute(&at, attribute, in_set));
    } else {
        let ty = serde_json::from_slice(&attribute.r#type).unwrap();
        check_type(&at, &ty, in_set);
    }
}

fn check_nested_block(at: &str, nested: &NestedBlock) {
    let at = format!("{at}.{}", nested.type_name);
    check_name(&at, &nested.type_name);
    let bounds = (nested.min_items, nested.max_items);
    match BlockNesting::try_from(nested.nesting).unwrap() {
        BlockNesting::Invalid => panic!("{at} has no nesting"),
        // Equal, and at most one.
        BlockNesting::Single => assert!([(0, 0), (1, 1)].contains(&bounds), "{at}: {bounds:?}"),
        BlockNesting::Group | BlockNesting::Map => assert_eq!(bounds, (0, 0), "{at}"),
        BlockNesting::List | BlockNesting::Set => assert!(bounds.1 == 0 || bounds.0 <= bounds.1, "{at}: {bounds:?}"),
    }
    check_block(&at, nested.block.as_ref().unwrap_or_else(|| panic!("{at} has no body")));
}

fn check_name(at: &str, name: &str) {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    assert!(!name.is_empty() && name.chars().all(good), "{at}");
}

/// A type in its JSON form.
fn check_type(at: &str, ty: &serde_json::Value, in_set: bool) {
    match ty {
        serde_json::Value::String(name) => {
            assert!(
                ["string", "number", "bool", "dynamic"].contains(&name.as_str()),
                "{at}: {ty}"
            );
            assert!(!(in_set && name == "dynamic"), "{at}");
        }
        serde_json::Value::Array(parts) => match (parts[0].as_str().unwrap(), &parts[1]) {
            ("list" | "map", element) => check_type(at, element, in_set),
            ("set", element) => check_type(at, element, true),
            ("tuple", elements) => elements
                .as_array()
                .unwrap()
                .iter()
                .for_each(|ty| check_type(at, ty, in_set)),
            ("object", attributes) => attributes
                .as_object()
                .unwrap()
                .values()
                .for_each(|ty| check_type(at, ty, in_set)),
            _ => panic!("{at}: {ty}"),
        },
        _ => panic!("{at}: {ty}"),
    }
}

#[tokio::test]
async fn identities_belong_to_resources_and_say_how_to_import() {
    let plugin = Plugin::launch(None).await;
    let mut client = provider(&plugin.connect(None).await.unwrap());
    let schema = client
        .get_provider_schema(proto::get_provider_schema::Request {})
        .await
        .unwrap()
        .into_inner();
    let identities = client
        .get_resource_identity_schemas(proto::get_resource_identity_schemas::Request {})
        .await;
    for (name, identity) in identities.unwrap().into_inner().identity_schemas {
        assert!(schema.resource_schemas.contains_key(&name), "{name}");
        assert!(
            identity.version >= 0 && !identity.identity_attributes.is_empty(),
            "{name}"
        );
        for attribute in identity.identity_attributes {
            assert_ne!(
                attribute.required_for_import, attribute.optional_for_import,
                "{name}.{}",
                attribute.name
            );
            let ty: serde_json::Value = serde_json::from_slice(&attribute.r#type).unwrap();
            let kind = ty.as_str().or_else(|| ty[0].as_str()).unwrap();
            assert!(
                !["map", "set", "object", "tuple", "dynamic"].contains(&kind),
                "{name}.{}",
                attribute.name
            );
        }
    }
}

#[tokio::test]
async fn metadata_and_schema_agree() {
    let plugin = Plugin::launch(None).await;
    let mut client = provider(&plugin.connect(None).await.unwrap());
    let metadata = client
        .get_metadata(proto::get_metadata::Request {})
        .await
        .unwrap()
        .into_inner();
    let schema = client
        .get_provider_schema(proto::get_provider_schema::Request {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(metadata.server_capabilities, schema.server_capabilities);
    let resources: BTreeSet<_> = metadata
        .resources
        .into_iter()
        .map(|resource| resource.type_name)
        .collect();
    assert_eq!(resources, schema.resource_schemas.into_keys().collect());
    let data_sources: BTreeSet<_> = metadata
        .data_sources
        .into_iter()
        .map(|source| source.type_name)
        .collect();
    assert_eq!(data_sources, schema.data_source_schemas.into_keys().collect());
}

#[tokio::test]
async fn opentofu_may_ask_for_functions() {
    let plugin = Plugin::launch(None).await;
    let mut client = provider(&plugin.connect(None).await.unwrap());
    let functions = client
        .get_functions(proto::get_functions::Request {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(functions, proto::get_functions::Response::default());
}

#[tokio::test]
async fn what_is_not_advertised_is_not_implemented() {
    let plugin = Plugin::launch(None).await;
    let mut client = provider(&plugin.connect(None).await.unwrap());
    fn code<T>(answer: Result<T, Status>) -> Code {
        answer.err().map_or(Code::Ok, |status| status.code())
    }
    let codes = [
        code(client.call_function(proto::call_function::Request::default()).await),
        code(
            client
                .generate_resource_config(proto::generate_resource_config::Request::default())
                .await,
        ),
        code(
            client
                .open_ephemeral_resource(proto::open_ephemeral_resource::Request::default())
                .await,
        ),
        code(client.list_resource(proto::list_resource::Request::default()).await),
        code(client.plan_action(proto::plan_action::Request::default()).await),
        code(client.invoke_action(proto::invoke_action::Request::default()).await),
        code(client.get_states(proto::get_states::Request::default()).await),
        code(
            client
                .read_state_bytes(proto::read_state_bytes::Request::default())
                .await,
        ),
    ];
    assert_eq!(codes, [Code::Unimplemented; 8]);
}
