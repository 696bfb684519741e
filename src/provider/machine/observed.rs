//! What a machine's answer from the API says about the state.

use crate::api;
use crate::schema::Nested;
use crate::value::{Number, Tf};

use super::change::power_of;
use super::model::{Accelerator, Machine};

/// A gigabyte as Paperspace counts it: 50 GB read 53687091200 bytes.
const GIGABYTE: i64 = 1 << 30;

/// Writes everything that the API tells into the state. What it does not tell stays as it was.
pub(super) fn observe(state: &mut Machine, seen: &api::Machine) {
    // Every field is named, so that none that comes to be told is overlooked. Those without a use change all the time.
    let api::Machine {
        id,
        name,
        state: doing,
        os,
        machine_type,
        agent_type,
        cpus,
        ram,
        storage_total,
        storage_used: _,
        accelerators,
        region,
        private_ip,
        network_id,
        public_ip,
        public_ip_type,
        auto_shutdown_enabled,
        auto_shutdown_timeout,
        auto_shutdown_force,
        auto_snapshot_enabled,
        auto_snapshot_frequency,
        auto_snapshot_save_count,
        restore_point_enabled,
        restore_point_frequency,
        restore_point_snapshot_id,
        updates_pending: _,
        usage_rate,
        storage_rate,
        reservation: _,
        dt_created,
        dt_modified: _,
        dt_deleted: _,
    } = seen;
    state.id = Tf::Known(id.clone());
    tell(&mut state.name, name);
    tell(&mut state.machine_type, machine_type);
    tell(&mut state.region, region);
    if let Some(gigabytes) = disk_size(*storage_total) {
        state.disk_size = Tf::Known(gigabytes);
    }
    state.network_id = network_id.clone().into();
    tell(&mut state.public_ip_type, public_ip_type);
    tell(&mut state.auto_shutdown_enabled, auto_shutdown_enabled);
    let shuts_down = *auto_shutdown_enabled;
    tell_if(shuts_down, &mut state.auto_shutdown_timeout, auto_shutdown_timeout);
    tell_if(shuts_down, &mut state.auto_shutdown_force, auto_shutdown_force);
    tell(&mut state.auto_snapshot_enabled, auto_snapshot_enabled);
    let snaps = *auto_snapshot_enabled;
    tell_if(snaps, &mut state.auto_snapshot_frequency, auto_snapshot_frequency);
    tell_if(snaps, &mut state.auto_snapshot_save_count, auto_snapshot_save_count);
    tell(&mut state.restore_point_enabled, restore_point_enabled);
    let restores = *restore_point_enabled;
    tell_if(restores, &mut state.restore_point_frequency, restore_point_frequency);
    tell_if(
        restores,
        &mut state.restore_point_snapshot_id,
        restore_point_snapshot_id,
    );
    let power = doing.as_ref().and_then(|doing| power_of(doing.as_str()));
    if let (Tf::Known(_), Some(power)) = (&state.power_state, power) {
        state.power_state = Tf::Known(power.to_owned());
    }
    state.state = doing.as_ref().map(|doing| doing.as_str().to_owned()).into();
    state.os = os.clone().into();
    state.agent_type = agent_type.clone().into();
    state.cpus = (*cpus).into();
    state.ram = (*ram).into();
    state.storage_total = (*storage_total).into();
    state.accelerators = Tf::Known(accelerators.iter().map(accelerator).collect());
    state.private_ip = private_ip.clone().into();
    state.public_ip = public_ip.clone().into();
    state.usage_rate = rate(*usage_rate);
    state.storage_rate = rate(*storage_rate);
    state.created_at = dt_created.as_ref().map(|date| date.as_str().to_owned()).into();
}

/// The disk's size in GB of what is told in bytes; `None` while the machine has no disk yet.
pub(in crate::provider) fn disk_size(storage_total: Option<i64>) -> Option<i64> {
    let bytes = storage_total.filter(|bytes| *bytes > 0)?;
    // To the nearest, so that a few reserved bytes are no shrunken disk.
    Some(bytes.saturating_add(GIGABYTE / 2) / GIGABYTE)
}

/// Takes a value that the API always tells; where it does not, what was known stays, and what was not known is null.
fn tell<T: Clone>(field: &mut Tf<T>, seen: &Option<T>) {
    match seen {
        Some(value) => *field = Tf::Known(value.clone()),
        None if field.is_unknown() => *field = Tf::Null,
        None => {}
    }
}

