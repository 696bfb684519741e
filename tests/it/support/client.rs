//! A host at the level of the protocol: it launches the provider's binary as Terraform does, reads the handshake, and
//! calls what it likes, which Terraform would not.
//!
//! Its certificate is made as go-plugin makes them: self-signed, with a P-521 key and marked as an authority.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme, SupportedProtocolVersion};
use tempfile::TempDir;
use terraform_provider_paperspace::wire::handshake::{COOKIE_NAME, COOKIE_VALUE};
use terraform_provider_paperspace::wire::proto::goplugin::Empty;
use terraform_provider_paperspace::wire::proto::goplugin::grpc_controller_client::GrpcControllerClient;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, BufReader};
use tokio::net::{TcpStream, UnixStream};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

use super::awaited;

/// The provider's binary.
pub const BINARY: &str = env!("CARGO_BIN_EXE_terraform-provider-paperspace");

/// How long an answer may take. Only a test that fails takes that long.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);

/// Variables that the machine running the tests may have set and that would change the outcome.
const FOREIGN_VARIABLES: [&str; 10] = [
    COOKIE_NAME,
    "PLUGIN_CLIENT_CERT",
    "PLUGIN_MULTIPLEX_GRPC",
    "PLUGIN_UNIX_SOCKET_DIR",
    "PLUGIN_UNIX_SOCKET_GROUP",
    "TF_LOG",
    "TF_LOG_PROVIDER",
    "TF_LOG_PROVIDER_PAPERSPACE",
    "PAPERSPACE_API_KEY",
    "PAPERSPACE_TEAM",
];

/// A host's certificate and key.
pub struct HostCertificate {
    der: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl HostCertificate {
    /// Makes up a new one.
    pub fn new() -> Self {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap();
        let mut parameters = CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters
            .distinguished_name
            .push(DnType::OrganizationName, "HashiCorp");
        parameters.distinguished_name.push(DnType::CommonName, "localhost");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
            KeyUsagePurpose::KeyAgreement,
            KeyUsagePurpose::KeyCertSign,
        ];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
        let der = parameters.self_signed(&key).unwrap().der().clone();
        Self {
            der,
            key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        }
    }

    /// The certificate as it is handed to the provider.
    pub fn pem(&self) -> String {
        let base64 = STANDARD.encode(&self.der);
        let lines = base64
            .as_bytes()
            .chunks(64)
            .map(|line| format!("{}\n", String::from_utf8_lossy(line)));
        format!(
            "-----BEGIN CERTIFICATE-----\n{}-----END CERTIFICATE-----\n",
            lines.collect::<String>()
        )
    }
}

/// A command that runs the provider's binary in a clean environment.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments);
    prepare(&mut command);
    command
}

/// Cleans the environment of a command, and lets the test see all that it says.
pub fn prepare(command: &mut Command) {
    for variable in FOREIGN_VARIABLES {
        command.env_remove(variable);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
}

/// A running provider.
pub struct Plugin {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// Reads all the time, as hosts do: a provider that has filled the pipe would wait.
    stderr: JoinHandle<String>,
    /// The line that it began with, without its end.
    pub line: String,
    /// Where its socket is, unless the test says otherwise. A provider that is killed at a test's end leaves it behind.
    _directory: TempDir,
}

impl Plugin {
    /// Launches the provider as a host does that has the given certificate, if any.
    pub async fn launch(certificate: Option<&HostCertificate>) -> Self {
        Self::launch_with(certificate, &[]).await
    }

    /// The same with more variables in its environment.
    pub async fn launch_with(certificate: Option<&HostCertificate>, variables: &[(&str, &str)]) -> Self {
        let mut command = command(&[]);
        command
            .env(COOKIE_NAME, COOKIE_VALUE)
            .env("PLUGIN_PROTOCOL_VERSIONS", "5,6");
        command.env("PLUGIN_MIN_PORT", "10000").env("PLUGIN_MAX_PORT", "25000");
        if let Some(certificate) = certificate {
            command.env("PLUGIN_CLIENT_CERT", certificate.pem());
        }
        command.envs(variables.iter().copied());
        Self::spawn(command).await
    }

    /// Runs a command that leads to a provider, and reads its first line.
    pub async fn spawn(mut command: Command) -> Self {
        let directory = TempDir::new().unwrap();
        if command.as_std().get_envs().all(|(name, _)| name != "TMPDIR") {
            command.env("TMPDIR", directory.path());
        }
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut errors = child.stderr.take().unwrap();
        let stderr = tokio::spawn(async move {
            let mut text = String::new();
            errors.read_to_string(&mut text).await.unwrap();
            text
        });
        let mut line = String::new();
        awaited("the handshake", stdout.read_line(&mut line)).await.unwrap();
        Self {
            child,
            stdout,
            stderr,
            line: line.trim_end_matches('\n').to_owned(),
            _directory: directory,
        }
    }

    /// The fields of the handshake.
    pub fn fields(&self) -> Vec<&str> {
        self.line.split('|').collect()
    }

    /// The path of the socket.
    pub fn socket(&self) -> PathBuf {
        PathBuf::from(self.fields()[3])
    }

    /// The certificate in the handshake, decoded as strictly as a host does.
    pub fn certificate(&self) -> CertificateDer<'static> {
        STANDARD_NO_PAD.decode(self.fields()[5]).unwrap().into()
    }

    /// Connects as the host whose certificate was given at launch, or without encryption if none was.
    pub async fn connect(&self, host: Option<&HostCertificate>) -> Result<Channel, tonic::transport::Error> {
        let tls = host.map(|host| client_config(self.certificate(), Some(host), &rustls::version::TLS13));
        self.connect_by(tls).await
    }

    /// Connects with any configuration of TLS.
    pub async fn connect_by(&self, tls: Option<ClientConfig>) -> Result<Channel, tonic::transport::Error> {
        channel(Address::Unix(self.socket()), tls).await
    }

    /// Asks the provider to end, and waits until it did.
    pub async fn shut_down(self, channel: &Channel) -> Ended {
        // The answer may be lost when the process is quick.
        _ = GrpcControllerClient::new(channel.clone()).shutdown(Empty {}).await;
        self.ended().await
    }

    /// Sends a signal, by its name without SIG.
    pub async fn signal(&self, name: &str) {
        let id = self.child.id().expect("it is still there").to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &id])
                .status()
                .await
                .unwrap()
                .success()
        );
    }

    /// Waits until every process that could write to the provider's output has ended.
    pub async fn ended(mut self) -> Ended {
        let mut stdout = String::new();
        awaited("the provider's end", self.stdout.read_to_string(&mut stdout))
            .await
            .unwrap();
        let stderr = awaited("the provider's end", self.stderr).await.unwrap();
        let status = awaited("the provider's end", self.child.wait()).await.unwrap();
        Ended { status, stdout, stderr }
    }
}

