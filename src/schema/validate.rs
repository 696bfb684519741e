//! Validation of a configuration against its schema, without the remote API.
//!
//! Terraform itself checks types, and that what is required stands there, before it asks. What no host checks is done here
//! for every kind of block: that a required value is not null, and that nothing is set that only the provider can tell. Then
//! come the attributes' own rules.
//! A value that is still unknown satisfies every rule: the same validation runs again with known values before each
//! plan and apply.

use super::{Attribute, AttributeKind, Block, BlockNesting, Check, Mode, Nesting};
use crate::diag::{Diagnostic, Diagnostics};
use crate::value::{Path, Value};

/// Tests every rule of a block and of all that is nested in it.
pub fn validate(block: &Block, config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    block_body(block, config, &Path::root(), &mut diagnostics);
    diagnostics
}

/// An error at each write-only attribute that is set, for a caller that would store its value.
pub fn refuse_write_only(block: &Block, config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    write_only_in(&block.attributes, config, &Path::root(), &mut diagnostics);
    diagnostics
}

fn write_only_in(attributes: &[Attribute], config: &Value, path: &Path, diagnostics: &mut Diagnostics) {
    for attribute in attributes {
        let Some(value) = config.get(attribute.name).filter(|value| !value.is_null()) else {
            continue;
        };
        let path = path.clone().attr(attribute.name);
        if attribute.write_only {
            let detail = format!(
                "`{path}` is write-only: its value reaches the provider and is stored nowhere. This needs Terraform 1.11, \
                 OpenTofu 1.11 or later. Update, or remove the argument."
            );
            diagnostics.push(Diagnostic::error("Write-Only Argument Not Supported", detail).at(path));
            continue;
        }
        match &attribute.kind {
            AttributeKind::Value(_) => {}
            AttributeKind::Nested(Nesting::Single, attributes) => write_only_in(attributes, value, &path, diagnostics),
            AttributeKind::Nested(_, attributes) => {
                for (path, value) in elements(value, &path) {
                    write_only_in(attributes, value, &path, diagnostics);
                }
            }
        }
    }
}

fn block_body(block: &Block, config: &Value, path: &Path, diagnostics: &mut Diagnostics) {
    object(&block.attributes, config, path, diagnostics);
    for nested in &block.blocks {
        let Some(value) = config.get(nested.name) else { continue };
        let path = path.clone().attr(nested.name);
        match nested.nesting {
            BlockNesting::Single | BlockNesting::Group => block_body(&nested.block, value, &path, diagnostics),
            BlockNesting::List | BlockNesting::Set | BlockNesting::Map => {
                for (path, value) in elements(value, &path) {
                    block_body(&nested.block, value, &path, diagnostics);
                }
            }
        }
    }
}

fn object(attributes: &[Attribute], config: &Value, path: &Path, diagnostics: &mut Diagnostics) {
    if config.as_object().is_none() {
        return;
    }
    for attribute in attributes {
        let value = config.get(attribute.name).unwrap_or(&Value::Null);
        let path = path.clone().attr(attribute.name);
        // No host refuses these two.
        match (attribute.mode, value.is_null()) {
            (Mode::Required, true) => {
                diagnostics.push(missing(&path));
                continue;
            }
            (Mode::Computed, false) => {
                diagnostics.push(read_only(&path));
                continue;
            }
            (_, true) => continue,
            (_, false) => {}
        }
        for check in &attribute.checks {
            if let Some(diagnostic) = test(*check, attribute, value, config, &path) {
                diagnostics.push(diagnostic);
            }
        }
        if let Some(message) = &attribute.deprecation {
            diagnostics.push(
                Diagnostic::warning("Deprecated Argument", format!("`{path}` is deprecated. {message}"))
                    .at(path.clone()),
            );
        }
        match &attribute.kind {
            AttributeKind::Value(_) => {}
            AttributeKind::Nested(Nesting::Single, attributes) => object(attributes, value, &path, diagnostics),
            AttributeKind::Nested(_, attributes) => {
                for (path, value) in elements(value, &path) {
                    object(attributes, value, &path, diagnostics);
                }
            }
        }
    }
}

fn missing(path: &Path) -> Diagnostic {
    Diagnostic::error(
        "Missing Required Argument",
        format!(
            "`{path}` is required, but its value is null. Give it a value; where it comes from a variable, give that one a \
             value or a default."
        ),
    )
    .at(path.clone())
}

