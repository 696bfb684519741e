//! The RPCs that this provider offers, each a function that reads alike: decode the request by the schema's types, ask
//! the server, encode the answer.
//!
//! What surrounds all of them, logging and the catching of panics, is in [`service`](super::service). It needs to know a
//! little of every request and answer, which is listed here once.

pub mod data_source;
pub mod function;
pub mod overall;
pub mod resource;

use super::proto::tfplugin6 as proto;
use super::to_proto;
use crate::diag::Diagnostics;

/// A request.
pub trait Ask {
    /// The RPC's name in the protocol.
    const RPC: &'static str;
    /// What answers it.
    type Answer: Answer;

    /// What it is about.
    fn subject(&self) -> Subject<'_>;
}

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// The provider as a whole.
    Provider,
    /// A managed resource type.
    Resource(&'a str),
    /// A data source type.
    DataSource(&'a str),
    /// A function.
    Function(&'a str),
}

/// An answer.
pub trait Answer: Sized {
    /// Nothing came of the request but messages.
    fn failed(diagnostics: Diagnostics) -> Self;

    /// How many errors and warnings it tells.
    fn told(&self) -> Told;
}

/// How many messages an answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
}

impl Told {
    /// How many of these messages are what.
    pub fn of(diagnostics: &[proto::Diagnostic]) -> Self {
        let count = |severity: proto::diagnostic::Severity| {
            let is_it = |diagnostic: &&proto::Diagnostic| diagnostic.severity == i32::from(severity);
            diagnostics.iter().filter(is_it).count()
        };
        Self {
            errors: count(proto::diagnostic::Severity::Error),
            warnings: count(proto::diagnostic::Severity::Warning),
        }
    }
}

/// A call of a function tells one error, and nothing else.
impl Answer for proto::call_function::Response {
    fn failed(diagnostics: Diagnostics) -> Self {
        Self {
            result: None,
            error: Some(to_proto::function_error_of(diagnostics)),
        }
    }

    fn told(&self) -> Told {
        Told {
            errors: usize::from(self.error.is_some()),
            warnings: 0,
        }
    }
}

impl Ask for proto::call_function::Request {
    const RPC: &'static str = "CallFunction";
    type Answer = proto::call_function::Response;

    fn subject(&self) -> Subject<'_> {
        Subject::Function(&self.name)
    }
}

macro_rules! rpcs {
    ($($module:ident, $rpc:literal, $subject:expr;)*) => {$(
        impl Ask for proto::$module::Request {
            const RPC: &'static str = $rpc;
            type Answer = proto::$module::Response;

            fn subject(&self) -> Subject<'_> {
                let subject: fn(&Self) -> Subject<'_> = $subject;
                subject(self)
            }
        }

        impl Answer for proto::$module::Response {
            fn failed(diagnostics: Diagnostics) -> Self {
                Self {
                    diagnostics: to_proto::diagnostics(diagnostics),
                    ..Self::default()
                }
            }

            fn told(&self) -> Told {
                Told::of(&self.diagnostics)
            }
        }
    )*};
}

rpcs! {
    get_metadata, "GetMetadata", |_| Subject::Provider;
    get_provider_schema, "GetProviderSchema", |_| Subject::Provider;
    get_resource_identity_schemas, "GetResourceIdentitySchemas", |_| Subject::Provider;
    get_functions, "GetFunctions", |_| Subject::Provider;
    validate_provider_config, "ValidateProviderConfig", |_| Subject::Provider;
    configure_provider, "ConfigureProvider", |_| Subject::Provider;
    validate_resource_config, "ValidateResourceConfig", |request| Subject::Resource(&request.type_name);
    upgrade_resource_state, "UpgradeResourceState", |request| Subject::Resource(&request.type_name);
    upgrade_resource_identity, "UpgradeResourceIdentity", |request| Subject::Resource(&request.type_name);
    read_resource, "ReadResource", |request| Subject::Resource(&request.type_name);
    plan_resource_change, "PlanResourceChange", |request| Subject::Resource(&request.type_name);
    apply_resource_change, "ApplyResourceChange", |request| Subject::Resource(&request.type_name);
    import_resource_state, "ImportResourceState", |request| Subject::Resource(&request.type_name);
    move_resource_state, "MoveResourceState", |request| Subject::Resource(&request.target_type_name);
    validate_data_resource_config, "ValidateDataResourceConfig", |request| Subject::DataSource(&request.type_name);
    read_data_source, "ReadDataSource", |request| Subject::DataSource(&request.type_name);
}
