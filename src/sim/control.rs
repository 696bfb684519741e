//! The endpoints under `/_sim/`: for people and for tests in other languages, to look behind the scenes and to change
//! them. They need no key and are put on no list.
//!
//! They are listed in the documentation of [`sim`](super).

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::SharedApp;
use super::fault::Fault;
use super::quirks::Quirks;
use super::requests::SeenRequest;

/// Where they stand.
pub(crate) const BASE: &str = "/_sim";

/// All of them.
pub(crate) fn router(app: &SharedApp) -> Router {
    let routes = Router::new()
        .route("/state", get(state))
        .route("/requests", get(requests).delete(clear_requests))
        .route("/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/faults/{id}", delete(remove_fault))
        .route("/quirks", get(quirks).post(switch_quirks))
        .route("/advance", post(advance))
        .route("/poke", post(poke))
        .route("/reset", post(reset));
    Router::new().nest(BASE, routes).with_state(app.clone())
}

/// Complains of a body; anything else that could be wrong is not told apart.
fn refuse(error: impl std::fmt::Display) -> Response {
    (
        StatusCode::BAD_REQUEST,
        axum::Json(json!({"message": error.to_string()})),
    )
        .into_response()
}

async fn state(State(app): State<SharedApp>) -> Response {
    let mut service = app.service();
    service.settle();
    axum::Json(json!({"time": service.clock.mode(), "worlds": service.worlds})).into_response()
}

async fn requests(State(app): State<SharedApp>) -> Response {
    let shown = app.log().all().into_iter().map(SeenRequest::without_secrets);
    axum::Json(shown.collect::<Vec<_>>()).into_response()
}

async fn clear_requests(State(app): State<SharedApp>) -> StatusCode {
    app.log().clear();
    StatusCode::NO_CONTENT
}

async fn faults(State(app): State<SharedApp>) -> Response {
    axum::Json(app.faults().rules()).into_response()
}

/// One rule or an array of them.
async fn add_faults(State(app): State<SharedApp>, body: String) -> Response {
    let rules = match read_faults(&body) {
        Ok(rules) => rules,
        Err(error) => return refuse(error),
    };
    match app.add_faults(rules) {
        Ok(ids) => axum::Json(json!({"ids": ids})).into_response(),
        Err(reason) => refuse(reason),
    }
}

/// Fault rules from JSON: one, or an array of them.
pub fn read_faults(text: &str) -> Result<Vec<Fault>, serde_json::Error> {
    match serde_json::from_str(text)? {
        list @ Value::Array(_) => serde_json::from_value(list),
        one => serde_json::from_value(one).map(|rule| vec![rule]),
    }
}

async fn remove_fault(State(app): State<SharedApp>, Path(id): Path<u64>) -> StatusCode {
    app.faults().remove(id);
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(app): State<SharedApp>) -> StatusCode {
    app.faults().clear();
    StatusCode::NO_CONTENT
}

async fn quirks(State(app): State<SharedApp>) -> Response {
    axum::Json(&app.service().quirks).into_response()
}

/// Switches the quirks that the body names and leaves the others.
async fn switch_quirks(State(app): State<SharedApp>, body: String) -> Response {
    let mut service = app.service();
    match merged(&service.quirks, &body) {
        Ok(quirks) => {
            service.quirks = quirks;
            axum::Json(&service.quirks).into_response()
        }
        Err(error) => refuse(error),
    }
}

fn merged(quirks: &Quirks, body: &str) -> Result<Quirks, serde_json::Error> {
    let changes: serde_json::Map<String, Value> = serde_json::from_str(body)?;
    let mut all = serde_json::to_value(quirks)?;
    for (name, value) in changes {
        all[name] = value;
    }
    serde_json::from_value(all)
}

/// How far to move time on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u64,
}

async fn advance(State(app): State<SharedApp>, body: String) -> Response {
    match serde_json::from_str(&body) {
        Ok(Advance { seconds }) => under_way(app.advance(Duration::from_secs(seconds))),
        Err(error) => refuse(error),
    }
}

async fn poke(State(app): State<SharedApp>) -> Response {
    under_way(app.poke())
}

fn under_way(operations: usize) -> Response {
    axum::Json(json!({"operationsUnderWay": operations})).into_response()
}

