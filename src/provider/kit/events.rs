//! What is done to machines, on whichever kind's behalf, looked at for many at once.

use super::board::{Boards, Lister, Read};
use super::facts::EventFacts;
use crate::api::{Client, Error, Event, EventFilter, Page};

/// The events of all machines.
struct Events;

impl Lister for Events {
    type Seen = Event;

    const WHAT: &'static str = "machine events";

    async fn page(&self, client: &Client, after: Option<&str>) -> Result<Page<Event>, Error> {
        client.event_page(&EventFilter::default(), after).await
    }

    fn key(event: &Event) -> &str {
        &event.id
    }

    fn is_deleted(_: &Event) -> bool {
        false
    }
}

/// What an event says; `None` where the service itself says that there is none. A shared look counts where it shows the event
/// over, since that is for good.
///
/// # Errors
/// Why it could not be asked for.
pub async fn event(boards: &Boards, client: &Client, id: &str) -> Result<Option<EventFacts>, Error> {
    if let Read::Told(event) = boards.of(Events).read(id, client).await {
        let event = EventFacts::from(Event::clone(&event));
        if event.is_over() {
            return Ok(Some(event));
        }
    }
    match client.event(id).await {
        Ok(event) => Ok(Some(event.into())),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
