//! What is noted beside a machine's state, for its next plan, apply or read. Terraform keeps the note with the state and
//! shows it to nobody.

use serde::{Deserialize, Serialize};

use crate::api::{self, MachineState};
use crate::provider::kit;

/// The note.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Note {
    /// What is noted of every kind of object.
    #[serde(flatten)]
    pub kit: kit::Note,
    /// The machine was on until it was stopped here, and it is not certain that it is on again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub left_off: bool,
    /// This resource asked for a static address: the one that the machine then has is its own, and goes with it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub asked_for_address: bool,
    /// That address, once it was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl Note {
    /// The note for a machine that is there, as it was last seen: what a plan left to its apply is over.
    #[must_use]
    pub fn after(mut self, seen: &api::Machine) -> Self {
        self.kit.replaces_protected = false;
        // A machine that came on by itself is owed nothing, whatever it does later.
        self.left_off &= seen.state != Some(MachineState::Ready);
        let is_static = seen.public_ip_type.as_deref() == Some("static");
        if self.asked_for_address && is_static && self.address.is_none() {
            self.address.clone_from(&seen.public_ip);
        }
        self
    }

    /// The note without the address.
    #[must_use]
    pub fn without_address(self) -> Self {
        Self {
            asked_for_address: false,
            address: None,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::observed::tests::bare;
    use super::*;

    #[test]
    fn what_says_nothing_takes_no_room_and_what_was_noted_before_is_read() {
        assert_eq!(serde_json::to_string(&Note::default()).unwrap(), "{}");
        let note: Note = serde_json::from_str(r#"{"left_off":true,"replaces_protected":true,"team":"te1"}"#).unwrap();
        assert!(note.left_off && note.kit.replaces_protected);
        assert_eq!(note.kit.owner.team.as_deref(), Some("te1"));
    }

    #[test]
    fn only_an_address_that_was_asked_for_is_noted_and_once() {
        let seen = |kind: &str, ip: Option<&str>| api::Machine {
            public_ip_type: Some(kind.into()),
            public_ip: ip.map(str::to_owned),
            ..bare()
        };
        let asked = || Note {
            asked_for_address: true,
            ..Note::default()
        };
        let (one, two) = (Some("192.0.2.1"), Some("192.0.2.2"));
        for (note, seen, expected) in [
            (Note::default(), seen("static", one), None),
            (asked(), seen("static", None), None),
            (asked(), seen("dynamic", one), None),
            (asked(), seen("static", one), one),
            (asked().after(&seen("static", one)), seen("static", two), one),
            (
                asked().after(&seen("static", one)).without_address(),
                seen("static", two),
                None,
            ),
        ] {
            assert_eq!(note.after(&seen).address.as_deref(), expected, "{seen:?}");
        }
    }

    #[test]
    fn a_machine_that_is_on_is_owed_nothing_and_a_plans_word_is_over() {
        let owed = Note {
            left_off: true,
            kit: kit::Note {
                replaces_protected: true,
                ..kit::Note::default()
            },
            ..Note::default()
        };
        for (state, left_off) in [("ready", false), ("off", true), ("starting", true)] {
            let seen = api::Machine {
                state: Some(state.into()),
                ..bare()
            };
            let after = owed.clone().after(&seen);
            assert_eq!(
                (after.left_off, after.kit.replaces_protected),
                (left_off, false),
                "{state}"
            );
        }
    }
}
