//! Every example of the documentation is planned and applied, against a simulated team that has what the examples say
//! that a team must have.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use terraform_provider_paperspace::sim::record::{PublicIpType, StartupScript, State};
use terraform_provider_paperspace::sim::{Config, MachineSeed, NetworkSeed, Seed, TeamConfig, TimeMode};

use crate::support;
use crate::support::cloud::Cloud;
use crate::support::workspace::{Run, Workspace};

/// The address of the simulator in the examples.
pub const SIMULATOR: &str = "http://127.0.0.1:8484/v1";

/// What the examples leave to the reader, and the like of it in the simulated team.
const VARIABLES: [(&str, &str); 7] = [
    ("research_api_key", "sim-key-0000000000000001"),
    ("network_id", "n1research"),
    ("startup_script_id", "sc1setup"),
    ("member_ids", "[\"u2member\"]"),
    ("template_id", "t0nspur5"),
    ("machine_id", "ps8fe3mg1"),
    ("first_password", "correct horse battery staple"),
];

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn read(file: impl AsRef<Path>) -> String {
    let file = examples().join(file);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// A team with a network, a startup script and the machine that the examples import.
pub fn team() -> Cloud {
    let snapshot = json!({"id": "sl1before", "name": "before", "machineId": "ps8fe3mg1"});
    let drive = json!({
        "id": "sd1datasets", "name": "datasets", "region": "ny2", "networkId": "n1research", "size": 500,
        "mountPoint": "//10.64.92.2/sd1datasets", "username": "shared", "password": "only-simulated",
    });
    let seed = Seed {
        private_networks: vec![NetworkSeed {
            id: "n1research".to_owned(),
            name: "research".to_owned(),
            region: "ny2".to_owned(),
        }],
        machines: vec![MachineSeed {
            id: Some("ps8fe3mg1".to_owned()),
            name: "workstation".to_owned(),
            machine_type: "P4000".to_owned(),
            template_id: "tkni3aa4".to_owned(),
            disk_size: 100,
            region: "ny2".to_owned(),
            state: State::Ready,
            network_id: None,
            public_ip_type: PublicIpType::Static,
        }],
        startup_scripts: vec![StartupScript::new("sc1setup", "setup", "#!/bin/sh\n")],
        snapshots: vec![serde_json::from_value(snapshot).expect("a snapshot")],
        shared_drives: vec![serde_json::from_value(drive).expect("a shared drive")],
        ..Seed::default()
    };
    let cloud = Cloud::start(Config {
        time: TimeMode::PerPoll { polls: 1 },
        teams: vec![TeamConfig {
            seed,
            ..TeamConfig::default()
        }],
        ..Config::default()
    });
    cloud.edit(|world| {
        for (ip, region) in [("203.0.113.7", "ny2"), ("203.0.113.8", "ams1")] {
            let address = json!({"ip": ip, "region": region, "dtCreated": "2026-01-01T12:00:00.000Z"});
            world
                .public_ips
                .push(serde_json::from_value(address).expect("an address"));
        }
    });
    cloud
}

/// A workspace in which the examples' variables are set.
pub fn workspace(sim: &Cloud) -> Option<Workspace> {
    let mut workspace = Workspace::new(sim)?;
    for (name, value) in VARIABLES {
        workspace.set(format!("TF_VAR_{name}"), value);
    }
    Some(workspace)
}

#[test]
fn examples_are_laid_out_as_terraform_does_it() {
    let Some(workspace) = Workspace::without_key() else {
        return;
    };
    let examples = examples();
    let folder = examples.to_string_lossy();
    workspace
        .run(&["fmt", "-check", "-recursive", "-diff", &folder])
        .succeeds();
}

#[test]
fn the_provider_can_be_configured_in_each_way() {
    let sim = team();
    let Some(workspace) = workspace(&sim) else { return };
    let mut text = read("provider/provider.tf").replace(SIMULATOR, &sim.url());
    let aliases: Vec<_> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("alias")?.split('"').nth(1).map(str::to_owned))
        .collect();
    assert!(!aliases.is_empty());
    // A provider block is configured only where something uses it.
    text.push_str("\ndata \"paperspace_templates\" \"of_default\" {}\n");
    for alias in aliases {
        text.push_str(&format!(
            "\ndata \"paperspace_templates\" \"of_{alias}\" {{\n  provider = paperspace.{alias}\n}}\n"
        ));
    }
    workspace.write("versions.tf", "");
    workspace.write(
        ".paperspace/credentials.toml",
        &format!("[keys]\narchive = \"{}\"\n", sim.api_key()),
    );
    workspace.configure(&text);
    workspace.run(&["validate", "-no-color"]).succeeds();
    workspace.apply().succeeds();
    workspace.plan_is_empty();
}

