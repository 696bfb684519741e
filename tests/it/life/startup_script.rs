//! The life of `paperspace_startup_script`.

use super::{Kind, row};

/// The table. The service never tells a text, so a change of it by hand is not seen, and after an import it is sent once.
pub const STARTUP_SCRIPT: Kind = Kind {
    type_name: "paperspace_startup_script",
    key: "id",
    records: "startupScripts",
    surroundings: |_| {},
    least: &[("name", r#""{row}""#), ("script", r#""true""#)],
    rows: &[
        row("name", r#""first""#, r#""second""#).held(),
        row("script", r#""echo one""#, r#""echo two""#).held(),
        row("script_wo", r#""echo one""#, r#""echo two""#)
            .without("script")
            .beside_each(["script_wo_version = 1", "script_wo_version = 2"])
            .held_in("script", ["", ""])
            .fixed(),
        row("script_wo_version", "1", "2")
            .without("script")
            .beside_each([r#"script_wo = "echo one""#, r#"script_wo = "echo two""#])
            .held_in("script", [r#""echo one""#, r#""echo two""#])
            .fixed(),
        row("is_enabled", "false", "true").held(),
        row("is_run_once", "true", "false").held(),
    ],
    sends_after_import: true,
    elsewhere: &[],
};
