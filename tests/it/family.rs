//! All kinds in one configuration: what is done in which order, and what waits for what.

use terraform_provider_paperspace::sim::{Config, Effect, Fault, State, TimeMode};

use crate::support::cloud::{Cloud, alive};
use crate::support::workspace::{APPLY, Workspace};

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

/// A machine that exists already, of which the configuration knows no more than the id.
fn standing(cloud: &Cloud) -> String {
    let workspace = Workspace::new(cloud).expect("the program was found before");
    workspace.configure(
        r#"
resource "paperspace_machine" "host" {
  name         = "host"
  machine_type = "C5"
  template_id  = "t0nspur5"
  disk_size    = 50
  region       = "ny2"
}
"#,
    );
    workspace.apply().succeeds();
    alive(&cloud.world())[0].id.clone()
}

/// Nothing depends on another here, so that Terraform does all of it side by side. The service refuses what comes while the
/// machine is busy.
#[test]
fn an_address_a_snapshot_a_template_and_a_resize_of_one_machine_run_in_one_apply() {
    let cloud = team();
    let Some(workspace) = Workspace::new(&cloud) else {
        return;
    };
    let id = standing(&cloud);
    let configuration = |disk_size: u32| {
        format!(
            r#"
import {{
  to = paperspace_machine.host
  id = "{id}"
}}

resource "paperspace_machine" "host" {{
  name         = "host"
  machine_type = "C5"
  disk_size    = {disk_size}
  region       = "ny2"
}}
"#
        )
    };
    if !workspace.knows("a block for an import", (1, 5)) {
        return;
    }
    workspace.configure(&configuration(50));
    workspace.apply().succeeds();
    let around = format!(
        r#"
resource "paperspace_public_ip" "front" {{
  region = "ny2"
}}

resource "paperspace_public_ip_assignment" "front" {{
  ip         = paperspace_public_ip.front.ip
  machine_id = "{id}"
}}

resource "paperspace_snapshot" "first" {{
  machine_id = "{id}"
  name       = "first"
}}

resource "paperspace_custom_template" "image" {{
  machine_id  = "{id}"
  name        = "image"
  power_cycle = true
}}
"#
    );
    workspace.configure(&format!("{}{around}", configuration(100)));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    let world = cloud.world();
    let machine = alive(&world)[0];
    assert_eq!((machine.disk_size, machine.state), (100, State::Ready));
    assert_eq!(world.public_ips[0].assigned_machine_id.as_deref(), Some(id.as_str()));
    assert_eq!(world.snapshots.len(), 1);
    let images = world
        .templates
        .iter()
        .filter(|template| template.name == "image")
        .count();
    assert_eq!(images, 1);
}

/// A network that is held is asked to go again until it is free.
#[test]
fn a_network_waits_for_what_is_leaving_it() {
    let cloud = team();
    let Some(workspace) = Workspace::new(&cloud) else {
        return;
    };
    workspace.configure("resource \"paperspace_private_network\" \"net\" {\n  name = \"n\"\n  region = \"ny2\"\n}\n");
    workspace.apply().succeeds();
    for status in [409, 412, 400] {
        cloud
            .faults()
            .add(Fault::on("DELETE", "/private-networks/*", Effect::status(status)).limit(1));
    }
    workspace.destroy().succeeds();
    let asked = cloud
        .requests()
        .iter()
        .filter(|request| request.method == "DELETE")
        .count();
    assert_eq!(asked, 4);
}

const LEFT: &str = r#"
resource "paperspace_private_network" "old" {
  name   = "old"
  region = "ny2"

  timeouts {
    delete = "2s"
  }
}
"#;

fn on(network: &str) -> String {
    format!(
        r#"
resource "paperspace_machine" "host" {{
  name         = "host"
  machine_type = "C5"
  template_id  = "t0nspur5"
  disk_size    = 50
  region       = "ny2"
  network_id   = {network}
}}
"#
    )
}

#[test]
fn a_network_that_machines_leave_says_what_holds_it_and_how_it_gets_free() {
    let cloud = team();
    let Some(workspace) = Workspace::new(&cloud) else {
        return;
    };
    let next = "resource \"paperspace_private_network\" \"new\" {\n  name = \"new\"\n  region = \"ny2\"\n}\n";
    let both = format!("{LEFT}{next}{}", on("paperspace_private_network.old.id"));
    workspace.configure(&both);
    workspace.apply().succeeds();
    let id = alive(&cloud.world())[0].id.clone();

    // Terraform destroys what was removed before it changes what left it.
    workspace.configure(&format!("{next}{}", on("paperspace_private_network.new.id")));
    workspace.apply().fails_with(&[
        "Time Is Up",
        &format!("It is still held by: machine \"host\" ({id})."),
        "create_before_destroy",
    ]);

    // In two applies it goes.
    workspace.configure(&format!("{LEFT}{next}{}", on("paperspace_private_network.new.id")));
    workspace.apply().succeeds();
    workspace.configure(&format!("{next}{}", on("paperspace_private_network.new.id")));
    workspace.apply().succeeds().says(&["1 destroyed"]);
    assert_eq!(alive(&cloud.world())[0].id, id, "the machine was moved in place");
}

