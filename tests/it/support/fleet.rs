//! Many machines: in the simulator, in a configuration and in a state, without the time that creating them would take.

use serde_json::json;
use terraform_provider_paperspace::provider::ADDRESS;
use terraform_provider_paperspace::sim::{Config, MachineSeed, Seed, Sim, TeamConfig, TimeMode};

use super::workspace::Workspace;

/// The machine's id of that number.
pub fn id(number: usize) -> String {
    format!("psfleet{number}")
}

/// A simulator in which so many machines are running.
pub fn sim(machines: usize) -> Sim {
    let machine = |number| {
        let seed = json!({
            "id": id(number), "name": format!("node-{number}"), "machineType": "C5", "templateId": "tkni3aa4",
            "diskSize": 50, "region": "ny2"
        });
        serde_json::from_value::<MachineSeed>(seed).expect("a seed reads from JSON")
    };
    let seed = Seed {
        machines: (0..machines).map(machine).collect(),
        ..Seed::default()
    };
    Sim::spawn(Config {
        time: TimeMode::Immediate,
        teams: vec![TeamConfig {
            seed,
            ..TeamConfig::default()
        }],
        ..Config::default()
    })
    .expect("a simulator can be started")
}

/// A configuration of so many machines, with arguments of the provider block.
pub fn configuration(machines: usize, provider: &str) -> String {
    format!(
        r#"
provider "paperspace" {{
  region = "ny2"
  {provider}
}}

resource "paperspace_machine" "fleet" {{
  count        = {machines}
  name         = "node-${{count.index}}"
  machine_type = "C5"
  template_id  = "tkni3aa4"
  disk_size    = 50
}}
"#
    )
}

/// Writes a state in which the configuration's machines are those of the simulator. It says no more than a read needs.
pub fn write_state(workspace: &Workspace, machines: usize) {
    let instance = |number| {
        json!({
            "index_key": number, "schema_version": 0, "sensitive_attributes": [],
            "attributes": {
                "id": id(number), "name": format!("node-{number}"), "machine_type": "C5", "template_id": "tkni3aa4",
                "disk_size": 50, "region": "East Coast (NY2)", "deletion_protection": false
            },
        })
    };
    let state = json!({
        "version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "fleet", "outputs": {}, "check_results": null,
        "resources": [{
            "mode": "managed", "type": "paperspace_machine", "name": "fleet",
            "provider": format!("provider[\"{ADDRESS}\"]"),
            "instances": (0..machines).map(instance).collect::<Vec<_>>(),
        }],
    });
    workspace.write("terraform.tfstate", &state.to_string());
}
