//! How the service refuses: a status, a code, a message, and sometimes issues.
//!
//! The codes are the service's; which of them fits is decided by the handlers.

use serde_json::{Value, json};

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    pub issues: Vec<String>,
}

impl Problem {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            issues: Vec::new(),
        }
    }

    /// The body is not what its header says.
    pub fn unreadable(message: impl Into<String>) -> Self {
        Self::new(400, "PARSE_ERROR", message)
    }

    /// What is asked makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BAD_REQUEST", message)
    }

    /// Several things that are asked make no sense.
    pub fn invalid(issues: Vec<String>) -> Self {
        Self {
            issues,
            ..Self::bad_request("Input validation failed")
        }
    }

    /// No key, or none that is known.
    pub fn unauthorized() -> Self {
        Self::new(401, "UNAUTHORIZED", "You must be logged in to access this method.")
    }

    /// The team may not.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, "FORBIDDEN", message)
    }

    /// There is no such thing.
    pub fn not_found(what: &str) -> Self {
        Self::new(404, "NOT_FOUND", format!("{what} not found"))
    }

    /// The API has no such path, or not with this method: the service does not tell these apart.
    pub fn no_such_operation() -> Self {
        Self::of_status(404)
    }

    /// Not now: something is under way.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, "CONFLICT", message)
    }

    /// Not as things are.
    pub fn precondition(message: impl Into<String>) -> Self {
        Self::new(412, "PRECONDITION_FAILED", message)
    }

    /// The body is too large.
    pub fn too_large() -> Self {
        Self::new(413, "PAYLOAD_TOO_LARGE", "Payload too large")
    }

    /// What the service says with a status when there is nothing more to say.
    pub fn of_status(status: u16) -> Self {
        let (code, message) = match status {
            400 => ("BAD_REQUEST", "Bad request"),
            401 => ("UNAUTHORIZED", "Unauthorized"),
            403 => ("FORBIDDEN", "Forbidden"),
            404 => ("NOT_FOUND", "Not found"),
            405 => ("METHOD_NOT_SUPPORTED", "Method not supported"),
            408 => ("TIMEOUT", "Timed out"),
            409 => ("CONFLICT", "Conflict"),
            412 => ("PRECONDITION_FAILED", "Precondition failed"),
            413 => ("PAYLOAD_TOO_LARGE", "Payload too large"),
            429 => ("TOO_MANY_REQUESTS", "Too many requests"),
            499 => ("CLIENT_CLOSED_REQUEST", "Client closed request"),
            _ => ("INTERNAL_SERVER_ERROR", "Internal server error"),
        };
        Self::new(status, code, message)
    }

    /// The body of the answer.
    pub fn to_json(&self) -> Value {
        let mut body = json!({"code": self.code, "message": self.message});
        if !self.issues.is_empty() {
            body["issues"] = self.issues.iter().map(|issue| json!({"message": issue})).collect();
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issues_are_told_where_there_are_any() {
        let problem = Problem::invalid(vec!["name: required".to_owned()]);
        assert_eq!(
            problem.to_json(),
            json!({
                "code": "BAD_REQUEST", "message": "Input validation failed", "issues": [{"message": "name: required"}],
            })
        );
        let problem = Problem::of_status(502);
        assert_eq!(
            (problem.status, problem.to_json()),
            (
                502,
                json!({"code": "INTERNAL_SERVER_ERROR", "message": "Internal server error"})
            )
        );
    }
}
