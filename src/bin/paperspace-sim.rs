//! `paperspace-sim`: the simulated Paperspace API as a program of its own.
//!
//! It reads its files, starts the library's simulator, says how to point a client at it, and stops on Ctrl-C. All
//! that it simulates is in the library.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use serde::de::DeserializeOwned;
use terraform_provider_paperspace::sim::{
    Config, DEFAULT_KEY, Observer, Outcome, Seed, SeenRequest, Sim, TeamConfig, TimeMode, control,
};

/// A simulated Paperspace API on this machine, to try configurations and modules on without paying for GPUs.
///
/// It listens on 127.0.0.1 only. Machines take their time as the service's do, only faster; nothing they hold is real.
/// While it runs, the endpoints under /_sim/ show and change what is behind the scenes.
#[derive(Debug, Parser)]
#[command(name = "paperspace-sim", version, after_help = EXAMPLES)]
struct Args {
    /// The port to listen on; 0 takes any free one
    #[arg(long, default_value_t = 8484, value_name = "PORT")]
    port: u16,

    /// How many times faster than the service machines are made, started and stopped
    #[arg(long, default_value_t = 10.0, value_name = "FACTOR", value_parser = speed)]
    speed: f64,

    /// The API key to accept
    #[arg(long, default_value = DEFAULT_KEY, value_name = "KEY")]
    api_key: String,

    /// A team with a key and a world of its own; given once for each of several teams
    #[arg(long = "team", value_name = "NAME=KEY", value_parser = team, conflicts_with = "api_key")]
    teams: Vec<(String, String)>,

    /// A key of another user of the team, given by the user's id, who may only do what their role allows
    #[arg(long = "member", value_name = "USER=KEY", value_parser = team, conflicts_with = "teams")]
    members: Vec<(String, String)>,

    /// Keep the world in this file between runs
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Begin with the templates, machines, networks and users of this JSON file; a world that was kept wins over it
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,

    /// Let requests go wrong by the rules in this JSON file
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,

    /// Switch on the habits of the service in this JSON file
    #[arg(long, value_name = "FILE")]
    quirks: Option<PathBuf>,

    /// Do not log a line for each request
    #[arg(long, short)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  paperspace-sim
  paperspace-sim --speed 1000 --state world.json
  paperspace-sim --faults faults.json
  paperspace-sim --team research=research-key --team teaching=teaching-key

A fault file holds rules such as these:
  [{\"method\": \"POST\", \"path\": \"/machines\", \"nth\": 1, \"effect\": \"dropAfterAct\"},
   {\"path\": \"/**\", \"probability\": 0.1, \"effect\": {\"status\": {\"code\": 429, \"retryAfter\": \"1\"}}}]";

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("paperspace-sim: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), String> {
    let config = config(args)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let (port, state, teams) = (config.port, config.state_file.clone(), config.teams.clone());
        let sim = Sim::start(config)
            .await
            .map_err(|error| format!("cannot start on port {port}: {error}"))?;
        announce(&sim, &teams);
        stop_asked()
            .await
            .map_err(|error| format!("cannot wait for Ctrl-C: {error}"))?;
        sim.shutdown()
            .await
            .map_err(|error| format!("cannot save {state:?}: {error}"))
    })
}

fn config(args: Args) -> Result<Config, String> {
    let seed: Seed = read(args.seed.as_deref())?;
    let faults = args.faults.as_deref().map(read_faults).transpose()?.unwrap_or_default();
    let teams = match args.teams.as_slice() {
        [] => vec![TeamConfig {
            keys: vec![args.api_key],
            member_keys: member_keys(args.members, &seed)?,
            seed,
            ..TeamConfig::default()
        }],
        named => teams(named, &seed)?,
    };
    Ok(Config {
        port: args.port,
        teams,
        time: TimeMode::Auto { speed: args.speed },
        quirks: read(args.quirks.as_deref())?,
        faults,
        state_file: args.state,
        observer: (!args.quiet).then(|| Observer::new(|exchange| log(&exchange.request))),
        ..Config::default()
    })
}

/// Teams that all begin with the same world, and share nothing from then on.
fn teams(named: &[(String, String)], seed: &Seed) -> Result<Vec<TeamConfig>, String> {
    let mut teams: Vec<TeamConfig> = Vec::new();
    for (name, key) in named {
        if teams.iter().any(|team| team.name == *name || team.keys.contains(key)) {
            return Err(format!(
                "--team {name}=...: each team needs a name and a key of its own"
            ));
        }
        teams.push(TeamConfig {
            seed: seed.clone(),
            ..TeamConfig::named(name, key)
        });
    }
    Ok(teams)
}

/// The keys of users, by key, who must all be of the team.
fn member_keys(members: Vec<(String, String)>, seed: &Seed) -> Result<BTreeMap<String, String>, String> {
    for (id, _) in &members {
        if !seed.users.iter().any(|user| user.id == *id) {
            let known: Vec<_> = seed.users.iter().map(|user| user.id.as_str()).collect();
            return Err(format!("--member {id}=...: the team's users are {}", known.join(", ")));
        }
    }
    Ok(members.into_iter().map(|(id, key)| (key, id)).collect())
}

/// What a JSON file says, or the default without one.
fn read<T: DeserializeOwned + Default>(path: Option<&Path>) -> Result<T, String> {
    let Some(path) = path else { return Ok(T::default()) };
    serde_json::from_str(&text(path)?).map_err(|error| format!("{}: {error}", path.display()))
}

fn read_faults(path: &Path) -> Result<Vec<terraform_provider_paperspace::sim::Fault>, String> {
    control::read_faults(&text(path)?).map_err(|error| format!("{}: {error}", path.display()))
}

fn text(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed.is_finite() && speed > 0.0 => Ok(speed),
        _ => Err("expected a number above 0".to_owned()),
    }
}

fn team(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, key)) if !name.is_empty() && !key.is_empty() => Ok((name.to_owned(), key.to_owned())),
        _ => Err("expected a name, an equals sign and a key".to_owned()),
    }
}

