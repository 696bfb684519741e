//! API errors as diagnostics: the one place where a failure of the remote API gets the words that users read.

use std::error::Error as _;

use crate::api::{Error, Kind};
use crate::diag::Diagnostic;

/// Tells that `task`, such as `read the machine ps1a2b3c`, failed.
pub fn diagnostic(task: &str, error: &Error) -> Diagnostic {
    let (summary, advice) = explain(error);
    let effect = effect(error).map(|effect| format!(" {effect}")).unwrap_or_default();
    Diagnostic::error(
        summary,
        format!("Could not {task}.\n\n{}\n\n{advice}{effect}", told(error)),
    )
}

/// What became of the request, where the kind of its last failure alone does not say.
fn effect(error: &Error) -> Option<&'static str> {
    match (error.is_ambiguous(), error.kind) {
        (false, Kind::Refused) => Some("Nothing was changed by the request."),
        (false, Kind::Connect | Kind::Untrusted) => Some("Nothing was sent."),
        (false, _) | (true, Kind::Interrupted) => None,
        (true, _) => Some(
            "It is not certain whether the service carried the request out, perhaps at an earlier attempt. Look at the object \
             in the console; an apply looks at what exists before it changes anything.",
        ),
    }
}

/// The error with its causes, each once.
pub fn told(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str("\n  caused by: ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// A title, and whose fault it is and what to do next.
fn explain(error: &Error) -> (&'static str, &'static str) {
    match error.kind {
        Kind::Unauthorized => (
            "Invalid API Key",
            "Paperspace does not know this API key: it is mistyped, was deleted, or is for another service. Make one in the \
             Paperspace console under the team's settings, and give it by `api_key` or PAPERSPACE_API_KEY.",
        ),
        Kind::Forbidden => (
            "Not Allowed",
            "The API key is valid but may not do this. It belongs to another team, or its user lacks the rights: use a key of \
             the team that owns the object, or ask the team's administrator.",
        ),
        Kind::NotFound => (
            "Not Found",
            "What the request names does not exist in the team that the API key belongs to. Check the ids in the \
             configuration, and that the key is of the right team.",
        ),
        Kind::Conflict => (
            "Conflict",
            "Something else is being done to the object at the moment, from here or elsewhere. Wait until it is finished and \
             apply again.",
        ),
        Kind::Refused => (
            "Paperspace Refused the Request",
            "The service understood the request and did not accept it, for the reason it gives above. Correct the \
             configuration, or what the reason names, and apply again.",
        ),
        Kind::RateLimited => (
            "Too Many Requests",
            "Paperspace limits how many requests it answers, and was asked too often, by this run or by others with keys of the \
             same team. Apply again later, with a smaller -parallelism, or set `requests_per_second` in the provider block.",
        ),
        Kind::Server => (
            "Paperspace Failed",
            "The service had an error of its own; the request was in order. Apply again later. If it goes on, look at the \
             service's status page or ask its support, naming the request above.",
        ),
        Kind::Timeout | Kind::DeadlineExceeded => (
            "Paperspace Did Not Answer in Time",
            "The service or the network is slow. Apply again later, or raise `request_timeout` in the provider block or the \
             resource's `timeouts`.",
        ),
        Kind::Connect => (
            "Paperspace Cannot Be Reached",
            "No connection came about. Check the network, a proxy, and `api_url` if it is set.",
        ),
        Kind::Untrusted => (
            "Untrusted Certificate",
            "The server's certificate is not one that this computer trusts. Behind a company proxy, name its certificate \
             authority by SSL_CERT_FILE; otherwise check `api_url`.",
        ),
        Kind::Interrupted => (
            "Connection Lost",
            "The connection broke before the answer came, so it is not certain whether the service acted. Apply again: the \
             provider looks at what exists before it changes anything.",
        ),
        Kind::Garbled | Kind::Decode | Kind::Redirected => (
            "Unexpected Answer",
            "The answer is not what the Paperspace API gives. Something in between may have answered instead: check the network, a \
             proxy, and `api_url` if it is set. If the address is right, please report this as a bug in the provider.",
        ),
        Kind::Cancelled => ("Interrupted", "The operation was interrupted. Apply again to carry on."),
        Kind::Config => (
            "Request Not Possible",
            "The request cannot be made as it stands. Check the ids in the configuration and the arguments of the provider block.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_nothing_was_done_is_said_only_where_it_is_certain() {
        let detail = |kind, request| diagnostic("do it", &Error::new(kind, request, "No.")).detail;
        assert!(detail(Kind::Refused, "POST /machines").contains("Nothing was changed"));
        assert!(detail(Kind::Connect, "POST /machines").ends_with("Nothing was sent."));
        assert!(detail(Kind::Server, "POST /machines").contains("It is not certain"));
        assert!(!detail(Kind::Server, "GET /machines").contains("It is not certain"));
        assert_eq!(
            detail(Kind::Interrupted, "POST /machines")
                .matches("not certain")
                .count(),
            1
        );
    }
}
