//! Keeps secrets out of messages and logs.
//!
//! Two nets. Fields whose name says that they are secret are blanked by name. And whatever secret the client has had to do
//! with, the API key, passwords that it sent and passwords that it was told, is known from then on, for as long as the
//! client and its clones live, and is blanked wherever it turns up: a service or a proxy quotes what it was sent, in this
//! answer or in the event of an hour later.
//!
//! An echo is rarely in the letters that were sent. Each character of a secret is therefore recognised in every spelling
//! that an answer may give it: as it is, escaped as in JSON, as an entity of HTML, or percent-encoded, and once more by
//! the same means.

use std::{
    cmp::Reverse,
    sync::{PoisonError, RwLock},
};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::diag::Words;

const BLANK: &str = "[redacted]";

/// Field names, in lower case, whose values are never shown.
const SECRET_FIELDS: [&str; 8] = [
    "password",
    "apikey",
    "api_key",
    "token",
    "accesstoken",
    "secret",
    "authorization",
    SCRIPT,
];

/// The field of a startup script's text. It may hold secrets and is none.
const SCRIPT: &str = "script";

/// From this length on, the text of a script is sought in everything. A shorter one is a word or two, such as `true`, and
/// half of all messages would be blanked for it.
const SHORTEST_SCRIPT: usize = 16;

/// From this length on, a secret is sought in everything. Shorter ones protect nothing and stand in every word.
const SHORTEST: usize = 3;

/// The most places where what was read of a secret may end, as many as a row of ten backslashes has.
const MOST_ENDS: usize = 32;

/// How far into a text secrets are sought; what comes after it is not shown.
const MOST_SCANNED: usize = 64 * 1024;

/// Every secret that a client has seen.
pub(super) struct Secrets {
    /// The longest first: a secret within another must not leave the rest of it standing.
    known: RwLock<Vec<SecretString>>,
}

impl Secrets {
    /// Knows the API key.
    pub(super) fn new(key: &SecretString) -> Self {
        let secrets = Self {
            known: RwLock::default(),
        };
        secrets.learn(key.expose_secret().trim());
        secrets
    }

