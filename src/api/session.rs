//! Who asks: the user and the team that the API key belongs to.

use super::{
    Client, User,
    answer::{Fields, Object, Trouble},
    call::Call,
    error::Error,
};

/// The user and the team of an API key.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// The user who made the key.
    pub user: User,
    /// The teams that the user belongs to.
    pub memberships: Vec<Membership>,
    /// The team that the key is for.
    pub team: SessionTeam,
}

/// The team of an API key; `None` means that the service did not say.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionTeam {
    /// The identifier.
    pub id: String,
    /// The name in addresses of the console.
    pub namespace: Option<String>,
    /// It is not shown to others.
    pub is_private: Option<bool>,
    /// How many machines it may have.
    pub max_machines: Option<i64>,
}

/// A user's part in a team; `None` means that the service did not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Membership {
    /// The team.
    pub team: Team,
    /// The user owns the team.
    pub is_owner: Option<bool>,
    /// The user administers the team.
    pub is_admin: Option<bool>,
}

/// A team; `None` means that the service did not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    /// The identifier.
    pub id: String,
    /// The name.
    pub name: Option<String>,
    /// The name in addresses of the console.
    pub namespace: Option<String>,
    /// It is a personal account rather than a team of several.
    pub is_user_team: Option<bool>,
}

impl Session {
    /// What the user is in the team that the key is for, as far as it is told.
    pub fn membership(&self) -> Option<&Membership> {
        self.memberships
            .iter()
            .find(|membership| membership.team.id == self.team.id)
    }
}

impl Object for Session {
    const NOUN: &'static str = "session";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        let SessionUser { user, memberships } = fields.need("user")?;
        Ok(Self {
            user,
            memberships,
            team: fields.need("team")?,
        })
    }
}

impl Object for SessionTeam {
    const NOUN: &'static str = "team of the session";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            id: fields.id("id")?,
            namespace: fields.get("namespace"),
            is_private: fields.get("isPrivate"),
            max_machines: fields.get("maxMachines"),
        })
    }
}

/// The user as the session tells of them.
struct SessionUser {
    user: User,
    memberships: Vec<Membership>,
}

impl Object for SessionUser {
    const NOUN: &'static str = "user of the session";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            user: User::read(fields)?,
            memberships: fields.list("teamMemberships"),
        })
    }
}

impl Object for Membership {
    const NOUN: &'static str = "membership";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            team: fields.need("team")?,
            is_owner: fields.get("isOwner"),
            is_admin: fields.get("isAdmin"),
        })
    }
}

impl Object for Team {
    const NOUN: &'static str = "team";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            id: fields.id("id")?,
            name: fields.get("name"),
            namespace: fields.get("namespace"),
            is_user_team: fields.get("isUserTeam"),
        })
    }
}

impl Client {
    /// The user and the team that the API key belongs to; `None` for a key that the service does not know, which here
    /// it does not refuse.
    pub async fn session(&self) -> Result<Option<Session>, Error> {
        self.call(Call::get("auth").then("session")).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::loopback::{Loopback, Reply};

    #[tokio::test]
    async fn a_key_tells_its_team_and_a_bad_one_nothing() {
        let session = json!({
            "user": {
                "id": "u1", "email": "a@example.com", "firstName": null, "lastName": "B",
                "teamMemberships": [
                    {"team": {"id": "te0", "isUserTeam": true}, "isOwner": true, "isAdmin": true},
                    {"team": {"id": "te1", "name": "T", "namespace": "t", "isUserTeam": false}, "isOwner": false},
                    {"team": {}, "isOwner": true},
                ],
            },
            "team": {"id": "te1", "namespace": "t", "isPrivate": false, "maxMachines": 5},
        });
        let server = Loopback::start([Reply::json(200, &session), Reply::json(200, &Value::Null)]).await;
        let client = server.client();
        let session = client.session().await.unwrap().unwrap();
        assert_eq!((session.user.id.as_str(), session.memberships.len()), ("u1", 2));
        assert_eq!((session.team.id.as_str(), session.team.max_machines), ("te1", Some(5)));
        let membership = session.membership().unwrap();
        assert_eq!(membership.team.name.as_deref(), Some("T"));
        assert_eq!((membership.is_owner, membership.is_admin), (Some(false), None));
        assert_eq!(client.session().await.unwrap(), None);
        assert_eq!(server.lines()[0], "GET /v1/auth/session");
    }

    #[tokio::test]
    async fn what_tells_no_team_is_no_session() {
        let server = Loopback::start((0..9).map(|_| Reply::json(200, &json!({"user": {"id": "u1"}})))).await;
        assert!(server.client().session().await.is_err());
    }
}
