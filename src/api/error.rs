//! What can go wrong between a call and its answer, and the questions a caller may ask about it.
//!
//! `Display` tells what happened and leaves the cause to `source`; whoever shows the error prints the chain once.
//! No part of an error holds the API key or a password, and what the service said in it is made fit to be shown. This module knows neither HTTP library nor resources.

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use crate::diag::Words;

/// The nature of a failure.
///
/// What the service says of a request counts only in its own words: a JSON object with a `message` and mostly a `code`. The
/// same status with anything else, a page of HTML, nothing, or JSON of another shape, is not the service's: a proxy, a
/// firewall or whatever stands at a mistaken address answered in its place, and knows nothing of the objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The service refused the request for what it asks: in its own words, by a 4xx without a kind of its own, 501 or 505.
    Refused,
    /// The service says that the API key is not valid: 401.
    Unauthorized,
    /// The service says that the API key does not allow this: 403.
    Forbidden,
    /// The service says that there is no such thing: 404.
    NotFound,
    /// The service says that this does not go with the present state of things: 409.
    Conflict,
    /// Too many requests: 429, whoever says so, since who counts requests does not act on them.
    RateLimited,
    /// 5xx: the service or something in front of it failed.
    Server,
    /// A 3xx, which is not followed because it would carry the API key elsewhere.
    Redirected,
    /// No answer in time: the attempt's own limit, or 408 and 499, by which the service says the same.
    Timeout,
    /// No connection, so nothing was sent.
    Connect,
    /// The server's TLS certificate is not trusted, so nothing was sent. Trying again does not help.
    Untrusted,
    /// The connection was lost after the request may have been sent.
    Interrupted,
    /// An answer that is cut short.
    Garbled,
    /// An answer that is not the API's own, whatever its status: HTML, nothing, more than is ever read, or a failure in
    /// other words than the service's.
    Foreign,
    /// A success in JSON of another shape than the API's.
    Decode,
    /// The caller gave up.
    Cancelled,
    /// The caller's time was up.
    DeadlineExceeded,
    /// The settings or the request itself cannot work; nothing was sent.
    Config,
}

impl Kind {
    /// Whether the same request may succeed later by itself.
    pub(super) fn is_transient(self) -> bool {
        self.is_foreign()
            || matches!(
                self,
                Self::RateLimited | Self::Server | Self::Timeout | Self::Connect | Self::Interrupted | Self::Garbled
            )
    }

    /// Whether what answered was not the API, or not in the API's words.
    pub(super) fn is_foreign(self) -> bool {
        matches!(self, Self::Foreign | Self::Redirected | Self::Decode)
    }

    /// Whether the request may have reached the service and been carried out although it failed for the caller.
    ///
    /// 500 counts: a handler that fails half-way may have created its record before. So does an answer that is not the
    /// API's own, since nobody knows what became of the request behind whoever gave it. A refusal in the service's words
    /// does not, nor do 429 and what ended before the request was sent.
    pub(super) fn leaves_doubt(self) -> bool {
        self.is_foreign() || matches!(self, Self::Server | Self::Timeout | Self::Interrupted | Self::Garbled)
    }
}

/// A request that did not give what it was made for.
#[derive(Clone)]
pub struct Error {
    /// The nature of the failure.
    pub kind: Kind,
    /// The HTTP status of the last answer, if there was one.
    pub status: Option<u16>,
    /// The API's own code for the failure, such as `NOT_FOUND`.
    pub code: Option<Words>,
    /// What happened, in words, without the request and without the cause.
    pub message: Words,
    /// The request as `METHOD /path`; empty when the failure is about the settings.
    pub request: String,
    /// How often the request was tried again.
    pub retries: u32,
    /// The time from the call to the failure.
    pub elapsed: Duration,
    /// Whether it was this computer that was asked.
    pub is_local: bool,
    may_have_acted: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// A failure of a request given as `METHOD /path`. Whether the request may have acted follows from both.
    pub fn new(kind: Kind, request: impl Into<String>, message: impl AsRef<str>) -> Self {
        let request = request.into();
        Self {
            kind,
            status: None,
            code: None,
            message: Words::new(message.as_ref()),
            may_have_acted: kind.leaves_doubt() && is_change(&request),
            request,
            retries: 0,
            elapsed: Duration::ZERO,
            is_local: false,
            source: None,
        }
    }

    /// A failure of the settings.
    pub(super) fn config(message: impl AsRef<str>) -> Self {
        Self::new(Kind::Config, "", message)
    }

    pub(super) fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    pub(super) fn caused_by_shared(mut self, source: Option<Arc<dyn StdError + Send + Sync>>) -> Self {
        self.source = source;
        self
    }

    /// Records what is known of earlier attempts: any one of them may have acted.
    pub(super) fn with_doubt(mut self, may_have_acted: bool) -> Self {
        self.may_have_acted |= may_have_acted;
        self
    }

    /// The service says, in its own words, that the thing asked for does not exist. A 404 in other words is
    /// [foreign](Self::is_foreign) and says nothing about it. The service has the same words for a thing of another team
    /// and for a path that it does not know.
    pub fn is_not_found(&self) -> bool {
        self.kind == Kind::NotFound
    }

    /// The thing is not in a state that allows the request.
    pub fn is_conflict(&self) -> bool {
        self.kind == Kind::Conflict
    }

    /// The service says that the API key is not valid.
    pub fn is_unauthorized(&self) -> bool {
        self.kind == Kind::Unauthorized
    }

    /// The service says that the API key is valid and does not allow the request.
    pub fn is_forbidden(&self) -> bool {
        self.kind == Kind::Forbidden
    }