    /// From now on, this does not show.
    pub(super) fn learn(&self, secret: &str) {
        if secret.chars().count() < SHORTEST {
            return;
        }
        let order = |known: &SecretString| {
            let known = known.expose_secret();
            (Reverse(known.len()), known).cmp(&(Reverse(secret.len()), secret))
        };
        if self.read(|known| known.binary_search_by(order).is_ok()) {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Err(place) = known.binary_search_by(order) {
            known.insert(place, SecretString::from(secret));
        }
    }

    /// Learns every secret field of a request's body.
    pub(super) fn learn_from(&self, body: &Value) {
        self.gather(body, None);
    }

    fn gather(&self, value: &Value, secret: Option<&str>) {
        match (value, secret) {
            (Value::String(text), Some(field))
                if !field.eq_ignore_ascii_case(SCRIPT) || text.len() >= SHORTEST_SCRIPT =>
            {
                self.learn(text);
            }
            (Value::Array(items), _) => items.iter().for_each(|item| self.gather(item, secret)),
            (Value::Object(fields), _) => {
                for (name, value) in fields {
                    self.gather(value, secret.or(is_secret(name).then_some(name)));
                }
            }
            _ => {}
        }
    }

    fn read<T>(&self, look: impl FnOnce(&[SecretString]) -> T) -> T {
        look(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A text without any known secret.
    pub(super) fn text(&self, text: &str) -> String {
        self.read(|known| {
            let mut clean = String::with_capacity(text.len().min(MOST_SCANNED));
            let mut at = 0;
            while let Some(letter) = text[at..].chars().next() {
                if at >= MOST_SCANNED {
                    clean.push_str("...");
                    break;
                }
                let found = known.iter().find_map(|secret| end_of(secret.expose_secret(), text, at));
                match found {
                    Some(end) => {
                        clean.push_str(BLANK);
                        at = end;
                    }
                    None => {
                        clean.push(letter);
                        at += letter.len_utf8();
                    }
                }
            }
            clean
        })
    }

    /// Words without any known secret. It is the text that has to be given: what words leave out of a text may have been
    /// part of a secret.
    pub(super) fn words(&self, text: &str) -> Words {
        Words::new(&self.text(text))
    }

    /// A JSON value as text, without secret fields and without any known secret.
    pub(super) fn json(&self, mut value: Value) -> String {
        self.blank(&mut value);
        value.to_string()
    }

    fn blank(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Number(number) => {
                // A secret of digits may come back as a number.
                let text = number.to_string();
                let clean = self.text(&text);
                if clean != text {
                    *value = Value::from(clean);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.blank(item)),
            Value::Object(fields) => {
                let clean = std::mem::take(fields).into_iter().map(|(name, mut value)| {
                    if is_secret(&name) && !value.is_null() {
                        value = Value::from(BLANK);
                    } else {
                        self.blank(&mut value);
                    }
                    (self.text(&name), value)
                });
                *fields = clean.collect();
            }
            Value::Null | Value::Bool(_) => {}
        }
    }
}

fn is_secret(field: &str) -> bool {
    SECRET_FIELDS.iter().any(|secret| field.eq_ignore_ascii_case(secret))
}

/// Where a secret ends that begins at this place of a text, in whatever spelling.
fn end_of(secret: &str, text: &str, start: usize) -> Option<usize> {
    let rest = &text[start..];
    let is_itself = secret.chars().next().is_some_and(|letter| rest.starts_with(letter));
    if !is_itself && !rest.starts_with(['\\', '&', '%', '+']) {
        return None;
    }
    // What was read so far may end in several places, where a character can be taken for itself or for the beginning of
    // another one's spelling.
    let mut ends = vec![start];
    let mut next = Vec::new();
    for letter in secret.chars() {
        next.clear();
        for &at in &ends {
            spellings(letter, text, at, &mut |end| {
                if next.len() < MOST_ENDS && !next.contains(&end) {
                    next.push(end);
                }
            });
        }
        if next.is_empty() {
            return None;
        }
        std::mem::swap(&mut ends, &mut next);
    }
    ends.into_iter().max()
}

/// Hands over where each spelling of a character ends that begins at this place of a text.
fn spellings(letter: char, text: &str, at: usize, found: &mut dyn FnMut(usize)) {
    let rest = &text[at..];
    if rest.starts_with(letter) {
        found(at + letter.len_utf8());
    }
    match rest.as_bytes().first() {
        Some(b'\\') => escaped(letter, rest, &mut |length| found(at + length)),
        Some(b'&') => found_at(entity(letter, rest), at, found),
        Some(b'%') => found_at(percent(letter, rest), at, found),
        Some(b'+') if letter == ' ' => found(at + 1),
        _ => {}
    }
}

fn found_at(length: Option<usize>, at: usize, found: &mut dyn FnMut(usize)) {
    if let Some(length) = length {
        found(at + length);
    }
}

/// The escapes of JSON, with as many backslashes as they have where a text with escapes is quoted in another.
fn escaped(letter: char, rest: &str, found: &mut dyn FnMut(usize)) {
    let backslashes = backslashes(rest);
    if letter == '\\' {
        [2, 4]
            .into_iter()
            .filter(|length| *length <= backslashes)
            .for_each(found);
        return;
    }
    let after = &rest[backslashes..];
    let short = match letter {
        '"' | '/' | '\'' => Some(letter),
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        '\u{8}' => Some('b'),
        '\u{c}' => Some('f'),
        _ => None,
    };
    if short.is_some_and(|short| after.starts_with(short)) {
        found(backslashes + 1);
    }
    let mut units = [0; 2];
    let mut length = backslashes;
    for (number, unit) in letter.encode_utf16(&mut units).iter().enumerate() {
        if number > 0 {
            let between = self::backslashes(&rest[length..]);
            if between == 0 {
                return;
            }
            length += between;
        }
        let digits = rest[length..].strip_prefix('u').and_then(|digits| digits.get(..4));
        if digits.and_then(hexadecimal) != Some(u32::from(*unit)) {
            return;
        }
        length += 5;
    }
    found(length);
}

/// How many backslashes a text begins with, as far as they can stand before one letter.
fn backslashes(text: &str) -> usize {
    text.bytes().take(8).take_while(|byte| *byte == b'\\').count()
}

/// The number that hexadecimal digits stand for.
fn hexadecimal(digits: &str) -> Option<u32> {
    let is_digit = |byte: u8| byte.is_ascii_hexdigit();
    let number = u32::from_str_radix(digits, 16).ok();
    number.filter(|_| digits.bytes().all(is_digit))
}

/// An entity of HTML: by name, or by number in either base, also where its ampersand is one again.
fn entity(letter: char, rest: &str) -> Option<usize> {
    let mut start = 1;
    while rest[start..].starts_with("amp;") && (letter != '&' || rest[start + 4..].starts_with("amp;")) {
        start += 4;
    }
    // The longest that is looked for has a number of seven digits.
    let length = rest[start..].bytes().take(10).position(|byte| byte == b';')?;
    let name = &rest[start..start + length];
    let named = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => None,
    };
    let numbered = || {
        let number = name.strip_prefix('#')?;
        let number = match number.strip_prefix(['x', 'X']) {
            Some(digits) => hexadecimal(digits),
            None => number.parse().ok(),
        };
        number.and_then(char::from_u32)
    };
    (named.or_else(numbered) == Some(letter)).then_some(start + name.len() + 1)
}

/// The bytes of a character percent-encoded, also where the percent sign is so again.
fn percent(letter: char, rest: &str) -> Option<usize> {
    let mut bytes = [0; 4];
    let mut length = 0;
    for byte in letter.encode_utf8(&mut bytes).bytes() {
        let mut digits = rest[length..].strip_prefix('%')?;
        length += 1;
        while digits.starts_with("25") && (byte != b'%' || digits[2..].starts_with("25")) {
            digits = &digits[2..];
            length += 2;
        }
        if digits.get(..2).and_then(hexadecimal) != Some(u32::from(byte)) {
            return None;
        }
        length += 2;
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secrets(known: &[&str]) -> Secrets {
        let secrets = Secrets::new(&SecretString::from("k3y\n"));
        known.iter().for_each(|secret| secrets.learn(secret));
        secrets
    }

    #[test]
    fn secret_fields_are_blanked_at_any_depth() {
        let body = json!({"name": "a", "password": "p", "list": [{"Password": {"x": 1}, "apiKey": null}]});
        let expected = json!({"name": "a", "password": BLANK, "list": [{"Password": BLANK, "apiKey": null}]});
        assert_eq!(secrets(&[]).json(body), expected.to_string());
    }

    #[test]
    fn secrets_of_a_request_are_known_from_then_on() {
        let secrets = secrets(&[]);
        secrets.learn_from(&json!({"email": "a@example.com", "password": "hunter2", "list": [{"token": ["t0k3n"]}]}));
        assert_eq!(
            secrets.text("no k3y for a@example.com: hunter2 is weak, t0k3n too"),
            "no [redacted] for a@example.com: [redacted] is weak, [redacted] too"
        );
        let echo = json!({"message": "hunter2", "hunter2": ["k3y", true]});
        assert_eq!(
            secrets.json(echo),
            json!({"message": BLANK, BLANK: [BLANK, true]}).to_string()
        );
    }

    #[test]
    fn every_spelling_of_an_echo_is_found() {
        let secret = "a\"b\\c/d<e>&'f ü😀\n%+";
        for spelling in [
            secret,
            r#"a\"b\\c\/d<e>&'f ü😀\n%+"#,
            r#"a\"b\\c/d\u003ce\u003E\u0026\u0027f \u00fc\ud83d\uDE00\n%+"#,
            r#"a\\\"b\\\\c/d<e>&'f \\u00fc\\ud83d\\ude00\\n%+"#,
            "a&quot;b\\c/d&lt;e&gt;&amp;&apos;f ü😀\n%+",
            "a&#34;b&#92;c&#47;d&#60;e&#x3e;&#38;&#x27;f&nbsp;&#252;&#x1F600;&#10;&#37;&#43;",
            "a&amp;quot;b\\c/d&amp;lt;e&amp;#62;&amp;amp;&amp;#39;f ü😀\n%+",
            "a%22b%5Cc%2Fd%3Ce%3E%26%27f%20%C3%BC%F0%9F%98%80%0A%25%2B",
            "a%22b%5cc/d%3ce%3e&'f+%c3%bc%f0%9f%98%80%0a%25%2b",
            "a%2522b%255Cc%252Fd%253Ce%253E%2526%2527f%2520%25C3%25BC%25F0%259F%2598%2580%250A%2525%252B",
        ] {
            let text = format!("before {spelling} after");
            assert_eq!(secrets(&[secret]).text(&text), "before [redacted] after", "{spelling}");
        }
    }

    #[test]
    fn what_only_resembles_a_secret_stays() {
        let secrets = secrets(&["hunter2", "a&b", "c%d", "e\\f"]);
        for text in [
            "hunter 2",
            "hunte\\r2",
            "hunter",
            "&#104",
            "&#x110000;unter2",
            "%6",
            "%6\u{e9}",
            "%zzunter2",
            "\\u006",
            "\\u00e9unter2",
            "a&c;b",
            "a&",
            "a&amp",
            "c%+5d",
            "c%2",
            "e\\",
            "\\",
            "&",
            "%",
            "K3Y",
        ] {
            assert_eq!(secrets.text(text), text);
        }
    }

    #[test]
    fn the_longer_of_two_secrets_is_blanked_whole() {
        let secrets = secrets(&["hunter", "hunter2hunter", "unter2"]);
        assert_eq!(secrets.text("hunter2hunter hunter2"), "[redacted] [redacted]2");
    }

    #[test]
    fn a_spelling_that_could_end_in_two_places_ends_in_the_later() {
        let secrets = secrets(&["abc\\"]);
        assert_eq!(secrets.text(r"abc\ abc\\ abc\\\"), r"[redacted] [redacted] [redacted]\");
    }

    #[test]
    fn what_is_too_short_to_be_a_secret_blanks_nothing() {
        let secrets = secrets(&["", "a", "ab", "abc"]);
        assert_eq!(secrets.text("a ab abc"), "a ab [redacted]");
        secrets.learn_from(&json!({"script": "true", "password": "pass"}));
        secrets.learn_from(&json!({"script": "#!/bin/sh\ntrue\n"}));
        assert_eq!(secrets.text("true pass"), "true [redacted]");
        secrets.learn_from(&json!({"script": "#!/bin/bash\ntrue\n"}));
        assert_eq!(secrets.text(r"not #!/bin/bash\ntrue\n"), "not [redacted]");
    }

    #[test]
    fn a_number_that_is_a_secret_is_blanked() {
        let secrets = secrets(&["12345678"]);
        assert_eq!(
            secrets.json(json!({"a": 12345678, "b": 1234})),
            json!({"a": BLANK, "b": 1234}).to_string()
        );
    }

    #[test]
    fn much_text_is_shown_in_part_and_no_part_of_a_secret_at_its_end() {
        let secret = "s3cret".repeat(100);
        let secrets = secrets(&[&secret]);
        let text = format!("{}{secret}{}", "x".repeat(MOST_SCANNED - 5), "y".repeat(MOST_SCANNED));
        let clean = secrets.text(&text);
        assert!(clean.ends_with("xxxxx[redacted]..."), "{}", &clean[clean.len() - 50..]);
    }

    #[test]
    fn what_can_be_read_in_very_many_ways_is_read_in_a_few() {
        let secrets = secrets(&[&format!("{}x", "\\".repeat(50))]);
        assert!(!secrets.text(&"\\".repeat(500)).contains(BLANK));
    }

    #[test]
    fn a_secret_is_known_once() {
        let secrets = secrets(&["hunter2", "hunter2", "k3y"]);
        assert_eq!(secrets.read(<[SecretString]>::len), 2);
    }
}
