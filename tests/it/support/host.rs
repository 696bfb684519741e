//! A host that talks to a provider in values, about one resource type, and does what hosts do besides: within an apply it
//! plans again, and holds the second plan to the first.

use std::collections::BTreeMap;

use terraform_provider_paperspace::value::{Path, Type, Value, msgpack};
use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;
use terraform_provider_paperspace::wire::proto::tfplugin6::{
    ClientCapabilities, Deferred, Diagnostic, DynamicValue, RawState, ResourceIdentityData,
};

use super::judged::Client;
use crate::oracle::judge::{self, Kind, Planned};
use crate::oracle::{Findings, identity, replacement, stored, told};

/// A host of some abilities.
pub struct Host {
    /// For what has no method of its own here.
    pub client: Client,
    type_name: String,
    kind: Kind,
    provider: Kind,
    /// What it tells the provider that it can do.
    pub capabilities: ClientCapabilities,
}

/// What came of a request: a value that may be null, an identity, a reason to defer, and messages.
#[derive(Clone, Debug)]
pub struct Answer {
    /// State or planned state; null where there is none.
    pub value: Value,
    /// The identity, if one was answered.
    pub identity: Option<Value>,
    /// Why the answer is only provisional.
    pub deferred: Option<i32>,
    /// The private data.
    pub private: Vec<u8>,
    /// What needs another object, as far as it counts; of a plan.
    pub replaces: Vec<Path>,
    diagnostics: Vec<Diagnostic>,
}

/// What a list holds.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// The objects in order, each with the name by which people know it.
    pub found: Vec<(String, Answer)>,
    /// The titles of its messages.
    pub titles: Vec<String>,
}

impl Listed {
    /// The names in order.
    pub fn names(&self) -> Vec<&str> {
        self.found.iter().map(|(name, _)| name.as_str()).collect()
    }
}

/// The provider's own data that go along with a plan.
#[derive(Clone, Copy, Default)]
pub struct Private<'a> {
    /// What is stored with the state.
    pub stored: &'a [u8],
    /// What the plan before this one gave; newer hosts give it back to the plan in apply.
    pub planned: &'a [u8],
}

impl Answer {
    /// The answer, if it came without an error.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        let mut errors = self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == 1);
        assert_eq!(errors.next(), None);
        self
    }

    /// Whether there is an error among its messages.
    pub fn failed(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == 1)
    }

    /// The titles of its messages.
    pub fn titles(&self) -> Vec<&str> {
        titles(&self.diagnostics)
    }

    /// A string in its value.
    pub fn text(&self, name: &str) -> &str {
        self.value.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn planned(&self) -> Planned {
        Planned {
            state: self.value.clone(),
            counting: self.replaces.clone(),
        }
    }
}

fn titles(diagnostics: &[Diagnostic]) -> Vec<&str> {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.summary.as_str())
        .collect()
}

fn owned(titles: &[&str]) -> Vec<String> {
    titles.iter().map(|&title| title.to_owned()).collect()
}

impl Host {
    /// A host which can do all there is.
    pub async fn new(client: Client, type_name: &str) -> Self {
        let schemas = client.schemas().await;
        let kind = schemas.resources.get(type_name);
        Self {
            kind: kind.unwrap_or_else(|| panic!("there is no {type_name}")).clone(),
            provider: schemas.provider.clone(),
            type_name: type_name.to_owned(),
            client,
            capabilities: ClientCapabilities {
                deferral_allowed: true,
                write_only_attributes_allowed: true,
                store_planned_private: true,
                ..ClientCapabilities::default()
            },
        }
    }

    /// A value of the resource's type in which what is not named is null.
    pub fn object(&self, members: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
        object(self.kind.ty(), members)
    }

