//! Lives of machines: what each step sends, in which order, and what is known afterwards.

use serde_json::{Value as Json, json};

use crate::provider::trial::{Known, Trial, get};
use crate::sim::{Effect, Fault, State};

const MACHINE: &str = "paperspace_machine";

/// A configuration with these arguments besides the usual ones; null takes one away.
fn config(arguments: &Json) -> Json {
    let mut config = json!({
        "name": "it", "machine_type": "C5", "template_id": "tkni3aa4", "disk_size": 50, "region": "ny2",
    });
    let given = arguments.as_object().unwrap().clone();
    config.as_object_mut().unwrap().extend(given);
    config
}

/// A machine with these arguments, made just now.
async fn made(trial: &Trial, arguments: &Json) -> Known {
    let told = trial.apply(MACHINE, &Known::default(), &config(arguments)).await;
    assert_eq!(told.said, [""; 0], "{arguments}");
    told.known
}

/// Two startup scripts, whose ids stand for `scone` and `sctwo` in what follows.
async fn with_scripts() -> (Trial, impl Fn(&Json) -> Json, impl Fn(&[String], &Known) -> Vec<String>) {
    let trial = Trial::new().await;
    let mut ids = Vec::new();
    for name in ["scone", "sctwo"] {
        let script = json!({"name": name, "script": "true"});
        let told = trial
            .apply("paperspace_startup_script", &Known::default(), &script)
            .await;
        ids.push((name, told.known.get("id").as_str().unwrap().to_owned()));
    }
    let named = ids.clone();
    let with_ids = move |arguments: &Json| {
        let text = named
            .iter()
            .fold(arguments.to_string(), |text, (name, id)| text.replace(name, id));
        text.parse().unwrap()
    };
    let without_ids = move |sent: &[String], known: &Known| {
        let named = |write: String| ids.iter().fold(write, |write, (name, id)| write.replace(id, name));
        writes(sent, known).into_iter().map(named).collect()
    };
    (trial, with_ids, without_ids)
}

/// The requests with the machine's id in its place.
fn writes(writes: &[String], known: &Known) -> Vec<String> {
    let id = known.get("id");
    let id = id.as_str().unwrap_or("none");
    writes.iter().map(|write| write.replace(id, "ID")).collect()
}

/// What a create sends, and what is then known.
#[tokio::test]
async fn creates() {
    let cases = [
        (
            json!({}),
            vec!["POST /machines"],
            json!({"state": "ready", "public_ip_type": "none"}),
        ),
        (
            json!({"start_on_create": false}),
            vec!["POST /machines"],
            json!({"state": "off"}),
        ),
        (
            json!({"power_state": "off"}),
            vec!["POST /machines"],
            json!({"state": "off", "power_state": "off"}),
        ),
        (
            json!({"power_state": "on"}),
            vec!["POST /machines"],
            json!({"state": "ready", "power_state": "on"}),
        ),
        (
            json!({"start_on_create": true, "power_state": "off"}),
            vec!["POST /machines"],
            json!({"state": "off"}),
        ),
        (
            json!({"auto_shutdown_enabled": true, "auto_shutdown_timeout": 8}),
            vec!["POST /machines"],
            json!({"auto_shutdown_enabled": true, "auto_shutdown_timeout": 8.0, "state": "ready"}),
        ),
        (
            json!({"accessor_ids": ["u2member"], "startup_script_id": "scone"}),
            vec!["POST /machines"],
            json!({"startup_script_id": "scone"}),
        ),
    ];
    for (arguments, sent, expected) in cases {
        let (trial, with_ids, writes) = with_scripts().await;
        let (arguments, expected) = (with_ids(&arguments), with_ids(&expected));
        let told = trial.apply(MACHINE, &Known::default(), &config(&arguments)).await;
        assert_eq!(told.said, [""; 0], "{arguments}");
        assert_eq!(writes(&told.writes, &told.known), sent, "{arguments}");
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(told.known.get(name), *value, "{arguments}: {name}");
        }
        // What it was made of is what is planned from there on.
        let again = trial.plan(MACHINE, &told.known, &config(&arguments)).await;
        assert_eq!(again.planned, told.known.state, "{arguments}");
        assert_eq!(again.said, [""; 0], "{arguments}");
    }
}

