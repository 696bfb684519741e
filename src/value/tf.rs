//! A Rust value as Terraform sees it: it may be null, or unknown until apply.
//!
//! Typed models are made of these. How a `T` is read from a [`Value`](super::Value) is none of this module's business.

use std::ops::Deref;

/// A value that may be null or unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tf<T> {
    /// Not set.
    #[default]
    Null,
    /// Not known before apply.
    Unknown,
    /// Set and known.
    Known(T),
}

impl<T> Tf<T> {
    /// The value, if it is set and known.
    pub fn known(&self) -> Option<&T> {
        self.as_ref().into_known()
    }

    /// The value, if it is set and known.
    pub fn into_known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// Whether it is not set.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is not known before apply.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Whether it is set and known. Unlike for a [`Value`](super::Value), null does not count as known here.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Known(_))
    }

    /// Takes a value that an answer tells. Where it tells none, what was known stays, and what was not known is null.
    pub fn tell(&mut self, told: Option<T>) {
        match told {
            Some(value) => *self = Self::Known(value),
            None if self.is_unknown() => *self = Self::Null,
            None => {}
        }
    }

    /// The same with the value inside replaced.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Tf<U> {
        match self {
            Self::Null => Tf::Null,
            Self::Unknown => Tf::Unknown,
            Self::Known(value) => Tf::Known(f(value)),
        }
    }

    /// The same with the value inside borrowed.
    pub fn as_ref(&self) -> Tf<&T> {
        match self {
            Self::Null => Tf::Null,
            Self::Unknown => Tf::Unknown,
            Self::Known(value) => Tf::Known(value),
        }
    }

    /// What the value points to, if it is set and known: of a `Tf<String>`, the `&str`.
    pub fn as_deref(&self) -> Option<&T::Target>
    where
        T: Deref,
    {
        self.known().map(T::deref)
    }

    /// A copy of the value, if it is set and known.
    pub fn copied(&self) -> Option<T>
    where
        T: Copy,
    {
        self.known().copied()
    }
}

impl<T> From<T> for Tf<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T> From<Option<T>> for Tf<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_unknown_have_no_value() {
        assert_eq!(Tf::<i64>::default(), Tf::Null);
        for nothing in [Tf::Null, Tf::Unknown] {
            assert_eq!(nothing.known(), None::<&i64>);
            assert_eq!(nothing.map(|n| n + 1), nothing);
            assert!(!nothing.is_known());
        }
        assert!(Tf::<i64>::Unknown.is_unknown() && !Tf::<i64>::Unknown.is_null());
    }

    #[test]
    fn a_known_value_comes_out_in_every_form() {
        let text: Tf<String> = "a".to_owned().into();
        assert_eq!(text.as_deref(), Some("a"));
        assert_eq!(text.clone().map(|text| text.len()).copied(), Some(1));
        assert_eq!(text.into_known().as_deref(), Some("a"));
        assert_eq!(Tf::<i64>::from(Some(3)), Tf::Known(3));
        assert_eq!(Tf::<i64>::from(None), Tf::Null);
    }

    #[test]
    fn what_is_told_is_taken_and_what_is_not_told_stays() {
        for (known, told, expected) in [
            (Tf::Known(1), Some(2), Tf::Known(2)),
            (Tf::Known(1), None, Tf::Known(1)),
            (Tf::Unknown, Some(2), Tf::Known(2)),
            (Tf::Unknown, None, Tf::Null),
            (Tf::Null, None, Tf::Null),
            (Tf::Null, Some(2), Tf::Known(2)),
        ] {
            let mut field = known;
            field.tell(told);
            assert_eq!(field, expected);
        }
    }
}
