//! Boards: one look at the service for all who want to know of objects of one kind.
//!
//! A run has many operations under way at a time, and each wants to know what has become of its own object. A listing tells
//! of 120 objects by one request, so one look serves all of them. There is one board a kind in a run, found by
//! [`Boards::of`], and it answers three questions:
//!
//! - [`read`](Board::read): what is this object now? For refreshes, which read a thousand objects within moments.
//! - [`seat`](Board::seat): what has become of this object since I changed it? For waits, which ask again and again.
//! - [`all`](Board::all): what objects are there? For creates and plans, which look for a name.
//!
//! Each may be answered with "ask for it yourself": where the one request for the object alone is cheaper, where the listing
//! fails, and always where the user wants no shared looks. So every caller can do without the board:
//!
//! ```ignore
//! let answer = client.update_machine(id, &changes).await?;
//! let mark = boards.of(Machines).mark(); // looks begun until now may show the machine as it was before
//! // ...
//! let mut seat = boards.of(Machines).seat(id, mark);
//! loop {
//!     let machine = match seat.next().await {
//!         Next::Told(machine) => machine,
//!         Next::AskSingly => Arc::new(client.machine(id).await?),
//!     };
//!     // A shared look ends no wait by itself, for listings lag: before that, the machine is asked for singly.
//! }
//! ```
//!
//! # What counts
//!
//! Nothing is concluded from absence. What a listing lacks, and what it calls deleted, is asked for singly.
//!
//! A read takes a look that is at most [`FRESH`] old and not older than the last change of that object, and each look
//! answers one read of it. The look may be a little older than the read itself: with ten reads under way at a time, as
//! Terraform has them, a look that had to begin after the read could serve no more than ten, and a listing a ten would cost
//! more than a request each. Nothing is lost by it. All reads of a plan come in one go, each object once; asked one by one,
//! the first answers are older by the time of the last than any that is given here.
//!
//! A wait takes looks that began after its write was answered. They are numbered for that and not timed.
//!
//! # Whose a look is
//!
//! A look belongs to whoever waits for it and to no one in particular: it is a shared future that the poll of any waiter
//! drives. One waiter that is dropped, or interrupted, takes nothing from the others; when none waits, nothing is asked. It
//! makes one attempt, and where that fails, even by a panic, it fails for nobody: each asks for itself, and after two
//! failures in a row goes on to do so for a while.
//!
//! What is decided is in the books, which make no requests: [`reads`], [`seats`], [`whole`] and what they share, [`tempo`]
//! and [`trust`]. [`desk`] makes the requests, through a [`relay`].
//!
//! It must not know what a wait waits for, what a kind is, or what is done about an object that is gone.

mod desk;
mod reads;
mod relay;
mod seats;
mod tempo;
mod trust;
mod whole;

use std::any::TypeId;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use crate::api::{Client, Error, Pace, Page, Writes};
use desk::{Desk, Object, Source};

/// How long a look answers reads.
const FRESH: Duration = Duration::from_secs(10);
/// So many ask for themselves before a listing is made for all.
const ALONE: u32 = 2;

/// How the objects of a kind are listed.
pub trait Lister: Send + Sync + 'static {
    /// An object as a listing tells it.
    type Seen: Send + Sync + 'static;

    /// The objects, in words for the log: `machines`.
    const WHAT: &'static str;
    /// Whether one of them can be asked for without all others.
    const SINGLY: bool = true;

    /// Asks for a page of the listing, newest first: the first page, or the one after this cursor. The client tries once and
    /// is cancelled by nobody.
    fn page(
        &self,
        client: &Client,
        after: Option<&str>,
    ) -> impl Future<Output = Result<Page<Self::Seen>, Error>> + Send;

    /// What the object is known by.
    fn key(seen: &Self::Seen) -> &str;

    /// Whether the listing calls it deleted.
    fn is_deleted(seen: &Self::Seen) -> bool;
}

/// The boards of a run: one for each kind, made when it is first asked for.
pub struct Boards {
    client: Client,
    shared: bool,
    desks: Mutex<HashMap<TypeId, Arc<Desk>>>,
}

impl Boards {
    /// Boards of what the client can see, or, unless looks are to be shared, such as tell everyone to ask for themselves.
    pub fn new(client: &Client, shared: bool) -> Self {
        Self {
            client: client.unhurried().with_max_retries(0),
            shared,
            desks: Mutex::default(),
        }
    }

    /// The board of a kind.
    pub fn of<L: Lister>(&self, lister: L) -> Board<L> {
        let mut desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        let make = || {
            let terms = Terms {
                pace: self.client.pace(),
                writes: Arc::clone(self.client.writes()),
                shared: self.shared,
            };
            let source = Erased {
                lister,
                client: self.client.clone(),
            };
            Arc::new(Desk::new(L::WHAT, L::SINGLY, Box::new(source), terms))
        };
        Board::at(Arc::clone(desks.entry(TypeId::of::<L>()).or_insert_with(make)))
    }
}

/// What boards go by.
struct Terms {
    pace: Pace,
    /// What this run changes.
    writes: Arc<Writes>,
    /// Whether looks are shared at all.
    shared: bool,
}

