//! The command line: what the binary does when Terraform did not launch it.
//!
//! Terraform launches a provider without arguments and with a cookie in the environment, and then nothing here is
//! parsed or printed.

use std::ffi::OsString;

use clap::Parser;

use crate::wire::Launch;

/// Terraform and OpenTofu provider for Paperspace.
///
/// Terraform and OpenTofu launch this program by themselves; there is no need to run it by hand, except to debug it.
#[derive(Debug, Parser)]
#[command(name = env!("CARGO_PKG_NAME"), version)]
struct Arguments {
    /// Serve until Ctrl-C, and print the variable with which Terraform or OpenTofu finds the running process
    #[arg(long)]
    debug: bool,

    /// Listen on a TCP port of the loopback interface instead of a unix socket
    #[arg(long, requires = "debug")]
    tcp: bool,
}

/// What the binary is to do.
#[derive(Debug)]
pub enum Invocation {
    /// Serve the host that launched it.
    Plugin(Launch),
    /// Serve a developer's hosts.
    Debug {
        /// By TCP, whatever the system prefers.
        tcp: bool,
    },
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
            Ok(Arguments { debug: true, tcp }) => Self::Debug { tcp },
            Ok(Arguments { debug: false, .. }) => Self::Explain,
            Err(error) => Self::Print(error),
        }
    }
}

/// What a person is told who starts the binary by hand.
pub fn explanation(address: &str) -> String {
    let source = address.split_once('/').map_or(address, |(_, source)| source);
    let version = env!("CARGO_PKG_VERSION");
    format!(
        r#"This is the Paperspace provider {version}, a plugin for Terraform and OpenTofu. It is launched by them and does nothing
when it is started by hand. To use it, name it in a configuration and run `terraform init` or `tofu init`:

    terraform {{
      required_providers {{
        paperspace = {{
          source = "{source}"
        }}
      }}
    }}

Run it with --help to see what else it can do.
"#
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
        assert!(matches!(decide(&["--debug"], true), Invocation::Debug { tcp: false }));
        assert!(matches!(
            decide(&["--debug", "--tcp"], false),
            Invocation::Debug { tcp: true }
        ));
    }

    #[test]
    fn help_version_and_mistakes_are_left_to_the_parser() {
        let printed = |arguments: &[&str]| match decide(arguments, false) {
            Invocation::Print(error) => (error.exit_code(), error.use_stderr()),
            other => panic!("{other:?}"),
        };
        assert_eq!(printed(&["--help"]), (0, false));
        assert_eq!(printed(&["--version"]), (0, false));
        assert_eq!(printed(&["--tcp"]), (2, true));
        assert_eq!(printed(&["plan"]), (2, true));
    }

    #[test]
    fn the_explanation_names_the_source() {
        assert!(explanation("registry.example/ns/paperspace").contains(r#"source = "ns/paperspace""#));
    }
}
