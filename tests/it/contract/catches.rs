//! Shows that what is not as described is caught, what is so passes, and that each departure is one.

use std::collections::BTreeMap;

use jsonschema::Validator;
use serde_json::{Value, json};
use terraform_provider_paperspace::sim::{Answered, Effect, Exchange, Outcome, Quirks, SeenRequest};

use super::departures::{DEPARTURES, Departure};
use super::description::{self, bare, translate, validator};
use super::{Witness, exchange};

/// A machine as it is described.
fn machine() -> Value {
    json!({
        "id": "ps1", "name": "one", "state": "ready", "os": "Ubuntu 22.04 Server", "machineType": "C5",
        "agentType": "LinuxHeadless", "cpus": 4, "ram": 8_589_934_592_u64, "storageTotal": 53_687_091_200_u64,
        "storageUsed": 0, "accelerators": null, "region": "ny2", "privateIp": "10.0.0.4", "networkId": "n1",
        "publicIp": null, "publicIpType": "none", "autoShutdownEnabled": false, "autoShutdownTimeout": null,
        "autoShutdownForce": null, "autoSnapshotEnabled": true, "autoSnapshotFrequency": "daily",
        "autoSnapshotSaveCount": 1, "updatesPending": false, "restorePointEnabled": false,
        "restorePointFrequency": null, "restorePointSnapshotId": null, "usageRate": 0.08, "storageRate": 0.007,
        "dtCreated": "2026-01-01T00:00:00.000Z", "dtModified": "2026-01-01T00:00:00.000Z", "dtDeleted": null,
        "reservation": null,
    })
}

/// The value with another one at a path, or without one where there is nothing.
fn with(mut value: Value, path: &str, other: Option<Value>) -> Value {
    let (parent, name) = path.rsplit_once('/').expect("a path begins with a slash");
    let parent = value.pointer_mut(parent).and_then(Value::as_object_mut);
    let parent = parent.expect("the path leads to a member");
    match other {
        Some(other) => parent.insert(name.to_owned(), other),
        None => parent.remove(name),
    };
    value
}

fn exchange(method: &str, path: &str, query: &[(&str, &str)], body: Option<Value>, answer: Option<Value>) -> Exchange {
    let query = query
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Exchange {
        request: SeenRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.collect(),
            headers: BTreeMap::new(),
            body,
            team: None,
            outcome: Outcome::Answered(200),
            at: String::new(),
        },
        answer: answer.map(|body| Answered {
            status: 200,
            body: Some(body),
        }),
        fault: None,
    }
}

fn get_machine(answer: Value) -> Exchange {
    exchange("GET", "/machines/ps1", &[], None, Some(answer))
}

fn put_machine(body: Value) -> Exchange {
    exchange("PUT", "/machines/ps1", &[], Some(body), None)
}

