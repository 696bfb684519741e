//! The RPC that calls a function. The functions themselves are told with the schemas.

use std::sync::Arc;

use crate::diag::Diagnostics;
use crate::server::Server;
use crate::wire::proto::tfplugin6 as proto;
use crate::wire::to_proto::Encoder;
use crate::wire::{from_proto, to_proto};

pub async fn call(
    server: Arc<Server>,
    request: proto::call_function::Request,
) -> Result<proto::call_function::Response, Diagnostics> {
    let failed = |error| proto::call_function::Response {
        result: None,
        error: Some(to_proto::function_error(error)),
    };
    let function = match server.function(&request.name) {
        Ok(function) => function,
        Err(error) => return Ok(failed(error)),
    };
    let signature = function.signature();
    let mut arguments = Vec::with_capacity(request.arguments.len());
    // Arguments beyond the parameters have no type to be read by, and the number of them is refused as it is.
    for (argument, parameter) in request.arguments.iter().zip(&signature.parameters) {
        let what = format!("The argument \"{}\"", parameter.name);
        arguments.push(from_proto::value(Some(argument.clone()), &parameter.ty, &what)?);
    }
    arguments.resize(request.arguments.len(), crate::value::Value::Null);
    let result = match function.call(&arguments) {
        Ok(result) => result,
        Err(error) => return Ok(failed(error)),
    };
    let mut encoder = Encoder::new(Diagnostics::new());
    let encoded = encoder.value(&result, &signature.returns);
    encoder.succeeded()?;
    Ok(proto::call_function::Response {
        result: encoded,
        error: None,
    })
}
