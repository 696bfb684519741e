//! Tests of the provider as a whole, in one binary.

mod docs;
mod examples;
mod faults;
mod lifecycle;
mod machine;
mod mistakes;
mod quickstart;
mod registry;
mod support;
mod terraform;
mod tidy;
#[cfg(unix)]
mod wire;
