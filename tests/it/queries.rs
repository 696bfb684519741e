//! Queries and generated configurations at the level of the protocol: what exists is found, can be imported as it was told,
//! and written down so that nothing is left to change.

use serde_json::json;
use terraform_provider_paperspace::provider;
use terraform_provider_paperspace::sim::{Effect, Fault};
use terraform_provider_paperspace::value::Value;
use terraform_provider_paperspace::wire::proto::tfplugin6::list_resource::Event;
use terraform_provider_paperspace::wire::proto::tfplugin6::stop_provider;
use tonic::Streaming;

use crate::examples;
use crate::support::cloud::{Cloud, seen};
use crate::support::fleet;
use crate::support::session::{MACHINE, Session};

/// A team that has something of every kind, and besides what is not for Terraform to manage.
fn team() -> Cloud {
    let cloud = examples::team();
    cloud.edit(|world| {
        let snapshot = json!({"id": "sl2auto", "name": "auto", "machineId": "ps8fe3mg1", "isAutoSnapshot": true});
        world
            .snapshots
            .push(serde_json::from_value(snapshot).expect("a snapshot"));
        let machine = world.machine_mut("ps8fe3mg1").expect("it was seeded");
        machine.accessor_ids = vec!["u2member".to_owned()];
        let mut script = world.startup_scripts[0].clone();
        script.id = "sc2other".to_owned();
        script.name = "other".to_owned();
        script.assigned_machine_ids = vec!["ps8fe3mg1".to_owned()];
        world.startup_scripts.push(script);
    });
    cloud
}

/// The types that can be listed.
fn lists() -> Vec<&'static str> {
    let server = provider::server();
    server
        .registry()
        .list_resources()
        .map(|list| list.type_name())
        .collect()
}

fn text(value: &str) -> Value {
    Value::string(value)
}

/// The object without one of its attributes.
fn without(value: &Value, name: &str) -> Value {
    match value {
        Value::Object(attributes) => {
            let kept = attributes.iter().filter(|(kept, _)| *kept != name);
            Value::object(kept.map(|(name, value)| (name.clone(), value.clone())))
        }
        other => other.clone(),
    }
}

#[test]
fn everything_but_relations_can_be_listed() {
    let server = provider::server();
    let resources = server.registry().resources().map(|resource| resource.type_name());
    let listed: Vec<_> = resources
        .filter(|name| *name != "paperspace_public_ip_assignment")
        .collect();
    assert_eq!(lists(), listed);
}

#[tokio::test]
async fn what_a_query_finds_is_what_an_import_takes() {
    let cloud = team();
    for type_name in lists() {
        let mut session = Session::with_type(&cloud, type_name).await;
        let listed = session.list(&[], true, 100).await;
        assert_eq!(listed.titles, [""; 0], "{type_name}");
        assert!(!listed.found.is_empty(), "{type_name}: nothing was found");
        let short = session.list(&[], false, 100).await;
        assert_eq!(short.names(), listed.names(), "{type_name}: the order is not the same");
        for ((name, whole), (_, short)) in listed.found.iter().zip(&short.found) {
            assert!(short.value.is_null() && short.identity == whole.identity, "{type_name}");
            let imported = session.import("", whole.identity.as_ref()).await.succeeds();
            assert_eq!(imported.identity, whole.identity, "{type_name} {name}");
            // Who else may use a machine takes a request each to know.
            let accessors = "accessor_ids";
            assert_eq!(
                without(&imported.value, accessors),
                without(&whole.value, accessors),
                "{type_name} {name}"
            );
            let told = whole.value.get(accessors).is_none_or(Value::is_null);
            assert!(told, "{type_name}");
        }
        session.end().await;
    }
}

#[tokio::test]
async fn what_is_generated_of_an_import_is_valid_and_changes_nothing() {
    let cloud = team();
    for type_name in lists() {
        let mut session = Session::with_type(&cloud, type_name).await;
        for (name, found) in session.list(&[], false, 100).await.found {
            let imported = session.import("", found.identity.as_ref()).await.succeeds();
            let read = session
                .read_with(&imported.value, imported.identity.as_ref(), &imported.private)
                .await
                .succeeds();
            let config = session.generate(&read.value).await;
            assert_eq!(
                session.validate(&config).await,
                [""; 0],
                "{type_name} {name}: {config:?}"
            );
            let planned = session
                .plan(&read.value, read.identity.as_ref(), &config)
                .await
                .succeeds();
            assert_eq!(planned.value, read.value, "{type_name} {name}: {config:?}");
            assert_eq!(planned.titles(), [""; 0], "{type_name} {name}");
        }
        session.end().await;
    }
}

