//! Templates, by both families of endpoints: `/templates`, and `/custom-templates` with `/os-templates`.
//!
//! A quirk can switch either family off, as accounts know only one of them. The service's own templates are the same
//! for everyone, so their list needs no key.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Head, Kind, change, delete, find, list, read};
use crate::sim::http::call::{Answer, Call};
use crate::sim::http::problem::Problem;
use crate::sim::http::route::{Route, Who};
use crate::sim::machine::State;
use crate::sim::machine::lifecycle::Task;
use crate::sim::quirks::Quirks;
use crate::sim::render;
use crate::sim::sight::Sight;
use crate::sim::world::World;

/// Whether a template runs on a machine type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TypeAvailability {
    /// The machine type.
    pub machine_type_label: String,
    /// Whether it does.
    pub is_available: bool,
}

/// A template, of the service's or the team's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    /// `t...`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is one of the service's.
    #[serde(default)]
    pub is_public: bool,
    /// `LinuxDesktop`, `LinuxHeadless`, `WindowsDesktop`.
    pub agent_type: String,
    /// `Ubuntu 22.04 Server` and the like.
    pub operating_system_label: String,
    /// The slug of the only region it can be used in; the service's own have none.
    #[serde(default)]
    pub region: Option<String>,
    /// The least disk, where known.
    #[serde(default)]
    pub default_size_gb: Option<u64>,
    /// Where it runs. Left out of a seed, it runs on every type.
    #[serde(default)]
    pub available_machine_types: Vec<TypeAvailability>,
    /// The machine it was made of, which may be gone.
    #[serde(default)]
    pub parent_machine_id: Option<String>,
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

impl Template {
    /// What all endpoints tell.
    fn common(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "agentType": self.agent_type,
            "operatingSystemLabel": self.operating_system_label,
            "defaultSizeGb": self.default_size_gb,
            "availableMachineTypes": self.available_machine_types,
            "dtCreated": self.dt_created,
        })
    }

    /// As `/templates` tells it, which tells of both kinds.
    fn unified(&self, quirks: &Quirks) -> Value {
        let mut answer = self.common();
        let region = self.region.as_deref();
        answer["region"] = region.map_or(Value::Null, |slug| render::region(slug, quirks));
        answer["parentMachineId"] = json!(self.parent_machine_id);
        answer["isPublic"] = json!(self.is_public);
        answer
    }
}

/// As a kind, it is one of the team's own.
impl Kind for Template {
    const NOUN: &'static str = "Template";
    const LINGERS: Option<bool> = Some(false);

    fn all(world: &World) -> &[Self] {
        &world.templates
    }

    fn all_mut(world: &mut World) -> &mut [Self] {
        &mut world.templates
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
        self.dt_deleted = Some(stamp.to_owned());
    }

    fn render(&self, quirks: &Quirks) -> Value {
        let mut answer = self.common();
        answer["region"] = render::region(self.region.as_deref().unwrap_or_default(), quirks);
        answer["parentMachineId"] = json!(self.parent_machine_id.as_deref().unwrap_or_default());
        if let Some(deleted) = self.dt_deleted.as_ref().filter(|_| quirks.lingering.dated) {
            answer["dtDeleted"] = json!(deleted);
        }
        answer
    }

    fn is_shown(&self, _call: &Call<'_>) -> bool {
        !self.is_public
    }

    fn passes(&self, call: &Call<'_>) -> bool {
        call.passes("machineId", self.parent_machine_id.as_deref().unwrap_or_default())
    }
}

pub(crate) const ROUTES: &[Route] = &[
    Route::get("/templates", list_unified).by(Who::Members),
    Route::get("/os-templates", list_os).by(Who::Anyone),
    Route::get("/custom-templates", |call| own(call, list::<Template>)),
    Route::post("/custom-templates", |call| own(call, create)),
    Route::get("/custom-templates/{id}", |call| own(call, read::<Template>)),
    Route::put("/custom-templates/{id}", |call| own(call, rename)),
    Route::delete("/custom-templates/{id}", |call| own(call, delete::<Template>)),
];

fn refuse_if_off(status: Option<u16>) -> Result<(), Problem> {
    status.map_or(Ok(()), |status| Err(Problem::of_status(status)))
}

/// Answers where the account knows the split endpoints.
fn own(call: &mut Call<'_>, answer: fn(&mut Call<'_>) -> Answer) -> Answer {
    refuse_if_off(call.quirks.split_templates_off)?;
    answer(call)
}

