//! What the simulated service keeps: machines, events, templates and what stands around them.
//!
//! These are the simulator's own records, on purpose not shared with any client: a mistake in one reading of the API
//! must not hide the same mistake in the other. They serialise in the API's field names with plain numbers, for state
//! files, seeds and assertions; how an *answer* looks is decided in `render`. Records are never removed, only
//! marked with `dtDeleted`, so that positions in a listing stay put between pages.

use serde::{Deserialize, Serialize};

/// A machine's state, as the service names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Not running.
    Off,
    /// On its way to ready.
    Starting,
    /// On its way to off.
    Stopping,
    /// Off and on again.
    Restarting,
    /// Up, its agent not yet.
    ServiceReady,
    /// Running.
    Ready,
    /// Being resized.
    Upgrading,
    /// Being made.
    Provisioning,
}

impl State {
    /// The name that answers carry.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Starting => "starting",
            Self::Stopping => "stopping",
            Self::Restarting => "restarting",
            Self::ServiceReady => "serviceready",
            Self::Ready => "ready",
            Self::Upgrading => "upgrading",
            Self::Provisioning => "provisioning",
        }
    }
}

/// Where a machine is heading, whatever its current state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Requested {
    /// To run.
    On,
    /// To be off.
    Off,
    /// To be gone.
    Deleted,
}

/// A kind of public address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PublicIpType {
    /// Kept until given back.
    Static,
    /// Taken at start, released at stop.
    Dynamic,
    /// No public address.
    None,
}

impl PublicIpType {
    /// The name in requests and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Dynamic => "dynamic",
            Self::None => "none",
        }
    }
}

/// A machine: what the service tells of it, and what it knows and does not tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    /// `ps...`.
    pub id: String,
    /// Free text, not unique.
    pub name: String,
    /// What it is now.
    pub state: State,
    /// What was last asked of it.
    pub requested: Requested,
    /// The operating system's label.
    pub os: String,
    /// A label of the catalogue.
    pub machine_type: String,
    /// The kind of agent, from the template.
    pub agent_type: String,
    /// Never told.
    pub template_id: String,
    /// In units of 2^30 bytes; told as bytes, and only once provisioned.
    pub disk_size: u64,
    /// Whether the disk and the memory exist yet.
    pub provisioned: bool,
    /// The region's slug.
    pub region: String,
    /// Its network: one of the team's, or the hidden default of the region.
    pub network_id: String,
    /// The address on that network.
    pub private_ip: Option<String>,
    /// The public address, if it has one now.
    pub public_ip: Option<String>,
    /// Which kind it asks for.
    pub public_ip_type: PublicIpType,
    /// Whether it turns itself off when idle.
    pub auto_shutdown_enabled: bool,
    /// After so many hours.
    pub auto_shutdown_timeout: Option<u64>,
    /// Even with a session open.
    pub auto_shutdown_force: Option<bool>,
    /// Whether snapshots are taken by themselves.
    pub auto_snapshot_enabled: bool,
    /// `hourly`, `daily`, `weekly` or `monthly`.
    pub auto_snapshot_frequency: Option<String>,
    /// How many are kept.
    pub auto_snapshot_save_count: Option<u64>,
    /// Whether it goes back to a restore point.
    pub restore_point_enabled: bool,
    /// `shutdown`.
    pub restore_point_frequency: Option<String>,
    /// The snapshot it goes back to.
    pub restore_point_snapshot_id: Option<String>,
    /// Its owner. Never told.
    pub user_id: String,
    /// Users who may use it besides. Told only by the accessors' listing.
    pub accessor_ids: Vec<String>,
    /// As asked at creation. Never told.
    pub enable_nvlink: bool,
    /// As asked at creation. Never told.
    pub take_initial_snapshot: bool,
    /// As asked at creation. Never told.
    pub email_password: bool,
    /// Work time since which it has been running without an operation, for the idle shutdown.
    pub idle_since: u64,
    /// How many more GETs do not find it yet.
    pub hidden_from_gets: u32,
    /// How many more listings do not show it yet.
    pub hidden_from_lists: u32,
    /// How often it was looked at since it was deleted.
    pub looks_since_deleted: u32,
    /// Work time of the deletion, while the machine still lingers after it.
    pub deleted_at: Option<u64>,
    /// When it was made.
    pub dt_created: String,
    /// When it was last changed.
    pub dt_modified: String,
    /// When it was deleted.
    pub dt_deleted: Option<String>,
}

impl Machine {
    /// Whether it has been deleted, told or not.
    pub fn is_deleted(&self) -> bool {
        self.dt_deleted.is_some()
    }
}

/// How an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventState {
    /// Accepted.
    #[serde(rename = "new")]
    New,
    /// Under way.
    #[serde(rename = "in progress")]
    InProgress,
    /// Over, well.
    #[serde(rename = "done")]
    Done,
    /// Over, badly, or so it says.
    #[serde(rename = "error")]
    Error,
    /// Over, called off.
    #[serde(rename = "cancelled")]
    Cancelled,
}

impl EventState {
    /// The name that answers carry.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::InProgress => "in progress",
            Self::Done => "done",
            Self::Error => "error",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The visible half of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// A UUID.
    pub id: String,
    /// `create`, `start`, `vm-upgrade` ...
    pub name: String,
    /// How it stands.
    pub state: EventState,
    /// The machine it is about.
    pub machine_id: Option<String>,
    /// Why it failed, if the service says so.
    pub error: Option<String>,
    /// When it was accepted.
    pub dt_created: String,
    /// When work began.
    pub dt_started: Option<String>,
    /// When work ended.
    pub dt_finished: Option<String>,
}

