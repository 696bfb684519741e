use std::{
    error::Error as _,
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{
    super::loopback::{KEY, Loopback, Reply, beat, http},
    super::*,
    *,
};

pub(super) fn machine(id: &str) -> Value {
    json!({"id": id, "name": "n", "state": "ready", "machineType": "C5", "region": "ny2"})
}

pub(super) fn operation(id: &str) -> Value {
    json!({"data": machine(id), "event": {"id": "e", "name": "create", "state": "new"}})
}

fn ok() -> Reply {
    Reply::json(200, &machine("ps1"))
}

fn refusal(status: u16) -> Reply {
    Reply::json(status, &json!({"code": "SOME_CODE", "message": "Some reason."}))
}

pub(super) fn create() -> CreateMachine {
    CreateMachine {
        settings: MachineSettings {
            name: Some("n".into()),
            ..MachineSettings::default()
        },
        password: Some(SecretString::from("hunter2")),
        ..CreateMachine::default()
    }
}

#[tokio::test]
async fn a_request_is_what_the_service_expects() {
    let server = Loopback::start([ok()]).await;
    let machine = server.client().machine("ps1").await.unwrap();
    assert_eq!(machine.state, Some(MachineState::Ready));
    let seen = &server.requests()[0];
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str()),
        ("GET", "/v1/machines/ps1")
    );
    assert_eq!(seen.headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(seen.headers["accept"], "application/json");
    assert!(seen.headers["user-agent"].starts_with("terraform-provider-paperspace/"));
    assert!(!seen.headers.contains_key("content-type") && seen.body.is_empty());
}

#[tokio::test]
async fn a_refusal_is_told_in_the_services_words() {
    let server = Loopback::start([refusal(422)]).await;
    let error = server.client().create_machine(&create()).await.unwrap_err();
    assert_eq!(error.to_string(), "POST /machines: Some reason. (422 SOME_CODE)");
    assert!(error.is_refusal() && !error.is_ambiguous());
}

#[tokio::test]
async fn reads_are_tried_again_after_every_transient_failure() {
    let cut = Reply::WriteAndClose("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"id\": ".into());
    for trouble in [
        refusal(408),
        refusal(429),
        refusal(500),
        refusal(502),
        refusal(503),
        refusal(504),
        Reply::Close,
        Reply::text(200, "content-type: text/html\r\n", "<html>Just a moment</html>"),
        Reply::text(401, "content-type: text/html\r\n", "<html>Sign in</html>"),
        Reply::text(403, "content-type: text/html\r\n", "<html>Just a moment</html>"),
        Reply::text(404, "content-type: text/html\r\n", "<html>Not found</html>"),
        Reply::text(404, "", ""),
        Reply::json(404, &json!({"error": "Not Found"})),
        Reply::text(302, "location: https://signin.example\r\n", ""),
        Reply::text(200, "", "{\"id\": "),
        Reply::text(200, "", ""),
        Reply::text(204, "", ""),
        Reply::json(200, &json!({})),
        Reply::json(200, &json!(null)),
        cut,
    ] {
        let server = Loopback::start([trouble.clone(), trouble.clone(), ok()]).await;
        let answer = server.client().machine("ps1").await;
        assert_eq!(answer.unwrap().id, "ps1", "{trouble:?}");
        assert_eq!(server.requests().len(), 3, "{trouble:?}");
    }
}

#[tokio::test]
async fn the_retries_are_counted_and_told() {
    let server = Loopback::start((0..9).map(|_| refusal(503))).await;
    let client = Client::new(Settings {
        max_retries: 2,
        ..server.settings()
    })
    .unwrap();
    let error = client.machine("ps1").await.unwrap_err();
    assert_eq!((error.kind, error.status, error.retries), (Kind::Server, Some(503), 2));
    assert_eq!(server.requests().len(), 3);
    assert!(error.is_retryable() && !error.is_ambiguous());
}

#[tokio::test]
async fn what_is_not_the_apis_own_is_believed_in_the_end_and_never_taken_for_its_word() {
    for (status, body) in [
        (401, "<html>"),
        (403, "<html>"),
        (404, "<html>"),
        (404, ""),
        (200, "<html>"),
        (200, "{}"),
    ] {
        let foreign = || Reply::text(status, "", body);
        let server = Loopback::start((0..9).map(|_| foreign())).await;
        let client = Client::new(Settings {
            max_retries: 7,
            ..server.settings()
        })
        .unwrap();
        let error = client.machine("ps1").await.unwrap_err();
        assert!(
            error.is_foreign() && error.is_retryable(),
            "{status} {body:?}: {error:?}"
        );
        assert!(
            !error.is_not_found() && !error.is_forbidden() && !error.is_unauthorized() && !error.is_refusal(),
            "{status} {body:?}: {error:?}"
        );
        assert_eq!((error.status, error.retries), (Some(status), 3));
        assert_eq!(server.requests().len(), 4);
    }
}

