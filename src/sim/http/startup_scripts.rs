//! `/startup-scripts`: texts that machines run when they start. The text goes in and never comes out.
//!
//! A machine has at most one: assigning another takes the first one's place.

use axum::Router;

use super::Endpoint;
use super::call::{Answer, Call};
use super::page::{Listed, page};
use super::problem::Problem;
use crate::sim::app::SharedApp;
use crate::sim::record::StartupScript;
use crate::sim::render;

pub(crate) fn routes() -> Router<SharedApp> {
    Router::new()
        .route("/startup-scripts", Endpoint::get(list).post(create).into())
        .route(
            "/startup-scripts/{id}",
            Endpoint::get(read).put(update).delete(delete).into(),
        )
        .route("/startup-scripts/{id}/assign", Endpoint::only_post(assign).into())
        .route("/startup-scripts/{id}/unassign", Endpoint::only_post(unassign).into())
}

fn list(call: &mut Call<'_>) -> Answer {
    let scripts = call.world.startup_scripts.iter().enumerate();
    let wanted = scripts.filter(|(_, script)| script.dt_deleted.is_none() && call.passes("name", &script.name));
    let listed = wanted.map(|(position, script)| Listed {
        key: script.dt_created.clone(),
        position,
        item: script,
    });
    let page = page(call, listed.collect())?;
    Ok(page.to_json(call.quirks.last_page, |script| render::script(script)))
}

fn create(call: &mut Call<'_>) -> Answer {
    let mut form = call.form()?;
    let script = StartupScript {
        id: call.ids.short("sc", 8),
        name: form.required_text("name"),
        script: form.required_text("script"),
        description: None,
        is_enabled: true,
        is_run_once: form.flag("isRunOnce").unwrap_or(false),
        assigned_machine_ids: Vec::new(),
        dt_created: call.now.stamp.clone(),
        dt_deleted: None,
    };
    call.finish(form)?;
    let answer = render::script(&script);
    call.world.startup_scripts.push(script);
    Ok(answer)
}

fn find<'a>(call: &'a mut Call<'_>) -> Result<&'a mut StartupScript, Problem> {
    let id = call.param("id");
    let mut scripts = call.world.startup_scripts.iter_mut();
    let found = scripts.find(|script| script.id == id && script.dt_deleted.is_none());
    found.ok_or_else(|| Problem::not_found("Startup script"))
}

fn read(call: &mut Call<'_>) -> Answer {
    find(call).map(|script| render::script(script))
}

fn update(call: &mut Call<'_>) -> Answer {
    find(call)?;
    let mut form = call.form()?;
    let (name, text) = (form.text("name"), form.text("script"));
    let (is_enabled, is_run_once) = (form.flag("isEnabled"), form.flag("isRunOnce"));
    call.finish(form)?;
    let script = find(call)?;
    script.name = name.unwrap_or_else(|| script.name.clone());
    script.script = text.unwrap_or_else(|| script.script.clone());
    script.is_enabled = is_enabled.unwrap_or(script.is_enabled);
    script.is_run_once = is_run_once.unwrap_or(script.is_run_once);
    Ok(render::script(script))
}

fn delete(call: &mut Call<'_>) -> Answer {
    let stamp = call.now.stamp.clone();
    let script = find(call)?;
    script.assigned_machine_ids.clear();
    script.dt_deleted = Some(stamp);
    Ok(render::script(script))
}

/// The machine that the body names.
fn machine_id(call: &mut Call<'_>) -> Result<String, Problem> {
    find(call)?;
    let mut form = call.form()?;
    let machine_id = form.required_text("machineId");
    call.finish(form)?;
    call.live_machine(&machine_id)?;
    Ok(machine_id)
}

fn assign(call: &mut Call<'_>) -> Answer {
    let machine_id = machine_id(call)?;
    for script in &mut call.world.startup_scripts {
        script.assigned_machine_ids.retain(|id| *id != machine_id);
    }
    let script = find(call)?;
    script.assigned_machine_ids.push(machine_id);
    Ok(render::script(script))
}

fn unassign(call: &mut Call<'_>) -> Answer {
    let machine_id = machine_id(call)?;
    let script = find(call)?;
    script.assigned_machine_ids.retain(|id| *id != machine_id);
    Ok(render::script(script))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::client::{Client, refusal};

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
        let (_, changed) = client
            .put(&path, &json!({"isEnabled": false, "script": "echo other"}))
            .await;
        assert_eq!((&changed["isEnabled"], &changed["name"]), (&json!(false), &json!("s")));
        assert!(!client.get("/startup-scripts").await.1.to_string().contains("echo"));
        assert_eq!(client.sim.world().startup_scripts[0].script, "echo other");
        assert!(client.delete(&path).await.1["dtDeleted"].is_string());
        assert_eq!(refusal(&client.get(&path).await), (404, "NOT_FOUND"));
        assert_eq!(client.get("/startup-scripts").await.1["items"], json!([]));
        assert_eq!(
            refusal(&client.post("/startup-scripts", &json!({"name": "s"})).await),
            (400, "BAD_REQUEST")
        );
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
        let got = client
            .post(&format!("{}/assign", paths[1]), &json!({"machineId": "ps0"}))
            .await;
        assert_eq!(refusal(&got), (404, "NOT_FOUND"));
    }
}
