//! The RPCs about the provider as a whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diag::Diagnostics;
use crate::server::rpc::Configure;
use crate::server::{Offer, Server};
use crate::wire::proto::tfplugin6 as proto;
use crate::wire::{from_proto, schema, to_proto};

/// What this provider can do beyond the first version of the protocol.
const CAPABILITIES: proto::ServerCapabilities = proto::ServerCapabilities {
    // A deletion is planned too, so that it can be refused or warned about before anything happens.
    plan_destroy: true,
    // No RPC relies on the schema having been asked for, which spares the host a call on every process.
    get_provider_schema_optional: true,
    move_resource_state: true,
    generate_resource_config: true,
};

pub async fn get_metadata(
    server: Arc<Server>,
    _request: proto::get_metadata::Request,
) -> Result<proto::get_metadata::Response, Diagnostics> {
    use proto::get_metadata::{
        ActionMetadata, DataSourceMetadata, EphemeralMetadata, FunctionMetadata, ListResourceMetadata, ResourceMetadata,
    };
    let mut metadata = proto::get_metadata::Response {
        server_capabilities: Some(CAPABILITIES),
        ..Default::default()
    };
    for offer in server.registry().offers() {
        let type_name = offer.name().to_owned();
        match offer {
            Offer::Resource(_) => metadata.resources.push(ResourceMetadata { type_name }),
            Offer::DataSource(_) => metadata.data_sources.push(DataSourceMetadata { type_name }),
            Offer::Ephemeral(_) => metadata.ephemeral_resources.push(EphemeralMetadata { type_name }),
            Offer::Function(_) => metadata.functions.push(FunctionMetadata { name: type_name }),
            Offer::ListResource(_) => metadata.list_resources.push(ListResourceMetadata { type_name }),
            Offer::Action(_) => metadata.actions.push(ActionMetadata { type_name }),
        }
    }
    Ok(metadata)
}

pub async fn get_provider_schema(
    server: Arc<Server>,
    _request: proto::get_provider_schema::Request,
) -> Result<proto::get_provider_schema::Response, Diagnostics> {
    let mut schemas = proto::get_provider_schema::Response {
        provider: Some(schema::schema(0, server.provider_block())),
        server_capabilities: Some(CAPABILITIES),
        ..Default::default()
    };
    for offer in server.registry().offers() {
        let name = offer.name().to_owned();
        match offer {
            Offer::Resource(resource) => {
                let schema = schema::schema(resource.version(), resource.block());
                schemas.resource_schemas.insert(name, schema);
            }
            Offer::DataSource(source) => {
                let schema = schema::schema(0, source.block());
                schemas.data_source_schemas.insert(name, schema);
            }
            Offer::Ephemeral(resource) => {
                let schema = schema::schema(0, resource.block());
                schemas.ephemeral_resource_schemas.insert(name, schema);
            }
            Offer::Function(function) => {
                let signature = schema::function(function.signature());
                schemas.functions.insert(name, signature);
            }
            Offer::ListResource(list) => {
                let schema = schema::schema(0, list.block());
                schemas.list_resource_schemas.insert(name, schema);
            }
            Offer::Action(action) => {
                let schema = schema::action(action.block());
                schemas.action_schemas.insert(name, schema);
            }
        }
    }
    Ok(schemas)
}

pub async fn get_resource_identity_schemas(
    server: Arc<Server>,
    _request: proto::get_resource_identity_schemas::Request,
) -> Result<proto::get_resource_identity_schemas::Response, Diagnostics> {
    let schemas = server.registry().resources().map(|resource| {
        let schema = schema::identity(resource.identity());
        (resource.type_name().to_owned(), schema)
    });
    Ok(proto::get_resource_identity_schemas::Response {
        identity_schemas: schemas.collect(),
        diagnostics: Vec::new(),
    })
}

/// The same functions that stand in the schema. OpenTofu asks for them besides, once a provider is configured.
pub async fn get_functions(
    server: Arc<Server>,
    _request: proto::get_functions::Request,
) -> Result<proto::get_functions::Response, Diagnostics> {
    Ok(proto::get_functions::Response {
        functions: functions(&server),
        diagnostics: Vec::new(),
    })
}

fn functions(server: &Server) -> BTreeMap<String, proto::Function> {
    let functions = server.registry().functions();
    functions
        .map(|function| (function.name().to_owned(), schema::function(function.signature())))
        .collect()
}

pub async fn validate_provider_config(
    server: Arc<Server>,
    request: proto::validate_provider_config::Request,
) -> Result<proto::validate_provider_config::Response, Diagnostics> {
    let config = from_proto::value(request.config, server.provider_type(), "The provider block")?;
    let diagnostics = server.validate_provider_config(config).await;
    Ok(proto::validate_provider_config::Response {
        diagnostics: to_proto::diagnostics(diagnostics),
    })
}

pub async fn configure_provider(
    server: Arc<Server>,
    request: proto::configure_provider::Request,
) -> Result<proto::configure_provider::Response, Diagnostics> {
    let configure = Configure {
        terraform_version: request.terraform_version,
        config: from_proto::value(request.config, server.provider_type(), "The provider block")?,
        client: from_proto::client(request.client_capabilities),
    };
    let diagnostics = server.configure(configure).await;
    Ok(proto::configure_provider::Response {
        diagnostics: to_proto::diagnostics(diagnostics),
    })
}
