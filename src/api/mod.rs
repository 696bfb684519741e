//! The HTTP client of the Paperspace API, version 1.
//!
//! [`Client`] sends requests and reads answers; one file per resource of the API adds the methods that belong to it.
//! Everything a caller has to decide about failures is in [`Error`] and its questions, and everything about waiting
//! for the service to finish something is in [`wait`].
//!
//! | file | what it holds |
//! |---|---|
//! | `client` | settings, and the chain every request passes: limit, log, send, classify, retry, parse |
//! | `address` | which addresses of the API are safe to send a key to |
//! | `auth` | the API key as a header |
//! | `call` | one request as data: method, path, query, body |
//! | `limit` | the client-side limit of requests per second |
//! | `send` | one attempt over HTTP; the only place that handles the HTTP library |
//! | `classify` | an answer's status and body become a value or a failure |
//! | `retry` | whether and when to try again; pure |
//! | `error` | what went wrong, with questions for callers |
//! | `record` | what the log tells of requests |
//! | `secrets` | keeps secrets out of messages and logs |
//! | `pages` | listings that come in pages |
//! | `pace`, `wait` | delays between attempts and looks, and waiting for a condition |
//! | `answer` | answers read field by field: what is odd is left out, and harms nothing beside it |
//! | `types` | field types that several resources share: numbers, dates, open enumerations |
//! | `writes` | what a client has changed, and in which order |
//! | `operation`, `deleted` | what several resources answer: an object with its event, a key |
//! | `machines` ... `events` | the resources |
//!
//! Words that come from outside and that people will be shown are [`Words`](crate::diag::Words), which is all that is
//! used of the rest of the crate. This module must not know Terraform, schemas, providers or the simulator: it would serve any other program that
//! talks to Paperspace as well.

mod accessors;
mod address;
mod answer;
mod auth;
mod availability;
mod call;
mod classify;
mod client;
mod custom_templates;
mod deleted;
mod desktop;
mod error;
mod events;
mod limit;
mod machines;
mod operation;
mod pace;
mod pages;
mod private_networks;
mod public_ips;
mod record;
mod retry;
mod secrets;
mod send;
mod session;
mod shared_drives;
mod snapshots;
mod startup_scripts;
mod team_users;
mod templates;
mod types;
pub mod wait;
mod writes;

#[cfg(test)]
mod loopback;

pub use accessors::{Accessor, User};
pub use address::{Host, check_address};
pub use auth::check_key;
pub use client::{Client, DEFAULT_BASE_URL, Settings};
pub use custom_templates::CustomTemplateFilter;
pub use desktop::{Desktop, Vnc, Windows};
pub use error::{Error, Kind};
pub use events::{Event, EventFilter, EventState};
pub use limit::check_rate;
pub use machines::{
    Accelerator, CreateMachine, Machine, MachineFilter, MachineOperation, MachineSettings, MachineState, Reservation,
};
pub use operation::Operation;
pub use pace::Pace;
pub use pages::{Page, Trail};
pub use private_networks::{CreatePrivateNetwork, PrivateNetwork, PrivateNetworkFilter};
pub use public_ips::{PublicIp, PublicIpFilter};
pub use session::{Membership, Session, SessionTeam, Team};
pub use shared_drives::{CreateSharedDrive, SharedDrive, SharedDriveFilter};
pub use snapshots::{Snapshot, SnapshotFilter};
pub use startup_scripts::{CreateStartupScript, StartupScript, StartupScriptFilter, UpdateStartupScript};
pub use team_users::{TeamRole, TeamUser};
pub use templates::{MachineTypeOffer, Template, TemplateQuery};
pub use types::Date;
pub use writes::Writes;

/// The target of the log lines about requests and their answers.
const TARGET: &str = "paperspace.api";

/// Ends waits, backoffs and reads of the client that carries it.
pub type Cancel = tokio_util::sync::CancellationToken;
