//! wire
pub mod proto;
