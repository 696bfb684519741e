//! Machines: virtual computers, with or without GPUs.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use super::{
    Client, Date, Operation, Page,
    answer::{Fields, Item, Object, Trouble},
    call::Call,
    error::Error,
    types::open_enum,
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
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// The identifier, such as `ps1a2b3c`.
    pub id: String,
    /// The name, which need not be unique.
    pub name: Option<String>,
    /// What it is doing.
    pub state: Option<MachineState>,
    /// The operating system, such as `Ubuntu 20.04 Desktop`.
    pub os: Option<String>,
    /// The machine type's label, such as `A4000`.
    pub machine_type: Option<String>,
    /// The kind of operating system, such as `LinuxDesktop`.
    pub agent_type: Option<String>,
    /// Virtual processors.
    pub cpus: Option<i64>,
    /// Memory in bytes; 0 while provisioning.
    pub ram: Option<i64>,
    /// Disk size in bytes; 0 while provisioning.
    pub storage_total: Option<i64>,
    /// Disk space in use, in bytes.
    pub storage_used: Option<i64>,
    /// GPUs; empty for a machine without.
    pub accelerators: Vec<Accelerator>,
    /// The region's label or slug.
    pub region: Option<String>,
    /// The address in its network.
    pub private_ip: Option<String>,
    /// The network. For the team's default network of the region this is an id that cannot be looked up.
    pub network_id: Option<String>,
    /// The address on the internet.
    pub public_ip: Option<String>,
    /// How it gets that address: `static`, `dynamic` or `none`.
    pub public_ip_type: Option<String>,
    /// It turns itself off when idle.
    pub auto_shutdown_enabled: Option<bool>,
    /// Idle hours before it does.
    pub auto_shutdown_timeout: Option<i64>,
    /// It does even while somebody uses it.
    pub auto_shutdown_force: Option<bool>,
    /// Snapshots are taken by schedule.
    pub auto_snapshot_enabled: Option<bool>,
    /// How often: `hourly`, `daily`, `weekly` or `monthly`.
    pub auto_snapshot_frequency: Option<String>,
    /// How many of them are kept.
    pub auto_snapshot_save_count: Option<i64>,
    /// The disk is put back to a snapshot by itself.
    pub restore_point_enabled: Option<bool>,
    /// When: `shutdown`.
    pub restore_point_frequency: Option<String>,
    /// To which snapshot.
    pub restore_point_snapshot_id: Option<String>,
    /// Updates of the guest's software wait to be installed.
    pub updates_pending: Option<bool>,
    /// Dollars per hour while on.
    pub usage_rate: Option<f64>,
    /// Dollars per hour for the disk.
    pub storage_rate: Option<f64>,
    /// The reservation that the machine runs on.
    pub reservation: Option<Reservation>,
    /// When it was made.
    pub dt_created: Option<Date>,
    /// When its record last changed.
    pub dt_modified: Option<Date>,
    /// When it was deleted; such a machine still answers for a while.
    pub dt_deleted: Option<Date>,
}

impl Machine {
    /// What it is doing, in a word for people.
    pub fn state_word(&self) -> &str {
        self.state.as_ref().map_or("unknown", MachineState::as_str)
    }

    /// It has been deleted although it still answers.
    pub fn is_deleted(&self) -> bool {
        self.dt_deleted.is_some()
    }
}

impl Object for Machine {
    const NOUN: &'static str = "machine";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            id: fields.id("id")?,
            name: fields.get("name"),
            state: fields.get("state"),
            os: fields.get("os"),
            machine_type: fields.get("machineType"),
            agent_type: fields.get("agentType"),
            cpus: fields.get("cpus"),
            ram: fields.get("ram"),
            storage_total: fields.get("storageTotal"),
            storage_used: fields.get("storageUsed"),
            accelerators: fields.list("accelerators"),
            region: fields.get("region"),
            private_ip: fields.get("privateIp"),
            network_id: fields.get("networkId"),
            public_ip: fields.get("publicIp"),
            public_ip_type: fields.get("publicIpType"),
            auto_shutdown_enabled: fields.get("autoShutdownEnabled"),
            auto_shutdown_timeout: fields.get("autoShutdownTimeout"),
            auto_shutdown_force: fields.get("autoShutdownForce"),
            auto_snapshot_enabled: fields.get("autoSnapshotEnabled"),
            auto_snapshot_frequency: fields.get("autoSnapshotFrequency"),
            auto_snapshot_save_count: fields.get("autoSnapshotSaveCount"),
            restore_point_enabled: fields.get("restorePointEnabled"),
            restore_point_frequency: fields.get("restorePointFrequency"),
            restore_point_snapshot_id: fields.get("restorePointSnapshotId"),
            updates_pending: fields.get("updatesPending"),
            usage_rate: fields.get("usageRate"),
            storage_rate: fields.get("storageRate"),
            reservation: fields.get("reservation"),
            dt_created: fields.get("dtCreated"),
            dt_modified: fields.get("dtModified"),
            dt_deleted: fields.get("dtDeleted"),
        })
    }
}

