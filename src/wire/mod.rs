//! The edge towards Terraform and OpenTofu: the plugin handshake, the encrypted socket, and the provider protocol.
//!
//! This is the only place that names protobuf and gRPC. A request comes in as a message, is decoded by the schema's
//! types into what [`server`](crate::server) understands, and the answer goes back the same way. What an RPC means is
//! not decided here, and nothing here knows Paperspace.
//!
//! | module | what it does |
//! |---|---|
//! | [`handshake`] | what the host says in the environment and wants back in one line; pure |
//! | `tls`, `listener` | certificates and sockets |
//! | `lifecycle` | when and how the process ends |
//! | `goplugin` | the services that every plugin has |
//! | `service`, `rpc` | the provider's own service, RPC by RPC |
//! | `stream` | answers that come bit by bit |
//! | `from_proto`, `to_proto`, `schema` | conversions; pure |
//! | `serve` | puts all of it together |

mod from_proto;
mod gauge;
mod goplugin;
pub mod handshake;
mod lifecycle;
mod listener;
pub mod panic;
pub mod proto;
mod rpc;
mod schema;
mod serve;
mod service;
mod stream;
mod tls;
mod to_proto;

pub use handshake::Launch;
pub use serve::{ServeError, debug, plugin, service};
pub use tls::TlsError;
