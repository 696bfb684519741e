//! Tests of the provider as a whole, in one binary.

mod docs;
mod examples;
mod lifecycle;
mod registry;
mod support;
mod terraform;
mod tidy;
#[cfg(unix)]
mod wire;
