//! `/startup-scripts`: texts that machines run when they start. The text goes in and never comes out.
//!
//! A machine has at most one: assigning another takes the first one's place.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Head, Kind, change, delete, find, list, put, read};
use crate::sim::http::call::{Answer, Call};
use crate::sim::http::problem::Problem;
use crate::sim::http::route::Route;
use crate::sim::quirks::{NameFilter, Quirks};
use crate::sim::sight::Sight;
use crate::sim::world::World;

/// A startup script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartupScript {
    /// `sc...`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The text. Never told.
    pub script: String,
    /// Never set through the API.
    #[serde(default)]
    pub description: Option<String>,
    /// Whether it runs at all.
    #[serde(default = "enabled")]
    pub is_enabled: bool,
    /// Whether only at the first start.
    #[serde(default)]
    pub is_run_once: bool,
    /// The machines that run it.
    #[serde(default)]
    pub assigned_machine_ids: Vec<String>,
    /// The machines that have run it. Never told.
    #[serde(default)]
    pub fetched_by: Vec<String>,
    /// How far requests can see it.
    #[serde(default)]
    pub sight: Sight,
    /// When it was made. Left out of a seed, it is when the world began.
    #[serde(default)]
    pub dt_created: String,
    /// When it was deleted.
    #[serde(default)]
    pub dt_deleted: Option<String>,
}

fn enabled() -> bool {
    true
}

impl StartupScript {
    /// A script that is enabled, runs at every start, and is on no machine; dated when the world begins.
    pub fn new(id: &str, name: &str, script: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            script: script.to_owned(),
            description: None,
            is_enabled: true,
            is_run_once: false,
            assigned_machine_ids: Vec::new(),
            fetched_by: Vec::new(),
            sight: Sight::default(),
            dt_created: String::new(),
            dt_deleted: None,
        }
    }

    /// Whether a line of it turns the machine off that runs it.
    pub(crate) fn turns_off(&self) -> bool {
        let commands = self.script.lines().filter_map(|line| {
            let mut words = line.split_whitespace().filter(|word| *word != "sudo");
            words.next()
        });
        let mut turning_off = commands.filter(|command| ["shutdown", "poweroff", "Stop-Computer"].contains(command));
        turning_off.next().is_some()
    }
}

impl Kind for StartupScript {
    const NOUN: &'static str = "Startup script";
    const NAME_FILTER: NameFilter = NameFilter::Prefix;
    const LINGERS: Option<bool> = Some(true);

    fn all(world: &World) -> &[Self] {
        &world.startup_scripts
    }

    fn all_mut(world: &mut World) -> &mut [Self] {
        &mut world.startup_scripts
    }

    fn head(&self) -> Head<'_> {
        Head {
            key: &self.id,
            name: &self.name,
            dt_created: &self.dt_created,
            is_deleted: self.dt_deleted.is_some(),
        }
    }

    fn sight(&self) -> &Sight {
        &self.sight
    }

    fn sight_mut(&mut self) -> &mut Sight {
        &mut self.sight
    }

    fn delete(&mut self, stamp: &str) {
        self.assigned_machine_ids.clear();
        self.dt_deleted = Some(stamp.to_owned());
    }

    fn render(&self, quirks: &Quirks) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "isEnabled": self.is_enabled,
            "isRunOnce": self.is_run_once,
            "assignedMachineIds": self.assigned_machine_ids,
            "dtCreated": self.dt_created,
            "dtDeleted": self.dt_deleted.as_ref().filter(|_| quirks.lingering.dated),
        })
    }
}

pub(crate) const ROUTES: &[Route] = &[
    Route::get("/startup-scripts", list::<StartupScript>),
    Route::post("/startup-scripts", create),
    Route::get("/startup-scripts/{id}", read::<StartupScript>),
    Route::put("/startup-scripts/{id}", update),
    Route::delete("/startup-scripts/{id}", delete::<StartupScript>),
    Route::post("/startup-scripts/{id}/assign", assign),
    Route::post("/startup-scripts/{id}/unassign", unassign),
];

fn create(call: &mut Call<'_>) -> Answer {
    let (name, script, is_run_once) = call.read(|form| {
        let (name, script) = (form.required_text("name"), form.required_text("script"));
        (name, script, form.flag("isRunOnce").unwrap_or(false))
    })?;
    let id = call.ids.short("sc", 8, &name);
    let script = StartupScript {
        is_run_once,
        sight: Sight::of_new(call.quirks, &call.now),
        dt_created: call.now.stamp.clone(),
        ..StartupScript::new(&id, &name, &script)
    };
    let answer = script.render(call.quirks);
    call.world.startup_scripts.push(script);
    Ok(answer)
}

