//! Which rules are asked of which answer.
//!
//! A request that no host sends, because a value in it is not of its type, is judged by its messages alone.

use std::collections::BTreeMap;

use terraform_provider_paperspace::value::{Path, Type, Value};
use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;
use terraform_provider_paperspace::wire::proto::tfplugin6::diagnostic::Severity;
use terraform_provider_paperspace::wire::proto::tfplugin6::{
    ClientCapabilities, Deferred, Diagnostic, DynamicValue, ResourceIdentityData,
};

use super::besides::{self, Signature};
use super::schema::Block;
use super::{Broken, Findings, Rule, identity, outcome, plan, replacement, schema, stored};

/// What a host knows of a provider before it asks for anything.
#[derive(Debug, Default)]
pub struct Schemas {
    /// The provider block.
    pub provider: Kind,
    /// Resource types by name.
    pub resources: BTreeMap<String, Kind>,
    /// Data source types by name.
    pub data_sources: BTreeMap<String, Kind>,
    /// The arguments of queries by the resource type that they are for.
    pub lists: BTreeMap<String, Kind>,
    /// What can be opened for a run only, by type.
    pub ephemerals: BTreeMap<String, Kind>,
    /// Functions by name.
    pub functions: BTreeMap<String, Signature>,
}

/// What it knows of one type.
#[derive(Clone, Debug, Default)]
pub struct Kind {
    /// The schema.
    pub block: Block,
    /// The type that it implies.
    pub ty: Option<Type>,
    /// The type of its identities, if it has any.
    pub identity: Option<Type>,
}

impl Kind {
    fn new(block: Block) -> Self {
        Self {
            ty: Some(block.ty()),
            block,
            identity: None,
        }
    }

    /// The type that the schema implies.
    pub fn ty(&self) -> &Type {
        self.ty.as_ref().unwrap_or(&Type::Dynamic)
    }

    /// A value that a host sent; `None` where no host sends it.
    pub fn value(&self, value: Option<&DynamicValue>) -> Option<Value> {
        let value = stored::read("", value, self.ty(), &mut Findings::default())?;
        // No host sends an object that is unknown as a whole.
        (!value.is_unknown()).then_some(value)
    }

    fn identity_of(&self, data: Option<&ResourceIdentityData>) -> Option<Value> {
        identity::read(data, self.identity.as_ref(), &mut Findings::default())
    }
}

impl Schemas {
    /// Reads all schemas of a provider, and what is wrong with them.
    pub fn read(
        schemas: &proto::get_provider_schema::Response,
        identities: &proto::get_resource_identity_schemas::Response,
    ) -> (Self, Vec<Broken>) {
        let mut findings = Findings::default();
        messages(&schemas.diagnostics, &mut findings);
        let provider = Kind::new(schema::read("provider", schemas.provider.as_ref(), &mut findings));
        let mut kinds = |schemas: &BTreeMap<String, proto::Schema>| -> BTreeMap<String, Kind> {
            let kind = |(name, of): (&String, &proto::Schema)| {
                (name.clone(), Kind::new(schema::read(name, Some(of), &mut findings)))
            };
            schemas.iter().map(kind).collect()
        };
        let (mut resources, data_sources) = (kinds(&schemas.resource_schemas), kinds(&schemas.data_source_schemas));
        let lists = kinds(&schemas.list_resource_schemas);
        let ephemerals = kinds(&schemas.ephemeral_resource_schemas);
        besides::actions(&schemas.action_schemas, &mut findings);
        let functions = besides::functions(&schemas.functions, &mut findings);
        for (name, of) in &identities.identity_schemas {
            let ty = schema::read_identity(name, of, &mut findings);
            match resources.get_mut(name) {
                Some(kind) => kind.identity = Some(ty),
                None => findings.add(Rule::Schema, name, "has an identity and is no resource type"),
            }
        }
        for name in lists.keys() {
            let listed = resources.get(name).is_some_and(|kind| kind.identity.is_some());
            findings.demand(listed, Rule::Schema, name, "lists what is no resource with an identity");
        }
        let schemas = Self {
            provider,
            resources,
            data_sources,
            lists,
            ephemerals,
            functions,
        };
        (schemas, findings.0)
    }
}

/// Every message is an error or a warning, with a title.
pub fn messages(diagnostics: &[Diagnostic], findings: &mut Findings) {
    for diagnostic in diagnostics {
        let severe = matches!(diagnostic.severity(), Severity::Error | Severity::Warning);
        let titled = !diagnostic.summary.is_empty();
        findings.demand(
            severe && titled,
            Rule::Message,
            &diagnostic.summary,
            "is no proper message",
        );
    }
}

