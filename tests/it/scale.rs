//! Many machines at once: how many requests they cost, and that nothing is mistaken on the way.

use serde::de::DeserializeOwned;
use serde_json::json;
use terraform_provider_paperspace::provider;
use terraform_provider_paperspace::sim::{Effect, Fault, Sim, World};
use terraform_provider_paperspace::value::Value;

use crate::support::cloud::Cloud;
use crate::support::fleet;
use crate::support::workspace::Workspace;

/// A workspace with so many machines of the simulator in its state.
fn fleet(sim: &Cloud, machines: usize, provider: &str) -> Option<Workspace> {
    let workspace = Workspace::new(sim)?;
    workspace.configure(&fleet::configuration(
        machines,
        &format!("plan_checks = false\n{provider}"),
    ));
    fleet::write_state(&workspace, sim, machines);
    Some(workspace)
}

/// How many requests there were for pages of the listing, and how many for single machines.
fn pages_and_singles(sim: &Cloud) -> (usize, usize) {
    let requests = sim.requests();
    let pages = requests
        .iter()
        .filter(|request| request.line() == "GET /machines")
        .count();
    let singles = requests.iter().filter(|request| request.path.starts_with("/machines/"));
    (pages, singles.count())
}

/// How often it was asked whose the API key is: once a run that reads anything.
fn sessions(sim: &Cloud) -> usize {
    let requests = sim.requests();
    requests
        .iter()
        .filter(|request| request.line() == "GET /auth/session")
        .count()
}

#[test]
fn a_thousand_machines_are_refreshed_by_about_ten_requests() {
    let sim = Cloud::start(fleet::world(1000));
    let Some(workspace) = fleet(&sim, 1000, "") else { return };
    sim.delete_machine(&fleet::id(500));
    sim.rename_machine(&fleet::id(700), "renamed");
    let plan = workspace.plan();
    assert_eq!(plan.code, 2, "{}", plan.text());
    plan.says(&[
        "Plan: 1 to add, 1 to change, 0 to destroy.",
        "fleet[500] will be created",
        "fleet[700] will be updated in-place",
        "\"renamed\" -> \"node-700\"",
    ]);
    // Nine pages, the first reads and the one that is gone; more only where this computer is so slow that pages get old.
    let (pages, singles) = pages_and_singles(&sim);
    assert!(pages >= 9, "{pages} pages cannot hold a thousand machines");
    assert!(pages + singles <= 40, "{pages} pages and {singles} single machines");
    let gone = format!("/machines/{}", fleet::id(500));
    assert!(
        sim.requests().iter().any(|request| request.path == gone),
        "dropped on a listing's word"
    );
}

#[test]
fn a_single_machine_costs_one_request_however_many_there_are() {
    let sim = Cloud::start(fleet::world(300));
    let Some(workspace) = fleet(&sim, 1, "") else { return };
    workspace.plan_is_empty();
    assert_eq!((pages_and_singles(&sim), sessions(&sim)), ((0, 1), 1));
}

#[test]
fn a_listing_that_lags_drops_nothing() {
    let sim = Cloud::start(fleet::world(12));
    let Some(workspace) = fleet(&sim, 12, "") else { return };
    sim.edit(|world| {
        for number in 0..12 {
            let machine = world.machine_mut(&fleet::id(number)).expect("the machine was seeded");
            machine.sight.hidden_from_lists = u32::MAX;
        }
    });
    workspace.plan_is_empty();
    let (pages, singles) = pages_and_singles(&sim);
    assert!(
        pages >= 1 && singles == 12,
        "{pages} pages and {singles} single machines"
    );
}

#[test]
fn a_listing_that_fails_fails_no_read() {
    let sim = Cloud::start(fleet::world(12));
    let Some(workspace) = fleet(&sim, 12, "") else { return };
    sim.faults().add(Fault::on("GET", "/machines", Effect::status(400)));
    workspace.plan_is_empty();
    // One failure may be a stray, two in a row are believed.
    assert_eq!(pages_and_singles(&sim), (2, 12));
}

#[test]
fn without_batching_each_machine_is_a_request() {
    let sim = Cloud::start(fleet::world(12));
    let Some(workspace) = fleet(&sim, 12, "batch_reads = false") else {
        return;
    };
    workspace.plan_is_empty();
    assert_eq!(pages_and_singles(&sim), (0, 12));
}

#[test]
fn a_read_after_a_change_is_not_older_than_it() {
    let sim = Cloud::start(fleet::world(12));
    let Some(workspace) = fleet(&sim, 12, "") else { return };
    workspace.configure(&fleet::configuration(12, "plan_checks = false").replace("node-", "worker-"));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    assert!(
        sim.world()
            .live_machines()
            .all(|machine| machine.name.starts_with("worker-"))
    );
}

/// How many objects of a kind there are below, which is three pages of its listing.
const MANY: usize = 300;

/// A kind in the simulator: its type, the attribute that it is known by, the record of that number, where its records are
/// kept, and where they are asked for.
struct Crowd {
    type_name: &'static str,
    key: &'static str,
    path: &'static str,
    put: fn(&mut World, usize) -> String,
}

