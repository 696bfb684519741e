//! Where in a value something lies.
//!
//! A path is relative to some root, mostly the body of a configuration block, and is written as a user would write it
//! in an expression. Paths know nothing of the protocol's own form, in which a set element must be the last step.

use std::fmt;

use super::Value;

/// The steps from a root value to a value inside it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path(Vec<Step>);

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// To an attribute of an object.
    Attribute(String),
    /// To an element of a map.
    Key(String),
    /// To an element of a list or tuple, counted from zero.
    Index(i64),
    /// To the element of a set that equals this value. The protocol cannot express it: there, the path ends before it.
    Element(Value),
}

impl Path {
    /// The root itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// An attribute of the root.
    pub fn attribute(name: impl Into<String>) -> Self {
        Self::root().attr(name)
    }

    /// The path of these steps.
    pub fn from_steps(steps: Vec<Step>) -> Self {
        Self(steps)
    }

    /// One step further, to an attribute.
    #[must_use]
    pub fn attr(self, name: impl Into<String>) -> Self {
        self.then(Step::Attribute(name.into()))
    }

    /// One step further, to an element of a map.
    #[must_use]
    pub fn key(self, key: impl Into<String>) -> Self {
        self.then(Step::Key(key.into()))
    }

    /// One step further, to an element of a list or tuple.
    #[must_use]
    pub fn index(self, index: i64) -> Self {
        self.then(Step::Index(index))
    }

    /// One step further, to an element of a set.
    #[must_use]
    pub fn element(self, element: Value) -> Self {
        self.then(Step::Element(element))
    }

    /// One step further.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.0.push(step);
        self
    }

    /// The steps from the root.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether the path leads nowhere but to the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Path {
    fn from(name: &str) -> Self {
        Self::attribute(name)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                // The element may be large, and it may be a secret.
                Step::Element(_) => f.write_str("[...]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_like_an_expression() {
        assert_eq!(Path::root().to_string(), "");
        assert_eq!(Path::from("name").to_string(), "name");
        assert_eq!(Path::attribute("new_user").attr("email").to_string(), "new_user.email");
        assert_eq!(
            Path::attribute("accelerators").index(0).attr("name").to_string(),
            "accelerators[0].name"
        );
        assert_eq!(Path::attribute("m").key("k \"q\"").to_string(), r#"m["k \"q\""]"#);
        assert_eq!(
            Path::attribute("keys").element("hunter2".into()).attr("id").to_string(),
            "keys[...].id"
        );
    }

    #[test]
    fn only_the_empty_path_is_the_root() {
        assert!(Path::root().is_root());
        assert!(!Path::from("a").is_root());
        assert_ne!(Path::attribute("a"), Path::root().key("a"));
    }
}
