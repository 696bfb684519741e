//! The rules of identities, over values.
//!
//! An identity stands for an object for ever. Its schema stays at version 0; an attribute that is added later is null in
//! what was stored before, so two identities are compared only in what was not null.

use super::rpc::{RawState, UpgradedIdentity};
use crate::diag::{Diagnostic, Diagnostics};
use crate::value::{Type, Value, json};

/// The identity to store after an operation. Another identity is another object: then nothing is taken over.
pub(super) fn kept(
    type_name: &str,
    now: Option<Value>,
    stored: Option<Value>,
    diagnostics: &mut Diagnostics,
) -> Option<Value> {
    if let (Some(now), Some(stored)) = (&now, &stored)
        && !agree(stored, now)
    {
        diagnostics.push(Diagnostic::error(
            "Identity Changed",
            format!(
                "The identity of this {type_name} is no longer the one that is stored with it. The remote API answered about \
                 another object, or the state was edited by hand. Nothing was changed."
            ),
        ));
        return Some(stored.clone());
    }
    now.or(stored)
}

/// Whether two identities are of one object, as far as the first one tells.
fn agree(stored: &Value, now: &Value) -> bool {
    match (stored, now) {
        (Value::Object(stored), Value::Object(now)) => stored
            .iter()
            .all(|(name, value)| value.is_null() || value.is_unknown() || now.get(name) == Some(value)),
        // An identity that is null or not known says nothing.
        _ => true,
    }
}

/// A stored identity in today's shape. Where none was stored there is none.
pub(super) fn upgrade(type_name: &str, ty: &Type, raw: &RawState) -> UpgradedIdentity {
    if raw.json.is_empty() {
        return UpgradedIdentity::default();
    }
    match json::decode_state(&raw.json, ty) {
        Ok(identity) => UpgradedIdentity {
            identity: Some(identity),
            diagnostics: Diagnostics::new(),
        },
        Err(error) => UpgradedIdentity {
            identity: None,
            diagnostics: Diagnostic::error(
                "Identity Cannot Be Read",
                format!("The stored identity of this {type_name} does not have the expected shape: {error}."),
            )
            .into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(id: Value, region: Value) -> Value {
        Value::object([("id", id), ("region", region)])
    }

    #[test]
    fn identities_are_compared_in_what_was_not_null() {
        let ps1 = || Value::string("ps1");
        let stored = identity(ps1(), Value::Null);
        for (now, agrees) in [
            (identity(ps1(), Value::Null), true),
            (identity(ps1(), Value::string("ny2")), true),
            (identity(Value::string("ps2"), Value::Null), false),
            (identity(Value::Null, Value::string("ny2")), false),
        ] {
            assert_eq!(agree(&stored, &now), agrees, "{now:?}");
        }
        let unknown = identity(Value::unknown(), Value::Null);
        assert!(agree(&unknown, &stored) && agree(&Value::Null, &stored));
    }

    #[test]
    fn another_object_is_not_taken_for_the_stored_one() {
        let stored = identity(Value::string("ps1"), Value::Null);
        let other = identity(Value::string("ps2"), Value::Null);
        let mut diagnostics = Diagnostics::new();
        let answer = kept("toy_thing", Some(other), Some(stored.clone()), &mut diagnostics);
        assert_eq!(answer, Some(stored.clone()));
        assert!(diagnostics.has_errors());

        let mut diagnostics = Diagnostics::new();
        assert_eq!(
            kept("toy_thing", None, Some(stored.clone()), &mut diagnostics),
            Some(stored.clone())
        );
        assert_eq!(
            kept("toy_thing", Some(stored.clone()), None, &mut diagnostics),
            Some(stored)
        );
        assert!(diagnostics.is_empty());
    }

    #[test]
    fn an_identity_that_was_never_stored_is_none() {
        let ty = identity(Value::Null, Value::Null);
        let ty = match ty {
            Value::Object(names) => Type::Object(names.into_keys().map(|name| (name, Type::String)).collect()),
            _ => unreachable!("an identity is an object"),
        };
        assert!(upgrade("toy_thing", &ty, &RawState::default()).identity.is_none());
        let raw = |json: &str| RawState {
            json: json.as_bytes().to_vec(),
            ..RawState::default()
        };
        // An attribute that did not exist when the identity was stored is null.
        let upgraded = upgrade("toy_thing", &ty, &raw(r#"{"id":"ps1"}"#));
        assert_eq!(upgraded.identity, Some(identity(Value::string("ps1"), Value::Null)));
        let refused = upgrade("toy_thing", &ty, &raw("[]")).diagnostics;
        let titles: Vec<_> = refused.iter().map(|refused| refused.summary.as_str()).collect();
        assert_eq!(titles, ["Identity Cannot Be Read"]);
    }
}
