//! Taking over the state of the two other Paperspace providers' machines.
//!
//! A refresh follows a move, so only what the API never tells must be right: the template, the startup script and the
//! arguments that count at creation. Clear-text passwords in the other state are left behind.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::model::Machine;
use crate::diag::{Diagnostic, Diagnostics};
use crate::server::{Source, Take};
use crate::value::Tf;

/// The last part of the source address by which both providers are found, whatever their namespace or registry.
const PROVIDER_TYPE: &str = "paperspace";

/// The states of other providers that a machine takes over. Where the host tells whose a state is, that decides. A state
/// that stands under this provider's name, since the source address was changed without a `moved` block, tells by its shape.
pub(super) const TAKES: &[Take<Machine>] = &[Take {
    what: "paperspace_machine of the other Paperspace providers",
    type_name: "paperspace_machine",
    read: take_over,
}];

fn take_over(source: &Source<'_>) -> Result<Option<Machine>, Diagnostics> {
    let is_theirs = source.provider_address.map(|address| {
        let provider_type = address.rsplit('/').next().unwrap_or_default();
        provider_type == PROVIDER_TYPE
    });
    if is_theirs == Some(false) {
        return Ok(None);
    }
    if source.version != 0 {
        return Err(unreadable(&format!(
            "its schema version is {}, and only version 0 is known",
            source.version
        )));
    }
    let text = &source.state.json;
    if text.is_empty() {
        return Err(unreadable("it is not in the form that Terraform 0.12 and later write"));
    }
    let marks = read::<Marks>(text)?;
    let machine: Machine = match (marks.is_legacy, marks.is_metaphysic, is_theirs) {
        (true, _, _) => read::<LegacyMachine>(text)?.into(),
        (false, true, _) | (false, false, Some(_)) => read::<MetaphysicMachine>(text)?.into(),
        (false, false, None) => return Ok(None),
    };
    match machine.id.as_deref() {
        Some(id) if !id.is_empty() => Ok(Some(machine)),
        _ => Err(unreadable("it holds no machine id")),
    }
}

fn read<T: serde::de::DeserializeOwned>(text: &[u8]) -> Result<T, Diagnostics> {
    serde_json::from_slice(text).map_err(|error| {
        // The message of a wrong type quotes the value, which in this state may be a password: the place is enough.
        unreadable(&format!("line {} does not have the expected form", error.line()))
    })
}

fn unreadable(why: &str) -> Diagnostics {
    Diagnostic::error(
        "Other Provider's State Cannot Be Read",
        format!(
            "The state of the other provider's paperspace_machine cannot be taken over: {why}. Update that provider to its \
             last version and refresh, or remove the moved block and import the machine by its id."
        ),
    )
    .into()
}

/// What tells whose a state is.
#[derive(Deserialize)]
struct Marks {
    /// Only the legacy provider's state has a `size`, be it null.
    #[serde(default, rename = "size", deserialize_with = "is_there")]
    is_legacy: bool,
    /// Only that of the namespace Metaphysic has a `region_full`.
    #[serde(default, rename = "region_full", deserialize_with = "is_there")]
    is_metaphysic: bool,
}

fn is_there<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(value).map(|_| true)
}

/// The state of the provider of the namespace Metaphysic, which uses the same API as this one.
#[derive(Deserialize)]
struct MetaphysicMachine {
    id: Option<String>,
    name: Option<String>,
    machine_type: Option<String>,
    template_id: Option<String>,
    disk_size: Option<i64>,
    region: Option<String>,
    private_network_id: Option<String>,
    public_ip_type: Option<String>,
    auto_shutdown_enabled: Option<bool>,
    auto_shutdown_timeout: Option<i64>,
    auto_shutdown_force: Option<bool>,
    auto_snapshot_enabled: Option<bool>,
    auto_snapshot_frequency: Option<String>,
    auto_snapshot_save_count: Option<i64>,
    restore_point_enabled: Option<bool>,
    restore_point_frequency: Option<String>,
    restore_point_snapshot_id: Option<String>,
    take_initial_snapshot: Option<bool>,
    email_password: Option<bool>,
    enable_nvlink: Option<bool>,
    startup_script_id: Option<String>,
    accessor_ids: Option<Vec<String>>,
    state: Option<String>,
    os: Option<String>,
    agent_type: Option<String>,
    cpus: Option<i64>,
    public_ip: Option<String>,
    private_ip: Option<String>,
    ram: Option<String>,
    storage_total: Option<String>,
    dt_created: Option<String>,
}

