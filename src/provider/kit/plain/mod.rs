//! The resource that the kit makes of a kind.
//!
//! `create`, `read`, `update`, `delete` and `plan` string the kit's functions together for a [`Managed`] kind. They are
//! generic and so are made anew for each kind: whatever can be decided or done without its types is elsewhere in the kit.

mod create;
mod delete;
mod plan;
mod read;
#[cfg(test)]
mod trial;
mod update;

pub use create::make_apart;
pub(super) use read::is_key;
pub use read::{gone, look_up};

use std::marker::PhantomData;

use tokio::time::Instant;

use super::facts::EventFacts;
use super::kind::Managed;
use super::note::Note;
use super::wait::Terms;
use crate::api::{Client, Event};
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::Configured;
use crate::provider::run::{Lane, NotEntered};
use crate::schema::{IdentityAttribute, IdentitySchema, Model, Timeout};
use crate::server::{ChangeOf, Context, CurrentOf, ImportTarget, OutcomeOf, PlanContext, PlanningOf, Resource, Take};
use crate::value::{Type, Value};

/// The resource of a kind.
pub struct Plain<K>(PhantomData<fn() -> K>);

impl<K: Managed> Resource for Plain<K> {
    type Model = K::Model;
    type Note = Note;
    type Configured = Configured;

    const TYPE_NAME: &'static str = K::TYPE_NAME;
    /// What other providers wrote under the same name is version 0, and arrives whole only where that is an older one.
    const VERSION: i64 = 1;
    const MOVES: &'static [Take<K::Model>] = K::MOVES;
    const UPGRADES: &'static [Take<K::Model>] = K::UPGRADES;

    fn identity_schema() -> IdentitySchema {
        IdentitySchema {
            version: 0,
            attributes: vec![IdentityAttribute {
                name: K::KEY,
                ty: Type::String,
                required_for_import: true,
                description: K::KEY_LIKE,
            }],
        }
    }

    fn identity(state: &K::Model) -> Option<Value> {
        let key = K::key(state).as_deref()?;
        Some(Value::object([(K::KEY, Value::string(key))]))
    }

    fn validate_config(config: &K::Model) -> Diagnostics {
        K::validate(config)
    }

    async fn plan(context: &PlanContext<Configured>, planning: &mut PlanningOf<Self>) {
        plan::plan::<K>(context, planning).await;
    }

    async fn create(context: &Context<Configured>, change: ChangeOf<Self>) -> OutcomeOf<Self> {
        create::create::<K>(context, change).await
    }

    async fn read(context: &Context<Configured>, known: CurrentOf<Self>) -> OutcomeOf<Self> {
        read::read::<K>(context, known).await
    }

    async fn update(context: &Context<Configured>, prior: K::Model, change: ChangeOf<Self>) -> OutcomeOf<Self> {
        update::update::<K>(context, prior, change).await
    }

    async fn delete(context: &Context<Configured>, known: CurrentOf<Self>) -> OutcomeOf<Self> {
        delete::delete::<K>(context, known).await
    }

    async fn import(context: &Context<Configured>, target: ImportTarget) -> OutcomeOf<Self> {
        read::import::<K>(context, target).await
    }
}

/// An operation that begins now: its client, which carries deadline and cancellation, and its terms.
fn begin<K: Managed>(context: &Context<Configured>, model: &K::Model, timeout: Timeout) -> (Client, Terms) {
    let deadline = Instant::now() + K::Model::schema().time_limit(model, timeout);
    let client = context.configured.client.with_cancel(context.cancel.clone());
    let client = client.with_deadline(deadline);
    let terms = Terms::of(&client, deadline);
    (client, terms)
}

/// Enters the lanes of the machines that an operation acts on.
async fn enter<K: Managed>(
    configured: &Configured,
    models: &[&K::Model],
    terms: &Terms,
    doing: &str,
) -> Result<Lane, Diagnostic> {
    let machines: Vec<_> = models.iter().flat_map(|model| K::lanes(model)).collect();
    let lanes = machines.iter().map(String::as_str);
    let entered = configured.lanes.enter(lanes, &terms.cancel, terms.deadline).await;
    entered.map_err(|why| {
        let turn =
            "while something else was done to the same machine, which takes turns. Nothing was changed. Apply again.";
        match why {
            NotEntered::Interrupted => Diagnostic::error(
                "Interrupted",
                format!("Did not {doing}: the run was interrupted {turn}"),
            ),
            NotEntered::TimedOut => Diagnostic::error("Time Is Up", format!("Did not {doing}: the time was up {turn}")),
        }
    })
}

/// An object in words: `the startup script "keys"`.
fn named<K: Managed>(model: &K::Model) -> String {
    match (K::scope(model).name, K::key(model).as_deref()) {
        (Some(name), _) => format!("the {} \"{name}\"", K::NOUN),
        (None, Some(key)) => format!("the {} {key}", K::NOUN),
        (None, None) => format!("a {}", K::NOUN),
    }
}

/// The event of an answer, as a wait takes it.
fn events(event: Option<Event>) -> Vec<EventFacts> {
    event.map(EventFacts::from).into_iter().collect()
}
