//! Machines: virtual computers, with or without GPUs.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use super::{
    Client, Date, Event, Page,
    call::Call,
    error::Error,
    types::{self, open_enum},
};

open_enum! {
    /// What a machine is doing.
    pub enum MachineState {
        /// Powered off.
        Off = "off",
        /// On its way from off to ready.
        Starting = "starting",
        /// On its way to off.
        Stopping = "stopping",
        /// On its way back to ready.
        Restarting = "restarting",
        /// Its services are up; it is about to be ready.
        ServiceReady = "serviceready",
        /// Up and usable.
        Ready = "ready",
        /// Being changed to another type or disk.
        Upgrading = "upgrading",
        /// Being made.
        Provisioning = "provisioning",
    }
}

/// A machine as the service describes it. `None` means that the service did not say.
///
/// The template, the startup script, the disk size in gigabytes and the accessors are never part of it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    /// The identifier, such as `ps1a2b3c`.
    pub id: String,
    /// The name, which need not be unique.
    pub name: String,
    /// What it is doing.
    pub state: MachineState,
    /// The operating system, such as `Ubuntu 20.04 Desktop`.
    #[serde(default)]
    pub os: Option<String>,
    /// The machine type's label, such as `A4000`.
    pub machine_type: String,
    /// The kind of operating system, such as `LinuxDesktop`.
    #[serde(default)]
    pub agent_type: Option<String>,
    /// Virtual processors.
    #[serde(default, deserialize_with = "types::int")]
    pub cpus: Option<i64>,
    /// Memory in bytes; 0 while provisioning.
    #[serde(default, deserialize_with = "types::int")]
    pub ram: Option<i64>,
    /// Disk size in bytes; 0 while provisioning.
    #[serde(default, deserialize_with = "types::int")]
    pub storage_total: Option<i64>,
    /// Disk space in use, in bytes.
    #[serde(default, deserialize_with = "types::int")]
    pub storage_used: Option<i64>,
    /// GPUs; empty for a machine without.
    #[serde(default, deserialize_with = "types::or_default")]
    pub accelerators: Vec<Accelerator>,
    /// The region's label or slug.
    pub region: String,
    /// The address in its network.
    #[serde(default)]
    pub private_ip: Option<String>,
    /// The network. For the team's default network of the region this is an id that cannot be looked up.
    #[serde(default)]
    pub network_id: Option<String>,
    /// The address on the internet.
    #[serde(default)]
    pub public_ip: Option<String>,
    /// How it gets that address: `static`, `dynamic` or `none`.
    #[serde(default)]
    pub public_ip_type: Option<String>,
    /// It turns itself off when idle.
    #[serde(default, deserialize_with = "types::flag")]
    pub auto_shutdown_enabled: Option<bool>,
    /// Idle hours before it does.
    #[serde(default, deserialize_with = "types::int")]
    pub auto_shutdown_timeout: Option<i64>,
    /// It does even while somebody uses it.
    #[serde(default, deserialize_with = "types::flag")]
    pub auto_shutdown_force: Option<bool>,
    /// Snapshots are taken by schedule.
    #[serde(default, deserialize_with = "types::flag")]
    pub auto_snapshot_enabled: Option<bool>,
    /// How often: `hourly`, `daily`, `weekly` or `monthly`.
    #[serde(default)]
    pub auto_snapshot_frequency: Option<String>,
    /// How many of them are kept.
    #[serde(default, deserialize_with = "types::int")]
    pub auto_snapshot_save_count: Option<i64>,
    /// The disk is put back to a snapshot by itself.
    #[serde(default, deserialize_with = "types::flag")]
    pub restore_point_enabled: Option<bool>,
    /// When: `shutdown`.
    #[serde(default)]
    pub restore_point_frequency: Option<String>,
    /// To which snapshot.
    #[serde(default)]
    pub restore_point_snapshot_id: Option<String>,
    /// Updates of the guest's software wait to be installed.
    #[serde(default, deserialize_with = "types::flag")]
    pub updates_pending: Option<bool>,
    /// Dollars per hour while on.
    #[serde(default, deserialize_with = "types::float")]
    pub usage_rate: Option<f64>,
    /// Dollars per hour for the disk.
    #[serde(default, deserialize_with = "types::float")]
    pub storage_rate: Option<f64>,
    /// The reservation that the machine runs on.
    #[serde(default)]
    pub reservation: Option<Reservation>,
    /// When it was made.
    #[serde(default)]
    pub dt_created: Option<Date>,
    /// When its record last changed.
    #[serde(default)]
    pub dt_modified: Option<Date>,
    /// When it was deleted; such a machine still answers for a while.
    #[serde(default)]
    pub dt_deleted: Option<Date>,
}

