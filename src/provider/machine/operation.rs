//! Steps on one machine that take their time: each asks for something and waits until the machine has come to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep};

use super::kind::{Machines, OFF, READY};
use super::settings::{differences, told};
use crate::api::{self, Cancel, Client, Error, MachineOperation, MachineSettings};
use crate::provider::Configured;
use crate::provider::kit::{
    EventFacts, Facts, Goal, Halt, Heard, Kind as _, Looks, Rest, Terms, Work, ask, delay, is_busy, settle, until_gone,
};

/// How long a step may take that puts a machine back in order after the time is up or the user has interrupted.
const RESTORE_TIME: Duration = Duration::from_secs(30);
/// How often a machine is looked at that still shows its old settings, before that counts.
const SETTING_LOOKS: u32 = 4;

/// How often something is asked for that must not be done twice and is refused for being busy.
const ONCE_TRIES: u32 = 6;
/// How often the event is looked for of something whose answer was lost.
const EVENT_LOOKS: u32 = 5;

/// What a machine is, before anything is done to it.
pub(in crate::provider) struct FirstLook {
    pub facts: Facts,
    /// Others have seen it, perhaps a while ago.
    pub is_shared: bool,
}

impl From<Facts> for FirstLook {
    fn from(facts: Facts) -> Self {
        Self {
            facts,
            is_shared: false,
        }
    }
}

/// An operation on one machine, with its time limit and the way to interrupt it.
pub(in crate::provider) struct Operation {
    configured: Arc<Configured>,
    client: Client,
    looks: Looks<Machines>,
    /// What it may take, and what was last seen.
    pub work: Work,
}

impl Operation {
    /// An operation on an existing machine. The client carries the deadline and the cancellation.
    pub(in crate::provider) fn new(configured: &Arc<Configured>, client: Client, id: &str, deadline: Instant) -> Self {
        let terms = Terms::of(&client, deadline);
        Self {
            work: Work::new(Machines::NOUN, id, terms),
            looks: Looks::at(configured, &client, id),
            configured: Arc::clone(configured),
            client,
        }
    }

    /// An operation on a machine that was just made, which may not be found for a while.
    pub(super) fn on_new(
        configured: &Arc<Configured>,
        client: Client,
        machine: api::Machine,
        deadline: Instant,
    ) -> Self {
        let mut operation = Self::new(configured, client, &machine.id, deadline);
        let terms = operation.work.terms.clone();
        operation.work = Work::on_new(Machines::NOUN, Machines::facts(&machine), terms);
        operation.looks.remember(machine);
        operation
    }

    /// The same with someone who hears of every look at the machine.
    pub(in crate::provider) fn heard_by(mut self, heard: Heard) -> Self {
        self.looks = self.looks.heard_by(heard);
        self
    }

    /// The machine's id.
    pub(in crate::provider) fn id(&self) -> &str {
        &self.work.key
    }

    /// The API, under the operation's deadline and cancellation.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The machine as it was last seen.
    pub(super) fn last(&self) -> Option<api::Machine> {
        self.looks.last()
    }

    /// Takes over what another operation on the same machine has seen.
    pub(super) fn take_over(&mut self, other: &Self) {
        if let Some(seen) = other.last() {
            self.looks.remember(seen);
            self.work.seen.clone_from(&other.work.seen);
        }
    }

    /// The machine as it is now, or as a look that is shared with others tells it, which may be a little older.
    pub(in crate::provider) async fn first_look(&mut self) -> Result<FirstLook, Halt> {
        match self.looks.shared().await {
            Some(facts) => {
                self.work.seen = Some(facts.clone());
                Ok(FirstLook { facts, is_shared: true })
            }
            None => Ok(Machines::facts(&self.look().await?).into()),
        }
    }

    /// The machine as it is now.
    pub(in crate::provider) async fn look(&mut self) -> Result<api::Machine, Halt> {
        self.reach(Goal::OVER, Vec::new()).await
    }

    /// Waits until the events are over and the machine has come to the goal.
    pub(in crate::provider) async fn reach(
        &mut self,
        goal: Goal,
        events: Vec<EventFacts>,
    ) -> Result<api::Machine, Halt> {
        self.looks.begin();
        let settled = settle(&mut self.work, &self.looks, goal, events).await;
        self.looks.end();
        settled?;
        // What was settled was seen by an own look, which is kept.
        self.looks.last().ok_or(Halt::Gone)
    }

