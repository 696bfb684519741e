//! Answers are read field by field, so that no oddity reaches further than where it stands.
//!
//! The service changes without notice, and what it says of one machine is not always what its reference says. A field
//! that cannot be read is therefore told as not given, in that object only, with a line in the log that holds the
//! field's name and what is wrong with it, and never its value. Only what an object is known by, its identifier, has to
//! be there: without it an object is none, and a listing goes on without it.
//!
//! The text of an answer is not taken apart further than it is read: a field is a slice of the text until somebody asks
//! for it, so that an answer costs little more memory than its length, whatever it holds.
//!
//! This module knows no resource of the API.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;
use tracing::debug;

use super::{
    call::{is_id, is_ip},
    secrets::Secrets,
};

/// The longest list that is read. A page has 120 items; an object takes a hundred times the memory of the shortest text that
/// makes one.
const MOST_ITEMS: usize = 10_000;

/// Why a part of an answer cannot be read. It names fields and never holds a value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble(Cow<'static, str>);

impl Trouble {
    pub(super) fn new(what: impl Into<Cow<'static, str>>) -> Self {
        Self(what.into())
    }

    /// A value of another kind than the one that belongs there.
    pub(super) fn unlike(expected: &str, found: &RawValue) -> Self {
        Self::new(format!("expected {expected}, found {}", name_of(found)))
    }

    /// The same, in a field of an object.
    fn within(self, field: &str) -> Self {
        Self::new(format!("`{field}`: {}", self.0))
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What can be read from JSON.
pub(super) trait FromJson: Sized {
    /// Reads a value. What is secret in it is known from then on, and known secrets are left out of words for people.
    fn from_json(json: &RawValue, secrets: &Secrets) -> Result<Self, Trouble>;
}

/// What is read from the fields of a JSON object.
pub(super) trait Object: Sized {
    /// The object in a word, for the log.
    const NOUN: &'static str;

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble>;
}

impl<T: Object> FromJson for T {
    fn from_json(json: &RawValue, secrets: &Secrets) -> Result<Self, Trouble> {
        T::read(&Fields::of(T::NOUN, json, secrets)?)
    }
}

/// An object of a listing, known by a key that no other object of the listing has.
pub(super) trait Item: FromJson {
    fn key(&self) -> &str;
}

/// What may be `null`.
impl<T: FromJson> FromJson for Option<T> {
    fn from_json(json: &RawValue, secrets: &Secrets) -> Result<Self, Trouble> {
        if is_null(json) {
            return Ok(None);
        }
        T::from_json(json, secrets).map(Some)
    }
}

/// A list without those of its items that cannot be read.
impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(json: &RawValue, secrets: &Secrets) -> Result<Self, Trouble> {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json.get()) else {
            return Err(Trouble::unlike("a list", json));
        };
        if items.len() > MOST_ITEMS {
            return Err(Trouble::new(format!("a list of more than {MOST_ITEMS} items")));
        }
        let (mut read, mut skipped, mut first) = (Self::new(), 0_u32, None);
        for item in items {
            match T::from_json(item, secrets) {
                Ok(item) => read.push(item),
                Err(trouble) => {
                    skipped += 1;
                    first.get_or_insert(trouble);
                }
            }
        }
        if let Some(trouble) = first {
            debug!(target: super::TARGET, skipped, %trouble, "Left out items of a list that cannot be read");
        }
        Ok(read)
    }
}