#[test]
fn machines_are_made_as_the_example_says() {
    let sim = team();
    let Some(mut workspace) = workspace(&sim) else { return };
    if !workspace.knows("a password that is only written", (1, 11)) {
        return;
    }
    let example = read("resources/paperspace_machine/resource.tf");
    workspace.configure(&example);
    workspace.run(&["validate", "-no-color"]).succeeds();
    workspace.apply().succeeds();
    workspace.plan_is_empty();

    // Now that there is a snapshot of the machine, it can be the restore point.
    let world = sim.world();
    let classroom = world
        .machines
        .iter()
        .find(|machine| machine.name == "classroom")
        .expect("it was made");
    let snapshot = world
        .snapshots
        .iter()
        .find(|snapshot| snapshot.machine_id == classroom.id);
    let snapshot = snapshot.expect("a first snapshot was taken");
    workspace.set("TF_VAR_restore_point_snapshot_id", &snapshot.id);
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    let world = sim.world();
    let classroom = world
        .machines
        .iter()
        .find(|machine| machine.name == "classroom")
        .expect("it is there");
    assert_eq!(classroom.restore_point_snapshot_id.as_ref(), Some(&snapshot.id));

    workspace.destroy().fails_with(&["Machine Is Protected"]);
    workspace.configure(&example.replace("deletion_protection = true", "deletion_protection = false"));
    workspace.apply().succeeds();
    workspace.destroy().succeeds();
}

/// The configuration of the machine that the examples import.
const IMPORTED: &str = r#"
resource "paperspace_machine" "workstation" {
  name           = "workstation"
  machine_type   = "P4000"
  template_id    = "tkni3aa4"
  disk_size      = 100
  region         = "ny2"
  public_ip_type = "static"
}
"#;

/// After an import nothing is done to the machine: values that the API does not tell are recorded, and that is all.
fn machine_is_taken_over(sim: &Cloud, workspace: &Workspace) {
    let changes = |sim: &Cloud| sim.requests().iter().filter(|request| request.method != "GET").count();
    assert_eq!(workspace.state()["paperspace_machine.workstation"]["id"], "ps8fe3mg1");
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    assert_eq!(changes(sim), 0, "{:#?}", sim.requests());
}

#[test]
fn a_machine_is_imported_by_command() {
    let sim = team();
    let Some(workspace) = workspace(&sim) else { return };
    workspace.configure(IMPORTED);
    let script = read("resources/paperspace_machine/import.sh");
    let commands: Vec<_> = script
        .lines()
        .filter_map(|line| line.strip_prefix("terraform "))
        .collect();
    assert!(!commands.is_empty());
    for command in commands {
        workspace.run(&command.split(' ').collect::<Vec<_>>()).succeeds();
    }
    machine_is_taken_over(&sim, &workspace);
}

#[test]
fn a_machine_is_imported_by_id() {
    let sim = team();
    let Some(workspace) = workspace(&sim) else { return };
    if !workspace.knows("a block for an import", (1, 5)) {
        return;
    }
    workspace.configure(IMPORTED);
    workspace.write(
        "import.tf",
        &read("resources/paperspace_machine/import-by-string-id.tf"),
    );
    workspace.apply().succeeds().says(&["1 imported"]);
    machine_is_taken_over(&sim, &workspace);
}

#[test]
fn a_machine_is_imported_by_identity() {
    let sim = team();
    let Some(workspace) = workspace(&sim) else { return };
    if !workspace.knows("import by identity", (1, 12)) {
        return;
    }
    workspace.configure(IMPORTED);
    workspace.write("import.tf", &read("resources/paperspace_machine/import-by-identity.tf"));
    workspace.apply().succeeds().says(&["1 imported"]);
    machine_is_taken_over(&sim, &workspace);
}

#[test]
fn every_data_source_answers_as_its_example_asks() {
    let sim = team();
    let Some(workspace) = workspace(&sim) else { return };
    let files = support::files(&examples().join("data-sources"), ".tf");
    assert!(!files.is_empty());
    for file in files {
        let text = fs::read_to_string(&file).expect("an example can be read");
        workspace.configure(&text);
        workspace.run(&["validate", "-no-color"]).succeeds();
        let run = workspace.apply();
        assert_eq!(run.code, 0, "{}:\n{}\n{}", file.display(), run.stdout, run.stderr);
        workspace.plan_is_empty();
    }
}

#[test]
fn every_function_is_called_as_its_example_says() {
    let sim = team();
    let Some(workspace) = workspace(&sim) else { return };
    if !workspace.knows("a function of a provider", (1, 8)) {
        return;
    }
    let files = support::files(&examples().join("functions"), ".tf");
    assert!(!files.is_empty());
    for file in files {
        let text = fs::read_to_string(&file).expect("an example can be read");
        workspace.configure(&text);
        workspace.run(&["validate", "-no-color"]).succeeds();
        let run = workspace.apply();
        assert_eq!(run.code, 0, "{}:\n{}\n{}", file.display(), run.stdout, run.stderr);
        workspace.plan_is_empty();
        workspace.destroy().succeeds();
    }
}

