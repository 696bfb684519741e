//! Creating a machine, so that none is lost and none is made twice.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use super::creates::Creates;
use super::deadline;
use super::looks;
use super::model::Machine;
use super::note::Note;
use super::observed::observe;
use super::operation::{Goal, Halt, Operation};
use super::outcome::{Task, known};
use super::update::{changes, differences, enforce_auto_shutdown};
use crate::api::{self, Client, CreateMachine, Error, Kind, MachineOperation, UpdateMachine};
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::kit::Boards;
use crate::provider::{Configured, errors, region};
use crate::schema::{Model, Timeout};
use crate::server::{Change, Context, Outcome};
use crate::value::Tf;

/// How often a listing is looked through for a machine whose answer was lost, before it is believed not to exist.
const SEARCHES: u32 = 4;
/// The most time that looking for a machine may take.
const SEARCH_TIME: Duration = Duration::from_secs(180);
/// How often a create is sent again after it was found that it had no effect.
const MAX_ATTEMPTS: u32 = 5;

pub(super) async fn create(context: &Context<Configured>, change: Change<Machine, Note>) -> Outcome<Machine, Note> {
    let Change { planned, config, .. } = change;
    let started = Instant::now();
    let deadline = deadline(&planned, Timeout::Create);
    let client = context
        .configured
        .client
        .with_cancel(context.cancel.clone())
        .with_deadline(deadline);
    let body = match body(&planned, &config) {
        Ok(body) => body,
        Err(error) => return Outcome::as_before(error),
    };
    let creates = &context.configured.creates;
    let made = match make(creates, &context.configured.boards, &client, &body).await {
        Ok(made) => made,
        Err(error) => return Outcome::as_before(error),
    };
    let mut state = planned.clone();
    observe(&mut state, &made.machine);
    // The machine exists from here on: whatever happens, it is in the state that is returned.
    context.record(&Machine::schema().without_unknowns(&state), &Note::default());
    tracing::info!(
        id = made.machine.id,
        name = body.name,
        "machine created, waiting for it"
    );

    let task = Task {
        doing: format!("create the machine \"{}\"", body.name),
        resume: "The machine is recorded in the state, but marked as tainted. Once it is ready, `terraform untaint` keeps it; \
                 otherwise the next apply replaces it.",
        started,
    };
    let operation = Operation::on_new(client, made.machine, deadline);
    let mut diagnostics = Diagnostics::new();
    match ready(&operation, &planned, made.event).await {
        Ok(()) => {
            let fresh = &context.configured.client;
            if let Err(warning) = complete(&operation, fresh, &planned).await {
                diagnostics.push(warning);
            }
        }
        // No error beside the state: an interrupted machine is kept, not replaced.
        Err(Halt::Interrupted) => diagnostics.push(interrupted(&operation)),
        Err(halt) => diagnostics.push(task.halted(&operation, &halt)),
    }
    if let Some(before) = made.doubtful {
        diagnostics.extend(twin(creates, operation.client(), &body, &before).await);
    }
    if let Some(seen) = operation.last() {
        observe(&mut state, &seen);
    }
    Outcome::exists(Machine::schema().without_unknowns(&state), Note::default()).with(diagnostics)
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

/// Waits until the machine is made.
async fn ready(operation: &Operation, planned: &Machine, event: Option<api::Event>) -> Result<(), Halt> {
    // Without a wish about power the service starts a new machine. With one, it is enough that the machine is at rest:
    // what the service did not do is done afterwards.
    let starts_by_itself = planned.power_state.is_null() && planned.start_on_create.copied() != Some(false);
    let goal = if starts_by_itself { Goal::Ready } else { Goal::Still };
    operation.reach(goal, event).await.map(drop)
}

/// Sets what a create does not take or did not take over. The machine is made by then, and an error beside it would have it
/// replaced, so whatever goes wrong here is a warning: the next plan shows what is left to do.
async fn complete(operation: &Operation, fresh: &Client, planned: &Machine) -> Result<(), Diagnostic> {
    let nothing = Machine::default();
    let steps = async {
        let seen = match operation.last() {
            Some(seen) => seen,
            None => operation.look().await?,
        };
        let mut now = planned.clone();
        observe(&mut now, &seen);
        // The type and the disk would need a machine that is off; if they are not as ordered, that is for a plan to say.
        let missing = UpdateMachine {
            machine_type: None,
            disk_size: None,
            ..changes(&now, planned)
        };
        if !missing.is_empty() {
            operation.change(&missing, Goal::Still).await?;
            enforce_auto_shutdown(operation, fresh, &nothing, planned).await?;
        }
        match planned.power_state.as_deref() {
            Some("on") => operation.power_on().await,
            Some("off") => operation.power_off().await,
            _ if missing.is_empty() => Ok(seen),
            _ => operation.look().await,
        }
    };
    match steps.await {
        Ok(seen) => match differences(&nothing, planned, &seen).as_slice() {
            [] => Ok(()),
            differing => Err(not_taken_over(&seen.id, differing)),
        },
        Err(Halt::Interrupted) => Err(interrupted(operation)),
        Err(halt) => Err(incomplete(operation, &halt)),
    }
}

fn incomplete(operation: &Operation, halt: &Halt) -> Diagnostic {
    let why = match halt {
        Halt::Api(error) | Halt::TimedOut(Some(error)) => errors::told(error),
        Halt::EventFailed(event) => match &event.error {
            Some(reason) => format!("Paperspace gave it up: {reason}"),
            None => "Paperspace gave it up without a reason.".to_owned(),
        },
        _ => "The time for the operation was up.".to_owned(),
    };
    Diagnostic::warning(
        "Settings Not Taken Over",
        format!(
            "The machine was created, but what a create does not set could not be set afterwards:\n{why}\n\n{} The next plan \
             shows what is left to do.",
            known(operation)
        ),
    )
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

/// A machine that was made.
struct Made {
    machine: api::Machine,
    event: Option<api::Event>,
    /// The machines of that name that were there before, where an earlier request had no effect that could be found and may
    /// still come to have one.
    doubtful: Option<HashSet<String>>,
}

/// Makes the machine. A request whose effect is in doubt is never sent again before it was looked for.
async fn make(creates: &Creates, boards: &Boards, client: &Client, body: &CreateMachine) -> Result<Made, Diagnostics> {
    let task = format!("create the machine \"{}\"", body.name);
    let _turn = creates.turn(&body.name).await;
    let before = looks::named(boards, client, &body.name).await.map_err(|error| {
        errors::diagnostic(
            &format!("{task}: listing the machines of that name failed, so none was made"),
            &error,
        )
    })?;
    let before: HashSet<_> = before.iter().map(|machine| machine.id.clone()).collect();
    let mut delays = client.pace().delays();
    for attempt in 1.. {
        let error = match client.create_machine(body).await {
            Ok(MachineOperation { data: machine, event }) => {
                creates.claim(&machine.id);
                let doubtful = (attempt > 1).then_some(before);
                return Ok(Made {
                    machine,
                    event,
                    doubtful,
                });
            }
            Err(error) if !error.is_ambiguous() => return Err(refused(&task, body, &error).into()),
            Err(error) => error,
        };
        tracing::warn!(name = body.name, error = %error, "it is not certain whether the machine was created, looking for it");
        match search(creates, client, body, &before, &error).await {
            Ok(found) => match found.as_slice() {
                [] if attempt < MAX_ATTEMPTS && !client.cancel().is_cancelled() => {
                    tokio::time::sleep(delays.next().unwrap_or(client.pace().max)).await;
                }
                [] => return Err(refused(&task, body, &error).into()),
                [one] if creates.claim(&one.id) => {
                    tracing::info!(id = one.id, name = body.name, "found the machine that was created");
                    return Ok(Made {
                        machine: api::Machine::clone(one),
                        event: None,
                        doubtful: (attempt > 1).then_some(before),
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
    before: &HashSet<String>,
    error: &Error,
) -> Result<Vec<Arc<api::Machine>>, Error> {
    // Also after an interruption and when the time is up: what this run made must not be left behind unseen.
    let started = Instant::now();
    let searching = client.unhurried().with_deadline(started + SEARCH_TIME);
    // A service that was too slow to answer may still be at it; one that broke off is not.
    let patience = match error.kind {
        Kind::Timeout => client.request_timeout(),
        _ if error.status == Some(504) => client.request_timeout(),
        _ => Duration::ZERO,
    };
    let mut delays = client.pace().delays();
    for search in 1.. {
        let found = candidates(creates, &searching, body, before).await?;
        if !found.is_empty() || (search >= SEARCHES && started.elapsed() >= patience) {
            return Ok(found);
        }
        tokio::time::sleep(delays.next().unwrap_or(client.pace().max)).await;
    }
    unreachable!("the loop ends by returning")
}

/// The machines that fit what was to be created, were not there before and belong to no other resource of this run.
async fn candidates(
    creates: &Creates,
    client: &Client,
    body: &CreateMachine,
    before: &HashSet<String>,
) -> Result<Vec<Arc<api::Machine>>, Error> {
    let mut found = looks::same_name(client, &body.name).await?;
    found.retain(|machine| {
        let is_type = |its: &String| its.eq_ignore_ascii_case(&body.machine_type);
        let is_region = |its: &String| region::slug(its) == region::slug(&body.region);
        machine.machine_type.as_ref().is_some_and(is_type)
            && machine.region.as_ref().is_some_and(is_region)
            && !before.contains(&machine.id)
            && !creates.is_claimed(&machine.id)
    });
    Ok(found)
}

/// A warning where a request that seemed to have had no effect has had one after all.
async fn twin(
    creates: &Creates,
    client: &Client,
    body: &CreateMachine,
    before: &HashSet<String>,
) -> Option<Diagnostic> {
    let found = match candidates(creates, client, body, before).await {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(name = body.name, error = %error, "could not look whether the machine was made twice");
            return None;
        }
    };
    let ids: Vec<_> = found.iter().map(|machine| machine.id.as_str()).collect();
    (!ids.is_empty()).then(|| {
        Diagnostic::warning(
            "Machine Possibly Made Twice",
            format!(
                "The answer to a first request that creates the machine \"{}\" was lost, and no machine was found, so it was \
                 sent again. Now there is another machine of that name, type and region, which is not in the state and costs \
                 money: {}. Look at it in the console and delete it, unless another run has made it.",
                body.name,
                ids.join(", ")
            ),
        )
    })
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

fn undecided(body: &CreateMachine, several: &[Arc<api::Machine>], error: &Error) -> Diagnostic {
    let list: Vec<_> = several
        .iter()
        .map(|machine| {
            let created = machine
                .dt_created
                .as_ref()
                .map_or("at an unknown time", api::Date::as_str);
            format!("  {} ({}, created {created})", machine.id, machine.state_word())
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
