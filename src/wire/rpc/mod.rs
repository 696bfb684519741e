//! The RPCs that this provider offers, each a function that reads alike: decode the request by the schema's types, ask
//! the server, encode the answer.
//!
//! What surrounds all of them, logging and the catching of panics, is in [`service`](super::service), with the table of them
//! all. It needs to know a little of every request and answer, which is described here.

pub mod action;
pub mod data_source;
pub mod ephemeral;
pub mod function;
pub mod list_resource;
pub mod overall;
pub mod resource;

use std::ops::AddAssign;

use super::proto::tfplugin6 as proto;
use super::proto::tfplugin6::invoke_action::event::Type;
use super::to_proto;
use crate::diag::Diagnostics;
use crate::server::rpc::ActionEvent;

/// A request.
pub trait Ask {
    /// The RPC's name in the protocol.
    const RPC: &'static str;
    /// What answers it, once or as the events of a stream.
    type Answer: Answer;

    /// What it is about.
    fn subject(&self) -> Subject<'_>;
}

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    /// The provider as a whole.
    Provider,
    /// A managed resource type.
    Resource(&'a str),
    /// A data source type.
    DataSource(&'a str),
    /// An ephemeral resource type.
    Ephemeral(&'a str),
    /// A function.
    Function(&'a str),
    /// A list resource type.
    ListResource(&'a str),
    /// An action type.
    Action(&'a str),
}

/// An answer, or an event of one.
pub trait Answer: Sized {
    /// Nothing came of the request but messages.
    fn failed(diagnostics: Diagnostics) -> Self;

    /// How many errors and warnings it tells.
    fn told(&self) -> Told;
}

/// How many messages an answer has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
}

impl Told {
    /// How many of these messages are what.
    pub fn of(diagnostics: &[proto::Diagnostic]) -> Self {
        let count = |severity: proto::diagnostic::Severity| {
            let is_it = |diagnostic: &&proto::Diagnostic| diagnostic.severity == i32::from(severity);
            diagnostics.iter().filter(is_it).count()
        };
        Self {
            errors: count(proto::diagnostic::Severity::Error),
            warnings: count(proto::diagnostic::Severity::Warning),
        }
    }
}

impl AddAssign for Told {
    fn add_assign(&mut self, other: Self) {
        self.errors += other.errors;
        self.warnings += other.warnings;
    }
}

/// A call of a function tells one error, and nothing else.
impl Answer for proto::call_function::Response {
    fn failed(diagnostics: Diagnostics) -> Self {
        Self {
            result: None,
            error: Some(to_proto::function_error_of(diagnostics)),
        }
    }

    fn told(&self) -> Told {
        Told {
            errors: usize::from(self.error.is_some()),
            warnings: 0,
        }
    }
}

/// A list tells its messages in events.
impl Answer for proto::list_resource::Event {
    fn failed(diagnostics: Diagnostics) -> Self {
        Self {
            diagnostic: to_proto::diagnostics(diagnostics),
            ..Self::default()
        }
    }

    fn told(&self) -> Told {
        Told::of(&self.diagnostic)
    }
}

/// An action tells its messages in the last event.
impl Answer for proto::invoke_action::Event {
    fn failed(diagnostics: Diagnostics) -> Self {
        action::event(ActionEvent::Completed(diagnostics))
    }

    fn told(&self) -> Told {
        match &self.r#type {
            Some(Type::Completed(completed)) => Told::of(&completed.diagnostics),
            Some(Type::Progress(_)) | None => Told::default(),
        }
    }
}
