use serde_json::{Value, json};

use super::{
    super::{
        answer::read,
        loopback::{Loopback, Reply},
    },
    *,
};

fn full(numbers_as_strings: bool) -> Value {
    let number = |text: &str| {
        if numbers_as_strings {
            json!(text)
        } else {
            serde_json::from_str(text).unwrap()
        }
    };
    json!({
        "id": "ps1", "name": "first", "state": "ready", "os": "Ubuntu 22.04", "machineType": "A4000x2",
        "agentType": "LinuxHeadless", "cpus": number("16"), "ram": number("96636764160"),
        "storageTotal": number("53687091200"), "storageUsed": number("0"),
        "accelerators": [{"name": "A4000", "memory": number("17179869184"), "count": number("2")}, {"name": null}],
        "region": "East Coast (NY2)", "privateIp": "10.0.0.1", "publicIp": null, "networkId": "n1",
        "publicIpType": "dynamic", "autoShutdownEnabled": true, "autoShutdownTimeout": number("6"),
        "autoShutdownForce": null, "autoSnapshotEnabled": false, "autoSnapshotFrequency": null,
        "autoSnapshotSaveCount": null, "restorePointEnabled": false, "restorePointFrequency": "shutdown",
        "restorePointSnapshotId": null, "updatesPending": true, "usageRate": number("1.52"),
        "storageRate": number("0.007"), "reservation": {"id": "r1", "isActive": true},
        "dtCreated": "2024-04-30T15:51:24.565Z", "dtModified": "2024-04-30T15:51:25.000Z", "dtDeleted": null,
        "somethingNew": {"deep": [1, 2]},
    })
}

#[test]
fn both_forms_of_numbers_read_the_same() {
    let machine: Machine = read(&full(false)).unwrap();
    assert_eq!(read::<Machine>(&full(true)).unwrap(), machine);
    assert_eq!(machine.cpus, Some(16));
    assert_eq!(machine.ram, Some(96_636_764_160));
    assert_eq!(machine.storage_total, Some(50 << 30));
    assert_eq!(machine.accelerators[0].memory, Some(16 << 30));
    assert_eq!(
        machine.accelerators[1],
        Accelerator {
            name: None,
            memory: None,
            count: None
        }
    );
    assert_eq!(machine.auto_shutdown_timeout, Some(6));
    assert_eq!((machine.usage_rate, machine.storage_rate), (Some(1.52), Some(0.007)));
    assert_eq!(
        machine.dt_created.as_ref().unwrap().as_str(),
        "2024-04-30T15:51:24.565Z"
    );
    assert!(!machine.is_deleted());
}

#[test]
fn a_machine_may_be_described_in_brief_and_in_words_not_known_here() {
    let brief = json!({
        "id": "ps1", "name": "n", "state": "hibernating", "machineType": "Q9", "region": "Mars", "accelerators": null,
    });
    let machine: Machine = read(&brief).unwrap();
    assert_eq!(machine.state, Some(MachineState::from("hibernating")));
    assert!(machine.accelerators.is_empty() && machine.cpus.is_none());
}

/// What is known of a machine by its identifier alone.
fn bare() -> Machine {
    read(&json!({"id": "ps1"})).unwrap()
}

#[test]
fn every_field_but_the_identifier_may_be_missing_or_odd() {
    let whole: Machine = read(&full(false)).unwrap();
    let names: Vec<String> = full(false).as_object().unwrap().keys().cloned().collect();
    for name in names.iter().filter(|name| *name != "id") {
        let mut oddly: Vec<Machine> = Vec::new();
        for odd in [None, Some(json!(null)), Some(json!([[]])), Some(json!({"a": 1}))] {
            let mut fields = full(false);
            match odd {
                Some(odd) => fields[name] = odd,
                None => drop(fields.as_object_mut().unwrap().remove(name)),
            }
            oddly.push(read(&fields).unwrap());
        }
        for machine in &oddly {
            assert_eq!(machine, &oddly[0], "{name}");
        }
        assert_eq!(oddly[0].id, whole.id);
        let told_as_null = full(false)[name].is_null() || name == "somethingNew";
        assert_eq!(oddly[0] == whole, told_as_null, "{name}");
    }
    assert_eq!(bare().state_word(), "unknown");
}

