//! Every attribute of `paperspace_machine` through its life: set at create, changed, removed, imported; after each step the
//! plan is empty and the cloud holds what the configuration says.
//!
//! Each attribute has a machine of its own, and all of them share the runs of Terraform.

use std::collections::BTreeMap;

use serde_json::Value;
use terraform_provider_paperspace::sim::record::{Machine, PublicIpType, State};
use terraform_provider_paperspace::sim::{Config, TimeMode};

use crate::support::cloud::{self, Cloud};
use crate::support::workspace::Workspace;

/// What a change must be planned as.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Planned {
    InPlace,
    Replaced,
}

/// One attribute's life.
struct Life {
    /// The attribute, which is also the resource's name.
    attribute: &'static str,
    /// Its arguments at creation.
    created: &'static str,
    /// Its arguments after a change, and how that is planned.
    changed: &'static str,
    planned: Planned,
    /// Whether the configuration without the arguments plans a change.
    removal_changes: bool,
    /// What must be true in the cloud: after the create, after the change.
    holds: fn(&Held<'_>) -> [bool; 2],
}

/// A machine in the cloud with what belongs to it.
struct Held<'a> {
    machine: &'a Machine,
    script: Option<&'a str>,
}

const BASE: &str = "  template_id = \"tkni3aa4\"\n  region = \"ny2\"\n";

