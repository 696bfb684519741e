//! `paperspace_machine`: a machine in the cloud.
//!
//! `model` declares it; `plan` and `change` decide what a plan says, and `checks` asks the API what stands in its way; `create`, `update`, `delete`, `read` and `import`
//! carry it out in steps that `operation` waits for; `observed` takes over what the API tells; `outcome` words what went
//! wrong on the way. `lookup` is the data source of the same name.

mod change;
mod checks;
mod create;
mod creates;
mod delete;
mod import;
mod lookup;
mod model;
mod moved;
mod note;
mod observed;
mod operation;
mod outcome;
mod plan;
mod read;
mod update;

use std::time::Duration;

use tokio::time::Instant;

use super::Configured;
use crate::diag::Diagnostics;
use crate::schema::{IdentityAttribute, IdentitySchema, parse_duration};
use crate::server::rpc::MoveState as MoveRequest;
use crate::server::{
    Applied, Change, Context, Current, Identity, Import, ImportTarget, ModifyPlan, MoveState, PlanContext, Planning,
    Resource,
};
use crate::value::{Type, Value};

pub(super) use checks::Checks;
pub(super) use creates::Creates;
pub use lookup::{MachineConfig, MachineSource};
pub(super) use model::Accelerator;
pub use model::Machine;
pub(super) use observed::{accelerator, disk_size, rate};

/// The managed resource.
pub struct MachineResource;

impl Resource for MachineResource {
    type Model = Machine;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_machine";

    async fn create(context: &Context<Configured>, change: Change<Machine>) -> Applied<Machine> {
        create::create(context, change).await
    }

    async fn read(
        context: &Context<Configured>,
        known: Current<Machine>,
    ) -> Result<Option<Current<Machine>>, Diagnostics> {
        read::read(context, known).await
    }

    async fn update(context: &Context<Configured>, prior: Machine, change: Change<Machine>) -> Applied<Machine> {
        update::update(context, prior, change).await
    }

    async fn delete(context: &Context<Configured>, state: Machine) -> Applied<Machine> {
        delete::delete(context, state).await
    }
}

impl ModifyPlan for MachineResource {
    async fn modify_plan(context: &PlanContext<Configured>, planning: &mut Planning<Machine>) {
        plan::modify(context, planning).await;
    }
}

impl Identity for MachineResource {
    fn identity_schema() -> IdentitySchema {
        IdentitySchema {
            version: 0,
            attributes: vec![IdentityAttribute {
                name: "id",
                ty: Type::String,
                required_for_import: true,
                description: "The machine's id.",
            }],
        }
    }

    fn identity(state: &Machine) -> Option<Value> {
        state.id.as_deref().map(|id| Value::object([("id", Value::string(id))]))
    }
}

impl Import for MachineResource {
    async fn import(context: &Context<Configured>, target: ImportTarget) -> Result<Machine, Diagnostics> {
        import::import(context, target).await
    }
}

impl MoveState for MachineResource {
    const SOURCES: &'static str = "paperspace_machine of the other Paperspace providers";

    fn move_state(source: &MoveRequest) -> Result<Option<Machine>, Diagnostics> {
        moved::move_state(source)
    }
}

/// The operations that take a time limit.
#[derive(Clone, Copy)]
enum Limit {
    Create,
    Update,
    Delete,
}

/// When an operation that starts now is given up.
fn deadline(machine: &Machine, limit: Limit) -> Instant {
    let timeouts = machine.timeouts.known();
    let (configured, default_minutes) = match limit {
        Limit::Create => (timeouts.and_then(|timeouts| timeouts.create.as_deref()), 30),
        Limit::Update => (timeouts.and_then(|timeouts| timeouts.update.as_deref()), 30),
        Limit::Delete => (timeouts.and_then(|timeouts| timeouts.delete.as_deref()), 15),
    };
    // What does not read as a duration was refused when the configuration was validated.
    let duration = configured.and_then(|text| parse_duration(text).ok());
    let duration = duration.unwrap_or(Duration::from_secs(default_minutes * 60));
    // A year is as good as for ever, and cannot overflow the clock.
    Instant::now() + duration.min(Duration::from_secs(365 * 24 * 3600))
}
