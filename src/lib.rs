//! skeleton
pub mod diag;
pub mod sim;
pub mod value;
