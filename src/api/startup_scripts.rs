//! Startup scripts: what a machine runs when it starts.

use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};
use serde_json::json;

use super::{
    Client, Date, Page,
    answer::{Fields, Item, Object, Trouble},
    call::Call,
    error::Error,
};

/// A startup script; `None` means that the service did not say. It never gives out the text.
#[derive(Clone, Debug, PartialEq)]
pub struct StartupScript {
    /// The identifier.
    pub id: String,
    /// The name, which need not be unique.
    pub name: Option<String>,
    /// What it is for. No request sets it.
    pub description: Option<String>,
    /// It runs at all.
    pub is_enabled: Option<bool>,
    /// It runs at the first start only.
    pub is_run_once: Option<bool>,
    /// The machines that run it.
    pub assigned_machine_ids: Option<Vec<String>>,
    /// When it was made.
    pub dt_created: Option<Date>,
    /// When it was deleted; such a script may answer for a while.
    pub dt_deleted: Option<Date>,
}

impl StartupScript {
    /// The machine runs it, as far as it is told.
    pub fn runs_on(&self, machine_id: &str) -> bool {
        self.assigned_machine_ids.iter().flatten().any(|id| id == machine_id)
    }

    /// It has been deleted although it still answers.
    pub fn is_deleted(&self) -> bool {
        self.dt_deleted.is_some()
    }
}

impl Object for StartupScript {
    const NOUN: &'static str = "startup script";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            id: fields.id("id")?,
            name: fields.get("name"),
            description: fields.get("description"),
            is_enabled: fields.get("isEnabled"),
            is_run_once: fields.get("isRunOnce"),
            assigned_machine_ids: fields.get("assignedMachineIds"),
            dt_created: fields.get("dtCreated"),
            dt_deleted: fields.get("dtDeleted"),
        })
    }
}

impl Item for StartupScript {
    fn key(&self) -> &str {
        &self.id
    }
}

/// Which startup scripts to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct StartupScriptFilter {
    /// By name. The service's filter is not exact, it has been seen to find the beginning of a name: compare again.
    pub name: Option<String>,
}

/// A startup script to be made. It is enabled once it is made; only a change turns it off.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateStartupScript {
    /// The name.
    pub name: String,
    /// The text, which may hold secrets.
    #[serde(serialize_with = "exposed")]
    pub script: SecretString,
    /// Run it at the first start only; the service does not unless told to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_run_once: Option<bool>,
}

/// Changes to a startup script. Only what is set is sent. A machine runs a changed text at its next start.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateStartupScript {
    /// Rename it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Another text.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "exposed_if_any")]
    pub script: Option<SecretString>,
    /// Let it run at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_enabled: Option<bool>,
    /// Run it at the first start only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_run_once: Option<bool>,
}

/// A text on its way into a request's body, the one place where it is meant to be.
fn exposed<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

fn exposed_if_any<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(ExposeSecret::expose_secret).serialize(serializer)
}

impl Client {
    /// Makes a startup script. An ambiguous failure may have made one: look for it before trying again. The firewall in
    /// front of the service refuses some texts, in HTML.
    pub async fn create_startup_script(&self, script: &CreateStartupScript) -> Result<StartupScript, Error> {
        self.call(Call::post("startup-scripts").body(script)).await
    }

    /// One startup script.
    pub async fn startup_script(&self, id: &str) -> Result<StartupScript, Error> {
        self.call(Call::get("startup-scripts").id(id)).await
    }

    /// All startup scripts that pass the filter, the newest first; deleted ones are left out.
    pub async fn startup_scripts(&self, filter: &StartupScriptFilter) -> Result<Vec<StartupScript>, Error> {
        let mut scripts: Vec<StartupScript> = self.all(|| listing(filter)).await?;
        scripts.retain(|script| !script.is_deleted());
        Ok(scripts)
    }

    /// One page of them, deleted ones included: the first, or the one after a page's `next_page`.
    pub async fn startup_script_page(
        &self,
        filter: &StartupScriptFilter,
        after: Option<&str>,
    ) -> Result<Page<StartupScript>, Error> {
        self.page(listing(filter), after).await
    }

    /// Changes a startup script. Safe to repeat, and repeated after transient failures.
    pub async fn update_startup_script(&self, id: &str, changes: &UpdateStartupScript) -> Result<StartupScript, Error> {
        self.call(Call::put("startup-scripts").id(id).body(changes)).await
    }