fn list_unified(call: &mut Call<'_>) -> Answer {
    refuse_if_off(call.quirks.templates_off)?;
    let is_public = match call.query("isPublic") {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Problem::invalid(vec!["isPublic: expected a boolean".to_owned()])),
    };
    let passes = |template: &Template, call: &Call<'_>| template.is_public == is_public && template.passes(call);
    super::listing(call, Template::ORDER_BY, passes, Template::unified)
}

fn list_os(call: &mut Call<'_>) -> Answer {
    refuse_if_off(call.quirks.split_templates_off)?;
    let is_public = |template: &Template, _: &Call<'_>| template.is_public;
    super::listing(call, &["name"], is_public, |template, _| template.common())
}

/// Only of a machine that is off; its disk is copied while it stays so.
fn create(call: &mut Call<'_>) -> Answer {
    let (machine_id, name) = call.read(|form| (form.required_text("machineId"), form.required_text("name")))?;
    let machine = call.idle_machine(&machine_id)?;
    if machine.state != State::Off {
        return Err(Problem::precondition(
            "The machine must be off to create a template from it",
        ));
    }
    let mut templates = call.world.templates.iter();
    let parent = templates.find(|template| template.id == machine.template_id);
    let types = parent.map(|template| template.available_machine_types.clone());
    let template = Template {
        id: call.ids.short("t", 7, &name),
        name,
        is_public: false,
        agent_type: machine.agent_type,
        operating_system_label: machine.os,
        region: Some(machine.region),
        default_size_gb: Some(machine.disk_size),
        available_machine_types: types.unwrap_or_default(),
        parent_machine_id: Some(machine_id.clone()),
        sight: Sight::of_new(call.quirks, &call.now),
        dt_created: call.now.stamp.clone(),
        dt_deleted: None,
    };
    let template_id = template.id.clone();
    call.world.templates.push(template);
    let task = Task::TemplateCreate {
        template_id: template_id.clone(),
    };
    let event_id = call.begin(&machine_id, task);
    Ok(call.with_event::<Template>(&template_id, &event_id))
}

fn rename(call: &mut Call<'_>) -> Answer {
    let id = call.param("id");
    find::<Template>(call, &id)?;
    let name = call.read(|form| form.required_text("name"))?;
    change::<Template>(call, &id, |template| template.name = name)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::sim::http::client::{Client, refusal};

    fn ids(page: &Value) -> Vec<&str> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_str().unwrap()).collect()
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
        assert_eq!(own["items"][1]["region"], "East Coast (NY2)");
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
    async fn a_machine_that_is_off_becomes_a_template() {
        let client = Client::immediate().await;
        let machine = client.machine(&json!({})).await;
        let machine_path = format!("/machines/{}", machine["id"].as_str().unwrap());
        let body = json!({"machineId": machine["id"], "name": "golden"});
        let refused = client.post("/custom-templates", &body).await;
        assert_eq!(refusal(&refused), (412, "PRECONDITION_FAILED"));
        client.patch(&format!("{machine_path}/stop")).await;
        let (_, made) = client.post("/custom-templates", &body).await;
        assert_eq!(
            (&made["event"]["name"], &made["data"]["parentMachineId"]),
            (&json!("template-create"), &machine["id"])
        );
        let path = format!("/custom-templates/{}", made["data"]["id"].as_str().unwrap());
        client.machine(&json!({"templateId": made["data"]["id"]})).await;
        assert_eq!(client.put(&path, &json!({"name": "silver"})).await.1["name"], "silver");
        assert_eq!(client.put(&path, &json!({})).await.0, 400);
        client.delete(&machine_path).await;
        let query = format!("/custom-templates?machineId={}", machine["id"].as_str().unwrap());
        assert_eq!(
            client.get(&query).await.1["items"][0]["name"],
            "silver",
            "it outlives its machine"
        );
        assert!(client.delete(&path).await.1["dtDeleted"].is_string());
        assert_eq!(refusal(&client.get(&path).await), (404, "NOT_FOUND"));
        assert_eq!(
            refusal(&client.put("/custom-templates/tkni3aa4", &json!({"name": "x"})).await),
            (404, "NOT_FOUND")
        );
    }

    #[tokio::test]
    async fn a_machine_stays_off_while_a_template_is_made_of_it() {
        let client = Client::explicit().await;
        let machine = client.machine(&json!({"startOnCreate": false})).await["id"].clone();
        client.sim.finish_all();
        client
            .post("/custom-templates", &json!({"machineId": machine, "name": "golden"}))
            .await;
        let start = format!("/machines/{}/start", machine.as_str().unwrap());
        assert_eq!(refusal(&client.patch(&start).await), (409, "CONFLICT"));
        client.sim.finish_all();
        assert_eq!(client.patch(&start).await.0, 200);
    }
}
