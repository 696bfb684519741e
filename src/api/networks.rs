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
