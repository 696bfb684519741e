//! `paperspace_custom_template`: an image of a machine's disk, to make machines from.
//!
//! It is taken while its machine is off, and outlives it: so what it was taken of counts for a new template only, and leaving
//! that out later, since the builder is gone, changes nothing.

use std::sync::Arc;

use tokio::time::Instant;

use super::kit::{Answer, By, Choosable, Chosen, Facts, Kind, Managed, Note, PutBack, Rest, Scope, Told};
use super::machine::{Standstill, Way};
use super::select::Item;
use super::templates::MachineTypeItem;
use crate::api::{Client, CustomTemplateFilter, Error, Event, EventFilter, Page, Template as Seen};
use crate::diag::Diagnostic;
use crate::provider::Configured;
use crate::schema::{Check, Model, Nested, Schema, Timeout, Timeouts};
use crate::server::{Change, PlanContext, Planning};
use crate::value::{Tf, Value};

/// A `paperspace_custom_template` block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CustomTemplate {
    pub id: Tf<String>,
    pub name: Tf<String>,
    pub machine_id: Tf<String>,
    pub power_cycle: Tf<bool>,
    pub deletion_protection: Tf<bool>,
    pub region: Tf<String>,
    pub agent_type: Tf<String>,
    pub operating_system_label: Tf<String>,
    pub default_size_gb: Tf<i64>,
    pub available_machine_types: Tf<Vec<Nested<MachineTypeItem>>>,
    pub created_at: Tf<String>,
    pub timeouts: Tf<Timeouts>,
}

impl Model for CustomTemplate {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "A template of the team's own: an image of a machine's disk from which machines of the same region are made. It \
             outlives the machine that it was taken of.",
        );
        s.attr("name", |m| &mut m.name)
            .required()
            .check(Check::NotEmpty)
            .doc("The template's name, changed in place.");
        s.attr("machine_id", |m| &mut m.machine_id)
            .computed()
            .optional()
            .check(Check::NotEmpty)
            .replaces()
            .doc(
                "The id of the machine that the template is taken of, which a new template needs. Another machine, and a \
                 replaced one, makes a new template: `ignore_changes = [machine_id]` keeps the old one. Leaving it out later \
                 changes nothing, so the machine may go.",
            );
        s.attr("power_cycle", |m| &mut m.power_cycle)
            .default_value(Value::Bool(false))
            .create_only()
            .doc(
                "Whether a machine that is on is stopped to take the template, and started again afterwards. Otherwise it is \
                 waited for until it is off, for example by the end of its startup script.",
            );
        s.attr("deletion_protection", |m| &mut m.deletion_protection)
            .default_value(Value::Bool(false))
            .doc("Whether Terraform refuses to destroy or replace the template.");
        s.attr("id", |m| &mut m.id).computed().doc("The template's id.");
        s.attr("region", |m| &mut m.region)
            .computed()
            .doc("The region in which machines can be made from it.");
        s.attr("agent_type", |m| &mut m.agent_type)
            .computed()
            .doc("The kind of Paperspace agent on it, such as `LinuxHeadless`.");
        s.attr("operating_system_label", |m| &mut m.operating_system_label)
            .computed()
            .doc("The operating system, such as `Ubuntu 22.04`.");
        s.attr("default_size_gb", |m| &mut m.default_size_gb)
            .computed()
            .doc("The least size in GB of a disk that is made from it.");
        s.attr("available_machine_types", |m| &mut m.available_machine_types)
            .computed()
            .doc("The machine types that it can be used with.");
        s.attr("created_at", |m| &mut m.created_at)
            .computed()
            .doc("When it was created, as an RFC 3339 date and time.");
        s.timeouts(|m| &mut m.timeouts, &[(Timeout::Create, 90), (Timeout::Delete, 15)]);
    }
}

/// The kind.
pub struct CustomTemplates;

impl Kind for CustomTemplates {
    const NOUN: &'static str = "custom template";
    const KEY_LIKE: &'static str = "The template's id, such as `tx98gvxz`.";
    const LIST: &'static str = "paperspace_templates";
    type Seen = Seen;

