//! Reads of many machines, answered from few requests.
//!
//! A program that manages a thousand machines asks for each of them by itself, within moments. One listing tells of 120
//! machines at a time, so the reader answers a burst of reads from pages of the listing instead. What to do at each point
//! is decided in [`ledger`], which makes no requests; here they are made.
//!
//! # What counts as fresh
//!
//! A read is answered with what the service said at a moment that is at most [`FRESH`] ago, and after which this client
//! changed nothing; each such look answers one read only. The look may be a little older than the read itself: with ten
//! reads under way at a time, as Terraform has them, a look that had to begin after the read could serve no more than ten,
//! and a listing a ten would cost more than a request each. Nothing is lost by it. All reads of a plan come in one go,
//! each machine once; asked one by one, the first answers are older by the time of the last than any that is given here.
//! Who reads the same machine again, or has changed anything, gets a look of its own.
//!
//! What a listing lacks is asked for by itself: nothing is ever concluded from its absence, and nothing from its mark as
//! deleted. Where the listing fails, every machine is asked for by itself, and the listing is left alone for a while. It
//! is not tried for longer than its answer would be of use: others wait for it.
//!
//! # Who makes the requests
//!
//! The reads themselves: each that waits tries to be the one that asks for the next page. What a page told is kept apart
//! from whoever asked for it, so a read that is cancelled takes nothing with it; at most the page under way is asked for
//! again by the next.
//!
//! This module must not know Terraform; why so many reads come at once is not its business.

mod ledger;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, watch};
use tokio::time::Instant;
use tracing::debug;

use super::{Client, Machine, MachineFilter, StartupScript, StartupScriptFilter, error::Error};
use ledger::{Ledger, Step};

/// How long a look at the service answers reads.
const FRESH: Duration = Duration::from_secs(10);
/// How long a listing that failed is left alone. Meanwhile each read is a request of its own, which may well work.
const LEFT_ALONE: Duration = Duration::from_secs(30);

/// A point in time, and how far the client's own changes had come by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moment {
    at: Instant,
    writes: u64,
}

impl Moment {
    fn now(client: &Client) -> Self {
        Self {
            at: Instant::now(),
            writes: client.writes(),
        }
    }

    /// Whether a look that was begun at this moment may answer a read now.
    fn is_fresh(self, now: Self) -> bool {
        self.writes == now.writes && now.at.saturating_duration_since(self.at) < FRESH
    }
}

/// Answers reads of machines, and of what is read together with them, by the clients of one API key.
#[derive(Debug)]
pub struct MachineReader {
    /// Every read is a request of its own.
    one_by_one: bool,
    ledger: Mutex<Ledger>,
    /// Held by the read that asks for the next page.
    turn: AsyncMutex<()>,
    /// Tells those that wait that something has come of it.
    news: watch::Sender<()>,
    scripts: AsyncMutex<Scripts>,
}

/// What the listings of the startup scripts told.
#[derive(Debug, Default)]
struct Scripts {
    /// What the last one told, and when it was asked for.
    listed: Option<(Moment, Arc<[StartupScript]>)>,
    /// When it became known that the last one failed.
    failed: Option<Instant>,
}

/// A client for a listing that reads wait for and can do without.
fn hasty(client: &Client) -> Client {
    client.with_max_retries(1).with_deadline(Instant::now() + FRESH)
}

/// Whether the reader itself is to end, rather than a listing on its behalf.
fn is_stopped(client: &Client) -> bool {
    client.cancel().is_cancelled() || client.deadline().is_some_and(|deadline| deadline <= Instant::now())
}

/// Whether what failed then is still left alone.
fn is_left_alone(failed: Option<Instant>, now: Instant) -> bool {
    failed.is_some_and(|failed| now.saturating_duration_since(failed) < LEFT_ALONE)
}

impl MachineReader {
    /// A reader that answers many reads from few requests, or one that makes a request for each.
    pub fn new(batch: bool) -> Self {
        Self {
            one_by_one: !batch,
            ledger: Mutex::default(),
            turn: AsyncMutex::default(),
            news: watch::Sender::new(()),
            scripts: AsyncMutex::default(),
        }
    }

