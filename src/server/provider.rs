//! The provider itself: its configuration, its registry and the way from an RPC to the resource that it is about.

use std::any::Any;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;

use super::action::AnyAction;
use super::any::{AnyResource, Call};
use super::data_source::AnyDataSource;
use super::ephemeral::AnyEphemeralResource;
use super::function::{FunctionEntry, FunctionError};
use super::list_resource::AnyListResource;
use super::rpc::{
    ActionEvent, Apply, ApplyAnswer, ClientCapabilities, Configure, DeferredReason, Import, ImportAnswer, List,
    ListEvent, OpenEphemeral, OpenEphemeralAnswer, Plan, PlanActionAnswer, PlanAnswer, Read, ReadAnswer,
    ReadDataSource, ReadDataSourceAnswer,
};
use super::{ImportTarget, Registry, Sink, plan};
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

    /// Everything that the provider has.
    fn registry(&self) -> Registry;
}

/// What came of configuring a provider.
pub enum Configuration<C> {
    /// Ready to work, with warnings about the way it is configured.
    Ready(C, Diagnostics),
    /// The configuration holds values that only an apply will know.
    Unknown,
}

/// What the provider made of its configuration, whatever its type.
type Configured = Arc<dyn Any + Send + Sync>;

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
            Configuration::Ready(configured, warnings) => Configuration::Ready(Arc::new(configured), warnings),
            Configuration::Unknown => Configuration::Unknown,
        })
    }
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
    registry: Registry,
    setup: RwLock<Setup>,
    stop: Mutex<CancellationToken>,
}

impl Server {
    /// A server of the given provider, not configured yet.
    pub fn new<P: Provider>(provider: P) -> Self {
        Self {
            registry: provider.registry(),
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

    /// Everything that the provider has.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The managed resource of that type.
    ///
    /// # Errors
    /// An error for the user where there is none.
    pub fn resource(&self, type_name: &str) -> Result<Bound<'_, dyn AnyResource>, Diagnostic> {
        let entry = self.registry.find_resource(type_name)?;
        Ok(Bound { server: self, entry })
    }

    /// The data source of that type.
    ///
    /// # Errors
    /// An error for the user where there is none.
    pub fn data_source(&self, type_name: &str) -> Result<Bound<'_, dyn AnyDataSource>, Diagnostic> {
        let entry = self.registry.find_data_source(type_name)?;
        Ok(Bound { server: self, entry })
    }

