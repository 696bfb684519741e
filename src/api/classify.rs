//! An answer's status and body become a value or a failure.
//!
//! Pure. It knows the API's error bodies, and that what answers need not be the API: proxies answer in HTML, cut
//! bodies and send nothing at all. What the service says is believed only in its own words; see [`Kind`].

use std::{error::Error as StdError, sync::Arc, time::Duration};

use serde_json::value::RawValue;

use super::{
    answer::{Fields, FromJson, Object, Trouble},
    error::Kind,
    secrets::Secrets,
};
use crate::diag::Words;

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
    pub(super) code: Option<Words>,
    pub(super) message: Words,
    pub(super) retry_after: Option<Duration>,
    pub(super) source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Failure {
    pub(super) fn new(kind: Kind, message: &str) -> Self {
        Self {
            kind,
            status: None,
            code: None,
            message: Words::new(message),
            retry_after: None,
            source: None,
        }
    }

    pub(super) fn caused_by(mut self, source: Arc<dyn StdError + Send + Sync>) -> Self {
        self.source = Some(source);
        self
    }
}

/// Takes the value out of a successful answer, or tells why it holds none.
pub(super) type Read<'a> = dyn FnMut(&RawValue) -> Result<(), Trouble> + Send + 'a;

/// Reads an answer. Nothing that is quoted from it holds a known secret.
pub(super) fn classify(answer: &Answer, secrets: &Secrets, read: &mut Read<'_>) -> Result<(), Failure> {
    let failure = judge(answer, secrets, read);
    failure.map_err(|failure| Failure {
        status: Some(answer.status),
        retry_after: answer.retry_after,
        ..failure
    })
}

fn judge(answer: &Answer, secrets: &Secrets, read: &mut Read<'_>) -> Result<(), Failure> {
    let status = answer.status;
    let success = (200..300).contains(&status);
    if (300..400).contains(&status) {
        let place = answer.location.as_deref().map(|place| secrets.text(place));
        let place = place
            .map(|place| format!(" to {}", Words::at_most(200, &place)))
            .unwrap_or_default();
        let message = format!(
            "The server answered with a redirect{place}, which is not followed because it would carry the API key elsewhere."
        );
        return Err(Failure::new(Kind::Redirected, &message));
    }
    let bytes = match &answer.body {
        Body::Whole(bytes) => bytes,
        Body::Cut(source) => {
            let kind = said_by_anyone(status).unwrap_or(Kind::Garbled);
            return Err(Failure::new(kind, "The answer was cut short.").caused_by(source.clone()));
        }
        Body::TooLarge => {
            let kind = said_by_anyone(status).unwrap_or(Kind::Foreign);
            return Err(Failure::new(kind, "The answer is larger than any of the API's."));
        }
    };
    let text = if status == 204 { b"null" } else { bytes.as_slice() };
    let Ok(json) = serde_json::from_slice::<&RawValue>(text) else {
        let kind = said_by_anyone(status).unwrap_or(Kind::Foreign);
        return Err(Failure::new(kind, &describe(&answer.content_type, bytes, secrets)));
    };
    // A success can be an error in disguise, so what cannot be read is looked at again.
    let trouble = match success.then(|| read(json)) {
        Some(Ok(())) => return Ok(()),
        Some(Err(trouble)) => Some(trouble),
        None => None,
    };
    let told = Told::read(json, secrets);
    let message = secrets.words(&told.message.unwrap_or_default());
    let code = told.code.map(|code| Words::short(&secrets.text(&code)));
    let kind = match (&code, trouble) {
        (Some(code), Some(_)) if told.is_own => kind_of_code(code),
        (_, Some(trouble)) => {
            let message = format!("The service answered with JSON of an unexpected shape: {trouble}.");
            return Err(Failure::new(Kind::Decode, &message));
        }
        (_, None) if told.is_own => kind_of_status(status),
        (_, None) => said_by_anyone(status).unwrap_or(Kind::Foreign),
    };
    let message = match (kind, message) {
        (Kind::Foreign, message) if message.is_empty() => {
            Words::new("The server answered with JSON that is not an error of the API.")
        }
        (Kind::Foreign, message) => Words::new(&format!(
            "The server answered with JSON that is not an error of the API: {message}"
        )),
        (_, message) if message.is_empty() => Words::new("The service gave no reason."),
        (_, message) => message,
    };
    Err(Failure {
        code,
        message,
        ..Failure::new(kind, "")
    })
}

/// The kind of a failure in the service's own words.
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

/// The kind of a status that means the same whoever gives it: the service, or a proxy that speaks of the service or of
/// itself. All others count only in the service's own words.
fn said_by_anyone(status: u16) -> Option<Kind> {
    match status {
        408 | 499 => Some(Kind::Timeout),
        429 => Some(Kind::RateLimited),
        501 | 505 => None,
        500.. => Some(Kind::Server),
        _ => None,
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

/// What a body says of a failure.
struct Told {
    code: Option<String>,
    message: Option<String>,
    /// In the service's own shape.
    is_own: bool,
}

impl Told {
    fn read(json: &RawValue, secrets: &Secrets) -> Self {
        let nothing = Self {
            code: None,
            message: None,
            is_own: false,
        };
        let Ok(fields) = Fields::of("error", json, secrets) else {
            return nothing;
        };
        // Not the service's, but what some others write.
        if let Some(error) = fields.raw("error") {
            return match String::from_json(error, secrets) {
                Ok(message) => Self {
                    message: Some(message),
                    ..nothing
                },
                Err(_) => Self {
                    is_own: false,
                    ..Self::read(error, secrets)
                },
            };
        }
        let code: Option<String> = fields.get("code").filter(|code: &String| !code.trim().is_empty());
        let message: Option<String> = fields.get("message");
        // Without a code, it takes the absence of everything else to know the shape.
        let is_own =
            message.is_some() && (code.is_some() || fields.are_among(&["code", "message", "details", "issues"]));
        let mut parts: Vec<String> = message.into_iter().filter(|text| !text.trim().is_empty()).collect();
        for Issue(issue) in fields.list("issues") {
            if !parts.iter().any(|part| part.contains(&issue)) {
                parts.push(issue);
            }
        }
        Self {
            code,
            message: (!parts.is_empty()).then(|| parts.join("; ")),
            is_own,
        }
    }
}

/// One of several reasons that the service gives.
struct Issue(String);

impl Object for Issue {
    const NOUN: &'static str = "issue";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        fields.label("message").map(Self)
    }
}

/// What came in the place of JSON, with its beginning.
fn describe(content_type: &str, bytes: &[u8], secrets: &Secrets) -> String {
    let text = String::from_utf8_lossy(bytes);
    let html = content_type.to_ascii_lowercase().contains("html") || text.trim_start().starts_with('<');
    let what = if text.trim().is_empty() {
        return "The server answered with an empty body.".into();
    } else if html {
        "The server answered with HTML, not JSON"
    } else {
        "The server answered with something that is not JSON"
    };
    match excerpt(&secrets.text(&text)) {
        short if short.is_empty() => format!("{what}."),
        short => format!("{what}: {short}"),
    }
}

/// The beginning of a text, without markup. Secrets were sought in it before: where it is cut, one may stand.
fn excerpt(text: &str) -> Words {
    let mut plain = String::new();
    let mut in_tag = false;
    for c in text.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                plain.push(' ');
            }
            _ if in_tag => {}
            c => plain.push(c),
        }
    }
    Words::at_most(120, &plain)
}

#[cfg(test)]
mod tests;