    /// Waits until the machine has finished what it is doing.
    pub(in crate::provider) async fn rest(&mut self) -> Result<api::Machine, Halt> {
        self.reach(Goal::REST, Vec::new()).await
    }

    /// Asks for something until it is certain what came of it: the events to wait for.
    async fn ask<F>(
        &mut self,
        request: impl Fn(Client, String) -> F + Send + Sync,
        is_done: impl Fn(&Facts) -> bool + Send + Sync,
    ) -> Result<Vec<EventFacts>, Halt>
    where
        F: Future<Output = Result<Option<EventFacts>, Error>> + Send + 'static,
    {
        let (client, id) = (&self.client, self.work.key.clone());
        let request = || -> BoxFuture<'static, Result<Option<EventFacts>, Error>> {
            Box::pin(request(client.clone(), id.clone()))
        };
        let events = ask(&mut self.work, &self.looks, &request, &is_done).await?;
        Ok(events.unwrap_or_default())
    }

    /// Changes the machine by one request, waits until that is over, and looks again for a while where the old settings are
    /// still told.
    pub(super) async fn change(&mut self, changes: &MachineSettings, goal: Goal) -> Result<api::Machine, Halt> {
        let body = changes.clone();
        let request = move |client: Client, id: String| {
            let body = body.clone();
            async move { client.update_machine(&id, &body).await.map(event) }
        };
        let events = self.ask(request, |_| false).await?;
        self.work.has_siblings = true;
        let reached = self.reach(goal, events).await;
        self.work.has_siblings = false;
        let mut seen = reached?;
        for _ in 1..SETTING_LOOKS {
            if differences(changes, &told(&seen)).is_empty() {
                break;
            }
            self.pause().await?;
            seen = self.look().await?;
        }
        Ok(seen)
    }

    /// Waits a moment before something is tried again.
    pub(super) async fn pause(&self) -> Result<(), Halt> {
        let Terms { deadline, cancel, pace } = &self.work.terms;
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Halt::Interrupted),
            () = tokio::time::sleep_until(*deadline) => Err(Halt::TimedOut(None)),
            () = sleep(delay(*pace, Duration::ZERO)) => Ok(()),
        }
    }

    /// Turns the machine off, waiting first for whatever it is doing.
    pub(super) async fn power_off(&mut self) -> Result<api::Machine, Halt> {
        let still = self.rest().await?;
        if is_at(&Machines::facts(&still), "off") {
            return Ok(still);
        }
        let events = self.ask_stop().await?;
        self.reach(OFF, events).await
    }

    /// Asks for the machine to be turned off: the events of that, none where it is off already.
    pub(in crate::provider) async fn ask_stop(&mut self) -> Result<Vec<EventFacts>, Halt> {
        let stop = |client: Client, id: String| async move { client.stop_machine(&id).await.map(event) };
        self.ask(stop, |seen| is_at(seen, "off")).await
    }

    /// Turns the machine on, waiting first for whatever it is doing.
    pub(super) async fn power_on(&mut self) -> Result<api::Machine, Halt> {
        let still = self.rest().await?;
        if is_at(&Machines::facts(&still), "ready") {
            return Ok(still);
        }
        let events = self.ask_start().await?;
        self.reach(READY, events).await
    }

    /// Asks for the machine to be turned on: the events of that, none where it is on already.
    pub(in crate::provider) async fn ask_start(&mut self) -> Result<Vec<EventFacts>, Halt> {
        let start = |client: Client, id: String| async move { client.start_machine(&id).await.map(event) };
        self.ask(start, |seen| is_at(seen, "ready")).await
    }

    /// Asks for the machine to be restarted. Where the answer is lost, an event of a restart that `is_ours` tells that it was
    /// taken on.
    pub(in crate::provider) async fn ask_restart(
        &mut self,
        is_ours: impl Fn(&EventFacts) -> bool + Send + Sync,
    ) -> Result<Vec<EventFacts>, Halt> {
        let restart = |client: Client, id: String| async move { client.restart_machine(&id).await.map(event) };
        self.ask_once(restart, "restart", is_ours).await
    }

    /// Asks for the machine's disk to be put back to a snapshot of it, with or without a snapshot of what it holds now. Where
    /// the answer is lost, an event of a restore that `is_ours` tells that it was taken on.
    pub(in crate::provider) async fn ask_restore(
        &mut self,
        snapshot: &str,
        snapshot_before: bool,
        is_ours: impl Fn(&EventFacts) -> bool + Send + Sync,
    ) -> Result<Vec<EventFacts>, Halt> {
        let restore = |client: Client, _: String| async move {
            let answer = client.restore_snapshot(snapshot, snapshot_before).await?;
            Ok(answer.event.map(EventFacts::from))
        };
        self.ask_once(restore, "snapshot-restore", is_ours).await
    }

    /// Asks for something that must not be done twice. A refusal for being busy is waited out.
    async fn ask_once<F>(
        &mut self,
        request: impl Fn(Client, String) -> F + Send + Sync,
        name: &str,
        is_ours: impl Fn(&EventFacts) -> bool + Send + Sync,
    ) -> Result<Vec<EventFacts>, Halt>
    where
        F: Future<Output = Result<Option<EventFacts>, Error>> + Send,
    {
        for left in (0..ONCE_TRIES).rev() {
            match request(self.client.clone(), self.work.key.clone()).await {
                Ok(event) => return Ok(event.into_iter().collect()),
                Err(error) if error.is_ambiguous() => return self.taken_on(error, name, is_ours).await,
                Err(error) if is_busy(&error) && error.is_refusal() && left > 0 => {
                    self.rest().await?;
                    self.pause().await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        // The last try returned.
        Err(Halt::TimedOut(None))
    }

    /// The event of something whose answer was lost, looked for a while, since listings lag.
    async fn taken_on(
        &mut self,
        lost: Error,
        name: &str,
        is_ours: impl Fn(&EventFacts) -> bool + Send + Sync,
    ) -> Result<Vec<EventFacts>, Halt> {
        for _ in 0..EVENT_LOOKS {
            let events = Machines::events(&self.client, &self.work.key).await.unwrap_or_default();
            let found = events
                .into_iter()
                .find(|event| event.name.as_deref() == Some(name) && is_ours(event));
            if let Some(event) = found {
                return Ok(vec![event]);
            }
            self.pause().await?;
        }
        Err(Halt::Api(lost))
    }

    /// Turns the machine on after a step that failed, once what that step asked for is over: a machine that is about to stop
    /// still says that it is ready.
    pub(super) async fn power_on_again(&mut self) -> Result<api::Machine, Halt> {
        let asked = self.work.event.clone().into_iter().collect();
        match self.reach(Goal::REST, asked).await {
            // However that ended, the machine itself tells what is left to do.
            Ok(_) | Err(Halt::Failed(_)) => self.power_on().await,
            Err(halt) => Err(halt),
        }
    }

    /// Asks for the machine's end, and waits until it is gone. Whether the service knew it when it was asked: where it says that
    /// there is none, that is yet to be believed.
    pub(super) async fn destroy(&mut self) -> Result<bool, Halt> {
        let missing = Arc::new(AtomicBool::new(false));
        let delete = |client: Client, id: String| {
            let missing = Arc::clone(&missing);
            async move {
                match client.delete_machine(&id).await {
                    Ok(answer) => Ok(event(answer)),
                    Err(error) if error.is_not_found() => {
                        missing.store(true, Ordering::Relaxed);
                        Ok(None)
                    }
                    Err(error) => Err(error),
                }
            }
        };
        let events = match self.ask(delete, |_| false).await {
            Ok(_) if missing.load(Ordering::Relaxed) => return Ok(false),
            Ok(events) => events,
            Err(Halt::Gone) => return Ok(false),
            Err(halt) => return Err(halt),
        };
        self.looks.begin();
        until_gone(&mut self.work, &self.looks, events).await?;
        Ok(true)
    }

    /// The same operation for putting things back in order. It has a little time even if the operation's own is up; and where
    /// the user has interrupted, no more than that, but is not interrupted again.
    pub(super) fn restoring(&self) -> Self {
        let little = Instant::now() + RESTORE_TIME;
        let (cancel, deadline) = match self.client.cancel().is_cancelled() {
            true => (Cancel::new(), little),
            false => (self.client.cancel().clone(), self.work.terms.deadline.max(little)),
        };
        let client = self.configured.client.with_cancel(cancel).with_deadline(deadline);
        let mut restoring = Self::new(&self.configured, client, self.id(), deadline);
        restoring.work.event.clone_from(&self.work.event);
        restoring
    }
}

/// The event that an answer names.
fn event(answer: MachineOperation) -> Option<EventFacts> {
    answer.event.map(EventFacts::from)
}

fn is_at(seen: &Facts, place: &str) -> bool {
    matches!(seen.rest, Rest::At(rest) if rest == place)
}