/// What is wrong with an exchange, in words.
fn breaches(exchange: &Exchange) -> Vec<String> {
    let description = super::description(&Quirks::default());
    let (_, breaches) = exchange::check(description, exchange);
    breaches.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_as_described_passes() {
    let accelerators = json!([{"name": "A4000", "memory": "17179869184", "count": 2}]);
    let refused = |status, body: Value| {
        let mut refused = get_machine(Value::Null);
        refused.answer = Some(Answered {
            status,
            body: Some(body),
        });
        refused
    };
    for fine in [
        get_machine(machine()),
        get_machine(with(machine(), "/accelerators", Some(accelerators))),
        get_machine(with(machine(), "/accelerators", None)),
        get_machine(with(machine(), "/region", Some(json!("East Coast (NY2)")))),
        refused(404, json!({"code": "NOT_FOUND", "message": "Machine not found"})),
        put_machine(json!({"diskSize": 12.5, "publicIpType": "static"})),
        exchange(
            "GET",
            "/machines",
            &[("limit", "120"), ("name", "12"), ("order", "asc")],
            None,
            Some(json!({"hasMore": false, "items": [machine()]})),
        ),
        exchange("GET", "/auth/session", &[], None, Some(Value::Null)),
        exchange("PATCH", "/machines/ps1/start", &[], None, None),
        exchange(
            "PUT",
            "/public-ips/1.2.3.4",
            &[],
            Some(json!({"machineId": null})),
            None,
        ),
    ] {
        assert_eq!(breaches(&fine), [""; 0], "{fine:?}");
    }
}

#[test]
fn what_is_not_as_described_is_told_by_operation_place_and_rule() {
    let answer = |path, value| get_machine(with(machine(), path, value));
    let mut created = get_machine(machine());
    created.answer.as_mut().expect("there is one").status = 201;
    let mut page = get_machine(machine());
    page.answer.as_mut().expect("there is one").body = None;
    let mut refused = get_machine(json!({"message": "no"}));
    refused.answer.as_mut().expect("there is one").status = 404;
    let cases = [
        // A wrong null, an extra field, a wrong enum: in an answer and in a request.
        (
            answer("/name", Some(Value::Null)),
            r#"GET /machines/{id}: answer 200 at /name: null is not of type "string" (type)"#,
        ),
        (
            answer("/colour", Some(json!("red"))),
            "GET /machines/{id}: answer 200: Additional properties are not allowed ('colour' was unexpected) \
             (additionalProperties)",
        ),
        (
            answer("/state", Some(json!("running"))),
            r#"GET /machines/{id}: answer 200 at /state: "running" is not one of "off", "starting" or 6 other candidates (enum)"#,
        ),
        (
            put_machine(json!({"name": null})),
            r#"PUT /machines/{id}: body at /name: null is not of type "string" (type)"#,
        ),
        (
            put_machine(json!({"colour": "red"})),
            "PUT /machines/{id}: body: Additional properties are not allowed ('colour' was unexpected) \
             (additionalProperties)",
        ),
        (
            put_machine(json!({"publicIpType": "floating"})),
            r#"PUT /machines/{id}: body at /publicIpType: "floating" is not one of "static", "dynamic" or "none" (enum)"#,
        ),
        // Deeper, and by the other rules.
        (
            answer(
                "/accelerators",
                Some(json!([{"name": "A4000", "memory": "much", "count": 1}])),
            ),
            "GET /machines/{id}: answer 200 at /accelerators/*/memory: \"much\" is not valid under any of the schemas \
             listed in the 'anyOf' keyword (anyOf)",
        ),
        (
            answer("/updatesPending", None),
            r#"GET /machines/{id}: answer 200: "updatesPending" is a required property (required)"#,
        ),
        (
            answer("/dtCreated", Some(json!("yesterday"))),
            r#"GET /machines/{id}: answer 200 at /dtCreated: "yesterday" is not a "date-time" (format)"#,
        ),
        (
            put_machine(json!({"diskSize": 0})),
            "PUT /machines/{id}: body at /diskSize: 0 is not valid under any of the schemas listed in the 'anyOf' \
             keyword (anyOf)",
        ),
        // What surrounds the values.
        (
            exchange("GET", "/machines", &[("limit", "121")], None, None),
            "GET /machines: query `limit`: 121 is greater than the maximum of 120 (maximum)",
        ),
        (
            exchange("GET", "/machines", &[("limit", "many")], None, None),
            r#"GET /machines: query `limit`: "many" is not of type "integer" (type)"#,
        ),
        (
            exchange("GET", "/machines", &[("colour", "red")], None, None),
            "GET /machines: query `colour`: there is no such parameter",
        ),
        (
            exchange("GET", "/machine-availability", &[("region", "ny2")], None, None),
            "GET /machine-availability: query `machineType`: it is required and missing",
        ),
        (
            exchange("GET", "/machine/ps1", &[], None, None),
            "GET /machine/ps1: request: there is no such operation",
        ),
        (
            exchange("POST", "/machines", &[], None, None),
            "POST /machines: body: one is required, as JSON, and there is none",
        ),
        (
            exchange("DELETE", "/machines/ps1", &[], Some(json!({})), None),
            "DELETE /machines/{id}: body: it takes none, and got {}",
        ),
        (
            created,
            "GET /machines/{id}: answer 201: success is told by the status 200",
        ),
        (page, "GET /machines/{id}: answer 200: it has to be JSON"),
        (
            refused,
            r#"GET /machines/{id}: answer 404: "code" is a required property (required)"#,
        ),
    ];
    for (exchange, expected) in cases {
        assert_eq!(breaches(&exchange), [expected], "{exchange:?}");
    }
}

#[test]
fn a_witness_fails_the_test_and_says_all_that_it_saw() {
    let witness = Witness::new(&Quirks::default());
    assert_eq!(witness.verdict(), Ok(()));
    witness.see(&get_machine(machine()));
    // A lost answer is a fault's work; the request is the client's all the same.
    let mut lost = put_machine(json!({"colour": "red"}));
    lost.fault = Some(Effect::DropBeforeAct);
    for _ in 0..2 {
        witness.see(&lost);
    }
    let verdict = witness.verdict().expect_err("there is a breach");
    assert_eq!(verdict.matches("'colour' was unexpected").count(), 1, "{verdict}");

    let odd = get_machine(with(machine(), "/state", Some(json!("hibernating"))));
    let quirks = Quirks {
        shown_states: [("ready".to_owned(), "hibernating".to_owned())].into(),
        ..Quirks::default()
    };
    for (before, after, expected) in [
        (Quirks::default(), quirks.clone(), true),
        (quirks, Quirks::default(), false),
    ] {
        let witness = Witness::new(&before);
        witness.under(&after);
        witness.see(&odd);
        assert_eq!(witness.verdict().is_ok(), expected);
    }
}

/// What stands at a place in a description, of all that a `*` may stand for the first.
fn at<'a>(description: &'a Value, way: &[&str]) -> Option<&'a Value> {
    match way {
        [] => Some(description),
        ["*", rest @ ..] => {
            let mut members = description.as_object()?.values();
            members.find_map(|member| at(member, rest))
        }
        [name, rest @ ..] => at(description.get(name)?, rest),
    }
}

