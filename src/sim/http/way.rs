//! The way that every request takes before and after it is served: onto the list, through the faults, and back.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use futures_util::stream::{self, StreamExt};

use super::problem::Problem;
use super::{BASE, team_of};
use crate::sim::app::{App, SharedApp};
use crate::sim::exchange::{Answered, Exchange};
use crate::sim::fault::Effect;
use crate::sim::listen::Line;
use crate::sim::requests::{Outcome, SeenRequest};

/// The largest body that is read.
const BODY_LIMIT: usize = 1 << 20;

/// Takes a request along the way.
pub(crate) async fn pass(
    State(app): State<SharedApp>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = tokio::select! {
        body = to_bytes(body, BODY_LIMIT) => body,
        () = app.stop.cancelled() => return lose(&line),
    };
    let Ok(body) = body else {
        return Problem::too_large().to_response(false);
    };
    let mut request = describe(&app, &parts, &body);
    let effect = app.faults().pick(&request.method, &request.path);
    let number = app.log().arrived(request.clone());
    let method = parts.method.clone();
    let mut answer = None;
    let act = async || {
        let response = next.run(Request::from_parts(parts, Body::from(body))).await;
        save_after(&app, &method);
        let (response, copy) = copied(response).await;
        answer = Some(copy);
        response
    };
    let (response, outcome) = carry_out(&app, effect.clone(), &line, act).await;
    app.log().ended(number, outcome);
    if let Some(observer) = &app.config.observer {
        request.outcome = outcome;
        observer.see(&Exchange {
            request,
            answer,
            fault: effect,
        });
    }
    response
}

/// An answer, and what it says.
async fn copied(response: Response) -> (Response, Answered) {
    let (parts, body) = response.into_parts();
    // The body is the simulator's own and in memory already.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let copy = Answered {
        status: parts.status.as_u16(),
        body: serde_json::from_slice(&body).ok(),
    };
    (Response::from_parts(parts, Body::from(body)), copy)
}

fn describe(app: &App, parts: &Parts, body: &Bytes) -> SeenRequest {
    let Query(query) = Query::<BTreeMap<String, String>>::try_from_uri(&parts.uri).unwrap_or_default();
    let path = parts.uri.path();
    let headers = parts.headers.iter().filter(|(name, _)| **name != AUTHORIZATION);
    SeenRequest {
        method: parts.method.to_string(),
        path: path.strip_prefix(BASE).unwrap_or(path).to_owned(),
        query,
        headers: headers
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
        body: serde_json::from_slice(body).ok(),
        team: team_of(app, &parts.headers).map(|team| app.config.teams[team].id.clone()),
        outcome: Outcome::Open,
        at: app.service().clock.now().stamp,
    }
}

/// Serves a request as the fault that hit it, if one did, lets it be served.
async fn carry_out(
    app: &App,
    effect: Option<Effect>,
    line: &Line,
    act: impl AsyncFnOnce() -> Response,
) -> (Response, Outcome) {
    let response = match effect {
        None => act().await,
        Some(Effect::Delay(milliseconds)) => {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(milliseconds)) => act().await,
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
                act().await;
            }
            status(code, retry_after.as_deref(), body)
        }
        Some(Effect::DropBeforeAct) => return (lose(line), Outcome::Dropped),
        Some(Effect::DropAfterAct) => {
            act().await;
            return (lose(line), Outcome::Dropped);
        }
        Some(Effect::Hang) => {
            app.stop.cancelled().await;
            return (lose(line), Outcome::Dropped);
        }
        Some(Effect::Garbage) => {
            act().await;
            Html("<!DOCTYPE html>\n<html><head><title>Please wait</title></head><body></body></html>\n").into_response()
        }
        Some(Effect::Truncate) => {
            let response = act().await;
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

fn status(code: u16, retry_after: Option<&str>, body: Option<String>) -> Response {
    let problem = Problem::of_status(code).to_response(false);
    let mut response = match body {
        None => problem,
        Some(body) => {
            let kind = if body.trim_start().starts_with('{') {
                "application/json"
            } else {
                "text/html"
            };
            (problem.status(), [(CONTENT_TYPE, kind)], body).into_response()
        }
    };
    if let Some(value) = retry_after.and_then(|text| HeaderValue::from_str(text).ok()) {
        response.headers_mut().insert(RETRY_AFTER, value);
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
