//! Public IP addresses that belong to the team, whether a machine has them or not.
//!
//! They are known by the address itself, have no name, and no request asks for one of them: a listing tells.

use serde_json::json;

use super::{
    Client, Date, Page,
    answer::{Fields, Item, Object, Trouble},
    call::Call,
    deleted::Deleted,
    error::Error,
};

/// A public IP address; `None` means that the service did not say.
#[derive(Clone, Debug, PartialEq)]
pub struct PublicIp {
    /// The address.
    pub ip: String,
    /// The region's label or slug.
    pub region: Option<String>,
    /// The machine that has it; `None` while it is free.
    pub assigned_machine_id: Option<String>,
    /// When it was claimed.
    pub dt_created: Option<Date>,
}

impl Object for PublicIp {
    const NOUN: &'static str = "public IP address";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            ip: fields.ip("ip")?,
            region: fields.get("region"),
            assigned_machine_id: fields.get("assignedMachineId"),
            dt_created: fields.get("dtCreated"),
        })
    }
}

impl Item for PublicIp {
    fn key(&self) -> &str {
        &self.ip
    }
}

/// Which addresses to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PublicIpFilter {
    /// By region, label or slug.
    pub region: Option<String>,
}

impl Client {
    /// Claims an address, which is billed until it is released. An ambiguous failure may have claimed one: compare the
    /// listings before and after.
    pub async fn claim_public_ip(&self, region: &str) -> Result<PublicIp, Error> {
        self.call(Call::post("public-ips").body(&json!({"region": region})))
            .await
    }

    /// All addresses that pass the filter, the newest first.
    pub async fn public_ips(&self, filter: &PublicIpFilter) -> Result<Vec<PublicIp>, Error> {
        self.all(|| listing(filter)).await
    }

    /// One page of them: the first, or the one after a page's `next_page`.
    pub async fn public_ip_page(&self, filter: &PublicIpFilter, after: Option<&str>) -> Result<Page<PublicIp>, Error> {
        self.page(listing(filter), after).await
    }

    /// Gives an address to a machine of its region, or with `None` takes it off the one that has it.
    pub async fn assign_public_ip(&self, ip: &str, machine_id: Option<&str>) -> Result<PublicIp, Error> {
        let call = Call::put("public-ips").ip(ip);
        self.call(call.body(&json!({"machineId": machine_id}))).await
    }

    /// Gives an address back, also one that a machine has, and tells which.
    pub async fn release_public_ip(&self, ip: &str) -> Result<String, Error> {
        let Deleted(ip) = self.call(Call::delete("public-ips").ip(ip)).await?;
        Ok(ip)
    }
}

fn listing(filter: &PublicIpFilter) -> Call {
    Call::get("public-ips")
        .ordered("dtCreated", "desc")
        .query("region", filter.region.as_deref())
}

#[cfg(test)]
mod tests {
    use super::{
        super::loopback::{Loopback, Reply},
        *,
    };

    #[tokio::test]
    async fn addresses_are_claimed_assigned_and_released() {
        let free = json!({"ip": "203.0.113.7", "region": "ny2", "dtCreated": "2024-04-30T15:51:24.565Z"});
        let taken = json!({"ip": "203.0.113.8", "region": "ny2", "assignedMachineId": "ps1"});
        let list = json!({"items": [free, taken, {"ip": null}]});
        let server = Loopback::start([
            Reply::json(200, &list),
            Reply::json(200, &list),
            Reply::json(200, &free),
            Reply::json(200, &taken),
            Reply::json(200, &free),
            Reply::json(200, &json!({"ip": "203.0.113.7"})),
        ])
        .await;
        let client = server.client();
        let addresses = client.public_ips(&PublicIpFilter::default()).await.unwrap();
        assert_eq!(addresses.len(), 2);
        assert_eq!(addresses[0].assigned_machine_id, None);
        assert_eq!(addresses[1].assigned_machine_id.as_deref(), Some("ps1"));
        let filter = PublicIpFilter {
            region: Some("ny2".into()),
        };
        client.public_ip_page(&filter, None).await.unwrap();
        assert_eq!(client.claim_public_ip("ny2").await.unwrap(), addresses[0]);
        client.assign_public_ip("203.0.113.8", Some("ps1")).await.unwrap();
        client.assign_public_ip("203.0.113.8", None).await.unwrap();
        assert_eq!(client.release_public_ip("203.0.113.7").await.unwrap(), "203.0.113.7");
        assert!(client.release_public_ip("..").await.is_err());
        assert_eq!(
            server.lines(),
            [
                "GET /v1/public-ips?orderBy=dtCreated&order=desc&limit=120",
                "GET /v1/public-ips?orderBy=dtCreated&order=desc&region=ny2&limit=120",
                "POST /v1/public-ips",
                "PUT /v1/public-ips/203.0.113.8",
                "PUT /v1/public-ips/203.0.113.8",
                "DELETE /v1/public-ips/203.0.113.7",
            ]
        );
        let bodies: Vec<String> = server.requests().into_iter().map(|request| request.body).collect();
        assert_eq!(
            bodies[2..5],
            [r#"{"region":"ny2"}"#, r#"{"machineId":"ps1"}"#, r#"{"machineId":null}"#]
        );
    }
}
