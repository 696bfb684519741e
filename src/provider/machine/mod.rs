//! `paperspace_machine`: a machine in the cloud.
//!
//! | module | what it holds |
//! |---|---|
//! | `model` | the attributes |
//! | `settings`, `change`, `observed` | what is set and told, what a change means, what an answer says about the state; pure |
//! | `wishes`, `wanted` | what would do where the first wish cannot be had, and what stands in the way of a wish; pure |
//! | `plan`, `checks` | what a plan says, and what the API knows that stands in its way |
//! | `make`, `choice`, `create` | the request for a new machine, what is asked for next, and bringing it to what was planned |
//! | `update`, `shutdown`, `relations`, `address` | changes in place, and what is put right when a step fails |
//! | `delete`, `read`, `import`, `moved` | the rest of its life |
//! | `kind`, `looks` | what the kit must know of machines, and what is looked at for many at once |
//! | `operation` | steps that take their time, on the functions of the kit |
//! | `note` | what is noted beside the state |
//! | `lookup`, `query` | the data source and the list resource of the same name |
//!
//! It must not know how long to wait, whom to believe, nor which of several machines is the one whose answer was lost: the
//! kit does.

mod address;
mod change;
mod checks;
mod choice;
mod create;
mod delete;
mod import;
mod kind;
mod looks;
mod lookup;
mod make;
mod model;
mod moved;
mod note;
mod observed;
mod operation;
mod plan;
mod query;
mod read;
mod relations;
mod settings;
mod shutdown;
mod standstill;
#[cfg(test)]
mod trial;
mod update;
mod wanted;
mod wishes;

use tokio::time::Instant;

use super::Configured;
use super::kit::{Kind as _, Owner};
use super::run::Place;
use crate::api::Client;
use crate::diag::Diagnostics;
use crate::schema::{IdentityAttribute, IdentitySchema, Model as _, Timeout};
use crate::server::{ChangeOf, Context, CurrentOf, ImportTarget, OutcomeOf, PlanContext, PlanningOf, Resource, Take};
use crate::value::{Type, Value};

pub(super) use checks::Checks;
pub(super) use kind::{Machines, OFF, READY};
pub use lookup::{MachineConfig, MachineSource};
pub(super) use model::Accelerator;
pub use model::Machine;
pub(super) use observed::{accelerator, disk_size, rate};
pub(super) use operation::Operation;
pub(super) use standstill::{Standstill, Way};

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

    fn validate_config(config: &Machine) -> Diagnostics {
        wishes::validate(config)
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
        delete::delete(context, known).await
    }

    async fn import(context: &Context<Configured>, target: ImportTarget) -> OutcomeOf<Self> {
        import::import(context, target).await
    }
}

/// When an operation that starts now is given up.
fn deadline(machine: &Machine, timeout: Timeout) -> Instant {
    Instant::now() + Machine::schema().time_limit(machine, timeout)
}

/// Where creates of that name take turns.
fn place(owner: &Owner, client: &Client, name: &str) -> Place {
    Place {
        address: client.base_url().to_owned(),
        team: owner.team.clone(),
        noun: Machines::NOUN,
        name: name.to_owned(),
    }
}
