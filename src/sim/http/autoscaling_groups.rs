//! `/autoscaling-groups`: numbers of like machines. The groups are kept; their machines are not simulated.

use axum::Router;

use super::Endpoint;
use super::call::{Answer, Call};
use super::form::Form;
use super::machine_form::machine_type_of;
use super::page::{Listed, page};
use super::problem::Problem;
use crate::sim::app::SharedApp;
use crate::sim::record::AutoscalingGroup;
use crate::sim::render;

pub(crate) fn routes() -> Router<SharedApp> {
    Router::new()
        .route("/autoscaling-groups", Endpoint::get(list).post(create).into())
        .route(
            "/autoscaling-groups/{id}",
            Endpoint::get(read).put(update).delete(delete).into(),
        )
}

fn list(call: &mut Call<'_>) -> Answer {
    let groups = call.world.autoscaling_groups.iter().enumerate();
    let wanted = groups.filter(|(_, group)| {
        group.dt_deleted.is_none()
            && call.passes("clusterId", &group.cluster_id)
            && call.passes("machineType", &group.machine_type)
    });
    let listed = wanted.map(|(position, group)| Listed {
        key: group.dt_created.clone(),
        position,
        item: group,
    });
    let page = page(call, listed.collect())?;
    Ok(page.to_json(call.quirks.last_page, |group| render::autoscaling_group(group)))
}

const MOST: u64 = 1000;

fn create(call: &mut Call<'_>) -> Answer {
    let mut form = call.form()?;
    let (name, cluster_id) = (form.required_text("name"), form.required_text("clusterId"));
    let machine_type = machine_type_of(&mut form, true)
        .map(|kind| kind.label)
        .unwrap_or_default();
    let (min, max) = (
        form.required_number("min", 0, MOST),
        form.required_number("max", 0, MOST),
    );
    let group = AutoscalingGroup {
        id: call.ids.short("asg", 8),
        name,
        cluster_id,
        machine_type,
        template_id: form.required_text("templateId"),
        network_id: form.required_text("networkId"),
        startup_script_id: form.text("startupScriptId"),
        min,
        max,
        current: min,
        provisioning_timeout: form.number("provisioningTimeout", 1, MOST),
        dt_created: call.now.stamp.clone(),
        dt_modified: call.now.stamp.clone(),
        dt_deleted: None,
    };
    check_bounds(&mut form, &group);
    call.finish(form)?;
    check_references(call, &group)?;
    let answer = render::autoscaling_group(&group);
    call.world.autoscaling_groups.push(group);
    Ok(answer)
}

fn check_bounds(form: &mut Form, group: &AutoscalingGroup) {
    if group.min > group.max {
        form.complain("min", "must not be greater than max");
    }
}

/// Whether the world has what the group names.
fn check_references(call: &Call<'_>, group: &AutoscalingGroup) -> Result<(), Problem> {
    let world = &call.world;
    let template = |id: &str| {
        world
            .templates
            .iter()
            .any(|template| template.id == id && template.dt_deleted.is_none())
    };
    if !template(&group.template_id) {
        return Err(Problem::not_found("Template"));
    }
    world
        .visible_network(&group.network_id)
        .ok_or_else(|| Problem::not_found("Private network"))?;
    let script = |id: &String| {
        world
            .startup_scripts
            .iter()
            .any(|script| script.id == *id && script.dt_deleted.is_none())
    };
    if group.startup_script_id.as_ref().is_some_and(|id| !script(id)) {
        return Err(Problem::not_found("Startup script"));
    }
    Ok(())
}

fn find<'a>(call: &'a mut Call<'_>) -> Result<&'a mut AutoscalingGroup, Problem> {
    let id = call.param("id");
    let mut groups = call.world.autoscaling_groups.iter_mut();
    let found = groups.find(|group| group.id == id && group.dt_deleted.is_none());
    found.ok_or_else(|| Problem::not_found("Autoscaling group"))
}

fn read(call: &mut Call<'_>) -> Answer {
    find(call).map(|group| render::autoscaling_group(group))
}

fn update(call: &mut Call<'_>) -> Answer {
    let mut group = find(call)?.clone();
    let mut form = call.form()?;
    let texts = [
        ("name", &mut group.name),
        ("clusterId", &mut group.cluster_id),
        ("templateId", &mut group.template_id),
        ("networkId", &mut group.network_id),
    ];
    for (name, field) in texts {
        if let Some(text) = form.text(name) {
            *field = text;
        }
    }
    if let Some(kind) = machine_type_of(&mut form, false) {
        group.machine_type = kind.label;
    }
    group.startup_script_id = form.text("startupScriptId").or(group.startup_script_id);
    group.min = form.number("min", 0, MOST).unwrap_or(group.min);
    group.max = form.number("max", 0, MOST).unwrap_or(group.max);
    group.provisioning_timeout = form
        .number("provisioningTimeout", 1, MOST)
        .or(group.provisioning_timeout);
    check_bounds(&mut form, &group);
    call.finish(form)?;
    check_references(call, &group)?;
    group.current = group.current.clamp(group.min, group.max);
    group.dt_modified.clone_from(&call.now.stamp);
    *find(call)? = group;
    read(call)
}

fn delete(call: &mut Call<'_>) -> Answer {
    let stamp = call.now.stamp.clone();
    let group = find(call)?;
    group.dt_deleted = Some(stamp);
    Ok(render::autoscaling_group(group))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::client::{Client, refusal};

    #[tokio::test]
    async fn a_group_stays_within_its_bounds() {
        let client = Client::immediate().await;
        let (_, network) = client
            .post("/private-networks", &json!({"name": "n", "region": "ny2"}))
            .await;
        let mut body = json!({
            "name": "g", "clusterId": "cl1", "machineType": "C5", "templateId": "tkni3aa4",
            "networkId": network["id"], "min": 3, "max": 2,
        });
        assert_eq!(
            refusal(&client.post("/autoscaling-groups", &body).await),
            (400, "BAD_REQUEST")
        );
        body["max"] = json!(5);
        let (status, group) = client.post("/autoscaling-groups", &body).await;
        assert_eq!((status, &group["current"]), (200, &json!(3)));
        let path = format!("/autoscaling-groups/{}", group["id"].as_str().unwrap());
        let (_, smaller) = client.put(&path, &json!({"min": 0, "max": 1})).await;
        assert_eq!((&smaller["current"], &smaller["name"]), (&json!(1), &json!("g")));
        assert_eq!(
            refusal(&client.put(&path, &json!({"networkId": "n0"})).await),
            (404, "NOT_FOUND")
        );
        assert_eq!(
            client.get("/autoscaling-groups?clusterId=other").await.1["items"],
            json!([])
        );
        client.delete(&path).await;
        assert_eq!(refusal(&client.get(&path).await), (404, "NOT_FOUND"));
    }
}
