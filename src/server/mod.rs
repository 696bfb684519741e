//! What each RPC means, without protobuf.
//!
//! `wire` decodes a request into the structs of [`rpc`], finds the type that it is about with [`Server`], and asks that.
//! A type that was found is [`Bound`] to the server: what an operation needs of the provider's configuration, and what is
//! said where there is none yet, stands there once. Around the few functions that a [`Resource`] brings run the rules that
//! Terraform's core enforces: `plan` on the way in, `settle` and `identity` on the way out, all of them functions of values.
//!
//! | file | what it holds |
//! |---|---|
//! | `provider` | the provider's trait, the server, and types bound to its configuration |
//! | `registry` | what the provider has, found by name |
//! | `resource`, `planning`, `context`, `data_source`, `ephemeral` | what resources, data sources and ephemeral resources bring and are given |
//! | `function` | functions, which need no configured provider |
//! | `list_resource`, `action`, `sink` | queries and actions, whose answers come bit by bit, and where these go |
//! | `entry`, `any` | the rules around a resource's functions, and a resource without its types |
//! | `plan`, `announce`, `settle`, `identity`, `note`, `generate` | the rules, pure |
//! | `rpc` | questions and answers |
//!
//! This module must not know protobuf, nor Paperspace; how a configured provider reaches the remote system is the
//! business of `provider`, which hands over an opaque value.

mod action;
mod announce;
mod any;
mod context;
mod data_source;
mod entry;
mod ephemeral;
mod function;
mod generate;
mod identity;
mod list_resource;
mod note;
mod plan;
mod planning;
mod provider;
mod registry;
mod resource;
pub mod rpc;
mod settle;
mod sink;
#[cfg(test)]
mod toys;

pub use action::{Action, AnyAction, Progress};
pub use any::AnyResource;
pub use context::{Context, ImportTarget};
pub use data_source::{Answered, AnyDataSource, DataSource};
pub use ephemeral::{AnyEphemeralResource, EphemeralResource};
pub use function::{Function, FunctionEntry, FunctionError, Parameter, Signature};
pub use list_resource::{AnyListResource, Finds, ListResource};
pub use planning::{Phase, PlanContext, Planning};
pub use provider::{AnyProvider, Bound, Configuration, Provider, Server};
pub use registry::{Offer, Registry};
pub use resource::{
    Change, ChangeOf, Current, CurrentOf, Note, Object, Outcome, OutcomeOf, PlanningOf, Resource, Source, Take,
};
pub use sink::{Closed, Sink};
