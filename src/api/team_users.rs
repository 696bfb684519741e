//! The users of a team.

use super::{
    Client, Date, Page, User,
    answer::{Fields, Item, Object, Trouble},
    call::Call,
    error::Error,
};

/// A user of a team; `None` means that the service did not say.
#[derive(Clone, Debug, PartialEq)]
pub struct TeamUser {
    /// The user.
    pub user: User,
    /// The user administers the team.
    pub is_admin: Option<bool>,
    /// The user owns the team.
    pub is_owner: Option<bool>,
    /// When the user joined the team.
    pub dt_confirmed: Option<Date>,
}

impl Object for TeamUser {
    const NOUN: &'static str = "user of a team";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            user: fields.need("user")?,
            is_admin: fields.get("isAdmin"),
            is_owner: fields.get("isOwner"),
            dt_confirmed: fields.get("dtConfirmed"),
        })
    }
}

impl Item for TeamUser {
    fn key(&self) -> &str {
        &self.user.id
    }
}

/// What a user is in a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TeamRole {
    /// A member.
    Member,
    /// An administrator.
    Admin,
    /// An owner.
    Owner,
}

impl TeamRole {
    /// All roles.
    pub const ALL: [Self; 3] = [Self::Member, Self::Admin, Self::Owner];

    /// The role as the service writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

impl Client {
    /// All users of a team in a role, or in any, those who joined last first. There is no filter by email.
    pub async fn team_users(&self, team_id: &str, role: Option<TeamRole>) -> Result<Vec<TeamUser>, Error> {
        self.all(|| listing(team_id, role)).await
    }

    /// One page of them: the first, or the one after a page's `next_page`.
    pub async fn team_user_page(
        &self,
        team_id: &str,
        role: Option<TeamRole>,
        after: Option<&str>,
    ) -> Result<Page<TeamUser>, Error> {
        self.page(listing(team_id, role), after).await
    }
}

fn listing(team_id: &str, role: Option<TeamRole>) -> Call {
    Call::get("teams")
        .id(team_id)
        .then("users")
        .ordered("dtConfirmed", "desc")
        .query("role", role.map(TeamRole::as_str))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{
        super::loopback::{Loopback, Reply},
        *,
    };

    #[tokio::test]
    async fn users_are_listed_by_role() {
        let list = json!({"items": [
            {"user": {"id": "u1", "email": "a@example.com", "firstName": "A"}, "isAdmin": true, "isOwner": false,
             "dtConfirmed": "2024-04-30T15:51:24.565Z"},
            {"user": null, "isAdmin": false, "isOwner": false},
        ]});
        let server = Loopback::start((0..5).map(|_| Reply::json(200, &list))).await;
        let client = server.client();
        let users = client.team_users("te1", None).await.unwrap();
        assert_eq!(users.len(), 1);
        assert_eq!(users[0].user.first_name.as_deref(), Some("A"));
        assert_eq!((users[0].is_admin, users[0].is_owner), (Some(true), Some(false)));
        assert!(users[0].dt_confirmed.is_some());
        for role in TeamRole::ALL {
            client.team_users("te1", Some(role)).await.unwrap();
        }
        client.team_user_page("te1", None, Some("x")).await.unwrap();
        assert_eq!(
            server.lines(),
            [
                "GET /v1/teams/te1/users?orderBy=dtConfirmed&order=desc&limit=120",
                "GET /v1/teams/te1/users?orderBy=dtConfirmed&order=desc&role=member&limit=120",
                "GET /v1/teams/te1/users?orderBy=dtConfirmed&order=desc&role=admin&limit=120",
                "GET /v1/teams/te1/users?orderBy=dtConfirmed&order=desc&role=owner&limit=120",
                "GET /v1/teams/te1/users?orderBy=dtConfirmed&order=desc&limit=120&after=x",
            ]
        );
    }
}
