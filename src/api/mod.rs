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
//! | `redact` | keeps secrets out of messages and logs |
//! | `pages` | listings that come in pages |
//! | `pace`, `wait` | delays between attempts and looks, and waiting for a condition |
//! | `types` | field types that several resources share: lenient numbers, dates, open enumerations |
//! | `reader` | reads of many machines, answered from few requests |
//! | `machines` ... `events` | the resources |
//!
//! This module must not know Terraform, schemas, providers or the simulator: it would serve any other program that
//! talks to Paperspace as well.

mod accessors;
mod address;
mod auth;
mod availability;
mod call;
mod classify;
mod client;
mod error;
mod events;
mod limit;
mod machines;
mod pace;
mod pages;
mod reader;
mod redact;
mod retry;
mod send;
mod startup_scripts;
mod templates;
mod types;
pub mod wait;

#[cfg(test)]
mod loopback;

pub use accessors::{Accessor, User};
pub use address::check_address;
pub use auth::check_key;
pub use client::{Client, DEFAULT_BASE_URL, Settings};
pub use error::{Error, Kind};
pub use events::{Event, EventState};
pub use limit::check_rate;
pub use machines::{
    Accelerator, CreateMachine, Machine, MachineFilter, MachineOperation, MachineState, Reservation, UpdateMachine,
};
pub use pace::Pace;
pub use pages::Page;
pub use reader::MachineReader;
pub use startup_scripts::StartupScript;
pub use templates::{MachineTypeOffer, Template, TemplateQuery};
pub use types::Date;

/// Ends waits, backoffs and reads of the client that carries it.
pub type Cancel = tokio_util::sync::CancellationToken;
