//! Shows for each kind of answer which rules it is held to: a good one passes, and one thing wrong with it is found.

mod besides;
mod changes;
mod objects;

use terraform_provider_paperspace::value::{Type, Value, msgpack};
use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;
use terraform_provider_paperspace::wire::proto::tfplugin6::diagnostic::Severity;
use terraform_provider_paperspace::wire::proto::tfplugin6::{
    ClientCapabilities, Deferred, Diagnostic, DynamicValue, ResourceIdentityData,
};

use super::judge::{Kind, Schemas};
use super::{Broken, Findings, Rule, samples};

/// The type with one of everything, and with an identity.
fn kind() -> Kind {
    let identity = proto::resource_identity_schema::IdentityAttribute {
        name: "id".to_owned(),
        r#type: br#""string""#.to_vec(),
        required_for_import: true,
        ..Default::default()
    };
    let identity = proto::ResourceIdentitySchema {
        version: 0,
        identity_attributes: vec![identity],
    };
    let schemas = proto::get_provider_schema::Response {
        provider: Some(samples::schema(Vec::new(), Vec::new())),
        resource_schemas: [("it".to_owned(), samples::everything())].into(),
        ..Default::default()
    };
    let identities = proto::get_resource_identity_schemas::Response {
        identity_schemas: [("it".to_owned(), identity)].into(),
        ..Default::default()
    };
    let (schemas, broken) = Schemas::read(&schemas, &identities);
    assert_eq!(broken, []);
    schemas.resources["it"].clone()
}

fn value(text: &str) -> Option<DynamicValue> {
    let msgpack = msgpack::encode(&samples::object(text), kind().ty()).expect("it is of that type");
    Some(DynamicValue {
        msgpack,
        json: Vec::new(),
    })
}

fn identity(id: &Value) -> Option<ResourceIdentityData> {
    let ty = Type::Object([("id".to_owned(), Type::String)].into());
    let msgpack = msgpack::encode(&Value::object([("id", id.clone())]), &ty).expect("it is of that type");
    Some(ResourceIdentityData {
        identity_data: Some(DynamicValue {
            msgpack,
            json: Vec::new(),
        }),
    })
}

fn id(id: &str) -> Option<ResourceIdentityData> {
    identity(&id.into())
}

fn message(severity: Severity) -> Diagnostic {
    Diagnostic {
        severity: severity.into(),
        summary: "It Happened".to_owned(),
        ..Diagnostic::default()
    }
}

fn able() -> Option<ClientCapabilities> {
    Some(ClientCapabilities {
        deferral_allowed: true,
        ..ClientCapabilities::default()
    })
}

fn deferred() -> Option<Deferred> {
    Some(Deferred { reason: 1 })
}

/// No value of the type.
fn nonsense() -> Option<DynamicValue> {
    Some(DynamicValue {
        msgpack: vec![0xc3],
        json: Vec::new(),
    })
}

/// What is done to a good answer, and what is then found.
type Case<Request, Answer> = (fn(&mut Request, &mut Answer), Rule, &'static str);

#[track_caller]
fn judged<Request: Clone, Answer: Clone>(
    request: &Request,
    answer: &Answer,
    judge: impl Fn(&Request, &Answer) -> Vec<Broken>,
    cases: &[Case<Request, Answer>],
) {
    assert_eq!(judge(request, answer), [], "the good answer");
    for (number, (spoil, rule, expected)) in cases.iter().enumerate() {
        let (mut request, mut answer) = (request.clone(), answer.clone());
        spoil(&mut request, &mut answer);
        let findings = Findings(judge(&request, &answer));
        samples::assert_broken(&findings, *rule, expected, &format!("case {number}"));
    }
}
