//! Templates: what a machine's disk is made from. The service's own are operating systems, a team's own are copies of
//! machines.
//!
//! Two families of endpoints list them. `/templates` has both kinds; newer descriptions of the API split them into
//! `/os-templates` and `/custom-templates`. An account may answer either, so the first is tried, and where it is not
//! there the others are, from then on.

use std::{collections::HashSet, sync::atomic::Ordering};

use super::{
    Client, Date,
    answer::{Fields, Item, Object, Trouble},
    call::Call,
    error::Error,
};

/// A template, from whichever endpoint. `None` means that the service did not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// The identifier, such as `t0nspur5`.
    pub id: String,
    /// The name.
    pub name: Option<String>,
    /// It is one of the service's own, not the team's. Always known for what a listing gave.
    pub is_public: Option<bool>,
    /// The kind of operating system, such as `LinuxDesktop`.
    pub agent_type: Option<String>,
    /// The operating system, such as `Ubuntu 22.04`.
    pub operating_system_label: Option<String>,
    /// The region's label or slug, for a template that is bound to one.
    pub region: Option<String>,
    /// The smallest disk it needs, in gigabytes.
    pub default_size_gb: Option<i64>,
    /// The machine it was copied from.
    pub parent_machine_id: Option<String>,
    /// When it was made.
    pub dt_created: Option<Date>,
    /// When it was deleted.
    pub dt_deleted: Option<Date>,
    /// The machine types it may be used with.
    pub available_machine_types: Vec<MachineTypeOffer>,
}

impl Template {
    /// The name, for people.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or("without a name")
    }

    /// It has been deleted although it still answers.
    pub fn is_deleted(&self) -> bool {
        self.dt_deleted.is_some()
    }
}

impl Object for Template {
    const NOUN: &'static str = "template";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            id: fields.id("id")?,
            name: fields.get("name"),
            is_public: fields.get("isPublic"),
            agent_type: fields.get("agentType"),
            operating_system_label: fields.get("operatingSystemLabel"),
            region: fields.get("region"),
            default_size_gb: fields.get("defaultSizeGb"),
            parent_machine_id: fields.get("parentMachineId"),
            dt_created: fields.get("dtCreated"),
            dt_deleted: fields.get("dtDeleted"),
            available_machine_types: fields.list("availableMachineTypes"),
        })
    }
}

impl Item for Template {
    fn key(&self) -> &str {
        &self.id
    }
}

/// A machine type that a template may be used with.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineTypeOffer {
    /// The machine type's label.
    pub machine_type_label: String,
    /// It can be had.
    pub is_available: Option<bool>,
}

impl Object for MachineTypeOffer {
    const NOUN: &'static str = "machine type of a template";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            machine_type_label: fields.label("machineTypeLabel")?,
            is_available: fields.get("isAvailable"),
        })
    }
}

/// Which templates to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateQuery {
    /// The service's own, the team's own, or both.
    pub is_public: Option<bool>,
    /// Of exactly this name.
    pub name: Option<String>,
}

/// Which endpoints answer, as far as is known.
const UNKNOWN: u8 = 0;
const UNIFIED: u8 = 1;
const SPLIT: u8 = 2;

impl Client {
    /// All templates that the query asks for: the service's own first, each kind in the service's order. Deleted ones
    /// are left out.
    pub async fn templates(&self, query: &TemplateQuery) -> Result<Vec<Template>, Error> {
        let mut templates = Vec::new();
        for public in [true, false] {
            if query.is_public.is_none_or(|wanted| wanted == public) {
                templates.extend(self.templates_of(public, query.name.as_deref()).await?);
            }
        }
        let mut seen = HashSet::new();
        templates.retain(|template| seen.insert(template.id.clone()));
        Ok(templates)
    }

    async fn templates_of(&self, public: bool, name: Option<&str>) -> Result<Vec<Template>, Error> {
        let known = self.template_endpoints().load(Ordering::Relaxed);
        let unified = || Call::get("templates").query("isPublic", public.then_some(true));
        let mut templates: Vec<Template> = match known {
            SPLIT => self.split_templates(public, name).await?,
            _ => match self.all(unified).await {
                Ok(templates) => {
                    self.template_endpoints().store(UNIFIED, Ordering::Relaxed);
                    templates
                }
                Err(error) if known == UNKNOWN && is_unknown_path(&error) => {
                    let templates = self.split_templates(public, name).await?;
                    self.template_endpoints().store(SPLIT, Ordering::Relaxed);
                    templates
                }
                Err(error) => return Err(error),
            },
        };
        templates.retain(|template| {
            !template.is_deleted()
                && template.is_public.is_none_or(|is_public| is_public == public)
                && name.is_none_or(|name| template.name.as_deref() == Some(name))
        });
        templates
            .iter_mut()
            .for_each(|template| template.is_public = Some(public));
        Ok(templates)
    }