#[test]
fn every_ephemeral_resource_is_opened_as_its_example_asks() {
    let sim = team();
    let Some(workspace) = workspace(&sim) else { return };
    if !workspace.knows(
        "an ephemeral resource, and a write-only argument to use it in,",
        (1, 11),
    ) {
        return;
    }
    let files = support::files(&examples().join("ephemeral-resources"), ".tf");
    assert!(!files.is_empty());
    for file in files {
        let text = fs::read_to_string(&file).expect("an example can be read");
        workspace.configure(&text);
        workspace.run(&["validate", "-no-color"]).succeeds();
        let run = workspace.apply();
        assert_eq!(run.code, 0, "{}:\n{}\n{}", file.display(), run.stdout, run.stderr);
        workspace.plan_is_empty();
        workspace.destroy().succeeds();
    }
}

#[test]
fn every_list_resource_finds_what_its_example_asks_for() {
    let sim = team();
    let Some(workspace) = workspace(&sim) else { return };
    if !workspace.knows_queries("a query") {
        return;
    }
    let files = support::files(&examples().join("list-resources"), ".tfquery.hcl");
    assert!(!files.is_empty());
    for file in files {
        let text = fs::read_to_string(&file).expect("an example can be read");
        workspace.write("example.tfquery.hcl", &text);
        let run = workspace.run(&["query", "-no-color"]);
        assert_eq!(run.code, 0, "{}:\n{}\n{}", file.display(), run.stdout, run.stderr);
        let found = run.stdout.lines().any(|line| line.starts_with("list.paperspace_"));
        assert!(found, "{}: nothing was found\n{}", file.display(), run.stdout);
    }
}

#[test]
fn every_action_is_invoked_as_its_example_says() {
    let Some(other) = Workspace::without_key() else { return };
    if !other.knows_actions("an action") {
        return;
    }
    let files = support::files(&examples().join("actions"), ".tf");
    assert!(!files.is_empty());
    for file in files {
        let sim = team();
        let Some(workspace) = workspace(&sim) else { return };
        let text = fs::read_to_string(&file).expect("an example can be read");
        workspace.configure(&text);
        workspace.run(&["validate", "-no-color"]).succeeds();
        workspace.apply().succeeds();
        workspace.plan_is_empty();
        let labels = text.lines().filter_map(|line| line.strip_prefix("action \""));
        let addresses: Vec<_> = labels
            .map(|labels| labels.replace("\" \"", ".").replace("\" {", ""))
            .collect();
        assert!(!addresses.is_empty(), "{}", file.display());
        for address in addresses {
            let invoke = format!("-invoke=action.{address}");
            let run = workspace.run(&["apply", "-auto-approve", "-no-color", "-input=false", &invoke]);
            assert_eq!(run.code, 0, "{address}:\n{}\n{}", run.stdout, run.stderr);
        }
    }
}

/// Each resource's example but the machine's, which has a test of its own: made, nothing to do at the next plan, and destroyed
/// once nothing is protected any more.
#[test]
fn every_resource_lives_as_its_example_says() {
    let sim = team();
    let Some(workspace) = workspace(&sim) else { return };
    let files = support::files(&examples().join("resources"), "/resource.tf");
    let of_machine = Path::new("resources/paperspace_machine/resource.tf");
    assert!(files.len() > 1);
    for file in files.iter().filter(|file| !file.ends_with(of_machine)) {
        let text = fs::read_to_string(file).expect("an example can be read");
        let told = |run: &Run, what: &str| {
            assert_eq!(
                run.code,
                0,
                "{what} of {}:\n{}\n{}",
                file.display(),
                run.stdout,
                run.stderr
            );
        };
        workspace.configure(&text);
        told(&workspace.run(&["validate", "-no-color"]), "validate");
        told(&workspace.apply(), "apply");
        workspace.plan_is_empty();
        workspace.configure(&text.replace("= true\n", "= false\n"));
        told(&workspace.apply(), "apply without protection");
        told(&workspace.destroy(), "destroy");
    }
}

/// The import blocks and commands of each resource name the same object, which is one of the resource's own example.
#[test]
fn every_resource_can_be_imported_as_its_examples_say() {
    for folder in fs::read_dir(examples().join("resources")).expect("there are examples") {
        let folder = folder.expect("it can be read").path();
        let file = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
        let example = file("resource.tf");
        let type_name = folder
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a type's name");
        let command = file("import.sh");
        let words: Vec<_> = command.lines().last().unwrap_or_default().split(' ').collect();
        let ["terraform", "import", address, key] = words[..] else {
            panic!("{}: {words:?}", folder.display())
        };
        let label = address
            .strip_prefix(&format!("{type_name}."))
            .expect("the command is for this type");
        assert!(
            example.contains(&format!("resource \"{type_name}\" \"{label}\"")),
            "{address}"
        );
        for name in ["import-by-string-id.tf", "import-by-identity.tf"] {
            let block = file(name);
            assert!(
                block.contains(&format!("to = {address}")) && block.contains(&format!("\"{key}\"")),
                "{block}"
            );
        }
    }
}
