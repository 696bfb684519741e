//! Machines: what the service keeps of one, what a request may say of one, and how they get from state to state.
//!
//! There is no HTTP here and no real clock. How requests reach machines is [`kinds`](super::kinds)' part.

use serde::{Deserialize, Serialize};

use super::sight::Sight;

mod idle;
pub mod lifecycle;
pub(crate) mod operations;
pub(crate) mod settings;

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
    /// Work time from which its next automatic snapshot is counted.
    pub snapshot_since: u64,
    /// How far requests can see it.
    #[serde(default)]
    pub sight: Sight,
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

    /// Whether it is deleted or is being deleted, and so holds nothing that others wait for.
    pub fn is_leaving(&self) -> bool {
        self.requested == Requested::Deleted
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
