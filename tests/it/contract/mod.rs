//! The service's own description of its API as the arbiter between the client and the simulator, which share nothing:
//! whoever misreads the API twice is still caught.
//!
//! Every simulator that an integration test starts is [watched](Witness) (see [`support::cloud`](crate::support::cloud)):
//! each request that comes, and each answer of the simulator's own, is held against the description in
//! `tests/it/fixtures/paperspace-api.json`, amended by the known [`departures`]. The test that caused a breach fails when
//! it lets go of its simulator. What a fault makes of an answer on its way is nobody's answer and not looked at.
//!
//! [`exercised`] tells which operations the provider sent in no test.

mod catches;
pub mod departures;
pub mod description;
mod exchange;
mod exercised;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use terraform_provider_paperspace::sim::{Exchange, Quirks};

use departures::DEPARTURES;
use description::Description;
use exchange::Breach;

/// Watches the exchanges of one simulator.
pub struct Witness {
    description: Mutex<&'static Description>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    breaches: BTreeSet<Breach>,
    /// The operations that the provider sent.
    sent: BTreeSet<String>,
}

impl Witness {
    /// One for a simulator with these quirks.
    pub fn new(quirks: &Quirks) -> Self {
        Self {
            description: Mutex::new(description(quirks)),
            seen: Mutex::default(),
        }
    }

    /// From now on the simulator has these quirks.
    pub fn under(&self, quirks: &Quirks) {
        *lock(&self.description) = description(quirks);
    }

    /// Sees an exchange.
    pub fn see(&self, exchange: &Exchange) {
        let description = *lock(&self.description);
        let (operation, breaches) = exchange::check(description, exchange);
        let mut seen = lock(&self.seen);
        seen.breaches.extend(breaches);
        let by_provider = exchange.request.headers.get("user-agent");
        let by_provider = by_provider.is_some_and(|agent| agent.starts_with(env!("CARGO_PKG_NAME")));
        if let Some(operation) = operation.filter(|_| by_provider) {
            seen.sent.insert(operation.name.clone());
        }
    }

    /// Notes what was exercised, and says in what the exchanges were not as described.
    ///
    /// # Errors
    /// All breaches in words, with what they mean for the test.
    pub fn verdict(&self) -> Result<(), String> {
        let seen = lock(&self.seen);
        exercised::note(&seen.sent);
        if seen.breaches.is_empty() {
            return Ok(());
        }
        let breaches: Vec<_> = seen.breaches.iter().map(Breach::to_string).collect();
        Err(format!(
            "what was sent or answered is not as the service describes itself (if the real service does so, \
             tests/it/contract/departures.rs is the place to say it):\n{}",
            breaches.join("\n")
        ))
    }
}

/// The description with the departures that these quirks bring along, made once for each set of them.
fn description(quirks: &Quirks) -> &'static Description {
    static MADE: Mutex<BTreeMap<Vec<bool>, &'static Description>> = Mutex::new(BTreeMap::new());
    let met: Vec<bool> = DEPARTURES.iter().map(|departure| departure.is_met(quirks)).collect();
    lock(&MADE).entry(met.clone()).or_insert_with(|| {
        let departures = DEPARTURES.iter().zip(met).filter(|(_, met)| *met);
        let description = Description::with(departures.map(|(departure, _)| departure));
        Box::leak(Box::new(description))
    })
}

/// A test that fails elsewhere must not make others fail.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
