//! Many machines at once: how many requests they cost, and that nothing is mistaken on the way.

use terraform_provider_paperspace::sim::{Effect, Fault};

use crate::support::cloud::Cloud;
use crate::support::fleet;
use crate::support::workspace::Workspace;

/// A workspace with so many machines of the simulator in its state.
fn fleet(sim: &Cloud, machines: usize, provider: &str) -> Option<Workspace> {
    let workspace = Workspace::new(sim)?;
    workspace.configure(&fleet::configuration(
        machines,
        &format!("plan_checks = false\n{provider}"),
    ));
    fleet::write_state(&workspace, sim, machines);
    Some(workspace)
}

/// How many requests there were for pages of the listing, and how many for single machines.
fn pages_and_singles(sim: &Cloud) -> (usize, usize) {
    let requests = sim.requests();
    let pages = requests
        .iter()
        .filter(|request| request.line() == "GET /machines")
        .count();
    let singles = requests.iter().filter(|request| request.path.starts_with("/machines/"));
    (pages, singles.count())
}

/// How often it was asked whose the API key is: once a run that reads anything.
fn sessions(sim: &Cloud) -> usize {
    let requests = sim.requests();
    requests
        .iter()
        .filter(|request| request.line() == "GET /auth/session")
        .count()
}

#[test]
fn a_thousand_machines_are_refreshed_by_about_ten_requests() {
    let sim = Cloud::start(fleet::world(1000));
    let Some(workspace) = fleet(&sim, 1000, "") else { return };
    sim.delete_machine(&fleet::id(500));
    sim.rename_machine(&fleet::id(700), "renamed");
    let plan = workspace.plan();
    assert_eq!(plan.code, 2, "{}", plan.text());
    plan.says(&[
        "Plan: 1 to add, 1 to change, 0 to destroy.",
        "fleet[500] will be created",
        "fleet[700] will be updated in-place",
        "\"renamed\" -> \"node-700\"",
    ]);
    // Nine pages, the first reads and the one that is gone; more only where this computer is so slow that pages get old.
    let (pages, singles) = pages_and_singles(&sim);
    assert!(pages >= 9, "{pages} pages cannot hold a thousand machines");
    assert!(pages + singles <= 40, "{pages} pages and {singles} single machines");
    let gone = format!("/machines/{}", fleet::id(500));
    assert!(
        sim.requests().iter().any(|request| request.path == gone),
        "dropped on a listing's word"
    );
}

#[test]
fn a_single_machine_costs_one_request_however_many_there_are() {
    let sim = Cloud::start(fleet::world(300));
    let Some(workspace) = fleet(&sim, 1, "") else { return };
    workspace.plan_is_empty();
    assert_eq!((pages_and_singles(&sim), sessions(&sim)), ((0, 1), 1));
}

#[test]
fn a_listing_that_lags_drops_nothing() {
    let sim = Cloud::start(fleet::world(12));
    let Some(workspace) = fleet(&sim, 12, "") else { return };
    sim.edit(|world| {
        for number in 0..12 {
            let machine = world.machine_mut(&fleet::id(number)).expect("the machine was seeded");
            machine.sight.hidden_from_lists = u32::MAX;
        }
    });
    workspace.plan_is_empty();
    let (pages, singles) = pages_and_singles(&sim);
    assert!(
        pages >= 1 && singles == 12,
        "{pages} pages and {singles} single machines"
    );
}

#[test]
fn a_listing_that_fails_fails_no_read() {
    let sim = Cloud::start(fleet::world(12));
    let Some(workspace) = fleet(&sim, 12, "") else { return };
    sim.faults().add(Fault::on("GET", "/machines", Effect::status(400)));
    workspace.plan_is_empty();
    // One failure may be a stray, two in a row are believed.
    assert_eq!(pages_and_singles(&sim), (2, 12));
}

#[test]
fn without_batching_each_machine_is_a_request() {
    let sim = Cloud::start(fleet::world(12));
    let Some(workspace) = fleet(&sim, 12, "batch_reads = false") else {
        return;
    };
    workspace.plan_is_empty();
    assert_eq!(pages_and_singles(&sim), (0, 12));
}

#[test]
fn a_read_after_a_change_is_not_older_than_it() {
    let sim = Cloud::start(fleet::world(12));
    let Some(workspace) = fleet(&sim, 12, "") else { return };
    workspace.configure(&fleet::configuration(12, "plan_checks = false").replace("node-", "worker-"));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    assert!(
        sim.world()
            .live_machines()
            .all(|machine| machine.name.starts_with("worker-"))
    );
}
