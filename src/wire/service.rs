//! The provider service: which function answers which RPC, and what surrounds every one of them.
//!
//! RPCs that are not listed are not advertised either, so no host calls them; they answer "unimplemented".

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};
use tracing::Instrument as _;

use super::gauge::Gauge;
use super::proto::tfplugin6 as proto;
use super::proto::tfplugin6::provider_server::Provider;
use super::rpc::{
    Answer, Ask, Subject, Told, action, data_source, ephemeral, function, list_resource, overall, resource,
};
use super::stream::Outlet;
use super::{stream, to_proto};
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

    /// Answers one RPC by a stream of events, which has everything that [`answer`](Self::answer) has for as long as it lasts.
    fn stream<Q, F>(
        &self,
        request: Request<Q>,
        function: impl FnOnce(Arc<Server>, Q, Outlet<Q::Answer>) -> F + Send + 'static,
    ) -> Answered<BoxStream<Q::Answer>>
    where
        Q: Ask + Send + 'static,
        Q::Answer: Send + 'static,
        F: Future<Output = Result<(), Diagnostics>> + Send + 'static,
    {
        let began = Instant::now();
        let request = request.into_inner();
        let span = span(&request);
        let server = Arc::clone(&self.server);
        let produce = |outlet| function(server, request, outlet);
        let (events, fill) = stream::stream(Q::RPC, &self.in_flight, produce);
        tokio::spawn(fill.map(move |told| log(began, told)).instrument(span));
        Ok(Response::new(Box::pin(events)))
    }
}