    fn facts(seen: &Seen) -> Facts {
        Facts {
            key: seen.id.clone(),
            name: seen.name.clone(),
            created: seen.dt_created.as_ref().and_then(|date| date.instant()),
            deleted: seen.dt_deleted.as_ref().and_then(|date| date.instant()),
            rest: Rest::At("made"),
            word: "made".into(),
        }
    }

    async fn page(client: &Client, scope: &Scope, after: Option<&str>) -> Result<Page<Seen>, Error> {
        let filter = CustomTemplateFilter {
            name: scope.name.clone(),
            machine_id: None,
        };
        client.custom_template_page(&filter, after).await
    }

    async fn get(client: &Client, key: &str) -> Result<Told<Seen>, Error> {
        client.custom_template(key).await.map(Told::There)
    }

    async fn delete(client: &Client, key: &str) -> Result<Option<Event>, Error> {
        client
            .delete_custom_template(key)
            .await
            .map(|operation| operation.event)
    }
}

impl Managed for CustomTemplates {
    const TYPE_NAME: &'static str = "paperspace_custom_template";
    type Model = CustomTemplate;
    const LOST: Option<&'static str> = Some("the image; machines that were made from it stay");

    fn key(model: &CustomTemplate) -> &Tf<String> {
        &model.id
    }

    fn protection(model: &mut CustomTemplate) -> Option<&mut Tf<bool>> {
        Some(&mut model.deletion_protection)
    }

    /// A template acts on its machine only while it is taken.
    fn lanes(model: &CustomTemplate) -> Vec<String> {
        match model.id.is_known() {
            true => Vec::new(),
            false => model.machine_id.as_deref().map(str::to_owned).into_iter().collect(),
        }
    }

    fn scope(planned: &CustomTemplate) -> Scope {
        Scope::named(planned.name.as_deref())
    }

    fn fits(planned: &CustomTemplate, seen: &Seen) -> bool {
        planned.name.as_deref() == seen.name.as_deref()
            && planned.machine_id.as_deref() == seen.parent_machine_id.as_deref()
    }

    fn observe(state: &mut CustomTemplate, seen: &Seen) {
        let Seen {
            id,
            name,
            is_public: _,
            agent_type,
            operating_system_label,
            region,
            default_size_gb,
            parent_machine_id,
            dt_created,
            dt_deleted: _,
            available_machine_types,
        } = seen;
        state.id = Tf::Known(id.clone());
        state.name.tell(name.clone());
        if !state.machine_id.is_known() {
            state.machine_id.tell(parent_machine_id.clone());
        }
        state.region.tell(region.clone());
        state.agent_type.tell(agent_type.clone());
        state.operating_system_label.tell(operating_system_label.clone());
        state.default_size_gb.tell(*default_size_gb);
        let offers = available_machine_types.iter().cloned();
        state.available_machine_types = Tf::Known(offers.map(|offer| Nested(offer.into())).collect());
        state.created_at.tell(dt_created.as_ref().map(ToString::to_string));
    }

    async fn plan(_context: &PlanContext<Configured>, planning: &mut Planning<CustomTemplate, Note>) {
        let (Some(config), None) = (&planning.config, &planning.prior) else {
            return;
        };
        if config.machine_id.is_null() {
            planning.push(
                Diagnostic::error(
                    "Missing Machine",
                    "A new template is taken of a machine: set `machine_id`. Only a template that exists can do without.",
                )
                .at("machine_id"),
            );
        }
    }

    async fn prepare(
        configured: &Arc<Configured>,
        client: &Client,
        planned: &CustomTemplate,
        deadline: Instant,
    ) -> Result<Option<Box<dyn PutBack>>, Diagnostic> {
        let way = match planned.power_cycle.copied() {
            Some(true) => Way::PowerCycle,
            _ => Way::Patience,
        };
        let id = planned.machine_id.as_deref().unwrap_or_default();
        let standstill = Standstill::reach(configured, client, id, way, deadline).await?;
        Ok(Some(Box::new(standstill)))
    }

