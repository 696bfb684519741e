//! Lives of what the kit makes a resource of: what each step sends, in which order, and what is known afterwards.

use serde_json::{Value as Json, json};

use crate::provider::trial::{Known, Trial};
use crate::sim::{Effect, Fault};

const SCRIPT: &str = "paperspace_startup_script";
const NETWORK: &str = "paperspace_private_network";
const ADDRESS: &str = "paperspace_public_ip";
const DRIVE: &str = "paperspace_shared_drive";
const SNAPSHOT: &str = "paperspace_snapshot";
const MACHINE: &str = "paperspace_machine";

async fn made(trial: &Trial, type_name: &str, config: &Json) -> Known {
    let told = trial.apply(type_name, &Known::default(), config).await;
    assert_eq!(told.said, [""; 0], "{type_name} {config}");
    told.known
}

fn id(known: &Known) -> String {
    known.get("id").as_str().unwrap().to_owned()
}

async fn host(trial: &Trial, network: Option<&Known>) -> Known {
    let config = json!({
        "name": "host", "machine_type": "C5", "template_id": "tkni3aa4", "disk_size": 50,
        "network_id": network.map(|network| network.get("id")),
    });
    made(trial, MACHINE, &config).await
}

/// Makes one of each kind, changes it where it can be changed, and ends it.
#[tokio::test]
async fn lives() {
    struct Life {
        kind: &'static str,
        config: Json,
        made_by: Vec<&'static str>,
        changed: Json,
        changed_by: Vec<&'static str>,
        ended_by: Vec<&'static str>,
    }
    let lives = [
        Life {
            kind: SCRIPT,
            config: json!({"name": "one", "script": "true"}),
            made_by: vec!["POST /startup-scripts"],
            changed: json!({"name": "two", "script": "false"}),
            changed_by: vec!["PUT /startup-scripts/ID"],
            ended_by: vec!["DELETE /startup-scripts/ID"],
        },
        // What a create does not take follows it.
        Life {
            kind: SCRIPT,
            config: json!({"name": "one", "script": "true", "is_enabled": false}),
            made_by: vec!["POST /startup-scripts", "PUT /startup-scripts/ID"],
            changed: json!({"name": "one", "script": "true"}),
            changed_by: vec!["PUT /startup-scripts/ID"],
            ended_by: vec!["DELETE /startup-scripts/ID"],
        },
        Life {
            kind: NETWORK,
            config: json!({"name": "one", "region": "ny2"}),
            made_by: vec!["POST /private-networks"],
            changed: json!({"name": "two", "region": "ny2"}),
            changed_by: vec!["PUT /private-networks/ID"],
            ended_by: vec!["DELETE /private-networks/ID"],
        },
        Life {
            kind: ADDRESS,
            config: json!({"region": "ny2"}),
            made_by: vec!["POST /public-ips"],
            changed: json!({"region": "ny2", "deletion_protection": false}),
            changed_by: vec![],
            ended_by: vec!["DELETE /public-ips/ID"],
        },
        Life {
            kind: SNAPSHOT,
            config: json!({"name": "one", "machine_id": "HOST"}),
            made_by: vec!["POST /snapshots"],
            changed: json!({"name": "two", "machine_id": "HOST"}),
            changed_by: vec!["PUT /snapshots/ID"],
            ended_by: vec!["DELETE /snapshots/ID"],
        },
    ];
    for life in lives {
        let trial = Trial::new().await;
        let host = host(&trial, None).await;
        // Another of the kind, which is to be left alone.
        let other = match life.kind {
            ADDRESS => made(&trial, ADDRESS, &json!({"region": "ny2"})).await,
            _ => Known::default(),
        };
        let with_host = |config: &Json| config.to_string().replace("HOST", &id(&host)).parse::<Json>().unwrap();
        let (config, changed) = (with_host(&life.config), with_host(&life.changed));

        let told = trial.apply(life.kind, &Known::default(), &config).await;
        assert_eq!(told.said, [""; 0], "{}", life.kind);
        let known = told.known;
        let by =
            |writes: &[String]| -> Vec<_> { writes.iter().map(|write| write.replace(&id(&known), "ID")).collect() };
        assert_eq!(by(&told.writes), life.made_by, "{}", life.kind);
        assert_ne!(known.state, other.state);
        // What takes its time was seen to its end.
        assert_eq!(
            told.reads.iter().any(|read| read.starts_with("GET /machine-events/")),
            life.kind == SNAPSHOT,
            "{}: {:?}",
            life.kind,
            told.reads
        );

        let read = trial.read(life.kind, &known).await;
        assert_eq!(
            (&read.known.state, read.said),
            (&known.state, Vec::new()),
            "{}",
            life.kind
        );
        let again = trial.apply(life.kind, &known, &config).await;
        assert_eq!(
            (again.known.state, again.writes),
            (known.state.clone(), Vec::new()),
            "{}",
            life.kind
        );

        let told = trial.apply(life.kind, &known, &changed).await;
        assert_eq!(told.said, [""; 0], "{}", life.kind);
        assert_eq!(by(&told.writes), life.changed_by, "{}", life.kind);
        for (name, value) in changed.as_object().unwrap() {
            assert_eq!(told.known.get(name), *value, "{}", life.kind);
        }
        assert_eq!(told.known.get("id"), known.get("id"), "{}", life.kind);

        let told = trial.apply(life.kind, &told.known, &Json::Null).await;
        assert_eq!(
            (by(&told.writes), told.said),
            (life.ended_by.iter().map(|&by| by.to_owned()).collect(), Vec::new())
        );
        assert!(told.known.state.is_null(), "{}", life.kind);
        // Once more: it is gone already.
        let told = trial.apply(life.kind, &known, &Json::Null).await;
        assert!(
            told.known.state.is_null() && told.said.is_empty(),
            "{}: {:?}",
            life.kind,
            told.said
        );
        // What is read once it is gone leaves the state, with a word about it.
        let read = trial.read(life.kind, &known).await;
        assert!(read.known.state.is_null(), "{}", life.kind);
        assert_eq!(
            read.said.len(),
            usize::from(life.kind != SNAPSHOT),
            "{}: {:?}",
            life.kind,
            read.said
        );
    }
}

