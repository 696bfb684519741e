//! Startup scripts: what a machine runs when it starts.

use serde::Deserialize;
use serde_json::json;

use super::{Client, Date, call::Call, error::Error, types};

/// A startup script. The service never gives out its text.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartupScript {
    /// The identifier.
    pub id: String,
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// It runs at all.
    #[serde(default, deserialize_with = "types::flag")]
    pub is_enabled: Option<bool>,
    /// It runs at the first start only.
    #[serde(default, deserialize_with = "types::flag")]
    pub is_run_once: Option<bool>,
    /// The machines that run it.
    #[serde(default, deserialize_with = "types::or_default")]
    pub assigned_machine_ids: Vec<String>,
    /// When it was made.
    #[serde(default)]
    pub dt_created: Option<Date>,
    /// When it was deleted.
    #[serde(default)]
    pub dt_deleted: Option<Date>,
}

impl Client {
    /// All startup scripts of the team; deleted ones are left out.
    pub async fn startup_scripts(&self) -> Result<Vec<StartupScript>, Error> {
        let mut scripts: Vec<StartupScript> = self.all(|| Call::get(&["startup-scripts"])).await?;
        scripts.retain(|script| script.dt_deleted.is_none());
        Ok(scripts)
    }

    /// One startup script.
    pub async fn startup_script(&self, id: &str) -> Result<StartupScript, Error> {
        self.call(Call::get(&["startup-scripts", id])).await
    }

    /// Makes a machine run a script when it starts.
    pub async fn assign_startup_script(&self, id: &str, machine_id: &str) -> Result<StartupScript, Error> {
        self.call(Call::post(&["startup-scripts", id, "assign"]).body(&json!({"machineId": machine_id})))
            .await
    }

    /// Makes a machine no longer run a script.
    pub async fn unassign_startup_script(&self, id: &str, machine_id: &str) -> Result<StartupScript, Error> {
        self.call(Call::post(&["startup-scripts", id, "unassign"]).body(&json!({"machineId": machine_id})))
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::loopback::{Loopback, Reply},
        *,
    };

    #[tokio::test]
    async fn scripts_are_listed_and_assigned() {
        let script =
            json!({"id": "s1", "name": "n", "description": null, "isEnabled": true, "assignedMachineIds": ["ps1"]});
        let gone = json!({"id": "s2", "name": "n", "dtDeleted": "2024-04-30T15:51:24.565Z"});
        let list = json!({"items": [script, gone]});
        let mut replies = vec![Reply::json(200, &list)];
        replies.extend((0..3).map(|_| Reply::json(200, &script)));
        let server = Loopback::start(replies).await;
        let client = server.client();
        let scripts = client.startup_scripts().await.unwrap();
        assert_eq!(scripts, [client.startup_script("s1").await.unwrap()]);
        assert_eq!(scripts[0].assigned_machine_ids, ["ps1"]);
        client.assign_startup_script("s1", "ps1").await.unwrap();
        client.unassign_startup_script("s1", "ps1").await.unwrap();
        assert_eq!(
            server.lines(),
            [
                "GET /v1/startup-scripts?limit=120",
                "GET /v1/startup-scripts/s1",
                "POST /v1/startup-scripts/s1/assign",
                "POST /v1/startup-scripts/s1/unassign",
            ]
        );
        assert_eq!(server.requests()[2].body, r#"{"machineId":"ps1"}"#);
        assert_eq!(server.requests()[3].body, r#"{"machineId":"ps1"}"#);
    }
}
