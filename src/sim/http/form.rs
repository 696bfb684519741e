//! Reading a request's body as strictly as the service does: every member by name and type, all complaints at once.
//!
//! Numbers may come as decimal strings and booleans as `"true"` and `"false"`, as the service accepts them. A form
//! knows no resource; it collects issues and gives what it could read.

use serde_json::{Map, Value};

use super::problem::Problem;

/// A body being read. Members are taken out as they are read; what is left over is unknown.
#[derive(Debug)]
pub(crate) struct Form {
    members: Map<String, Value>,
    issues: Vec<String>,
}

impl Form {
    /// A form over a JSON object.
    pub fn new(body: Value) -> Result<Self, Problem> {
        match body {
            Value::Object(members) => Ok(Self {
                members,
                issues: Vec::new(),
            }),
            _ => Err(Problem::invalid(vec!["the body must be an object".to_owned()])),
        }
    }

    /// Notes a complaint about a member.
    pub fn complain(&mut self, name: &str, message: &str) {
        self.issues.push(format!("{name}: {message}"));
    }

    /// Whether the member is there.
    pub fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// The problem with the body, if there is one.
    pub fn finish(mut self, refuse_unknown: bool) -> Result<(), Problem> {
        if refuse_unknown {
            let unknown = self.members.keys().map(|name| format!("{name}: unrecognized key"));
            self.issues.extend(unknown);
        }
        if self.issues.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(self.issues))
        }
    }

    fn required<T>(&mut self, name: &str, read: impl FnOnce(&mut Self, &str) -> Option<T>) -> Option<T> {
        if !self.has(name) {
            self.complain(name, "required");
        }
        read(self, name)
    }

    /// Text that is not empty.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.members.remove(name)? {
            Value::String(text) if !text.trim().is_empty() => return Some(text),
            Value::String(_) => self.complain(name, "must not be empty"),
            _ => self.complain(name, "expected a string"),
        }
        None
    }

    /// Text that must be there; empty when it is not, which the form then complains of.
    pub fn required_text(&mut self, name: &str) -> String {
        self.required(name, Self::text).unwrap_or_default()
    }

    /// Text or `null`.
    pub fn nullable_text(&mut self, name: &str) -> Option<Option<String>> {
        if self.members.get(name)?.is_null() {
            self.members.remove(name);
            return Some(None);
        }
        self.text(name).map(Some)
    }

    /// A whole number from `least` to `most`.
    pub fn number(&mut self, name: &str, least: u64, most: u64) -> Option<u64> {
        let read = match self.members.remove(name)? {
            Value::Number(number) => whole(&number.to_string()),
            Value::String(text) => whole(&text),
            _ => None,
        };
        match read {
            Some(number) if (least..=most).contains(&number) => return Some(number),
            Some(_) => self.complain(name, &format!("must be between {least} and {most}")),
            None => self.complain(name, "expected a whole number"),
        }
        None
    }

    /// A number that must be there.
    pub fn required_number(&mut self, name: &str, least: u64, most: u64) -> u64 {
        self.required(name, |form, name| form.number(name, least, most))
            .unwrap_or_default()
    }

    /// A boolean.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.members.remove(name)? {
            Value::Bool(flag) => return Some(flag),
            Value::String(text) if text == "true" => return Some(true),
            Value::String(text) if text == "false" => return Some(false),
            _ => self.complain(name, "expected a boolean"),
        }
        None
    }

    /// One of several words.
    pub fn choice(&mut self, name: &str, words: &[&str]) -> Option<String> {
        let text = self.text(name)?;
        if words.contains(&text.as_str()) {
            return Some(text);
        }
        self.complain(name, &format!("must be one of {}", words.join(", ")));
        None
    }

    /// A list of texts.
    pub fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let Value::Array(items) = self.members.remove(name)? else {
            self.complain(name, "expected an array");
            return None;
        };
        let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
        if texts.is_none() {
            self.complain(name, "expected an array of strings");
        }
        texts
    }
}

/// A whole number from its decimal text. `6.0` is one, as it is to a service that knows only doubles.
fn whole(text: &str) -> Option<u64> {
    let digits = text
        .split_once('.')
        .filter(|(_, rest)| rest.chars().all(|c| c == '0'))
        .map_or(text, |(head, _)| head);
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(body: Value) -> Form {
        Form::new(body).unwrap()
    }

    #[test]
    fn numbers_and_booleans_may_come_as_strings() {
        let mut form = form(json!({"a": "6", "b": 6.0, "c": "true", "d": false}));
        assert_eq!((form.number("a", 1, 9), form.number("b", 1, 9)), (Some(6), Some(6)));
        assert_eq!((form.flag("c"), form.flag("d")), (Some(true), Some(false)));
        form.finish(true).unwrap();
    }

    #[test]
    fn every_complaint_is_told() {
        let mut form =
            form(json!({"name": " ", "count": 1.5, "size": 10, "on": 1, "list": [1], "odd": 1, "nil": null}));
        form.required_text("name");
        form.required_text("missing");
        form.number("count", 1, 9);
        form.number("size", 1, 9);
        form.flag("on");
        form.texts("list");
        form.text("nil");
        let issues = form.finish(true).unwrap_err().issues;
        assert_eq!(
            issues,
            [
                "name: must not be empty",
                "missing: required",
                "count: expected a whole number",
                "size: must be between 1 and 9",
                "on: expected a boolean",
                "list: expected an array of strings",
                "nil: expected a string",
                "odd: unrecognized key",
            ]
        );
    }

    #[test]
    fn null_is_taken_only_where_it_means_something() {
        let mut form = form(json!({"a": null, "b": "x"}));
        assert_eq!(form.nullable_text("a"), Some(None));
        assert_eq!(form.nullable_text("b"), Some(Some("x".to_owned())));
        assert_eq!(form.nullable_text("c"), None);
        assert!(Form::new(json!([])).is_err());
    }
}
