//! Plan-time checks: what the API can tell before anything is created.
//!
//! They cost a few requests a plan, whatever the number of machines: listings and answers are kept for the run, and so is
//! that there was no answer. A failing API never fails a plan nor holds it up for long, unless it is the key that is refused or
//! no API at all; and no check changes a planned value, since Terraform plans again during the apply and expects the same
//! answer.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, OnceCell};
use tokio::time::Instant;

use super::kind::Machines;
use super::looks;
use super::model::Machine;
use super::plan::Plan;
use super::wanted::{Wanted, none_passes};
use super::wishes::{pairs, type_argument};
use crate::api::{Client, Error, Kind, Template, TemplateQuery};
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::kit::{Kind as _, Scope, Since, name_exists, name_is_taken, there};
use crate::provider::{Configured, region};
use crate::server::{Phase, PlanContext};

/// How often a request of a check is tried again.
const MAX_RETRIES: u32 = 1;
/// The time for all checks of a run, from the first of them. What was not answered by then is not checked.
const TIME: Duration = Duration::from_secs(20);

/// What was learnt from the API during this run. `None` stands for a question that the API did not answer and that is not
/// asked again.
#[derive(Default)]
pub(in crate::provider) struct Checks {
    deadline: OnceLock<Instant>,
    templates: AsyncMutex<Templates>,
    available: Mutex<HashMap<TypeAndRegion, Arc<OnceCell<Option<bool>>>>>,
    /// Whether the API told which machines there are when it was first asked; otherwise names are not checked.
    names: OnceCell<Option<()>>,
    /// The names of the machines that there were, by id, where all were listed.
    existing: OnceLock<HashMap<String, String>>,
    /// Questions that failed and were not told of yet.
    failed: Failed,
}

/// Questions that failed, each with its failure.
type Failed = Mutex<Vec<(&'static str, Error)>>;

/// The templates as they were last listed.
#[derive(Default)]
struct Templates {
    listed: Option<Arc<[Template]>>,
    /// The last listing failed.
    failed: bool,
    /// The ids that a listing lacked which was made because they were missing.
    missing: HashSet<String>,
}

impl Templates {
    fn find(&self, id: &str) -> Option<Template> {
        let listed = self.listed.as_deref().unwrap_or_default();
        listed.iter().find(|template| template.id == id).cloned()
    }

    /// Lists the templates, unless that failed before. Whether it was done.
    async fn list(&mut self, client: &Client, failed: &Failed) -> bool {
        if self.failed {
            return false;
        }
        match answer(
            failed,
            "which templates there are",
            client.templates(&TemplateQuery::default()).await,
        ) {
            Ok(Some(listed)) => {
                self.listed = Some(listed.into());
                true
            }
            Ok(None) => {
                self.failed = true;
                false
            }
            Err(_) => false,
        }
    }
}

/// What is known of a template.
pub(super) enum Known {
    There(Box<Template>),
    Missing,
    /// The API did not tell.
    Unanswered,
}

/// A machine type in lower case and a region's slug.
type TypeAndRegion = (String, String);

impl Checks {
    /// The client that checks are made with: a plan is worth a short wait and no more.
    fn client(&self, client: &Client) -> Client {
        let deadline = *self.deadline.get_or_init(|| Instant::now() + TIME);
        client.with_max_retries(MAX_RETRIES).with_deadline(deadline)
    }

    /// Looks a template up in the listing of the run. One that it lacks may have been made since, by the very apply that
    /// plans its machine, so the templates are listed once more before it counts as missing.
    pub(super) async fn template(&self, client: &Client, id: &str) -> Known {
        let mut templates = self.templates.lock().await;
        let is_new = templates.listed.is_none() && templates.list(client, &self.failed).await;
        if let Some(template) = templates.find(id) {
            return Known::There(Box::new(template));
        }
        if templates.missing.contains(id) {
            return Known::Missing;
        }
        let is_certain = is_new || (templates.listed.is_some() && templates.list(client, &self.failed).await);
        if !is_certain {
            return Known::Unanswered;
        }
        match templates.find(id) {
            Some(template) => Known::There(Box::new(template)),
            None => {
                templates.missing.insert(id.to_owned());
                Known::Missing
            }
        }
    }

    /// The machine types that the templates of the run's listing are for; none where nothing was listed.
    async fn machine_types(&self) -> Vec<String> {
        let templates = self.templates.lock().await;
        let listed = templates.listed.as_deref().unwrap_or_default();
        let offers = listed.iter().flat_map(|template| &template.available_machine_types);
        offers.map(|offer| offer.machine_type_label.to_string()).collect()
    }

    /// Whether the machine type can be had in the region.
    async fn is_available(&self, client: &Client, machine_type: &str, region: &str) -> Option<bool> {
        let key = (machine_type.to_ascii_lowercase(), region::slug(region).into_owned());
        let cell = {
            let mut available = self.available.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(available.entry(key).or_default())
        };
        // A failure is most often an unknown type or region, which the create tells better.
        let ask = || async {
            match client.machine_available(machine_type, region).await {
                Err(error) if matches!(error.kind, Kind::Refused | Kind::NotFound) => Ok(None),
                available => answer(&self.failed, "whether the machine type is available", available),
            }
        };
        cell.get_or_try_init(ask).await.ok().copied().flatten()
    }

    /// The same, or why it is not known. One listing answers for all that are planned, if they are many; otherwise each is
    /// asked for by name.
    async fn named(&self, configured: &Configured, client: &Client, name: &str) -> Result<Vec<String>, Error> {
        if self.existing.get().is_none()
            && let Some(machines) = looks::all(&configured.boards, client).await
        {
            let names = machines
                .into_iter()
                .filter_map(|machine| Some((machine.id, machine.name?)));
            // Another may have been as quick; its listing is as good.
            let _ = self.existing.set(names.collect());
        }
        match self.existing.get() {
            Some(existing) => {
                let same = existing.iter().filter(|(_, other)| *other == name);
                Ok(same.map(|(id, _)| id.clone()).collect())
            }
            None => {
                let same = there::<Machines>(&configured.boards, client, &Scope::named(Some(name)), Since::Now).await?;
                Ok(same.into_iter().map(|machine| machine.id).collect())
            }
        }
    }

    /// The ids of the machines of a name that were there before this run.
    async fn existing(&self, configured: &Configured, client: &Client, name: &str) -> Vec<String> {
        let ask = async || {
            let existing = self.named(configured, client, name).await;
            answer(&self.failed, "whether there is a machine of the same name", existing)
        };
        // All wait for what becomes of the first, so that a failing API is not asked by each.
        let mut first = None;
        let told = &mut first;
        let asking = move || async move {
            *told = ask().await?;
            Ok::<_, Error>(told.as_ref().map(|_| ()))
        };
        let answers = self.names.get_or_try_init(asking).await.ok().copied().flatten();
        match (first, answers) {
            (Some(existing), _) => existing,
            (None, Some(())) => ask().await.ok().flatten().unwrap_or_default(),
            (None, None) => Vec::new(),
        }
    }
}

/// An answer, or `None` where there is none: the check is then left out, which is yet to be told.
///
/// # Errors
/// Where the user interrupted, so that nothing is known of the API.
fn answer<T>(failed: &Failed, question: &'static str, answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_cancelled() => Err(error),
        Err(error) => {
            let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
            failed.push((question, error));
            Ok(None)
        }
    }
}

