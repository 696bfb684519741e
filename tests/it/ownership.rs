//! What is said to be gone, and by whom: nothing is forgotten, made anew or released on the word of anybody but the service that
//! has it, asked with a key of the team whose it is.

use serde_json::json;
use terraform_provider_paperspace::sim::record::{PublicIpType, State};
use terraform_provider_paperspace::sim::{Config, Effect, Ending, Fault, TeamConfig, TimeMode, quirks::EventEnding};

use crate::mistakes::machine;
use crate::support::cloud::{Cloud, alive, seen};
use crate::support::workspace::Workspace;

fn sim(teams: Vec<TeamConfig>) -> Cloud {
    Cloud::start(Config {
        time: TimeMode::PerPoll { polls: 1 },
        teams,
        ..Config::default()
    })
}

fn team() -> Cloud {
    sim(vec![TeamConfig::default()])
}

/// How many addresses are billed.
fn addresses(sim: &Cloud) -> usize {
    let world = sim.world();
    world
        .public_ips
        .iter()
        .filter(|address| address.dt_deleted.is_none())
        .count()
}

/// How many requests were made that change something.
fn writes(sim: &Cloud) -> usize {
    sim.requests().iter().filter(|request| request.method != "GET").count()
}

#[test]
fn with_a_key_of_another_team_nothing_is_forgotten_and_nothing_made() {
    const OTHERS: &str = "sim-key-of-another-team";
    let sim = sim(vec![TeamConfig::default(), TeamConfig::named("other", OTHERS)]);
    let Some(mut workspace) = Workspace::new(&sim) else {
        return;
    };
    workspace.configure(&machine("count = 3\n  deletion_protection = true"));
    workspace.apply().succeeds();
    sim.clear_requests();
    let before = workspace.state_file();
    workspace.set("PAPERSPACE_API_KEY", OTHERS);
    workspace
        .plan()
        .fails_with(&["Key of Another Team", "Nothing was forgotten or changed"]);
    workspace.apply().fails_with(&["Key of Another Team"]);
    workspace.destroy().fails_with(&["Key of Another Team"]);
    let destroyed = workspace.run(&[
        "destroy",
        "-auto-approve",
        "-no-color",
        "-input=false",
        "-refresh=false",
    ]);
    assert_eq!(destroyed.code, 1, "{}", destroyed.text());
    assert_eq!((workspace.state_file(), writes(&sim)), (before, 0));
    // Not protected, and not read before: the DELETE is answered by a 404.
    workspace.set("PAPERSPACE_API_KEY", sim.api_key());
    workspace.configure(&machine("count = 3"));
    workspace.apply().succeeds();
    workspace.set("PAPERSPACE_API_KEY", OTHERS);
    workspace
        .run(&[
            "destroy",
            "-auto-approve",
            "-no-color",
            "-input=false",
            "-refresh=false",
        ])
        .fails_with(&["Key of Another Team"]);
    assert_eq!((workspace.state_file().len(), alive(&sim.world()).len()), (3, 3));
    workspace.set("PAPERSPACE_API_KEY", sim.api_key());
    workspace.plan_is_empty();
    workspace.destroy().succeeds();
}

#[test]
fn at_another_api_nothing_is_forgotten_either() {
    let (sim, other) = (team(), team());
    let Some(mut workspace) = Workspace::new(&sim) else {
        return;
    };
    // Where no API tells whose key it is, the addresses are compared.
    let untold = || Fault::on("GET", "/auth/session", Effect::status(404)).limit(1000);
    sim.faults().add(untold());
    other.faults().add(untold());
    workspace.configure(&machine(""));
    workspace.apply().succeeds();
    workspace.set("PAPERSPACE_API_URL", other.url());
    workspace.plan().fails_with(&["Another API"]);
    assert_eq!((workspace.state_file().len(), writes(&other)), (1, 0));
}