#[expect(
    clippy::print_stdout,
    reason = "these lines are what the program is run for; stdout is nobody's protocol here"
)]
fn announce(sim: &Sim, teams: &[TeamConfig]) {
    println!("The simulated Paperspace API is at {}", sim.url());
    println!();
    println!("  export PAPERSPACE_API_URL={}", sim.url());
    match teams {
        [_] => println!("  export PAPERSPACE_API_KEY={}", sim.api_key()),
        teams => {
            println!();
            for team in teams {
                println!("The key of {} is {}", team.name, team.keys.join(", "));
            }
        }
    }
    println!();
    println!("Behind the scenes: {}/state. Stop with Ctrl-C.", sim.control_url());
}

/// One line for one request.
fn log(request: &SeenRequest) {
    let outcome = match request.outcome {
        Outcome::Answered(status) => status.to_string(),
        Outcome::Truncated(status) => format!("{status}, cut short"),
        Outcome::Dropped => "connection closed".to_owned(),
        Outcome::Open => "no answer".to_owned(),
    };
    eprintln!("{} {} -> {outcome}", request.at, request.line());
}

/// Waits for Ctrl-C, or for a request to terminate where there is such a thing.
async fn stop_asked() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            result = tokio::signal::ctrl_c() => result,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn args(line: &[&str]) -> Result<Args, clap::Error> {
        Args::try_parse_from([&["paperspace-sim"], line].concat())
    }

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
        let plain = config(args(&[]).unwrap()).unwrap();
        assert_eq!(plain.teams[0].keys, [DEFAULT_KEY]);
        assert_eq!(plain.time, TimeMode::Auto { speed: 10.0 });
        for bad in ["0", "-1", "inf", "fast"] {
            assert!(args(&["--speed", bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn each_team_has_a_key_and_a_world_of_its_own() {
        let read = config(args(&["--team", "research=key=1", "--team", "teaching=key-2"]).unwrap()).unwrap();
        let teams: Vec<_> = read.teams.iter().map(|team| (&*team.name, &*team.keys[0])).collect();
        assert_eq!(teams, [("research", "key=1"), ("teaching", "key-2")]);
        for bad in ["research", "=key", "research="] {
            assert!(args(&["--team", bad]).is_err(), "{bad}");
        }
        assert!(args(&["--team", "research=key", "--api-key", "key"]).is_err());
        for (first, second) in [("a=key", "b=key"), ("a=key-1", "a=key-2")] {
            let message = config(args(&["--team", first, "--team", second]).unwrap()).unwrap_err();
            assert!(message.contains("of its own"), "{message}");
        }
    }

    #[test]
    fn members_have_keys_of_their_own() {
        let read = config(args(&["--member", "u2member=their-key"]).unwrap()).unwrap();
        assert_eq!(read.teams[0].member_keys["their-key"], "u2member");
        let message = config(args(&["--member", "u0=key"]).unwrap()).unwrap_err();
        assert!(message.contains("u1owner, u2member"), "{message}");
    }

    #[test]
    fn files_are_read_and_their_mistakes_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let faults = file("faults.json", r#"[{"path": "/machines", "effect": "hang"}]"#);
        let quirks = file("quirks.json", r#"{"listingLag": 2}"#);
        let read = config(args(&["--faults", &faults, "--quirks", &quirks, "-q"]).unwrap()).unwrap();
        assert_eq!(
            (read.faults.len(), read.quirks.listing_lag, read.observer.is_none()),
            (1, 2, true)
        );
        let seed = file("seed.json", r#"{"machnies": []}"#);
        let message = config(args(&["--seed", &seed]).unwrap()).unwrap_err();
        assert!(
            message.contains("seed.json") && message.contains("machnies"),
            "{message}"
        );
        let message = config(args(&["--seed", "no-such-file"]).unwrap()).unwrap_err();
        assert!(message.contains("cannot read no-such-file"), "{message}");
    }

    #[test]
    fn the_examples_in_the_help_are_valid() {
        let rules = EXAMPLES.split_once("such as these:\n").unwrap().1;
        assert_eq!(control::read_faults(rules).unwrap().len(), 2);
    }
}
