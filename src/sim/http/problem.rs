//! How the service refuses: a status, a code, a message, and sometimes issues.
//!
//! The codes are the service's; which of them fits is decided by the handlers.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

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
        Self::new(401, "UNAUTHORIZED", "Unauthorized: no valid API key was given")
    }

    /// The team may not.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, "FORBIDDEN", message)
    }

    /// There is no such thing.
    pub fn not_found(what: &str) -> Self {
        Self::new(404, "NOT_FOUND", format!("{what} not found"))
    }

    /// Not with this method.
    pub fn method_not_supported() -> Self {
        Self::new(405, "METHOD_NOT_SUPPORTED", "Method not supported")
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

    /// The answer, with the problem's own status or with 200.
    pub fn to_response(&self, with_ok_status: bool) -> Response {
        let mut body = json!({"code": self.code, "message": self.message});
        if !self.issues.is_empty() {
            body["issues"] = self.issues.iter().map(|issue| json!({"message": issue})).collect();
        }
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (if with_ok_status { StatusCode::OK } else { status }, axum::Json(body)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_keeps_its_status_unless_told_otherwise() {
        let problem = Problem::invalid(vec!["name: required".to_owned()]);
        assert_eq!(problem.to_response(false).status(), StatusCode::BAD_REQUEST);
        assert_eq!(problem.to_response(true).status(), StatusCode::OK);
        assert_eq!(Problem::of_status(502).code, "INTERNAL_SERVER_ERROR");
    }
}
