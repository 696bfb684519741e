//! Private networks.

use serde::Deserialize;

use super::{Client, Date, call::Call, error::Error};

/// A private network of the team.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrivateNetwork {
    /// The identifier.
    pub id: String,
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
    /// The region's label or slug.
    #[serde(default)]
    pub region: Option<String>,
    /// The network's address.
    #[serde(default)]
    pub network: Option<String>,
    /// Its mask.
    #[serde(default)]
    pub netmask: Option<String>,
    /// When it was made.
    #[serde(default)]
    pub dt_created: Option<Date>,
    /// When it was deleted.
    #[serde(default)]
    pub dt_deleted: Option<Date>,
}

impl Client {
    /// One private network, or nothing: for an id that is none, and for the team's default network of a region, whose
    /// id machines report and the service then does not know.
    pub async fn private_network(&self, id: &str) -> Result<Option<PrivateNetwork>, Error> {
        match self
            .call::<Option<PrivateNetwork>>(Call::get(&["private-networks", id]))
            .await
        {
            Err(error) if error.is_not_found() => Ok(None),
            answer => Ok(answer?.filter(|network| network.dt_deleted.is_none())),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::loopback::{Loopback, Reply};

    #[tokio::test]
    async fn a_network_that_cannot_be_looked_up_is_nothing() {
        let network = json!({"id": "n1", "name": "n", "region": "ny2", "network": "10.0.0.0", "netmask": "255.0.0.0"});
        let gone = json!({"id": "n2", "dtDeleted": "2024-04-30T15:51:24.565Z"});
        let server = Loopback::start([
            Reply::json(200, &network),
            Reply::json(200, &Value::Null),
            Reply::json(404, &json!({"code": "NOT_FOUND", "message": "No."})),
            Reply::json(200, &gone),
            Reply::json(403, &json!({"code": "FORBIDDEN", "message": "No."})),
        ])
        .await;
        let client = server.client();
        assert_eq!(client.private_network("n1").await.unwrap().unwrap().id, "n1");
        for _ in 0..3 {
            assert_eq!(client.private_network("n2").await.unwrap(), None);
        }
        assert!(client.private_network("n2").await.is_err());
    }

    #[tokio::test]
    async fn an_empty_answer_is_not_taken_for_nothing() {
        let server = Loopback::start([Reply::text(200, "", ""), Reply::json(200, &Value::Null)]).await;
        assert_eq!(server.client().private_network("n1").await.unwrap(), None);
        assert_eq!(server.requests().len(), 2);
    }
}
