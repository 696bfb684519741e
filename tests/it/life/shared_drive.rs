//! The life of `paperspace_shared_drive`.

use serde_json::json;

use super::{Kind, row};

/// The table.
pub const SHARED_DRIVE: Kind = Kind {
    type_name: "paperspace_shared_drive",
    key: "id",
    records: "sharedDrives",
    surroundings: |config| {
        for (id, region) in [("n0first", "ny2"), ("n0second", "ny2"), ("n0west", "ca1")] {
            let network = json!({"id": id, "name": id, "region": region});
            let network = serde_json::from_value(network).expect("a seed reads from JSON");
            config.teams[0].seed.private_networks.push(network);
        }
    },
    least: &[
        ("name", r#""{row}""#),
        ("size", "50"),
        ("region", r#""ny2""#),
        ("network_id", r#""n0first""#),
    ],
    rows: &[
        row("name", r#""first""#, r#""second""#).held(),
        row("size", "100", "250").held().replaces().fixed(),
        row("region", r#""East Coast (NY2)""#, r#""ca1""#)
            .without("network_id")
            .beside_each([r#"network_id = "n0first""#, r#"network_id = "n0west""#])
            .held_as([r#""ny2""#, r#""ca1""#])
            .replaces()
            .fixed()
            .stays(),
        row("network_id", r#""n0first""#, r#""n0second""#)
            .held_in("networkId", [r#""n0first""#, r#""n0second""#])
            .replaces()
            .fixed(),
        row("deletion_protection", "true", "false"),
        row("timeouts", r#"{ create = "1h" }"#, r#"{ delete = "30m" }"#),
    ],
    sends_after_import: false,
    elsewhere: &[],
};
