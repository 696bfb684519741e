//! Machine types and regions in order of preference: which machine is made where there is a want of capacity, and that nothing
//! is left behind on the way to it.

use serde_json::json;
use terraform_provider_paperspace::sim::record::{Machine, State};
use terraform_provider_paperspace::sim::{Config, Effect, Fault, Shortage, SoldOut, TimeMode};

use crate::support::cloud::{Cloud, alive, seen};
#[cfg(unix)]
use crate::support::running::Running;
#[cfg(unix)]
use crate::support::workspace::APPLY;
use crate::support::workspace::Workspace;

fn sim() -> Cloud {
    Cloud::start(Config {
        time: TimeMode::PerPoll { polls: 1 },
        ..Config::default()
    })
}

/// A machine with these arguments, and a provider that asks for nothing when planning.
fn machine(arguments: &str) -> String {
    format!(
        "provider \"paperspace\" {{
  region      = \"ams1\"
  plan_checks = false
}}
{}",
        resource(arguments)
    )
}

fn resource(arguments: &str) -> String {
    format!(
        "resource \"paperspace_machine\" \"it\" {{
  name        = \"it\"
  template_id = \"tkni3aa4\"
  disk_size   = 50
  {arguments}
}}
"
    )
}

const SEVERAL: &str = "machine_types = [\"A4000\", \"P4000\"]\n  regions = [\"ny2\", \"ca1\"]";

fn sold_out(machine_type: &str, region: &str) -> SoldOut {
    SoldOut {
        machine_type: machine_type.to_owned(),
        region: region.to_owned(),
        shows: Shortage::AtOnce,
        untold: false,
    }
}

/// Sold out since the question for it was answered.
fn untold(machine_type: &str, region: &str, shows: Shortage) -> SoldOut {
    SoldOut {
        shows,
        untold: true,
        ..sold_out(machine_type, region)
    }
}

/// What the only machine there is came to.
fn what_there_is(sim: &Cloud) -> (String, String, State) {
    let world = sim.world();
    let machines = alive(&world);
    let [
        Machine {
            machine_type,
            region,
            state,
            ..
        },
    ] = machines.as_slice()
    else {
        panic!("one machine is there: {machines:?}")
    };
    (machine_type.clone(), region.clone(), *state)
}

fn is(sim: &Cloud, machine_type: &str, region: &str) {
    assert_eq!(
        what_there_is(sim),
        (machine_type.to_owned(), region.to_owned(), State::Ready)
    );
}

#[test]
fn the_first_that_can_be_had_is_made_types_before_regions() {
    for (short, expected, posts) in [
        (vec![], ("A4000", "ny2"), 1),
        (vec![sold_out("A4000", "ny2")], ("A4000", "ca1"), 1),
        (vec![sold_out("a4000", "*")], ("P4000", "ny2"), 1),
        (vec![untold("A4000", "ny2", Shortage::AtOnce)], ("A4000", "ca1"), 2),
        (vec![untold("A4000", "*", Shortage::AtOnce)], ("P4000", "ny2"), 3),
        (vec![untold("A4000", "*", Shortage::Later)], ("P4000", "ny2"), 3),
        (
            vec![
                sold_out("A4000", "ny2"),
                untold("A4000", "ca1", Shortage::Later),
                untold("P4000", "ny2", Shortage::AtOnce),
            ],
            ("P4000", "ca1"),
            3,
        ),
    ] {
        let sim = sim();
        let Some(workspace) = Workspace::new(&sim) else { return };
        workspace.configure(&machine(SEVERAL));
        sim.switch(|quirks| quirks.sold_out = short.clone());
        workspace.apply().succeeds();
        workspace.plan_is_empty();
        is(&sim, expected.0, expected.1);
        assert_eq!(seen(&sim, "POST", "/machines"), posts, "{short:?}");
        let state = &workspace.state()["paperspace_machine.it"];
        assert_eq!(state["machine_type"], expected.0, "{short:?}");
        workspace.destroy().succeeds();
        assert!(alive(&sim.world()).is_empty());
    }
}

