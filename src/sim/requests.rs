//! The list of requests that were seen, in the order in which they arrived, for tests to assert on.
//!
//! A request is on the list from the moment it is read, before anything is done about it; how it was answered is
//! filled in later. API keys are not kept, only the team that they stand for. Other secrets are, for tests within this
//! process that are about them; what is shown outside of it goes through [`SeenRequest::without_secrets`].

use std::collections::{BTreeMap, VecDeque};

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

    /// The request without the secrets in its body, to be shown.
    pub fn without_secrets(mut self) -> Self {
        if let Some(body) = &mut self.body {
            hide_secrets(body);
        }
        self
    }

    /// Method and path, `GET /machines`: what most assertions are about.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

fn hide_secrets(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if SECRETS.contains(&name.to_lowercase().as_str()) {
                    *member = Value::from("(not shown)");
                } else {
                    hide_secrets(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide_secrets),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
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

/// So many requests are kept at most; older ones make room.
const MOST: usize = 50_000;

/// Of a body, so many bytes of JSON are kept at most; a larger one is left out.
const MOST_OF_A_BODY: usize = 64 << 10;

/// Members of bodies that are shown to nobody, in lower case.
const SECRETS: [&str; 5] = ["password", "script", "secret", "token", "apikey"];

/// The list.
#[derive(Debug, Default)]
pub struct RequestLog {
    entries: VecDeque<(u64, SeenRequest)>,
    next: u64,
}

impl RequestLog {
    /// Notes a request; the answer names it when its outcome is known.
    pub fn arrived(&mut self, mut request: SeenRequest) -> u64 {
        let number = self.next;
        self.next += 1;
        request.body = request.body.filter(|body| body.to_string().len() <= MOST_OF_A_BODY);
        if self.entries.len() == MOST {
            self.entries.pop_front();
        }
        self.entries.push_back((number, request));
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
    use serde_json::json;

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
    fn the_list_is_bounded() {
        let mut log = RequestLog::default();
        for number in 0..=MOST {
            log.arrived(request(&format!("/{number}")));
        }
        let all = log.all();
        assert_eq!((all.len(), all[0].path.as_str()), (MOST, "/1"));
        log.ended(0, Outcome::Answered(200));
        log.ended(1, Outcome::Answered(201));
        assert_eq!((log.all()[0].status(), log.all()[1].status()), (Some(201), None));
        let large = SeenRequest {
            body: Some(json!({"script": "x".repeat(MOST_OF_A_BODY)})),
            ..request("/large")
        };
        log.arrived(large);
        assert_eq!(log.all()[MOST - 1].body, None);
    }

    #[test]
    fn secrets_are_not_shown() {
        let seen = SeenRequest {
            body: Some(json!({"password": "p", "name": "n", "user": {"Password": 1}, "list": [{"script": "s"}]})),
            ..request("/machines")
        };
        let hidden = "(not shown)";
        assert_eq!(
            seen.without_secrets().body,
            Some(json!({
                "password": hidden, "name": "n", "user": {"Password": hidden}, "list": [{"script": hidden}],
            }))
        );
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