/// The fields of an object, each still text.
pub(super) struct Fields<'a> {
    noun: &'static str,
    whole: &'a RawValue,
    secrets: &'a Secrets,
    fields: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Fields<'a> {
    /// Takes an object apart.
    pub(super) fn of(noun: &'static str, json: &'a RawValue, secrets: &'a Secrets) -> Result<Self, Trouble> {
        match serde_json::from_str::<Entries<'a>>(json.get()) {
            Ok(Entries(fields)) => Ok(Self {
                noun,
                whole: json,
                secrets,
                fields,
            }),
            Err(_) => Err(Trouble::unlike("an object", json)),
        }
    }

    /// The length of the object's text, in bytes.
    pub(super) fn length(&self) -> usize {
        self.whole.get().len()
    }

    /// Reads the object that the fields are of as something else.
    pub(super) fn whole<T: FromJson>(&self) -> Result<T, Trouble> {
        T::from_json(self.whole, self.secrets)
    }

    /// Whether all fields have one of these names.
    pub(super) fn are_among(&self, names: &[&str]) -> bool {
        self.fields.iter().all(|(name, _)| names.contains(&&**name))
    }

    /// A field as it came, unless it is `null`. Of two by one name, the later counts.
    pub(super) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        let of_the_name = self.fields.iter().rev().find(|(field, _)| field == name);
        of_the_name.map(|(_, json)| *json).filter(|json| !is_null(json))
    }

    /// A field; `None` where it is absent, `null` or cannot be read, the last with a line in the log.
    pub(super) fn get<T: FromJson>(&self, name: &str) -> Option<T> {
        match T::from_json(self.raw(name)?, self.secrets) {
            Ok(value) => Some(value),
            Err(trouble) => {
                let object = self.noun;
                debug!(target: super::TARGET, object, field = name, %trouble, "Left out a field that cannot be read");
                None
            }
        }
    }

    /// A field without which the object is of no use.
    pub(super) fn need<T: FromJson>(&self, name: &str) -> Result<T, Trouble> {
        match self.raw(name) {
            Some(json) => T::from_json(json, self.secrets).map_err(|trouble| trouble.within(name)),
            None => Err(Trouble::new(format!("`{name}` is missing"))),
        }
    }

    /// The identifier that the object is known by. One that no request could name is none.
    pub(super) fn id(&self, name: &str) -> Result<String, Trouble> {
        self.known_by(name, is_id, "no identifier")
    }

    /// The address that the object is known by.
    pub(super) fn ip(&self, name: &str) -> Result<String, Trouble> {
        self.known_by(name, is_ip, "no address")
    }

    /// The label that the object is known by.
    pub(super) fn label(&self, name: &str) -> Result<String, Trouble> {
        self.known_by(name, |label| !label.trim().is_empty(), "empty")
    }

    fn known_by(&self, name: &str, fits: fn(&str) -> bool, trouble: &'static str) -> Result<String, Trouble> {
        let Key(key) = self.need(name)?;
        match fits(&key) {
            true => Ok(key),
            false => Err(Trouble::new(trouble).within(name)),
        }
    }

    /// A list; empty where there is none that can be read.
    pub(super) fn list<T: FromJson>(&self, name: &str) -> Vec<T> {
        self.get(name).unwrap_or_default()
    }
}

/// What an object is known by: text, or a whole number, which is taken as the text of its digits.
struct Key(String);

impl FromJson for Key {
    fn from_json(json: &RawValue, secrets: &Secrets) -> Result<Self, Trouble> {
        let text = json.get();
        match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Ok(Self(text.to_owned())),
            false => String::from_json(json, secrets).map(Self),
        }
    }
}

/// The entries of an object in their order.
struct Entries<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some((Name(name), value)) = map.next_entry()? {
                    entries.push((name, value));
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

/// The name of a field, copied only where it is written with escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

fn is_null(json: &RawValue) -> bool {
    json.get() == "null"
}

/// What kind of JSON this is, as its first letter tells.
fn name_of(json: &RawValue) -> &'static str {
    match json.get().bytes().next() {
        Some(b'n') => "null",
        Some(b't' | b'f') => "a boolean",
        Some(b'"') => "a string",
        Some(b'[') => "a list",
        Some(b'{') => "an object",
        _ => "a number",
    }
}

