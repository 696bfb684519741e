//! Ephemeral resources: values that exist only while Terraform runs, and are stored in no file.
//!
//! What is opened here holds nothing open: there is nothing to renew, and nothing to close, so closing works whenever a host
//! asks for it.

use std::marker::PhantomData;

use futures_util::future::BoxFuture;

use super::any::Call;
use super::data_source::Answered;
use super::rpc::OpenEphemeralAnswer;
use super::{Context, settle};
use crate::diag::Diagnostics;
use crate::schema::{Block, Model, validate};
use crate::value::{Type, Value};

/// An ephemeral resource type.
pub trait EphemeralResource: Send + Sync + 'static {
    /// The arguments and results.
    type Model: Model;
    /// What the provider made of its configuration.
    type Configured: Send + Sync + 'static;

    /// The type's name with the provider's prefix.
    const TYPE_NAME: &'static str;

    /// Gets the values: the arguments as they were given, with every result filled in.
    ///
    /// # Errors
    /// Why they cannot be had. No message may hold any of them.
    fn open(
        context: &Context<Self::Configured>,
        config: Self::Model,
    ) -> impl Future<Output = Result<Answered<Self::Model>, Diagnostics>> + Send;
}

/// An ephemeral resource as the server sees it, whatever its model.
pub trait AnyEphemeralResource: Send + Sync {
    /// The type's name.
    fn type_name(&self) -> &'static str;
    /// The schema.
    fn block(&self) -> &Block;
    /// The wire type.
    fn ty(&self) -> &Type;
    /// See [`AnyResource::round_trip`](super::AnyResource::round_trip).
    ///
    /// # Errors
    /// As there.
    fn round_trip(&self, value: &Value) -> Result<Value, Diagnostics>;
    /// ValidateEphemeralResourceConfig.
    fn validate(&self, config: &Value) -> Diagnostics;
    /// OpenEphemeralResource.
    fn open(&self, call: Call, config: Value) -> BoxFuture<'_, OpenEphemeralAnswer>;
}

/// An ephemeral resource's entry in the registry.
pub(super) struct Opening<E> {
    ty: Type,
    resource: PhantomData<fn() -> E>,
}

impl<E: EphemeralResource> Opening<E> {
    pub(super) fn new() -> Self {
        Self {
            ty: E::Model::schema().block().ty(),
            resource: PhantomData,
        }
    }
}

impl<E: EphemeralResource> AnyEphemeralResource for Opening<E> {
    fn type_name(&self) -> &'static str {
        E::TYPE_NAME
    }

    fn block(&self) -> &Block {
        E::Model::schema().block()
    }

    fn ty(&self) -> &Type {
        &self.ty
    }

    fn round_trip(&self, value: &Value) -> Result<Value, Diagnostics> {
        E::Model::schema().round_trip(value)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = validate(self.block(), config);
        if let Err(errors) = E::Model::schema().decode(config) {
            diagnostics.extend(errors);
        }
        diagnostics
    }

    fn open(&self, call: Call, config: Value) -> BoxFuture<'_, OpenEphemeralAnswer> {
        Box::pin(async move {
            let failed = |diagnostics| OpenEphemeralAnswer {
                diagnostics,
                ..OpenEphemeralAnswer::default()
            };
            let context = Context::<E::Configured>::new(&call);
            let model = match E::Model::schema().decode(&config) {
                Ok(model) => model,
                Err(diagnostics) => return failed(diagnostics),
            };
            match E::open(&context, model).await {
                Ok(Answered { model, warnings }) => {
                    let mut diagnostics = warnings;
                    let mut result = E::Model::schema().encode(&model);
                    settle::no_unknowns(&mut result, E::TYPE_NAME, &mut diagnostics);
                    OpenEphemeralAnswer {
                        result,
                        diagnostics,
                        ..OpenEphemeralAnswer::default()
                    }
                }
                Err(diagnostics) => failed(diagnostics),
            }
        })
    }
}
