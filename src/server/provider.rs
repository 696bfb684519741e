//! The provider itself: its configuration, its registry and the way from an RPC to the resource that it is about.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;

use super::any_resource::{AnyResource, Configured};
use super::data_source::AnyDataSource;
use super::rpc::{
    Apply, ApplyAnswer, Configure, DeferredReason, Import, ImportAnswer, MoveState, MovedState, Plan, PlanAnswer, Read,
    ReadAnswer, ReadDataSource, ReadDataSourceAnswer, UpgradeIdentity, UpgradeState, UpgradedIdentity, UpgradedState,
    ValidateConfig,
};
use super::{ImportTarget, plan};
use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::{Block, Model, validate};
use crate::value::{Type, Value};

/// A provider: a configuration block and a registry.
pub trait Provider: Send + Sync + 'static {
    /// The provider block.
    type Model: Model;
    /// What its resources and data sources are given.
    type Configured: Send + Sync + 'static;

    /// Tests a configuration, in which any value may still be unknown, beyond what the schema's rules say.
    fn validate_config(&self, config: &Self::Model) -> Diagnostics;

    /// Makes of a configuration what resources need. It must make no request and be quick.
    ///
    /// # Errors
    /// Messages about a configuration with which nothing can be done.
    fn configure(
        &self,
        config: &Self::Model,
        terraform_version: &str,
    ) -> Result<Configuration<Self::Configured>, Diagnostics>;

    /// The managed resources, in the order of the documentation.
    fn resources(&self) -> Vec<Arc<dyn AnyResource>>;

    /// The data sources, in the order of the documentation.
    fn data_sources(&self) -> Vec<Arc<dyn AnyDataSource>>;
}

/// What came of configuring a provider.
pub enum Configuration<C> {
    /// Ready to work.
    Ready(C),
    /// The configuration holds values that only an apply will know.
    Unknown,
}

/// A provider whatever its model.
pub trait AnyProvider: Send + Sync {
    /// The schema of the provider block.
    fn block(&self) -> &Block;
    /// Its wire type.
    fn ty(&self) -> &Type;
    /// See [`AnyResource::round_trip`].
    ///
    /// # Errors
    /// As there.
    fn round_trip(&self, value: &Value) -> Result<Value, Diagnostics>;
    /// ValidateProviderConfig.
    fn validate(&self, config: &Value) -> Diagnostics;
    /// ConfigureProvider.
    ///
    /// # Errors
    /// See [`Provider::configure`].
    fn configure(&self, config: &Value, terraform_version: &str) -> Result<Configuration<Configured>, Diagnostics>;
}

struct Erased<P> {
    provider: P,
    ty: Type,
}

impl<P: Provider> AnyProvider for Erased<P> {
    fn block(&self) -> &Block {
        P::Model::schema().block()
    }

    fn ty(&self) -> &Type {
        &self.ty
    }

    fn round_trip(&self, value: &Value) -> Result<Value, Diagnostics> {
        P::Model::schema().round_trip(value)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = validate(self.block(), config);
        if diagnostics.has_errors() {
            return diagnostics;
        }
        match P::Model::schema().decode(config) {
            Ok(config) => diagnostics.extend(self.provider.validate_config(&config)),
            Err(errors) => diagnostics.extend(errors),
        }
        diagnostics
    }

    fn configure(&self, config: &Value, terraform_version: &str) -> Result<Configuration<Configured>, Diagnostics> {
        let config = P::Model::schema().decode(config)?;
        Ok(match self.provider.configure(&config, terraform_version)? {
            Configuration::Ready(configured) => Configuration::Ready(Arc::new(configured)),
            Configuration::Unknown => Configuration::Unknown,
        })
    }
}

/// The configured provider in its own type. The registry holds only resources of one provider, so the types agree.
pub(super) fn downcast<C: Send + Sync + 'static>(configured: Arc<dyn Any + Send + Sync>) -> Arc<C> {
    configured
        .downcast()
        .unwrap_or_else(|_| unreachable!("a registry holds resources of one provider only"))
}

/// Where the provider's configuration stands.
enum Setup {
    /// ConfigureProvider was not called.
    Missing,
    /// It holds unknown values.
    Unknown,
    /// It is ready.
    Ready(Configured),
}

/// Answers every RPC, given decoded values.
pub struct Server {
    provider: Box<dyn AnyProvider>,
    resources: Vec<Arc<dyn AnyResource>>,
    data_sources: Vec<Arc<dyn AnyDataSource>>,
    setup: RwLock<Setup>,
    stop: Mutex<CancellationToken>,
}

impl Server {
    /// A server of the given provider, not configured yet.
    pub fn new<P: Provider>(provider: P) -> Self {
        Self {
            resources: provider.resources(),
            data_sources: provider.data_sources(),
            provider: Box::new(Erased {
                ty: P::Model::schema().block().ty(),
                provider,
            }),
            setup: RwLock::new(Setup::Missing),
            stop: Mutex::default(),
        }
    }

    /// The schema of the provider block.
    pub fn provider_block(&self) -> &Block {
        self.provider.block()
    }