/// The schema at a place. A body's stands one step further in.
fn schema(description: &Value, way: &[&str]) -> Option<Validator> {
    let schema = at(description, way)?;
    let mut schema = schema.get("schema").unwrap_or(schema).clone();
    translate(&mut schema);
    Some(validator(&schema, &description["definitions"]))
}

#[test]
fn each_departure_is_one_and_has_a_reason() {
    for departure in DEPARTURES {
        let Departure { reason, places, .. } = departure;
        assert!(reason.ends_with('.') && reason.len() > 40, "{reason}");
        let bare = bare();
        let mut amended = bare.clone();
        departure.amend(&mut amended);
        for place in *places {
            let before = schema(&bare, place);
            // Some are whole operations, which have no value to show.
            if let Ok(shown) = serde_json::from_str(departure.shown) {
                let after = schema(&amended, place).expect("it was put there");
                assert!(after.is_valid(&shown), "{place:?} does not take {shown}");
                assert!(
                    before.is_none_or(|before| !before.is_valid(&shown)),
                    "{place:?} took {shown} before"
                );
            } else {
                assert!(before.is_none() && place.len() == 2, "{place:?} has nothing to show");
            }
        }
    }
}

#[test]
fn every_operation_is_described_wholly() {
    let names = description::names();
    assert_eq!(names.len(), 53);
    for operation in &super::description(&Quirks::default()).operations {
        assert!(
            operation
                .query
                .values()
                .all(|parameter| !parameter.value.is_valid(&json!({}))),
            "a parameter of {} takes anything",
            operation.name
        );
        assert!(
            !operation.answer.is_valid(&json!({"colour": "red"})),
            "{}",
            operation.name
        );
    }
}
