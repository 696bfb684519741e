//! Private networks: what machines and shared drives of one region talk to each other over.

use serde::Serialize;
use serde_json::json;

use super::{
    Client, Date, Page,
    answer::{Fields, Item, Object, Trouble},
    call::Call,
    deleted::Deleted,
    error::Error,
};

/// A private network; `None` means that the service did not say.
#[derive(Clone, Debug, PartialEq)]
pub struct PrivateNetwork {
    /// The identifier.
    pub id: String,
    /// The name, which need not be unique.
    pub name: Option<String>,
    /// The region's label or slug.
    pub region: Option<String>,
    /// The first address, such as `10.64.92.0`. The service chooses it.
    pub network: Option<String>,
    /// The mask, such as `255.255.255.0`.
    pub netmask: Option<String>,
    /// When it was made.
    pub dt_created: Option<Date>,
    /// When it was deleted; such a network may answer for a while.
    pub dt_deleted: Option<Date>,
}

impl PrivateNetwork {
    /// It has been deleted although it still answers.
    pub fn is_deleted(&self) -> bool {
        self.dt_deleted.is_some()
    }
}

impl Object for PrivateNetwork {
    const NOUN: &'static str = "private network";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            id: fields.id("id")?,
            name: fields.get("name"),
            region: fields.get("region"),
            network: fields.get("network"),
            netmask: fields.get("netmask"),
            dt_created: fields.get("dtCreated"),
            dt_deleted: fields.get("dtDeleted"),
        })
    }
}

impl Item for PrivateNetwork {
    fn key(&self) -> &str {
        &self.id
    }
}

/// Which private networks to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PrivateNetworkFilter {
    /// By name. The service's filter is not known to be exact: compare again.
    pub name: Option<String>,
    /// By region, label or slug.
    pub region: Option<String>,
}

/// A private network to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatePrivateNetwork {
    /// The name.
    pub name: String,
    /// The region, label or slug.
    pub region: String,
}

impl Client {
    /// Makes a private network. An ambiguous failure may have made one: look for it before trying again.
    pub async fn create_private_network(&self, network: &CreatePrivateNetwork) -> Result<PrivateNetwork, Error> {
        self.call(Call::post("private-networks").body(network)).await
    }

    /// One private network; `None` where the service answers `null`, as it does for a team's default network, which is
    /// there and cannot be looked at.
    pub async fn private_network(&self, id: &str) -> Result<Option<PrivateNetwork>, Error> {
        self.call(Call::get("private-networks").id(id)).await
    }

    /// All private networks that pass the filter, the newest first; deleted ones are left out.
    pub async fn private_networks(&self, filter: &PrivateNetworkFilter) -> Result<Vec<PrivateNetwork>, Error> {
        let mut networks: Vec<PrivateNetwork> = self.all(|| listing(filter)).await?;
        networks.retain(|network| !network.is_deleted());
        Ok(networks)
    }

    /// One page of them, deleted ones included: the first, or the one after a page's `next_page`.
    pub async fn private_network_page(
        &self,
        filter: &PrivateNetworkFilter,
        after: Option<&str>,
    ) -> Result<Page<PrivateNetwork>, Error> {
        self.page(listing(filter), after).await
    }

    /// Renames a private network, which is all that can be changed of one.
    pub async fn rename_private_network(&self, id: &str, name: &str) -> Result<PrivateNetwork, Error> {
        let call = Call::put("private-networks").id(id);
        self.call(call.body(&json!({"name": name}))).await
    }

    /// Deletes a private network and gives its identifier. Refused while anything is on it.
    pub async fn delete_private_network(&self, id: &str) -> Result<String, Error> {
        let Deleted(id) = self.call(Call::delete("private-networks").id(id)).await?;
        Ok(id)
    }
}

fn listing(filter: &PrivateNetworkFilter) -> Call {
    Call::get("private-networks")
        .ordered("dtCreated", "desc")
        .query("name", filter.name.as_deref())
        .query("region", filter.region.as_deref())
}

#[cfg(test)]
mod tests {
    use super::{
        super::loopback::{Loopback, Reply},
        *,
    };

    #[tokio::test]
    async fn networks_live() {
        let network = json!({
            "id": "n1", "name": "n", "region": "East Coast (NY2)", "network": "10.1.2.0", "netmask": "255.255.255.0",
            "dtCreated": "2024-04-30T15:51:24.565Z",
        });
        let gone = json!({"id": "n2", "dtDeleted": "2024-04-30T15:51:24.565Z"});
        let list = json!({"items": [gone, network]});
        let server = Loopback::start([
            Reply::json(200, &list),
            Reply::json(200, &list),
            Reply::json(200, &network),
            Reply::json(200, &serde_json::Value::Null),
            Reply::json(200, &network),
            Reply::json(200, &network),
            Reply::json(200, &json!({"id": "n1"})),
        ])
        .await;
        let client = server.client();
        let networks = client.private_networks(&PrivateNetworkFilter::default()).await.unwrap();
        let filter = PrivateNetworkFilter {
            name: Some("n".into()),
            region: Some("ny2".into()),
        };
        assert_eq!(client.private_network_page(&filter, None).await.unwrap().items.len(), 2);
        let one = client.private_network("n1").await.unwrap();
        assert_eq!(networks, [one.unwrap()]);
        assert_eq!(client.private_network("n0").await.unwrap(), None);
        let new = CreatePrivateNetwork {
            name: "n".into(),
            region: "ny2".into(),
        };
        assert_eq!(client.create_private_network(&new).await.unwrap(), networks[0]);
        client.rename_private_network("n1", "m").await.unwrap();
        assert_eq!(client.delete_private_network("n1").await.unwrap(), "n1");
        assert_eq!(
            server.lines(),
            [
                "GET /v1/private-networks?orderBy=dtCreated&order=desc&limit=120",
                "GET /v1/private-networks?orderBy=dtCreated&order=desc&name=n&region=ny2&limit=120",
                "GET /v1/private-networks/n1",
                "GET /v1/private-networks/n0",
                "POST /v1/private-networks",
                "PUT /v1/private-networks/n1",
                "DELETE /v1/private-networks/n1",
            ]
        );
        assert_eq!(server.requests()[4].body, r#"{"name":"n","region":"ny2"}"#);
        assert_eq!(server.requests()[5].body, r#"{"name":"m"}"#);
    }
}
