//! The RPCs about managed resources.

use std::sync::Arc;

use crate::diag::Diagnostics;
use crate::server::Server;
use crate::server::rpc::{Apply, Import, MoveState, Plan, Read, UpgradeIdentity, UpgradeState, ValidateConfig};
use crate::wire::proto::tfplugin6 as proto;
use crate::wire::to_proto::Encoder;
use crate::wire::{from_proto, to_proto};

pub async fn validate(
    server: Arc<Server>,
    request: proto::validate_resource_config::Request,
) -> Result<proto::validate_resource_config::Response, Diagnostics> {
    let resource = server.resource(&request.type_name)?;
    let validate = ValidateConfig {
        config: from_proto::value(request.config, resource.ty(), "The resource block")?,
        client: from_proto::client(request.client_capabilities),
    };
    let diagnostics = resource.validate(&validate);
    Ok(proto::validate_resource_config::Response {
        diagnostics: to_proto::diagnostics(diagnostics),
    })
}

pub async fn upgrade_state(
    server: Arc<Server>,
    request: proto::upgrade_resource_state::Request,
) -> Result<proto::upgrade_resource_state::Response, Diagnostics> {
    let resource = server.resource(&request.type_name)?;
    let upgrade = UpgradeState {
        version: request.version,
        raw: from_proto::raw(request.raw_state),
    };
    let answer = resource.upgrade_state(&upgrade);
    let mut encoder = Encoder::new(answer.diagnostics);
    Ok(proto::upgrade_resource_state::Response {
        upgraded_state: encoder.optional_value(answer.state.as_ref(), resource.ty()),
        diagnostics: encoder.finish(),
    })
}

pub async fn upgrade_identity(
    server: Arc<Server>,
    request: proto::upgrade_resource_identity::Request,
) -> Result<proto::upgrade_resource_identity::Response, Diagnostics> {
    let resource = server.resource(&request.type_name)?;
    let upgrade = UpgradeIdentity {
        version: request.version,
        raw: from_proto::raw(request.raw_identity),
    };
    let answer = resource.upgrade_identity(&upgrade);
    let mut encoder = Encoder::new(answer.diagnostics);
    Ok(proto::upgrade_resource_identity::Response {
        upgraded_identity: encoder.identity(answer.identity.as_ref(), resource.identity_type()),
        diagnostics: encoder.finish(),
    })
}

pub async fn read(
    server: Arc<Server>,
    request: proto::read_resource::Request,
) -> Result<proto::read_resource::Response, Diagnostics> {
    let resource = server.resource(&request.type_name)?;
    let read = Read {
        state: from_proto::value(request.current_state, resource.ty(), "The current state")?,
        private: request.private,
        identity: from_proto::identity(
            request.current_identity,
            resource.identity_type(),
            "The current identity",
        )?,
        client: from_proto::client(request.client_capabilities),
    };
    let answer = resource.read(read).await;
    let mut encoder = Encoder::new(answer.diagnostics);
    Ok(proto::read_resource::Response {
        new_state: encoder.value(&answer.state, resource.ty()),
        private: answer.private,
        deferred: to_proto::deferred(answer.deferred),
        new_identity: encoder.identity(answer.identity.as_ref(), resource.identity_type()),
        diagnostics: encoder.finish(),
    })
}

pub async fn plan(
    server: Arc<Server>,
    request: proto::plan_resource_change::Request,
) -> Result<proto::plan_resource_change::Response, Diagnostics> {
    let resource = server.resource(&request.type_name)?;
    let plan = Plan {
        prior: from_proto::value(request.prior_state, resource.ty(), "The prior state")?,
        proposed: from_proto::value(request.proposed_new_state, resource.ty(), "The proposed state")?,
        config: from_proto::value(request.config, resource.ty(), "The resource block")?,
        private: request.prior_private,
        identity: from_proto::identity(request.prior_identity, resource.identity_type(), "The prior identity")?,
        planned_private: request.planned_private,
        client: from_proto::client(request.client_capabilities),
    };
    let answer = resource.plan(plan).await;
    let mut encoder = Encoder::new(answer.diagnostics);
    Ok(proto::plan_resource_change::Response {
        planned_state: encoder.value(&answer.planned, resource.ty()),
        requires_replace: answer.requires_replace.iter().map(to_proto::path).collect(),
        planned_private: answer.private,
        legacy_type_system: false,
        deferred: to_proto::deferred(answer.deferred),
        planned_identity: encoder.identity(answer.identity.as_ref(), resource.identity_type()),
        diagnostics: encoder.finish(),
    })
}

