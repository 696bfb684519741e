use secrecy::SecretString;
use serde_json::{Value, json};

use super::*;

/// What is read in these tests: an object with an identifier.
struct Thing;

impl Object for Thing {
    const NOUN: &'static str = "thing";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        fields.id("id").map(|_| Self)
    }
}

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

fn read_as<T: FromJson>(answer: &Answer) -> Result<(), Failure> {
    let secrets = Secrets::new(&SecretString::from("k3y"));
    classify(answer, &secrets, &mut |json| T::from_json(json, &secrets).map(drop))
}

fn failure(status: u16, body: &str) -> Failure {
    read_as::<Thing>(&answer(status, body)).unwrap_err()
}

fn told(status: u16, body: &Value) -> Failure {
    failure(status, &body.to_string())
}

#[test]
fn values_pass() {
    assert!(read_as::<Thing>(&answer(200, r#"{"id": "a"}"#)).is_ok());
    assert!(read_as::<Option<Thing>>(&answer(200, "null")).is_ok());
    assert!(read_as::<Option<Thing>>(&answer(204, "")).is_ok());
    // With what makes a thing beside them, code and message are its own.
    assert!(read_as::<Thing>(&answer(200, r#"{"code": "a", "message": "b", "id": "c"}"#)).is_ok());
}

#[test]
fn a_status_counts_in_the_services_own_words_only() {
    let html = "<html><title>Just a moment...</title></html>";
    for (status, own, foreign) in [
        (400, Kind::Refused, Kind::Foreign),
        (401, Kind::Unauthorized, Kind::Foreign),
        (403, Kind::Forbidden, Kind::Foreign),
        (404, Kind::NotFound, Kind::Foreign),
        (405, Kind::Refused, Kind::Foreign),
        (408, Kind::Timeout, Kind::Timeout),
        (409, Kind::Conflict, Kind::Foreign),
        (412, Kind::Refused, Kind::Foreign),
        (422, Kind::Refused, Kind::Foreign),
        (429, Kind::RateLimited, Kind::RateLimited),
        (499, Kind::Timeout, Kind::Timeout),
        (500, Kind::Server, Kind::Server),
        (501, Kind::Refused, Kind::Foreign),
        (502, Kind::Server, Kind::Server),
        (503, Kind::Server, Kind::Server),
        (504, Kind::Server, Kind::Server),
        (505, Kind::Refused, Kind::Foreign),
        (524, Kind::Server, Kind::Server),
        (999, Kind::Server, Kind::Server),
    ] {
        for body in [
            json!({"code": "SOME_CODE", "message": "No."}),
            json!({"code": "SOME_CODE", "message": "", "requestId": "r1"}),
            json!({"code": null, "message": "No."}),
            json!({"message": "No.", "details": {}, "issues": []}),
        ] {
            let failure = told(status, &body);
            assert_eq!((failure.kind, failure.status), (own, Some(status)), "{status} {body}");
        }
        for body in [
            html,
            "",
            " ",
            "Not Found",
            "{}",
            "[]",
            "null",
            "7",
            r#"{"message": 7, "code": "NOT_FOUND"}"#,
            r#"{"code": "NOT_FOUND"}"#,
            r#"{"message": "no Route matched", "request_id": "r1"}"#,
            r#"{"error": "Not Found"}"#,
            r#"{"error": {"code": "NOT_FOUND", "message": "Not found"}}"#,
            r#"{"status": 404, "error": "Not Found", "path": "/v1"}"#,
            r#"{"id": "ps1"}"#,
        ] {
            let failure = failure(status, body);
            assert_eq!(
                (failure.kind, failure.status),
                (foreign, Some(status)),
                "{status} {body}"
            );
        }
    }
}

#[test]
fn a_success_that_only_holds_an_error_is_one() {
    for (code, kind) in [
        ("NOT_FOUND", Kind::NotFound),
        ("CONFLICT", Kind::Conflict),
        ("UNAUTHORIZED", Kind::Unauthorized),
        ("FORBIDDEN", Kind::Forbidden),
        ("TIMEOUT", Kind::Timeout),
        ("CLIENT_CLOSED_REQUEST", Kind::Timeout),
        ("TOO_MANY_REQUESTS", Kind::RateLimited),
        ("INTERNAL_SERVER_ERROR", Kind::Server),
        ("OUT_OF_CAPACITY", Kind::Refused),
    ] {
        let failure = told(200, &json!({"code": code, "message": "no"}));
        assert_eq!((failure.kind, failure.status), (kind, Some(200)), "{code}");
        assert_eq!(failure.message, "no");
    }
}

#[test]
fn a_success_of_another_shape_is_told_apart() {
    for (body, trouble) in [
        ("{}", "`id` is missing"),
        (r#"{"message": "hello"}"#, "`id` is missing"),
        ("[]", "expected an object, found a list"),
        ("null", "expected an object, found null"),
    ] {
        let failure = failure(200, body);
        assert_eq!(failure.kind, Kind::Decode, "{body}");
        assert!(failure.message.contains(trouble), "{body}: {}", failure.message);
    }
    assert_eq!(failure(204, "").kind, Kind::Decode);
}

#[test]
fn bodies_that_are_no_json_are_not_the_apis() {
    for body in ["", "  ", "{\"id\": ", "hello", "\u{0}", "<!doctype html>", "{} {}"] {
        assert_eq!(failure(200, body).kind, Kind::Foreign, "{body:?}");
    }
    let latin = Answer {
        body: Body::Whole(b"{\"id\": \"\xe9\"}".to_vec()),
        ..answer(200, "")
    };
    assert_eq!(read_as::<Thing>(&latin).unwrap_err().kind, Kind::Foreign);
}

#[test]
fn issues_join_the_message() {
    let body = json!({
        "code": "PARSE_ERROR", "message": "Invalid input",
        "issues": [{"message": "name is too long"}, {"message": "Invalid input"}, {"path": []}, "odd"],
    });
    let failure = told(400, &body);
    assert_eq!(failure.message, "Invalid input; name is too long");
    assert_eq!(failure.code.as_deref(), Some("PARSE_ERROR"));
    let failure = told(
        400,
        &json!({"message": "", "issues": [{"message": "a"}, {"message": "b"}]}),
    );
    assert_eq!(failure.message, "a; b");
}

#[test]
fn a_reason_is_quoted_whoever_gave_it() {
    for (status, body, message) in [
        (400, json!({"code": "A", "message": " "}), "The service gave no reason."),
        (500, json!({}), "The service gave no reason."),
        (500, json!({"error": "boom"}), "boom"),
        (500, json!({"error": {"message": "boom", "status": 500}}), "boom"),
        (
            404,
            json!({"error": "Not Found"}),
            "The server answered with JSON that is not an error of the API: Not Found",
        ),
        (
            404,
            json!({}),
            "The server answered with JSON that is not an error of the API.",
        ),
    ] {
        assert_eq!(told(status, &body).message, message, "{body}");
    }
}

#[test]
fn html_is_named_and_quoted_in_short() {
    let page = format!(
        "<html><title>502 k3y</title>\n<p>Bad&nbsp;gateway \u{1b}[2J</p>{}</html>",
        "x".repeat(500)
    );
    let failure = failure(502, &page);
    assert!(
        failure
            .message
            .starts_with("The server answered with HTML, not JSON: 502 [redacted] Bad&nbsp;gateway \u{fffd}[2J"),
        "{}",
        failure.message
    );
    assert!(failure.message.len() < 200);
    let plain = Answer {
        content_type: "text/html; charset=utf-8".into(),
        ..answer(403, "Sorry")
    };
    let failure = read_as::<Thing>(&plain).unwrap_err();
    assert_eq!(failure.message, "The server answered with HTML, not JSON: Sorry");
    assert_eq!(
        self::failure(404, "").message,
        "The server answered with an empty body."
    );
    assert_eq!(
        self::failure(200, "<br>").message,
        "The server answered with HTML, not JSON."
    );
    assert_eq!(
        self::failure(200, "hello").message,
        "The server answered with something that is not JSON: hello"
    );
}

#[test]
fn a_body_that_did_not_come_whole_is_a_failure_of_the_way() {
    let cut = |status| {
        let body = Body::Cut(Arc::new(std::io::Error::other("lost")));
        read_as::<Thing>(&Answer {
            body,
            ..answer(status, "")
        })
        .unwrap_err()
    };
    assert_eq!(cut(200).kind, Kind::Garbled);
    assert_eq!(cut(404).kind, Kind::Garbled);
    assert_eq!(cut(429).kind, Kind::RateLimited);
    assert_eq!(cut(503).kind, Kind::Server);
    assert!(cut(200).source.is_some());
    let large = |status| {
        read_as::<Thing>(&Answer {
            body: Body::TooLarge,
            ..answer(status, "")
        })
        .unwrap_err()
        .kind
    };
    assert_eq!(
        (large(200), large(404), large(500)),
        (Kind::Foreign, Kind::Foreign, Kind::Server)
    );
}

#[test]
fn a_redirect_is_not_followed() {
    let location = Some("https://elsewhere.example/?k3y".to_owned());
    let answer = Answer {
        location,
        ..answer(302, r#"{"id": "a"}"#)
    };
    let failure = read_as::<Thing>(&answer).unwrap_err();
    assert_eq!(failure.kind, Kind::Redirected);
    assert!(failure.message.contains("https://elsewhere.example/?[redacted]"));
}

#[test]
fn how_long_to_wait_is_kept() {
    let answer = Answer {
        retry_after: Some(Duration::from_secs(7)),
        ..answer(429, "")
    };
    assert_eq!(
        read_as::<Thing>(&answer).unwrap_err().retry_after,
        Some(Duration::from_secs(7))
    );
}

#[test]
fn messages_are_redacted_on_one_line_and_held_to_a_length() {
    let failure = told(
        400,
        &json!({"code": "k3y\n", "message": "k3y \n\u{202e}".repeat(5_000)}),
    );
    assert!(!failure.message.contains("k3y") && !failure.message.contains(['\n', '\u{202e}']));
    assert!(failure.message.len() < 2_000);
    assert_eq!(failure.code.as_deref(), Some("[redacted]"));
}
