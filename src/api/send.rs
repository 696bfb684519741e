//! One attempt over HTTP. The only place that handles the HTTP library.
//!
//! It never repeats anything by itself, so that an attempt counted by the caller is an attempt made: no redirects,
//! no retries. What the library still does is to take another connection for a request of which not one byte was
//! written; that is no second sending.

use std::{error::Error as StdError, sync::Arc, time::Duration, time::SystemTime};

use reqwest::{
    Response,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER},
};

use super::{
    address::Address,
    call::Call,
    classify::{Answer, Body, Failure},
    error::Kind,
    retry::retry_after,
};

/// The largest body that is read. A page of 120 machines takes some 150 kB.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// How long a connection is kept for the next request. Shorter than the five seconds after which common HTTP servers
/// close an idle connection, because a request written just when that happens is lost, and nobody can tell whether it
/// was read.
const KEEP_CONNECTION: Duration = Duration::from_secs(4);

/// Makes the HTTP library's client. Loading the system's root certificates is what takes its time, so it is done for
/// https only.
pub(super) fn client(
    address: &Address,
    user_agent: &str,
    request_timeout: Duration,
) -> Result<reqwest::Client, Failure> {
    let mut builder = reqwest::Client::builder()
        .user_agent(user_agent)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .pool_idle_timeout(KEEP_CONNECTION)
        // Within the attempt's limit, so that a connection that never came is told from an answer that never came.
        .connect_timeout((request_timeout / 2).min(Duration::from_secs(10)));
    if address.is_loopback() {
        builder = builder.no_proxy();
    }
    if address.is_https() {
        builder = builder.https_only(true);
    } else {
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| {
        Failure::new(Kind::Config, "The HTTPS client could not be set up.").caused_by(Arc::new(error.without_url()))
    })
}

/// Sends a request once and reads the whole answer.
pub(super) async fn once(
    http: &reqwest::Client,
    address: &Address,
    authorization: HeaderValue,
    call: &Call,
) -> Result<Answer, Failure> {
    let url = address.at(call.segments.iter().map(String::as_str));
    let mut request = http
        .request(call.method.clone(), url)
        .header(AUTHORIZATION, authorization);
    request = request.header(ACCEPT, "application/json");
    if !call.query.is_empty() {
        request = request.query(&call.query);
    }
    if let Some(body) = &call.body {
        request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
    }
    let response = request.send().await.map_err(|error| not_answered(error, address))?;
    let headers = response.headers();
    Ok(Answer {
        status: response.status().as_u16(),
        retry_after: text(headers, RETRY_AFTER).and_then(|value| retry_after(&value, server_time(headers))),
        content_type: text(headers, CONTENT_TYPE).unwrap_or_default(),
        location: text(headers, LOCATION),
        body: read(response).await,
    })
}

async fn read(mut response: Response) -> Body {
    if response
        .content_length()
        .is_some_and(|length| length > BODY_LIMIT as u64)
    {
        return Body::TooLarge;
    }
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > BODY_LIMIT => return Body::TooLarge,
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Body::Whole(bytes),
            Err(error) => return Body::Cut(Arc::new(error.without_url())),
        }
    }
}

fn not_answered(error: reqwest::Error, address: &Address) -> Failure {
    let error = error.without_url();
    let nobody = format!("Nothing answers at {}.", address.as_str());
    let (kind, message) = if error.is_builder() {
        (Kind::Config, "The request cannot be made.")
    } else if is_untrusted(&error) {
        (Kind::Untrusted, "The server's TLS certificate is not trusted.")
    } else if error.is_connect() && address.is_loopback() {
        (Kind::Connect, nobody.as_str())
    } else if error.is_connect() {
        (Kind::Connect, "No connection to the server.")
    } else if error.is_timeout() {
        (Kind::Timeout, "The server did not answer in time.")
    } else {
        (Kind::Interrupted, "The connection was lost before an answer came.")
    };
    Failure::new(kind, message).caused_by(Arc::new(error))
}

/// Whether the chain of causes ends in a certificate that the TLS library did not accept. Other TLS failures may pass
/// by themselves.
fn is_untrusted(error: &(dyn StdError + 'static)) -> bool {
    let tls = |error: &(dyn StdError + 'static)| {
        matches!(
            error.downcast_ref::<rustls::Error>(),
            Some(rustls::Error::InvalidCertificate(_))
        )
    };
    let mut cause = Some(error);
    while let Some(error) = cause {
        // An I/O error gives its inner error's source, not its inner error, for its own source.
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if tls(error) || inner.is_some_and(|inner| is_untrusted(inner)) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The server's own idea of now, by which its dates must be read; this computer's clock may be off.
fn server_time(headers: &HeaderMap) -> SystemTime {
    text(headers, DATE)
        .and_then(|date| httpdate::parse_http_date(&date).ok())
        .unwrap_or_else(SystemTime::now)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use secrecy::SecretString;
    use tokio::{io::AsyncReadExt, net::TcpListener};

    use super::{
        super::{Client, CreateMachine, Error, Pace, Settings},
        *,
    };

    /// What a client says that makes a machine at a loopback address of https.
    async fn create_at(listener: &TcpListener, request_timeout: Duration) -> Error {
        let base_url = format!("https://{}", listener.local_addr().unwrap());
        let pace = Pace {
            first: Duration::ZERO,
            max: Duration::ZERO,
        };
        let settings = Settings {
            base_url,
            pace,
            request_timeout,
            max_retries: 1,
            ..Settings::new(SecretString::from("k3y"))
        };
        Client::new(settings)
            .unwrap()
            .create_machine(&CreateMachine::default())
            .await
            .unwrap_err()
    }

    #[tokio::test]
    async fn a_certificate_that_is_not_trusted_ends_it_before_anything_is_sent() {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let connections = AtomicUsize::new(0);
        let serve = async {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.fetch_add(1, Ordering::Relaxed);
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    let sent = stream.read_u8().await;
                    assert!(sent.is_err(), "the client sent something");
                }
            }
        };
        let error = tokio::select! {
            error = create_at(&listener, Duration::from_secs(30)) => error,
            () = serve => unreachable!("the server has no end"),
        };
        assert_eq!(error.kind, Kind::Untrusted, "{error:?}");
        assert!(!error.is_retryable() && !error.is_ambiguous());
        assert_eq!(connections.into_inner(), 1);
    }

    #[tokio::test]
    async fn a_server_that_never_finishes_the_handshake_got_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let error = create_at(&listener, Duration::from_millis(200)).await;
        assert_eq!((error.kind, error.retries), (Kind::Connect, 1), "{error:?}");
        let address = listener.local_addr().unwrap();
        assert!(
            error.is_local
                && error
                    .to_string()
                    .contains(&format!("Nothing answers at https://{address}.")),
            "{error}"
        );
        assert!(!error.is_ambiguous());
    }

    #[test]
    fn every_client_can_be_made() {
        for url in [
            "https://api.paperspace.com/v1",
            "http://127.0.0.1:1",
            "https://localhost",
        ] {
            assert!(
                client(&Address::parse(url).unwrap(), "test", Duration::from_secs(1)).is_ok(),
                "{url}"
            );
        }
    }
}