fn read_only(path: &Path) -> Diagnostic {
    Diagnostic::error(
        "Read-Only Attribute Is Set",
        format!(
            "`{path}` is what the provider tells about the object, and cannot be set. Remove it; what `terraform state show` \
             prints holds such values besides the arguments."
        ),
    )
    .at(path.clone())
}

fn test(check: Check, attribute: &Attribute, value: &Value, siblings: &Value, path: &Path) -> Option<Diagnostic> {
    let sibling = |name: &str| siblings.get(name).unwrap_or(&Value::Null);
    match check {
        Check::ConflictsWith(other) => {
            let other_value = sibling(other);
            let both = !value.is_unknown() && !other_value.is_null() && !other_value.is_unknown();
            both.then(|| {
                let detail = format!(
                    "`{}` and `{other}` cannot both be set. Remove one of them.",
                    attribute.name
                );
                Diagnostic::error("Conflicting Arguments", detail).at(path.clone())
            })
        }
        Check::Needs(other) => {
            let alone = !value.is_unknown() && sibling(other).is_null();
            alone.then(|| {
                let name = attribute.name;
                let detail = format!("`{name}` goes with `{other}`. Set `{other}` as well, or remove `{name}`.");
                Diagnostic::error("Missing Argument", detail).at(path.clone())
            })
        }
        Check::NeedsTrue(other) => {
            // False says no more than leaving the argument out, so it is let through.
            let asks = !value.is_unknown() && value.as_bool() != Some(false);
            let missing = matches!(sibling(other), Value::Null | Value::Bool(false));
            (asks && missing).then(|| {
                let name = attribute.name;
                let detail = format!(
                    "`{name}` has an effect only where `{other} = true`. Set `{other} = true`, or remove `{name}`."
                );
                Diagnostic::error("Missing Argument", detail).at(path.clone())
            })
        }
        check => check.test(value).err().map(|clause| {
            let shown = if attribute.sensitive {
                clause_without_value(&clause)
            } else {
                &clause
            };
            Diagnostic::error("Invalid Value", format!("`{path}` {shown}.")).at(path.clone())
        }),
    }
}

/// What is wrong, without the value itself: every clause names it last.
fn clause_without_value(clause: &str) -> &str {
    clause.split(", but is ").next().unwrap_or(clause)
}

fn elements<'v>(value: &'v Value, path: &Path) -> Vec<(Path, &'v Value)> {
    match value {
        Value::List(elements) | Value::Tuple(elements) => elements
            .iter()
            .zip(0..)
            .map(|(element, index)| (path.clone().index(index), element))
            .collect(),
        Value::Set(elements) => elements
            .iter()
            .map(|element| (path.clone().element(element.clone()), element))
            .collect(),
        Value::Map(elements) => elements
            .iter()
            .map(|(key, element)| (path.clone().key(key.clone()), element))
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Model, Schema};
    use crate::value::Tf;

    #[derive(Clone, Default)]
    struct Toy {
        old: Tf<String>,
        size: Tf<i64>,
    }

    impl Model for Toy {
        fn declare(s: &mut Schema<Self>) {
            s.attr("old", |m| &mut m.old)
                .deprecated("Use `size`.")
                .doc("The old way.");
            s.attr("size", |m| &mut m.size).doc("The size.");
        }
    }

    #[test]
    fn what_should_no_longer_be_used_is_told_and_what_does_not_fit_its_field_is_refused() {
        let config = Value::object([("old", Value::string("x")), ("size", Value::Null)]);
        let told: Vec<_> = validate(Toy::schema().block(), &config).into_iter().collect();
        let [told] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((told.summary.as_str(), told.is_error()), ("Deprecated Argument", false));
        assert!(told.detail.ends_with("Use `size`."), "{told:?}");
        let odd = Value::object([("old", Value::Null), ("size", Value::string("large"))]);
        let refused = Toy::schema().decode(&odd).map(drop).unwrap_err();
        let refused: Vec<_> = refused
            .iter()
            .map(|refused| (refused.summary.as_str(), &refused.path))
            .collect();
        assert_eq!(refused, [("Unsuitable Value", &Some("size".into()))]);
    }
}
