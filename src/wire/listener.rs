//! The socket that the provider listens on, and the connections that come in by it.
//!
//! A unix socket in a directory that only this user may enter, or a port of the loopback interface where there are no
//! unix sockets. A connection is handed on once it is encrypted, if it is to be; one that never says a word or fails
//! the TLS handshake disturbs nobody. This module knows nothing of gRPC.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::server::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

use super::gauge::{Entered, Gauge};
use super::handshake::{Address, Place};

/// The longest path a socket can have: the least of what the systems allow, less the terminating zero.
#[cfg(unix)]
const LONGEST_SOCKET_PATH: usize = 103;

/// How long to wait after the system refused to accept a connection, say for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A bound socket. Its file is removed when this is dropped.
pub struct Listener {
    socket: Socket,
    address: Address,
    #[cfg(unix)]
    _directory: Option<tempfile::TempDir>,
}

enum Socket {
    #[cfg(unix)]
    Unix(UnixListener),
    Tcp(TcpListener),
}

impl Listener {
    /// Listens where this system prefers: on a unix socket.
    #[cfg(unix)]
    pub fn bind(place: &Place) -> io::Result<Self> {
        Self::bind_unix(place)
    }

    /// Listens where this system prefers: on a TCP port.
    #[cfg(not(unix))]
    pub fn bind(place: &Place) -> io::Result<Self> {
        Self::bind_tcp(place)
    }

