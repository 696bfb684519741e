//! The envelope of what a resource notes beside a state.
//!
//! Terraform keeps a provider's private data as bytes that it never looks into, from one version of the provider to the
//! next. The envelope says which version of the form they have, so that what a later version writes is not misread by an
//! earlier one. A note is a help and no state: one that cannot be read counts for nothing, with a line in the log, since
//! nobody could mend it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::resource::Note;

/// The form that is written today.
const VERSION: u64 = 1;

#[derive(Serialize)]
struct Envelope<'a, N> {
    version: u64,
    note: &'a N,
}

#[derive(Deserialize)]
struct Opened {
    version: u64,
    note: Value,
}

/// The bytes that Terraform is given to keep: none where there is nothing to note.
pub(super) fn encode<N: Note>(note: &N) -> Vec<u8> {
    if *note == N::default() {
        return Vec::new();
    }
    encode_always(note)
}

/// The bytes for a host that shows by them that a plan was made before.
pub(super) fn encode_always<N: Note>(note: &N) -> Vec<u8> {
    serde_json::to_vec(&Envelope { version: VERSION, note }).unwrap_or_default()
}

/// The note in the bytes that Terraform kept.
pub(super) fn decode<N: Note>(private: &[u8]) -> N {
    if private.is_empty() {
        return N::default();
    }
    // Before there was an envelope, the note itself was what is kept.
    let note = match serde_json::from_slice::<Opened>(private) {
        Ok(Opened { version, note }) if version <= VERSION => Some(note),
        Ok(Opened { version, .. }) => {
            tracing::warn!(
                version,
                "the private data beside a state was written by a newer version of the provider"
            );
            return N::default();
        }
        Err(_) => serde_json::from_slice(private).ok(),
    };
    note.and_then(|note| serde_json::from_value(note).ok())
        .unwrap_or_else(|| {
            tracing::warn!("the private data beside a state cannot be read and counts for nothing");
            N::default()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    struct Owed {
        left_off: bool,
        team: Option<String>,
    }

    #[test]
    fn a_note_is_read_as_it_was_written() {
        for note in [
            Owed::default(),
            Owed {
                left_off: true,
                team: None,
            },
            Owed {
                left_off: false,
                team: Some("te1".to_owned()),
            },
        ] {
            assert_eq!(decode::<Owed>(&encode(&note)), note);
            assert!(!encode_always(&note).is_empty());
            assert_eq!(decode::<Owed>(&encode_always(&note)), note);
        }
    }

    #[test]
    fn what_says_nothing_is_not_kept() {
        assert!(encode(&Owed::default()).is_empty());
        assert!(encode(&()).is_empty());
    }

    #[test]
    fn what_was_kept_without_an_envelope_is_read() {
        assert!(decode::<Owed>(br#"{"left_off":true}"#).left_off);
    }

    #[test]
    fn what_cannot_be_read_counts_for_nothing() {
        let newer = br#"{"version":2,"note":{"left_off":true}}"#;
        for private in [
            &newer[..],
            b"\xff",
            b"null",
            b"[]",
            br#"{"version":1,"note":{"left_off":3}}"#,
        ] {
            assert_eq!(decode::<Owed>(private), Owed::default());
        }
    }

    #[test]
    fn a_field_that_is_not_known_harms_nothing() {
        assert!(decode::<Owed>(br#"{"version":1,"note":{"left_off":true,"later":1}}"#).left_off);
    }
}
