//! skeleton
pub mod api;
pub mod diag;
pub mod schema;
pub mod server;
pub mod value;
pub mod wire;
