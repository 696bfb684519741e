//! Templates, by both families of endpoints: `/templates`, and `/custom-templates` with `/os-templates`.
//!
//! A quirk can switch either family off, as accounts know only one of them.

use axum::Router;
use serde_json::json;

use super::Endpoint;
use super::call::{Answer, Call};
use super::page::{Listed, order_by, page};
use super::problem::Problem;
use crate::sim::app::SharedApp;
use crate::sim::lifecycle::Kind;
use crate::sim::record::Template;
use crate::sim::render::{self, TemplateFamily};

pub(crate) fn routes() -> Router<SharedApp> {
    Router::new()
        .route("/templates", Endpoint::get(list_unified).into())
        .route("/os-templates", Endpoint::get(list_os).into())
        .route("/custom-templates", Endpoint::get(list_custom).post(create).into())
        .route(
            "/custom-templates/{id}",
            Endpoint::get(read).put(rename).delete(delete).into(),
        )
}

fn list_unified(call: &mut Call<'_>) -> Answer {
    refuse_if_off(call.quirks.templates_off)?;
    let is_public = match call.query("isPublic") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Problem::invalid(vec!["isPublic: expected a boolean".to_owned()])),
    };
    list(call, is_public, TemplateFamily::Unified, &["dtCreated", "name"])
}

fn list_os(call: &mut Call<'_>) -> Answer {
    refuse_if_off(call.quirks.split_templates_off)?;
    list(call, true, TemplateFamily::Os, &["name"])
}

fn list_custom(call: &mut Call<'_>) -> Answer {
    refuse_if_off(call.quirks.split_templates_off)?;
    list(call, false, TemplateFamily::Custom, &["dtCreated", "name"])
}

fn refuse_if_off(status: Option<u16>) -> Result<(), Problem> {
    status.map_or(Ok(()), |status| Err(Problem::of_status(status)))
}

fn list(call: &Call<'_>, is_public: bool, family: TemplateFamily, fields: &[&str]) -> Answer {
    let by_name = order_by(call, fields)? == "name";
    let templates = call.world.templates.iter().enumerate();
    let wanted = templates.filter(|(_, template)| {
        template.is_public == is_public
            && template.dt_deleted.is_none()
            && call.passes("name", &template.name)
            && call.passes("machineId", template.parent_machine_id.as_deref().unwrap_or_default())
    });
    let listed = wanted.map(|(position, template)| Listed {
        key: if by_name {
            template.name.clone()
        } else {
            template.dt_created.clone()
        },
        position,
        item: template,
    });
    let page = page(call, listed.collect())?;
    Ok(page.to_json(call.quirks.last_page, |template| {
        render::template(template, family, call.quirks)
    }))
}

fn create(call: &mut Call<'_>) -> Answer {
    refuse_if_off(call.quirks.split_templates_off)?;
    let mut form = call.form()?;
    let (machine_id, name) = (form.required_text("machineId"), form.required_text("name"));
    call.finish(form)?;
    let machine = call.idle_machine(&machine_id)?;
    let parent = call
        .world
        .templates
        .iter()
        .find(|template| template.id == machine.template_id);
    let types = parent
        .map(|template| template.available_machine_types.clone())
        .unwrap_or_default();
    let template = Template {
        id: call.ids.template(),
        name,
        is_public: false,
        agent_type: machine.agent_type,
        operating_system_label: machine.os,
        region: Some(machine.region),
        default_size_gb: Some(machine.disk_size),
        available_machine_types: types,
        parent_machine_id: Some(machine_id.clone()),
        dt_created: call.now.stamp.clone(),
        dt_deleted: None,
    };
    let data = render::template(&template, TemplateFamily::Custom, call.quirks);
    let template_id = template.id.clone();
    call.world.templates.push(template);
    let event_id = call.begin(&machine_id, Kind::TemplateCreate { template_id });
    Ok(json!({"data": data, "event": call.event_json(&event_id)}))
}