/// The board of one kind.
pub struct Board<L> {
    desk: Arc<Desk>,
    kind: PhantomData<fn() -> L>,
}

/// What a board has for a read.
#[derive(Debug, PartialEq)]
pub enum Read<S> {
    /// The object, as a fresh look tells it.
    Told(Arc<S>),
    /// A fresh listing, followed to its end, lacks it or calls it deleted. To be confirmed by asking for it singly; where
    /// that cannot be done, a second read is answered by another listing.
    Missing,
    /// Nothing.
    AskSingly,
}

/// What a board has for a wait.
#[derive(Debug, PartialEq)]
pub enum Next<S> {
    /// The object, as a look tells it that began after the write was answered.
    Told(Arc<S>),
    /// Nothing, and it is time to ask for it.
    AskSingly,
}

/// How old a listing of all objects may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// It begins after it is asked for.
    Now,
    /// It is at most [`FRESH`] old, and this run has changed nothing since.
    Recently,
}

/// When a write was answered, by the clock and by the looks of a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    looks: u64,
    at: Instant,
}

impl<L: Lister> Board<L> {
    fn at(desk: Arc<Desk>) -> Self {
        Self {
            desk,
            kind: PhantomData,
        }
    }

    /// What a listing tells of an object that is read. Ends with nothing when the client is cancelled, or its time is up.
    pub async fn read(&self, key: &str, client: &Client) -> Read<L::Seen> {
        match self.desk.read(key, client).await {
            reads::Step::Told(seen) => typed(seen).map_or(Read::AskSingly, Read::Told),
            reads::Step::Missing => Read::Missing,
            reads::Step::Ask | reads::Step::List(_) => Read::AskSingly,
        }
    }

    /// The objects among all that there are which are to be kept; those called deleted are left out. `None` where it is not
    /// worth a listing or none came, and when the client is cancelled or its time is up: the caller asks for what it needs by
    /// itself, by name if it can.
    pub async fn all(
        &self,
        since: Since,
        client: &Client,
        keep: impl Fn(&L::Seen) -> bool,
    ) -> Option<Vec<Arc<L::Seen>>> {
        let items = self.desk.all(since, client).await?;
        let is_kept = |item: &&Item<Object>| !item.is_deleted && item.seen.downcast_ref().is_some_and(&keep);
        let kept = items.iter().filter(is_kept);
        Some(kept.filter_map(|item| typed(Arc::clone(&item.seen))).collect())
    }

    /// What a write that was answered just now is to be noted with, for a seat.
    pub fn mark(&self) -> Mark {
        self.desk.mark()
    }

    /// A seat for one who waits for what becomes of an object after a write. It is given back by dropping it.
    pub fn seat(&self, key: &str, mark: Mark) -> Seat<L> {
        Seat {
            number: self.desk.take(key, mark),
            desk: Arc::clone(&self.desk),
            kind: PhantomData,
        }
    }
}

/// A place at a board, for one object and one wait.
pub struct Seat<L> {
    desk: Arc<Desk>,
    number: u64,
    kind: PhantomData<fn() -> L>,
}

impl<L: Lister> Seat<L> {
    /// What the next look tells, when it has come. The looks are as far apart as befits the age of the wait, so this is all
    /// the sleep that a wait needs, also where it asks for itself.
    ///
    /// It never fails. Whoever waits ends it by dropping it, which loses nothing.
    pub async fn next(&mut self) -> Next<L::Seen> {
        let seen = self.desk.next(self.number).await;
        seen.and_then(typed).map_or(Next::AskSingly, Next::Told)
    }
}

impl<L> Drop for Seat<L> {
    fn drop(&mut self) {
        self.desk.leave(self.number);
    }
}

/// An object in its own type; the source put in no other.
fn typed<S: Send + Sync + 'static>(seen: Object) -> Option<Arc<S>> {
    seen.downcast().ok()
}

/// An object, apart from what it is.
#[derive(Clone, Debug, PartialEq)]
struct Item<T> {
    key: String,
    is_deleted: bool,
    seen: T,
}

/// A point in time, and how far the changes of the run had come by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moment {
    at: Instant,
    writes: u64,
}

impl Moment {
    /// Whether a look that was begun at this moment is not old now, and nothing was changed since.
    fn is_fresh(self, now: Self) -> bool {
        self.writes == now.writes && now.at.saturating_duration_since(self.at) < FRESH
    }
}

/// A lister, apart from what it lists.
struct Erased<L> {
    lister: L,
    client: Client,
}

impl<L: Lister> Source for Erased<L> {
    fn page(&self, after: Option<String>) -> BoxFuture<'_, Result<Page<Item<Object>>, Error>> {
        let item = |seen: L::Seen| Item {
            key: L::key(&seen).to_owned(),
            is_deleted: L::is_deleted(&seen),
            seen: Arc::new(seen) as Object,
        };
        async move {
            let page = self.lister.page(&self.client, after.as_deref()).await?;
            Ok(page.map(item))
        }
        .boxed()
    }
}

impl<S> fmt::Debug for Board<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trial;