    /// The wire type of the provider block.
    pub fn provider_type(&self) -> &Type {
        self.provider.ty()
    }

    /// A provider block's value through its typed model and back; see [`AnyResource::round_trip`].
    ///
    /// # Errors
    /// As there.
    pub fn provider_round_trip(&self, value: &Value) -> Result<Value, Diagnostics> {
        self.provider.round_trip(value)
    }

    /// The managed resources, in the order of the documentation.
    pub fn resources(&self) -> impl Iterator<Item = &Arc<dyn AnyResource>> {
        self.resources.iter()
    }

    /// The data sources, in the order of the documentation.
    pub fn data_sources(&self) -> impl Iterator<Item = &Arc<dyn AnyDataSource>> {
        self.data_sources.iter()
    }

    /// The managed resource of that type.
    ///
    /// # Errors
    /// An error for the user where there is none.
    pub fn resource(&self, type_name: &str) -> Result<&Arc<dyn AnyResource>, Diagnostic> {
        let found = self.resources.iter().find(|resource| resource.type_name() == type_name);
        found.ok_or_else(|| {
            Diagnostic::error(
                "Unknown Resource Type",
                format!(
                    "This version of the provider has no resource type {type_name}. A newer version may have it: raise \
                     the version in required_providers and run init -upgrade."
                ),
            )
        })
    }

    /// The data source of that type.
    ///
    /// # Errors
    /// An error for the user where there is none.
    pub fn data_source(&self, type_name: &str) -> Result<&Arc<dyn AnyDataSource>, Diagnostic> {
        let found = self
            .data_sources
            .iter()
            .find(|data_source| data_source.type_name() == type_name);
        found.ok_or_else(|| {
            Diagnostic::error(
                "Unknown Data Source Type",
                format!(
                    "This version of the provider has no data source type {type_name}. A newer version may have it: \
                     raise the version in required_providers and run init -upgrade."
                ),
            )
        })
    }

    /// ValidateProviderConfig.
    pub async fn validate_provider_config(&self, config: Value) -> Diagnostics {
        self.provider.validate(&config)
    }

    /// ConfigureProvider.
    pub async fn configure(&self, request: Configure) -> Diagnostics {
        let (setup, diagnostics) = match self.provider.configure(&request.config, &request.terraform_version) {
            Ok(Configuration::Ready(configured)) => (Setup::Ready(configured), Diagnostics::new()),
            Ok(Configuration::Unknown) => (Setup::Unknown, Diagnostics::new()),
            Err(diagnostics) => (Setup::Missing, diagnostics),
        };
        *self.setup.write().unwrap_or_else(PoisonError::into_inner) = setup;
        diagnostics
    }

