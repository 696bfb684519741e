//! `/machines/{id}/accessors`: users who may use a machine besides its owner.

use serde_json::{Value, json};

use super::few;
use super::users::User;
use crate::sim::http::call::{Answer, Call};
use crate::sim::http::problem::Problem;
use crate::sim::http::route::Route;

pub(crate) const ROUTES: &[Route] = &[
    Route::get("/machines/{id}/accessors", list),
    Route::post("/machines/{id}/accessors", add),
    Route::get("/machines/{id}/accessors/{userId}", read),
    Route::delete("/machines/{id}/accessors/{userId}", remove),
];

fn told(user: &User, dt_deleted: Option<&str>) -> Value {
    json!({"user": user.render(), "dtDeleted": dt_deleted})
}

fn user(call: &Call<'_>, id: &str) -> Result<User, Problem> {
    let found = call.world.users.iter().find(|user| user.id == id);
    found.cloned().ok_or_else(|| Problem::not_found("User"))
}

fn list(call: &mut Call<'_>) -> Answer {
    let machine = call.live_machine(&call.param("id"))?;
    let users = machine.accessor_ids.iter().filter_map(|id| user(call, id).ok());
    let items = users.map(|user| (user.id.clone(), told(&user, None))).collect();
    few(call, &["id"], items)
}

/// The accessor that the path names.
fn accessor(call: &Call<'_>) -> Result<User, Problem> {
    let machine = call.live_machine(&call.param("id"))?;
    let user = user(call, &call.param("userId"))?;
    if machine.accessor_ids.contains(&user.id) {
        Ok(user)
    } else {
        Err(Problem::not_found("Accessor"))
    }
}

fn read(call: &mut Call<'_>) -> Answer {
    Ok(told(&accessor(call)?, None))
}

fn add(call: &mut Call<'_>) -> Answer {
    let machine = call.live_machine(&call.param("id"))?;
    let user_id = call.read(|form| form.required_text("userId"))?;
    let user = user(call, &user_id)?;
    if machine.accessor_ids.contains(&user_id) {
        return Err(Problem::bad_request("The user already has access to the machine"));
    }
    if let Some(machine) = call.world.machine_mut(&machine.id) {
        machine.accessor_ids.push(user_id);
    }
    Ok(told(&user, None))
}

fn remove(call: &mut Call<'_>) -> Answer {
    let user = accessor(call)?;
    if let Some(machine) = call.world.machine_mut(&call.param("id")) {
        machine.accessor_ids.retain(|id| *id != user.id);
    }
    Ok(told(&user, Some(&call.now.stamp)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::sim::http::client::{Client, refusal};

    #[tokio::test]
    async fn access_is_given_and_taken() {
        let client = Client::immediate().await;
        let machine = client.machine(&json!({"accessorIds": ["u1owner"]})).await;
        let path = format!("/machines/{}/accessors", machine["id"].as_str().unwrap());
        let (status, added) = client.post(&path, &json!({"userId": "u2member"})).await;
        assert_eq!((status, &added["user"]["email"]), (200, &json!("ben@example.com")));
        let again = client.post(&path, &json!({"userId": "u2member"})).await;
        assert_eq!(refusal(&again), (400, "BAD_REQUEST"));
        let stranger = client.post(&path, &json!({"userId": "u0"})).await;
        assert_eq!(refusal(&stranger), (404, "NOT_FOUND"));
        let (_, page) = client.get(&format!("{path}?limit=1")).await;
        assert_eq!((&page["items"][0], &page["hasMore"]), (&added, &json!(true)));
        let one = format!("{path}/u2member");
        assert_eq!(client.get(&one).await, (200, added));
        assert!(client.delete(&one).await.1["dtDeleted"].is_string());
        for got in [client.delete(&one).await, client.get(&one).await] {
            assert_eq!(refusal(&got), (404, "NOT_FOUND"));
        }
    }
}