/// The team's template that the path names.
fn own<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Template, Problem> {
    refuse_if_off(call.quirks.split_templates_off)?;
    let id = call.param("id");
    let mut templates = call.world.templates.iter_mut();
    let found = templates.find(|template| template.id == id && !template.is_public && template.dt_deleted.is_none());
    found.ok_or_else(|| Problem::not_found("Template"))
}

fn read(call: &mut Call<'_>) -> Answer {
    let template = own(call)?.clone();
    Ok(render::template(&template, TemplateFamily::Custom, call.quirks))
}

fn rename(call: &mut Call<'_>) -> Answer {
    own(call)?;
    let mut form = call.form()?;
    let name = form.required_text("name");
    call.finish(form)?;
    own(call)?.name = name;
    read(call)
}

fn delete(call: &mut Call<'_>) -> Answer {
    let stamp = call.now.stamp.clone();
    let template = own(call)?;
    template.dt_deleted = Some(stamp);
    let template = template.clone();
    Ok(render::template(&template, TemplateFamily::Custom, call.quirks))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::client::{Client, refusal};

    fn ids(page: &Value) -> Vec<&str> {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].as_str().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn both_families_tell_the_same_templates() {
        let client = Client::immediate().await;
        let (_, public) = client.get("/templates?isPublic=true&limit=120").await;
        let (_, os) = client.get("/os-templates?limit=120").await;
        let sorted = |page| {
            let mut ids = ids(page);
            ids.sort_unstable();
            ids.join(" ")
        };
        assert_eq!(sorted(&public), sorted(&os));
        assert_eq!(public["items"][0]["region"], Value::Null);
        assert_eq!(public["items"][0]["isPublic"], true);
        assert_eq!(
            (os["items"][0].get("region"), os["items"][0].get("isPublic")),
            (None, None)
        );
        let (_, own) = client.get("/templates").await;
        assert_eq!(ids(&own), ids(&client.get("/custom-templates").await.1));
        assert_eq!(ids(&own), ids(&client.get("/templates?isPublic=false").await.1));
        assert_eq!(own["items"][0]["region"], "East Coast (NY2)");
        assert_eq!(client.get("/templates?isPublic=maybe").await.0, 400);
        assert_eq!(
            ids(&client.get("/os-templates?name=Ubuntu%2022.04").await.1),
            ["tkni3aa4"]
        );
    }

    #[tokio::test]
    async fn either_family_can_be_unknown() {
        let client = Client::immediate().await;
        client.sim.switch(|quirks| quirks.templates_off = Some(405));
        assert_eq!(refusal(&client.get("/templates").await), (405, "METHOD_NOT_SUPPORTED"));
        assert_eq!(client.get("/os-templates").await.0, 200);
        client.sim.switch(|quirks| quirks.split_templates_off = Some(404));
        for path in ["/os-templates", "/custom-templates", "/custom-templates/tqk2m7ab"] {
            assert_eq!(refusal(&client.get(path).await), (404, "NOT_FOUND"));
        }
    }

    #[tokio::test]
    async fn a_machine_becomes_a_template() {
        let client = Client::immediate().await;
        let machine = client.machine(&json!({})).await;
        let body = json!({"machineId": machine["id"], "name": "golden"});
        let (_, made) = client.post("/custom-templates", &body).await;
        assert_eq!(
            (&made["event"]["name"], &made["data"]["parentMachineId"]),
            (&json!("template-create"), &machine["id"])
        );
        let path = format!("/custom-templates/{}", made["data"]["id"].as_str().unwrap());
        client.machine(&json!({"templateId": made["data"]["id"]})).await;
        assert_eq!(client.put(&path, &json!({"name": "silver"})).await.1["name"], "silver");
        let query = format!("/custom-templates?machineId={}", machine["id"].as_str().unwrap());
        assert_eq!(client.get(&query).await.1["items"][0]["name"], "silver");
        assert!(client.delete(&path).await.1["dtDeleted"].is_string());
        assert_eq!(refusal(&client.get(&path).await), (404, "NOT_FOUND"));
        assert_eq!(
            refusal(&client.put("/custom-templates/tkni3aa4", &json!({"name": "x"})).await),
            (404, "NOT_FOUND")
        );
    }
}
