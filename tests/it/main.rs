//! Tests of the provider as a whole, in one binary.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, in functions that tests share as well"
)]

mod campaign;
mod data_sources;
mod docs;
mod examples;
mod faults;
#[cfg(unix)]
mod interrupted_changes;
#[cfg(unix)]
mod interrupts;
mod lifecycle;
mod machine;
mod mistakes;
mod modules;
mod moved;
mod quickstart;
mod registry;
mod scale;
mod support;
mod terraform;
mod tidy;
#[cfg(unix)]
mod wire;
