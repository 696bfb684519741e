//! What answers look like where they depart from the service's own description: odd values, unknown words, `null`s.
//!
//! Kinds render what the description says. The oddities that quirks ask for are put on at the door, on finished
//! answers, so that what a kind answers can be held against the description whatever is switched.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::sim::quirks::{Absence, DriveUnit, NumberForm, Quirks};

/// Puts the oddities on an answer.
pub(super) fn disguise(answer: &mut Value, quirks: &Quirks) {
    match answer {
        Value::Array(items) => items.iter_mut().for_each(|item| disguise(item, quirks)),
        Value::Object(members) => {
            members.values_mut().for_each(|member| disguise(member, quirks));
            let is_machine = members.contains_key("publicIpType");
            if is_machine {
                show(members, "state", &quirks.shown_states);
                show(members, "agentType", &quirks.shown_agent_types);
            } else if members.contains_key("dtStarted") {
                show(members, "state", &quirks.shown_event_states);
            } else if members.contains_key("ip") && members.contains_key("region") {
                address(members, quirks);
            } else if members.contains_key("mountPoint") {
                drive(members, quirks);
            } else if members.contains_key("hasMore") {
                page(members, quirks);
            }
            if quirks.false_as_null {
                flags(members);
            }
            odd_fields(members, is_machine, quirks);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The values that are asked for, those for every machine first.
fn odd_fields(members: &mut Map<String, Value>, is_machine: bool, quirks: &Quirks) {
    let keys = ["name", "id", "ip"].map(|member| members.get(member).and_then(Value::as_str));
    let every = is_machine.then_some("*");
    let odd = [every]
        .into_iter()
        .chain(keys)
        .flatten()
        .filter_map(|key| quirks.odd_fields.get(key));
    let odd: Vec<_> = odd.cloned().collect();
    odd.into_iter().for_each(|odd| members.extend(odd));
}

/// Shows a word in the stead of another.
fn show(members: &mut Map<String, Value>, member: &str, shown: &BTreeMap<String, String>) {
    if let Some(instead) = members[member].as_str().and_then(|word| shown.get(word)) {
        members.insert(member.to_owned(), Value::from(instead.as_str()));
    }
}

fn address(members: &mut Map<String, Value>, quirks: &Quirks) {
    if quirks.free_address == Absence::Null {
        members.entry("assignedMachineId").or_insert(Value::Null);
    }
}

/// The description has a drive's size as a number; a count of bytes may come as all of them do.
fn drive(members: &mut Map<String, Value>, quirks: &Quirks) {
    if quirks.drive_unit == DriveUnit::Bytes
        && quirks.numbers == NumberForm::Strings
        && let Some(size) = members.get_mut("size")
    {
        *size = Value::from(size.to_string());
    }
}

fn page(members: &mut Map<String, Value>, quirks: &Quirks) {
    if quirks.last_page == Absence::Null {
        members.entry("nextPage").or_insert(Value::Null);
    }
}

/// Flags are told by their names; a page's `hasMore` is none.
fn flags(members: &mut Map<String, Value>) {
    for (name, value) in members {
        if *value == Value::Bool(false) && name != "hasMore" {
            *value = Value::Null;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::sim::http::client::Client;
    use crate::sim::quirks::{Absence, Quirks};
    use crate::sim::{Config, Observer, TimeMode};

    #[tokio::test]
    async fn oddities_are_put_on_at_the_door() {
        let quirks: Quirks = serde_json::from_value(json!({
            "shownStates": {"ready": "humming"},
            "shownAgentTypes": {"LinuxHeadless": "BeOS"},
            "shownEventStates": {"done": "settled"},
            "oddFields": {"*": {"dtDeleted": ""}, "box": {"cpus": 2.5}, "198.18.0.4": {"region": null}},
            "freeAddress": "null",
            "lastPage": "null",
        }))
        .unwrap();
        let (own, into) = std::sync::mpsc::channel();
        let own = std::sync::Mutex::new(own);
        let client = Client::of(Config {
            quirks,
            time: TimeMode::Immediate,
            observer: Some(Observer::new(move |exchange| {
                let answer = exchange.answer.clone().unwrap().body.unwrap();
                own.lock().unwrap().send(answer).unwrap();
            })),
            ..Config::default()
        })
        .await;
        let (_, made) = client
            .post("/machines", &crate::sim::http::client::machine_body(&json!({})))
            .await;
        assert_eq!(made["event"]["state"], "settled");
        let machine = &made["data"];
        assert_eq!(
            [
                &machine["state"],
                &machine["agentType"],
                &machine["dtDeleted"],
                &machine["cpus"]
            ],
            [&json!("humming"), &json!("BeOS"), &json!(""), &json!(2.5)]
        );
        let told = into.recv().unwrap();
        assert_eq!(
            (&told["data"]["state"], &told["event"]["state"]),
            (&json!("ready"), &json!("done"))
        );
        client.machine(&json!({"name": "other"})).await;
        let (_, page) = client.get("/machines?orderBy=name&order=asc").await;
        assert_eq!(
            (&page["items"][0]["cpus"], &page["items"][1]["cpus"]),
            (&json!(2.5), &json!(4))
        );
        assert_eq!(page.get("nextPage"), Some(&Value::Null));
        let (_, address) = client.post("/public-ips", &json!({"region": "ny2"})).await;
        assert_eq!(
            address,
            json!({
                "ip": "198.18.0.4", "region": null, "assignedMachineId": null, "dtCreated": address["dtCreated"],
            })
        );
        client.sim.switch(|quirks| quirks.free_address = Absence::Missing);
        let (_, page) = client.get("/public-ips").await;
        assert_eq!(page["items"][0].get("assignedMachineId"), None);
    }

    #[tokio::test]
    async fn a_false_flag_can_be_told_as_null() {
        let client = Client::quirky(Quirks {
            false_as_null: true,
            ..Quirks::default()
        })
        .await;
        let machine = client.machine(&json!({"autoSnapshotEnabled": true})).await;
        assert_eq!(
            (&machine["autoShutdownEnabled"], &machine["autoSnapshotEnabled"]),
            (&Value::Null, &json!(true))
        );
        assert_eq!(client.get("/machines").await.1["hasMore"], json!(false));
    }
}
