//! Every command in README, the guides and the examples' READMEs is run as it stands there, in the order written, in a shell.
//!
//! What a reader has at that point is there: the provider where its `install` has put it, the simulator where it was started,
//! and in `main.tf` the configuration that was shown last. Only four things are otherwise. A simulator listens at any free
//! port, for several are tried at once. Cargo makes nothing, since what it would make is there: a stand-in knows the commands
//! that other tests and `.ci/run` carry out. Nobody logs in, and a stand-in looks only at the address. And nobody is asked for
//! a yes.

mod documents;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use self::documents::{DOCUMENTS, OVERRIDES};
use crate::support;
use crate::support::workspace::{PROVIDER, VERSIONS, Workspace, cli};

const SIMULATOR: &str = env!("CARGO_BIN_EXE_paperspace-sim");

/// The address that documents name.
const ADDRESS: &str = "127.0.0.1:8484";

/// What stands in for Cargo, in the folder of the source.
const CARGO: &str = r#"#!/bin/sh
case "$*" in
  quickstart | 'test --locked') ;;
  'build --release --locked' | 'build --release --locked --bin terraform-provider-paperspace')
    mkdir -p target/release
    ln -sf "$PROVIDER" target/release/terraform-provider-paperspace ;;
  *) echo "nobody has tried: cargo $*" >&2; exit 64 ;;
esac
"#;

/// What stands in for a login: the simulator has machines, and nothing to log in to.
const SSH: &str = r#"#!/bin/bash
[[ $1 =~ ^paperspace@[0-9]+(\.[0-9]+){3}$ ]] || { echo "no address to log in to: $1" >&2; exit 64; }
"#;

/// What fetches the simulator of a release, where that is asked for.
const CURL: &str = r#"#!/bin/sh
case "$*" in
  '-fsSLO https://github.com/paperspace-rs/terraform-provider-paperspace/releases/download/'*)
    cp "$HOME/release.zip" "${2##*/}" ;;
  *) PATH=${PATH#*:} exec curl "$@" ;;
esac
"#;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(document: &str) -> String {
    fs::read_to_string(root().join(document)).unwrap_or_else(|error| panic!("{document}: {error}"))
}

/// The blocks of a document, each with its language, up to a heading.
fn blocks<'a>(text: &'a str, until: Option<&str>) -> Vec<(&'a str, &'a str)> {
    let text = until.map_or(text, |heading| {
        text.split_once(heading).expect("the heading is there").0
    });
    let blocks = text.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| block.split_once('\n')).collect()
}

fn is_shell(language: &str) -> bool {
    ["sh", "shell", "bash", "console"].contains(&language)
}

/// A reader at a shell.
struct Reader {
    place: TempDir,
    /// With what they say, which somebody listens to as long as they run.
    simulators: Vec<(Child, BufReader<ChildStdout>)>,
    /// Where the last simulator listens.
    address: String,
}

impl Reader {
    /// A reader with a home of its own, the examples, and nothing of this computer's settings; `None` without a program to run.
    fn new() -> Option<Self> {
        let cli = cli()?;
        let reader = Self {
            place: tempfile::Builder::new()
                .prefix("reader-")
                .tempdir()
                .expect("a directory can be made"),
            simulators: Vec::new(),
            address: ADDRESS.to_owned(),
        };
        for folder in ["bin", "work"] {
            fs::create_dir(reader.path(folder)).expect("a directory can be made");
        }
        symlink(cli, reader.path("bin/terraform")).expect("a link can be made");
        symlink(SIMULATOR, reader.path("bin/paperspace-sim")).expect("a link can be made");
        for (name, script) in [("bin/cargo", CARGO), ("bin/curl", CURL), ("bin/ssh", SSH)] {
            let file = reader.path(name);
            fs::write(&file, script).expect("a file can be written");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a file can be made executable");
        }
        fs::write(reader.path("environment"), format!("cd {:?}\n", reader.path("work")))
            .expect("a file can be written");
        for ending in [".tf", ".hcl"] {
            for file in support::files(&root().join("examples"), ending) {
                let below = file.strip_prefix(root().join("examples")).expect("it is below");
                if below.starts_with("modules") || below.starts_with("two-teams") {
                    reader.write(
                        &below.to_string_lossy(),
                        &fs::read_to_string(&file).expect("an example can be read"),
                    );
                }
            }
        }
        Some(reader)
    }

    fn path(&self, below: &str) -> PathBuf {
        self.place.path().join(below)
    }

    /// Writes a file where the work is done.
    fn write(&self, name: &str, text: &str) {
        let file = self.path("work").join(name);
        fs::create_dir_all(file.parent().expect("it is in a directory")).expect("a directory can be made");
        fs::write(file, text.replace(ADDRESS, &self.address)).expect("a file can be written");
    }

