//! A client for the tests beneath the handlers: a simulator and plain requests to it, with no behaviour of its own.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::sim::{Config, DEFAULT_KEY, Quirks, Sim, TimeMode};

/// A running simulator and a way to talk to it.
pub(crate) struct Client {
    pub sim: Sim,
    pub http: reqwest::Client,
    pub key: String,
}

/// An answer: its status and its body.
pub(crate) type Got = (u16, Value);

impl Client {
    pub async fn of(config: Config) -> Self {
        let sim = Sim::start(config).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            sim,
            http,
            key: DEFAULT_KEY.to_owned(),
        }
    }

    /// With operations that are done at once.
    pub async fn immediate() -> Self {
        Self::of(Config {
            time: TimeMode::Immediate,
            ..Config::default()
        })
        .await
    }

    /// With time that stands until it is moved.
    pub async fn explicit() -> Self {
        Self::of(Config {
            time: TimeMode::Explicit,
            ..Config::default()
        })
        .await
    }

    /// With quirks, and operations that are done at once.
    pub async fn quirky(quirks: Quirks) -> Self {
        Self::of(Config {
            time: TimeMode::Immediate,
            quirks,
            ..Config::default()
        })
        .await
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> reqwest::Result<Got> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.sim.url()))
            .bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.timeout(Duration::from_secs(60)).send().await?;
        let status = response.status().as_u16();
        Ok((status, response.json().await?))
    }

    pub async fn get(&self, path: &str) -> Got {
        self.send(Method::GET, path, None).await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Got {
        self.send(Method::POST, path, Some(body)).await.unwrap()
    }

    pub async fn put(&self, path: &str, body: &Value) -> Got {
        self.send(Method::PUT, path, Some(body)).await.unwrap()
    }

    pub async fn patch(&self, path: &str) -> Got {
        self.send(Method::PATCH, path, None).await.unwrap()
    }

    pub async fn delete(&self, path: &str) -> Got {
        self.send(Method::DELETE, path, None).await.unwrap()
    }

    /// Makes a machine, which must succeed, and answers what is told of it.
    pub async fn machine(&self, changes: &Value) -> Value {
        let (status, answer) = self.post("/machines", &machine_body(changes)).await;
        assert_eq!(status, 200, "{answer}");
        answer["data"].clone()
    }
}

/// The least that a create must say, with some members changed.
pub(crate) fn machine_body(changes: &Value) -> Value {
    let mut body = json!({
        "name": "box",
        "machineType": "C5",
        "templateId": "tkni3aa4",
        "diskSize": 50,
        "region": "East Coast (NY2)",
    });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// The code of a refusal, after its status.
pub(crate) fn refusal(got: &Got) -> (u16, &str) {
    (got.0, got.1["code"].as_str().unwrap_or_default())
}
