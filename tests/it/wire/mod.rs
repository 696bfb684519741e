//! The provider's binary, as a host sees it.

mod handshake;
mod hostile;
mod life;
mod log;
mod schema;
