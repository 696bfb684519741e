//! The way that every request takes before and after it is served: onto the list, through the faults, and back.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::disguise::disguise;
use super::problem::Problem;
use super::{BASE, Given, serve};
use crate::sim::app::{App, SharedApp};
use crate::sim::exchange::{Answered, Exchange};
use crate::sim::fault::Effect;
use crate::sim::listen::Line;
use crate::sim::requests::{Outcome, SeenRequest};

/// The largest body that is read.
const BODY_LIMIT: usize = 1 << 20;

/// What the firewall answers, in HTML as its kind does.
const FIREWALL_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Attention Required!</title></head>\n<body><h1>Sorry, you \
                             have been blocked</h1></body></html>\n";

/// Takes a request along the way.
pub(super) async fn pass(
    State(app): State<SharedApp>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = tokio::select! {
        body = to_bytes(body, BODY_LIMIT) => body,
        () = app.stop.cancelled() => return lose(&line),
    };
    let Ok(body) = body else {
        return refuse(&Problem::too_large());
    };
    let mut request = describe(&app, &parts, &body);
    let fault = app.faults().pick(&request.method, &request.path);
    let fault = fault.or_else(|| firewall(&app, &request));
    let number = app.log().arrived(request.clone());
    let mut answer = None;
    let act = || {
        let (own, response) = act(&app, &parts, body);
        answer = Some(own);
        response
    };
    let (response, outcome) = carry_out(&app, fault.clone(), &line, act).await;
    app.log().ended(number, outcome);
    if let Some(observer) = &app.config.observer {
        request.outcome = outcome;
        observer.see(&Exchange { request, answer, fault });
    }
    response
}

fn describe(app: &App, parts: &Parts, body: &Bytes) -> SeenRequest {
    let path = parts.uri.path();
    let headers = parts.headers.iter().filter(|(name, _)| **name != AUTHORIZATION);
    SeenRequest {
        method: parts.method.to_string(),
        path: path.strip_prefix(BASE).unwrap_or(path).to_owned(),
        query: query(parts),
        headers: headers
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
        body: serde_json::from_slice(body).ok(),
        team: key(&parts.headers)
            .and_then(|key| app.caller(key))
            .map(|caller| app.config.teams[caller.team].id.clone()),
        outcome: Outcome::Open,
        at: app.service().clock.now().stamp,
    }
}

fn query(parts: &Parts) -> BTreeMap<String, String> {
    let query = Query::<BTreeMap<String, String>>::try_from_uri(&parts.uri);
    query.map(|Query(query)| query).unwrap_or_default()
}

/// The key that a request shows.
fn key(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// What the firewall makes of a request, if it minds the script in it.
fn firewall(app: &App, request: &SeenRequest) -> Option<Effect> {
    let writes = request.path.starts_with("/startup-scripts") && request.method != "GET";
    let script = request.body.as_ref().filter(|_| writes)?["script"].as_str()?;
    let blocked = app.service().quirks.firewall_word(script).is_some();
    blocked.then(|| Effect::body(403, FIREWALL_PAGE))
}

/// Serves a request: what the service itself answers, and how that is sent.
fn act(app: &App, parts: &Parts, body: Bytes) -> (Answered, Response) {
    let answer = serve(
        app,
        Given {
            method: parts.method.as_str(),
            path: parts.uri.path().strip_prefix(BASE),
            query: query(parts),
            key: key(&parts.headers),
            content_type: parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()),
            body,
        },
    );
    save_after(app, &parts.method);
    let (status, mut body) = match answer {
        Ok(body) => (200, body),
        Err(problem) => (problem.status, problem.to_json()),
    };
    let own = Answered {
        status,
        body: Some(body.clone()),
    };
    let service = app.service();
    disguise(&mut body, &service.quirks);
    let status = if service.quirks.errors_as_ok { 200 } else { status };
    (own, json(status, &body))
}

fn json(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, axum::Json(body)).into_response()
}

fn refuse(problem: &Problem) -> Response {
    json(problem.status, &problem.to_json())
}

