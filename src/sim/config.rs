//! What a simulator is started with.
//!
//! Plain values with defaults that suit a quickstart: one team, one key, the default world, real time. Nothing here
//! acts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::clock::TimeMode;
use super::exchange::Observer;
use super::fault::Fault;
use super::quirks::Quirks;
use super::seed::Seed;

/// The key that opens the default team's world.
pub const DEFAULT_KEY: &str = "sim-key-0000000000000001";

/// Everything a simulator is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The port on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// The teams, each a world of its own. The first is the one that `Sim`'s methods speak of.
    pub teams: Vec<TeamConfig>,
    /// What makes operations go on.
    pub time: TimeMode,
    /// The habits switched on from the start.
    pub quirks: Quirks,
    /// The faults in force from the start.
    pub faults: Vec<Fault>,
    /// Where the world is kept between runs. A file that is there wins over the seeds.
    pub state_file: Option<PathBuf>,
    /// How large pages are.
    pub pages: PageLimits,
    /// What identifiers and dice follow from.
    pub id_seed: u64,
    /// A date, in milliseconds since 1970, at which dates in answers stand still but for explicit steps. Without it
    /// they are real.
    pub fixed_date: Option<i64>,
    /// The disk sizes on offer, in GB; empty, as it is by default, for any.
    pub disk_sizes: Vec<u64>,
    /// Whether a member that the reference does not know makes a request's body invalid.
    pub refuse_unknown_fields: bool,
    /// Sees each exchange when it is over.
    pub observer: Option<Observer>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: 0,
            teams: vec![TeamConfig::default()],
            time: TimeMode::Auto { speed: 1.0 },
            quirks: Quirks::default(),
            faults: Vec::new(),
            state_file: None,
            pages: PageLimits::default(),
            id_seed: 1,
            fixed_date: None,
            disk_sizes: Vec::new(),
            refuse_unknown_fields: true,
            observer: None,
        }
    }
}

/// A team: its keys and the beginning of its world.
#[derive(Clone, Debug)]
pub struct TeamConfig {
    /// The team's identifier, unique among the teams.
    pub id: String,
    /// Its name, which is its namespace too.
    pub name: String,
    /// The API keys that act for it, as its first user.
    pub keys: Vec<String>,
    /// Keys of other users, with their ids. What they may depends on their roles.
    pub member_keys: BTreeMap<String, String>,
    /// How many machines it may have.
    pub max_machines: u64,
    /// Whether a create must name the user who gets the machine, as it must for a team's administrator.
    pub must_name_user: bool,
    /// What its world holds when it begins.
    pub seed: Seed,
}

impl Default for TeamConfig {
    fn default() -> Self {
        Self {
            id: "te1default".to_owned(),
            name: "simulated".to_owned(),
            keys: vec![DEFAULT_KEY.to_owned()],
            member_keys: BTreeMap::new(),
            max_machines: 1000,
            must_name_user: false,
            seed: Seed::default(),
        }
    }
}

impl TeamConfig {
    /// A team with the default world, told apart by its name and key.
    pub fn named(name: &str, key: &str) -> Self {
        Self {
            id: format!("te-{name}"),
            name: name.to_owned(),
            keys: vec![key.to_owned()],
            ..Self::default()
        }
    }
}

/// How large pages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimits {
    /// Items on a page when the request does not say.
    pub default: usize,
    /// The most a request may ask for.
    pub max: usize,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self { default: 15, max: 120 }
    }
}