#[test]
fn what_is_no_date_deletes_nothing_and_what_is_one_does() {
    let sim = team();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(""));
    workspace.apply().succeeds();
    for odd in [
        json!({"dtDeleted": ""}),
        json!({"dtDeleted": "yesterday"}),
        json!({"dtDeleted": 0}),
    ] {
        let odd = odd.as_object().expect("an object").clone();
        sim.switch(|quirks| drop(quirks.odd_fields.insert("*".to_owned(), odd)));
        workspace.plan_is_empty();
        assert_eq!(workspace.state_file().len(), 1);
    }
    let id = sim.world().machines[0].id.clone();
    let deleted = json!({"dtDeleted": "2026-01-01T12:00:00.000Z"});
    let deleted = deleted.as_object().expect("an object").clone();
    sim.switch(|quirks| drop(quirks.odd_fields.insert("*".to_owned(), deleted)));
    workspace.plan().says(&[
        "Machine Is Gone",
        &id,
        "\"it\"",
        "Paperspace says that it was deleted at 2026-01-01T12:00:00Z",
    ]);
    workspace.run(&["state", "rm", "paperspace_machine.it"]).succeeds();
    workspace
        .run(&["import", "-no-color", "paperspace_machine.it", &id])
        .fails_with(&["Machine Is Deleted"]);
}

#[test]
fn a_machine_with_an_odd_field_is_tracked_and_harms_no_other() {
    let sim = team();
    let Some(workspace) = Workspace::new(&sim) else { return };
    let two = format!(
        "{}{}",
        machine("").replace("\"it\"", "\"odd\""),
        machine("").replace("\"it\"", "\"even\"")
    );
    workspace.configure(&two);
    for odd in [
        json!({"cpus": 2.5}),
        json!({"ram": ""}),
        json!({"updatesPending": 0}),
        json!({"usageRate": "n/a"}),
        json!({"accelerators": "none"}),
        json!({"region": null}),
    ] {
        let members = odd.as_object().expect("an object").clone();
        sim.switch(|quirks| drop(quirks.odd_fields.insert("odd".to_owned(), members)));
        workspace.apply().succeeds();
        workspace.plan_is_empty();
        let objects = workspace.objects();
        assert_eq!((objects.len(), alive(&sim.world()).len()), (2, 2), "{odd}");
        assert!(objects.iter().all(|(_, object)| object["status"].is_null()), "{odd}");
        workspace.destroy().succeeds();
    }
}

#[test]
fn a_static_address_goes_with_the_machine_that_caused_it() {
    let sim = team();
    let Some(workspace) = Workspace::new(&sim) else { return };
    let with_address = machine("public_ip_type = \"static\"");
    workspace.configure(&with_address);
    workspace.apply().succeeds();
    assert_eq!(addresses(&sim), 1);
    workspace.destroy().succeeds();
    assert_eq!(addresses(&sim), 0, "it is not billed any more");
    // A change away from it releases it as well.
    workspace.configure(&with_address);
    workspace.apply().succeeds();
    workspace.configure(&machine("public_ip_type = \"dynamic\""));
    workspace.apply().succeeds();
    assert_eq!(addresses(&sim), 0);
    workspace.destroy().succeeds();
    // A release that fails fails the destroy, which can be repeated.
    workspace.configure(&with_address);
    workspace.apply().succeeds();
    sim.faults()
        .add(Fault::on("DELETE", "/public-ips/*", Effect::status(403)).limit(100));
    workspace.destroy().fails_with(&["Not Allowed"]);
    assert_eq!((alive(&sim.world()).len(), seen(&sim, "DELETE", "/machines/*")), (1, 2));
    sim.faults().clear();
    // Taken elsewhere by somebody, it is left and named.
    sim.edit(|world| {
        let kept = world
            .public_ips
            .iter_mut()
            .filter(|address| address.dt_deleted.is_none());
        kept.for_each(|address| address.assigned_machine_id = None);
    });
    workspace.destroy().succeeds().says(&["Static Address Kept"]);
    assert_eq!(addresses(&sim), 1);
}

#[test]
fn an_address_that_the_resource_did_not_cause_is_never_released() {
    let sim = team();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(""));
    workspace.apply().succeeds();
    let id = sim.world().machines[0].id.clone();
    sim.edit(|world| {
        let address = json!({
            "ip": "203.0.113.9", "region": "ny2", "assignedMachineId": id, "dtCreated": "2026-01-01T12:00:00.000Z"
        });
        world
            .public_ips
            .push(serde_json::from_value(address).expect("an address"));
        world.machines[0].public_ip_type = PublicIpType::Static;
        world.machines[0].public_ip = Some("203.0.113.9".to_owned());
    });
    workspace.plan_is_empty();
    workspace.configure(&machine("public_ip_type = \"none\""));
    workspace
        .plan()
        .says(&["Assigned Address Will Be Taken Off", "203.0.113.9"]);
    workspace.configure(&machine(""));
    workspace.destroy().succeeds();
    assert_eq!(seen(&sim, "DELETE", "/public-ips/*"), 0);
    assert_eq!(addresses(&sim), 1);
}

