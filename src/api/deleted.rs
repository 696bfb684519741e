//! What is answered where a deleted object is told by its key alone.

use super::answer::{Fields, Object, Trouble};

/// The key of what was deleted: an identifier or an address.
pub(super) struct Deleted(pub(super) String);

impl Object for Deleted {
    const NOUN: &'static str = "deleted object";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        match fields.raw("ip") {
            Some(_) => fields.ip("ip").map(Self),
            None => fields.id("id").map(Self),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::answer::read, *};

    #[test]
    fn either_key_is_taken() {
        let key = |json| read::<Deleted>(&json).ok().map(|Deleted(key)| key);
        assert_eq!(key(json!({"id": "n1"})).as_deref(), Some("n1"));
        assert_eq!(key(json!({"ip": "203.0.113.7"})).as_deref(), Some("203.0.113.7"));
        assert_eq!(key(json!({})), None);
        assert_eq!(key(json!({"ip": 7.5})), None);
    }
}
