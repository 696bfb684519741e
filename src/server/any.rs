//! A managed resource without its types: what the registry holds and the RPCs call.
//!
//! Which Rust types a resource uses is known to [`Managed`](super::entry::Managed) alone, which implements this for each.

use std::any::Any;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::ImportTarget;
use super::rpc::{
    Apply, ApplyAnswer, ImportAnswer, MoveState, MovedState, Plan, PlanAnswer, Read, ReadAnswer, UpgradeIdentity,
    UpgradeState, UpgradedIdentity, UpgradedState, ValidateConfig,
};
use crate::diag::Diagnostics;
use crate::schema::{Block, IdentitySchema};
use crate::value::{Type, Value};

/// What an operation runs with: what the provider made of its configuration, whatever its type, and the wish to stop.
#[derive(Clone)]
pub struct Call {
    configured: Arc<dyn Any + Send + Sync>,
    /// Cancelled when the user interrupts.
    pub(super) cancel: CancellationToken,
}

impl Call {
    pub(super) fn new(configured: Arc<dyn Any + Send + Sync>, cancel: CancellationToken) -> Self {
        Self { configured, cancel }
    }

    /// The same with a wish to stop that may come to it alone.
    pub(super) fn of_its_own(&self) -> Self {
        Self {
            configured: Arc::clone(&self.configured),
            cancel: self.cancel.child_token(),
        }
    }

    /// The configured provider in its own type. A registry holds only entries of one provider, so the types agree.
    pub(super) fn configured<C: Send + Sync + 'static>(&self) -> Arc<C> {
        Arc::clone(&self.configured)
            .downcast()
            .unwrap_or_else(|_| unreachable!("a registry holds entries of one provider only"))
    }
}

/// A managed resource as the server sees it, whatever its model.
pub trait AnyResource: Send + Sync {
    /// The type's name.
    fn type_name(&self) -> &'static str;
    /// The schema version.
    fn version(&self) -> i64;
    /// The schema.
    fn block(&self) -> &Block;
    /// The wire type.
    fn ty(&self) -> &Type;
    /// The identity's schema.
    fn identity(&self) -> &IdentitySchema;
    /// The identity's wire type.
    fn identity_type(&self) -> &Type;
    /// The states of other types and providers that a `moved` block may hand over, each in words.
    fn moves(&self) -> Vec<&'static str>;
    /// A value of the schema's type, read into the typed model and written again. That it is the same as before is a
    /// law of every schema, which tests hold it to.
    ///
    /// # Errors
    /// An error for each attribute whose value does not fit its field.
    fn round_trip(&self, value: &Value) -> Result<Value, Diagnostics>;
    /// ValidateResourceConfig.
    fn validate(&self, request: &ValidateConfig) -> Diagnostics;
    /// UpgradeResourceState.
    fn upgrade_state(&self, request: &UpgradeState) -> UpgradedState;
    /// UpgradeResourceIdentity.
    fn upgrade_identity(&self, request: &UpgradeIdentity) -> UpgradedIdentity;
    /// ReadResource.
    fn read(&self, call: Call, request: Read) -> BoxFuture<'_, ReadAnswer>;
    /// PlanResourceChange. Nothing is configured while the provider block holds unknown values.
    fn plan(&self, configured: Option<Call>, cancel: CancellationToken, request: Plan) -> BoxFuture<'_, PlanAnswer>;
    /// ApplyResourceChange.
    fn apply(&self, call: Call, request: Apply) -> BoxFuture<'_, ApplyAnswer>;
    /// ImportResourceState.
    fn import(&self, call: Call, target: ImportTarget) -> BoxFuture<'_, ImportAnswer>;
    /// GenerateResourceConfig.
    fn generate_config(&self, state: &Value) -> Value;
    /// MoveResourceState.
    fn move_state(&self, request: &MoveState) -> MovedState;
}
