//! A host that talks to a configured provider in values: the protocol-level client for whoever cares about machines
//! rather than bytes.

use terraform_provider_paperspace::provider;
use terraform_provider_paperspace::server::Server;
use terraform_provider_paperspace::sim::Sim;
use terraform_provider_paperspace::value::{Type, Value, json, msgpack};
use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;
use terraform_provider_paperspace::wire::proto::tfplugin6::provider_client::ProviderClient;
use terraform_provider_paperspace::wire::proto::tfplugin6::{
    ClientCapabilities, Deferred, Diagnostic, DynamicValue, RawState, ResourceIdentityData,
};
use tonic::transport::Channel;

use super::client::{self, Plugin};

/// The resource type that the sessions are about.
pub const MACHINE: &str = "paperspace_machine";

/// A provider that was launched by a host which can do all there is.
pub struct Session {
    plugin: Plugin,
    /// For what has no method of its own here.
    pub client: ProviderClient<Channel>,
    /// Knows the types of values.
    server: Server,
    capabilities: ClientCapabilities,
}

/// What came of a request: a value that may be null, an identity, a reason to defer, and messages.
#[derive(Debug)]
pub struct Answer {
    /// State or planned state; null where there is none.
    pub value: Value,
    /// The identity, if one was answered.
    pub identity: Option<Value>,
    /// Why the answer is only provisional.
    pub deferred: Option<i32>,
    /// The private data.
    pub private: Vec<u8>,
    diagnostics: Vec<Diagnostic>,
}

