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
