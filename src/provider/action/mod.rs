//! Actions: what is done to machines without becoming part of any state.
//!
//! | module | what it holds |
//! |---|---|
//! | `power` | `paperspace_machine_start`, `_stop` and `_restart` |
//! | `snapshot`, `restore` | `paperspace_machine_snapshot` and `paperspace_snapshot_restore` |
//! | `journal`, `report` | what is said on the way and in the end; pure |
//!
//! Whatever is done to a machine takes its turn in the machine's lane, and waits by the kit, so that several machines share
//! their looks. What was asked for and goes on by itself is told as that: an action leaves no state that a later plan could
//! look at.

mod journal;
mod power;
mod report;
mod restore;
mod snapshot;

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use self::journal::Journal;
use super::Configured;
use super::kit::{Facts, Halt, Heard, Kind as _, Left, Scope, Since, Task, Work, halted, there};
use super::machine::{Machines, Operation};
use super::run::Lane;
use crate::api::{Cancel, Client};
use crate::schema::{Attribute, Check, parse_duration};
use crate::server::{Context, Progress};
use crate::value::Tf;

pub use power::{Power, Restart, Start, Stop};
pub use restore::RestoreAction;
pub use snapshot::SnapshotAction;

/// How long the last look at the machines may take, once an action has failed or was interrupted.
const LAST_LOOK: Duration = Duration::from_secs(10);
/// From so many machines on, one listing tells what they are now.
const SINGLY: usize = 2;

/// What an error of an action leaves behind.
const LEFT: Left = Left::Invoked;

/// Describes `wait`.
fn wait_argument(attribute: &mut Attribute, until: &str) {
    attribute.doc(format!(
        "Whether to wait until {until}. Without it the action is over once Paperspace has taken it on. The default is `true`."
    ));
}

/// Describes `timeout`.
fn timeout_argument(attribute: &mut Attribute, minutes: u64) {
    attribute.check(Check::Duration).doc(format!(
        "How long the action may take, such as `90s`, `30m` or `2h`, the time included in which something else is done to the \
         machine. The default is `{minutes}m`."
    ));
}

/// An action under way: what it was given, and its client, which carries the time limit and the wish to stop.
struct Invocation {
    configured: Arc<Configured>,
    client: Client,
    deadline: Instant,
    started: Instant,
    lines: Arc<Lines>,
}

impl Invocation {
    fn new(context: &Context<Configured>, timeout: &Tf<String>, minutes: u64, journal: Journal) -> Self {
        let started = Instant::now();
        let configured = timeout.as_deref().and_then(|text| parse_duration(text).ok());
        let deadline = started + configured.unwrap_or(Duration::from_secs(minutes * 60));
        let client = context.configured.client.with_cancel(context.cancel.clone());
        Self {
            configured: Arc::clone(&context.configured),
            client: client.with_deadline(deadline),
            deadline,
            started,
            lines: Arc::new(Lines::new(journal, started)),
        }
    }

    /// Enters a machine's lane, and gives what does the work on it. What it sees of the machine becomes lines.
    async fn enter(&self, id: &str) -> Result<(Lane, Operation), Halt> {
        let lanes = self.configured.lanes.enter([id], self.client.cancel(), self.deadline);
        let lane = lanes.await?;
        Ok((lane, self.operation(id)))
    }

    fn operation(&self, id: &str) -> Operation {
        let lines = Arc::clone(&self.lines);
        let heard: Heard = Arc::new(move |facts: &Facts| lines.sees(facts));
        Operation::new(&self.configured, self.client.clone(), id, self.deadline).heard_by(heard)
    }

    /// The task of doing something, for the words of an error.
    fn task(&self, doing: String) -> Task {
        Task {
            doing,
            left: LEFT,
            started: self.started,
        }
    }

    /// What went wrong with a machine.
    fn failure(&self, doing: String, work: &Work, halt: &Halt) -> report::Failure {
        report::Failure {
            id: work.key.clone(),
            told: halted(&self.task(doing), work, halt),
            is_its_own: matches!(halt, Halt::Failed(_)),
        }
    }

    /// Does all this work side by side, and tells the lines as they come. The work never waits for them to be told.
    async fn tell<T>(
        &self,
        progress: &Progress<'_>,
        work: impl IntoIterator<Item = impl Future<Output = T>>,
    ) -> Vec<T> {
        let ends = tokio::select! {
            ends = join_all(work) => ends,
            never = self.lines.tell(progress) => match never {},
        };
        self.lines.tell_rest(progress).await;
        ends
    }

    /// What the machines are now, as far as that can be seen in a moment. It is asked although the time is up or the user has
    /// interrupted; what cannot be had is left out.
    async fn states(&self, ids: &[String]) -> BTreeMap<String, String> {
        let deadline = Instant::now() + LAST_LOOK;
        let client = self
            .configured
            .client
            .with_cancel(Cancel::new())
            .with_deadline(deadline);
        let seen = match ids.len() {
            0 => return BTreeMap::new(),
            1..=SINGLY => {
                let asked = join_all(ids.iter().map(|id| client.machine(id))).await;
                asked.into_iter().filter_map(Result::ok).collect()
            }
            _ => {
                let all = Scope::default();
                let listed = there::<Machines>(&self.configured.boards, &client, &all, Since::Now).await;
                listed.unwrap_or_default()
            }
        };
        let wanted = seen
            .iter()
            .map(Machines::facts)
            .filter(|facts| ids.contains(&facts.key));
        wanted.map(|facts| (facts.key, facts.word)).collect()
    }
}

/// The lines of an action that are yet to be told.
struct Lines {
    started: Instant,
    state: Mutex<(Journal, VecDeque<String>)>,
    changed: Notify,
}

impl Lines {
    fn new(journal: Journal, started: Instant) -> Self {
        Self {
            started,
            state: Mutex::new((journal, VecDeque::new())),
            changed: Notify::new(),
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Journal, &mut VecDeque<String>, Duration) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (journal, lines) = &mut *state;
        change(journal, lines, self.started.elapsed())
    }

    fn sees(&self, facts: &Facts) {
        self.with(|journal, lines, at| lines.extend(journal.sees(&facts.key, &facts.word, at)));
        self.changed.notify_one();
    }

    fn says(&self, line: String) {
        self.with(|journal, lines, at| lines.push_back(journal.says(line, at)));
        self.changed.notify_one();
    }

    fn ends(&self, id: &str) {
        self.with(|journal, _, _| journal.ends(id));
    }

    fn first(&self) -> Option<String> {
        self.with(|_, lines, _| lines.front().cloned())
    }

    /// Tells the lines for as long as it is polled.
    async fn tell(&self, progress: &Progress<'_>) -> Infallible {
        loop {
            self.tell_rest(progress).await;
            let due = self.started + self.with(|journal, _, _| journal.due());
            tokio::select! {
                () = self.changed.notified() => {}
                () = sleep_until(due) => self.with(|journal, lines, at| lines.extend(journal.beats(at))),
            }
        }
    }

    /// Tells what is left. A line is taken off once it is told, so that none is lost or told twice where this is dropped.
    async fn tell_rest(&self, progress: &Progress<'_>) {
        while let Some(line) = self.first() {
            progress.tell(line).await;
            self.with(|_, lines, _| lines.pop_front());
        }
    }
}
