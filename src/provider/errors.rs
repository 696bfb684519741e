//! API errors as diagnostics: the one place where a failure of the remote API gets the words that users read.

use std::error::Error as _;

use crate::api::{Error, Kind};
use crate::diag::{Diagnostic, Words};

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
        (true, Kind::Interrupted) => None,
        (true, _) => Some(
            "It is not certain whether the service carried the request out, perhaps at an earlier attempt. Look at the object \
             in the console; an apply looks at what exists before it changes anything.",
        ),
        (false, Kind::Connect | Kind::Untrusted) => Some("Nothing was sent."),
        (false, Kind::Refused | Kind::Forbidden | Kind::Conflict) if error.is_of_change() => {
            Some("Nothing was changed by the request.")
        }
        (false, _) => None,
    }
}

/// The error with its causes, each once.
pub fn told(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = Words::new(&cause.to_string());
        if !text.contains(cause_text.as_str()) {
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
        Kind::Connect if error.is_local => (
            "No Simulator at the Address",
            "The address is this computer's own, where no Paperspace but a simulated one can be found, and none runs there. \
             Start it with `paperspace-sim`, which prints the variables to set, or correct `api_url` or PAPERSPACE_API_URL.",
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
        Kind::Garbled => (
            "Answer Cut Short",
            "The connection broke in the middle of the answer. Check the network and a proxy, and apply again.",
        ),
        Kind::Foreign | Kind::Redirected => ("Not an Answer of Paperspace", foreign(error)),
        Kind::Decode => (
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

/// Who most likely answered in the place of the service.
fn foreign(error: &Error) -> &'static str {
    match error.status {
        Some(403) if error.is_of_change() && error.request.contains(" /startup-scripts") => {
            "What answered is not Paperspace but a firewall in front of it, which looks into requests and refuses some for \
             what they hold: here most likely for the text of the script. It says nothing about the rights of the API key. A \
             text that pipes a download into a shell, or that holds what an attack would, is refused at times: let a short \
             script fetch the long one, or write it differently, and apply again."
        }
        Some(401 | 403 | 407) => {
            "What answered is not Paperspace but something in front of it, a firewall or a proxy, which let the request not \
             pass. It says nothing about the API key and its rights. Check the network, a proxy, and `api_url` if it is set; \
             if Paperspace's own firewall has banned this computer's address, its support can tell."
        }
        Some(404 | 405 | 410) => {
            "What answered is not the Paperspace API, so this says nothing about whether what was asked for exists, and \
             nothing is forgotten for it. Most often the address is wrong: check `api_url` and PAPERSPACE_API_URL, which \
             should end in /v1, and a proxy."
        }
        Some(300..=399) => {
            "The API does not redirect, so something else answered: the sign-in page of a network, a proxy, or another \
             server at a mistaken address. Check the network, a proxy, and `api_url` if it is set."
        }
        _ => {
            "What answered is not the Paperspace API: a proxy, the sign-in page of a network, or another server at a mistaken \
             address. Check the network, a proxy, and `api_url` if it is set, and apply again."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(error: &Error) -> String {
        diagnostic("do it", error).detail
    }

    #[test]
    fn that_nothing_was_done_is_said_only_where_it_is_certain() {
        const UNCHANGED: &str = "Nothing was changed by the request.";
        const UNSENT: &str = "Nothing was sent.";
        const UNCERTAIN: &str = "It is not certain whether the service carried the request out";
        for (kind, request, effect) in [
            (Kind::Refused, "POST /machines", Some(UNCHANGED)),
            (Kind::Forbidden, "DELETE /machines/ps1", Some(UNCHANGED)),
            (Kind::Conflict, "PUT /machines/ps1", Some(UNCHANGED)),
            (Kind::Refused, "GET /machines", None),
            (Kind::NotFound, "DELETE /machines/ps1", None),
            (Kind::Connect, "POST /machines", Some(UNSENT)),
            (Kind::Untrusted, "GET /machines", Some(UNSENT)),
            (Kind::Server, "POST /machines", Some(UNCERTAIN)),
            (Kind::Foreign, "PUT /machines/ps1", Some(UNCERTAIN)),
            (Kind::Redirected, "POST /machines", Some(UNCERTAIN)),
            (Kind::Decode, "POST /machines", Some(UNCERTAIN)),
            (Kind::Garbled, "POST /machines", Some(UNCERTAIN)),
            (Kind::Server, "GET /machines", None),
            (Kind::Foreign, "GET /machines", None),
            (Kind::RateLimited, "POST /machines", None),
            (Kind::Interrupted, "POST /machines", None),
        ] {
            let text = detail(&Error::new(kind, request, "No."));
            for sentence in [UNCHANGED, UNSENT, UNCERTAIN] {
                assert_eq!(
                    text.contains(sentence),
                    effect == Some(sentence),
                    "{kind:?} {request}: {text}"
                );
            }
        }
        let text = detail(&Error::new(Kind::Interrupted, "POST /machines", "No."));
        assert_eq!(text.matches("not certain").count(), 1);
    }

    #[test]
    fn who_answered_in_the_place_of_the_service_is_told() {
        for (status, request, told) in [
            (403, "POST /startup-scripts", "for the text of the script"),
            (403, "PUT /startup-scripts/s1", "for the text of the script"),
            (403, "GET /startup-scripts/s1", "nothing about the API key"),
            (403, "GET /machines", "nothing about the API key"),
            (401, "GET /machines", "nothing about the API key"),
            (404, "GET /machines/ps1", "nothing is forgotten"),
            (302, "GET /machines", "does not redirect"),
            (200, "GET /machines", "the sign-in page"),
        ] {
            let mut error = Error::new(Kind::Foreign, request, "The server answered with HTML, not JSON: No");
            error.status = Some(status);
            let diagnostic = diagnostic("do it", &error);
            assert_eq!(diagnostic.summary, "Not an Answer of Paperspace");
            assert!(
                diagnostic.detail.contains(told) && diagnostic.detail.contains("HTML"),
                "{status} {request}: {}",
                diagnostic.detail
            );
        }
    }

    #[test]
    fn at_this_computers_own_address_a_simulator_is_missed() {
        let mut error = Error::new(
            Kind::Connect,
            "GET /machines",
            "Nothing answers at http://127.0.0.1:8484/v1.",
        );
        assert_eq!(diagnostic("do it", &error).summary, "Paperspace Cannot Be Reached");
        error.is_local = true;
        let diagnostic = diagnostic("do it", &error);
        assert_eq!(diagnostic.summary, "No Simulator at the Address");
        assert!(diagnostic.detail.contains("`paperspace-sim`"), "{}", diagnostic.detail);
        error.kind = Kind::Server;
        assert!(!detail(&error).contains("paperspace-sim"));
    }

    #[test]
    fn every_kind_has_a_title_and_advice() {
        for (kind, expected) in [
            (Kind::Refused, "Paperspace Refused the Request"),
            (Kind::Unauthorized, "Invalid API Key"),
            (Kind::Forbidden, "Not Allowed"),
            (Kind::NotFound, "Not Found"),
            (Kind::Conflict, "Conflict"),
            (Kind::RateLimited, "Too Many Requests"),
            (Kind::Server, "Paperspace Failed"),
            (Kind::Redirected, "Not an Answer of Paperspace"),
            (Kind::Timeout, "Paperspace Did Not Answer in Time"),
            (Kind::Connect, "Paperspace Cannot Be Reached"),
            (Kind::Untrusted, "Untrusted Certificate"),
            (Kind::Interrupted, "Connection Lost"),
            (Kind::Garbled, "Answer Cut Short"),
            (Kind::Foreign, "Not an Answer of Paperspace"),
            (Kind::Decode, "Unexpected Answer"),
            (Kind::Cancelled, "Interrupted"),
            (Kind::DeadlineExceeded, "Paperspace Did Not Answer in Time"),
            (Kind::Config, "Request Not Possible"),
        ] {
            let (title, advice) = explain(&Error::new(kind, "GET /machines", "No."));
            assert_eq!(title, expected, "{kind:?}");
            assert!(advice.ends_with('.'), "{kind:?}");
        }
    }
}