fn lives() -> Vec<Life> {
    use Planned::{InPlace, Replaced};
    vec![
        Life {
            attribute: "name",
            created: "name = \"first\"",
            changed: "name = \"second\"",
            planned: InPlace,
            removal_changes: true,
            holds: |c| [c.machine.name == "first", c.machine.name == "second"],
        },
        Life {
            attribute: "machine_type",
            created: "machine_type = \"P4000\"",
            changed: "machine_type = \"a4000\"",
            planned: InPlace,
            removal_changes: true,
            holds: |c| [c.machine.machine_type == "P4000", c.machine.machine_type == "A4000"],
        },
        Life {
            attribute: "template_id",
            created: "template_id = \"tkni3aa4\"",
            changed: "template_id = \"t0nspur5\"",
            planned: Replaced,
            removal_changes: true,
            holds: |c| [c.machine.template_id == "tkni3aa4", c.machine.template_id == "t0nspur5"],
        },
        Life {
            attribute: "disk_size",
            created: "disk_size = 50",
            changed: "disk_size = 100",
            planned: InPlace,
            removal_changes: false,
            holds: |c| [c.machine.disk_size == 50, c.machine.disk_size == 100],
        },
        Life {
            attribute: "region",
            created: "region = \"East Coast (NY2)\"",
            changed: "region = \"ca1\"",
            planned: Replaced,
            removal_changes: false,
            holds: |c| [c.machine.region == "ny2", c.machine.region == "ca1"],
        },
        Life {
            attribute: "network_id",
            created: "network_id = \"nblue\"",
            changed: "network_id = \"ngreen\"",
            planned: InPlace,
            removal_changes: false,
            holds: |c| [c.machine.network_id == "nblue", c.machine.network_id == "ngreen"],
        },
        Life {
            attribute: "public_ip_type",
            created: "public_ip_type = \"dynamic\"",
            changed: "public_ip_type = \"static\"",
            planned: InPlace,
            removal_changes: false,
            holds: |c| {
                let kind = c.machine.public_ip_type;
                [kind == PublicIpType::Dynamic, kind == PublicIpType::Static]
            },
        },
        Life {
            attribute: "power_state",
            created: "power_state = \"off\"",
            changed: "power_state = \"on\"",
            planned: InPlace,
            removal_changes: true,
            holds: |c| [c.machine.state == State::Off, c.machine.state == State::Ready],
        },
        Life {
            attribute: "start_on_create",
            created: "start_on_create = false",
            changed: "start_on_create = true",
            planned: InPlace,
            removal_changes: true,
            holds: |c| [c.machine.state == State::Off, c.machine.state == State::Off],
        },
        Life {
            attribute: "auto_shutdown_enabled",
            created: "auto_shutdown_enabled = true",
            changed: "auto_shutdown_enabled = false",
            planned: InPlace,
            removal_changes: false,
            holds: |c| [c.machine.auto_shutdown_enabled, !c.machine.auto_shutdown_enabled],
        },
        Life {
            attribute: "auto_shutdown_timeout",
            created: "auto_shutdown_enabled = true\n  auto_shutdown_timeout = 8",
            changed: "auto_shutdown_enabled = true\n  auto_shutdown_timeout = 24",
            planned: InPlace,
            removal_changes: false,
            holds: |c| {
                let timeout = c.machine.auto_shutdown_timeout;
                [timeout == Some(8), timeout == Some(24)]
            },
        },
        Life {
            attribute: "auto_shutdown_force",
            created: "auto_shutdown_enabled = true\n  auto_shutdown_force = true",
            changed: "auto_shutdown_enabled = true\n  auto_shutdown_force = false",
            planned: InPlace,
            removal_changes: false,
            holds: |c| {
                let force = c.machine.auto_shutdown_force;
                [force == Some(true), force == Some(false)]
            },
        },
        Life {
            attribute: "auto_snapshot_enabled",
            created: "auto_snapshot_enabled = true",
            changed: "auto_snapshot_enabled = false",
            planned: InPlace,
            removal_changes: false,
            holds: |c| [c.machine.auto_snapshot_enabled, !c.machine.auto_snapshot_enabled],
        },
        Life {
            attribute: "auto_snapshot_frequency",
            created: "auto_snapshot_enabled = true\n  auto_snapshot_frequency = \"daily\"",
            changed: "auto_snapshot_enabled = true\n  auto_snapshot_frequency = \"weekly\"",
            planned: InPlace,
            removal_changes: false,
            holds: |c| {
                let frequency = c.machine.auto_snapshot_frequency.as_deref();
                [frequency == Some("daily"), frequency == Some("weekly")]
            },
        },
        Life {
            attribute: "auto_snapshot_save_count",
            created: "auto_snapshot_enabled = true\n  auto_snapshot_save_count = 1",
            changed: "auto_snapshot_enabled = true\n  auto_snapshot_save_count = 9",
            planned: InPlace,
            removal_changes: false,
            holds: |c| {
                let count = c.machine.auto_snapshot_save_count;
                [count == Some(1), count == Some(9)]
            },
        },
        Life {
            attribute: "restore_point_enabled",
            created: "restore_point_enabled = true",
            changed: "restore_point_enabled = false",
            planned: InPlace,
            removal_changes: false,
            holds: |c| [c.machine.restore_point_enabled, !c.machine.restore_point_enabled],
        },
        Life {
            attribute: "restore_point_frequency",
            created: "restore_point_enabled = false",
            changed: "restore_point_enabled = true\n  restore_point_frequency = \"shutdown\"",
            planned: InPlace,
            removal_changes: false,
            holds: |c| {
                let frequency = c.machine.restore_point_frequency.as_deref();
                [frequency.is_none(), frequency == Some("shutdown")]
            },
        },
        Life {
            attribute: "enable_nvlink",
            created: "enable_nvlink = true\n  machine_type = \"A100-80Gx8\"",
            changed: "enable_nvlink = false\n  machine_type = \"A100-80Gx8\"",
            planned: Replaced,
            removal_changes: true,
            holds: |c| [c.machine.enable_nvlink, !c.machine.enable_nvlink],
        },
        Life {
            attribute: "take_initial_snapshot",
            created: "take_initial_snapshot = true",
            changed: "take_initial_snapshot = false",
            planned: InPlace,
            removal_changes: true,
            holds: |c| [c.machine.take_initial_snapshot, c.machine.take_initial_snapshot],
        },
        Life {
            attribute: "email_password",
            created: "email_password = false",
            changed: "email_password = true",
            planned: InPlace,
            removal_changes: true,
            holds: |c| [!c.machine.email_password, !c.machine.email_password],
        },
        Life {
            attribute: "startup_script_id",
            created: "startup_script_id = \"scone\"",
            changed: "startup_script_id = \"sctwo\"",
            planned: InPlace,
            removal_changes: true,
            holds: |c| [c.script == Some("scone"), c.script == Some("sctwo")],
        },
        Life {
            attribute: "accessor_ids",
            created: "accessor_ids = [\"u2member\"]",
            changed: "accessor_ids = [\"u3guest\", \"u4guest\"]",
            planned: InPlace,
            removal_changes: true,
            holds: |c| {
                [
                    c.machine.accessor_ids == ["u2member"],
                    c.machine.accessor_ids == ["u3guest", "u4guest"],
                ]
            },
        },
        Life {
            attribute: "user_id",
            created: "user_id = \"u2member\"",
            changed: "user_id = \"u3guest\"",
            planned: Replaced,
            removal_changes: true,
            holds: |c| [c.machine.user_id == "u2member", c.machine.user_id == "u3guest"],
        },
        Life {
            attribute: "new_user",
            created: NEW_USER,
            changed: "",
            planned: InPlace,
            removal_changes: false,
            holds: |c| [c.machine.user_id != "u1owner", c.machine.user_id != "u1owner"],
        },
        Life {
            attribute: "deletion_protection",
            created: "deletion_protection = true",
            changed: "deletion_protection = false",
            planned: InPlace,
            removal_changes: false,
            holds: |_| [true, true],
        },
        Life {
            attribute: "timeouts",
            created: "timeouts {\n    create = \"1h\"\n  }",
            changed: "timeouts {\n    update = \"1h30m\"\n    delete = \"20m\"\n  }",
            planned: InPlace,
            removal_changes: true,
            holds: |_| [true, true],
        },
    ]
}

