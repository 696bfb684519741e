//! What a person is told when the provider was installed or removed: what happened, and what to do next.

use std::fmt;
use std::path::{Path, PathBuf};

use super::names::{self, Platform, VERSION};
use super::{Change, Directory, settings};

/// What was done, and what is to be done next. Its text is for people.
#[derive(Debug, PartialEq)]
pub struct Report {
    /// The files, in order, and what became of each.
    pub changes: Vec<(PathBuf, Change)>,
    source: String,
    installed: bool,
    directory: PathBuf,
    /// The configuration file that must name the directory, by its path or by what it is called.
    named_by: Option<String>,
    /// The command that takes away what was installed.
    undo: String,
}

impl Report {
    pub(super) fn installed(
        source: &str,
        program: &Path,
        directory: Directory,
        changes: Vec<(PathBuf, Change)>,
    ) -> Self {
        let files = settings::files_that_name_places();
        let named_by = match files.is_empty() {
            true if directory.implied => None,
            true => Some(
                settings::configuration_names()
                    .map(|name| format!("~/{name}"))
                    .join(" or "),
            ),
            false => Some(
                files
                    .iter()
                    .map(|file| file.display().to_string())
                    .collect::<Vec<_>>()
                    .join(" and "),
            ),
        };
        Self {
            changes,
            source: source.to_owned(),
            installed: true,
            undo: undo(program, &directory),
            directory: directory.path,
            named_by,
        }
    }

    pub(super) fn removed(source: &str, directory: Directory, changes: Vec<(PathBuf, Change)>) -> Self {
        Self {
            changes,
            source: source.to_owned(),
            installed: false,
            undo: String::new(),
            directory: directory.path,
            named_by: None,
        }
    }

    fn any(&self, wanted: Change) -> bool {
        self.changes.iter().any(|(_, change)| *change == wanted)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { source, directory, .. } = self;
        let what = format!("{source} {VERSION} for {}", Platform::current());
        let place = directory.display();
        match (self.installed, self.changes.is_empty()) {
            (true, _) if self.changes.iter().all(|(_, change)| *change == Change::Unchanged) => {
                writeln!(f, "{what} is in {place} already:\n")?;
            }
            (true, _) => writeln!(f, "{what} is now in {place}:\n")?,
            (false, true) => return writeln!(f, "{what} is not in {place}, so nothing was removed."),
            (false, false) => writeln!(f, "{what} was removed from {place}:\n")?,
        }
        for (file, change) in &self.changes {
            let word = match change {
                Change::Added => "added",
                Change::Replaced => "replaced",
                Change::Unchanged => "unchanged",
                Change::Removed => "removed",
            };
            let file = file.strip_prefix(directory).unwrap_or(file);
            writeln!(f, "  {word:<9}  {}", file.display())?;
        }
        if !self.installed {
            return Ok(());
        }
        if let Some(file) = &self.named_by {
            let quoted = format!("{:?}", place.to_string());
            writeln!(
                f,
                r#"
Terraform and OpenTofu look there if a provider_installation block in {file} names the place, like this one:

provider_installation {{
  filesystem_mirror {{
    path    = {quoted}
    include = ["{source}"]
  }}
  direct {{
    exclude = ["{source}"]
  }}
}}"#
            )?;
        }
        if self.any(Change::Replaced) {
            writeln!(
                f,
                "\nA folder that was initialised with the other build has its checksums: remove the provider's block from its\n\
                 .terraform.lock.hcl before the next `terraform init`."
            )?;
        }
        let block = names::required_providers(source);
        writeln!(
            f,
            "\nAsk for it in a configuration, and then run `terraform init` or `tofu init`:\n\n{block}"
        )?;
        writeln!(f, "To remove it again:\n\n{}", self.undo)
    }
}

/// The command that takes away what a program has put into a directory, as it is written in a shell.
fn undo(program: &Path, directory: &Directory) -> String {
    let program = quoted(program);
    if directory.implied {
        format!("{program} uninstall")
    } else {
        format!("{program} uninstall --dir {}", quoted(&directory.path))
    }
}

/// A path as one word of a command: in quotes where the shell would not take it as it is.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |letter: char| letter.is_alphanumeric() || "/\\:._-+@%,".contains(letter);
    match (text.chars().all(is_plain), cfg!(windows)) {
        (true, _) => text,
        (false, true) => format!("\"{text}\""),
        (false, false) => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_that_undoes_it_is_one_that_a_shell_understands() {
        let undo = |program: &str, path: &str, implied| {
            let directory = Directory {
                path: path.into(),
                implied,
            };
            undo(Path::new(program), &directory)
        };
        assert_eq!(
            undo("/usr/bin/provider", "/home/ann/.terraform.d/plugins", true),
            "/usr/bin/provider uninstall"
        );
        assert_eq!(
            undo("/usr/bin/provider", "/srv/plugins", false),
            "/usr/bin/provider uninstall --dir /srv/plugins"
        );
        #[cfg(unix)]
        assert_eq!(
            undo("/a b/provider", "/srv/o'neill; rm", false),
            r"'/a b/provider' uninstall --dir '/srv/o'\''neill; rm'"
        );
    }
}
