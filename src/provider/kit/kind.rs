//! What a kind of Paperspace object says of itself.
//!
//! [`Kind`] is what can be asked of any object that the API has: a listing, a look at one, its end. [`Managed`] adds what a
//! resource type needs besides. From these the kit makes the resource ([`Plain`](super::Plain)), the data sources
//! ([`One`](super::One), [`Many`](super::Many)) and all that they promise: that no create is lost or doubled, that only what
//! is certainly gone leaves a state, import, identity, waits, protection, and the words for all of it.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::facts::{EventFacts, Facts};
use crate::api::{Client, Error, Event, Page};
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::Configured;
use crate::schema::Model;
use crate::server::{Change, PlanContext, Planning, Take};
use crate::value::Tf;

/// What narrows a listing down, as far as a kind's listing can be narrowed down by it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The name. The service is not known to compare it exactly.
    pub name: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// The machine that it belongs to.
    pub machine_id: Option<String>,
}

impl Scope {
    /// Everything of this name.
    pub fn named(name: Option<&str>) -> Self {
        Self {
            name: name.map(str::to_owned),
            ..Self::default()
        }
    }
}

/// What the service says when one object is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Told<S> {
    /// The object, which may be marked as deleted.
    There(S),
    /// `null`, which may mean anything.
    Null,
    /// One object of this kind cannot be asked for.
    Unasked,
}

/// A kind of object.
pub trait Kind: Send + Sync + Sized + 'static {
    /// What an object of the kind is called: `startup script`.
    const NOUN: &'static str;
    /// What the service knows one by, in a word: `id`, or `ip`.
    const KEY: &'static str = "id";
    /// What such a key looks like, for those who confuse it with a name.
    const KEY_LIKE: &'static str;
    /// The data source that lists the objects.
    const LIST: &'static str;
    /// What of this kind exists and is told of by no answer, as a sentence for who tries to import it; empty for nothing.
    const HIDDEN: &'static str = "";
    /// Whether one can be asked for without all others.
    const SINGLY: bool = true;
    /// An object as an answer tells it.
    type Seen: Clone + Send + Sync + 'static;

    /// What the kit must know of an answer.
    fn facts(seen: &Self::Seen) -> Facts;

    /// A page of the listing, newest first: the first one, or the one after this cursor. What it cannot be narrowed down by
    /// it leaves wide.
    fn page(
        client: &Client,
        scope: &Scope,
        after: Option<&str>,
    ) -> impl Future<Output = Result<Page<Self::Seen>, Error>> + Send;

    /// Asks for one.
    fn get(_client: &Client, _key: &str) -> impl Future<Output = Result<Told<Self::Seen>, Error>> + Send {
        async { Ok(Told::Unasked) }
    }

    /// Asks for its end; with the event by which that goes on, where there is one.
    fn delete(client: &Client, key: &str) -> impl Future<Output = Result<Option<Event>, Error>> + Send;

    /// The last events of one, newest first. Most are told of machines only, and of nothing else.
    fn events(_client: &Client, _key: &str) -> impl Future<Output = Result<Vec<EventFacts>, Error>> + Send {
        async { Ok(Vec::new()) }
    }

    /// Whether something that was found is for Terraform to manage; the reason why not.
    fn refuse(_seen: &Self::Seen) -> Option<&'static str> {
        None
    }
}

/// The answer to a request that makes or changes an object.
#[derive(Clone, Debug)]
pub struct Answer<S> {
    /// The object as it is now.
    pub seen: S,
    /// The event by which the rest goes on.
    pub event: Option<Event>,
}

impl<S> From<S> for Answer<S> {
    fn from(seen: S) -> Self {
        Self { seen, event: None }
    }
}

impl<S> From<crate::api::Operation<S>> for Answer<S> {
    fn from(operation: crate::api::Operation<S>) -> Self {
        Self {
            seen: operation.data,
            event: operation.event,
        }
    }
}

/// What has to be put back after a create.
pub trait PutBack: Send {
    /// Puts it back, with a warning where that fails.
    fn put_back(self: Box<Self>) -> BoxFuture<'static, Option<Diagnostic>>;
}

/// Something that holds an object, so that the service refuses its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// What it is, for people: `machine "trainer" (ps1)`.
    pub what: String,
    /// It is on its way out itself.
    pub is_leaving: bool,
}

