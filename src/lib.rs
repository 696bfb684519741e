//! skeleton
pub mod api;
pub mod diag;
pub mod value;