#[test]
fn what_failed_for_want_of_capacity_is_removed_with_its_address() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(&format!("{SEVERAL}\n  public_ip_type = \"static\"")));
    sim.switch(|quirks| quirks.sold_out = vec![untold("A4000", "*", Shortage::Later)]);
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    is(&sim, "P4000", "ny2");
    let world = sim.world();
    let machine = alive(&world)[0].id.clone();
    let assigned: Vec<_> = world
        .public_ips
        .iter()
        .map(|ip| ip.assigned_machine_id.clone())
        .collect();
    assert_eq!(
        assigned,
        [Some(machine)],
        "no address of a machine that failed is left over"
    );
}

#[test]
fn one_that_stays_off_moves_on_where_the_service_says_that_there_is_none() {
    for power in ["", "\n  power_state = \"on\""] {
        let sim = sim();
        let Some(workspace) = Workspace::new(&sim) else { return };
        workspace.configure(&machine(&format!("{SEVERAL}{power}")));
        sim.switch(|quirks| {
            quirks.sold_out = vec![SoldOut {
                shows: Shortage::StaysOff,
                ..sold_out("A4000", "ny2")
            }];
        });
        // It was there a moment ago.
        let yes = Effect::body(200, r#"{"available": true}"#);
        sim.faults().add(Fault::on("GET", "/machine-availability", yes).nth(1));
        workspace.apply().succeeds();
        workspace.plan_is_empty();
        is(&sim, "A4000", "ca1");
        assert_eq!(seen(&sim, "POST", "/machines"), 2);
    }
}

#[test]
fn one_that_stays_off_for_another_reason_ends_the_apply() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(SEVERAL));
    sim.switch(|quirks| quirks.sold_out = vec![untold("A4000", "ny2", Shortage::StaysOff)]);
    workspace
        .apply()
        .fails_with(&["Machine Stays as It Is", "`terraform untaint`"]);
    assert_eq!(seen(&sim, "POST", "/machines"), 1);
    assert_eq!(workspace.objects()[0].1["status"], "tainted");
    // With a wish about power it is turned on, which a moment later may be possible.
    let sim = self::sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(&format!("{SEVERAL}\n  power_state = \"on\"")));
    let stays_off = untold("A4000", "ny2", Shortage::StaysOff);
    sim.switch(|quirks| quirks.sold_out = vec![stays_off]);
    workspace.apply().says(&["Settings Not Taken Over"]);
    assert_eq!(what_there_is(&sim), ("A4000".into(), "ny2".into(), State::Off));
    sim.switch(|quirks| quirks.sold_out.clear());
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    is(&sim, "A4000", "ny2");
}

#[test]
fn where_none_can_be_had_nothing_is_asked_for_and_all_are_listed() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(SEVERAL));
    sim.switch(|quirks| quirks.sold_out = vec![sold_out("*", "*")]);
    workspace.apply().fails_with(&[
        "No Machine Could Be Had",
        "A4000 in ny2: not available at the moment A4000 in ca1: not available at the moment P4000 in ny2:",
        "Nothing was created.",
    ]);
    assert_eq!(seen(&sim, "POST", "/machines"), 0);
    sim.switch(|quirks| quirks.sold_out = vec![sold_out("A4000", "*"), untold("P4000", "*", Shortage::AtOnce)]);
    workspace.apply().fails_with(&[
        "No Machine Could Be Had",
        "A4000 in ca1: not available at the moment P4000 in ny2: refused: Out of capacity",
        "P4000 in ca1: refused: Out of capacity",
    ]);
    assert_eq!(seen(&sim, "POST", "/machines"), 2);
    assert!(workspace.state_file().is_empty() && sim.world().machines.is_empty());
    // The last one that failed is kept, as one that was the only one is.
    sim.switch(|quirks| quirks.sold_out = vec![sold_out("A4000", "*"), untold("P4000", "*", Shortage::Later)]);
    workspace.apply().fails_with(&[
        "Paperspace Gave Up the Operation",
        "This came of the machines that would do, in that order: A4000 in ny2: not available at the moment",
        "P4000 in ny2: Paperspace gave it up: Out of capacity",
        "P4000 in ca1: Paperspace gave it up: Out of capacity",
    ]);
    let world = sim.world();
    let ids: Vec<_> = alive(&world).iter().map(|machine| json!(machine.id)).collect();
    let state: Vec<_> = workspace
        .state_file()
        .iter()
        .map(|machine| machine["id"].clone())
        .collect();
    assert_eq!((ids.len(), &ids), (1, &state));
}

