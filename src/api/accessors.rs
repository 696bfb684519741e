//! Accessors: the users who may use a machine.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;

use super::{Client, Date, User, call::Call, error::Error};

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
