//! How operations go: which states a machine passes through, how far an operation has come, and how it ends.
//!
//! Pure functions over small values. There is no clock, no lock, no store and no HTTP here: time comes in as
//! milliseconds of work, looks as a count, and what follows from an end is done by `store`.

use serde::{Deserialize, Serialize};

use super::clock::TimeMode;
use super::record::{EventState, Requested, State};

/// An operation that takes a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Kind {
    /// A machine is made, and started or not.
    Create {
        /// Whether it is to run.
        start: bool,
    },
    /// A machine is turned on.
    Start,
    /// A machine is turned off.
    Stop,
    /// A machine is turned off and on.
    Restart,
    /// A machine is deleted.
    Deactivate,
    /// A machine gets another type or a larger disk.
    Upgrade {
        /// The type it will have.
        machine_type: String,
        /// The disk it will have.
        disk_size: u64,
    },
    /// A snapshot is taken.
    SnapshotCreate {
        /// Which.
        snapshot_id: String,
    },
    /// A snapshot is deleted.
    SnapshotDelete {
        /// Which.
        snapshot_id: String,
    },
    /// A machine goes back to a snapshot.
    SnapshotRestore {
        /// Which.
        snapshot_id: String,
    },
    /// A template is made of a machine.
    TemplateCreate {
        /// Which.
        template_id: String,
    },
}

/// A stretch of an operation: up to that per mille of its way the machine is in that state.
type Phase = (u32, State);

/// The whole way, in per mille.
pub const WHOLE: u32 = 1000;

impl Kind {
    /// The name of its event.
    pub fn event_name(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Deactivate => "deactivate",
            Self::Upgrade { .. } => "vm-upgrade",
            Self::SnapshotCreate { .. } => "snapshot-create",
            Self::SnapshotDelete { .. } => "snapshot-delete",
            Self::SnapshotRestore { .. } => "snapshot-restore",
            Self::TemplateCreate { .. } => "template-create",
        }
    }

    /// Milliseconds of work it takes.
    pub fn nominal(&self) -> u64 {
        let seconds = match self {
            Self::Create { .. } | Self::TemplateCreate { .. } => 60,
            Self::Upgrade { .. } => 30,
            Self::Restart => 25,
            Self::Start | Self::SnapshotCreate { .. } | Self::SnapshotRestore { .. } => 20,
            Self::Stop => 15,
            Self::Deactivate | Self::SnapshotDelete { .. } => 10,
        };
        seconds * 1000
    }

    /// The states a machine passes through. Operations without phases leave its state alone.
    fn phases(&self) -> &'static [Phase] {
        match self {
            Self::Create { start: true } => &[
                (600, State::Provisioning),
                (800, State::Starting),
                (WHOLE, State::ServiceReady),
            ],
            Self::Create { start: false } => &[(WHOLE, State::Provisioning)],
            Self::Start => &[(700, State::Starting), (WHOLE, State::ServiceReady)],
            Self::Stop => &[(WHOLE, State::Stopping)],
            Self::Restart => &[(700, State::Restarting), (WHOLE, State::ServiceReady)],
            Self::Upgrade { .. } => &[(WHOLE, State::Upgrading)],
            Self::Deactivate
            | Self::SnapshotCreate { .. }
            | Self::SnapshotDelete { .. }
            | Self::SnapshotRestore { .. }
            | Self::TemplateCreate { .. } => &[],
        }
    }

    /// Whether the machine is in transition meanwhile, so that nothing else can be asked of it.
    pub fn holds_machine(&self) -> bool {
        matches!(self, Self::Deactivate | Self::SnapshotRestore { .. }) || !self.phases().is_empty()
    }

    /// What it asks of the machine, if anything about running.
    pub fn requests(&self) -> Option<Requested> {
        match self {
            Self::Create { start: true } | Self::Start | Self::Restart => Some(Requested::On),
            Self::Create { start: false } | Self::Stop | Self::Upgrade { .. } => Some(Requested::Off),
            Self::Deactivate => Some(Requested::Deleted),
            Self::SnapshotCreate { .. }
            | Self::SnapshotDelete { .. }
            | Self::SnapshotRestore { .. }
            | Self::TemplateCreate { .. } => None,
        }
    }

    /// The machine's state afterwards, if it went well.
    fn leads_to(&self) -> Option<State> {
        match self.requests()? {
            Requested::On => Some(State::Ready),
            Requested::Off => Some(State::Off),
            Requested::Deleted => None,
        }
    }
}

/// How an operation ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    /// Well.
    Done,
    /// With an error and its reason; nothing took effect.
    Failed(String),
    /// The event says error, without a reason and without `dtFinished`; nothing took effect.
    FailedSilently,
    /// The event says error, without a reason but with `dtFinished`; it did take effect.
    DoneSayingError,
    /// The event says cancelled; nothing took effect.
    Cancelled,
}

impl Ending {
    /// Whether the operation does what it was asked to.
    pub fn takes_effect(&self) -> bool {
        matches!(self, Self::Done | Self::DoneSayingError)
    }