#[test]
fn only_a_want_of_capacity_leads_to_the_next_one() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(SEVERAL));
    sim.edit(|world| world.max_machines = 0);
    workspace.apply().fails_with(&["Not Allowed", "limit of 0 machines"]);
    assert_eq!(seen(&sim, "POST", "/machines"), 1);
    sim.edit(|world| world.max_machines = 9);
    // The question fails: then the create tells.
    sim.clear_requests();
    sim.faults()
        .add(Fault::on("GET", "/machine-availability", Effect::status(500)).limit(1000));
    workspace.apply().succeeds();
    is(&sim, "A4000", "ny2");
    assert_eq!(seen(&sim, "POST", "/machines"), 1);
}

#[test]
fn after_a_lost_answer_nothing_else_is_asked_for_and_nothing_removed() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(SEVERAL));
    sim.switch(|quirks| quirks.sold_out = vec![untold("A4000", "*", Shortage::Later)]);
    sim.faults().add(Fault::on("POST", "/machines", Effect::DropAfterAct));
    workspace
        .apply()
        .fails_with(&["Paperspace Gave Up the Operation", "was lost"]);
    assert_eq!(
        (seen(&sim, "POST", "/machines"), seen(&sim, "DELETE", "/machines/*")),
        (1, 0)
    );
    assert_eq!(workspace.state_file().len(), 1);
}

#[test]
fn one_that_cannot_be_removed_is_what_there_is() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(SEVERAL));
    sim.switch(|quirks| quirks.sold_out = vec![untold("A4000", "ny2", Shortage::Later)]);
    sim.faults()
        .add(Fault::on("DELETE", "/machines/*", Effect::status(403)).limit(1000));
    workspace.apply().fails_with(&[
        "Not Allowed",
        "Could not remove the machine \"it\" of the type A4000 again",
        "`terraform untaint`",
        "A4000 in ny2: Paperspace gave it up: Out of capacity",
    ]);
    assert_eq!(seen(&sim, "POST", "/machines"), 1);
    let objects = workspace.objects();
    assert_eq!((objects.len(), &objects[0].1["status"]), (1, &json!("tainted")));
    sim.faults().clear();
    sim.switch(|quirks| quirks.sold_out.clear());
    workspace.apply().succeeds();
    is(&sim, "A4000", "ny2");
}

#[test]
#[cfg(unix)]
fn interrupted_while_one_is_removed_that_one_is_in_the_state() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(SEVERAL));
    sim.switch(|quirks| quirks.sold_out = vec![untold("A4000", "ny2", Shortage::Later)]);
    sim.faults().add(Fault::on("DELETE", "/machines/*", Effect::Hang));
    let mut running = Running::start(workspace.command(&APPLY));
    running.until("the removal", || seen(&sim, "DELETE", "/machines/*") > 0);
    running.signal("INT");
    let run = running.ended();
    assert_eq!(run.code, 1, "{}", run.text());
    run.says(&["Interrupted", "remove the machine \"it\" of the type A4000"]);
    let (world, state) = (sim.world(), workspace.state_file());
    assert_eq!(alive(&world).len(), 1);
    assert_eq!(state[0]["id"], json!(alive(&world)[0].id));
    sim.faults().clear();
    sim.switch(|quirks| quirks.sold_out.clear());
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    is(&sim, "A4000", "ny2");
}

#[test]
fn what_the_template_rules_out_is_passed_over() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    // A template of the team's own, which is in ny2.
    let own = machine("machine_types = [\"C5\"]\n  regions = [\"ams1\", \"ny2\"]").replace("tkni3aa4", "tqk2m7ab");
    workspace.configure(&own);
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    is(&sim, "C5", "ny2");
    assert_eq!(seen(&sim, "POST", "/machines"), 1);
    workspace.destroy().succeeds();
    workspace.configure(&own.replace(", \"ny2\"", ""));
    workspace.apply().fails_with(&[
        "No Machine Could Be Had",
        "C5 in ams1: the template is in another region",
    ]);
    assert_eq!(seen(&sim, "POST", "/machines"), 1);
}

