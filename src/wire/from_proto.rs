//! From protobuf to what `server` understands: pure conversions, one direction of the boundary.
//!
//! A value that cannot be read becomes a diagnostic at the attribute's path, never a gRPC status: the host would show
//! that as an unexplained failure of the plugin.

use super::proto::tfplugin6 as proto;
use crate::diag::Diagnostic;
use crate::server::rpc::{ClientCapabilities, RawState};
use crate::value::{Cause, DecodeError, Type, Value, json, msgpack};

/// Reads a value of the given type. `what` names it in an error, with its article.
///
/// A value that is left out, or that has neither form, is null.
pub fn value(value: Option<proto::DynamicValue>, ty: &Type, what: &str) -> Result<Value, Diagnostic> {
    let Some(value) = value else { return Ok(Value::Null) };
    let decoded = if !value.msgpack.is_empty() {
        msgpack::decode(&value.msgpack, ty)
    } else if !value.json.is_empty() {
        json::decode(&value.json, ty)
    } else {
        Ok(Value::Null)
    };
    decoded.map_err(|error| unreadable(error, what))
}

/// Reads an identity. A null one is none.
pub fn identity(
    identity: Option<proto::ResourceIdentityData>,
    ty: &Type,
    what: &str,
) -> Result<Option<Value>, Diagnostic> {
    let Some(identity) = identity else {
        return Ok(None);
    };
    let identity = value(identity.identity_data, ty, what)?;
    Ok(if identity.is_null() { None } else { Some(identity) })
}

/// What the host can do.
pub fn client(capabilities: Option<proto::ClientCapabilities>) -> ClientCapabilities {
    let capabilities = capabilities.unwrap_or_default();
    ClientCapabilities {
        deferral_allowed: capabilities.deferral_allowed,
        write_only_attributes_allowed: capabilities.write_only_attributes_allowed,
        store_planned_private: capabilities.store_planned_private,
    }
}

/// State or identity as it was stored. What is left out is empty.
pub fn raw(raw: Option<proto::RawState>) -> RawState {
    let raw = raw.unwrap_or_default();
    RawState {
        json: raw.json,
        flatmap: raw.flatmap,
    }
}

fn unreadable(error: DecodeError, what: &str) -> Diagnostic {
    let DecodeError { path, message, cause } = error;
    let place = if path.is_root() {
        String::new()
    } else {
        format!(" at {path}")
    };
    let diagnostic = match cause {
        Cause::Number => Diagnostic::error(
            "Number Out of Range",
            format!(
                "{what} has a value{place} that no argument can have: {message}.\n\nNothing was changed. Correct the \
                 expression in the configuration that comes to it; a division by zero, for instance, is infinite."
            ),
        ),
        Cause::Form => Diagnostic::error(
            "Unreadable Value",
            format!(
                "{what} that was sent to the provider does not have the form that the provider's schema \
                 describes{place}: {message}.\n\nThe configuration is not at fault, and nothing was changed. The calling \
                 program and the provider disagree about the schema, which is a bug in one of them: please report it to \
                 the provider's developers."
            ),
        ),
    };
    if path.is_root() {
        diagnostic
    } else {
        diagnostic.at(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Path;

    fn name_type() -> Type {
        Type::Object([("name".to_owned(), Type::String)].into())
    }

    fn msgpack_of(bytes: &[u8]) -> Option<proto::DynamicValue> {
        Some(proto::DynamicValue {
            msgpack: bytes.to_vec(),
            json: Vec::new(),
        })
    }

    #[test]
    fn a_missing_or_empty_value_is_null() {
        assert!(value(None, &name_type(), "The state").unwrap().is_null());
        assert!(
            value(Some(proto::DynamicValue::default()), &name_type(), "The state")
                .unwrap()
                .is_null()
        );
    }

    #[test]
    fn both_forms_are_read_and_msgpack_wins() {
        let ann = Value::object([("name", Value::from("ann"))]);
        let json = Some(proto::DynamicValue {
            json: br#"{"name":"ann"}"#.to_vec(),
            ..Default::default()
        });
        assert_eq!(value(json, &name_type(), "The state").unwrap(), ann);
        let both = proto::DynamicValue {
            msgpack: msgpack::encode(&ann, &name_type()).unwrap(),
            json: b"nonsense".to_vec(),
        };
        assert_eq!(value(Some(both), &name_type(), "The state").unwrap(), ann);
    }

    #[test]
    fn an_unreadable_value_is_a_diagnostic_at_its_path() {
        // {"name": true}
        let error = value(msgpack_of(b"\x81\xa4name\xc3"), &name_type(), "The prior state").unwrap_err();
        assert_eq!(error.path, Some(Path::attribute("name")));
        assert!(
            error
                .detail
                .starts_with("The prior state that was sent to the provider"),
            "{}",
            error.detail
        );
        assert!(error.detail.contains(" at name: "), "{}", error.detail);
        let error = value(msgpack_of(b"\xc1"), &name_type(), "The prior state").unwrap_err();
        assert_eq!(error.path, None);
    }

    #[test]
    fn a_number_that_nothing_can_hold_is_the_configurations_fault() {
        let ty = Type::Object([("disk_size".to_owned(), Type::Number)].into());
        // {"disk_size": +Inf}, {"disk_size": -Inf} and {"disk_size": 1e5000}
        let infinity = |float: f64| [&b"\x81\xa9disk_size\xcb"[..], &float.to_be_bytes()].concat();
        let long = [&b"\x81\xa9disk_size\xda\x13\x89"[..], b"1", &[b'0'; 5000]].concat();
        for bytes in [infinity(f64::INFINITY), infinity(f64::NEG_INFINITY), long] {
            let error = value(msgpack_of(&bytes), &ty, "The resource block").unwrap_err();
            assert_eq!(error.summary, "Number Out of Range");
            assert_eq!(error.path, Some(Path::attribute("disk_size")));
            assert!(
                error
                    .detail
                    .starts_with("The resource block has a value at disk_size that no argument can have: "),
                "{}",
                error.detail
            );
            assert!(
                error.detail.contains("Correct the expression in the configuration"),
                "{}",
                error.detail
            );
        }
    }

    #[test]
    fn an_identity_needs_a_value() {
        let data = |identity_data| Some(proto::ResourceIdentityData { identity_data });
        assert_eq!(identity(None, &name_type(), "The identity"), Ok(None));
        assert_eq!(identity(data(None), &name_type(), "The identity"), Ok(None));
        assert_eq!(
            identity(data(msgpack_of(b"\xc0")), &name_type(), "The identity"),
            Ok(None)
        );
        let ann = Value::object([("name", Value::from("ann"))]);
        let sent = data(msgpack_of(b"\x81\xa4name\xa3ann"));
        assert_eq!(identity(sent, &name_type(), "The identity"), Ok(Some(ann)));
        assert!(identity(data(msgpack_of(b"\xc1")), &name_type(), "The identity").is_err());
    }
}
