//! The services by which go-plugin, in the host, handles every plugin alike: one to end it and two streams that are
//! opened on each connection. Providers have no use for the streams, but the host is calmest when they stay open.

use futures_util::{FutureExt as _, StreamExt as _, future, stream};
use tokio_util::sync::CancellationToken;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status, Streaming};

use super::proto::goplugin::grpc_broker_server::GrpcBroker;
use super::proto::goplugin::grpc_controller_server::GrpcController;
use super::proto::goplugin::grpc_stdio_server::GrpcStdio;
use super::proto::goplugin::{ConnInfo, Empty, StdioData};

/// Ends the process when the host asks for it.
pub struct Controller {
    /// Cancelled by the request.
    pub shutdown: CancellationToken,
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.shutdown.cancel();
        Ok(Response::new(Empty {}))
    }
}

/// Would carry the provider's output. Logs go to standard error, which the host reads anyway, so this stays silent.
pub struct Stdio {
    /// Ends the streams when the process ends.
    pub closing: CancellationToken,
}

#[tonic::async_trait]
impl GrpcStdio for Stdio {
    async fn stream_stdio(&self, _request: Request<()>) -> Result<Response<BoxStream<StdioData>>, Status> {
        let closing = self.closing.clone().cancelled_owned();
        Ok(Response::new(Box::pin(
            closing.map(|()| stream::empty()).flatten_stream(),
        )))
    }
}

/// Would arrange further connections. None are needed, so whatever the host says here is read and left unanswered.
pub struct Broker {
    /// Ends the streams when the process ends.
    pub closing: CancellationToken,
}

#[tonic::async_trait]
impl GrpcBroker for Broker {
    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<BoxStream<ConnInfo>>, Status> {
        let unanswered = request.into_inner().filter_map(|_| future::ready(None));
        Ok(Response::new(Box::pin(
            unanswered.take_until(self.closing.clone().cancelled_owned()),
        )))
    }
}