/// Whether one of them is an error.
pub fn failed(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity() == Severity::Error)
}

/// Only a host that allows it is answered provisionally.
pub fn deferral(deferred: Option<&Deferred>, client: Option<&ClientCapabilities>, findings: &mut Findings) {
    let allowed = client.is_some_and(|client| client.deferral_allowed);
    if let Some(deferred) = deferred {
        findings.demand(
            allowed,
            Rule::Deferral,
            "deferred",
            "is set for a host that does not know it",
        );
        findings.demand(deferred.reason != 0, Rule::Deferral, "deferred", "has no reason");
    }
}

/// An answer of messages alone.
pub fn of_messages(diagnostics: &[Diagnostic]) -> Vec<Broken> {
    let mut findings = Findings::default();
    messages(diagnostics, &mut findings);
    findings.0
}

/// PlanResourceChange.
pub fn of_plan(
    kind: &Kind,
    request: &proto::plan_resource_change::Request,
    answer: &proto::plan_resource_change::Response,
) -> Vec<Broken> {
    let mut findings = Findings::default();
    messages(&answer.diagnostics, &mut findings);
    findings.demand(
        !answer.legacy_type_system,
        Rule::LegacyTypes,
        "legacy_type_system",
        "is set",
    );
    deferral(
        answer.deferred.as_ref(),
        request.client_capabilities.as_ref(),
        &mut findings,
    );
    let (prior, config) = (
        kind.value(request.prior_state.as_ref()),
        kind.value(request.config.as_ref()),
    );
    let (false, Some(prior), Some(config)) = (failed(&answer.diagnostics), prior, config) else {
        return findings.0;
    };
    let planned = stored::read("planned state", answer.planned_state.as_ref(), kind.ty(), &mut findings);
    if let Some(planned) = planned {
        stored::without_write_only(&kind.block, &planned, &mut findings);
        plan::valid(&kind.block, &prior, &config, &planned, &mut findings);
        replacement::counting(&kind.block, &prior, &planned, &answer.requires_replace, &mut findings);
    }
    let (before, after) = (
        kind.identity_of(request.prior_identity.as_ref()),
        identity::read(answer.planned_identity.as_ref(), kind.identity.as_ref(), &mut findings),
    );
    if !prior.is_null() {
        // That of a replacement may be unknown; that of an object that stays may not.
        if answer.requires_replace.is_empty() {
            identity::known(after.as_ref(), &mut findings);
        }
        identity::kept(before.as_ref(), after.as_ref(), &mut findings);
    }
    findings.0
}

/// ApplyResourceChange.
pub fn of_apply(
    kind: &Kind,
    request: &proto::apply_resource_change::Request,
    answer: &proto::apply_resource_change::Response,
) -> Vec<Broken> {
    let mut findings = Findings::default();
    messages(&answer.diagnostics, &mut findings);
    findings.demand(
        !answer.legacy_type_system,
        Rule::LegacyTypes,
        "legacy_type_system",
        "is set",
    );
    let sent = [&request.prior_state, &request.config, &request.planned_state].map(|sent| kind.value(sent.as_ref()));
    let [Some(prior), Some(_), Some(planned)] = sent else {
        return findings.0;
    };
    if prior.is_null() && planned.is_null() {
        // There is nothing to apply.
        return findings.0;
    }
    let failed = failed(&answer.diagnostics);
    let state = stored::read("new state", answer.new_state.as_ref(), kind.ty(), &mut findings);
    if let Some(state) = &state {
        stored::without_write_only(&kind.block, state, &mut findings);
        stored::known(state, &mut findings);
        if !failed {
            outcome::fulfils(&kind.block, &planned, state, Rule::Promise, &mut findings);
        }
    }
    let after = identity::read(answer.new_identity.as_ref(), kind.identity.as_ref(), &mut findings);
    identity::known(after.as_ref(), &mut findings);
    identity::kept(
        kind.identity_of(request.planned_identity.as_ref()).as_ref(),
        after.as_ref(),
        &mut findings,
    );
    if !failed && state.is_some_and(|state| !state.is_null()) {
        identity::there(after.as_ref(), kind.identity.as_ref(), &mut findings);
    }
    findings.0
}

