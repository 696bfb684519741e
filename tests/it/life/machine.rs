//! The life of `paperspace_machine`.

use serde_json::{Value, json};

use super::table::Place;
use super::{Kind, Row, row};
use crate::support::cloud;

/// The table.
pub const MACHINE: Kind = Kind {
    type_name: "paperspace_machine",
    key: "id",
    records: "machines",
    surroundings: |config| {
        *config = cloud::furnished(std::mem::take(config));
        // What the service is known to do with settings of auto-shutdown that change alone.
        config.quirks.sticky_auto_shutdown = true;
    },
    least: &[
        ("name", r#""{row}""#),
        ("machine_type", r#""C5""#),
        ("template_id", r#""tkni3aa4""#),
        ("disk_size", "50"),
        ("region", r#""ny2""#),
    ],
    rows: ROWS,
    sends_after_import: false,
    elsewhere: &[(
        "restore_point_snapshot_id",
        "machine::a_restore_point_is_set_after_the_create: the snapshot has to be the machine's own",
    )],
};

const ROWS: &[Row] = &[
    row("name", r#""first""#, r#""second""#).held(),
    row("machine_type", r#""P4000""#, r#""a4000""#).held_as([r#""P4000""#, r#""A4000""#]),
    row("machine_types", r#"["P4000", "C5"]"#, r#"["A4000", "C5"]"#)
        .without("machine_type")
        .held_in("machineType", [r#""P4000""#, r#""A4000""#])
        .fixed(),
    row("regions", r#"["ca1"]"#, r#"["ny2", "ams1"]"#)
        .without("region")
        .held_in("region", [r#""ca1""#, r#""ny2""#])
        .replaces()
        .fixed(),
    row("template_id", r#""tkni3aa4""#, r#""t0nspur5""#).held().replaces(),
    // A smaller disk is refused.
    row("disk_size", "50", "100").held().stays(),
    row("region", r#""East Coast (NY2)""#, r#""ca1""#)
        .held_as([r#""ny2""#, r#""ca1""#])
        .replaces()
        .fixed(),
    row("network_id", r#""nblue""#, r#""ngreen""#).held(),
    row("public_ip_type", r#""dynamic""#, r#""static""#).held(),
    row("power_state", r#""off""#, r#""on""#).held_in("state", [r#""off""#, r#""ready""#]),
    row("start_on_create", "false", "true")
        .held_in("state", [r#""off""#, r#""off""#])
        .fixed(),
    row("auto_shutdown_enabled", "true", "false").held(),
    row("auto_shutdown_timeout", "8", "24")
        .beside("auto_shutdown_enabled = true")
        .held(),
    row("auto_shutdown_force", "true", "false")
        .beside("auto_shutdown_enabled = true")
        .held(),
    row("auto_snapshot_enabled", "true", "false").held(),
    row("auto_snapshot_frequency", r#""daily""#, r#""weekly""#)
        .beside("auto_snapshot_enabled = true")
        .held(),
    row("auto_snapshot_save_count", "1", "9")
        .beside("auto_snapshot_enabled = true")
        .held(),
    row("restore_point_enabled", "true", "false").held(),
    row("restore_point_frequency", "", r#""shutdown""#)
        .beside_each(["restore_point_enabled = false", "restore_point_enabled = true"])
        .held_as(["null", r#""shutdown""#]),
    row("enable_nvlink", "true", "false")
        .beside(r#"machine_type = "A100-80Gx8""#)
        .held()
        .replaces(),
    row("take_initial_snapshot", "true", "false").held_as(["true", "true"]),
    row("email_password", "false", "true").held_as(["false", "false"]),
    row("startup_script_id", r#""scone""#, r#""sctwo""#).found(Place::Found(script, Some(assign)), ["", ""]),
    row("accessor_ids", r#"["u2member"]"#, r#"["u3guest", "u4guest"]"#).held(),
    row("user_id", r#""u2member""#, r#""u3guest""#).held().replaces(),
    row("new_user", NEW_USER, "").found(Place::Found(has_another_user, None), ["true", "true"]),
    row("deletion_protection", "true", "false"),
    row("timeouts", r#"{ create = "1h" }"#, TIMEOUTS),
];

const NEW_USER: &str = r#"{
    email      = "new@example.com"
    first_name = "New"
    last_name  = "User"
    password   = "correct horse battery"
  }"#;

const TIMEOUTS: &str = r#"{
    update = "1h30m"
    delete = "20m"
  }"#;

/// The scripts of the world, which know their machines.
fn scripts(world: &mut Value) -> impl Iterator<Item = &mut Value> {
    world["startupScripts"].as_array_mut().into_iter().flatten()
}

fn script(world: &Value, id: &str) -> Value {
    let mut world = world.clone();
    let mut assigned = scripts(&mut world).filter(|script| {
        script["assignedMachineIds"]
            .as_array()
            .is_some_and(|ids| ids.contains(&json!(id)))
    });
    assigned.next().map_or(Value::Null, |script| script["id"].clone())
}

fn assign(world: &mut Value, id: &str, to: &Value) {
    for script in scripts(world) {
        let is_it = script["id"] == *to;
        if let Some(ids) = script["assignedMachineIds"].as_array_mut() {
            ids.retain(|assigned| assigned != id);
            if is_it {
                ids.push(json!(id));
            }
        }
    }
}

fn has_another_user(world: &Value, id: &str) -> Value {
    let mut machines = world["machines"].as_array().into_iter().flatten();
    let machine = machines.find(|machine| machine["id"] == id);
    json!(machine.is_some_and(|machine| machine["userId"] != "u1owner"))
}