impl Machine {
    /// It has been deleted although it still answers.
    pub fn is_deleted(&self) -> bool {
        self.dt_deleted.is_some()
    }
}

/// GPUs of one kind in a machine.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Accelerator {
    /// The model.
    #[serde(default)]
    pub name: Option<String>,
    /// Memory of each, in bytes.
    #[serde(default, deserialize_with = "types::int")]
    pub memory: Option<i64>,
    /// How many.
    #[serde(default, deserialize_with = "types::int")]
    pub count: Option<i64>,
}

/// Capacity that the team has reserved.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// The identifier.
    pub id: String,
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
    /// When it begins.
    #[serde(default)]
    pub dt_started: Option<Date>,
    /// When it ends.
    #[serde(default)]
    pub dt_finished: Option<Date>,
    /// It is in force.
    #[serde(default, deserialize_with = "types::flag")]
    pub is_active: Option<bool>,
}

/// What a change of a machine answers: the machine as it is now, and the event to follow, if there is one.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct MachineOperation {
    /// The machine.
    pub data: Machine,
    /// The asynchronous half of the operation.
    #[serde(default)]
    pub event: Option<Event>,
}

/// Which machines to list. The service's `name` filter is not documented to be exact: compare again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MachineFilter {
    /// By name.
    pub name: Option<String>,
    /// By region, label or slug.
    pub region: Option<String>,
    /// By kind of operating system.
    pub agent_type: Option<String>,
    /// By machine type.
    pub machine_type: Option<String>,
}

/// A machine to be made. Only what is set is sent.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateMachine {
    /// The name.
    pub name: String,
    /// The machine type's label.
    pub machine_type: String,
    /// The template to make the disk from.
    pub template_id: String,
    /// Disk size in gigabytes of 2^30 bytes.
    pub disk_size: i64,
    /// The region, label or slug.
    pub region: String,
    /// The network; the team's default one of the region when not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_id: Option<String>,
    /// `static`, `dynamic` or `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_ip_type: Option<String>,
    /// Turn off when idle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_shutdown_enabled: Option<bool>,
    /// Idle hours before that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_shutdown_timeout: Option<i64>,
    /// Turn off even while somebody uses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_shutdown_force: Option<bool>,
    /// Take snapshots by schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_snapshot_enabled: Option<bool>,
    /// `hourly`, `daily`, `weekly` or `monthly`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_snapshot_frequency: Option<String>,
    /// How many to keep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_snapshot_save_count: Option<i64>,
    /// Take a snapshot of the new machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub take_initial_snapshot: Option<bool>,
    /// Put the disk back to a snapshot by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_point_enabled: Option<bool>,
    /// `shutdown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_point_frequency: Option<String>,
    /// A script to run when it starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub startup_script_id: Option<String>,
    /// Mail the machine's password to its owner; the service does unless told not to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_password: Option<bool>,
    /// Turn it on once it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_on_create: Option<bool>,
    /// Connect its GPUs by NVLink.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_nvlink: Option<bool>,
    /// Users who get access to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accessor_ids: Option<Vec<String>>,
    /// The user it is assigned to, when a team's administrator makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The email of a user to be created on the team, instead of `user_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// That user's password.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "exposed")]
    pub password: Option<SecretString>,
    /// That user's first name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// That user's last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
}

