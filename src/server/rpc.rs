//! What Terraform asks and what the provider answers, without protobuf: one pair of structs an RPC.

use std::collections::BTreeMap;

use crate::diag::Diagnostics;
use crate::value::{Path, Value};

/// What the calling Terraform or OpenTofu can do (protocol 6.6 and later).
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientCapabilities {
    /// An answer may be deferred for want of known values.
    pub deferral_allowed: bool,
    /// Write-only attributes may be set in the configuration.
    pub write_only_attributes_allowed: bool,
    /// What a plan leaves in private data is handed to the plan that is made again when applying (protocol 6.11).
    pub store_planned_private: bool,
}

/// Why an answer is deferred to a later run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeferredReason {
    /// The resource's configuration holds unknown values that are needed now.
    ResourceConfigUnknown,
    /// The provider's configuration holds unknown values that are needed now.
    ProviderConfigUnknown,
    /// Something that the resource stands on does not exist yet.
    AbsentPrereq,
}

/// State or identity as it was stored, before it is decoded.
#[derive(Clone, Debug, Default)]
pub struct RawState {
    /// The JSON of the state file's `attributes`; empty where there is none.
    pub json: Vec<u8>,
    /// The flat form that Terraform 0.11 and older wrote.
    pub flatmap: BTreeMap<String, String>,
}

/// ConfigureProvider.
#[derive(Debug)]
pub struct Configure {
    /// The version of the calling program; OpenTofu 1.12 and later give a Terraform version here.
    pub terraform_version: String,
    /// The provider block, which may hold unknown values during a plan.
    pub config: Value,
    /// What the caller can do.
    pub client: ClientCapabilities,
}

/// ValidateResourceConfig.
#[derive(Debug)]
pub struct ValidateConfig {
    /// The resource block, which may hold unknown values.
    pub config: Value,
    /// What the caller can do.
    pub client: ClientCapabilities,
}

/// UpgradeResourceState.
#[derive(Debug)]
pub struct UpgradeState {
    /// The schema version that wrote the state.
    pub version: i64,
    /// The state as stored.
    pub raw: RawState,
}

