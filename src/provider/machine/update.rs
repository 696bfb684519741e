//! Changing a machine in place: what is sent, in which order, and what is put right when a step fails.

use std::collections::BTreeSet;

use tokio::time::Instant;

use super::change::Consequences;
use super::model::Machine;
use super::note::Note;
use super::observed::observe;
use super::operation::{Goal, Halt, Operation};
use super::outcome::{Task, known};
use super::{deadline, read};
use crate::api::{self, Error, MachineState, UpdateMachine};
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::{Configured, errors, region};
use crate::schema::{Model, Timeout};
use crate::server::{Change, Context, Outcome};
use crate::value::Tf;

pub(super) async fn update(
    context: &Context<Configured>,
    prior: Machine,
    change: Change<Machine, Note>,
) -> Outcome<Machine, Note> {
    let Change { planned, note, .. } = change;
    let Some(id) = prior.id.as_deref().map(str::to_owned) else {
        return Outcome::as_before(Diagnostic::error(
            "Machine Without Id",
            "The state of this machine holds no id, so it cannot be changed. Restore a backup of the state, or remove the \
             resource from the state and import the machine.",
        ));
    };
    let deadline = deadline(&planned, Timeout::Update);
    let fresh = &context.configured.client;
    let client = fresh.with_cancel(context.cancel.clone()).with_deadline(deadline);
    let operation = Operation::new(client, id, deadline);
    let task = Task {
        doing: format!(
            "change the machine \"{}\"",
            prior.name.as_deref().unwrap_or(&operation.id)
        ),
        resume: "The next plan shows what is left to do.",
        started: Instant::now(),
    };
    let mut diagnostics = Diagnostics::new();
    let mut settings = Settings::of(&prior);
    let mut owed = PowerOwed(note.left_off);
    let steps = carry_out(&operation, fresh, &prior, &planned, &mut settings, &mut owed).await;
    if owed.0 && steps.is_err() {
        // Whatever failed, a machine that was on is turned on again.
        owed.restore(&operation, fresh, &mut diagnostics).await;
    }
    if let Err(halt) = &steps {
        // A request that failed, or whose end was not waited for, may have come into effect.
        if let Ok(seen) = operation.restoring(fresh).look().await {
            operation.remember(&seen);
        }
        diagnostics.push(task.halted(&operation, halt));
    }

    // The truth is what the API tells now; what it never tells is as far as the steps came.
    let mut state = planned.clone();
    settings.write(&mut state);
    match operation.last() {
        Some(seen) => {
            observe(&mut state, &seen);
            if steps.is_ok() {
                let differing = differences(&prior, &planned, &seen);
                if !differing.is_empty() {
                    diagnostics.push(not_in_effect(&operation, &differing));
                }
            }
        }
        None if steps.is_err() => {
            // Nothing was seen and nothing is known to have changed.
            state = prior;
            settings.write(&mut state);
        }
        None => {}
    }
    let note = Note {
        left_off: owed.0,
        ..Note::default()
    };
    Outcome::exists(Machine::schema().without_unknowns(&state), note).with(diagnostics)
}

/// Whether the machine has to be turned on: it was on until it was stopped here. Noted beside the state where that did not
/// come about, so that the next apply sees to it.
struct PowerOwed(bool);

impl PowerOwed {
    /// Turns the machine on after a failure, or says that it may be off. What was asked of it before is waited for, since a
    /// machine that is about to stop still says that it is ready.
    async fn restore(&mut self, operation: &Operation, fresh: &api::Client, diagnostics: &mut Diagnostics) {
        let mut restoring = operation.restoring(fresh);
        let mut restored = restoring.power_on_again().await;
        if matches!(restored, Err(Halt::Interrupted)) {
            restoring = operation.restoring(fresh);
            restored = restoring.power_on_again().await;
        }
        match restored {
            Ok(seen) => self.0 = seen.state != Some(MachineState::Ready),
            Err(Halt::Gone) => self.0 = false,
            Err(failure) => diagnostics.push(still_off(&restoring, &failure)),
        }
    }
}

/// What the API does not tell together with the machine: the startup script and the accessors, as far as they have come.
struct Settings {
    startup_script_id: Tf<String>,
    accessor_ids: Tf<BTreeSet<String>>,
}

impl Settings {
    fn of(state: &Machine) -> Self {
        Self {
            startup_script_id: state.startup_script_id.clone(),
            accessor_ids: state.accessor_ids.clone(),
        }
    }

    fn write(&self, state: &mut Machine) {
        state.startup_script_id = self.startup_script_id.clone();
        state.accessor_ids = self.accessor_ids.clone();
    }
}

