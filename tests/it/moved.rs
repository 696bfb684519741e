//! `moved` blocks take over the machines of the two other Paperspace providers: the state file is in their shape, and the
//! plan after the move changes nothing.
//!
//! Terraform starts the other provider for its schema. This one stands in for it; nothing else is asked of it.

use serde_json::{Value, json};
use terraform_provider_paperspace::sim::record::{PublicIpType, State};
use terraform_provider_paperspace::sim::{Config, MachineSeed, TimeMode};

use crate::support::cloud::{self, Cloud};
use crate::support::workspace::{PROVIDER, Workspace};

/// A cloud with the machine `ps1old`, as the other providers' states tell of it.
fn sim() -> Cloud {
    let mut config = cloud::furnished(Config {
        time: TimeMode::Immediate,
        ..Config::default()
    });
    config.teams[0].seed.machines.push(MachineSeed {
        id: Some("ps1old".into()),
        name: "trainer".into(),
        machine_type: "P4000".into(),
        template_id: "tkni3aa4".into(),
        disk_size: 50,
        region: "ny2".into(),
        state: State::Ready,
        network_id: Some("nblue".into()),
        public_ip_type: PublicIpType::Static,
    });
    let sim = Cloud::start(config);
    sim.edit(|world| {
        world.startup_scripts[0].assigned_machine_ids.push("ps1old".into());
        let machine = &mut world.machines[0];
        machine.auto_shutdown_enabled = true;
        machine.auto_shutdown_timeout = Some(6);
        machine.auto_shutdown_force = Some(true);
        machine.auto_snapshot_enabled = true;
        machine.auto_snapshot_frequency = Some("weekly".into());
        machine.auto_snapshot_save_count = Some(3);
        machine.accessor_ids = vec!["u2member".into()];
    });
    sim
}

/// A workspace whose state holds the machine `old` as another provider's, and whose configuration moves it to `new` of this
/// one.
fn workspace(sim: &Cloud, provider: &str, version: u32, attributes: &Value, arguments: &str) -> Option<Workspace> {
    let workspace = holding(sim, provider, "paperspace_machine", version, attributes)?;
    workspace.configure(&format!(
        "moved {{
  from = paperspace_machine.old
  to   = paperspace_machine.new
}}
resource \"paperspace_machine\" \"new\" {{
  name              = \"trainer\"
  machine_type      = \"P4000\"
  template_id       = \"tkni3aa4\"
  disk_size         = 50
  region            = \"East Coast (NY2)\"
  startup_script_id = \"scone\"
{arguments}}}
"
    ));
    Some(workspace)
}

/// A workspace whose state holds `old`, of a type of another provider.
fn holding(sim: &Cloud, provider: &str, type_name: &str, version: u32, attributes: &Value) -> Option<Workspace> {
    let workspace = Workspace::new(sim)?;
    let folder = std::path::Path::new(PROVIDER)
        .parent()
        .expect("the binary is in a directory");
    let namespaces = ["paperspace-rs", "paperspace", "metaphysic", "other"];
    let overrides: String = namespaces
        .iter()
        .map(|name| format!("    \"{name}/paperspace\" = {folder:?}\n"))
        .collect();
    workspace.write(
        "cli.tfrc",
        &format!("provider_installation {{\n  dev_overrides {{\n{overrides}  }}\n  direct {{}}\n}}\n"),
    );
    let state = json!({
        "version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "8b1f3a52-7a3c-4d0e-9c55-3f5f6f6a7a11",
        "outputs": {}, "check_results": null,
        "resources": [{
            "mode": "managed", "type": type_name, "name": "old",
            "provider": format!("provider[\"registry.terraform.io/{provider}\"]"),
            "instances": [{"schema_version": version, "attributes": attributes, "sensitive_attributes": []}],
        }],
    });
    workspace.write("terraform.tfstate", &state.to_string());
    Some(workspace)
}

fn metaphysic() -> Value {
    json!({
        "id": "ps1old", "name": "trainer", "machine_type": "P4000", "template_id": "tkni3aa4", "disk_size": 50,
        "region": "East Coast (NY2)", "region_full": null, "private_network_id": "nblue", "public_ip_type": "static",
        "auto_shutdown_enabled": true, "auto_shutdown_timeout": 6, "auto_shutdown_force": true, "auto_snapshot_enabled": true,
        "auto_snapshot_frequency": "weekly", "auto_snapshot_save_count": 3, "restore_point_enabled": false,
        "restore_point_frequency": null, "restore_point_snapshot_id": null, "take_initial_snapshot": null,
        "email_password": null, "enable_nvlink": false, "startup_script_id": "scone", "accessor_ids": ["u2member"],
        "state": "ready", "os": "Ubuntu 22.04 Server", "agent_type": "LinuxHeadless", "cpus": 8, "public_ip": "198.18.0.2",
        "private_ip": "10.0.0.2", "ram": "32212254720", "storage_total": "53687091200", "storage_used": "1024",
        "usage_rate": 0.51, "storage_rate": 0.0068, "dt_created": "2026-01-01T00:00:00.000Z",
        "dt_modified": "2026-01-02T00:00:00.000Z",
    })
}

