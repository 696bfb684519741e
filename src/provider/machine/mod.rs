//! `paperspace_machine`: a machine in the cloud.
//!
//! `model` declares it; `plan` and `change` decide what a plan says, and `checks` asks the API what stands in its way; `create`, `update`, `delete`, `read` and `import`
//! carry it out in steps that `operation` waits for; `observed` takes over what the API tells; `outcome` words what went
//! wrong on the way. `looks` shares what many machines look at, and `lookup` is the data source of the same name.

mod change;
mod checks;
mod create;
mod creates;
mod delete;
mod import;
mod looks;
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

use tokio::time::Instant;

use super::Configured;
use crate::schema::{IdentityAttribute, IdentitySchema, Model as _, Timeout};
use crate::server::{ChangeOf, Context, CurrentOf, ImportTarget, OutcomeOf, PlanContext, PlanningOf, Resource, Take};
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
    type Note = note::Note;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_machine";
    /// Both other Paperspace providers wrote version 0 under the same name.
    const VERSION: i64 = 1;
    const MOVES: &'static [Take<Machine>] = moved::TAKES;
    const UPGRADES: &'static [Take<Machine>] = moved::TAKES;

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

    async fn plan(context: &PlanContext<Configured>, planning: &mut PlanningOf<Self>) {
        plan::modify(context, planning).await;
    }

    async fn create(context: &Context<Configured>, change: ChangeOf<Self>) -> OutcomeOf<Self> {
        create::create(context, change).await
    }

    async fn read(context: &Context<Configured>, known: CurrentOf<Self>) -> OutcomeOf<Self> {
        read::read(context, known).await
    }

    async fn update(context: &Context<Configured>, prior: Machine, change: ChangeOf<Self>) -> OutcomeOf<Self> {
        update::update(context, prior, change).await
    }

    async fn delete(context: &Context<Configured>, known: CurrentOf<Self>) -> OutcomeOf<Self> {
        delete::delete(context, known.state).await
    }

    async fn import(context: &Context<Configured>, target: ImportTarget) -> OutcomeOf<Self> {
        import::import(context, target).await
    }
}

/// When an operation that starts now is given up.
fn deadline(machine: &Machine, timeout: Timeout) -> Instant {
    Instant::now() + Machine::schema().time_limit(machine, timeout)
}
