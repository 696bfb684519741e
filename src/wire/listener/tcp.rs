//! A port of the loopback interface, for systems without unix sockets.
//!
//! Any user of the computer can connect to it, so that only TLS keeps strangers out. The tests are compiled everywhere.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;

use tokio::net::{TcpListener, TcpStream};

use crate::wire::handshake::{Address, Place};

/// The bound socket.
pub struct Socket {
    listener: TcpListener,
    address: Address,
}

impl Socket {
    /// Listens on the first free port of the range that the host wants.
    pub fn bind(place: &Place) -> io::Result<Self> {
        let listener = first_free_port(place.ports.clone().unwrap_or(0..=0))?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            address: Address::Tcp(listener.local_addr()?),
            listener: TcpListener::from_std(listener)?,
        })
    }

    /// Where this listens.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The next connection.
    pub async fn accept(&self) -> io::Result<TcpStream> {
        let stream = self.listener.accept().await?.0;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_free_port_is_taken() {
        let taken = first_free_port(0..=0).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(first_free_port(port..=port).is_err());
        assert_ne!(first_free_port(0..=0).unwrap().local_addr().unwrap().port(), port);
    }

    #[tokio::test]
    async fn connections_come_in_by_the_address_that_is_told() {
        let socket = Socket::bind(&Place::default()).unwrap();
        let Address::Tcp(address) = socket.address() else {
            panic!("{} is not a port", socket.address())
        };
        assert!(address.ip().is_loopback());
        let (client, accepted) = tokio::join!(TcpStream::connect(address), socket.accept());
        assert_eq!(
            client.unwrap().local_addr().unwrap(),
            accepted.unwrap().peer_addr().unwrap()
        );
    }
}
