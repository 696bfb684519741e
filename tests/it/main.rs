//! Tests of the provider as a whole, in one binary.

mod lifecycle;
mod support;
mod terraform;
#[cfg(unix)]
mod wire;