fn legacy() -> Value {
    json!({
        "id": "ps1old", "region": "East Coast (NY2)", "name": "trainer", "machine_type": "P4000", "billing_type": "hourly",
        "template_id": "tkni3aa4", "network_id": "nblue", "team_id": "te1", "user_id": "u1owner", "email": "ada@example.com",
        "password": "correct-horse", "firstname": "Ada", "lastname": "Owner", "notification_email": null,
        "script_id": "scone", "dt_last_run": null, "os": "Ubuntu 22.04 Server", "ram": "8589938688", "gpu": "Quadro P4000",
        "storage_total": "53687091200", "storage_used": "1024", "usage_rate": "$0.51/hr", "auto_snapshot_frequency": "weekly",
        "auto_snapshot_save_count": "3", "agent_type": "LinuxHeadless", "dt_created": "2026-01-01T00:00:00.000Z",
        "state": "ready", "private_ip_address": "10.0.0.2", "public_ip_address": "198.18.0.2", "size": 50, "cpus": 8,
        "shutdown_timeout_in_hours": 6, "assign_public_ip": true, "shutdown_timeout_forces": true,
        "perform_auto_snapshot": true, "live_forever": false, "is_managed": false, "timeouts": null,
    })
}

/// What a user of either provider would write for the settings in these states.
const SETTINGS: &str = "  network_id               = \"nblue\"
  public_ip_type           = \"static\"
  auto_shutdown_enabled    = true
  auto_shutdown_timeout    = 6
  auto_shutdown_force      = true
  auto_snapshot_enabled    = true
  auto_snapshot_frequency  = \"weekly\"
  auto_snapshot_save_count = 3
";

/// Moves a state over and sees that nothing else is planned, done or kept.
fn moves_without_a_change(provider: &str, attributes: &Value, arguments: &str) {
    let sim = sim();
    let Some(workspace) = workspace(&sim, provider, 0, attributes, arguments) else {
        return;
    };
    let changes = workspace.planned_changes();
    assert_eq!(changes.keys().collect::<Vec<_>>(), ["paperspace_machine.new"]);
    let change = &changes["paperspace_machine.new"];
    assert_eq!(change["actions"], json!(["no-op"]), "{provider}: {change:#}");

    workspace.apply().succeeds().says(&["0 added, 0 changed, 0 destroyed"]);
    let state = workspace.state_file();
    assert_eq!(
        (state.len(), &state[0]["id"], &state[0]["template_id"]),
        (1, &json!("ps1old"), &json!("tkni3aa4"))
    );
    let text = std::fs::read_to_string(workspace.path().join("terraform.tfstate")).expect("there is a state");
    assert!(
        text.contains("paperspace-rs/paperspace") && !text.contains(&format!("\"registry.terraform.io/{provider}"))
    );
    assert!(!text.contains("correct-horse"), "the password is left behind");
    workspace.plan_is_empty();
    let mut writes = sim.requests().into_iter().filter(|request| request.method != "GET");
    assert_eq!(writes.next(), None);
}

#[test]
fn a_machine_of_metaphysics_provider_is_taken_over() {
    let arguments = format!("{SETTINGS}  accessor_ids = [\"u2member\"]\n");
    moves_without_a_change("metaphysic/paperspace", &metaphysic(), &arguments);
}

#[test]
fn a_machine_of_the_legacy_provider_is_taken_over() {
    moves_without_a_change("paperspace/paperspace", &legacy(), SETTINGS);
}

#[test]
fn a_configuration_that_names_little_is_enough() {
    moves_without_a_change("paperspace/paperspace", &legacy(), "");
}

#[test]
fn what_the_old_state_did_not_tell_is_adopted_and_nothing_is_replaced() {
    let sim = sim();
    let arguments = "  user_id = \"u1owner\"\n  power_state = \"on\"\n  enable_nvlink = false\n";
    let Some(workspace) = workspace(&sim, "paperspace/paperspace", 0, &legacy(), arguments) else {
        return;
    };
    let changes = workspace.planned_changes();
    let change = &changes["paperspace_machine.new"];
    assert_eq!(change["actions"], json!(["update"]), "{change:#}");
    workspace.apply().succeeds().says(&["Configured Values Adopted"]);
    workspace.plan_is_empty();
    let writes = sim.requests().into_iter().filter(|request| request.method != "GET");
    assert_eq!(writes.count(), 0);
}

