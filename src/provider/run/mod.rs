//! What one run knows and shares between its operations, in memory: whose turn it is, and which objects are its own.
//!
//! Nothing here makes a request or knows a kind of object.

mod claims;
mod lanes;
mod turns;

pub use claims::Claims;
pub use lanes::{Lane, Lanes};
pub use turns::{Place, Turns};

/// Why a turn or a lane was not waited for to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotEntered {
    /// The user interrupted.
    Interrupted,
    /// The operation's time was up.
    TimedOut,
}