    /// What answered was not the API, or not in the API's words: HTML, an empty body, JSON of another shape, a redirect. It
    /// says nothing about what was asked for, whatever its status; something in between answered, or the address is wrong.
    pub fn is_foreign(&self) -> bool {
        self.kind.is_foreign()
    }

    /// The service limits the rate of requests, and did so until the last attempt.
    pub fn is_rate_limited(&self) -> bool {
        self.kind == Kind::RateLimited
    }

    /// The service answered and said no in its own words; nothing was done, and asking again gives the same answer.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self.kind,
            Kind::Refused | Kind::Unauthorized | Kind::Forbidden | Kind::NotFound | Kind::Conflict
        ) && !self.may_have_acted
    }

    /// The request asks for a change.
    pub fn is_of_change(&self) -> bool {
        is_change(&self.request)
    }

    /// The request changes something and may have been carried out, at the last attempt or at one before it: only
    /// a look at the service can tell. Where this is false, it certainly was not carried out.
    pub fn is_ambiguous(&self) -> bool {
        self.may_have_acted
    }

    /// The caller gave up.
    pub fn is_cancelled(&self) -> bool {
        self.kind == Kind::Cancelled
    }

    /// The caller's time was up.
    pub fn is_deadline_exceeded(&self) -> bool {
        self.kind == Kind::DeadlineExceeded
    }

    /// The same request may succeed later by itself. Says nothing about whether repeating it is safe: for that, see
    /// [`is_ambiguous`](Self::is_ambiguous).
    pub fn is_retryable(&self) -> bool {
        self.kind.is_transient()
    }
}

fn is_change(request: &str) -> bool {
    !request.is_empty() && !request.starts_with("GET ")
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.request.is_empty() {
            write!(f, "{}: ", self.request)?;
        }
        f.write_str(&self.message)?;
        let mut facts = Vec::new();
        match (self.status, &self.code) {
            (Some(status), Some(code)) => facts.push(format!("{status} {code}")),
            (Some(status), None) => facts.push(status.to_string()),
            (None, Some(code)) => facts.push(code.to_string()),
            (None, None) => {}
        }
        if self.retries > 0 {
            let times = if self.retries == 1 { "retry" } else { "retries" };
            let seconds = Duration::from_secs(self.elapsed.as_secs());
            facts.push(format!(
                "{} {times} in {}",
                self.retries,
                humantime::format_duration(seconds)
            ));
        }
        if !facts.is_empty() {
            write!(f, " ({})", facts.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind)
            .field("request", &self.request)
            .field("status", &self.status)
            .field("code", &self.code)
            .field("message", &self.message)
            .field("retries", &self.retries)
            .field("may_have_acted", &self.may_have_acted)
            .field("source", &self.source.as_ref().map(ToString::to_string))
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_ref()
            .map(|source| &**source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_the_request_the_answer_and_the_effort() {
        let mut error = Error::new(Kind::Refused, "POST /machines", "The disk is too small.");
        assert_eq!(error.to_string(), "POST /machines: The disk is too small.");
        error.status = Some(400);
        error.code = Some(Words::short("BAD_REQUEST"));
        assert_eq!(
            error.to_string(),
            "POST /machines: The disk is too small. (400 BAD_REQUEST)"
        );
        error.retries = 2;
        error.elapsed = Duration::from_millis(3_900);
        assert_eq!(
            error.to_string(),
            "POST /machines: The disk is too small. (400 BAD_REQUEST, 2 retries in 3s)"
        );
        assert_eq!(Error::config("no host").to_string(), "no host");
    }

    #[test]
    fn display_leaves_the_cause_to_the_source() {
        let cause = std::io::Error::other("the cable is out");
        let error = Error::new(Kind::Connect, "GET /machines", "no connection").caused_by(cause);
        assert_eq!(error.to_string(), "GET /machines: no connection");
        assert_eq!(error.source().unwrap().to_string(), "the cable is out");
    }

    #[test]
    fn every_kind_has_its_answers() {
        // Foreign, may succeed later, leaves doubt after a change, a refusal.
        for (kind, foreign, retryable, ambiguous, refusal) in [
            (Kind::Refused, false, false, false, true),
            (Kind::Unauthorized, false, false, false, true),
            (Kind::Forbidden, false, false, false, true),
            (Kind::NotFound, false, false, false, true),
            (Kind::Conflict, false, false, false, true),
            (Kind::RateLimited, false, true, false, false),
            (Kind::Server, false, true, true, false),
            (Kind::Redirected, true, true, true, false),
            (Kind::Timeout, false, true, true, false),
            (Kind::Connect, false, true, false, false),
            (Kind::Untrusted, false, false, false, false),
            (Kind::Interrupted, false, true, true, false),
            (Kind::Garbled, false, true, true, false),
            (Kind::Foreign, true, true, true, false),
            (Kind::Decode, true, true, true, false),
            (Kind::Cancelled, false, false, false, false),
            (Kind::DeadlineExceeded, false, false, false, false),
            (Kind::Config, false, false, false, false),
        ] {
            let error = Error::new(kind, "POST /machines", "");
            assert_eq!(error.is_foreign(), foreign, "{kind:?}");
            assert_eq!(error.is_retryable(), retryable, "{kind:?}");
            assert_eq!(error.is_ambiguous(), ambiguous, "{kind:?}");
            assert_eq!(error.is_refusal(), refusal, "{kind:?}");
            assert!(!Error::new(kind, "GET /machines", "").is_ambiguous(), "{kind:?}");
        }
    }

    #[test]
    fn an_earlier_attempt_in_doubt_keeps_a_refusal_in_doubt() {
        let error = Error::new(Kind::Conflict, "PUT /machines/ps1", "").with_doubt(true);
        assert!(error.is_conflict() && error.is_ambiguous() && !error.is_refusal());
    }
}