/// What was found, errors whenever the plan is asked for, and warnings for whoever reads it.
fn tell(planning: &mut Plan, found: impl IntoIterator<Item = Diagnostic>) {
    for told in found {
        match told.is_error() {
            true => planning.push(told),
            false => planning.announce(told),
        }
    }
}

/// Tells of questions that failed.
async fn tell_failed(configured: &Configured, checks: &Checks, client: &Client, planning: &mut Plan) {
    let failed = std::mem::take(&mut *checks.failed.lock().unwrap_or_else(PoisonError::into_inner));
    for (question, error) in failed {
        tell(planning, configured.unanswered.tell(client, question, &error).await);
    }
}

/// Checks a machine that is to be created, also in the place of another.
pub(super) async fn check_create(context: &PlanContext<Configured>, planning: &mut Plan) {
    let Some(planned) = planning.planned.clone() else {
        return;
    };
    let Some((configured, checks, client)) = tools(context) else {
        // What the provider block forbids is no mere check.
        if let Some(configured) = context
            .configured
            .as_deref()
            .filter(|configured| configured.unique_names)
        {
            let checks = Checks::default();
            let client = checks.client(&configured.client).with_cancel(context.cancel.clone());
            check_name(configured, &checks, &client, planning, context.phase).await;
            tell_failed(configured, &checks, &client, planning).await;
        }
        return;
    };
    let template = match planned.template_id.as_deref() {
        Some(id) => match checks.template(&client, id).await {
            Known::There(template) => Some(template),
            Known::Missing => {
                planning.push(no_such_template(id));
                None
            }
            Known::Unanswered => None,
        },
        None => None,
    };
    let config = planning.config.clone().unwrap_or_default();
    let known_types = checks.machine_types().await;
    let pairs = pairs(&planned, &config);
    let with = match pairs.len() {
        1 => Alternatives::LookedFor,
        _ => Alternatives::Given,
    };
    let mut failing = Vec::new();
    for pair in &pairs {
        let wanted = Wanted {
            machine_type: &pair.machine_type,
            region: pair.region.as_deref(),
            template: template.as_deref(),
            known_types: &known_types,
            argument: type_argument(&config),
        };
        let found = check(checks, &client, &wanted, true, with).await;
        if found.is_empty() {
            // One that passes is enough.
            failing.clear();
            break;
        }
        failing.push((pair, found));
    }
    tell(planning, none_passes(failing, type_argument(&config)));
    check_name(configured, checks, &client, planning, context.phase).await;
    tell_failed(configured, checks, &client, planning).await;
}

