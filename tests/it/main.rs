//! Tests of the provider as a whole, in one binary.

mod data_sources;
mod lifecycle;
mod scale;
mod support;
mod terraform;
#[cfg(unix)]
mod wire;
