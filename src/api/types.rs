//! Field types that several resources of the API share.
//!
//! The service writes numbers as JSON numbers or as strings of digits, adds enumeration values without notice and
//! leaves fields out. What is read here copes with all of that; what cannot be understood is an error, never a guess
//! and never a panic. This module knows no resource.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::Value;

/// A moment as the service wrote it. The text is kept as it came, so that it can be shown and compared unchanged; a
/// text that is no date fails nothing until somebody asks for the instant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Date(String);

impl Date {
    /// The text as the service sent it, such as `2024-04-30T15:51:24.565Z`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The moment in time, if the text is an RFC 3339 date.
    pub fn instant(&self) -> Option<jiff::Timestamp> {
        self.0.parse().ok()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Date {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A whole number written as a number or as a string of digits; `null` and an absent field are `None`.
pub(super) fn int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    // Through `Value`, because with exact decimals on, serde_json hands numbers to visitors in a private form.
    let text = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text,
        other => {
            return Err(D::Error::custom(format!(
                "expected a whole number, found {}",
                name_of(&other)
            )));
        }
    };
    whole(text.trim())
        .map(Some)
        .ok_or_else(|| D::Error::custom(format!("`{text}` is not a whole number of 64 bits")))
}

/// A number written as a number or as a string; `null` and an absent field are `None`.
pub(super) fn float<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text,
        other => {
            return Err(D::Error::custom(format!(
                "expected a number, found {}",
                name_of(&other)
            )));
        }
    };
    let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite());
    number
        .map(Some)
        .ok_or_else(|| D::Error::custom(format!("`{text}` is not a finite number")))
}

/// A boolean, also when written as a string; `null` and an absent field are `None`.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(flag)),
        Value::String(text) if text == "true" => Ok(Some(true)),
        Value::String(text) if text == "false" => Ok(Some(false)),
        other => Err(D::Error::custom(format!(
            "expected true or false, found {}",
            name_of(&other)
        ))),
    }
}

/// A field whose `null` means its empty value.
pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// The whole number that a decimal text stands for, if it is one and fits. `6.0` and `1e3` are whole numbers too.
fn whole(text: &str) -> Option<i64> {
    // Beyond 2^53 a float no longer holds every whole number, so such a text must be plain digits.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Ok(number) = text.parse::<i64>() {
        return Some(number);
    }
    let number: f64 = text.parse().ok()?;
    (number.is_finite() && number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "another string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Declares an enumeration that the service may extend at any time: values not known here pass through as `Other`.
macro_rules! open_enum {
    ($(#[$about:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
            /// A value that this program does not know, as the service wrote it.
            Other(String),
        }

        impl $name {
            /// The values that this program knows, as the service writes them.
            pub const KNOWN: &[&str] = &[$($text),+];

            /// The value as the service writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Self::from(String::deserialize(deserializer)?.as_str()))
            }
        }
    };
}
pub(super) use open_enum;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    open_enum! {
        /// A colour.
        pub enum Colour {
            /// Red.
            Red = "red",
        }
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Fields {
        #[serde(default, deserialize_with = "int")]
        int: Option<i64>,
        #[serde(default, deserialize_with = "float")]
        float: Option<f64>,
        #[serde(default, deserialize_with = "flag")]
        flag: Option<bool>,
        #[serde(default, deserialize_with = "or_default")]
        list: Vec<String>,
    }

    fn read(text: &str) -> Result<Fields, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_read_the_same_in_both_forms() {
        for text in [
            r#"{"int": 8589934592, "float": 0.51, "flag": true, "list": []}"#,
            r#"{"int": "8589934592", "float": "0.51", "flag": "true", "list": null}"#,
            r#"{"int": 8589934592.0, "float": 5.1e-1, "flag": true}"#,
        ] {
            let expected = Fields {
                int: Some(8_589_934_592),
                float: Some(0.51),
                flag: Some(true),
                list: Vec::new(),
            };
            assert_eq!(read(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn null_and_absent_are_none() {
        assert_eq!(read("{}").unwrap(), Fields::default());
        assert_eq!(
            read(r#"{"int": null, "float": null, "flag": null, "list": null}"#).unwrap(),
            Fields::default()
        );
    }

    #[test]
    fn the_extremes_are_exact() {
        for number in [i64::MAX, i64::MIN] {
            assert_eq!(read(&format!(r#"{{"int": {number}}}"#)).unwrap().int, Some(number));
            assert_eq!(read(&format!(r#"{{"int": "{number}"}}"#)).unwrap().int, Some(number));
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        for text in [
            r#"{"int": 9223372036854775808}"#,
            r#"{"int": "9223372036854775808"}"#,
            r#"{"int": 1e400}"#,
            r#"{"int": 1.5}"#,
            r#"{"int": ""}"#,
            r#"{"int": "NaN"}"#,
            r#"{"int": [1]}"#,
            r#"{"float": "inf"}"#,
            r#"{"float": 1e999999999}"#,
            r#"{"float": {}}"#,
            r#"{"flag": "yes"}"#,
            r#"{"flag": 1}"#,
        ] {
            assert!(read(text).is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn unknown_enumeration_values_pass_through() {
        assert_eq!(serde_json::from_value::<Colour>(json!("red")).unwrap(), Colour::Red);
        let teal = serde_json::from_value::<Colour>(json!("teal")).unwrap();
        assert_eq!(teal, Colour::Other("teal".into()));
        assert_eq!(teal.to_string(), "teal");
        assert_eq!(Colour::KNOWN, ["red"]);
    }

    #[test]
    fn a_date_keeps_its_text() {
        let date: Date = serde_json::from_value(json!("2024-04-30T15:51:24.000Z")).unwrap();
        assert_eq!(date.to_string(), "2024-04-30T15:51:24.000Z");
        assert_eq!(date.instant().unwrap().as_second(), 1_714_492_284);
        assert_eq!(Date::from("yesterday").instant(), None);
    }
}