/// The span of a request. It has an error's level, so that whatever is logged meanwhile, and however little that is, tells
/// where it belongs.
fn span<Q: Ask>(request: &Q) -> tracing::Span {
    let (mut resource, mut data_source, mut ephemeral) = (None, None, None);
    let (mut function, mut list, mut action) = (None, None, None);
    match request.subject() {
        Subject::Provider => {}
        Subject::Resource(name) => resource = Some(name),
        Subject::DataSource(name) => data_source = Some(name),
        Subject::Ephemeral(name) => ephemeral = Some(name),
        Subject::Function(name) => function = Some(name),
        Subject::ListResource(name) => list = Some(name),
        Subject::Action(name) => action = Some(name),
    }
    tracing::error_span!(
        "rpc",
        tf_rpc = Q::RPC,
        tf_req_id = %uuid::Uuid::new_v4(),
        tf_resource_type = resource,
        tf_data_source_type = data_source,
        tf_ephemeral_resource_type = ephemeral,
        tf_function = function,
        tf_list_resource_type = list,
        tf_action_type = action,
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

/// The table of RPCs: a row holds the RPC, its name in the protocol, what a request is about, and the function that answers.
///
/// Those under `unary` have an answer with messages beside whatever else it tells; those under `single_error` have one that
/// tells an error in its own way; those under `stream` are answered by events.
macro_rules! rpcs {
    (
        unary { $($unary:ident, $unary_name:literal, $unary_subject:expr => $unary_function:path;)* }
        single_error { $($single:ident, $single_name:literal, $single_subject:expr => $single_function:path;)* }
        stream { $($stream:ident, $stream_name:literal, $stream_subject:expr => $stream_function:path;)* }
    ) => {
        $(
            rpcs!(@ask $unary, Response, $unary_name, $unary_subject);

            impl Answer for proto::$unary::Response {
                fn failed(diagnostics: Diagnostics) -> Self {
                    let mut failed = Self::default();
                    failed.diagnostics = to_proto::diagnostics(diagnostics);
                    failed
                }

                fn told(&self) -> Told {
                    Told::of(&self.diagnostics)
                }
            }
        )*
        $(rpcs!(@ask $single, Response, $single_name, $single_subject);)*
        $(rpcs!(@ask $stream, Event, $stream_name, $stream_subject);)*

        #[tonic::async_trait]
        impl Provider for Service {
            $(
                async fn $unary(&self, request: Request<proto::$unary::Request>) -> Answered<proto::$unary::Response> {
                    self.answer(request, $unary_function).await
                }
            )*
            $(
                async fn $single(
                    &self,
                    request: Request<proto::$single::Request>,
                ) -> Answered<proto::$single::Response> {
                    self.answer(request, $single_function).await
                }
            )*
            $(
                async fn $stream(
                    &self,
                    request: Request<proto::$stream::Request>,
                ) -> Answered<BoxStream<proto::$stream::Event>> {
                    self.stream(request, $stream_function)
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
    (@ask $module:ident, $answer:ident, $name:literal, $subject:expr) => {
        impl Ask for proto::$module::Request {
            const RPC: &'static str = $name;
            type Answer = proto::$module::$answer;

            fn subject(&self) -> Subject<'_> {
                let subject: fn(&Self) -> Subject<'_> = $subject;
                subject(self)
            }
        }
    };
}

rpcs! {
    unary {
        get_metadata, "GetMetadata", |_| Subject::Provider => overall::get_metadata;
        get_provider_schema, "GetProviderSchema", |_| Subject::Provider => overall::get_provider_schema;
        get_resource_identity_schemas, "GetResourceIdentitySchemas", |_| Subject::Provider
            => overall::get_resource_identity_schemas;
        get_functions, "GetFunctions", |_| Subject::Provider => overall::get_functions;
        validate_provider_config, "ValidateProviderConfig", |_| Subject::Provider => overall::validate_provider_config;
        configure_provider, "ConfigureProvider", |_| Subject::Provider => overall::configure_provider;
        validate_resource_config, "ValidateResourceConfig", |request| Subject::Resource(&request.type_name)
            => resource::validate;
        upgrade_resource_state, "UpgradeResourceState", |request| Subject::Resource(&request.type_name)
            => resource::upgrade_state;
        upgrade_resource_identity, "UpgradeResourceIdentity", |request| Subject::Resource(&request.type_name)
            => resource::upgrade_identity;
        read_resource, "ReadResource", |request| Subject::Resource(&request.type_name) => resource::read;
        plan_resource_change, "PlanResourceChange", |request| Subject::Resource(&request.type_name) => resource::plan;
        apply_resource_change, "ApplyResourceChange", |request| Subject::Resource(&request.type_name)
            => resource::apply;
        import_resource_state, "ImportResourceState", |request| Subject::Resource(&request.type_name)
            => resource::import;
        move_resource_state, "MoveResourceState", |request| Subject::Resource(&request.target_type_name)
            => resource::move_state;
        generate_resource_config, "GenerateResourceConfig", |request| Subject::Resource(&request.type_name)
            => resource::generate_config;
        validate_data_resource_config, "ValidateDataResourceConfig", |request| Subject::DataSource(&request.type_name)
            => data_source::validate;
        read_data_source, "ReadDataSource", |request| Subject::DataSource(&request.type_name) => data_source::read;
        validate_ephemeral_resource_config, "ValidateEphemeralResourceConfig",
            |request| Subject::Ephemeral(&request.type_name) => ephemeral::validate;
        open_ephemeral_resource, "OpenEphemeralResource",
            |request| Subject::Ephemeral(&request.type_name) => ephemeral::open;
        renew_ephemeral_resource, "RenewEphemeralResource",
            |request| Subject::Ephemeral(&request.type_name) => ephemeral::renew;
        close_ephemeral_resource, "CloseEphemeralResource",
            |request| Subject::Ephemeral(&request.type_name) => ephemeral::close;
        validate_list_resource_config, "ValidateListResourceConfig",
            |request| Subject::ListResource(&request.type_name) => list_resource::validate;
        validate_action_config, "ValidateActionConfig", |request| Subject::Action(&request.type_name)
            => action::validate;
        plan_action, "PlanAction", |request| Subject::Action(&request.action_type) => action::plan;
    }
    single_error {
        call_function, "CallFunction", |request| Subject::Function(&request.name) => function::call;
    }
    stream {
        list_resource, "ListResource", |request| Subject::ListResource(&request.type_name) => list_resource::list;
        invoke_action, "InvokeAction", |request| Subject::Action(&request.action_type) => action::invoke;
    }
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