/// The planned actions and the values after them.
fn planned(workspace: &Workspace) -> (serde_json::Value, serde_json::Value, serde_json::Value) {
    let change = workspace.planned_changes()["paperspace_machine.it"].clone();
    let value = |name: &str| match &change["after_unknown"][name] {
        serde_json::Value::Bool(true) => json!("?"),
        _ => change["after"][name].clone(),
    };
    (change["actions"].clone(), value("machine_type"), value("region"))
}

#[test]
fn afterwards_the_lists_say_only_what_is_acceptable() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(SEVERAL));
    assert_eq!(planned(&workspace), (json!(["create"]), json!("?"), json!("?")));
    workspace.configure(&machine("machine_types = [\"P4000\"]\n  regions = [\"ca1\"]"));
    assert_eq!(planned(&workspace), (json!(["create"]), json!("P4000"), json!("ca1")));
    // Not the provider's region, which is another one.
    workspace.configure(&machine("machine_types = [\"P4000\"]\n  regions = [\"ny2\", \"ca1\"]"));
    assert_eq!(planned(&workspace), (json!(["create"]), json!("P4000"), json!("?")));
    workspace.configure(&machine(SEVERAL));
    workspace.apply().succeeds();
    is(&sim, "A4000", "ny2");
    sim.clear_requests();

    let there = ("A4000", "East Coast (NY2)");
    for (arguments, actions, machine_type, region) in [
        (
            "machine_types = [\"P4000\", \"a4000\"]\n  regions = [\"ca1\", \"ny2\"]",
            json!(["update"]),
            there.0,
            there.1,
        ),
        (
            "machine_type = \"A4000\"\n  region = \"ny2\"",
            json!(["update"]),
            there.0,
            there.1,
        ),
        (
            "machine_types = [\"C5\", \"P4000\"]\n  regions = [\"ny2\"]",
            json!(["update"]),
            "C5",
            there.1,
        ),
        (
            "machine_types = [\"A4000\"]\n  regions = [\"ca1\", \"ams1\"]",
            json!(["delete", "create"]),
            there.0,
            "?",
        ),
        (
            "machine_types = [\"P4000\", \"A4000\"]\n  regions = [\"ca1\"]",
            json!(["delete", "create"]),
            "?",
            "ca1",
        ),
    ] {
        workspace.configure(&machine(arguments));
        assert_eq!(
            planned(&workspace),
            (actions, json!(machine_type), json!(region)),
            "{arguments}"
        );
    }
    // In another order they are recorded, and nothing is sent.
    workspace.configure(&machine(
        "machine_types = [\"P4000\", \"a4000\"]\n  regions = [\"ca1\", \"ny2\"]",
    ));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    let sent = sim.requests().into_iter().filter(|request| request.method != "GET");
    assert_eq!(sent.count(), 0);

    // The list may hold what is not known yet.
    let later = "resource \"terraform_data\" \"type\" {\n  input = \"C5\"\n}\n";
    let named = format!(
        "{later}{}",
        machine("machine_types = [terraform_data.type.output, \"A4000\"]\n  regions = [\"ny2\"]")
    );
    workspace.configure(&named);
    assert_eq!(planned(&workspace), (json!(["update"]), json!(there.0), json!(there.1)));
    workspace.configure(&named.replace(", \"A4000\"", ""));
    assert_eq!(planned(&workspace), (json!(["update"]), json!("?"), json!(there.1)));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    is(&sim, "C5", "ny2");
    // Changed by hand to a type that would do, it is left alone; to another one, it is changed.
    workspace.configure(&machine("machine_types = [\"C5\", \"A4000\"]\n  regions = [\"ny2\"]"));
    workspace.apply().succeeds();
    for (by_hand, actions, machine_type) in [("A4000", "no-op", "A4000"), ("P4000", "update", "C5")] {
        sim.edit(|world| world.machines[0].machine_type = by_hand.to_owned());
        assert_eq!(
            planned(&workspace),
            (json!([actions]), json!(machine_type), json!(there.1))
        );
    }
}

#[test]
fn a_single_argument_that_is_ignored_wins_over_the_list() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine("machine_type = \"A4000\"\n  region = \"ny2\""));
    workspace.apply().succeeds();
    let ignoring = "machine_types = [\"P4000\"]\n  regions = [\"ca1\"]\n  lifecycle {\n    \
                    ignore_changes = [machine_type, region]\n  }";
    workspace.configure(&machine(ignoring));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    is(&sim, "A4000", "ny2");
}

