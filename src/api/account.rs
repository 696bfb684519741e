//! Who the API key belongs to: the session, the team's users and the account's standing.

use serde::Deserialize;

use super::{Client, call::Call, error::Error, types};

/// Whom an API key speaks for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The user who made the key.
    pub user: User,
    /// The team that the key belongs to.
    #[serde(default)]
    pub team: Option<SessionTeam>,
}

/// A user. Where a user is part of something else, the memberships are not given.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The identifier.
    pub id: String,
    /// The email address.
    #[serde(default)]
    pub email: Option<String>,
    /// The first name.
    #[serde(default)]
    pub first_name: Option<String>,
    /// The last name.
    #[serde(default)]
    pub last_name: Option<String>,
    /// The teams the user is in.
    #[serde(default, deserialize_with = "types::or_default")]
    pub team_memberships: Vec<TeamMembership>,
}

/// A user's place in a team.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamMembership {
    /// The team.
    pub team: TeamSummary,
    /// The user owns the team.
    #[serde(default, deserialize_with = "types::flag")]
    pub is_owner: Option<bool>,
    /// The user administers the team.
    #[serde(default, deserialize_with = "types::flag")]
    pub is_admin: Option<bool>,
}

/// A team, in short.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamSummary {
    /// The identifier.
    pub id: String,
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
    /// The name as it stands in addresses.
    #[serde(default)]
    pub namespace: Option<String>,
}

/// The team of a session.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionTeam {
    /// The identifier.
    pub id: String,
    /// The name as it stands in addresses.
    #[serde(default)]
    pub namespace: Option<String>,
    /// It is one user's own team rather than shared.
    #[serde(default, deserialize_with = "types::flag")]
    pub is_private: Option<bool>,
    /// How many machines it may have.
    #[serde(default, deserialize_with = "types::int")]
    pub max_machines: Option<i64>,
}

/// A user of a team.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamUser {
    /// The user.
    pub user: User,
    /// The user administers the team.
    #[serde(default, deserialize_with = "types::flag")]
    pub is_admin: Option<bool>,
    /// The user owns the team.
    #[serde(default, deserialize_with = "types::flag")]
    pub is_owner: Option<bool>,
}

/// Whether the account may make things.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountStanding {
    /// It may.
    #[serde(default, deserialize_with = "types::flag")]
    pub is_in_good_standing: Option<bool>,
    /// Why not.
    #[serde(default, deserialize_with = "types::or_default")]
    pub messages: Vec<String>,
    /// There is a way to pay.
    #[serde(default, deserialize_with = "types::flag")]
    pub has_payment_method: Option<bool>,
    /// The service has locked the account.
    #[serde(default, deserialize_with = "types::flag")]
    pub is_admin_locked: Option<bool>,
}

impl Client {
    /// Whom the API key speaks for, if the service tells.
    pub async fn session(&self) -> Result<Option<Session>, Error> {
        self.call(Call::get(&["auth", "session"])).await
    }

    /// All users of a team.
    pub async fn team_users(&self, team_id: &str) -> Result<Vec<TeamUser>, Error> {
        self.all(|| Call::get(&["teams", team_id, "users"])).await
    }

    /// Whether the account may make things.
    pub async fn account_standing(&self) -> Result<AccountStanding, Error> {
        self.call(Call::get(&["billing", "account-standing"])).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::loopback::{Loopback, Reply};

    #[tokio::test]
    async fn the_account_is_described() {
        let user = json!({"id": "u1", "email": "a@example.com", "firstName": "Ada", "lastName": null,
            "teamMemberships": [{"team": {"id": "t1", "name": "T", "namespace": "t"}, "isOwner": false, "isAdmin": true}]});
        let server = Loopback::start([
            Reply::json(
                200,
                &json!({"user": user, "team": {"id": "t1", "namespace": "t", "isPrivate": false, "maxMachines": "7"}}),
            ),
            Reply::json(200, &Value::Null),
            Reply::json(
                200,
                &json!({"items": [{"user": {"id": "u1"}, "isAdmin": true, "isOwner": false}]}),
            ),
            Reply::json(
                200,
                &json!({"isInGoodStanding": false, "messages": ["Pay."], "hasPaymentMethod": false}),
            ),
        ])
        .await;
        let client = server.client();
        let session = client.session().await.unwrap().unwrap();
        assert_eq!(session.user.team_memberships[0].is_admin, Some(true));
        assert_eq!(session.team.unwrap().max_machines, Some(7));
        assert_eq!(client.session().await.unwrap(), None);
        assert_eq!(client.team_users("t1").await.unwrap()[0].user.id, "u1");
        let standing = client.account_standing().await.unwrap();
        assert_eq!(
            (standing.is_in_good_standing, standing.is_admin_locked),
            (Some(false), None)
        );
        assert_eq!(standing.messages, ["Pay."]);
        assert_eq!(
            server.lines(),
            [
                "GET /v1/auth/session",
                "GET /v1/auth/session",
                "GET /v1/teams/t1/users?limit=120",
                "GET /v1/billing/account-standing",
            ]
        );
    }
}