#[tokio::test]
async fn a_generated_configuration_is_short_and_keeps_what_it_stands_on() {
    let cloud = team();
    let mut session = Session::with_type(&cloud, "paperspace_shared_drive").await;
    let drive = session.list(&[], true, 1).await.found.remove(0).1;
    let config = session.generate(&drive.value).await;
    let expected = session.object([
        ("name", text("datasets")),
        ("size", Value::from(500)),
        ("region", text("East Coast (NY2)")),
        ("network_id", text("n1research")),
    ]);
    assert_eq!(config, expected);
    assert_eq!(session.generate(&Value::Null).await, Value::Null);
    session.end().await;
}

/// Filters of the listing, and the names of what satisfies them.
type Case<'a> = (&'a [(&'static str, &'a str)], &'a [&'a str]);

async fn finds(session: &mut Session, cases: &[Case<'_>]) {
    for (arguments, expected) in cases {
        let arguments: Vec<_> = arguments.iter().map(|(name, value)| (*name, text(value))).collect();
        assert_eq!(session.validate_list(&arguments).await, [""; 0], "{arguments:?}");
        let listed = session.list(&arguments, false, 100).await;
        let mut names = listed.names();
        names.sort_unstable();
        assert_eq!(
            (names.as_slice(), listed.titles.as_slice()),
            (*expected, &[] as &[String]),
            "{arguments:?}"
        );
    }
}

#[tokio::test]
async fn every_argument_narrows_a_query_down() {
    let cloud = team();
    let mut machines = Session::with_type(&cloud, MACHINE).await;
    let cases: &[Case<'_>] = &[
        (&[], &["workstation"]),
        (&[("name", "workstation")], &["workstation"]),
        (&[("name", "work")], &[]),
        (&[("name_regex", "^work")], &["workstation"]),
        (&[("name_regex", "^station")], &[]),
        (&[("region", "East Coast (NY2)")], &["workstation"]),
        (&[("region", "ca1")], &[]),
        (&[("machine_type", "p4000")], &["workstation"]),
        (&[("machine_type", "A4000")], &[]),
        (&[("state", "ready")], &["workstation"]),
        (&[("state", "off")], &[]),
        (&[("agent_type", "LinuxHeadless")], &["workstation"]),
        (&[("agent_type", "WindowsDesktop")], &[]),
    ];
    finds(&mut machines, cases).await;
    machines.end().await;

    let mut snapshots = Session::with_type(&cloud, "paperspace_snapshot").await;
    let cases: &[Case<'_>] = &[
        (&[], &["before"]),
        (&[("machine_id", "ps8fe3mg1")], &["before"]),
        (&[("machine_id", "psother")], &[]),
        (&[("name", "auto")], &[]),
    ];
    finds(&mut snapshots, cases).await;
    snapshots.end().await;

    // The default networks are there too, and not for Terraform.
    let mut networks = Session::with_type(&cloud, "paperspace_private_network").await;
    finds(&mut networks, &[(&[], &["research"]), (&[("region", "ams1")], &[])]).await;
    networks.end().await;

    // What has no name is shown by its key. The first is the static one of the machine.
    let mut addresses = Session::with_type(&cloud, "paperspace_public_ip").await;
    let cases: &[Case<'_>] = &[
        (&[], &["198.18.0.3", "203.0.113.7", "203.0.113.8"]),
        (&[("region", "Europe (AMS1)")], &["203.0.113.8"]),
    ];
    finds(&mut addresses, cases).await;
    addresses.end().await;

    let mut templates = Session::with_type(&cloud, "paperspace_custom_template").await;
    let all = templates.list(&[], false, 100).await;
    let one = all.names()[0];
    finds(
        &mut templates,
        &[(&[("name", one)], &[one]), (&[("name", "none such")], &[])],
    )
    .await;
    templates.end().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_query_is_said_before_it_runs() {
    let cloud = team();
    let mut session = Session::with(&cloud).await;
    for (argument, value, title) in [
        ("region", "moon", "Unknown Region"),
        ("state", "pondering", "Unknown State"),
        ("name_regex", "(", "Invalid Value"),
        ("name", " ", "Invalid Value"),
    ] {
        let titles = session.validate_list(&[(argument, text(value))]).await;
        assert_eq!(titles, [title], "{argument}");
    }
    assert_eq!(cloud.requests().len(), 0);
    session.end().await;
}

/// How many pages of machines were asked for.
fn pages(cloud: &Cloud) -> usize {
    seen(cloud, "GET", "/machines")
}

#[tokio::test]
async fn no_page_is_asked_for_that_nobody_wants() {
    for (limit, found, asked) in [(0, 0, 0), (1, 1, 1), (120, 120, 1), (121, 121, 2), (1000, 300, 3)] {
        let cloud = Cloud::start(fleet::world(300));
        let mut session = Session::with(&cloud).await;
        let listed = session.list(&[], false, limit).await;
        assert_eq!((listed.found.len(), pages(&cloud)), (found, asked), "{limit}");
        session.end().await;
    }
}

#[tokio::test]
async fn a_thousand_machines_are_found_by_about_ten_requests() {
    for with_state in [false, true] {
        let cloud = Cloud::start(fleet::world(1000));
        let mut session = Session::with(&cloud).await;
        let listed = session.list(&[], with_state, 2000).await;
        assert_eq!(listed.found.len(), 1000);
        let requests = cloud.requests().len();
        assert!((9..=12).contains(&requests), "{requests} requests");
        session.end().await;
    }
}

#[tokio::test]
async fn a_page_that_fails_leaves_no_list_that_looks_complete() {
    let cloud = Cloud::start(fleet::world(300));
    cloud
        .faults()
        .add(Fault::on("GET", "/machines", Effect::status(403)).nth(2));
    let mut session = Session::with(&cloud).await;
    let listed = session.list(&[], false, 1000).await;
    assert_eq!(
        (listed.found.len(), listed.titles.len()),
        (120, 1),
        "{:?}",
        listed.titles
    );
    session.end().await;
}

/// Starts a query whose second page never comes, and reads its first result.
async fn stuck(session: &Session, cloud: &Cloud) -> Streaming<Event> {
    cloud.faults().add(Fault::on("GET", "/machines", Effect::Hang).nth(2));
    let request = session.list_request(&[], false, 1000).await;
    let mut client = session.client.inner();
    let mut events = client.list_resource(request).await.unwrap().into_inner();
    let first = events.message().await.unwrap().unwrap();
    assert!(first.identity.is_some());
    events
}

#[tokio::test]
async fn results_come_before_the_next_page_and_a_stopped_query_says_so() {
    let cloud = Cloud::start(fleet::world(300));
    let mut session = Session::with(&cloud).await;
    let mut events = stuck(&session, &cloud).await;
    let mut rest = Vec::new();
    while rest.len() < 119 {
        rest.push(events.message().await.unwrap().unwrap());
    }
    session.client.stop_provider(stop_provider::Request {}).await.unwrap();
    while let Some(event) = events.message().await.unwrap() {
        rest.push(event);
    }
    let last = rest.pop().unwrap();
    assert_eq!(rest.len(), 119);
    assert_eq!(last.diagnostic[0].summary, "Query Interrupted");
    // What comes after a stop runs as ever.
    cloud.faults().clear();
    assert_eq!(session.list(&[], false, 1000).await.found.len(), 300);
    session.end().await;
}

#[tokio::test]
async fn a_host_that_hangs_up_ends_the_query() {
    let cloud = Cloud::start(fleet::world(300));
    let session = Session::with(&cloud).await;
    drop(stuck(&session, &cloud).await);
    // A provider that is told to end waits for what is under way, and nothing is.
    session.terminated().await;
}

#[tokio::test]
async fn a_query_needs_a_configured_provider() {
    let mut session = Session::launch().await;
    let listed = session.list(&[], false, 10).await;
    assert_eq!(
        (listed.found.len(), listed.titles),
        (0, vec!["Provider Not Configured".to_owned()])
    );
    session.end().await;
}