#[tokio::test]
async fn a_foreign_answer_is_no_word_about_a_deletion() {
    let html = || Reply::text(404, "content-type: text/html\r\n", "<html>Not found</html>");
    let server = Loopback::start([html(), Reply::json(200, &operation("ps1")), html(), refusal(404)]).await;
    let client = server.client();
    assert!(client.delete_machine("ps1").await.is_ok());
    let error = client.delete_machine("ps1").await.unwrap_err();
    assert!(error.is_not_found() && error.is_ambiguous(), "{error:?}");
    let server = Loopback::start((0..9).map(|_| html())).await;
    let error = server.client().delete_machine("ps1").await.unwrap_err();
    assert!(
        error.is_foreign() && error.is_ambiguous() && !error.is_not_found(),
        "{error:?}"
    );
}

#[tokio::test]
async fn doubt_once_raised_stays_to_the_end() {
    // The first attempt may have acted; what comes after it cannot take that back.
    for last in [
        vec![refusal(409)],
        vec![refusal(429), refusal(403)],
        vec![refusal(422)],
        vec![refusal(404)],
    ] {
        let sent = 1 + last.len();
        let server = Loopback::start([Reply::Close].into_iter().chain(last)).await;
        let error = server
            .client()
            .update_machine("ps1", &MachineSettings::default())
            .await
            .unwrap_err();
        assert!(error.is_ambiguous() && !error.is_refusal(), "{error:?}");
        assert_eq!(server.requests().len(), sent);
    }
    // And where nothing of it may have, there is none.
    let server = Loopback::start([refusal(429), refusal(429), refusal(409)]).await;
    let error = server.client().create_machine(&create()).await.unwrap_err();
    assert!(error.is_refusal() && !error.is_ambiguous(), "{error:?}");
}

