//! Creating a machine, so that none is lost and none is made twice.

use std::collections::HashMap;
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use super::creates::Creates;
use super::model::Machine;
use super::observed::observe;
use super::operation::{Goal, Halt, Operation};
use super::outcome::{Task, known};
use super::update::{changes, differences};
use super::{Limit, deadline};
use crate::api::{self, Client, CreateMachine, Error, MachineFilter, MachineOperation};
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::{Configured, errors, region};
use crate::schema::Model;
use crate::server::{Applied, Change, Context};
use crate::value::Tf;

/// How often a listing is looked through for a machine whose answer was lost, before it is believed not to exist.
const SEARCHES: usize = 4;
/// How often a create is sent again after it was found that it had no effect.
const MAX_ATTEMPTS: u32 = 5;

pub(super) async fn create(context: &Context<Configured>, change: Change<Machine>) -> Applied<Machine> {
    let Change { planned, config, .. } = change;
    let started = Instant::now();
    let deadline = deadline(&planned, Limit::Create);
    let client = context
        .configured
        .client
        .with_cancel(context.cancel.clone())
        .with_deadline(deadline);
    let body = match body(&planned, &config) {
        Ok(body) => body,
        Err(error) => return Applied::failed(error),
    };
    let made = match make(&context.configured.creates, &client, &body).await {
        Ok(made) => made,
        Err(error) => return Applied::failed(error),
    };
    let mut state = planned.clone();
    observe(&mut state, &made.data);
    // The machine exists from here on: whatever happens, it is in the state that is returned.
    context.record(&Machine::schema().without_unknowns(&state));
    tracing::info!(id = made.data.id, name = body.name, "machine created, waiting for it");

    let task = Task {
        doing: format!("create the machine \"{}\"", body.name),
        resume: "The machine is recorded in the state, but marked as tainted. Once it is ready, `terraform untaint` keeps it; \
                 otherwise the next apply replaces it.",
        started,
    };
    let operation = Operation::on_new(client, made.data, deadline);
    let finished = finish(&operation, &planned, made.event).await;
    if let Some(seen) = operation.last() {
        observe(&mut state, &seen);
    }
    let state = Machine::schema().without_unknowns(&state);
    match finished {
        Ok(warnings) => Applied {
            diagnostics: warnings,
            ..Applied::done(state)
        },
        // No error beside the state: an interrupted machine is kept, not replaced.
        Err(Halt::Interrupted) => Applied::done(state).with(interrupted(&operation)),
        Err(halt) => Applied::partly(state, task.halted(&operation, &halt)),
    }
}

fn interrupted(operation: &Operation) -> Diagnostic {
    Diagnostic::warning(
        "Machine Still Being Created",
        format!(
            "The run was interrupted while the machine was being created. {} It is recorded in the state as it is, and \
             billed once it runs. The next plan looks at it again; nothing needs to be cleaned up.",
            known(operation)
        ),
    )
}

/// Waits until the machine is as it was ordered, and sets what a create does not take.
async fn finish(operation: &Operation, planned: &Machine, event: Option<api::Event>) -> Result<Diagnostics, Halt> {
    // Without a wish about power the service starts a new machine. With one, it is enough that the machine is at rest:
    // what the service did not do is done below.
    let starts_by_itself = planned.power_state.is_null() && planned.start_on_create.copied() != Some(false);
    let goal = if starts_by_itself { Goal::Ready } else { Goal::Still };
    let mut seen = operation.reach(goal, event).await?;
    let mut now = planned.clone();
    observe(&mut now, &seen);
    let missing = changes(&now, planned);
    if !missing.is_empty() {
        operation.change(&missing, Goal::Still).await?;
        seen = operation.look().await?;
    }
    match planned.power_state.as_deref() {
        Some("on") => seen = operation.power_on().await?,
        Some("off") => seen = operation.power_off().await?,
        _ => {}
    }
    let differing = differences(&seen, planned);
    Ok(if differing.is_empty() {
        Diagnostics::new()
    } else {
        not_taken_over(&seen.id, &differing).into()
    })
}

