//! Tests of what a client tells: one line for each attempt, and never a secret.

use std::{
    error::Error as _,
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use serde_json::json;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::{
    super::{
        loopback::{KEY, Loopback, Reply},
        *,
    },
    tests::{create, machine, operation},
    *,
};

/// Everything that is logged, at every level and by every library.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<String>>);

impl<S: tracing::Subscriber> Layer<S> for Captured {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        struct Fields<'a>(&'a mut String);
        impl tracing::field::Visit for Fields<'_> {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
                write!(self.0, " {field}={value:?}").unwrap();
            }
        }
        let mut text = self.0.lock().unwrap();
        write!(text, "{} {}", event.metadata().level(), event.metadata().target()).unwrap();
        event.record(&mut Fields(&mut text));
        text.push('\n');
    }
}

/// An error with all that stands behind it, as any way of showing it would.
fn shown(error: &Error) -> String {
    let mut shown = format!("{error} {error:?} {:?} {}", error.code, error.message);
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(shown, "{error} {error:?}").unwrap();
        cause = error.source();
    }
    shown
}

#[tokio::test]
async fn every_attempt_is_logged_and_no_secret_ever() {
    let captured = Captured::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(captured.clone()));
    let echo = json!({"code": KEY, "message": format!("{KEY} hunter2"), "issues": [{"message": KEY}]});
    let mut answer = operation("ps1");
    answer["data"]["os"] = json!(format!("{KEY} hunter2"));
    answer["password"] = json!("other-secret");
    let server = Loopback::start([
        Reply::text(429, "", &format!("<html>{KEY} hunter2</html>")),
        Reply::json(400, &echo),
        Reply::text(302, &format!("location: http://127.0.0.1/{KEY}\r\n"), ""),
        Reply::json(200, &json!({"data": {"id": [KEY], "name": "hunter2"}})),
        Reply::json(200, &json!({"data": format!("hunter2 {KEY}")})),
        Reply::Close,
        Reply::json(200, &answer),
    ])
    .await;
    let client = server.client();
    let mut told = format!("{client:?} {:?} {:?}", server.settings(), create());
    for _ in 0..5 {
        told.push_str(&shown(&client.create_machine(&create()).await.unwrap_err()));
    }
    client.create_machine(&create()).await.unwrap();

    let logged = captured.0.lock().unwrap().clone();
    for secret in [KEY, "hunter2", "other-secret"] {
        assert!(!told.contains(secret), "{secret} is shown:\n{told}");
        assert!(!logged.contains(secret), "{secret} is logged:\n{logged}");
    }
    let attempts: Vec<&str> = logged
        .lines()
        .filter(|line| line.starts_with("DEBUG paperspace.api"))
        .collect();
    assert_eq!(attempts.len(), 7, "{logged}");
    for part in [
        "method=\"POST\"",
        "path=\"/machines\"",
        "status=400",
        "attempt=1",
        "elapsed_ms=",
    ] {
        assert!(attempts[1].contains(part), "{part} is missing in {}", attempts[1]);
    }
    assert!(
        logged.contains(r#"\"name\":\"n\""#),
        "bodies are logged at TRACE:\n{logged}"
    );
}

#[tokio::test]
async fn a_secret_once_seen_is_never_shown_again_however_it_is_spelt() {
    const PASSWORD: &str = "p&ss \"w<rd>%ü\\";
    let captured = Captured::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(captured.clone()));
    let drive = json!({"id": "sd1", "name": "n", "password": "dr1ve-secret"});
    let vnc = json!({"vnc": {"hostname": "h", "port": 5900, "password": "vnc-secret"}});
    let spelt = [
        PASSWORD.to_owned(),
        serde_json::to_string(PASSWORD).unwrap(),
        "p&amp;ss &quot;w&lt;rd&gt;%&#252;\\".to_owned(),
        "p%26ss%20%22w%3Crd%3E%25%C3%BC%5C".to_owned(),
        "dr1ve-secret vnc%2dsecret".to_owned(),
    ]
    .join(" | ");
    let event = json!({"id": "e1", "name": spelt, "state": spelt, "error": format!("password {spelt} is weak")});
    let server = Loopback::start([
        Reply::json(200, &operation("ps1")),
        Reply::json(200, &json!({"items": [drive]})),
        Reply::json(200, &vnc),
        Reply::json(200, &event),
        Reply::json(200, &json!({"data": machine("ps1"), "event": event})),
        Reply::json(200, &json!({"items": [event]})),
        Reply::json(400, &json!({"code": spelt, "message": spelt})),
        Reply::text(403, "", &format!("<html>{spelt}</html>")),
        Reply::text(500, "", &spelt),
    ])
    .await;
    let client = server.client();
    let new = CreateMachine {
        password: Some(SecretString::from(PASSWORD)),
        ..create()
    };
    client.create_machine(&new).await.unwrap();
    client.shared_drives(&SharedDriveFilter::default()).await.unwrap();
    client.desktop("ps1").await.unwrap();
    // Another clone, and requests that know nothing of the password.
    let client = client.with_max_retries(0).unhurried();
    let mut told = format!("{:?}", client.event("e1").await.unwrap());
    told.push_str(&format!("{:?}", client.start_machine("ps1").await.unwrap()));
    told.push_str(&format!("{:?}", client.events(&EventFilter::default()).await.unwrap()));
    for _ in 0..3 {
        told.push_str(&shown(&client.machine("ps1").await.unwrap_err()));
    }
    let logged = captured.0.lock().unwrap().clone();
    for (what, text) in [("shown", &told), ("logged", &logged)] {
        for part in ["w<rd", "w&lt;rd", "w%3Crd", "w\\u003crd", "dr1ve", "vnc-s", "vnc%2d"] {
            assert!(!text.contains(part), "{part} is {what}:\n{text}");
        }
        assert!(text.contains("[redacted]"), "{what}");
    }
}