    /// ConfigureProvider with a provider block in which what is not named is null, and the titles of its messages.
    pub async fn configure(&mut self, settings: impl IntoIterator<Item = (&'static str, Value)>) -> Vec<String> {
        let ty = self.provider.ty();
        let request = proto::configure_provider::Request {
            terraform_version: "1.14.0".to_owned(),
            config: Some(encode(&object(ty, settings), ty)),
            client_capabilities: Some(self.capabilities),
        };
        let answer = self.client.configure_provider(request).await.unwrap().into_inner();
        owned(&titles(&answer.diagnostics))
    }

    /// ValidateResourceConfig, and the titles of its messages.
    pub async fn validate(&mut self, config: &Value) -> Vec<String> {
        let request = proto::validate_resource_config::Request {
            type_name: self.type_name.clone(),
            config: Some(self.encode(config)),
            client_capabilities: Some(self.capabilities),
        };
        let answer = self.client.validate_resource_config(request).await.unwrap();
        owned(&titles(&answer.into_inner().diagnostics))
    }

    /// PlanResourceChange from a prior state, null to create, and the identity stored with it.
    pub async fn plan(&mut self, prior: &Value, identity: Option<&Value>, config: &Value) -> Answer {
        self.plan_with(prior, identity, Private::default(), config).await
    }

    /// The same with private data.
    pub async fn plan_with(
        &mut self,
        prior: &Value,
        identity: Option<&Value>,
        private: Private<'_>,
        config: &Value,
    ) -> Answer {
        let request = proto::plan_resource_change::Request {
            type_name: self.type_name.clone(),
            prior_state: Some(self.encode(prior)),
            // The provider makes its own of the two others.
            proposed_new_state: Some(self.encode(config)),
            config: Some(self.encode(config)),
            prior_private: private.stored.to_vec(),
            planned_private: private.planned.to_vec(),
            client_capabilities: Some(self.capabilities),
            prior_identity: self.identity_data(identity),
            ..Default::default()
        };
        let answer = self.client.plan_resource_change(request).await.unwrap().into_inner();
        let paths = answer.requires_replace;
        let mut planned = self.answer(
            answer.planned_state,
            answer.planned_identity,
            answer.deferred,
            answer.planned_private,
            answer.diagnostics,
        );
        let block = &self.kind.block;
        planned.replaces = replacement::counting(block, prior, &planned.value, &paths, &mut Findings::default());
        planned
    }

    /// What an apply does: it plans again what was planned, and then applies that. A null configuration destroys.
    pub async fn apply(&mut self, prior: &Value, planned: &Answer, config: &Value) -> Answer {
        self.apply_stored(prior, Private::default(), planned, config).await
    }

    /// The same with the private data that is stored with the prior state.
    pub async fn apply_stored(
        &mut self,
        prior: &Value,
        private: Private<'_>,
        planned: &Answer,
        config: &Value,
    ) -> Answer {
        if config.is_null() {
            return self.apply_exactly(prior, planned, config).await;
        }
        let private = Private {
            planned: if self.capabilities.store_planned_private {
                &planned.private
            } else {
                &[]
            },
            ..private
        };
        let identity = planned.identity.as_ref().filter(|_| !prior.is_null());
        let again = self.plan_with(prior, identity, private, config).await;
        if again.failed() {
            return again;
        }
        assert_eq!(again.deferred, None, "an apply cannot put off what was planned");
        let broken = judge::of_second_plan(&self.kind, prior, &planned.planned(), &again.planned());
        assert!(broken.is_empty(), "{}", told(&broken));
        self.apply_exactly(prior, &again, config).await
    }

    /// ApplyResourceChange of what was planned.
    pub async fn apply_exactly(&mut self, prior: &Value, planned: &Answer, config: &Value) -> Answer {
        let request = proto::apply_resource_change::Request {
            type_name: self.type_name.clone(),
            prior_state: Some(self.encode(prior)),
            planned_state: Some(self.encode(&planned.value)),
            config: Some(self.encode(config)),
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
        self.read_with(state, identity, &[]).await
    }

    /// The same with the private data that is stored with the state.
    pub async fn read_with(&mut self, state: &Value, identity: Option<&Value>, private: &[u8]) -> Answer {
        let request = proto::read_resource::Request {
            type_name: self.type_name.clone(),
            current_state: Some(self.encode(state)),
            private: private.to_vec(),
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

    /// ImportResourceState of one object, by an id or by an identity.
    pub async fn import(&mut self, id: &str, identity: Option<&Value>) -> Answer {
        let request = proto::import_resource_state::Request {
            type_name: self.type_name.clone(),
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

    /// ListResource of so many objects, as a whole or by their identities alone, that satisfy these arguments.
    pub async fn list(&mut self, arguments: &[(&'static str, Value)], with_state: bool, limit: i64) -> Listed {
        let request = self.list_request(arguments, with_state, limit).await;
        let events = self.client.list_resource(request).await;
        self.listed(events)
    }

    /// What a list is asked for with.
    pub async fn list_request(
        &self,
        arguments: &[(&'static str, Value)],
        with_state: bool,
        limit: i64,
    ) -> proto::list_resource::Request {
        let schemas = self.client.schemas().await;
        let ty = schemas.lists[&self.type_name].ty();
        proto::list_resource::Request {
            type_name: self.type_name.clone(),
            config: Some(encode(&object(ty, arguments.iter().cloned()), ty)),
            include_resource_object: with_state,
            limit,
        }
    }

    /// The events of a list in values.
    pub fn listed(&self, events: Vec<proto::list_resource::Event>) -> Listed {
        let mut listed = Listed::default();
        for event in events {
            listed.titles.extend(owned(&titles(&event.diagnostic)));
            if event.identity.is_some() {
                let answer = self.answer(event.resource_object, event.identity, None, Vec::new(), Vec::new());
                listed.found.push((event.display_name, answer));
            }
        }
        listed
    }

    /// ValidateListResourceConfig, and the titles of its messages.
    pub async fn validate_list(&mut self, arguments: &[(&'static str, Value)]) -> Vec<String> {
        let request = self.list_request(arguments, false, 0).await;
        let request = proto::validate_list_resource_config::Request {
            type_name: request.type_name,
            config: request.config,
            ..Default::default()
        };
        let answer = self.client.validate_list_resource_config(request).await.unwrap();
        owned(&titles(&answer.into_inner().diagnostics))
    }

    /// GenerateResourceConfig of a state.
    pub async fn generate(&mut self, state: &Value) -> Value {
        let request = proto::generate_resource_config::Request {
            type_name: self.type_name.clone(),
            state: Some(self.encode(state)),
        };
        let answer = self
            .client
            .generate_resource_config(request)
            .await
            .unwrap()
            .into_inner();
        self.answer(answer.config, None, None, Vec::new(), answer.diagnostics)
            .succeeds()
            .value
    }

    /// MoveResourceState from another type or provider.
    pub async fn move_state(&mut self, provider: &str, type_name: &str, state: &str) -> Answer {
        let request = proto::move_resource_state::Request {
            source_provider_address: provider.to_owned(),
            source_type_name: type_name.to_owned(),
            source_state: Some(raw(state)),
            target_type_name: self.type_name.clone(),
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

    fn encode(&self, value: &Value) -> DynamicValue {
        encode(value, self.kind.ty())
    }

    fn identity_data(&self, identity: Option<&Value>) -> Option<ResourceIdentityData> {
        let ty = self.kind.identity.as_ref()?;
        identity.map(|identity| ResourceIdentityData {
            identity_data: Some(encode(identity, ty)),
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
        // What cannot be read was judged already.
        let findings = &mut Findings::default();
        Answer {
            value: stored::read("", value.as_ref(), self.kind.ty(), findings).unwrap_or_default(),
            identity: identity::read(identity.as_ref(), self.kind.identity.as_ref(), findings),
            deferred: deferred.map(|deferred| deferred.reason),
            private,
            replaces: Vec::new(),
            diagnostics,
        }
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
    let mut object: BTreeMap<_, _> = attributes.keys().map(|name| (name.clone(), Value::Null)).collect();
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