fn update(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    find::<StartupScript>(call, &id)?;
    let (name, text, is_enabled, is_run_once) = call.read(|form| {
        let (name, text) = (form.text("name"), form.text("script"));
        (name, text, form.flag("isEnabled"), form.flag("isRunOnce"))
    })?;
    change::<StartupScript>(call, &id, |script| {
        put(&mut script.name, name);
        put(&mut script.script, text);
        put(&mut script.is_enabled, is_enabled);
        put(&mut script.is_run_once, is_run_once);
    })
}

/// The machine that the body names.
fn machine_id(call: &Call<'_>) -> Result<String, Problem> {
    find::<StartupScript>(call, &call.param("id"))?;
    let machine_id = call.read(|form| form.required_text("machineId"))?;
    call.live_machine(&machine_id)?;
    Ok(machine_id)
}

fn assign(call: &mut Call<'_>) -> Answer {
    let machine_id = machine_id(call)?;
    call.world.assign_script(&call.param("id"), &machine_id);
    change::<StartupScript>(call, &call.param("id"), |_| {})
}

fn unassign(call: &mut Call<'_>) -> Answer {
    let machine_id = machine_id(call)?;
    change::<StartupScript>(call, &call.param("id"), |script| {
        script.assigned_machine_ids.retain(|id| *id != machine_id);
    })
}

impl World {
    /// The script that a machine runs as it starts, which is none where one that runs once has run there.
    pub(crate) fn fetch_script(&mut self, machine_id: &str) -> Option<&StartupScript> {
        let mut scripts = self.startup_scripts.iter_mut();
        let script = scripts.find(|script| {
            script.is_enabled
                && script.dt_deleted.is_none()
                && script.assigned_machine_ids.iter().any(|id| id == machine_id)
        })?;
        let is_first = !script.fetched_by.iter().any(|id| id == machine_id);
        if is_first {
            script.fetched_by.push(machine_id.to_owned());
        }
        (is_first || !script.is_run_once).then_some(&*script)
    }

