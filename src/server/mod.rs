//! What each RPC means, without protobuf.
//!
//! `wire` decodes a request into the structs of [`rpc`] and calls [`Server`]; the server finds the resource or data
//! source in the provider's registry and runs the rules that Terraform's core enforces ([`plan`](self) on the way in,
//! `settle` on the way out) around the few functions that a [`Resource`] brings. A capability beyond create, read,
//! update and delete is opted into with a trait of its own and a call on [`Managed`].
//!
//! This module must not know protobuf, nor Paperspace; how a configured provider reaches the remote system is the
//! business of `provider`, which hands over an opaque value.

mod any_resource;
mod capability;
mod context;
mod data_source;
mod managed;
mod plan;
mod provider;
mod resource;
pub mod rpc;
mod settle;

pub use any_resource::AnyResource;
pub use capability::{Identity, Import, ImportTarget, ModifyPlan, MoveState, Planning, ValidateConfig};
pub use context::{Context, PlanContext};
pub use data_source::{AnyDataSource, DataSource, Lookup};
pub use managed::Managed;
pub use provider::{AnyProvider, Configuration, Provider, Server};
pub use resource::{Applied, Change, Current, Resource};
