//! `cargo quickstart`: a machine's whole life under a real Terraform or OpenTofu, in a simulated cloud.
//!
//! It builds the provider, starts the simulator in its own process, and runs the program found on PATH through the
//! steps of [`steps`] on a copy of `examples/quickstart/main.tf` in a temporary directory, telling on the way what is
//! done and what the cloud holds. Whatever happens, Ctrl-C included, the directory is removed and nothing keeps running.
//!
//! It is a binary rather than one of Cargo's examples because those need the libraries of the tests, for which nobody should
//! wait who only wants to see the provider at work.

mod build;
mod cloud;
mod console;
mod run;
mod session;
mod steps;
mod warning;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::console::Console;
use crate::run::{Runner, Stopped};
use crate::session::Session;

/// The machine's configuration.
const CONFIGURATION: &str = include_str!("../../../examples/quickstart/main.tf");

/// Takes a simulated GPU machine through its whole life: the real Terraform or OpenTofu on PATH, the provider built from
/// this source, and a simulated Paperspace. Needs no account and costs nothing.
#[derive(Debug, Parser)]
#[command(name = "cargo quickstart", bin_name = "cargo quickstart")]
struct Arguments {
    /// Leave the simulated cloud and the working directory up when the steps are done, until Ctrl-C
    #[arg(long)]
    keep: bool,

    /// The program to run the steps with, instead of the terraform or else tofu on PATH
    #[arg(long, value_name = "PROGRAM")]
    cli: Option<PathBuf>,

    /// A provider binary to use instead of building one
    #[arg(long, value_name = "FILE")]
    provider: Option<PathBuf>,
}

/// Why it did not come to its good end.
#[derive(Debug)]
enum Failure {
    /// Somebody wanted it to stop.
    Interrupted,
    /// Something went wrong.
    Failed(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Interrupted => Self::Interrupted,
            Stopped::Io(error) => error.into(),
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let failure = match quickstart(&arguments) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(failure) => failure,
    };
    match failure {
        Failure::Interrupted => {
            eprintln!("\nInterrupted. Everything is cleaned up.");
            // The code that shells give to a program ended by Ctrl-C.
            ExitCode::from(130)
        }
        Failure::Failed(why) => {
            eprintln!("\nThe quickstart failed: {why}");
            ExitCode::FAILURE
        }
    }
}

fn quickstart(arguments: &Arguments) -> Result<(), Failure> {
    // Looked for first: nobody should wait for a build only to read that a program is missing.
    let cli = run::find(arguments.cli.as_deref()).map_err(Failure::Failed)?;
    let mut runner = Runner::start()?;
    let mut console = Console::new();
    let provider = match &arguments.provider {
        Some(provider) => std::path::absolute(provider)?,
        None => build::provider(&mut runner, &mut console)?,
    };
    let session = Session::start(&cli, &provider, CONFIGURATION)?;
    session.introduce(&mut console)?;
    let lived = session.live(&mut runner, &mut console);
    if arguments.keep && !matches!(lived, Err(Failure::Interrupted)) {
        if let Err(Failure::Failed(why)) = &lived {
            console.say(&format!("This failed: {why}"))?;
        }
        session.keep(&mut runner, &mut console)?;
    }
    lived?;
    session.go_on(&mut console)?;
    Ok(())
}
