//! Tests of the provider as a whole, in one binary.

mod faults;
mod lifecycle;
mod machine;
mod mistakes;
mod support;
mod terraform;
#[cfg(unix)]
mod wire;