    /// One machine, as [`Client::machine`].
    ///
    /// # Errors
    /// The failure of a request for this very machine, never that of a listing.
    pub async fn machine(&self, client: &Client, id: &str) -> Result<Machine, Error> {
        if self.one_by_one {
            return client.machine(id).await;
        }
        let number = self.ledger().begin(Moment::now(client).at);
        let mut news = self.news.subscribe();
        let mut turn = None;
        loop {
            let asked = Moment::now(client);
            let after = match self.ledger().step(number, id, asked) {
                Step::Answer(machine) => return Ok(*machine),
                Step::Ask => break,
                Step::List(after) => after,
            };
            if turn.is_none() {
                tokio::select! {
                    biased;
                    () = client.cancel().cancelled() => break,
                    _ = news.changed() => {}
                    held = self.turn.lock() => turn = Some(held),
                }
                continue;
            }
            let page = hasty(client)
                .machine_page(&MachineFilter::default(), after.as_deref())
                .await;
            match page {
                Ok(page) => self.ledger().arrived(asked, Moment::now(client), page),
                // The end of this read, and not a word about the listing.
                Err(error) if is_stopped(client) => return Err(error),
                Err(error) => {
                    debug!(%error, "the listing of machines failed, asking for each by itself");
                    self.ledger().failed(Moment::now(client).at);
                }
            }
            turn = None;
            self.news.send_replace(());
        }
        drop(turn);
        // Also where the read was cancelled: the request then ends before it is sent, with the error that says so.
        client.machine(id).await
    }

    /// Whether a machine runs a startup script. One listing answers this for all machines; where it says no, the script
    /// itself is asked for.
    ///
    /// # Errors
    /// The failure of a request for this very script, never that of a listing.
    pub async fn runs_script(&self, client: &Client, script_id: &str, machine_id: &str) -> Result<bool, Error> {
        let runs = |script: &StartupScript| !script.is_deleted() && script.runs_on(machine_id);
        if let Some(listed) = self.listed_scripts(client).await {
            let script = listed.iter().find(|script| script.id == script_id);
            if script.is_some_and(runs) {
                return Ok(true);
            }
        }
        match client.startup_script(script_id).await {
            Ok(script) => Ok(runs(&script)),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All startup scripts, as [`Client::startup_scripts`].
    ///
    /// # Errors
    /// The failure of the listing.
    pub async fn startup_scripts(&self, client: &Client) -> Result<Arc<[StartupScript]>, Error> {
        match self.listed_scripts(client).await {
            Some(scripts) => Ok(scripts),
            None => client
                .startup_scripts(&StartupScriptFilter::default())
                .await
                .map(Arc::from),
        }
    }

    /// The startup scripts from a listing that answers several reads; `None` where there is none to rely on.
    async fn listed_scripts(&self, client: &Client) -> Option<Arc<[StartupScript]>> {
        if self.one_by_one {
            return None;
        }
        client.unless_stopped(self.latest_scripts(client)).await.ok().flatten()
    }

    async fn latest_scripts(&self, client: &Client) -> Option<Arc<[StartupScript]>> {
        let mut known = self.scripts.lock().await;
        let asked = Moment::now(client);
        if let Some((at, scripts)) = known.listed.as_ref()
            && at.is_fresh(asked)
        {
            return Some(Arc::clone(scripts));
        }
        // Before the request, so that nothing old is left should this read be cancelled.
        known.listed = None;
        if is_left_alone(known.failed, asked.at) {
            return None;
        }
        match hasty(client).startup_scripts(&StartupScriptFilter::default()).await {
            Ok(scripts) => {
                let scripts: Arc<[_]> = scripts.into();
                known.failed = None;
                known.listed = Some((asked, Arc::clone(&scripts)));
                asked.is_fresh(Moment::now(client)).then_some(scripts)
            }
            Err(_) if is_stopped(client) => None,
            Err(error) => {
                debug!(%error, "the listing of startup scripts failed, asking for each by itself");
                known.failed = Some(Moment::now(client).at);
                None
            }
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
