//! Values that are not known before apply.
//!
//! A host may say something about an unknown value all the same, for instance that it will not be null or how a
//! string will begin. Such refinements can be asked for here; beyond that, an unknown keeps the bytes in which it
//! came, because a collection of nested blocks that is unknown must be sent back exactly as it was received. How the
//! bytes are read is the business of the msgpack codec.

use std::hash::{Hash, Hasher};

use super::Number;

/// An unknown value. All unknown values are equal, whatever is already known about them.
#[derive(Clone, Debug, Default)]
pub struct Unknown(Option<Box<Refined>>);

#[derive(Clone, Debug)]
struct Refined {
    refinements: Refinements,
    /// The whole msgpack extension, header included.
    extension: Box<[u8]>,
}

/// What is known about an unknown value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refinements {
    /// `Some(false)` if the value will not be null.
    pub nullness: Option<bool>,
    /// How the string will begin.
    pub prefix: Option<String>,
    /// The lower bound of the number.
    pub lower: Option<Bound>,
    /// The upper bound of the number.
    pub upper: Option<Bound>,
    /// The smallest number of elements that the collection will have.
    pub min_len: Option<u64>,
    /// The largest number of elements that the collection will have.
    pub max_len: Option<u64>,
}

/// A bound of a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The bound itself.
    pub number: Number,
    /// Whether the bound itself is possible.
    pub inclusive: bool,
}

impl Unknown {
    /// An unknown value about which nothing is known.
    pub const fn plain() -> Self {
        Self(None)
    }

    pub(super) fn refined(refinements: Refinements, extension: &[u8]) -> Self {
        Self(Some(Box::new(Refined {
            refinements,
            extension: extension.into(),
        })))
    }

    /// What is known about the value. Nothing is known about a plain unknown.
    pub fn refinements(&self) -> &Refinements {
        static NONE: Refinements = Refinements {
            nullness: None,
            prefix: None,
            lower: None,
            upper: None,
            min_len: None,
            max_len: None,
        };
        self.0.as_ref().map_or(&NONE, |refined| &refined.refinements)
    }

    /// The msgpack extension that a refined unknown came in.
    pub(super) fn extension(&self) -> Option<&[u8]> {
        self.0.as_ref().map(|refined| &*refined.extension)
    }
}

impl PartialEq for Unknown {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Unknown {}

impl Hash for Unknown {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refinements_do_not_make_unknowns_differ() {
        let refinements = Refinements {
            nullness: Some(false),
            ..Refinements::default()
        };
        let refined = Unknown::refined(refinements.clone(), &[1]);
        assert_eq!(refined, Unknown::plain());
        assert_eq!(refined.refinements(), &refinements);
        assert_eq!(Unknown::plain().refinements(), &Refinements::default());
    }
}