    /// Listens on a unix socket.
    #[cfg(unix)]
    fn bind_unix(place: &Place) -> io::Result<Self> {
        use std::fs::Permissions;
        use std::os::unix::fs::{PermissionsExt as _, chown};

        let temporary = std::env::temp_dir();
        let parent = socket_parent(place.directory.as_deref(), &temporary)?;
        let directory = tempfile::Builder::new()
            .prefix(DIRECTORY_PREFIX)
            .rand_bytes(DIRECTORY_RANDOM)
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)?;
        let path = directory.path().join(SOCKET_NAME);
        let listener = UnixListener::bind(&path)?;
        if let Some(group) = &place.group {
            let group = group_id(group)?;
            chown(&path, None, Some(group))?;
            chown(directory.path(), None, Some(group))?;
            std::fs::set_permissions(&path, Permissions::from_mode(0o660))?;
            std::fs::set_permissions(directory.path(), Permissions::from_mode(0o710))?;
        }
        Ok(Self {
            socket: Socket::Unix(listener),
            address: Address::Unix(path),
            _directory: Some(directory),
        })
    }

    /// Listens on the first free port of the range.
    pub fn bind_tcp(place: &Place) -> io::Result<Self> {
        let listener = first_free_port(place.ports.clone().unwrap_or(0..=0))?;
        listener.set_nonblocking(true)?;
        let address = Address::Tcp(listener.local_addr()?);
        Ok(Self {
            socket: Socket::Tcp(TcpListener::from_std(listener)?),
            address,
            #[cfg(unix)]
            _directory: None,
        })
    }

    /// Where this listens.
    pub fn address(&self) -> &Address {
        &self.address
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
            let io = match self.accept().await {
                Ok(io) => io,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let (entered, connections) = (open.enter(), connections.clone());
            let Some(acceptor) = acceptor.clone() else {
                _ = connections.send(Ok(Connection { io, _entered: entered }));
                continue;
            };
            // In a task of its own, so that one that stalls does not hold up the others.
            tokio::spawn(async move {
                match acceptor.accept(io).await {
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

    async fn accept(&self) -> io::Result<Box<dyn Io>> {
        Ok(match &self.socket {
            #[cfg(unix)]
            Socket::Unix(listener) => Box::new(listener.accept().await?.0),
            Socket::Tcp(listener) => {
                let stream = listener.accept().await?.0;
                stream.set_nodelay(true)?;
                Box::new(stream)
            }
        })
    }
}

/// Names that leave as much of a socket's path as possible to the directory that the user has chosen.
#[cfg(unix)]
const DIRECTORY_PREFIX: &str = "tfpp-";
#[cfg(unix)]
const DIRECTORY_RANDOM: usize = 8;
#[cfg(unix)]
const SOCKET_NAME: &str = "s";

/// The directory in which the socket's own directory is made: the one that the host wants, else the one for temporary
/// files, else, where that makes for too long a path, `/tmp`.
#[cfg(unix)]
fn socket_parent(wanted: Option<&Path>, temporary: &Path) -> io::Result<PathBuf> {
    let fits = |parent: &&Path| {
        let below = DIRECTORY_PREFIX.len() + DIRECTORY_RANDOM + SOCKET_NAME.len() + 2;
        parent.as_os_str().len() + below <= LONGEST_SOCKET_PATH
    };
    let candidates = match wanted {
        Some(wanted) => vec![wanted],
        None => vec![temporary, Path::new("/tmp")],
    };
    candidates
        .iter()
        .copied()
        .find(fits)
        .map(Path::to_owned)
        .ok_or_else(|| {
            let message = format!("the path {} is too long for a socket", candidates[0].display());
            io::Error::new(io::ErrorKind::InvalidInput, message)
        })
}

/// The number of a group that is given by number or by name.
#[cfg(unix)]
fn group_id(group: &str) -> io::Result<u32> {
    if let Ok(id) = group.parse() {
        return Ok(id);
    }
    find_group(&std::fs::read_to_string("/etc/group")?, group)
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("there is no group {group}")))
}

/// Looks a group up in the text of `/etc/group`: name, password, number and members, between colons.
#[cfg(unix)]
fn find_group(groups: &str, name: &str) -> Option<u32> {
    let line = groups.lines().find(|line| line.split(':').next() == Some(name))?;
    line.split(':').nth(2)?.parse().ok()
}

fn first_free_port(ports: RangeInclusive<u16>) -> io::Result<std::net::TcpListener> {
    let mut refusal = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for port in ports {
        match std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))) {
            Ok(listener) => return Ok(listener),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
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
mod tests {
    use super::*;

    #[tokio::test]
    #[cfg(unix)]
    async fn the_socket_stands_in_a_private_directory_that_goes_with_it() {
        use std::os::unix::fs::PermissionsExt as _;

        let listener = Listener::bind(&Place::default()).unwrap();
        let Address::Unix(path) = listener.address().clone() else {
            panic!("not a unix socket")
        };
        let directory = path.parent().unwrap().to_owned();
        assert_eq!(directory.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        assert!(path.exists());
        drop(listener);
        assert!(!directory.exists());
    }

    #[tokio::test]
    #[cfg(unix)]
    async fn the_host_can_choose_directory_and_group() {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

        let parent = tempfile::tempdir().unwrap();
        let own_group = parent.path().metadata().unwrap().gid();
        let place = Place {
            directory: Some(parent.path().to_owned()),
            group: Some(own_group.to_string()),
            ports: None,
        };
        let listener = Listener::bind(&place).unwrap();
        let Address::Unix(path) = listener.address() else {
            panic!("not a unix socket")
        };
        assert!(path.starts_with(parent.path()));
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o660);
        assert_eq!(path.metadata().unwrap().gid(), own_group);
    }

    #[test]
    #[cfg(unix)]
    fn a_long_temporary_directory_is_passed_over() {
        let long = PathBuf::from(format!("/{}", "x".repeat(LONGEST_SOCKET_PATH)));
        assert_eq!(
            socket_parent(None, Path::new("/var/tmp")).unwrap(),
            Path::new("/var/tmp")
        );
        assert_eq!(socket_parent(None, &long).unwrap(), Path::new("/tmp"));
        assert_eq!(
            socket_parent(Some(Path::new("/run")), &long).unwrap(),
            Path::new("/run")
        );
        assert!(socket_parent(Some(&long), Path::new("/tmp")).is_err());
    }

    #[test]
    #[cfg(unix)]
    fn groups_are_found_by_name() {
        let groups = "root:x:0:\nstaff:x:50:ann,bob\nbroken\n";
        assert_eq!(find_group(groups, "staff"), Some(50));
        assert_eq!(find_group(groups, "broken"), None);
        assert_eq!(find_group(groups, "sta"), None);
    }

    #[test]
    fn the_first_free_port_is_taken() {
        let taken = first_free_port(0..=0).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(first_free_port(port..=port).is_err());
        assert_ne!(first_free_port(0..=0).unwrap().local_addr().unwrap().port(), port);
    }
}
