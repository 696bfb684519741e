//! The words for what went wrong while something was done to a machine.

use tokio::time::Instant;

use super::operation::{Halt, Operation};
use crate::diag::Diagnostic;
use crate::provider::errors;

/// What was being done, in words for the user.
pub(super) struct Task<'a> {
    /// Such as `create the machine "trainer"`.
    pub doing: String,
    /// How to carry on after a timeout or an interruption.
    pub resume: &'a str,
    /// When it began.
    pub started: Instant,
}

impl Task<'_> {
    /// The error for a step that did not come to its end.
    pub(super) fn halted(&self, operation: &Operation, halt: &Halt) -> Diagnostic {
        let id = &operation.id;
        let known = known(operation);
        match halt {
            Halt::Api(error) => {
                let mut diagnostic = errors::diagnostic(&self.doing, error);
                diagnostic.detail.push_str(&format!("\n\n{known}"));
                diagnostic
            }
            Halt::Interrupted => Diagnostic::error(
                "Interrupted",
                format!(
                    "Stopped waiting to {}, since the run was interrupted. {known}\n\n{}",
                    self.doing, self.resume
                ),
            ),
            Halt::TimedOut(trouble) => {
                let waited =
                    humantime::format_duration(std::time::Duration::from_secs(self.started.elapsed().as_secs()));
                let trouble = trouble
                    .as_ref()
                    .map(|error| format!(" The last request failed: {}", errors::told(error)));
                Diagnostic::error(
                    "Time Is Up",
                    format!(
                        "Gave up waiting to {} after {waited}. {known}{}\n\nThe service may still finish. {} If it regularly \
                         takes longer, raise the resource's `timeouts`.",
                        self.doing,
                        trouble.unwrap_or_default(),
                        self.resume
                    ),
                )
            }
            Halt::EventFailed(event) => {
                let name = event.name.as_deref().unwrap_or("operation");
                let reason = match event.error.as_deref() {
                    Some(reason) => format!("with this reason: {reason}"),
                    None => "without giving a reason".to_owned(),
                };
                Diagnostic::error(
                    "Paperspace Gave Up the Operation",
                    format!(
                        "Could not {}: the service ended its event \"{name}\" ({}) as {} {reason}. {known}\n\nThis is on the \
                         side of the service. {} If it goes on, ask Paperspace's support about that event.",
                        self.doing,
                        event.id,
                        event.state_word(),
                        likely_cause(name),
                    ),
                )
            }
            Halt::Gone => Diagnostic::error(
                "Machine Is Gone",
                format!(
                    "Could not {}: Paperspace does not know the machine {id}, or no longer. If somebody or something else \
                     deleted it, the next plan notices it and proposes a new one. If it was made just now, it may still \
                     appear: the next plan looks for it again.",
                    self.doing
                ),
            ),
        }
    }
}

/// What most often lets an event of that name fail, and what helps.
fn likely_cause(event: &str) -> &'static str {
    match event {
        "create" | "start" | "restart" | "vm-upgrade" | "vm-migrate" => {
            "Most often it has no capacity for the machine type in that region, or a quota is used up: try another machine \
             type or region, or again later."
        }
        _ => "Apply again later.",
    }
}

/// What is known of the machine: its id, its last state and its last event.
pub(super) fn known(operation: &Operation) -> String {
    let mut text = format!("The machine is {}", operation.id);
    match operation.last() {
        Some(machine) => text.push_str(&format!(", last seen in the state \"{}\"", machine.state_word())),
        None => text.push_str(", which was not seen yet"),
    }
    if let Some(event) = operation.last_event() {
        let name = event.name.as_deref().unwrap_or("operation");
        text.push_str(&format!(
            "; its last event is \"{name}\" ({}), {}",
            event.id,
            event.state_word()
        ));
    }
    text.push('.');
    text
}
