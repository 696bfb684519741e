//! Accessors: the users who may use a machine.

use serde_json::json;

use super::{
    Client, Date, Page,
    answer::{Fields, Item, Object, Trouble},
    call::Call,
    error::Error,
};

/// A user; `None` means that the service did not say.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// The identifier.
    pub id: String,
    /// The email address.
    pub email: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
}

impl Object for User {
    const NOUN: &'static str = "user";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            id: fields.id("id")?,
            email: fields.get("email"),
            first_name: fields.get("firstName"),
            last_name: fields.get("lastName"),
        })
    }
}

/// A user's access to a machine, given explicitly: its owner and the team's administrators have it without.
#[derive(Clone, Debug, PartialEq)]
pub struct Accessor {
    /// The user.
    pub user: User,
    /// When the access was taken away.
    pub dt_deleted: Option<Date>,
}

impl Object for Accessor {
    const NOUN: &'static str = "accessor";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            user: fields.need("user")?,
            dt_deleted: fields.get("dtDeleted"),
        })
    }
}

impl Item for Accessor {
    fn key(&self) -> &str {
        &self.user.id
    }
}

impl Client {
    /// Who has access to a machine now; access that was taken away is left out.
    pub async fn accessors(&self, machine_id: &str) -> Result<Vec<Accessor>, Error> {
        let mut accessors: Vec<Accessor> = self.all(|| listing(machine_id)).await?;
        accessors.retain(|accessor| accessor.dt_deleted.is_none());
        Ok(accessors)
    }

    /// One page of them, access that was taken away included: the first, or the one after a page's `next_page`.
    pub async fn accessor_page(&self, machine_id: &str, after: Option<&str>) -> Result<Page<Accessor>, Error> {
        self.page(listing(machine_id), after).await
    }

    /// One user's access to a machine.
    pub async fn accessor(&self, machine_id: &str, user_id: &str) -> Result<Accessor, Error> {
        let call = Call::get("machines").id(machine_id).then("accessors");
        self.call(call.id(user_id)).await
    }

    /// Gives a user access to a machine.
    pub async fn add_accessor(&self, machine_id: &str, user_id: &str) -> Result<Accessor, Error> {
        let call = Call::post("machines").id(machine_id).then("accessors");
        self.call(call.body(&json!({"userId": user_id}))).await
    }

    /// Takes a user's access to a machine away.
    pub async fn remove_accessor(&self, machine_id: &str, user_id: &str) -> Result<(), Error> {
        let call = Call::delete("machines").id(machine_id).then("accessors");
        self.call::<Option<Accessor>>(call.id(user_id)).await.map(drop)
    }
}

fn listing(machine_id: &str) -> Call {
    Call::get("machines")
        .id(machine_id)
        .then("accessors")
        .ordered("id", "asc")
}

#[cfg(test)]
mod tests {
    use super::{
        super::loopback::{Loopback, Reply},
        *,
    };

    #[tokio::test]
    async fn access_is_listed_given_and_taken() {
        let current = json!({"user": {"id": "u1", "email": "a@example.com"}, "dtDeleted": null});
        let former = json!({"user": {"id": "u2"}, "dtDeleted": "2024-04-30T15:51:24.565Z"});
        let list = json!({"items": [current, former]});
        let server = Loopback::start([
            Reply::json(200, &list),
            Reply::json(200, &list),
            Reply::json(200, &former),
            Reply::json(200, &current),
            Reply::json(200, &former),
            Reply::text(204, "", ""),
        ])
        .await;
        let client = server.client();
        let accessors = client.accessors("ps1").await.unwrap();
        assert_eq!(
            accessors
                .iter()
                .map(|accessor| accessor.user.id.as_str())
                .collect::<Vec<_>>(),
            ["u1"]
        );
        assert_eq!(client.accessor_page("ps1", Some("x")).await.unwrap().items.len(), 2);
        assert!(client.accessor("ps1", "u2").await.unwrap().dt_deleted.is_some());
        client.add_accessor("ps1", "u1").await.unwrap();
        client.remove_accessor("ps1", "u2").await.unwrap();
        client.remove_accessor("ps1", "u2").await.unwrap();
        assert_eq!(
            server.lines(),
            [
                "GET /v1/machines/ps1/accessors?orderBy=id&order=asc&limit=120",
                "GET /v1/machines/ps1/accessors?orderBy=id&order=asc&limit=120&after=x",
                "GET /v1/machines/ps1/accessors/u2",
                "POST /v1/machines/ps1/accessors",
                "DELETE /v1/machines/ps1/accessors/u2",
                "DELETE /v1/machines/ps1/accessors/u2",
            ]
        );
        assert_eq!(server.requests()[3].body, r#"{"userId":"u1"}"#);
    }

    #[tokio::test]
    async fn a_user_who_is_none_ends_it_before_anything_is_sent() {
        let server = Loopback::start([]).await;
        assert!(server.client().remove_accessor("ps1", ".\t.").await.is_err());
        assert!(server.requests().is_empty());
    }
}