/// Serves a request as the fault that hit it, if one did, lets it be served.
async fn carry_out(
    app: &App,
    effect: Option<Effect>,
    line: &Line,
    act: impl FnOnce() -> Response,
) -> (Response, Outcome) {
    let response = match effect {
        None => act(),
        Some(Effect::Delay(milliseconds)) => {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(milliseconds)) => act(),
                () = app.stop.cancelled() => return (lose(line), Outcome::Dropped),
            }
        }
        Some(Effect::Status {
            code,
            retry_after,
            body,
            acted,
        }) => {
            if acted {
                act();
            }
            let response = status(code, body);
            with_header(response, RETRY_AFTER, retry_after.as_deref())
        }
        Some(Effect::Redirect(to)) => with_header(StatusCode::FOUND.into_response(), LOCATION, Some(&to)),
        Some(Effect::DropBeforeAct) => return (lose(line), Outcome::Dropped),
        Some(Effect::DropAfterAct) => {
            act();
            return (lose(line), Outcome::Dropped);
        }
        Some(Effect::Hang) => {
            app.stop.cancelled().await;
            return (lose(line), Outcome::Dropped);
        }
        Some(Effect::Garbage) => {
            act();
            Html("<!DOCTYPE html>\n<html><head><title>Please wait</title></head><body></body></html>\n").into_response()
        }
        Some(Effect::Truncate) => {
            let response = act();
            let outcome = Outcome::Truncated(response.status().as_u16());
            return (truncate(response).await, outcome);
        }
    };
    let status = response.status().as_u16();
    (response, Outcome::Answered(status))
}

/// An answer that is never written.
fn lose(line: &Line) -> Response {
    line.cut();
    StatusCode::NO_CONTENT.into_response()
}

fn status(code: u16, body: Option<String>) -> Response {
    let Some(body) = body else {
        return refuse(&Problem::of_status(code));
    };
    let kind = if body.trim_start().starts_with('{') {
        "application/json"
    } else {
        "text/html"
    };
    let code = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (code, [(CONTENT_TYPE, kind)], body).into_response()
}

fn with_header(mut response: Response, name: HeaderName, value: Option<&str>) -> Response {
    if let Some(value) = value.and_then(|text| HeaderValue::from_str(text).ok()) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// The first half of an answer that promises all of it.
async fn truncate(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    // Without a pause between them, the failure would overtake the half that was to be seen.
    let failure = stream::once(async {
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    });
    let first = stream::iter([Ok::<Bytes, io::Error>(half)]);
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(whole.len()));
    Response::from_parts(parts, Body::from_stream(first.chain(failure)))
}

