//! From what `server` answers to protobuf: pure conversions, the other direction of the boundary. Schemas have a module
//! of their own.
//!
//! An answer that cannot be written is a bug in the provider. It becomes a diagnostic beside whatever else the answer
//! says, so [`Encoder`] collects both.

use super::proto::tfplugin6 as proto;
use super::proto::tfplugin6::attribute_path::step::Selector;
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::server::FunctionError;
use crate::server::rpc::DeferredReason;
use crate::value::{Path, Step, Type, Value, msgpack};

/// Writes the values of one answer and keeps what there is to say about them.
pub struct Encoder {
    diagnostics: Diagnostics,
}

impl Encoder {
    /// Starts from the answer's own messages.
    pub fn new(diagnostics: Diagnostics) -> Self {
        Self { diagnostics }
    }

    /// Writes a value, or nothing and an error.
    pub fn value(&mut self, value: &Value, ty: &Type) -> Option<proto::DynamicValue> {
        match msgpack::encode(value, ty) {
            Ok(msgpack) => Some(proto::DynamicValue {
                msgpack,
                json: Vec::new(),
            }),
            Err(error) => {
                self.unwritable(&error.message, error.path);
                None
            }
        }
    }

    /// Writes a value that may be missing.
    pub fn optional_value(&mut self, value: Option<&Value>, ty: &Type) -> Option<proto::DynamicValue> {
        self.value(value?, ty)
    }

    /// Writes as much of a state as can be written.
    ///
    /// What the host gets no state of is lost to it, though it may just have been created and cost money. So where a
    /// part of the state is not what the schema says, that part is left out rather than the whole; and where nothing
    /// can be made of it, the prior state stands.
    pub fn state(&mut self, state: &Value, prior: &Value, ty: &Type) -> Option<proto::DynamicValue> {
        if let encoded @ Some(_) = self.value(state, ty) {
            return encoded;
        }
        let saved = salvaged(state, ty);
        let saved = if saved.is_null() { prior } else { &saved };
        msgpack::encode(saved, ty).ok().map(|msgpack| proto::DynamicValue {
            msgpack,
            json: Vec::new(),
        })
    }

    /// Writes an identity, where there is one.
    pub fn identity(&mut self, identity: Option<&Value>, ty: &Type) -> Option<proto::ResourceIdentityData> {
        let identity_data = self.value(identity?, ty)?;
        Some(proto::ResourceIdentityData {
            identity_data: Some(identity_data),
        })
    }

    /// For an answer that has no place for messages beside a value.
    ///
    /// # Errors
    /// The messages, where there are any.
    pub fn succeeded(self) -> Result<(), Diagnostics> {
        match self.diagnostics.is_empty() {
            true => Ok(()),
            false => Err(self.diagnostics),
        }
    }

    /// The messages of the answer.
    pub fn finish(self) -> Vec<proto::Diagnostic> {
        diagnostics(self.diagnostics)
    }

    fn unwritable(&mut self, message: &str, path: Path) {
        let place = if path.is_root() {
            String::new()
        } else {
            format!(" at {path}")
        };
        let detail = format!(
            "The provider came to a result that does not have the form that its own schema describes{place}: \
             {message}.\n\nThis is a bug in the provider: please report it to its developers.",
        );
        let diagnostic = Diagnostic::error("Provider Produced Invalid Value", detail);
        self.diagnostics.push(if path.is_root() {
            diagnostic
        } else {
            diagnostic.at(path)
        });
    }
}

/// What remains of a value when everything that is not of its type is made null.
fn salvaged(value: &Value, ty: &Type) -> Value {
    if msgpack::encode(value, ty).is_ok() {
        return value.clone();
    }
    match (value, ty) {
        (Value::Object(attributes), Type::Object(types)) => {
            let salvage = |(name, ty): (&String, &Type)| {
                let value = attributes.get(name).map_or(Value::Null, |value| salvaged(value, ty));
                (name.clone(), value)
            };
            Value::Object(types.iter().map(salvage).collect())
        }
        _ => Value::Null,
    }
}

/// Writes messages for the user.
pub fn diagnostics(diagnostics: impl IntoIterator<Item = Diagnostic>) -> Vec<proto::Diagnostic> {
    diagnostics.into_iter().map(diagnostic).collect()
}

/// Writes why a call of a function came to nothing.
pub fn function_error(error: FunctionError) -> proto::FunctionError {
    proto::FunctionError {
        text: error.text,
        function_argument: error.argument.and_then(|argument| i64::try_from(argument).ok()),
    }
}

/// Writes messages as the one error that a call of a function can tell.
pub fn function_error_of(diagnostics: Diagnostics) -> proto::FunctionError {
    let texts: Vec<_> = diagnostics
        .into_iter()
        .map(|diagnostic| format!("{}: {}", diagnostic.summary, diagnostic.detail))
        .collect();
    proto::FunctionError {
        text: texts.join("\n\n"),
        function_argument: None,
    }
}

fn diagnostic(diagnostic: Diagnostic) -> proto::Diagnostic {
    let severity = match diagnostic.severity {
        Severity::Error => proto::diagnostic::Severity::Error,
        Severity::Warning => proto::diagnostic::Severity::Warning,
    };
    proto::Diagnostic {
        severity: severity.into(),
        summary: diagnostic.summary,
        detail: diagnostic.detail,
        attribute: diagnostic.path.as_ref().filter(|path| !path.is_root()).map(path),
    }
}

