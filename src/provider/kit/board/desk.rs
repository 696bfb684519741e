//! What makes the requests for a board: futures around the books, which decide.
//!
//! It is not generic, so that a further kind costs next to no code: objects are kept as [`Object`], and the board of a kind
//! puts their type back.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::debug;

use super::reads::{self, Reads};
use super::relay::Relay;
use super::seats::{self, Seats};
use super::tempo::Tempo;
use super::whole::{self, Listing, Whole};
use super::{FRESH, Item, Mark, Moment, Since, Terms};
use crate::api::{Client, Error, Page, Trail};

/// An object of any kind.
pub(super) type Object = Arc<dyn Any + Send + Sync>;

/// A listing of objects of any kind.
pub(super) trait Source: Send + Sync {
    /// Asks for a page: the first, or the one after this.
    fn page(&self, after: Option<String>) -> BoxFuture<'_, Result<Page<Item<Object>>, Error>>;
}

/// The board of any kind.
pub(super) struct Desk {
    /// The objects, in words for the log: `machines`.
    what: &'static str,
    source: Box<dyn Source>,
    terms: Terms,
    state: Mutex<State>,
    /// Tells those that sleep that the seats have changed.
    news: watch::Sender<()>,
}

struct State {
    reads: Reads<Object>,
    seats: Seats<Object>,
    whole: Whole<Object>,
    /// The page that reads wait for; whether it came.
    page: Relay<bool>,
    /// The look that seats wait for.
    look: Relay<()>,
    /// The whole listing that some wait for; `None`: it did not come.
    listing: Relay<Option<Listing<Object>>>,
}

/// A page that did not come.
struct Failed {
    /// The service asks for fewer requests.
    is_limited: bool,
}

