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
