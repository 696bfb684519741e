//! Mistakes and misfortunes: each ends in a diagnostic that says what to do, exit code 1, and an untouched state.

use terraform_provider_paperspace::sim::quirks::{Shortage, SoldOut};
use terraform_provider_paperspace::sim::{Config, Effect, Fault, TimeMode};

use crate::support::cloud::{Cloud, alive};
use crate::support::workspace::Workspace;

fn sim() -> Cloud {
    Cloud::start(Config {
        time: TimeMode::Immediate,
        ..Config::default()
    })
}

/// A machine of the usual arguments, with others in their stead and beside them.
pub fn machine(arguments: &str) -> String {
    let mut text = "resource \"paperspace_machine\" \"it\" {\n".to_owned();
    let usual = [
        ("name", "\"it\""),
        ("machine_type", "\"C5\""),
        ("template_id", "\"tkni3aa4\""),
        ("disk_size", "50"),
        ("region", "\"ny2\""),
    ];
    for (name, value) in usual {
        if !arguments
            .lines()
            .any(|line| line.trim().starts_with(&format!("{name} =")))
        {
            text.push_str(&format!("  {name} = {value}\n"));
        }
    }
    format!("{text}  {arguments}\n}}\n")
}

#[test]
fn without_a_key_three_places_are_named() {
    let sim = sim();
    let Some(mut workspace) = Workspace::without_key() else {
        return;
    };
    workspace.set("PAPERSPACE_API_URL", sim.url());
    workspace.configure(&machine(""));
    // What needs no key works without one.
    workspace.run(&["validate", "-no-color"]).succeeds();
    workspace.run(&["providers", "schema", "-json"]).succeeds();
    workspace.apply().fails_with(&[
        "Error: Missing API Key",
        "the argument `api_key` of the provider block",
        "PAPERSPACE_API_KEY",
        "~/.paperspace/credentials.toml",
    ]);
    assert!(sim.requests().is_empty());
}

#[test]
fn the_command_lines_files_give_a_key() {
    let sim = sim();
    let Some(mut workspace) = Workspace::without_key() else {
        return;
    };
    workspace.set("PAPERSPACE_API_URL", sim.url());
    workspace.configure(&machine(""));
    let credentials = format!(
        "version = 1\n[keys]\nresearch = \"wrong\"\nsimulated = \"{}\"\n",
        sim.api_key()
    );
    workspace.write(".paperspace/credentials.toml", &credentials);
    workspace.apply().fails_with(&[
        "No Team Chosen",
        "\"research\", \"simulated\", and nothing says",
        "Set `team`",
    ]);
    workspace.write(".paperspace/config.toml", "team = \"research\"\n");
    workspace.apply().fails_with(&["Invalid API Key"]);
    workspace.set("PAPERSPACE_TEAM", "nobody");
    workspace
        .apply()
        .fails_with(&["holds no key of the team \"nobody\"", "\"research\", \"simulated\""]);
    // What the block says comes before the key of the environment too.
    workspace.set("PAPERSPACE_API_KEY", "wrong");
    workspace.write("provider.tf", "provider \"paperspace\" {\n  team = \"simulated\"\n}\n");
    workspace.apply().succeeds();
    workspace.write(
        ".paperspace/credentials.toml",
        "version = 1\n[keys]\nsimulated = \"sim-key-\n",
    );
    let run = workspace.apply().fails_with(&["Unreadable Credentials File", "line 3"]);
    assert!(
        !run.text().contains("sim-key-"),
        "the line itself may hold a key: {}",
        run.text()
    );
}

#[test]
fn a_team_that_a_key_makes_idle_is_warned_about_once() {
    let sim = sim();
    let Some(mut workspace) = Workspace::new(&sim) else {
        return;
    };
    workspace.set("PAPERSPACE_TEAM", "research");
    workspace.configure(&machine(""));
    let run = workspace.apply().succeeds();
    assert_eq!(run.text().matches("Team Has No Effect").count(), 1, "{}", run.text());
    assert!(!run.text().contains("similar warning"), "{}", run.text());
    workspace.write(
        "provider.tf",
        "provider \"paperspace\" {\n  team    = \"research\"\n  api_key = \"k3y\"\n}\n",
    );
    workspace
        .apply()
        .fails_with(&["Conflicting Arguments", "`team` and `api_key` cannot both be set"]);
}