#[test]
fn machines_leave_a_network_that_is_created_before_it_is_destroyed() {
    let cloud = team();
    let Some(workspace) = Workspace::new(&cloud) else {
        return;
    };
    let lasting = LEFT.replace(
        "  timeouts",
        "  lifecycle {\n    create_before_destroy = true\n  }\n\n  timeouts",
    );
    workspace.configure(&format!("{lasting}{}", on("paperspace_private_network.old.id")));
    workspace.apply().succeeds();
    let before = alive(&cloud.world())[0].clone();
    let mut renew = APPLY.to_vec();
    renew.push("-replace=paperspace_private_network.old");
    workspace
        .run(&renew)
        .succeeds()
        .says(&["1 added, 1 changed, 1 destroyed"]);
    let world = cloud.world();
    let after = alive(&world)[0];
    assert_eq!(after.id, before.id);
    assert_ne!(after.network_id, before.network_id);
    workspace.plan_is_empty();
}

#[test]
fn a_machine_made_anew_has_its_snapshots_made_anew() {
    let cloud = team();
    let Some(workspace) = Workspace::new(&cloud) else {
        return;
    };
    let host = |template: &str| {
        format!(
            r#"
resource "paperspace_machine" "host" {{
  name         = "host"
  machine_type = "C5"
  template_id  = "{template}"
  disk_size    = 50
  region       = "ny2"
}}

resource "paperspace_snapshot" "first" {{
  machine_id = paperspace_machine.host.id
  name       = "first"
}}
"#
        )
    };
    workspace.configure(&host("t0nspur5"));
    workspace.apply().succeeds();
    workspace.configure(&host("tkni3aa4"));
    let run = workspace.apply().succeeds().says(&["2 added, 0 changed, 2 destroyed"]);
    run.says(&["paperspace_snapshot.first must be replaced"]);
    workspace.plan_is_empty();
    let world = cloud.world();
    let machine = alive(&world)[0];
    let left: Vec<_> = world
        .snapshots
        .iter()
        .filter(|snapshot| snapshot.dt_deleted.is_none())
        .collect();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].machine_id, machine.id);
}

#[test]
fn a_template_of_a_machine_that_stays_on_says_how_it_is_taken() {
    let cloud = team();
    let Some(workspace) = Workspace::new(&cloud) else {
        return;
    };
    let id = standing(&cloud);
    workspace.configure(&format!(
        r#"
resource "paperspace_custom_template" "image" {{
  machine_id = "{id}"
  name       = "image"

  timeouts {{
    create = "2s"
  }}
}}
"#
    ));
    workspace.apply().fails_with(&["power_cycle", &id]);
    let world = cloud.world();
    assert_eq!(alive(&world)[0].state, State::Ready, "nobody turned it off");
    assert!(world.templates.iter().all(|template| template.name != "image"));
}

#[test]
fn the_default_network_cannot_be_imported_and_that_is_said() {
    for is_not_found in [false, true] {
        let cloud = team();
        cloud.switch(|quirks| quirks.default_network_not_found = is_not_found);
        let Some(workspace) = Workspace::new(&cloud) else {
            return;
        };
        workspace
            .configure("resource \"paperspace_private_network\" \"net\" {\n  name = \"n\"\n  region = \"ny2\"\n}\n");
        let id = cloud.world().default_network("ny2");
        workspace
            .run(&["import", "-no-color", "paperspace_private_network.net", &id])
            .fails_with(&["Nothing to Import", "default network of a region is Paperspace's own"]);
    }
}

/// What an import is not told is taken from the configuration, and is no reason to make a drive anew and to lose its data.
#[test]
fn a_drive_of_which_little_is_told_is_adopted() {
    let cloud = team();
    let Some(workspace) = Workspace::new(&cloud) else {
        return;
    };
    let drive = r#"
resource "paperspace_private_network" "net" {
  name   = "n"
  region = "ny2"
}

resource "paperspace_shared_drive" "data" {
  name       = "data"
  size       = 50
  region     = "ny2"
  network_id = paperspace_private_network.net.id
}
"#;
    workspace.configure(drive);
    workspace.apply().succeeds();
    let id = cloud.world().shared_drives[0].id.clone();
    let untold = serde_json::json!({"size": null, "region": null, "networkId": null});
    let untold = untold.as_object().cloned().expect("an object");
    cloud.switch(|quirks| drop(quirks.odd_fields.insert(id.clone(), untold)));
    workspace.plan_is_empty();
    workspace
        .run(&["state", "rm", "paperspace_shared_drive.data"])
        .succeeds();
    workspace
        .run(&["import", "-no-color", "paperspace_shared_drive.data", &id])
        .succeeds();
    workspace
        .apply()
        .succeeds()
        .says(&["Configured Values Adopted", "0 added, 1 changed, 0 destroyed"]);
    workspace.plan_is_empty();
    assert_eq!(cloud.world().shared_drives[0].id, id);
    assert_eq!(cloud.world().shared_drives[0].dt_deleted, None);
}
