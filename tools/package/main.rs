//! Packs built programs into the files of a release, and tells what a release brings.
//!
//! `cargo run --example package -- assets --out DIR` and `cargo run --example package -- notes vX.Y.Z`. It is an example
//! of the package so that no build of the provider makes it, nor what it needs.

#![expect(clippy::print_stdout, reason = "what it made, or the notes, is what it is run for")]

mod assets;
mod bill;
mod crates;
mod licences;
mod notes;

use std::collections::BTreeMap;
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

        /// A built provider or simulator and the target that it was built for; the release builds of this computer if there is
        /// none
        #[arg(long = "binary", value_name = "TARGET=FILE", value_parser = built)]
        binaries: Vec<Built>,
    },
    /// Print what the changelog says about a release, if it is one: of this version, and dated
    Notes {
        /// The tag of the release, such as v0.1.0
        tag: String,
    },
}

/// A program, and the target that it was built for.
#[derive(Clone, Debug)]
struct Built {
    target: String,
    platform: Platform,
    file: PathBuf,
}

fn built(text: &str) -> Result<Built, String> {
    let (target, file) = text.split_once('=').ok_or("expected a target, `=` and a file")?;
    let platform = Platform::of_target(target).ok_or_else(|| format!("no registry knows a platform for {target}"))?;
    Ok(Built {
        target: target.to_owned(),
        platform,
        file: file.into(),
    })
}

/// The programs that a release build leaves, in the same target directory as this program.
fn built_here() -> Result<Vec<Built>, String> {
    let own = env::current_exe().map_err(|error| format!("cannot find the target directory: {error}"))?;
    let target = own.ancestors().nth(3).unwrap_or(Path::new("target"));
    let built = |program: &str| {
        let file = target.join("release").join(format!("{program}{EXE_SUFFIX}"));
        match file.is_file() {
            true => Ok(Built {
                target: env!("TARGET").to_owned(),
                platform: Platform::current(),
                file,
            }),
            false => Err(format!(
                "{} is not there. Build it: cargo build --release --locked --bin {program}",
                file.display(),
            )),
        }
    };
    [names::PROGRAM, names::SIMULATOR].into_iter().map(built).collect()
}

/// The programs with what is linked into them, about which Cargo is asked once for each target.
fn with_libraries(root: &Path, built: Vec<Built>) -> Result<Vec<Binary>, String> {
    let mut linked = BTreeMap::new();
    let mut binaries = Vec::new();
    for Built { target, platform, file } in built {
        if !linked.contains_key(&target) {
            linked.insert(target.clone(), crates::linked(root, &target)?);
        }
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let is_simulator = match name.as_ref() {
            names::PROGRAM => false,
            names::SIMULATOR => true,
            _ => return Err(format!("{} is neither the provider nor the simulator", file.display())),
        };
        binaries.push(Binary {
            is_simulator,
            platform,
            file,
            linked: linked[&target].clone(),
        });
    }
    Ok(binaries)
}

fn run(arguments: Arguments) -> Result<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    match arguments {
        Arguments::Assets { out, mut binaries } => {
            if binaries.is_empty() {
                binaries = built_here()?;
            }
            let files = assets::write(root, &out, &with_libraries(root, binaries)?)?;
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
