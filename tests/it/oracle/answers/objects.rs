//! The answers that tell of an object as it is: reads, imports, and what was stored before.

use terraform_provider_paperspace::value::Value;
use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;
use terraform_provider_paperspace::wire::proto::tfplugin6::RawState;
use terraform_provider_paperspace::wire::proto::tfplugin6::diagnostic::Severity;

use super::{able, deferred, id, identity, judged, kind, message, nonsense, value};
use crate::oracle::Rule;
use crate::oracle::judge;

#[test]
fn reads_are_judged() {
    let request = proto::read_resource::Request {
        type_name: "it".to_owned(),
        current_state: value(r#"{"required": "a"}"#),
        current_identity: id("x"),
        ..Default::default()
    };
    let answer = proto::read_resource::Response {
        new_state: value(r#"{"required": "b"}"#),
        new_identity: id("x"),
        ..Default::default()
    };
    judged(
        &request,
        &answer,
        |request, answer| judge::of_read(&kind(), request, answer),
        &[
            (
                |_, answer| answer.new_state = nonsense(),
                Rule::Type,
                "`new state` is not of its type",
            ),
            (
                |_, answer| answer.new_state = value(r#"{"secret": "s"}"#),
                Rule::WriteOnly,
                "`secret` is set",
            ),
            (
                |_, answer| answer.new_state = value(r#"{"computed": "?"}"#),
                Rule::Known,
                "`computed` is unknown",
            ),
            (
                |_, answer| answer.new_identity = None,
                Rule::Identity,
                "`identity` is missing",
            ),
            (
                |_, answer| answer.new_identity = id("y"),
                Rule::Identity,
                "`identity.id` was",
            ),
            (
                |_, answer| answer.deferred = deferred(),
                Rule::Deferral,
                "`deferred` is set for a host that does not",
            ),
            (
                |_, answer| answer.diagnostics = vec![message(Severity::Invalid)],
                Rule::Message,
                "`It Happened`",
            ),
        ],
    );
    // What is gone has no identity.
    assert_eq!(
        judge::of_read(&kind(), &request, &proto::read_resource::Response::default()),
        []
    );
}

#[test]
fn upgrades_are_judged() {
    let answer = proto::upgrade_resource_state::Response {
        upgraded_state: value(r#"{"required": "b"}"#),
        ..Default::default()
    };
    judged(
        &(),
        &answer,
        |(), answer| judge::of_upgrade(&kind(), answer),
        &[
            (
                |(), answer| answer.upgraded_state = None,
                Rule::Presence,
                "`upgraded state` is missing",
            ),
            (
                |(), answer| answer.upgraded_state = nonsense(),
                Rule::Type,
                "`upgraded state` is not of its type",
            ),
            (
                |(), answer| answer.upgraded_state = value(r#"{"secret": "s"}"#),
                Rule::WriteOnly,
                "`secret` is set",
            ),
            (
                |(), answer| answer.upgraded_state = value(r#"{"both": "?"}"#),
                Rule::Known,
                "`both` is unknown",
            ),
            (
                |(), answer| answer.diagnostics = vec![message(Severity::Invalid)],
                Rule::Message,
                "`It Happened`",
            ),
        ],
    );
    let request = proto::upgrade_resource_identity::Request {
        raw_identity: Some(RawState {
            json: b"{}".to_vec(),
            ..RawState::default()
        }),
        ..Default::default()
    };
    let answer = proto::upgrade_resource_identity::Response {
        upgraded_identity: id("x"),
        ..Default::default()
    };
    judged(
        &request,
        &answer,
        |request, answer| judge::of_identity_upgrade(&kind(), request, answer),
        &[
            (
                |_, answer| answer.upgraded_identity = None,
                Rule::Identity,
                "`identity` is missing",
            ),
            (
                |_, answer| answer.upgraded_identity = identity(&Value::unknown()),
                Rule::Identity,
                "`identity` is not wholly known",
            ),
            (
                |_, answer| answer.diagnostics = vec![message(Severity::Invalid)],
                Rule::Message,
                "`It Happened`",
            ),
        ],
    );
}

#[test]
fn imports_are_judged() {
    let imported = proto::import_resource_state::ImportedResource {
        type_name: "it".to_owned(),
        state: value(r#"{"required": "b"}"#),
        identity: id("x"),
        ..Default::default()
    };
    let request = proto::import_resource_state::Request {
        type_name: "it".to_owned(),
        identity: id("x"),
        ..Default::default()
    };
    let answer = proto::import_resource_state::Response {
        imported_resources: vec![imported],
        ..Default::default()
    };
    judged(
        &request,
        &answer,
        |request, answer| judge::of_import(&kind(), request, answer),
        &[
            (
                |_, answer| answer.imported_resources.clear(),
                Rule::Presence,
                "`import` leads to another number",
            ),
            (
                |_, answer| answer.imported_resources.push(answer.imported_resources[0].clone()),
                Rule::Presence,
                "`import` leads to another number",
            ),
            (
                |_, answer| answer.imported_resources[0].type_name.clear(),
                Rule::Presence,
                "`type_name` is another one",
            ),
            (
                |_, answer| answer.imported_resources[0].state = None,
                Rule::Presence,
                "`state` is missing",
            ),
            (
                |_, answer| answer.imported_resources[0].state = value(r#"{"both": "?"}"#),
                Rule::Known,
                "`both` is unknown",
            ),
            (
                |_, answer| answer.imported_resources[0].state = value(r#"{"secret": "s"}"#),
                Rule::WriteOnly,
                "`secret` is set",
            ),
            (
                |_, answer| answer.imported_resources[0].identity = None,
                Rule::Identity,
                "`identity` is missing",
            ),
            (
                |_, answer| answer.deferred = deferred(),
                Rule::Deferral,
                "`deferred` is set for a host that does not",
            ),
            (
                |_, answer| answer.diagnostics = vec![message(Severity::Invalid)],
                Rule::Message,
                "`It Happened`",
            ),
        ],
    );
}

#[test]
fn moves_are_judged() {
    let answer = proto::move_resource_state::Response {
        target_state: value(r#"{"required": "b"}"#),
        target_identity: id("x"),
        ..Default::default()
    };
    judged(
        &(),
        &answer,
        |(), answer| judge::of_move(&kind(), answer),
        &[
            (
                |(), answer| answer.target_state = None,
                Rule::Presence,
                "`target state` is missing",
            ),
            (
                |(), answer| answer.target_state = value(r#"{"both": "?"}"#),
                Rule::Known,
                "`both` is unknown",
            ),
            (
                |(), answer| answer.target_state = value(r#"{"secret": "s"}"#),
                Rule::WriteOnly,
                "`secret` is set",
            ),
            (
                |(), answer| answer.target_identity = identity(&Value::unknown()),
                Rule::Identity,
                "`identity` is not",
            ),
            (
                |(), answer| answer.diagnostics = vec![message(Severity::Invalid)],
                Rule::Message,
                "`It Happened`",
            ),
        ],
    );
}

#[test]
fn data_sources_are_judged() {
    let request = proto::read_data_source::Request {
        config: value(r#"{"required": "b"}"#),
        ..Default::default()
    };
    let answer = proto::read_data_source::Response {
        state: value(r#"{"required": "b", "computed": "c"}"#),
        ..Default::default()
    };
    judged(
        &request,
        &answer,
        |request, answer| judge::of_data_source(&kind(), request, answer),
        &[
            (|_, answer| answer.state = None, Rule::Presence, "`state` is missing"),
            (
                |_, answer| answer.state = nonsense(),
                Rule::Type,
                "`state` is not of its type",
            ),
            (
                |_, answer| answer.state = value(r#"{"both": "?"}"#),
                Rule::Known,
                "`both` is unknown",
            ),
            (
                |_, answer| answer.deferred = deferred(),
                Rule::Deferral,
                "`deferred` is set for a host that does not",
            ),
            (
                |_, answer| answer.diagnostics = vec![message(Severity::Invalid)],
                Rule::Message,
                "`It Happened`",
            ),
        ],
    );
    let (mut able_request, mut put_off) = (request, answer);
    able_request.client_capabilities = able();
    put_off.deferred = deferred();
    put_off.state = value(r#"{"required": "b", "computed": "?"}"#);
    assert_eq!(judge::of_data_source(&kind(), &able_request, &put_off), []);
}

#[test]
fn lists_are_judged() {
    let request = proto::list_resource::Request {
        type_name: "it".to_owned(),
        include_resource_object: true,
        limit: 2,
        ..Default::default()
    };
    let event = |name: &str| proto::list_resource::Event {
        identity: id(name),
        display_name: name.to_owned(),
        resource_object: value(r#"{"required": "b"}"#),
        diagnostic: Vec::new(),
    };
    let told = |severity| proto::list_resource::Event {
        diagnostic: vec![message(severity)],
        ..Default::default()
    };
    let events = vec![told(Severity::Warning), event("x"), event("y"), told(Severity::Error)];
    judged(
        &request,
        &events,
        |request, events| judge::of_list(&kind(), request, events),
        &[
            (
                |request, _| request.limit = 1,
                Rule::Presence,
                "`event` is one too many",
            ),
            (
                |_, events| events.swap(2, 3),
                Rule::Presence,
                "`event` comes after an error",
            ),
            (
                |_, events| {
                    events.remove(0);
                    events[0].identity = None;
                    events[0].resource_object = None;
                },
                Rule::Identity,
                "`identity` is missing",
            ),
            (
                |_, events| events[1].identity = None,
                Rule::Presence,
                "`resource_object` belongs to no object",
            ),
            (
                |_, events| events[1].identity = identity(&Value::Null),
                Rule::Identity,
                "`identity` names nothing",
            ),
            (
                |_, events| events[1].identity = identity(&Value::unknown()),
                Rule::Identity,
                "`identity` is not wholly known",
            ),
            (
                |_, events| events[1].resource_object = None,
                Rule::Presence,
                "`resource_object` is missing",
            ),
            (
                |_, events| events[1].resource_object = value(r#"{"secret": "s"}"#),
                Rule::WriteOnly,
                "`secret` is set",
            ),
            (
                |request, events| {
                    request.include_resource_object = false;
                    events[1].resource_object = None;
                },
                Rule::Presence,
                "`resource_object` is there though nobody",
            ),
            (
                |_, events| events[0].diagnostic = vec![message(Severity::Invalid)],
                Rule::Message,
                "`It Happened`",
            ),
        ],
    );
}

#[test]
fn generated_configurations_are_judged() {
    let request = proto::generate_resource_config::Request {
        type_name: "it".to_owned(),
        state: value(r#"{"required": "b", "computed": "c"}"#),
    };
    let answer = proto::generate_resource_config::Response {
        config: value(r#"{"required": "b"}"#),
        diagnostics: Vec::new(),
    };
    judged(
        &request,
        &answer,
        |request, answer| judge::of_generated(&kind(), request, answer),
        &[
            (|_, answer| answer.config = None, Rule::Presence, "`config` is missing"),
            (
                |_, answer| answer.config = nonsense(),
                Rule::Type,
                "`config` is not of its type",
            ),
            (
                |_, answer| answer.config = value(r#"{"both": "?"}"#),
                Rule::Known,
                "`both` is unknown",
            ),
            (
                |_, answer| answer.config = value(r#"{"secret": "s"}"#),
                Rule::WriteOnly,
                "`secret` is set",
            ),
            (
                |_, answer| answer.config = value(r#"{"computed": "c"}"#),
                Rule::Plan,
                "`computed` cannot be configured",
            ),
            (
                |_, answer| answer.diagnostics = vec![message(Severity::Invalid)],
                Rule::Message,
                "`It Happened`",
            ),
        ],
    );
}
