//! Which objects belong to resources of this run: the memory that keeps one lost answer from making a second owner.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// The objects that this run knows something of, by noun and key.
#[derive(Debug, Default)]
pub struct Claims(Mutex<HashMap<(&'static str, String), Claim>>);

/// What is known of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Claim {
    owned: bool,
    tracked: bool,
    destroyed: bool,
}

impl Claims {
    /// Takes an object that was made for a resource of this run. `false`: another resource of it has the object.
    pub fn claim(&self, noun: &'static str, key: &str) -> bool {
        self.with(noun, key, |claim| {
            let is_free = !claim.owned && !claim.tracked;
            claim.owned = true;
            is_free
        })
    }

    /// Remembers that an object is in the state: it was read, changed, imported or made.
    pub fn track(&self, noun: &'static str, key: &str) {
        self.with(noun, key, |claim| claim.tracked = true);
    }

    /// Remembers that this run destroyed an object, which listings may show for a while yet.
    pub fn destroyed(&self, noun: &'static str, key: &str) {
        self.with(noun, key, |claim| claim.destroyed = true);
    }

    /// Whether a resource of this run has the object, or the state was seen to.
    pub fn is_known(&self, noun: &'static str, key: &str) -> bool {
        let claim = self.of(noun, key);
        claim.owned || claim.tracked
    }

    /// Whether this run destroyed the object.
    pub fn is_destroyed(&self, noun: &'static str, key: &str) -> bool {
        self.of(noun, key).destroyed
    }

    fn of(&self, noun: &'static str, key: &str) -> Claim {
        let claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        claims.get(&(noun, key.to_owned())).copied().unwrap_or_default()
    }

    fn with<T>(&self, noun: &'static str, key: &str, change: impl FnOnce(&mut Claim) -> T) -> T {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(claims.entry((noun, key.to_owned())).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_claimed_once() {
        let claims = Claims::default();
        assert!(!claims.is_known("machine", "ps1"));
        assert!(claims.claim("machine", "ps1"));
        assert!(claims.is_known("machine", "ps1"));
        assert!(!claims.claim("machine", "ps1"));
    }

    #[test]
    fn what_is_in_the_state_is_nobody_elses() {
        let claims = Claims::default();
        claims.track("machine", "ps1");
        assert!(claims.is_known("machine", "ps1"));
        assert!(!claims.claim("machine", "ps1"));
    }

    #[test]
    fn kinds_and_keys_are_kept_apart() {
        let claims = Claims::default();
        claims.track("machine", "x");
        claims.destroyed("machine", "x");
        assert!(!claims.is_known("snapshot", "x") && !claims.is_known("machine", "y"));
        assert!(!claims.is_destroyed("snapshot", "x") && !claims.is_destroyed("machine", "y"));
        assert!(claims.claim("snapshot", "x"));
        assert!(!claims.is_destroyed("snapshot", "x"));
    }

    #[test]
    fn a_destroyed_object_is_remembered_as_such() {
        let claims = Claims::default();
        claims.destroyed("machine", "ps1");
        assert!(claims.is_destroyed("machine", "ps1"));
        assert!(!claims.is_known("machine", "ps1"));
    }
}
