//! Actions under a host that has them, and a host that has not.

use super::*;
use crate::support::workspace::Workspace;

const CONFIGURATION: &str = r#"
provider "paperspace" {
  region = "ny2"
}

action "paperspace_machine_stop" "all" {
  config {
    machine_ids = ["ps1", "ps2"]
  }
}

action "paperspace_machine_start" "none" {
  config {
    machine_id = "ps0gone"
  }
}

resource "terraform_data" "it" {
  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [action.paperspace_machine_stop.all]
    }
  }
}
"#;

#[test]
fn an_action_runs_with_a_change_and_by_itself() {
    let sim = cloud(&["ps1", "ps2"], State::Ready);
    let Some(workspace) = Workspace::new(&sim) else { return };
    if !workspace.knows_actions("an action") {
        return;
    }
    workspace.configure(CONFIGURATION);
    workspace.run(&["validate", "-no-color"]).succeeds();
    let run = workspace.apply().succeeds();
    let run = run.says(&["machine ps1 is off", "machine ps2 is off"]);
    assert!(run.stdout.contains("Action complete"), "{}", run.stdout);
    assert_eq!(states(&sim), [State::Off, State::Off]);
    workspace.plan_is_empty();
    let invoke = |action: &str| {
        let action = format!("-invoke=action.paperspace_machine_{action}");
        workspace.run(&["apply", "-auto-approve", "-no-color", "-input=false", &action])
    };
    invoke("stop.all").succeeds().says(&["machine ps1 is off"]);
    invoke("start.none").fails_with(&["Machine Is Gone", "ps0gone", "Check the id"]);
}

/// A host without actions is told of them in its schemas all the same, and has no use for it.
#[test]
fn a_host_without_actions_loses_nothing() {
    let sim = cloud(&["ps1", "ps2"], State::Ready);
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(
        "data \"paperspace_machines\" \"all\" {}\n\noutput \"all\" {\n  value = data.paperspace_machines.all.ids\n}\n",
    );
    let run = workspace.apply().succeeds().says(&["\"ps1\"", "\"ps2\""]);
    let warnings = run.text().matches("Warning").count();
    assert_eq!(warnings, 1, "only that of the overridden provider: {}", run.text());
}