#[test]
fn protection_begins_with_the_first_apply_that_succeeds_and_is_no_dead_end() {
    let sim = team();
    let Some(workspace) = Workspace::new(&sim) else { return };
    let protected = "deletion_protection = true\n  lifecycle {\n    create_before_destroy = true\n  }";
    workspace.configure(&machine(protected));
    let ending = EventEnding {
        event: "create".into(),
        ending: Ending::Failed("no host".into()),
        count: Some(1),
    };
    sim.switch(|quirks| quirks.event_endings = vec![ending]);
    workspace
        .apply()
        .fails_with(&["Paperspace Gave Up the Operation", "`terraform untaint`"]);
    assert_eq!(
        workspace.objects()[0].1["attributes"]["deletion_protection"],
        json!(false)
    );
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    let machines = alive(&sim.world()).len();
    assert_eq!((machines, workspace.objects().len()), (1, 1));
    assert_eq!(workspace.state_file()[0]["deletion_protection"], json!(true));
    // A block that was removed has to be put back first, and the message says so.
    workspace.configure("");
    workspace.apply().fails_with(&["Machine Is Protected", "put it back"]);
    assert_eq!(alive(&sim.world()).len(), 1);
}

#[test]
fn a_machine_that_stays_off_for_want_of_capacity_fails_soon_and_one_that_is_good_is_not_tainted() {
    let sim = team();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(""));
    let ending = |ending| EventEnding {
        event: "create".into(),
        ending,
        count: Some(1),
    };
    sim.switch(|quirks| quirks.event_endings = vec![ending(Ending::EndsAs(State::Off))]);
    workspace
        .apply()
        .fails_with(&["Machine Stays as It Is", "stays \"off\"", "capacity"]);
    for (name, good) in [
        ("stuck", Ending::EventStuck),
        ("serviceready", Ending::EndsAs(State::ServiceReady)),
        ("error without a reason", Ending::DoneSayingError),
    ] {
        workspace.destroy().succeeds();
        sim.switch(|quirks| quirks.event_endings = vec![ending(good)]);
        workspace.apply().succeeds();
        assert!(workspace.objects()[0].1["status"].is_null(), "{name}");
    }
    // An event state that nobody knows, over a machine that is ready.
    workspace.destroy().succeeds();
    sim.switch(|quirks| {
        quirks.event_endings.clear();
        quirks
            .shown_event_states
            .insert("done".to_owned(), "finalised".to_owned());
    });
    workspace.apply().succeeds();
    assert!(workspace.objects()[0].1["status"].is_null());
}

#[test]
fn a_group_is_sent_whole_after_it_was_turned_off_by_hand() {
    let sim = team();
    let Some(workspace) = Workspace::new(&sim) else { return };
    let group = "auto_shutdown_enabled = true\n  auto_shutdown_timeout = 6\n  auto_snapshot_enabled = true\n  \
                 auto_snapshot_frequency = \"daily\"\n  auto_snapshot_save_count = 3";
    workspace.configure(&machine(group));
    workspace.apply().succeeds();
    sim.edit(|world| {
        let machine = &mut world.machines[0];
        (machine.auto_shutdown_enabled, machine.auto_snapshot_enabled) = (false, false);
        (machine.auto_shutdown_timeout, machine.auto_snapshot_frequency) = (None, None);
    });
    sim.switch(|quirks| quirks.snapshots_need_frequency = true);
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    let machine = sim.world().machines[0].clone();
    assert_eq!(
        (machine.auto_shutdown_enabled, machine.auto_shutdown_timeout),
        (true, Some(6))
    );
    assert!(machine.auto_snapshot_enabled && machine.auto_snapshot_frequency.is_some());
    // What is off may be told as null.
    workspace.configure(&machine_without_groups());
    workspace.apply().succeeds();
    sim.switch(|quirks| quirks.false_as_null = true);
    workspace.apply().succeeds();
    workspace.plan_is_empty();
}