#[test]
fn what_cannot_be_taken_over_is_told_and_the_state_stays() {
    let mut unreadable = legacy();
    unreadable["size"] = json!("correct-horse");
    for (provider, version, attributes) in [
        ("paperspace/paperspace", 0, &unreadable),
        ("metaphysic/paperspace", 1, &metaphysic()),
        ("other/paperspace", 0, &json!({"id": null})),
    ] {
        let sim = sim();
        let Some(workspace) = workspace(&sim, provider, version, attributes, "") else {
            return;
        };
        let before = workspace.objects();
        let run = workspace
            .apply()
            .fails_with(&["Other Provider's State Cannot Be Read", "import the machine by its id"]);
        assert!(!run.text().contains("correct-horse"));
        assert_eq!(workspace.objects(), before);
        assert_eq!(cloud::alive(&sim.world()).len(), 1);
    }
}

/// The type of the other provider, what its state holds, and the block that it becomes.
struct Kin {
    provider: &'static str,
    from: &'static str,
    to: &'static str,
    attributes: Value,
    arguments: &'static str,
}

fn kin() -> [Kin; 3] {
    [
        Kin {
            provider: "metaphysic/paperspace",
            from: "paperspace_startup_script",
            to: "paperspace_startup_script",
            attributes: json!({
                "id": "scone", "name": "scone", "script": "true", "description": null, "is_run_once": false,
                "is_enabled": true, "assigned_machine_ids": [], "dt_created": "2024-04-30T15:51:24Z",
            }),
            arguments: "  name   = \"scone\"\n  script = \"true\"\n",
        },
        Kin {
            provider: "paperspace/paperspace",
            from: "paperspace_script",
            to: "paperspace_startup_script",
            attributes: json!({
                "id": "scone", "name": "scone", "description": "d", "script_text": "true", "owner_type": "team",
                "owner_id": "1", "dt_created": "2024-04-30T15:51:24Z", "is_enabled": true, "run_once": false,
            }),
            arguments: "  name   = \"scone\"\n  script = \"true\"\n",
        },
        Kin {
            provider: "paperspace/paperspace",
            from: "paperspace_network",
            to: "paperspace_private_network",
            attributes: json!({
                "id": "12345", "handle": "nblue", "name": "nblue", "network": "10.64.1.0", "netmask": "255.255.255.0",
                "team_id": 1, "is_taken": false, "timeouts": null,
            }),
            arguments: "  name   = \"nblue\"\n  region = \"ny2\"\n",
        },
    ]
}

fn moving(kin: &Kin) -> String {
    let Kin {
        from, to, arguments, ..
    } = kin;
    format!("moved {{\n  from = {from}.old\n  to   = {to}.new\n}}\nresource \"{to}\" \"new\" {{\n{arguments}}}\n")
}

#[test]
fn scripts_and_networks_of_the_other_providers_are_taken_over() {
    for kin in kin() {
        let sim = sim();
        let Some(workspace) = holding(&sim, kin.provider, kin.from, 0, &kin.attributes) else {
            return;
        };
        workspace.configure(&moving(&kin));
        workspace.apply().succeeds().says(&["0 added, 0 changed, 0 destroyed"]);
        workspace.plan_is_empty();
        let writes = sim.requests().into_iter().filter(|request| request.method != "GET");
        assert_eq!(writes.count(), 0, "{}", kin.from);
    }
}

#[test]
fn a_script_that_the_service_does_not_know_by_that_id_is_not_forgotten() {
    for kin in kin() {
        let sim = sim();
        let mut attributes = kin.attributes.clone();
        for key in ["id", "handle"] {
            if attributes.get(key).is_some() {
                attributes[key] = json!("x99999");
            }
        }
        let Some(workspace) = holding(&sim, kin.provider, kin.from, 0, &attributes) else {
            return;
        };
        let before = workspace.objects();
        workspace.configure(&moving(&kin));
        workspace
            .apply()
            .fails_with(&["Other Provider's Object Not Found", "x99999"]);
        assert_eq!(workspace.objects(), before);
    }
}

#[test]
fn a_script_under_a_replaced_provider_is_taken_over() {
    let sim = sim();
    let [kin, ..] = kin();
    let Some(workspace) = holding(&sim, "paperspace-rs/paperspace", kin.from, 0, &kin.attributes) else {
        return;
    };
    workspace.configure(&format!("resource \"{}\" \"old\" {{\n{}}}\n", kin.to, kin.arguments));
    workspace.apply().succeeds().says(&["0 added, 0 changed, 0 destroyed"]);
    workspace.plan_is_empty();
}
