//! Field types that several resources of the API share.
//!
//! The service writes numbers as JSON numbers or as strings of digits, and adds enumeration values without notice. What
//! is read here copes with that; what cannot be understood is told as trouble, never guessed. This module knows no
//! resource.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::diag::Words;

use super::{
    answer::{FromJson, Trouble},
    secrets::Secrets,
};

/// A moment as the service wrote it. The text is kept as it came, so that it can be shown and compared unchanged. In an
/// answer, a text that is no date is a field that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
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

impl FromJson for Date {
    fn from_json(json: &RawValue, _: &Secrets) -> Result<Self, Trouble> {
        let date = Self(text(json, "a date")?);
        match date.instant() {
            Some(_) => Ok(date),
            None => Err(Trouble::new("expected a date, found another text")),
        }
    }
}

/// Text.
impl FromJson for String {
    fn from_json(json: &RawValue, _: &Secrets) -> Result<Self, Trouble> {
        text(json, "text")
    }
}

/// Words for people to read.
impl FromJson for Words {
    fn from_json(json: &RawValue, secrets: &Secrets) -> Result<Self, Trouble> {
        text(json, "text").map(|text| secrets.words(&text))
    }
}

/// Text that must not show.
impl FromJson for SecretString {
    fn from_json(json: &RawValue, secrets: &Secrets) -> Result<Self, Trouble> {
        let secret = Self::from(text(json, "text")?);
        secrets.learn(secret.expose_secret());
        Ok(secret)
    }
}

/// A whole number of 64 bits, written as a number or as a string.
impl FromJson for i64 {
    fn from_json(json: &RawValue, _: &Secrets) -> Result<Self, Trouble> {
        whole(decimal(json)?.trim()).ok_or(Trouble::new("not a whole number of 64 bits"))
    }
}

/// A finite number, written as a number or as a string.
impl FromJson for f64 {
    fn from_json(json: &RawValue, _: &Secrets) -> Result<Self, Trouble> {
        let number = decimal(json)?.trim().parse().ok();
        number
            .filter(|number: &Self| number.is_finite())
            .ok_or(Trouble::new("not a finite number"))
    }
}

/// A boolean, also when written as a string.
impl FromJson for bool {
    fn from_json(json: &RawValue, _: &Secrets) -> Result<Self, Trouble> {
        match json.get() {
            "true" | r#""true""# => Ok(true),
            "false" | r#""false""# => Ok(false),
            _ => Err(Trouble::unlike("true or false", json)),
        }
    }
}

fn text(json: &RawValue, expected: &str) -> Result<String, Trouble> {
    serde_json::from_str(json.get()).map_err(|_| Trouble::unlike(expected, json))
}

