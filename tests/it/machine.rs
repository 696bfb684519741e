//! How a machine is planned, changed and kept: the promises of `paperspace_machine` beyond its attributes' lives.

use serde_json::json;
use terraform_provider_paperspace::sim::quirks::EventEnding;
use terraform_provider_paperspace::sim::record::State;
use terraform_provider_paperspace::sim::{Config, Effect, Ending, Fault, TimeMode};

use crate::support::cloud::{self, Cloud, alive};
use crate::support::workspace::Workspace;

fn sim() -> Cloud {
    Cloud::start(cloud::furnished(Config {
        time: TimeMode::PerPoll { polls: 1 },
        ..Config::default()
    }))
}

const BASE: &str = "resource \"paperspace_machine\" \"it\" {
  name         = \"it\"
  machine_type = \"P4000\"
  template_id  = \"tkni3aa4\"
  disk_size    = 50
  region       = \"ny2\"
}
";

fn with(arguments: &str) -> String {
    BASE.replace("\n}", &format!("\n  {arguments}\n}}"))
}

/// A simulator and a workspace in which the configuration was applied.
fn applied(configuration: &str) -> Option<(Cloud, Workspace)> {
    let sim = sim();
    let workspace = Workspace::new(&sim)?;
    workspace.configure(configuration);
    workspace.apply().succeeds();
    sim.clear_requests();
    Some((sim, workspace))
}