/// A password on its way into a request's body, the one place where it is meant to be.
fn exposed<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(ExposeSecret::expose_secret).serialize(serializer)
}

/// Changes to a machine. Only what is set is sent, so set only what changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateMachine {
    /// Rename it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Another machine type; the machine must be off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_type: Option<String>,
    /// A larger disk, in gigabytes; the machine must be off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_size: Option<i64>,
    /// Another network. The default network cannot be named here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_id: Option<String>,
    /// `static`, `dynamic` or `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_ip_type: Option<String>,
    /// Turn off when idle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_shutdown_enabled: Option<bool>,
    /// Idle hours before that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_shutdown_timeout: Option<i64>,
    /// Turn off even while somebody uses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_shutdown_force: Option<bool>,
    /// Take snapshots by schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_snapshot_enabled: Option<bool>,
    /// `hourly`, `daily`, `weekly` or `monthly`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_snapshot_frequency: Option<String>,
    /// How many to keep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_snapshot_save_count: Option<i64>,
    /// Put the disk back to a snapshot by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_point_enabled: Option<bool>,
    /// `shutdown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_point_frequency: Option<String>,
    /// To which snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_point_snapshot_id: Option<String>,
}

impl UpdateMachine {
    /// Nothing would change.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Client {
    /// Makes a machine. An ambiguous failure may have made one: look for it before trying again.
    pub async fn create_machine(&self, machine: &CreateMachine) -> Result<MachineOperation, Error> {
        self.call(Call::post(&["machines"]).body(machine)).await
    }

    /// One machine.
    pub async fn machine(&self, id: &str) -> Result<Machine, Error> {
        self.call(Call::get(&["machines", id])).await
    }

    /// All machines that pass the filter, oldest first.
    pub async fn machines(&self, filter: &MachineFilter) -> Result<Vec<Machine>, Error> {
        self.all(|| listing(filter)).await
    }

    /// One page of them: the first, or the one after a page's `next_page`.
    pub async fn machine_page(&self, filter: &MachineFilter, after: Option<&str>) -> Result<Page<Machine>, Error> {
        self.page(listing(filter), after).await
    }

    /// Changes a machine. Safe to repeat, and repeated after transient failures.
    pub async fn update_machine(&self, id: &str, changes: &UpdateMachine) -> Result<MachineOperation, Error> {
        self.call(Call::put(&["machines", id]).body(changes)).await
    }

    /// Turns a machine on. After an ambiguous failure, look at its state.
    pub async fn start_machine(&self, id: &str) -> Result<MachineOperation, Error> {
        self.call(Call::patch(&["machines", id, "start"])).await
    }

    /// Turns a machine off. After an ambiguous failure, look at its state.
    pub async fn stop_machine(&self, id: &str) -> Result<MachineOperation, Error> {
        self.call(Call::patch(&["machines", id, "stop"])).await
    }

    /// Deletes a machine. It may be gone already, which is 404: also because an earlier attempt of this very call
    /// deleted it and its answer was lost.
    pub async fn delete_machine(&self, id: &str) -> Result<MachineOperation, Error> {
        self.call(Call::delete(&["machines", id])).await
    }
}

/// By age, so that a machine made while the pages are read lands on the last one and moves no other.
fn listing(filter: &MachineFilter) -> Call {
    Call::get(&["machines"])
        .query("orderBy", Some("dtCreated"))
        .query("order", Some("asc"))
        .query("name", filter.name.as_deref())
        .query("region", filter.region.as_deref())
        .query("agentType", filter.agent_type.as_deref())
        .query("machineType", filter.machine_type.as_deref())
}
#[cfg(test)]
mod tests;
