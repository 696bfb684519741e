//! Snapshots taken and restored.

use terraform_provider_paperspace::sim::{Effect, Fault};

use super::*;
use crate::support::cloud::seen;

const SNAPSHOT: &str = "paperspace_machine_snapshot";
const RESTORE: &str = "paperspace_snapshot_restore";

fn named(name: &str) -> (&'static str, Value) {
    ("name", Value::string(name))
}

/// The names of the snapshots that there are, the oldest first.
fn snapshots(sim: &Cloud) -> Vec<String> {
    let snapshots = sim.world().snapshots.into_iter();
    snapshots.map(|snapshot| snapshot.name).collect()
}

/// A cloud with a machine and a snapshot of it, and the snapshot's id.
async fn copied() -> (Cloud, Session, String) {
    let sim = cloud(&["ps1"], State::Ready);
    let mut session = Session::with(&sim).await;
    invoke(&mut session, SNAPSHOT, &[machine("ps1"), named("before")])
        .await
        .succeeds();
    let id = sim.world().snapshots[0].id.clone();
    sim.clear_requests();
    (sim, session, id)
}

#[tokio::test]
async fn a_snapshot_is_taken_and_named() {
    let sim = cloud(&["ps1"], State::Ready);
    let mut session = Session::with(&sim).await;
    let lines = invoke(&mut session, SNAPSHOT, &[machine("ps1"), named("before")])
        .await
        .succeeds();
    let id = sim.world().snapshots[0].id.clone();
    for part in [
        format!("snapshot {id} of the machine ps1 was taken on"),
        format!("snapshot {id} of the machine ps1 is taken"),
    ] {
        assert!(lines.iter().any(|line| line.starts_with(&part)), "{lines:?}");
    }
    assert_eq!(snapshots(&sim), ["before"]);
    let done = sim.world().events.iter().all(|event| event.dt_finished.is_some());
    assert!(done, "it was waited for");
    // Another one of that name is no obstacle.
    invoke(&mut session, SNAPSHOT, &[machine("ps1"), named("before")])
        .await
        .succeeds();
    assert_eq!(snapshots(&sim), ["before", "before"]);
    session.end().await;
}

#[tokio::test]
async fn a_lost_answer_leads_to_no_second_snapshot() {
    let sim = cloud(&["ps1"], State::Ready);
    let mut session = Session::with(&sim).await;
    sim.faults().add(Fault::on("POST", "/snapshots", Effect::DropAfterAct));
    let invoked = invoke(&mut session, SNAPSHOT, &[machine("ps1"), named("before")]).await;
    let [warning] = invoked.diagnostics.as_slice() else {
        panic!("{invoked:?}")
    };
    assert_eq!(
        (warning.summary.as_str(), warning.severity),
        ("Answer to the Create Was Lost", 2)
    );
    assert_eq!((snapshots(&sim).len(), seen(&sim, "POST", "/snapshots")), (1, 1));
    session.end().await;
}

#[tokio::test]
async fn of_a_machine_that_is_not_there_no_snapshot_is_taken() {
    let sim = cloud(&[], State::Ready);
    let mut session = Session::with(&sim).await;
    let invoked = invoke(&mut session, SNAPSHOT, &[machine("ps0"), named("before")]).await;
    invoked.fails_with("Machine Is Gone", &["take the snapshot \"before\" of the machine ps0"]);
    assert_eq!(seen(&sim, "POST", "/snapshots"), 0);
    session.end().await;
}

