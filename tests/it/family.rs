//! All kinds in one configuration: what is done in which order, and what waits for what.

use terraform_provider_paperspace::sim::{Config, State, TimeMode};

use crate::support::cloud::{Cloud, alive};
use crate::support::workspace::Workspace;

/// A team whose machines take their time.
fn team() -> Cloud {
    Cloud::start(Config {
        time: TimeMode::PerPoll { polls: 2 },
        ..Config::default()
    })
}

const AROUND: &str = r#"
resource "paperspace_private_network" "net" {
  name   = "research"
  region = "ny2"
}

resource "paperspace_shared_drive" "data" {
  name       = "data"
  size       = 50
  region     = "ny2"
  network_id = paperspace_private_network.net.id
}

resource "paperspace_startup_script" "setup" {
  name   = "setup"
  script = "mount -t cifs ${paperspace_shared_drive.data.mount_point} /mnt"
}

resource "paperspace_public_ip" "front" {
  region = "ny2"
}

resource "paperspace_public_ip_assignment" "front" {
  ip         = paperspace_public_ip.front.ip
  machine_id = paperspace_machine.host.id
}
"#;

fn host(size: u32, name: &str) -> String {
    format!(
        r#"
resource "paperspace_machine" "host" {{
  name              = "{name}"
  machine_type      = "C5"
  template_id       = "t0nspur5"
  disk_size         = {size}
  region            = "ny2"
  network_id        = paperspace_private_network.net.id
  startup_script_id = paperspace_startup_script.setup.id
}}
"#
    )
}

/// What is taken of the machine, by number.
fn taken(number: u32) -> String {
    format!(
        r#"
resource "paperspace_snapshot" "of{number}" {{
  machine_id = paperspace_machine.host.id
  name       = "snapshot {number}"
}}

resource "paperspace_custom_template" "of{number}" {{
  machine_id  = paperspace_machine.host.id
  name        = "image {number}"
  power_cycle = true
}}
"#
    )
}

#[test]
fn a_whole_team_is_made_changed_and_destroyed_in_one_go_each() {
    let cloud = team();
    let Some(workspace) = Workspace::new(&cloud) else {
        return;
    };
    let applies = |configuration: &str| {
        workspace.configure(configuration);
        workspace.apply().succeeds();
        workspace.plan_is_empty();
    };
    let state_of_host = || alive(&cloud.world())[0].state;
    applies(&format!("{AROUND}{}{}", host(50, "host"), taken(1)));
    let world = cloud.world();
    let machine = alive(&world)[0].clone();
    let network = world.private_networks.iter().find(|network| network.name == "research");
    assert_eq!(machine.network_id, network.expect("it was made").id);
    assert_eq!(
        world.public_ips[0].assigned_machine_id.as_deref(),
        Some(machine.id.as_str())
    );
    assert_eq!(
        machine.state,
        State::Ready,
        "the machine was started again after its image was taken"
    );

    // A resize, a snapshot and an image with its power cycle meet at one machine, and take turns.
    applies(&format!("{AROUND}{}{}{}", host(100, "host"), taken(1), taken(2)));
    let world = cloud.world();
    assert_eq!(
        world
            .snapshots
            .iter()
            .filter(|snapshot| snapshot.dt_deleted.is_none())
            .count(),
        2
    );
    assert_eq!(alive(&world)[0].disk_size, 100);
    assert_eq!(state_of_host(), State::Ready);

    // The machine is replaced: the address follows it, its snapshots are made anew, the images that no longer name it stay.
    let images = taken(1).replace("  machine_id  = paperspace_machine.host.id\n", "");
    let replaced = host(100, "host").replace("t0nspur5", "tkni3aa4");
    applies(&format!("{AROUND}{replaced}{images}"));
    let world = cloud.world();
    let successor = alive(&world)[0].clone();
    assert_ne!(successor.id, machine.id);
    assert_eq!(
        world.public_ips[0].assigned_machine_id.as_deref(),
        Some(successor.id.as_str())
    );

    // A drive's password stands nowhere.
    let password = world.shared_drives[0].password.clone();
    assert!(!password.is_empty() && !workspace.run(&["state", "pull"]).succeeds().stdout.contains(&password));

    workspace.destroy().succeeds();
    let world = cloud.world();
    assert!(alive(&world).is_empty());
    assert!(world.public_ips.iter().all(|address| address.dt_deleted.is_some()));
    assert!(
        world
            .private_networks
            .iter()
            .all(|network| network.name != "research" || network.dt_deleted.is_some()),
        "only the team's default networks stay"
    );
}

#[test]
fn a_snapshot_that_went_with_its_machine_is_no_matter_for_words() {
    let cloud = team();
    let Some(workspace) = Workspace::new(&cloud) else {
        return;
    };
    let host = r#"
resource "paperspace_machine" "host" {
  name         = "host"
  machine_type = "C5"
  template_id  = "t0nspur5"
  disk_size    = 50
  region       = "ny2"
}

resource "paperspace_snapshot" "first" {
  machine_id = paperspace_machine.host.id
  name       = "first"
}
"#;
    workspace.configure(host);
    workspace.apply().succeeds();
    let id = alive(&cloud.world())[0].id.clone();
    cloud.delete_machine(&id);
    cloud.edit(|world| {
        for snapshot in &mut world.snapshots {
            snapshot.dt_deleted = Some("2026-01-02T12:00:00.000Z".to_owned());
        }
    });
    let text = workspace.plan().text();
    assert!(
        text.contains("Machine Is Gone") && text.contains("2 to add, 0 to change, 0 to destroy"),
        "{text}"
    );
    assert!(!text.contains("Snapshot Is Gone"), "{text}");
}