/// The names of the attributes that the plan leaves open, of the only machine.
fn unknown_after(workspace: &Workspace) -> Vec<String> {
    let changes = workspace.planned_changes();
    let unknown = changes["paperspace_machine.it"]["after_unknown"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let mut names: Vec<_> = unknown
        .into_iter()
        .filter(|(_, value)| *value == json!(true))
        .map(|(name, _)| name)
        .collect();
    names.sort();
    names
}

#[test]
fn exactly_what_a_change_can_alter_is_unknown() {
    let Some((_sim, workspace)) = applied(&with("public_ip_type = \"dynamic\"")) else {
        return;
    };
    let cases: [(&str, &str, &[&str]); 6] = [
        ("name         = \"it\"", "name         = \"other\"", &[]),
        (
            "P4000",
            "A4000",
            &[
                "accelerators",
                "cpus",
                "public_ip",
                "ram",
                "state",
                "storage_rate",
                "usage_rate",
            ],
        ),
        (
            "= 50",
            "= 100",
            &["public_ip", "state", "storage_rate", "storage_total"],
        ),
        ("\"dynamic\"", "\"static\"", &["public_ip"]),
        ("\n}", "\n  network_id = \"nblue\"\n}", &["private_ip"]),
        (
            "\n}",
            "\n  auto_snapshot_enabled = true\n}",
            &["auto_snapshot_frequency", "auto_snapshot_save_count"],
        ),
    ];
    for (from, to, expected) in cases {
        workspace.configure(&with("public_ip_type = \"dynamic\"").replace(from, to));
        assert_eq!(unknown_after(&workspace), expected, "{from} -> {to}");
    }
}

#[test]
fn a_stopped_machine_is_resized_without_starting_it() {
    let Some((sim, workspace)) = applied(&with("power_state = \"off\"")) else {
        return;
    };
    workspace.configure(&with("power_state = \"off\"").replace("P4000", "A4000"));
    let plan = workspace.plan();
    assert_eq!(plan.code, 2);
    assert!(!plan.text().contains("Machine Will Be Stopped"), "{}", plan.text());
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    assert!(
        sim.requests().iter().all(|request| request.method != "PATCH"),
        "no power cycle is needed"
    );
    assert_eq!(sim.world().machines[0].state, State::Off);
}

#[test]
fn a_disk_never_shrinks() {
    let Some((sim, workspace)) = applied(&BASE.replace("= 50", "= 100")) else {
        return;
    };
    workspace.configure(BASE);
    let plan = workspace.plan().fails_with(&[
        "Disk Cannot Shrink",
        "has 100 GB",
        "asks for 50 GB",
        "`terraform taint`",
    ]);
    plan.says(&["on main.tf line 5"]);
    workspace
        .run(&["taint", "-no-color", "paperspace_machine.it"])
        .succeeds();
    workspace.apply().succeeds();
    assert_eq!(alive(&sim.world())[0].disk_size, 50);
}

#[test]
fn a_protected_machine_is_neither_destroyed_nor_replaced() {
    let Some((sim, workspace)) = applied(&with("deletion_protection = true")) else {
        return;
    };
    workspace.destroy().fails_with(&[
        "Machine Is Protected",
        "would be destroyed",
        "`deletion_protection = false` first",
    ]);
    workspace.configure(&with("deletion_protection = true").replace("tkni3aa4", "t0nspur5"));
    let plan = workspace
        .plan()
        .fails_with(&["Machine Is Protected", "would be replaced"]);
    plan.says(&["on main.tf line 4"]);
    workspace.configure(&with("deletion_protection = true"));
    workspace
        .run(&["plan", "-no-color", "-replace=paperspace_machine.it"])
        .fails_with(&["Machine Is Protected", "would be replaced"]);
    workspace
        .run(&["apply", "-auto-approve", "-no-color", "-replace=paperspace_machine.it"])
        .fails_with(&["Machine Is Protected"]);
    workspace.configure("");
    workspace.apply().fails_with(&["Machine Is Protected"]);
    assert_eq!(alive(&sim.world()).len(), 1);
    workspace.configure(&with("deletion_protection = false"));
    workspace.apply().succeeds();
    workspace.destroy().succeeds();
    assert!(alive(&sim.world()).is_empty());
}

#[test]
fn unmanaged_power_is_no_drift_and_managed_power_is() {
    let Some((sim, workspace)) = applied(BASE) else { return };
    let id = sim.world().machines[0].id.clone();
    sim.set_machine_state(&id, State::Off);
    workspace.plan_is_empty();
    workspace.configure(&with("power_state = \"on\""));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    assert_eq!(sim.world().machines[0].state, State::Ready);
    sim.set_machine_state(&id, State::Off);
    assert_eq!(workspace.plan().code, 2, "a machine that is kept on was turned off");
    workspace.apply().succeeds();
    assert_eq!(sim.world().machines[0].state, State::Ready);
}

#[test]
fn create_only_changes_and_adopted_values_are_announced() {
    let Some((sim, workspace)) = applied(&with("start_on_create = true")) else {
        return;
    };
    workspace.configure(&with("start_on_create = false"));
    workspace.plan().says(&[
        "Change Has No Effect",
        "`start_on_create` counts only when a paperspace_machine is created",
    ]);
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    let id = sim.world().machines[0].id.clone();
    workspace.run(&["state", "rm", "paperspace_machine.it"]).succeeds();
    workspace.configure(BASE);
    workspace
        .run(&["import", "-no-color", "paperspace_machine.it", &id])
        .succeeds();
    let plan = workspace.plan();
    assert_eq!(plan.code, 2);
    plan.says(&[
        "Configured Values Adopted",
        "`template_id`",
        "0 to add, 1 to change, 0 to destroy",
    ]);
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    assert!(
        sim.requests().iter().all(|request| request.method == "GET"),
        "nothing was sent"
    );
}

#[test]
fn what_cannot_be_imported_is_told() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(BASE);
    workspace
        .run(&["import", "-no-color", "paperspace_machine.it", "psnothere"])
        .fails_with(&["Not Found", "psnothere"]);
    workspace
        .run(&["import", "-no-color", "paperspace_machine.it", "../machines"])
        .fails_with(&["Invalid Machine Id", "`ps8fe3mg1`"]);
    assert!(workspace.state_file().is_empty());
}

#[test]
fn a_machine_that_is_gone_leaves_the_state_and_any_other_failure_does_not() {
    let Some((sim, workspace)) = applied(BASE) else { return };
    let id = sim.world().machines[0].id.clone();
    for effect in [
        Effect::status(500),
        Effect::status(403),
        Effect::Garbage,
        Effect::DropBeforeAct,
    ] {
        sim.faults().add(Fault::on("GET", "/machines/**", effect).limit(1000));
        let plan = workspace.plan();
        assert_eq!(plan.code, 1, "{}", plan.text());
        sim.faults().clear();
        assert_eq!(workspace.state_file().len(), 1);
    }
    // Deleted by somebody else, it still answers for a while, with a date of deletion.
    sim.delete_machine(&id);
    workspace.plan().says(&["paperspace_machine.it will be created"]);
    workspace.apply().succeeds();
    assert_eq!(alive(&sim.world()).len(), 1);
}