impl Item for Machine {
    fn key(&self) -> &str {
        &self.id
    }
}

/// GPUs of one kind in a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Accelerator {
    /// The model.
    pub name: Option<String>,
    /// Memory of each, in bytes.
    pub memory: Option<i64>,
    /// How many.
    pub count: Option<i64>,
}

impl Object for Accelerator {
    const NOUN: &'static str = "accelerator";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            name: fields.get("name"),
            memory: fields.get("memory"),
            count: fields.get("count"),
        })
    }
}

/// Capacity that the team has reserved.
#[derive(Clone, Debug, PartialEq)]
pub struct Reservation {
    /// The identifier.
    pub id: String,
    /// The name.
    pub name: Option<String>,
    /// When it begins.
    pub dt_started: Option<Date>,
    /// When it ends.
    pub dt_finished: Option<Date>,
    /// It is in force.
    pub is_active: Option<bool>,
}

impl Object for Reservation {
    const NOUN: &'static str = "reservation";

    fn read(fields: &Fields<'_>) -> Result<Self, Trouble> {
        Ok(Self {
            id: fields.id("id")?,
            name: fields.get("name"),
            dt_started: fields.get("dtStarted"),
            dt_finished: fields.get("dtFinished"),
            is_active: fields.get("isActive"),
        })
    }
}

/// What a change of a machine answers.
pub type MachineOperation = Operation<Machine>;

/// Which machines to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct MachineFilter {
    /// By name. The service's filter is not known to be exact: compare again.
    pub name: Option<String>,
    /// By region, label or slug.
    pub region: Option<String>,
    /// By kind of operating system.
    pub agent_type: Option<String>,
    /// By machine type.
    pub machine_type: Option<String>,
}

/// What can be set on a machine when it is made and be changed afterwards. Only what is set is sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MachineSettings {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The machine type's label; for a change of it the machine must be off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_type: Option<String>,
    /// Disk size in gigabytes of 2^30 bytes; for a change of it the machine must be off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_size: Option<i64>,
    /// The network; a new machine is put on the team's default one of the region when not set. An existing one cannot be
    /// moved there.
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
    /// To which snapshot. A new machine has none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_point_snapshot_id: Option<String>,
}

impl MachineSettings {
    /// Nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A machine to be made. Only what is set is sent.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateMachine {
    /// What can be changed later: name, type and disk size are required.
    #[serde(flatten)]
    pub settings: MachineSettings,
    /// The template to make the disk from.
    pub template_id: String,
    /// The region, label or slug.
    pub region: String,
    /// Take a snapshot of the new machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub take_initial_snapshot: Option<bool>,
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

impl Client {
    /// Makes a machine. An ambiguous failure may have made one: look for it before trying again.
    pub async fn create_machine(&self, machine: &CreateMachine) -> Result<MachineOperation, Error> {
        self.call(Call::post("machines").body(machine)).await
    }

    /// One machine.
    pub async fn machine(&self, id: &str) -> Result<Machine, Error> {
        self.call(Call::get("machines").id(id)).await
    }

    /// All machines that pass the filter, the newest first.
    pub async fn machines(&self, filter: &MachineFilter) -> Result<Vec<Machine>, Error> {
        self.all(|| listing(filter)).await
    }

    /// One page of them: the first, or the one after a page's `next_page`.
    pub async fn machine_page(&self, filter: &MachineFilter, after: Option<&str>) -> Result<Page<Machine>, Error> {
        self.page(listing(filter), after).await
    }

    /// Changes a machine. Safe to repeat, and repeated after transient failures.
    pub async fn update_machine(&self, id: &str, changes: &MachineSettings) -> Result<MachineOperation, Error> {
        self.call(Call::put("machines").id(id).body(changes)).await
    }

    /// Turns a machine on. After an ambiguous failure, look at its state.
    pub async fn start_machine(&self, id: &str) -> Result<MachineOperation, Error> {
        self.call(Call::patch("machines").id(id).then("start")).await
    }

    /// Turns a machine off. After an ambiguous failure, look at its state.
    pub async fn stop_machine(&self, id: &str) -> Result<MachineOperation, Error> {
        self.call(Call::patch("machines").id(id).then("stop")).await
    }

    /// Turns a machine off and on again. After an ambiguous failure, look at its events.
    pub async fn restart_machine(&self, id: &str) -> Result<MachineOperation, Error> {
        self.call(Call::patch("machines").id(id).then("restart")).await
    }

    /// Deletes a machine. It may be gone already, which is 404: also because an earlier attempt of this very call
    /// deleted it and its answer was lost.
    pub async fn delete_machine(&self, id: &str) -> Result<MachineOperation, Error> {
        self.call(Call::delete("machines").id(id)).await
    }
}

fn listing(filter: &MachineFilter) -> Call {
    Call::get("machines")
        .ordered("dtCreated", "desc")
        .query("name", filter.name.as_deref())
        .query("region", filter.region.as_deref())
        .query("agentType", filter.agent_type.as_deref())
        .query("machineType", filter.machine_type.as_deref())
}
#[cfg(test)]
mod tests;
