//! What tests put into the simulated cloud besides its default world, and how they look at it.

use serde_json::json;
use terraform_provider_paperspace::sim::record::{Machine, User};
use terraform_provider_paperspace::sim::seed::NetworkSeed;
use terraform_provider_paperspace::sim::{Config, Sim, World};

/// A configuration of the simulator with the networks `nblue` and `ngreen` in ny2 and the users `u3guest` and `u4guest`.
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
    config
}

/// Adds the startup scripts `scone` and `sctwo`.
pub fn furnish(sim: &Sim) {
    sim.edit(|world| {
        for id in ["scone", "sctwo"] {
            let script = json!({
                "id": id, "name": id, "script": "true", "description": null, "isEnabled": true, "isRunOnce": false,
                "assignedMachineIds": [], "dtCreated": "2026-01-01T00:00:00.000Z", "dtDeleted": null,
            });
            world
                .startup_scripts
                .push(serde_json::from_value(script).expect("a script"));
        }
    });
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
