//! The life of `paperspace_public_ip_assignment`, which is no object: an address that points to a machine.

use serde_json::json;
use terraform_provider_paperspace::sim::{Config, TimeMode};

use crate::support::cloud::Cloud;
use crate::support::workspace::Workspace;

const ADDRESS: &str = "203.0.113.7";
const OTHER: &str = "203.0.113.8";

/// A team with two machines and two free addresses.
fn team() -> Cloud {
    let mut config = Config {
        time: TimeMode::PerPoll { polls: 1 },
        ..Config::default()
    };
    for id in ["ps0one", "ps0two"] {
        let machine = json!({
            "id": id, "name": id, "machineType": "C5", "templateId": "tkni3aa4", "diskSize": 50, "region": "ny2"
        });
        let machine = serde_json::from_value(machine).expect("a seed reads from JSON");
        config.teams[0].seed.machines.push(machine);
    }
    let cloud = Cloud::start(config);
    cloud.edit(|world| {
        for ip in [ADDRESS, OTHER] {
            let address = json!({"ip": ip, "region": "ny2", "dtCreated": "2026-01-01T12:00:00.000Z"});
            world
                .public_ips
                .push(serde_json::from_value(address).expect("an address"));
        }
    });
    cloud
}

/// Where an address points.
fn machine_of(cloud: &Cloud, ip: &str) -> Option<String> {
    let world = cloud.world();
    let address = world.public_ips.iter().find(|address| address.ip == ip);
    address.expect("addresses stay").assigned_machine_id.clone()
}

/// Somebody else points an address to a machine, or to none.
fn points(cloud: &Cloud, ip: &str, machine: Option<&str>) {
    cloud.edit(|world| {
        let address = world.public_ips.iter_mut().find(|address| address.ip == ip);
        address.expect("addresses stay").assigned_machine_id = machine.map(str::to_owned);
    });
}

fn assigns(ip: &str, machine: &str) -> String {
    format!(
        "resource \"paperspace_public_ip_assignment\" \"it\" {{\n  ip         = \"{ip}\"\n  machine_id = \"{machine}\"\n\n  \
         timeouts {{\n    create = \"5m\"\n    update = \"5m\"\n    delete = \"5m\"\n  }}\n}}\n"
    )
}

#[test]
fn an_address_is_pointed_moved_replaced_and_taken_off() {
    let cloud = team();
    let Some(workspace) = Workspace::new(&cloud) else {
        return;
    };
    let applies = |configuration: &str| {
        workspace.configure(configuration);
        workspace.apply().succeeds();
        workspace.plan_is_empty();
    };
    applies(&assigns(ADDRESS, "ps0one"));
    assert_eq!(machine_of(&cloud, ADDRESS).as_deref(), Some("ps0one"));

    // To another machine in place, and by hand back again.
    workspace.configure(&assigns(ADDRESS, "ps0two"));
    workspace.plan().says(&["0 to add, 1 to change, 0 to destroy"]);
    applies(&assigns(ADDRESS, "ps0two"));
    assert_eq!(machine_of(&cloud, ADDRESS).as_deref(), Some("ps0two"));
    points(&cloud, ADDRESS, Some("ps0one"));
    workspace.plan().says(&["0 to add, 1 to change, 0 to destroy"]);
    applies(&assigns(ADDRESS, "ps0two"));

    // Taken off by hand it is made again, with a word about it.
    points(&cloud, ADDRESS, None);
    workspace
        .plan()
        .says(&["Address Points Nowhere", "1 to add, 0 to change, 0 to destroy"]);
    applies(&assigns(ADDRESS, "ps0two"));

    // Another address takes its place, and the first one stays with the team.
    workspace.configure(&assigns(OTHER, "ps0one"));
    workspace.plan().says(&["1 to add, 0 to change, 1 to destroy"]);
    applies(&assigns(OTHER, "ps0one"));
    assert_eq!(
        (machine_of(&cloud, ADDRESS), machine_of(&cloud, OTHER).as_deref()),
        (None, Some("ps0one"))
    );

    workspace.destroy().succeeds();
    assert_eq!(machine_of(&cloud, OTHER), None);
}

#[test]
fn what_points_elsewhere_by_now_is_left_there() {
    let cloud = team();
    let Some(workspace) = Workspace::new(&cloud) else {
        return;
    };
    workspace.configure(&assigns(ADDRESS, "ps0one"));
    workspace.apply().succeeds();
    points(&cloud, ADDRESS, Some("ps0two"));
    workspace
        .run(&[
            "apply",
            "-destroy",
            "-refresh=false",
            "-auto-approve",
            "-no-color",
            "-input=false",
        ])
        .succeeds();
    assert_eq!(machine_of(&cloud, ADDRESS).as_deref(), Some("ps0two"));
}

#[test]
fn an_assignment_is_imported_by_its_address() {
    let cloud = team();
    points(&cloud, ADDRESS, Some("ps0one"));
    let Some(workspace) = Workspace::new(&cloud) else {
        return;
    };
    workspace.configure(&assigns(ADDRESS, "ps0one"));
    let import = |ip: &str| {
        workspace.run(&[
            "import",
            "-no-color",
            "-input=false",
            "paperspace_public_ip_assignment.it",
            ip,
        ])
    };
    import("ps0one").fails_with(&["Invalid Import Id", "not an IP address"]);
    import(OTHER).fails_with(&["Nothing to Import", "points to no machine"]);
    import("203.0.113.9").fails_with(&["Nothing to Import", "has no address"]);
    import(ADDRESS).succeeds();
    // What the block for time limits says is all that an import cannot know.
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    let writes = cloud
        .requests()
        .into_iter()
        .filter(|request| request.method != "GET")
        .count();
    assert_eq!(writes, 0, "nothing was sent");
}

#[test]
fn an_assignment_is_imported_by_its_identity() {
    let cloud = team();
    points(&cloud, ADDRESS, Some("ps0one"));
    let Some(workspace) = Workspace::new(&cloud) else {
        return;
    };
    if !workspace.knows("import by identity", (1, 12)) {
        return;
    }
    let import = |provider: &str| {
        format!(
            "import {{\n  to = paperspace_public_ip_assignment.it\n  {provider}identity = {{ ip = \"{ADDRESS}\" }}\n}}\n"
        )
    };
    // As long as there is no block of the resource, Terraform 1.16 looks for a provider of this name in its own namespace.
    workspace.configure(&import("provider = paperspace\n  "));
    // What is generated leaves nothing to change.
    let generated = workspace.run(&["plan", "-no-color", "-input=false", "-generate-config-out=it.tf"]);
    generated.succeeds().says(&["1 to import, 0 to add, 0 to change"]);
    workspace.configure(&import(""));
    workspace.apply().succeeds().says(&["1 imported"]);
    workspace.plan_is_empty();
    let state = workspace.state();
    assert_eq!(state["paperspace_public_ip_assignment.it"]["machine_id"], "ps0one");
    assert!(cloud.requests().iter().all(|request| request.method == "GET"));
}
