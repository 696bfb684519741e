//! A managed resource without its types: what the registry holds and the RPCs call.
//!
//! Which Rust types a resource uses is known to [`Managed`](super::Managed) alone, which implements this for each.

use std::any::Any;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::ImportTarget;
use super::rpc::{
    Apply, ApplyAnswer, Imported, MoveState as MoveRequest, MovedState, Plan, PlanAnswer, Read, ReadAnswer,
    UpgradeIdentity, UpgradeState, UpgradedIdentity, UpgradedState, ValidateConfig as ValidateRequest,
};
use crate::diag::Diagnostics;
use crate::schema::{Block, IdentitySchema};
use crate::value::{Type, Value};

/// What the provider made of its configuration, whatever its type.
pub(super) type Configured = Arc<dyn Any + Send + Sync>;

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
    /// The identity's schema, where the resource has an identity.
    fn identity(&self) -> Option<&IdentitySchema>;
    /// The identity's wire type.
    fn identity_type(&self) -> Option<&Type>;
    /// A value of the schema's type, read into the typed model and written again. That it is the same as before is a
    /// law of every schema, which tests hold it to.
    ///
    /// # Errors
    /// An error for each attribute whose value does not fit its field.
    fn round_trip(&self, value: &Value) -> Result<Value, Diagnostics>;
    /// ValidateResourceConfig.
    fn validate(&self, request: &ValidateRequest) -> Diagnostics;
    /// UpgradeResourceState.
    fn upgrade_state(&self, request: &UpgradeState) -> UpgradedState;
    /// UpgradeResourceIdentity.
    fn upgrade_identity(&self, request: &UpgradeIdentity) -> UpgradedIdentity;
    /// ReadResource.
    fn read(&self, configured: Configured, cancel: CancellationToken, request: Read) -> BoxFuture<'_, ReadAnswer>;
    /// PlanResourceChange. Nothing is configured while the provider block holds unknown values.
    fn plan(
        &self,
        configured: Option<Configured>,
        cancel: CancellationToken,
        request: Plan,
    ) -> BoxFuture<'_, PlanAnswer>;
    /// ApplyResourceChange.
    fn apply(&self, configured: Configured, cancel: CancellationToken, request: Apply) -> BoxFuture<'_, ApplyAnswer>;
    /// ImportResourceState.
    fn import(
        &self,
        configured: Configured,
        cancel: CancellationToken,
        target: ImportTarget,
    ) -> BoxFuture<'_, Result<Imported, Diagnostics>>;
    /// MoveResourceState.
    fn move_state(&self, request: &MoveRequest) -> MovedState;
}