fn not_taken_over(id: &str, attributes: &[&str]) -> Diagnostic {
    let names: Vec<_> = attributes.iter().map(|name| format!("`{name}`")).collect();
    Diagnostic::warning(
        "Settings Not Taken Over",
        format!(
            "The machine {id} was created, but Paperspace reports other values than the configured ones for {}, also after \
             they were set once more. The next plan shows the difference.",
            names.join(", ")
        ),
    )
}

/// Makes the machine. A request whose effect is in doubt is never sent again before it was looked for.
async fn make(creates: &Creates, client: &Client, body: &CreateMachine) -> Result<MachineOperation, Diagnostics> {
    let task = format!("create the machine \"{}\"", body.name);
    let existing = creates.existing(client).await.map_err(|error| {
        errors::diagnostic(
            &format!("{task}: listing the machines that exist already failed, and none was made"),
            &error,
        )
    })?;
    let _turn = creates.turn(&body.name).await;
    let mut delays = client.pace().delays();
    for attempt in 1.. {
        let error = match client.create_machine(body).await {
            Ok(made) => {
                creates.claim(&made.data.id);
                return Ok(made);
            }
            Err(error) if !error.is_ambiguous() => return Err(refused(&task, body, &error).into()),
            Err(error) => error,
        };
        tracing::warn!(name = body.name, error = %error, "it is not certain whether the machine was created, looking for it");
        match search(creates, client, body, existing).await {
            Ok(found) => match found.as_slice() {
                [] if attempt < MAX_ATTEMPTS && !client.cancel().is_cancelled() => {
                    tokio::time::sleep(delays.next().unwrap_or(client.pace().max)).await;
                }
                [] => return Err(refused(&task, body, &error).into()),
                [one] if creates.claim(&one.id) => {
                    tracing::info!(id = one.id, name = body.name, "found the machine that was created");
                    return Ok(MachineOperation {
                        data: one.clone(),
                        event: None,
                    });
                }
                several => return Err(undecided(body, several, &error).into()),
            },
            Err(search_error) => return Err(lost(body, &error, &search_error).into()),
        }
    }
    unreachable!("the loop ends by returning")
}

/// Looks for machines that this create may have made.
async fn search(
    creates: &Creates,
    client: &Client,
    body: &CreateMachine,
    existing: &HashMap<String, String>,
) -> Result<Vec<api::Machine>, Error> {
    // Also after an interruption: what this run made must not be left behind unseen.
    let searching = client.with_cancel(api::Cancel::new());
    let filter = MachineFilter {
        name: Some(body.name.clone()),
        ..MachineFilter::default()
    };
    let mut delays = client.pace().delays();
    for search in 1..=SEARCHES {
        let mut found = searching.machines(&filter).await?;
        found.retain(|machine| {
            machine.name == body.name
                && machine.machine_type.eq_ignore_ascii_case(&body.machine_type)
                && region::slug(&machine.region) == region::slug(&body.region)
                && !machine.is_deleted()
                && !existing.contains_key(&machine.id)
                && !creates.is_claimed(&machine.id)
        });
        if !found.is_empty() || search == SEARCHES {
            return Ok(found);
        }
        tokio::time::sleep(delays.next().unwrap_or(Duration::ZERO)).await;
    }
    Ok(Vec::new())
}

fn refused(task: &str, body: &CreateMachine, error: &Error) -> Diagnostic {
    let mut diagnostic = errors::diagnostic(task, error);
    let text = error.message.to_lowercase();
    if error.is_refusal() && text.contains("region") && !region::is_known(&body.region) {
        diagnostic
            .detail
            .push_str(&format!("\n\nKnown regions are {}.", region::KNOWN.join(", ")));
        diagnostic = diagnostic.at("region");
    } else if error.is_refusal() && text.contains("template") {
        diagnostic.detail.push_str(
            "\n\nThe data source `paperspace_templates` lists the templates that exist, with the regions and machine types \
             that they are for.",
        );
        diagnostic = diagnostic.at("template_id");
    }
    if body.email.is_some() {
        diagnostic.detail.push_str(
            "\n\nThe user of `new_user` is made before the machine, so it may exist now. If it does, name it by `user_id` \
             instead.",
        );
    }
    diagnostic
}

