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
    state.id = Tf::Known(seen.id.clone());
    tell(&mut state.name, &seen.name);
    tell(&mut state.machine_type, &seen.machine_type);
    tell(&mut state.region, &seen.region);
    if let Some(gigabytes) = disk_size(seen) {
        state.disk_size = Tf::Known(gigabytes);
    }
    state.network_id = seen.network_id.clone().into();
    tell(&mut state.public_ip_type, &seen.public_ip_type);
    tell(&mut state.auto_shutdown_enabled, &seen.auto_shutdown_enabled);
    let shuts_down = seen.auto_shutdown_enabled;
    tell_if(
        shuts_down,
        &mut state.auto_shutdown_timeout,
        &seen.auto_shutdown_timeout,
    );
    tell_if(shuts_down, &mut state.auto_shutdown_force, &seen.auto_shutdown_force);
    tell(&mut state.auto_snapshot_enabled, &seen.auto_snapshot_enabled);
    let snaps = seen.auto_snapshot_enabled;
    tell_if(snaps, &mut state.auto_snapshot_frequency, &seen.auto_snapshot_frequency);
    tell_if(
        snaps,
        &mut state.auto_snapshot_save_count,
        &seen.auto_snapshot_save_count,
    );
    tell(&mut state.restore_point_enabled, &seen.restore_point_enabled);
    let restores = seen.restore_point_enabled;
    tell_if(
        restores,
        &mut state.restore_point_frequency,
        &seen.restore_point_frequency,
    );
    tell_if(
        restores,
        &mut state.restore_point_snapshot_id,
        &seen.restore_point_snapshot_id,
    );
    if let (Tf::Known(_), Some(power)) = (
        &state.power_state,
        seen.state.as_ref().and_then(|state| power_of(state.as_str())),
    ) {
        state.power_state = Tf::Known(power.to_owned());
    }
    state.state = seen.state.as_ref().map(|state| state.as_str().to_owned()).into();
    state.os = seen.os.clone().into();
    state.agent_type = seen.agent_type.clone().into();
    state.cpus = seen.cpus.into();
    state.ram = seen.ram.into();
    state.storage_total = seen.storage_total.into();
    state.accelerators = Tf::Known(seen.accelerators.iter().map(accelerator).collect());
    state.private_ip = seen.private_ip.clone().into();
    state.public_ip = seen.public_ip.clone().into();
    state.usage_rate = rate(seen.usage_rate);
    state.storage_rate = rate(seen.storage_rate);
    state.created_at = seen.dt_created.as_ref().map(|date| date.as_str().to_owned()).into();
}

/// The disk's size in GB; `None` while the machine has no disk yet.
pub(in crate::provider) fn disk_size(seen: &api::Machine) -> Option<i64> {
    let bytes = seen.storage_total.filter(|bytes| *bytes > 0)?;
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
    Nested(Accelerator {
        name: seen.name.clone().into(),
        memory: seen.memory.into(),
        count: seen.count.into(),
    })
}
