//! The life of `paperspace_custom_template`.

use serde_json::json;

use super::{Kind, row};

/// The table.
pub const CUSTOM_TEMPLATE: Kind = Kind {
    type_name: "paperspace_custom_template",
    key: "id",
    records: "templates",
    surroundings: |config| {
        for id in ["ps0host", "ps0other"] {
            let machine = json!({
                "id": id, "name": id, "machineType": "C5", "templateId": "tkni3aa4", "diskSize": 50, "region": "ny2",
                "state": "off"
            });
            let machine = serde_json::from_value(machine).expect("a seed reads from JSON");
            config.teams[0].seed.machines.push(machine);
        }
    },
    least: &[("name", r#""{row}""#), ("machine_id", r#""ps0host""#)],
    rows: &[
        row("name", r#""first""#, r#""second""#).held(),
        row("machine_id", r#""ps0host""#, r#""ps0other""#)
            .held_in("parentMachineId", [r#""ps0host""#, r#""ps0other""#])
            .replaces()
            .fixed()
            .stays(),
        row("power_cycle", "true", "false"),
        row("deletion_protection", "true", "false"),
        row("timeouts", r#"{ create = "1h" }"#, r#"{ delete = "20m" }"#),
    ],
    sends_after_import: false,
    elsewhere: &[],
};
