//! The team's users, and the session: whose key it is.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::few;
use crate::sim::http::call::{Answer, Call};
use crate::sim::http::problem::Problem;
use crate::sim::http::route::{Route, Who};

/// A member of the team.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// `u...`.
    pub id: String,
    /// Unique over all of the service.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Administrates the team.
    #[serde(default)]
    pub is_admin: bool,
    /// Owns the team.
    #[serde(default)]
    pub is_owner: bool,
}

impl User {
    /// As other answers tell of them.
    pub(super) fn render(&self) -> Value {
        json!({"id": self.id, "email": self.email, "firstName": self.first_name, "lastName": self.last_name})
    }
}

pub(crate) const ROUTES: &[Route] = &[
    Route::get("/auth/session", session).by(Who::Session),
    Route::get("/teams/{teamId}/users", list),
    Route::put("/teams/{teamId}/users/{userId}", promote),
    Route::delete("/teams/{teamId}/users/{userId}", remove),
];

fn session(call: &mut Call<'_>) -> Answer {
    let (world, user_id) = (&call.world, call.user_id());
    let Some(user) = world.users.iter().find(|user| user.id == user_id) else {
        return Ok(Value::Null);
    };
    let team = json!({
        "id": world.team_id,
        "name": world.team_name,
        "namespace": world.team_name,
        "isUserTeam": false,
        "dtCreated": world.dt_created,
    });
    Ok(json!({
        "user": {
            "id": user.id,
            "email": user.email,
            "firstName": user.first_name,
            "lastName": user.last_name,
            "dtCreated": world.dt_created,
            "dtConfirmed": world.dt_created,
            "teamMemberships": [{"team": team, "isOwner": user.is_owner, "isAdmin": user.is_admin}],
            "isPhoneVerified": true,
            "isPasswordAuthEnabled": true,
            "isQrCodeBasedMfaEnabled": false,
            "isQrCodeBasedMfaConfirmed": false,
            "analyticsId": 1,
            "metadata": {},
        },
        "team": {
            "id": world.team_id,
            "namespace": world.team_name,
            "isPrivate": false,
            "maxMachines": world.max_machines,
            "analyticsId": 1,
        },
    }))
}

fn check_team(call: &Call<'_>) -> Result<(), Problem> {
    if call.param("teamId") == call.world.team_id {
        Ok(())
    } else {
        Err(Problem::not_found("Team"))
    }
}

fn list(call: &mut Call<'_>) -> Answer {
    check_team(call)?;
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
    let users = call.world.users.iter().filter(|user| in_role(user)).map(|user| {
        let told = json!({
            "user": user.render(),
            "isAdmin": user.is_admin,
            "isOwner": user.is_owner,
            "dtConfirmed": call.world.dt_created,
        });
        (call.world.dt_created.clone(), told)
    });
    few(call, &["dtConfirmed"], users.collect())
}

/// The membership that the path names, of whoever but the owner.
fn membership<'a>(call: &'a mut Call<'_>) -> Result<&'a mut User, Problem> {
    check_team(call)?;
    let id = call.param("userId");
    let user = call.world.users.iter_mut().find(|user| user.id == id);
    let user = user.ok_or_else(|| Problem::not_found("User"))?;
    if user.is_owner {
        return Err(Problem::bad_request("The owner of a team stays its owner"));
    }
    Ok(user)
}

fn told(user: &User, confirmed: &str, deleted: Option<&str>) -> Value {
    json!({
        "isOwner": user.is_owner, "isAdmin": user.is_admin, "dtConfirmed": confirmed, "dtDeleted": deleted,
    })
}

fn promote(call: &mut Call<'_>) -> Answer {
    let is_admin = call.read(|form| {
        if !form.has("isAdmin") {
            form.complain("isAdmin", "required");
        }
        form.flag("isAdmin").unwrap_or_default()
    })?;
    let confirmed = call.world.dt_created.clone();
    let user = membership(call)?;
    user.is_admin = is_admin;
    Ok(told(user, &confirmed, None))
}

/// Who leaves the team loses the way to its machines too; their keys open nothing any more.
fn remove(call: &mut Call<'_>) -> Answer {
    let (confirmed, stamp) = (call.world.dt_created.clone(), call.now.stamp.clone());
    let user = membership(call)?.clone();
    call.world.users.retain(|other| other.id != user.id);
    for machine in &mut call.world.machines {
        machine.accessor_ids.retain(|id| *id != user.id);
    }
    Ok(told(&user, &confirmed, Some(&stamp)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::sim::http::client::{Client, refusal};
    use crate::sim::{Config, TeamConfig, TimeMode};

    const USERS: &str = "/teams/te1default/users";

    fn ids(page: &Value) -> Vec<&str> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["user"]["id"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn the_session_says_whose_key_it_is() {
        let client = Client::immediate().await;
        let (_, session) = client.get("/auth/session").await;
        assert_eq!(session["user"]["id"], "u1owner");
        assert_eq!(session["team"]["id"], "te1default");
        assert_eq!(session["user"]["teamMemberships"][0]["team"]["namespace"], "simulated");
        assert_eq!(session["user"]["teamMemberships"][0]["isOwner"], true);
    }

    #[tokio::test]
    async fn users_are_listed_by_role() {
        let client = Client::immediate().await;
        for (query, expected) in [
            ("?order=asc", vec!["u1owner", "u2member"]),
            ("", vec!["u2member", "u1owner"]),
            ("?role=owner", vec!["u1owner"]),
            ("?role=admin", vec!["u1owner"]),
            ("?role=member", vec!["u2member"]),
        ] {
            assert_eq!(
                ids(&client.get(&format!("{USERS}{query}")).await.1),
                expected,
                "{query}"
            );
        }
        assert_eq!(client.get(&format!("{USERS}?role=guest")).await.0, 400);
        assert_eq!(refusal(&client.get("/teams/te0/users").await), (404, "NOT_FOUND"));
    }

    #[tokio::test]
    async fn a_member_is_promoted_and_removed() {
        let mut client = Client::of(Config {
            teams: vec![TeamConfig {
                member_keys: [("member-key".to_owned(), "u2member".to_owned())].into(),
                ..TeamConfig::default()
            }],
            time: TimeMode::Immediate,
            ..Config::default()
        })
        .await;
        let owner_key = std::mem::replace(&mut client.key, "member-key".to_owned());
        assert_eq!(client.get("/public-ips").await.0, 403);
        client.key = owner_key.clone();
        let path = format!("{USERS}/u2member");
        assert_eq!(client.put(&path, &json!({})).await.0, 400);
        assert_eq!(client.put(&path, &json!({"isAdmin": true})).await.1["isAdmin"], true);
        client.key = "member-key".to_owned();
        assert_eq!(client.get("/public-ips").await.0, 200);
        client.key = owner_key;
        client.machine(&json!({"accessorIds": ["u2member"]})).await;
        assert!(client.delete(&path).await.1["dtDeleted"].is_string());
        assert_eq!(client.sim.world().machines[0].accessor_ids, [""; 0]);
        assert_eq!(client.put(&path, &json!({"isAdmin": true})).await.0, 404);
        assert_eq!(client.delete(&format!("{USERS}/u1owner")).await.0, 400);
        client.key = "member-key".to_owned();
        assert_eq!(refusal(&client.get("/machines").await), (401, "UNAUTHORIZED"));
    }
}