const NEW_USER: &str = "new_user = {
    email = \"new@example.com\"
    first_name = \"New\"
    last_name = \"User\"
    password = \"correct horse battery\"
  }";

/// A cloud with networks, users and scripts to refer to, and with the service's habit of not applying auto-shutdown
/// settings.
fn sim() -> Cloud {
    let sim = Cloud::start(cloud::furnished(Config {
        time: TimeMode::PerPoll { polls: 1 },
        ..Config::default()
    }));
    cloud::furnish(&sim);
    sim.switch(|quirks| quirks.sticky_auto_shutdown = true);
    sim
}

/// The configuration in which every attribute's machine has its arguments.
fn configuration(lives: &[Life], arguments: impl Fn(&Life) -> &'static str) -> String {
    lives
        .iter()
        .map(|life| machine(life.attribute, arguments(life)))
        .collect()
}

/// One machine's block. The arguments given come before the usual ones, and instead of them where they name the same.
fn machine(name: &str, arguments: &str) -> String {
    let mut block = format!("resource \"paperspace_machine\" \"{name}\" {{\n  {arguments}\n");
    let usual = [
        ("name", format!("\"{name}\"")),
        ("machine_type", "\"C5\"".into()),
        ("disk_size", "50".into()),
    ];
    for (argument, value) in usual {
        if !arguments.contains(&format!("{argument} =")) || (argument == "name" && arguments.contains("first_name")) {
            block.push_str(&format!("  {argument} = {value}\n"));
        }
    }
    for line in BASE.lines() {
        let argument = line.trim().split(' ').next().unwrap_or_default();
        if !arguments.contains(&format!("{argument} =")) {
            block.push_str(&format!("{line}\n"));
        }
    }
    block + "}\n"
}

/// The cloud's machine of each attribute, by the ids in the state.
fn cloud_holds(sim: &Cloud, workspace: &Workspace, lives: &[Life], step: usize) {
    let world = sim.world();
    let state = workspace.state();
    for life in lives {
        let id = state[&address(life)]["id"].as_str().unwrap_or_default().to_owned();
        let machine = world
            .machines
            .iter()
            .find(|machine| machine.id == id)
            .expect("the machine in the state exists");
        let scripts = &world.startup_scripts;
        let script = scripts.iter().find(|script| script.assigned_machine_ids.contains(&id));
        let cloud = Held {
            machine,
            script: script.map(|script| script.id.as_str()),
        };
        assert!(
            (life.holds)(&cloud)[step],
            "{} after step {step}: {machine:?}",
            life.attribute
        );
    }
    assert_eq!(
        cloud::alive(&world).len(),
        lives.len(),
        "no machine is left over and none is missing"
    );
}