const MADE: &str = "2026-01-01T12:00:00.000Z";

fn record<T: DeserializeOwned>(record: serde_json::Value) -> T {
    serde_json::from_value(record).expect("a record reads from JSON")
}

const CROWDS: &[Crowd] = &[
    Crowd {
        type_name: "paperspace_startup_script",
        key: "id",
        path: "/startup-scripts",
        put: |world, number| {
            let id = format!("sc{number}");
            let script = json!({"id": id, "name": id, "script": "true", "dtCreated": MADE});
            world.startup_scripts.push(record(script));
            id
        },
    },
    Crowd {
        type_name: "paperspace_private_network",
        key: "id",
        path: "/private-networks",
        put: |world, number| {
            let id = format!("n{number}");
            let network = json!({
                "id": id, "name": id, "region": "ny2", "network": "10.9.8.0", "netmask": "255.255.255.0", "dtCreated": MADE
            });
            world.private_networks.push(record(network));
            id
        },
    },
    Crowd {
        type_name: "paperspace_public_ip",
        key: "ip",
        path: "/public-ips",
        put: |world, number| {
            let ip = format!("198.51.{}.{}", number / 200, number % 200);
            let address = json!({"ip": ip, "region": "ny2", "dtCreated": MADE});
            world.public_ips.push(record(address));
            ip
        },
    },
    Crowd {
        type_name: "paperspace_public_ip_assignment",
        key: "ip",
        path: "/public-ips",
        put: |world, number| {
            let ip = format!("198.51.{}.{}", number / 200, number % 200);
            let address = json!({"ip": ip, "region": "ny2", "assignedMachineId": fleet::id(0), "dtCreated": MADE});
            world.public_ips.push(record(address));
            ip
        },
    },
    Crowd {
        type_name: "paperspace_snapshot",
        key: "id",
        path: "/snapshots",
        put: |world, number| {
            let id = format!("sl{number}");
            let snapshot = json!({"id": id, "name": id, "machineId": fleet::id(0), "dtCreated": MADE});
            world.snapshots.push(record(snapshot));
            id
        },
    },
    Crowd {
        type_name: "paperspace_custom_template",
        key: "id",
        path: "/custom-templates",
        put: |world, number| {
            let id = format!("t{number}");
            let template = json!({
                "id": id, "name": id, "agentType": "LinuxHeadless", "operatingSystemLabel": "Ubuntu 22.04 Server",
                "region": "ny2", "parentMachineId": fleet::id(0), "defaultSizeGb": 50, "dtCreated": MADE
            });
            world.templates.push(record(template));
            id
        },
    },
    Crowd {
        type_name: "paperspace_shared_drive",
        key: "id",
        path: "/shared-drives",
        put: |world, number| {
            let id = format!("sd{number}");
            let network_id = world.default_network("ny2");
            let drive = json!({
                "id": id, "name": id, "region": "ny2", "networkId": network_id, "size": 50, "mountPoint": "//10.0.0.9/sd",
                "username": "u", "password": "p", "dtCreated": MADE
            });
            world.shared_drives.push(record(drive));
            id
        },
    },
];

/// What a provider answers to a read of each of the simulator's objects of a type, of which only this attribute is known.
fn read_all(sim: &Sim, type_name: &str, key: &'static str, keys: &[String]) -> Vec<Value> {
    fleet::block_on(async {
        let server = fleet::configured(sim, true).await;
        let ty = server.resource(type_name).expect("the resource is there").ty().clone();
        let states = keys
            .iter()
            .map(|known| fleet::object(&ty, [(key, Value::string(known))]));
        fleet::reads(&server, type_name, states).await
    })
}

#[test]
fn three_hundred_of_any_kind_are_refreshed_by_at_most_five_requests() {
    let managed = provider::server();
    let managed = managed.registry().resources().map(|resource| resource.type_name());
    let crowds: Vec<_> = CROWDS.iter().map(|crowd| crowd.type_name).collect();
    let left_out: Vec<_> = managed
        .filter(|name| *name != fleet::MACHINE && !crowds.contains(name))
        .collect();
    assert_eq!(left_out, [] as [&str; 0]);
    for crowd in CROWDS {
        let sim = Cloud::start(fleet::world(1));
        let mut keys = Vec::new();
        sim.edit(|world| keys = (0..MANY).map(|number| (crowd.put)(world, number)).collect());
        let states = read_all(&sim, crowd.type_name, crowd.key, &keys);
        for (key, state) in keys.iter().zip(&states) {
            assert_eq!(
                state.get(crowd.key).and_then(Value::as_str),
                Some(key.as_str()),
                "{}",
                crowd.type_name
            );
        }
        let requests = sim.requests();
        let lines: Vec<_> = requests
            .iter()
            .filter(|request| request.path != "/auth/session")
            .map(|request| request.line())
            .collect();
        assert!((3..=5).contains(&lines.len()), "{}: {lines:#?}", crowd.type_name);
        assert!(
            lines
                .iter()
                .all(|line| line.starts_with(&format!("GET {}", crowd.path))),
            "{}: {lines:#?}",
            crowd.type_name
        );
    }
}