#[test]
fn answers_met_in_the_wild_are_machines() {
    for (name, odd) in [
        ("cpus", json!(2.5)),
        ("ram", json!("")),
        ("updatesPending", json!(0)),
        ("region", json!(null)),
        ("usageRate", json!("n/a")),
        ("state", json!(null)),
        ("dtCreated", json!("")),
        ("dtDeleted", json!("")),
        ("dtDeleted", json!("0000-00-00")),
        ("accelerators", json!("none")),
        ("reservation", json!({})),
    ] {
        let machine: Machine = read(&json!({"id": "ps1", name: odd})).unwrap();
        assert_eq!(machine, bare(), "{name}");
        assert!(!machine.is_deleted());
    }
}

#[test]
fn a_new_machine_sends_only_what_is_set_in_json_types() {
    let minimal = CreateMachine {
        settings: MachineSettings {
            name: Some("n".into()),
            machine_type: Some("C5".into()),
            disk_size: Some(50),
            ..MachineSettings::default()
        },
        template_id: "t1".into(),
        region: "ny2".into(),
        ..CreateMachine::default()
    };
    let sent = json!({"name": "n", "machineType": "C5", "templateId": "t1", "diskSize": 50, "region": "ny2"});
    assert_eq!(serde_json::to_value(&minimal).unwrap(), sent);

    let full = CreateMachine {
        settings: MachineSettings {
            auto_shutdown_enabled: Some(true),
            auto_shutdown_timeout: Some(6),
            ..MachineSettings::default()
        },
        enable_nvlink: Some(false),
        accessor_ids: Some(vec!["u1".into()]),
        password: Some(SecretString::from("hunter2")),
        first_name: Some("Ada".into()),
        ..minimal
    };
    assert!(!format!("{full:?}").contains("hunter2"));
    let sent = serde_json::to_value(&full).unwrap();
    assert_eq!(sent["autoShutdownEnabled"], json!(true));
    assert_eq!(sent["autoShutdownTimeout"], json!(6));
    assert_eq!(sent["enableNvlink"], json!(false));
    assert_eq!(sent["accessorIds"], json!(["u1"]));
    assert_eq!(sent["password"], json!("hunter2"));
    assert_eq!(sent["firstName"], json!("Ada"));
}

#[test]
fn a_change_sends_only_what_changes() {
    assert!(MachineSettings::default().is_empty());
    let changes = MachineSettings {
        auto_shutdown_timeout: Some(8),
        ..MachineSettings::default()
    };
    assert!(!changes.is_empty());
    assert_eq!(
        serde_json::to_value(&changes).unwrap(),
        json!({"autoShutdownTimeout": 8})
    );
}

#[tokio::test]
async fn power_requests_carry_an_empty_object() {
    let answer = json!({"data": full(false), "event": null});
    let server = Loopback::start((0..4).map(|_| Reply::json(200, &answer))).await;
    let client = server.client();
    client.start_machine("ps1").await.unwrap();
    client.stop_machine("ps1").await.unwrap();
    client.restart_machine("ps1").await.unwrap();
    assert_eq!(client.delete_machine("ps1").await.unwrap().event, None);
    assert_eq!(
        server.lines(),
        [
            "PATCH /v1/machines/ps1/start",
            "PATCH /v1/machines/ps1/stop",
            "PATCH /v1/machines/ps1/restart",
            "DELETE /v1/machines/ps1",
        ]
    );
    for seen in &server.requests()[..3] {
        assert_eq!(
            (seen.body.as_str(), seen.headers["content-type"].as_str()),
            ("{}", "application/json")
        );
    }
    let last = &server.requests()[3];
    assert!(last.body.is_empty() && !last.headers.contains_key("content-type"));
}

#[tokio::test]
async fn a_listing_is_filtered_and_newest_first() {
    let page = json!({"hasMore": true, "nextPage": "p2", "items": [full(true)]});
    let server = Loopback::start([Reply::json(200, &page), Reply::json(200, &json!({"items": []}))]).await;
    let client = server.client();
    let filter = MachineFilter {
        name: Some("a&b".into()),
        region: Some("East Coast (NY2)".into()),
        ..MachineFilter::default()
    };
    let first = client.machine_page(&filter, None).await.unwrap();
    assert_eq!((first.items.len(), first.next_page.as_deref()), (1, Some("p2")));
    client
        .machine_page(&MachineFilter::default(), first.next_page.as_deref())
        .await
        .unwrap();
    assert_eq!(
        server.lines(),
        [
            "GET /v1/machines?orderBy=dtCreated&order=desc&name=a%26b&region=East+Coast+%28NY2%29&limit=120",
            "GET /v1/machines?orderBy=dtCreated&order=desc&limit=120&after=p2",
        ]
    );
}
