//! Leaves out one warning of Terraform's: that the provider comes from a development override.
//!
//! It is true, it was explained at the start, and it would stand above every step. Everything else passes, with its
//! colours where they are wanted. Terraform is not asked to leave them out itself, because it then draws no boxes, and
//! nothing would say where the warning ends.

/// The first words of the box to leave out.
const OVERRIDES: &str = "Warning: Provider development overrides are in effect";

/// Watches one stream of lines for the warning's box.
#[derive(Debug)]
pub struct Filter {
    colours: bool,
    place: Place,
}

#[derive(Debug, Default)]
enum Place {
    /// Outside of what matters here.
    #[default]
    Outside,
    /// After the upper edge of a box, which is held back until its title is known.
    Edge(String),
    /// Within the box that is left out.
    Within,
    /// Right behind it, where an empty line goes with it.
    Behind,
}

impl Filter {
    /// A filter that keeps colours, or takes them out.
    pub fn new(colours: bool) -> Self {
        Self {
            colours,
            place: Place::default(),
        }
    }

    /// Takes the next line and answers the lines to show now.
    pub fn pass(&mut self, line: &str) -> Vec<String> {
        let plain = plain(line);
        let content = plain.trim();
        let shown = if self.colours { line } else { &plain };
        match std::mem::take(&mut self.place) {
            Place::Within => {
                self.place = if content.starts_with('╵') {
                    Place::Behind
                } else {
                    Place::Within
                };
                Vec::new()
            }
            Place::Edge(_) if content.trim_start_matches(['│', ' ']).starts_with(OVERRIDES) => {
                self.place = Place::Within;
                Vec::new()
            }
            Place::Edge(edge) => vec![edge, shown.to_owned()],
            Place::Behind if content.is_empty() => Vec::new(),
            Place::Outside | Place::Behind if content == "╷" => {
                self.place = Place::Edge(shown.to_owned());
                Vec::new()
            }
            Place::Outside | Place::Behind => vec![shown.to_owned()],
        }
    }
}

/// The text without the sequences that set colours.
fn plain(line: &str) -> String {
    let mut pieces = line.split("\x1b[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| {
        text + piece.split_once('m').map_or(piece, |(_, rest)| rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(text: &str, colours: bool) -> String {
        let mut filter = Filter::new(colours);
        let lines: Vec<_> = text.lines().flat_map(|line| filter.pass(line)).collect();
        lines.join("\n")
    }

    const WARNING: &str = "\x1b[33m╷\x1b[0m\x1b[0m\n\
        \x1b[33m│\x1b[0m \x1b[0m\x1b[1m\x1b[33mWarning: \x1b[0m\x1b[0m\x1b[1mProvider development overrides are in effect\x1b[0m\n\
        \x1b[33m│\x1b[0m \x1b[0m\n\
        \x1b[33m╵\x1b[0m\x1b[0m\n";

    #[test]
    fn the_warning_is_left_out() {
        let text = format!("{WARNING}\n\x1b[1mDone\x1b[0m");
        assert_eq!(passed(&text, true), "\x1b[1mDone\x1b[0m");
        assert_eq!(passed(&text, false), "Done");
    }

    #[test]
    fn everything_else_passes() {
        let other = "a\n\n╷\n│ Error: No\n│ \n│ why\n╵\nb\n╷\n│ Warning: Power Cycle\n╵\n";
        assert_eq!(passed(other, false), other.trim_end_matches('\n'));
    }

    #[test]
    fn a_box_right_behind_the_warning_passes() {
        let text = format!("{WARNING}╷\n│ Error: No\n╵");
        assert_eq!(passed(&text, true), "╷\n│ Error: No\n╵");
    }
}