#[test]
fn a_key_of_the_users_own_goes_to_no_host_that_a_module_names() {
    let sim = sim();
    let Some(mut workspace) = Workspace::without_key() else {
        return;
    };
    workspace.configure(&machine(""));
    workspace.write(
        "provider.tf",
        "provider \"paperspace\" {\n  api_url     = \"https://api.paperspace.invalid/v1\"\n  max_retries = 0\n}\n",
    );
    workspace.write(
        ".paperspace/credentials.toml",
        &format!("[keys]\nown = \"{}\"\n", sim.api_key()),
    );
    workspace.plan().fails_with(&[
        "Key Is Not for This Host",
        "names api.paperspace.invalid",
        "It was not sent",
    ]);
    workspace.set("PAPERSPACE_API_KEY", sim.api_key());
    let run = workspace.plan();
    let run = run.says(&["Warning: Key Is Sent to Another Host", "names api.paperspace.invalid"]);
    assert!(!run.text().contains(&sim.api_key()), "{}", run.text());
}

#[test]
fn a_wrong_key_is_told() {
    let sim = sim();
    let Some(mut workspace) = Workspace::new(&sim) else {
        return;
    };
    workspace.set("PAPERSPACE_API_KEY", "not-a-key");
    workspace.configure(&machine(""));
    let run = workspace
        .apply()
        .fails_with(&["Error: Invalid API Key", "Make one in the Paperspace console"]);
    assert!(!run.text().contains("not-a-key"));
}

#[test]
fn an_api_that_is_down_is_told_and_the_state_stays() {
    let sim = sim();
    let Some(mut workspace) = Workspace::new(&sim) else {
        return;
    };
    workspace.configure(&machine(""));
    workspace.apply().succeeds();
    let before = workspace.state_file();
    // Nothing listens on the port of a listener that is gone.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    drop(listener);
    workspace.set("PAPERSPACE_API_URL", format!("http://{address}/v1"));
    workspace.apply().fails_with(&[
        "No Simulator at the Address",
        "Nothing answers at",
        "`paperspace-sim`",
        "5 retries",
    ]);
    assert_eq!(workspace.state_file(), before);
}

#[test]
fn html_instead_of_json_is_told() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(""));
    workspace.apply().succeeds();
    let before = workspace.state_file();
    sim.faults()
        .add(Fault::on("GET", "/machines/**", Effect::Garbage).limit(100));
    workspace
        .apply()
        .fails_with(&["Not an Answer of Paperspace", "HTML", "a proxy"]);
    assert_eq!(workspace.state_file(), before);
}

#[test]
fn a_404_that_is_not_the_services_forgets_nothing() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(""));
    workspace.apply().succeeds();
    let before = workspace.state_file();
    let not_found = [
        Effect::body(404, "<html><title>404 Not Found</title></html>"),
        Effect::body(404, ""),
        Effect::body(404, "{\"error\": \"Not Found\"}"),
    ];
    for effect in not_found {
        for method in ["GET", "DELETE"] {
            sim.faults().clear();
            sim.faults()
                .add(Fault::on(method, "/machines/**", effect.clone()).limit(100));
            workspace
                .destroy()
                .fails_with(&["Not an Answer of Paperspace", "nothing is forgotten for it"]);
            assert_eq!(workspace.state_file(), before, "{effect:?} to {method}");
        }
    }
    assert_eq!(alive(&sim.world()).len(), 1);
    sim.faults().clear();
    workspace.destroy().succeeds();
    assert_eq!(alive(&sim.world()).len(), 0);
}

#[test]
fn an_answer_that_breaks_off_is_told() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(""));
    workspace.apply().succeeds();
    sim.faults()
        .add(Fault::on("GET", "/machines/**", Effect::Truncate).limit(100));
    workspace.apply().fails_with(&["Answer Cut Short", "5 retries"]);
}

