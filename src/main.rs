//! The provider's binary: a plugin when Terraform or OpenTofu launches it, and a small command line otherwise.

use std::env;
use std::error::Error;
use std::process::ExitCode;

use terraform_provider_paperspace::cli::{self, Invocation};
use terraform_provider_paperspace::{log, provider, wire};

fn main() -> ExitCode {
    wire::panic::install_hook();
    let served = match Invocation::decide(env::args_os(), |name| env::var(name).ok()) {
        Invocation::Plugin(launch) => {
            log::start(log::Format::Hclog);
            wire::plugin(provider::server(), &launch)
        }
        Invocation::Debug { tcp } => {
            log::start(log::Format::Text);
            wire::debug(provider::server(), tcp, provider::ADDRESS)
        }
        Invocation::Explain => {
            eprint!("{}", cli::explanation(provider::ADDRESS));
            return ExitCode::FAILURE;
        }
        Invocation::Print(message) => {
            _ = message.print();
            return ExitCode::from(u8::try_from(message.exit_code()).unwrap_or(1));
        }
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint!("Error: {error}");
            let causes = std::iter::successors(error.source(), |&cause| cause.source());
            causes.for_each(|cause| eprint!(": {cause}"));
            eprintln!();
            ExitCode::FAILURE
        }
    }
}
