//! What the kit notes beside the state of an object.

use serde::{Deserialize, Serialize};

use super::owner::Owner;

/// For how long after its create an object may not be found although it is there, in seconds.
const YOUNG: i64 = 600;

/// The note.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Note {
    /// Whose it is.
    #[serde(flatten)]
    pub owner: Owner,
    /// When this provider made it, in seconds of the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made: Option<i64>,
    /// The object that is planned to be replaced by a new one is protected.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replaces_protected: bool,
}

impl Note {
    /// Whether the object was made so little before `now` that the service may not yet find it.
    pub fn is_young(&self, now: i64) -> bool {
        self.made.is_some_and(|made| now.saturating_sub(made) < YOUNG)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_young_for_ten_minutes() {
        let made = |made| Note {
            made,
            ..Note::default()
        };
        assert!(!made(None).is_young(1_000));
        assert!(made(Some(1_000)).is_young(1_000));
        assert!(made(Some(1_000)).is_young(1_599));
        assert!(!made(Some(1_000)).is_young(1_600));
        // The clock may have been set back.
        assert!(made(Some(1_000)).is_young(900));
    }

    #[test]
    fn what_says_nothing_takes_no_room() {
        assert_eq!(serde_json::to_string(&Note::default()).unwrap(), "{}");
    }
}