/// Whether a template runs on a machine type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TypeAvailability {
    /// The machine type.
    pub machine_type_label: String,
    /// Whether it does.
    pub is_available: bool,
}

/// A template, of the service's or the team's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    /// `t...`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is one of the service's.
    #[serde(default)]
    pub is_public: bool,
    /// `LinuxDesktop`, `LinuxHeadless`, `WindowsDesktop`.
    pub agent_type: String,
    /// `Ubuntu 22.04 Server` and the like.
    pub operating_system_label: String,
    /// The slug of the only region it can be used in; the service's own have none.
    #[serde(default)]
    pub region: Option<String>,
    /// The least disk, where known.
    #[serde(default)]
    pub default_size_gb: Option<u64>,
    /// Where it runs. Left out of a seed, it runs on every type.
    #[serde(default)]
    pub available_machine_types: Vec<TypeAvailability>,
    /// The machine it was made of.
    #[serde(default)]
    pub parent_machine_id: Option<String>,
    /// When it was made. Left out of a seed, it is when the world began.
    #[serde(default)]
    pub dt_created: String,
    /// When it was deleted.
    #[serde(default)]
    pub dt_deleted: Option<String>,
}

/// A member of the team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// `u...`.
    pub id: String,
    /// Unique over all of the service.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Administrates the team.
    #[serde(default)]
    pub is_admin: bool,
    /// Owns the team.
    #[serde(default)]
    pub is_owner: bool,
}

/// A startup script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartupScript {
    /// `sc...`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The text. Never told.
    pub script: String,
    /// Never set through the API.
    pub description: Option<String>,
    /// Whether it runs at all.
    pub is_enabled: bool,
    /// Whether only at the first start.
    pub is_run_once: bool,
    /// The machines that run it.
    pub assigned_machine_ids: Vec<String>,
    /// When it was made.
    pub dt_created: String,
    /// When it was deleted.
    pub dt_deleted: Option<String>,
}

/// A private network of the team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrivateNetwork {
    /// `n...`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The region's slug.
    pub region: String,
    /// First address.
    pub network: String,
    /// Mask.
    pub netmask: String,
    /// Whether it is the region's default, which the API hides.
    #[serde(default)]
    pub is_default: bool,
    /// When it was made.
    pub dt_created: String,
    /// When it was deleted.
    #[serde(default)]
    pub dt_deleted: Option<String>,
}

/// A static public address of the team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicIp {
    /// The address.
    pub ip: String,
    /// The region's slug.
    pub region: String,
    /// The machine that has it.
    pub assigned_machine_id: Option<String>,
    /// Whether it came with a machine's `publicIpType` and goes with it.
    pub goes_with_machine: bool,
    /// When it was claimed.
    pub dt_created: String,
    /// When it was given back.
    pub dt_deleted: Option<String>,
}

/// A snapshot of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// `ss...`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The machine.
    pub machine_id: String,
    /// Taken by itself.
    pub is_auto_snapshot: bool,
    /// When it was asked for.
    pub dt_created: String,
    /// When it was deleted.
    pub dt_deleted: Option<String>,
}

/// A drive shared on a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedDrive {
    /// `sd...`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The region's slug.
    pub region: String,
    /// The network it is on.
    pub network_id: String,
    /// In units of 2^30 bytes.
    pub size: u64,
    /// Where to mount it from.
    pub mount_point: String,
    /// Who mounts it.
    pub username: String,
    /// With which password; a secret.
    pub password: String,
    /// When it was made.
    pub dt_created: String,
    /// When it was deleted.
    pub dt_deleted: Option<String>,
}

/// A group of machines that grows and shrinks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AutoscalingGroup {
    /// `asg...`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The cluster it serves.
    pub cluster_id: String,
    /// What its machines are.
    pub machine_type: String,
    /// What they are made from.
    pub template_id: String,
    /// Where they are.
    pub network_id: String,
    /// What they run.
    pub startup_script_id: Option<String>,
    /// At least so many.
    pub min: u64,
    /// At most so many.
    pub max: u64,
    /// So many now.
    pub current: u64,
    /// In minutes.
    pub provisioning_timeout: Option<u64>,
    /// When it was made.
    pub dt_created: String,
    /// When it was changed.
    pub dt_modified: String,
    /// When it was deleted. Never told.
    pub dt_deleted: Option<String>,
}

/// What the service thinks of the team's account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccountStanding {
    /// Whether machines may be made.
    pub is_in_good_standing: bool,
    /// Why not.
    pub messages: Vec<String>,
    /// Whether it can be billed.
    pub has_payment_method: bool,
    /// Whether the service locked it.
    pub is_admin_locked: bool,
}

impl Default for AccountStanding {
    fn default() -> Self {
        Self {
            is_in_good_standing: true,
            messages: Vec::new(),
            has_payment_method: true,
            is_admin_locked: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_and_answers_name_states_alike() {
        use State::{Off, Provisioning, Ready, Restarting, ServiceReady, Starting, Stopping, Upgrading};
        for state in [
            Off,
            Starting,
            Stopping,
            Restarting,
            ServiceReady,
            Ready,
            Upgrading,
            Provisioning,
        ] {
            assert_eq!(json!(state), state.as_str());
        }
        use EventState::{Cancelled, Done, Error, InProgress, New};
        for state in [New, InProgress, Done, Error, Cancelled] {
            assert_eq!(json!(state), state.as_str());
        }
        for kind in [PublicIpType::Static, PublicIpType::Dynamic, PublicIpType::None] {
            assert_eq!(json!(kind), kind.as_str());
        }
    }
}
