//! Words that come from outside, made fit to be shown.
//!
//! Whoever answers in the place of the service chooses the words that end up on a terminal, in a log or in a report: they
//! may hold sequences that move the cursor, characters that turn the direction of reading, and megabytes of anything.
//! [`Words`] are one line of bounded length without any of that. What was taken out leaves a mark, so that what stands
//! on both sides of it does not read as if it belonged together.
//!
//! This module knows neither who the words come from nor who reads them.

use std::{fmt, ops::Deref};

/// What stands for characters that must not be shown.
const MARK: char = '\u{fffd}';

/// One line of words that come from outside, at most [`Words::MOST`] characters of them, without control characters and
/// without those that cannot be seen or turn the direction of reading.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Words(Box<str>);

impl Words {
    /// The most characters; of longer text, the beginning is kept and dots are put behind it.
    pub const MOST: usize = 1_000;

    /// The words of a text.
    pub fn new(text: &str) -> Self {
        Self::at_most(Self::MOST, text)
    }

    /// The words of a name, an identifier or a code, of which nobody needs more than a hundred characters.
    pub fn short(text: &str) -> Self {
        Self::at_most(100, text)
    }

    /// The words of a text, so many characters of them at most. No more of the text is read than it takes.
    pub fn at_most(most: usize, text: &str) -> Self {
        let mut line = String::new();
        let mut length = 0;
        let mut space = false;
        let mut marked = false;
        for letter in text.chars() {
            if letter.is_whitespace() {
                space = length > 0;
                continue;
            }
            let letter = if is_hidden(letter) { MARK } else { letter };
            if letter == MARK && marked && !space {
                continue;
            }
            if length + usize::from(space) >= most {
                line.push_str("...");
                break;
            }
            if space {
                line.push(' ');
                length += 1;
            }
            line.push(letter);
            length += 1;
            space = false;
            marked = letter == MARK;
        }
        Self(line.into())
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The most characters of a text of several lines.
const MOST_OF_TEXT: usize = 20_000;

/// A text of several lines with the characters marked that must not be shown; line feeds stay. Of a text that is too long for
/// anybody to read, the beginning.
pub(super) fn printable(text: String) -> String {
    let is_shown = |letter: char| letter == '\n' || !is_hidden(letter);
    if text.len() <= MOST_OF_TEXT && text.chars().all(is_shown) {
        return text;
    }
    let mark = |letter| if is_shown(letter) { letter } else { MARK };
    let mut shown: String = text.chars().take(MOST_OF_TEXT).map(mark).collect();
    if text.chars().nth(MOST_OF_TEXT).is_some() {
        shown.push_str("...");
    }
    shown
}

/// Whether a character does something else than to be seen: it controls the terminal, turns the direction of reading, or
/// takes no room.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl Deref for Words {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Words {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl PartialEq<str> for Words {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other
    }
}

impl PartialEq<&str> for Words {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_one_line_of_what_can_be_seen() {
        for (text, words) in [
            ("", ""),
            ("as it is", "as it is"),
            ("Größe: 50 €, 日本語, 👍", "Größe: 50 €, 日本語, 👍"),
            ("  two\r\n\tlines  \n", "two lines"),
            ("\u{1b}[31mred\u{1b}[0m", "\u{fffd}[31mred\u{fffd}[0m"),
            ("a\0\u{7}\u{8}b", "a\u{fffd}b"),
            ("bell\u{7} \u{7}bell", "bell\u{fffd} \u{fffd}bell"),
            ("c1\u{9b}31m", "c1\u{fffd}31m"),
            ("next\u{85}line\u{2028}and\u{2029}paragraph", "next line and paragraph"),
            ("user\u{202e}nimda\u{202c}", "user\u{fffd}nimda\u{fffd}"),
            ("is\u{2066}ola\u{2069}ted", "is\u{fffd}ola\u{fffd}ted"),
            ("mark\u{200e}s\u{200f}\u{61c}", "mark\u{fffd}s\u{fffd}"),
            ("zero\u{200b}\u{200d}\u{feff}width", "zero\u{fffd}width"),
            ("t\u{e0041}ag", "t\u{fffd}ag"),
            ("\u{202e}", "\u{fffd}"),
        ] {
            assert_eq!(Words::new(text), words, "{text:?}");
        }
    }

    #[test]
    fn words_are_bounded() {
        let words = |most, text| Words::at_most(most, text).to_string();
        assert_eq!(words(5, "12345"), "12345");
        assert_eq!(words(5, "123456"), "12345...");
        assert_eq!(words(5, "12345   "), "12345");
        assert_eq!(words(5, "1234 6"), "1234...");
        assert_eq!(words(5, "123 5 "), "123 5");
        assert_eq!(words(2, "éèê"), "éè...");
        assert_eq!(words(2, "\0\0\0\0"), "\u{fffd}");
        let most = Words::new(&"x".repeat(10_000_000));
        assert_eq!(most.len(), Words::MOST + 3);
        assert_eq!(Words::short(&most).len(), 103);
    }

    #[test]
    fn what_is_taken_out_joins_nothing() {
        assert_eq!(Words::new("hun\0ter2"), "hun\u{fffd}ter2");
    }

    #[test]
    fn text_of_several_lines_keeps_them() {
        let text = "first\n\n  caused by: x\n".to_owned();
        assert_eq!(printable(text.clone()), text);
        assert_eq!(
            printable("a\u{1b}[2J\r\nb\tc".to_owned()),
            "a\u{fffd}[2J\u{fffd}\nb\u{fffd}c"
        );
        let longest = "é".repeat(MOST_OF_TEXT);
        assert_eq!(printable(longest.clone()), longest);
        assert_eq!(printable(format!("{longest}é")), format!("{longest}..."));
    }
}
