//! Steps on one machine that take their time: each asks for something and waits until the machine has come to it.
//!
//! A step never trusts an event alone. An event may end in error without a reason although the operation was done, and
//! the machine itself tells.

use std::error::Error as _;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::api::wait::{Look, Outcome, wait_for};
use crate::api::{Cancel, Client, Error, Event, EventState, Machine, MachineOperation, MachineState, UpdateMachine};

/// How often a new machine may not be there yet although it was just made.
const ABSENT_LOOKS: u32 = 20;
/// How often a machine is looked at, after its event said without a reason that it failed, before that is believed.
const DOUBTFUL_LOOKS: u32 = 5;
/// How often a request is made whose effect stays in doubt.
const TRIES: u32 = 6;
/// How long a step may take that puts a machine back in order after the time is up or the user has interrupted.
const RESTORE_TIME: Duration = Duration::from_secs(30);

/// What a machine is waited for to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// Up and usable.
    Ready,
    /// Powered off.
    Off,
    /// Either: not on its way anywhere.
    Still,
}

impl Goal {
    fn is_reached(self, machine: &Machine) -> bool {
        match self {
            Self::Ready => machine.state == Some(MachineState::Ready),
            Self::Off => machine.state == Some(MachineState::Off),
            Self::Still => is_still(machine),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Ready => "to be ready",
            Self::Off => "to be off",
            Self::Still => "to finish what it is doing",
        }
    }
}

fn is_still(machine: &Machine) -> bool {
    matches!(machine.state, Some(MachineState::Ready | MachineState::Off))
}

/// Why a step did not come to its end.
#[derive(Debug)]
pub(super) enum Halt {
    /// The user interrupted.
    Interrupted,
    /// The operation's time was up; perhaps because looking had become impossible.
    TimedOut(Option<Error>),
    /// The service gave up the operation.
    EventFailed(Event),
    /// The machine is gone.
    Gone,
    /// A request failed.
    Api(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        if error.is_cancelled() {
            Self::Interrupted
        } else if error.is_deadline_exceeded() {
            Self::TimedOut(error.source().is_some().then_some(error))
        } else {
            Self::Api(error)
        }
    }
}

/// An operation on one machine, with its time limit and the way to interrupt it.
pub(super) struct Operation {
    client: Client,
    /// The machine.
    pub id: String,
    deadline: Instant,
    is_new: bool,
    last: Mutex<Option<Machine>>,
    last_event: Mutex<Option<Event>>,
}

impl Operation {
    /// An operation on an existing machine. The client carries the deadline and the cancellation.
    pub(super) fn new(client: Client, id: impl Into<String>, deadline: Instant) -> Self {
        Self {
            client,
            id: id.into(),
            deadline,
            is_new: false,
            last: Mutex::default(),
            last_event: Mutex::default(),
        }
    }

    /// An operation on a machine that was just made, which may not be found for a while.
    pub(super) fn on_new(client: Client, machine: Machine, deadline: Instant) -> Self {
        let operation = Self {
            is_new: true,
            ..Self::new(client, machine.id.clone(), deadline)
        };
        operation.remember(&machine);
        operation
    }

    /// The API, under the operation's deadline and cancellation.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The machine as it was last seen.
    pub(super) fn last(&self) -> Option<Machine> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The event that was last waited for.
    pub(super) fn last_event(&self) -> Option<Event> {
        self.last_event.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes note of what was seen of the machine.
    pub(super) fn remember(&self, machine: &Machine) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(machine.clone());
    }

    fn remember_event(&self, event: &Event) {
        *self.last_event.lock().unwrap_or_else(PoisonError::into_inner) = Some(event.clone());
    }

