//! One run: a simulated cloud, a working directory that points Terraform at it and at the provider, and the steps.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use tempfile::TempDir;
use terraform_provider_paperspace::provider;
use terraform_provider_paperspace::sim::{Config, Sim, TimeMode};

use crate::Failure;
use crate::cloud::{self, Watch};
use crate::console::Console;
use crate::run::{Runner, Seen, Stream};
use crate::steps::{STEPS, Step};
use crate::warning::Filter;

/// How much faster than the service the simulated cloud is: slow enough to be followed, quick enough not to be waited for.
const SPEED: f64 = 15.0;

/// How soon the provider looks again at what it waits for; with the service itself, a second.
const POLL_INTERVAL: &str = "50ms";

/// Everything that a run has set up. All of it is gone when this is dropped.
pub struct Session {
    cli: PathBuf,
    provider: PathBuf,
    directory: TempDir,
    sim: Sim,
}

impl Session {
    /// Starts the cloud and makes the working directory, with the configuration as its `main.tf`.
    pub fn start(cli: &Path, provider: &Path, configuration: &str) -> Result<Self, Failure> {
        let sim = Sim::spawn(Config {
            time: TimeMode::Auto { speed: SPEED },
            ..Config::default()
        })?;
        let directory = tempfile::Builder::new().prefix("paperspace-quickstart-").tempdir()?;
        let session = Self {
            cli: cli.to_owned(),
            provider: provider.to_owned(),
            directory,
            sim,
        };
        fs::write(session.main_tf(), configuration)?;
        fs::write(session.cli_configuration(), session.overrides())?;
        Ok(session)
    }

    fn main_tf(&self) -> PathBuf {
        self.directory.path().join("main.tf")
    }

    fn cli_configuration(&self) -> PathBuf {
        self.directory.path().join("cli.tfrc")
    }

    /// What tells Terraform where the provider is.
    fn overrides(&self) -> String {
        let source = provider::ADDRESS
            .split_once('/')
            .map_or(provider::ADDRESS, |(_, source)| source);
        let directory = self.provider.parent().unwrap_or(Path::new("."));
        format!(
            "provider_installation {{\n  dev_overrides {{\n    \"{source}\" = {directory:?}\n  }}\n  direct {{}}\n}}\n"
        )
    }

