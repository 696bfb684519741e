//! `paperspace_machine_snapshot`: a snapshot of a machine's disk that no state holds.

use super::journal::Journal;
use super::report::{Failure, report};
use super::{Invocation, timeout_argument, wait_argument};
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::Configured;
use crate::provider::kit::{Goal, Halt, Made, Terms, make_apart};
use crate::provider::machine::Operation;
use crate::provider::snapshot::{Snapshot, Snapshots};
use crate::schema::{Check, Model, Schema};
use crate::server::{Action, Context, Progress};
use crate::value::Tf;

/// How long it takes at most, unless the configuration says otherwise.
const MINUTES: u64 = 60;

/// A `paperspace_machine_snapshot` block.
#[derive(Clone, Default)]
pub struct SnapshotConfig {
    machine_id: Tf<String>,
    name: Tf<String>,
    wait: Tf<bool>,
    timeout: Tf<String>,
}

impl Model for SnapshotConfig {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "Takes a snapshot of a machine's disk, such as before a change that could go wrong, while the machine is on or off. No \
             state holds the snapshot: it stays until somebody deletes it, or its machine. A snapshot that Terraform is to look \
             after is a `paperspace_snapshot`.",
        );
        s.attr("machine_id", |m| &mut m.machine_id)
            .required()
            .check(Check::NotEmpty)
            .doc("The id of the machine.");
        s.attr("name", |m| &mut m.name)
            .required()
            .check(Check::NotEmpty)
            .doc("The snapshot's name. Another one may have it already.");
        wait_argument(s.attr("wait", |m| &mut m.wait), "the snapshot is taken");
        timeout_argument(s.attr("timeout", |m| &mut m.timeout), MINUTES);
    }
}

/// The action.
pub struct SnapshotAction;

impl Action for SnapshotAction {
    type Model = SnapshotConfig;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_machine_snapshot";

    async fn invoke(context: &Context<Configured>, config: SnapshotConfig, progress: &Progress<'_>) -> Diagnostics {
        let id = config.machine_id.as_deref().unwrap_or_default().to_owned();
        let journal = Journal::new("to be copied", [id.as_str()]);
        let invocation = Invocation::new(context, &config.timeout, MINUTES, journal);
        let work = take(&invocation, &id, &config);
        let mut ends = invocation.tell(progress, [work]).await;
        match ends.pop() {
            Some(Err(failure)) => report(vec![failure], &invocation.states(&[id]).await),
            Some(Ok(warnings)) => warnings,
            None => Diagnostics::new(),
        }
    }
}

/// Takes the snapshot once it is the machine's turn. With a warning where the answer was lost on the way.
async fn take(invocation: &Invocation, id: &str, config: &SnapshotConfig) -> Result<Diagnostics, Failure> {
    let name = config.name.as_deref().unwrap_or_default();
    let doing = || format!("take the snapshot \"{name}\" of the machine {id}");
    let (_lane, mut operation) = match invocation.enter(id).await {
        Ok(entered) => entered,
        Err(halt) => return Err(invocation.failure(doing(), &invocation.operation(id).work, &halt)),
    };
    let failed = |operation: &Operation, halt: &Halt| invocation.failure(doing(), &operation.work, halt);
    // What is being done to the machine comes first, and one that is not there is told as that.
    if let Err(halt) = operation.rest().await {
        return Err(failed(&operation, &halt));
    }
    let planned = Snapshot {
        machine_id: config.machine_id.clone(),
        name: config.name.clone(),
        ..Snapshot::default()
    };
    let terms = Terms::of(&invocation.client, invocation.deadline);
    let made = make_apart::<Snapshots>(&invocation.configured, &invocation.client, &terms, planned).await;
    let Made { facts, event, doubt } = made.map_err(|told| Failure {
        id: id.to_owned(),
        told,
        is_its_own: true,
    })?;
    invocation
        .lines
        .says(format!("snapshot {} of the machine {id} was taken on", facts.key));
    let waits = config.wait.copied() != Some(false);
    if waits
        && event.is_some()
        && let Err(halt) = operation.reach(Goal::OVER, event.into_iter().collect()).await
    {
        let mut failure = failed(&operation, &halt);
        let exists = format!(" The snapshot {} exists, and may not be whole.", facts.key);
        failure.told.detail.push_str(&exists);
        return Err(failure);
    }
    if waits {
        invocation
            .lines
            .says(format!("snapshot {} of the machine {id} is taken", facts.key));
    }
    let doubt = doubt.map(|doubt| {
        let mut warning = Diagnostic::warning("Answer to the Create Was Lost", String::new());
        doubt.add_to(&mut warning);
        warning.detail = warning.detail.trim_start().to_owned();
        warning
    });
    Ok(doubt.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::kit::Managed as _;

    #[test]
    fn a_snapshot_of_the_action_fits_as_one_of_the_resource_does() {
        let planned = Snapshot {
            machine_id: Tf::Known("ps1".to_owned()),
            name: Tf::Known("before".to_owned()),
            ..Snapshot::default()
        };
        let scope = Snapshots::scope(&planned);
        assert_eq!(
            (scope.name.as_deref(), scope.machine_id.as_deref()),
            (Some("before"), Some("ps1"))
        );
    }
}