#[test]
fn plain_http_is_for_this_computer_only() {
    let sim = sim();
    let Some(mut workspace) = Workspace::new(&sim) else {
        return;
    };
    workspace.set("PAPERSPACE_API_URL", "http://api.example.com/v1");
    workspace.configure(&machine(""));
    workspace
        .apply()
        .fails_with(&["Invalid API Address", "PAPERSPACE_API_URL"]);
}

#[test]
fn a_template_that_does_not_exist_is_told_when_planning_and_when_creating() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine("template_id = \"tnothere\""));
    let plan = workspace.plan();
    assert_eq!(plan.code, 1, "{}", plan.text());
    plan.says(&["No Such Template", "on main.tf line", "paperspace_templates"]);
    workspace.write("provider.tf", "provider \"paperspace\" {\n  plan_checks = false\n}\n");
    workspace.apply().fails_with(&["template", "on main.tf line"]);
    assert!(sim.world().machines.is_empty() && workspace.state_file().is_empty());
}

#[test]
fn an_unknown_region_is_told_with_the_known_ones() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine("region = \"mars\""));
    workspace.apply().fails_with(&[
        "Unknown Region",
        "East Coast (NY2), West Coast (CA1), Europe (AMS1)",
        "on main.tf line",
    ]);
    workspace.configure(&machine("").replace("  region = \"ny2\"\n", ""));
    workspace.apply().fails_with(&["Missing Region", "PAPERSPACE_REGION"]);
}

#[test]
fn a_number_without_end_is_the_configurations_fault() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine("disk_size = 1 / 0"));
    workspace.plan().fails_with(&[
        "Number Out of Range",
        "at disk_size that no argument can have",
        "on main.tf line",
        "Correct the expression in the configuration",
    ]);
}

#[test]
fn state_that_does_not_decode_is_told_and_stays() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(""));
    workspace.apply().succeeds();
    let file = workspace.path().join("terraform.tfstate");
    let state = std::fs::read_to_string(&file).expect("a state file");
    let damaged = state.replace("\"disk_size\": 50", "\"disk_size\": \"fifty\"");
    assert_ne!(state, damaged);
    std::fs::write(&file, &damaged).expect("a state file");
    workspace
        .apply()
        .fails_with(&["State Cannot Be Read", "disk_size", "Restore a backup"]);
    assert_eq!(std::fs::read_to_string(&file).expect("a state file"), damaged);
}

#[test]
fn a_state_from_yesterday_is_read() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(""));
    workspace.apply().succeeds();
    let file = workspace.path().join("terraform.tfstate");
    let mut state: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&file).expect("a state file")).expect("JSON");
    let attributes = state["resources"][0]["instances"][0]["attributes"]
        .as_object_mut()
        .expect("attributes");
    // An older version lacked some attributes and had one that is gone.
    for name in [
        "deletion_protection",
        "restore_point_enabled",
        "accelerators",
        "timeouts",
    ] {
        assert!(attributes.remove(name).is_some(), "{name} is an attribute");
    }
    attributes.insert("gone_since".to_owned(), "1".into());
    std::fs::write(&file, state.to_string()).expect("a state file");
    workspace.plan_is_empty();
}