impl Answer {
    /// The answer, if it came without an error.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        let mut errors = self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == 1);
        assert_eq!(errors.next(), None);
        self
    }

    /// The titles of its messages.
    pub fn titles(&self) -> Vec<&str> {
        self.diagnostics
            .iter()
            .map(|diagnostic| diagnostic.summary.as_str())
            .collect()
    }

    /// A string in its value.
    pub fn text(&self, name: &str) -> &str {
        self.value.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

impl Session {
    /// Launches a provider that is not configured yet.
    pub async fn launch() -> Self {
        let plugin = Plugin::launch_with(None, &[("PAPERSPACE_POLL_INTERVAL", "2ms")]).await;
        Self {
            client: client::provider(&plugin.connect(None).await.unwrap()),
            plugin,
            server: provider::server(),
            capabilities: ClientCapabilities {
                deferral_allowed: true,
                write_only_attributes_allowed: true,
                store_planned_private: true,
                ..ClientCapabilities::default()
            },
        }
    }

    /// Launches a provider and configures it for a simulator.
    pub async fn with(sim: &Sim) -> Self {
        let mut session = Self::launch().await;
        let settings = [
            ("api_key", Value::string(sim.api_key())),
            ("api_url", Value::string(sim.url())),
            ("region", Value::string("ny2")),
        ];
        let titles = session.configure(settings).await;
        assert_eq!(titles, [""; 0]);
        session
    }

    /// The same host with fewer abilities.
    pub fn without_deferral(mut self) -> Self {
        self.capabilities.deferral_allowed = false;
        self
    }

    /// The same host as of a time when there were no write-only attributes.
    pub fn without_write_only(mut self) -> Self {
        self.capabilities.write_only_attributes_allowed = false;
        self
    }

    /// Configures the provider and answers the titles of the messages.
    pub async fn configure(&mut self, settings: impl IntoIterator<Item = (&'static str, Value)>) -> Vec<String> {
        let ty = self.server.provider_type().clone();
        let request = proto::configure_provider::Request {
            terraform_version: "1.14.0".to_owned(),
            config: Some(encode(&object(&ty, settings), &ty)),
            client_capabilities: Some(self.capabilities),
        };
        let answer = self.client.configure_provider(request).await.unwrap().into_inner();
        answer
            .diagnostics
            .into_iter()
            .map(|diagnostic| diagnostic.summary)
            .collect()
    }

    /// The type of a machine's state.
    fn ty(&self) -> Type {
        self.server.resource(MACHINE).unwrap().ty().clone()
    }

    fn identity_type(&self) -> Type {
        self.server.resource(MACHINE).unwrap().identity_type().clone()
    }

    /// A machine's configuration with these arguments besides the usual ones.
    pub fn machine(&self, arguments: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
        let usual = [
            ("name", Value::string("it")),
            ("machine_type", Value::string("C5")),
            ("template_id", Value::string("tkni3aa4")),
            ("disk_size", Value::Number(50_i64.into())),
            ("region", Value::string("ny2")),
        ];
        object(&self.ty(), usual.into_iter().chain(arguments))
    }

    /// A machine's identity.
    pub fn identity(&self, id: impl Into<String>) -> Value {
        Value::object([("id", Value::string(id))])
    }

    fn identity_data(&self, identity: Option<&Value>) -> Option<ResourceIdentityData> {
        let ty = self.identity_type();
        identity.map(|identity| ResourceIdentityData {
            identity_data: Some(encode(identity, &ty)),
        })
    }

    fn answer(
        &self,
        value: Option<DynamicValue>,
        identity: Option<ResourceIdentityData>,
        deferred: Option<Deferred>,
        private: Vec<u8>,
        diagnostics: Vec<Diagnostic>,
    ) -> Answer {
        let identity = identity.and_then(|identity| identity.identity_data);
        Answer {
            value: value.map_or(Value::Null, |value| decode(&value, &self.ty())),
            identity: identity.map(|identity| decode(&identity, &self.identity_type())),
            deferred: deferred.map(|deferred| deferred.reason),
            private,
            diagnostics,
        }
    }

    /// ValidateResourceConfig, and the titles of its messages.
    pub async fn validate(&mut self, config: &Value) -> Vec<String> {
        let request = proto::validate_resource_config::Request {
            type_name: MACHINE.to_owned(),
            config: Some(encode(config, &self.ty())),
            client_capabilities: Some(self.capabilities),
        };
        let answer = self
            .client
            .validate_resource_config(request)
            .await
            .unwrap()
            .into_inner();
        answer
            .diagnostics
            .into_iter()
            .map(|diagnostic| diagnostic.summary)
            .collect()
    }

    /// PlanResourceChange from a prior state, null to create, and the identity stored with it.
    pub async fn plan(&mut self, prior: &Value, identity: Option<&Value>, config: &Value) -> Answer {
        let ty = self.ty();
        let request = proto::plan_resource_change::Request {
            type_name: MACHINE.to_owned(),
            prior_state: Some(encode(prior, &ty)),
            // The provider makes its own of the two others.
            proposed_new_state: Some(encode(config, &ty)),
            config: Some(encode(config, &ty)),
            client_capabilities: Some(self.capabilities),
            prior_identity: self.identity_data(identity),
            ..Default::default()
        };
        let answer = self.client.plan_resource_change(request).await.unwrap().into_inner();
        self.answer(
            answer.planned_state,
            answer.planned_identity,
            answer.deferred,
            answer.planned_private,
            answer.diagnostics,
        )
    }

    /// ApplyResourceChange of what was planned; null to destroy.
    pub async fn apply(&mut self, prior: &Value, planned: &Answer, config: &Value) -> Answer {
        let ty = self.ty();
        let request = proto::apply_resource_change::Request {
            type_name: MACHINE.to_owned(),
            prior_state: Some(encode(prior, &ty)),
            planned_state: Some(encode(&planned.value, &ty)),
            config: Some(encode(config, &ty)),
            planned_private: planned.private.clone(),
            planned_identity: self.identity_data(planned.identity.as_ref()),
            ..Default::default()
        };
        let answer = self.client.apply_resource_change(request).await.unwrap().into_inner();
        self.answer(
            answer.new_state,
            answer.new_identity,
            None,
            answer.private,
            answer.diagnostics,
        )
    }

    /// ReadResource.
    pub async fn read(&mut self, state: &Value, identity: Option<&Value>) -> Answer {
        let request = proto::read_resource::Request {
            type_name: MACHINE.to_owned(),
            current_state: Some(encode(state, &self.ty())),
            client_capabilities: Some(self.capabilities),
            current_identity: self.identity_data(identity),
            ..Default::default()
        };
        let answer = self.client.read_resource(request).await.unwrap().into_inner();
        self.answer(
            answer.new_state,
            answer.new_identity,
            answer.deferred,
            answer.private,
            answer.diagnostics,
        )
    }

    /// ImportResourceState of one machine, by an id or by an identity.
    pub async fn import(&mut self, id: &str, identity: Option<&Value>) -> Answer {
        let request = proto::import_resource_state::Request {
            type_name: MACHINE.to_owned(),
            id: id.to_owned(),
            client_capabilities: Some(self.capabilities),
            identity: self.identity_data(identity),
        };
        let answer = self.client.import_resource_state(request).await.unwrap().into_inner();
        let imported = answer.imported_resources.into_iter().next().unwrap_or_default();
        self.answer(
            imported.state,
            imported.identity,
            answer.deferred,
            imported.private,
            answer.diagnostics,
        )
    }

    /// MoveResourceState from another type or provider.
    pub async fn move_state(&mut self, provider: &str, type_name: &str, state: &str) -> Answer {
        let request = proto::move_resource_state::Request {
            source_provider_address: provider.to_owned(),
            source_type_name: type_name.to_owned(),
            source_state: Some(raw(state)),
            target_type_name: MACHINE.to_owned(),
            ..Default::default()
        };
        let answer = self.client.move_resource_state(request).await.unwrap().into_inner();
        self.answer(
            answer.target_state,
            answer.target_identity,
            None,
            answer.target_private,
            answer.diagnostics,
        )
    }

    /// Ends the provider, which must not have panicked.
    pub async fn end(self) {
        let channel = self.plugin.connect(None).await.unwrap();
        let ended = self.plugin.shut_down(&channel).await;
        assert!(
            ended.status.success() && !ended.stderr.contains("panic"),
            "{}",
            ended.stderr
        );
    }
}

/// State or identity as it is stored.
pub fn raw(json: &str) -> RawState {
    RawState {
        json: json.as_bytes().to_vec(),
        ..RawState::default()
    }
}

/// A value of an object type in which what is not named is null.
fn object(ty: &Type, members: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let Type::Object(attributes) = ty else {
        panic!("{ty:?} is no object")
    };
    let mut object: std::collections::BTreeMap<_, _> =
        attributes.keys().map(|name| (name.clone(), Value::Null)).collect();
    for (name, value) in members {
        let known = object.insert(name.to_owned(), value);
        assert!(known.is_some(), "there is no {name}");
    }
    Value::Object(object)
}

fn encode(value: &Value, ty: &Type) -> DynamicValue {
    DynamicValue {
        msgpack: msgpack::encode(value, ty).unwrap(),
        json: Vec::new(),
    }
}

fn decode(value: &DynamicValue, ty: &Type) -> Value {
    if value.msgpack.is_empty() {
        json::decode(&value.json, ty).unwrap()
    } else {
        msgpack::decode(&value.msgpack, ty).unwrap()
    }
}