/// The answer to [`UpgradeState`].
#[derive(Debug, Default)]
pub struct UpgradedState {
    /// The state in today's shape; `None` together with an error.
    pub state: Option<Value>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// UpgradeResourceIdentity.
#[derive(Debug)]
pub struct UpgradeIdentity {
    /// The identity schema version that wrote it; 0 where none was stored.
    pub version: i64,
    /// The identity as stored; empty where none was.
    pub raw: RawState,
}

/// The answer to [`UpgradeIdentity`].
#[derive(Debug, Default)]
pub struct UpgradedIdentity {
    /// The identity in today's shape; `None` where none was stored.
    pub identity: Option<Value>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// ReadResource.
#[derive(Debug)]
pub struct Read {
    /// The state as last known.
    pub state: Value,
    /// The provider's private data stored with it.
    pub private: Vec<u8>,
    /// The identity stored with it.
    pub identity: Option<Value>,
    /// What the caller can do.
    pub client: ClientCapabilities,
}

/// The answer to [`Read`].
#[derive(Debug, Default)]
pub struct ReadAnswer {
    /// The state as it is now; null when the object is gone.
    pub state: Value,
    /// The private data to store; it replaces what was stored.
    pub private: Vec<u8>,
    /// The identity to store; it replaces what was stored.
    pub identity: Option<Value>,
    /// Set when the answer is deferred.
    pub deferred: Option<DeferredReason>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// PlanResourceChange.
#[derive(Debug)]
pub struct Plan {
    /// The state; null to create.
    pub prior: Value,
    /// Terraform's own merge of configuration and state.
    pub proposed: Value,
    /// The configuration; null to destroy.
    pub config: Value,
    /// The private data stored with the state.
    pub private: Vec<u8>,
    /// The identity stored with the state.
    pub identity: Option<Value>,
    /// What the first plan of this change left in private data, when it is made again for the apply; empty on other
    /// occasions and from hosts that do not keep it.
    pub planned_private: Vec<u8>,
    /// What the caller can do.
    pub client: ClientCapabilities,
}

/// The answer to [`Plan`].
#[derive(Debug, Default)]
pub struct PlanAnswer {
    /// The planned state; null to destroy.
    pub planned: Value,
    /// The attributes whose change needs a new object.
    pub requires_replace: Vec<Path>,
    /// Private data handed to the apply.
    pub private: Vec<u8>,
    /// The planned identity.
    pub identity: Option<Value>,
    /// Set when the answer is deferred.
    pub deferred: Option<DeferredReason>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// ApplyResourceChange.
#[derive(Debug)]
pub struct Apply {
    /// The state; null to create.
    pub prior: Value,
    /// The planned state; null to destroy.
    pub planned: Value,
    /// The configuration, wholly known; the only place where write-only values are.
    pub config: Value,
    /// The private data of the plan.
    pub private: Vec<u8>,
    /// The planned identity.
    pub identity: Option<Value>,
}

/// The answer to [`Apply`].
#[derive(Debug, Default)]
pub struct ApplyAnswer {
    /// The state as it is now: never forgotten, even beside an error.
    pub state: Value,
    /// The private data to store.
    pub private: Vec<u8>,
    /// The identity to store.
    pub identity: Option<Value>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// ImportResourceState: by id or by identity.
#[derive(Debug)]
pub struct Import {
    /// The import id; empty when the identity is given.
    pub id: String,
    /// The identity of an import block.
    pub identity: Option<Value>,
    /// What the caller can do.
    pub client: ClientCapabilities,
}

/// The answer to [`Import`].
#[derive(Debug, Default)]
pub struct ImportAnswer {
    /// What was found.
    pub imported: Vec<Imported>,
    /// Set when the answer is deferred.
    pub deferred: Option<DeferredReason>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// One imported object.
#[derive(Debug)]
pub struct Imported {
    /// Its state.
    pub state: Value,
    /// The private data to store.
    pub private: Vec<u8>,
    /// Its identity.
    pub identity: Option<Value>,
}

/// MoveResourceState: the state of another type or provider, to be taken over.
#[derive(Debug)]
pub struct MoveState {
    /// The full address of the provider that wrote the state: `host/namespace/type`.
    pub source_provider_address: String,
    /// The resource type in that provider.
    pub source_type_name: String,
    /// That type's schema version.
    pub source_schema_version: i64,
    /// The state as stored.
    pub source_state: RawState,
    /// The private data stored with it.
    pub source_private: Vec<u8>,
    /// The identity as stored; empty where none was.
    pub source_identity: RawState,
    /// That identity's version; always 0 from Terraform.
    pub source_identity_schema_version: i64,
}

/// The answer to [`MoveState`].
#[derive(Debug, Default)]
pub struct MovedState {
    /// The state in the target type's shape; `None` together with an error.
    pub state: Option<Value>,
    /// The private data to store.
    pub private: Vec<u8>,
    /// The identity to store.
    pub identity: Option<Value>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// ReadDataSource.
#[derive(Debug)]
pub struct ReadDataSource {
    /// The data block, wholly known.
    pub config: Value,
    /// What the caller can do.
    pub client: ClientCapabilities,
}

/// The answer to [`ReadDataSource`].
#[derive(Debug, Default)]
pub struct ReadDataSourceAnswer {
    /// The data block with its results.
    pub state: Value,
    /// Set when the answer is deferred.
    pub deferred: Option<DeferredReason>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// OpenEphemeralResource.
#[derive(Debug)]
pub struct OpenEphemeral {
    /// The ephemeral block, wholly known.
    pub config: Value,
    /// What the caller can do.
    pub client: ClientCapabilities,
}

/// The answer to [`OpenEphemeral`]. It holds secrets, and has no text for a log.
#[derive(Default)]
pub struct OpenEphemeralAnswer {
    /// The block with its results.
    pub result: Value,
    /// Set when the answer is deferred.
    pub deferred: Option<DeferredReason>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// ListResource.
#[derive(Debug)]
pub struct List {
    /// The `config` block, wholly known; null where there is none.
    pub config: Value,
    /// The whole objects are wanted, and not just which ones there are.
    pub with_state: bool,
    /// How many objects are wanted at most.
    pub limit: u64,
}

/// One bit of the answer to [`List`]: an object, or messages and nothing else.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListEvent {
    /// The name by which people know the object.
    pub display_name: String,
    /// Its identity.
    pub identity: Option<Value>,
    /// Its state, where that is wanted.
    pub state: Option<Value>,
    /// Messages. After an error nothing else comes.
    pub diagnostics: Diagnostics,
}

impl ListEvent {
    /// The end of a list that is not complete.
    pub fn failed(diagnostics: Diagnostics) -> Self {
        Self {
            diagnostics,
            ..Self::default()
        }
    }
}

/// The answer to PlanAction.
#[derive(Debug, Default)]
pub struct PlanActionAnswer {
    /// Set when the answer is deferred.
    pub deferred: Option<DeferredReason>,
    /// Messages.
    pub diagnostics: Diagnostics,
}

/// One bit of the answer to InvokeAction.
#[derive(Clone, Debug, PartialEq)]
pub enum ActionEvent {
    /// How it goes, in a line.
    Progress(String),
    /// It is over, and done where no message is an error.
    Completed(Diagnostics),
}