#[test]
fn an_event_without_a_reason_is_checked_against_the_machine() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(BASE);
    let ending = |event: &str, ending| EventEnding {
        event: event.into(),
        ending,
        count: Some(1),
    };
    sim.switch(|quirks| quirks.event_endings = vec![ending("create", Ending::DoneSayingError)]);
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    sim.switch(|quirks| quirks.event_endings = vec![ending("vm-upgrade", Ending::DoneSayingError)]);
    workspace.configure(&BASE.replace("P4000", "A4000"));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    assert_eq!(sim.world().machines[0].machine_type, "A4000");
}

#[test]
fn a_failed_resize_is_told_and_the_power_restored() {
    for ending in [
        Ending::FailedSilently,
        Ending::Failed("no capacity".into()),
        Ending::Cancelled,
    ] {
        let Some((sim, workspace)) = applied(BASE) else { return };
        let event = EventEnding {
            event: "vm-upgrade".into(),
            ending,
            count: Some(1),
        };
        sim.switch(|quirks| quirks.event_endings = vec![event]);
        workspace.configure(&BASE.replace("P4000", "A4000"));
        workspace
            .apply()
            .fails_with(&["Paperspace Gave Up the Operation", "\"vm-upgrade\""]);
        let world = sim.world();
        assert_eq!(
            (world.machines[0].state, world.machines[0].machine_type.as_str()),
            (State::Ready, "P4000")
        );
        assert_eq!(workspace.state_file()[0]["machine_type"], "P4000");
        workspace.apply().succeeds();
        workspace.plan_is_empty();
    }
}

#[test]
fn a_refused_change_is_told_and_the_power_restored() {
    let Some((sim, workspace)) = applied(BASE) else { return };
    sim.faults()
        .add(Fault::on("PUT", "/machines/*", Effect::status(400)).limit(1));
    workspace.configure(&BASE.replace("= 50", "= 100"));
    workspace
        .apply()
        .fails_with(&["Paperspace Refused the Request", "change the machine"]);
    assert_eq!(sim.world().machines[0].state, State::Ready);
    assert_eq!(workspace.state_file()[0]["disk_size"], 50);
    workspace.apply().succeeds();
    workspace.plan_is_empty();
}

#[test]
fn what_succeeded_before_a_failure_is_in_the_state() {
    let Some((sim, workspace)) = applied(&with("startup_script_id = \"scone\"")) else {
        return;
    };
    sim.faults()
        .add(Fault::on("POST", "/startup-scripts/sctwo/assign", Effect::status(403)).limit(1));
    workspace.configure(&with("startup_script_id = \"sctwo\"").replace("name         = \"it\"", "name = \"other\""));
    workspace.apply().fails_with(&["Not Allowed"]);
    let state = &workspace.state_file()[0];
    assert_eq!(
        (&state["name"], &state["startup_script_id"]),
        (&json!("other"), &json!(null))
    );
    workspace.apply().succeeds();
    workspace.plan_is_empty();
}

#[test]
fn a_change_that_does_not_take_effect_is_told() {
    let Some((sim, workspace)) = applied(BASE) else { return };
    // The service says yes and does nothing.
    let body = sim.world().machines[0].clone();
    let answer = json!({ "data": {
        "id": body.id, "name": body.name, "state": "ready", "machineType": body.machine_type, "region": body.region,
    }});
    sim.faults().add(
        Fault::on(
            "PUT",
            "/machines/*",
            Effect::Status {
                code: 200,
                retry_after: None,
                body: Some(answer.to_string()),
                acted: false,
            },
        )
        .limit(1),
    );
    workspace.configure(&BASE.replace("name         = \"it\"", "name = \"other\""));
    workspace.apply().fails_with(&["Change Did Not Take Effect", "`name`"]);
    assert_eq!(workspace.state_file()[0]["name"], "it");
    workspace.apply().succeeds();
    workspace.plan_is_empty();
}

#[test]
fn a_new_machine_may_not_be_found_for_a_while() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    sim.switch(|quirks| {
        quirks.not_found_after_create = 3;
        quirks.listing_lag = 3;
    });
    sim.faults()
        .add(Fault::on("POST", "/machines", Effect::DropAfterAct).limit(1));
    workspace.configure(BASE);
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    assert_eq!(sim.world().machines.len(), 1);
}

