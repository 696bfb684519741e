//! What the kit must know of an object and of an event, whatever their kind.

use jiff::Timestamp;

use crate::api::{Event, EventState};
use crate::diag::Words;

/// What an answer about an object comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What the service knows it by: the id, or the address.
    pub key: String,
    /// Its name, where its kind has names.
    pub name: Option<String>,
    /// When it was made, as far as the service tells.
    pub created: Option<Timestamp>,
    /// When it was deleted: it may still answer for a while. A date that cannot be read is no proof and does not stand here.
    pub deleted: Option<Timestamp>,
    /// Whether it is on its way somewhere.
    pub rest: Rest,
    /// Its state in the service's own word, for messages.
    pub word: String,
}

/// Where an object rests, if it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// It is on its way.
    Moving,
    /// It is about to rest there. Held for long, this counts as resting there.
    Near(&'static str),
    /// It rests there.
    At(&'static str),
    /// Its state is one that this version does not know.
    Unknown,
}

/// What an answer about an event comes to: the asynchronous half of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventFacts {
    /// The identifier.
    pub id: String,
    /// What is done, such as `create`.
    pub name: Option<Words>,
    /// How far it has come, states that this version does not know included.
    pub state: EventState,
    /// Why it failed. An empty text is none.
    pub error: Option<Words>,
    /// When the service took it on.
    pub created: Option<Timestamp>,
    /// Whether the service says when it ended.
    pub finished: bool,
}

impl EventFacts {
    /// Whether it has ended, in a state that this version knows or by its date.
    pub fn is_over(&self) -> bool {
        self.finished || matches!(self.state, EventState::Done | EventState::Error | EventState::Cancelled)
    }
}

impl From<Event> for EventFacts {
    fn from(event: Event) -> Self {
        Self {
            id: event.id,
            name: event.name,
            state: event.state.unwrap_or_else(|| EventState::Other("not told".into())),
            error: event.error.filter(|error| !error.trim().is_empty()),
            created: event.dt_created.and_then(|date| date.instant()),
            finished: event.dt_finished.and_then(|date| date.instant()).is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Date;

    #[test]
    fn an_event_keeps_what_it_says() {
        let event = |state: Option<&str>, error: Option<&str>, finished: Option<&str>| {
            EventFacts::from(Event {
                id: "e1".into(),
                name: Some("create".into()),
                state: state.map(EventState::from),
                machine_id: None,
                error: error.map(Words::new),
                dt_created: Some(Date::from("2024-04-30T15:51:24Z")),
                dt_started: None,
                dt_finished: finished.map(Date::from),
            })
        };
        let full = event(Some("pondering"), Some("No capacity."), Some("2024-04-30T15:52:00Z"));
        assert_eq!(full.id, "e1");
        assert_eq!(full.name.as_deref(), Some("create"));
        assert_eq!(full.state, EventState::Other("pondering".into()));
        assert_eq!(full.error.as_deref(), Some("No capacity."));
        assert_eq!(full.created, Some("2024-04-30T15:51:24Z".parse().unwrap()));
        assert!(full.finished);
        let bare = event(None, Some(" "), Some("soon"));
        assert_eq!(bare.state, EventState::Other("not told".into()));
        assert_eq!((bare.error, bare.finished), (None, false));
        assert!(!event(Some("error"), None, None).finished);
    }
}
