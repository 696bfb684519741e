//! Puts the parts together: binds the socket, tells the host where it is, and serves until it is time to end.

use std::fmt;
use std::io::{self, Write as _};
use std::sync::Arc;

use futures_util::stream;
use rustls::server::ServerConfig;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::Router;

use super::gauge::Gauge;
use super::goplugin::{Broker, Controller, Stdio};
use super::handshake::{Address, Answer, Launch, PROTOCOL_VERSION, Place};
use super::lifecycle::{self, Host, Mode, Parent, Signals};
use super::listener::Listener;
use super::proto::goplugin::grpc_broker_server::GrpcBrokerServer;
use super::proto::goplugin::grpc_controller_server::GrpcControllerServer;
use super::proto::goplugin::grpc_stdio_server::GrpcStdioServer;
use super::proto::tfplugin6::provider_server::{Provider, ProviderServer};
use super::service::Service;
use super::tls::{Tls, TlsError};
use crate::server::Server;

/// The largest request that is taken. The library's own limit is less than what a big state can come to; this is the
/// one that providers in Go have.
const LARGEST_REQUEST: usize = 256 << 20;

/// The name under which go-plugin asks for the health of any plugin.
const HEALTH_NAME: &str = "plugin";

/// Why the provider could not serve.
#[derive(Debug)]
pub enum ServeError {
    /// The asynchronous runtime could not be started.
    Runtime(io::Error),
    /// Encryption could not be set up.
    Tls(TlsError),
    /// There is no socket.
    Listen(io::Error),
    /// Whoever started the provider could not be told where it listens.
    Announce(io::Error),
    /// The gRPC server failed.
    Grpc(tonic::transport::Error),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Runtime(_) => "the asynchronous runtime cannot be started",
            Self::Tls(_) => "connections cannot be encrypted",
            Self::Listen(_) => "the provider cannot listen on a socket",
            Self::Announce(_) => "standard output cannot be written to",
            Self::Grpc(_) => "the gRPC server failed",
        })
    }
}

impl std::error::Error for ServeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Runtime(error) | Self::Listen(error) | Self::Announce(error) => Some(error),
            Self::Tls(error) => Some(error),
            Self::Grpc(error) => Some(error),
        }
    }
}

/// Serves a host that launched this process, until it says otherwise.
pub fn plugin(server: Server, launch: &Launch) -> Result<(), ServeError> {
    let parent = Parent::now();
    run(async {
        let signals = Signals::listen().map_err(ServeError::Listen)?;
        let listener = Listener::bind(&launch.place).map_err(ServeError::Listen)?;
        let tls = launch
            .client_certificate
            .as_deref()
            .map(Tls::trusting)
            .transpose()
            .map_err(ServeError::Tls)?;
        let answer = Answer {
            address: listener.address(),
            certificate: tls.as_ref().map(|tls| tls.certificate.as_ref()),
            answers_multiplexing: launch.asks_for_multiplexing,
        };
        announce(&answer)?;
        serve(
            server,
            listener,
            tls.map(|tls| tls.config),
            Mode::Plugin,
            parent,
            signals,
        )
        .await
    })
}

/// Serves hosts that a developer starts by hand, until the developer presses Ctrl-C.
///
/// `source` is the provider's full source address in Terraform's registry. Nothing is encrypted, since the host cannot be
/// told a certificate: who may use the provider, and the key that it has, is decided by who may reach the socket.
pub fn debug(server: Server, source: &str) -> Result<(), ServeError> {
    let parent = Parent::now();
    run(async {
        let signals = Signals::listen().map_err(ServeError::Listen)?;
        let listener = Listener::bind(&Place::default()).map_err(ServeError::Listen)?;
        eprintln!("The provider serves until Ctrl-C. To use it, set this variable where Terraform or OpenTofu runs:");
        announce(&assignment(&reattach(listener.address(), source, std::process::id())))?;
        serve(server, listener, None, Mode::Debug, parent, signals).await
    })
}

/// The provider's service by itself, for whoever plays the host within this process.
pub fn service(server: Server) -> ProviderServer<impl Provider> {
    ProviderServer::new(Service {
        server: Arc::new(server),
        in_flight: Gauge::default(),
    })
}

/// The variable with its value, as it is written in a shell. Only a quote ends what stands in quotes.
fn assignment(providers: &serde_json::Value) -> String {
    format!(
        "TF_REATTACH_PROVIDERS='{}'",
        providers.to_string().replace('\'', r"'\''")
    )
}

