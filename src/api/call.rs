//! One request as data: what is asked for, before anything is sent.
//!
//! It knows neither the address of the API nor the HTTP library's client.

use reqwest::Method;
use serde::Serialize;
use serde_json::Value;

use super::error::{Error, Kind};

/// A request to be made.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) segments: Vec<String>,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
}

impl Call {
    fn new(method: Method, segments: &[&str]) -> Self {
        let segments = segments.iter().map(|&segment| segment.to_owned()).collect();
        Self {
            method,
            segments,
            query: Vec::new(),
            body: None,
        }
    }

    pub(super) fn get(segments: &[&str]) -> Self {
        Self::new(Method::GET, segments)
    }

    pub(super) fn post(segments: &[&str]) -> Self {
        Self::new(Method::POST, segments)
    }

    pub(super) fn put(segments: &[&str]) -> Self {
        Self::new(Method::PUT, segments)
    }

    /// The service refuses a JSON content type with an empty body, so a PATCH always carries an empty object.
    pub(super) fn patch(segments: &[&str]) -> Self {
        Self {
            body: Some(Value::Object(serde_json::Map::new())),
            ..Self::new(Method::PATCH, segments)
        }
    }

    pub(super) fn delete(segments: &[&str]) -> Self {
        Self::new(Method::DELETE, segments)
    }

    /// Adds a query parameter, if there is a value for it.
    pub(super) fn query(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    pub(super) fn body(mut self, body: &impl Serialize) -> Self {
        self.body = Some(serde_json::to_value(body).expect("request bodies are plain structs with string keys"));
        self
    }

    /// Nothing changes by this request, so it can be repeated or dropped at any time.
    pub(super) fn is_read(&self) -> bool {
        self.method == Method::GET
    }

    /// The path beneath the API's address.
    pub(super) fn path(&self) -> String {
        format!("/{}", self.segments.join("/"))
    }

    /// The request in a word, for messages.
    pub(super) fn label(&self) -> String {
        format!("{} {}", self.method, self.path())
    }

    /// Refuses identifiers that would turn this into a request for something else: an empty one makes a listing of a
    /// look-up, and dots are taken out of a URL's path.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self
            .segments
            .iter()
            .find(|segment| matches!(segment.trim(), "" | "." | ".."))
        {
            Some(segment) => Err(Error::new(
                Kind::Config,
                self.label(),
                format!("`{segment}` is not an identifier."),
            )),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_set_is_asked() {
        let call = Call::get(&["machines"])
            .query("name", Some("a"))
            .query("region", None::<&str>)
            .query("limit", Some(5));
        assert_eq!(call.query, [("name", "a".to_owned()), ("limit", "5".to_owned())]);
        assert_eq!(call.label(), "GET /machines");
    }

    #[test]
    fn a_patch_has_an_empty_object_for_a_body() {
        assert_eq!(
            Call::patch(&["machines", "ps1", "start"]).body.unwrap().to_string(),
            "{}"
        );
    }

    #[test]
    fn identifiers_that_are_none_are_refused() {
        for id in ["", " ", ".", ".."] {
            assert_eq!(
                Call::delete(&["machines", id]).check().unwrap_err().kind,
                Kind::Config,
                "{id:?}"
            );
        }
        assert!(Call::delete(&["machines", "ps1"]).check().is_ok());
    }
}
