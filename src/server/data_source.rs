//! Data sources: a question in the configuration, answered at each plan.

use std::marker::PhantomData;

use futures_util::future::BoxFuture;

use super::any::Call;
use super::rpc::ReadDataSourceAnswer;
use super::{Context, settle};
use crate::diag::Diagnostics;
use crate::schema::{Block, Model, validate};
use crate::value::{Type, Value};

/// A data source type.
pub trait DataSource: Send + Sync + 'static {
    /// The arguments and results.
    type Model: Model;
    /// What the provider made of its configuration.
    type Configured: Send + Sync + 'static;

    /// The data source type's name with the provider's prefix.
    const TYPE_NAME: &'static str;

    /// Tests a configuration, in which any value may still be unknown, beyond what the schema's rules say.
    fn validate_config(_config: &Self::Model) -> Diagnostics {
        Diagnostics::new()
    }

    /// Answers the question: the arguments as they were given, with every result filled in.
    fn read(
        context: &Context<Self::Configured>,
        config: Self::Model,
    ) -> impl Future<Output = Result<Answered<Self::Model>, Diagnostics>> + Send;
}

/// The answer to a question, and warnings about it.
#[derive(Clone, Debug)]
pub struct Answered<M> {
    /// The arguments and results.
    pub model: M,
    /// Warnings.
    pub warnings: Diagnostics,
}

impl<M> From<M> for Answered<M> {
    fn from(model: M) -> Self {
        Self {
            model,
            warnings: Diagnostics::new(),
        }
    }
}

/// A data source as the server sees it, whatever its model.
pub trait AnyDataSource: Send + Sync {
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
    /// ValidateDataResourceConfig.
    fn validate(&self, config: &Value) -> Diagnostics;
    /// ReadDataSource.
    fn read(&self, call: Call, config: Value) -> BoxFuture<'_, ReadDataSourceAnswer>;
}

/// A data source's entry in the registry.
pub(super) struct Lookup<D> {
    ty: Type,
    source: PhantomData<fn() -> D>,
}

impl<D: DataSource> Lookup<D> {
    pub(super) fn new() -> Self {
        Self {
            ty: D::Model::schema().block().ty(),
            source: PhantomData,
        }
    }
}

impl<D: DataSource> AnyDataSource for Lookup<D> {
    fn type_name(&self) -> &'static str {
        D::TYPE_NAME
    }

    fn block(&self) -> &Block {
        D::Model::schema().block()
    }

    fn ty(&self) -> &Type {
        &self.ty
    }

    fn round_trip(&self, value: &Value) -> Result<Value, Diagnostics> {
        D::Model::schema().round_trip(value)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = validate(self.block(), config);
        match D::Model::schema().decode(config) {
            Ok(config) => diagnostics.extend(D::validate_config(&config)),
            Err(errors) => diagnostics.extend(errors),
        }
        diagnostics
    }

    fn read(&self, call: Call, config: Value) -> BoxFuture<'_, ReadDataSourceAnswer> {
        Box::pin(async move {
            let failed = |diagnostics| ReadDataSourceAnswer {
                diagnostics,
                ..ReadDataSourceAnswer::default()
            };
            let context = Context::<D::Configured>::new(&call);
            let model = match D::Model::schema().decode(&config) {
                Ok(model) => model,
                Err(diagnostics) => return failed(diagnostics),
            };
            match D::read(&context, model).await {
                Ok(Answered { model, warnings }) => {
                    let mut diagnostics = warnings;
                    let mut state = D::Model::schema().encode(&model);
                    settle::no_unknowns(&mut state, D::TYPE_NAME, &mut diagnostics);
                    ReadDataSourceAnswer {
                        state,
                        diagnostics,
                        ..ReadDataSourceAnswer::default()
                    }
                }
                Err(diagnostics) => failed(diagnostics),
            }
        })
    }
}
