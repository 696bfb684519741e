//! Which object a plan leads to: the same, a changed one or another one.

use terraform_provider_paperspace::value::{Path, Step, Value};
use terraform_provider_paperspace::wire::proto::tfplugin6::attribute_path::step::Selector;
use terraform_provider_paperspace::wire::proto::tfplugin6::{AttributePath, attribute_path};

use super::schema::{Attribute, Block, Holds};
use super::{Findings, Rule, samples};

/// What a host does about a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A new object is made.
    Create,
    /// Nothing.
    NoOp,
    /// The object is changed.
    Update,
    /// The object is destroyed and another one is made.
    Replace,
    /// The object is destroyed.
    Delete,
}

/// What a plan comes to, given the paths that count for a replacement.
pub fn action(prior: &Value, planned: &Value, counting: &[Path]) -> Action {
    match (prior.is_null(), planned.is_null()) {
        (true, true) => Action::NoOp,
        (true, false) => Action::Create,
        (false, true) => Action::Delete,
        (false, false) if !counting.is_empty() => Action::Replace,
        (false, false) if prior == planned => Action::NoOp,
        (false, false) => Action::Update,
    }
}

/// Whether a plan in apply may do what it does, given the action of the plan before it.
pub fn stays(first: Action, second: Action, findings: &mut Findings) {
    let fits = first == second || (first, second) == (Action::Update, Action::NoOp);
    findings.demand(
        fits,
        Rule::Action,
        "action",
        &format!("was {first:?} and became {second:?}"),
    );
}

/// The paths that count: those whose values differ or are not known yet. What is write-only always counts, since nobody
/// can compare it. Each has to lead somewhere, before or after.
pub fn counting(
    block: &Block,
    prior: &Value,
    planned: &Value,
    paths: &[AttributePath],
    findings: &mut Findings,
) -> Vec<Path> {
    if prior.is_null() {
        return Vec::new();
    }
    let mut counting = Vec::new();
    for path in paths.iter().map(read) {
        let (before, after) = (follow(prior, &path), follow(planned, &path));
        if before.is_none() && after.is_none() {
            findings.add(Rule::Replacement, &path, "leads nowhere, neither before nor after");
            continue;
        }
        let differs = before != after || after.as_ref().is_some_and(|value| !value.is_wholly_known());
        if differs || is_write_only(block, &path) {
            counting.push(path);
        }
    }
    counting
}

fn read(path: &AttributePath) -> Path {
    let step = |selector: &Selector| match selector {
        Selector::AttributeName(name) => Step::Attribute(name.clone()),
        Selector::ElementKeyString(key) => Step::Key(key.clone()),
        Selector::ElementKeyInt(index) => Step::Index(*index),
    };
    Path::from_steps(
        path.steps
            .iter()
            .filter_map(|step| step.selector.as_ref())
            .map(step)
            .collect(),
    )
}

/// What a path leads to. What is within something unknown is unknown.
fn follow(value: &Value, path: &Path) -> Option<Value> {
    let mut steps = path.steps().to_vec();
    loop {
        match value.at(&Path::from_steps(steps.clone())) {
            Some(found) if steps.len() == path.steps().len() => return Some(found.clone()),
            Some(found) => return found.is_unknown().then(Value::unknown),
            None => steps.pop()?,
        };
    }
}

fn is_write_only(block: &Block, path: &Path) -> bool {
    let mut names = path.steps().iter().filter_map(|step| match step {
        Step::Attribute(name) => Some(name),
        _ => None,
    });
    let mut block = block;
    let mut attribute = loop {
        let Some(name) = names.next() else { return false };
        match (block.attributes.get(name), block.blocks.get(name)) {
            (Some(attribute), _) => break attribute,
            (None, Some(nested)) => block = &nested.block,
            (None, None) => return false,
        }
    };
    for name in names {
        let inner: Option<&Attribute> = match &attribute.holds {
            Holds::Objects(_, attributes) => attributes.get(name),
            Holds::Value(_) => None,
        };
        let Some(inner) = inner else { return false };
        attribute = inner;
    }
    attribute.write_only
}

