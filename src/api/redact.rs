//! Keeps secrets out of messages and logs.
//!
//! Two nets: fields whose name says that they are secret are blanked by name, and the texts of secrets that are known
//! (the API key, and passwords in the request at hand) are blanked wherever they turn up, for a service or a proxy
//! may quote what it was sent.

use std::cmp::Reverse;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

const BLANK: &str = "[redacted]";

/// Field names, in lower case, whose values are never shown.
const SECRET_FIELDS: [&str; 8] = [
    "password",
    "apikey",
    "api_key",
    "token",
    "accesstoken",
    "secret",
    "authorization",
    "script",
];

/// Blanks the secrets known for one request.
pub(super) struct Redactor {
    secrets: Vec<SecretString>,
}

impl Redactor {
    /// Knows the API key and every secret field of the request's body.
    pub(super) fn new(key: &SecretString, body: Option<&Value>) -> Self {
        let mut texts = vec![key.expose_secret().trim()];
        if let Some(body) = body {
            gather(body, false, &mut texts);
        }
        // A quoted body holds its strings in JSON's spelling.
        let spelt = texts.iter().map(|text| Value::from(*text).to_string());
        let mut secrets: Vec<String> = spelt.map(|text| text[1..text.len() - 1].to_owned()).collect();
        secrets.extend(texts.into_iter().map(str::to_owned));
        secrets.retain(|text| !text.is_empty());
        // The longest first: a secret within another must not leave the rest of it standing.
        secrets.sort_by_key(|text| Reverse(text.len()));
        secrets.dedup();
        Self {
            secrets: secrets.into_iter().map(SecretString::from).collect(),
        }
    }

    /// A text without any known secret.
    pub(super) fn text(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| {
            text.replace(secret.expose_secret(), BLANK)
        })
    }

    /// A JSON value as text, without secret fields and without any known secret.
    pub(super) fn json(&self, value: &Value) -> String {
        let mut value = value.clone();
        blank(&mut value);
        self.text(&value.to_string())
    }
}

fn is_secret(field: &str) -> bool {
    SECRET_FIELDS.contains(&field.to_ascii_lowercase().as_str())
}

fn gather<'a>(value: &'a Value, secret: bool, into: &mut Vec<&'a str>) {
    match value {
        Value::String(text) if secret => into.push(text),
        Value::Array(items) => items.iter().for_each(|item| gather(item, secret, into)),
        Value::Object(fields) => {
            fields
                .iter()
                .for_each(|(name, value)| gather(value, secret || is_secret(name), into));
        }
        _ => {}
    }
}

fn blank(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(blank),
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                if is_secret(name) && !value.is_null() {
                    *value = Value::from(BLANK);
                } else {
                    blank(value);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secret_fields_are_blanked_at_any_depth() {
        let redactor = Redactor::new(&SecretString::from("k3y"), None);
        let body = json!({"name": "a", "password": "p", "list": [{"Password": {"x": 1}, "apiKey": null}]});
        let expected = json!({"name": "a", "password": BLANK, "list": [{"Password": BLANK, "apiKey": null}]});
        assert_eq!(redactor.json(&body), expected.to_string());
    }

    #[test]
    fn known_secrets_are_blanked_wherever_they_turn_up() {
        let body = json!({"email": "a@example.com", "password": "hunter2"});
        let redactor = Redactor::new(&SecretString::from("k3y\n"), Some(&body));
        assert_eq!(
            redactor.text("no k3y: hunter2 is weak"),
            "no [redacted]: [redacted] is weak"
        );
        assert_eq!(
            redactor.json(&json!({"message": "hunter2"})),
            r#"{"message":"[redacted]"}"#
        );
    }

    #[test]
    fn secrets_are_found_in_json_and_within_each_other() {
        let body = json!({"password": "say \"k3\"\n"});
        let redactor = Redactor::new(&SecretString::from("long-k3"), Some(&json!([body, {"password": "k3"}])));
        assert_eq!(redactor.text("long-k3 k3"), "[redacted] [redacted]");
        assert_eq!(redactor.text(r#"{"was": "say \"k3\"\n"}"#), r#"{"was": "[redacted]"}"#);
        assert_eq!(
            redactor.json(&json!({"was": "say \"k3\"\n"})),
            r#"{"was":"[redacted]"}"#
        );
    }

    #[test]
    fn an_empty_secret_blanks_nothing() {
        let redactor = Redactor::new(&SecretString::from(""), Some(&json!({"password": ""})));
        assert_eq!(redactor.text("as it was"), "as it was");
    }
}
