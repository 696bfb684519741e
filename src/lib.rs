//! skeleton
pub mod api;
pub mod cli;
pub mod diag;
pub mod log;
pub mod schema;
pub mod server;
pub mod value;
pub mod wire;
