//! An oracle of the host's rules: what Terraform's core demands of each answer of a provider, so that tests can hold the
//! provider to hosts that are not on this machine. It is written from what hosts do and shares no rule with `server`.
//!
//! | module | what it demands |
//! |---|---|
//! | [`schema`] | a schema is one that hosts take |
//! | [`stored`] | values are of their type, wholly known where they are stored, and null where they are write-only |
//! | [`plan`] | a plan keeps to configuration and prior state |
//! | [`outcome`] | what was planned comes true, and a plan in apply completes the one before it |
//! | [`replacement`] | paths that need a replacement lead somewhere; what a plan does in a word |
//! | [`identity`] | an identity is known and stays |
//! | [`judge`] | which of it is asked of which answer about resources, data sources and lists |
//! | [`besides`] | the same for functions, what is opened for a run only, and actions |
//!
//! Rules are pure functions of values and of the schema as it is on the wire, and find what is [`Broken`]; each has a table
//! beneath it which shows that it catches. Every protocol-level client of the tests is a
//! [`judged`](crate::support::judged::Client) one, so a test fails with the first answer that a host would not take;
//! [`Host`](crate::support::host::Host) besides plans again within an apply, as hosts do. `whole_plans` leads a host and
//! [toy](toys) providers through [random](lives) schemas, configurations and states.
//!
//! A new kind of answer gets a function in [`judge`] or [`besides`] that strings rules together, and a method on the judged
//! client; a stream is judged when it is over.

mod answers;
pub mod besides;
pub mod identity;
pub mod judge;
mod lives;
pub mod outcome;
pub mod plan;
pub mod replacement;
mod samples;
pub mod schema;
pub mod stored;
mod toys;
mod whole_plans;

use std::fmt;

use terraform_provider_paperspace::value::{Path, Value};

/// A rule of the host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The schema is one that hosts take: some that are not crash them.
    Schema,
    /// Every message is an error or a warning, with a title.
    Message,
    /// An answer without an error holds what was asked for, and nothing where nothing is wanted.
    Presence,
    /// A value is of the type that the schema implies.
    Type,
    /// Write-only values are in no answer.
    WriteOnly,
    /// What is stored is wholly known.
    Known,
    /// A plan keeps to the configuration, to the prior state, and to what the provider may compute.
    Plan,
    /// What was planned comes true.
    Promise,
    /// A plan in apply says what the plan before it said, and more.
    Completion,
    /// A plan in apply may come to nothing where an update was planned; otherwise it does what was planned.
    Action,
    /// What needs a replacement is a part of the object.
    Replacement,
    /// An identity is known once there is an object, and never becomes another one.
    Identity,
    /// Only a host that allows it is answered provisionally.
    Deferral,
    /// The type system of old is not claimed: it would silence the host.
    LegacyTypes,
}

impl Rule {
    fn words(self) -> &'static str {
        match self {
            Self::Schema => "a schema has to be one that hosts take",
            Self::Message => "a message has to be an error or a warning, with a title",
            Self::Presence => "an answer has to hold what was asked for",
            Self::Type => "a value has to be of the type that the schema implies",
            Self::WriteOnly => "a write-only value has to be null in every answer",
            Self::Known => "what is stored has to be wholly known",
            Self::Plan => "a plan has to keep to the configuration and to the prior state",
            Self::Promise => "what was planned has to come true",
            Self::Completion => "a plan in apply has to complete the plan before it",
            Self::Action => "a plan in apply may not do something else than the plan before it",
            Self::Replacement => "what needs a replacement has to be a part of the object",
            Self::Identity => "an identity has to be known, and to stay",
            Self::Deferral => "a provisional answer has to be allowed",
            Self::LegacyTypes => "the type system of old may not be claimed",
        }
    }
}

/// Where a rule is broken, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// The rule.
    pub rule: Rule,
    /// The place in the object, or what else the rule is about.
    pub at: String,
    /// What is wrong there.
    pub how: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}` {}", self.rule.words(), self.at, self.how)
    }
}

/// What is broken, in words.
pub fn told(broken: &[Broken]) -> String {
    let lines: Vec<_> = broken.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// What is broken in one answer.
#[derive(Debug, Default)]
pub struct Findings(pub Vec<Broken>);

impl Findings {
    /// Adds something.
    pub fn add(&mut self, rule: Rule, at: impl fmt::Display, how: impl Into<String>) {
        let at = match at.to_string() {
            at if at.is_empty() => "the whole".to_owned(),
            at => at,
        };
        self.0.push(Broken {
            rule,
            at,
            how: how.into(),
        });
    }

    /// Adds something unless it is so.
    pub fn demand(&mut self, is_so: bool, rule: Rule, at: impl fmt::Display, how: &str) {
        if !is_so {
            self.add(rule, at, how);
        }
    }
}

/// An attribute, a block or an element of a value that may itself be absent.
fn part<'v>(value: &'v Value, name: &str) -> &'v Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// The element of a list, if it is one and has it.
fn element(value: &Value, index: usize) -> &Value {
    match value {
        Value::List(elements) | Value::Tuple(elements) => elements.get(index).unwrap_or(&Value::Null),
        _ => &Value::Null,
    }
}

/// One step further, by position.
fn at_index(path: &Path, index: usize) -> Path {
    path.clone().index(i64::try_from(index).unwrap_or(i64::MAX))
}