/// What the end of an object behind Terraform's back is to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenGone {
    /// Worth a warning.
    Warned,
    /// In the nature of the kind.
    Quiet,
}

/// A kind of object that is a resource type.
pub trait Managed: Kind {
    /// The resource type's name.
    const TYPE_NAME: &'static str;
    /// Its attributes.
    type Model: Model;
    /// States of other types that a `moved` block may hand over.
    const MOVES: &'static [Take<Self::Model>] = &[];
    /// States of other providers and older versions under its own name.
    const UPGRADES: &'static [Take<Self::Model>] = &[];
    /// What its end behind Terraform's back is.
    const GONE: WhenGone = WhenGone::Warned;
    /// What is lost with an object that is replaced, as the end of a sentence; `None` where nothing is.
    const LOST: Option<&'static str> = None;
    /// Something else can hold an object, so that its end is refused until that has let go: [`Managed::holders`] tells what.
    const HELD: bool = false;

    /// The field of the key.
    fn key(model: &Self::Model) -> &Tf<String>;

    /// The field of the region, for a kind that takes the provider's where the configuration gives none.
    fn region(_model: &mut Self::Model) -> Option<&mut Tf<String>> {
        None
    }

    /// The field of `deletion_protection`, for a kind that has it.
    fn protection(_model: &mut Self::Model) -> Option<&mut Tf<bool>> {
        None
    }

    /// The machines that an operation acts on, and takes turns for.
    fn lanes(_model: &Self::Model) -> Vec<String> {
        Vec::new()
    }

    /// Where the planned object would be listed: by that a create takes its turn, and one whose answer was lost is sought.
    fn scope(planned: &Self::Model) -> Scope;

    /// Whether a listed object agrees with everything that was asked for. There is no default: an easy yes adopts strangers.
    fn fits(planned: &Self::Model, seen: &Self::Seen) -> bool;

    /// Writes everything that an answer tells into the state. What it does not tell stays as it was.
    fn observe(state: &mut Self::Model, seen: &Self::Seen);

    /// Tests a configuration beyond what the schema's rules say.
    fn validate(_config: &Self::Model) -> Diagnostics {
        Diagnostics::new()
    }

    /// Takes a hand in the plan.
    fn plan(
        _context: &PlanContext<Configured>,
        _planning: &mut Planning<Self::Model, super::Note>,
    ) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Brings what a create needs into place, before it is asked for: with what has to be put back once that has ended, however
    /// it ends.
    ///
    /// # Errors
    /// An error for the user, and then nothing is asked for.
    fn prepare(
        _configured: &Arc<Configured>,
        _client: &Client,
        _planned: &Self::Model,
        _deadline: Instant,
    ) -> impl Future<Output = Result<Option<Box<dyn PutBack>>, Diagnostic>> + Send {
        async { Ok(None) }
    }

    /// Sends the request for a new object, once. The configuration carries the write-only values.
    fn create(
        client: &Client,
        change: &Change<Self::Model, super::Note>,
    ) -> impl Future<Output = Result<Answer<Self::Seen>, Error>> + Send;

    /// The event with which an object that was found was made, where the kind has events.
    fn made_by(_client: &Client, _seen: &Self::Seen) -> impl Future<Output = Result<Option<Event>, Error>> + Send {
        async { Ok(None) }
    }

    /// Sends what leads from a state to the planned one, if anything does. It may be asked for again after an answer that
    /// was lost, and once after a create, from what was seen.
    fn update(
        client: &Client,
        from: &Self::Model,
        change: &Change<Self::Model, super::Note>,
    ) -> impl Future<Output = Result<Option<Answer<Self::Seen>>, Error>> + Send;

    /// What holds an object whose end was refused, as far as it can be seen.
    fn holders(_client: &Client, _state: &Self::Model) -> impl Future<Output = Vec<Holder>> + Send {
        async { Vec::new() }
    }

    /// Lets go of what holds the object, before its end is asked for.
    fn release(_client: &Client, _state: &Self::Model) -> impl Future<Output = Result<(), Error>> + Send {
        async { Ok(()) }
    }

    /// Adds to the error for a refusal what helps with this kind.
    fn advise(_error: &Error, _diagnostic: &mut Diagnostic) {}
}
