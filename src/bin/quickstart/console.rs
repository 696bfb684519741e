//! What the quickstart itself has to say, apart from what the programs that it runs say.

use std::env;
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Stdout, Write as _};

const BOLD: &str = "1";
const DIM: &str = "2";
const CYAN: &str = "36";
const GREEN: &str = "32";

/// Standard output, with colours where they are seen and wanted.
pub struct Console {
    out: Stdout,
    colours: bool,
}

impl Console {
    /// Finds out about colours.
    pub fn new() -> Self {
        let out = io::stdout();
        let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            colours: out.is_terminal() && !unwanted,
            out,
        }
    }

    /// Whether there are colours.
    pub fn has_colours(&self) -> bool {
        self.colours
    }

    /// A line as it is.
    pub fn say(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")?;
        self.out.flush()
    }

    /// The beginning of a part.
    pub fn heading(&mut self, text: &str) -> io::Result<()> {
        let text = self.styled(BOLD, format_args!("── {text} "));
        self.say(&format!("\n{text}"))
    }

    /// A command as a person would type it.
    pub fn command(&mut self, program: &str, arguments: &[&str]) -> io::Result<()> {
        let line = self.styled(CYAN, format_args!("$ {program} {}", arguments.join(" ")));
        self.say(&format!("\n{line}"))
    }

    /// Something that stands in the background.
    pub fn aside(&mut self, text: &str) -> io::Result<()> {
        for line in text.lines() {
            let line = self.styled(DIM, line);
            self.say(&format!("  {line}"))?;
        }
        Ok(())
    }

    /// That a step went well.
    pub fn success(&mut self, text: &str) -> io::Result<()> {
        let text = self.styled(GREEN, format_args!("✓ {text}"));
        self.say(&format!("\n{text}"))
    }

    fn styled(&self, style: &str, text: impl Display) -> String {
        if self.colours {
            format!("\x1b[{style}m{text}\x1b[0m")
        } else {
            text.to_string()
        }
    }
}