fn undecided(body: &CreateMachine, several: &[api::Machine], error: &Error) -> Diagnostic {
    let list: Vec<_> = several
        .iter()
        .map(|machine| {
            let created = machine
                .dt_created
                .as_ref()
                .map_or("at an unknown time", api::Date::as_str);
            format!("  {} ({}, created {created})", machine.id, machine.state.as_str())
        })
        .collect();
    Diagnostic::error(
        "Cannot Tell Which Machine Was Created",
        format!(
            "The answer to the request that creates the machine \"{}\" was lost:\n{}\n\nSince this run began, several machines \
             of that name, type and region came into being, so it is not certain which one it was:\n{}\n\nLook at them in \
             the console. Import the one that belongs here with `terraform import`, and delete what is not needed. Other runs \
             that create machines of the same name at the same time are the usual cause: give machines names of their own.",
            body.name,
            errors::told(error),
            list.join("\n")
        ),
    )
}

fn lost(body: &CreateMachine, error: &Error, search_error: &Error) -> Diagnostic {
    Diagnostic::error(
        "Machine Possibly Created",
        format!(
            "The answer to the request that creates the machine \"{}\" was lost:\n{}\n\nLooking for the machine failed as \
             well:\n{}\n\nIt may exist and cost money without being in the state. Once Paperspace answers again, plan \
             again: a machine of that name is then reported. If it is the one, import it with `terraform import`.",
            body.name,
            errors::told(error),
            errors::told(search_error)
        ),
    )
}

/// The request for the planned machine. Passwords are in the configuration only.
fn body(planned: &Machine, config: &Machine) -> Result<CreateMachine, Diagnostic> {
    let needed = |field: &Tf<String>, name: &str| {
        field.as_deref().map(str::to_owned).ok_or_else(|| {
            Diagnostic::error(
                "Missing Argument",
                format!("`{name}` must be known to create a machine."),
            )
            .at(name)
        })
    };
    let set = |field: &Tf<String>| field.as_deref().map(str::to_owned);
    let new_user = config.new_user.known();
    let start_on_create = match planned.power_state.as_deref() {
        Some(power) => Some(power == "on"),
        None => planned.start_on_create.copied(),
    };
    Ok(CreateMachine {
        name: needed(&planned.name, "name")?,
        machine_type: needed(&planned.machine_type, "machine_type")?,
        template_id: needed(&planned.template_id, "template_id")?,
        disk_size: planned.disk_size.copied().unwrap_or_default(),
        region: needed(&planned.region, "region")?,
        network_id: set(&planned.network_id),
        public_ip_type: set(&planned.public_ip_type),
        auto_shutdown_enabled: planned.auto_shutdown_enabled.copied(),
        auto_shutdown_timeout: planned.auto_shutdown_timeout.copied(),
        auto_shutdown_force: planned.auto_shutdown_force.copied(),
        auto_snapshot_enabled: planned.auto_snapshot_enabled.copied(),
        auto_snapshot_frequency: set(&planned.auto_snapshot_frequency),
        auto_snapshot_save_count: planned.auto_snapshot_save_count.copied(),
        take_initial_snapshot: planned.take_initial_snapshot.copied(),
        restore_point_enabled: planned.restore_point_enabled.copied(),
        restore_point_frequency: set(&planned.restore_point_frequency),
        startup_script_id: set(&planned.startup_script_id),
        email_password: planned.email_password.copied(),
        start_on_create,
        enable_nvlink: planned.enable_nvlink.copied(),
        accessor_ids: planned.accessor_ids.known().map(|ids| ids.iter().cloned().collect()),
        user_id: set(&planned.user_id),
        email: new_user.and_then(|user| set(&user.email)),
        password: new_user.and_then(|user| set(&user.password)).map(SecretString::from),
        first_name: new_user.and_then(|user| set(&user.first_name)),
        last_name: new_user.and_then(|user| set(&user.last_name)),
    })
}
