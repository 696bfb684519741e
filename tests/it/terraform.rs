//! The main job under a real Terraform: from nothing to a machine and back.

use terraform_provider_paperspace::sim::{Config, TimeMode};

use crate::support::cloud::Cloud;
use crate::support::workspace::Workspace;

/// A simulator in which everything takes a few looks.
pub fn sim() -> Cloud {
    Cloud::start(Config {
        time: TimeMode::PerPoll { polls: 2 },
        ..Config::default()
    })
}

const MAIN: &str = r#"
provider "paperspace" {
  region = "ny2"
}

data "paperspace_templates" "ubuntu" {
  is_public = true
  name      = "Ubuntu 22.04"
}

resource "paperspace_machine" "trainer" {
  name         = "trainer"
  machine_type = "P4000"
  template_id  = data.paperspace_templates.ubuntu.ids[0]
  disk_size    = 50
}
"#;

#[test]
fn a_machine_lives_its_whole_life() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(MAIN);
    workspace.run(&["validate", "-no-color"]).succeeds();
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    workspace.configure(&MAIN.replace("\"trainer\"\n  machine", "\"renamed\"\n  machine"));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    workspace.configure(&MAIN.replace("P4000", "A4000").replace("= 50", "= 100"));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    workspace.destroy().succeeds();
    assert!(sim.world().machines.iter().all(|machine| machine.dt_deleted.is_some()));
}