    /// What tells Terraform and the provider about this run.
    fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("TF_CLI_CONFIG_FILE", self.cli_configuration().display().to_string()),
            ("PAPERSPACE_API_URL", self.sim.url()),
            ("PAPERSPACE_API_KEY", self.sim.api_key()),
            ("PAPERSPACE_POLL_INTERVAL", POLL_INTERVAL.to_owned()),
        ]
    }

    /// The program's name, as one types it.
    fn name(&self) -> String {
        self.cli
            .file_stem()
            .unwrap_or(self.cli.as_os_str())
            .to_string_lossy()
            .into_owned()
    }

    /// Says what is about to happen.
    pub fn introduce(&self, console: &mut Console) -> io::Result<()> {
        let name = self.name();
        console.heading("A machine's life in a simulated cloud")?;
        console.say(&format!(
            "\n  {name:<12}{cli}\n  {provider:<12}{binary}\n  {paperspace:<12}simulated at {url}, {SPEED} times as fast as the \
             service\n\nNo account is needed, and nothing costs anything. The configuration is examples/quickstart/main.tf:\n",
            cli = self.cli.display(),
            provider = "provider",
            binary = self.provider.display(),
            paperspace = "Paperspace",
            url = self.sim.url(),
        ))?;
        console.aside(&fs::read_to_string(self.main_tf())?)?;
        console.say(&format!(
            "\nA CLI configuration file in the working directory makes {name} take the provider from where it was built, so\nthere \
             is no need for `{name} init`. The warning about such \"development overrides\" that {name} shows with\nevery \
             command is left out below."
        ))
    }

    /// Goes through the steps, and stops at the first that goes wrong.
    pub fn live(&self, runner: &mut Runner, console: &mut Console) -> Result<(), Failure> {
        for (index, step) in STEPS.iter().enumerate() {
            console.heading(&format!("{} of {}: {}", index + 1, STEPS.len(), step.title))?;
            console.say(&format!("\n{}", step.about))?;
            self.edit(step, console)?;
            let began = Instant::now();
            self.sim.clear_requests();
            self.run(step, runner, console)?;
            let world = self.sim.world();
            console.say("\nThe simulated cloud now holds:\n")?;
            console.aside(&cloud::table(&world))?;
            console.say(&format!("\nRequests to it: {}.", cloud::summary(&self.sim.requests())))?;
            if let Some(missed) = step.misses(&world) {
                return Err(Failure::Failed(format!("after \"{}\", {missed}.", step.title)));
            }
            console.success(&format!("{} ({:.1} s)", step.title, began.elapsed().as_secs_f64()))?;
        }
        Ok(())
    }

    /// Changes the configuration as the step wants it, and shows how.
    fn edit(&self, step: &Step, console: &mut Console) -> Result<(), Failure> {
        if step.edits.is_empty() {
            return Ok(());
        }
        console.say("In main.tf:\n")?;
        let mut configuration = fs::read_to_string(self.main_tf())?;
        for edit in step.edits {
            let (old, new) = edit.lines(&configuration).map_err(Failure::Failed)?;
            console.aside(&format!("-{old}\n+{new}"))?;
            configuration = configuration.replacen(old, &new, 1);
        }
        fs::write(self.main_tf(), configuration)?;
        Ok(())
    }

    fn run(&self, step: &Step, runner: &mut Runner, console: &mut Console) -> Result<(), Failure> {
        console.command(&self.name(), step.arguments)?;
        let colours = console.has_colours();
        let (mut out, mut err) = (Filter::new(colours), Filter::new(colours));
        let mut watch = Watch::default();
        watch.news(&self.sim.world());
        let status = runner.run(&mut self.command(step.arguments), |seen| {
            let lines = match seen {
                Seen::Line(Stream::Out, line) => out.pass(line),
                Seen::Line(Stream::Err, line) => err.pass(line),
                Seen::Quiet => Vec::new(),
            };
            lines.iter().try_for_each(|line| console.say(line))?;
            watch
                .news(&self.sim.world())
                .iter()
                .try_for_each(|news| console.aside(news))
        })?;
        match status.code() {
            Some(0) => Ok(()),
            Some(2) if step.arguments.contains(&"-detailed-exitcode") => Err(Failure::Failed(format!(
                "\"{}\" found changes where there should be none.",
                step.title
            ))),
            _ => Err(Failure::Failed(format!(
                "{} ended with {status} at \"{}\".",
                self.name(),
                step.title
            ))),
        }
    }

    /// The program in the working directory, with nothing of the user's own settings: a real account must be out of reach.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.cli);
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            let foreign = text.starts_with("TF_") && !text.starts_with("TF_LOG");
            if foreign || text.starts_with("PAPERSPACE_") {
                command.env_remove(&name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .envs(self.environment())
            .env("CHECKPOINT_DISABLE", "1")
            .env_remove("NO_COLOR")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Leaves everything up until somebody wants an end.
    pub fn keep(&self, runner: &mut Runner, console: &mut Console) -> Result<(), Failure> {
        console.heading("Yours to play with")?;
        console.say("\nThe simulated cloud stays up. In another terminal:\n")?;
        console.say(&format!("  cd {}", self.directory.path().display()))?;
        for (name, value) in self.environment() {
            console.say(&if cfg!(windows) {
                format!("  $env:{name} = \"{value}\"")
            } else {
                format!("  export {name}={value}")
            })?;
        }
        console.say(&format!("  {} apply", self.name()))?;
        console.say(&format!(
            "\nWhat it holds is at {}/state. Ctrl-C here ends it and removes the directory.",
            self.sim.control_url()
        ))?;
        runner.wait();
        Ok(())
    }

    /// Says how to do the same in earnest.
    pub fn go_on(&self, console: &mut Console) -> io::Result<()> {
        let name = self.name();
        console.heading("With a real account")?;
        console.say(&format!(
            "
1. Make an API key in the Paperspace console, in the settings of your team, and set it:

     export PAPERSPACE_API_KEY=...

2. Put the provider where {name} looks for providers:

     {provider} install

3. Copy examples/quickstart/main.tf into a directory of its own, and run there:

     {name} init
     {name} plan
     {name} apply

A real machine costs money as long as it exists; `{name} destroy` ends that. README.md tells more.",
            provider = self.provider.display(),
        ))
    }
}