#[test]
fn a_machine_that_exists_is_not_made_another_one() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    let on = format!("{SEVERAL}\n  power_state = \"on\"");
    workspace.configure(&machine(&on));
    workspace.apply().succeeds();
    let id = sim.world().machines[0].id.clone();
    sim.set_machine_state(&id, State::Off);
    sim.switch(|quirks| quirks.sold_out = vec![sold_out("A4000", "*")]);
    workspace
        .apply()
        .fails_with(&["Paperspace Refused the Request", "Out of capacity"]);
    assert_eq!(what_there_is(&sim), ("A4000".into(), "ny2".into(), State::Off));
    assert_eq!(seen(&sim, "POST", "/machines"), 1);
    assert_eq!(seen(&sim, "PUT", "/machines/*"), 0);
}

#[test]
fn a_plan_warns_only_where_none_of_them_passes() {
    const NONE: &str = "None of the Machines Can Be Had";
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&resource(SEVERAL));
    sim.switch(|quirks| quirks.sold_out = vec![sold_out("A4000", "*"), sold_out("P4000", "ny2")]);
    let is_silent = |plan: &str| {
        ![NONE, "Machine Type", "Template "]
            .iter()
            .any(|words| plan.contains(words))
    };
    let plan = workspace.plan();
    assert_eq!(plan.code, 2, "{}", plan.text());
    assert!(is_silent(&plan.text()), "{}", plan.text());
    sim.switch(|quirks| quirks.sold_out = vec![sold_out("*", "*")]);
    let plan = workspace
        .plan()
        .says(&[NONE, "A4000 in ny2: Machine Type Not Available", "on main.tf line 5"]);
    assert_eq!(plan.code, 2, "{}", plan.text());
    sim.switch(|quirks| quirks.sold_out.clear());
    workspace.configure(&resource(
        "machine_types = [\"A40000\", \"P40000\"]\n  region = \"ny2\"",
    ));
    workspace.plan().fails_with(&[
        NONE,
        "A40000 in ny2: Unknown Machine Type P40000 in ny2: Unknown Machine Type",
    ]);
    workspace.configure(&resource("machine_types = [\"A40000\", \"P4000\"]\n  region = \"ny2\""));
    assert!(is_silent(&workspace.plan().text()));
    workspace.configure(&resource(
        "machine_types = [\"A4000\"]\n  regions = [\"ny2\", \"mars\"]",
    ));
    workspace.plan().says(&["Unknown Region", "\"mars\" is not a region"]);
}

#[test]
fn what_a_configuration_may_not_say_is_told_at_its_place() {
    let sim = sim();
    let Some(workspace) = Workspace::new(&sim) else { return };
    for (arguments, expected) in [
        ("region = \"ny2\"", "Missing Machine Type"),
        ("machine_type = null\n  region = \"ny2\"", "Missing Machine Type"),
        (
            "machine_type = \"C5\"\n  machine_types = [\"C5\"]\n  region = \"ny2\"",
            "`machine_types` and `machine_type` cannot both be set",
        ),
        (
            "machine_type = \"C5\"\n  regions = [\"ny2\"]\n  region = \"ny2\"",
            "`regions` and `region` cannot both be set",
        ),
        (
            "machine_type = \"C5\"\n  regions = [\"ny2\"]\n  network_id = \"n1\"",
            "`regions` and `network_id` cannot both be set",
        ),
        (
            "machine_types = []\n  region = \"ny2\"",
            "`machine_types` must name at least one",
        ),
        (
            "machine_type = \"C5\"\n  regions = []",
            "`regions` must name at least one",
        ),
        (
            "machine_types = [\"C5\", null]\n  region = \"ny2\"",
            "`machine_types[1]` must be set, not null",
        ),
        (
            "machine_type = \"C5\"\n  regions = [\" \"]",
            "`regions` must not hold an empty name",
        ),
    ] {
        workspace.configure(&machine(arguments));
        workspace.run(&["validate", "-no-color"]).fails_with(&[expected]);
    }
}
