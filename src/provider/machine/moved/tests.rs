use serde_json::{Value, json};

use super::*;
use crate::server::rpc::RawState;

const METAPHYSIC: &str = "registry.terraform.io/metaphysic/paperspace";
const LEGACY: &str = "registry.terraform.io/paperspace/paperspace";

/// A stored state with the address of the provider that wrote it.
struct Stored {
    source_provider_address: String,
    source_schema_version: i64,
    source_state: RawState,
}

fn move_state(stored: &Stored) -> Result<Option<Machine>, Diagnostics> {
    take_over(&Source {
        provider_address: Some(&stored.source_provider_address),
        type_name: "paperspace_machine",
        version: stored.source_schema_version,
        state: &stored.source_state,
    })
}

fn source(provider: &str, state: &[u8]) -> Stored {
    Stored {
        source_provider_address: provider.to_owned(),
        source_schema_version: 0,
        source_state: RawState {
            json: state.to_vec(),
            ..RawState::default()
        },
    }
}

fn moved(state: &Value) -> Machine {
    let source = source(METAPHYSIC, state.to_string().as_bytes());
    move_state(&source).unwrap().expect("the source is known")
}

/// The words of the refusal.
fn refused(source: &Stored) -> String {
    let diagnostics = move_state(source).expect_err("it cannot be read");
    let diagnostic = diagnostics.into_iter().next().expect("there is an error");
    assert_eq!(diagnostic.summary, "Other Provider's State Cannot Be Read");
    diagnostic.detail
}

fn text(value: &str) -> Tf<String> {
    Tf::Known(value.to_owned())
}

fn metaphysic() -> Value {
    json!({
        "id": "ps1old", "name": "trainer", "machine_type": "P4000", "template_id": "tkni3aa4", "disk_size": 50,
        "region": "East Coast (NY2)", "region_full": "East Coast (NY2)", "private_network_id": "nblue",
        "public_ip_type": "dynamic", "auto_shutdown_enabled": true, "auto_shutdown_timeout": 6, "auto_shutdown_force": false,
        "auto_snapshot_enabled": true, "auto_snapshot_frequency": "weekly", "auto_snapshot_save_count": 3,
        "restore_point_enabled": true, "restore_point_frequency": "shutdown", "restore_point_snapshot_id": "sn1",
        "take_initial_snapshot": true, "email_password": false, "enable_nvlink": true, "startup_script_id": "scone",
        "accessor_ids": ["u3guest", "u2member"], "state": "ready", "os": "Ubuntu 22.04 Server", "agent_type": "LinuxHeadless",
        "cpus": 8, "public_ip": "198.18.0.2", "private_ip": "10.0.0.2", "ram": "32212254720", "storage_total": "53687091200",
        "storage_used": "1024", "usage_rate": 0.51, "storage_rate": 0.0068, "dt_created": "2026-01-01T00:00:00.000Z",
        "dt_modified": "2026-01-02T00:00:00.000Z",
    })
}

fn legacy() -> Value {
    json!({
        "id": "ps1old", "region": "East Coast (NY2)", "name": "trainer", "machine_type": "P4000", "billing_type": "hourly",
        "template_id": "tkni3aa4", "network_id": "nblue", "team_id": "te1", "user_id": "u1owner", "email": "ada@example.com",
        "password": "correct horse", "firstname": "Ada", "lastname": "Owner", "notification_email": "ada@example.com",
        "script_id": "scone", "dt_last_run": "2026-01-03T00:00:00.000Z", "os": "Ubuntu 22.04 Server", "ram": "8589938688",
        "gpu": "Quadro P4000", "storage_total": "53687091200", "storage_used": "1024", "usage_rate": "$0.51/hr",
        "auto_snapshot_frequency": "weekly", "auto_snapshot_save_count": "3", "agent_type": "LinuxHeadless",
        "dt_created": "2026-01-01T00:00:00.000Z", "state": "ready", "private_ip_address": "10.0.0.2",
        "public_ip_address": "198.18.0.2", "size": 50, "cpus": 8, "shutdown_timeout_in_hours": 6, "assign_public_ip": true,
        "shutdown_timeout_forces": true, "perform_auto_snapshot": true, "live_forever": false, "is_managed": false,
        "timeouts": {"create": "30m", "delete": null},
    })
}