fn address(life: &Life) -> String {
    format!("paperspace_machine.{}", life.attribute)
}

fn actions(changes: &BTreeMap<String, Value>, life: &Life) -> Vec<String> {
    let actions = changes[&address(life)]["actions"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    actions
        .iter()
        .filter_map(|action| action.as_str().map(str::to_owned))
        .collect()
}

#[test]
fn every_attribute_lives_through_create_change_removal_and_import() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    if !workspace.knows("a password that is only written", (1, 11)) {
        return;
    }
    let lives = lives();
    workspace.configure(&configuration(&lives, |life| life.created));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    cloud_holds(&sim, &workspace, &lives, 0);

    workspace.configure(&configuration(&lives, |life| life.changed));
    let changes = workspace.planned_changes();
    for life in &lives {
        let expected: &[&str] = match life.planned {
            Planned::InPlace => &["update"],
            Planned::Replaced => &["delete", "create"],
        };
        assert_eq!(
            actions(&changes, life),
            expected,
            "{}: {}",
            life.attribute,
            changes[&address(life)]
        );
    }
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    cloud_holds(&sim, &workspace, &lives, 1);

    imports_without_changes_in_the_cloud(&sim, &workspace, &lives);

    // The disk stays as large as it became: a smaller one is refused.
    let without = |life: &Life| {
        if life.attribute == "disk_size" {
            life.changed
        } else {
            ""
        }
    };
    workspace.configure(&configuration(&lives, without));
    let changes = workspace.planned_changes();
    for life in lives
        .iter()
        .filter(|life| life.attribute != "disk_size" && life.attribute != "region")
    {
        // Whatever is removed, nothing is replaced for it. What is required goes back to another value instead.
        let expected: &[&str] = match (life.removal_changes, life.attribute) {
            (false, _) => &["no-op"],
            (true, "template_id") => &["delete", "create"],
            (true, _) => &["update"],
        };
        assert_eq!(
            actions(&changes, life),
            expected,
            "removing {}: {}",
            life.attribute,
            changes[&address(life)]
        );
    }
    workspace.apply().succeeds();
    workspace.plan_is_empty();

    workspace.destroy().succeeds();
    assert!(sim.world().machines.iter().all(Machine::is_deleted));
    workspace
        .run(&["show", "-no-color"])
        .succeeds()
        .says(&["The state file is empty"]);
}

/// Imports every machine into a second workspace: nothing is replaced, nothing is sent but reads, and after the configured
/// values are adopted the plan is empty.
fn imports_without_changes_in_the_cloud(sim: &Cloud, original: &Workspace, lives: &[Life]) {
    let Some(workspace) = Workspace::new(sim) else { return };
    let state = original.state();
    let mut configuration = configuration(lives, |life| life.changed);
    for life in lives {
        let id = state[&address(life)]["id"].as_str().unwrap_or_default();
        configuration.push_str(&format!("import {{\n  to = {}\n  id = \"{id}\"\n}}\n", address(life)));
    }
    workspace.configure(&configuration);
    sim.clear_requests();
    let changes = workspace.planned_changes();
    for life in lives {
        // Only what Paperspace does not tell is adopted; for that Terraform knows no other word than update.
        assert_eq!(
            actions(&changes, life),
            ["update"],
            "importing {}: {}",
            life.attribute,
            changes[&address(life)]
        );
    }
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    let writes: Vec<_> = sim
        .requests()
        .into_iter()
        .filter(|request| request.method != "GET")
        .collect();
    assert!(writes.is_empty(), "an import sends nothing: {writes:?}");
}
