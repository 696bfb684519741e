//! The provider: its configuration, its resources and its data sources. The only place that knows both the schemas and
//! the Paperspace API.
//!
//! One file or folder a resource or data source, found by its type's name. `config` puts the settings together, `errors`
//! gives failures of the API the words that users read.

mod action;
mod config;
mod custom_template;
mod errors;
mod functions;
mod kit;
mod likeness;
mod machine;
mod machine_availability;
mod machine_desktop;
mod machine_events;
mod machine_type;
mod machine_types;
mod machines;
mod name_regex;
mod private_network;
mod public_ip;
mod public_ip_assignment;
pub mod region;
mod run;
mod select;
mod shared_drive;
mod shared_drive_credentials;
mod snapshot;
mod startup_script;
mod team;
mod template;
mod templates;
#[cfg(test)]
mod trial;
mod users;

use self::action::{Power, Restart, RestoreAction, SnapshotAction, Start, Stop};
use self::custom_template::CustomTemplates;
use self::functions::{MachineTypeFunction, RegionFunction};
use self::kit::{Many, One, Plain, Query};
use self::machine::Machines;
use self::machine_desktop::MachineDesktop;
use self::machine_events::MachineEventsSource;
use self::machine_types::MachineTypesSource;
use self::private_network::PrivateNetworks;
use self::public_ip::PublicIps;
use self::public_ip_assignment::AssignmentResource;
use self::shared_drive::SharedDrives;
use self::shared_drive_credentials::SharedDriveCredentials;
use self::snapshot::Snapshots;
use self::startup_script::StartupScripts;
use self::team::TeamSource;
use self::users::{UserSource, UsersSource};
use crate::api::Client;
use crate::diag::Diagnostics;
use crate::server::{self, Configuration, Registry};

pub use config::{ENVIRONMENT, ProviderConfig};
pub use machine::{Machine, MachineConfig, MachineResource, MachineSource};
pub use machine_availability::{AvailabilityConfig, AvailabilitySource};
pub use machines::{MachinesConfig, MachinesSource};
pub use template::{TemplateConfig, TemplateSource};
pub use templates::{TemplatesConfig, TemplatesSource};

/// The provider's source address.
pub const ADDRESS: &str = "registry.terraform.io/paperspace-rs/paperspace";

/// What resources and data sources are given: one configured provider block. Nothing of it is shared between blocks.
pub struct Configured {
    client: Client,
    boards: kit::Boards,
    region: Option<String>,
    checks: Option<machine::Checks>,
    asked: kit::Asked,
    unanswered: kit::Unanswered,
    claims: run::Claims,
    lanes: run::Lanes,
    turns: run::Turns,
    /// No object may be made while another one of its kind and name exists in the team.
    pub unique_names: bool,
}

impl Configured {
    fn new(client: Client, region: Option<String>, batch_reads: bool, plan_checks: bool, unique_names: bool) -> Self {
        Self {
            boards: kit::Boards::new(&client, batch_reads),
            client,
            region,
            checks: plan_checks.then(machine::Checks::default),
            asked: kit::Asked::default(),
            unanswered: kit::Unanswered::default(),
            claims: run::Claims::default(),
            lanes: run::Lanes::default(),
            turns: run::Turns::default(),
            unique_names,
        }
    }
}

/// The Paperspace provider.
pub struct Paperspace;

/// A server of the provider, not configured yet.
pub fn server() -> server::Server {
    server::Server::new(Paperspace)
}

impl server::Provider for Paperspace {
    type Model = ProviderConfig;
    type Configured = Configured;

    fn validate_config(&self, config: &ProviderConfig) -> Diagnostics {
        config::validate(config)
    }

    fn configure(
        &self,
        config: &ProviderConfig,
        terraform_version: &str,
    ) -> Result<Configuration<Configured>, Diagnostics> {
        config::configure(config, &config::ProcessEnvironment, terraform_version)
    }

    fn registry(&self) -> Registry {
        Registry::new()
            .resource::<MachineResource>()
            .resource::<Plain<CustomTemplates>>()
            .resource::<Plain<PrivateNetworks>>()
            .resource::<Plain<PublicIps>>()
            .resource::<AssignmentResource>()
            .resource::<Plain<SharedDrives>>()
            .resource::<Plain<Snapshots>>()
            .resource::<Plain<StartupScripts>>()
            .data_source::<MachineSource>()
            .data_source::<AvailabilitySource>()
            .data_source::<MachineEventsSource>()
            .data_source::<MachineTypesSource>()
            .data_source::<MachinesSource>()
            .data_source::<One<PrivateNetworks>>()
            .data_source::<Many<PrivateNetworks>>()
            .data_source::<One<PublicIps>>()
            .data_source::<Many<PublicIps>>()
            .data_source::<One<SharedDrives>>()
            .data_source::<Many<SharedDrives>>()
            .data_source::<One<Snapshots>>()
            .data_source::<Many<Snapshots>>()
            .data_source::<One<StartupScripts>>()
            .data_source::<Many<StartupScripts>>()
            .data_source::<TeamSource>()
            .data_source::<TemplateSource>()
            .data_source::<TemplatesSource>()
            .data_source::<UserSource>()
            .data_source::<UsersSource>()
            .action::<Power<Start>>()
            .action::<Power<Stop>>()
            .action::<Power<Restart>>()
            .action::<SnapshotAction>()
            .action::<RestoreAction>()
            .ephemeral_resource::<MachineDesktop>()
            .ephemeral_resource::<SharedDriveCredentials>()
            .list_resource::<Query<Machines>>()
            .list_resource::<Query<CustomTemplates>>()
            .list_resource::<Query<PrivateNetworks>>()
            .list_resource::<Query<PublicIps>>()
            .list_resource::<Query<SharedDrives>>()
            .list_resource::<Query<Snapshots>>()
            .list_resource::<Query<StartupScripts>>()
            .function::<MachineTypeFunction>()
            .function::<RegionFunction>()
    }
}