/// Reads a value from its text, for tests.
#[cfg(test)]
pub(super) fn read<T: FromJson>(json: &serde_json::Value) -> Result<T, Trouble> {
    let json = serde_json::value::to_raw_value(json).unwrap();
    T::from_json(&json, &Secrets::new(&secrecy::SecretString::from("k3y")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq)]
    struct Thing {
        id: String,
        name: Option<String>,
        parts: Vec<Self>,
    }

    impl Object for Thing {
        const NOUN: &'static str = "thing";

        fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
            Ok(Self {
                id: fields.id("id")?,
                name: fields.get("name"),
                parts: fields.list("parts"),
            })
        }
    }

    fn thing(id: &str) -> Thing {
        Thing {
            id: id.into(),
            name: None,
            parts: Vec::new(),
        }
    }

    #[test]
    fn an_odd_field_is_left_out_and_harms_no_other() {
        for odd in [json!(7), json!(true), json!([]), json!({"name": "a"}), json!(null)] {
            let read = read::<Thing>(&json!({"id": "a", "name": odd, "parts": [{"id": "b"}]}));
            let expected = Thing {
                parts: vec![thing("b")],
                ..thing("a")
            };
            assert_eq!(read.unwrap(), expected, "{odd}");
        }
        for odd in [json!(7), json!("a"), json!({}), json!(null)] {
            assert_eq!(read::<Thing>(&json!({"id": "a", "parts": odd})).unwrap(), thing("a"));
        }
    }

    #[test]
    fn an_object_needs_what_it_is_known_by() {
        for (object, trouble) in [
            (json!({}), "`id` is missing"),
            (json!({"id": null}), "`id` is missing"),
            (json!({"id": ""}), "`id`: no identifier"),
            (json!({"id": " "}), "`id`: no identifier"),
            (json!({"id": "../a"}), "`id`: no identifier"),
            (json!({"id": "a\u{1b}[2J"}), "`id`: no identifier"),
            (json!({"id": ["secret"]}), "`id`: expected text, found a list"),
            (json!({"id": -1}), "`id`: expected text, found a number"),
            (json!({"id": 1.5}), "`id`: expected text, found a number"),
            (json!([{"id": "a"}]), "expected an object, found a list"),
            (json!("a"), "expected an object, found a string"),
            (json!(null), "expected an object, found null"),
            (json!(false), "expected an object, found a boolean"),
        ] {
            assert_eq!(read::<Thing>(&object).unwrap_err().to_string(), trouble, "{object}");
        }
        assert_eq!(read::<Thing>(&json!({"id": 70})).unwrap(), thing("70"));
    }

    #[test]
    fn there_are_keys_of_three_forms() {
        for (key, id, ip, label) in [
            ("ps1", true, false, true),
            ("203.0.113.7", false, true, true),
            ("2001:db8::7", false, true, true),
            ("A100-80Gx8", true, false, true),
            ("GPU+", false, false, true),
            (" ", false, false, false),
            ("", false, false, false),
        ] {
            let json = serde_json::value::to_raw_value(&json!({"key": key})).unwrap();
            let secrets = Secrets::new(&secrecy::SecretString::from("k3y"));
            let fields = Fields::of("thing", &json, &secrets).unwrap();
            assert_eq!(fields.id("key").is_ok(), id, "{key:?}");
            assert_eq!(fields.ip("key").is_ok(), ip, "{key:?}");
            assert_eq!(fields.label("key").is_ok(), label, "{key:?}");
        }
    }

    #[test]
    fn a_list_goes_on_without_what_cannot_be_read() {
        let items = json!([{"id": "a"}, {"name": "b"}, 7, null, {"id": "c", "name": 7}]);
        assert_eq!(read::<Vec<Thing>>(&items).unwrap(), [thing("a"), thing("c")]);
        assert_eq!(
            read::<Vec<Thing>>(&json!({})).unwrap_err().to_string(),
            "expected a list, found an object"
        );
    }

    #[test]
    fn a_list_has_a_longest_length() {
        let list = |length| read::<Vec<bool>>(&json!(vec![true; length])).map(|list| list.len());
        assert_eq!(list(MOST_ITEMS).unwrap(), MOST_ITEMS);
        let trouble = list(MOST_ITEMS + 1).unwrap_err();
        assert_eq!(trouble.to_string(), "a list of more than 10000 items");
    }

    #[test]
    fn null_is_nothing_where_it_may_stand() {
        assert_eq!(read::<Option<Thing>>(&json!(null)).unwrap(), None);
        assert_eq!(read::<Option<Thing>>(&json!({"id": "a"})).unwrap(), Some(thing("a")));
        assert!(read::<Option<Thing>>(&json!({})).is_err());
    }

    #[test]
    fn names_are_read_however_they_are_written_and_the_last_of_two_counts() {
        let json: &RawValue = serde_json::from_str(r#"{"\u0069d": "a", "id": "b", "": 1}"#).unwrap();
        let secrets = Secrets::new(&secrecy::SecretString::from("k3y"));
        assert_eq!(Thing::from_json(json, &secrets).unwrap(), thing("b"));
        let fields = Fields::of("thing", json, &secrets).unwrap();
        assert!(fields.are_among(&["id", ""]) && !fields.are_among(&["id"]));
    }

    #[test]
    fn what_is_nested_without_end_ends_nothing() {
        let deep = format!(
            r#"{{"id": "a", "name": {}{}}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        let json: &RawValue = serde_json::from_str(&deep).unwrap();
        let secrets = Secrets::new(&secrecy::SecretString::from("k3y"));
        assert_eq!(Thing::from_json(json, &secrets).unwrap(), thing("a"));
    }
}