/// Waits until a client is cancelled or its time is up.
async fn stopped(client: &Client) {
    let deadline = async {
        match client.deadline() {
            Some(deadline) => sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = client.cancel().cancelled() => {}
        () = deadline => {}
    }
}

impl Desk {
    pub(super) fn new(what: &'static str, singly: bool, source: Box<dyn Source>, terms: Terms) -> Self {
        let state = State {
            reads: Reads::new(singly),
            seats: Seats::new(Tempo::new(terms.pace), terms.shared),
            whole: Whole::new(singly),
            page: Relay::default(),
            look: Relay::default(),
            listing: Relay::default(),
        };
        Self {
            what,
            source,
            terms,
            state: Mutex::new(state),
            news: watch::Sender::new(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Moment {
        Moment {
            at: Instant::now(),
            writes: self.terms.writes.count(),
        }
    }

    /// Asks for a page, once. What goes wrong with it, be it a panic, goes wrong for nobody.
    async fn page(&self, after: Option<String>) -> Result<Page<Item<Object>>, Failed> {
        let asking = async { self.source.page(after).await };
        match AssertUnwindSafe(asking).catch_unwind().await {
            Ok(Ok(page)) => Ok(page),
            Ok(Err(error)) => {
                debug!(%error, "the listing of {} failed, asking for each by itself", self.what);
                Err(Failed {
                    is_limited: error.is_rate_limited(),
                })
            }
            Err(_) => {
                debug!("the listing of {} panicked, asking for each by itself", self.what);
                Err(Failed { is_limited: false })
            }
        }
    }

    /// What a listing tells of an object that is read.
    pub(super) async fn read(self: &Arc<Self>, key: &str, client: &Client) -> reads::Step<Object> {
        if !self.terms.shared {
            return reads::Step::Ask;
        }
        let number = self.state().reads.begin(Instant::now());
        loop {
            let page = {
                let mut state = self.state();
                let changed = self.terms.writes.last(key);
                match state.reads.step(number, key, Instant::now(), changed) {
                    reads::Step::List(after) => {
                        let listing = state.reads.listing();
                        let asking = || Arc::clone(self).page_for_reads(listing, after).boxed();
                        state.page.join(asking)
                    }
                    told => return told,
                }
            };
            tokio::select! {
                biased;
                () = stopped(client) => return reads::Step::Ask,
                came = page => if !came {
                    return reads::Step::Ask;
                },
            }
        }
    }

    /// Asks for a page that is of no use to anybody once it is old.
    async fn page_for_reads(self: Arc<Self>, listing: u64, after: Option<String>) -> bool {
        let asked = self.now();
        let page = timeout(FRESH, self.page(after)).await;
        let now = Instant::now();
        let mut state = self.state();
        state.page.over();
        match page {
            Ok(Ok(page)) => {
                state.reads.arrived(listing, asked, now, page);
                true
            }
            Ok(Err(_)) | Err(_) => {
                state.reads.failed(now);
                false
            }
        }
    }

    /// All objects that there are, if that is worth a listing.
    pub(super) async fn all(self: &Arc<Self>, since: Since, client: &Client) -> Option<Arc<[Item<Object>]>> {
        if !self.terms.shared {
            return None;
        }
        let asker = self.state().whole.begin(since, Instant::now());
        loop {
            let listing = {
                let mut state = self.state();
                match state.whole.step(&asker, self.now()) {
                    whole::Step::Told(listing) => return Some(listing.items),
                    whole::Step::Ask => return None,
                    whole::Step::List => state.listing.join(|| Arc::clone(self).list().boxed()),
                }
            };
            let listing = tokio::select! {
                biased;
                () = stopped(client) => None,
                listing = listing => listing,
            }?;
            if asker.takes(&listing, self.now()) {
                return Some(listing.items);
            }
        }
    }

    /// Follows a listing to its end, if that is worth its pages.
    async fn list(self: Arc<Self>) -> Option<Listing<Object>> {
        let asked = self.now();
        let number = self.state().whole.list();
        let (mut items, mut trail) = (Vec::new(), Trail::default());
        let (mut pages, mut after) = (0, None);
        loop {
            let page = self.page(after).await.map_err(|_| ());
            let next = page.and_then(|page| {
                let next = page.next(&mut trail);
                items.extend(page.items);
                next.map_err(|_| ())
            });
            pages += 1;
            let mut state = self.state();
            match next {
                Ok(Some(cursor)) if state.whole.goes_on(pages) => after = Some(cursor),
                Ok(None) => {
                    state.listing.over();
                    return Some(state.whole.arrived(number, asked, pages, items));
                }
                given_up => {
                    state.listing.over();
                    if given_up.is_err() {
                        state.whole.failed(Instant::now());
                    }
                    return None;
                }
            }
        }
    }

    /// What a write that is answered now is noted with.
    pub(super) fn mark(&self) -> Mark {
        self.state().seats.mark(Instant::now())
    }

    pub(super) fn take(&self, key: &str, mark: Mark) -> u64 {
        let seat = self.state().seats.take(key, mark);
        self.news.send_replace(());
        seat
    }

    pub(super) fn leave(&self, seat: u64) {
        self.state().seats.leave(seat);
        self.news.send_replace(());
    }

    /// What the next look tells the one at a seat; `None`: it asks for its object by itself.
    pub(super) async fn next(self: &Arc<Self>, seat: u64) -> Option<Object> {
        let mut news = self.news.subscribe();
        self.state().seats.wait(seat);
        loop {
            news.mark_unchanged();
            let (look, until) = {
                let mut state = self.state();
                match state.seats.step(seat, Instant::now()) {
                    seats::Step::Told(seen) => return Some(seen),
                    seats::Step::Ask => return None,
                    seats::Step::Look(until) => (Some(state.look.join(|| Arc::clone(self).look().boxed())), until),
                    seats::Step::Sleep(until) => (None, Some(until)),
                }
            };
            let due = async {
                match until {
                    Some(until) => sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            match look {
                Some(look) => tokio::select! {
                    () = look => {}
                    () = due => {}
                },
                None => tokio::select! {
                    _ = news.changed() => {}
                    () = due => {}
                },
            }
        }
    }

    /// Makes the next look for all seats, once it is due.
    async fn look(self: Arc<Self>) {
        let mut news = self.news.subscribe();
        let mut looking = loop {
            news.mark_unchanged();
            let due = {
                let mut state = self.state();
                let now = Instant::now();
                match state.seats.due(now) {
                    Some(due) if due <= now => break state.seats.look(now),
                    Some(due) => due,
                    None => return state.look.over(),
                }
            };
            tokio::select! {
                _ = news.changed() => {}
                () = sleep_until(due) => {}
            }
        };
        let mut after = None;
        loop {
            let page = self.page(after).await;
            let mut state = self.state();
            match page {
                Ok(page) => match state.seats.arrived(looking, page) {
                    Some((on, cursor)) => (looking, after) = (on, Some(cursor)),
                    None => return state.look.over(),
                },
                Err(failed) => {
                    state.seats.failed(looking, failed.is_limited, Instant::now());
                    return state.look.over();
                }
            }
        }
    }
}
