//! `paperspace_templates`: the templates that a machine can be made from, and what a template is to both data sources.

use super::name_regex::NameRegex;
use super::select::{self, Filter, Item, Sorting};
use crate::api::{self, Client, TemplateQuery};
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::{Configured, errors, region};
use crate::schema::{Check, Model, Nested, Schema};
use crate::server::{Answered, Context, DataSource};
use crate::value::Tf;

/// A `paperspace_templates` block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TemplatesConfig {
    /// Which templates are asked for.
    pub filter: TemplateFilter,
    /// In which order they are given.
    pub sorting: Sorting,
    /// The ids of the templates found.
    pub ids: Tf<Vec<String>>,
    /// The templates found.
    pub templates: Tf<Vec<Nested<TemplateItem>>>,
}

/// The arguments that choose among templates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TemplateFilter {
    pub is_public: Tf<bool>,
    pub name: Tf<String>,
    pub name_regex: Tf<String>,
    pub agent_type: Tf<String>,
    pub operating_system: Tf<String>,
    pub region: Tf<String>,
    pub machine_type: Tf<String>,
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
        s.describe(
            "Lists templates: the operating systems that Paperspace offers, and the team's own. Every argument is optional, \
             and each narrows the list down.",
        );
        s.embed(|m| &mut m.filter);
        s.embed(|m| &mut m.sorting);
        s.attr("ids", |m| &mut m.ids)
            .computed()
            .doc("The ids of the templates, in the order of `templates`.");
        s.attr("templates", |m| &mut m.templates)
            .computed()
            .doc("The templates, in the order that `sort_by` and `order` ask for.");
    }
}

impl Model for TemplateFilter {
    fn declare(s: &mut Schema<Self>) {
        s.attr("is_public", |m| &mut m.is_public).doc(
            "Only the operating systems that Paperspace offers if `true`, only the team's own templates if `false`. Without it \
             both are looked at.",
        );
        s.attr("name", |m| &mut m.name)
            .check(Check::NotEmpty)
            .doc("Only templates of exactly this name.");
        select::declare_name_regex(s, TemplateItem::NOUN, |m| &mut m.name_regex);
        s.attr("agent_type", |m| &mut m.agent_type)
            .check(Check::NotEmpty)
            .doc("Only templates with this kind of agent, such as `LinuxHeadless`; upper and lower case are the same.");
        s.attr("operating_system", |m| &mut m.operating_system)
            .check(Check::NotEmpty)
            .doc(
                "Only templates with this `operating_system_label`, such as `Ubuntu 22.04 Server`; upper and lower case are \
                 the same.",
            );
        s.attr("region", |m| &mut m.region).check(Check::NotEmpty).doc(
            "Only templates that machines in this region can be made from, in any spelling, such as `East Coast (NY2)` or \
             `ny2`. The provider's own `region` does not narrow the choice.",
        );
        s.attr("machine_type", |m| &mut m.machine_type)
            .check(Check::NotEmpty)
            .doc(
                "Only templates that are available on this machine type; upper and lower case are the same. A template of \
                 which Paperspace does not list any machine type is kept, since it may be for all of them.",
            );
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
            .doc("The operating system, such as `Ubuntu 22.04 Server`.");
        s.attr("region", |m| &mut m.region)
            .computed()
            .doc("The region that it is in; null for a template that is in all of them.");
        s.attr("default_size_gb", |m| &mut m.default_size_gb)
            .computed()
            .doc("The disk size that it needs, in GB; null where Paperspace does not say.");
        s.attr("parent_machine_id", |m| &mut m.parent_machine_id)
            .computed()
            .doc("The id of the machine that it was made from, for a template of the team's own.");
        s.attr("created_at", |m| &mut m.created_at)
            .computed()
            .doc("When it was made, as an RFC 3339 date and time; null where Paperspace does not say.");
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
            .doc("Whether the template can be used on it.");
    }
}

impl Filter for TemplateFilter {
    type Item = TemplateItem;

    fn name(&self) -> &Tf<String> {
        &self.name
    }

    fn name_regex(&self) -> &Tf<String> {
        &self.name_regex
    }

    fn failing(&self, regex: Option<&NameRegex>, item: &TemplateItem) -> Vec<&'static str> {
        select::failing([
            ("is_public", select::is(&self.is_public, &item.is_public)),
            ("name", select::is(&self.name, &item.name)),
            ("name_regex", select::matches(regex, &item.name)),
            (
                "agent_type",
                select::is_ignoring_case(&self.agent_type, &item.agent_type),
            ),
            (
                "operating_system",
                select::is_ignoring_case(&self.operating_system, &item.operating_system_label),
            ),
            (
                "region",
                item.region.is_null() || select::is_region(&self.region, &item.region),
            ),
            (
                "machine_type",
                self.machine_type.as_deref().is_none_or(|wanted| item.runs_on(wanted)),
            ),
        ])
    }

    fn arguments_of(item: &TemplateItem) -> Vec<(&'static str, Tf<String>)> {
        vec![
            ("name", item.name.clone()),
            ("is_public", item.is_public.map(|is_public| is_public.to_string())),
            ("agent_type", item.agent_type.clone()),
            ("operating_system", item.operating_system_label.clone()),
            ("region", item.region.clone()),
        ]
    }
}

