//! The reader against a scripted server: which requests come of which reads.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::super::{
    Cancel, Settings, UpdateMachine,
    loopback::{Loopback, Reply, beat, http},
};
use super::*;

fn machine(id: &str) -> Value {
    json!({"id": id, "name": id, "state": "ready", "machineType": "C5", "region": "ny2"})
}

fn one(id: &str) -> Reply {
    Reply::json(200, &machine(id))
}

fn listing(ids: &[&str], next: Option<&str>) -> Value {
    let items: Vec<_> = ids.iter().map(|id| machine(id)).collect();
    json!({"hasMore": next.is_some(), "nextPage": next, "items": items})
}

fn listed(ids: &[&str], next: Option<&str>) -> Reply {
    Reply::json(200, &listing(ids, next))
}

fn refused(status: u16) -> Reply {
    Reply::json(status, &json!({"code": "NOPE", "message": "No."}))
}

const LIST: &str = "GET /v1/machines?orderBy=dtCreated&order=desc&limit=120";

/// The ids that come of reading the machines at the same time, and of which reads failed for want of a machine.
async fn read(reader: &MachineReader, client: &Client, ids: &[&str]) -> Vec<String> {
    let reads = ids.iter().map(|id| async move {
        match reader.machine(client, id).await {
            Ok(machine) => machine.id,
            Err(error) if error.is_not_found() => format!("no {id}"),
            Err(error) => panic!("{error}"),
        }
    });
    join_all(reads).await
}

/// A reader in the middle of a burst: two reads have asked by themselves.
async fn busy(replies: impl IntoIterator<Item = Reply>) -> (Loopback, Client, MachineReader) {
    let replies = [one("a"), one("b")].into_iter().chain(replies);
    let server = Loopback::start(replies).await;
    let (client, reader) = (server.client(), MachineReader::new(true));
    for id in ["a", "b"] {
        assert_eq!(read(&reader, &client, &[id]).await, [id]);
        server.arrival().await;
    }
    (server, client, reader)
}

/// The requests after those of [`busy`].
fn further(server: &Loopback) -> Vec<String> {
    let lines = server.lines();
    assert_eq!(lines[..2], ["GET /v1/machines/a", "GET /v1/machines/b"]);
    lines[2..].to_vec()
}

#[tokio::test]
async fn many_reads_are_answered_by_the_pages_that_they_need() {
    let (server, client, reader) = busy([listed(&["a", "c", "d"], Some("x")), listed(&["e", "f"], Some("y"))]).await;
    assert_eq!(read(&reader, &client, &["c", "d", "e"]).await, ["c", "d", "e"]);
    assert_eq!(read(&reader, &client, &["f"]).await, ["f"]);
    let second = format!("{LIST}&after=x");
    assert_eq!(further(&server), [LIST, &second]);
}

#[tokio::test]
async fn without_batching_every_read_is_a_request() {
    let server = Loopback::start(["a", "b", "c", "d"].map(one)).await;
    let (client, reader) = (server.client(), MachineReader::new(false));
    for id in ["a", "b", "c", "d"] {
        assert_eq!(read(&reader, &client, &[id]).await, [id]);
    }
    assert_eq!(server.lines()[3], "GET /v1/machines/d");
}

#[tokio::test]
async fn what_the_listing_lacks_is_asked_for_by_itself() {
    let (server, client, reader) = busy([listed(&["c"], None), one("late"), refused(404)]).await;
    assert_eq!(read(&reader, &client, &["c"]).await, ["c"]);
    assert_eq!(read(&reader, &client, &["late"]).await, ["late"]);
    assert_eq!(read(&reader, &client, &["gone"]).await, ["no gone"]);
    assert_eq!(
        further(&server),
        [LIST, "GET /v1/machines/late", "GET /v1/machines/gone"]
    );
}

#[tokio::test]
async fn where_the_listing_fails_each_is_asked_for_by_itself() {
    let (server, client, reader) = busy([refused(400), one("c"), one("d")]).await;
    assert_eq!(read(&reader, &client, &["c"]).await, ["c"]);
    assert_eq!(read(&reader, &client, &["d"]).await, ["d"]);
    assert_eq!(further(&server), [LIST, "GET /v1/machines/c", "GET /v1/machines/d"]);
}

#[tokio::test]
async fn a_change_makes_every_look_old() {
    let (server, client, reader) = busy([
        listed(&["c", "d"], None),
        Reply::json(200, &json!({"data": machine("c")})),
        listed(&["c", "d"], None),
    ])
    .await;
    assert_eq!(read(&reader, &client, &["c"]).await, ["c"]);
    client
        .clone()
        .update_machine("c", &UpdateMachine::default())
        .await
        .unwrap();
    assert_eq!(read(&reader, &client, &["d"]).await, ["d"]);
    assert_eq!(further(&server), [LIST, "PUT /v1/machines/c", LIST]);
}