/// Where the provider is, as hosts read it from `TF_REATTACH_PROVIDERS`.
///
/// It stands there by its full source address. The same short address in a configuration means Terraform's registry to
/// one host and OpenTofu's to the other, so both are named.
fn reattach(address: &Address, source: &str, process: u32) -> serde_json::Value {
    let provider = json!({
        "Protocol": "grpc",
        "ProtocolVersion": PROTOCOL_VERSION,
        "Pid": process,
        // Keeps the host from ending the provider when it is done.
        "Test": true,
        "Addr": { "Network": address.network(), "String": address.to_string() },
    });
    let sources = [
        source.to_owned(),
        source.replace("registry.terraform.io", "registry.opentofu.org"),
    ];
    sources.into_iter().map(|source| (source, provider.clone())).collect()
}

/// Writes the one line that standard output is for: whoever started the provider waits for it. Nothing else is ever
/// written there; the host would stumble over what comes before, and may not read what comes after.
fn announce(line: &impl fmt::Display) -> Result<(), ServeError> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .map_err(ServeError::Announce)
}

/// Runs on this thread alone: there is little to compute, and a process that starts in a millisecond matters more,
/// since the host starts one several times in a run.
fn run(session: impl Future<Output = Result<(), ServeError>>) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ServeError::Runtime)?;
    let result = runtime.block_on(session);
    // Not dropped, for that would wait for threads that look up host names.
    runtime.shutdown_background();
    result
}

async fn serve(
    server: Server,
    listener: Listener,
    tls: Option<Arc<ServerConfig>>,
    mode: Mode,
    parent: Parent,
    signals: Signals,
) -> Result<(), ServeError> {
    let server = Arc::new(server);
    let (connections, in_flight) = (Gauge::default(), Gauge::default());
    let (shutdown, closing) = (CancellationToken::new(), CancellationToken::new());
    let service = Service {
        server: Arc::clone(&server),
        in_flight: in_flight.clone(),
    };
    let (sender, mut accepted) = mpsc::unbounded_channel();
    let incoming = stream::poll_fn(move |cx| accepted.poll_recv(cx));
    let served = router(service, &shutdown, &closing)
        .await
        .serve_with_incoming_shutdown(incoming, closing.clone().cancelled_owned());
    let ended = async {
        let host = Host {
            mode,
            parent,
            shutdown: &shutdown,
            connections: &connections,
        };
        let ending = lifecycle::ending(host, signals).await;
        tracing::debug!(reason = ?ending, "the provider ends");
        server.stop();
        ending.finish(host, &in_flight, &closing).await;
    };
    tokio::select! {
        served = served => served.map_err(ServeError::Grpc),
        never = listener.accept_all(tls, &connections, &sender) => match never {},
        () = ended => Ok(()),
    }
}

async fn router(service: Service, shutdown: &CancellationToken, closing: &CancellationToken) -> Router {
    let (health, health_service) = tonic_health::server::health_reporter();
    health
        .set_service_status(HEALTH_NAME, tonic_health::ServingStatus::Serving)
        .await;
    tonic::transport::Server::builder()
        .add_service(ProviderServer::new(service).max_decoding_message_size(LARGEST_REQUEST))
        .add_service(GrpcControllerServer::new(Controller {
            shutdown: shutdown.clone(),
        }))
        .add_service(GrpcStdioServer::new(Stdio {
            closing: closing.clone(),
        }))
        .add_service(GrpcBrokerServer::new(Broker {
            closing: closing.clone(),
        }))
        .add_service(health_service)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn both_registries_lead_to_the_same_process() {
        let address = Address::Tcp((Ipv4Addr::LOCALHOST, 10000).into());
        let json = reattach(&address, "registry.terraform.io/a/b", 7);
        insta::assert_snapshot!(json, @r#"{"registry.opentofu.org/a/b":{"Addr":{"Network":"tcp","String":"127.0.0.1:10000"},"Pid":7,"Protocol":"grpc","ProtocolVersion":6,"Test":true},"registry.terraform.io/a/b":{"Addr":{"Network":"tcp","String":"127.0.0.1:10000"},"Pid":7,"Protocol":"grpc","ProtocolVersion":6,"Test":true}}"#);
    }

    #[test]
    fn the_shell_reads_the_variable_as_it_is() {
        let address = Address::Unix("/tmp/o'neill/s".into());
        let text = assignment(&reattach(&address, "registry.terraform.io/a/b", 7));
        assert!(
            text.starts_with("TF_REATTACH_PROVIDERS='{\"registry.opentofu.org/a/b\":"),
            "{text}"
        );
        assert!(text.contains(r#""String":"/tmp/o'\''neill/s""#), "{text}");
        assert!(text.ends_with("}'"), "{text}");
    }
}
