//! A plan in the making, as a resource sees it.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::rpc::{ClientCapabilities, DeferredReason};
use crate::diag::{Diagnostic, Diagnostics};
use crate::value::Path;

/// The surroundings of a plan.
pub struct PlanContext<C> {
    /// What the provider made of its configuration; `None` while that holds unknown values.
    pub configured: Option<Arc<C>>,
    /// Cancelled when the user interrupts.
    pub cancel: CancellationToken,
    /// Which walk the plan belongs to, for warnings only: a value that depends on it would break the apply.
    pub phase: Phase,
}

/// Which walk of a run asks for a plan. Terraform plans each change a second time when it applies it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The change is being planned, or the host does not tell.
    PlanningOrUntold,
    /// The change is about to be applied: what was said when planning has been read.
    Applying,
}

/// A plan in the making.
#[derive(Debug)]
pub struct Planning<M, N> {
    /// The state; `None` to create.
    pub prior: Option<M>,
    /// The configuration; `None` to destroy.
    pub config: Option<M>,
    /// The planned state; `None` to destroy.
    pub planned: Option<M>,
    /// The attributes whose change needs a new object.
    pub requires_replace: Vec<Path>,
    /// What was noted beside the state, to be handed to the apply. Where the object is replaced, the plan of the new one
    /// gets what the plan of the old one leaves here.
    pub note: N,
    /// Messages that are given whenever the plan is asked for.
    pub diagnostics: Diagnostics,
    /// Warnings that belong to planning.
    pub(super) announced: Diagnostics,
    /// The value for which the plan would have to wait.
    pub(super) waits_for: Option<Path>,
}

impl<M, N> Planning<M, N> {
    /// Adds a message.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Adds a warning for whoever reads the plan. It is not given again when the plan is applied, as far as the host tells
    /// the one from the other; elsewhere it is, so its words must fit both.
    pub fn announce(&mut self, warning: Diagnostic) {
        self.announced.push(warning);
    }

    /// Says that the plan needs the value at this path of the configuration. Where it is unknown, and the host can come back
    /// to the plan in a later run, the plan is put off till then.
    pub fn needs(&mut self, path: Path) {
        self.waits_for.get_or_insert(path);
    }
}

/// Which walk a plan belongs to. A host of protocol 6.11 hands back, when it plans for the apply, what the first plan left.
/// Of the others, stable Terraform since 1.9 allows deferrals in its second plan only, where nothing may be deferred any
/// more.
pub(super) fn phase(client: ClientCapabilities, has_planned_private: bool) -> Phase {
    let applies = match client.store_planned_private {
        true => has_planned_private,
        false => client.deferral_allowed,
    };
    if applies {
        Phase::Applying
    } else {
        Phase::PlanningOrUntold
    }
}

/// Why a plan is put off: only where the host takes that, and only for a value that is needed and not known. Anything else
/// would be taken for a fault.
pub(super) fn deferral(allowed: bool, needed_is_unknown: bool) -> Option<DeferredReason> {
    (allowed && needed_is_unknown).then_some(DeferredReason::ResourceConfigUnknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_belongs_to_an_apply_where_the_host_says_so() {
        for (store_planned_private, planned_private, deferral_allowed, expected) in [
            (false, false, false, Phase::PlanningOrUntold),
            (false, false, true, Phase::Applying),
            (true, false, false, Phase::PlanningOrUntold),
            (true, false, true, Phase::PlanningOrUntold),
            (true, true, false, Phase::Applying),
            (true, true, true, Phase::Applying),
        ] {
            let client = ClientCapabilities {
                store_planned_private,
                deferral_allowed,
                ..ClientCapabilities::default()
            };
            assert_eq!(
                phase(client, planned_private),
                expected,
                "{client:?}, {planned_private}"
            );
        }
    }

    #[test]
    fn only_an_unknown_value_is_waited_for_and_only_where_the_host_allows_it() {
        assert_eq!(deferral(true, true), Some(DeferredReason::ResourceConfigUnknown));
        for (allowed, unknown) in [(true, false), (false, true), (false, false)] {
            assert_eq!(deferral(allowed, unknown), None);
        }
    }
}
