//! What all requests share: the worlds, the clock, the faults in force, the list of requests, and the state file.
//!
//! One lock guards the worlds and all that moves them; handlers hold it while they run and never across an await.
//! Nothing here knows how a request is routed or an answer written.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::clock::Clock;
use super::config::{Config, TeamConfig};
use super::fault::{Fault, FaultTable};
use super::http::call::Caller;
use super::ids::Ids;
use super::kinds;
use super::machine::operations::Mover;
use super::quirks::Quirks;
use super::requests::RequestLog;
use super::world::World;

/// The shared half of a simulator, as handlers get it.
pub(crate) type SharedApp = Arc<App>;

/// The shared half of a simulator.
#[derive(Debug)]
pub(crate) struct App {
    pub config: Config,
    service: Mutex<Service>,
    faults: Mutex<FaultTable>,
    log: Mutex<RequestLog>,
    saving: Mutex<()>,
    /// Cancelled when the simulator stops; whatever waits, waits for this too.
    pub stop: CancellationToken,
}

/// The worlds and what moves them.
#[derive(Debug)]
pub(crate) struct Service {
    /// In the order of the configured teams.
    pub worlds: Vec<World>,
    pub ids: Ids,
    pub clock: Clock,
    pub quirks: Quirks,
}

/// What the state file holds.
#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    worlds: BTreeMap<String, World>,
    ids: Ids,
    work: u64,
}

impl App {
    /// The beginning, or what the state file says of an earlier run.
    pub fn open(config: Config) -> io::Result<Self> {
        let saved = config.state_file.as_deref().map(read_state).transpose()?.flatten();
        let faults = fault_table(&config).map_err(|reason| io::Error::new(io::ErrorKind::InvalidInput, reason))?;
        Ok(Self {
            service: Mutex::new(Service::new(&config, saved)),
            faults: Mutex::new(faults),
            log: Mutex::default(),
            saving: Mutex::default(),
            stop: CancellationToken::new(),
            config,
        })
    }

    /// The worlds.
    pub fn service(&self) -> MutexGuard<'_, Service> {
        lock(&self.service)
    }

    /// The faults in force.
    pub fn faults(&self) -> MutexGuard<'_, FaultTable> {
        lock(&self.faults)
    }

    /// The requests seen.
    pub fn log(&self) -> MutexGuard<'_, RequestLog> {
        lock(&self.log)
    }

    /// Whose key that is.
    pub fn caller(&self, key: &str) -> Option<Caller> {
        let mut teams = self.config.teams.iter().enumerate();
        teams.find_map(|(team, config)| {
            if config.keys.iter().any(|known| known == key) {
                return Some(Caller::owner_of(team));
            }
            let user_id = config.member_keys.get(key)?.clone();
            Some(Caller {
                team,
                user_id: Some(user_id),
            })
        })
    }

    /// Adds fault rules and answers their ids; or none of them, and why one could never hit anything.
    pub fn add_faults(&self, rules: Vec<Fault>) -> Result<Vec<u64>, String> {
        rules.iter().try_for_each(check_fault)?;
        let mut faults = self.faults();
        Ok(rules.into_iter().map(|rule| faults.add(rule)).collect())
    }

    /// Begins again: fresh worlds, no faults but the configured ones, no requests.
    pub fn reset(&self) {
        *self.service() = Service::new(&self.config, None);
        if let Ok(faults) = fault_table(&self.config) {
            *self.faults() = faults;
        }
        self.log().clear();
    }

    /// Moves time on, and answers how many operations are still under way.
    pub fn advance(&self, by: Duration) -> usize {
        let mut service = self.service();
        service.clock.advance(by);
        service.settle();
        service.under_way()
    }

    /// Pushes every operation to its next stage, and answers how many are still under way.
    pub fn poke(&self) -> usize {
        let mut service = self.service();
        let (mode, now) = (service.clock.mode(), service.clock.now());
        for world in &mut service.worlds {
            world.poke(mode, &now);
        }
        service.settle();
        service.under_way()
    }

    /// Writes the state file, if there is one, so that it holds either the old state or the new one, never a part.
    pub fn save(&self) -> io::Result<()> {
        let Some(path) = &self.config.state_file else {
            return Ok(());
        };
        let _one_at_a_time = lock(&self.saving);
        let text = {
            let service = self.service();
            let worlds = service
                .worlds
                .iter()
                .map(|world| (world.team_id.clone(), world.clone()))
                .collect();
            let saved = Saved {
                worlds,
                ids: service.ids.clone(),
                work: service.clock.now().work,
            };
            serde_json::to_vec_pretty(&saved)?
        };
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        io::Write::write_all(&mut file, &text)?;
        file.persist(path)?;
        Ok(())
    }
}