    /// What the event says in the end: its state, its error, and whether it has a `dtFinished`.
    pub fn tells(&self) -> (EventState, Option<&str>, bool) {
        match self {
            Self::Done => (EventState::Done, None, true),
            Self::Failed(reason) => (EventState::Error, Some(reason), true),
            Self::FailedSilently => (EventState::Error, None, false),
            Self::DoneSayingError => (EventState::Error, None, true),
            Self::Cancelled => (EventState::Cancelled, None, true),
        }
    }
}

/// An operation under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// Its visible half.
    pub event_id: String,
    /// The machine it is about.
    pub machine_id: Option<String>,
    /// What it does.
    pub kind: Kind,
    /// The machine's state when it began.
    pub prior: State,
    /// Work time at which it began.
    pub began: u64,
    /// How often it was looked at.
    pub looks: u32,
    /// How far it was pushed by hand, in per mille.
    pub pushed: u32,
    /// How it will end.
    pub ending: Ending,
    /// At which per mille its event is over; the machine's part is over at the end.
    pub event_over_at: u32,
}

impl Operation {
    /// How far it has come, in per mille.
    pub fn progress(&self, mode: TimeMode, work: u64) -> u32 {
        let way = match mode {
            TimeMode::Auto { .. } | TimeMode::Explicit => {
                let spent = work.saturating_sub(self.began);
                spent.saturating_mul(u64::from(WHOLE)) / self.kind.nominal()
            }
            TimeMode::PerPoll { polls } => u64::from(self.looks) * u64::from(WHOLE) / (u64::from(polls) + 1),
            TimeMode::Immediate => u64::from(WHOLE),
        };
        u32::try_from(way).unwrap_or(WHOLE).max(self.pushed).min(WHOLE)
    }

    /// The state of its machine at a point of the way, if it has a say in it.
    pub fn state_at(&self, progress: u32) -> Option<State> {
        if progress < WHOLE {
            return self
                .kind
                .phases()
                .iter()
                .find(|(until, _)| progress < *until)
                .map(|(_, state)| *state);
        }
        if self.ending.takes_effect() {
            self.kind.leads_to()
        } else {
            self.falls_back_to()
        }
    }

    /// Where its machine ends when it comes to nothing. A machine that could not be made is left as an empty shell.
    fn falls_back_to(&self) -> Option<State> {
        let back = if matches!(self.kind, Kind::Create { .. }) {
            State::Off
        } else {
            self.prior
        };
        (!self.kind.phases().is_empty()).then_some(back)
    }

    /// The point after `progress` at which a client could see something new.
    pub fn next_stage(&self, progress: u32) -> u32 {
        let phases = self.kind.phases().iter().map(|(until, _)| *until);
        // The first step is the one from `new` to `in progress`.
        let stages = [1].into_iter().chain(phases).chain([self.event_over_at, WHOLE]);
        stages.filter(|stage| *stage > progress).min().unwrap_or(WHOLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(kind: Kind, ending: Ending) -> Operation {
        Operation {
            event_id: "event".to_owned(),
            machine_id: Some("ps1".to_owned()),
            kind,
            prior: State::Off,
            began: 1_000,
            looks: 0,
            pushed: 0,
            ending,
            event_over_at: WHOLE,
        }
    }

    #[test]
    fn time_carries_an_operation() {
        let start = operation(Kind::Start, Ending::Done);
        let at = |work| start.progress(TimeMode::Explicit, work);
        assert_eq!(
            [at(0), at(1_000), at(11_000), at(21_000), at(u64::MAX)],
            [0, 0, 500, 1000, 1000]
        );
    }

    #[test]
    fn looks_carry_an_operation() {
        let mut start = operation(Kind::Start, Ending::Done);
        let mut seen = Vec::new();
        for _ in 0..3 {
            start.looks += 1;
            seen.push(start.progress(TimeMode::PerPoll { polls: 2 }, 0));
        }
        assert_eq!(
            seen,
            [333, 666, 1000],
            "two looks see it under way, the third sees it done"
        );
        assert_eq!(
            operation(Kind::Start, Ending::Done).progress(TimeMode::Immediate, 0),
            WHOLE
        );
    }

    #[test]
    fn pushing_walks_through_every_stage() {
        let mut create = operation(Kind::Create { start: true }, Ending::Done);
        let mut states = Vec::new();
        loop {
            let progress = create.progress(TimeMode::Explicit, 0);
            states.push(create.state_at(progress));
            if progress == WHOLE {
                break;
            }
            create.pushed = create.next_stage(progress);
        }
        let expected = [
            State::Provisioning,
            State::Provisioning,
            State::Starting,
            State::ServiceReady,
            State::Ready,
        ];
        assert_eq!(states, expected.map(Some));
    }

    #[test]
    fn an_operation_that_fails_leaves_the_machine_as_it_was() {
        let failed = || Ending::Failed("reason".to_owned());
        assert_eq!(operation(Kind::Start, failed()).state_at(WHOLE), Some(State::Off));
        assert_eq!(
            operation(Kind::Create { start: true }, failed()).state_at(WHOLE),
            Some(State::Off)
        );
        assert_eq!(operation(Kind::Deactivate, failed()).state_at(WHOLE), None);
        assert_eq!(
            operation(Kind::Start, Ending::DoneSayingError).state_at(WHOLE),
            Some(State::Ready)
        );
    }
}
