//! Tests of the provider as a whole, in one binary.

mod support;
#[cfg(unix)]
mod wire;
