//! A working directory in which the real Terraform (or OpenTofu) drives the built provider against a simulator.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use terraform_provider_paperspace::sim::Sim;

/// The provider under test.
pub const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-paperspace");

/// The file that says where the provider comes from.
pub const VERSIONS: &str = r#"terraform {
  required_providers {
    paperspace = {
      source = "paperspace-rs/paperspace"
    }
  }
}
"#;

/// The arguments of an `apply` without questions.
pub const APPLY: [&str; 4] = ["apply", "-auto-approve", "-no-color", "-input=false"];
/// The arguments of a `destroy` without questions.
pub const DESTROY: [&str; 4] = ["destroy", "-auto-approve", "-no-color", "-input=false"];

/// The program that runs configurations: what `PROVIDER_TEST_CLI` names, else `terraform`, else `tofu`, as found on PATH.
///
/// Without one the calling test is skipped, and says so; where `CI` is `true` that is a failure.
pub fn cli() -> Option<PathBuf> {
    let named = std::env::var_os("PROVIDER_TEST_CLI");
    let candidates = match &named {
        Some(program) => vec![program.clone()],
        None => vec![OsString::from("terraform"), OsString::from("tofu")],
    };
    let found = candidates.iter().find_map(|program| on_path(Path::new(program)));
    if found.is_none() {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "neither terraform nor tofu was found on PATH; in CI they must be there"
        );
        skipped("neither terraform nor tofu was found on PATH");
    }
    found
}

/// Says that the calling test does not run, and why: where people see it, although tests that pass are not heard.
fn skipped(why: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    // What nobody reads need not be written.
    _ = writeln!(std::io::stderr(), "SKIPPED {test}: {why}");
}

fn on_path(program: &Path) -> Option<PathBuf> {
    if program.is_absolute() {
        return program.is_file().then(|| program.to_owned());
    }
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths)
        .map(|directory| directory.join(program))
        .find(|file| file.is_file())
}

/// What a run of the program came to.
#[derive(Debug)]
pub struct Run {
    /// The command line, for messages.
    pub command: String,
    /// The exit code; -1 where a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Both streams, with the line breaks that the program put in to fit a terminal taken out again.
    pub fn text(&self) -> String {
        let text = format!("{}\n{}", self.stdout, self.stderr);
        let lines = text
            .lines()
            .map(|line| line.trim_start_matches(['│', '╷', '╵', ' ']).trim_end());
        let mut folded = String::new();
        for line in lines {
            folded.push_str(if line.is_empty() { "\n" } else { line });
            folded.push(if line.is_empty() { '\n' } else { ' ' });
        }
        folded
    }

    /// The run, if it succeeded.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(
            self.code, 0,
            "{} failed:\n{}\n{}",
            self.command, self.stdout, self.stderr
        );
        self
    }

    /// The run, if it failed with an error that says all of this.
    #[track_caller]
    pub fn fails_with(self, expected: &[&str]) -> Self {
        assert_eq!(
            self.code, 1,
            "{} did not fail:\n{}\n{}",
            self.command, self.stdout, self.stderr
        );
        self.says(expected)
    }

    /// The run, if its output says all of this.
    #[track_caller]
    pub fn says(self, expected: &[&str]) -> Self {
        let text = self.text();
        for expected in expected {
            assert!(
                text.contains(expected),
                "{} does not say {expected:?}:\n{text}",
                self.command
            );
        }
        self
    }
}

/// The working directory. It is removed when dropped.
pub struct Workspace {
    cli: PathBuf,
    directory: TempDir,
    environment: BTreeMap<OsString, OsString>,
}

impl Workspace {
    /// A workspace whose provider talks to the simulator with its first key; `None` where there is no program to run.
    pub fn new(sim: &Sim) -> Option<Self> {
        let mut workspace = Self::without_key()?;
        workspace.set("PAPERSPACE_API_KEY", sim.api_key());
        workspace.set("PAPERSPACE_API_URL", sim.url());
        Some(workspace)
    }

