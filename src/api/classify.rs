//! An answer's status and body become a JSON value or a failure.
//!
//! Pure. It knows the API's error bodies, and that what answers need not be the API: proxies answer in HTML, cut
//! bodies and send nothing at all.

use std::{error::Error as StdError, sync::Arc, time::Duration};

use serde_json::Value;

use super::{error::Kind, redact::Redactor};

/// What came back for one attempt.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) content_type: String,
    pub(super) location: Option<String>,
    pub(super) body: Body,
}

/// The body of an answer, as far as it came.
pub(super) enum Body {
    /// All of it.
    Whole(Vec<u8>),
    /// The connection ended before the body did.
    Cut(Arc<dyn StdError + Send + Sync>),
    /// More than is ever read.
    TooLarge,
}

/// Why one attempt gave no value.
pub(super) struct Failure {
    pub(super) kind: Kind,
    pub(super) status: Option<u16>,
    pub(super) code: Option<String>,
    pub(super) message: String,
    pub(super) retry_after: Option<Duration>,
    pub(super) source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Failure {
    pub(super) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            status: None,
            code: None,
            message: message.into(),
            retry_after: None,
            source: None,
        }
    }

    pub(super) fn caused_by(mut self, source: Arc<dyn StdError + Send + Sync>) -> Self {
        self.source = Some(source);
        self
    }
}

/// Reads an answer. Everything quoted from it has passed the redactor.
pub(super) fn classify(answer: Answer, redactor: &Redactor) -> Result<Vec<u8>, Failure> {
    let Answer {
        status,
        retry_after,
        content_type,
        location,
        body,
    } = answer;
    let failure = |kind, message: String| Failure {
        status: Some(status),
        retry_after,
        ..Failure::new(kind, message)
    };
    let success = (200..300).contains(&status);
    // A failure whose body cannot be read is still the failure its status says.
    let kind_or = |unreadable| if success { unreadable } else { kind_of_status(status) };

    if (300..400).contains(&status) {
        let place = location
            .map(|place| format!(" to {}", excerpt(&redactor.text(&place))))
            .unwrap_or_default();
        return Err(failure(
            Kind::Redirected,
            format!(
                "The server answered with a redirect{place}, which is not followed because it would carry the API key elsewhere."
            ),
        ));
    }
    let bytes = match body {
        Body::Whole(bytes) => bytes,
        Body::Cut(source) => {
            return Err(failure(kind_or(Kind::Garbled), "The answer was cut short.".into()).caused_by(source));
        }
        Body::TooLarge => {
            return Err(failure(
                kind_or(Kind::Decode),
                "The answer is too large to be read.".into(),
            ));
        }
    };
    if status == 204 {
        return Ok(b"null".to_vec());
    }
    let value = match serde_json::from_slice::<Value>(&bytes) {
        Ok(value) => value,
        Err(_) => {
            let text = redactor.text(&String::from_utf8_lossy(&bytes));
            return Err(failure(kind_or(Kind::Garbled), describe_non_json(&content_type, &text)));
        }
    };
    if success && !is_bare_error(&value) {
        return Ok(bytes);
    }
    let (code, message) = read_error(&value);
    let kind = match &code {
        Some(code) if success => kind_of_code(code),
        _ => kind_of_status(status),
    };
    let message = match message {
        Some(message) => shorten(&redactor.text(&message), 2_000),
        None => "The service gave no reason.".into(),
    };
    Err(Failure {
        code: code.map(|code| redactor.text(&code)),
        ..failure(kind, message)
    })
}

fn kind_of_status(status: u16) -> Kind {
    match status {
        401 => Kind::Unauthorized,
        403 => Kind::Forbidden,
        404 => Kind::NotFound,
        408 | 499 => Kind::Timeout,
        409 => Kind::Conflict,
        429 => Kind::RateLimited,
        501 | 505 => Kind::Refused,
        500.. => Kind::Server,
        // 1xx never gets here, so the rest is 4xx.
        _ => Kind::Refused,
    }
}

