//! Where the looks at one object come from: from the run's board of its kind while several wait, and from requests of its own.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::sleep_until;

use super::board::{Mark, Next, Read, Seat};
use super::events::event;
use super::facts::{EventFacts, Facts};
use super::find::{Listing, board, listed};
use super::kind::{Kind, Scope, Told};
use super::wait::{Due, Look, Looker};
use crate::api::{Client, Error};
use crate::provider::Configured;

/// Hears of every look at an object.
pub type Heard = Arc<dyn Fn(&Facts) + Send + Sync>;

/// Looks at one object. It keeps what was last seen of it.
pub struct Looks<K: Kind> {
    configured: Arc<Configured>,
    client: Client,
    key: String,
    last: Mutex<Option<K::Seen>>,
    /// The seat at the board, and what it is taken with: the end of the write whose effect is waited for.
    seat: AsyncMutex<Option<Seat<Listing<K>>>>,
    mark: Mark,
    heard: Option<Heard>,
}

impl<K: Kind> Looks<K> {
    /// Looks at the object of that key from now on, by a client that carries the operation's deadline and cancellation.
    pub fn at(configured: &Arc<Configured>, client: &Client, key: &str) -> Self {
        Self {
            mark: board::<K>(&configured.boards).mark(),
            seat: AsyncMutex::default(),
            last: Mutex::default(),
            configured: Arc::clone(configured),
            client: client.clone(),
            key: key.to_owned(),
            heard: None,
        }
    }

    /// The same with someone who hears of every look.
    pub fn heard_by(self, heard: Heard) -> Self {
        Self {
            heard: Some(heard),
            ..self
        }
    }

    /// The object as a look tells it that many share who want to know at once, and that may be a little old; nothing where it is
    /// as well asked for by itself.
    pub async fn shared(&self) -> Option<Facts> {
        match board::<K>(&self.configured.boards).read(&self.key, &self.client).await {
            Read::Told(listed) => Some(self.keep(listed.seen.clone())),
            Read::Missing | Read::AskSingly => None,
        }
    }

    /// A write was answered, or is about to be waited for: what was begun before tells nothing of it.
    pub fn begin(&mut self) {
        self.mark = board::<K>(&self.configured.boards).mark();
        self.end();
    }

    /// Leaves the board.
    pub fn end(&mut self) {
        *self.seat.get_mut() = None;
    }

    /// The object as it was last seen.
    pub fn last(&self) -> Option<K::Seen> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes note of what was seen.
    pub fn remember(&self, seen: K::Seen) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
    }

    /// What is known of an object is not lost with it.
    fn keep(&self, seen: K::Seen) -> Facts {
        let facts = K::facts(&seen);
        if let Some(heard) = &self.heard {
            heard(&facts);
        }
        if facts.deleted.is_none() {
            self.remember(seen);
        }
        facts
    }

    async fn look(&self) -> Result<Option<Facts>, Error> {
        match K::get(&self.client, &self.key).await {
            Ok(Told::There(seen)) => Ok(Some(self.keep(seen))),
            Ok(Told::Null | Told::Unasked) => {
                let found = listed::<K>(&self.client, &Scope::default(), &self.key).await?;
                Ok(found.map(|seen| self.keep(seen)))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl<K: Kind> Looker for Looks<K> {
    fn own(&self) -> BoxFuture<'_, Result<Option<Facts>, Error>> {
        Box::pin(self.look())
    }

    /// The board has a pace of its own, so only the last moment counts.
    fn next(&self, due: Due) -> BoxFuture<'_, Result<Look, Error>> {
        Box::pin(async move {
            let mut seat = self.seat.lock().await;
            let seat = seat.get_or_insert_with(|| board::<K>(&self.configured.boards).seat(&self.key, self.mark));
            let told = tokio::select! {
                told = seat.next() => told,
                () = sleep_until(due.last) => Next::AskSingly,
            };
            match told {
                Next::Told(listed) => Ok(Look::Shared(Some(self.keep(listed.seen.clone())))),
                Next::AskSingly => self.own().await.map(Look::Own),
            }
        })
    }

    fn event<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<EventFacts>, Error>> {
        Box::pin(event(&self.configured.boards, &self.client, id))
    }

    fn events(&self) -> BoxFuture<'_, Result<Vec<EventFacts>, Error>> {
        Box::pin(K::events(&self.client, &self.key))
    }
}
