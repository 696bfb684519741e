//! Tests of the provider as a whole, in one binary.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, in functions that tests share as well"
)]

mod lifecycle;
mod support;
mod terraform;
#[cfg(unix)]
mod wire;
