//! A regular expression for names whose cost is bounded, whoever wrote it and whatever the names are.
//!
//! The engine takes time in proportion to the compiled expression times the text, and a short expression with
//! repetitions within repetitions compiles to a large one. The provider has one thread, so that both are limited here:
//! the dearest expression takes a few milliseconds for the longest name. It knows nothing of what bears the name.

use regex_lite::{Regex, RegexBuilder};

/// How many bytes an expression may have. The parser's work grows with them.
const LONGEST_EXPRESSION: usize = 1000;

/// How many bytes a compiled expression may take, its repetitions written out: some hundred steps.
const LARGEST_PROGRAM: usize = 32 << 10;

/// How many bytes of a name are looked at. No kind of object has names of that length.
const LONGEST_NAME: usize = 1000;

/// An expression that a name must match.
#[derive(Clone, Debug)]
pub(super) struct NameRegex(Regex);

impl NameRegex {
    /// Reads an expression.
    ///
    /// # Errors
    /// A clause that says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST_EXPRESSION {
            let length = text.len();
            return Err(format!(
                "must be no longer than {LONGEST_EXPRESSION} bytes, but is of {length}"
            ));
        }
        let built = RegexBuilder::new(text).size_limit(LARGEST_PROGRAM).build();
        built.map(Self).map_err(|error| {
            format!("must be a regular expression, and with its repetitions not too large a one ({error}), but is \"{text}\"")
        })
    }

    /// Whether it matches somewhere in the name. It does not match a name that is longer than any object's.
    pub(super) fn matches(&self, name: &str) -> bool {
        name.len() <= LONGEST_NAME && self.0.is_match(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_matches_anywhere_unless_it_is_bound() {
        let matches = |expression: &str, name: &str| NameRegex::parse(expression).unwrap().matches(name);
        assert!(matches("in-a", "ML-in-a-Box"));
        assert!(!matches("^in-a", "ML-in-a-Box"));
        assert!(matches(r"^Ubuntu \d{2}\.04$", "Ubuntu 22.04"));
        assert!(matches(r"^[a-z0-9-]{1,200}$", "a-name"));
        assert!(matches("", ""));
    }

    #[test]
    fn what_is_no_expression_is_refused_in_a_clause() {
        let clause = NameRegex::parse("(").unwrap_err();
        assert!(clause.starts_with("must be a regular expression"), "{clause}");
        assert!(clause.ends_with("but is \"(\""), "{clause}");
    }

    #[test]
    fn an_expression_that_would_take_long_is_refused() {
        // All of them are taken where nothing but the default limits them, and the first holds a thread for minutes
        // with a listing of a thousand names.
        for expression in [
            "(?:(?:[a-z]?){300}){300}",
            "(?:(?:(?:a{10}){10}){10}){10}",
            "(?:){100000}",
            "(?:(?:x{0}){300}){300}",
            "[a-z]{2000}",
        ] {
            assert!(Regex::new(expression).is_ok(), "{expression}");
            let clause = NameRegex::parse(expression).unwrap_err();
            assert!(clause.contains("not too large a one"), "{clause}");
        }
        let long = "a|".repeat(LONGEST_EXPRESSION / 2);
        assert!(NameRegex::parse(&long).is_ok());
        let clause = NameRegex::parse(&(long + "b")).unwrap_err();
        assert_eq!(clause, "must be no longer than 1000 bytes, but is of 1001");
    }

    #[test]
    fn a_name_of_any_length_is_no_reason_to_look_for_long() {
        let regex = NameRegex::parse("a*").unwrap();
        assert!(regex.matches(&"a".repeat(LONGEST_NAME)));
        assert!(!regex.matches(&"a".repeat(LONGEST_NAME + 1)));
    }
}
