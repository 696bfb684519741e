//! Tests of the provider as a whole, in one binary.

mod faults;
mod lifecycle;
mod machine;
mod mistakes;
mod quickstart;
mod support;
mod terraform;
mod tidy;
#[cfg(unix)]
mod wire;
