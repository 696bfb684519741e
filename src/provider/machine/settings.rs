//! What can be set on a machine: as it is wanted, as it is told, and what leads from one to the other. Pure.
//!
//! Settings are compared as a whole, by the names that the API gives them, so that none can be forgotten in one place and
//! kept in another.

use serde_json::{Map, Value};

use super::model::Machine;
use super::observed::disk_size;
use crate::api::{self, MachineSettings};
use crate::value::Tf;

/// Settings that belong together, each group led by what turns it on. The service keeps them as one: what is not sent along
/// when a group is turned on or changed may be something else than what was told before.
const GROUPS: [&[&str]; 3] = [
    &["autoShutdownEnabled", "autoShutdownTimeout", "autoShutdownForce"],
    &["autoSnapshotEnabled", "autoSnapshotFrequency", "autoSnapshotSaveCount"],
    &["restorePointEnabled", "restorePointFrequency", "restorePointSnapshotId"],
];

/// The settings that a state, or a plan as far as it is known, holds.
pub(super) fn wanted(machine: &Machine) -> MachineSettings {
    fn set<T: Clone>(field: &Tf<T>) -> Option<T> {
        field.known().cloned()
    }
    MachineSettings {
        name: set(&machine.name),
        machine_type: set(&machine.machine_type),
        disk_size: set(&machine.disk_size),
        network_id: set(&machine.network_id),
        public_ip_type: set(&machine.public_ip_type),
        auto_shutdown_enabled: set(&machine.auto_shutdown_enabled),
        auto_shutdown_timeout: set(&machine.auto_shutdown_timeout),
        auto_shutdown_force: set(&machine.auto_shutdown_force),
        auto_snapshot_enabled: set(&machine.auto_snapshot_enabled),
        auto_snapshot_frequency: set(&machine.auto_snapshot_frequency),
        auto_snapshot_save_count: set(&machine.auto_snapshot_save_count),
        restore_point_enabled: set(&machine.restore_point_enabled),
        restore_point_frequency: set(&machine.restore_point_frequency),
        restore_point_snapshot_id: set(&machine.restore_point_snapshot_id),
    }
}

/// The settings that the service tells.
pub(super) fn told(seen: &api::Machine) -> MachineSettings {
    MachineSettings {
        name: seen.name.clone(),
        machine_type: seen.machine_type.clone(),
        disk_size: disk_size(seen.storage_total),
        network_id: seen.network_id.clone(),
        public_ip_type: seen.public_ip_type.clone(),
        auto_shutdown_enabled: seen.auto_shutdown_enabled,
        auto_shutdown_timeout: seen.auto_shutdown_timeout,
        auto_shutdown_force: seen.auto_shutdown_force,
        auto_snapshot_enabled: seen.auto_snapshot_enabled,
        auto_snapshot_frequency: seen.auto_snapshot_frequency.clone(),
        auto_snapshot_save_count: seen.auto_snapshot_save_count,
        restore_point_enabled: seen.restore_point_enabled,
        restore_point_frequency: seen.restore_point_frequency.clone(),
        restore_point_snapshot_id: seen.restore_point_snapshot_id.clone(),
    }
}