/// Everything is decoded before anything is done, and once something was done, the answer holds a state.
pub async fn apply(
    server: Arc<Server>,
    request: proto::apply_resource_change::Request,
) -> Result<proto::apply_resource_change::Response, Diagnostics> {
    let resource = server.resource(&request.type_name)?;
    let prior = from_proto::value(request.prior_state, resource.ty(), "The prior state")?;
    let apply = Apply {
        prior: prior.clone(),
        planned: from_proto::value(request.planned_state, resource.ty(), "The planned state")?,
        config: from_proto::value(request.config, resource.ty(), "The resource block")?,
        private: request.planned_private,
        identity: from_proto::identity(
            request.planned_identity,
            resource.identity_type(),
            "The planned identity",
        )?,
    };
    let answer = resource.apply(apply).await;
    let mut encoder = Encoder::new(answer.diagnostics);
    Ok(proto::apply_resource_change::Response {
        new_state: encoder.state(&answer.state, &prior, resource.ty()),
        private: answer.private,
        legacy_type_system: false,
        new_identity: encoder.identity(answer.identity.as_ref(), resource.identity_type()),
        diagnostics: encoder.finish(),
    })
}

pub async fn import(
    server: Arc<Server>,
    request: proto::import_resource_state::Request,
) -> Result<proto::import_resource_state::Response, Diagnostics> {
    let resource = server.resource(&request.type_name)?;
    let import = Import {
        id: request.id,
        identity: from_proto::identity(request.identity, resource.identity_type(), "The identity")?,
        client: from_proto::client(request.client_capabilities),
    };
    let answer = resource.import(import).await;
    let mut encoder = Encoder::new(answer.diagnostics);
    let imported = answer.imported.into_iter();
    let imported_resources = imported
        .map(|imported| proto::import_resource_state::ImportedResource {
            type_name: resource.type_name().to_owned(),
            state: encoder.value(&imported.state, resource.ty()),
            private: imported.private,
            identity: encoder.identity(imported.identity.as_ref(), resource.identity_type()),
        })
        .collect();
    Ok(proto::import_resource_state::Response {
        imported_resources,
        deferred: to_proto::deferred(answer.deferred),
        diagnostics: encoder.finish(),
    })
}

pub async fn move_state(
    server: Arc<Server>,
    request: proto::move_resource_state::Request,
) -> Result<proto::move_resource_state::Response, Diagnostics> {
    let resource = server.resource(&request.target_type_name)?;
    let source = MoveState {
        source_provider_address: request.source_provider_address,
        source_type_name: request.source_type_name,
        source_schema_version: request.source_schema_version,
        source_state: from_proto::raw(request.source_state),
        source_private: request.source_private,
        source_identity: from_proto::raw(request.source_identity),
        source_identity_schema_version: request.source_identity_schema_version,
    };
    let answer = resource.move_state(&source);
    let mut encoder = Encoder::new(answer.diagnostics);
    Ok(proto::move_resource_state::Response {
        target_state: encoder.optional_value(answer.state.as_ref(), resource.ty()),
        target_private: answer.private,
        target_identity: encoder.identity(answer.identity.as_ref(), resource.identity_type()),
        diagnostics: encoder.finish(),
    })
}

pub async fn generate_config(
    server: Arc<Server>,
    request: proto::generate_resource_config::Request,
) -> Result<proto::generate_resource_config::Response, Diagnostics> {
    let resource = server.resource(&request.type_name)?;
    let state = from_proto::value(request.state, resource.ty(), "The state")?;
    let mut encoder = Encoder::new(Diagnostics::new());
    Ok(proto::generate_resource_config::Response {
        config: encoder.value(&resource.generate_config(&state), resource.ty()),
        diagnostics: encoder.finish(),
    })
}