struct Changed {
    before: Json,
    /// The machine is off when the change comes.
    is_off: bool,
    after: Json,
    /// The titles of what the plan says.
    said: Vec<&'static str>,
    writes: Vec<&'static str>,
    state: &'static str,
}

impl Default for Changed {
    fn default() -> Self {
        Self {
            before: json!({}),
            is_off: false,
            after: json!({}),
            said: Vec::new(),
            writes: Vec::new(),
            state: "ready",
        }
    }
}

#[tokio::test]
async fn changes() {
    const STOPPED: &str = "warning: Machine Will Be Stopped (it)";
    const STOP: &str = "PATCH /machines/ID/stop";
    const PUT: &str = "PUT /machines/ID";
    const START: &str = "PATCH /machines/ID/start";
    let cases = [
        Changed::default(),
        Changed {
            after: json!({"name": "other"}),
            writes: vec![PUT],
            ..Changed::default()
        },
        Changed {
            after: json!({"machine_type": "C7"}),
            said: vec![STOPPED],
            writes: vec![STOP, PUT, START],
            ..Changed::default()
        },
        Changed {
            after: json!({"disk_size": 100}),
            said: vec![STOPPED],
            writes: vec![STOP, PUT, START],
            ..Changed::default()
        },
        // One that is off is left off, without a word.
        Changed {
            is_off: true,
            after: json!({"machine_type": "C7"}),
            writes: vec![PUT],
            state: "off",
            ..Changed::default()
        },
        Changed {
            after: json!({"machine_type": "C7", "power_state": "off"}),
            said: vec![STOPPED],
            writes: vec![STOP, PUT],
            state: "off",
            ..Changed::default()
        },
        Changed {
            is_off: true,
            after: json!({"machine_type": "C7", "power_state": "on"}),
            writes: vec![PUT, START],
            ..Changed::default()
        },
        Changed {
            after: json!({"power_state": "off"}),
            writes: vec![STOP],
            state: "off",
            ..Changed::default()
        },
        Changed {
            is_off: true,
            after: json!({"power_state": "on"}),
            writes: vec![START],
            ..Changed::default()
        },
        // Of the group all is sent that is wanted, also what was so before.
        Changed {
            before: json!({"auto_shutdown_enabled": true, "auto_shutdown_timeout": 8}),
            after: json!({"auto_shutdown_enabled": true, "auto_shutdown_timeout": 24}),
            writes: vec![PUT],
            ..Changed::default()
        },
        Changed {
            before: json!({"accessor_ids": ["u2member"]}),
            after: json!({"accessor_ids": []}),
            writes: vec!["DELETE /machines/ID/accessors/u2member"],
            ..Changed::default()
        },
        Changed {
            before: json!({"startup_script_id": "scone"}),
            after: json!({"startup_script_id": "sctwo"}),
            writes: vec![
                "POST /startup-scripts/scone/unassign",
                "POST /startup-scripts/sctwo/assign",
            ],
            ..Changed::default()
        },
        Changed {
            after: json!({"public_ip_type": "dynamic"}),
            writes: vec![PUT],
            ..Changed::default()
        },
        Changed {
            after: json!({"deletion_protection": true}),
            ..Changed::default()
        },
    ];
    for case in cases {
        let (trial, with_ids, writes) = with_scripts().await;
        let mut known = made(&trial, &with_ids(&case.before)).await;
        let id = known.get("id").as_str().unwrap().to_owned();
        if case.is_off {
            assert!(trial.sim.set_machine_state(&id, State::Off));
            known = trial.read(MACHINE, &known).await.known;
        }
        let after = config(&with_ids(&case.after));
        let told = trial.apply(MACHINE, &known, &after).await;
        assert_eq!(told.said, case.said, "{}", case.after);
        assert_eq!(writes(&told.writes, &told.known), case.writes, "{}", case.after);
        assert_eq!(told.known.get("id"), json!(id));
        assert_eq!(told.known.get("state"), json!(case.state), "{}", case.after);
        let again = trial.plan(MACHINE, &told.known, &after).await;
        assert_eq!(again.planned, told.known.state, "{}", case.after);
    }
}

