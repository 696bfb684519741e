//! What a resource can do beyond its four functions, each opted into by itself.

use super::{Context, PlanContext, Resource, rpc};
use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::IdentitySchema;
use crate::value::{Path, Value};

/// Takes a hand in the plan after the schema's own rules have run.
pub trait ModifyPlan: Resource {
    /// Changes the planned state, adds attributes whose change needs a new object, and adds messages. It must make no
    /// change anywhere else, and give the same answer when asked again during the apply.
    fn modify_plan(
        context: &PlanContext<Self::Configured>,
        planning: &mut Planning<Self::Model>,
    ) -> impl Future<Output = ()> + Send;
}

/// A plan in the making.
#[derive(Debug)]
pub struct Planning<M> {
    /// The state; `None` to create.
    pub prior: Option<M>,
    /// The configuration; `None` to destroy.
    pub config: Option<M>,
    /// The planned state; `None` to destroy.
    pub planned: Option<M>,
    /// The attributes whose change needs a new object.
    pub requires_replace: Vec<Path>,
    /// What the resource noted for itself when it was last applied, to be handed to the apply. Where the object is replaced,
    /// the plan of the new one gets what the plan of the old one leaves here.
    pub note: Vec<u8>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

impl<M> Planning<M> {
    /// Adds a message.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

/// Tests a configuration beyond what the schema's rules say.
pub trait ValidateConfig: Resource {
    /// The messages about this configuration, in which any value may still be unknown.
    fn validate_config(config: &Self::Model) -> Diagnostics;
}

/// Has an identity by which the remote system knows it for ever.
pub trait Identity: Resource {
    /// The identity's schema.
    fn identity_schema() -> IdentitySchema;

    /// The identity of an object; `None` while it is not known.
    fn identity(state: &Self::Model) -> Option<Value>;
}

/// Takes over objects that Terraform did not create.
pub trait Import: Resource {
    /// Finds the object and tells everything about it.
    fn import(
        context: &Context<Self::Configured>,
        target: ImportTarget,
    ) -> impl Future<Output = Result<Self::Model, Diagnostics>> + Send;
}

/// What an import names.
#[derive(Clone, Debug, PartialEq)]
pub enum ImportTarget {
    /// An id, as on the command line.
    Id(String),
    /// An identity, of the shape of the resource's identity schema.
    Identity(Value),
}

/// Takes over the state of other resource types or providers.
pub trait MoveState: Resource {
    /// The state in this type's shape; `None` where the source is not one that it knows.
    ///
    /// # Errors
    /// Messages about a source that it knows but cannot read.
    fn move_state(source: &rpc::MoveState) -> Result<Option<Self::Model>, Diagnostics>;

    /// The sources that it knows, as words for an error message.
    const SOURCES: &'static str;
}
