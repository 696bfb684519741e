//! What the tests share.

pub mod workspace;
