//! The simulated cloud as tests have it: watched all the time, and with what they put into it besides its default world.

use std::ops::Deref;
use std::sync::Arc;

use terraform_provider_paperspace::sim::record::{Machine, StartupScript, User};
use terraform_provider_paperspace::sim::seed::NetworkSeed;
use terraform_provider_paperspace::sim::{Config, Observer, Quirks, Sim, World};

use crate::contract::Witness;

/// A simulator whose every exchange is held against the service's description of itself. The test that let go of it fails
/// where one is not as described.
pub struct Cloud {
    /// There until the end.
    sim: Option<Sim>,
    witness: Arc<Witness>,
}

impl Cloud {
    /// Starts a simulator on a thread of its own.
    pub fn start(mut config: Config) -> Self {
        let witness = Arc::new(Witness::new(&config.quirks));
        let watching = Arc::clone(&witness);
        config.observer = Some(Observer::new(move |exchange| watching.see(exchange)));
        Self {
            sim: Some(Sim::spawn(config).expect("a simulator can be started")),
            witness,
        }
    }

    /// Switches quirks, as [`Sim::switch`] does. What they make of answers is taken for no mistake.
    pub fn switch(&self, change: impl FnOnce(&mut Quirks)) {
        let mut quirks = self.quirks();
        change(&mut quirks);
        self.witness.under(&quirks);
        Sim::switch(self, |switched| *switched = quirks);
    }
}

impl Deref for Cloud {
    type Target = Sim;

    fn deref(&self) -> &Sim {
        self.sim.as_ref().expect("it is there until the end")
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        // First nothing more comes.
        drop(self.sim.take());
        if let Err(breaches) = self.witness.verdict() {
            // The test's own failure is told first; a panic on top of it would end all tests at once.
            assert!(std::thread::panicking(), "{breaches}");
            eprintln!("besides, {breaches}");
        }
    }
}

/// A configuration of the simulator with the networks `nblue` and `ngreen` in ny2, the users `u3guest` and `u4guest`, and the
/// startup scripts `scone` and `sctwo`.
pub fn furnished(mut config: Config) -> Config {
    let seed = &mut config.teams[0].seed;
    for id in ["nblue", "ngreen"] {
        seed.private_networks.push(NetworkSeed {
            id: id.into(),
            name: id.into(),
            region: "ny2".into(),
        });
    }
    for id in ["u3guest", "u4guest"] {
        seed.users.push(User {
            id: id.into(),
            email: format!("{id}@example.com"),
            first_name: "Guest".into(),
            last_name: id.into(),
            is_admin: false,
            is_owner: false,
        });
    }
    for id in ["scone", "sctwo"] {
        seed.startup_scripts.push(StartupScript::new(id, id, "true"));
    }
    config
}

/// The machines that exist.
pub fn alive(world: &World) -> Vec<&Machine> {
    world.machines.iter().filter(|machine| !machine.is_deleted()).collect()
}

/// How many requests of a method were seen at a path, in which a last segment `*` stands for any one.
pub fn seen(sim: &Sim, method: &str, path: &str) -> usize {
    let fits = |seen: &str| match path.strip_suffix('*') {
        Some(start) => seen
            .strip_prefix(start)
            .is_some_and(|rest| !rest.is_empty() && !rest.contains('/')),
        None => seen == path,
    };
    sim.requests()
        .iter()
        .filter(|request| request.method == method && fits(&request.path))
        .count()
}
