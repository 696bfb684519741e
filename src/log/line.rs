//! One line of the log. Pure.

use std::fmt::Write as _;

use serde_json::Value as Json;
use tracing::Level;

use super::layer::CRATE;

/// The longest line a host takes in one piece is 64 KiB; this leaves room for what is always there.
const LONGEST_LINE: usize = 60 << 10;

/// The longest a message can be, so that there is still room for fields.
const LONGEST_MESSAGE: usize = 24 << 10;

/// What stands for the part of a text that was cut off.
const ELLIPSIS: &str = "...";

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON object as go-hclog writes it, which hosts read.
    Hclog,
    /// Text for people.
    Text,
}

/// What a line says.
pub(super) struct Line<'a> {
    pub level: Level,
    /// The module that logs.
    pub target: &'a str,
    pub message: &'a str,
    pub time: jiff::Timestamp,
    /// Whatever else is said. Of several fields of one name the last one counts.
    pub fields: &'a [(&'static str, Json)],
}

impl Line<'_> {
    /// The line with its end.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Hclog => self.hclog(),
            Format::Text => self.text(),
        }
    }

    /// The host crashes on an `@` field that is no string, and does not recognise a time without its six digits.
    fn hclog(&self) -> String {
        let level = match self.level {
            Level::ERROR => "error",
            Level::WARN => "warn",
            Level::INFO => "info",
            Level::DEBUG => "debug",
            Level::TRACE => "trace",
        };
        let message = quoted(self.message, LONGEST_MESSAGE);
        let module = quoted(&self.module(), LONGEST_MESSAGE);
        let time = self.time;
        let mut line =
            format!(r#"{{"@level":"{level}","@message":{message},"@module":{module},"@timestamp":"{time:.6}""#);
        for (name, value) in self.last_of_each() {
            let left = LONGEST_LINE.saturating_sub(line.len() + name.len() + 8);
            let value = match value {
                Json::String(text) => quoted(text, left),
                value => value.to_string(),
            };
            if value.len() > left {
                break;
            }
            // Only the log's own fields may begin with the sign.
            let name = quoted(name.trim_start_matches('@'), LONGEST_MESSAGE);
            _ = write!(line, ",{name}:{value}");
        }
        line.push_str("}\n");
        line
    }

    fn text(&self) -> String {
        let (time, level, module, message) = (self.time, self.level, self.module(), self.message);
        let mut line = format!("{time:.3} {level:<5} {module}: {message}");
        for (name, value) in self.last_of_each() {
            _ = match value {
                Json::String(text) if !text.is_empty() && !text.contains([' ', '"', '\n']) => {
                    write!(line, " {name}={text}")
                }
                value => write!(line, " {name}={value}"),
            };
        }
        line.push('\n');
        line
    }

    /// The module in the form that loggers in Go use.
    fn module(&self) -> String {
        let own = self.target.strip_prefix(CRATE).map(|rest| format!("paperspace{rest}"));
        own.unwrap_or_else(|| self.target.to_owned()).replace("::", ".")
    }

    fn last_of_each(&self) -> impl Iterator<Item = &(&'static str, Json)> {
        let is_last = |(index, (name, _)): &(usize, &(&str, Json))| {
            self.fields[index + 1..].iter().all(|(later, _)| later != name)
        };
        self.fields.iter().enumerate().filter(is_last).map(|(_, field)| field)
    }
}

/// A JSON string of at most that many bytes; of a longer text, its beginning.
fn quoted(text: &str, longest: usize) -> String {
    let whole = Json::from(text).to_string();
    if whole.len() <= longest {
        return whole;
    }
    let mut left = longest.saturating_sub(ELLIPSIS.len() + 2);
    let fits = |character: &char| {
        let length = match character {
            '"' | '\\' | '\n' | '\r' | '\t' => 2,
            '\0'..='\u{1f}' => 6,
            other => other.len_utf8(),
        };
        let fits = length <= left;
        left = left.saturating_sub(length);
        fits
    };
    let beginning: String = text.chars().take_while(fits).collect();
    Json::from(beginning + ELLIPSIS).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line<'a>(message: &'a str, fields: &'a [(&'static str, Json)]) -> Line<'a> {
        Line {
            level: Level::DEBUG,
            target: "terraform_provider_paperspace::wire::service",
            message,
            time: "2026-08-01T12:00:00Z".parse().unwrap(),
            fields,
        }
    }

    #[test]
    fn a_line_for_the_host() {
        let fields = [
            ("tf_rpc", Json::from("ReadResource")),
            ("tf_req_duration_ms", Json::from(3)),
        ];
        insta::assert_snapshot!(line("ans\"wered\n", &fields).render(Format::Hclog), @r#"{"@level":"debug","@message":"ans\"wered\n","@module":"paperspace.wire.service","@timestamp":"2026-08-01T12:00:00.000000Z","tf_rpc":"ReadResource","tf_req_duration_ms":3}"#);
    }

    #[test]
    fn a_line_for_people() {
        let fields = [
            ("a", Json::from("plain")),
            ("b", Json::from("two words")),
            ("c", Json::from(3)),
        ];
        insta::assert_snapshot!(line("answered", &fields).render(Format::Text), @r#"2026-08-01T12:00:00.000Z DEBUG paperspace.wire.service: answered a=plain b="two words" c=3"#);
    }

    #[test]
    fn fields_of_others_never_pass_for_the_logs_own() {
        let fields = [("@level", Json::from(3)), ("@timestamp", Json::Null)];
        let rendered: Json = serde_json::from_str(&line("m", &fields).render(Format::Hclog)).unwrap();
        assert_eq!(rendered["@level"], "debug");
        assert_eq!(rendered["level"], 3);
        assert_eq!(rendered["@timestamp"], "2026-08-01T12:00:00.000000Z");
    }

    #[test]
    fn the_last_of_several_fields_of_one_name_counts() {
        let fields = [("a", Json::from(1)), ("b", Json::from(2)), ("a", Json::from(3))];
        let rendered = line("m", &fields).render(Format::Hclog);
        assert!(rendered.ends_with(",\"b\":2,\"a\":3}\n"), "{rendered}");
    }

    #[test]
    fn no_line_is_longer_than_a_host_takes() {
        for filler in ["x", "\u{1}", "\"", "ü", "𝄞"] {
            let long = filler.repeat(200_000);
            let fields = [
                ("a", Json::from(long.as_str())),
                ("b", Json::from(long.as_str())),
                ("c", Json::from(1)),
            ];
            let rendered = line(&long, &fields).render(Format::Hclog);
            assert!(rendered.len() < 64 << 10, "{filler:?}: {}", rendered.len());
            let json: Json = serde_json::from_str(&rendered).unwrap();
            assert!(json["@message"].as_str().unwrap().ends_with(ELLIPSIS));
            assert!(json["a"].as_str().unwrap().ends_with(ELLIPSIS));
        }
    }

    #[test]
    fn a_cut_text_is_as_long_as_allowed_and_no_longer() {
        assert_eq!(quoted("abcdefgh", 10), r#""abcdefgh""#);
        assert_eq!(quoted("abcdefgh", 9), r#""abcd...""#);
    }
}
