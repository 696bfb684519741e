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
