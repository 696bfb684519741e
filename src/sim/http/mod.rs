//! The API over HTTP: the way that every request takes, and what all kinds use to read requests and to answer them.
//!
//! A request is read whole, put on the list, perhaps hit by a fault, matched to its operation and its team, and handed
//! to a plain function over a [`call::Call`]. Only `way`, `guard` and `problem` know the types of the HTTP library.

pub(crate) mod call;
#[cfg(test)]
pub(crate) mod client;
mod disguise;
pub(crate) mod form;
pub(crate) mod guard;
pub(crate) mod page;
pub(crate) mod problem;
pub(crate) mod route;
mod way;

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Bytes;
use serde_json::Value;

use self::call::{Call, Caller};
use self::problem::Problem;
use self::route::Who;
use super::app::{App, SharedApp};

/// Where the API stands on its host.
pub(crate) const BASE: &str = "/v1";

/// The whole API.
pub(crate) fn router(app: &SharedApp) -> Router {
    Router::new().fallback(way::pass).with_state(app.clone())
}

/// A request, taken apart.
#[derive(Debug)]
struct Given<'a> {
    method: &'a str,
    /// Below the base URL; `None` for what is not.
    path: Option<&'a str>,
    query: BTreeMap<String, String>,
    key: Option<&'a str>,
    content_type: Option<&'a str>,
    body: Bytes,
}

/// Answers a request on the world of the team whose key was shown.
fn serve(app: &App, given: Given<'_>) -> Result<Value, Problem> {
    let found = given.path.and_then(|path| route::find(given.method, path));
    let (route, params) = found.ok_or_else(Problem::no_such_operation)?;
    let mut service = app.service();
    let service = &mut *service;
    let caller = match (given.key.and_then(|key| app.caller(key)), route.who) {
        (Some(caller), _) => caller,
        // Any world will do for what is the same in all of them.
        (None, Who::Anyone) => Caller::owner_of(0),
        (None, Who::Session) => return Ok(Value::Null),
        (None, Who::Members | Who::Admins) => return Err(Problem::unauthorized()),
    };
    let users = &service.worlds[caller.team].users;
    if caller
        .user_id
        .as_ref()
        .is_some_and(|id| !users.iter().any(|user| user.id == *id))
    {
        return Err(Problem::unauthorized());
    }
    let mut call = Call {
        world: &mut service.worlds[caller.team],
        ids: &mut service.ids,
        quirks: &mut service.quirks,
        config: &app.config,
        mode: service.clock.mode(),
        now: service.clock.now(),
        caller,
        params,
        query: given.query,
        content_type: given.content_type.map(str::to_owned),
        body: given.body,
    };
    call.settle();
    if route.who == Who::Admins && call.is_member() {
        return Err(Problem::forbidden("You do not have permission to do this"));
    }
    (route.handler)(&mut call)
}

#[cfg(test)]
mod tests {
    use reqwest::Method;
    use reqwest::header::CONTENT_TYPE;
    use serde_json::{Value, json};

    use super::client::{Client, refusal};
    use crate::sim::{Config, Quirks, TeamConfig, TimeMode};

    #[tokio::test]
    async fn a_request_needs_a_known_key() {
        let mut client = Client::immediate().await;
        client.key = "someone-elses".to_owned();
        let refused = client.get("/machines").await;
        assert_eq!(refusal(&refused), (401, "UNAUTHORIZED"));
        assert_eq!(refused.1["message"], "You must be logged in to access this method.");
        assert_eq!(client.get("/auth/session").await, (200, Value::Null));
        assert!(client.get("/os-templates").await.1["items"][0]["id"].is_string());
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
    async fn unknown_paths_and_methods_are_refused_alike() {
        let mut client = Client::immediate().await;
        for key in [client.key.clone(), "someone-elses".to_owned()] {
            client.key = key;
            for (method, path) in [
                (Method::GET, "/cloud"),
                (Method::PATCH, "/machines"),
                (Method::DELETE, "/machines/ps1/start"),
                (Method::GET, "/billing/account-standing"),
                (Method::GET, "/autoscaling-groups"),
                (Method::GET, "/machines/"),
            ] {
                let (status, answer) = client.send(method, path, None).await.unwrap();
                assert_eq!(
                    (status, answer),
                    (404, json!({"code": "NOT_FOUND", "message": "Not found"})),
                    "{path}"
                );
            }
        }
    }

    #[tokio::test]
    async fn a_json_content_type_without_a_body_is_normal_where_no_body_is_read() {
        let client = Client::immediate().await;
        let id = client.machine(&json!({})).await["id"].clone();
        let path = format!("/machines/{}", id.as_str().unwrap());
        for (method, status) in [(Method::GET, 200), (Method::PUT, 400), (Method::DELETE, 200)] {
            let url = format!("{}{path}", client.sim.url());
            let request = client.http.request(method.clone(), url).bearer_auth(&client.key);
            let response = request.header(CONTENT_TYPE, "application/json").send().await.unwrap();
            assert_eq!(response.status(), status, "{method}");
        }
    }

    #[tokio::test]
    async fn teams_do_not_see_each_other() {
        let teams = vec![TeamConfig::default(), TeamConfig::named("other", "other-key")];
        let mut client = Client::of(Config {
            teams,
            ..Config::default()
        })
        .await;
        client.machine(&json!({})).await;
        client.key = "other-key".to_owned();
        assert_eq!(client.get("/machines").await.1["items"], json!([]));
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
    async fn a_member_has_what_is_theirs() {
        let mut client = Client::of(Config {
            teams: vec![TeamConfig {
                member_keys: [("member-key".to_owned(), "u2member".to_owned())].into(),
                ..TeamConfig::default()
            }],
            time: TimeMode::Immediate,
            ..Config::default()
        })
        .await;
        let others = client.machine(&json!({"name": "others"})).await;
        let own = client.machine(&json!({"name": "own", "userId": "u2member"})).await;
        let shared = client
            .machine(&json!({"name": "shared", "accessorIds": ["u2member"]}))
            .await;
        client.key = "member-key".to_owned();
        let session = client.get("/auth/session").await.1;
        assert_eq!(session["user"]["id"], "u2member");
        assert_eq!(session["user"]["teamMemberships"][0]["isAdmin"], false);
        let page = client.get("/machines?orderBy=name&order=asc").await.1;
        let ids: Vec<_> = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|machine| &machine["id"])
            .collect();
        assert_eq!(ids, [&own["id"], &shared["id"]]);
        let path = |machine: &Value, rest: &str| format!("/machines/{}{rest}", machine["id"].as_str().unwrap());
        assert_eq!(client.patch(&path(&own, "/stop")).await.0, 200);
        assert_eq!(client.patch(&path(&others, "/stop")).await.0, 404);
        assert_eq!(client.get(&path(&others, "")).await.0, 404);
        let events = client.get("/machine-events").await.1;
        assert!(
            events["items"]
                .as_array()
                .unwrap()
                .iter()
                .all(|event| event["machineId"] != others["id"])
        );
        for (method, path) in [
            (Method::POST, "/machines"),
            (Method::GET, "/private-networks"),
            (Method::POST, "/public-ips"),
            (Method::GET, "/shared-drives"),
            (Method::POST, "/startup-scripts"),
            (Method::POST, "/custom-templates"),
            (Method::GET, "/teams/te1default/users"),
        ] {
            let got = client.send(method.clone(), path, None).await.unwrap();
            assert_eq!(refusal(&got), (403, "FORBIDDEN"), "{method} {path}");
        }
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