/// The kind of an error that came with a 2xx status. A code that says nothing is taken for a refusal: that is how the
/// service writes those.
fn kind_of_code(code: &str) -> Kind {
    match code {
        "UNAUTHORIZED" => Kind::Unauthorized,
        "FORBIDDEN" => Kind::Forbidden,
        "NOT_FOUND" => Kind::NotFound,
        "TIMEOUT" | "CLIENT_CLOSED_REQUEST" => Kind::Timeout,
        "CONFLICT" => Kind::Conflict,
        "TOO_MANY_REQUESTS" => Kind::RateLimited,
        "INTERNAL_SERVER_ERROR" => Kind::Server,
        _ => Kind::Refused,
    }
}

/// Whether a body is an error and nothing else. No resource of the API has these fields and only these.
fn is_bare_error(value: &Value) -> bool {
    let Some(fields) = value.as_object() else { return false };
    fields.get("code").is_some_and(Value::is_string)
        && fields.get("message").is_some_and(Value::is_string)
        && fields
            .keys()
            .all(|key| matches!(key.as_str(), "code" | "message" | "details" | "issues"))
}

/// Code and message of an error body. Older parts of the service wrap them in `error`.
fn read_error(value: &Value) -> (Option<String>, Option<String>) {
    let inner = match value.get("error") {
        Some(Value::String(text)) => return (None, Some(text.clone())),
        Some(inner @ Value::Object(_)) => inner,
        _ => value,
    };
    let text = |value: &Value| {
        value
            .as_str()
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let code = inner.get("code").and_then(text);
    let mut parts: Vec<String> = inner.get("message").and_then(text).into_iter().collect();
    for issue in inner.get("issues").and_then(Value::as_array).into_iter().flatten() {
        match issue.get("message").and_then(text) {
            Some(issue) if !parts.iter().any(|part| part.contains(&issue)) => parts.push(issue),
            _ => {}
        }
    }
    (code, (!parts.is_empty()).then(|| parts.join("; ")))
}

fn describe_non_json(content_type: &str, text: &str) -> String {
    let html = content_type.to_ascii_lowercase().contains("html") || text.trim_start().starts_with('<');
    let what = if text.trim().is_empty() {
        return "The server answered with an empty body.".into();
    } else if html {
        "The server answered with HTML, not JSON"
    } else {
        "The server answered with something that is not JSON"
    };
    match excerpt(text) {
        short if short.is_empty() => format!("{what}."),
        short => format!("{what}: {short}"),
    }
}

/// The beginning of a text on one line, without markup.
fn excerpt(text: &str) -> String {
    let mut plain = String::new();
    let mut in_tag = false;
    for c in text.chars().take(10_000) {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                plain.push(' ');
            }
            _ if in_tag => {}
            c if c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    shorten(&plain.split_whitespace().collect::<Vec<_>>().join(" "), 120)
}

/// The beginning of a text, so many characters at most.
pub(super) fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let body = Body::Whole(body.as_bytes().to_vec());
        Answer {
            status,
            retry_after: None,
            content_type: "application/json".into(),
            location: None,
            body,
        }
    }

    fn redactor() -> Redactor {
        Redactor::new(&SecretString::from("k3y"), None)
    }

    fn failure(status: u16, body: &str) -> Failure {
        classify(answer(status, body), &redactor()).unwrap_err()
    }

    #[test]
    fn values_pass() {
        for (status, body, value) in [
            (200, r#"{"id": 1}"#, r#"{"id": 1}"#),
            (200, "null", "null"),
            (204, "", "null"),
        ] {
            assert_eq!(classify(answer(status, body), &redactor()).ok(), Some(value.into()));
        }
        // With another field beside them, code and message are some resource's own.
        assert!(classify(answer(200, r#"{"code": "a", "message": "b", "id": "c"}"#), &redactor()).is_ok());
    }

    #[test]
    fn statuses_have_kinds() {
        for (status, kind) in [
            (400, Kind::Refused),
            (401, Kind::Unauthorized),
            (403, Kind::Forbidden),
            (404, Kind::NotFound),
            (405, Kind::Refused),
            (408, Kind::Timeout),
            (409, Kind::Conflict),
            (412, Kind::Refused),
            (422, Kind::Refused),
            (429, Kind::RateLimited),
            (499, Kind::Timeout),
            (500, Kind::Server),
            (501, Kind::Refused),
            (502, Kind::Server),
            (503, Kind::Server),
            (504, Kind::Server),
            (524, Kind::Server),
            (999, Kind::Server),
        ] {
            assert_eq!(failure(status, "{}").kind, kind, "{status}");
            assert_eq!(failure(status, "").kind, kind, "{status} with an empty body");
            assert_eq!(failure(status, "<html>").kind, kind, "{status} in HTML");
        }
    }

    #[test]
    fn issues_join_the_message() {
        let body = json!({
            "code": "PARSE_ERROR", "message": "Invalid input",
            "issues": [{"message": "name is too long"}, {"message": "Invalid input"}, {"path": []}, "odd"],
        });
        let failure = failure(400, &body.to_string());
        assert_eq!(failure.message, "Invalid input; name is too long");
        assert_eq!(failure.code.as_deref(), Some("PARSE_ERROR"));
    }

    #[test]
    fn error_bodies_of_other_shapes_are_read_too() {
        assert_eq!(
            failure(400, r#"{"error": {"message": "no", "status": 400}}"#).message,
            "no"
        );
        assert_eq!(failure(400, r#"{"error": "no"}"#).message, "no");
        for body in ["{}", "null", "[]", "7", r#"{"message": 7, "issues": 7, "code": null}"#] {
            assert_eq!(failure(400, body).message, "The service gave no reason.", "{body}");
        }
    }

    #[test]
    fn a_success_that_only_holds_an_error_is_one() {
        for (code, kind) in [
            ("NOT_FOUND", Kind::NotFound),
            ("CONFLICT", Kind::Conflict),
            ("INTERNAL_SERVER_ERROR", Kind::Server),
            ("OUT_OF_CAPACITY", Kind::Refused),
        ] {
            let failure = failure(200, &json!({"code": code, "message": "no"}).to_string());
            assert_eq!((failure.kind, failure.status), (kind, Some(200)));
        }
    }

    #[test]
    fn html_is_named_and_quoted_in_short() {
        let page = format!(
            "<html><title>502 k3y</title>\n<p>Bad&nbsp;gateway</p>{}</html>",
            "x".repeat(500)
        );
        let failure = failure(502, &page);
        assert!(
            failure
                .message
                .starts_with("The server answered with HTML, not JSON: 502 [redacted] Bad&nbsp;gateway")
        );
        assert!(failure.message.len() < 200);
        assert_eq!(self::failure(200, "<!doctype html>").kind, Kind::Garbled);
    }

    #[test]
    fn bodies_that_are_no_json_are_garbled() {
        for body in ["", "  ", "{\"id\": ", "hello", "\u{0}"] {
            assert_eq!(failure(200, body).kind, Kind::Garbled, "{body:?}");
        }
    }

    #[test]
    fn a_cut_body_keeps_its_status() {
        let cut = |status| {
            let body = Body::Cut(Arc::new(std::io::Error::other("lost")));
            classify(
                Answer {
                    body,
                    ..answer(status, "")
                },
                &redactor(),
            )
            .unwrap_err()
        };
        assert_eq!(cut(200).kind, Kind::Garbled);
        assert_eq!(cut(404).kind, Kind::NotFound);
        assert!(cut(200).source.is_some());
    }

    #[test]
    fn a_redirect_is_not_followed() {
        let location = Some("https://elsewhere.example/?k3y".to_owned());
        let failure = classify(
            Answer {
                location,
                ..answer(302, "")
            },
            &redactor(),
        )
        .unwrap_err();
        assert_eq!(failure.kind, Kind::Redirected);
        assert!(failure.message.contains("https://elsewhere.example/?[redacted]"));
    }

    #[test]
    fn messages_are_redacted_and_held_to_a_length() {
        let failure = failure(
            400,
            &json!({"code": "k3y", "message": "k3y ".repeat(5_000)}).to_string(),
        );
        assert!(!failure.message.contains("k3y") && failure.message.len() < 2_100);
        assert_eq!(failure.code.as_deref(), Some("[redacted]"));
    }
}
