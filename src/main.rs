//! The provider's binary: a plugin when Terraform or OpenTofu launches it, and a small command line otherwise.

use std::env;
use std::error::Error;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use terraform_provider_paperspace::cli::{self, Invocation};
use terraform_provider_paperspace::install::{self, Options, Report};
use terraform_provider_paperspace::{log, provider, wire};

fn main() -> ExitCode {
    wire::panic::install_hook();
    match run(Invocation::decide(env::args_os(), variable)) {
        Ok(code) => code,
        Err(error) => {
            eprint!("Error: {error}");
            let causes = std::iter::successors(error.source(), |&cause| cause.source());
            causes.for_each(|cause| eprint!(": {cause}"));
            eprintln!();
            ExitCode::FAILURE
        }
    }
}

/// A variable of the environment. What is not text in it is replaced rather than taken for unset: a certificate that cannot
/// be read must not lead to a connection without one.
fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

fn run(invocation: Invocation) -> Result<ExitCode, Box<dyn Error>> {
    match invocation {
        Invocation::Plugin(launch) => {
            log::start(log::Format::Hclog);
            wire::plugin(provider::server(), &launch)?;
        }
        Invocation::Debug => {
            log::start(log::Format::Text);
            wire::debug(provider::server(), provider::ADDRESS)?;
        }
        Invocation::Install(options) => carry_out(install::install, &options)?,
        Invocation::Uninstall(options) => carry_out(install::uninstall, &options)?,
        Invocation::Explain => {
            eprint!("{}", cli::explanation(provider::ADDRESS));
            return Ok(ExitCode::FAILURE);
        }
        Invocation::Print(message) => {
            _ = message.print();
            return Ok(ExitCode::from(u8::try_from(message.exit_code()).unwrap_or(1)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Installs or removes this very program, and tells about it where whoever asked for it reads.
fn carry_out(
    command: fn(&str, &Path, &Options) -> Result<Report, install::Error>,
    options: &Options,
) -> Result<(), Box<dyn Error>> {
    let report = command(provider::ADDRESS, &env::current_exe()?, options)?;
    // It is done, whether anybody reads of it or not.
    _ = write!(io::stdout(), "{report}");
    Ok(())
}
