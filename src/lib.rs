//! skeleton
pub mod diag;
pub mod value;
pub mod wire;