    /// Packs the simulator as a release has it.
    fn releases(&self) {
        let archive = fs::File::create(self.path("release.zip")).expect("a file can be made");
        let mut archive = zip::ZipWriter::new(archive);
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored)
            .unix_permissions(0o755);
        archive
            .start_file("paperspace-sim", options)
            .expect("a file can be packed");
        let mut simulator = fs::File::open(SIMULATOR).expect("the simulator was built");
        std::io::copy(&mut simulator, &mut archive).expect("a file can be packed");
        archive.finish().expect("an archive can be ended");
    }

    /// Runs commands as somebody types them, with the simulators among them in the background.
    #[track_caller]
    fn types(&mut self, commands: &str) {
        let mut typed = String::new();
        for line in commands.lines() {
            let simulator = line.trim_start_matches("./").trim_end_matches('&').trim();
            match simulator.strip_prefix("paperspace-sim") {
                Some(arguments) => {
                    self.runs(&std::mem::take(&mut typed));
                    self.starts(arguments);
                }
                None if line == "cargo run --release --bin paperspace-sim" => self.starts(""),
                None => typed.push_str(&format!("{line}\n")),
            }
        }
        self.runs(&typed);
    }

    /// Runs commands in a shell that has gone on where the last one was, with its variables.
    #[track_caller]
    fn runs(&self, commands: &str) {
        if commands.trim().is_empty() {
            return;
        }
        let commands = commands.replace(ADDRESS, &self.address);
        let environment = self.path("environment");
        let script = format!(
            "set -euo pipefail\n. {environment:?}\n{commands}\n{{ export -p; printf 'cd %q\\n' \"$PWD\"; }} > {environment:?}\n"
        );
        let home = self.place.path();
        let paths = std::env::var("PATH").unwrap_or_default();
        let ran = Command::new("bash")
            .args(["-c", &script])
            .env_clear()
            .env("PATH", format!("{}:{paths}", home.join("bin").display()))
            .env("HOME", home)
            .env("PROVIDER", PROVIDER)
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_INPUT", "0")
            .env("TF_CLI_ARGS_apply", "-auto-approve")
            .env("TF_CLI_ARGS_destroy", "-auto-approve")
            .env("PAPERSPACE_POLL_INTERVAL", "2ms")
            .stdin(Stdio::null())
            .output()
            .expect("bash can be run");
        let (out, err) = (
            String::from_utf8_lossy(&ran.stdout),
            String::from_utf8_lossy(&ran.stderr),
        );
        assert!(ran.status.success(), "$ {commands}\n{out}\n{err}");
    }

    /// Starts a simulator at a free port, and waits until it says where it is. From then on that is the address everywhere.
    #[track_caller]
    fn starts(&mut self, arguments: &str) {
        let mut simulator = Command::new(SIMULATOR)
            .args(arguments.split_whitespace())
            .args(["--port", "0"])
            .current_dir(self.path("work"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the simulator can be started");
        let mut out = BufReader::new(simulator.stdout.take().expect("its output is piped"));
        let said = out.by_ref().lines().map_while(Result::ok).find_map(|line| {
            let (_, rest) = line.split_once("http://")?;
            Some(rest.split_once("/v1")?.0.to_owned())
        });
        self.simulators.push((simulator, out));
        let address = said.unwrap_or_else(|| panic!("paperspace-sim {arguments} does not say where it is"));
        let before = std::mem::replace(&mut self.address, address);
        for ending in [".tf", ".hcl"] {
            for file in support::files(&self.path("work"), ending) {
                let text = fs::read_to_string(&file).expect("a file of the reader's can be read");
                fs::write(&file, text.replace(&before, &self.address)).expect("a file can be written");
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        for (simulator, _) in &mut self.simulators {
            // One that has ended needs no killing.
            _ = simulator.kill();
            _ = simulator.wait();
        }
    }
}

/// Follows a document from its beginning to its end.
fn follow(document: &str) {
    let before = DOCUMENTS
        .iter()
        .find(|before| before.document == document)
        .expect("it is in the table");
    let Some(mut reader) = Reader::new() else { return };
    // The newest that a document tells of without saying which other one will do.
    let text = read(document);
    let needed = Workspace::without_key().is_some_and(|workspace| match &text {
        text if text.contains("terraform query") => workspace.knows_queries(document),
        text if text.contains("modules/workstation") || document.contains("two-teams") => {
            workspace.knows(document, (1, 11))
        }
        text if text.contains("\naction \"") => workspace.knows_actions(document),
        _ => workspace.knows(document, (1, 8)),
    });
    if !needed {
        return;
    }
    for (name, text) in before.files {
        let folder = Path::new(PROVIDER).parent().expect("the binary is in a directory");
        reader.write(name, &text.replace("PROVIDER_FOLDER", &folder.to_string_lossy()));
    }
    if before.files.contains(&OVERRIDES) {
        reader.types("export TF_CLI_CONFIG_FILE=$PWD/cli.tfrc");
    }
    reader.types(before.commands);
    if text.contains("archive=") {
        reader.releases();
    }
    let mut shown = 0;
    for (language, code) in blocks(&text, before.until) {
        if is_shell(language) {
            if let Some((_, commands)) = before.interludes.iter().find(|(start, _)| code.starts_with(start)) {
                reader.types(commands);
            }
            reader.types(code);
        } else if code.contains("\nrun \"") || code.contains("\nlist \"") {
            let named = code.lines().next().and_then(|line| line.strip_prefix("# "));
            reader.write(named.unwrap_or("tests/machine.tftest.hcl"), code);
        } else if language == "terraform" || code.contains("resource \"") {
            shown += 1;
            let with_source = match code.contains("required_providers") {
                true => code.to_owned(),
                false => format!("{VERSIONS}\n{code}"),
            };
            reader.write(&format!("shown-{shown}"), &with_source);
            reader.write("main.tf", &with_source);
        }
    }
}

#[test]
fn every_document_with_commands_is_followed() {
    let mut documents = vec![root().join("README.md")];
    documents.extend(support::files(&root().join("docs/guides"), ".md"));
    documents.extend(support::files(&root().join("examples"), "README.md"));
    let with_commands = documents.iter().filter(|file| {
        let text = fs::read_to_string(file).expect("a document can be read");
        blocks(&text, None).iter().any(|(language, _)| is_shell(language))
    });
    let with_commands: BTreeSet<_> = with_commands
        .map(|file| {
            file.strip_prefix(root())
                .expect("it is below")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let followed: BTreeSet<_> = DOCUMENTS.iter().map(|before| before.document.to_owned()).collect();
    assert_eq!(with_commands, followed);
}

/// What is run for continuous integration is what was tried, line by line.
#[test]
fn the_snippets_fetch_the_simulator_as_the_guide_does() {
    let guide = read("docs/guides/testing-modules.md");
    let blocks = blocks(&guide, None);
    let (_, fetching) = blocks
        .iter()
        .find(|(_, code)| code.starts_with("archive="))
        .expect("the guide fetches it");
    let snippets: Vec<_> = blocks.iter().filter(|(language, _)| *language == "yaml").collect();
    assert_eq!(snippets.len(), 2);
    for (_, snippet) in snippets {
        let lines: Vec<_> = snippet.lines().map(str::trim).collect();
        let start = lines
            .iter()
            .position(|line| line.starts_with("archive="))
            .expect("it fetches it too");
        let rest = [
            "./paperspace-sim --speed 1000 --quiet &",
            "terraform init",
            "terraform test",
        ];
        let wanted: Vec<_> = fetching.lines().chain(rest).collect();
        assert_eq!(lines[start..], wanted);
    }
}

#[test]
fn the_guide_to_existing_teams_can_be_followed() {
    follow("docs/guides/bringing-an-existing-team.md");
}

#[test]
fn the_readme_can_be_followed() {
    follow("README.md");
}

#[test]
fn the_guide_to_costs_can_be_followed() {
    follow("docs/guides/cost-control.md");
}

#[test]
fn the_guide_to_data_can_be_followed() {
    follow("docs/guides/data-and-images.md");
}

#[test]
fn the_guide_to_logins_can_be_followed() {
    follow("docs/guides/log-in-and-run.md");
}

#[test]
fn the_guide_to_choices_can_be_followed() {
    follow("docs/guides/what-is-available.md");
}

#[test]
fn the_guide_to_a_start_can_be_followed() {
    follow("docs/guides/getting-started.md");
}

#[test]
fn the_guide_to_imports_can_be_followed() {
    follow("docs/guides/importing-and-moving.md");
}

#[test]
fn the_run_book_can_be_followed() {
    follow("docs/guides/run-book.md");
}

#[test]
fn the_guide_to_tests_can_be_followed() {
    follow("docs/guides/testing-modules.md");
}

#[test]
fn the_guide_to_troubles_can_be_followed() {
    follow("docs/guides/troubleshooting.md");
}

#[test]
fn the_readmes_of_modules_can_be_followed() {
    follow("examples/modules/golden-image/README.md");
    follow("examples/modules/training-fleet/README.md");
    follow("examples/modules/workstation/README.md");
}

#[test]
fn the_readme_of_two_teams_can_be_followed() {
    follow("examples/two-teams/README.md");
}
