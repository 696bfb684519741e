//! What the provider tells the user: errors and warnings, each with a title, an explanation and, where there is one,
//! the attribute it is about.
//!
//! This module knows nothing of protobuf and nothing of Paperspace. A diagnostic's summary is in title case; its
//! detail says what happened, whose fault it is and what to do next. Whatever it quotes, it does nothing to a terminal:
//! what comes from outside is quoted as [`Words`], and what is told all the same is made printable.

pub mod panic;
mod words;

use crate::value::Path;

pub use words::Words;

/// How grave a diagnostic is. Terraform knows just these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The operation did not do what was asked.
    Error,
    /// The operation goes on; the user should know something.
    Warning,
}

/// One message for the user.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// A title in title case, without a full stop.
    pub summary: String,
    /// What happened, whose fault it is and what to do next.
    pub detail: String,
    /// The attribute that the message is about, relative to the body of the configuration block.
    pub path: Option<Path>,
}

impl Diagnostic {
    /// An error without a position.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Severity::Error, summary.into(), detail.into())
    }

    /// A warning without a position.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Severity::Warning, summary.into(), detail.into())
    }

    fn new(severity: Severity, summary: String, detail: String) -> Self {
        Self {
            severity,
            summary: words::printable(summary),
            detail: words::printable(detail),
            path: None,
        }
    }

    /// The same message, pointing at an attribute.
    #[must_use]
    pub fn at(mut self, path: impl Into<Path>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The same message, with the object in its title that it is about. Hosts show of all warnings of one title only the first,
    /// and the number of the others: what becomes of one object among many is not to go under in that.
    #[must_use]
    pub fn about(mut self, object: &str) -> Self {
        self.summary = words::printable(format!("{} ({object})", self.summary));
        self
    }

    /// Whether this is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The messages of one operation, in the order in which they arose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// No messages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a message.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all messages of another operation.
    pub fn extend(&mut self, other: impl IntoIterator<Item = Diagnostic>) {
        self.0.extend(other);
    }

    /// Whether any of the messages is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(Diagnostic::is_error)
    }

    /// Whether there are no messages.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The messages in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_does_nothing_to_a_terminal() {
        for diagnostic in [
            Diagnostic::error("A\u{1b}[2JB", "The name is \"\u{202e}x\".\n\nDo this."),
            Diagnostic::warning("A\u{1b}[2JB", "The name is \"\u{202e}x\".\n\nDo this."),
        ] {
            assert_eq!(diagnostic.summary, "A\u{fffd}[2JB");
            assert_eq!(diagnostic.detail, "The name is \"\u{fffd}x\".\n\nDo this.");
        }
    }
}
