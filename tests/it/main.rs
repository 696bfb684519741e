//! Tests of the provider as a whole, in one binary.

mod lifecycle;
mod quickstart;
mod support;
mod terraform;
mod tidy;
#[cfg(unix)]
mod wire;
