//! The socket that the provider listens on, and the connections that come in by it.
//!
//! A unix socket, or a port of the loopback interface where there are no unix sockets. A connection is handed on once it
//! is encrypted, if it is to be; one that never says a word or fails the TLS handshake disturbs nobody. This module knows
//! nothing of gRPC.

#[cfg(any(not(unix), test))]
mod tcp;
#[cfg(unix)]
mod unix;

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::server::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

use super::gauge::{Entered, Gauge};
use super::handshake::{Address, Place};
#[cfg(not(unix))]
use tcp::Socket;
#[cfg(unix)]
use unix::Socket;

/// How long to wait after the system refused to accept a connection, say for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long a connection has for the TLS handshake. A host takes milliseconds, and gives a provider a minute to start.
const TLS_TIME: Duration = Duration::from_secs(60);

/// A bound socket, of the kind that this system prefers. Its file is removed when this is dropped.
pub struct Listener(Socket);

impl Listener {
    /// Listens.
    pub fn bind(place: &Place) -> io::Result<Self> {
        Socket::bind(place).map(Self)
    }

    /// Where this listens.
    pub fn address(&self) -> &Address {
        self.0.address()
    }

    /// Accepts connections for ever and hands them on, each as soon as it is ready to be used.
    pub async fn accept_all(
        &self,
        tls: Option<Arc<ServerConfig>>,
        open: &Gauge,
        connections: &mpsc::UnboundedSender<io::Result<Connection>>,
    ) -> Infallible {
        let acceptor = tls.map(TlsAcceptor::from);
        loop {
            let io = match self.0.accept().await {
                Ok(io) => io,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let (entered, connections) = (open.enter(), connections.clone());
            let Some(acceptor) = acceptor.clone() else {
                _ = connections.send(Ok(Connection {
                    io: Box::new(io),
                    _entered: entered,
                }));
                continue;
            };
            // In a task of its own, so that one that stalls does not hold up the others.
            tokio::spawn(async move {
                let accepted = timeout(TLS_TIME, acceptor.accept(io)).await;
                match accepted.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
                    Ok(io) => {
                        _ = connections.send(Ok(Connection {
                            io: Box::new(io),
                            _entered: entered,
                        }))
                    }
                    Err(error) => tracing::warn!(%error, "a connection failed the TLS handshake"),
                }
            });
        }
    }
}

/// What a connection is made of, encrypted or not.
trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection that is ready to be used, counted as open for as long as it lives.
pub struct Connection {
    io: Box<dyn Io>,
    _entered: Entered,
}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) -> Self::ConnectInfo {}
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use tokio::io::AsyncReadExt as _;
    use tokio::net::UnixStream;

    use super::*;
    use crate::wire::tls::{Tls, own_certificate_in_pem};

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_never_says_a_word_is_closed_after_a_while() {
        let listener = Listener::bind(&Place::default()).unwrap();
        let Address::Unix(path) = listener.address() else {
            panic!("{} is not a unix socket", listener.address())
        };
        let (open, (connections, mut ready)) = (Gauge::default(), mpsc::unbounded_channel());
        let tls = Tls::trusting(&own_certificate_in_pem()).unwrap();
        let mut silent = UnixStream::connect(path).await.unwrap();
        let closed = timeout(10 * TLS_TIME, silent.read_u8());
        tokio::select! {
            never = listener.accept_all(Some(tls.config), &open, &connections) => match never {},
            closed = closed => {
                let error = closed.expect("it is closed by the provider").unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
            }
        }
        assert!(open.is_empty() && ready.try_recv().is_err());
    }
}