    /// Gives a machine a script in the place of the one it had.
    pub(crate) fn assign_script(&mut self, script_id: &str, machine_id: &str) {
        for script in &mut self.startup_scripts {
            script.assigned_machine_ids.retain(|id| id != machine_id);
            if script.id == script_id {
                script.assigned_machine_ids.push(machine_id.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::StartupScript;
    use crate::sim::State;
    use crate::sim::http::client::{Client, refusal};
    use crate::sim::quirks::NameFilter;

    #[test]
    fn a_line_of_a_script_turns_its_machine_off() {
        for (text, turns_off) in [
            ("apt-get update\nshutdown -h now", true),
            ("  sudo poweroff", true),
            ("Stop-Computer", true),
            ("echo shutdown", false),
            ("# shutdown -h now", false),
            ("shutdowns", false),
            ("", false),
        ] {
            assert_eq!(StartupScript::new("sc1", "s", text).turns_off(), turns_off, "{text}");
        }
    }

    /// A client, and a machine that has started with a script that turns it off.
    async fn building(is_run_once: bool) -> (Client, String) {
        let client = Client::explicit().await;
        let script = json!({"name": "build", "script": "make\nshutdown -h now", "isRunOnce": is_run_once});
        let (_, script) = client.post("/startup-scripts", &script).await;
        let machine = client
            .machine(&json!({"startupScriptId": script["id"], "publicIpType": "dynamic"}))
            .await;
        client.sim.advance(Duration::from_secs(60));
        (client, format!("/machines/{}", machine["id"].as_str().unwrap()))
    }

    #[tokio::test]
    async fn a_script_may_turn_its_machine_off_in_the_end() {
        let (client, path) = building(false).await;
        client.sim.advance(Duration::from_secs(299));
        assert_eq!(client.get(&path).await.1["state"], "ready", "it takes its time");
        client.sim.advance(Duration::from_secs(1));
        let machine = client.get(&path).await.1;
        assert_eq!(machine["state"], "off");
        assert!(machine["publicIp"].is_null());
        client.patch(&format!("{path}/start")).await;
        client.sim.advance(Duration::from_secs(20));
        client.sim.advance(Duration::from_secs(300));
        assert_eq!(client.get(&path).await.1["state"], "off", "it does so at every start");
    }

    #[tokio::test]
    async fn a_script_that_runs_once_turns_its_machine_off_once() {
        let (client, path) = building(true).await;
        client.sim.advance(Duration::from_secs(300));
        assert_eq!(client.sim.world().machines[0].state, State::Off);
        client.patch(&format!("{path}/start")).await;
        client.sim.advance(Duration::from_secs(20));
        client.sim.advance(Duration::from_secs(3000));
        assert_eq!(client.get(&path).await.1["state"], "ready");
    }

    #[tokio::test]
    async fn a_machine_that_is_stopped_runs_its_script_no_further() {
        let (client, path) = building(true).await;
        client.patch(&format!("{path}/stop")).await;
        client.sim.advance(Duration::from_secs(15));
        client.patch(&format!("{path}/start")).await;
        client.sim.advance(Duration::from_secs(20));
        client.sim.advance(Duration::from_secs(3000));
        assert_eq!(client.get(&path).await.1["state"], "ready");
    }

    #[tokio::test]
    async fn a_script_is_kept_and_its_text_never_told() {
        let client = Client::immediate().await;
        let (status, script) = client
            .post("/startup-scripts", &json!({"name": "s", "script": "echo secret"}))
            .await;
        assert_eq!(
            (status, &script["isRunOnce"], &script["isEnabled"]),
            (200, &json!(false), &json!(true))
        );
        let path = format!("/startup-scripts/{}", script["id"].as_str().unwrap());
        let body = json!({"isEnabled": false, "isRunOnce": true, "script": "echo other"});
        let (_, changed) = client.put(&path, &body).await;
        assert_eq!(
            [&changed["isEnabled"], &changed["isRunOnce"], &changed["name"]],
            [&json!(false), &json!(true), &json!("s")]
        );
        assert!(!client.get("/startup-scripts").await.1.to_string().contains("echo"));
        assert_eq!(client.sim.world().startup_scripts[0].script, "echo other");
        assert!(client.delete(&path).await.1["dtDeleted"].is_string());
        assert!(
            client.get(&path).await.1["dtDeleted"].is_string(),
            "seen for a while yet"
        );
        assert_eq!(refusal(&client.delete(&path).await), (404, "NOT_FOUND"));
        assert_eq!(client.get("/startup-scripts").await.1["items"], json!([]));
        assert_eq!(
            refusal(&client.post("/startup-scripts", &json!({"name": "s"})).await),
            (400, "BAD_REQUEST")
        );
    }

    #[tokio::test]
    async fn scripts_are_found_by_the_beginning_of_their_name() {
        let client = Client::immediate().await;
        for name in ["add-key-1f", "other", "add-key"] {
            client
                .post("/startup-scripts", &json!({"name": name, "script": "true"}))
                .await;
        }
        let found = async || {
            let (_, page) = client.get("/startup-scripts?name=add-key&order=asc").await;
            let items = page["items"].as_array().unwrap().clone();
            items
                .iter()
                .map(|item| item["name"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(found().await, ["add-key-1f", "add-key"]);
        client.sim.switch(|quirks| quirks.name_filter = Some(NameFilter::Exact));
        assert_eq!(found().await, ["add-key"]);
    }

    #[tokio::test]
    async fn a_machine_has_one_script() {
        let client = Client::immediate().await;
        let mut paths = Vec::new();
        let mut ids = Vec::new();
        for name in ["first", "second"] {
            let (_, script) = client
                .post("/startup-scripts", &json!({"name": name, "script": "true"}))
                .await;
            ids.push(script["id"].clone());
            paths.push(format!("/startup-scripts/{}", script["id"].as_str().unwrap()));
        }
        let machine = client.machine(&json!({"startupScriptId": ids[0]})).await["id"].clone();
        assert_eq!(client.get(&paths[0]).await.1["assignedMachineIds"], json!([machine]));
        let body = json!({"machineId": machine});
        let (_, second) = client.post(&format!("{}/assign", paths[1]), &body).await;
        assert_eq!(second["assignedMachineIds"], json!([machine]));
        assert_eq!(client.get(&paths[0]).await.1["assignedMachineIds"], json!([]));
        let (_, second) = client.post(&format!("{}/unassign", paths[1]), &body).await;
        assert_eq!(second["assignedMachineIds"], json!([]));
        client.post(&format!("{}/assign", paths[1]), &body).await;
        client.delete(&format!("/machines/{}", machine.as_str().unwrap())).await;
        assert_eq!(client.get(&paths[1]).await.1["assignedMachineIds"], json!([]));
        let got = client
            .post(&format!("{}/assign", paths[1]), &json!({"machineId": "ps0"}))
            .await;
        assert_eq!(refusal(&got), (404, "NOT_FOUND"));
    }
}
