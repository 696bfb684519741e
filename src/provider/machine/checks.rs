//! Plan-time checks: what the API can tell before anything is created.
//!
//! They cost a few requests a plan, whatever the number of machines: listings and answers are kept for the run. A failing
//! API never fails a plan, and no check changes a planned value, since Terraform plans again during the apply and expects
//! the same answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::model::Machine;
use crate::api::{Client, Error, Template, TemplateQuery};
use crate::diag::Diagnostic;
use crate::provider::{Configured, region};
use crate::server::{PlanContext, Planning};

/// How many other machine types are asked about when one is not available.
const ALTERNATIVES: usize = 4;

/// What was learnt from the API during this run.
#[derive(Default)]
pub(in crate::provider) struct Checks {
    templates: OnceCell<Vec<Template>>,
    available: Mutex<HashMap<TypeAndRegion, Arc<OnceCell<bool>>>>,
}

/// A machine type in lower case and a region's slug.
type TypeAndRegion = (String, String);

impl Checks {
    async fn templates(&self, client: &Client) -> Result<&[Template], Error> {
        let query = TemplateQuery::default();
        let list = || client.templates(&query);
        self.templates.get_or_try_init(list).await.map(Vec::as_slice)
    }

    async fn is_available(&self, client: &Client, machine_type: &str, region: &str) -> Result<bool, Error> {
        let key = (machine_type.to_ascii_lowercase(), region::slug(region).into_owned());
        let cell = {
            let mut available = self.available.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(available.entry(key).or_default())
        };
        cell.get_or_try_init(|| client.machine_available(machine_type, region))
            .await
            .copied()
    }
}

/// What is checked, as far as it is known.
struct Wanted<'a> {
    machine_type: &'a str,
    region: Option<&'a str>,
    template: Option<&'a Template>,
}

/// Checks a machine that is to be created, also in the place of another.
pub(super) async fn check_create(context: &PlanContext<Configured>, planning: &mut Planning<Machine>) {
    let Some((configured, checks, client)) = tools(context) else {
        return;
    };
    let Some(planned) = planning.planned.clone() else {
        return;
    };
    let template = match planned.template_id.as_deref() {
        Some(id) => match checks.templates(&client).await {
            Ok(templates) => match templates.iter().find(|template| template.id == id) {
                Some(template) => Some(template),
                None => {
                    planning.push(no_such_template(id));
                    None
                }
            },
            Err(error) => unanswered("templates", &error),
        },
        None => None,
    };
    if let Some(machine_type) = planned.machine_type.as_deref() {
        let wanted = Wanted {
            machine_type,
            region: planned.region.as_deref(),
            template,
        };
        check_template(planning, &wanted, true);
        check_availability(planning, checks, &client, &wanted).await;
    }
    if let Some(name) = planned.name.as_deref() {
        match configured.creates.existing(&client).await {
            Ok(existing) => {
                let mut same: Vec<_> = existing
                    .iter()
                    .filter(|(id, other)| *other == name && !configured.creates.is_tracked(id))
                    .map(|(id, _)| id.as_str())
                    .collect();
                same.sort_unstable();
                if !same.is_empty() {
                    planning.push(same_name(name, &same));
                }
            }
            Err(error) => {
                unanswered::<()>("machines", &error);
            }
        }
    }
}

/// Checks an existing machine whose type changes in place.
pub(super) async fn check_change(context: &PlanContext<Configured>, planning: &mut Planning<Machine>, prior: &Machine) {
    // A replacement is planned again as a create.
    if !planning.requires_replace.is_empty() || planning.diagnostics.has_errors() {
        return;
    }
    let Some((_, checks, client)) = tools(context) else {
        return;
    };
    let Some(planned) = planning.planned.clone() else {
        return;
    };
    let (Some(before), Some(machine_type)) = (prior.machine_type.as_deref(), planned.machine_type.as_deref()) else {
        return;
    };
    if before.eq_ignore_ascii_case(machine_type) {
        return;
    }
    let template = match (planned.template_id.as_deref(), checks.templates(&client).await) {
        // A template may have been deleted since the machine was made from it.
        (Some(id), Ok(templates)) => templates.iter().find(|template| template.id == id),
        (_, Ok(_)) => None,
        (_, Err(error)) => unanswered("templates", &error),
    };
    let wanted = Wanted {
        machine_type,
        region: planned.region.as_deref(),
        template,
    };
    check_template(planning, &wanted, false);
    check_availability(planning, checks, &client, &wanted).await;
}

fn tools(context: &PlanContext<Configured>) -> Option<(&Configured, &Checks, Client)> {
    let configured = context.configured.as_deref()?;
    let checks = configured.checks.as_ref()?;
    Some((
        configured,
        checks,
        configured.client.with_cancel(context.cancel.clone()),
    ))
}

/// A check that could not be made is left out.
fn unanswered<T>(what: &str, error: &Error) -> Option<T> {
    tracing::warn!(what, error = %error, "plan-time check left out, the API did not answer");
    None
}