/// Whether another machine has the name, which no resource of this run has.
async fn check_name(configured: &Configured, checks: &Checks, client: &Client, planning: &mut Plan, phase: Phase) {
    let name = planning
        .planned
        .as_ref()
        .and_then(|planned| planned.name.known().cloned());
    let Some(name) = name.as_deref() else { return };
    let (noun, claims) = (Machines::NOUN, &configured.claims);
    let mut others = checks.existing(configured, client, name).await;
    others.retain(|id| !claims.is_known(noun, id) && !claims.is_destroyed(noun, id));
    others.sort_unstable();
    if others.is_empty() {
        return;
    }
    match configured.unique_names {
        // The create refuses as well, and leaves the old machine of a replacement where it is. A plan that fails within an apply
        // leaves that deposed.
        true if phase == Phase::Applying => {}
        true => planning.push(name_is_taken(noun, name, &others)),
        false => planning.announce(name_exists(noun, name, &others)),
    }
}

/// Checks an existing machine whose type changes in place.
pub(super) async fn check_change(context: &PlanContext<Configured>, planning: &mut Plan, prior: &Machine) {
    // A replacement is planned again as a create.
    if !planning.requires_replace.is_empty() || planning.diagnostics.has_errors() {
        return;
    }
    let Some((configured, checks, client)) = tools(context) else {
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
    let template = match planned.template_id.as_deref() {
        Some(id) => match checks.template(&client, id).await {
            Known::There(template) => Some(template),
            // It may have been deleted since the machine was made from it.
            Known::Missing | Known::Unanswered => None,
        },
        None => None,
    };
    let wanted = Wanted {
        machine_type,
        region: planned.region.as_deref(),
        template: template.as_deref(),
        known_types: &checks.machine_types().await,
        argument: type_argument(&planning.config.clone().unwrap_or_default()),
    };
    let found = check(checks, &client, &wanted, false, Alternatives::LookedFor).await;
    tell(planning, found);
    tell_failed(configured, checks, &client, planning).await;
}

fn tools(context: &PlanContext<Configured>) -> Option<(&Configured, &Checks, Client)> {
    let configured = context.configured.as_deref()?;
    let checks = configured.checks.as_ref()?;
    let client = checks.client(&configured.client).with_cancel(context.cancel.clone());
    Some((configured, checks, client))
}

/// What stands in the way of a machine, as far as the API tells: whether there is such a type, the template is for it, and it
/// can be had. To an existing machine the template is only a hint.
async fn check(checks: &Checks, client: &Client, wanted: &Wanted<'_>, is_new: bool, with: Alternatives) -> Diagnostics {
    let mut found = Diagnostics::new();
    if is_new {
        found.extend(wanted.elsewhere());
    }
    if let Some(told) = wanted.unknown_type(is_new) {
        found.push(told);
        return found;
    }
    found.extend(wanted.unfit(is_new));
    found.extend(availability(checks, client, wanted, with).await);
    found
}

/// Whether others are looked for where something cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alternatives {
    LookedFor,
    /// The configuration names some.
    Given,
}

async fn availability(checks: &Checks, client: &Client, wanted: &Wanted<'_>, with: Alternatives) -> Option<Diagnostic> {
    let (machine_type, region) = (wanted.machine_type, wanted.region?);
    if checks.is_available(client, machine_type, region).await != Some(false) {
        return None;
    }
    let (mut regions, mut types) = (Vec::new(), Vec::new());
    if with == Alternatives::LookedFor {
        for other in region::KNOWN
            .iter()
            .filter(|other| region::slug(other) != region::slug(region))
        {
            if checks.is_available(client, machine_type, other).await == Some(true) {
                regions.push(*other);
            }
        }
        for other in wanted.alternatives() {
            if checks.is_available(client, other, region).await == Some(true) {
                types.push(other);
            }
        }
    }
    Some(wanted.unavailable(region, &regions, &types))
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