/// What both mappings have in common.
fn trainer() -> Machine {
    Machine {
        id: text("ps1old"),
        name: text("trainer"),
        machine_type: text("P4000"),
        template_id: text("tkni3aa4"),
        disk_size: Tf::Known(50),
        region: text("East Coast (NY2)"),
        network_id: text("nblue"),
        auto_shutdown_enabled: Tf::Known(true),
        auto_shutdown_timeout: Tf::Known(6),
        auto_snapshot_enabled: Tf::Known(true),
        auto_snapshot_frequency: text("weekly"),
        auto_snapshot_save_count: Tf::Known(3),
        startup_script_id: text("scone"),
        state: text("ready"),
        os: text("Ubuntu 22.04 Server"),
        agent_type: text("LinuxHeadless"),
        cpus: Tf::Known(8),
        storage_total: Tf::Known(53_687_091_200),
        private_ip: text("10.0.0.2"),
        public_ip: text("198.18.0.2"),
        created_at: text("2026-01-01T00:00:00.000Z"),
        ..Machine::default()
    }
}

/// The state with these members changed.
fn with(mut state: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().expect("an object").clone() {
        assert!(state.get(&name).is_some(), "{name} is no attribute of that provider");
        state[&name] = value;
    }
    state
}

#[test]
fn every_attribute_of_metaphysics_provider_finds_its_place() {
    let expected = Machine {
        public_ip_type: text("dynamic"),
        auto_shutdown_force: Tf::Known(false),
        restore_point_enabled: Tf::Known(true),
        restore_point_frequency: text("shutdown"),
        restore_point_snapshot_id: text("sn1"),
        take_initial_snapshot: Tf::Known(true),
        email_password: Tf::Known(false),
        enable_nvlink: Tf::Known(true),
        accessor_ids: Tf::Known(["u2member".to_owned(), "u3guest".to_owned()].into()),
        ram: Tf::Known(32_212_254_720),
        ..trainer()
    };
    assert_eq!(moved(&metaphysic()), expected);
}

#[test]
fn every_attribute_of_the_legacy_provider_finds_its_place() {
    let expected = Machine {
        public_ip_type: text("static"),
        auto_shutdown_force: Tf::Known(true),
        ram: Tf::Known(8_589_938_688),
        ..trainer()
    };
    assert_eq!(moved(&legacy()), expected);
}

#[test]
fn the_shape_tells_the_provider_whatever_its_namespace_and_host() {
    let legacy = legacy().to_string();
    for provider in [
        METAPHYSIC,
        LEGACY,
        "registry.opentofu.org/someone/paperspace",
        "mirror.example.com/a/paperspace",
    ] {
        let machine = move_state(&source(provider, legacy.as_bytes())).unwrap();
        assert_eq!(
            machine.expect("it is known").public_ip_type,
            text("static"),
            "{provider}"
        );
    }
}

#[test]
fn what_is_null_stays_null() {
    let nulls = |state: Value| {
        let members = state.as_object().expect("an object").clone();
        let nulls = members
            .into_iter()
            .map(|(name, value)| (name.clone(), if name == "id" { value } else { Value::Null }));
        Value::Object(nulls.collect())
    };
    let bare = Machine {
        id: text("ps1old"),
        ..Machine::default()
    };
    assert_eq!(moved(&nulls(metaphysic())), bare);
    assert_eq!(moved(&json!({"id": "ps1old"})), bare);
    // A machine of the legacy provider without a timeout does not turn itself off.
    let legacy = moved(&nulls(legacy()));
    assert_eq!(
        legacy,
        Machine {
            auto_shutdown_enabled: Tf::Known(false),
            ..bare
        }
    );
}

#[test]
fn what_would_replace_or_change_a_machine_by_itself_is_left_behind() {
    assert_eq!(
        moved(&with(metaphysic(), json!({"enable_nvlink": false}))).enable_nvlink,
        Tf::Null
    );
    for state in ["ready", "off"] {
        assert_eq!(
            moved(&with(metaphysic(), json!({"state": state}))).power_state,
            Tf::Null
        );
    }
    assert_eq!(moved(&legacy()).user_id, Tf::Null);
    let empty = with(
        legacy(),
        json!({"script_id": "", "network_id": "", "template_id": "", "auto_snapshot_frequency": ""}),
    );
    let machine = moved(&empty);
    let fields = [
        machine.startup_script_id,
        machine.network_id,
        machine.template_id,
        machine.auto_snapshot_frequency,
    ];
    assert_eq!(fields, [const { Tf::Null }; 4]);
}

