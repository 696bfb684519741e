//! The command line: what the binary does when Terraform did not launch it.
//!
//! Terraform launches a provider without arguments and with a cookie in the environment, and then nothing here is
//! parsed or printed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::install::{Options, names};
use crate::wire::Launch;

/// Terraform and OpenTofu provider for Paperspace.
///
/// Terraform and OpenTofu launch this program by themselves. By hand it is run to install it, or to debug it.
#[derive(Debug, Parser)]
#[command(name = names::PROGRAM, version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// Serve until Ctrl-C, and print the variable with which Terraform or OpenTofu finds the running process
    #[arg(long)]
    debug: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Put this program where Terraform and OpenTofu look for providers on this computer
    Install(Place),
    /// Take away what `install` put there
    Uninstall(Place),
}

#[derive(Debug, Args)]
struct Place {
    /// A plugin directory or filesystem mirror, instead of the one that is looked into by itself
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// Overwrite or remove a provider of this version that is there and is another build
    #[arg(long)]
    force: bool,
}

impl From<Place> for Options {
    fn from(place: Place) -> Self {
        Self {
            directory: place.dir,
            force: place.force,
        }
    }
}

/// What the binary is to do.
#[derive(Debug)]
pub enum Invocation {
    /// Serve the host that launched it.
    Plugin(Launch),
    /// Serve a developer's hosts.
    Debug,
    /// Put itself where it is looked for.
    Install(Options),
    /// Take itself away from there.
    Uninstall(Options),
    /// Explain itself to a person who expected something else.
    Explain,
    /// Print what clap has to say: a help text, the version or a usage error.
    Print(clap::Error),
}

impl Invocation {
    /// Decides by the arguments, the first of which is the program's name, and the environment.
    pub fn decide(arguments: impl IntoIterator<Item = OsString>, variable: impl Fn(&str) -> Option<String>) -> Self {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        if arguments.len() <= 1 {
            return Launch::read(variable).map_or(Self::Explain, Self::Plugin);
        }
        match Arguments::try_parse_from(arguments) {
            Err(error) => Self::Print(error),
            Ok(Arguments {
                command: Some(Command::Install(place)),
                ..
            }) => Self::Install(place.into()),
            Ok(Arguments {
                command: Some(Command::Uninstall(place)),
                ..
            }) => Self::Uninstall(place.into()),
            Ok(Arguments { debug: true, .. }) => Self::Debug,
            Ok(Arguments { debug: false, .. }) => Self::Explain,
        }
    }
}

/// What a person is told who starts the binary by hand.
pub fn explanation(address: &str) -> String {
    let (program, version) = (names::PROGRAM, names::VERSION);
    let block = names::required_providers(names::source(address));
    format!(
        "This is the Paperspace provider {version}, a plugin for Terraform and OpenTofu. They launch it; started by hand it does\n\
         nothing. `{program} install` puts it where they look for providers.\n\
         To use it, name it in a configuration and run `terraform init` or `tofu init`:\n\n\
         {block}\n\
         Run it with --help to see what else it can do.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::handshake::{COOKIE_NAME, COOKIE_VALUE};

    fn decide(arguments: &[&str], cookie: bool) -> Invocation {
        let arguments = ["terraform-provider-paperspace"]
            .iter()
            .chain(arguments)
            .map(OsString::from);
        Invocation::decide(arguments, |name| {
            (cookie && name == COOKIE_NAME).then(|| COOKIE_VALUE.to_owned())
        })
    }

    #[test]
    fn without_arguments_the_cookie_decides() {
        assert!(matches!(decide(&[], true), Invocation::Plugin(_)));
        assert!(matches!(decide(&[], false), Invocation::Explain));
    }

    #[test]
    fn arguments_are_for_people_even_below_terraform() {
        assert!(matches!(decide(&["--debug"], true), Invocation::Debug));
        assert!(matches!(decide(&["--debug"], false), Invocation::Debug));
    }

    #[test]
    fn a_port_that_any_user_could_use_the_key_by_cannot_be_asked_for() {
        let Invocation::Print(error) = decide(&["--debug", "--tcp"], false) else {
            panic!("--tcp was taken")
        };
        assert_eq!(error.kind(), clap::error::ErrorKind::UnknownArgument);
    }

    #[test]
    fn it_is_installed_where_it_is_told_to() {
        assert!(matches!(decide(&["install"], true), Invocation::Install(options) if options == Options::default()));
        let options = Options {
            directory: Some("plugins".into()),
            force: true,
        };
        let arguments = |command| [command, "--force", "--dir", "plugins"];
        assert!(matches!(decide(&arguments("install"), false), Invocation::Install(found) if found == options));
        assert!(matches!(decide(&arguments("uninstall"), false), Invocation::Uninstall(found) if found == options));
    }

    #[test]
    fn help_version_and_mistakes_are_left_to_the_parser() {
        let printed = |arguments: &[&str]| match decide(arguments, false) {
            Invocation::Print(error) => (error.exit_code(), error.use_stderr()),
            other => panic!("{other:?}"),
        };
        assert_eq!(printed(&["--help"]), (0, false));
        assert_eq!(printed(&["--version"]), (0, false));
        assert_eq!(printed(&["plan"]), (2, true));
        assert_eq!(printed(&["--debug", "install"]), (2, true));
        assert_eq!(printed(&["install", "--help"]), (0, false));
    }

    #[test]
    fn the_explanation_names_the_source() {
        assert!(explanation("registry.example/ns/paperspace").contains(r#"= "ns/paperspace""#));
    }
}