    /// The ephemeral resource of that type.
    ///
    /// # Errors
    /// An error for the user where there is none.
    pub fn ephemeral_resource(&self, type_name: &str) -> Result<Bound<'_, dyn AnyEphemeralResource>, Diagnostic> {
        let entry = self.registry.find_ephemeral_resource(type_name)?;
        Ok(Bound { server: self, entry })
    }

    /// The function of that name. It needs no configuration of the provider.
    ///
    /// # Errors
    /// An error for the user where there is none.
    pub fn function(&self, name: &str) -> Result<&FunctionEntry, FunctionError> {
        self.registry.find_function(name)
    }

    /// The list resource of that type.
    ///
    /// # Errors
    /// An error for the user where there is none.
    pub fn list_resource(&self, type_name: &str) -> Result<Bound<'_, dyn AnyListResource>, Diagnostic> {
        let entry = self.registry.find_list_resource(type_name)?;
        Ok(Bound { server: self, entry })
    }

    /// The action of that type.
    ///
    /// # Errors
    /// An error for the user where there is none.
    pub fn action(&self, type_name: &str) -> Result<Bound<'_, dyn AnyAction>, Diagnostic> {
        let entry = self.registry.find_action(type_name)?;
        Ok(Bound { server: self, entry })
    }

    /// ValidateProviderConfig.
    pub async fn validate_provider_config(&self, config: Value) -> Diagnostics {
        self.provider.validate(&config)
    }

    /// ConfigureProvider.
    ///
    /// A warning that was given when planning is not given again when applying, as far as the phase can be told: Terraform
    /// allows deferrals in an apply and, but for experiments, nowhere else.
    pub async fn configure(&self, request: Configure) -> Diagnostics {
        let is_applying = request.client.deferral_allowed;
        let (setup, diagnostics) = match self.provider.configure(&request.config, &request.terraform_version) {
            Ok(Configuration::Ready(configured, _)) if is_applying => (Setup::Ready(configured), Diagnostics::new()),
            Ok(Configuration::Ready(configured, warnings)) => (Setup::Ready(configured), warnings),
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

    /// Ends with the next [`stop`](Self::stop).
    fn cancel(&self) -> CancellationToken {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What an operation runs with.
    fn call(&self) -> Result<Call, Unready> {
        match &*self.setup.read().unwrap_or_else(PoisonError::into_inner) {
            Setup::Ready(configured) => Ok(Call::new(Arc::clone(configured), self.cancel())),
            Setup::Unknown => Err(Unready::Unknown),
            Setup::Missing => Err(Unready::Missing),
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

/// What stands in the place of an answer that cannot be had.
enum Instead {
    /// The host comes back to the question in a later run.
    Deferred(DeferredReason),
    /// An error.
    Error(Diagnostic),
}

impl Unready {
    fn instead(self, client: ClientCapabilities) -> Instead {
        match self {
            Self::Unknown if client.deferral_allowed => Instead::Deferred(DeferredReason::ProviderConfigUnknown),
            _ => Instead::Error(self.error()),
        }
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

/// A type of the registry with the server that it belongs to: its operations run with what the provider made of its
/// configuration.
pub struct Bound<'s, T: ?Sized + 's> {
    server: &'s Server,
    entry: &'s T,
}

impl<T: ?Sized> Deref for Bound<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.entry
    }
}

impl<T: ?Sized> Bound<'_, T> {
    fn call(&self, client: ClientCapabilities) -> Result<Call, Instead> {
        self.server.call().map_err(|unready| unready.instead(client))
    }
}

impl Bound<'_, dyn AnyResource> {
    /// ReadResource.
    pub async fn read(&self, request: Read) -> ReadAnswer {
        let instead = match self.call(request.client) {
            Ok(call) => return self.entry.read(call, request).await,
            Err(instead) => instead,
        };
        let (deferred, diagnostics) = match instead {
            Instead::Deferred(reason) => (Some(reason), Diagnostics::new()),
            Instead::Error(error) => (None, error.into()),
        };
        ReadAnswer {
            state: request.state,
            private: request.private,
            identity: request.identity,
            deferred,
            diagnostics,
        }
    }

    /// PlanResourceChange. Without a configured provider it is made all the same, as far as it can be.
    pub async fn plan(&self, request: Plan) -> PlanAnswer {
        match self.call(request.client) {
            Ok(call) => {
                let cancel = call.cancel.clone();
                self.entry.plan(Some(call), cancel, request).await
            }
            Err(Instead::Deferred(reason)) if !request.config.is_null() => PlanAnswer {
                planned: plan::propose(self.entry.block(), &request.prior, &request.config),
                private: request.private,
                identity: request.identity,
                deferred: Some(reason),
                ..PlanAnswer::default()
            },
            Err(_) => self.entry.plan(None, self.server.cancel(), request).await,
        }
    }

    /// ApplyResourceChange. It is never deferred: what was planned is done or fails.
    pub async fn apply(&self, request: Apply) -> ApplyAnswer {
        match self.server.call() {
            Ok(call) => self.entry.apply(call, request).await,
            Err(unready) => ApplyAnswer {
                state: request.prior,
                private: request.private,
                identity: request.identity,
                diagnostics: unready.error().into(),
            },
        }
    }

    /// ImportResourceState.
    pub async fn import(&self, request: Import) -> ImportAnswer {
        let target = match request.identity {
            Some(identity) => ImportTarget::Identity(identity),
            None => ImportTarget::Id(request.id),
        };
        match self.call(request.client) {
            Ok(call) => self.entry.import(call, target).await,
            Err(Instead::Deferred(reason)) => ImportAnswer {
                deferred: Some(reason),
                ..ImportAnswer::default()
            },
            Err(Instead::Error(error)) => ImportAnswer {
                diagnostics: error.into(),
                ..ImportAnswer::default()
            },
        }
    }
}

impl Bound<'_, dyn AnyDataSource> {
    /// ReadDataSource.
    pub async fn read(&self, request: ReadDataSource) -> ReadDataSourceAnswer {
        match self.call(request.client) {
            Ok(call) => self.entry.read(call, request.config).await,
            Err(Instead::Deferred(reason)) => ReadDataSourceAnswer {
                state: plan::propose(self.entry.block(), &Value::Null, &request.config),
                deferred: Some(reason),
                ..ReadDataSourceAnswer::default()
            },
            Err(Instead::Error(error)) => ReadDataSourceAnswer {
                diagnostics: error.into(),
                ..ReadDataSourceAnswer::default()
            },
        }
    }
}

impl Bound<'_, dyn AnyEphemeralResource> {
    /// OpenEphemeralResource.
    pub async fn open(&self, request: OpenEphemeral) -> OpenEphemeralAnswer {
        match self.call(request.client) {
            Ok(call) => self.entry.open(call, request.config).await,
            Err(Instead::Deferred(reason)) => OpenEphemeralAnswer {
                result: plan::propose(self.entry.block(), &Value::Null, &request.config),
                deferred: Some(reason),
                ..OpenEphemeralAnswer::default()
            },
            Err(Instead::Error(error)) => OpenEphemeralAnswer {
                diagnostics: error.into(),
                ..OpenEphemeralAnswer::default()
            },
        }
    }
}

impl Bound<'_, dyn AnyListResource> {
    /// ListResource. A query cannot be deferred.
    pub async fn list(&self, request: List, sink: &dyn Sink<ListEvent>) {
        match self.server.call() {
            Ok(call) => self.entry.list(call, request, sink).await,
            // Where nobody listens, nobody misses it.
            Err(unready) => _ = sink.send(ListEvent::failed(unready.error().into())).await,
        }
    }
}

impl Bound<'_, dyn AnyAction> {
    /// PlanAction. What an action will find is known only when it is invoked, so a plan needs no configured provider.
    pub fn plan(&self, client: ClientCapabilities) -> PlanActionAnswer {
        PlanActionAnswer {
            deferred: match self.call(client) {
                Err(Instead::Deferred(reason)) => Some(reason),
                Ok(_) | Err(Instead::Error(_)) => None,
            },
            diagnostics: Diagnostics::new(),
        }
    }

    /// InvokeAction.
    pub async fn invoke(&self, config: Value, sink: &dyn Sink<ActionEvent>) {
        match self.server.call() {
            Ok(call) => self.entry.invoke(call, config, sink).await,
            // Where nobody listens, nobody misses it.
            Err(unready) => _ = sink.send(ActionEvent::Completed(unready.error().into())).await,
        }
    }
}