#[test]
fn paths_count_where_something_differs_and_have_to_lead_somewhere() {
    let (name, key, index) = (
        |name: &str| Selector::AttributeName(name.to_owned()),
        |key: &str| Selector::ElementKeyString(key.to_owned()),
        Selector::ElementKeyInt,
    );
    let changed = (r#"{"required": "a"}"#, r#"{"required": "b"}"#);
    let cases = [
        (changed, vec![name("required")], 1, ""),
        (changed, vec![name("optional")], 0, ""),
        (("{}", r#"{"computed": "?"}"#), vec![name("computed")], 1, ""),
        (changed, vec![name("secret")], 1, ""),
        (
            (r#"{"one": {}}"#, r#"{"one": {}}"#),
            vec![name("one"), name("secret")],
            1,
            "",
        ),
        (
            (r#"{"single": {}}"#, r#"{"single": {}}"#),
            vec![name("single"), name("secret")],
            1,
            "",
        ),
        (
            (r#"{"single": {}}"#, r#"{"single": {}}"#),
            vec![name("single"), name("inner")],
            0,
            "",
        ),
        (
            (r#"{"list": []}"#, r#"{"list": [{"inner": "a"}]}"#),
            vec![name("list"), index(0), name("inner")],
            1,
            "",
        ),
        (
            (r#"{"tags": {"k": "a"}}"#, r#"{"tags": {"k": "b"}}"#),
            vec![name("tags"), key("k")],
            1,
            "",
        ),
        (
            (r#"{"one": {"inner": "a"}}"#, r#"{"one": "?"}"#),
            vec![name("one"), name("inner")],
            1,
            "",
        ),
        (changed, vec![name("nothing")], 0, "`nothing` leads nowhere"),
        (
            (r#"{"list": []}"#, r#"{"list": [{}]}"#),
            vec![name("list"), index(1)],
            0,
            "`list[1]` leads nowhere",
        ),
        (
            changed,
            vec![name("required"), name("inner")],
            0,
            "`required.inner` leads nowhere",
        ),
        // A new object has nothing to replace.
        (("null", r#"{"required": "b"}"#), vec![name("nothing")], 0, ""),
    ];
    for ((prior, planned), steps, expected, broken) in cases {
        let step = |selector| attribute_path::Step {
            selector: Some(selector),
        };
        let path = AttributePath {
            steps: steps.into_iter().map(step).collect(),
        };
        let (before, after) = (samples::object(prior), samples::object(planned));
        let mut findings = Findings::default();
        let found = counting(&samples::block(), &before, &after, &[path], &mut findings);
        assert_eq!(found.len(), expected, "{prior} -> {planned}: {found:?}");
        samples::assert_broken(&findings, Rule::Replacement, broken, &format!("{prior} -> {planned}"));
    }
}

#[test]
fn a_plan_in_apply_does_what_was_planned_or_nothing() {
    let (a, b) = (
        samples::object(r#"{"required": "a"}"#),
        samples::object(r#"{"required": "b"}"#),
    );
    let path = [Path::attribute("required")];
    for (prior, planned, paths, expected) in [
        (&Value::Null, &a, &[][..], Action::Create),
        (&a, &a, &[], Action::NoOp),
        (&a, &b, &[], Action::Update),
        (&a, &b, &path, Action::Replace),
        (&a, &Value::Null, &[], Action::Delete),
        (&Value::Null, &Value::Null, &[], Action::NoOp),
    ] {
        assert_eq!(action(prior, planned, paths), expected);
    }

    for (first, second, fits) in [
        (Action::Create, Action::Create, true),
        (Action::Update, Action::Update, true),
        (Action::Update, Action::NoOp, true),
        (Action::Update, Action::Replace, false),
        (Action::Replace, Action::Update, false),
        (Action::NoOp, Action::Update, false),
    ] {
        let mut findings = Findings::default();
        stays(first, second, &mut findings);
        let expected = if fits { "" } else { "`action` was" };
        samples::assert_broken(&findings, Rule::Action, expected, &format!("{first:?} -> {second:?}"));
    }
}