async fn reset(State(app): State<SharedApp>) -> StatusCode {
    app.reset();
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use reqwest::Method;
    use serde_json::{Value, json};

    use crate::sim::http::client::Client;
    use crate::sim::{NumberForm, State};

    async fn control(client: &Client, method: Method, path: &str, body: &str) -> (u16, Value) {
        let url = format!("{}{path}", client.sim.control_url());
        let response = client
            .http
            .request(method, url)
            .body(body.to_owned())
            .send()
            .await
            .unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or(Value::Null))
    }

    #[tokio::test]
    async fn time_is_moved_on() {
        let client = Client::explicit().await;
        client.machine(&json!({})).await;
        assert_eq!(
            control(&client, Method::POST, "/poke", "").await,
            (200, json!({"operationsUnderWay": 1}))
        );
        let moved = control(&client, Method::POST, "/advance", r#"{"seconds": 60}"#).await;
        assert_eq!(moved, (200, json!({"operationsUnderWay": 0})));
        assert_eq!(client.sim.world().machines[0].state, State::Ready);
        assert_eq!(
            control(&client, Method::POST, "/advance", r#"{"minutes": 1}"#).await.0,
            400
        );
        let (_, state) = control(&client, Method::GET, "/state", "").await;
        assert_eq!(
            (&state["time"], &state["worlds"][0]["machines"][0]["state"]),
            (&json!("explicit"), &json!("ready"))
        );
    }

    #[tokio::test]
    async fn faults_are_added_and_removed() {
        let client = Client::immediate().await;
        let rule = r#"{"path": "/machines", "effect": {"status": {"code": 503}}}"#;
        assert_eq!(
            control(&client, Method::POST, "/faults", rule).await,
            (200, json!({"ids": [1]}))
        );
        assert_eq!(client.get("/machines").await.0, 503);
        let (_, rules) = control(&client, Method::GET, "/faults", "").await;
        assert_eq!((&rules[0]["id"], &rules[0]["hits"]), (&json!(1), &json!(1)));
        assert_eq!(control(&client, Method::DELETE, "/faults/1", "").await.0, 204);
        assert_eq!(client.get("/machines").await.0, 200);
        assert_eq!(
            control(&client, Method::POST, "/faults", &format!("[{rule}, {rule}]"))
                .await
                .1,
            json!({"ids": [2, 3]})
        );
        assert_eq!(control(&client, Method::DELETE, "/faults", "").await.0, 204);
        assert_eq!(client.get("/machines").await.0, 200);
        for bad in [r#"{"path": "/"}"#, r#"{"path": "/cloud", "effect": "hang"}"#] {
            assert_eq!(control(&client, Method::POST, "/faults", bad).await.0, 400, "{bad}");
        }
    }

    #[tokio::test]
    async fn quirks_are_switched_one_by_one() {
        let client = Client::immediate().await;
        client.sim.switch(|quirks| quirks.listing_lag = 3);
        assert_eq!(
            control(&client, Method::POST, "/quirks", r#"{"numbers": "numbers"}"#)
                .await
                .0,
            200
        );
        assert_eq!(
            (client.sim.quirks().numbers, client.sim.quirks().listing_lag),
            (NumberForm::Numbers, 3)
        );
        assert_eq!(control(&client, Method::GET, "/quirks", "").await.1["listingLag"], 3);
        assert_eq!(
            control(&client, Method::POST, "/quirks", r#"{"moods": 1}"#).await.0,
            400
        );
    }

    #[tokio::test]
    async fn requests_are_told_and_forgotten_and_those_to_control_are_not_among_them() {
        let client = Client::immediate().await;
        let user = json!({"email": "n@example.com", "password": "tell nobody", "firstName": "N", "lastName": "U"});
        client.machine(&user).await;
        let (_, requests) = control(&client, Method::GET, "/requests", "").await;
        assert_eq!(requests.as_array().unwrap().len(), 1);
        assert_eq!(requests[0]["body"]["firstName"], "N");
        assert!(!requests.to_string().contains("tell nobody"), "{requests}");
        assert_eq!(
            (&requests[0]["path"], &requests[0]["outcome"]),
            (&json!("/machines"), &json!({"answered": 200}))
        );
        assert_eq!(control(&client, Method::DELETE, "/requests", "").await.0, 204);
        assert_eq!(control(&client, Method::GET, "/requests", "").await.1, json!([]));
        assert_eq!(control(&client, Method::POST, "/reset", "").await.0, 204);
        assert_eq!(client.sim.world().machines.len(), 0);
    }
}