/// What is protected is neither destroyed nor replaced.
#[tokio::test]
async fn protection() {
    let trial = Trial::new().await;
    let plain = json!({"region": "ny2"});
    let protected = json!({"region": "ny2", "deletion_protection": true});
    let elsewhere = json!({"region": "ca1", "deletion_protection": true});
    for (config, wanted, is_refused) in [
        (&protected, &Json::Null, true),
        (&protected, &elsewhere, true),
        (&protected, &plain, false),
        (&plain, &Json::Null, false),
        (&plain, &elsewhere, false),
    ] {
        let known = made(&trial, ADDRESS, config).await;
        let told = trial.plan(ADDRESS, &known, wanted).await;
        let errors = told
            .said
            .iter()
            .filter(|said| *said == "error: Public IP Is Protected")
            .count();
        assert_eq!(errors, usize::from(is_refused), "{config} to {wanted}: {:?}", told.said);
    }
}

/// A name that another run has taken is told of, and refused where names are to be unique.
#[tokio::test]
async fn names() {
    for (arguments, told_of) in [
        (json!({}), vec!["warning: Startup Script of the Same Name Exists"]),
        (json!({"plan_checks": false}), vec![]),
        (json!({"unique_names": true}), vec!["error: Name Is Taken"]),
    ] {
        let mut trial = Trial::with(arguments.clone()).await;
        let config = json!({"name": "one", "script": "true"});
        let other = json!({"name": "one and more", "script": "true"});
        let known = made(&trial, SCRIPT, &config).await;
        // The run that made it knows it.
        assert_eq!(trial.plan(SCRIPT, &known, &config).await.said, [""; 0]);
        trial.begin_another_run().await;
        assert_eq!(
            trial.plan(SCRIPT, &Known::default(), &config).await.said,
            told_of,
            "{arguments}"
        );
        assert_eq!(
            trial.plan(SCRIPT, &Known::default(), &other).await.said,
            [""; 0],
            "{arguments}"
        );
        // What a read has told of is managed.
        trial.begin_another_run().await;
        trial.read(SCRIPT, &known).await;
        assert_eq!(
            trial.plan(SCRIPT, &Known::default(), &config).await.said,
            [""; 0],
            "{arguments}"
        );
    }
}

/// What something else holds is asked to end again and again while that may go; what nothing can hold is asked once.
#[tokio::test]
async fn holders() {
    let trial = Trial::new().await;
    let network = made(
        &trial,
        NETWORK,
        &json!({"name": "one", "region": "ny2", "timeouts": {"delete": "300ms"}}),
    )
    .await;
    let host = host(&trial, Some(&network)).await;
    let told = trial.apply(NETWORK, &network, &Json::Null).await;
    assert!(told.writes.len() > 1, "{:?}", told.writes);
    assert_eq!(told.said.len(), 1, "{:?}", told.said);
    assert_eq!(told.known.get("id"), network.get("id"));
    trial.apply(MACHINE, &host, &Json::Null).await;
    let told = trial.apply(NETWORK, &network, &Json::Null).await;
    assert!(told.known.state.is_null() && told.said.is_empty(), "{:?}", told.said);

    let script = made(&trial, SCRIPT, &json!({"name": "one", "script": "true"})).await;
    let refusal = Effect::body(400, r#"{"message": "Not now."}"#);
    trial
        .sim
        .faults()
        .add(Fault::on("DELETE", "/startup-scripts/*", refusal));
    let told = trial.apply(SCRIPT, &script, &Json::Null).await;
    assert_eq!(
        (told.writes.len(), told.said.len()),
        (1, 1),
        "{:?} {:?}",
        told.writes,
        told.said
    );
    assert_eq!(told.known.get("id"), script.get("id"));
}

/// A size that the service tells in another way than it was asked for is no reason for another drive.
#[tokio::test]
async fn drives() {
    let trial = Trial::new().await;
    let network = made(&trial, NETWORK, &json!({"name": "one", "region": "ny2"})).await;
    let of_size = |size: u32| json!({"name": "one", "size": size, "region": "ny2", "network_id": id(&network)});
    let config = of_size(100);
    let known = made(&trial, DRIVE, &config).await;
    let read = trial.read(DRIVE, &known).await.known;
    assert_eq!(read.get("size"), json!(100.0));
    let told = trial.plan(DRIVE, &read, &of_size(200)).await;
    assert_eq!(told.replaced, ["size"]);
    assert_eq!(told.said, ["warning: Shared Drive Will Be Replaced (one)"]);
}