#[tokio::test]
async fn repeatable_changes_are_tried_again_and_stay_in_doubt() {
    let server = Loopback::start([
        Reply::Close,
        refusal(404),
        refusal(502),
        Reply::json(200, &operation("ps1")),
    ])
    .await;
    let client = server.client();
    let error = client.delete_machine("ps1").await.unwrap_err();
    assert!(
        error.is_not_found() && error.is_ambiguous(),
        "the first attempt may have deleted it: {error:?}"
    );
    let changes = MachineSettings {
        name: Some("m".into()),
        ..MachineSettings::default()
    };
    assert!(client.update_machine("ps1", &changes).await.is_ok());
    assert_eq!(server.requests()[3].body, r#"{"name":"m"}"#);
}

#[tokio::test]
async fn a_request_that_may_have_acted_is_never_sent_twice() {
    let cut = Reply::WriteAndClose("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"data\": ".into());
    for (trouble, kind) in [
        (Reply::Close, Kind::Interrupted),
        (cut, Kind::Garbled),
        (Reply::text(200, "", "<html>"), Kind::Foreign),
        (Reply::text(403, "", "<html>"), Kind::Foreign),
        (Reply::text(404, "", ""), Kind::Foreign),
        (Reply::text(302, "location: /\r\n", ""), Kind::Redirected),
        (Reply::json(200, &json!({})), Kind::Decode),
        (Reply::json(200, &json!({"data": 7})), Kind::Decode),
        (refusal(408), Kind::Timeout),
        (refusal(500), Kind::Server),
        (refusal(502), Kind::Server),
        (Reply::text(503, "retry-after: 0\r\n", ""), Kind::Server),
        (refusal(504), Kind::Server),
    ] {
        let server = Loopback::start([trouble.clone(), trouble.clone()]).await;
        let client = server.client();
        let error = client.create_machine(&create()).await.unwrap_err();
        assert_eq!(error.kind, kind, "{trouble:?}");
        assert!(error.is_ambiguous(), "{trouble:?}");
        assert_eq!(server.requests().len(), 1, "{trouble:?}");
        let error = client.start_machine("ps1").await.unwrap_err();
        assert!(error.is_ambiguous(), "{trouble:?}");
        assert_eq!(
            server.lines(),
            ["POST /v1/machines", "PATCH /v1/machines/ps1/start"],
            "{trouble:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_is_a_timeout() {
    let server = Loopback::start([Reply::Silence, Reply::Silence]).await;
    let client = Client::new(Settings {
        request_timeout: Duration::from_millis(50),
        ..server.settings()
    })
    .unwrap();
    let error = client.create_machine(&create()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Timeout);
    assert!(error.is_ambiguous());
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_change_that_surely_did_not_act_is_tried_again() {
    let server = Loopback::start([refusal(429), Reply::json(200, &operation("ps1"))]).await;
    let answer = server.client().create_machine(&create()).await.unwrap();
    assert_eq!(answer.data.id, "ps1");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn no_connection_is_no_doubt() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let pace = Pace {
        first: Duration::ZERO,
        max: Duration::ZERO,
    };
    let settings = Settings {
        base_url,
        pace,
        max_retries: 3,
        ..Settings::new(SecretString::from(KEY))
    };
    let error = Client::new(settings)
        .unwrap()
        .create_machine(&create())
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.retries), (Kind::Connect, 3));
    assert!(error.is_retryable() && !error.is_ambiguous());
}

/// The server takes the second request of a kept connection and closes it without an answer, which looks to the
/// client like an idle connection that died. HTTP libraries like to send again then.
#[tokio::test]
async fn a_kept_connection_that_dies_sends_nothing_twice() {
    let server = Loopback::start([ok(), Reply::Close, ok()]).await;
    let client = server.client();
    client.machine("ps1").await.unwrap();
    let error = client.create_machine(&create()).await.unwrap_err();
    assert_eq!(error.kind, Kind::Interrupted);
    assert!(error.is_ambiguous());
    let connections: Vec<usize> = server.requests().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 0], "the POST went out once, by the kept connection");
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_before_is_not_used() {
    let closing = Reply::WriteAndClose(http(200, "", &machine("ps1").to_string()));
    let server = Loopback::start([closing, Reply::json(200, &operation("ps1"))]).await;
    let client = server.client();
    client.machine("ps1").await.unwrap();
    match client.create_machine(&create()).await {
        Ok(_) => assert_eq!(server.requests().len(), 2),
        // The closing and the request may cross on the way; then it was not answered and must not be repeated.
        Err(error) => assert!(error.is_ambiguous() && server.requests().len() == 1),
    }
}

#[tokio::test]
async fn both_forms_of_retry_after_are_honoured() {
    let now = SystemTime::now();
    let soon = httpdate::fmt_http_date(now);
    let late = httpdate::fmt_http_date(now + Duration::from_secs(86_400));
    for (header, waits) in [
        ("0", false),
        (soon.as_str(), false),
        ("3600", true),
        (late.as_str(), true),
    ] {
        let reply = Reply::text(429, &format!("retry-after: {header}\r\n"), "");
        let server = Loopback::start([reply, ok()]).await;
        // Time for another attempt now, and none for one after the delay that was asked for.
        let settings = Settings {
            total_budget: Duration::from_secs(60),
            ..server.settings()
        };
        let answer = Client::new(settings).unwrap().machine("ps1").await;
        assert_eq!(server.requests().len(), if waits { 1 } else { 2 }, "{header}");
        match answer {
            Ok(_) => assert!(!waits, "{header}"),
            Err(error) => assert!(waits && error.is_rate_limited(), "{header}: {error:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_delay_leaves_time_for_one_more_attempt_before_the_deadline() {
    beat();
    let wait = || Reply::text(429, "retry-after: 120\r\n", "");
    let server = Loopback::start([wait(), ok(), wait(), wait()]).await;
    let client = || server.client().with_deadline(Instant::now() + Duration::from_secs(60));
    assert!(client().machine("ps1").await.is_ok());
    let error = client().machine("ps1").await.unwrap_err();
    assert!(error.is_deadline_exceeded(), "{error:?}");
    assert_eq!((error.status, error.retries), (Some(429), 1));
    assert!(error.source().unwrap().to_string().contains("429"));
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn delays_are_shortened_as_long_as_there_is_time() {
    let second = Duration::from_secs(1);
    assert_eq!(shortened(5 * second, 60 * second, second), Some(5 * second));
    assert_eq!(shortened(120 * second, 60 * second, second), Some(59 * second));
    assert_eq!(shortened(second, second, second), None);
    assert_eq!(shortened(second, Duration::ZERO, Duration::ZERO), None);
}

#[tokio::test(start_paused = true)]
async fn a_request_does_not_outlast_its_budget_however_many_retries_it_has() {
    beat();
    let wait = || Reply::text(429, "retry-after: 120\r\n", "");
    let server = Loopback::start([wait(), wait(), wait(), wait()]).await;
    let settings = Settings {
        max_retries: 100,
        ..server.settings()
    };
    let error = Client::new(settings).unwrap().machine("ps1").await.unwrap_err();
    assert!(error.is_rate_limited(), "{error:?}");
    assert_eq!((server.requests().len(), error.retries), (3, 2));
}

#[tokio::test]
async fn a_clone_may_have_fewer_retries() {
    let failure = || Reply::text(503, "", "");
    let server = Loopback::start([failure(), failure(), failure()]).await;
    let client = server.client().with_max_retries(1);
    assert_eq!(client.machine("ps1").await.unwrap_err().retries, 1);
    let client = client.with_max_retries(0).with_max_retries(9);
    assert_eq!(client.machine("ps1").await.unwrap_err().retries, 0);
}

#[tokio::test]
async fn a_date_is_read_by_the_servers_clock() {
    // Ten years ahead of this computer, the server asks for a moment of patience.
    let reply = "date: Tue, 30 Apr 2058 15:51:24 GMT\r\nretry-after: Tue, 30 Apr 2058 15:51:24 GMT\r\n";
    let server = Loopback::start([Reply::text(503, reply, ""), ok()]).await;
    let client = server.client().with_deadline(Instant::now() + Duration::from_secs(60));
    assert!(client.machine("ps1").await.is_ok());
}

#[tokio::test]
async fn a_redirect_is_an_error_and_not_followed() {
    let elsewhere = Loopback::start([ok()]).await;
    let redirect = || Reply::text(307, &format!("location: {}\r\n", elsewhere.url()), "");
    let server = Loopback::start((0..4).map(|_| redirect())).await;
    let error = server.client().machine("ps1").await.unwrap_err();
    assert_eq!((error.kind, error.retries), (Kind::Redirected, 3));
    assert!(error.to_string().contains(&elsewhere.url()));
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_success_that_holds_only_an_error_is_one() {
    let body = json!({"code": "NOT_FOUND", "message": "No such machine."});
    let server = Loopback::start([Reply::json(200, &body)]).await;
    let error = server.client().machine("ps1").await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(error.to_string(), "GET /machines/ps1: No such machine. (200 NOT_FOUND)");
}

#[tokio::test]
async fn json_of_another_shape_is_told_apart() {
    let server = Loopback::start((0..9).map(|_| Reply::json(200, &json!({"name": "n"})))).await;
    let error = server.client().machine("ps1").await.unwrap_err();
    assert_eq!((error.kind, error.status), (Kind::Decode, Some(200)));
    assert!(error.message.contains("`id` is missing"), "{error}");
}

#[tokio::test]
async fn an_answer_with_an_identifier_is_an_answer() {
    for odd in [
        json!({"data": {"id": "ps1", "cpus": 2.5, "ram": "", "updatesPending": 0, "region": null, "usageRate": "n/a"}}),
        json!({"data": {"id": "ps1", "state": 7, "accelerators": "none"}, "event": {"state": "new"}}),
        json!({"data": {"id": "ps1"}, "event": "soon"}),
        json!({"id": "ps1"}),
    ] {
        let server = Loopback::start([Reply::json(200, &odd)]).await;
        let made = server.client().create_machine(&create()).await.unwrap();
        assert_eq!(made.data.id, "ps1", "{odd}");
    }
}

#[tokio::test]
async fn a_body_without_an_end_is_not_read_to_it() {
    let large = "1".repeat(5 * 1024 * 1024);
    let announced = Reply::text(200, "", &large);
    let chunk = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{large}\r\n",
        large.len()
    );
    for reply in [announced, Reply::WriteAndClose(chunk)] {
        let server = Loopback::start([reply]).await;
        let client = server.client().with_max_retries(0);
        let error = client.machine("ps1").await.unwrap_err();
        assert_eq!(error.kind, Kind::Foreign);
        assert!(error.message.contains("larger than any"), "{error}");
    }
}

#[tokio::test]
async fn durations_that_no_clock_can_add_up_are_as_good_as_for_ever() {
    let server = Loopback::start([refusal(503), ok()]).await;
    let ages = Settings {
        request_timeout: Duration::MAX,
        total_budget: Duration::MAX,
        pace: Pace {
            first: Duration::ZERO,
            max: Duration::MAX,
        },
        ..server.settings()
    };
    let client = Client::new(ages).unwrap();
    assert_eq!(client.machine("ps1").await.unwrap().id, "ps1");
    let long = Pace {
        first: Duration::MAX,
        max: Duration::MAX,
    };
    let client = Client::new(Settings {
        pace: long,
        ..server.settings()
    });
    assert!(client.unwrap().pace().max < Duration::from_secs(86_400));
}

#[tokio::test]
async fn a_cancelled_client_sends_nothing() {
    let server = Loopback::start([ok()]).await;
    let cancel = Cancel::new();
    cancel.cancel();
    let client = server.client();
    let error = client.with_cancel(cancel).create_machine(&create()).await.unwrap_err();
    assert!(error.is_cancelled() && !error.is_ambiguous());
    assert!(server.requests().is_empty());
    assert!(client.machine("ps1").await.is_ok(), "the other clone goes on");
}

#[tokio::test]
async fn cancelling_drops_a_read_at_once() {
    let server = Loopback::start([Reply::Silence]).await;
    let client = server.client().with_cancel(Cancel::new());
    let (answer, ()) = tokio::join!(client.machine("ps1"), async {
        server.arrival().await;
        client.cancel().cancel();
    });
    assert!(answer.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn cancelling_leaves_a_change_on_its_way_to_its_answer() {
    let go = Arc::new(Notify::new());
    let server = Loopback::start([Reply::Held(http(200, "", &operation("ps1").to_string()), go.clone())]).await;
    let client = server
        .client()
        .with_cancel(Cancel::new())
        .with_deadline(Instant::now() + Duration::from_secs(60));
    let machine = create();
    let (answer, ()) = tokio::join!(client.create_machine(&machine), async {
        server.arrival().await;
        client.cancel().cancel();
        tokio::task::yield_now().await;
        go.notify_one();
    });
    assert_eq!(answer.unwrap().data.id, "ps1");
}

#[tokio::test]
async fn cancelling_ends_a_backoff_and_keeps_the_last_failure() {
    let server = Loopback::start([Reply::text(429, "retry-after: 100\r\n", "")]).await;
    let client = server.client().with_cancel(Cancel::new());
    let machine = create();
    let (answer, ()) = tokio::join!(client.create_machine(&machine), async {
        server.arrival().await;
        client.cancel().cancel();
    });
    let error = answer.unwrap_err();
    assert!(error.is_cancelled() && !error.is_ambiguous());
    assert_eq!(error.status, Some(429));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_deadline_ends_a_read_and_lets_a_change_finish() {
    let server = Loopback::start([Reply::Silence]).await;
    let client = server
        .client()
        .with_deadline(Instant::now() + Duration::from_millis(50));
    assert!(client.machine("ps1").await.unwrap_err().is_deadline_exceeded());
    assert!(client.machine("ps1").await.unwrap_err().is_deadline_exceeded());
    assert_eq!(server.requests().len(), 1, "past the deadline nothing is sent");
}

#[tokio::test]
async fn identifiers_cannot_ask_for_something_else() {
    let server = Loopback::start([]).await;
    let client = server.client();
    for id in ["", ".", "..", ".\t.", "../a?b#c", "a/b"] {
        let error = client.delete_machine(id).await.unwrap_err();
        assert_eq!(error.kind, Kind::Config, "{id:?}");
        assert!(!error.is_ambiguous() && !error.is_retryable(), "{id:?}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn the_future_of_a_call_can_move_between_threads() {
    fn sendable(_: impl Future + Send) {}
    let server = Loopback::start([]).await;
    let client = server.client();
    sendable(client.machines(&MachineFilter::default()));
    sendable(client.templates(&TemplateQuery::default()));
    sendable(client.create_machine(&create()));
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let settings = || Settings::new(SecretString::from(KEY));
    for settings in [
        Settings {
            base_url: "http://example.com".into(),
            ..settings()
        },
        Settings {
            api_key: SecretString::from(""),
            ..settings()
        },
        Settings {
            user_agent: "a\nb".into(),
            ..settings()
        },
        Settings {
            request_timeout: Duration::ZERO,
            ..settings()
        },
        Settings {
            requests_per_second: Some(-1.0),
            ..settings()
        },
    ] {
        assert_eq!(Client::new(settings).unwrap_err().kind, Kind::Config);
    }
    assert_eq!(Client::new(settings()).unwrap().base_url(), DEFAULT_BASE_URL);
}
