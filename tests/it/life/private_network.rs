//! The life of `paperspace_private_network`.

use super::{Kind, row};

/// The table.
pub const PRIVATE_NETWORK: Kind = Kind {
    type_name: "paperspace_private_network",
    key: "id",
    records: "privateNetworks",
    surroundings: |_| {},
    least: &[("name", r#""{row}""#), ("region", r#""ny2""#)],
    rows: &[
        row("name", r#""first""#, r#""second""#).held(),
        row("region", r#""East Coast (NY2)""#, r#""ca1""#)
            .held_as([r#""ny2""#, r#""ca1""#])
            .replaces()
            .fixed(),
        row("timeouts", r#"{ delete = "1h" }"#, r#"{ delete = "20m" }"#),
    ],
    sends_after_import: false,
    elsewhere: &[],
};
