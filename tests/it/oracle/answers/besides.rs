//! Functions, what is opened for a run only, and actions.

use terraform_provider_paperspace::wire::proto::tfplugin6::invoke_action::event::{Completed, Progress, Type as Event};

use super::*;
use crate::oracle::besides::{self, Signature};

/// A function of one text that gives one.
fn function() -> proto::Function {
    proto::Function {
        parameters: vec![proto::function::Parameter {
            name: "text".to_owned(),
            r#type: br#""string""#.to_vec(),
            ..Default::default()
        }],
        r#return: Some(proto::function::Return {
            r#type: br#""string""#.to_vec(),
        }),
        ..Default::default()
    }
}

fn text(text: &str) -> Option<DynamicValue> {
    let msgpack = msgpack::encode(&text.into(), &Type::String).expect("it is of that type");
    Some(DynamicValue {
        msgpack,
        json: Vec::new(),
    })
}

fn unknown() -> Option<DynamicValue> {
    let msgpack = msgpack::encode(&Value::unknown(), &Type::String).expect("it is of every type");
    Some(DynamicValue {
        msgpack,
        json: Vec::new(),
    })
}

fn read(function: &proto::Function) -> (Signature, Vec<Broken>) {
    let mut findings = Findings::default();
    let functions = [("it".to_owned(), function.clone())].into();
    let read = besides::functions(&functions, &mut findings);
    (read["it"].clone(), findings.0)
}

#[test]
fn functions_are_judged() {
    judged(
        &(),
        &function(),
        |(), function| read(function).1,
        &[
            (
                |(), function| function.r#return = None,
                Rule::Schema,
                "`it` returns nothing",
            ),
            (
                |(), function| function.parameters[0].r#type = b"text".to_vec(),
                Rule::Schema,
                "`it(text)` has no type",
            ),
            (
                |(), function| function.parameters[0].name = "a text".to_owned(),
                Rule::Schema,
                "`it(a text)` has a name",
            ),
            (
                |(), function| function.variadic_parameter = Some(function.parameters[0].clone()),
                Rule::Schema,
                "`it(text)` is there twice",
            ),
        ],
    );
}

#[test]
fn calls_are_judged() {
    let request = proto::call_function::Request {
        name: "it".to_owned(),
        arguments: vec![text("a").expect("a value")],
    };
    let answer = proto::call_function::Response {
        result: text("b"),
        error: None,
    };
    let judge = |request: &_, answer: &_| besides::of_call(&read(&function()).0, request, answer);
    judged(
        &request,
        &answer,
        judge,
        &[
            (|_, answer| answer.result = None, Rule::Presence, "`result` is missing"),
            (
                |_, answer| answer.result = unknown(),
                Rule::Known,
                "`the whole` is unknown",
            ),
            (
                |_, answer| answer.result = nonsense(),
                Rule::Type,
                "`result` is not of its type",
            ),
        ],
    );
    let refused = proto::call_function::Response {
        result: None,
        error: Some(proto::FunctionError {
            text: "It is wrong.".to_owned(),
            function_argument: Some(0),
        }),
    };
    judged(
        &request,
        &refused,
        judge,
        &[
            (
                |_, answer| answer.result = text("b"),
                Rule::Presence,
                "`result` is there beside",
            ),
            (
                |_, answer| answer.error = Some(proto::FunctionError::default()),
                Rule::Message,
                "`error` says nothing",
            ),
            (
                |request, _| request.arguments.clear(),
                Rule::Message,
                "`error` is about an argument",
            ),
        ],
    );
}

#[test]
fn what_is_opened_is_judged() {
    let request = proto::open_ephemeral_resource::Request {
        config: value(r#"{"required": "b"}"#),
        ..Default::default()
    };
    let answer = proto::open_ephemeral_resource::Response {
        result: value(r#"{"required": "b", "computed": "c"}"#),
        ..Default::default()
    };
    judged(
        &request,
        &answer,
        |request, answer| besides::of_open(&kind(), request, answer),
        &[
            (|_, answer| answer.result = None, Rule::Presence, "`result` is missing"),
            (
                |_, answer| answer.result = nonsense(),
                Rule::Type,
                "`result` is not of its type",
            ),
            (
                |_, answer| answer.result = value(r#"{"required": "b", "both": "?"}"#),
                Rule::Known,
                "`both` is unknown",
            ),
            (
                |_, answer| answer.result = value(r#"{"required": "a"}"#),
                Rule::Plan,
                "`required`",
            ),
            (
                |_, answer| answer.renew_at = Some(prost_types::Timestamp::default()),
                Rule::Presence,
                "`renew_at` is no time",
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
    judged(
        &(),
        &proto::renew_ephemeral_resource::Response::default(),
        |(), answer| besides::of_renew(answer),
        &[
            (
                |(), answer| answer.renew_at = Some(prost_types::Timestamp::default()),
                Rule::Presence,
                "`renew_at` is no time",
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
fn actions_are_judged() {
    let event = |event| proto::invoke_action::Event { r#type: Some(event) };
    let events = vec![
        event(Event::Progress(Progress {
            message: "It goes on.".to_owned(),
        })),
        event(Event::Completed(Completed {
            diagnostics: vec![message(Severity::Warning)],
        })),
    ];
    judged(
        &(),
        &events,
        |(), events| besides::of_action(events),
        &[
            (
                |(), events| drop(events.pop()),
                Rule::Presence,
                "`event` is missing that says",
            ),
            (
                |(), events| events[0].r#type = None,
                Rule::Presence,
                "`event` is of no kind",
            ),
            (
                |(), events| events.swap(0, 1),
                Rule::Presence,
                "`event` comes after the end",
            ),
            (
                |(), events| events[0].r#type = Some(Event::Progress(Progress::default())),
                Rule::Message,
                "`progress` says nothing",
            ),
            (
                |(), events| {
                    let diagnostics = vec![message(Severity::Invalid)];
                    events[1].r#type = Some(Event::Completed(Completed { diagnostics }));
                },
                Rule::Message,
                "`It Happened`",
            ),
        ],
    );
    let request = proto::plan_action::Request {
        client_capabilities: able(),
        ..Default::default()
    };
    let put_off = proto::plan_action::Response {
        deferred: Some(Deferred { reason: 2 }),
        diagnostics: Vec::new(),
    };
    judged(
        &request,
        &put_off,
        besides::of_action_plan,
        &[
            (
                |_, answer| answer.deferred = deferred(),
                Rule::Deferral,
                "`deferred` is for another reason",
            ),
            (
                |request, _| request.client_capabilities = None,
                Rule::Deferral,
                "`deferred` is set for a host that does not",
            ),
        ],
    );
}

#[test]
fn an_action_without_a_schema_is_found() {
    let mut findings = Findings::default();
    let actions = [("it".to_owned(), proto::ActionSchema::default())].into();
    besides::actions(&actions, &mut findings);
    samples::assert_broken(&findings, Rule::Schema, "`it` is missing", "no schema");
}
