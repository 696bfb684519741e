//! The account: the session, the team's users, and whether bills are paid.

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
        .route("/auth/session", Endpoint::get(session).null_without_key().into())
        .route("/teams/{id}/users", Endpoint::get(users).into())
        .route("/billing/account-standing", Endpoint::get(standing).into())
}

fn session(call: &mut Call<'_>) -> Answer {
    let world = &call.world;
    let Some(user) = world.users.first() else {
        return Ok(Value::Null);
    };
    let team = json!({"id": world.team_id, "name": world.team_name, "namespace": world.team_name});
    let mut answer = render::user(user);
    answer["teamMemberships"] = json!([{"team": team, "isOwner": user.is_owner, "isAdmin": user.is_admin}]);
    Ok(json!({
        "user": answer,
        "team": {
            "id": world.team_id,
            "namespace": world.team_name,
            "isPrivate": false,
            "maxMachines": world.max_machines,
        },
    }))
}

fn users(call: &mut Call<'_>) -> Answer {
    if call.param("id") != call.world.team_id {
        return Err(Problem::not_found("Team"));
    }
    let in_role: fn(&User) -> bool = match call.query("role") {
        None => |_| true,
        Some("owner") => |user| user.is_owner,
        Some("admin") => |user| user.is_admin,
        Some("member") => |user| !user.is_admin && !user.is_owner,
        Some(_) => {
            return Err(Problem::invalid(vec![
                "role: must be one of member, admin, owner".to_owned(),
            ]));
        }
    };
    let users = call.world.users.iter().enumerate().filter(|(_, user)| in_role(user));
    let listed = users.map(|(position, user)| Listed {
        key: String::new(),
        position,
        item: user,
    });
    let page = page(call, listed.collect())?;
    Ok(page.to_json(
        call.quirks.last_page,
        |user| json!({"user": render::user(user), "isAdmin": user.is_admin, "isOwner": user.is_owner}),
    ))
}

fn standing(call: &mut Call<'_>) -> Answer {
    let standing = &call.world.standing;
    Ok(json!({
        "isInGoodStanding": standing.is_in_good_standing,
        "messages": standing.messages,
        "hasPaymentMethod": standing.has_payment_method,
        "isAdminLocked": standing.is_admin_locked,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::client::{Client, refusal};

    #[tokio::test]
    async fn the_session_names_the_user_and_the_team() {
        let client = Client::immediate().await;
        let (_, session) = client.get("/auth/session").await;
        assert_eq!(session["user"]["email"], "ada@example.com");
        assert_eq!(session["user"]["teamMemberships"][0]["isAdmin"], true);
        let team = session["team"]["id"].as_str().unwrap();
        assert_eq!(session["team"]["maxMachines"], 1000);
        let (_, members) = client.get(&format!("/teams/{team}/users?role=member")).await;
        assert_eq!(members["items"].as_array().unwrap().len(), 1);
        assert_eq!(members["items"][0]["user"]["id"], "u2member");
        assert_eq!(
            client.get(&format!("/teams/{team}/users")).await.1["items"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
        assert_eq!(
            refusal(&client.get(&format!("/teams/{team}/users?role=king")).await),
            (400, "BAD_REQUEST")
        );
        assert_eq!(refusal(&client.get("/teams/other/users").await), (404, "NOT_FOUND"));
        let expected =
            json!({"isInGoodStanding": true, "messages": [], "hasPaymentMethod": true, "isAdminLocked": false});
        assert_eq!(client.get("/billing/account-standing").await, (200, expected));
    }
}
