//! What a planned change of a machine means, decided purely: which values may differ afterwards, whether the machine must
//! be off for it, and what is sent.

use crate::value::Tf;

use super::model::Machine;

/// The consequences of changing a machine in place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Consequences {
    /// The machine type changes.
    pub machine_type: bool,
    /// The disk grows.
    pub disk_grows: bool,
    /// The disk would shrink, which cannot be done.
    pub disk_shrinks: bool,
    /// The network changes.
    pub network: bool,
    /// The way to a public IP address changes.
    pub public_ip_type: bool,
    /// The machine is to be turned on or off.
    pub power: bool,
    /// Auto-shutdown is turned on or off.
    pub auto_shutdown: bool,
    /// Automatic snapshots are turned on or off.
    pub auto_snapshot: bool,
    /// The restore point is turned on or off.
    pub restore_point: bool,
}

impl Consequences {
    /// Compares two states of the same machine. An unknown planned value counts as a change.
    pub(super) fn of(prior: &Machine, planned: &Machine) -> Self {
        let disk = (prior.disk_size.known(), planned.disk_size.known());
        Self {
            machine_type: !same_type(&prior.machine_type, &planned.machine_type),
            disk_grows: matches!(disk, (Some(prior), Some(planned)) if planned > prior)
                || (planned.disk_size.is_unknown() && !prior.disk_size.is_null()),
            disk_shrinks: matches!(disk, (Some(prior), Some(planned)) if planned < prior),
            network: prior.network_id != planned.network_id,
            public_ip_type: prior.public_ip_type != planned.public_ip_type,
            power: !planned.power_state.is_null() && powers(prior, planned),
            auto_shutdown: prior.auto_shutdown_enabled != planned.auto_shutdown_enabled,
            auto_snapshot: prior.auto_snapshot_enabled != planned.auto_snapshot_enabled,
            restore_point: prior.restore_point_enabled != planned.restore_point_enabled,
        }
    }

    /// Whether the machine must be off while it is changed.
    pub(super) fn needs_off(self) -> bool {
        self.machine_type || self.disk_grows
    }
}

/// Whether the planned power state differs from the one that the machine was last seen in.
fn powers(prior: &Machine, planned: &Machine) -> bool {
    if planned.power_state.is_unknown() {
        return true;
    }
    match prior.state.as_deref().and_then(power_of) {
        Some(seen) => Some(seen) != planned.power_state.as_deref(),
        None => planned.power_state != prior.power_state,
    }
}

fn same_type(a: &Tf<String>, b: &Tf<String>) -> bool {
    match (a.as_deref(), b.as_deref()) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => a == b,
    }
}

/// The power state that a machine's state amounts to; `None` while it is on its way from one to the other.
pub(super) fn power_of(state: &str) -> Option<&'static str> {
    match state {
        "ready" | "serviceready" => Some("on"),
        "off" => Some("off"),
        _ => None,
    }
}

/// Makes exactly those planned values unknown that the change can alter and that the configuration leaves open.
pub(super) fn free_altered(config: &Machine, planned: &mut Machine, consequences: Consequences, is_on: bool) {
    let cycle = consequences.needs_off() && is_on;
    let dynamic_ip =
        planned.public_ip_type.as_deref() != Some("static") && planned.public_ip_type.as_deref() != Some("none");
    if cycle || consequences.power {
        planned.state = Tf::Unknown;
    }
    if consequences.public_ip_type || ((cycle || consequences.power) && dynamic_ip) {
        planned.public_ip = Tf::Unknown;
    }
    if consequences.network {
        planned.private_ip = Tf::Unknown;
    }
    if consequences.machine_type {
        planned.cpus = Tf::Unknown;
        planned.ram = Tf::Unknown;
        planned.accelerators = Tf::Unknown;
        planned.usage_rate = Tf::Unknown;
        planned.storage_rate = Tf::Unknown;
    }
    if consequences.disk_grows {
        planned.storage_total = Tf::Unknown;
        planned.storage_rate = Tf::Unknown;
    }
    // What these are while they are off, and what they become once they are on, is the service's to say.
    if consequences.auto_shutdown {
        free(&config.auto_shutdown_timeout, &mut planned.auto_shutdown_timeout);
        free(&config.auto_shutdown_force, &mut planned.auto_shutdown_force);
    }
    if consequences.auto_snapshot {
        free(&config.auto_snapshot_frequency, &mut planned.auto_snapshot_frequency);
        free(&config.auto_snapshot_save_count, &mut planned.auto_snapshot_save_count);
    }
    if consequences.restore_point {
        free(&config.restore_point_frequency, &mut planned.restore_point_frequency);
        free(
            &config.restore_point_snapshot_id,
            &mut planned.restore_point_snapshot_id,
        );
    }
}

fn free<T>(config: &Tf<T>, planned: &mut Tf<T>) {
    if config.is_null() {
        *planned = Tf::Unknown;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine with a last seen state and a wish about its power; an empty word is none.
    fn machine(state: &str, power: &str) -> Machine {
        let word = |word: &str| match word {
            "" => Tf::Null,
            "?" => Tf::Unknown,
            word => Tf::Known(word.to_owned()),
        };
        Machine {
            state: word(state),
            power_state: word(power),
            ..Machine::default()
        }
    }

    #[test]
    fn power_changes_where_the_machine_is_not_seen_as_it_is_wished() {
        for (state, before, wish, changes) in [
            ("ready", "on", "on", false),
            ("serviceready", "on", "on", false),
            ("ready", "on", "off", true),
            ("off", "off", "off", false),
            ("off", "off", "on", true),
            // It was turned off by hand: what was wished before does not matter.
            ("off", "on", "on", true),
            ("ready", "off", "off", true),
            // On its way it tells nothing, so the wish decides.
            ("starting", "on", "on", false),
            ("starting", "on", "off", true),
            ("", "off", "off", false),
            ("", "", "on", true),
            // Nothing is wished any more.
            ("off", "on", "", false),
            ("ready", "", "", false),
            ("ready", "on", "?", true),
        ] {
            let (prior, planned) = (machine(state, before), machine(state, wish));
            let told = Consequences::of(&prior, &planned).power;
            assert_eq!(told, changes, "{state}: {before} to {wish}");
        }
    }

    #[test]
    fn a_disk_of_unknown_size_may_grow_and_what_grows_or_is_of_another_type_has_to_be_off() {
        let sized = |size: Tf<i64>, machine_type: &str| Machine {
            disk_size: size,
            machine_type: Tf::Known(machine_type.to_owned()),
            ..Machine::default()
        };
        for (prior, planned, machine_type, grows, shrinks, needs_off) in [
            (Tf::Known(50), Tf::Known(50), "C5", false, false, false),
            (Tf::Known(50), Tf::Known(50), "c5", false, false, false),
            (Tf::Known(50), Tf::Known(50), "C7", false, false, true),
            (Tf::Known(50), Tf::Known(51), "C5", true, false, true),
            (Tf::Known(50), Tf::Known(49), "C5", false, true, false),
            (Tf::Known(50), Tf::Unknown, "C5", true, false, true),
            (Tf::Null, Tf::Unknown, "C5", false, false, false),
            (Tf::Null, Tf::Known(50), "C5", false, false, false),
        ] {
            let consequences = Consequences::of(&sized(prior, "C5"), &sized(planned, machine_type));
            assert_eq!(
                (
                    consequences.disk_grows,
                    consequences.disk_shrinks,
                    consequences.needs_off()
                ),
                (grows, shrinks, needs_off),
                "{prior:?} to {planned:?}, {machine_type}"
            );
        }
    }
}