/// At the pace at which the real service is asked.
#[tokio::test(start_paused = true)]
async fn a_listing_that_fails_for_long_costs_little() {
    beat();
    let failure = || Reply::text(503, "", "");
    let script = || Reply::json(200, &json!({"id": "s1", "assignedMachineIds": ["x"]}));
    let ids: Vec<_> = (0..40).map(|number| format!("m{number}")).collect();
    // Two reads by themselves, two attempts for a page, and then every read by itself; with the scripts it is the same.
    let alone = ids[..2].iter().map(|id| one(id));
    let rest = ids[2..].iter().flat_map(|id| [one(id), script()]);
    let replies = alone.chain([failure(), failure(), one(&ids[2]), failure(), failure(), script()]);
    let server = Loopback::start(replies.chain(rest.skip(2))).await;
    let settings = Settings {
        pace: Settings::new("k3y".into()).pace,
        ..server.settings()
    };
    let (client, reader) = (Client::new(settings).unwrap(), MachineReader::new(true));
    for (number, id) in ids.iter().enumerate() {
        assert_eq!(reader.machine(&client, id).await.unwrap().id, *id);
        if number >= 2 {
            assert!(reader.runs_script(&client, "s1", "x").await.unwrap());
        }
    }
    let lines = server.lines();
    let listings = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count();
    assert_eq!(listings("GET /v1/machines?"), 2, "{lines:?}");
    assert_eq!(listings("GET /v1/startup-scripts?"), 2, "{lines:?}");
}

/// A reply that waits, and what lets it go.
fn held(ids: &[&str]) -> (Reply, Arc<Notify>) {
    let go = Arc::new(Notify::new());
    let body = listing(ids, None).to_string();
    let answer = http(200, "content-type: application/json\r\n", &body);
    (Reply::Held(answer, Arc::clone(&go)), go)
}

#[tokio::test]
async fn a_read_that_is_dropped_takes_nothing_from_the_others() {
    let (slow, _never) = held(&[]);
    let (server, client, reader) = busy([slow, listed(&["c", "d"], None)]).await;
    // The first asks for the page, the second waits for it; then the first is no more.
    let mut first = Box::pin(reader.machine(&client, "c"));
    let second = async { reader.machine(&client, "d").await.unwrap().id };
    tokio::pin!(second);
    tokio::select! {
        biased;
        _ = &mut first => panic!("the page is held"),
        _ = &mut second => panic!("the page is held"),
        () = server.arrival() => drop(first),
    }
    assert_eq!(second.await, "d");
    assert_eq!(further(&server), [LIST, LIST]);
}

#[tokio::test]
async fn a_read_that_is_cancelled_ends_alone() {
    let (slow, _never) = held(&[]);
    let (server, client, reader) = busy([slow, listed(&["c", "d"], None)]).await;
    let stopped = client.with_cancel(Cancel::new());
    let first = reader.machine(&stopped, "c");
    let second = reader.machine(&client, "d");
    let third = reader.machine(&stopped, "c");
    let stop = async {
        server.arrival().await;
        stopped.cancel().cancel();
    };
    let (first, second, third, ()) = tokio::join!(first, second, third, stop);
    assert!(first.unwrap_err().is_cancelled() && third.unwrap_err().is_cancelled());
    assert_eq!(second.unwrap().id, "d");
    assert_eq!(further(&server), [LIST, LIST]);
}

#[tokio::test]
async fn one_listing_answers_for_the_startup_scripts_of_all() {
    let script = |id: &str, machines: &[&str]| json!({"id": id, "assignedMachineIds": machines});
    let scripts = json!({"items": [script("s1", &["a", "b"]), script("s2", &["c"])]});
    let server = Loopback::start([
        Reply::json(200, &scripts),
        Reply::json(200, &script("s2", &["c", "d"])),
        Reply::json(200, &script("s2", &["c"])),
        refused(404),
    ])
    .await;
    let (client, reader) = (server.client(), MachineReader::new(true));
    assert_eq!(reader.startup_scripts(&client).await.unwrap().len(), 2);
    let runs = |script, machine| {
        let (client, reader) = (&client, &reader);
        async move { reader.runs_script(client, script, machine).await.unwrap() }
    };
    let answers = tokio::join!(runs("s1", "a"), runs("s1", "b"), runs("s2", "c"));
    assert_eq!(answers, (true, true, true));
    // That it does not run is believed of the script itself only.
    assert!(runs("s2", "d").await);
    assert!(!runs("s2", "e").await);
    assert!(!runs("s3", "a").await);
    assert_eq!(
        server.lines(),
        [
            "GET /v1/startup-scripts?orderBy=dtCreated&order=desc&limit=120",
            "GET /v1/startup-scripts/s2",
            "GET /v1/startup-scripts/s2",
            "GET /v1/startup-scripts/s3",
        ]
    );
}

#[tokio::test]
async fn startup_scripts_are_listed_anew_after_a_change_and_asked_for_where_that_fails() {
    let script = json!({"id": "s1", "assignedMachineIds": ["a"]});
    let scripts = json!({"items": [script]});
    let server = Loopback::start([
        Reply::json(200, &scripts),
        Reply::json(200, &script),
        refused(400),
        Reply::json(200, &script),
        Reply::json(200, &scripts),
    ])
    .await;
    let (client, reader) = (server.client(), MachineReader::new(true));
    assert!(reader.runs_script(&client, "s1", "a").await.unwrap());
    client.assign_startup_script("s1", "b").await.unwrap();
    assert!(reader.runs_script(&client, "s1", "a").await.unwrap());
    // Who needs all of them is not told that there are none.
    assert_eq!(reader.startup_scripts(&client).await.unwrap().len(), 1);
    assert_eq!(
        server.lines()[2..],
        [
            "GET /v1/startup-scripts?orderBy=dtCreated&order=desc&limit=120",
            "GET /v1/startup-scripts/s1",
            "GET /v1/startup-scripts?orderBy=dtCreated&order=desc&limit=120",
        ]
    );
}