    /// A workspace whose environment says nothing about Paperspace.
    pub fn without_key() -> Option<Self> {
        let cli = cli()?;
        let directory = tempfile::Builder::new()
            .prefix("tf-")
            .tempdir()
            .expect("a temporary directory can be made");
        let mut workspace = Self {
            cli,
            directory,
            environment: BTreeMap::new(),
        };
        let provider = Path::new(PROVIDER).parent().expect("the binary is in a directory");
        workspace.write(
            "cli.tfrc",
            &format!(
                "provider_installation {{\n  dev_overrides {{ \"paperspace-rs/paperspace\" = {provider:?} }}\n  direct {{}}\n}}\n"
            ),
        );
        let home = workspace.path().to_owned();
        for name in ["PATH", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                workspace.set(name, value);
            }
        }
        workspace.set("HOME", &home);
        workspace.set("TF_CLI_CONFIG_FILE", home.join("cli.tfrc"));
        workspace.set("TF_IN_AUTOMATION", "1");
        workspace.set("CHECKPOINT_DISABLE", "1");
        workspace.set("PAPERSPACE_POLL_INTERVAL", "2ms");
        workspace.write("versions.tf", VERSIONS);
        Some(workspace)
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Sets an environment variable for further runs.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.environment.insert(name.into(), value.into());
    }

    /// Writes a file.
    pub fn write(&self, file: &str, text: &str) {
        let file = self.path().join(file);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent).expect("a directory can be made");
        }
        std::fs::write(file, text).expect("a file can be written");
    }

    /// A command in this directory, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.cli);
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts a command.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().expect("the program can be started")
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Run {
        finish(self.start(arguments), &arguments.join(" "))
    }

    /// The program's version, major and minor.
    pub fn version(&self) -> (u32, u32) {
        let run = self.run(&["version", "-json"]).succeeds();
        let version: Value = serde_json::from_str(&run.stdout).expect("version -json prints JSON");
        let text = version["terraform_version"].as_str().unwrap_or_default();
        let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
    }

    /// Whether the program is new enough for what a test needs, in the version that Terraform and OpenTofu both have it
    /// from. If not, the calling test is skipped.
    pub fn knows(&self, what: &str, needed: (u32, u32)) -> bool {
        let knows = self.version() >= needed;
        if !knows {
            let (major, minor) = needed;
            skipped(&format!("{what} needs Terraform or OpenTofu {major}.{minor}"));
        }
        knows
    }

    /// Whether the program has `terraform query`, which OpenTofu does not. If not, the calling test is skipped.
    pub fn knows_queries(&self, what: &str) -> bool {
        let knows = self.has_queries();
        if !knows {
            skipped(&format!("{what} needs Terraform 1.14, and OpenTofu has no queries"));
        }
        knows
    }

    /// The same for actions, which came with queries.
    pub fn knows_actions(&self, what: &str) -> bool {
        let knows = self.has_queries();
        if !knows {
            skipped(&format!("{what} needs Terraform 1.14, and OpenTofu has no actions"));
        }
        knows
    }

    fn has_queries(&self) -> bool {
        let help = self.run(&["-help"]);
        help.stdout.contains("\n  query ") && self.version() >= (1, 14)
    }

    /// Writes `main.tf`.
    pub fn configure(&self, text: &str) {
        self.write("main.tf", text);
    }

    /// `apply` without questions.
    pub fn apply(&self) -> Run {
        self.run(&APPLY)
    }

    /// `destroy` without questions.
    pub fn destroy(&self) -> Run {
        self.run(&DESTROY)
    }

    /// `plan` whose exit code tells an empty plan (0) from one with changes (2).
    pub fn plan(&self) -> Run {
        self.run(&["plan", "-detailed-exitcode", "-no-color", "-input=false"])
    }

    /// Fails unless a plan is empty.
    #[track_caller]
    pub fn plan_is_empty(&self) {
        let run = self.plan();
        assert_eq!(run.code, 0, "the plan is not empty:\n{}\n{}", run.stdout, run.stderr);
    }

    /// The plan's changes as Terraform's JSON tells them, by address.
    #[track_caller]
    pub fn planned_changes(&self) -> BTreeMap<String, Value> {
        self.run(&["plan", "-out=plan.bin", "-no-color", "-input=false"])
            .succeeds();
        let shown = self.run(&["show", "-json", "plan.bin"]).succeeds();
        let plan: Value = serde_json::from_str(&shown.stdout).expect("show -json prints JSON");
        let changes = plan["resource_changes"].as_array().cloned().unwrap_or_default();
        changes
            .into_iter()
            .map(|change| {
                (
                    change["address"].as_str().unwrap_or_default().to_owned(),
                    change["change"].clone(),
                )
            })
            .collect()
    }

    /// The attributes of each resource in the state, by address. Empty where there is no state.
    pub fn state(&self) -> BTreeMap<String, Value> {
        let shown = self.run(&["show", "-json"]).succeeds();
        let state: Value = serde_json::from_str(&shown.stdout).expect("show -json prints JSON");
        let resources = state["values"]["root_module"]["resources"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        resources
            .into_iter()
            .map(|resource| {
                (
                    resource["address"].as_str().unwrap_or_default().to_owned(),
                    resource["values"].clone(),
                )
            })
            .collect()
    }
}

impl Workspace {
    /// The attributes of each managed object in the state file, without running anything.
    pub fn state_file(&self) -> Vec<Value> {
        let objects = self.objects().into_iter();
        objects.map(|(_, object)| object["attributes"].clone()).collect()
    }

    /// Each managed object in the state file by its address, as it is kept there: with its attributes, and whether it is
    /// tainted or deposed.
    pub fn objects(&self) -> Vec<(String, Value)> {
        let text = std::fs::read_to_string(self.path().join("terraform.tfstate")).unwrap_or_default();
        // A run makes the file before it has anything to write, and may be killed in between.
        if text.is_empty() {
            return Vec::new();
        }
        let state: Value = serde_json::from_str(&text).expect("the state file is JSON");
        let mut objects = Vec::new();
        for resource in state["resources"].as_array().into_iter().flatten() {
            let address = |object: &Value| {
                let [kind, name] = ["type", "name"].map(|part| resource[part].as_str().unwrap_or_default());
                let key = object.get("index_key").map(|key| format!("[{key}]"));
                format!("{kind}.{name}{}", key.unwrap_or_default())
            };
            if resource["mode"] == "managed" {
                let instances = resource["instances"].as_array().into_iter().flatten();
                objects.extend(instances.map(|object| (address(object), object.clone())));
            }
        }
        objects
    }
}

/// Waits for a started command.
pub fn finish(child: Child, command: &str) -> Run {
    let output = child.wait_with_output().expect("the program can be waited for");
    Run {
        command: command.to_owned(),
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
