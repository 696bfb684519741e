//! One request as data: what is asked for, before anything is sent.
//!
//! A path has exactly the segments that the code wrote. What stands in one for an object, an identifier or an address,
//! comes from elsewhere, and must consist of the letters that such a thing consists of: what does not is refused before
//! anything is sent, since an empty identifier makes a listing of a look-up, and dots, slashes and white space would be
//! taken for something else on the way, by whoever reads the path next.
//!
//! It knows neither the address of the API nor the HTTP library's client.

use std::net::IpAddr;

use reqwest::Method;
use serde::Serialize;
use serde_json::Value;

use super::error::{Error, Kind};

/// The longest identifier that is sent. Those of the service have a dozen letters, or the 36 of a UUID.
const LONGEST_ID: usize = 128;

/// A request to be made.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) segments: Vec<String>,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
    /// The segment that is none.
    refused: Option<usize>,
}

impl Call {
    fn new(method: Method, resource: &'static str) -> Self {
        Self {
            method,
            segments: vec![resource.to_owned()],
            query: Vec::new(),
            body: None,
            refused: None,
        }
    }

    pub(super) fn get(resource: &'static str) -> Self {
        Self::new(Method::GET, resource)
    }

    pub(super) fn post(resource: &'static str) -> Self {
        Self::new(Method::POST, resource)
    }

    pub(super) fn put(resource: &'static str) -> Self {
        Self::new(Method::PUT, resource)
    }

    /// The service refuses a JSON content type with an empty body, so a PATCH always carries an empty object.
    pub(super) fn patch(resource: &'static str) -> Self {
        Self {
            body: Some(Value::Object(serde_json::Map::new())),
            ..Self::new(Method::PATCH, resource)
        }
    }

    pub(super) fn delete(resource: &'static str) -> Self {
        Self::new(Method::DELETE, resource)
    }

    /// Goes on to the object of that identifier.
    pub(super) fn id(self, id: &str) -> Self {
        self.segment(id, is_id(id))
    }

    /// Goes on to the object of that address.
    pub(super) fn ip(self, ip: &str) -> Self {
        self.segment(ip, is_ip(ip))
    }

    /// Goes on to what is beneath the object.
    pub(super) fn then(self, word: &'static str) -> Self {
        self.segment(word, true)
    }

    fn segment(mut self, segment: &str, fits: bool) -> Self {
        if !fits {
            self.refused.get_or_insert(self.segments.len());
        }
        self.segments.push(segment.to_owned());
        self
    }

    /// Adds a query parameter, if there is a value for it.
    pub(super) fn query(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// Asks for a listing in this order.
    pub(super) fn ordered(self, by: &'static str, order: &'static str) -> Self {
        self.query("orderBy", Some(by)).query("order", Some(order))
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

    /// Refuses a path that holds what is no segment.
    pub(super) fn check(&self) -> Result<(), Error> {
        let Some(refused) = self.refused else { return Ok(()) };
        let before = self.segments[..refused].join("/");
        Err(Error::new(
            Kind::Config,
            format!("{} /{before}", self.method),
            format!(
                "`{}` is not an identifier of the service: those consist of letters, digits and hyphens, and an address of \
                 what addresses consist of. Nothing was sent.",
                self.segments[refused].escape_debug()
            ),
        ))
    }
}

/// Whether a text can be an identifier.
pub(super) fn is_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !text.is_empty() && text.len() <= LONGEST_ID && text.bytes().all(fits)
}

/// Whether a text is an address.
pub(super) fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_set_is_asked() {
        let call = Call::get("machines")
            .query("name", Some("a"))
            .query("region", None::<&str>)
            .query("limit", Some(5));
        assert_eq!(call.query, [("name", "a".to_owned()), ("limit", "5".to_owned())]);
        assert_eq!(call.label(), "GET /machines");
    }

    #[test]
    fn a_patch_has_an_empty_object_for_a_body() {
        let call = Call::patch("machines").id("ps1").then("start");
        assert_eq!(call.body.as_ref().unwrap().to_string(), "{}");
        assert_eq!(call.label(), "PATCH /machines/ps1/start");
        assert!(call.check().is_ok());
    }

    #[test]
    fn what_is_no_identifier_is_refused() {
        for id in [
            "",
            " ",
            ".",
            "..",
            ".\t.",
            "a/b",
            "a\\b",
            "a%2fb",
            "a?b",
            "a#b",
            "a b",
            "ps1\n",
            "é",
            "ps1\u{202e}",
            "10.0.0.1",
            "x".repeat(LONGEST_ID + 1).as_str(),
        ] {
            let error = Call::delete("machines").id(id).check().unwrap_err();
            assert_eq!(error.kind, Kind::Config, "{id:?}");
            assert_eq!(error.request, "DELETE /machines", "{id:?}");
            assert!(!error.message.contains(['\t', '\n', '\u{202e}']), "{id:?}");
        }
        for id in [
            "ps1a2b3c",
            "RJFHxSmO7U03",
            "0b9c6dbb-7d9e-4a67-a7b8-0bd2e5e9d54a",
            "70",
            "x".repeat(LONGEST_ID).as_str(),
        ] {
            assert!(Call::delete("machines").id(id).check().is_ok(), "{id:?}");
        }
    }

    #[test]
    fn the_first_segment_that_is_none_is_told() {
        let call = Call::delete("machines").id("ps1").then("accessors").id(".\t.").id("/");
        let error = call.check().unwrap_err();
        assert_eq!(error.request, "DELETE /machines/ps1/accessors");
        assert!(error.message.starts_with(r"`.\t.` is not"), "{error}");
    }

    #[test]
    fn an_address_is_one() {
        for ip in ["203.0.113.7", "2001:db8::7", "::ffff:203.0.113.7"] {
            assert!(Call::delete("public-ips").ip(ip).check().is_ok(), "{ip}");
        }
        for ip in [
            "",
            ".",
            "203.0.113",
            "203.0.113.7/24",
            "fe80::1%eth0",
            "[::1]",
            "ps1",
            "203.0.113.7 ",
        ] {
            assert!(Call::delete("public-ips").ip(ip).check().is_err(), "{ip}");
        }
    }
}
