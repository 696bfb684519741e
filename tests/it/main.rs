//! Tests of the provider as a whole, in one binary.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, in functions that tests share as well"
)]

mod docs;
mod examples;
mod faults;
mod lifecycle;
mod machine;
mod mistakes;
mod modules;
mod quickstart;
mod registry;
mod support;
mod terraform;
mod tidy;
#[cfg(unix)]
mod wire;