#[test]
fn an_unknown_state_passes_through() {
    let Some((sim, workspace)) = applied(BASE) else { return };
    sim.switch(|quirks| drop(quirks.shown_states.insert("ready".into(), "hibernating".into())));
    workspace.run(&["refresh", "-no-color"]).succeeds();
    assert_eq!(workspace.state_file()[0]["state"], "hibernating");
}

#[test]
fn a_timeout_tells_where_it_stopped_and_how_to_go_on() {
    let sim = Cloud::start(Config {
        time: TimeMode::Explicit,
        ..Config::default()
    });
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&with("timeouts {\n    create = \"300ms\"\n  }"));
    let apply = workspace.apply();
    let id = sim.world().machines[0].id.clone();
    apply.fails_with(&[
        "Time Is Up",
        &id,
        "\"provisioning\"",
        "\"create\"",
        "`terraform untaint`",
        "`timeouts`",
    ]);
    assert_eq!(workspace.state_file()[0]["id"], id.as_str());
    sim.finish_all();
    workspace.run(&["untaint", "paperspace_machine.it"]).succeeds();
    workspace.plan_is_empty();
}

#[test]
fn a_machine_in_transition_is_waited_for() {
    let Some((sim, workspace)) = applied(BASE) else { return };
    let id = sim.world().machines[0].id.clone();
    // Somebody restarts it in the console while it is being destroyed here.
    sim.set_machine_state(&id, State::Restarting);
    sim.faults()
        .add(Fault::on("DELETE", "/machines/*", Effect::status(409)).limit(2));
    sim.set_machine_state(&id, State::Ready);
    workspace.destroy().succeeds();
    assert!(alive(&sim.world()).is_empty());
}

#[test]
fn a_restore_point_is_set_after_the_create() {
    let Some((sim, workspace)) = applied(BASE) else { return };
    let id = sim.world().machines[0].id.clone();
    sim.edit(|world| {
        let snapshot = json!({
            "id": "snfirst", "name": "first", "machineId": id, "isAutoSnapshot": false,
            "dtCreated": "2026-01-01T00:00:00.000Z", "dtDeleted": null,
        });
        match serde_json::from_value(snapshot) {
            Ok(snapshot) => world.snapshots.push(snapshot),
            Err(error) => panic!("{error}"),
        }
    });
    workspace.configure(&with(
        "restore_point_enabled = true\n  restore_point_frequency = \"shutdown\"\n  restore_point_snapshot_id = \"snfirst\"",
    ));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    assert_eq!(
        sim.world().machines[0].restore_point_snapshot_id.as_deref(),
        Some("snfirst")
    );
}

#[test]
fn a_setting_that_fails_after_the_create_does_not_cost_the_machine() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&with(
        "restore_point_enabled = true\n  restore_point_snapshot_id = \"snnothere\"",
    ));
    workspace.apply().succeeds().says(&[
        "Settings Not Taken Over",
        "what a create does not set could not be set afterwards",
    ]);
    let id = sim.world().machines[0].id.clone();
    let plan = workspace.plan();
    assert_eq!(plan.code, 2, "{}", plan.text());
    plan.says(&["0 to add, 1 to change, 0 to destroy", "snnothere"]);
    workspace.configure(&with("restore_point_enabled = true"));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    assert_eq!(alive(&sim.world())[0].id, id);
}

#[test]
fn a_machine_that_came_on_by_itself_is_owed_nothing() {
    let Some((sim, workspace)) = applied(BASE) else { return };
    let id = sim.world().machines[0].id.clone();
    // The change fails, and starting the machine again does as well.
    sim.faults()
        .add(Fault::on("PUT", "/machines/*", Effect::status(400)).limit(1));
    sim.faults()
        .add(Fault::on("PATCH", "/machines/*/start", Effect::status(500)).limit(100));
    workspace.configure(&BASE.replace("P4000", "A4000"));
    workspace
        .apply()
        .fails_with(&["Machine Possibly Left Off", "The next apply turns it on"]);
    sim.faults().clear();
    workspace.configure(BASE);
    workspace.plan().says(&["Machine Will Be Started"]);
    // Somebody starts it in the console, and it turns itself off later: that is its own affair.
    sim.set_machine_state(&id, State::Ready);
    workspace
        .run(&["apply", "-refresh-only", "-auto-approve", "-no-color"])
        .succeeds();
    sim.set_machine_state(&id, State::Off);
    workspace.plan_is_empty();
}