/// The text of a number, in either of its forms.
fn decimal(json: &RawValue) -> Result<String, Trouble> {
    match json.get().bytes().next() {
        Some(b'-' | b'0'..=b'9') => Ok(json.get().to_owned()),
        Some(b'"') => text(json, "a number"),
        _ => Err(Trouble::unlike("a number", json)),
    }
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

/// Declares an enumeration that the service may extend at any time: values not known here pass through as `Other`.
macro_rules! open_enum {
    ($(#[$about:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
            /// A value that this program does not know, in the service's word.
            Other($crate::diag::Words),
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
                    other => Self::Other($crate::diag::Words::short(other)),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::api::answer::FromJson for $name {
            fn from_json(
                json: &serde_json::value::RawValue,
                secrets: &$crate::api::secrets::Secrets,
            ) -> Result<Self, $crate::api::answer::Trouble> {
                let text = <String as $crate::api::answer::FromJson>::from_json(json, secrets)?;
                Ok(match Self::from(text.as_str()) {
                    Self::Other(_) => Self::Other($crate::diag::Words::short(&secrets.text(&text))),
                    known => known,
                })
            }
        }
    };
}
pub(super) use open_enum;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{super::answer::read, *};

    open_enum! {
        /// A colour.
        pub enum Colour {
            /// Red.
            Red = "red",
        }
    }

    fn from_text<T: FromJson>(text: &str) -> Option<T> {
        let secrets = Secrets::new(&SecretString::from("k3y"));
        T::from_json(serde_json::from_str(text).unwrap(), &secrets).ok()
    }

    #[test]
    fn whole_numbers_are_read_in_both_forms_and_exactly() {
        for (text, number) in [
            ("8589934592", Some(8_589_934_592)),
            (r#""8589934592""#, Some(8_589_934_592)),
            (r#"" 6 ""#, Some(6)),
            ("8589934592.0", Some(8_589_934_592)),
            ("1e3", Some(1_000)),
            ("9223372036854775807", Some(i64::MAX)),
            (r#""-9223372036854775808""#, Some(i64::MIN)),
            ("9007199254740992.0", Some(1 << 53)),
            ("9007199254740994.0", None),
            ("9223372036854775808", None),
            (r#""9223372036854775808""#, None),
            ("1e400", None),
            ("1.5", None),
            (r#""""#, None),
            (r#""NaN""#, None),
            ("true", None),
            ("[1]", None),
            ("{}", None),
        ] {
            assert_eq!(from_text(text), number, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_in_both_forms_and_finite() {
        for (text, number) in [
            ("0.51", Some(0.51)),
            (r#""0.51""#, Some(0.51)),
            ("5.1e-1", Some(0.51)),
            ("-3", Some(-3.0)),
            (r#""inf""#, None),
            ("1e999999999", None),
            (r#""n/a""#, None),
            ("false", None),
            ("{}", None),
        ] {
            assert_eq!(from_text::<f64>(text), number, "{text}");
        }
    }

    #[test]
    fn booleans_are_read_in_both_forms() {
        for (text, flag) in [
            ("true", Some(true)),
            (r#""true""#, Some(true)),
            ("false", Some(false)),
            (r#""false""#, Some(false)),
            (r#""yes""#, None),
            ("0", None),
            ("1", None),
            ("[]", None),
        ] {
            assert_eq!(from_text(text), flag, "{text}");
        }
    }

    #[test]
    fn text_is_text_only() {
        for (text, expected) in [
            (r#""a\u0062""#, Some("ab")),
            (r#""""#, Some("")),
            (r#""\ud800""#, None),
            ("7", None),
            ("true", None),
            ("[]", None),
        ] {
            assert_eq!(from_text::<String>(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn unknown_enumeration_values_pass_through() {
        assert_eq!(read::<Colour>(&json!("red")).unwrap(), Colour::Red);
        let teal = read::<Colour>(&json!("teal")).unwrap();
        assert_eq!(teal, Colour::from("teal"));
        assert_eq!(teal.to_string(), "teal");
        assert_eq!(Colour::KNOWN, ["red"]);
        let odd = read::<Colour>(&json!(format!("\u{1b}[2J{}", "x".repeat(1_000)))).unwrap();
        assert!(odd.as_str().starts_with("\u{fffd}[2J") && odd.as_str().len() < 200);
        assert!(read::<Colour>(&json!(7)).is_err());
    }

    #[test]
    fn secrets_are_left_out_of_words_before_these_are_cut() {
        let secrets = Secrets::new(&SecretString::from("k3y"));
        let secret = "\"s3cret".repeat(300);
        let json = serde_json::value::to_raw_value(&secret).unwrap();
        let read = SecretString::from_json(&json, &secrets).unwrap();
        assert_eq!(read.expose_secret(), secret);
        let echo = serde_json::value::to_raw_value(&format!("no  k3y\n{secret}")).unwrap();
        assert_eq!(Words::from_json(&echo, &secrets).unwrap(), "no [redacted] [redacted]");
        let colour = Colour::from_json(&echo, &secrets).unwrap();
        assert_eq!(colour.as_str(), "no [redacted] [redacted]");
    }

    #[test]
    fn a_date_keeps_its_text_and_must_be_one() {
        let date: Date = read(&json!("2024-04-30T15:51:24.000Z")).unwrap();
        assert_eq!(date.to_string(), "2024-04-30T15:51:24.000Z");
        assert_eq!(date.instant().unwrap().as_second(), 1_714_492_284);
        for odd in [
            json!(""),
            json!("yesterday"),
            json!("2024-04-30"),
            json!(0),
            json!({}),
            Value::Bool(false),
        ] {
            assert!(read::<Date>(&odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn no_trouble_holds_a_value() {
        for trouble in [
            read::<i64>(&json!("hunter2")).unwrap_err(),
            read::<f64>(&json!("hunter2")).unwrap_err(),
            read::<bool>(&json!("hunter2")).unwrap_err(),
            read::<Date>(&json!("hunter2")).unwrap_err(),
            read::<String>(&json!(["hunter2"])).unwrap_err(),
        ] {
            assert!(!trouble.to_string().contains("hunter2"), "{trouble}");
        }
    }
}
