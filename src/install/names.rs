//! The names under which registries, mirrors and plugin directories know the provider's files.
//!
//! Terraform and OpenTofu find a provider by these names alone, so they are put together here and nowhere else. Nothing
//! here touches a file.

use std::env::consts;
use std::fmt;
use std::path::{Path, PathBuf};

/// What the program is called, in every name that begins with it.
pub const PROGRAM: &str = env!("CARGO_PKG_NAME");

/// What the simulator is called likewise.
pub const SIMULATOR: &str = "paperspace-sim";

/// The version that this source is.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The hosts that a source address without one means: the one of Terraform, and the one of OpenTofu.
pub const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// Operating systems as Rust names them where Go, in whose words plugins are looked for, has another name.
const SYSTEMS: [(&str, &str); 1] = [("macos", "darwin")];

/// Processors likewise.
const PROCESSORS: [(&str, &str); 6] = [
    ("x86_64", "amd64"),
    ("aarch64", "arm64"),
    ("x86", "386"),
    ("i686", "386"),
    ("armv7", "arm"),
    ("loongarch64", "loong64"),
];

/// An operating system and a processor, in Go's words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Platform {
    os: String,
    arch: String,
}

impl Platform {
    /// The one that this program was built for.
    pub fn current() -> Self {
        Self::of(consts::OS, consts::ARCH)
    }

    /// The one that a target of the Rust compiler is for, such as `x86_64-unknown-linux-musl`; `None` where the
    /// registries know no such platform.
    pub fn of_target(triple: &str) -> Option<Self> {
        let (arch, rest) = triple.split_once('-')?;
        let systems = [
            ("linux", "linux"),
            ("darwin", "macos"),
            ("windows", "windows"),
            ("freebsd", "freebsd"),
        ];
        let (_, os) = systems
            .into_iter()
            .find(|(part, _)| rest.split('-').any(|p| p == *part))?;
        let platform = Self::of(os, arch);
        ["amd64", "arm64", "386", "arm"]
            .contains(&platform.arch.as_str())
            .then_some(platform)
    }

    fn of(os: &str, arch: &str) -> Self {
        let word = |words: &[(&str, &str)], name: &str| {
            let found = words.iter().find(|(rust, _)| *rust == name);
            found.map_or(name, |(_, go)| go).to_owned()
        };
        Self {
            os: word(&SYSTEMS, os),
            arch: word(&PROCESSORS, arch),
        }
    }

    /// What the provider's executable is called there.
    pub fn executable(&self) -> String {
        self.program(&format!("{PROGRAM}_v{VERSION}"))
    }

    /// What a program is called there.
    pub fn program(&self, name: &str) -> String {
        let ending = if self.os == "windows" { ".exe" } else { "" };
        format!("{name}{ending}")
    }

    /// What the archive of a program is called that a release has for it.
    pub fn archive_of(&self, program: &str) -> String {
        format!("{program}_{VERSION}_{self}.zip")
    }

    /// Where a plugin directory holds the executable: below the folder of a host, unpacked.
    pub fn place(&self, host: &str, source: &str) -> PathBuf {
        let mut place = PathBuf::from(host);
        place.extend(source.split('/'));
        place.join(VERSION).join(self.to_string()).join(self.executable())
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}_{}", self.os, self.arch)
    }
}

/// What a configuration names as `source`: the address without its host.
pub fn source(address: &str) -> &str {
    address.split_once('/').map_or(address, |(_, source)| source)
}

/// The configuration that asks for this version of the provider.
///
/// A version before a release is found only by exactly its name, any other along with its corrections.
pub fn required_providers(source: &str) -> String {
    let name = Path::new(source).file_name().unwrap_or_default().to_string_lossy();
    let operator = if VERSION.contains('-') { "" } else { "~> " };
    format!(
        r#"terraform {{
  required_providers {{
    {name} = {{
      source  = "{source}"
      version = "{operator}{VERSION}"
    }}
  }}
}}
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_known_by_the_words_of_go() {
        let name = |triple| Platform::of_target(triple).map(|platform| platform.to_string());
        for (triple, expected) in [
            ("x86_64-unknown-linux-gnu", "linux_amd64"),
            ("aarch64-unknown-linux-musl", "linux_arm64"),
            ("armv7-unknown-linux-gnueabihf", "linux_arm"),
            ("i686-unknown-freebsd", "freebsd_386"),
            ("x86_64-pc-windows-msvc", "windows_amd64"),
            ("aarch64-apple-darwin", "darwin_arm64"),
        ] {
            assert_eq!(name(triple).as_deref(), Some(expected), "{triple}");
        }
        for unknown in ["", "linux", "x86_64-unknown-redox", "sparc64-unknown-linux-gnu"] {
            assert_eq!(name(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn names_are_those_that_are_looked_for() {
        let linux = Platform::of("linux", "x86_64");
        let place = linux.place(HOSTS[0], source("registry.terraform.io/ns/paperspace"));
        let expected = format!(
            "registry.terraform.io/ns/paperspace/{VERSION}/linux_amd64/terraform-provider-paperspace_v{VERSION}"
        );
        assert_eq!(place, Path::new(&expected));
        assert_eq!(
            Platform::of("windows", "aarch64").executable(),
            format!("terraform-provider-paperspace_v{VERSION}.exe")
        );
        assert_eq!(
            Platform::of("macos", "aarch64").archive_of(PROGRAM),
            format!("terraform-provider-paperspace_{VERSION}_darwin_arm64.zip")
        );
    }

    #[test]
    fn the_block_names_the_source() {
        let block = required_providers("ns/paperspace");
        assert!(
            block.contains("    paperspace = {\n      source  = \"ns/paperspace\"\n"),
            "{block}"
        );
    }
}