    async fn split_templates(&self, public: bool, name: Option<&str>) -> Result<Vec<Template>, Error> {
        let listing = || match public {
            true => Call::get("os-templates").ordered("name", "asc"),
            false => Call::get("custom-templates").ordered("dtCreated", "desc"),
        };
        self.all(|| listing().query("name", name)).await
    }
}

/// Whether the service says that it has no such path. It says so of the path as it would of an object.
fn is_unknown_path(error: &Error) -> bool {
    error.is_refusal() && matches!(error.status, Some(404 | 405))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{
        super::loopback::{Loopback, Reply},
        *,
    };

    fn page(items: Value) -> Reply {
        Reply::json(200, &json!({"hasMore": false, "items": items}))
    }

    fn nothing_there(status: u16) -> Reply {
        Reply::json(status, &json!({"code": "NOT_FOUND", "message": "No such path."}))
    }

    fn ids(templates: &[Template]) -> Vec<(&str, Option<bool>)> {
        templates
            .iter()
            .map(|template| (template.id.as_str(), template.is_public))
            .collect()
    }

    #[tokio::test]
    async fn the_unified_endpoint_gives_both_kinds() {
        let server = Loopback::start([
            page(
                json!([{"id": "t1", "name": "Ubuntu", "isPublic": true, "defaultSizeGb": "50",
                "availableMachineTypes": [{"machineTypeLabel": "C5", "isAvailable": true}]}]),
            ),
            page(json!([
                {"id": "t2", "name": "mine"},
                {"id": "t3", "name": "gone", "dtDeleted": "2024-04-30T15:51:24.565Z"},
                {"id": "t1", "name": "Ubuntu", "isPublic": true},
            ])),
        ])
        .await;
        let templates = server.client().templates(&TemplateQuery::default()).await.unwrap();
        assert_eq!(ids(&templates), [("t1", Some(true)), ("t2", Some(false))]);
        assert_eq!(templates[0].default_size_gb, Some(50));
        assert_eq!(templates[0].available_machine_types[0].machine_type_label, "C5");
        assert_eq!(
            server.lines(),
            [
                "GET /v1/templates?isPublic=true&limit=120",
                "GET /v1/templates?limit=120"
            ]
        );
    }

    #[tokio::test]
    async fn the_split_endpoints_stand_in_and_are_remembered_by_clones() {
        for status in [404, 405] {
            let server = Loopback::start([
                nothing_there(status),
                page(json!([{"id": "t1", "name": "Ubuntu", "defaultSizeGb": null}])),
                page(json!([{"id": "t2", "name": "mine", "parentMachineId": "ps1"}])),
                page(json!([])),
            ])
            .await;
            let client = server.client();
            let templates = client.templates(&TemplateQuery::default()).await.unwrap();
            assert_eq!(ids(&templates), [("t1", Some(true)), ("t2", Some(false))]);
            client
                .clone()
                .templates(&TemplateQuery {
                    is_public: Some(false),
                    name: None,
                })
                .await
                .unwrap();
            assert_eq!(
                server.lines(),
                [
                    "GET /v1/templates?isPublic=true&limit=120",
                    "GET /v1/os-templates?orderBy=name&order=asc&limit=120",
                    "GET /v1/custom-templates?orderBy=dtCreated&order=desc&limit=120",
                    "GET /v1/custom-templates?orderBy=dtCreated&order=desc&limit=120",
                ]
            );
        }
    }

    #[tokio::test]
    async fn a_name_is_exact_whatever_the_service_makes_of_it() {
        let items = json!([{"id": "t1", "name": "web"}, {"id": "t2", "name": "webserver"}]);
        let server = Loopback::start([page(items.clone()), nothing_there(500), nothing_there(404), page(items)]).await;
        let query = TemplateQuery {
            is_public: Some(false),
            name: Some("web".into()),
        };
        let client = server.client();
        assert_eq!(ids(&client.templates(&query).await.unwrap()), [("t1", Some(false))]);
        // Where the unified endpoint has answered once, 404 is no longer a sign of its absence.
        assert!(client.templates(&query).await.unwrap_err().is_not_found());
    }

    #[tokio::test]
    async fn a_refusal_is_no_reason_to_ask_elsewhere() {
        let server = Loopback::start([nothing_there(403)]).await;
        assert!(
            server
                .client()
                .templates(&TemplateQuery::default())
                .await
                .unwrap_err()
                .is_forbidden()
        );
        assert_eq!(server.requests().len(), 1);
    }

    #[tokio::test]
    async fn where_neither_answers_the_failure_is_told_and_nothing_learnt() {
        let server = Loopback::start([nothing_there(404), nothing_there(404), page(json!([]))]).await;
        let query = TemplateQuery {
            is_public: Some(true),
            name: None,
        };
        let client = server.client();
        assert!(client.templates(&query).await.unwrap_err().is_not_found());
        assert!(client.templates(&query).await.unwrap().is_empty());
    }
}