/// What a change leaves open until it is made.
#[tokio::test]
async fn plans() {
    let unknown =
        |after: Json, names: &[&str]| (after, names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let cases = [
        unknown(json!({}), &[]),
        unknown(json!({"name": "other"}), &[]),
        unknown(json!({"deletion_protection": true}), &[]),
        unknown(json!({"power_state": "off"}), &["state"]),
        unknown(
            json!({"machine_type": "C7"}),
            &["accelerators", "cpus", "ram", "state", "storage_rate", "usage_rate"],
        ),
        unknown(json!({"disk_size": 100}), &["state", "storage_rate", "storage_total"]),
        unknown(json!({"public_ip_type": "dynamic"}), &["public_ip"]),
    ];
    for (after, expected) in cases {
        let trial = Trial::new().await;
        let known = made(&trial, &json!({})).await;
        let told = trial.plan(MACHINE, &known, &config(&after)).await;
        let crate::value::Value::Object(planned) = &told.planned else {
            panic!("{after}: {:?}", told.said);
        };
        let mut unknown: Vec<_> = planned
            .keys()
            .filter(|name| get(&told.planned, name) == json!("?"))
            .collect();
        unknown.sort();
        assert_eq!(unknown, expected.iter().collect::<Vec<_>>(), "{after}");
        assert!(told.writes.is_empty(), "a plan changes nothing");
    }
}

/// What a plan refuses.
#[tokio::test]
async fn refusals() {
    let protected = json!({"deletion_protection": true});
    let cases = [
        (
            json!({}),
            config(&json!({"disk_size": 40})),
            vec!["error: Disk Cannot Shrink"],
            vec![],
        ),
        (
            json!({}),
            config(&json!({"template_id": "t0nspur5"})),
            vec![],
            vec!["template_id"],
        ),
        (
            protected.clone(),
            config(&json!({"deletion_protection": true, "template_id": "t0nspur5"})),
            vec!["error: Machine Is Protected"],
            vec!["template_id"],
        ),
        // It is protected for as long as the protection was not taken away by an apply.
        (
            protected.clone(),
            config(&json!({"deletion_protection": false, "template_id": "t0nspur5"})),
            vec!["error: Machine Is Protected"],
            vec!["template_id"],
        ),
        (protected, Json::Null, vec!["error: Machine Is Protected"], vec![]),
        (json!({}), config(&json!({"template_id": null})), vec![], vec![]),
    ];
    for (before, after, errors, replaced) in cases {
        let trial = Trial::new().await;
        let known = made(&trial, &before).await;
        let told = trial.plan(MACHINE, &known, &after).await;
        let said: Vec<_> = told.said.iter().filter(|title| title.starts_with("error")).collect();
        assert_eq!(said, errors, "{before} to {after}");
        assert_eq!(told.replaced, replaced, "{before} to {after}");
    }
    let trial = Trial::new().await;
    let unusual = trial
        .plan(MACHINE, &Known::default(), &config(&json!({"disk_size": 70})))
        .await;
    let told = |said: &String| said.strip_prefix("warning: ") == Some("Disk Size Possibly Not Offered");
    assert!(unusual.said.iter().any(told), "{:?}", unusual.said);
    for (lacking, error) in [("template_id", "error: Missing Template")] {
        let told = trial
            .plan(MACHINE, &Known::default(), &config(&json!({lacking: null})))
            .await;
        assert_eq!(told.said, [error]);
    }
}

#[tokio::test]
async fn ends() {
    let trial = Trial::new().await;
    let known = made(&trial, &json!({})).await;
    let told = trial.apply(MACHINE, &known, &Json::Null).await;
    assert_eq!(
        (writes(&told.writes, &known), told.said),
        (vec!["DELETE /machines/ID".to_owned()], Vec::new())
    );
    assert!(told.known.state.is_null());
    // Once more: it is gone already.
    let told = trial.apply(MACHINE, &known, &Json::Null).await;
    assert_eq!(writes(&told.writes, &known), ["DELETE /machines/ID"]);
    assert!(told.said.is_empty() && told.known.state.is_null(), "{:?}", told.said);

    // A static address that came with it goes with it.
    let known = made(&trial, &json!({"public_ip_type": "static"})).await;
    let address = known.get("public_ip");
    let told = trial.apply(MACHINE, &known, &Json::Null).await;
    let address = format!("DELETE /public-ips/{}", address.as_str().unwrap());
    assert_eq!(told.said, [""; 0]);
    assert!(told.writes.contains(&address), "{:?}", told.writes);

    // One that was another's before, and not asked for here, is taken off with a word.
    let known = made(&trial, &json!({"public_ip_type": "static"})).await;
    let dynamic = config(&json!({"public_ip_type": "dynamic"}));
    assert_eq!(trial.plan(MACHINE, &known, &dynamic).await.said, [""; 0]);
    let imported = trial.import(MACHINE, known.get("id").as_str().unwrap()).await.known;
    let told = trial.plan(MACHINE, &imported, &dynamic).await;
    let taken_off = |said: &String| said.starts_with("warning: Assigned Address Will Be Taken Off (");
    assert!(told.said.iter().any(taken_off), "{:?}", told.said);

    // A refusal is no end.
    let known = made(&trial, &json!({})).await;
    trial
        .sim
        .faults()
        .add(Fault::on("DELETE", "/machines/*", Effect::status(403)));
    let told = trial.apply(MACHINE, &known, &Json::Null).await;
    assert_eq!(told.said.len(), 1, "{:?}", told.said);
    assert_eq!(told.known.get("id"), known.get("id"));
    trial.sim.faults().clear();

    // Another's word for it is none: it is asked for once more.
    let page = Effect::Status {
        code: 404,
        retry_after: None,
        body: Some("<html>Not found</html>".to_owned()),
        acted: false,
    };
    trial
        .sim
        .faults()
        .add(Fault::on("DELETE", "/machines/*", page).limit(1));
    let told = trial.apply(MACHINE, &known, &Json::Null).await;
    assert_eq!(writes(&told.writes, &known), ["DELETE /machines/ID"; 2]);
    assert!(told.said.is_empty() && told.known.state.is_null(), "{:?}", told.said);
}

/// The service's own word that there is none is confirmed before it counts.
#[tokio::test]
async fn a_word_that_is_not_true() {
    let trial = Trial::new().await;
    let known = made(&trial, &json!({})).await;
    let missing = Effect::body(404, r#"{"message": "Machine not found"}"#);
    trial
        .sim
        .faults()
        .add(Fault::on("DELETE", "/machines/*", missing).limit(1));
    let told = trial.apply(MACHINE, &known, &Json::Null).await;
    assert_eq!(writes(&told.writes, &known), ["DELETE /machines/ID"; 2]);
    assert!(told.said.is_empty() && told.known.state.is_null(), "{:?}", told.said);
}

/// A change that fails leaves the power as it was, or says so and sees to it later.
#[tokio::test]
async fn failures() {
    let refused = || {
        Fault::on(
            "PUT",
            "/machines/*",
            Effect::body(400, r#"{"message": "Not like this."}"#),
        )
    };
    let cannot_start = || {
        Fault::on(
            "PATCH",
            "/machines/*/start",
            Effect::body(400, r#"{"message": "Not now."}"#),
        )
    };

    let trial = Trial::new().await;
    let known = made(&trial, &json!({})).await;
    let after = config(&json!({"machine_type": "C7"}));
    trial.sim.faults().add(refused());
    let told = trial.apply(MACHINE, &known, &after).await;
    assert_eq!(
        writes(&told.writes, &known),
        [
            "PATCH /machines/ID/stop",
            "PUT /machines/ID",
            "PATCH /machines/ID/start"
        ]
    );
    assert_eq!(
        told.said.iter().filter(|said| said.starts_with("error")).count(),
        1,
        "{:?}",
        told.said
    );
    assert_eq!(told.known.get("machine_type"), json!("C5"));
    assert_eq!(told.known.get("state"), json!("ready"));

    trial.sim.faults().add(cannot_start());
    let told = trial.apply(MACHINE, &told.known, &after).await;
    assert!(
        told.said
            .iter()
            .any(|said| said.starts_with("warning: Machine Possibly Left Off (")),
        "{:?}",
        told.said
    );
    assert_eq!(told.known.get("state"), json!("off"));

    // The next run owes it its power, although the configuration says nothing of that.
    trial.sim.faults().clear();
    let told = trial.apply(MACHINE, &told.known, &config(&json!({}))).await;
    assert_eq!(told.said, ["warning: Machine Will Be Started (it)"]);
    assert_eq!(writes(&told.writes, &known), ["PATCH /machines/ID/start"]);
    assert_eq!(told.known.get("state"), json!("ready"));
    let told = trial.apply(MACHINE, &told.known, &config(&json!({}))).await;
    assert_eq!((told.said, told.writes), (Vec::new(), Vec::new()));
}
