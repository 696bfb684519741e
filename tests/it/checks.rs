//! What a plan asks the API, what it says of the answers, and what becomes of a plan whose questions are not answered.

use terraform_provider_paperspace::sim::{Config, Effect, Fault, TimeMode};

use crate::mistakes::machine;
use crate::support::cloud::{Cloud, alive};
use crate::support::workspace::Workspace;

fn sim() -> Cloud {
    Cloud::start(Config {
        time: TimeMode::Immediate,
        ..Config::default()
    })
}

#[test]
fn a_plan_fails_where_the_key_is_refused_or_the_address_is_not_the_api() {
    let sim = sim();
    let Some(mut workspace) = Workspace::new(&sim) else {
        return;
    };
    let script = "resource \"paperspace_startup_script\" \"it\" {\n  name = \"it\"\n  script = \"true\"\n}\n";
    for configuration in [machine("count = 3"), script.to_owned()] {
        workspace.configure(&configuration);
        workspace.set("PAPERSPACE_API_KEY", "not-a-key");
        let plan = workspace.plan().fails_with(&["Invalid API Key", "while planning"]);
        assert_eq!(plan.text().matches("Invalid API Key").count(), 1, "{}", plan.text());
        workspace.set("PAPERSPACE_API_KEY", sim.api_key());
        // Nobody may have the key any more, and only the session says so.
        sim.faults()
            .add(Fault::on("GET", "/auth/session", Effect::body(200, "null")).limit(1000));
        for path in ["/templates", "/machines", "/startup-scripts"] {
            sim.faults()
                .add(Fault::on("GET", path, Effect::status(403)).limit(1000));
        }
        workspace.plan().fails_with(&["Invalid API Key", "nobody has this key"]);
        sim.faults().clear();
        // A page for everything.
        sim.faults().add(Fault::on("GET", "/**", Effect::Garbage).limit(1000));
        workspace.plan().fails_with(&["Not an Answer of Paperspace"]);
        sim.faults().clear();
        // One page among proper answers is nothing, and a member who may not ask this may create all the same.
        for effect in [Effect::Garbage, Effect::body(404, "<html>Not here</html>")] {
            sim.faults().add(Fault::on("GET", "/**", effect).nth(1));
            let plan = workspace.plan();
            assert!(
                plan.code == 2 && !plan.text().contains("Plan Checks Left Out"),
                "{}",
                plan.text()
            );
            sim.faults().clear();
        }
        for path in ["/templates", "/machines", "/startup-scripts"] {
            sim.faults()
                .add(Fault::on("GET", path, Effect::status(403)).limit(1000));
        }
        let plan = workspace.plan().says(&["Plan Checks Left Out"]);
        assert_eq!(plan.code, 2, "{}", plan.text());
        sim.faults().clear();
    }
    assert!(sim.requests().iter().all(|request| request.method == "GET"));
}

#[test]
fn one_of_the_same_name_is_told_when_planning_and_never_one_that_is_managed() {
    const SAME: &str = "Machine of the Same Name Exists";
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine("count = 2"));
    let first = workspace.apply().succeeds();
    assert!(!first.text().contains(SAME), "{}", first.text());
    // A third of the name beside two that are managed.
    workspace.configure(&machine("count = 3"));
    let plan = workspace.plan();
    assert!(plan.code == 2 && !plan.text().contains(SAME), "{}", plan.text());
    // Replaced, the old one is no stranger to the new one.
    workspace.configure(&machine("count = 2\n  template_id = \"t0nspur5\""));
    let replaced = workspace.apply().succeeds();
    assert!(!replaced.text().contains(SAME), "{}", replaced.text());
    // Another workspace's is named, without a command, and not once more by the apply of a plan.
    let id = alive(&sim.world())[0].id.clone();
    let Some(other) = Workspace::new(&sim) else { return };
    other.configure(&machine(""));
    let plan = other
        .run(&["plan", "-no-color", "-input=false", "-out=plan.bin"])
        .succeeds();
    let text = plan.says(&[SAME, &id]).text();
    assert!(!text.contains("terraform import"), "{text}");
    if other.knows("which walk a plan belongs to", (1, 9)) {
        let applied = other
            .run(&["apply", "-no-color", "-input=false", "plan.bin"])
            .succeeds();
        assert!(!applied.text().contains(SAME), "{}", applied.text());
    }
    other.plan_is_empty();
}

