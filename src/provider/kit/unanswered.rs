//! Questions that a plan asks and gets no answer to.
//!
//! Without an answer nothing is checked, which is no reason to fail a plan: an API that is down, or a key that may not ask
//! this, may well do for the apply. A key that is refused and an address that is not the API will not, so they fail it at
//! once. Each is told once a run, whatever the number of objects.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::api::{Client, Error, Kind, Session};
use crate::diag::Diagnostic;
use crate::provider::errors;

/// What was told of it in this run.
#[derive(Debug, Default)]
pub struct Unanswered {
    failed: AtomicBool,
    warned: AtomicBool,
}

impl Unanswered {
    /// What is to be told of a question, such as `which templates there are`, that failed. Whether it is the key or the
    /// address is asked once more.
    pub async fn tell(&self, client: &Client, question: &str, error: &Error) -> Option<Diagnostic> {
        tracing::warn!(question, %error, "a plan's question was not answered");
        if error.is_cancelled() || self.failed.load(Ordering::Relaxed) {
            return None;
        }
        let is_certain = error.is_unauthorized();
        let grave = match is_certain {
            true => Some(error.clone()),
            false if self.warned.load(Ordering::Relaxed) && !error.is_foreign() => None,
            false => grave(error, client.session().await),
        };
        match grave {
            Some(error) => (!self.failed.swap(true, Ordering::Relaxed))
                .then(|| errors::diagnostic(&format!("find out while planning {question}"), &error)),
            None => (!self.warned.swap(true, Ordering::Relaxed)).then(|| left_out(question, error)),
        }
    }
}

/// Why an apply would fail as well, if it would: the key is refused, or the address is not the API's.
fn grave(error: &Error, session: Result<Option<Session>, Error>) -> Option<Error> {
    match session {
        Ok(Some(_)) => None,
        Ok(None) => Some(Error::new(
            Kind::Unauthorized,
            "GET /auth/session",
            "The service says that nobody has this key.",
        )),
        // Neither is a path of the API, so this is no address of it.
        Err(other) if other.is_not_found() && error.is_not_found() => {
            let mut elsewhere = Error::new(
                Kind::Foreign,
                error.request.clone(),
                "There is no such path at this address.",
            );
            elsewhere.status = Some(404);
            Some(elsewhere)
        }
        Err(other) => (other.is_unauthorized() || other.is_foreign()).then_some(other),
    }
}

fn left_out(question: &str, error: &Error) -> Diagnostic {
    Diagnostic::warning(
        "Plan Checks Left Out",
        format!(
            "Could not find out while planning {question}:\n{}\n\nThe plan is complete, but what depends on that was not \
             checked, and a mistake may show only when it is applied. `plan_checks = false` in the provider block turns these \
             checks off.",
            errors::told(error)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{SessionTeam, User};

    #[test]
    fn only_the_key_and_the_address_fail_a_plan() {
        let session = || Session {
            user: User {
                id: "u1".into(),
                email: None,
                first_name: None,
                last_name: None,
            },
            memberships: Vec::new(),
            team: SessionTeam {
                id: "te1".into(),
                namespace: None,
                is_private: None,
                max_machines: None,
            },
        };
        let failed = |kind| Err(Error::new(kind, "GET /auth/session", "No."));
        for (kind, session, expected) in [
            (Kind::Server, Ok(Some(session())), None),
            (Kind::NotFound, Ok(Some(session())), None),
            (Kind::Server, Ok(None), Some(Kind::Unauthorized)),
            (Kind::Server, failed(Kind::Unauthorized), Some(Kind::Unauthorized)),
            (Kind::Server, failed(Kind::Foreign), Some(Kind::Foreign)),
            (Kind::Server, failed(Kind::Redirected), Some(Kind::Redirected)),
            (Kind::Server, failed(Kind::Forbidden), None),
            (Kind::Server, failed(Kind::NotFound), None),
            (Kind::NotFound, failed(Kind::NotFound), Some(Kind::Foreign)),
            (Kind::NotFound, failed(Kind::Server), None),
            (Kind::Connect, failed(Kind::Connect), None),
            (Kind::Server, failed(Kind::DeadlineExceeded), None),
        ] {
            let asked = format!("{kind:?} {session:?}");
            let error = Error::new(kind, "GET /templates", "No.");
            assert_eq!(grave(&error, session).map(|error| error.kind), expected, "{asked}");
        }
        let told = left_out(
            "which templates there are",
            &Error::new(Kind::Forbidden, "GET /templates", "No."),
        );
        assert!(!told.is_error() && told.detail.contains("while planning which templates there are"));
    }
}
