//! A machine that is kept off while something is done that needs it off, and is on again afterwards.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::operation::Operation;
use crate::api::{Client, MachineState};
use crate::diag::Diagnostic;
use crate::provider::Configured;
use crate::provider::kit::{Halt, Left, PutBack, Task, halted};

/// How the machine comes to be off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Way {
    /// It is stopped, and started again afterwards if it was on.
    PowerCycle,
    /// It is waited for: a script of its own may turn it off.
    Patience,
}

/// A machine that is off.
pub(in crate::provider) struct Standstill {
    operation: Operation,
    was_on: bool,
}

impl Standstill {
    /// Brings the machine to be off.
    ///
    /// # Errors
    /// An error for the user. A machine that was stopped on the way is started again.
    pub(in crate::provider) async fn reach(
        configured: &Arc<Configured>,
        client: &Client,
        id: &str,
        way: Way,
        deadline: Instant,
    ) -> Result<Self, Diagnostic> {
        let task = Task {
            doing: match way {
                Way::PowerCycle => format!("stop the machine {id}, which has to be off for this"),
                Way::Patience => format!(
                    "see the machine {id} off, which it has to be for this; `power_cycle = true` stops it and starts it again"
                ),
            },
            left: Left::Changed,
            started: Instant::now(),
        };
        let mut operation = Operation::new(configured, client.clone(), id, deadline);
        let end = match way {
            Way::PowerCycle => stop(&mut operation).await,
            Way::Patience => see_off(&mut operation).await.map(|()| false),
        };
        match end {
            Ok(was_on) => Ok(Self { operation, was_on }),
            Err(halt) => {
                let error = halted(&task, &operation.work, &halt);
                // A stop whose end was not seen may come into effect.
                if way == Way::PowerCycle && !matches!(halt, Halt::Gone) {
                    let was_on = operation
                        .last()
                        .is_some_and(|seen| seen.state != Some(MachineState::Off));
                    drop(Self { operation, was_on }.start().await);
                }
                Err(error)
            }
        }
    }

    async fn start(self) -> Option<Diagnostic> {
        if !self.was_on {
            return None;
        }
        let task = Task {
            doing: format!("start the machine {} again", self.operation.id()),
            left: Left::Changed,
            started: Instant::now(),
        };
        let mut restoring = self.operation.restoring();
        let failure = restoring.power_on_again().await.err()?;
        let told = halted(&task, &restoring.work, &failure);
        Some(Diagnostic::warning("Machine Possibly Left Off", told.detail).about(restoring.id()))
    }
}

impl PutBack for Standstill {
    fn put_back(self: Box<Self>) -> BoxFuture<'static, Option<Diagnostic>> {
        Box::pin(self.start())
    }
}

/// Stops the machine; whether it was on.
async fn stop(operation: &mut Operation) -> Result<bool, Halt> {
    let was_on = operation.rest().await?.state == Some(MachineState::Ready);
    operation.power_off().await?;
    Ok(was_on)
}

/// Waits until the machine is off by itself, for as long as there is time.
async fn see_off(operation: &mut Operation) -> Result<(), Halt> {
    while operation.look().await?.state != Some(MachineState::Off) {
        operation.pause().await?;
    }
    Ok(())
}
