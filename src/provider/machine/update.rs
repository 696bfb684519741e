//! Changing a machine in place: what is sent, in which order, and what is put right when a step fails.

use tokio::time::Instant;

use super::change::Consequences;
use super::create::why;
use super::kind::{Machines, OFF};
use super::model::Machine;
use super::note::Note;
use super::observed::observe;
use super::operation::Operation;
use super::relations::{Relations, relate};
use super::settings::{changes, differences, told, wanted};
use super::shutdown::{Stop, enforce};
use super::{address, deadline};
use crate::api::{MachineSettings, MachineState};
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::Configured;
use crate::provider::kit::{Goal, Halt, Kind as _, Left, Task, Terms, halted};
use crate::schema::{Model, Timeout};
use crate::server::{Change, Context, Outcome};

pub(super) async fn update(
    context: &Context<Configured>,
    prior: Machine,
    change: Change<Machine, Note>,
) -> Outcome<Machine, Note> {
    let Change { planned, config, note } = change;
    let Some(id) = prior.id.as_deref() else {
        return Outcome::as_before(Diagnostic::error(
            "Machine Without Id",
            "The state of this machine holds no id, so it cannot be changed. Restore a backup of the state, or remove the \
             resource from the state and import the machine.",
        ));
    };
    context.configured.claims.track(Machines::NOUN, id);
    let deadline = deadline(&planned, Timeout::Update);
    let client = context.configured.client.with_cancel(context.cancel.clone());
    let client = client.with_deadline(deadline);
    let task = Task {
        doing: format!("change the machine \"{}\"", prior.name.as_deref().unwrap_or(id)),
        left: Left::Changed,
        started: Instant::now(),
    };
    let operation = Operation::new(&context.configured, client, id, deadline);
    // A snapshot, an image or an address of the same machine may be under way: they take turns.
    let Terms { cancel, deadline, .. } = operation.work.terms.clone();
    let _lane = match context.configured.lanes.enter([id], &cancel, deadline).await {
        Ok(lane) => lane,
        Err(why) => return Outcome::as_before(halted(&task, &operation.work, &why.into())),
    };
    let mut run = Run {
        operation,
        relations: Relations::of(&prior),
        owed: PowerOwed(note.left_off),
        note,
        diagnostics: Diagnostics::new(),
    };
    let steps = run.carry_out(&prior, &planned, &config).await;
    let Run {
        mut operation,
        relations,
        mut owed,
        note,
        mut diagnostics,
        ..
    } = run;
    if owed.0 && steps.is_err() {
        // Whatever failed, a machine that was on is turned on again.
        owed.restore(&mut operation, &mut diagnostics).await;
    }
    if let Err(Stop { halt, first }) = &steps {
        // A request that failed, or whose end was not waited for, may have come into effect.
        let mut restoring = operation.restoring();
        if restoring.look().await.is_ok() {
            operation.take_over(&restoring);
        }
        let error = halted(&task, &operation.work, halt);
        diagnostics.push(first.map_or(error.clone(), |first| first.before(error)));
    }

    // The truth is what the API tells now; what it never tells is as far as the steps came.
    let mut state = planned.clone();
    relations.write(&mut state);
    let note = Note {
        left_off: owed.0,
        ..note
    };
    let Some(seen) = operation.last() else {
        // Nothing was seen and nothing is known to have changed.
        let mut state = if steps.is_err() { prior } else { state };
        relations.write(&mut state);
        return Outcome::exists(Machine::schema().without_unknowns(&state), note).with(diagnostics);
    };
    observe(&mut state, &seen);
    if steps.is_ok() {
        let sent = changes(&wanted(&prior), &wanted(&planned));
        let differing = differences(&sent, &told(&seen));
        if !differing.is_empty() {
            diagnostics.push(not_in_effect(&operation, &differing));
        }
    }
    Outcome::exists(Machine::schema().without_unknowns(&state), note.after(&seen)).with(diagnostics)
}

