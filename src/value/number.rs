//! Numbers, exact and of any sane size.
//!
//! Terraform's numbers are not floats: a configuration may say 0.1 or a 30-digit integer and will have exactly that
//! back. They are kept as decimals. A size limit stands guard over all of them, because a few bytes such as `1e999999999`
//! would otherwise take gigabytes to write out. How numbers travel is the business of the codecs.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use bigdecimal::{BigDecimal, ToPrimitive, Zero};

/// How many digits a number may have before the decimal point, and how many after it. The smallest float needs 1074.
const MAX_DIGITS: i64 = 4096;

/// An exact decimal number.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(Repr);

/// Each number has just one representation, so that equality may be derived.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Int(i64),
    /// Anything that is not an `i64`, without trailing zeros.
    Decimal(Box<BigDecimal>),
}

/// Why something is not a [`Number`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// The text is not a decimal number.
    Syntax,
    /// The float is not a number or is infinite.
    NotFinite,
    /// The number has too many digits.
    Size,
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax => f.write_str("the text is not a decimal number"),
            Self::NotFinite => f.write_str("a number must be finite"),
            Self::Size => write!(
                f,
                "the number has more than {MAX_DIGITS} digits before or after the decimal point"
            ),
        }
    }
}

impl std::error::Error for NumberError {}

impl Number {
    /// The number as an `i64`, if it is exactly one.
    pub fn to_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Int(value) => Some(value),
            Repr::Decimal(_) => None,
        }
    }

    /// The nearest float; infinite if the number is larger than any float.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            #[expect(clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
            Repr::Int(value) => *value as f64,
            Repr::Decimal(decimal) => {
                let (digits, scale) = decimal.as_bigint_and_scale();
                // The standard library rounds correctly, and this text is always a float to it.
                format!("{digits}e{}", -scale).parse().unwrap_or(f64::NAN)
            }
        }
    }

    /// The float that is exactly this number, if there is one.
    pub(super) fn to_f64_exact(&self) -> Option<f64> {
        let float = self.to_f64();
        (Self::from_f64_exact(float).as_ref() == Ok(self)).then_some(float)
    }

    /// Exactly the float, all digits of its binary fraction included.
    pub(super) fn from_f64_exact(float: f64) -> Result<Self, NumberError> {
        #[expect(clippy::cast_possible_truncation, reason = "only values that fit are kept")]
        let integer = float as i64;
        #[expect(clippy::cast_precision_loss, reason = "a loss shows as a difference")]
        let same = integer as f64 == float && integer != i64::MAX;
        if same {
            return Ok(Self(Repr::Int(integer)));
        }
        Self::canonical(BigDecimal::try_from(float).map_err(|_| NumberError::NotFinite)?)
    }

    /// Whether there is nothing after the decimal point.
    pub(super) fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Int(_) => true,
            Repr::Decimal(decimal) => decimal.fractional_digit_count() <= 0,
        }
    }

    /// The one representation of a number. The exponent is already known to be bounded.
    fn canonical(decimal: BigDecimal) -> Result<Self, NumberError> {
        if decimal.is_zero() {
            return Ok(Self(Repr::Int(0)));
        }
        let decimal = decimal.normalized();
        let after_point = decimal.fractional_digit_count();
        let before_point = i64::try_from(decimal.digits())
            .unwrap_or(i64::MAX)
            .saturating_sub(after_point);
        if after_point > MAX_DIGITS || before_point > MAX_DIGITS {
            return Err(NumberError::Size);
        }
        if after_point <= 0
            && before_point <= 19
            && let Some(value) = decimal.to_i64()
        {
            return Ok(Self(Repr::Int(value)));
        }
        Ok(Self(Repr::Decimal(Box::new(decimal))))
    }

    fn to_decimal(&self) -> BigDecimal {
        match &self.0 {
            Repr::Int(value) => BigDecimal::from(*value),
            Repr::Decimal(decimal) => (**decimal).clone(),
        }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(Repr::Int(value))
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        match i64::try_from(value) {
            Ok(value) => value.into(),
            Err(_) => Self(Repr::Decimal(Box::new(BigDecimal::from(value).normalized()))),
        }
    }
}

/// The shortest decimal that reads back as the same float, which is what a person or an API meant by it: 0.1 and not
/// 0.1000000000000000055511151231257827.
impl TryFrom<f64> for Number {
    type Error = NumberError;

    fn try_from(float: f64) -> Result<Self, NumberError> {
        if float.is_finite() {
            format!("{float:e}").parse()
        } else {
            Err(NumberError::NotFinite)
        }
    }
}

impl FromStr for Number {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        if text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text
                .parse()
                .map(|value| Self(Repr::Int(value)))
                .map_err(|_| NumberError::Syntax);
        }
        let exponent = exponent(text).ok_or(NumberError::Syntax)?;
        // Zeros may stand in the way of the digits that count, so these limits are wider than the final one.
        if text.len() > 4 * MAX_DIGITS as usize || exponent.abs() > 4 * MAX_DIGITS {
            return Err(NumberError::Size);
        }
        Self::canonical(text.parse().map_err(|_| NumberError::Syntax)?)
    }
}

