//! Templates: what a machine's disk is made from. The service's own are operating systems, a team's own are copies of
//! machines.
//!
//! Two families of endpoints list them. `/templates` has both kinds; newer descriptions of the API split them into
//! `/os-templates` and `/custom-templates`. An account may answer either, so the first is tried, and where it is not
//! there the others are, from then on.

use std::{collections::HashSet, sync::atomic::Ordering};

use serde::Deserialize;

use super::{Client, Date, call::Call, error::Error, types};

/// A template, from whichever endpoint. `None` means that the service did not say.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    /// The identifier, such as `t0nspur5`.
    pub id: String,
    /// The name.
    pub name: String,
    /// It is one of the service's own, not the team's. Always known for what a listing gave.
    #[serde(default, deserialize_with = "types::flag")]
    pub is_public: Option<bool>,
    /// The kind of operating system, such as `LinuxDesktop`.
    #[serde(default)]
    pub agent_type: Option<String>,
    /// The operating system, such as `Ubuntu 22.04`.
    #[serde(default)]
    pub operating_system_label: Option<String>,
    /// The region's label or slug, for a template that is bound to one.
    #[serde(default)]
    pub region: Option<String>,
    /// The smallest disk it needs, in gigabytes.
    #[serde(default, deserialize_with = "types::int")]
    pub default_size_gb: Option<i64>,
    /// The machine it was copied from.
    #[serde(default)]
    pub parent_machine_id: Option<String>,
    /// When it was made.
    #[serde(default)]
    pub dt_created: Option<Date>,
    /// When it was deleted.
    #[serde(default)]
    pub dt_deleted: Option<Date>,
    /// The machine types it may be used with.
    #[serde(default, deserialize_with = "types::or_default")]
    pub available_machine_types: Vec<MachineTypeOffer>,
}

/// A machine type that a template may be used with.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MachineTypeOffer {
    /// The machine type's label.
    pub machine_type_label: String,
    /// It can be had.
    #[serde(default, deserialize_with = "types::flag")]
    pub is_available: Option<bool>,
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
        let unified = || Call::get(&["templates"]).query("isPublic", public.then_some(true));
        let mut templates: Vec<Template> = match known {
            SPLIT => self.split_templates(public, name).await?,
            _ => match self.all(unified).await {
                Ok(templates) => {
                    self.template_endpoints().store(UNIFIED, Ordering::Relaxed);
                    templates
                }
                Err(error) if known == UNKNOWN && matches!(error.status, Some(404 | 405)) => {
                    let templates = self.split_templates(public, name).await?;
                    self.template_endpoints().store(SPLIT, Ordering::Relaxed);
                    templates
                }
                Err(error) => return Err(error),
            },
        };
        templates.retain(|template| {
            template.dt_deleted.is_none()
                && template.is_public.is_none_or(|is_public| is_public == public)
                && name.is_none_or(|name| template.name == name)
        });
        templates
            .iter_mut()
            .for_each(|template| template.is_public = Some(public));
        Ok(templates)
    }

    async fn split_templates(&self, public: bool, name: Option<&str>) -> Result<Vec<Template>, Error> {
        let path = if public { "os-templates" } else { "custom-templates" };
        self.all(|| Call::get(&[path]).query("name", name)).await
    }
}