#[test]
fn what_is_wrong_in_a_configuration_is_told_without_the_api() {
    let cases = [
        ("disk_size = 0", "`disk_size` must be at least 1, but is 0"),
        ("disk_size = 1.5", "`disk_size` must be a whole number, but is 1.5"),
        ("public_ip_type = \"floating\"", "\"static\", \"dynamic\" or \"none\""),
        ("power_state = \"paused\"", "must be one of \"on\" or \"off\""),
        (
            "power_state = \"on\"\n  start_on_create = true",
            "`power_state` and `start_on_create` cannot both be set",
        ),
        (
            "auto_shutdown_timeout = 8",
            "has an effect only where `auto_shutdown_enabled = true`",
        ),
        (
            "auto_shutdown_enabled = false\n  auto_shutdown_force = true",
            "only where `auto_shutdown_enabled = true`",
        ),
        (
            "auto_shutdown_enabled = true\n  auto_shutdown_timeout = 0",
            "must be at least 1, but is 0",
        ),
        (
            "auto_snapshot_save_count = 3",
            "only where `auto_snapshot_enabled = true`",
        ),
        (
            "auto_snapshot_enabled = true\n  auto_snapshot_save_count = 10",
            "must be between 1 and 9, but is 10",
        ),
        (
            "auto_snapshot_enabled = true\n  auto_snapshot_frequency = \"yearly\"",
            "\"weekly\" or \"monthly\"",
        ),
        ("restore_point_frequency = \"daily\"", "must be one of \"shutdown\""),
        (
            "timeouts {\n    create = \"soon\"\n  }",
            "`timeouts.create` must be a duration such as \"90s\"",
        ),
        ("name = \"\"", "`name` must not be empty"),
        (
            "user_id = \"u1\"\n  new_user = {\n    email = \"a@b.c\"\n    first_name = \"A\"\n    last_name = \"B\"\n    password = \"secret\"\n  }",
            "`user_id` and `new_user` cannot both be set",
        ),
    ];
    let Some(workspace) = Workspace::without_key() else {
        return;
    };
    for (arguments, expected) in cases {
        workspace.configure(&machine(arguments));
        workspace
            .run(&["validate", "-no-color"])
            .fails_with(&[expected, "on main.tf line"]);
    }
}

#[test]
fn unknown_values_are_let_through_and_checked_when_known() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    let size = "resource \"terraform_data\" \"size\" {\n  input = 0\n}\n";
    workspace.configure(&format!("{size}{}", machine("disk_size = terraform_data.size.output")));
    workspace.run(&["validate", "-no-color"]).succeeds();
    workspace
        .apply()
        .fails_with(&["`disk_size` must be at least 1, but is 0"]);
    assert!(sim.world().machines.is_empty());
}

#[test]
fn capacity_is_missed_at_once_or_later() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    let sold_out = |shows| SoldOut {
        machine_type: "A4000".into(),
        region: "ny2".into(),
        shows,
        untold: false,
    };
    workspace.configure(&machine("machine_type = \"A4000\""));
    sim.switch(|quirks| quirks.sold_out = vec![sold_out(Shortage::AtOnce)]);
    workspace.apply().fails_with(&[
        "Machine Type Not Available",
        "It is available in West Coast (CA1), Europe (AMS1)",
        "Paperspace Refused the Request",
    ]);
    assert!(workspace.state_file().is_empty());
    sim.switch(|quirks| quirks.sold_out = vec![sold_out(Shortage::Later)]);
    workspace
        .apply()
        .fails_with(&["Paperspace Gave Up the Operation", "event \"create\""]);
    // It exists, so it is tracked; it failed, so the next apply replaces it.
    let [failed] = &workspace.state_file()[..] else {
        panic!("the failed machine is in the state")
    };
    let failed = failed["id"].as_str().expect("an id").to_owned();
    sim.switch(|quirks| quirks.sold_out.clear());
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    let alive: Vec<_> = sim
        .world()
        .machines
        .into_iter()
        .filter(|machine| !machine.is_deleted())
        .collect();
    assert!(alive.len() == 1 && alive[0].id != failed, "{alive:?}");
}

#[test]
fn only_a_new_machine_needs_a_template() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    let without = machine("").replace("  template_id = \"tkni3aa4\"\n", "");
    workspace.configure(&without);
    workspace
        .plan()
        .fails_with(&["Missing Template", "A new machine needs a template"]);
    assert!(sim.world().machines.is_empty());

    workspace.configure(&machine(""));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    sim.clear_requests();
    for nothing in [without, machine("template_id = null")] {
        workspace.configure(&nothing);
        workspace.apply().succeeds();
        workspace.plan_is_empty();
    }
    assert_eq!(alive(&sim.world()).len(), 1);
    assert!(
        sim.requests().iter().all(|request| request.method == "GET"),
        "nothing was sent"
    );
}
