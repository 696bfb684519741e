//! The RPCs about list resources.

use std::sync::Arc;

use crate::diag::Diagnostics;
use crate::server::Server;
use crate::server::rpc::{List, ListEvent};
use crate::wire::proto::tfplugin6 as proto;
use crate::wire::stream::Outlet;
use crate::wire::to_proto::Encoder;
use crate::wire::{from_proto, to_proto};

pub async fn validate(
    server: Arc<Server>,
    request: proto::validate_list_resource_config::Request,
) -> Result<proto::validate_list_resource_config::Response, Diagnostics> {
    let list = server.list_resource(&request.type_name)?;
    let config = from_proto::value(request.config, list.ty(), "The list block")?;
    let diagnostics = list.validate(&config);
    Ok(proto::validate_list_resource_config::Response {
        diagnostics: to_proto::diagnostics(diagnostics),
    })
}

pub async fn list(
    server: Arc<Server>,
    request: proto::list_resource::Request,
    outlet: Outlet<proto::list_resource::Event>,
) -> Result<(), Diagnostics> {
    let list = server.list_resource(&request.type_name)?;
    let asked = List {
        config: from_proto::value(request.config, list.ty(), "The list block")?,
        with_state: request.include_resource_object,
        limit: u64::try_from(request.limit).unwrap_or_default(),
    };
    let written = |event: ListEvent| {
        let mut encoder = Encoder::new(event.diagnostics);
        proto::list_resource::Event {
            identity: encoder.identity(event.identity.as_ref(), list.identity_type()),
            display_name: event.display_name,
            resource_object: encoder.optional_value(event.state.as_ref(), list.resource_type()),
            diagnostic: encoder.finish(),
        }
    };
    list.list(asked, &outlet.writing(written)).await;
    Ok(())
}
