//! Writes the registry's documentation from the schemas and the examples, or checks that it is current.
//!
//! `cargo run --example docs -- write` and `cargo run --example docs -- check`. It is an example of the package so that
//! no build of the provider makes it.

mod site;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mode = std::env::args().nth(1);
    let done = match mode.as_deref() {
        Some("write") => site::write(root),
        Some("check") => site::check(root),
        _ => Err("Say `write` to write the documentation, or `check` to see whether it is current.".to_owned()),
    };
    match done {
        Ok(message) => {
            eprintln!("{message}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
