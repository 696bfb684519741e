//! Several creates at once: each state has a machine of its own, whatever happens to the answers. Where it cannot be told
//! which machine is whose, nobody takes one.

use terraform_provider_paperspace::sim::{Config, Effect, Fault, TimeMode};

use crate::support::cloud::{Cloud, alive, seen};
use crate::support::running::Running;
use crate::support::workspace::{APPLY, Run, Workspace};

const CANNOT_TELL: &str = "Cannot Tell Which Machine Was Created";

fn sim() -> Cloud {
    Cloud::start(Config {
        time: TimeMode::PerPoll { polls: 1 },
        ..Config::default()
    })
}

/// A configuration of so many machines of one name. The size of the disk tells whose a machine is.
fn machines(count: usize, name: &str, disk_size: u64) -> String {
    format!(
        "provider \"paperspace\" {{
  region      = \"ny2\"
  max_retries = 100
  plan_checks = false
}}
resource \"paperspace_machine\" \"it\" {{
  count        = {count}
  name         = \"{name}\"
  machine_type = \"C5\"
  template_id  = \"tkni3aa4\"
  disk_size    = {disk_size}
}}
"
    )
}

/// A working directory with so many machines of one name.
fn workspace(sim: &Cloud, count: usize, name: &str, disk_size: u64) -> Option<Workspace> {
    let workspace = Workspace::new(sim)?;
    workspace.configure(&machines(count, name, disk_size));
    Some(workspace)
}

fn start(workspace: &Workspace) -> Running {
    Running::start(workspace.command(&APPLY))
}

/// The ids in the state, none of them twice, and all of machines of that disk size.
fn tracked(sim: &Cloud, workspace: &Workspace, disk_size: u64) -> Vec<String> {
    let world = sim.world();
    let mut ids: Vec<_> = workspace
        .state_file()
        .iter()
        .map(|state| state["id"].as_str().unwrap_or_default().to_owned())
        .collect();
    for id in &ids {
        let machine = world.machine(id).expect("the machine in the state exists");
        assert_eq!(machine.disk_size, disk_size, "{id} belongs to the other run");
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "a machine is tracked twice: {ids:?}");
    ids
}

/// Starts both at once and waits for both.
fn both(one: &Workspace, other: &Workspace) -> [Run; 2] {
    let running = [start(one), start(other)];
    running.map(Running::ended)
}

#[test]
fn two_runs_at_once_make_a_machine_each() {
    for (one, other) in [("one", "other"), ("same", "same")] {
        let sim = sim();
        let Some(first) = workspace(&sim, 1, one, 50) else {
            return;
        };
        let Some(second) = workspace(&sim, 1, other, 100) else {
            return;
        };
        drop(both(&first, &second).map(Run::succeeds));
        assert_eq!(
            (tracked(&sim, &first, 50).len(), tracked(&sim, &second, 100).len()),
            (1, 1)
        );
        assert_eq!(alive(&sim.world()).len(), 2);
        first.plan_is_empty();
        second.plan_is_empty();
    }
}

#[test]
fn two_runs_with_lost_answers_never_take_each_others_machines() {
    for lost in [1, 2, 1000] {
        let sim = sim();
        let Some(first) = workspace(&sim, 1, "same", 50) else {
            return;
        };
        let Some(second) = workspace(&sim, 1, "same", 100) else {
            return;
        };
        sim.faults()
            .add(Fault::on("POST", "/machines", Effect::DropAfterAct).limit(lost));
        let runs = both(&first, &second);
        let tracked = [tracked(&sim, &first, 50), tracked(&sim, &second, 100)];
        for (run, tracked) in runs.into_iter().zip(&tracked) {
            match tracked.len() {
                1 => drop(run.succeeds()),
                _ => drop(run.fails_with(&[CANNOT_TELL])),
            }
        }
        assert_eq!(alive(&sim.world()).len(), 2, "one each, whoever has it: {tracked:?}");
    }
}

#[test]
fn what_cannot_be_told_apart_is_listed_and_can_be_imported() {
    let sim = sim();
    let Some(workspace) = workspace(&sim, 1, "same", 50) else {
        return;
    };
    sim.faults().add(Fault::on("POST", "/machines", Effect::DropAfterAct));
    // The look for the machine fails until somebody else has made one of the same name.
    sim.faults()
        .add(Fault::on("GET", "/machines", Effect::status(503)).nth(2).limit(1000));
    let mut running = start(&workspace);
    running.until("the look for the machine", || seen(&sim, "GET", "/machines") > 1);
    // While its disk is being made, a machine does not tell whether it is the one.
    sim.finish_all();
    sim.edit(|world| {
        let mut other = world.machines[0].clone();
        other.id = "ps1other".to_owned();
        world.machines.push(other);
    });
    sim.faults().clear();
    let own = sim.world().machines[0].id.clone();
    running
        .ended()
        .fails_with(&[CANNOT_TELL, &own, "ps1other", "terraform import"]);
    assert!(workspace.state_file().is_empty());
    sim.finish_all();

    workspace
        .run(&["import", "-no-color", "-input=false", "paperspace_machine.it[0]", &own])
        .succeeds();
    workspace.apply().succeeds();
    assert_eq!(tracked(&sim, &workspace, 50), [own]);
    assert_eq!(alive(&sim.world()).len(), 2);
}

#[test]
fn machines_of_one_name_are_told_apart_although_every_answer_is_lost() {
    for effect in [Effect::DropAfterAct, Effect::Garbage, Effect::status_after_act(504)] {
        let sim = sim();
        // Also where a listing shows a new machine late.
        sim.switch(|quirks| quirks.listing_lag = 1);
        let Some(workspace) = workspace(&sim, 5, "same", 50) else {
            return;
        };
        sim.faults().add(Fault::on("POST", "/machines", effect));
        workspace.apply().succeeds();
        assert_eq!(tracked(&sim, &workspace, 50).len(), 5);
        assert_eq!(alive(&sim.world()).len(), 5);
        assert_eq!(seen(&sim, "POST", "/machines"), 5, "none was asked for twice");
        workspace.plan_is_empty();
    }
}

#[test]
fn a_create_that_did_nothing_is_not_asked_for_again_on_a_guess() {
    let sim = sim();
    let Some(workspace) = workspace(&sim, 3, "same", 50) else {
        return;
    };
    sim.faults()
        .add(Fault::on("POST", "/machines", Effect::DropBeforeAct).limit(1));
    let doubtful = workspace.apply();
    doubtful.fails_with(&[
        "Machine Possibly Created",
        "It may exist all the same",
        "terraform import",
    ]);
    assert_eq!(tracked(&sim, &workspace, 50).len(), 2);
    assert_eq!((alive(&sim.world()).len(), seen(&sim, "POST", "/machines")), (2, 3));
    workspace.apply().succeeds();
    assert_eq!(tracked(&sim, &workspace, 50).len(), 3);
    assert_eq!((alive(&sim.world()).len(), seen(&sim, "POST", "/machines")), (3, 4));
}
