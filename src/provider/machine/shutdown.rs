//! Making changed auto-shutdown settings take effect. The service may accept a new timeout or force by itself and not apply
//! it; turned off and on again, it does.
//!
//! Once it is off it is turned on again whatever happens: a machine that no longer turns itself off costs money. Where the
//! new settings are refused then, those from before are put back, and where that fails too, nothing matters more to the user.

use super::operation::Operation;
use super::settings::{auto_shutdown, differences, told};
use crate::api::MachineSettings;
use crate::diag::Diagnostic;
use crate::provider::kit::{Goal, Halt};

/// A step that did not come to its end, and what to say of it first.
#[derive(Debug)]
pub(super) struct Stop {
    pub halt: Halt,
    pub first: Option<First>,
}

impl<T: Into<Halt>> From<T> for Stop {
    fn from(halt: T) -> Self {
        Self {
            halt: halt.into(),
            first: None,
        }
    }
}

/// What became of auto-shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    /// It is as it was before.
    PutBack,
    /// It is off, or may be.
    Off,
}

impl First {
    /// Whether money runs away.
    pub(super) fn is_grave(self) -> bool {
        self == Self::Off
    }

    /// The message with this as its first sentence.
    pub(super) fn before(self, mut diagnostic: Diagnostic) -> Diagnostic {
        let sentence = match self {
            Self::PutBack => {
                "Auto-shutdown is on with the settings from before, since the new ones did not take effect."
            }
            Self::Off => {
                "Auto-shutdown is OFF: the machine no longer turns itself off and costs money until it is turned off or \
                 auto-shutdown is turned on again, in the console or by a further apply."
            }
        };
        diagnostic.detail = format!("{sentence}\n\n{}", diagnostic.detail);
        diagnostic
    }
}

/// Sees to it that wanted auto-shutdown settings that were just sent are in effect.
pub(super) async fn enforce(operation: &mut Operation, wanted: &MachineSettings) -> Result<(), Stop> {
    let on = auto_shutdown(wanted);
    if on.auto_shutdown_enabled != Some(true) {
        return Ok(());
    }
    let seen = match operation.last() {
        Some(seen) => seen,
        None => operation.look().await?,
    };
    let before = auto_shutdown(&told(&seen));
    if differences(&on, &before).is_empty() {
        return Ok(());
    }
    tracing::info!(
        id = operation.id(),
        "auto-shutdown settings did not take effect, turning them off and on again"
    );
    let off = MachineSettings {
        auto_shutdown_enabled: Some(false),
        ..MachineSettings::default()
    };
    let turned = async {
        operation.change(&off, Goal::REST).await?;
        operation.change(&on, Goal::REST).await
    };
    let halt = match turned.await {
        Ok(_) => return Ok(()),
        Err(Halt::Gone) => return Err(Halt::Gone.into()),
        Err(halt) => halt,
    };
    if before.auto_shutdown_enabled != Some(true) {
        // It was off before, and is so still.
        return Err(halt.into());
    }
    let mut restoring = operation.restoring();
    let restored = restoring.change(&before, Goal::OVER).await;
    operation.take_over(&restoring);
    let is_on = matches!(&restored, Ok(seen) if seen.auto_shutdown_enabled != Some(false));
    if let Err(failure) = &restored {
        tracing::warn!(id = operation.id(), ?failure, "auto-shutdown is possibly left off");
    }
    Err(Stop {
        halt,
        first: Some(if is_on { First::PutBack } else { First::Off }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_auto_shutdown_comes_first() {
        for (first, sentence, is_grave) in [
            (First::Off, "Auto-shutdown is OFF", true),
            (
                First::PutBack,
                "Auto-shutdown is on with the settings from before",
                false,
            ),
        ] {
            let told = first.before(Diagnostic::error("Refused", "No."));
            assert!(
                told.detail.starts_with(sentence) && told.detail.ends_with("\n\nNo."),
                "{told:?}"
            );
            assert_eq!(first.is_grave(), is_grave);
        }
    }
}
