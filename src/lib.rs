//! skeleton
pub mod diag;
pub mod value;
