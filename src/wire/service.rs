//! The provider service: which function answers which RPC, and what surrounds every one of them.
//!
//! RPCs that are not listed are not advertised either, so no host calls them; they answer "unimplemented".

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use tonic::{Request, Response, Status};
use tracing::Instrument as _;

use super::gauge::Gauge;
use super::proto::tfplugin6 as proto;
use super::proto::tfplugin6::provider_server::Provider;
use super::rpc::{Answer, Ask, Subject, Told, data_source, function, overall, resource};
use crate::diag::{Diagnostics, panic};
use crate::server::Server;

/// Serves a provider.
pub struct Service {
    /// What answers.
    pub server: Arc<Server>,
    /// Counts the RPCs under way.
    pub in_flight: Gauge,
}

type Answered<T> = Result<Response<T>, Status>;

impl Service {
    /// Answers one RPC. Whatever happens, the answer is a proper one: a status would only tell the user that the plugin
    /// misbehaved, and of an apply it would lose the state.
    async fn answer<Q: Ask, F>(
        &self,
        request: Request<Q>,
        function: impl FnOnce(Arc<Server>, Q) -> F,
    ) -> Answered<Q::Answer>
    where
        F: Future<Output = Result<Q::Answer, Diagnostics>>,
    {
        let _entered = self.in_flight.enter();
        let began = Instant::now();
        let request = request.into_inner();
        let span = span(&request);
        let work = function(Arc::clone(&self.server), request);
        let outcome = AssertUnwindSafe(work).catch_unwind().instrument(span.clone()).await;
        let answer = match outcome {
            Ok(Ok(answer)) => answer,
            Ok(Err(diagnostics)) => Q::Answer::failed(diagnostics),
            Err(payload) => {
                Q::Answer::failed(panic::diagnostic(&format!("answering {}", Q::RPC), payload.as_ref()).into())
            }
        };
        span.in_scope(|| log(began, answer.told()));
        Ok(Response::new(answer))
    }
}

/// The span of a request. It has an error's level, so that whatever is logged meanwhile, and however little that is, tells
/// where it belongs.
fn span<Q: Ask>(request: &Q) -> tracing::Span {
    let (mut resource, mut data_source, mut function) = (None, None, None);
    match request.subject() {
        Subject::Provider => {}
        Subject::Resource(name) => resource = Some(name),
        Subject::DataSource(name) => data_source = Some(name),
        Subject::Function(name) => function = Some(name),
    }
    tracing::error_span!(
        "rpc",
        tf_rpc = Q::RPC,
        tf_req_id = %uuid::Uuid::new_v4(),
        tf_resource_type = resource,
        tf_data_source_type = data_source,
        tf_function = function,
    )
}

fn log(began: Instant, told: Told) {
    tracing::debug!(
        tf_req_duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        diagnostic_error_count = told.errors,
        diagnostic_warning_count = told.warnings,
        "answered"
    );
}

/// `rpc => function` for each RPC that is answered by [`Service::answer`].
macro_rules! provider {
    ($($module:ident => $function:path;)*) => {
        #[tonic::async_trait]
        impl Provider for Service {
            $(
                async fn $module(
                    &self,
                    request: Request<proto::$module::Request>,
                ) -> Answered<proto::$module::Response> {
                    self.answer(request, $function).await
                }
            )*

            /// Returns at once: the host waits for it while it holds a lock.
            async fn stop_provider(
                &self,
                _request: Request<proto::stop_provider::Request>,
            ) -> Answered<proto::stop_provider::Response> {
                tracing::debug!(tf_rpc = "StopProvider", "operations under way are asked to stop");
                self.server.stop();
                Ok(Response::new(proto::stop_provider::Response::default()))
            }
        }
    };
}

