//! What an identity may be: known once there is an object, and the same for ever.
//!
//! Terraform itself does not compare identities. Providers made with HashiCorp's framework do, and users of newer hosts
//! rely on it.

use terraform_provider_paperspace::value::{Path, Type, Value};
use terraform_provider_paperspace::wire::proto::tfplugin6::ResourceIdentityData;

use super::{Findings, Rule, part, samples, stored};

/// Reads an identity; `None` where there is none, or where it cannot be read.
pub fn read(data: Option<&ResourceIdentityData>, ty: Option<&Type>, findings: &mut Findings) -> Option<Value> {
    let data = data?;
    let Some(ty) = ty else {
        findings.add(
            Rule::Identity,
            "identity",
            "is answered for a type that has no identities",
        );
        return None;
    };
    let identity = stored::read("identity", data.identity_data.as_ref(), ty, findings)?;
    (!identity.is_null()).then_some(identity)
}

/// It is wholly known.
pub fn known(identity: Option<&Value>, findings: &mut Findings) {
    let known = identity.is_none_or(Value::is_wholly_known);
    findings.demand(known, Rule::Identity, "identity", "is not wholly known");
}

/// It is there.
pub fn there(identity: Option<&Value>, ty: Option<&Type>, findings: &mut Findings) {
    let there = ty.is_none() || identity.is_some();
    findings.demand(there, Rule::Identity, "identity", "is missing");
}

/// What was set in it before is as it was. What was not may have been filled in.
pub fn kept(before: Option<&Value>, after: Option<&Value>, findings: &mut Findings) {
    let (Some(Value::Object(before)), Some(after)) = (before, after) else {
        return;
    };
    for (name, before) in before {
        let after = part(after, name);
        let settled = !before.is_null() && before.is_wholly_known();
        let path = Path::attribute("identity").attr(name.clone());
        findings.demand(
            !settled || before == after,
            Rule::Identity,
            path,
            &format!("was {before:?} and is {after:?}"),
        );
    }
}

#[test]
fn what_is_set_in_an_identity_stays() {
    let identity = |id: Option<&str>, region: Option<&str>| {
        let text = |text: Option<&str>| text.map_or(Value::Null, Value::from);
        Value::object([("id", text(id)), ("region", text(region))])
    };
    let unknown = Value::object([("id", Value::unknown()), ("region", Value::Null)]);
    let cases = [
        (None, Some(identity(Some("a"), None)), ""),
        (Some(identity(Some("a"), None)), Some(identity(Some("a"), None)), ""),
        (
            Some(identity(Some("a"), None)),
            Some(identity(Some("a"), Some("ny2"))),
            "",
        ),
        (Some(unknown), Some(identity(Some("a"), None)), ""),
        (Some(identity(Some("a"), None)), None, ""),
        (
            Some(identity(Some("a"), None)),
            Some(identity(Some("b"), None)),
            "`identity.id` was",
        ),
        (
            Some(identity(Some("a"), None)),
            Some(identity(None, None)),
            "`identity.id` was",
        ),
    ];
    for (before, after, expected) in cases {
        let mut findings = Findings::default();
        kept(before.as_ref(), after.as_ref(), &mut findings);
        samples::assert_broken(&findings, Rule::Identity, expected, &format!("{before:?} -> {after:?}"));
    }
}