/// ReadResource.
pub fn of_read(
    kind: &Kind,
    request: &proto::read_resource::Request,
    answer: &proto::read_resource::Response,
) -> Vec<Broken> {
    let mut findings = Findings::default();
    messages(&answer.diagnostics, &mut findings);
    deferral(
        answer.deferred.as_ref(),
        request.client_capabilities.as_ref(),
        &mut findings,
    );
    if failed(&answer.diagnostics) || kind.value(request.current_state.as_ref()).is_none() {
        return findings.0;
    }
    let state = as_stored(kind, "new state", answer.new_state.as_ref(), &mut findings);
    let after = identity::read(answer.new_identity.as_ref(), kind.identity.as_ref(), &mut findings);
    identity::known(after.as_ref(), &mut findings);
    identity::kept(
        kind.identity_of(request.current_identity.as_ref()).as_ref(),
        after.as_ref(),
        &mut findings,
    );
    if answer.deferred.is_none() && state.is_some_and(|state| !state.is_null()) {
        identity::there(after.as_ref(), kind.identity.as_ref(), &mut findings);
    }
    findings.0
}

/// A value that goes into the state as it is.
fn as_stored(kind: &Kind, what: &str, value: Option<&DynamicValue>, findings: &mut Findings) -> Option<Value> {
    let state = stored::read(what, value, kind.ty(), findings)?;
    stored::without_write_only(&kind.block, &state, findings);
    stored::known(&state, findings);
    Some(state)
}

/// The same, which also has to be there.
fn as_object(kind: &Kind, what: &str, value: Option<&DynamicValue>, findings: &mut Findings) {
    let state = as_stored(kind, what, value, findings);
    let there = state.is_none_or(|state| !state.is_null());
    findings.demand(there, Rule::Presence, what, "is missing, and no error says why");
}

/// UpgradeResourceState.
pub fn of_upgrade(kind: &Kind, answer: &proto::upgrade_resource_state::Response) -> Vec<Broken> {
    let mut findings = Findings::default();
    messages(&answer.diagnostics, &mut findings);
    if !failed(&answer.diagnostics) {
        as_object(kind, "upgraded state", answer.upgraded_state.as_ref(), &mut findings);
    }
    findings.0
}

/// UpgradeResourceIdentity. Where none is stored, none need be answered.
pub fn of_identity_upgrade(
    kind: &Kind,
    request: &proto::upgrade_resource_identity::Request,
    answer: &proto::upgrade_resource_identity::Response,
) -> Vec<Broken> {
    let mut findings = Findings::default();
    messages(&answer.diagnostics, &mut findings);
    if failed(&answer.diagnostics) {
        return findings.0;
    }
    let upgraded = identity::read(answer.upgraded_identity.as_ref(), kind.identity.as_ref(), &mut findings);
    identity::known(upgraded.as_ref(), &mut findings);
    if request.raw_identity.as_ref().is_some_and(|raw| !raw.json.is_empty()) {
        identity::there(upgraded.as_ref(), kind.identity.as_ref(), &mut findings);
    }
    findings.0
}

/// ImportResourceState.
pub fn of_import(
    kind: &Kind,
    request: &proto::import_resource_state::Request,
    answer: &proto::import_resource_state::Response,
) -> Vec<Broken> {
    let mut findings = Findings::default();
    messages(&answer.diagnostics, &mut findings);
    deferral(
        answer.deferred.as_ref(),
        request.client_capabilities.as_ref(),
        &mut findings,
    );
    if failed(&answer.diagnostics) || answer.deferred.is_some() {
        return findings.0;
    }
    let [imported] = answer.imported_resources.as_slice() else {
        findings.add(Rule::Presence, "import", "leads to another number of objects than one");
        return findings.0;
    };
    let same = imported.type_name == request.type_name;
    findings.demand(same, Rule::Presence, "type_name", "is another one than was asked for");
    as_object(kind, "state", imported.state.as_ref(), &mut findings);
    let after = identity::read(imported.identity.as_ref(), kind.identity.as_ref(), &mut findings);
    identity::known(after.as_ref(), &mut findings);
    if request.identity.is_some() {
        identity::there(after.as_ref(), kind.identity.as_ref(), &mut findings);
    }
    findings.0
}

/// MoveResourceState.
pub fn of_move(kind: &Kind, answer: &proto::move_resource_state::Response) -> Vec<Broken> {
    let mut findings = Findings::default();
    messages(&answer.diagnostics, &mut findings);
    if !failed(&answer.diagnostics) {
        as_object(kind, "target state", answer.target_state.as_ref(), &mut findings);
        let identity = identity::read(answer.target_identity.as_ref(), kind.identity.as_ref(), &mut findings);
        identity::known(identity.as_ref(), &mut findings);
    }
    findings.0
}

