//! What the API answers, to each kind of request: it is read, or it is an error that can be shown to anybody.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Duration;

use bolero::check;
use fuzz::samples::{Samples, Spoilt};
use secrecy::SecretString;
use terraform_provider_paperspace::api::{Client, CreateMachine, Error, Pace, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

/// The key, with what is spelt in other ways by JSON, HTML and in addresses.
const KEY: &str = "s3cr3t\"<k3y>&%";

/// Its spellings.
const SPELLINGS: [&str; 4] = [
    KEY,
    "s3cr3t\\\"<k3y>&%",
    "s3cr3t&quot;&lt;k3y&gt;&amp;%",
    "s3cr3t%22%3Ck3y%3E%26%25",
];

const PIECES: &[&[u8]] = &[
    b"null",
    b"\"\"",
    b"1e400",
    b"-1",
    b"2.5",
    b"[]",
    b"{}",
    b"true",
    b"\"not-a-date\"",
    b"\"dtDeleted\":\"2024-04-30T15:51:24Z\",",
    b"\"hasMore\":true,\"nextPage\":\"x\",",
    b"\"message\":\"s3cr3t\\\"<k3y>&%\",",
    b"s3cr3t&quot;&lt;k3y&gt;&amp;%",
    b"s3cr3t%22%3Ck3y%3E%26%25",
    b"\\u001b[31m",
    b"\\u202e",
    b"<html>",
    b"[",
    b"\xff",
];

const STATUSES: &[u16] = &[
    200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 999,
];
const CONTENT_TYPES: &[&str] = &[
    "application/json",
    "text/html",
    "application/problem+json; charset=utf-8",
    "",
];

/// A service that gives one answer to everything until it is given another.
#[derive(Clone, Default)]
struct Service(Rc<RefCell<Vec<u8>>>);

impl Service {
    fn answers(&self, status: u8, content_type: u8, body: &[u8]) {
        let status = STATUSES[usize::from(status) % STATUSES.len()];
        let content_type = CONTENT_TYPES[usize::from(content_type) % CONTENT_TYPES.len()];
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} Answer\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        *self.0.borrow_mut() = [head.as_bytes(), body].concat();
    }

    async fn serve(self, listener: TcpListener) {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                continue;
            };
            let service = self.clone();
            tokio::task::spawn_local(async move { service.answer(stream).await });
        }
    }

    async fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        // The requests are small: a head, and at most a short body that need not be read to the end.
        let mut request = [0; 4096];
        _ = stream.read(&mut request).await?;
        let answer = self.0.borrow().clone();
        stream.write_all(&answer).await?;
        stream.shutdown().await
    }
}

/// Asks one thing.
async fn ask(client: &Client, what: u8) -> Result<(), Error> {
    match what % 20 {
        0 => client.machine("ps1").await.map(drop),
        1 => client.machines(&Default::default()).await.map(drop),
        2 => client.create_machine(&CreateMachine::default()).await.map(drop),
        3 => client.templates(&Default::default()).await.map(drop),
        4 => client.custom_template("t1").await.map(drop),
        5 => client.event("e1").await.map(drop),
        6 => client.events(&Default::default()).await.map(drop),
        7 => client.accessors("ps1").await.map(drop),
        8 => client.snapshots(&Default::default()).await.map(drop),
        9 => client.startup_scripts(&Default::default()).await.map(drop),
        10 => client.private_network("n1").await.map(drop),
        11 => client.private_networks(&Default::default()).await.map(drop),
        12 => client.public_ips(&Default::default()).await.map(drop),
        13 => client.shared_drives(&Default::default()).await.map(drop),
        14 => client.session().await.map(drop),
        15 => client.team_users("t1", None).await.map(drop),
        16 => client.desktop("ps1").await.map(drop),
        17 => client.machine_available("C5", "ny2").await.map(drop),
        18 => client.delete_machine("ps1").await.map(drop),
        _ => client.delete_shared_drive("d1").await.map(drop),
    }
}

/// An error is for everybody's eyes.
fn can_be_shown(error: &Error) {
    let mut causes = Vec::new();
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = next {
        causes.push(error.to_string());
        next = error.source();
    }
    let text = causes.join("\n");
    assert!(text.len() < 16 << 10, "{} bytes: {text:.500}", text.len());
    let is_hidden = |letter: char| {
        (letter.is_control() && letter != '\n') || ('\u{202a}'..='\u{202e}').contains(&letter) || letter == '\u{2066}'
    };
    assert!(!text.contains(is_hidden), "{text:?}");
    for spelling in SPELLINGS {
        assert!(!text.contains(spelling), "the key is in {text:?}");
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

#[test]
fn answers() {
    let samples = Samples::read("answers", PIECES);
    let (runtime, tasks, service) = (runtime(), LocalSet::new(), Service::default());
    let client = tasks.block_on(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::task::spawn_local(service.clone().serve(listener));
        let pace = Pace {
            first: Duration::ZERO,
            max: Duration::ZERO,
        };
        let settings = Settings {
            base_url: format!("http://{address}/v1"),
            max_retries: 0,
            pace,
            ..Settings::new(SecretString::from(KEY))
        };
        Client::new(settings).expect("the settings are in order")
    });
    let tried = |what: u8, status: u8, content_type: u8, body: &[u8]| {
        service.answers(status, content_type, body);
        if let Err(error) = tasks.block_on(&runtime, ask(&client, what)) {
            can_be_shown(&error);
        }
    };
    for sample in samples.whole() {
        (0..20).for_each(|what| tried(what, 0, 0, sample));
    }
    let tried = AssertUnwindSafe(tried);
    check!()
        .with_type::<(u8, u8, u8, Spoilt)>()
        .for_each(|(what, status, content_type, spoilt)| {
            let tried = &tried;
            tried(*what, *status, *content_type, &samples.spoil(spoilt));
        });
}
