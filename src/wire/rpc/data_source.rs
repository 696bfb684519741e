//! The RPCs about data sources.

use std::sync::Arc;

use crate::diag::Diagnostics;
use crate::server::Server;
use crate::server::rpc::ReadDataSource;
use crate::wire::proto::tfplugin6 as proto;
use crate::wire::to_proto::Encoder;
use crate::wire::{from_proto, to_proto};

pub async fn validate(
    server: Arc<Server>,
    request: proto::validate_data_resource_config::Request,
) -> Result<proto::validate_data_resource_config::Response, Diagnostics> {
    let data_source = server.data_source(&request.type_name)?;
    let config = from_proto::value(request.config, data_source.ty(), "The data block")?;
    let diagnostics = data_source.validate(&config);
    Ok(proto::validate_data_resource_config::Response {
        diagnostics: to_proto::diagnostics(diagnostics),
    })
}

pub async fn read(
    server: Arc<Server>,
    request: proto::read_data_source::Request,
) -> Result<proto::read_data_source::Response, Diagnostics> {
    let data_source = server.data_source(&request.type_name)?;
    let read = ReadDataSource {
        config: from_proto::value(request.config, data_source.ty(), "The data block")?,
        client: from_proto::client(request.client_capabilities),
    };
    let answer = data_source.read(read).await;
    let mut encoder = Encoder::new(answer.diagnostics);
    Ok(proto::read_data_source::Response {
        state: encoder.value(&answer.state, data_source.ty()),
        deferred: to_proto::deferred(answer.deferred),
        diagnostics: encoder.finish(),
    })
}
