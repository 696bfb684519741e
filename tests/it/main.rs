//! Tests of the provider as a whole, in one binary.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, in functions that tests share as well"
)]

#[cfg(unix)]
mod actions;
mod campaign;
mod capacity;
mod checks;
#[cfg(unix)]
mod commands;
#[cfg(unix)]
mod concurrency;
mod contract;
mod data_sources;
mod docs;
mod ephemeral;
mod examples;
mod family;
mod faults;
mod functions;
mod installation;
#[cfg(unix)]
mod interrupted_changes;
#[cfg(unix)]
mod interrupts;
mod life;
mod log;
mod machine;
mod messages;
mod mistakes;
mod modules;
mod moved;
#[cfg(unix)]
mod one_shot;
#[cfg(unix)]
mod oracle;
mod ownership;
#[cfg(unix)]
mod protocol;
#[cfg(unix)]
mod queries;
mod quickstart;
mod refusals;
mod registry;
mod release;
mod scale;
mod secrets;
mod simulator;
mod support;
mod terraform;
mod tidy;
#[cfg(unix)]
mod wire;
mod workbench;