    /// Looks at the machine.
    pub(super) async fn look(&self) -> Result<Machine, Halt> {
        match self.client.machine(&self.id).await {
            Ok(machine) if machine.is_deleted() => Err(Halt::Gone),
            Ok(machine) => {
                self.remember(&machine);
                Ok(machine)
            }
            Err(error) if error.is_not_found() => Err(Halt::Gone),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits until the event is over and the machine has come to the goal.
    pub(super) async fn reach(&self, goal: Goal, event: Option<Event>) -> Result<Machine, Halt> {
        if let Some(event) = &event {
            self.remember_event(event);
        }
        let event_id = event.map(|event| event.id);
        let over = AtomicBool::new(event_id.is_none());
        let absent = AtomicU32::new(0);
        let doubt = Mutex::new(None);
        let doubted = AtomicU32::new(0);
        let wait = self
            .client
            .wait(format!("machine {} {}", self.id, goal.words()), self.deadline);
        let outcome = wait_for(&wait, || async {
            if let (Some(id), false) = (&event_id, over.load(Ordering::Relaxed)) {
                let verdict = self.judge_event(id).await?;
                over.store(!matches!(verdict, EventVerdict::Running), Ordering::Relaxed);
                match verdict {
                    EventVerdict::Failed(event) => return Ok(Look::Done(Found::Failed(event))),
                    EventVerdict::Doubtful(event) => {
                        *doubt.lock().unwrap_or_else(PoisonError::into_inner) = Some(event)
                    }
                    EventVerdict::Running | EventVerdict::Well | EventVerdict::Missing => {}
                }
            }
            let machine = match self.client.machine(&self.id).await {
                Ok(machine) if machine.is_deleted() => return Ok(Look::Done(Found::Gone)),
                Ok(machine) => machine,
                Err(error) if error.is_not_found() => {
                    let patient = self.is_new && absent.fetch_add(1, Ordering::Relaxed) < ABSENT_LOOKS;
                    return Ok(match patient {
                        true => Look::NotYet {
                            seen: Found::Gone,
                            state: "not found yet".to_owned(),
                        },
                        false => Look::Done(Found::Gone),
                    });
                }
                Err(error) => return Err(error),
            };
            self.remember(&machine);
            let state = machine.state_word().to_owned();
            if over.load(Ordering::Relaxed) && goal.is_reached(&machine) {
                return Ok(Look::Done(Found::Reached(Box::new(machine))));
            }
            let doubtful = doubt.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(event) =
                doubtful.filter(|_| is_still(&machine) && doubted.fetch_add(1, Ordering::Relaxed) >= DOUBTFUL_LOOKS)
            {
                return Ok(Look::Done(Found::Failed(event)));
            }
            Ok(Look::NotYet {
                seen: Found::Reached(Box::new(machine)),
                state,
            })
        })
        .await;
        match outcome {
            Outcome::Done(Found::Reached(machine)) => Ok(*machine),
            Outcome::Done(Found::Failed(event)) => Err(Halt::EventFailed(event)),
            Outcome::Done(Found::Gone) => Err(Halt::Gone),
            Outcome::Cancelled { .. } => Err(Halt::Interrupted),
            Outcome::TimedOut { trouble, .. } => Err(Halt::TimedOut(trouble)),
            Outcome::Failed { error, .. } => Err(error.into()),
        }
    }

    /// Waits until a machine that is being deleted is gone: the event says so, or the machine is no longer there.
    pub(super) async fn reach_end(&self, event: Option<Event>) -> Result<(), Halt> {
        if let Some(event) = &event {
            self.remember_event(event);
        }
        let event_id = event.map(|event| event.id);
        let wait = self
            .client
            .wait(format!("machine {} to be gone", self.id), self.deadline);
        let doubted = AtomicU32::new(0);
        let outcome = wait_for(&wait, || async {
            let verdict = match &event_id {
                Some(id) => self.judge_event(id).await?,
                None => EventVerdict::Missing,
            };
            match verdict {
                EventVerdict::Well => return Ok(Look::Done(Found::Gone)),
                EventVerdict::Failed(event) => return Ok(Look::Done(Found::Failed(event))),
                EventVerdict::Running | EventVerdict::Missing | EventVerdict::Doubtful(_) => {}
            }
            let machine = match self.client.machine(&self.id).await {
                Ok(machine) if machine.is_deleted() => return Ok(Look::Done(Found::Gone)),
                Err(error) if error.is_not_found() => return Ok(Look::Done(Found::Gone)),
                Ok(machine) => machine,
                Err(error) => return Err(error),
            };
            self.remember(&machine);
            match verdict {
                EventVerdict::Doubtful(event)
                    if is_still(&machine) && doubted.fetch_add(1, Ordering::Relaxed) >= DOUBTFUL_LOOKS =>
                {
                    Ok(Look::Done(Found::Failed(event)))
                }
                _ => {
                    let state = machine.state_word().to_owned();
                    Ok(Look::NotYet {
                        seen: Found::Reached(Box::new(machine)),
                        state,
                    })
                }
            }
        })
        .await;
        match outcome {
            Outcome::Done(Found::Failed(event)) => Err(Halt::EventFailed(event)),
            Outcome::Done(Found::Gone | Found::Reached(_)) => Ok(()),
            Outcome::Cancelled { .. } => Err(Halt::Interrupted),
            Outcome::TimedOut { trouble, .. } => Err(Halt::TimedOut(trouble)),
            Outcome::Failed { error, .. } => Err(error.into()),
        }
    }

    /// What the event says about the operation.
    async fn judge_event(&self, id: &str) -> Result<EventVerdict, Error> {
        let event = match self.client.event(id).await {
            Ok(event) => event,
            // Events are kept for a while only; without one the machine alone tells.
            Err(error) if error.is_not_found() => return Ok(EventVerdict::Missing),
            Err(error) => return Err(error),
        };
        self.remember_event(&event);
        Ok(match event.state {
            Some(EventState::Done) => EventVerdict::Well,
            Some(EventState::Error) if event.error.is_none() && event.dt_finished.is_some() => {
                EventVerdict::Doubtful(event)
            }
            Some(EventState::Error | EventState::Cancelled) => EventVerdict::Failed(event),
            _ => EventVerdict::Running,
        })
    }

    /// Turns the machine off, waiting first for whatever it is doing.
    pub(super) async fn power_off(&self) -> Result<Machine, Halt> {
        self.power(Goal::Off).await
    }

    /// Turns the machine on, waiting first for whatever it is doing.
    pub(super) async fn power_on(&self) -> Result<Machine, Halt> {
        self.power(Goal::Ready).await
    }

    /// Turns the machine on after a step that failed, once what that step asked for is over.
    pub(super) async fn power_on_again(&self) -> Result<Machine, Halt> {
        match self.reach(Goal::Still, self.last_event()).await {
            // However that ended, the machine itself tells what is left to do.
            Ok(_) | Err(Halt::EventFailed(_)) => self.power(Goal::Ready).await,
            Err(halt) => Err(halt),
        }
    }

    /// Brings the machine to a power state. To ask twice for it is safe once the machine was looked at in between, so an
    /// ambiguous answer, or a refusal of a machine that is busy, only leads to another look.
    async fn power(&self, goal: Goal) -> Result<Machine, Halt> {
        let mut tries = self.tries();
        loop {
            let machine = self.reach(Goal::Still, None).await?;
            if goal.is_reached(&machine) {
                return Ok(machine);
            }
            let asked = match goal {
                Goal::Off => self.client.stop_machine(&self.id).await,
                _ => self.client.start_machine(&self.id).await,
            };
            match asked {
                Ok(MachineOperation { event, .. }) => return self.reach(goal, event).await,
                Err(error) if error.is_ambiguous() => tries.again(error).await?,
                Err(error) if error.is_refusal() => {
                    // An earlier request, whose answer was lost, may have come into effect in the meantime.
                    if !goal.is_reached(&self.look().await?) {
                        tries.refused(error).await?;
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Changes the machine by one request, again where it is busy with something else, and waits until it has come to rest.
    pub(super) async fn change(&self, changes: &UpdateMachine, goal: Goal) -> Result<Machine, Halt> {
        let mut tries = self.tries();
        loop {
            match self.client.update_machine(&self.id, changes).await {
                Ok(MachineOperation { event, .. }) => return self.reach(goal, event).await,
                Err(error) if error.is_refusal() => {
                    tries.refused(error).await?;
                    self.reach(Goal::Still, None).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Tries that this operation may make of one request.
    pub(super) fn tries(&self) -> Tries<'_> {
        Tries {
            operation: self,
            delays: Box::new(self.client.pace().delays()),
            left: TRIES,
        }
    }

    /// The same operation for putting things back in order. It has a little time even if the operation's own is up; and where
    /// the user has interrupted, no more than that, but is not interrupted again.
    pub(super) fn restoring(&self, fresh: &Client) -> Self {
        let little = Instant::now() + RESTORE_TIME;
        let (cancel, deadline) = match self.client.cancel().is_cancelled() {
            true => (Cancel::new(), little),
            false => (self.client.cancel().clone(), self.deadline.max(little)),
        };
        let client = fresh.with_cancel(cancel).with_deadline(deadline);
        let restoring = Self::new(client, self.id.clone(), deadline);
        if let Some(event) = self.last_event() {
            restoring.remember_event(&event);
        }
        restoring
    }
}

/// The tries of one request whose effect can be looked for.
pub(super) struct Tries<'a> {
    operation: &'a Operation,
    delays: Box<dyn Iterator<Item = Duration> + Send>,
    left: u32,
}

impl Tries<'_> {
    /// Waits a moment before another try, a few times; then the service is believed and the error is the reason.
    pub(super) async fn again(&mut self, error: Error) -> Result<(), Halt> {
        self.left -= 1;
        if self.left == 0 {
            return Err(error.into());
        }
        self.pause(error).await
    }

    /// Decides about a refusal. A machine that is on its way somewhere refuses almost everything, and is waited for as long as
    /// the operation has time. One at rest may have come to it just now, where the answer is that something else is going on;
    /// any other refusal is final.
    pub(super) async fn refused(&mut self, error: Error) -> Result<(), Halt> {
        let at_rest = is_still(&self.operation.look().await?);
        match (at_rest, error.is_conflict()) {
            (false, _) => self.pause(error).await,
            (true, true) => self.again(error).await,
            (true, false) => Err(error.into()),
        }
    }

    async fn pause(&mut self, error: Error) -> Result<(), Halt> {
        let client = self.operation.client();
        let delay = self.delays.next().unwrap_or(client.pace().max);
        if Instant::now() + delay >= self.operation.deadline {
            return Err(Halt::TimedOut(Some(error)));
        }
        tokio::select! {
            biased;
            () = client.cancel().cancelled() => Err(Halt::Interrupted),
            () = tokio::time::sleep(delay) => Ok(()),
        }
    }
}

/// What a look found.
enum Found {
    Reached(Box<Machine>),
    Failed(Event),
    Gone,
}

/// What an event says.
enum EventVerdict {
    /// It is not over.
    Running,
    /// It went well.
    Well,
    /// Nothing is known of it: the machine tells.
    Missing,
    /// It says that it failed, without a reason and yet finished: the machine tells.
    Doubtful(Event),
    /// It failed.
    Failed(Event),
}
