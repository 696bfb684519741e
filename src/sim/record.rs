//! The records of a world, in one place for whoever looks at one: a machine, and what stands around it.
//!
//! These are the simulator's own, on purpose not shared with any client: a mistake in one reading of the API must not
//! hide the same mistake in the other. They serialise in the API's field names with plain numbers, for state files,
//! seeds and assertions; how an *answer* looks is decided where its kind is.

pub use super::kinds::events::Event;
pub use super::kinds::private_networks::PrivateNetwork;
pub use super::kinds::public_ips::PublicIp;
pub use super::kinds::shared_drives::SharedDrive;
pub use super::kinds::snapshots::Snapshot;
pub use super::kinds::startup_scripts::StartupScript;
pub use super::kinds::templates::{Template, TypeAvailability};
pub use super::kinds::users::User;
pub use super::machine::lifecycle::{Operation, Task};
pub use super::machine::{EventState, Machine, PublicIpType, Requested, State};
pub use super::sight::Sight;
