//! A scripted HTTP server on this computer, for tests of the client.
//!
//! It speaks raw TCP, because the faults that matter are those that no HTTP library would commit: answers cut short,
//! connections closed after the request was read, silence. Each request takes the next reply of the script; requests
//! beyond it are answered with 418, so that one too many shows.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use secrecy::SecretString;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use super::{Client, Pace, Settings};

/// The key that [`Loopback::client`] sends.
pub(super) const KEY: &str = "k3y-that-must-not-show";

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
    /// Which connection it came by, counted from 0.
    pub(super) connection: usize,
}

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// Writes this and keeps the connection.
    Write(String),
    /// Writes this and closes the connection.
    WriteAndClose(String),
    /// Reads the request and closes the connection without a word.
    Close,
    /// Reads the request and never answers.
    Silence,
    /// Answers once it is told to go on.
    Held(String, Arc<Notify>),
}

impl Reply {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "content-type: application/json\r\n", &body.to_string())
    }

    pub(super) fn text(status: u16, headers: &str, body: &str) -> Self {
        Self::Write(http(status, headers, body))
    }
}

/// An answer as it goes over the wire.
pub(super) fn http(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

/// Keeps a paused clock from leaping over a timeout while an answer is on its way: time then passes in small steps, and
/// between two of them whatever has arrived is read.
pub(super) fn beat() {
    tokio::spawn(async {
        loop {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}

#[derive(Default)]
struct Script {
    replies: VecDeque<Reply>,
    seen: Vec<Seen>,
}

/// The running server; it ends with the test's runtime.
pub(super) struct Loopback {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
    arrived: Arc<Notify>,
}

impl Loopback {
    pub(super) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Script {
            replies: replies.into_iter().collect(),
            seen: Vec::new(),
        };
        let server = Self {
            address,
            script: Arc::new(Mutex::new(script)),
            arrived: Arc::default(),
        };
        let (script, arrived) = (server.script.clone(), server.arrived.clone());
        tokio::spawn(async move {
            for connection in 0.. {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                tokio::spawn(serve(stream, connection, script.clone(), arrived.clone()));
            }
        });
        server
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Settings for this server: a pace that no test has to wait for.
    pub(super) fn settings(&self) -> Settings {
        let pace = Pace {
            first: Duration::from_millis(1),
            max: Duration::from_millis(1),
        };
        Settings {
            base_url: self.url(),
            pace,
            ..Settings::new(SecretString::from(KEY))
        }
    }

    pub(super) fn client(&self) -> Client {
        Client::new(self.settings()).unwrap()
    }

    pub(super) fn requests(&self) -> Vec<Seen> {
        self.script.lock().unwrap().seen.clone()
    }

    /// The requests as `METHOD target`.
    pub(super) fn lines(&self) -> Vec<String> {
        self.requests()
            .iter()
            .map(|seen| format!("{} {}", seen.method, seen.target))
            .collect()
    }

    /// Waits until a request has been read whole.
    pub(super) async fn arrival(&self) {
        self.arrived.notified().await;
    }
}

async fn serve(mut stream: TcpStream, connection: usize, script: Arc<Mutex<Script>>, arrived: Arc<Notify>) {
    while let Some(seen) = read(&mut stream, connection).await {
        let reply = {
            let mut script = script.lock().unwrap();
            script.seen.push(seen);
            script
                .replies
                .pop_front()
                .unwrap_or_else(|| Reply::text(418, "", "the script is over"))
        };
        arrived.notify_one();
        match reply {
            Reply::Write(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
            Reply::WriteAndClose(answer) => return stream.write_all(answer.as_bytes()).await.unwrap(),
            Reply::Close => return,
            Reply::Silence => std::future::pending().await,
            Reply::Held(answer, go) => {
                go.notified().await;
                // The client may have gone by now, which is what some tests are about.
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    }
}

/// Reads one request, or nothing when the client has closed the connection.
async fn read(stream: &mut TcpStream, connection: usize) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.lines();
    let mut first = lines.next()?.split(' ').map(str::to_owned);
    let (method, target) = (first.next()?, first.next()?);
    let headers: BTreeMap<_, _> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    while bytes.len() < head + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes[head + 4..].to_vec()).unwrap();
    Some(Seen {
        method,
        target,
        headers,
        body,
        connection,
    })
}
