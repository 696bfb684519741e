//! What a configured value must satisfy: rules that need no remote API, so that `terraform validate` catches them.

use std::time::Duration;

use crate::value::{Number, Value};

/// One rule about an attribute's configured value. Null and unknown values satisfy every rule.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// A whole number no smaller than this.
    AtLeast(i64),
    /// A whole number between these, both included.
    Between(i64, i64),
    /// A number greater than zero.
    Positive,
    /// A string with something in it besides white space.
    NotEmpty,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// A duration such as `90s`, `30m` or `1h30m`, greater than zero and at most a year.
    Duration,
    /// A rule of the attribute's own: a sentence that describes it and the test that names what is wrong.
    Custom(&'static str, fn(&Value) -> Result<(), String>),
    /// The named sibling attribute must not be set as well.
    ConflictsWith(&'static str),
    /// The named sibling attribute must be set to `true`.
    NeedsTrue(&'static str),
    /// The named sibling attribute must be set as well.
    Needs(&'static str),
}

impl Check {
    /// Tests one value by itself. `Err` says what is wrong with it, as a clause that follows the attribute's name.
    pub(super) fn test(self, value: &Value) -> Result<(), String> {
        match (self, value) {
            (_, Value::Null | Value::Unknown(_)) => Ok(()),
            (Self::AtLeast(least), Value::Number(number)) => {
                whole(number)?;
                if *number < Number::from(least) {
                    return Err(format!("must be at least {least}, but is {number}"));
                }
                Ok(())
            }
            (Self::Between(least, most), Value::Number(number)) => {
                whole(number)?;
                if *number < Number::from(least) || *number > Number::from(most) {
                    return Err(format!("must be between {least} and {most}, but is {number}"));
                }
                Ok(())
            }
            (Self::Positive, Value::Number(number)) if *number <= Number::from(0_i64) => {
                Err(format!("must be greater than 0, but is {number}"))
            }
            (Self::NotEmpty, Value::String(text)) if text.trim().is_empty() => Err("must not be empty".to_owned()),
            (Self::OneOf(allowed), Value::String(text)) if !allowed.contains(&text.as_str()) => {
                Err(format!("must be one of {}, but is \"{text}\"", quoted(allowed)))
            }
            (Self::Duration, Value::String(text)) => parse_duration(text).map(drop),
            (Self::Custom(_, test), value) => test(value),
            _ => Ok(()),
        }
    }

    /// The rule as a clause for the documentation, where it is one that readers should know.
    pub fn describe(self) -> Option<String> {
        match self {
            Self::AtLeast(least) => Some(format!("At least {least}.")),
            Self::Between(least, most) => Some(format!("Between {least} and {most}.")),
            Self::OneOf([only]) => Some(format!("Only `{only}` is possible.")),
            Self::OneOf(allowed) => {
                let allowed: Vec<_> = allowed.iter().map(|value| format!("`{value}`")).collect();
                Some(format!("One of {}.", listed(&allowed, "or")))
            }
            Self::ConflictsWith(other) => Some(format!("Conflicts with `{other}`.")),
            Self::NeedsTrue(other) => Some(format!("Needs `{other} = true`.")),
            Self::Needs(other) => Some(format!("Needs `{other}`.")),
            Self::Custom(description, _) if !description.is_empty() => Some(description.to_owned()),
            Self::Positive | Self::NotEmpty | Self::Duration | Self::Custom(..) => None,
        }
    }
}

/// The longest duration, a year. Nothing here is waited for so long, and what is added to the time of now or multiplied
/// stays far from the end of time.
const LONGEST_DURATION: Duration = Duration::from_secs(31_557_600);

/// The longest text and the longest number in it that the parser is given: it panics where a sum comes to the end of its
/// numbers, from which these keep it.
const LONGEST_DURATION_TEXT: usize = 100;
const LONGEST_DURATION_NUMBER: usize = 10;

/// Reads a duration as the configuration writes it: longer than zero, and at most a year.
///
/// # Errors
/// A clause that says what is wrong with it.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let has_long_number = || {
        let mut numbers = text.split(|letter: char| !letter.is_ascii_digit());
        numbers.any(|number| number.len() > LONGEST_DURATION_NUMBER)
    };
    let too_long = || {
        format!(
            "must be no longer than a year, in numbers of up to {LONGEST_DURATION_NUMBER} digits, but is \"{text}\""
        )
    };
    if text.len() > LONGEST_DURATION_TEXT || has_long_number() {
        return Err(too_long());
    }
    let wrong = |_| format!("must be a duration such as \"90s\", \"30m\" or \"1h30m\", but is \"{text}\"");
    let duration = humantime::parse_duration(text.trim()).map_err(wrong)?;
    if duration.is_zero() {
        return Err(format!("must be longer than zero, but is \"{text}\""));
    }
    if duration > LONGEST_DURATION {
        return Err(too_long());
    }
    Ok(duration)
}

fn whole(number: &Number) -> Result<(), String> {
    match number.to_i64() {
        Some(_) => Ok(()),
        None => Err(format!("must be a whole number, but is {number}")),
    }
}

fn quoted(values: &[&str]) -> String {
    let values: Vec<_> = values.iter().map(|value| format!("\"{value}\"")).collect();
    listed(&values, "or")
}

fn listed(values: &[String], conjunction: &str) -> String {
    match values {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} {conjunction} {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Value {
        Value::Number(text.parse().unwrap())
    }

    #[test]
    fn ranges_name_what_is_allowed_and_what_was_given() {
        assert_eq!(
            Check::AtLeast(1).test(&number("0")),
            Err("must be at least 1, but is 0".into())
        );
        assert_eq!(Check::AtLeast(1).test(&number("1")), Ok(()));
        assert_eq!(
            Check::Between(1, 9).test(&number("10")),
            Err("must be between 1 and 9, but is 10".into())
        );
        assert_eq!(
            Check::AtLeast(1).test(&number("1.5")),
            Err("must be a whole number, but is 1.5".into())
        );
    }

    #[test]
    fn enumerations_name_their_values() {
        let check = Check::OneOf(&["static", "dynamic", "none"]);
        assert_eq!(
            check.test(&Value::string("floating")),
            Err("must be one of \"static\", \"dynamic\" or \"none\", but is \"floating\"".into())
        );
        assert_eq!(
            check.describe().as_deref(),
            Some("One of `static`, `dynamic` or `none`.")
        );
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(parse_duration("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(parse_duration("90s"), Ok(Duration::from_secs(90)));
        assert!(parse_duration("30").is_err());
        assert!(parse_duration("0s").is_err());
        assert!(parse_duration("soon").is_err());
    }

    #[test]
    fn no_duration_is_longer_than_a_year() {
        for text in ["1y", "365d", "31557600s"] {
            assert!(
                parse_duration(text).is_ok_and(|duration| duration <= LONGEST_DURATION),
                "{text}"
            );
        }
        let many = "9999999999y ".repeat(9);
        let endless = "1ns".repeat(10_000);
        for text in [
            "31557601s",
            "1y 1ns",
            "40000000000y",
            "18446744073709551615s 1000000000ns",
            "5124095576030431h15s1000000000ns",
            &many,
            &endless,
        ] {
            let clause = parse_duration(text).unwrap_err();
            assert!(clause.starts_with("must be no longer than a year, "), "{clause}");
        }
    }

    #[test]
    fn absent_and_unknown_values_satisfy_every_rule() {
        for check in [
            Check::AtLeast(1),
            Check::NotEmpty,
            Check::Duration,
            Check::OneOf(&["a"]),
        ] {
            assert_eq!(check.test(&Value::Null), Ok(()));
            assert_eq!(check.test(&Value::unknown()), Ok(()));
        }
    }
}