async fn carry_out(
    operation: &Operation,
    fresh: &api::Client,
    prior: &Machine,
    planned: &Machine,
    settings: &mut Settings,
    owed: &mut PowerOwed,
) -> Result<(), Halt> {
    let changes = changes(prior, planned);
    if !changes.is_empty() {
        if Consequences::of(prior, planned).needs_off() {
            // Only at rest it tells whether it is on or off.
            owed.0 |= operation.reach(Goal::Still, None).await?.state == Some(MachineState::Ready);
            operation.power_off().await?;
            operation.change(&changes, Goal::Off).await?;
        } else {
            operation.change(&changes, Goal::Still).await?;
        }
        enforce_auto_shutdown(operation, fresh, prior, planned).await?;
    }
    startup_script(operation, planned, settings).await?;
    accessors(operation, planned, settings).await?;
    match planned.power_state.as_deref() {
        Some("off") => drop(operation.power_off().await?),
        Some(_) => drop(operation.power_on().await?),
        None if owed.0 => drop(operation.power_on().await?),
        None => drop(operation.look().await?),
    }
    owed.0 = false;
    Ok(())
}

fn still_off(operation: &Operation, failure: &Halt) -> Diagnostic {
    let why = match failure {
        Halt::Api(error) | Halt::TimedOut(Some(error)) => format!(": {}", errors::told(error)),
        _ => String::new(),
    };
    Diagnostic::warning(
        "Machine Possibly Left Off",
        format!(
            "The machine was stopped for a change that then failed, and it is not certain that it is on again{why}. {} The \
             next apply turns it on.",
            known(operation)
        ),
    )
}

/// Makes changed auto-shutdown settings take effect. The service may accept a new timeout or force by itself and not apply
/// it; turned off and on again, it does.
///
/// Once it is off it is turned on again whatever happens: a machine that no longer turns itself off costs money.
pub(super) async fn enforce_auto_shutdown(
    operation: &Operation,
    fresh: &api::Client,
    prior: &Machine,
    planned: &Machine,
) -> Result<(), Halt> {
    if planned.auto_shutdown_enabled.copied() != Some(true) {
        return Ok(());
    }
    let seen = operation.look().await?;
    let differing = differences(prior, planned, &seen);
    if !differing.iter().any(|name| name.starts_with("auto_shutdown_")) {
        return Ok(());
    }
    tracing::info!(
        id = operation.id,
        "auto-shutdown settings did not take effect, turning them off and on again"
    );
    let off = UpdateMachine {
        auto_shutdown_enabled: Some(false),
        ..UpdateMachine::default()
    };
    let on = UpdateMachine {
        auto_shutdown_enabled: Some(true),
        auto_shutdown_timeout: planned.auto_shutdown_timeout.copied(),
        auto_shutdown_force: planned.auto_shutdown_force.copied(),
        ..UpdateMachine::default()
    };
    let turned = async {
        operation.change(&off, Goal::Still).await?;
        operation.change(&on, Goal::Still).await
    };
    match turned.await {
        Ok(_) => Ok(()),
        Err(Halt::Gone) => Err(Halt::Gone),
        Err(halt) => {
            if let Err(failure) = operation
                .restoring(fresh)
                .client()
                .update_machine(&operation.id, &on)
                .await
            {
                tracing::warn!(id = operation.id, error = %failure, "auto-shutdown is possibly left off");
            }
            Err(halt)
        }
    }
}

/// Assigns and unassigns the startup script. Both can be repeated, so an answer in doubt is settled by asking again.
async fn startup_script(operation: &Operation, planned: &Machine, settings: &mut Settings) -> Result<(), Halt> {
    if settings.startup_script_id == planned.startup_script_id {
        return Ok(());
    }
    let client = operation.client();
    let id = operation.id.as_str();
    if let Some(old) = settings.startup_script_id.as_deref().map(str::to_owned) {
        // A script that is gone runs nowhere.
        settle(operation, || async {
            not_found_is_fine(client.unassign_startup_script(&old, id).await)
        })
        .await?;
        settings.startup_script_id = Tf::Null;
    }
    if let Some(new) = planned.startup_script_id.as_deref() {
        settle(operation, || async {
            client.assign_startup_script(new, id).await.map(drop)
        })
        .await?;
        settings.startup_script_id = Tf::Known(new.to_owned());
    }
    Ok(())
}

