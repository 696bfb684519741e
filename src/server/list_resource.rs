//! List resources: the objects of a managed type that exist, whoever made them, for a query.
//!
//! What they are given tells one object at a time and hears whether another one is wanted, so that nothing is asked of the
//! remote system that nobody will look at.

use std::marker::PhantomData;
use std::ops::ControlFlow;

use futures_util::future::BoxFuture;

use super::any::{AnyResource as _, Call};
use super::entry::Managed;
use super::rpc::{List, ListEvent};
use super::{Context, Resource, Sink, identity};
use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::{Block, Model, validate};
use crate::value::{Type, Value};

/// A list resource.
pub trait ListResource: Send + Sync + 'static {
    /// The arguments by which objects are chosen.
    type Model: Model;
    /// The managed resource whose objects it lists, by whose name it goes.
    type Resource: Resource<Configured = Self::Configured>;
    /// What the provider made of its configuration.
    type Configured: Send + Sync + 'static;

    /// Tests a configuration, in which any value may still be unknown, beyond what the schema's rules say.
    fn validate_config(_config: &Self::Model) -> Diagnostics {
        Diagnostics::new()
    }

    /// Tells every object that satisfies the arguments, in an order that is the same every time, until none is wanted any
    /// more. It changes nothing, and may be dropped at any time.
    ///
    /// # Errors
    /// Why not all of them can be told.
    fn list(
        context: &Context<Self::Configured>,
        config: Self::Model,
        finds: &mut Finds<'_, Self::Resource>,
    ) -> impl Future<Output = Result<(), Diagnostics>> + Send;
}

/// Takes what a query finds.
pub struct Finds<'a, R> {
    sink: &'a dyn Sink<ListEvent>,
    resource: &'a Managed<R>,
    left: u64,
    with_state: bool,
}

impl<R: Resource> Finds<'_, R> {
    /// Whether the whole object is wanted, and not just which one it is.
    pub fn wants_state(&self) -> bool {
        self.with_state
    }

    /// Tells an object that exists: the name by which people know it, and its state as an import would give it. Where the
    /// whole object is not wanted, what makes up its identity is enough of a state.
    ///
    /// Breaks where no other object is wanted.
    pub async fn tell(&mut self, display_name: &str, state: &R::Model) -> ControlFlow<()> {
        if self.left == 0 {
            return ControlFlow::Break(());
        }
        self.left -= 1;
        let mut diagnostics = Diagnostics::new();
        let event = ListEvent {
            display_name: display_name.to_owned(),
            identity: identity::kept(R::TYPE_NAME, R::identity(state), None, &mut diagnostics),
            state: self.with_state.then(|| self.resource.found(state, &mut diagnostics)),
            diagnostics,
        };
        let sent = self.sink.send(event).await;
        match sent.is_ok() && self.left > 0 {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    }
}

/// A list resource as the server sees it, whatever its model.
pub trait AnyListResource: Send + Sync {
    /// The type's name, which is that of a managed resource.
    fn type_name(&self) -> &'static str;
    /// The schema.
    fn block(&self) -> &Block;
    /// The wire type.
    fn ty(&self) -> &Type;
    /// The wire type of the objects.
    fn resource_type(&self) -> &Type;
    /// The wire type of their identities.
    fn identity_type(&self) -> &Type;
    /// See [`AnyResource::round_trip`](super::AnyResource::round_trip).
    ///
    /// # Errors
    /// As there.
    fn round_trip(&self, value: &Value) -> Result<Value, Diagnostics>;
    /// ValidateListResourceConfig.
    fn validate(&self, config: &Value) -> Diagnostics;
    /// ListResource.
    fn list<'a>(&'a self, call: Call, request: List, sink: &'a dyn Sink<ListEvent>) -> BoxFuture<'a, ()>;
}

/// A list resource's entry in the registry.
pub(super) struct Entry<L: ListResource> {
    ty: Type,
    resource: Managed<L::Resource>,
    list: PhantomData<fn() -> L>,
}

impl<L: ListResource> Entry<L> {
    pub(super) fn new() -> Self {
        Self {
            ty: L::Model::schema().block().ty(),
            resource: Managed::new(),
            list: PhantomData,
        }
    }

    /// Ends with the list, with the asker's interest, or with the wish to stop.
    async fn run(&self, call: &Call, request: List, sink: &dyn Sink<ListEvent>) -> Result<(), Diagnostics> {
        let config = match request.config {
            // A block that is not written is one without arguments.
            Value::Null => nulls(&self.ty),
            config => config,
        };
        let config = L::Model::schema().decode(&config)?;
        if request.limit == 0 {
            return Ok(());
        }
        let context = Context::new(call);
        let mut finds = Finds {
            sink,
            resource: &self.resource,
            left: request.limit,
            with_state: request.with_state,
        };
        tokio::select! {
            biased;
            () = sink.closed() => Ok(()),
            () = call.cancel.cancelled() => Err(interrupted(L::Resource::TYPE_NAME).into()),
            outcome = L::list(&context, config, &mut finds) => outcome,
        }
    }
}

/// An object of a type without a single value.
fn nulls(ty: &Type) -> Value {
    match ty {
        Type::Object(attributes) => Value::object(attributes.keys().map(|name| (name, Value::Null))),
        _ => Value::Null,
    }
}

/// A list that merely ends is taken for a complete one.
fn interrupted(type_name: &str) -> Diagnostic {
    Diagnostic::error(
        "Query Interrupted",
        format!("The query for every {type_name} was stopped before it had found all of them. Nothing was changed."),
    )
}

impl<L: ListResource> AnyListResource for Entry<L> {
    fn type_name(&self) -> &'static str {
        L::Resource::TYPE_NAME
    }

    fn block(&self) -> &Block {
        L::Model::schema().block()
    }

    fn ty(&self) -> &Type {
        &self.ty
    }

    fn resource_type(&self) -> &Type {
        self.resource.ty()
    }

    fn identity_type(&self) -> &Type {
        self.resource.identity_type()
    }

    fn round_trip(&self, value: &Value) -> Result<Value, Diagnostics> {
        L::Model::schema().round_trip(value)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = validate(self.block(), config);
        match config {
            Value::Null => {}
            config => match L::Model::schema().decode(config) {
                Ok(config) => diagnostics.extend(L::validate_config(&config)),
                Err(errors) => diagnostics.extend(errors),
            },
        }
        diagnostics
    }

    fn list<'a>(&'a self, call: Call, request: List, sink: &'a dyn Sink<ListEvent>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            if let Err(diagnostics) = self.run(&call, request, sink).await {
                // Where nobody listens, nobody misses it.
                _ = sink.send(ListEvent::failed(diagnostics)).await;
            }
        })
    }
}

#[cfg(test)]
mod tests;
