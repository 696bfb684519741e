//! The answers that lead to another object: plans and applies.

use terraform_provider_paperspace::value::{Path, Value};
use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;
use terraform_provider_paperspace::wire::proto::tfplugin6::Deferred;
use terraform_provider_paperspace::wire::proto::tfplugin6::diagnostic::Severity;

use super::{able, deferred, id, identity, judged, kind, message, nonsense, value};
use crate::oracle::judge::{self, Planned};
use crate::oracle::{Findings, Rule, samples};

#[test]
fn plans_are_judged() {
    let request = proto::plan_resource_change::Request {
        type_name: "it".to_owned(),
        prior_state: value(r#"{"required": "a", "computed": "c"}"#),
        config: value(r#"{"required": "b", "secret": "s"}"#),
        prior_identity: id("x"),
        ..Default::default()
    };
    let answer = proto::plan_resource_change::Response {
        planned_state: value(r#"{"required": "b", "computed": "?"}"#),
        planned_identity: id("x"),
        ..Default::default()
    };
    judged(
        &request,
        &answer,
        |request, answer| judge::of_plan(&kind(), request, answer),
        &[
            (
                |_, answer| answer.planned_state = nonsense(),
                Rule::Type,
                "`planned state` is not of its type",
            ),
            (
                |_, answer| answer.planned_state = None,
                Rule::Plan,
                "is configured and planned to be absent",
            ),
            (
                |_, answer| answer.planned_state = value(r#"{"required": "b", "secret": "s"}"#),
                Rule::WriteOnly,
                "`secret` is set",
            ),
            (
                |_, answer| answer.planned_state = value(r#"{"required": "c"}"#),
                Rule::Plan,
                "`required` is planned as",
            ),
            (
                |_, answer| {
                    answer.requires_replace = vec![proto::AttributePath {
                        steps: vec![proto::attribute_path::Step {
                            selector: Some(proto::attribute_path::step::Selector::AttributeName("no".to_owned())),
                        }],
                    }]
                },
                Rule::Replacement,
                "`no` leads nowhere",
            ),
            (
                |_, answer| answer.planned_identity = id("y"),
                Rule::Identity,
                "`identity.id` was",
            ),
            (
                |request, answer| {
                    request.prior_identity = None;
                    answer.planned_identity = identity(&Value::unknown());
                },
                Rule::Identity,
                "`identity` is not wholly known",
            ),
            (
                |_, answer| answer.legacy_type_system = true,
                Rule::LegacyTypes,
                "`legacy_type_system` is set",
            ),
            (
                |_, answer| answer.deferred = deferred(),
                Rule::Deferral,
                "`deferred` is set for a host that does not",
            ),
            (
                |request, answer| {
                    request.client_capabilities = able();
                    answer.deferred = Some(Deferred::default());
                },
                Rule::Deferral,
                "`deferred` has no reason",
            ),
            (
                |_, answer| answer.diagnostics = vec![message(Severity::Invalid)],
                Rule::Message,
                "`It Happened` is no proper message",
            ),
            (
                |_, answer| {
                    answer.diagnostics = vec![message(Severity::Warning)];
                    answer.diagnostics[0].summary.clear();
                },
                Rule::Message,
                "is no proper message",
            ),
        ],
    );
    // Beside an error nothing else counts, and a new object's identity is not known yet.
    let mut failed = answer.clone();
    failed.diagnostics = vec![message(Severity::Error)];
    failed.planned_state = None;
    assert_eq!(judge::of_plan(&kind(), &request, &failed), []);
    let mut new = request.clone();
    new.prior_state = value("null");
    let mut made = answer.clone();
    made.planned_identity = identity(&Value::unknown());
    assert_eq!(judge::of_plan(&kind(), &new, &made), []);
    // What no host sends is not judged.
    new.config = nonsense();
    assert_eq!(
        judge::of_plan(&kind(), &new, &proto::plan_resource_change::Response::default()),
        []
    );
}

#[test]
fn applies_are_judged() {
    let request = proto::apply_resource_change::Request {
        type_name: "it".to_owned(),
        prior_state: value(r#"{"required": "a", "computed": "c"}"#),
        planned_state: value(r#"{"required": "b", "computed": "?"}"#),
        planned_identity: id("x"),
        ..Default::default()
    };
    let answer = proto::apply_resource_change::Response {
        new_state: value(r#"{"required": "b", "computed": "d"}"#),
        new_identity: id("x"),
        ..Default::default()
    };
    judged(
        &request,
        &answer,
        |request, answer| judge::of_apply(&kind(), request, answer),
        &[
            (
                |_, answer| answer.new_state = nonsense(),
                Rule::Type,
                "`new state` is not of its type",
            ),
            (
                |_, answer| {
                    answer.new_state = value(r#"{"required": "b", "secret": "s"}"#);
                    answer.diagnostics = vec![message(Severity::Error)];
                },
                Rule::WriteOnly,
                "`secret` is set",
            ),
            (
                |_, answer| {
                    answer.new_state = value(r#"{"required": "b", "computed": "?"}"#);
                    answer.diagnostics = vec![message(Severity::Error)];
                },
                Rule::Known,
                "`computed` is unknown",
            ),
            (
                |_, answer| answer.new_state = value(r#"{"required": "c"}"#),
                Rule::Promise,
                "`required` was to be",
            ),
            (
                |_, answer| answer.new_state = None,
                Rule::Promise,
                "was to be there and is absent",
            ),
            (
                |request, _| request.planned_state = value("null"),
                Rule::Promise,
                "was to be absent and is there",
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
                |request, answer| {
                    request.planned_identity = None;
                    answer.new_identity = identity(&Value::unknown());
                },
                Rule::Identity,
                "`identity` is not wholly known",
            ),
            (
                |_, answer| answer.legacy_type_system = true,
                Rule::LegacyTypes,
                "`legacy_type_system` is set",
            ),
            (
                |_, answer| answer.diagnostics = vec![message(Severity::Invalid)],
                Rule::Message,
                "`It Happened` is no proper message",
            ),
        ],
    );
    // Beside an error the object need not have become what was planned.
    let mut failed = answer.clone();
    failed.diagnostics = vec![message(Severity::Error)];
    failed.new_state = value(r#"{"required": "a"}"#);
    assert_eq!(judge::of_apply(&kind(), &request, &failed), []);
}

#[test]
fn second_plans_are_judged() {
    let planned = |text: &str| Planned {
        state: samples::object(text),
        counting: Vec::new(),
    };
    let prior = samples::object(r#"{"required": "a", "computed": "c"}"#);
    for (first, second, rule, expected) in [
        (r#"{"required": "?"}"#, r#"{"required": "b"}"#, Rule::Completion, ""),
        (
            r#"{"required": "b"}"#,
            r#"{"required": "c"}"#,
            Rule::Completion,
            "`required` was to be",
        ),
        (
            r#"{"required": "?", "computed": "c"}"#,
            r#"{"required": "a", "computed": "c"}"#,
            Rule::Action,
            "",
        ),
        (
            "null",
            r#"{"required": "a"}"#,
            Rule::Completion,
            "was to be absent and is there",
        ),
    ] {
        let broken = judge::of_second_plan(&kind(), &prior, &planned(first), &planned(second));
        let told = broken.first().map(ToString::to_string).unwrap_or_default();
        let fits = broken.first().is_none_or(|broken| broken.rule == rule);
        assert!(
            fits && told.contains(expected) && told.is_empty() == expected.is_empty(),
            "{first} -> {second}: {told}"
        );
    }
    let replaced = Planned {
        counting: vec![Path::attribute("required")],
        ..planned(r#"{"required": "b"}"#)
    };
    let broken = judge::of_second_plan(&kind(), &prior, &planned(r#"{"required": "b"}"#), &replaced);
    samples::assert_broken(
        &Findings(broken),
        Rule::Action,
        "was Update and became Replace",
        "a late replacement",
    );
}
