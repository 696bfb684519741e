//! What a plan says of arguments that the remote system does not answer for, in one wording for all types.

use crate::diag::{Diagnostic, Diagnostics};
use crate::schema::{Attribute, Block};
use crate::value::Value;

/// The warnings about a planned change of an object that exists: arguments that count only at its creation and change all the
/// same, and arguments that are taken over into the state because nobody tells what they are.
pub(super) fn warnings(block: &Block, type_name: &str, prior: &Value, planned: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    if prior.is_null() || planned.is_null() {
        return diagnostics;
    }
    let mut recorded = Vec::new();
    for attribute in &block.attributes {
        match said_of(attribute, part(prior, attribute), part(planned, attribute)) {
            Some(Said::HasNoEffect) => diagnostics.push(has_no_effect(attribute.name, type_name)),
            Some(Said::IsRecorded) => recorded.push(format!("`{}`", attribute.name)),
            None => {}
        }
    }
    if !recorded.is_empty() {
        diagnostics.push(adopted(&recorded, type_name));
    }
    diagnostics
}

/// What is said of one argument.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// It is past its time.
    HasNoEffect,
    /// The state takes it over as it is.
    IsRecorded,
}

fn said_of(attribute: &Attribute, prior: &Value, planned: &Value) -> Option<Said> {
    let rules = &attribute.plan;
    if prior == planned {
        return None;
    }
    match (prior.is_null(), planned.is_null()) {
        // Not known before, as after an import, there is nothing that would have been ignored.
        (true, false) if rules.adopted || rules.create_only => Some(Said::IsRecorded),
        (false, _) if rules.create_only => Some(Said::HasNoEffect),
        _ => None,
    }
}

fn has_no_effect(name: &'static str, type_name: &str) -> Diagnostic {
    Diagnostic::warning(
        "Change Has No Effect",
        format!(
            "`{name}` counts only when a {type_name} is created. The change is recorded in the state and does nothing to the \
             object."
        ),
    )
    .at(name)
}

fn adopted(names: &[String], type_name: &str) -> Diagnostic {
    Diagnostic::warning(
        "Configured Values Adopted",
        format!(
            "The remote API does not tell {} of a {type_name} that exists, so the configured values are recorded in the \
             state as they are. Recording them does nothing to the object.",
            names.join(" and ")
        ),
    )
}

fn part<'v>(value: &'v Value, attribute: &Attribute) -> &'v Value {
    value.get(attribute.name).unwrap_or(&Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Model, Schema};
    use crate::value::Tf;

    #[derive(Clone, Default)]
    struct Toy {
        plain: Tf<String>,
        adopted: Tf<String>,
        create_only: Tf<String>,
    }

    impl Model for Toy {
        fn declare(s: &mut Schema<Self>) {
            s.attr("plain", |m| &mut m.plain).doc("Plain.");
            s.attr("adopted", |m| &mut m.adopted).adopted().doc("Adopted.");
            s.attr("create_only", |m| &mut m.create_only).create_only().doc("Once.");
        }
    }

    #[test]
    fn what_is_said_of_a_change() {
        let (null, a, b) = (Value::Null, Value::string("a"), Value::string("b"));
        for (name, prior, planned, said) in [
            ("plain", &null, &a, None),
            ("plain", &a, &b, None),
            ("adopted", &a, &a, None),
            ("adopted", &null, &a, Some(Said::IsRecorded)),
            ("adopted", &null, &Value::unknown(), Some(Said::IsRecorded)),
            ("adopted", &a, &b, None),
            ("adopted", &a, &null, None),
            ("create_only", &null, &a, Some(Said::IsRecorded)),
            ("create_only", &a, &b, Some(Said::HasNoEffect)),
            ("create_only", &a, &null, Some(Said::HasNoEffect)),
            ("create_only", &a, &a, None),
        ] {
            let attribute = Toy::schema().block().attribute(name).unwrap();
            assert_eq!(
                said_of(attribute, prior, planned),
                said,
                "{name}: {prior:?} to {planned:?}"
            );
        }
    }

    #[test]
    fn what_is_recorded_is_told_once_and_only_of_what_exists() {
        let block = Toy::schema().block();
        let toy = |value: &Value| {
            Value::object([
                ("plain", value.clone()),
                ("adopted", value.clone()),
                ("create_only", value.clone()),
            ])
        };
        let (null, a) = (toy(&Value::Null), toy(&Value::string("a")));
        let told = warnings(block, "toy", &null, &a);
        let [told] = told.iter().collect::<Vec<_>>()[..] else {
            panic!("{told:?}")
        };
        assert!(told.detail.contains("`adopted` and `create_only`"), "{}", told.detail);
        assert!(warnings(block, "toy", &Value::Null, &a).is_empty());
        assert!(warnings(block, "toy", &a, &Value::Null).is_empty());
    }
}
