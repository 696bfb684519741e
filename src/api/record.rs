//! What the log tells of requests.
//!
//! Each attempt is one line at DEBUG: method, path, status, attempt, time. At TRACE another one has the bodies, without any
//! secret, as far as they are of a length that somebody would read.

use std::time::Duration;

use serde_json::Value;
use tracing::{Level, debug, trace};

use super::{
    TARGET,
    call::Call,
    classify::{Answer, Body, Failure},
    secrets::Secrets,
};

/// The longest body that is told. Taken apart, as it has to be for its secrets, it takes many times its length.
const LONGEST_BODY: usize = 256 * 1024;

/// One attempt of a request.
pub(super) struct Attempt<'a> {
    pub(super) call: &'a Call,
    /// Which one it is, counted from 0.
    pub(super) number: u32,
    pub(super) elapsed: Duration,
    pub(super) answer: Option<&'a Answer>,
    pub(super) failure: Option<&'a Failure>,
}

impl Attempt<'_> {
    /// Tells of the attempt.
    pub(super) fn log(&self, secrets: &Secrets) {
        let method = self.call.method.as_str();
        if tracing::enabled!(target: TARGET, Level::DEBUG) {
            let (path, query) = (secrets.text(&self.call.path()), secrets.text(&self.query()));
            let query = (!query.is_empty()).then_some(query);
            let status = self.answer.map(|answer| answer.status);
            let elapsed_ms = self.elapsed.as_millis() as u64;
            let failure = self.failure.map(|failure| failure.message.as_str());
            let attempt = self.number;
            debug!(target: TARGET, method, path, query, status, attempt, elapsed_ms, failure, "API request");
        }
        if tracing::enabled!(target: TARGET, Level::TRACE) {
            let path = secrets.text(&self.call.path());
            let request = self.call.body.as_ref().map(|body| secrets.json(body.clone()));
            let response = self.answer.map(|answer| told(&answer.body, secrets));
            trace!(target: TARGET, method, path, request, response, "API bodies");
        }
    }

    fn query(&self) -> String {
        let parts = self.call.query.iter().map(|(name, value)| format!("{name}={value}"));
        parts.collect::<Vec<_>>().join("&")
    }
}

/// A body as it is told.
fn told(body: &Body, secrets: &Secrets) -> String {
    match body {
        Body::Whole(bytes) if bytes.len() > LONGEST_BODY => format!("{} bytes", bytes.len()),
        Body::Whole(bytes) => match serde_json::from_slice::<Value>(bytes) {
            Ok(value) => secrets.json(value),
            Err(_) => secrets.words(&String::from_utf8_lossy(bytes)).to_string(),
        },
        Body::Cut(_) => "cut short".to_owned(),
        Body::TooLarge => "too large to be read".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use secrecy::SecretString;

    use super::*;

    #[test]
    fn bodies_are_told_as_far_as_they_can_be() {
        let secrets = Secrets::new(&SecretString::from("hunter2"));
        let whole = |text: &str| told(&Body::Whole(text.as_bytes().to_vec()), &secrets);
        assert_eq!(
            whole(r#"{"a": "hunter2", "password": "p"}"#),
            r#"{"a":"[redacted]","password":"[redacted]"}"#
        );
        assert_eq!(whole("<html>\nhunter2\u{1b}"), "<html> [redacted]\u{fffd}");
        assert_eq!(whole(""), "");
        let long = format!("[{}1]", "1,".repeat(LONGEST_BODY / 2));
        assert_eq!(whole(&long), format!("{} bytes", long.len()));
        assert_eq!(told(&Body::TooLarge, &secrets), "too large to be read");
        let lost = Arc::new(std::io::Error::other("hunter2"));
        assert_eq!(told(&Body::Cut(lost), &secrets), "cut short");
    }
}