    /// StopProvider: cancels the waits of the operations in flight. Later operations run normally.
    pub fn stop(&self) {
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *stop).cancel();
    }

    fn cancel(&self) -> CancellationToken {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the provider made of its configuration.
    fn configured(&self) -> Result<Configured, Unready> {
        match &*self.setup.read().unwrap_or_else(PoisonError::into_inner) {
            Setup::Ready(configured) => Ok(Arc::clone(configured)),
            Setup::Unknown => Err(Unready::Unknown),
            Setup::Missing => Err(Unready::Missing),
        }
    }

    /// ValidateResourceConfig.
    ///
    /// # Errors
    /// An unknown type.
    pub async fn validate_resource_config(&self, type_name: &str, request: ValidateConfig) -> Diagnostics {
        match self.resource(type_name) {
            Ok(resource) => resource.validate(&request),
            Err(error) => error.into(),
        }
    }

    /// ValidateDataResourceConfig.
    pub async fn validate_data_source_config(&self, type_name: &str, config: Value) -> Diagnostics {
        match self.data_source(type_name) {
            Ok(data_source) => data_source.validate(&config),
            Err(error) => error.into(),
        }
    }

    /// UpgradeResourceState.
    pub async fn upgrade_state(&self, type_name: &str, request: UpgradeState) -> UpgradedState {
        match self.resource(type_name) {
            Ok(resource) => resource.upgrade_state(&request),
            Err(error) => UpgradedState {
                diagnostics: error.into(),
                ..UpgradedState::default()
            },
        }
    }

    /// UpgradeResourceIdentity.
    pub async fn upgrade_identity(&self, type_name: &str, request: UpgradeIdentity) -> UpgradedIdentity {
        match self.resource(type_name) {
            Ok(resource) => resource.upgrade_identity(&request),
            Err(error) => UpgradedIdentity {
                diagnostics: error.into(),
                ..UpgradedIdentity::default()
            },
        }
    }

    /// ReadResource.
    pub async fn read(&self, type_name: &str, request: Read) -> ReadAnswer {
        let unchanged = |deferred, diagnostics, request: Read| ReadAnswer {
            state: request.state,
            private: request.private,
            identity: request.identity,
            deferred,
            diagnostics,
        };
        let resource = match self.resource(type_name) {
            Ok(resource) => resource,
            Err(error) => return unchanged(None, error.into(), request),
        };
        match self.configured() {
            Ok(configured) => resource.read(configured, self.cancel(), request).await,
            Err(unready) => match unready.deferred(request.client.deferral_allowed) {
                Some(reason) => unchanged(Some(reason), Diagnostics::new(), request),
                None => unchanged(None, unready.error().into(), request),
            },
        }
    }

    /// PlanResourceChange.
    pub async fn plan(&self, type_name: &str, request: Plan) -> PlanAnswer {
        let resource = match self.resource(type_name) {
            Ok(resource) => resource,
            Err(error) => {
                return PlanAnswer {
                    planned: request.proposed,
                    diagnostics: error.into(),
                    ..PlanAnswer::default()
                };
            }
        };
        let deferral_allowed = request.client.deferral_allowed;
        match self.configured() {
            Ok(configured) => resource.plan(Some(configured), self.cancel(), request).await,
            Err(unready) => match unready.deferred(deferral_allowed) {
                Some(reason) if !request.config.is_null() => PlanAnswer {
                    planned: plan::propose(resource.block(), &request.prior, &request.config),
                    private: request.private,
                    identity: request.identity,
                    deferred: Some(reason),
                    ..PlanAnswer::default()
                },
                _ => resource.plan(None, self.cancel(), request).await,
            },
        }
    }

    /// ApplyResourceChange.
    pub async fn apply(&self, type_name: &str, request: Apply) -> ApplyAnswer {
        let refused = |error: Diagnostic, request: Apply| ApplyAnswer {
            state: request.prior,
            private: request.private,
            identity: request.identity,
            diagnostics: error.into(),
        };
        let resource = match self.resource(type_name) {
            Ok(resource) => resource,
            Err(error) => return refused(error, request),
        };
        match self.configured() {
            Ok(configured) => resource.apply(configured, self.cancel(), request).await,
            Err(unready) => refused(unready.error(), request),
        }
    }

    /// ImportResourceState.
    pub async fn import(&self, type_name: &str, request: Import) -> ImportAnswer {
        let failed = |diagnostics| ImportAnswer {
            diagnostics,
            ..ImportAnswer::default()
        };
        let resource = match self.resource(type_name) {
            Ok(resource) => resource,
            Err(error) => return failed(error.into()),
        };
        let configured = match self.configured() {
            Ok(configured) => configured,
            Err(unready) => {
                return match unready.deferred(request.client.deferral_allowed) {
                    Some(reason) => ImportAnswer {
                        deferred: Some(reason),
                        ..ImportAnswer::default()
                    },
                    None => failed(unready.error().into()),
                };
            }
        };
        let target = match request.identity {
            Some(identity) => ImportTarget::Identity(identity),
            None => ImportTarget::Id(request.id),
        };
        match resource.import(configured, self.cancel(), target).await {
            Ok(imported) => ImportAnswer {
                imported: vec![imported],
                ..ImportAnswer::default()
            },
            Err(diagnostics) => failed(diagnostics),
        }
    }

    /// MoveResourceState. It needs no configuration: Terraform asks on a process that has none.
    pub async fn move_state(&self, target_type_name: &str, request: MoveState) -> MovedState {
        match self.resource(target_type_name) {
            Ok(resource) => resource.move_state(&request),
            Err(error) => MovedState {
                diagnostics: error.into(),
                ..MovedState::default()
            },
        }
    }

    /// ReadDataSource.
    pub async fn read_data_source(&self, type_name: &str, request: ReadDataSource) -> ReadDataSourceAnswer {
        let failed = |diagnostics| ReadDataSourceAnswer {
            diagnostics,
            ..ReadDataSourceAnswer::default()
        };
        let data_source = match self.data_source(type_name) {
            Ok(data_source) => data_source,
            Err(error) => return failed(error.into()),
        };
        match self.configured() {
            Ok(configured) => data_source.read(configured, self.cancel(), request.config).await,
            Err(unready) => match unready.deferred(request.client.deferral_allowed) {
                Some(reason) => ReadDataSourceAnswer {
                    state: plan::propose(data_source.block(), &Value::Null, &request.config),
                    deferred: Some(reason),
                    ..ReadDataSourceAnswer::default()
                },
                None => failed(unready.error().into()),
            },
        }
    }
}

/// Why nothing can be asked of the remote system.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unready {
    /// ConfigureProvider was not called or failed.
    Missing,
    /// The provider block holds values that only an apply will know.
    Unknown,
}

impl Unready {
    fn deferred(self, allowed: bool) -> Option<DeferredReason> {
        (allowed && self == Self::Unknown).then_some(DeferredReason::ProviderConfigUnknown)
    }

    fn error(self) -> Diagnostic {
        match self {
            Self::Missing => Diagnostic::error(
                "Provider Not Configured",
                "The provider was asked for something before it was configured successfully. If no other error stands \
                 beside this one, it is a bug in the calling program or in the provider: please report it.",
            ),
            Self::Unknown => Diagnostic::error(
                "Provider Configuration Unknown",
                "An argument of the provider block depends on something that does not exist yet, so the remote API \
                 cannot be asked. Create that first, for example with -target, or give the argument a value that is \
                 known when planning.",
            ),
        }
    }
}