#[test]
fn a_unique_name_is_refused_when_planning_and_before_the_post() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    let unique = |arguments: &str, checks: bool| {
        let provider = format!("provider \"paperspace\" {{\n  unique_names = true\n  plan_checks = {checks}\n}}\n");
        format!("{provider}{}", machine(arguments))
    };
    workspace.configure(&unique("", true));
    workspace.apply().succeeds();
    // A replacement that destroys first may have the name again.
    workspace.configure(&unique("template_id = \"t0nspur5\"", true));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    let id = alive(&sim.world())[0].id.clone();
    // One that is there first may not, and a run that knows nothing of it neither.
    let before = "template_id = \"tkni3aa4\"\n  lifecycle {\n    create_before_destroy = true\n  }";
    workspace.configure(&unique(before, true));
    workspace
        .apply()
        .fails_with(&["Name Is Taken", "`create_before_destroy`"]);
    workspace.configure(&unique("template_id = \"t0nspur5\"", true));
    workspace.apply().succeeds();
    let Some(other) = Workspace::new(&sim) else { return };
    for checks in [true, false] {
        other.configure(&unique("", checks));
        other.plan().fails_with(&["Name Is Taken", &id]);
    }
    assert_eq!(alive(&sim.world()).len(), 1);
    // Made after the plan, it is found before the request.
    sim.delete_machine(&id);
    other
        .run(&["plan", "-no-color", "-input=false", "-out=plan.bin"])
        .succeeds();
    workspace.configure(&machine(""));
    workspace.apply().succeeds();
    other
        .run(&["apply", "-no-color", "-input=false", "plan.bin"])
        .fails_with(&["Name Is Taken"]);
    assert_eq!(alive(&sim.world()).len(), 1);
}

#[test]
fn an_api_that_answers_no_check_is_asked_once_a_run_and_fails_no_plan() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    sim.faults().add(Fault::on("GET", "/**", Effect::status(503)));
    workspace.configure(&machine("count = 8"));
    let plan = workspace
        .plan()
        .says(&["Plan Checks Left Out", "`plan_checks = false`"]);
    assert_eq!(plan.code, 2, "{}", plan.text());
    assert_eq!(
        plan.text().matches("Plan Checks Left Out").count(),
        1,
        "{}",
        plan.text()
    );
    // Templates, the availability of one type in one region, machines, and who asks: each at most twice.
    let requests = sim.requests();
    assert!((4..=8).contains(&requests.len()), "{requests:?}");
}

#[test]
fn a_template_that_stays_missing_is_looked_for_once() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine("template_id = \"tnothere\"\n  count = 8"));
    assert_eq!(workspace.plan().code, 1);
    let listings = sim.requests();
    let listings = listings.iter().filter(|request| request.path == "/templates").count();
    assert!((1..=4).contains(&listings), "{listings} requests");
}

#[test]
fn a_template_must_fit_region_and_type() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine("template_id = \"tqk2m7ab\"\n  region = \"ca1\""));
    workspace.apply().fails_with(&["Template Is in Another Region", "NY2"]);
    workspace.configure(&machine("template_id = \"tx81g2ee\"\n  machine_type = \"H100\""));
    workspace.apply().fails_with(&["H100", "is not offered"]);
    workspace.configure(&machine("machine_type = \"A40000\""));
    workspace
        .apply()
        .fails_with(&["Unknown Machine Type", "\"A40000\"", "Named most alike are A4000"]);
    assert!(sim.world().machines.is_empty());
}
