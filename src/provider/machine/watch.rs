//! Where the looks at one machine come from: from the run's board of machines while several wait, and from requests of its
//! own.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::sleep_until;

use super::kind::Machines;
use super::looks;
use crate::api::{self, Client, Error, EventFilter};
use crate::provider::Configured;
use crate::provider::kit::{Due, EventFacts, Facts, Kind as _, Listing, Look, Looker, Mark, Next, Seat, board};

/// Looks at one machine. It keeps what was last seen.
pub(super) struct Watch {
    configured: Arc<Configured>,
    client: Client,
    id: String,
    last: Mutex<Option<api::Machine>>,
    /// The seat at the board, and what it is taken with: the end of the write whose effect is waited for.
    seat: AsyncMutex<Option<Seat<Listing<Machines>>>>,
    mark: Mark,
}

impl Watch {
    pub(super) fn new(configured: Arc<Configured>, client: Client, id: String, last: Option<api::Machine>) -> Self {
        Self {
            mark: board::<Machines>(&configured.boards).mark(),
            seat: AsyncMutex::default(),
            last: Mutex::new(last),
            configured,
            client,
            id,
        }
    }

    /// A write was answered, or is about to be waited for: what was begun before tells nothing of it.
    pub(super) fn begin(&mut self) {
        self.mark = board::<Machines>(&self.configured.boards).mark();
        *self.seat.get_mut() = None;
    }

    /// Leaves the board.
    pub(super) fn end(&mut self) {
        *self.seat.get_mut() = None;
    }

    /// The machine as it was last seen.
    pub(super) fn last(&self) -> Option<api::Machine> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes note of what was seen.
    pub(super) fn remember(&self, machine: api::Machine) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(machine);
    }

    fn keep(&self, machine: &api::Machine) -> Facts {
        let facts = Machines::facts(machine);
        if facts.deleted.is_none() {
            self.remember(machine.clone());
        }
        facts
    }
}

impl Looker for Watch {
    fn own(&self) -> BoxFuture<'_, Result<Option<Facts>, Error>> {
        Box::pin(async {
            match self.client.machine(&self.id).await {
                Ok(machine) => Ok(Some(self.keep(&machine))),
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    /// The board has a pace of its own, so only the last moment counts.
    fn next(&self, due: Due) -> BoxFuture<'_, Result<Look, Error>> {
        Box::pin(async move {
            let mut seat = self.seat.lock().await;
            let take = || board::<Machines>(&self.configured.boards).seat(&self.id, self.mark);
            let seat = seat.get_or_insert_with(take);
            let told = tokio::select! {
                told = seat.next() => told,
                () = sleep_until(due.last) => Next::AskSingly,
            };
            match told {
                Next::Told(listed) => Ok(Look::Shared(Some(self.keep(&listed.seen)))),
                Next::AskSingly => self.own().await.map(Look::Own),
            }
        })
    }

    fn event<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<EventFacts>, Error>> {
        Box::pin(looks::event(&self.configured.boards, &self.client, id))
    }

    fn events(&self) -> BoxFuture<'_, Result<Vec<EventFacts>, Error>> {
        Box::pin(events(&self.client, &self.id))
    }
}

/// The last events of a machine, newest first: the first page of them, since older ones belong to other operations.
pub(super) async fn events(client: &Client, id: &str) -> Result<Vec<EventFacts>, Error> {
    let filter = EventFilter {
        machine_id: Some(id.to_owned()),
    };
    let page = client.event_page(&filter, None).await?;
    Ok(page.items.into_iter().map(EventFacts::from).collect())
}
