//! Builds the provider as it is meant to be used.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Failure;
use crate::console::Console;
use crate::run::{Runner, Seen};

/// The binary's name, in Cargo and on disk.
const NAME: &str = "terraform-provider-paperspace";

/// Builds the provider with the Cargo that runs this, and answers where the binary is.
///
/// The features and the profile are the ones that this program was built with, so only the provider's own last step is
/// left to do.
pub fn provider(runner: &mut Runner, console: &mut Console) -> Result<PathBuf, Failure> {
    let own = env::current_exe()?;
    let profile = profile(&own)
        .ok_or_else(|| Failure::Failed(format!("{} is in no target directory of Cargo's.", own.display())))?;
    let arguments = ["build", "--locked", "--profile", profile, "--bin", NAME];
    console.command("cargo", &arguments)?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    // The progress stays on standard error, where Cargo draws it; the other stream tells where the binary is.
    command
        .args(arguments)
        .arg("--message-format=json-render-diagnostics")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .stdout(Stdio::piped());
    let mut built = None;
    let status = runner.run(&mut command, |seen| {
        if let Seen::Line(_, line) = seen {
            built = executable(line).or(built.take());
        }
        Ok(())
    })?;
    match built {
        Some(file) if status.success() => Ok(file),
        _ => Err(Failure::Failed(format!(
            "the provider could not be built: cargo ended with {status}."
        ))),
    }
}

/// The profile that a program was built with, by where Cargo has put it.
fn profile(program: &Path) -> Option<&str> {
    match program.parent()?.file_name()?.to_str()? {
        "debug" => Some("dev"),
        name => Some(name),
    }
}

/// The provider's binary, if this line of Cargo's says where it is.
fn executable(line: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    let is_provider = message["reason"] == "compiler-artifact" && message["target"]["name"] == NAME;
    is_provider.then(|| message["executable"].as_str().map(PathBuf::from))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_told_by_the_directory() {
        let profile_of = |program| profile(Path::new(program)).map(str::to_owned);
        assert_eq!(profile_of("/t/debug/quickstart").as_deref(), Some("dev"));
        assert_eq!(
            profile_of("/t/x86_64-apple-darwin/release/quickstart").as_deref(),
            Some("release")
        );
        assert_eq!(profile_of("/t/quickstart/quickstart").as_deref(), Some("quickstart"));
        assert_eq!(profile_of("quickstart"), None);
    }

    #[test]
    fn cargo_tells_where_the_binary_is() {
        let line = format!(r#"{{"reason":"compiler-artifact","target":{{"name":"{NAME}"}},"executable":"/t/x"}}"#);
        assert_eq!(executable(&line), Some(PathBuf::from("/t/x")));
        for other in [
            line.replace(NAME, "serde"),
            line.replace("\"/t/x\"", "null"),
            "Finished".to_owned(),
        ] {
            assert_eq!(executable(&other), None, "{other}");
        }
    }
}
