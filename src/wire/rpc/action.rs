//! The RPCs about actions.

use std::sync::Arc;

use crate::diag::Diagnostics;
use crate::server::Server;
use crate::server::rpc::ActionEvent;
use crate::wire::proto::tfplugin6 as proto;
use crate::wire::proto::tfplugin6::invoke_action::event;
use crate::wire::stream::Outlet;
use crate::wire::{from_proto, to_proto};

pub async fn validate(
    server: Arc<Server>,
    request: proto::validate_action_config::Request,
) -> Result<proto::validate_action_config::Response, Diagnostics> {
    let action = server.action(&request.type_name)?;
    let config = from_proto::value(request.config, action.ty(), "The action block")?;
    let diagnostics = action.validate(&config);
    Ok(proto::validate_action_config::Response {
        diagnostics: to_proto::diagnostics(diagnostics),
    })
}

pub async fn plan(
    server: Arc<Server>,
    request: proto::plan_action::Request,
) -> Result<proto::plan_action::Response, Diagnostics> {
    let action = server.action(&request.action_type)?;
    from_proto::value(request.config, action.ty(), "The action block")?;
    let answer = action.plan(from_proto::client(request.client_capabilities));
    Ok(proto::plan_action::Response {
        deferred: to_proto::deferred(answer.deferred),
        diagnostics: to_proto::diagnostics(answer.diagnostics),
    })
}

pub async fn invoke(
    server: Arc<Server>,
    request: proto::invoke_action::Request,
    outlet: Outlet<proto::invoke_action::Event>,
) -> Result<(), Diagnostics> {
    let action = server.action(&request.action_type)?;
    let config = from_proto::value(request.config, action.ty(), "The action block")?;
    action.invoke(config, &outlet.writing(event)).await;
    Ok(())
}

/// A host that gets an event of neither kind crashes.
pub(super) fn event(event: ActionEvent) -> proto::invoke_action::Event {
    let kind = match event {
        ActionEvent::Progress(message) => event::Type::Progress(event::Progress { message }),
        ActionEvent::Completed(diagnostics) => event::Type::Completed(event::Completed {
            diagnostics: to_proto::diagnostics(diagnostics),
        }),
    };
    proto::invoke_action::Event { r#type: Some(kind) }
}