/// ReadDataSource. A host asks only with a configuration that is wholly known.
pub fn of_data_source(
    kind: &Kind,
    request: &proto::read_data_source::Request,
    answer: &proto::read_data_source::Response,
) -> Vec<Broken> {
    let mut findings = Findings::default();
    messages(&answer.diagnostics, &mut findings);
    deferral(
        answer.deferred.as_ref(),
        request.client_capabilities.as_ref(),
        &mut findings,
    );
    let config = kind
        .value(request.config.as_ref())
        .filter(|config| !config.is_null() && config.is_wholly_known());
    if failed(&answer.diagnostics) || config.is_none() {
        return findings.0;
    }
    if answer.deferred.is_some() {
        // Others are planned with it, so it has to be of its type, and may hold unknown values.
        stored::read("state", answer.state.as_ref(), kind.ty(), &mut findings);
    } else {
        as_object(kind, "state", answer.state.as_ref(), &mut findings);
    }
    findings.0
}

/// The events of ListResource. The kind is that of the resource. A host that got as many objects as it asked for hangs up, and
/// takes an end before that for a complete list.
pub fn of_list(
    kind: &Kind,
    request: &proto::list_resource::Request,
    events: &[proto::list_resource::Event],
) -> Vec<Broken> {
    let mut findings = Findings::default();
    let (mut found, mut warned, mut over) = (0, false, false);
    for event in events {
        findings.demand(!over, Rule::Presence, "event", "comes after an error");
        messages(&event.diagnostic, &mut findings);
        over |= failed(&event.diagnostic);
        if event.identity.is_none() {
            let tells = !event.diagnostic.is_empty() || warned;
            findings.demand(tells, Rule::Identity, "identity", "is missing");
            let alone = event.resource_object.is_none();
            findings.demand(alone, Rule::Presence, "resource_object", "belongs to no object");
            warned |= !event.diagnostic.is_empty();
            continue;
        }
        found += 1;
        let identity = identity::read(event.identity.as_ref(), kind.identity.as_ref(), &mut findings);
        identity::known(identity.as_ref(), &mut findings);
        let is_whole = identity.as_ref().and_then(Value::as_object).is_some_and(|identity| {
            // Hosts import by it, and for that every attribute that this provider has in one is required.
            identity.values().all(|value| !value.is_null())
        });
        findings.demand(
            is_whole,
            Rule::Identity,
            "identity",
            "names nothing that can be imported",
        );
        match (request.include_resource_object, &event.resource_object) {
            (true, object) => as_object(kind, "resource_object", object.as_ref(), &mut findings),
            (false, object) => findings.demand(
                object.is_none(),
                Rule::Presence,
                "resource_object",
                "is there though nobody asked for it",
            ),
        }
    }
    findings.demand(
        found <= request.limit.max(0),
        Rule::Presence,
        "event",
        "is one too many",
    );
    findings.0
}

/// GenerateResourceConfig. A host writes down what it gets.
pub fn of_generated(
    kind: &Kind,
    request: &proto::generate_resource_config::Request,
    answer: &proto::generate_resource_config::Response,
) -> Vec<Broken> {
    let mut findings = Findings::default();
    messages(&answer.diagnostics, &mut findings);
    if failed(&answer.diagnostics) || kind.value(request.state.as_ref()).is_none_or(|state| state.is_null()) {
        return findings.0;
    }
    as_object(kind, "config", answer.config.as_ref(), &mut findings);
    if let Some(config) = kind.value(answer.config.as_ref()) {
        for (name, attribute) in &kind.block.attributes {
            let written = config.get(name).is_some_and(|value| !value.is_null());
            findings.demand(attribute.settable || !written, Rule::Plan, name, "cannot be configured");
        }
    }
    findings.0
}

/// A plan in apply after the one that was shown to the user: both answers, and the prior state of both.
pub fn of_second_plan(kind: &Kind, prior: &Value, first: &Planned, second: &Planned) -> Vec<Broken> {
    let mut findings = Findings::default();
    outcome::fulfils(
        &kind.block,
        &first.state,
        &second.state,
        Rule::Completion,
        &mut findings,
    );
    let action = |planned: &Planned| replacement::action(prior, &planned.state, &planned.counting);
    replacement::stays(action(first), action(second), &mut findings);
    findings.0
}

/// What a host takes from a plan.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The planned state.
    pub state: Value,
    /// The paths that count for a replacement.
    pub counting: Vec<Path>,
}
