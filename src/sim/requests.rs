//! The list of requests that were seen, in the order in which they arrived, for tests to assert on.
//!
//! A request is on the list from the moment it is read, before anything is done about it; how it was answered is
//! filled in later. API keys are not kept, only the team that they stand for.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// One request.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenRequest {
    /// The method.
    pub method: String,
    /// The path below the base URL, `/machines/ps...`.
    pub path: String,
    /// The query, decoded.
    pub query: BTreeMap<String, String>,
    /// The headers, but for the authorisation; names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, if there was one and it was JSON.
    pub body: Option<Value>,
    /// The id of the team whose key was shown.
    pub team: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// When it arrived.
    pub at: String,
}

impl SeenRequest {
    /// The status that was answered, if one was.
    pub fn status(&self) -> Option<u16> {
        match self.outcome {
            Outcome::Answered(status) => Some(status),
            Outcome::Open | Outcome::Dropped | Outcome::Truncated(_) => None,
        }
    }

    /// Method and path, `GET /machines`: what most assertions are about.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Nothing yet; or the client left while it waited.
    Open,
    /// An answer with this status.
    Answered(u16),
    /// An answer with this status, cut short.
    Truncated(u16),
    /// The connection was closed without an answer.
    Dropped,
}

/// The list.
#[derive(Debug, Default)]
pub struct RequestLog {
    entries: Vec<(u64, SeenRequest)>,
    next: u64,
}

impl RequestLog {
    /// Notes a request; the answer names it when its outcome is known.
    pub fn arrived(&mut self, request: SeenRequest) -> u64 {
        let number = self.next;
        self.next += 1;
        self.entries.push((number, request));
        number
    }

    /// Notes an outcome, if the request is still listed.
    pub fn ended(&mut self, number: u64, outcome: Outcome) {
        if let Ok(at) = self.entries.binary_search_by_key(&number, |(number, _)| *number) {
            self.entries[at].1.outcome = outcome;
        }
    }

    /// All of them.
    pub fn all(&self) -> Vec<SeenRequest> {
        self.entries.iter().map(|(_, request)| request.clone()).collect()
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str) -> SeenRequest {
        SeenRequest {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: BTreeMap::new(),
            headers: BTreeMap::new(),
            body: None,
            team: None,
            outcome: Outcome::Open,
            at: String::new(),
        }
    }

    #[test]
    fn outcomes_find_their_request() {
        let mut log = RequestLog::default();
        let first = log.arrived(request("/a"));
        let second = log.arrived(request("/b"));
        log.ended(second, Outcome::Answered(200));
        assert_eq!(
            log.all().iter().map(SeenRequest::status).collect::<Vec<_>>(),
            [None, Some(200)]
        );
        log.clear();
        log.ended(first, Outcome::Dropped);
        assert_eq!(log.all(), []);
    }
}
