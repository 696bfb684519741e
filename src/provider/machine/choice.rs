//! What a create asks for, and what it asks for next where several machines would do.
//!
//! A pair of a type and a region that the template rules out, or that the service says is not to be had, is passed over.

use std::collections::VecDeque;

use super::checks::{Checks, Known};
use super::model::Machine;
use super::wanted::Wanted;
use super::wishes::{Pair, Tried, is_a_choice, is_short, pairs, type_argument};
use crate::api::{Client, Template};
use crate::diag::Diagnostic;
use crate::provider::Configured;
use crate::value::Tf;

/// How often the question whether something is available is asked again.
const MAX_RETRIES: u32 = 1;

/// What is left to ask for.
pub(super) struct Choice {
    client: Client,
    template: Option<Box<Template>>,
    /// Several would do, or one of which nobody says that it can be had.
    is_open: bool,
    argument: &'static str,
    rest: VecDeque<Pair>,
    number: u32,
    /// What came of those before.
    pub tried: Tried,
}

impl Choice {
    /// What the plan and the configuration leave to choose. The client carries the deadline and the cancellation.
    pub(super) async fn of(configured: &Configured, client: &Client, planned: &Machine, config: &Machine) -> Self {
        let is_open = is_a_choice(config);
        let rest = match is_open {
            true => pairs(planned, config).into(),
            false => [Pair {
                machine_type: planned.machine_type.as_deref().unwrap_or_default().to_owned(),
                region: planned.region.known().cloned(),
            }]
            .into(),
        };
        let template = match planned.template_id.as_deref().filter(|_| is_open) {
            Some(id) => template(configured, client, id).await,
            None => None,
        };
        Self {
            client: client.with_max_retries(MAX_RETRIES),
            template,
            is_open,
            argument: type_argument(config),
            rest,
            number: 0,
            tried: Tried::default(),
        }
    }

    /// The next one to ask for.
    pub(super) async fn next(&mut self) -> Option<Pair> {
        while let Some(pair) = self.rest.pop_front() {
            self.number += 1;
            let (machine_type, region) = (&pair.machine_type, pair.region.as_deref());
            match self.reason_against(&pair).await {
                None => {
                    tracing::info!(number = self.number, machine_type, region, "asking for a machine");
                    return Some(pair);
                }
                Some(reason) => {
                    tracing::info!(number = self.number, machine_type, region, reason, "passed over");
                    self.tried.note(pair, reason);
                }
            }
        }
        None
    }

    async fn reason_against(&self, pair: &Pair) -> Option<&'static str> {
        if !self.is_open {
            return None;
        }
        let wanted = Wanted {
            machine_type: &pair.machine_type,
            region: pair.region.as_deref(),
            template: self.template.as_deref(),
            known_types: &[],
            argument: self.argument,
        };
        match wanted.misfit() {
            Some(reason) => Some(reason),
            None => (self.is_available(pair).await == Some(false)).then_some("not available at the moment"),
        }
    }

    /// What the service says; `None` where it does not, and then only the create can tell.
    async fn is_available(&self, pair: &Pair) -> Option<bool> {
        let region = pair.region.as_deref()?;
        match self.client.machine_available(&pair.machine_type, region).await {
            Ok(available) => Some(available),
            Err(error) => {
                tracing::warn!(%pair, %error, "could not ask whether it is available");
                None
            }
        }
    }

    /// The planned machine with what is asked for.
    pub(super) fn fill(&self, planned: &Machine, pair: &Pair) -> Machine {
        if !self.is_open {
            return planned.clone();
        }
        Machine {
            machine_type: Tf::Known(pair.machine_type.clone()),
            region: pair.region.clone().into(),
            ..planned.clone()
        }
    }

    /// Whether another is left to ask for.
    pub(super) fn has_more(&self) -> bool {
        !self.rest.is_empty()
    }

    /// Whether a failure is one for which the next one is asked for: only a want of capacity is.
    pub(super) async fn is_short(&self, pair: &Pair, reason: Option<&str>) -> bool {
        self.is_open && is_short(self.is_available(pair).await, reason)
    }

    /// The error where nothing is left and nothing was made.
    pub(super) fn none_left(&self, what: &str) -> Diagnostic {
        self.tried.none_left(what, self.argument)
    }
}

/// The template, if the service tells what it is for. That there is none is the create's to say.
async fn template(configured: &Configured, client: &Client, id: &str) -> Option<Box<Template>> {
    let own = Checks::default();
    let checks = configured.checks.as_ref().unwrap_or(&own);
    match checks.template(client, id).await {
        Known::There(template) => Some(template),
        Known::Missing | Known::Unanswered => None,
    }
}
