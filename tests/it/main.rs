//! Tests of the provider as a whole, in one binary.

mod faults;
mod lifecycle;
mod mistakes;
mod support;
mod terraform;
#[cfg(unix)]
mod wire;
