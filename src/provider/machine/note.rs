//! What is noted beside a machine's state, for its next plan, apply or read: what is owed to a machine by an operation that
//! did not come to its end. Terraform keeps the note with the state and shows it to nobody.

use serde::{Deserialize, Serialize};

/// The note. An empty one is not stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Note {
    /// The machine was on until it was stopped here, and it is not certain that it is on again.
    pub left_off: bool,
}

impl Note {
    /// Reads a stored note. What another version noted and this one does not know counts for nothing.
    pub(super) fn read(stored: &[u8]) -> Self {
        serde_json::from_slice(stored).unwrap_or_default()
    }

    /// The note as it is stored.
    pub(super) fn write(self) -> Vec<u8> {
        if self == Self::default() {
            return Vec::new();
        }
        serde_json::to_vec(&self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        for left_off in [true, false] {
            let note = Note { left_off };
            assert_eq!(Note::read(&note.write()), note);
        }
        assert!(Note::default().write().is_empty());
    }

    #[test]
    fn what_is_no_note_counts_for_nothing() {
        for stored in [&b""[..], b"null", b"\xff", b"{\"left_off\":3}", b"{\"later\":true}"] {
            assert_eq!(Note::read(stored), Note::default());
        }
    }
}
