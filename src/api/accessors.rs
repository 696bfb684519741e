//! Accessors: the users who may use a machine.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;

use super::{Client, Date, call::Call, error::Error};

/// A user.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The identifier.
    pub id: String,
    /// The email address.
    #[serde(default)]
    pub email: Option<String>,
}

/// A user's access to a machine.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accessor {
    /// The user.
    pub user: User,
    /// When the access was taken away.
    #[serde(default)]
    pub dt_deleted: Option<Date>,
}

impl Client {
    /// Who has access to a machine now; access that was taken away is left out.
    pub async fn accessors(&self, machine_id: &str) -> Result<Vec<Accessor>, Error> {
        let mut accessors: Vec<Accessor> = self.all(|| Call::get(&["machines", machine_id, "accessors"])).await?;
        accessors.retain(|accessor| accessor.dt_deleted.is_none());
        Ok(accessors)
    }

    /// Gives a user access to a machine.
    pub async fn add_accessor(&self, machine_id: &str, user_id: &str) -> Result<Accessor, Error> {
        self.call(Call::post(&["machines", machine_id, "accessors"]).body(&json!({"userId": user_id})))
            .await
    }

    /// Takes a user's access to a machine away.
    pub async fn remove_accessor(&self, machine_id: &str, user_id: &str) -> Result<(), Error> {
        let call = Call::delete(&["machines", machine_id, "accessors", user_id]);
        self.call::<IgnoredAny>(call).await.map(drop)
    }
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
        let server = Loopback::start([
            Reply::json(200, &json!({"items": [current, former]})),
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
        client.add_accessor("ps1", "u1").await.unwrap();
        client.remove_accessor("ps1", "u2").await.unwrap();
        client.remove_accessor("ps1", "u2").await.unwrap();
        assert_eq!(
            server.lines(),
            [
                "GET /v1/machines/ps1/accessors?limit=120",
                "POST /v1/machines/ps1/accessors",
                "DELETE /v1/machines/ps1/accessors/u2",
                "DELETE /v1/machines/ps1/accessors/u2",
            ]
        );
        assert_eq!(server.requests()[1].body, r#"{"userId":"u1"}"#);
    }
}
