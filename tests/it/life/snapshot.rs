//! The life of `paperspace_snapshot`.

use serde_json::json;

use super::{Kind, row};

/// The table.
pub const SNAPSHOT: Kind = Kind {
    type_name: "paperspace_snapshot",
    key: "id",
    records: "snapshots",
    surroundings: |config| {
        for id in ["ps0host", "ps0other"] {
            let machine = json!({
                "id": id, "name": id, "machineType": "C5", "templateId": "tkni3aa4", "diskSize": 50, "region": "ny2"
            });
            let machine = serde_json::from_value(machine).expect("a seed reads from JSON");
            config.teams[0].seed.machines.push(machine);
        }
    },
    least: &[("machine_id", r#""ps0host""#), ("name", r#""{row}""#)],
    rows: &[
        row("machine_id", r#""ps0host""#, r#""ps0other""#)
            .held()
            .replaces()
            .fixed(),
        row("name", r#""first""#, r#""second""#).held(),
        row("deletion_protection", "true", "false"),
        row("timeouts", r#"{ create = "1h" }"#, r#"{ delete = "20m" }"#),
    ],
    sends_after_import: false,
    elsewhere: &[],
};
