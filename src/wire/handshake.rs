//! The handshake by which the host starts a plugin: what it says in the environment and the one line it wants back.
//!
//! Everything here is pure, so that each rule can be tested without a process. It knows neither sockets nor TLS.

use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// The major version of the provider protocol that this provider speaks.
///
/// The host names the versions it knows in `PLUGIN_PROTOCOL_VERSIONS`. There is nothing to choose, so it is not read:
/// a host that does not know version 6 reports it best itself, for it knows which provider it asked for and why.
pub const PROTOCOL_VERSION: u16 = 6;

/// The version of go-plugin's own handshake.
const CORE_VERSION: u16 = 1;

/// The variable by which a host shows that it is one.
pub const COOKIE_NAME: &str = "TF_PLUGIN_MAGIC_COOKIE";

/// Its value. It protects nobody from anything; it tells a person who starts the binary by hand from a host.
pub const COOKIE_VALUE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// What a host asks for when it launches the provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Launch {
    /// The host's certificate in PEM. Without one the connection is not encrypted.
    pub client_certificate: Option<String>,
    /// Where to listen.
    pub place: Place,
    /// Whether the host asked if several connections can share the socket. They cannot, and only a host that asked may
    /// be told so: older ones take an unasked answer for a part of the certificate.
    pub asks_for_multiplexing: bool,
}

/// Where a host wants the provider to listen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The directory for the socket, where not the one for temporary files.
    pub directory: Option<PathBuf>,
    /// The group that may use the socket, by number or name.
    pub group: Option<String>,
    /// The TCP ports to choose from, where TCP is used at all. Without a range the system chooses.
    pub ports: Option<RangeInclusive<u16>>,
}

impl Launch {
    /// Reads the environment. `None` means that no host launched this process.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        if variable(COOKIE_NAME).as_deref() != Some(COOKIE_VALUE) {
            return None;
        }
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        let port = |name: &str| given(name).and_then(|value| value.parse::<u16>().ok());
        let ports = match (port("PLUGIN_MIN_PORT"), port("PLUGIN_MAX_PORT")) {
            (Some(min), Some(max)) if min <= max => Some(min..=max),
            _ => None,
        };
        Some(Self {
            client_certificate: given("PLUGIN_CLIENT_CERT"),
            place: Place {
                directory: given("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
                group: given("PLUGIN_UNIX_SOCKET_GROUP"),
                ports,
            },
            asks_for_multiplexing: given("PLUGIN_MULTIPLEX_GRPC").is_some(),
        })
    }
}

/// Where the provider listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A unix socket.
    Unix(PathBuf),
    /// A TCP port of the loopback interface.
    Tcp(SocketAddr),
}

impl Address {
    /// The word for the kind of address that the host expects.
    pub fn network(&self) -> &'static str {
        match self {
            Self::Unix(_) => "unix",
            Self::Tcp(_) => "tcp",
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => path.display().fmt(f),
            Self::Tcp(address) => address.fmt(f),
        }
    }
}

/// The provider's answer: the first and last line that it ever writes to its standard output.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Where the provider listens.
    pub address: &'a Address,
    /// The DER of the certificate that it shows there, if the connection is encrypted.
    pub certificate: Option<&'a [u8]>,
    /// Whether to answer the question of [`Launch::asks_for_multiplexing`].
    pub answers_multiplexing: bool,
}

impl fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The host decodes strictly, and without padding.
        let certificate = self
            .certificate
            .map(|der| STANDARD_NO_PAD.encode(der))
            .unwrap_or_default();
        let (network, address) = (self.address.network(), self.address);
        write!(
            f,
            "{CORE_VERSION}|{PROTOCOL_VERSION}|{network}|{address}|grpc|{certificate}"
        )?;
        if self.answers_multiplexing {
            f.write_str("|false")
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Option<Launch> {
        Launch::read(|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn only_the_right_cookie_is_a_launch() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[(COOKIE_NAME, "")]), None);
        assert_eq!(read(&[(COOKIE_NAME, "d602")]), None);
        assert_eq!(read(&[(COOKIE_NAME, COOKIE_VALUE)]), Some(Launch::default()));
    }

    #[test]
    fn everything_the_host_asks_for_is_read() {
        let launch = read(&[
            (COOKIE_NAME, COOKIE_VALUE),
            ("PLUGIN_PROTOCOL_VERSIONS", "5"),
            ("PLUGIN_CLIENT_CERT", "pem"),
            ("PLUGIN_MIN_PORT", "10000"),
            ("PLUGIN_MAX_PORT", "25000"),
            ("PLUGIN_UNIX_SOCKET_DIR", "/run/x"),
            ("PLUGIN_UNIX_SOCKET_GROUP", "1000"),
            ("PLUGIN_MULTIPLEX_GRPC", "true"),
        ]);
        let place = Place {
            directory: Some(PathBuf::from("/run/x")),
            group: Some("1000".to_owned()),
            ports: Some(10000..=25000),
        };
        let expected = Launch {
            client_certificate: Some("pem".to_owned()),
            place,
            asks_for_multiplexing: true,
        };
        assert_eq!(launch, Some(expected));
    }

    #[test]
    fn empty_and_nonsensical_variables_count_as_unset() {
        let launch = read(&[
            (COOKIE_NAME, COOKIE_VALUE),
            ("PLUGIN_CLIENT_CERT", ""),
            ("PLUGIN_MIN_PORT", "25000"),
            ("PLUGIN_MAX_PORT", "10000"),
            ("PLUGIN_UNIX_SOCKET_DIR", ""),
            ("PLUGIN_MULTIPLEX_GRPC", ""),
        ]);
        assert_eq!(launch, Some(Launch::default()));
        let launch = read(&[
            (COOKIE_NAME, COOKIE_VALUE),
            ("PLUGIN_MIN_PORT", "x"),
            ("PLUGIN_MAX_PORT", "70000"),
        ]);
        assert_eq!(launch, Some(Launch::default()));
    }

    fn line(address: &Address, certificate: Option<&[u8]>, answers_multiplexing: bool) -> String {
        Answer {
            address,
            certificate,
            answers_multiplexing,
        }
        .to_string()
    }

    #[test]
    fn the_line_has_six_fields_and_no_padding() {
        let unix = Address::Unix(PathBuf::from("/tmp/p/s"));
        assert_eq!(line(&unix, Some(&[0xfb, 0xff]), false), "1|6|unix|/tmp/p/s|grpc|+/8");
        assert_eq!(line(&unix, Some(&[0xfb]), false), "1|6|unix|/tmp/p/s|grpc|+w");
        let tcp = Address::Tcp((Ipv4Addr::LOCALHOST, 10000).into());
        assert_eq!(line(&tcp, None, false), "1|6|tcp|127.0.0.1:10000|grpc|");
    }

    #[test]
    fn multiplexing_is_declined_when_asked_for() {
        let unix = Address::Unix(PathBuf::from("/tmp/p/s"));
        assert_eq!(line(&unix, None, true), "1|6|unix|/tmp/p/s|grpc||false");
    }
}
