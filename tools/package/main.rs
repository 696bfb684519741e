//! Packs built providers into the files of a release, and tells what a release brings.
//!
//! `cargo run --example package -- assets --out DIR` and `cargo run --example package -- notes vX.Y.Z`. It is an example
//! of the package so that no build of the provider makes it, nor what it needs.

#![expect(clippy::print_stdout, reason = "what it made, or the notes, is what it is run for")]

mod assets;
mod notes;

use std::env::{self, consts::EXE_SUFFIX};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use assets::Binary;
use clap::Parser;
use terraform_provider_paperspace::install::names::{self, Platform};

/// Makes the files of a release of the provider.
#[derive(Debug, Parser)]
#[command(name = "package")]
enum Arguments {
    /// Write an archive for each platform, the manifest and the checksums
    Assets {
        /// The directory to write into
        #[arg(long, value_name = "DIR")]
        out: PathBuf,

        /// A built provider and the target that it was built for; the release build of this computer if there is none
        #[arg(long = "binary", value_name = "TARGET=FILE", value_parser = binary)]
        binaries: Vec<Binary>,
    },
    /// Print what the changelog says about a release, if it is one: of this version, and dated
    Notes {
        /// The tag of the release, such as v0.1.0
        tag: String,
    },
}

fn binary(text: &str) -> Result<Binary, String> {
    let (target, file) = text.split_once('=').ok_or("expected a target, `=` and a file")?;
    let platform = Platform::of_target(target).ok_or_else(|| format!("no registry knows a platform for {target}"))?;
    Ok(Binary {
        platform,
        file: file.into(),
    })
}

/// The provider that a release build leaves, in the same target directory as this program.
fn built_here() -> Result<Binary, String> {
    let own = env::current_exe().map_err(|error| format!("cannot find the target directory: {error}"))?;
    let target = own.ancestors().nth(3).unwrap_or(Path::new("target"));
    let file = target.join("release").join(format!("{}{EXE_SUFFIX}", names::PROGRAM));
    if !file.is_file() {
        return Err(format!(
            "{} is not there. Build it: cargo build --release --locked --bin {}",
            file.display(),
            names::PROGRAM
        ));
    }
    Ok(Binary {
        platform: Platform::current(),
        file,
    })
}

fn run(arguments: Arguments) -> Result<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    match arguments {
        Arguments::Assets { out, mut binaries } => {
            if binaries.is_empty() {
                binaries.push(built_here()?);
            }
            let files = assets::write(root, &out, &binaries)?;
            let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
            Ok(files.join("\n"))
        }
        Arguments::Notes { tag } => notes::of_release(root, &tag),
    }
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("package: {message}");
            ExitCode::FAILURE
        }
    }
}
