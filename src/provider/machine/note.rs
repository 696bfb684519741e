//! What is noted beside a machine's state, for its next plan, apply or read: what is owed to a machine by an operation that
//! did not come to its end. Terraform keeps the note with the state and shows it to nobody.

use serde::{Deserialize, Serialize};

/// The note.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Note {
    /// The machine was on until it was stopped here, and it is not certain that it is on again.
    pub left_off: bool,
    /// The machine that is planned to be replaced by a new one is protected.
    pub replaces_protected: bool,
}
