//! Messages that no other test brings about: each by what it takes, and what it leaves behind.

use serde_json::{Value, json};
use terraform_provider_paperspace::sim::{Config, Effect, Fault, TimeMode};

use crate::mistakes::machine;
use crate::support::cloud::Cloud;
use crate::support::workspace::Workspace;

fn sim() -> Cloud {
    Cloud::start(Config {
        time: TimeMode::Immediate,
        ..Config::default()
    })
}

#[test]
fn each_failure_of_the_api_has_a_title_of_its_own() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(
        "provider \"paperspace\" {\n  max_retries = 0\n  request_timeout = \"300ms\"\n}\ndata \"paperspace_team\" \"it\" {}\n",
    );
    for (effect, title) in [
        (Effect::status(401), "Invalid API Key"),
        (Effect::status(403), "Not Allowed"),
        (Effect::status(404), "Not Found"),
        (Effect::status(409), "Conflict"),
        (Effect::status(400), "Paperspace Refused the Request"),
        (Effect::retry_after(429, "0"), "Too Many Requests"),
        (Effect::status(500), "Paperspace Failed"),
        (Effect::Hang, "Paperspace Did Not Answer in Time"),
        (Effect::DropBeforeAct, "Connection Lost"),
        (Effect::Truncate, "Answer Cut Short"),
        (Effect::Garbage, "Not an Answer of Paperspace"),
        (Effect::body(200, "{}"), "Unexpected Answer"),
    ] {
        sim.faults().add(Fault::on("GET", "/**", effect).limit(1000));
        workspace.plan().fails_with(&[title]);
        sim.faults().clear();
    }
}

#[test]
fn a_lost_answer_is_told_although_all_went_well() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure("resource \"paperspace_startup_script\" \"it\" {\n  name = \"it\"\n  script = \"true\"\n}\n");
    sim.faults()
        .add(Fault::on("POST", "/startup-scripts", Effect::DropAfterAct));
    workspace
        .apply()
        .succeeds()
        .says(&["Answer to the Create Was Lost", "It was found as"]);
    workspace.plan_is_empty();
    assert_eq!(
        sim.world()
            .startup_scripts
            .iter()
            .filter(|script| script.name == "it")
            .count(),
        1
    );
}

#[test]
fn what_is_replaced_loses_what_is_on_it() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(""));
    workspace.apply().succeeds();
    workspace.configure(&machine("template_id = \"t0nspur5\""));
    workspace.plan().says(&[
        "Machine Will Be Replaced",
        "what is on its disk, together with its snapshots",
    ]);
}

#[test]
fn a_new_script_needs_a_text_and_a_new_template_a_machine() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure("resource \"paperspace_startup_script\" \"it\" {\n  name = \"it\"\n}\n");
    workspace.plan().fails_with(&["Missing Script"]);
    workspace.configure("resource \"paperspace_custom_template\" \"it\" {\n  name = \"it\"\n}\n");
    workspace.plan().fails_with(&["Missing Machine"]);
}

#[test]
fn a_state_without_an_id_is_told_and_stays() {
    let sim = sim();
    let script = |name: &str| {
        format!("resource \"paperspace_startup_script\" \"it\" {{\n  name = \"{name}\"\n  script = \"true\"\n}}\n")
    };
    for (before, after, title) in [
        (machine(""), machine("name = \"other\""), "Machine Without Id"),
        (script("it"), script("other"), "Object Without Key"),
    ] {
        let Some(workspace) = Workspace::new(&sim) else { return };
        workspace.configure(&before);
        workspace.apply().succeeds();
        let file = workspace.path().join("terraform.tfstate");
        let mut state: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let instance = &mut state["resources"][0]["instances"][0];
        instance["attributes"]["id"] = Value::Null;
        for identity in ["identity", "identity_schema_version"] {
            instance.as_object_mut().expect("an object").remove(identity);
        }
        workspace.write("terraform.tfstate", &state.to_string());
        workspace.configure(&after);
        workspace
            .run(&["apply", "-auto-approve", "-no-color", "-input=false", "-refresh=false"])
            .fails_with(&[title]);
        assert_eq!(workspace.state_file().len(), 1);
    }
}

#[test]
fn a_snapshot_that_is_not_ones_own_cannot_be_imported() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(""));
    workspace.apply().succeeds();
    let id = sim.world().machines[0].id.clone();
    sim.edit(|world| {
        let snapshot = json!({
            "id": "sl1auto", "name": "by itself", "machineId": id, "isAutoSnapshot": true,
            "dtCreated": "2026-01-01T12:00:00.000Z"
        });
        world
            .snapshots
            .push(serde_json::from_value(snapshot).expect("a snapshot"));
    });
    let snapshot =
        format!("resource \"paperspace_snapshot\" \"it\" {{\n  machine_id = \"{id}\"\n  name = \"by itself\"\n}}\n");
    workspace.configure(&format!("{}{snapshot}", machine("")));
    workspace
        .run(&["import", "-no-color", "paperspace_snapshot.it", "sl1auto"])
        .fails_with(&["Cannot Be Imported"]);
}