/// Checks that the text is a decimal number, `-12.5e+3`, and gives its exponent. One that is too large for an `i64`
/// counts as the largest.
fn exponent(text: &str) -> Option<i64> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = |text: &'_ str| text.strip_prefix(['+', '-']).unwrap_or(text).len();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let mantissa = &mantissa[mantissa.len() - unsigned(mantissa)..];
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    if !digits(integer) || !digits(fraction) {
        return None;
    }
    let Some(exponent) = exponent else { return Some(0) };
    let magnitude = &exponent[exponent.len() - unsigned(exponent)..];
    digits(magnitude).then(|| exponent.parse().unwrap_or(i64::MAX))
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Int(value) => write!(f, "{value}"),
            // The size limit keeps this to a few thousand characters.
            Repr::Decimal(decimal) => decimal.write_plain_string(f),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number({self})")
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Int(a), Repr::Int(b)) => a.cmp(b),
            (Repr::Decimal(a), Repr::Decimal(b)) => a.cmp(b),
            _ => self.to_decimal().cmp(&other.to_decimal()),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_displayed_plainly() {
        for (text, plain) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("+7", "7"),
            ("007", "7"),
            ("1.50", "1.5"),
            ("-0.1", "-0.1"),
            ("1e3", "1000"),
            ("1.5E-7", "0.00000015"),
            ("18446744073709551615", "18446744073709551615"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("1e20", "100000000000000000000"),
            ("0e4000", "0"),
        ] {
            assert_eq!(number(text).to_string(), plain, "{text}");
        }
    }

    #[test]
    fn only_decimal_numbers_are_read() {
        for text in [
            "", " 1", "1 ", "+", "-", ".", ".5", "5.", "1e", "1e+", "e5", "1_000", "0x10", "--1", "NaN", "Inf",
        ] {
            assert_eq!(text.parse::<Number>(), Err(NumberError::Syntax), "{text:?}");
        }
    }

    #[test]
    fn absurd_sizes_are_refused_at_once() {
        for text in [
            "1e999999999",
            "-1e-999999999",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            "1e4097",
        ] {
            assert_eq!(text.parse::<Number>(), Err(NumberError::Size), "{text}");
        }
        assert_eq!("9".repeat(1_000_000).parse::<Number>(), Err(NumberError::Size));
        assert_eq!("9".repeat(4097).parse::<Number>(), Err(NumberError::Size));
    }

    #[test]
    fn the_largest_numbers_come_back_from_their_text() {
        for text in [
            "1e4095".to_owned(),
            "1e-4096".to_owned(),
            "9".repeat(4096),
            format!("-0.{}", "9".repeat(4096)),
        ] {
            let largest = number(&text);
            assert_eq!(number(&largest.to_string()), largest);
        }
    }

    #[test]
    fn equality_and_order_are_numeric() {
        assert_eq!(number("1.0"), Number::from(1_i64));
        assert_eq!(number("100000000000000000000"), number("1e20"));
        assert_eq!(Number::from(u64::MAX), number("18446744073709551615"));
        assert_eq!(Number::from(10_000_000_000_000_000_000_u64), number("1e19"));
        let ascending = [
            "-1e30",
            "-9223372036854775808",
            "-1.5",
            "0",
            "0.1",
            "1",
            "1.1",
            "9223372036854775808",
            "1e30",
        ];
        assert!(ascending.map(number).is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn only_exact_integers_are_integers() {
        assert_eq!(number("9223372036854775807").to_i64(), Some(i64::MAX));
        assert_eq!(number("-9223372036854775808").to_i64(), Some(i64::MIN));
        assert_eq!(number("9223372036854775808").to_i64(), None);
        assert_eq!(number("1.5").to_i64(), None);
        assert_eq!(number("1e2").to_i64(), Some(100));
    }

    #[test]
    fn floats_are_taken_for_what_was_meant_or_exactly() {
        assert_eq!(Number::try_from(0.1), Ok(number("0.1")));
        assert_eq!(Number::try_from(-2.0), Ok(Number::from(-2_i64)));
        assert_eq!(Number::try_from(f64::INFINITY), Err(NumberError::NotFinite));
        assert_eq!(Number::try_from(f64::NAN), Err(NumberError::NotFinite));

        assert_eq!(Number::from_f64_exact(-0.0), Ok(Number::from(0_i64)));
        assert_eq!(
            Number::from_f64_exact(9_223_372_036_854_775_808.0),
            Ok(number("9223372036854775808"))
        );
        assert_eq!(Number::from_f64_exact(f64::NAN), Err(NumberError::NotFinite));
        assert!(Number::from_f64_exact(0.1).unwrap() > number("0.1"));
        assert_eq!(number("0.1").to_f64(), 0.1);
        assert_eq!(number("0.1").to_f64_exact(), None);
        assert_eq!(number("0.5").to_f64_exact(), Some(0.5));
        assert_eq!(number("1e400").to_f64(), f64::INFINITY);
        assert_eq!(number("1e400").to_f64_exact(), None);
    }

    proptest! {
        #[test]
        fn text_comes_back(digits in "-?[0-9]{1,40}(\\.[0-9]{1,40})?(e-?[0-9]{1,2})?") {
            let parsed = number(&digits);
            prop_assert_eq!(number(&parsed.to_string()), parsed);
        }

        #[test]
        fn every_finite_float_is_exact(float in any::<f64>()) {
            prop_assume!(float.is_finite());
            let exact = Number::from_f64_exact(float).unwrap();
            prop_assert_eq!(exact.to_f64_exact(), Some(float));
            prop_assert_eq!(Number::try_from(float).unwrap().to_f64(), float);
        }

        #[test]
        fn no_text_panics(text in "\\PC*|[-+0-9.eE]{0,30}") {
            let _ = text.parse::<Number>();
        }
    }
}
