//! Shared drives: disks on a private network that its machines mount.

use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;

use super::{
    Client, Date, Page,
    answer::{Fields, Item, Object, Trouble},
    call::Call,
    deleted::Deleted,
    error::Error,
};

/// A shared drive; `None` means that the service did not say.
#[derive(Clone, Debug)]
pub struct SharedDrive {
    /// The identifier.
    pub id: String,
    /// The name, which need not be unique.
    pub name: Option<String>,
    /// The size as the service tells it: in gigabytes, or in bytes. No document says which.
    pub size: Option<i64>,
    /// Where it is mounted from, such as `\\10.64.92.2\share` or `//10.64.92.2/share`; not told before it is usable.
    pub mount_point: Option<String>,
    /// The user to mount it as.
    pub username: Option<String>,
    /// That user's password.
    pub password: Option<SecretString>,
    /// The private network that it is on.
    pub network_id: Option<String>,
    /// The region's label or slug.
    pub region: Option<String>,
    /// When it was made.
    pub dt_created: Option<Date>,
    /// When it was deleted; such a drive may answer for a while.
    pub dt_deleted: Option<Date>,
}

impl SharedDrive {
    /// It has been deleted although it still answers.
    pub fn is_deleted(&self) -> bool {
        self.dt_deleted.is_some()
    }
}

impl Object for SharedDrive {
    const NOUN: &'static str = "shared drive";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            id: fields.id("id")?,
            name: fields.get("name"),
            size: fields.get("size"),
            mount_point: fields.get("mountPoint"),
            username: fields.get("username"),
            password: fields.get("password"),
            network_id: fields.get("networkId"),
            region: fields.get("region"),
            dt_created: fields.get("dtCreated"),
            dt_deleted: fields.get("dtDeleted"),
        })
    }
}

impl Item for SharedDrive {
    fn key(&self) -> &str {
        &self.id
    }
}

/// Which shared drives to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SharedDriveFilter {
    /// By name. The service's filter is not known to be exact: compare again.
    pub name: Option<String>,
    /// By region, label or slug.
    pub region: Option<String>,
}

/// A shared drive to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateSharedDrive {
    /// The name.
    pub name: String,
    /// The size in gigabytes. It never changes.
    pub size: i64,
    /// The region, label or slug; that of the network.
    pub region: String,
    /// The private network to put it on. A team's default network will not do.
    pub network_id: String,
}

impl Client {
    /// Makes a shared drive. An ambiguous failure may have made one: look for it before trying again.
    pub async fn create_shared_drive(&self, drive: &CreateSharedDrive) -> Result<SharedDrive, Error> {
        self.call(Call::post("shared-drives").body(drive)).await
    }

    /// One shared drive.
    pub async fn shared_drive(&self, id: &str) -> Result<SharedDrive, Error> {
        self.call(Call::get("shared-drives").id(id)).await
    }

    /// All shared drives that pass the filter, the newest first; deleted ones are left out.
    pub async fn shared_drives(&self, filter: &SharedDriveFilter) -> Result<Vec<SharedDrive>, Error> {
        let mut drives: Vec<SharedDrive> = self.all(|| listing(filter)).await?;
        drives.retain(|drive| !drive.is_deleted());
        Ok(drives)
    }

    /// One page of them, deleted ones included: the first, or the one after a page's `next_page`.
    pub async fn shared_drive_page(
        &self,
        filter: &SharedDriveFilter,
        after: Option<&str>,
    ) -> Result<Page<SharedDrive>, Error> {
        self.page(listing(filter), after).await
    }

    /// Renames a shared drive, which is all that can be changed of one.
    pub async fn rename_shared_drive(&self, id: &str, name: &str) -> Result<SharedDrive, Error> {
        let call = Call::put("shared-drives").id(id);
        self.call(call.body(&json!({"name": name}))).await
    }

    /// Deletes a shared drive with all that is on it, and gives its identifier.
    pub async fn delete_shared_drive(&self, id: &str) -> Result<String, Error> {
        let Deleted(id) = self.call(Call::delete("shared-drives").id(id)).await?;
        Ok(id)
    }
}

fn listing(filter: &SharedDriveFilter) -> Call {
    Call::get("shared-drives")
        .ordered("dtCreated", "desc")
        .query("name", filter.name.as_deref())
        .query("region", filter.region.as_deref())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::{
        super::loopback::{Loopback, Reply},
        *,
    };

    #[tokio::test]
    async fn drives_live_and_keep_their_passwords() {
        let drive = json!({
            "id": "sd1", "name": "n", "size": "536870912000", "mountPoint": "\\\\10.1.2.3\\sd1", "username": "u",
            "password": "hunter2", "networkId": "n1", "region": "ny2", "dtCreated": "2024-04-30T15:51:24.565Z",
        });
        let list = json!({"items": [drive, {"id": "sd2", "dtDeleted": "2024-04-30T15:51:24.565Z"}]});
        let server = Loopback::start([
            Reply::json(200, &list),
            Reply::json(200, &list),
            Reply::json(200, &drive),
            Reply::json(200, &drive),
            Reply::json(200, &drive),
            Reply::json(200, &json!({"id": "sd1"})),
        ])
        .await;
        let client = server.client();
        let drives = client.shared_drives(&SharedDriveFilter::default()).await.unwrap();
        let filter = SharedDriveFilter {
            name: Some("n".into()),
            region: Some("ny2".into()),
        };
        assert_eq!(client.shared_drive_page(&filter, None).await.unwrap().items.len(), 2);
        assert_eq!(drives.len(), 1);
        let one = client.shared_drive("sd1").await.unwrap();
        assert_eq!(one.size, Some(536_870_912_000));
        assert_eq!(one.mount_point.as_deref(), Some(r"\\10.1.2.3\sd1"));
        assert_eq!(one.password.as_ref().unwrap().expose_secret(), "hunter2");
        assert!(!format!("{one:?}").contains("hunter2"));
        let new = CreateSharedDrive {
            name: "n".into(),
            size: 500,
            region: "ny2".into(),
            network_id: "n1".into(),
        };
        client.create_shared_drive(&new).await.unwrap();
        client.rename_shared_drive("sd1", "m").await.unwrap();
        assert_eq!(client.delete_shared_drive("sd1").await.unwrap(), "sd1");
        assert_eq!(
            server.lines(),
            [
                "GET /v1/shared-drives?orderBy=dtCreated&order=desc&limit=120",
                "GET /v1/shared-drives?orderBy=dtCreated&order=desc&name=n&region=ny2&limit=120",
                "GET /v1/shared-drives/sd1",
                "POST /v1/shared-drives",
                "PUT /v1/shared-drives/sd1",
                "DELETE /v1/shared-drives/sd1",
            ]
        );
        assert_eq!(
            server.requests()[3].body,
            r#"{"name":"n","networkId":"n1","region":"ny2","size":500}"#
        );
        assert_eq!(server.requests()[4].body, r#"{"name":"m"}"#);
    }
}