/// Whether the template is for that region and machine type. To an existing machine it is only a hint.
fn check_template(planning: &mut Planning<Machine>, wanted: &Wanted<'_>, is_new: bool) {
    let Some(template) = wanted.template else { return };
    if let (true, Some(its), Some(region)) = (is_new, template.region.as_deref(), wanted.region)
        && region::slug(its) != region::slug(region)
    {
        planning.push(
            Diagnostic::error(
                "Template Is in Another Region",
                format!(
                    "The template \"{}\" ({}) is in {its}, so no machine in {region} can be made from it. Choose another \
                     template or region.",
                    template.name, template.id
                ),
            )
            .at("template_id"),
        );
    }
    let offers = &template.available_machine_types;
    let offer = offers
        .iter()
        .find(|offer| offer.machine_type_label.eq_ignore_ascii_case(wanted.machine_type));
    if offers.is_empty() || offer.is_some_and(|offer| offer.is_available != Some(false)) {
        return;
    }
    let types: Vec<_> = offers
        .iter()
        .filter(|offer| offer.is_available != Some(false))
        .map(|offer| &*offer.machine_type_label)
        .collect();
    let detail = format!(
        "The template \"{}\" ({}) is not offered for the machine type {}. It is offered for {}.",
        template.name,
        template.id,
        wanted.machine_type,
        listed(&types)
    );
    planning.push(match is_new && offer.is_none() {
        true => Diagnostic::error("Template Does Not Fit the Machine Type", detail).at("machine_type"),
        false => Diagnostic::warning("Template Possibly Does Not Fit the Machine Type", detail).at("machine_type"),
    });
}

async fn check_availability(planning: &mut Planning<Machine>, checks: &Checks, client: &Client, wanted: &Wanted<'_>) {
    let (machine_type, Some(region)) = (wanted.machine_type, wanted.region) else {
        return;
    };
    match checks.is_available(client, machine_type, region).await {
        Ok(true) => return,
        Ok(false) => {}
        // Most likely an unknown type or region, which the create tells better.
        Err(error) => {
            unanswered::<()>("availability", &error);
            return;
        }
    }
    let mut regions = Vec::new();
    for other in region::KNOWN
        .iter()
        .filter(|other| region::slug(other) != region::slug(region))
    {
        if checks.is_available(client, machine_type, other).await.unwrap_or(false) {
            regions.push(*other);
        }
    }
    let mut types = Vec::new();
    for other in alternatives(wanted) {
        if checks.is_available(client, other, region).await.unwrap_or(false) {
            types.push(other);
        }
    }
    let regions = match regions.as_slice() {
        [] => "No other region has it.".to_owned(),
        regions => format!("It is available in {}.", regions.join(", ")),
    };
    let types = match types.as_slice() {
        [] => String::new(),
        types => format!(" In {region} there are {}.", types.join(", ")),
    };
    planning.push(
        Diagnostic::warning(
            "Machine Type Not Available",
            format!(
                "Paperspace has no {machine_type} available in {region} at the moment, so this will probably fail. {regions}{types}"
            ),
        )
        .at("machine_type"),
    );
}

/// Machine types to look for instead: those that the template is offered for and that are named most alike.
fn alternatives<'a>(wanted: &Wanted<'a>) -> Vec<&'a str> {
    let offers = wanted
        .template
        .map(|template| template.available_machine_types.as_slice())
        .unwrap_or_default();
    let mut types: Vec<_> = offers
        .iter()
        .filter(|offer| offer.is_available != Some(false))
        .map(|offer| offer.machine_type_label.as_str())
        .filter(|label| !label.eq_ignore_ascii_case(wanted.machine_type))
        .collect();
    types.sort_by_key(|label| (std::cmp::Reverse(common_prefix(label, wanted.machine_type)), *label));
    types.truncate(ALTERNATIVES);
    types
}

fn common_prefix(a: &str, b: &str) -> usize {
    a.bytes()
        .zip(b.bytes())
        .take_while(|(a, b)| a.eq_ignore_ascii_case(b))
        .count()
}

fn no_such_template(id: &str) -> Diagnostic {
    Diagnostic::error(
        "No Such Template",
        format!(
            "Paperspace has no template \"{id}\" for the team that the API key belongs to. Look a template up by name with the \
             data source `paperspace_templates`, or check that the key is of the right team."
        ),
    )
    .at("template_id")
}

fn same_name(name: &str, ids: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "Machine of the Same Name Exists",
        format!(
            "There is a machine named \"{name}\" already ({}), and this plan creates another. If it is the one, left behind by \
             an interrupted run, take it over instead:\n\n  terraform import ADDRESS {}\n\nwhere ADDRESS is the address of this \
             resource. If it belongs to something else, nothing needs to be done: names need not be unique.",
            ids.join(", "),
            ids[0]
        ),
    )
    .at("name")
}

fn listed(types: &[&str]) -> String {
    if types.is_empty() {
        "no machine type at the moment".to_owned()
    } else {
        types.join(", ")
    }
}
