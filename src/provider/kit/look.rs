//! The looks of one wait at an object of a kind.

use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;

use super::facts::{EventFacts, Facts};
use super::find::listed;
use super::kind::{Kind, Scope, Told};
use super::wait::Looker;
use crate::api::{Client, Error};

/// Looks at one object, and keeps the answer that was last seen.
pub struct Looks<'a, K: Kind> {
    client: &'a Client,
    key: String,
    seen: Mutex<Option<K::Seen>>,
}

impl<'a, K: Kind> Looks<'a, K> {
    /// Looks at the object of that key, by a client that carries the operation's deadline and cancellation.
    pub fn at(client: &'a Client, key: &str) -> Self {
        Self {
            client,
            key: key.to_owned(),
            seen: Mutex::default(),
        }
    }

    /// What was last seen.
    pub fn seen(self) -> Option<K::Seen> {
        self.seen.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, seen: K::Seen) -> Facts {
        let facts = K::facts(&seen);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        facts
    }

    async fn look(&self) -> Result<Option<Facts>, Error> {
        match K::get(self.client, &self.key).await {
            Ok(Told::There(seen)) => Ok(Some(self.keep(seen))),
            Ok(Told::Null | Told::Unasked) => {
                let found = listed::<K>(self.client, &Scope::default(), &self.key).await?;
                Ok(found.map(|seen| self.keep(seen)))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl<K: Kind> Looker for Looks<'_, K> {
    fn own(&self) -> BoxFuture<'_, Result<Option<Facts>, Error>> {
        Box::pin(self.look())
    }

    fn event<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<EventFacts>, Error>> {
        Box::pin(async move {
            match self.client.event(id).await {
                Ok(event) => Ok(Some(event.into())),
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    /// The events of these kinds are told of machines, and not of the objects themselves.
    fn events(&self) -> BoxFuture<'_, Result<Vec<EventFacts>, Error>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}
