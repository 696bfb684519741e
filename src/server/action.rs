//! Actions: what is done to objects without becoming part of any state.

use std::marker::PhantomData;

use futures_util::future::BoxFuture;

use super::any::Call;
use super::rpc::ActionEvent;
use super::{Context, Sink};
use crate::diag::Diagnostics;
use crate::schema::{Block, Model, validate};
use crate::value::{Type, Value};

/// An action type.
pub trait Action: Send + Sync + 'static {
    /// The arguments.
    type Model: Model;
    /// What the provider made of its configuration.
    type Configured: Send + Sync + 'static;

    /// The action type's name with the provider's prefix.
    const TYPE_NAME: &'static str;

    /// Tests a configuration, in which any value may still be unknown, beyond what the schema's rules say.
    fn validate_config(_config: &Self::Model) -> Diagnostics {
        Diagnostics::new()
    }

    /// Does it, and tells how it goes. The context's wish to stop also comes when nobody listens any more; what was begun
    /// is then brought to a point that can be told, and is never dropped half-way.
    ///
    /// Without an error among the messages it is done.
    fn invoke(
        context: &Context<Self::Configured>,
        config: Self::Model,
        progress: &Progress<'_>,
    ) -> impl Future<Output = Diagnostics> + Send;
}

/// Tells the user how an action goes.
pub struct Progress<'a>(&'a dyn Sink<ActionEvent>);

impl Progress<'_> {
    /// Tells a line. Nothing comes of it where nobody listens.
    pub async fn tell(&self, line: impl Into<String>) {
        // The action learns by the wish to stop that nobody listens.
        _ = self.0.send(ActionEvent::Progress(line.into())).await;
    }
}

/// An action as the server sees it, whatever its model.
pub trait AnyAction: Send + Sync {
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
    /// ValidateActionConfig.
    fn validate(&self, config: &Value) -> Diagnostics;
    /// InvokeAction. Whatever happens, the last event is [`ActionEvent::Completed`], and there is no other one like it.
    fn invoke<'a>(&'a self, call: Call, config: Value, sink: &'a dyn Sink<ActionEvent>) -> BoxFuture<'a, ()>;
}

/// An action's entry in the registry.
pub(super) struct Invoked<A> {
    ty: Type,
    action: PhantomData<fn() -> A>,
}

impl<A: Action> Invoked<A> {
    pub(super) fn new() -> Self {
        Self {
            ty: A::Model::schema().block().ty(),
            action: PhantomData,
        }
    }

    /// Runs the action to its own end. When nobody listens any more, it is asked to stop.
    async fn run(call: &Call, config: &Value, sink: &dyn Sink<ActionEvent>) -> Diagnostics {
        let config = match A::Model::schema().decode(config) {
            Ok(config) => config,
            Err(diagnostics) => return diagnostics,
        };
        let context = Context::new(call);
        let progress = Progress(sink);
        let invoked = A::invoke(&context, config, &progress);
        tokio::pin!(invoked);
        tokio::select! {
            biased;
            diagnostics = &mut invoked => diagnostics,
            () = sink.closed() => {
                context.cancel.cancel();
                invoked.await
            }
        }
    }
}

impl<A: Action> AnyAction for Invoked<A> {
    fn type_name(&self) -> &'static str {
        A::TYPE_NAME
    }

    fn block(&self) -> &Block {
        A::Model::schema().block()
    }

    fn ty(&self) -> &Type {
        &self.ty
    }

    fn round_trip(&self, value: &Value) -> Result<Value, Diagnostics> {
        A::Model::schema().round_trip(value)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = validate(self.block(), config);
        match A::Model::schema().decode(config) {
            Ok(config) => diagnostics.extend(A::validate_config(&config)),
            Err(errors) => diagnostics.extend(errors),
        }
        diagnostics
    }

    fn invoke<'a>(&'a self, call: Call, config: Value, sink: &'a dyn Sink<ActionEvent>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let diagnostics = Self::run(&call.of_its_own(), &config, sink).await;
            // Where nobody listens, nobody misses it.
            _ = sink.send(ActionEvent::Completed(diagnostics)).await;
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::sink::tests::Kept;
    use super::*;
    use crate::diag::Diagnostic;
    use crate::schema::Schema;
    use crate::value::Tf;

    #[derive(Clone, Default)]
    struct Wait {
        lines: Tf<i64>,
    }

    impl Model for Wait {
        fn declare(schema: &mut Schema<Self>) {
            schema
                .attr("lines", |wait| &mut wait.lines)
                .required()
                .doc("How many lines.");
        }
    }

    /// Tells some lines, and without any waits for the wish to stop.
    struct Waiting;

    impl Action for Waiting {
        type Model = Wait;
        type Configured = ();

        const TYPE_NAME: &'static str = "toy_wait";

        async fn invoke(context: &Context<()>, config: Wait, progress: &Progress<'_>) -> Diagnostics {
            match config.lines {
                Tf::Known(lines) => {
                    for line in 0..lines {
                        progress.tell(format!("line {line}")).await;
                    }
                    Diagnostics::new()
                }
                Tf::Null | Tf::Unknown => {
                    context.cancel.cancelled().await;
                    progress.tell("stopping").await;
                    Diagnostic::error("Stopped", "It is half done.").into()
                }
            }
        }
    }

    fn call() -> Call {
        Call::new(std::sync::Arc::new(()), tokio_util::sync::CancellationToken::new())
    }

    fn config(lines: Value) -> Value {
        Value::object([("lines", lines)])
    }

    #[tokio::test]
    async fn progress_comes_before_the_end_and_the_end_comes_once() {
        let sink = Kept::default();
        Invoked::<Waiting>::new().invoke(call(), config(2.into()), &sink).await;
        let line = |text: &str| ActionEvent::Progress(text.to_owned());
        assert_eq!(
            sink.take(),
            [
                line("line 0"),
                line("line 1"),
                ActionEvent::Completed(Diagnostics::new())
            ]
        );
    }

    #[tokio::test]
    async fn a_wish_to_stop_is_heard_and_the_end_tells_what_there_is() {
        let (sink, call) = (Kept::default(), call());
        let action = Invoked::<Waiting>::new();
        let invoked = action.invoke(call.clone(), config(Value::Null), &sink);
        call.cancel.cancel();
        invoked.await;
        let stopped = Diagnostic::error("Stopped", "It is half done.").into();
        assert_eq!(
            sink.take(),
            [
                ActionEvent::Progress("stopping".to_owned()),
                ActionEvent::Completed(stopped)
            ]
        );
    }

    #[tokio::test]
    async fn an_asker_that_goes_away_stops_its_own_action_and_no_other() {
        let (sink, call) = (Kept::default(), call());
        sink.gone.cancel();
        Invoked::<Waiting>::new()
            .invoke(call.clone(), config(Value::Null), &sink)
            .await;
        assert_eq!(sink.take(), []);
        assert!(!call.cancel.is_cancelled());
    }

    #[tokio::test]
    async fn a_configuration_that_cannot_be_read_is_an_end_with_an_error() {
        let sink = Kept::default();
        Invoked::<Waiting>::new()
            .invoke(call(), config(Value::from("many")), &sink)
            .await;
        let events = sink.take();
        assert!(
            matches!(events.as_slice(), [ActionEvent::Completed(diagnostics)] if diagnostics.has_errors()),
            "{events:?}"
        );
    }
}
