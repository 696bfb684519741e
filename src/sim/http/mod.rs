//! The API over HTTP: one file per family of resources, and the way that every request takes.
//!
//! A request is read whole, put on the list, perhaps hit by a fault, matched to its team, and handed to a plain
//! function over a [`call::Call`]. Only this file and `problem` know axum's types of requests and answers.

mod accessors;
mod account;
mod autoscaling_groups;
pub(crate) mod call;
#[cfg(test)]
pub(crate) mod client;
mod events;
mod form;
mod machine_create;
mod machine_form;
mod machine_power;
mod machine_update;
mod machines;
mod page;
mod private_networks;
mod problem;
mod public_ips;
mod shared_drives;
mod snapshots;
mod startup_scripts;
mod templates;
mod way;

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, RawPathParams, State};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};

use self::call::{Answer, Call};
use self::problem::Problem;
use super::app::{App, SharedApp};

/// Where the API stands on its host.
pub(crate) const BASE: &str = "/v1";

/// The whole API.
pub(crate) fn router(app: &SharedApp) -> Router {
    let api = Router::new()
        .merge(machines::routes())
        .merge(accessors::routes())
        .merge(events::routes())
        .merge(templates::routes())
        .merge(startup_scripts::routes())
        .merge(private_networks::routes())
        .merge(public_ips::routes())
        .merge(snapshots::routes())
        .merge(shared_drives::routes())
        .merge(autoscaling_groups::routes())
        .merge(account::routes());
    Router::new()
        .nest(BASE, api)
        .fallback(async || Problem::not_found("Route").to_response(false))
        .layer(from_fn_with_state(app.clone(), way::pass))
        .with_state(app.clone())
}

/// What answers a request once it is known whose it is.
type Handler = fn(&mut Call<'_>) -> Answer;

/// A path's handlers by method.
#[derive(Clone, Debug)]
struct Endpoint {
    handlers: Vec<(MethodFilter, Handler)>,
    null_without_key: bool,
}

impl Endpoint {
    fn of(method: MethodFilter, handler: Handler) -> Self {
        Self {
            handlers: vec![(method, handler)],
            null_without_key: false,
        }
    }

    fn and(mut self, method: MethodFilter, handler: Handler) -> Self {
        self.handlers.push((method, handler));
        self
    }

    fn get(handler: Handler) -> Self {
        Self::of(MethodFilter::GET, handler)
    }

    fn patch(handler: Handler) -> Self {
        Self::of(MethodFilter::PATCH, handler)
    }

    fn only_post(handler: Handler) -> Self {
        Self::of(MethodFilter::POST, handler)
    }

    fn only_put(handler: Handler) -> Self {
        Self::of(MethodFilter::PUT, handler)
    }

    fn only_delete(handler: Handler) -> Self {
        Self::of(MethodFilter::DELETE, handler)
    }

    fn post(self, handler: Handler) -> Self {
        self.and(MethodFilter::POST, handler)
    }

    fn put(self, handler: Handler) -> Self {
        self.and(MethodFilter::PUT, handler)
    }

    fn delete(self, handler: Handler) -> Self {
        self.and(MethodFilter::DELETE, handler)
    }

    /// Without a known key the answer is `null` rather than a refusal.
    fn null_without_key(mut self) -> Self {
        self.null_without_key = true;
        self
    }
}

impl From<Endpoint> for MethodRouter<SharedApp> {
    fn from(endpoint: Endpoint) -> Self {
        let null_without_key = endpoint.null_without_key;
        let mut router = Self::new().fallback(async || Problem::method_not_supported().to_response(false));
        for (method, handler) in endpoint.handlers {
            let serve = async move |State(app): State<SharedApp>,
                                    params: RawPathParams,
                                    Query(query): Query<BTreeMap<String, String>>,
                                    headers: HeaderMap,
                                    body: Bytes| {
                let params = params
                    .iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect();
                let given = Given {
                    params,
                    query,
                    headers,
                    body,
                };
                serve(&app, handler, null_without_key, given)
            };
            router = router.merge(on(method, serve));
        }
        router
    }
}

/// What was sent, taken apart.
struct Given {
    params: Vec<(String, String)>,
    query: BTreeMap<String, String>,
    headers: HeaderMap,
    body: Bytes,
}

/// Calls a handler on the world of the team whose key was shown.
fn serve(app: &App, handler: Handler, null_without_key: bool, given: Given) -> Response {
    let mut service = app.service();
    let service = &mut *service;
    let errors_as_ok = service.quirks.errors_as_ok;
    let Some(team) = team_of(app, &given.headers) else {
        if null_without_key {
            return axum::Json(serde_json::Value::Null).into_response();
        }
        return Problem::unauthorized().to_response(errors_as_ok);
    };
    let content_type = given
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let mut call = Call {
        world: &mut service.worlds[team],
        ids: &mut service.ids,
        quirks: &mut service.quirks,
        config: &app.config,
        mode: service.clock.mode(),
        now: service.clock.now(),
        params: given.params,
        query: given.query,
        content_type,
        body: given.body,
    };
    call.settle();
    match handler(&mut call) {
        Ok(answer) => axum::Json(answer).into_response(),
        Err(problem) => problem.to_response(errors_as_ok),
    }
}

/// The position of the team whose key a request shows.
fn team_of(app: &App, headers: &HeaderMap) -> Option<usize> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| app.team_of(key.trim()))
        .flatten()
}