/// What to send so that settings become what they are wanted to be: those that are new, and with each the group that it
/// belongs to, where that is on.
pub(super) fn changes(from: &MachineSettings, to: &MachineSettings) -> MachineSettings {
    let (from, to) = (fields(from), fields(to));
    let is_new = |name: &str| to.contains_key(name) && !is_same(name, from.get(name), to.get(name));
    let sent = to.iter().filter(|(name, _)| {
        let group = GROUPS.into_iter().find(|group| group.contains(&name.as_str()));
        let goes_along = group.is_some_and(|group| is_on(&to, group) && group.iter().any(|name| is_new(name)));
        goes_along || is_new(name)
    });
    settings(sent.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// The names of the arguments of which the service tells another value than the one that was set. What it does not tell is
/// no difference, and neither are the settings of a group that is off.
pub(super) fn differences(set: &MachineSettings, told: &MachineSettings) -> Vec<String> {
    let (set, told) = (fields(set), fields(told));
    let differs = |name: &str| {
        let is_idle = GROUPS
            .into_iter()
            .any(|group| group[1..].contains(&name) && set.get(group[0]) == Some(&Value::Bool(false)));
        !is_idle && told.contains_key(name) && !is_same(name, set.get(name), told.get(name))
    };
    let names = set.keys().filter(|name| differs(name));
    names.map(|name| argument(name)).collect()
}

/// The settings of auto-shutdown alone.
pub(super) fn auto_shutdown(of: &MachineSettings) -> MachineSettings {
    let MachineSettings {
        auto_shutdown_enabled,
        auto_shutdown_timeout,
        auto_shutdown_force,
        ..
    } = *of;
    MachineSettings {
        auto_shutdown_enabled,
        auto_shutdown_timeout,
        auto_shutdown_force,
        ..MachineSettings::default()
    }
}

/// What a create takes of the settings: a new machine has no snapshot to go back to yet.
pub(super) fn at_create(wanted: MachineSettings) -> MachineSettings {
    MachineSettings {
        restore_point_snapshot_id: None,
        ..wanted
    }
}

/// What a create did not take over and can be set afterwards. The type and the disk would need a machine that is off; if
/// they are not as ordered, that is for a plan to say.
pub(super) fn after_create(told: &MachineSettings, wanted: MachineSettings) -> MachineSettings {
    let wanted = MachineSettings {
        machine_type: None,
        disk_size: None,
        ..wanted
    };
    // What the service does not tell it has taken over as it was sent, but for what was not sent.
    let missing = differences(&wanted, told);
    let unsent = wanted.restore_point_snapshot_id.is_some() && told.restore_point_snapshot_id.is_none();
    if missing.is_empty() && !unsent {
        return MachineSettings::default();
    }
    changes(told, &wanted)
}

fn is_on(settings: &Map<String, Value>, group: &[&str]) -> bool {
    settings.get(group[0]) == Some(&Value::Bool(true))
}

/// Whether two values mean the same: machine types in any case, and nothing where something is off.
fn is_same(name: &str, a: Option<&Value>, b: Option<&Value>) -> bool {
    let absent = Value::Bool(false);
    match (a, b) {
        (Some(Value::String(a)), Some(Value::String(b))) if name == "machineType" => a.eq_ignore_ascii_case(b),
        (None, Some(value)) | (Some(value), None) => *value == absent,
        (a, b) => a == b,
    }
}

fn fields(settings: &MachineSettings) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(fields)) => fields,
        // A struct of options is always an object.
        _ => Map::new(),
    }
}

fn settings(fields: Map<String, Value>) -> MachineSettings {
    serde_json::from_value(Value::Object(fields)).unwrap_or_default()
}