fn machine_without_groups() -> String {
    machine("auto_shutdown_enabled = false\n  auto_snapshot_enabled = false")
}

#[test]
fn auto_shutdown_that_is_left_off_is_the_first_thing_said() {
    let sim = team();
    let Some(workspace) = Workspace::new(&sim) else { return };
    sim.switch(|quirks| quirks.sticky_auto_shutdown = true);
    let hours = |hours: u32| {
        machine(&format!(
            "auto_shutdown_enabled = true\n  auto_shutdown_timeout = {hours}"
        ))
    };
    workspace.configure(&hours(8));
    workspace.apply().succeeds();
    // The first PUT is forgotten, the second turns it off, the third and the one that puts it back are refused.
    sim.faults()
        .add(Fault::on("PUT", "/machines/*", Effect::status(400)).nth(3).limit(100));
    workspace.configure(&hours(24));
    workspace.apply().fails_with(&["Auto-shutdown is OFF", "costs money"]);
    sim.faults().clear();
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    assert_eq!(sim.world().machines[0].auto_shutdown_timeout, Some(24));
    // Where only the new settings are refused, those from before are back.
    sim.faults()
        .add(Fault::on("PUT", "/machines/*", Effect::status(400)).nth(3));
    workspace.configure(&hours(48));
    workspace
        .apply()
        .fails_with(&["Auto-shutdown is on with the settings from before"]);
    let machine = sim.world().machines[0].clone();
    assert_eq!(
        (machine.auto_shutdown_enabled, machine.auto_shutdown_timeout),
        (true, Some(24))
    );
}

#[test]
fn accessors_that_nobody_speaks_of_are_left_alone_and_an_empty_set_revokes_all() {
    let sim = Cloud::start(crate::support::cloud::furnished(Config {
        time: TimeMode::PerPoll { polls: 1 },
        ..Config::default()
    }));
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine("accessor_ids = [\"u2member\", \"u3guest\"]"));
    workspace.apply().succeeds();
    let id = sim.world().machines[0].id.clone();
    let accessors = || sim.world().machines[0].accessor_ids.len();
    for arguments in ["", "accessor_ids = null"] {
        workspace.run(&["state", "rm", "paperspace_machine.it"]).succeeds();
        workspace.configure(&machine(arguments));
        workspace
            .run(&["import", "-no-color", "paperspace_machine.it", &id])
            .succeeds();
        workspace.apply().succeeds();
        workspace.plan_is_empty();
        assert_eq!(accessors(), 2, "{arguments:?}");
    }
    // Set and taken away again, it is no longer this configuration's matter.
    workspace.configure(&machine("accessor_ids = [\"u2member\"]"));
    workspace.apply().succeeds();
    workspace.configure(&machine(""));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    let left = accessors();
    assert!(left > 0, "who had access has it still");
    workspace.configure(&machine("accessor_ids = [\"u2member\", \"u3guest\"]"));
    workspace.apply().succeeds();
    workspace.configure(&machine("accessor_ids = []"));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    assert_eq!(accessors(), 0);
}

#[test]
fn a_look_that_is_behind_a_change_is_no_error() {
    let sim = team();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine("auto_shutdown_enabled = true\n  auto_shutdown_timeout = 8"));
    workspace.apply().succeeds();
    sim.switch(|quirks| {
        quirks.staleness.gets = 2;
        quirks.staleness.listings = 2;
    });
    for (timeout, name, size) in [(24, "it", 50), (24, "other", 50), (24, "other", 100)] {
        let arguments = format!(
            "name = \"{name}\"\n  disk_size = {size}\n  auto_shutdown_enabled = true\n  auto_shutdown_timeout = {timeout}"
        );
        workspace.configure(&machine(&arguments));
        workspace.apply().succeeds();
        workspace.plan_is_empty();
    }
}

#[test]
fn a_rename_waits_for_no_rest_that_never_comes() {
    let sim = team();
    let Some(workspace) = Workspace::new(&sim) else { return };
    workspace.configure(&machine(""));
    workspace.apply().succeeds();
    sim.switch(|quirks| drop(quirks.shown_states.insert("ready".to_owned(), "upgrading".to_owned())));
    workspace.configure(&machine("name = \"other\""));
    workspace.apply().succeeds();
    assert_eq!(sim.world().machines[0].name, "other");
}