/// What is left of a provider.
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote after its first line.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

/// Where a provider listens.
#[derive(Clone)]
pub enum Address {
    /// A unix socket.
    Unix(PathBuf),
    /// A TCP port.
    Tcp(SocketAddr),
}

impl Address {
    /// From the two words in which a provider tells it.
    pub fn new(network: &str, address: &str) -> Self {
        match network {
            "unix" => Self::Unix(Path::new(address).to_owned()),
            "tcp" => Self::Tcp(address.parse().unwrap()),
            other => panic!("{other} is no network"),
        }
    }
}

/// Makes one connection.
pub async fn channel(address: Address, tls: Option<ClientConfig>) -> Result<Channel, tonic::transport::Error> {
    let tls = tls.map(|config| TlsConnector::from(Arc::new(config)));
    let connector = tower::service_fn(move |_| {
        let (address, tls) = (address.clone(), tls.clone());
        async move { Ok::<_, std::io::Error>(TokioIo::new(stream(address, tls).await?)) }
    });
    // The name is of no consequence: the connector knows where to go.
    let endpoint = Endpoint::from_static("http://localhost").timeout(ANSWER_PATIENCE);
    awaited("a connection", endpoint.connect_with_connector(connector)).await
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn stream(address: Address, tls: Option<TlsConnector>) -> std::io::Result<Box<dyn Stream>> {
    let plain: Box<dyn Stream> = match address {
        Address::Unix(path) => Box::new(UnixStream::connect(path).await?),
        Address::Tcp(address) => Box::new(TcpStream::connect(address).await?),
    };
    let Some(tls) = tls else { return Ok(plain) };
    let encrypted = tls.connect(ServerName::try_from("localhost").unwrap(), plain).await?;
    // Newer hosts go away where this is missing.
    let protocol = encrypted.get_ref().1.alpn_protocol();
    if protocol != Some(b"h2") {
        return Err(std::io::Error::other(format!(
            "the provider chose the protocol {protocol:?}"
        )));
    }
    Ok(Box::new(encrypted))
}

/// How a host that expects one certificate connects, with or without a certificate of its own.
pub fn client_config(
    expected: CertificateDer<'static>,
    host: Option<&HostCertificate>,
    version: &'static SupportedProtocolVersion,
) -> ClientConfig {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(OnlyThisServer {
        expected,
        provider: Arc::clone(&provider),
    });
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match host {
        Some(host) => builder
            .with_client_auth_cert(vec![host.der.clone()], host.key.clone_key())
            .unwrap(),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

/// Takes the certificate of the handshake, if it is for the name that hosts look for.
#[derive(Debug)]
struct OnlyThisServer {
    expected: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for OnlyThisServer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        if *end_entity == self.expected {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::UnknownIssuer.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
