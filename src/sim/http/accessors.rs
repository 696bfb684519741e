//! `/machines/{id}/accessors`: users who may use a machine besides its owner.

use axum::Router;
use serde_json::{Value, json};

use super::Endpoint;
use super::call::{Answer, Call};
use super::page::{Listed, page};
use super::problem::Problem;
use crate::sim::app::SharedApp;
use crate::sim::record::User;
use crate::sim::render;

pub(crate) fn routes() -> Router<SharedApp> {
    Router::new()
        .route("/machines/{id}/accessors", Endpoint::get(list).post(add).into())
        .route("/machines/{id}/accessors/{user}", Endpoint::only_delete(remove).into())
}

fn render_accessor(user: &User, dt_deleted: Option<&str>) -> Value {
    json!({"user": render::user(user), "dtDeleted": dt_deleted})
}

fn list(call: &mut Call<'_>) -> Answer {
    let machine = call.live_machine(&call.param("id"))?;
    let users = machine.accessor_ids.iter().filter_map(|id| user(call, id).ok());
    let listed = users.enumerate().map(|(position, user)| Listed {
        key: String::new(),
        position,
        item: user,
    });
    let page = page(call, listed.collect())?;
    Ok(page.to_json(call.quirks.last_page, |user| render_accessor(user, None)))
}

fn user(call: &Call<'_>, id: &str) -> Result<User, Problem> {
    let found = call.world.users.iter().find(|user| user.id == id);
    found.cloned().ok_or_else(|| Problem::not_found("User"))
}

fn add(call: &mut Call<'_>) -> Answer {
    let machine = call.live_machine(&call.param("id"))?;
    let mut form = call.form()?;
    let user_id = form.required_text("userId");
    call.finish(form)?;
    let user = user(call, &user_id)?;
    if machine.accessor_ids.contains(&user_id) {
        return Err(Problem::bad_request("The user already has access to the machine"));
    }
    if let Some(machine) = call.world.machine_mut(&machine.id) {
        machine.accessor_ids.push(user_id);
    }
    Ok(render_accessor(&user, None))
}

fn remove(call: &mut Call<'_>) -> Answer {
    let machine = call.live_machine(&call.param("id"))?;
    let user = user(call, &call.param("user"))?;
    if !machine.accessor_ids.contains(&user.id) {
        return Err(Problem::not_found("Accessor"));
    }
    if let Some(machine) = call.world.machine_mut(&machine.id) {
        machine.accessor_ids.retain(|id| *id != user.id);
    }
    Ok(render_accessor(&user, Some(&call.now.stamp)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::client::{Client, refusal};

    #[tokio::test]
    async fn accessors_come_and_go() {
        let client = Client::immediate().await;
        let machine = client.machine(&json!({})).await;
        let path = format!("/machines/{}/accessors", machine["id"].as_str().unwrap());
        let (status, added) = client.post(&path, &json!({"userId": "u2member"})).await;
        assert_eq!(
            (status, &added["user"]["email"], &added["dtDeleted"]),
            (200, &json!("ben@example.com"), &json!(null))
        );
        assert_eq!(client.get(&path).await.1["items"], json!([added]));
        assert_eq!(
            refusal(&client.post(&path, &json!({"userId": "u2member"})).await),
            (400, "BAD_REQUEST")
        );
        assert_eq!(
            refusal(&client.post(&path, &json!({"userId": "nobody"})).await),
            (404, "NOT_FOUND")
        );
        let (_, removed) = client.delete(&format!("{path}/u2member")).await;
        assert!(removed["dtDeleted"].is_string(), "{removed}");
        assert_eq!(client.get(&path).await.1["items"], json!([]));
        assert_eq!(client.delete(&format!("{path}/u2member")).await.0, 404);
    }

    #[tokio::test]
    async fn a_create_can_name_accessors() {
        let client = Client::immediate().await;
        let machine = client.machine(&json!({"accessorIds": ["u2member"]})).await;
        let (_, page) = client
            .get(&format!("/machines/{}/accessors", machine["id"].as_str().unwrap()))
            .await;
        assert_eq!(page["items"][0]["user"]["id"], "u2member");
    }
}
