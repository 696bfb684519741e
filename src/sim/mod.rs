//! A simulated Paperspace: a faithful stand-in for the service, for tests, demonstrations, and for teams that want to
//! test their modules without paying for GPUs.
//!
//! It must not know anything else of this crate. Sharing types with the client would let one misreading of the API
//! pass on both sides.
//!
//! # Starting one
//!
//! [`Sim::spawn`] runs a simulator on a thread of its own and suits plain tests; [`Sim::start`] runs it on the current
//! tokio runtime. Both listen on 127.0.0.1 only, and stop when dropped.
//!
//! ```
//! use terraform_provider_paperspace::sim::{Config, Sim, TimeMode};
//!
//! let sim = Sim::spawn(Config { time: TimeMode::PerPoll { polls: 2 }, ..Config::default() })?;
//! let (api_url, api_key) = (sim.url(), sim.api_key());
//! # assert!(api_url.starts_with("http://127.0.0.1:") && !api_key.is_empty());
//! // ... run a client against them, then look at what came of it:
//! assert!(sim.requests().is_empty() && sim.world().machines.is_empty());
//! # std::io::Result::Ok(())
//! ```
//!
//! # Time
//!
//! [`TimeMode`] says what makes operations go on: real time at a speed, explicit steps, looks, or nothing at all. In
//! every mode [`Sim::advance`] and [`Sim::poke`] push them along.
//!
//! # What goes wrong
//!
//! A [`Fault`] is about one request on its way: a status, a delay, a lost answer. [`Quirks`] are the service's habits,
//! among them how operations end and what is sold out. What is drawn by chance follows from [`Config::id_seed`] and from
//! what it is drawn for, never from the order in which requests arrive, so that a run can be had again.
//!
//! # Who may
//!
//! Programs on this computer: requests under a foreign host name and those of web pages are refused. A key acts for the
//! team's first user, or for the member it was given to ([`TeamConfig::member_keys`]), who may less.
//!
//! # What was said
//!
//! [`Sim::requests`] lists the requests seen. An [`Observer`] sees each whole [`Exchange`], with what the service itself
//! answered told apart from what a fault or a quirk made of it.
//!
//! # Control endpoints
//!
//! Under `/_sim/`, without a key, with JSON bodies:
//!
//! | request | body | what it does |
//! |---|---|---|
//! | `GET /_sim/state` | | the time mode and every world |
//! | `GET /_sim/requests` | | the latest requests seen, in order, without secrets |
//! | `DELETE /_sim/requests` | | forgets them |
//! | `GET /_sim/faults` | | the fault rules, how often each matched and hit |
//! | `POST /_sim/faults` | a rule or an array of rules | adds them; answers their `ids` |
//! | `DELETE /_sim/faults`, `/_sim/faults/{id}` | | removes all, or one |
//! | `GET /_sim/quirks` | | the quirks |
//! | `POST /_sim/quirks` | an object of quirks | switches those that it names |
//! | `POST /_sim/advance` | `{"seconds": 60}` | moves time on |
//! | `POST /_sim/poke` | | pushes every operation to its next stage |
//! | `POST /_sim/reset` | | begins again as configured |
//!
//! A rule reads like `{"method": "POST", "path": "/machines", "nth": 1, "effect": "dropAfterAct"}` or
//! `{"path": "/**", "probability": 0.1, "effect": {"status": {"code": 429, "retryAfter": "1"}}}`.

pub(crate) mod app;
pub mod catalog;
pub mod clock;
pub mod config;
pub mod control;
pub mod exchange;
pub mod fault;
mod handle;
mod http;
pub mod ids;
mod kinds;
mod listen;
mod machine;
pub mod quirks;
pub mod record;
mod render;
pub mod requests;
pub mod seed;
mod sight;
pub mod world;

pub use self::clock::TimeMode;
pub use self::config::{Config, DEFAULT_KEY, PageLimits, TeamConfig};
pub use self::exchange::{Answered, Exchange, Observer};
pub use self::fault::{Effect, Fault};
pub use self::handle::{Faults, Sim};
pub use self::machine::State;
pub use self::machine::lifecycle::Ending;
pub use self::quirks::{
    Absence, DriveUnit, EventEnding, Lingering, NameFilter, NumberForm, Quirks, RegionForm, Shortage, SoldOut,
    Staleness,
};
pub use self::requests::{Outcome, SeenRequest};
pub use self::seed::{MachineSeed, NetworkSeed, Seed};
pub use self::world::World;
