//! Why bytes could not be read as a value, or a value not be written, and where.
//!
//! A path is only built once something has failed: each level adds its step while the failure travels outwards. The
//! messages never quote the value, which may be a secret. This module does not know the encodings.

use std::fmt;

use super::{NumberError, Path, Step};

/// Bytes that are not a value of the type at hand.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodeError {
    /// Where in the value the trouble lies.
    pub path: Path,
    /// What is wrong there.
    pub message: String,
    /// What it is owed to.
    pub cause: Cause,
}

/// What a [`DecodeError`] is owed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The bytes do not have the form of the type, so who wrote them and who reads them disagree.
    Form,
    /// The bytes are in order and stand for a number that is infinite or of immense length, as an expression of a
    /// configuration may come to.
    Number,
}

/// A value that is not of the type at hand, or that the encoding cannot express.
#[derive(Clone, Debug, PartialEq)]
pub struct EncodeError {
    /// Where in the value the trouble lies.
    pub path: Path,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_at(f, &self.path, &self.message)
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_at(f, &self.path, &self.message)
    }
}

impl std::error::Error for DecodeError {}
impl std::error::Error for EncodeError {}

fn write_at(f: &mut fmt::Formatter<'_>, path: &Path, message: &str) -> fmt::Result {
    if path.is_root() {
        f.write_str(message)
    } else {
        write!(f, "{path}: {message}")
    }
}

/// A failure on its way outwards. It is boxed because the results that carry it are returned for every single value.
#[derive(Debug)]
pub(super) struct Failure(Box<Trail>);

#[derive(Debug)]
struct Trail {
    /// The steps passed so far, innermost first.
    steps: Vec<Step>,
    message: String,
    cause: Cause,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Trail {
            steps: Vec::new(),
            message: message.into(),
            cause: Cause::Form,
        }))
    }

    /// What should be a number is none, or one that cannot be taken.
    pub(super) fn number(error: NumberError) -> Self {
        let mut failure = Self::new(error.to_string());
        failure.0.cause = match error {
            NumberError::Syntax => Cause::Form,
            NumberError::NotFinite | NumberError::Size => Cause::Number,
        };
        failure
    }

    /// The value was expected to be something else; both are given with their article.
    pub(super) fn required(wanted: &str, found: &str) -> Self {
        Self::new(format!("{wanted} is required, not {found}"))
    }

    pub(super) fn too_deep() -> Self {
        Self::new("the value is nested too deeply")
    }

    /// The failure as seen one level further out.
    pub(super) fn within(mut self, step: Step) -> Self {
        self.0.steps.push(step);
        self
    }

    pub(super) fn within_attribute(self, name: &str) -> Self {
        self.within(Step::Attribute(name.to_owned()))
    }

    pub(super) fn within_key(self, key: &str) -> Self {
        self.within(Step::Key(key.to_owned()))
    }

    pub(super) fn within_index(self, index: usize) -> Self {
        self.within(Step::Index(i64::try_from(index).unwrap_or(i64::MAX)))
    }

    /// The failure as seen from the set, one of whose elements could not be read. There is no value yet that could
    /// name the element in the path, so the path ends at the set and the message says the rest.
    pub(super) fn within_unread_element(self, position: usize) -> Self {
        let DecodeError { path, message, cause } = self.into();
        let within = if path.is_root() {
            String::new()
        } else {
            format!(", at {path}")
        };
        let mut failure = Self::new(format!("element {} of the set{within}: {message}", position + 1));
        failure.0.cause = cause;
        failure
    }
}

impl From<Failure> for DecodeError {
    fn from(failure: Failure) -> Self {
        let Trail {
            mut steps,
            message,
            cause,
        } = *failure.0;
        steps.reverse();
        Self {
            path: Path::from_steps(steps),
            message,
            cause,
        }
    }
}

impl From<Failure> for EncodeError {
    fn from(failure: Failure) -> Self {
        let DecodeError { path, message, .. } = failure.into();
        Self { path, message }
    }
}

/// Names in a sentence: `the attribute "a" is missing`, `the attributes "a", "b" are missing`.
pub(super) fn missing_attributes<'a>(names: impl Iterator<Item = &'a String>) -> Failure {
    let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    let (noun, verb) = if names.len() == 1 {
        ("attribute", "is")
    } else {
        ("attributes", "are")
    };
    Failure::new(format!("the {noun} {} {verb} missing", names.join(", ")))
}

/// An attribute that the object's type does not have.
pub(super) fn unexpected_attribute(name: &str) -> Failure {
    Failure::new(format!("the object has no attribute {name:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_put_in_front_while_unwinding() {
        let failure = Failure::new("a string is required")
            .within_attribute("name")
            .within_index(2);
        let error = DecodeError::from(failure.within_attribute("rules"));
        assert_eq!(error.path, Path::attribute("rules").index(2).attr("name"));
        assert_eq!(error.to_string(), "rules[2].name: a string is required");
    }

    #[test]
    fn at_the_root_there_is_only_the_message() {
        assert_eq!(DecodeError::from(Failure::new("wrong")).to_string(), "wrong");
        assert_eq!(EncodeError::from(Failure::new("wrong")).to_string(), "wrong");
    }

    #[test]
    fn an_unread_set_element_ends_the_path() {
        let failure = Failure::new("wrong")
            .within_attribute("name")
            .within_unread_element(0)
            .within_attribute("tags");
        assert_eq!(
            DecodeError::from(failure).to_string(),
            "tags: element 1 of the set, at name: wrong"
        );
    }

    #[test]
    fn a_number_that_cannot_be_taken_is_told_from_bytes_in_disorder() {
        let cause = |failure: Failure| {
            let within = failure.within_attribute("a").within_unread_element(0).within_index(1);
            DecodeError::from(within).cause
        };
        assert_eq!(cause(Failure::number(NumberError::NotFinite)), Cause::Number);
        assert_eq!(cause(Failure::number(NumberError::Size)), Cause::Number);
        assert_eq!(cause(Failure::number(NumberError::Syntax)), Cause::Form);
        assert_eq!(cause(Failure::new("wrong")), Cause::Form);
    }

    #[test]
    fn missing_attributes_are_named() {
        let names = ["a".to_owned(), "b".to_owned()];
        assert_eq!(
            EncodeError::from(missing_attributes(names.iter())).message,
            r#"the attributes "a", "b" are missing"#
        );
        assert_eq!(
            EncodeError::from(missing_attributes(names[..1].iter())).message,
            r#"the attribute "a" is missing"#
        );
    }
}
