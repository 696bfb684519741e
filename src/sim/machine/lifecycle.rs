//! How operations go: which states a machine passes through, how far an operation has come, and how it ends.
//!
//! Pure functions over small values. There is no clock, no lock, no store and no HTTP here: time comes in as
//! milliseconds of work, looks as a count, and what follows from an end is done by `operations`.

use serde::{Deserialize, Serialize};

use super::{EventState, Requested, State};
use crate::sim::clock::TimeMode;

/// What an operation does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Task {
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
    /// A machine gets another type.
    ChangeType {
        /// The type it will have.
        machine_type: String,
    },
    /// A machine gets a larger disk.
    GrowDisk {
        /// The disk it will have, in GB.
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
    /// A shared drive is put on its network. It has no event: only the drive itself tells.
    DriveMount,
    /// A machine runs a startup script that turns it off in the end. It has no event: nothing tells of scripts.
    ScriptToOff,
}

/// A stretch of an operation: up to that per mille of its way the machine is in that state.
type Phase = (u32, State);

/// The whole way, in per mille.
pub const WHOLE: u32 = 1000;

/// Where a machine that is turned on becomes `serviceready`, and its event ends: about a second before it is ready.
const SERVICE_READY: u32 = 970;

impl Task {
    /// The name of its event, if it has one.
    pub fn event_name(&self) -> Option<&'static str> {
        match self {
            Self::Create { .. } => Some("create"),
            Self::Start => Some("start"),
            Self::Stop => Some("stop"),
            Self::Restart => Some("restart"),
            Self::Deactivate => Some("deactivate"),
            Self::ChangeType { .. } | Self::GrowDisk { .. } => Some("vm-upgrade"),
            Self::SnapshotCreate { .. } => Some("snapshot-create"),
            Self::SnapshotDelete { .. } => Some("snapshot-delete"),
            Self::SnapshotRestore { .. } => Some("snapshot-restore"),
            Self::TemplateCreate { .. } => Some("template-create"),
            Self::DriveMount | Self::ScriptToOff => None,
        }
    }

    /// Milliseconds of work it takes.
    pub fn nominal(&self) -> u64 {
        let seconds = match self {
            Self::ScriptToOff => 300,
            Self::Create { .. } | Self::TemplateCreate { .. } => 60,
            Self::ChangeType { .. } => 30,
            Self::Restart => 25,
            Self::Start | Self::SnapshotCreate { .. } | Self::SnapshotRestore { .. } | Self::DriveMount => 20,
            Self::Stop | Self::GrowDisk { .. } => 15,
            Self::Deactivate | Self::SnapshotDelete { .. } => 10,
        };
        seconds * 1000
    }

    /// The states a machine passes through. Operations without phases leave its state alone.
    fn phases(&self) -> &'static [Phase] {
        match self {
            Self::Create { start: true } => &[
                (600, State::Provisioning),
                (SERVICE_READY, State::Starting),
                (WHOLE, State::ServiceReady),
            ],
            Self::Create { start: false } => &[(WHOLE, State::Provisioning)],
            Self::Start => &[(SERVICE_READY, State::Starting), (WHOLE, State::ServiceReady)],
            Self::Stop => &[(WHOLE, State::Stopping)],
            Self::Restart => &[(SERVICE_READY, State::Restarting), (WHOLE, State::ServiceReady)],
            Self::ChangeType { .. } | Self::GrowDisk { .. } => &[(WHOLE, State::Upgrading)],
            Self::Deactivate
            | Self::SnapshotCreate { .. }
            | Self::SnapshotDelete { .. }
            | Self::SnapshotRestore { .. }
            | Self::TemplateCreate { .. }
            | Self::DriveMount
            | Self::ScriptToOff => &[],
        }
    }

    /// Whether the machine is in transition meanwhile, so that nothing else can be asked of it.
    pub fn holds_machine(&self) -> bool {
        let quietly = matches!(
            self,
            Self::Deactivate | Self::SnapshotRestore { .. } | Self::TemplateCreate { .. }
        );
        quietly || !self.phases().is_empty()
    }

    /// What it asks of the machine, if anything about running.
    pub fn requests(&self) -> Option<Requested> {
        match self {
            Self::Create { start: true } | Self::Start | Self::Restart => Some(Requested::On),
            Self::Create { start: false }
            | Self::Stop
            | Self::ChangeType { .. }
            | Self::GrowDisk { .. }
            | Self::ScriptToOff => Some(Requested::Off),
            Self::Deactivate => Some(Requested::Deleted),
            Self::SnapshotCreate { .. }
            | Self::SnapshotDelete { .. }
            | Self::SnapshotRestore { .. }
            | Self::TemplateCreate { .. }
            | Self::DriveMount => None,
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

    /// At which per mille the event is over. The machine's part is over at the end.
    pub fn event_over_at(&self, long_before: bool) -> u32 {
        let turns_on = self.requests() == Some(Requested::On);
        match (long_before, turns_on) {
            (true, _) => WHOLE / 2,
            (false, true) => SERVICE_READY,
            (false, false) => WHOLE,
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
    /// It takes effect, and the event says for ever that it is in progress.
    EventStuck,
    /// It takes effect and the event says so, but the machine ends, and stays, in this state: `serviceready` instead of
    /// `ready`, or `off` for want of capacity.
    EndsAs(State),
}

impl Ending {
    /// Whether the operation does what it was asked to.
    pub fn takes_effect(&self) -> bool {
        match self {
            Self::Done | Self::DoneSayingError | Self::EventStuck | Self::EndsAs(_) => true,
            Self::Failed(_) | Self::FailedSilently | Self::Cancelled => false,
        }
    }

    /// What the event says in the end: its state, its error, and whether it has a `dtFinished`.
    pub fn tells(&self) -> (EventState, Option<&str>, bool) {
        match self {
            Self::Done | Self::EndsAs(_) => (EventState::Done, None, true),
            Self::Failed(reason) => (EventState::Error, Some(reason), true),
            Self::FailedSilently => (EventState::Error, None, false),
            Self::DoneSayingError => (EventState::Error, None, true),
            Self::Cancelled => (EventState::Cancelled, None, true),
            Self::EventStuck => (EventState::InProgress, None, false),
        }
    }
}

/// An operation under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// Its visible half, if it has one.
    pub event_id: Option<String>,
    /// The id of the machine, or the drive, that it is about.
    pub about: String,
    /// What it does.
    pub task: Task,
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
    /// At which per mille its event is over.
    pub event_over_at: u32,
}

impl Operation {
    /// How far it has come, in per mille.
    pub fn progress(&self, mode: TimeMode, work: u64) -> u32 {
        let way = match mode {
            TimeMode::Auto { .. } | TimeMode::Explicit => {
                let spent = work.saturating_sub(self.began);
                spent.saturating_mul(u64::from(WHOLE)) / self.task.nominal()
            }
            TimeMode::PerPoll { polls } => u64::from(self.looks) * u64::from(WHOLE) / (u64::from(polls) + 1),
            TimeMode::Immediate => u64::from(WHOLE),
        };
        u32::try_from(way).unwrap_or(WHOLE).max(self.pushed).min(WHOLE)
    }

    /// The state of its machine at a point of the way, if it has a say in it.
    pub fn state_at(&self, progress: u32) -> Option<State> {
        if progress < WHOLE {
            let mut phases = self.task.phases().iter();
            return phases.find(|(until, _)| progress < *until).map(|(_, state)| *state);
        }
        match self.ending {
            Ending::EndsAs(state) => Some(state),
            _ if self.ending.takes_effect() => self.task.leads_to(),
            _ => self.falls_back_to(),
        }
    }

    /// Where its machine ends when it comes to nothing. A machine that could not be made is left as an empty shell.
    fn falls_back_to(&self) -> Option<State> {
        let back = if matches!(self.task, Task::Create { .. }) {
            State::Off
        } else {
            self.prior
        };
        (!self.task.phases().is_empty()).then_some(back)
    }

    /// The point after `progress` at which a client could see something new.
    pub fn next_stage(&self, progress: u32) -> u32 {
        let phases = self.task.phases().iter().map(|(until, _)| *until);
        // The first step is the one from `new` to `in progress`.
        let stages = [1].into_iter().chain(phases).chain([self.event_over_at, WHOLE]);
        stages.filter(|stage| *stage > progress).min().unwrap_or(WHOLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(task: Task, ending: Ending) -> Operation {
        Operation {
            event_id: Some("event".to_owned()),
            about: "ps1".to_owned(),
            prior: State::Off,
            began: 1_000,
            looks: 0,
            pushed: 0,
            ending,
            event_over_at: task.event_over_at(false),
            task,
        }
    }

    #[test]
    fn time_carries_an_operation() {
        let start = operation(Task::Start, Ending::Done);
        let at = |work| start.progress(TimeMode::Explicit, work);
        assert_eq!(
            [at(0), at(1_000), at(11_000), at(21_000), at(u64::MAX)],
            [0, 0, 500, 1000, 1000]
        );
    }

    #[test]
    fn looks_carry_an_operation() {
        let mut start = operation(Task::Start, Ending::Done);
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
            operation(Task::Start, Ending::Done).progress(TimeMode::Immediate, 0),
            WHOLE
        );
    }

    #[test]
    fn pushing_walks_through_every_stage() {
        let mut create = operation(Task::Create { start: true }, Ending::Done);
        let mut states = Vec::new();
        loop {
            let progress = create.progress(TimeMode::Explicit, 0);
            states.push((create.state_at(progress), progress >= create.event_over_at));
            if progress == WHOLE {
                break;
            }
            create.pushed = create.next_stage(progress);
        }
        let expected = [
            (State::Provisioning, false),
            (State::Provisioning, false),
            (State::Starting, false),
            (State::ServiceReady, true),
            (State::Ready, true),
        ];
        assert_eq!(states, expected.map(|(state, over)| (Some(state), over)));
    }

    #[test]
    fn where_a_machine_ends_depends_on_the_ending() {
        let failed = || Ending::Failed("reason".to_owned());
        let create = || Task::Create { start: true };
        for (task, ending, state) in [
            (Task::Start, failed(), Some(State::Off)),
            (create(), failed(), Some(State::Off)),
            (Task::Deactivate, failed(), None),
            (Task::Start, Ending::DoneSayingError, Some(State::Ready)),
            (Task::Start, Ending::EventStuck, Some(State::Ready)),
            (create(), Ending::EndsAs(State::Off), Some(State::Off)),
            (create(), Ending::EndsAs(State::ServiceReady), Some(State::ServiceReady)),
        ] {
            assert_eq!(
                operation(task.clone(), ending.clone()).state_at(WHOLE),
                state,
                "{task:?} {ending:?}"
            );
        }
    }

    #[test]
    fn an_event_is_over_before_the_machine_that_it_turns_on() {
        assert_eq!(Task::Start.event_over_at(false), SERVICE_READY);
        assert_eq!(Task::Stop.event_over_at(false), WHOLE);
        assert_eq!(Task::Stop.event_over_at(true), WHOLE / 2);
    }
}