#[test]
fn a_legacy_machine_turns_itself_off_only_if_it_was_told_to() {
    for (change, expected) in [
        (json!({"live_forever": true}), (Tf::Known(false), Tf::Null)),
        (json!({"shutdown_timeout_in_hours": 0}), (Tf::Known(false), Tf::Null)),
        (json!({"live_forever": null}), (Tf::Known(true), Tf::Known(6))),
    ] {
        let machine = moved(&with(legacy(), change));
        assert_eq!((machine.auto_shutdown_enabled, machine.auto_shutdown_timeout), expected);
    }
    for assigned in [json!(false), json!(null)] {
        assert_eq!(
            moved(&with(legacy(), json!({"assign_public_ip": assigned}))).public_ip_type,
            Tf::Null
        );
    }
    for count in ["", "three", "99999999999999999999"] {
        assert_eq!(
            moved(&with(legacy(), json!({"auto_snapshot_save_count": count}))).auto_snapshot_save_count,
            Tf::Null
        );
    }
}

#[test]
fn a_password_is_nowhere() {
    let machine = format!("{:?}", moved(&legacy()));
    assert!(!machine.contains("correct horse"), "{machine}");
    // Nor in the words of a refusal, wherever the password got to.
    for state in [
        with(legacy(), json!({"size": "correct horse"})),
        with(legacy(), json!({"cpus": {"a": "correct horse"}})),
        json!("correct horse"),
        json!(["correct horse"]),
    ] {
        let words = refused(&source(LEGACY, state.to_string().as_bytes()));
        assert!(!words.contains("correct"), "{words}");
    }
}

#[test]
fn other_shapes_are_refused() {
    for state in [
        &b""[..],
        b"{",
        b"null",
        b"[]",
        b"7",
        b"{}",
        b"\xff",
        br#"{"id": null}"#,
        br#"{"id": ""}"#,
        br#"{"id": 7}"#,
        br#"{"id": "ps1", "disk_size": 1e999999999}"#,
        br#"{"id": "ps1", "disk_size": 50.5}"#,
        br#"{"id": "ps1", "accessor_ids": "u1"}"#,
        br#"{"id": "ps1", "id": "ps2"}"#,
        br#"{"id": "ps1", "size": 99999999999999999999}"#,
    ] {
        let words = refused(&source(METAPHYSIC, state));
        assert!(words.contains("import the machine by its id"), "{words}");
    }
    refused(&source(METAPHYSIC, "[".repeat(100_000).as_bytes()));
    let newer = Stored {
        source_schema_version: 1,
        ..source(METAPHYSIC, metaphysic().to_string().as_bytes())
    };
    assert!(refused(&newer).contains("version is 1"));
}

#[test]
fn other_sources_are_not_known() {
    let state = metaphysic().to_string();
    let other_provider = source("registry.terraform.io/paperspace/aws", state.as_bytes());
    for source in [other_provider, source("", b"{}")] {
        assert_eq!(move_state(&source).unwrap(), None);
    }
}

/// Whose a state is that stands under this provider's name is told by its shape alone.
#[test]
fn a_state_without_an_address_is_known_by_its_shape() {
    let taken = |state: &Value| {
        let state = RawState {
            json: state.to_string().into_bytes(),
            ..RawState::default()
        };
        take_over(&Source {
            provider_address: None,
            type_name: "paperspace_machine",
            version: 0,
            state: &state,
        })
        .unwrap()
    };
    let mut metaphysic = metaphysic();
    metaphysic["region_full"] = Value::Null;
    assert!(taken(&metaphysic).is_some());
    assert!(taken(&legacy()).is_some());
    // One of this provider's own, as it was written before there were versions.
    assert!(taken(&json!({"id": "ps1", "name": "own", "disk_size": 50, "power_state": null})).is_none());
}