/// Writes a path. Elements of sets have no place in one, so there it ends at the set.
pub fn path(path: &Path) -> proto::AttributePath {
    let steps = path.steps().iter().map_while(|step| {
        let selector = match step {
            Step::Attribute(name) => Selector::AttributeName(name.clone()),
            Step::Key(key) => Selector::ElementKeyString(key.clone()),
            Step::Index(index) => Selector::ElementKeyInt(*index),
            Step::Element(_) => return None,
        };
        Some(proto::attribute_path::Step {
            selector: Some(selector),
        })
    });
    proto::AttributePath { steps: steps.collect() }
}

/// Writes why an answer has to wait.
pub fn deferred(reason: Option<DeferredReason>) -> Option<proto::Deferred> {
    use proto::deferred::Reason;
    let reason = match reason? {
        DeferredReason::ResourceConfigUnknown => Reason::ResourceConfigUnknown,
        DeferredReason::ProviderConfigUnknown => Reason::ProviderConfigUnknown,
        DeferredReason::AbsentPrereq => Reason::AbsentPrereq,
    };
    Some(proto::Deferred { reason: reason.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty() -> Type {
        let inner = Type::Object([("a".to_owned(), Type::String), ("b".to_owned(), Type::Bool)].into());
        Type::Object([("id".to_owned(), Type::String), ("inner".to_owned(), inner)].into())
    }

    fn decoded(value: Option<proto::DynamicValue>) -> Value {
        msgpack::decode(&value.unwrap().msgpack, &ty()).unwrap()
    }

    #[test]
    fn a_proper_state_is_written_as_it_is() {
        let state = Value::object([("id", Value::from("m1")), ("inner", Value::Null)]);
        let mut encoder = Encoder::new(Diagnostics::new());
        assert_eq!(decoded(encoder.state(&state, &Value::Null, &ty())), state);
        assert!(encoder.finish().is_empty());
    }

    #[test]
    fn what_can_be_written_of_a_broken_state_is_kept() {
        let inner = Value::object([("a", Value::from(1)), ("b", Value::from(true))]);
        let state = Value::object([("id", Value::from("m1")), ("inner", inner), ("surplus", Value::Null)]);
        let mut encoder = Encoder::new(Diagnostics::new());
        let inner = Value::object([("a", Value::Null), ("b", Value::from(true))]);
        let kept = Value::object([("id", Value::from("m1")), ("inner", inner)]);
        assert_eq!(decoded(encoder.state(&state, &Value::Null, &ty())), kept);
        let messages = encoder.finish();
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].severity, i32::from(proto::diagnostic::Severity::Error));
    }

    #[test]
    fn the_prior_state_stands_where_nothing_can_be_kept() {
        let prior = Value::object([("id", Value::from("m1")), ("inner", Value::Null)]);
        let mut encoder = Encoder::new(Diagnostics::new());
        assert_eq!(decoded(encoder.state(&Value::from("what?"), &prior, &ty())), prior);
        assert_eq!(encoder.finish().len(), 1);
    }

    #[test]
    fn an_unwritable_value_is_an_error_beside_the_others() {
        let mut encoder = Encoder::new(Diagnostic::warning("Slow", "It took long.").into());
        assert_eq!(encoder.value(&Value::from(true), &ty()), None);
        let told = encoder.finish();
        let told: Vec<_> = told.iter().map(|d| (d.severity, d.summary.as_str())).collect();
        assert_eq!(told, [(2, "Slow"), (1, "Provider Produced Invalid Value")]);
    }

    #[test]
    fn an_identity_is_sent_where_there_is_one() {
        let identity = Value::object([("id", Value::from("m1")), ("inner", Value::Null)]);
        let mut encoder = Encoder::new(Diagnostics::new());
        assert_eq!(encoder.identity(None, &ty()), None);
        assert!(encoder.identity(Some(&identity), &ty()).is_some());
    }

    #[test]
    fn a_path_ends_before_the_element_of_a_set() {
        let long = Path::attribute("a")
            .index(1)
            .attr("b")
            .key("k")
            .element(Value::Null)
            .attr("c");
        let selectors: Vec<_> = path(&long).steps.into_iter().filter_map(|step| step.selector).collect();
        let expected = [
            Selector::AttributeName("a".to_owned()),
            Selector::ElementKeyInt(1),
            Selector::AttributeName("b".to_owned()),
            Selector::ElementKeyString("k".to_owned()),
        ];
        assert_eq!(selectors, expected);
    }

    #[test]
    fn diagnostics_keep_their_words_and_a_root_path_is_none() {
        let sent = diagnostics([
            Diagnostic::error("Title", "Detail.").at(Path::root()),
            Diagnostic::warning("Title", "Detail.").at("name"),
        ]);
        assert_eq!((sent[0].severity, &sent[0].attribute), (1, &None));
        assert_eq!(
            (
                sent[1].severity,
                sent[1].attribute.as_ref().map(|path| path.steps.len())
            ),
            (2, Some(1))
        );
        assert_eq!(
            (sent[0].summary.as_str(), sent[0].detail.as_str()),
            ("Title", "Detail.")
        );
    }

    #[test]
    fn every_reason_has_a_number_of_its_own() {
        let reasons = [
            DeferredReason::ResourceConfigUnknown,
            DeferredReason::ProviderConfigUnknown,
            DeferredReason::AbsentPrereq,
        ];
        let numbers: Vec<_> = reasons
            .into_iter()
            .filter_map(|reason| deferred(Some(reason)))
            .map(|d| d.reason)
            .collect();
        assert_eq!(numbers, [1, 2, 3]);
        assert_eq!(deferred(None), None);
    }
}