/// Adds and removes accessors, as far as the machine does not already have or lack them.
async fn accessors(operation: &Operation, planned: &Machine, settings: &mut Settings) -> Result<(), Halt> {
    if settings.accessor_ids == planned.accessor_ids {
        return Ok(());
    }
    let client = operation.client();
    let id = operation.id.as_str();
    let empty = BTreeSet::new();
    let mut have = settings.accessor_ids.known().cloned().unwrap_or_default();
    let want = planned.accessor_ids.known().unwrap_or(&empty);
    for user in have.clone().difference(want) {
        settle(operation, || async {
            not_found_is_fine(client.remove_accessor(id, user).await)
        })
        .await?;
        have.remove(user);
        settings.accessor_ids = Tf::Known(have.clone());
    }
    let present = read::accessor_ids(client, id).await?;
    for user in want.difference(&have.clone()) {
        if !present.contains(user) {
            settle(operation, || async {
                match client.add_accessor(id, user).await {
                    // Asked a second time, after an answer that was lost, the service may say that the user is there already.
                    Err(error) if error.is_refusal() && read::accessor_ids(client, id).await?.contains(user) => Ok(()),
                    answer => answer.map(drop),
                }
            })
            .await?;
        }
        have.insert(user.clone());
        settings.accessor_ids = Tf::Known(have.clone());
    }
    settings.accessor_ids = planned.accessor_ids.clone();
    Ok(())
}

/// Repeats a request that may be repeated until its effect is certain.
async fn settle<F>(operation: &Operation, request: impl Fn() -> F) -> Result<(), Halt>
where
    F: Future<Output = Result<(), Error>>,
{
    let mut tries = operation.tries();
    loop {
        match request().await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_ambiguous() => tries.again(error).await?,
            Err(error) => return Err(error.into()),
        }
    }
}

fn not_found_is_fine<T>(answer: Result<T, Error>) -> Result<(), Error> {
    match answer {
        Err(error) if error.is_not_found() => Ok(()),
        answer => answer.map(drop),
    }
}

fn not_in_effect(operation: &Operation, differing: &[&str]) -> Diagnostic {
    let names: Vec<_> = differing.iter().map(|name| format!("`{name}`")).collect();
    Diagnostic::error(
        "Change Did Not Take Effect",
        format!(
            "Paperspace accepted the change, but still reports other values for {}. {} The state holds what is reported. \
             Apply again; if that does not help, the service does not support the change for this machine.",
            names.join(", "),
            known(operation)
        ),
    )
}

/// Calls a macro with every setting that a PUT changes and an answer tells, under the one name that it has as an argument,
/// in a request and in an answer. The machine type and the disk size stand apart: they compare in ways of their own.
macro_rules! with_settings {
    ($apply:ident) => {
        $apply!(
            name,
            network_id,
            public_ip_type,
            auto_shutdown_enabled,
            auto_shutdown_timeout,
            auto_shutdown_force,
            auto_snapshot_enabled,
            auto_snapshot_frequency,
            auto_snapshot_save_count,
            restore_point_enabled,
            restore_point_frequency,
            restore_point_snapshot_id
        )
    };
}

/// The changes that lead from one state to another, as one request. What the target leaves open is not sent.
pub(super) fn changes(from: &Machine, to: &Machine) -> UpdateMachine {
    fn changed<T: Clone + PartialEq>(from: &Tf<T>, to: &Tf<T>) -> Option<T> {
        if from == to { None } else { to.known().cloned() }
    }
    let retyped = to.machine_type.as_deref().filter(|to| {
        !from
            .machine_type
            .as_deref()
            .is_some_and(|from| from.eq_ignore_ascii_case(to))
    });
    macro_rules! update {
        ($($setting:ident),+) => {
            UpdateMachine {
                machine_type: retyped.map(str::to_owned),
                disk_size: changed(&from.disk_size, &to.disk_size),
                $($setting: changed(&from.$setting, &to.$setting),)+
            }
        };
    }
    with_settings!(update)
}

/// The attributes that were to change and for which the API reports another value than the planned one.
pub(super) fn differences(from: &Machine, planned: &Machine, seen: &api::Machine) -> Vec<&'static str> {
    fn differ<T: PartialEq>(from: &Tf<T>, planned: &Tf<T>, now: &Tf<T>) -> bool {
        planned.is_known() && planned != from && now != planned
    }
    let mut now = planned.clone();
    observe(&mut now, seen);
    let mut names = Vec::new();
    let differs_in = |field: fn(&Machine) -> Option<&str>, same: fn(&str, &str) -> bool| {
        let same_as_planned =
            |other: &Machine| matches!((field(other), field(planned)), (Some(a), Some(b)) if same(a, b));
        field(planned).is_some() && !same_as_planned(from) && !same_as_planned(&now)
    };
    if differs_in(|machine| machine.machine_type.as_deref(), str::eq_ignore_ascii_case) {
        names.push("machine_type");
    }
    if differs_in(
        |machine| machine.region.as_deref(),
        |a, b| region::slug(a) == region::slug(b),
    ) {
        names.push("region");
    }
    if differ(&from.disk_size, &planned.disk_size, &now.disk_size) {
        names.push("disk_size");
    }
    macro_rules! compare {
        ($($setting:ident),+) => {
            $(
                if differ(&from.$setting, &planned.$setting, &now.$setting) {
                    names.push(stringify!($setting));
                }
            )+
        };
    }
    with_settings!(compare);
    names
}