/// Takes a setting of something that is turned on or off. While it is off the API says null whatever was set, and what was
/// known stays: a configured `false` is no drift.
fn tell_if<T: Clone>(enabled: Option<bool>, field: &mut Tf<T>, seen: &Option<T>) {
    match (enabled, seen) {
        (Some(false), None) => tell(field, seen),
        _ => *field = seen.clone().into(),
    }
}

/// Dollars as a number; null where the service does not tell.
pub(in crate::provider) fn rate(dollars: Option<f64>) -> Tf<Number> {
    dollars.and_then(|dollars| Number::try_from(dollars).ok()).into()
}

/// GPUs of one kind.
pub(in crate::provider) fn accelerator(seen: &api::Accelerator) -> Nested<Accelerator> {
    let api::Accelerator { name, memory, count } = seen;
    Nested(Accelerator {
        name: name.clone().into(),
        memory: (*memory).into(),
        count: (*count).into(),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A machine of which nothing is told but its id.
    pub(in crate::provider::machine) fn bare() -> api::Machine {
        api::Machine {
            id: "ps1".into(),
            name: None,
            state: None,
            os: None,
            machine_type: None,
            agent_type: None,
            cpus: None,
            ram: None,
            storage_total: None,
            storage_used: None,
            accelerators: Vec::new(),
            region: None,
            private_ip: None,
            network_id: None,
            public_ip: None,
            public_ip_type: None,
            auto_shutdown_enabled: None,
            auto_shutdown_timeout: None,
            auto_shutdown_force: None,
            auto_snapshot_enabled: None,
            auto_snapshot_frequency: None,
            auto_snapshot_save_count: None,
            restore_point_enabled: None,
            restore_point_frequency: None,
            restore_point_snapshot_id: None,
            updates_pending: None,
            usage_rate: None,
            storage_rate: None,
            reservation: None,
            dt_created: None,
            dt_modified: None,
            dt_deleted: None,
        }
    }

    #[test]
    fn what_is_not_told_stays_and_what_was_not_known_is_null() {
        let mut state = Machine {
            name: Tf::Known("kept".into()),
            region: Tf::Unknown,
            disk_size: Tf::Known(50),
            auto_shutdown_enabled: Tf::Known(false),
            power_state: Tf::Known("on".into()),
            ..Machine::default()
        };
        observe(&mut state, &bare());
        assert_eq!(state.id, Tf::Known("ps1".into()));
        assert_eq!(state.name, Tf::Known("kept".into()));
        assert_eq!(state.region, Tf::Null);
        assert_eq!(state.disk_size, Tf::Known(50));
        assert_eq!(state.auto_shutdown_enabled, Tf::Known(false));
        assert_eq!(state.power_state, Tf::Known("on".into()));
    }

    #[test]
    fn what_is_off_keeps_its_settings_and_what_is_on_tells_them() {
        let observed = |enabled, timeout| {
            let mut state = Machine {
                auto_shutdown_timeout: Tf::Known(6),
                ..Machine::default()
            };
            let seen = api::Machine {
                auto_shutdown_enabled: enabled,
                auto_shutdown_timeout: timeout,
                ..bare()
            };
            observe(&mut state, &seen);
            state.auto_shutdown_timeout
        };
        assert_eq!(observed(Some(false), None), Tf::Known(6));
        assert_eq!(observed(Some(false), Some(8)), Tf::Known(8));
        assert_eq!(observed(Some(true), Some(8)), Tf::Known(8));
        assert_eq!(observed(Some(true), None), Tf::Null);
    }

    #[test]
    fn power_is_taken_over_where_it_is_managed_and_known() {
        let observed = |managed: Tf<&str>, state: &str| {
            let mut machine = Machine {
                power_state: managed.map(str::to_owned),
                ..Machine::default()
            };
            let seen = api::Machine {
                state: Some(state.into()),
                ..bare()
            };
            observe(&mut machine, &seen);
            machine.power_state
        };
        assert_eq!(observed(Tf::Known("on"), "off"), Tf::Known("off".into()));
        assert_eq!(observed(Tf::Known("off"), "serviceready"), Tf::Known("on".into()));
        assert_eq!(observed(Tf::Known("off"), "starting"), Tf::Known("off".into()));
        assert_eq!(observed(Tf::Null, "off"), Tf::Null);
    }

    #[test]
    fn a_disk_is_told_in_gigabytes_to_the_nearest() {
        for (bytes, gigabytes) in [
            (None, None),
            (Some(0), None),
            (Some(50 << 30), Some(50)),
            (Some((50 << 30) - 4_096), Some(50)),
            (Some((50 << 30) + 4_096), Some(50)),
        ] {
            assert_eq!(disk_size(bytes), gigabytes, "{bytes:?}");
        }
    }
}