/// Whether the machine has to be turned on: it was on until it was stopped here. Noted beside the state where that did not
/// come about, so that the next apply sees to it.
struct PowerOwed(bool);

impl PowerOwed {
    /// Turns the machine on after a failure, or says that it may be off.
    async fn restore(&mut self, operation: &mut Operation, diagnostics: &mut Diagnostics) {
        let mut restoring = operation.restoring();
        let mut restored = restoring.power_on_again().await;
        if matches!(restored, Err(Halt::Interrupted)) {
            restoring = operation.restoring();
            restored = restoring.power_on_again().await;
        }
        operation.take_over(&restoring);
        match restored {
            Ok(seen) => self.0 = seen.state != Some(MachineState::Ready),
            Err(Halt::Gone) => self.0 = false,
            Err(failure) => diagnostics.push(still_off(&restoring, &failure)),
        }
    }
}

/// A change under way.
struct Run {
    operation: Operation,
    relations: Relations,
    owed: PowerOwed,
    note: Note,
    diagnostics: Diagnostics,
}

impl Run {
    async fn carry_out(&mut self, prior: &Machine, planned: &Machine, config: &Machine) -> Result<(), Stop> {
        let wanted = wanted(planned);
        let changes = changes(&super::settings::wanted(prior), &wanted);
        if !changes.is_empty() {
            self.change(&changes, prior, planned).await?;
            if changes.auto_shutdown_enabled.is_some() {
                enforce(&mut self.operation, &wanted).await?;
            }
        }
        if config.public_ip_type.is_null() {
            // It is no longer this argument's: from now on it can be managed by itself.
            self.note = self.note.clone().without_address();
        }
        relate(&self.operation, planned, &mut self.relations).await?;
        match planned.power_state.as_deref() {
            Some("off") => drop(self.operation.power_off().await?),
            Some(_) => drop(self.operation.power_on().await?),
            None if self.owed.0 => drop(self.operation.power_on().await?),
            None => drop(self.operation.look().await?),
        }
        self.owed.0 = false;
        Ok(())
    }

    async fn change(&mut self, changes: &MachineSettings, prior: &Machine, planned: &Machine) -> Result<(), Halt> {
        let leaves_static = changes.public_ip_type.as_deref().is_some_and(|kind| kind != "static");
        if let (true, Some(address)) = (leaves_static, self.note.address.clone()) {
            let kept = address::release(&self.operation, &address).await?;
            self.diagnostics.extend(kept);
            self.note = self.note.clone().without_address();
        }
        if Consequences::of(prior, planned).needs_off() {
            // Only at rest it tells whether it is on or off.
            let still = self.operation.reach(Goal::REST, Vec::new()).await?;
            self.owed.0 |= still.state == Some(MachineState::Ready);
            self.operation.power_off().await?;
            self.operation.change(changes, OFF).await?;
        } else {
            self.operation.change(changes, Goal::OVER).await?;
        }
        if changes.public_ip_type.as_deref() == Some("static") {
            self.note.asked_for_address = true;
        }
        Ok(())
    }
}

fn still_off(operation: &Operation, failure: &Halt) -> Diagnostic {
    Diagnostic::warning(
        "Machine Possibly Left Off",
        format!(
            "The machine was stopped for a change that then failed, and it is not certain that it is on again: {} {} The \
             next apply turns it on.",
            why(failure),
            operation.work.known()
        ),
    )
    .about(operation.id())
}

fn not_in_effect(operation: &Operation, differing: &[String]) -> Diagnostic {
    let names: Vec<_> = differing.iter().map(|name| format!("`{name}`")).collect();
    Diagnostic::error(
        "Change Did Not Take Effect",
        format!(
            "Paperspace accepted the change, but still reports other values for {}. {} The state holds what is reported. \
             Apply again; if that does not help, the service does not support the change for this machine.",
            names.join(", "),
            operation.work.known()
        ),
    )
}
