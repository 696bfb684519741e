//! A Terraform and OpenTofu provider for Paperspace.
//!
//! The map, from the outside in; dependencies point one way only, and a test holds the imports to it:
//!
//! | module | what it is |
//! |---|---|
//! | [`wire`] | the plugin protocol on the wire: handshake, TLS, gRPC; the only place that names protobuf |
//! | [`server`] | what each RPC means, over plain values |
//! | [`schema`] | what a configuration block may hold, declared once |
//! | [`value`] | Terraform's types and values and their encodings |
//! | [`diag`] | what users are told |
//! | [`provider`] | the resources and data sources: the only glue of schemas and API |
//! | [`api`] | the HTTP client of Paperspace; it would serve any other program as well |
//! | [`sim`] | the simulated Paperspace, which nothing that serves Terraform knows |
//! | [`install`] | putting the binary where Terraform and OpenTofu look for it |
//! | [`log`], [`cli`] | the log lines and the command line of the binary |

pub mod api;
pub mod cli;
pub mod diag;
pub mod install;
pub mod log;
pub mod provider;
pub mod schema;
pub mod server;
pub mod sim;
pub mod value;
pub mod wire;
