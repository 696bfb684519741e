//! `paperspace_templates`: the templates that a machine can be made from.

use crate::api::{Template, TemplateQuery};
use crate::diag::Diagnostics;
use crate::provider::{Configured, errors};
use crate::schema::{Check, Model, Nested, Schema};
use crate::server::{Context, DataSource};
use crate::value::Tf;

/// A `paperspace_templates` block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TemplatesConfig {
    pub is_public: Tf<bool>,
    pub name: Tf<String>,
    pub ids: Tf<Vec<String>>,
    pub templates: Tf<Vec<Nested<TemplateItem>>>,
}

/// One template of a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TemplateItem {
    pub id: Tf<String>,
    pub name: Tf<String>,
    pub is_public: Tf<bool>,
    pub agent_type: Tf<String>,
    pub operating_system_label: Tf<String>,
    pub region: Tf<String>,
    pub default_size_gb: Tf<i64>,
    pub parent_machine_id: Tf<String>,
    pub created_at: Tf<String>,
    pub available_machine_types: Tf<Vec<Nested<MachineTypeItem>>>,
}

/// A machine type that a template is for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MachineTypeItem {
    pub machine_type_label: Tf<String>,
    pub is_available: Tf<bool>,
}

impl Model for TemplatesConfig {
    fn declare(s: &mut Schema<Self>) {
        s.describe("Lists templates: the operating systems that Paperspace offers, and the team's own.");
        s.attr("is_public", |m| &mut m.is_public).doc(
            "`true` lists the operating systems that Paperspace offers, `false` the team's own templates. Without it both \
             are listed.",
        );
        s.attr("name", |m| &mut m.name)
            .check(Check::NotEmpty)
            .doc("Only templates of exactly this name.");
        s.attr("ids", |m| &mut m.ids)
            .computed()
            .doc("The ids of the templates, in the order of `templates`.");
        s.attr("templates", |m| &mut m.templates)
            .computed()
            .doc("The templates, ordered by name and then by id.");
    }
}

impl Model for TemplateItem {
    fn declare(s: &mut Schema<Self>) {
        s.attr("id", |m| &mut m.id)
            .computed()
            .doc("The template's id, for a machine's `template_id`.");
        s.attr("name", |m| &mut m.name).computed().doc("The template's name.");
        s.attr("is_public", |m| &mut m.is_public)
            .computed()
            .doc("Whether Paperspace offers it to everybody.");
        s.attr("agent_type", |m| &mut m.agent_type)
            .computed()
            .doc("The kind of agent, such as `LinuxHeadless`.");
        s.attr("operating_system_label", |m| &mut m.operating_system_label)
            .computed()
            .doc("The operating system, such as `Ubuntu 22.04`.");
        s.attr("region", |m| &mut m.region)
            .computed()
            .doc("The region that it is in; null for a template that is in all of them.");
        s.attr("default_size_gb", |m| &mut m.default_size_gb)
            .computed()
            .doc("The disk size that it needs, in GB.");
        s.attr("parent_machine_id", |m| &mut m.parent_machine_id)
            .computed()
            .doc("The id of the machine that it was made from, for a template of the team's own.");
        s.attr("created_at", |m| &mut m.created_at)
            .computed()
            .doc("When it was made, as an RFC 3339 date and time.");
        s.attr("available_machine_types", |m| &mut m.available_machine_types)
            .computed()
            .doc("The machine types that it is for.");
    }
}

impl Model for MachineTypeItem {
    fn declare(s: &mut Schema<Self>) {
        s.attr("machine_type_label", |m| &mut m.machine_type_label)
            .computed()
            .doc("The machine type.");
        s.attr("is_available", |m| &mut m.is_available)
            .computed()
            .doc("Whether it can be had at the moment.");
    }
}

/// The data source.
pub struct TemplatesSource;

impl DataSource for TemplatesSource {
    type Model = TemplatesConfig;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_templates";

    async fn read(context: &Context<Configured>, mut config: TemplatesConfig) -> Result<TemplatesConfig, Diagnostics> {
        let client = context.configured.client.with_cancel(context.cancel.clone());
        let query = TemplateQuery {
            is_public: config.is_public.copied(),
            name: config.name.as_deref().map(str::to_owned),
        };
        let mut templates = client
            .templates(&query)
            .await
            .map_err(|error| errors::diagnostic("list the templates", &error))?;
        templates.retain(|template| query.name.as_deref().is_none_or(|name| template.name == name));
        templates.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        config.ids = Tf::Known(templates.iter().map(|template| template.id.clone()).collect());
        config.templates = Tf::Known(templates.into_iter().map(|template| Nested(item(template))).collect());
        Ok(config)
    }
}

fn item(template: Template) -> TemplateItem {
    TemplateItem {
        id: Tf::Known(template.id),
        name: Tf::Known(template.name),
        is_public: template.is_public.into(),
        agent_type: template.agent_type.into(),
        operating_system_label: template.operating_system_label.into(),
        region: template.region.into(),
        default_size_gb: template.default_size_gb.into(),
        parent_machine_id: template.parent_machine_id.into(),
        created_at: template.dt_created.map(|date| date.as_str().to_owned()).into(),
        available_machine_types: Tf::Known(
            template
                .available_machine_types
                .into_iter()
                .map(|offer| {
                    Nested(MachineTypeItem {
                        machine_type_label: Tf::Known(offer.machine_type_label),
                        is_available: offer.is_available.into(),
                    })
                })
                .collect(),
        ),
    }
}