provider! {
    get_metadata => overall::get_metadata;
    get_provider_schema => overall::get_provider_schema;
    get_resource_identity_schemas => overall::get_resource_identity_schemas;
    get_functions => overall::get_functions;
    validate_provider_config => overall::validate_provider_config;
    configure_provider => overall::configure_provider;
    validate_resource_config => resource::validate;
    upgrade_resource_state => resource::upgrade_state;
    upgrade_resource_identity => resource::upgrade_identity;
    read_resource => resource::read;
    plan_resource_change => resource::plan;
    apply_resource_change => resource::apply;
    import_resource_state => resource::import;
    move_resource_state => resource::move_state;
    validate_data_resource_config => data_source::validate;
    read_data_source => data_source::read;
    call_function => function::call;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{IdentityAttribute, IdentitySchema, Model, Schema};
    use crate::server::{self, Change, Configuration, Context, Current, ImportTarget, Outcome, Registry, Resource};
    use crate::value::{Tf, Type, Value, msgpack};

    #[derive(Clone, Default)]
    struct Nothing;

    impl Model for Nothing {
        fn declare(_: &mut Schema<Self>) {}
    }

    #[derive(Clone, Default)]
    struct Thing {
        id: Tf<String>,
    }

    impl Model for Thing {
        fn declare(schema: &mut Schema<Self>) {
            schema.attr("id", |thing| &mut thing.id).computed().doc("Its id.");
        }
    }

    /// A resource that cannot be read without a panic.
    struct Things;

    impl Resource for Things {
        type Model = Thing;
        type Note = ();
        type Configured = ();

        const TYPE_NAME: &'static str = "toy_thing";

        fn identity_schema() -> IdentitySchema {
            IdentitySchema {
                version: 0,
                attributes: vec![IdentityAttribute {
                    name: "id",
                    ty: Type::String,
                    required_for_import: true,
                    description: "Its id.",
                }],
            }
        }

        fn identity(_: &Thing) -> Option<Value> {
            None
        }

        async fn create(_: &Context<()>, change: Change<Thing, ()>) -> Outcome<Thing, ()> {
            Outcome::exists(change.planned, ())
        }

        async fn read(_: &Context<()>, known: Current<Thing, ()>) -> Outcome<Thing, ()> {
            panic!("no {}", known.state.id.as_deref().unwrap_or_default())
        }

        async fn update(_: &Context<()>, _: Thing, change: Change<Thing, ()>) -> Outcome<Thing, ()> {
            Outcome::exists(change.planned, ())
        }

        async fn delete(_: &Context<()>, _: Current<Thing, ()>) -> Outcome<Thing, ()> {
            Outcome::gone()
        }

        async fn import(_: &Context<()>, _: ImportTarget) -> Outcome<Thing, ()> {
            Outcome::gone()
        }
    }

    struct Toy;

    impl server::Provider for Toy {
        type Model = Nothing;
        type Configured = ();

        fn validate_config(&self, _: &Nothing) -> Diagnostics {
            Diagnostics::new()
        }

        fn configure(&self, _: &Nothing, _: &str) -> Result<Configuration<()>, Diagnostics> {
            Ok(Configuration::Ready((), Diagnostics::new()))
        }

        fn registry(&self) -> Registry {
            Registry::new().resource::<Things>()
        }
    }

    fn service() -> Service {
        Service {
            server: Arc::new(Server::new(Toy)),
            in_flight: Gauge::default(),
        }
    }

    #[tokio::test]
    async fn a_panic_is_answered_and_the_next_request_too() {
        let service = service();
        let configure = Request::new(proto::configure_provider::Request::default());
        assert!(
            service
                .configure_provider(configure)
                .await
                .unwrap()
                .into_inner()
                .diagnostics
                .is_empty()
        );
        let state = Value::object([("id", Value::from("t1"))]);
        let msgpack = msgpack::encode(&state, &Thing::schema().block().ty()).unwrap();
        let current_state = Some(proto::DynamicValue {
            msgpack,
            json: Vec::new(),
        });
        for _ in 0..2 {
            let read = proto::read_resource::Request {
                type_name: "toy_thing".to_owned(),
                current_state: current_state.clone(),
                ..Default::default()
            };
            let answer = service.read_resource(Request::new(read)).await.unwrap().into_inner();
            let [diagnostic] = answer.diagnostics.as_slice() else {
                panic!("{answer:?}")
            };
            assert_eq!(diagnostic.summary, "Provider Panicked");
            assert!(
                diagnostic.detail.starts_with("While answering ReadResource, "),
                "{}",
                diagnostic.detail
            );
            assert!(diagnostic.detail.contains("no t1"), "{}", diagnostic.detail);
            assert_eq!(answer.new_state, None);
        }
        assert!(service.in_flight.is_empty());
    }

    #[tokio::test]
    async fn a_request_that_cannot_be_read_is_answered() {
        let read = proto::read_resource::Request {
            type_name: "toy_thing".to_owned(),
            current_state: Some(proto::DynamicValue {
                msgpack: vec![0xc1],
                json: Vec::new(),
            }),
            ..Default::default()
        };
        let answer = service().read_resource(Request::new(read)).await.unwrap().into_inner();
        assert_eq!(answer.diagnostics.len(), 1);
    }
}
