//! `paperspace_snapshot_restore`: a machine's disk put back to a snapshot.
//!
//! A restore that was taken on is never asked for twice: what was written to the disk in between would be lost. Where its
//! answer is lost, the machine's events tell whether it was taken on.

use std::collections::HashSet;

use super::journal::Journal;
use super::report::{Failure, report};
use super::{Invocation, timeout_argument, wait_argument};
use crate::api::{Client, Error, SnapshotFilter};
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::kit::{Goal, Halt, Kind as _};
use crate::provider::machine::{Machines, Operation};
use crate::provider::{Configured, errors};
use crate::schema::{Check, Model, Schema};
use crate::server::{Action, Context, Progress};
use crate::value::Tf;

/// How long it takes at most, unless the configuration says otherwise.
const MINUTES: u64 = 60;

/// A `paperspace_snapshot_restore` block.
#[derive(Clone, Default)]
pub struct RestoreConfig {
    snapshot_id: Tf<String>,
    create_snapshot_before_restore: Tf<bool>,
    wait: Tf<bool>,
    timeout: Tf<String>,
}

impl Model for RestoreConfig {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "Puts the disk of a machine back to one of its snapshots. What was written to it since is lost, but for the snapshot \
             that is taken before. Paperspace does not say whether the machine has to be off, nor whether it is on afterwards: \
             stop it first, and look at it then.",
        );
        s.attr("snapshot_id", |m| &mut m.snapshot_id)
            .required()
            .check(Check::NotEmpty)
            .doc("The id of the snapshot, which also says whose disk is put back.");
        s.attr("create_snapshot_before_restore", |m| &mut m.create_snapshot_before_restore)
            .doc(
                "Whether a snapshot of the disk as it is now is taken before. It stays until somebody deletes it. The default is \
                 `true`.",
            );
        wait_argument(s.attr("wait", |m| &mut m.wait), "the disk is put back");
        timeout_argument(s.attr("timeout", |m| &mut m.timeout), MINUTES);
    }
}

/// The action.
pub struct RestoreAction;

impl Action for RestoreAction {
    type Model = RestoreConfig;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_snapshot_restore";

    async fn invoke(context: &Context<Configured>, config: RestoreConfig, progress: &Progress<'_>) -> Diagnostics {
        let snapshot = config.snapshot_id.as_deref().unwrap_or_default().to_owned();
        let client = context.configured.client.with_cancel(context.cancel.clone());
        let id = match machine_of(&client, &snapshot).await {
            Ok(id) => id,
            Err(error) => return error.into(),
        };
        let journal = Journal::new("to be restored", [id.as_str()]);
        let invocation = Invocation::new(context, &config.timeout, MINUTES, journal);
        let work = restore(&invocation, &id, &snapshot, &config);
        let mut ends = invocation.tell(progress, [work]).await;
        match ends.pop() {
            Some(Err(failure)) => report(vec![failure], &invocation.states(&[id]).await),
            Some(Ok(())) | None => Diagnostics::new(),
        }
    }
}

/// The machine that the snapshot is of.
async fn machine_of(client: &Client, snapshot: &str) -> Result<String, Diagnostic> {
    let doing = format!("restore the snapshot {snapshot}");
    let told = client.snapshot(snapshot).await;
    let told = told.map_err(|error| errors::diagnostic(&doing, &error).at("snapshot_id"))?;
    told.machine_id.ok_or_else(|| {
        Diagnostic::error(
            "Snapshot Without a Machine",
            format!(
                "Could not {doing}: Paperspace does not say which machine it is of. Nothing was changed. Look at the snapshot in the \
                 console, and restore it there."
            ),
        )
        .at("snapshot_id")
    })
}

/// Restores the snapshot once it is the machine's turn.
async fn restore(invocation: &Invocation, id: &str, snapshot: &str, config: &RestoreConfig) -> Result<(), Failure> {
    let doing = || format!("restore the snapshot {snapshot} of the machine {id}");
    let (_lane, mut operation) = match invocation.enter(id).await {
        Ok(entered) => entered,
        Err(halt) => return Err(invocation.failure(doing(), &invocation.operation(id).work, &halt)),
    };
    match restore_now(invocation, &mut operation, snapshot, config).await {
        Ok(()) => Ok(()),
        Err(halt) => Err(invocation.failure(doing(), &operation.work, &halt)),
    }
}

async fn restore_now(
    invocation: &Invocation,
    operation: &mut Operation,
    snapshot: &str,
    config: &RestoreConfig,
) -> Result<(), Halt> {
    operation.rest().await?;
    let id = operation.id().to_owned();
    let keeps = config.create_snapshot_before_restore.copied() != Some(false);
    let client = &invocation.client;
    let events: HashSet<_> = Machines::events(client, &id)
        .await?
        .into_iter()
        .map(|event| event.id)
        .collect();
    let before = if keeps {
        snapshots(client, &id).await?
    } else {
        Vec::new()
    };
    let asked = operation
        .ask_restore(snapshot, keeps, |event| !events.contains(&event.id))
        .await?;
    invocation
        .lines
        .says(format!("the restore of the machine {id} was taken on"));
    let waits = config.wait.copied() != Some(false);
    if waits {
        operation.reach(Goal::REST, asked).await?;
        invocation
            .lines
            .says(format!("the disk of the machine {id} is as in the snapshot {snapshot}"));
    }
    if keeps
        // The restore is as it is, whether its safety net can be named or not.
        && let Ok(after) = snapshots(client, &id).await
        && let Some(new) = after.iter().find(|new| !before.contains(new))
    {
        invocation.lines.says(format!(
            "what the disk of the machine {id} held before is in the snapshot {new}"
        ));
    }
    Ok(())
}

/// The snapshots of a machine, the newest first.
async fn snapshots(client: &Client, machine: &str) -> Result<Vec<String>, Error> {
    let filter = SnapshotFilter {
        machine_id: Some(machine.to_owned()),
    };
    let listed = client.snapshots(&filter).await?;
    Ok(listed.into_iter().map(|snapshot| snapshot.id).collect())
}