#[cfg(test)]
mod tests {
    use reqwest::Method;
    use serde_json::Value;

    use super::client::{Client, refusal};
    use crate::sim::{Config, Quirks, TeamConfig};

    #[tokio::test]
    async fn a_request_needs_a_known_key() {
        let mut client = Client::immediate().await;
        client.key = "someone-elses".to_owned();
        assert_eq!(refusal(&client.get("/machines").await), (401, "UNAUTHORIZED"));
        assert_eq!(client.get("/auth/session").await, (200, Value::Null));
        let bare = client
            .http
            .get(format!("{}/machines", client.sim.url()))
            .send()
            .await
            .unwrap();
        assert_eq!(bare.status(), 401);
        assert!(client.sim.requests().iter().all(|request| request.team.is_none()));
    }

    #[tokio::test]
    async fn unknown_paths_and_methods_are_refused_in_the_services_words() {
        let client = Client::immediate().await;
        assert_eq!(refusal(&client.get("/cloud").await), (404, "NOT_FOUND"));
        let got = client.send(Method::PATCH, "/machines", None).await.unwrap();
        assert_eq!(refusal(&got), (405, "METHOD_NOT_SUPPORTED"));
    }

    #[tokio::test]
    async fn teams_do_not_see_each_other() {
        let teams = vec![TeamConfig::default(), TeamConfig::named("other", "other-key")];
        let mut client = Client::of(Config {
            teams,
            ..Config::default()
        })
        .await;
        client.machine(&serde_json::json!({})).await;
        client.key = "other-key".to_owned();
        assert_eq!(client.get("/machines").await.1["items"], serde_json::json!([]));
        assert_eq!(client.sim.world().machines.len(), 1);
        assert_eq!(client.sim.world_of("other-key").unwrap().machines.len(), 0);
        let teams: Vec<_> = client
            .sim
            .requests()
            .into_iter()
            .map(|request| request.team.unwrap())
            .collect();
        assert_eq!(teams, ["te1default", "te-other"]);
    }

    #[tokio::test]
    async fn errors_can_come_with_an_ok_status() {
        let client = Client::quirky(Quirks {
            errors_as_ok: true,
            ..Quirks::default()
        })
        .await;
        assert_eq!(refusal(&client.get("/machines/ps0").await), (200, "NOT_FOUND"));
    }
}
