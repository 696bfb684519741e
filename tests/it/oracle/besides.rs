//! What is asked besides resources and data sources: functions, what is opened for a run only, and actions.

use std::collections::{BTreeMap, BTreeSet};

use terraform_provider_paperspace::value::{Type, Value};
use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;
use terraform_provider_paperspace::wire::proto::tfplugin6::invoke_action::event::Type as Event;

use super::judge::{Kind, deferral, failed, messages};
use super::{Broken, Findings, Rule, plan, schema, stored};

/// What a host knows of a function.
#[derive(Clone, Debug, Default)]
pub struct Signature {
    /// The types of the parameters.
    pub parameters: Vec<Type>,
    /// The type of the result.
    pub returns: Option<Type>,
}

/// Reads the functions, and what is wrong with them.
pub fn functions(
    functions: &BTreeMap<String, proto::Function>,
    findings: &mut Findings,
) -> BTreeMap<String, Signature> {
    let signature = |(name, function): (&String, &proto::Function)| (name.clone(), signature(name, function, findings));
    functions.iter().map(signature).collect()
}

fn signature(name: &str, function: &proto::Function, findings: &mut Findings) -> Signature {
    schema::name(name, name, findings);
    let mut names = BTreeSet::new();
    let mut parameters = Vec::new();
    for parameter in function.parameters.iter().chain(&function.variadic_parameter) {
        let at = format!("{name}({})", parameter.name);
        schema::name(&at, &parameter.name, findings);
        findings.demand(names.insert(&parameter.name), Rule::Schema, &at, "is there twice");
        parameters.push(schema::ty(&at, &parameter.r#type, findings));
    }
    if function.r#return.is_none() {
        // Hosts crash on it.
        findings.add(Rule::Schema, name, "returns nothing");
    }
    let returned = function.r#return.as_ref();
    Signature {
        parameters,
        returns: returned.map(|returned| schema::ty(name, &returned.r#type, findings)),
    }
}

/// What is wrong with the actions' schemas. Hosts do not look at them before they use them, and crash where one is missing.
pub fn actions(actions: &BTreeMap<String, proto::ActionSchema>, findings: &mut Findings) {
    for (name, action) in actions {
        schema::read(name, action.schema.as_ref(), findings);
    }
}

/// CallFunction. What it comes to is a result or one error.
pub fn of_call(
    signature: &Signature,
    request: &proto::call_function::Request,
    answer: &proto::call_function::Response,
) -> Vec<Broken> {
    let mut findings = Findings::default();
    match &answer.error {
        Some(error) => {
            findings.demand(!error.text.is_empty(), Rule::Message, "error", "says nothing");
            let argument = error.function_argument.map(usize::try_from);
            let known = request.arguments.len().min(signature.parameters.len());
            let there = argument.is_none_or(|at| at.is_ok_and(|at| at < known));
            findings.demand(there, Rule::Message, "error", "is about an argument that was not given");
            findings.demand(
                answer.result.is_none(),
                Rule::Presence,
                "result",
                "is there beside an error",
            );
        }
        None => {
            findings.demand(
                answer.result.is_some(),
                Rule::Presence,
                "result",
                "is missing, and no error says why",
            );
            let ty = signature.returns.as_ref().unwrap_or(&Type::Dynamic);
            let result = stored::read("result", answer.result.as_ref(), ty, &mut findings);
            if let Some(result) = result.filter(|_| sent(signature, request)) {
                stored::known(&result, &mut findings);
            }
        }
    }
    findings.0
}

/// Whether a host sends such arguments: none that is unknown.
fn sent(signature: &Signature, request: &proto::call_function::Request) -> bool {
    let arguments = request.arguments.iter().zip(&signature.parameters);
    arguments
        .map(|(argument, ty)| stored::read("", Some(argument), ty, &mut Findings::default()))
        .all(|argument| argument.is_some_and(|argument| argument.is_wholly_known()))
}

/// OpenEphemeralResource. OpenTofu wants a result that is wholly known, and every host one that keeps to the configuration.
pub fn of_open(
    kind: &Kind,
    request: &proto::open_ephemeral_resource::Request,
    answer: &proto::open_ephemeral_resource::Response,
) -> Vec<Broken> {
    let mut findings = Findings::default();
    messages(&answer.diagnostics, &mut findings);
    deferral(
        answer.deferred.as_ref(),
        request.client_capabilities.as_ref(),
        &mut findings,
    );
    renewed_at(answer.renew_at.as_ref(), &mut findings);
    let config = kind.value(request.config.as_ref());
    let (false, None, Some(config)) = (failed(&answer.diagnostics), &answer.deferred, config) else {
        return findings.0;
    };
    let result = stored::read("result", answer.result.as_ref(), kind.ty(), &mut findings);
    if let Some(result) = result {
        findings.demand(
            !result.is_null(),
            Rule::Presence,
            "result",
            "is missing, and no error says why",
        );
        stored::known(&result, &mut findings);
        if !result.is_null() {
            plan::valid(&kind.block, &Value::Null, &config, &result, &mut findings);
        }
    }
    findings.0
}

/// RenewEphemeralResource.
pub fn of_renew(answer: &proto::renew_ephemeral_resource::Response) -> Vec<Broken> {
    let mut findings = Findings::default();
    messages(&answer.diagnostics, &mut findings);
    renewed_at(answer.renew_at.as_ref(), &mut findings);
    findings.0
}

/// A time that is over is renewed at again and again.
fn renewed_at(at: Option<&prost_types::Timestamp>, findings: &mut Findings) {
    let to_come = at.is_none_or(|at| at.seconds > 0);
    findings.demand(to_come, Rule::Presence, "renew_at", "is no time to come");
}

/// PlanAction. Hosts take but one reason to put an action off.
pub fn of_action_plan(request: &proto::plan_action::Request, answer: &proto::plan_action::Response) -> Vec<Broken> {
    use proto::deferred::Reason;
    let mut findings = Findings::default();
    messages(&answer.diagnostics, &mut findings);
    deferral(
        answer.deferred.as_ref(),
        request.client_capabilities.as_ref(),
        &mut findings,
    );
    let fits = answer
        .deferred
        .is_none_or(|deferred| deferred.reason() == Reason::ProviderConfigUnknown);
    findings.demand(
        fits,
        Rule::Deferral,
        "deferred",
        "is for another reason than the provider's configuration",
    );
    findings.0
}

/// The events of InvokeAction: it goes on until it is over, once. One that merely ends is taken for done, and an event of
/// neither kind crashes hosts.
pub fn of_action(events: &[proto::invoke_action::Event]) -> Vec<Broken> {
    let mut findings = Findings::default();
    let mut over = false;
    for event in events {
        findings.demand(!over, Rule::Presence, "event", "comes after the end");
        match &event.r#type {
            Some(Event::Progress(progress)) => {
                findings.demand(!progress.message.is_empty(), Rule::Message, "progress", "says nothing");
            }
            Some(Event::Completed(completed)) => {
                over = true;
                messages(&completed.diagnostics, &mut findings);
            }
            None => findings.add(Rule::Presence, "event", "is of no kind"),
        }
    }
    findings.demand(over, Rule::Presence, "event", "is missing that says how it ended");
    findings.0
}