    async fn create(client: &Client, change: &Change<CustomTemplate, Note>) -> Result<Answer<Seen>, Error> {
        let machine_id = change.planned.machine_id.as_deref().unwrap_or_default();
        let name = change.planned.name.as_deref().unwrap_or_default();
        client.create_custom_template(machine_id, name).await.map(Answer::from)
    }

    async fn made_by(client: &Client, seen: &Seen) -> Result<Option<Event>, Error> {
        let Some(machine_id) = seen.parent_machine_id.as_deref() else {
            return Ok(None);
        };
        let filter = EventFilter {
            machine_id: Some(machine_id.to_owned()),
        };
        let newest_first = client.events(&filter).await?;
        Ok(newest_first
            .into_iter()
            .find(|event| event.name.as_deref() == Some("template-create")))
    }

    async fn update(
        client: &Client,
        from: &CustomTemplate,
        change: &Change<CustomTemplate, Note>,
    ) -> Result<Option<Answer<Seen>>, Error> {
        match (from.id.as_deref(), change.planned.name.as_deref()) {
            (Some(id), Some(name)) if from.name.as_deref() != Some(name) => client
                .rename_custom_template(id, name)
                .await
                .map(|seen| Some(seen.into())),
            _ => Ok(None),
        }
    }

    fn advise(error: &Error, diagnostic: &mut Diagnostic) {
        if error.is_refusal() && error.request.starts_with("POST ") {
            diagnostic.detail.push_str(
                "\n\nA template can only be taken of a machine that is off. Turn it off, or let `power_cycle = true` stop it and \
                 start it again.",
            );
        }
    }
}

impl Item for CustomTemplate {
    const NOUN: &'static str = CustomTemplates::NOUN;

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

impl Chosen for CustomTemplate {
    const BY: &'static [By] = &[By::Name, By::Region];

    fn region(&self) -> Tf<String> {
        self.region.clone()
    }
}

/// A query judges templates as the resource tells them: the data sources of templates are about all that machines can be made
/// from.
impl Choosable for CustomTemplates {
    type Item = CustomTemplate;

    fn item(seen: Seen) -> CustomTemplate {
        let mut template = CustomTemplate::default();
        Self::observe(&mut template, &seen);
        template
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(name: &str, machine: Option<&str>) -> Seen {
        Seen {
            id: "t1".to_owned(),
            name: Some(name.to_owned()),
            is_public: Some(false),
            agent_type: None,
            operating_system_label: None,
            region: None,
            default_size_gb: None,
            parent_machine_id: machine.map(str::to_owned),
            dt_created: None,
            dt_deleted: None,
            available_machine_types: Vec::new(),
        }
    }

    fn template(machine: &str) -> CustomTemplate {
        CustomTemplate {
            name: Tf::Known("golden".to_owned()),
            machine_id: Tf::Known(machine.to_owned()),
            ..CustomTemplate::default()
        }
    }

    #[test]
    fn only_the_machines_own_template_of_that_name_fits() {
        for (seen, fits) in [
            (seen("golden", Some("ps1")), true),
            (seen("silver", Some("ps1")), false),
            (seen("golden", Some("ps2")), false),
            (seen("golden", None), false),
        ] {
            assert_eq!(CustomTemplates::fits(&template("ps1"), &seen), fits, "{seen:?}");
        }
    }

    #[test]
    fn a_template_takes_its_machines_turn_only_while_it_is_taken() {
        let mut template = template("ps1");
        assert_eq!(CustomTemplates::lanes(&template), ["ps1"]);
        template.id = Tf::Known("t1".to_owned());
        assert!(CustomTemplates::lanes(&template).is_empty());
    }

    #[test]
    fn the_machine_it_was_taken_of_stays_as_it_is_known() {
        let mut known = template("ps1");
        CustomTemplates::observe(&mut known, &seen("golden", Some("ps2")));
        assert_eq!(known.machine_id, Tf::Known("ps1".to_owned()));
        let mut imported = CustomTemplate::default();
        CustomTemplates::observe(&mut imported, &seen("golden", Some("ps2")));
        assert_eq!(imported.machine_id, Tf::Known("ps2".to_owned()));
    }
}