    /// Deletes a startup script. It may go on answering for some time.
    pub async fn delete_startup_script(&self, id: &str) -> Result<StartupScript, Error> {
        self.call(Call::delete("startup-scripts").id(id)).await
    }

    /// Makes a machine run a script when it starts.
    pub async fn assign_startup_script(&self, id: &str, machine_id: &str) -> Result<StartupScript, Error> {
        let call = Call::post("startup-scripts").id(id).then("assign");
        self.call(call.body(&json!({"machineId": machine_id}))).await
    }

    /// Makes a machine no longer run a script.
    pub async fn unassign_startup_script(&self, id: &str, machine_id: &str) -> Result<StartupScript, Error> {
        let call = Call::post("startup-scripts").id(id).then("unassign");
        self.call(call.body(&json!({"machineId": machine_id}))).await
    }
}

fn listing(filter: &StartupScriptFilter) -> Call {
    Call::get("startup-scripts")
        .ordered("dtCreated", "desc")
        .query("name", filter.name.as_deref())
}

#[cfg(test)]
mod tests {
    use super::{
        super::loopback::{Loopback, Reply},
        *,
    };

    #[tokio::test]
    async fn scripts_live_and_are_assigned() {
        let script = json!({
            "id": "s1", "name": "n", "description": null, "isEnabled": true, "isRunOnce": false,
            "assignedMachineIds": ["ps1"], "dtCreated": "2024-04-30T15:51:24.565Z", "dtDeleted": null,
        });
        let gone = json!({"id": "s2", "name": "n", "dtDeleted": "2024-04-30T15:51:24.565Z"});
        let list = json!({"items": [script, gone]});
        let mut replies = vec![Reply::json(200, &list), Reply::json(200, &list)];
        replies.extend((0..7).map(|_| Reply::json(200, &script)));
        let server = Loopback::start(replies).await;
        let client = server.client();
        let scripts = client.startup_scripts(&StartupScriptFilter::default()).await.unwrap();
        let filter = StartupScriptFilter { name: Some("n".into()) };
        let page = client.startup_script_page(&filter, Some("x")).await.unwrap();
        assert!(page.items.len() == 2 && page.items[1].is_deleted());
        assert_eq!(scripts, [client.startup_script("s1").await.unwrap()]);
        assert!(scripts[0].runs_on("ps1") && !scripts[0].runs_on("ps2"));
        let new = CreateStartupScript {
            name: "n".into(),
            script: SecretString::from("true"),
            is_run_once: None,
        };
        client.create_startup_script(&new).await.unwrap();
        let new = CreateStartupScript {
            is_run_once: Some(true),
            ..new
        };
        client.create_startup_script(&new).await.unwrap();
        let changes = UpdateStartupScript {
            script: Some(SecretString::from("false")),
            is_enabled: Some(false),
            ..UpdateStartupScript::default()
        };
        client.update_startup_script("s1", &changes).await.unwrap();
        client.delete_startup_script("s1").await.unwrap();
        client.assign_startup_script("s1", "ps1").await.unwrap();
        client.unassign_startup_script("s1", "ps1").await.unwrap();
        assert_eq!(
            server.lines(),
            [
                "GET /v1/startup-scripts?orderBy=dtCreated&order=desc&limit=120",
                "GET /v1/startup-scripts?orderBy=dtCreated&order=desc&name=n&limit=120&after=x",
                "GET /v1/startup-scripts/s1",
                "POST /v1/startup-scripts",
                "POST /v1/startup-scripts",
                "PUT /v1/startup-scripts/s1",
                "DELETE /v1/startup-scripts/s1",
                "POST /v1/startup-scripts/s1/assign",
                "POST /v1/startup-scripts/s1/unassign",
            ]
        );
        let bodies: Vec<String> = server.requests().into_iter().map(|request| request.body).collect();
        assert_eq!(
            bodies[3..],
            [
                r#"{"name":"n","script":"true"}"#,
                r#"{"isRunOnce":true,"name":"n","script":"true"}"#,
                r#"{"isEnabled":false,"script":"false"}"#,
                "",
                r#"{"machineId":"ps1"}"#,
                r#"{"machineId":"ps1"}"#,
            ]
        );
        assert!(!format!("{new:?} {changes:?}").contains("\"true"));
    }
}