#[tokio::test]
async fn a_restore_keeps_what_was_there_and_names_it() {
    let (sim, mut session, id) = copied().await;
    let snapshot = ("snapshot_id", Value::string(&id));
    let lines = invoke(&mut session, RESTORE, std::slice::from_ref(&snapshot))
        .await
        .succeeds();
    let world = sim.world();
    let kept = &world.snapshots[1];
    assert_eq!(kept.name, "before before");
    let named = format!(
        "what the disk of the machine ps1 held before is in the snapshot {}",
        kept.id
    );
    assert!(lines.iter().any(|line| line.starts_with(&named)), "{lines:?}");
    assert_eq!(events(&sim, "snapshot-restore"), 1);
    assert_eq!(world.operations, [], "it was waited for");
    let without = ("create_snapshot_before_restore", Value::Bool(false));
    invoke(&mut session, RESTORE, &[snapshot, without]).await.succeeds();
    assert_eq!((events(&sim, "snapshot-restore"), snapshots(&sim).len()), (2, 2));
    let bodies: Vec<_> = sim
        .requests()
        .into_iter()
        .filter(|request| request.path.ends_with("/restore"))
        .filter_map(|request| request.body)
        .collect();
    let flag = |body: &serde_json::Value| body["createSnapshotBeforeRestore"].clone();
    assert_eq!(bodies.iter().map(flag).collect::<Vec<_>>(), [json!(true), json!(false)]);
    session.end().await;
}

#[tokio::test]
async fn a_lost_answer_leads_to_no_second_restore() {
    for (effect, expected) in [(Effect::DropAfterAct, Ok(1)), (Effect::DropBeforeAct, Err(0))] {
        let (sim, mut session, id) = copied().await;
        // An earlier restore is none of this one's.
        let snapshot = [("snapshot_id", Value::string(&id))];
        invoke(&mut session, RESTORE, &snapshot).await.succeeds();
        sim.faults()
            .add(Fault::on("POST", "/snapshots/*/restore", effect).limit(1));
        let invoked = invoke(&mut session, RESTORE, &snapshot).await;
        match expected {
            Ok(_) => drop(invoked.succeeds()),
            Err(_) => drop(invoked.fails_with("Connection Lost", &["restore the snapshot", "Now the machine ps1 is"])),
        }
        let restores = expected.unwrap_or_else(|none| none) + 1;
        assert_eq!(events(&sim, "snapshot-restore"), restores);
        assert_eq!(
            seen(&sim, "POST", &format!("/snapshots/{id}/restore")),
            2,
            "each was asked for once"
        );
        session.end().await;
    }
}

#[tokio::test]
async fn what_is_being_done_to_the_machine_comes_first() {
    let (sim, mut session, id) = copied().await;
    let stop = [machine("ps1"), ("wait", Value::Bool(false))];
    invoke(&mut session, "paperspace_machine_stop", &stop).await.succeeds();
    assert_eq!(states(&sim), [State::Stopping]);
    invoke(&mut session, RESTORE, &[("snapshot_id", Value::string(&id))])
        .await
        .succeeds();
    assert_eq!((states(&sim), events(&sim, "snapshot-restore")), (vec![State::Off], 1));
    session.end().await;
}

#[tokio::test]
async fn a_snapshot_that_is_not_there_is_told_at_its_argument() {
    let sim = cloud(&["ps1"], State::Ready);
    let mut session = Session::with(&sim).await;
    let invoked = invoke(&mut session, RESTORE, &[("snapshot_id", Value::string("sl0"))]).await;
    let invoked = invoked.fails_with("Not Found", &["restore the snapshot sl0"]);
    assert!(invoked.diagnostics[0].attribute.is_some());
    session.end().await;
}

#[tokio::test]
async fn a_snapshot_that_does_not_tell_its_machine_is_not_restored() {
    let (sim, mut session, id) = copied().await;
    let serde_json::Value::Object(odd) = json!({"machineId": null}) else {
        unreachable!("it is an object")
    };
    sim.switch(|quirks| drop(quirks.odd_fields.insert(id.clone(), odd)));
    let invoked = invoke(&mut session, RESTORE, &[("snapshot_id", Value::string(&id))]).await;
    invoked.fails_with("Snapshot Without a Machine", &["Nothing was changed."]);
    assert_eq!(seen(&sim, "POST", &format!("/snapshots/{id}/restore")), 0);
    session.end().await;
}
