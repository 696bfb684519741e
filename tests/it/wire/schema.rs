//! The schema as hosts see it: they crash on some that are wrong, and only in part say why of the others.

use std::collections::BTreeSet;

use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;
use terraform_provider_paperspace::wire::proto::tfplugin6::invoke_action::event::Type;
use tonic::{Code, Status};

use crate::support::client::Plugin;
use crate::support::judged::provider;

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
    assert!(capabilities.plan_destroy && capabilities.get_provider_schema_optional);
    assert!(capabilities.move_resource_state && capabilities.generate_resource_config);

    for name in schema.resource_schemas.keys().chain(schema.data_source_schemas.keys()) {
        assert!(name.starts_with("paperspace_"), "{name}");
    }
    assert!(!schema.resource_schemas.is_empty());
    // Judged by the oracle, which fails where one is not.
    let judged = client.schemas().await;
    assert!(
        judged
            .resources
            .keys()
            .eq(schema.resource_schemas.keys().collect::<BTreeSet<_>>())
    );
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
    let ephemeral: BTreeSet<_> = metadata
        .ephemeral_resources
        .into_iter()
        .map(|resource| resource.type_name)
        .collect();
    assert_eq!(ephemeral, schema.ephemeral_resource_schemas.into_keys().collect());
    let functions: BTreeSet<_> = metadata.functions.into_iter().map(|function| function.name).collect();
    assert_eq!(functions, schema.functions.into_keys().collect());
    let lists: BTreeSet<_> = metadata.list_resources.into_iter().map(|list| list.type_name).collect();
    assert_eq!(lists, schema.list_resource_schemas.into_keys().collect());
    let actions: BTreeSet<_> = metadata.actions.into_iter().map(|action| action.type_name).collect();
    assert_eq!(actions, schema.action_schemas.into_keys().collect());
}

#[tokio::test]
async fn opentofu_asks_for_functions_besides() {
    let plugin = Plugin::launch(None).await;
    let mut client = provider(&plugin.connect(None).await.unwrap());
    let schema = client.get_provider_schema(proto::get_provider_schema::Request {});
    let schema = schema.await.unwrap().into_inner();
    let functions = client
        .get_functions(proto::get_functions::Request {})
        .await
        .unwrap()
        .into_inner();
    assert!(!functions.functions.is_empty());
    assert_eq!(
        (functions.functions, functions.diagnostics),
        (schema.functions, Vec::new())
    );
}

#[tokio::test]
async fn what_is_not_advertised_is_not_implemented() {
    let plugin = Plugin::launch(None).await;
    let mut client = provider(&plugin.connect(None).await.unwrap());
    fn code<T>(answer: Result<T, Status>) -> Code {
        answer.err().map_or(Code::Ok, |status| status.code())
    }
    let codes = [
        code(client.get_states(proto::get_states::Request::default()).await),
        code(
            client
                .read_state_bytes(proto::read_state_bytes::Request::default())
                .await,
        ),
    ];
    assert_eq!(codes, [Code::Unimplemented; 2]);
}

/// A host takes a list that merely ends for a complete one, and an action that does so for one that is done.
#[tokio::test]
async fn a_stream_about_what_there_is_not_ends_with_an_error() {
    let plugin = Plugin::launch(None).await;
    let mut client = provider(&plugin.connect(None).await.unwrap());
    let list = proto::list_resource::Request {
        type_name: "paperspace_nothing".to_owned(),
        limit: 100,
        ..Default::default()
    };
    let events = client.list_resource(list).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].diagnostic[0].summary, "Unknown List Resource Type");
    let action = proto::invoke_action::Request {
        action_type: "paperspace_nothing".to_owned(),
        ..Default::default()
    };
    let mut events = client.invoke_action(action).await.unwrap().into_inner();
    let Some(Type::Completed(completed)) = events.message().await.unwrap().unwrap().r#type else {
        panic!("the action goes on")
    };
    assert_eq!(completed.diagnostics[0].summary, "Unknown Action Type");
    assert_eq!(events.message().await.unwrap(), None);
}