impl From<MetaphysicMachine> for Machine {
    fn from(source: MetaphysicMachine) -> Self {
        // Whether power was managed cannot be told from that state, so `power_state` stays null.
        Self {
            id: source.id.into(),
            name: source.name.into(),
            machine_type: source.machine_type.into(),
            template_id: source.template_id.into(),
            disk_size: source.disk_size.into(),
            region: source.region.into(),
            network_id: source.private_network_id.into(),
            public_ip_type: source.public_ip_type.into(),
            auto_shutdown_enabled: source.auto_shutdown_enabled.into(),
            auto_shutdown_timeout: source.auto_shutdown_timeout.into(),
            auto_shutdown_force: source.auto_shutdown_force.into(),
            auto_snapshot_enabled: source.auto_snapshot_enabled.into(),
            auto_snapshot_frequency: source.auto_snapshot_frequency.into(),
            auto_snapshot_save_count: source.auto_snapshot_save_count.into(),
            restore_point_enabled: source.restore_point_enabled.into(),
            restore_point_frequency: source.restore_point_frequency.into(),
            restore_point_snapshot_id: source.restore_point_snapshot_id.into(),
            take_initial_snapshot: source.take_initial_snapshot.into(),
            email_password: source.email_password.into(),
            // Off is also what stands there where it was never configured; taken over, it would replace the machine of a
            // configuration that does not name it.
            enable_nvlink: source.enable_nvlink.filter(|enabled| *enabled).into(),
            startup_script_id: source.startup_script_id.filter(|id| !id.is_empty()).into(),
            accessor_ids: source.accessor_ids.map(|ids| ids.into_iter().collect()).into(),
            state: source.state.into(),
            os: source.os.into(),
            agent_type: source.agent_type.into(),
            cpus: source.cpus.into(),
            public_ip: source.public_ip.into(),
            private_ip: source.private_ip.into(),
            ram: bytes(source.ram),
            storage_total: bytes(source.storage_total),
            created_at: source.dt_created.into(),
            ..Self::default()
        }
    }
}

/// The state of the provider of the namespace Paperspace, which used the legacy API. Machine ids are the same in both.
#[derive(Deserialize)]
struct LegacyMachine {
    id: Option<String>,
    name: Option<String>,
    machine_type: Option<String>,
    template_id: Option<String>,
    size: Option<i64>,
    region: Option<String>,
    network_id: Option<String>,
    script_id: Option<String>,
    assign_public_ip: Option<bool>,
    shutdown_timeout_in_hours: Option<i64>,
    shutdown_timeout_forces: Option<bool>,
    live_forever: Option<bool>,
    perform_auto_snapshot: Option<bool>,
    auto_snapshot_frequency: Option<String>,
    auto_snapshot_save_count: Option<String>,
    state: Option<String>,
    os: Option<String>,
    agent_type: Option<String>,
    cpus: Option<i64>,
    ram: Option<String>,
    storage_total: Option<String>,
    private_ip_address: Option<String>,
    public_ip_address: Option<String>,
    dt_created: Option<String>,
}

impl From<LegacyMachine> for Machine {
    fn from(source: LegacyMachine) -> Self {
        let lives_forever = source.live_forever == Some(true);
        let timeout = source
            .shutdown_timeout_in_hours
            .filter(|hours| *hours > 0 && !lives_forever);
        // The user stays behind: that state names one also where none was configured, and it would replace the machine of a
        // configuration that names none. One that does is adopted.
        Self {
            id: source.id.into(),
            name: source.name.into(),
            machine_type: source.machine_type.into(),
            template_id: filled(source.template_id),
            disk_size: source.size.into(),
            region: source.region.into(),
            network_id: filled(source.network_id),
            startup_script_id: filled(source.script_id),
            public_ip_type: match source.assign_public_ip {
                Some(true) => Tf::Known("static".to_owned()),
                _ => Tf::Null,
            },
            auto_shutdown_enabled: Tf::Known(timeout.is_some()),
            auto_shutdown_timeout: timeout.into(),
            auto_shutdown_force: source.shutdown_timeout_forces.into(),
            auto_snapshot_enabled: source.perform_auto_snapshot.into(),
            auto_snapshot_frequency: filled(source.auto_snapshot_frequency),
            auto_snapshot_save_count: source
                .auto_snapshot_save_count
                .and_then(|count| count.parse().ok())
                .into(),
            state: filled(source.state),
            os: filled(source.os),
            agent_type: filled(source.agent_type),
            cpus: source.cpus.into(),
            ram: bytes(source.ram),
            storage_total: bytes(source.storage_total),
            private_ip: filled(source.private_ip_address),
            public_ip: filled(source.public_ip_address),
            created_at: filled(source.dt_created),
            ..Self::default()
        }
    }
}

/// A text; the legacy provider writes an empty one where there is none.
fn filled(text: Option<String>) -> Tf<String> {
    text.filter(|text| !text.is_empty()).into()
}

fn bytes(text: Option<String>) -> Tf<i64> {
    text.and_then(|text| text.parse().ok()).into()
}

#[cfg(test)]
mod tests;