impl Item for TemplateItem {
    const NOUN: &'static str = "template";

    fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    fn created_at(&self) -> Option<&str> {
        self.created_at.as_deref()
    }
}

impl TemplateItem {
    /// Whether the template is kept where one for this machine type is looked for.
    fn runs_on(&self, machine_type: &str) -> bool {
        let listed = self.available_machine_types.known().map_or(&[][..], Vec::as_slice);
        let listed = listed.iter().map(|listed| {
            let label = listed.machine_type_label.as_deref().unwrap_or_default();
            (label, listed.is_available.copied())
        });
        matches!(offer(listed, machine_type), Offer::Offered | Offer::Unknown)
    }
}

impl From<api::MachineTypeOffer> for MachineTypeItem {
    fn from(offer: api::MachineTypeOffer) -> Self {
        Self {
            machine_type_label: Tf::Known(offer.machine_type_label),
            is_available: offer.is_available.into(),
        }
    }
}

impl From<api::Template> for TemplateItem {
    fn from(template: api::Template) -> Self {
        let offers = template.available_machine_types.into_iter();
        let offers = offers.map(|offer| Nested(offer.into()));
        Self {
            id: Tf::Known(template.id),
            name: template.name.into(),
            is_public: template.is_public.into(),
            agent_type: template.agent_type.into(),
            operating_system_label: template.operating_system_label.into(),
            region: template.region.into(),
            default_size_gb: template.default_size_gb.into(),
            parent_machine_id: template.parent_machine_id.into(),
            created_at: template.dt_created.map(|date| date.as_str().to_owned()).into(),
            available_machine_types: Tf::Known(offers.collect()),
        }
    }
}

impl TemplateFilter {
    /// What can be said about the arguments without the API.
    pub(super) fn validate(&self) -> Diagnostics {
        self.region
            .as_deref()
            .and_then(region::unknown_warning)
            .into_iter()
            .collect()
    }
}

/// The templates that the query asks for.
pub(super) async fn fetch(client: &Client, query: &TemplateQuery) -> Result<Vec<TemplateItem>, Diagnostic> {
    let templates = client.templates(query).await;
    let templates = templates.map_err(|error| errors::diagnostic("list the templates", &error))?;
    Ok(templates.into_iter().map(TemplateItem::from).collect())
}

/// Whether a template is for a machine type, as far as the service says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    /// It is.
    Offered,
    /// It is, and cannot be had at the moment.
    Unavailable,
    /// It is for others.
    ForOthers,
    /// The service does not list any machine type for it.
    Unknown,
}

/// Looks a machine type up among those that a template lists, each with whether it can be had. What the service does not
/// deny counts as available.
pub(super) fn offer<'a>(listed: impl IntoIterator<Item = (&'a str, Option<bool>)>, machine_type: &str) -> Offer {
    let mut listed = listed.into_iter().peekable();
    if listed.peek().is_none() {
        return Offer::Unknown;
    }
    let mut offer = Offer::ForOthers;
    for (_, is_available) in listed.filter(|(label, _)| label.eq_ignore_ascii_case(machine_type)) {
        if is_available != Some(false) {
            return Offer::Offered;
        }
        offer = Offer::Unavailable;
    }
    offer
}

/// The data source.
pub struct TemplatesSource;

impl DataSource for TemplatesSource {
    type Model = TemplatesConfig;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_templates";

    fn validate_config(config: &TemplatesConfig) -> Diagnostics {
        config.filter.validate()
    }

    async fn read(
        context: &Context<Configured>,
        mut config: TemplatesConfig,
    ) -> Result<Answered<TemplatesConfig>, Diagnostics> {
        let client = context.configured.client.with_cancel(context.cancel.clone());
        let query = TemplateQuery {
            is_public: config.filter.is_public.copied(),
            name: config.filter.name.as_deref().map(str::to_owned),
        };
        let mut templates = config.filter.choose(fetch(&client, &query).await?).await?;
        config.sorting.sort(&mut templates);
        config.ids = Tf::Known(templates.iter().map(|template| template.id().to_owned()).collect());
        config.templates = Tf::Known(templates.into_iter().map(Nested).collect());
        Ok(config.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_for_what_it_lists_and_perhaps_for_all_where_it_lists_nothing() {
        let listed = [("C5", Some(true)), ("P4000", Some(false)), ("A100", None)];
        assert_eq!(offer(listed, "c5"), Offer::Offered);
        assert_eq!(offer(listed, "A100"), Offer::Offered);
        assert_eq!(offer(listed, "P4000"), Offer::Unavailable);
        assert_eq!(offer(listed, "H100"), Offer::ForOthers);
        assert_eq!(offer([], "C5"), Offer::Unknown);
        let twice = [("C5", Some(false)), ("C5", Some(true))];
        assert_eq!(offer(twice, "C5"), Offer::Offered);
    }
}
