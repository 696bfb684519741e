//! Tests of the provider as a whole, in one binary.

mod support;
mod terraform;
#[cfg(unix)]
mod wire;