/// The argument that a name of the API belongs to.
fn argument(name: &str) -> String {
    let mut argument = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            argument.push('_');
        }
        argument.push(letter.to_ascii_lowercase());
    }
    argument
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::Model as _;

    fn read(value: Value) -> MachineSettings {
        serde_json::from_value(value).unwrap()
    }

    fn full() -> Value {
        json!({
            "name": "n", "machineType": "C5", "diskSize": 50, "networkId": "n1", "publicIpType": "dynamic",
            "autoShutdownEnabled": true, "autoShutdownTimeout": 8, "autoShutdownForce": false,
            "autoSnapshotEnabled": true, "autoSnapshotFrequency": "daily", "autoSnapshotSaveCount": 3,
            "restorePointEnabled": true, "restorePointFrequency": "shutdown", "restorePointSnapshotId": "sl1",
        })
    }

    /// `full` with other values; `null` takes one away.
    fn with(other: Value) -> MachineSettings {
        let mut all = full();
        for (name, value) in other.as_object().unwrap() {
            match value {
                Value::Null => drop(all.as_object_mut().unwrap().remove(name)),
                value => all[name] = value.clone(),
            }
        }
        read(all)
    }

    #[test]
    fn every_setting_is_an_argument_of_that_name_and_the_names_of_groups_exist() {
        let block = Machine::schema().block();
        let fields = full();
        for name in fields.as_object().unwrap().keys() {
            let argument = argument(name);
            assert!(
                block.attributes.iter().any(|attribute| attribute.name == argument),
                "{argument}"
            );
        }
        for name in GROUPS.into_iter().flatten() {
            assert!(fields.get(name).is_some(), "{name}");
        }
        assert_eq!(serde_json::to_value(read(full())).unwrap(), fields);
    }

    #[test]
    fn what_is_sent_is_what_is_new_with_the_group_that_it_belongs_to() {
        let nothing = json!({});
        let shutdown =
            |timeout| json!({"autoShutdownEnabled": true, "autoShutdownTimeout": timeout, "autoShutdownForce": false});
        for (from, to, sent) in [
            (json!({}), json!({}), nothing.clone()),
            (json!({"name": "old"}), json!({}), json!({"name": "n"})),
            (json!({"machineType": "c5"}), json!({}), nothing.clone()),
            (json!({"machineType": "C6"}), json!({}), json!({"machineType": "C5"})),
            (json!({"diskSize": 40}), json!({}), json!({"diskSize": 50})),
            (json!({"networkId": null}), json!({}), json!({"networkId": "n1"})),
            // What is left open is not sent.
            (json!({}), json!({"networkId": null, "name": null}), nothing.clone()),
            // Turned on by itself, turned on with another value, and changed.
            (json!({"autoShutdownEnabled": false}), json!({}), shutdown(8)),
            (json!({"autoShutdownEnabled": null}), json!({}), shutdown(8)),
            (json!({}), json!({"autoShutdownTimeout": 9}), shutdown(9)),
            (
                json!({}),
                json!({"autoShutdownForce": true, "autoShutdownTimeout": null}),
                json!({"autoShutdownEnabled": true, "autoShutdownForce": true}),
            ),
            // Turned off.
            (
                json!({}),
                json!({"autoShutdownEnabled": false}),
                json!({"autoShutdownEnabled": false}),
            ),
            (
                json!({"autoSnapshotEnabled": null}),
                json!({"autoSnapshotEnabled": false}),
                nothing,
            ),
            (
                json!({"autoSnapshotEnabled": false}),
                json!({}),
                json!({"autoSnapshotEnabled": true, "autoSnapshotFrequency": "daily", "autoSnapshotSaveCount": 3}),
            ),
            (
                json!({"restorePointSnapshotId": "sl0"}),
                json!({}),
                json!({
                    "restorePointEnabled": true, "restorePointFrequency": "shutdown", "restorePointSnapshotId": "sl1",
                }),
            ),
        ] {
            let found = changes(&with(from.clone()), &with(to.clone()));
            assert_eq!(serde_json::to_value(&found).unwrap(), sent, "{from} {to}");
        }
    }

    #[test]
    fn what_is_told_otherwise_is_a_difference_and_what_is_not_told_is_none() {
        for (set, told, differing) in [
            (json!({}), json!({}), &[][..]),
            (
                json!({}),
                json!({"name": "old", "diskSize": 40}),
                &["disk_size", "name"],
            ),
            (json!({}), json!({"machineType": "c5"}), &[]),
            (json!({}), json!({"machineType": "C6"}), &["machine_type"]),
            (
                json!({}),
                json!({"diskSize": null, "networkId": null, "publicIpType": null}),
                &[],
            ),
            (json!({"networkId": null}), json!({}), &[]),
            (
                json!({}),
                json!({"autoShutdownTimeout": 168}),
                &["auto_shutdown_timeout"],
            ),
            (json!({}), json!({"autoShutdownTimeout": null}), &[]),
            (
                json!({"autoShutdownEnabled": false}),
                json!({"autoShutdownEnabled": null}),
                &[],
            ),
            (
                json!({"autoShutdownEnabled": false}),
                json!({}),
                &["auto_shutdown_enabled"],
            ),
            (
                json!({"autoShutdownEnabled": false}),
                json!({"autoShutdownEnabled": false, "autoShutdownTimeout": 9}),
                &[],
            ),
            (
                json!({}),
                json!({"autoShutdownEnabled": false}),
                &["auto_shutdown_enabled"],
            ),
        ] {
            assert_eq!(
                differences(&with(set.clone()), &with(told.clone())),
                differing,
                "{set} {told}"
            );
        }
    }

    #[test]
    fn auto_shutdown_is_a_group_of_its_own() {
        let group = auto_shutdown(&read(full()));
        let expected = json!({"autoShutdownEnabled": true, "autoShutdownTimeout": 8, "autoShutdownForce": false});
        assert_eq!(serde_json::to_value(&group).unwrap(), expected);
    }

    #[test]
    fn a_create_takes_everything_but_a_snapshot_that_is_not_there_yet() {
        assert_eq!(at_create(read(full())), with(json!({"restorePointSnapshotId": null})));
    }

    #[test]
    fn after_a_create_only_what_is_missing_is_set_and_never_type_or_disk() {
        for (told, sent) in [
            (json!({}), json!({})),
            (json!({"machineType": "C6", "diskSize": 40}), json!({})),
            (json!({"name": null, "autoShutdownTimeout": null}), json!({})),
            (json!({"publicIpType": "none"}), json!({"publicIpType": "dynamic"})),
            (
                json!({"restorePointSnapshotId": null}),
                json!({
                    "restorePointEnabled": true, "restorePointFrequency": "shutdown", "restorePointSnapshotId": "sl1",
                }),
            ),
        ] {
            let found = after_create(&with(told.clone()), read(full()));
            assert_eq!(serde_json::to_value(&found).unwrap(), sent, "{told}");
        }
    }
}
