//! The life of `paperspace_public_ip`.

use super::{Kind, row};

/// The table.
pub const PUBLIC_IP: Kind = Kind {
    type_name: "paperspace_public_ip",
    key: "ip",
    records: "publicIps",
    surroundings: |_| {},
    least: &[("region", r#""ny2""#)],
    rows: &[
        row("region", r#""East Coast (NY2)""#, r#""ca1""#)
            .held_as([r#""ny2""#, r#""ca1""#])
            .replaces()
            .fixed(),
        row("deletion_protection", "true", "false"),
    ],
    sends_after_import: false,
    elsewhere: &[],
};
