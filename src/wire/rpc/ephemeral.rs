//! The RPCs about ephemeral resources.

use std::sync::Arc;

use crate::diag::Diagnostics;
use crate::server::Server;
use crate::server::rpc::OpenEphemeral;
use crate::wire::proto::tfplugin6 as proto;
use crate::wire::to_proto::Encoder;
use crate::wire::{from_proto, to_proto};

pub async fn validate(
    server: Arc<Server>,
    request: proto::validate_ephemeral_resource_config::Request,
) -> Result<proto::validate_ephemeral_resource_config::Response, Diagnostics> {
    let resource = server.ephemeral_resource(&request.type_name)?;
    let config = from_proto::value(request.config, resource.ty(), "The ephemeral block")?;
    Ok(proto::validate_ephemeral_resource_config::Response {
        diagnostics: to_proto::diagnostics(resource.validate(&config)),
    })
}

pub async fn open(
    server: Arc<Server>,
    request: proto::open_ephemeral_resource::Request,
) -> Result<proto::open_ephemeral_resource::Response, Diagnostics> {
    let resource = server.ephemeral_resource(&request.type_name)?;
    let open = OpenEphemeral {
        config: from_proto::value(request.config, resource.ty(), "The ephemeral block")?,
        client: from_proto::client(request.client_capabilities),
    };
    let answer = resource.open(open).await;
    let mut encoder = Encoder::new(answer.diagnostics);
    Ok(proto::open_ephemeral_resource::Response {
        result: encoder.value(&answer.result, resource.ty()),
        // Nothing expires, so a host never has to renew it.
        renew_at: None,
        private: None,
        deferred: to_proto::deferred(answer.deferred),
        diagnostics: encoder.finish(),
    })
}

/// No host is told to renew anything. One that does all the same has lost nothing.
pub async fn renew(
    server: Arc<Server>,
    request: proto::renew_ephemeral_resource::Request,
) -> Result<proto::renew_ephemeral_resource::Response, Diagnostics> {
    let _known = server.ephemeral_resource(&request.type_name)?;
    Ok(proto::renew_ephemeral_resource::Response {
        private: request.private,
        ..Default::default()
    })
}

/// Nothing is held open that would have to be closed.
pub async fn close(
    server: Arc<Server>,
    request: proto::close_ephemeral_resource::Request,
) -> Result<proto::close_ephemeral_resource::Response, Diagnostics> {
    let _known = server.ephemeral_resource(&request.type_name)?;
    Ok(proto::close_ephemeral_resource::Response::default())
}
