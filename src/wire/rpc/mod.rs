//! The RPCs that this provider offers, each a function that reads alike: decode the request by the schema's types, ask
//! the server, encode the answer.
//!
//! What surrounds all of them, logging and the catching of panics, is in [`service`](super::service). It needs to know a
//! little of every request and answer, which is listed here once.

pub mod data_source;
pub mod overall;
pub mod resource;

use super::proto::tfplugin6 as proto;

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
}

/// An answer. An empty one with messages says that nothing came of the request.
pub trait Answer: Default {
    /// The messages in it.
    fn diagnostics(&mut self) -> &mut Vec<proto::Diagnostic>;
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
            fn diagnostics(&mut self) -> &mut Vec<proto::Diagnostic> {
                &mut self.diagnostics
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