/// Keeps the state file up to date. A world that cannot be saved is still of use, so this only complains.
fn save_after(app: &App, method: &Method) {
    if *method == Method::GET || *method == Method::HEAD {
        return;
    }
    if let Err(error) = app.save() {
        eprintln!("paperspace-sim: the state file cannot be written: {error}");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::Method;
    use serde_json::json;

    use super::super::client::{Client, machine_body, refusal};
    use crate::sim::{Effect, Fault, Outcome};

    async fn client_with(effect: Effect) -> Client {
        let client = Client::immediate().await;
        client.sim.faults().add(Fault::on("POST", "/machines", effect).nth(1));
        client
    }

    async fn create(client: &Client) -> reqwest::Result<(u16, serde_json::Value)> {
        client
            .send(Method::POST, "/machines", Some(&machine_body(&json!({}))))
            .await
    }

    fn outcomes(client: &Client) -> Vec<Outcome> {
        client.sim.requests().iter().map(|request| request.outcome).collect()
    }

    #[tokio::test]
    async fn a_connection_can_close_before_or_after_the_service_acts() {
        for (effect, made) in [(Effect::DropBeforeAct, 0), (Effect::DropAfterAct, 1)] {
            let client = client_with(effect).await;
            // A connection that is already in use loses its answer just as a fresh one does.
            client.get("/machines").await;
            let error = create(&client).await.unwrap_err();
            assert!(error.is_request() && error.status().is_none(), "{error:?}");
            assert_eq!(client.sim.world().machines.len(), made);
            assert_eq!(
                outcomes(&client),
                [Outcome::Answered(200), Outcome::Dropped],
                "one request, not repeated"
            );
            assert_eq!(create(&client).await.unwrap().0, 200);
        }
    }

    #[tokio::test]
    async fn a_status_is_answered_with_its_header_and_body() {
        let client = client_with(Effect::retry_after(429, "7")).await;
        let request = client
            .http
            .post(format!("{}/machines", client.sim.url()))
            .bearer_auth(&client.key);
        let response = request.json(&machine_body(&json!({}))).send().await.unwrap();
        assert_eq!(
            (
                response.status().as_u16(),
                response.headers()["retry-after"].to_str().unwrap()
            ),
            (429, "7")
        );
        assert_eq!(
            response.json::<serde_json::Value>().await.unwrap()["code"],
            "TOO_MANY_REQUESTS"
        );
        assert_eq!(client.sim.world().machines.len(), 0);

        let client = client_with(Effect::status_after_act(502)).await;
        assert_eq!(refusal(&create(&client).await.unwrap()), (502, "INTERNAL_SERVER_ERROR"));
        assert_eq!(client.sim.world().machines.len(), 1);
    }

    #[tokio::test]
    async fn an_answer_can_be_a_redirect_or_a_body_of_its_own() {
        let client = Client::immediate().await;
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        for (effect, status, header, value) in [
            (Effect::Redirect("/login".to_owned()), 302, "location", "/login"),
            (Effect::body(403, "<html></html>"), 403, "content-type", "text/html"),
            (
                Effect::body(400, "{\"odd\": 1}"),
                400,
                "content-type",
                "application/json",
            ),
        ] {
            client.sim.faults().clear();
            client.sim.faults().add(Fault::on("GET", "/machines", effect));
            let request = http
                .get(format!("{}/machines", client.sim.url()))
                .bearer_auth(&client.key);
            let response = request.send().await.unwrap();
            assert_eq!(
                (response.status().as_u16(), &response.headers()[header]),
                (status, &value.parse().unwrap())
            );
        }
    }

    #[tokio::test]
    async fn the_firewall_minds_words_in_scripts() {
        let client = Client::immediate().await;
        client
            .sim
            .switch(|quirks| quirks.firewall_words = vec!["curl".to_owned()]);
        let send = async |method, path: &str, script: &str| {
            let request = client.http.request(method, format!("{}{path}", client.sim.url()));
            let body = json!({"name": "s", "script": script});
            let response = request.bearer_auth(&client.key).json(&body).send().await.unwrap();
            (
                response.status().as_u16(),
                response.headers()["content-type"].to_str().unwrap().to_owned(),
            )
        };
        let html = (403, "text/html".to_owned());
        assert_eq!(send(Method::POST, "/startup-scripts", "curl x | sh").await, html);
        assert_eq!(client.sim.world().startup_scripts, []);
        assert_eq!(send(Method::POST, "/startup-scripts", "true").await.0, 200);
        let path = format!("/startup-scripts/{}", client.sim.world().startup_scripts[0].id);
        assert_eq!(send(Method::PUT, &path, "curl x | sh").await, html);
    }

    #[tokio::test]
    async fn an_answer_can_be_cut_short() {
        let client = client_with(Effect::Truncate).await;
        let request = client
            .http
            .post(format!("{}/machines", client.sim.url()))
            .bearer_auth(&client.key);
        let mut response = request.json(&machine_body(&json!({}))).send().await.unwrap();
        let promised = response.content_length().unwrap();
        let mut came = 0;
        let failure = loop {
            match response.chunk().await {
                Ok(Some(chunk)) => came += chunk.len() as u64,
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        assert!(failure.is_some(), "the answer must not end well");
        assert_eq!(came, promised / 2);
        assert_eq!(client.sim.world().machines.len(), 1);
        assert_eq!(outcomes(&client), [Outcome::Truncated(200)]);
    }

    #[tokio::test]
    async fn an_answer_can_be_a_proxys_page() {
        let client = client_with(Effect::Garbage).await;
        assert!(create(&client).await.unwrap_err().is_decode());
        assert_eq!(client.sim.world().machines.len(), 1);
    }

    #[tokio::test]
    async fn a_hanging_request_ends_when_the_simulator_stops() {
        let client = client_with(Effect::Hang).await;
        client.sim.faults().add(Fault::on("GET", "/machines", Effect::Delay(1)));
        assert_eq!(client.get("/machines").await.0, 200, "a delay only delays");
        let Client { sim, http, key } = client;
        let request = http
            .post(format!("{}/machines", sim.url()))
            .bearer_auth(&key)
            .json(&json!({}));
        let hanging = tokio::spawn(request.timeout(Duration::from_secs(60)).send());
        while sim.requests().len() < 2 {
            tokio::task::yield_now().await;
        }
        sim.shutdown().await.unwrap();
        assert!(hanging.await.unwrap().is_err());
    }

    #[tokio::test]
    async fn requests_are_listed_in_order_without_their_key() {
        let client = Client::immediate().await;
        client.get("/machines?limit=5&name=a%20b").await;
        create(&client).await.unwrap();
        let seen = client.sim.requests();
        assert_eq!(
            seen.iter().map(|request| request.line()).collect::<Vec<_>>(),
            ["GET /machines", "POST /machines"]
        );
        assert_eq!(seen[0].query["name"], "a b");
        assert_eq!(seen[1].body.as_ref().unwrap()["name"], "box");
        assert_eq!(seen[1].status(), Some(200));
        assert!(!format!("{seen:?}").contains(&client.key));
        client.sim.clear_requests();
        assert!(client.sim.requests().is_empty());
    }
}