impl Service {
    fn new(config: &Config, saved: Option<Saved>) -> Self {
        let (mut earlier, mut ids, work) = match saved {
            Some(saved) => (saved.worlds, saved.ids, saved.work),
            None => (BTreeMap::new(), Ids::new(config.id_seed), 0),
        };
        let clock = Clock::new(config.time, config.fixed_date, work);
        let now = clock.now();
        let world = |team: &TeamConfig| {
            earlier
                .remove(&team.id)
                .unwrap_or_else(|| World::new(team, &mut ids, &now))
        };
        let worlds = config.teams.iter().map(world).collect();
        Self {
            worlds,
            ids,
            clock,
            quirks: config.quirks.clone(),
        }
    }

    fn under_way(&self) -> usize {
        self.worlds.iter().map(|world| world.operations.len()).sum()
    }

    /// Brings every world up to this moment.
    pub fn settle(&mut self) {
        let now = self.clock.now();
        for world in &mut self.worlds {
            world.settle(&mut Mover {
                mode: self.clock.mode(),
                quirks: &self.quirks,
                ids: &mut self.ids,
                now: &now,
            });
        }
    }
}

/// The table with the configured rules.
fn fault_table(config: &Config) -> Result<FaultTable, String> {
    let mut faults = FaultTable::new(config.id_seed);
    for rule in &config.faults {
        check_fault(rule)?;
        faults.add(rule.clone());
    }
    Ok(faults)
}

fn check_fault(rule: &Fault) -> Result<(), String> {
    let operations = kinds::routes().map(|route| (route.method, route.path));
    match rule.futility(operations) {
        Some(reason) => Err(format!("a fault rule could never hit anything: {reason}")),
        None => Ok(()),
    }
}

/// A panic elsewhere must not turn every later request into one.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read_state(path: &Path) -> io::Result<Option<Saved>> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{} is not a state file: {error}", path.display()),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Effect;

    fn config(folder: &tempfile::TempDir) -> Config {
        Config {
            state_file: Some(folder.path().join("world.json")),
            ..Config::default()
        }
    }

    #[test]
    fn a_world_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let first = App::open(config(&folder)).unwrap();
        first.service().worlds[0].max_machines = 7;
        let next_id = first.service().ids.clone().machine("m");
        first.save().unwrap();
        let second = App::open(config(&folder)).unwrap();
        assert_eq!(second.service().worlds, first.service().worlds);
        assert_eq!(second.service().ids.machine("m"), next_id);
        second.reset();
        assert_eq!(second.service().worlds[0].max_machines, 1000);
    }

    #[test]
    fn a_rule_that_can_hit_nothing_stops_the_start() {
        let config = Config {
            faults: vec![Fault::on("GET", "/v1/machines", Effect::Hang)],
            ..Config::default()
        };
        let error = App::open(config).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains("no path like /v1/machines"), "{error}");
    }

    #[test]
    fn a_file_that_is_no_state_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(&folder);
        std::fs::write(config.state_file.as_ref().unwrap(), "shopping list").unwrap();
        let error = App::open(config).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(error.to_string().contains("is not a state file"), "{error}");
    }
}
