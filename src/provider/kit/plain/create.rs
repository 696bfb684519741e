//! Making an object.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout_at};

use super::super::board::{Boards, Since};
use super::super::choose::Candidate;
use super::super::facts::{EventFacts, Facts, Rest};
use super::super::find::there;
use super::super::judge::Goal;
use super::super::kind::{Answer, Managed, Scope};
use super::super::look::Looks;
use super::super::make::{Made, Maker, Making, make};
use super::super::note::Note;
use super::super::owner::Owner;
use super::super::wait::{Work, settle};
use super::super::words::{Left, Task, halted, unwatched};
use super::{begin, enter, events, named};
use crate::api::{self, Client, Error};
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::run::Place;
use crate::provider::{Configured, errors};
use crate::schema::{Model, Timeout};
use crate::server::{Change, Context, Outcome};
use crate::value::Tf;

pub(super) async fn create<K: Managed>(
    context: &Context<Configured>,
    change: Change<K::Model, Note>,
) -> Outcome<K::Model, Note> {
    let configured = &context.configured;
    let (client, terms) = begin::<K>(context, &change.planned, Timeout::Create);
    let what = named::<K>(&change.planned);
    let task = Task {
        doing: format!("create {what}"),
        left: Left::Tainted,
        started: Instant::now(),
    };
    let _lane = match enter::<K>(configured, &[&change.planned], &terms, &task.doing).await {
        Ok(lane) => lane,
        Err(error) => return Outcome::as_before(error),
    };
    let prepared = match K::prepare(configured, &client, &change.planned, terms.deadline).await {
        Ok(prepared) => prepared,
        Err(error) => return Outcome::as_before(error),
    };
    let outcome = create_now::<K>(context, &client, &terms, &task, what, change).await;
    match prepared {
        Some(prepared) => match prepared.put_back().await {
            Some(warning) => outcome.with(warning),
            None => outcome,
        },
        None => outcome,
    }
}

/// Makes the object, once everything is in place for it.
async fn create_now<K: Managed>(
    context: &Context<Configured>,
    client: &Client,
    terms: &super::Terms,
    task: &Task,
    what: String,
    change: Change<K::Model, Note>,
) -> Outcome<K::Model, Note> {
    let configured = &context.configured;
    let ordered = match order::<K>(configured, client, terms, what, &change).await {
        Ok(ordered) => ordered,
        Err(told) => return Outcome::as_before(told),
    };
    let Ordered { made, seen, owner } = ordered;
    let Made { facts, event, doubt } = made;
    let mut state = change.planned.clone();
    if let Some(seen) = seen {
        K::observe(&mut state, &seen);
    }
    let note = Note {
        owner,
        made: Some(jiff::Timestamp::now().as_second()),
        replaces_protected: false,
    };
    // It exists from here on: whatever happens, it is in the state that is returned.
    context.record(&K::Model::schema().without_unknowns(&state), &note);
    tracing::info!(noun = K::NOUN, key = facts.key, "created");

    let mut diagnostics = Diagnostics::new();
    if let Err(error) = rest::<K>(configured, client, facts, event, &mut state, task, terms).await {
        diagnostics.push(error);
    } else if let Err(warning) = complete::<K>(client, &mut state, &change).await {
        diagnostics.push(warning);
    }
    if let Some(doubt) = doubt {
        if diagnostics.is_empty() {
            let lost = Diagnostic::warning("Answer to the Create Was Lost", String::new());
            diagnostics.push(lost.about(K::key(&state).as_deref().unwrap_or_default()));
        }
        diagnostics = diagnostics
            .into_iter()
            .map(|mut diagnostic| {
                doubt.add_to(&mut diagnostic);
                diagnostic.detail = diagnostic.detail.trim_start().to_owned();
                diagnostic
            })
            .collect();
    }
    if diagnostics.has_errors()
        && let Some(protection) = K::protection(&mut state)
    {
        // Terraform would refuse to replace what this error makes it call tainted.
        *protection = Tf::Known(false);
    }
    Outcome::exists(K::Model::schema().without_unknowns(&state), note).with(diagnostics)
}

/// Makes an object that no state is to hold, in the way in which all are made.
///
/// # Errors
/// The error for the user, with what may exist all the same.
pub async fn make_apart<K: Managed>(
    configured: &Configured,
    client: &Client,
    terms: &super::Terms,
    planned: K::Model,
) -> Result<Made, Diagnostic> {
    let what = named::<K>(&planned);
    let change = Change {
        config: planned.clone(),
        planned,
        note: Note::default(),
    };
    let ordered = order::<K>(configured, client, terms, what, &change).await?;
    Ok(ordered.made)
}

/// What was made, as the service told it, and whose it is.
struct Ordered<S> {
    made: Made,
    seen: Option<S>,
    owner: Owner,
}

/// Has the service make the object.
async fn order<K: Managed>(
    configured: &Configured,
    client: &Client,
    terms: &super::Terms,
    what: String,
    change: &Change<K::Model, Note>,
) -> Result<Ordered<K::Seen>, Diagnostic> {
    let owner = configured.asked.noted(client).await;
    let maker = Request::<K> {
        boards: &configured.boards,
        client,
        scope: K::scope(&change.planned),
        change,
        seen: Mutex::default(),
    };
    let search = format!("in the console, or with the data source `{}`", K::LIST);
    let making = Making {
        what,
        search: &search,
        place: Place {
            address: client.base_url().to_owned(),
            team: owner.team.clone(),
            noun: K::NOUN,
            name: place_name(&maker.scope),
        },
        unique: configured.unique_names && maker.scope.name.is_some(),
        terms,
        turns: &configured.turns,
        claims: &configured.claims,
    };
    let made = make(&making, &maker).await.map_err(|unmade| unmade.told)?;
    Ok(Ordered {
        seen: maker.take(&made.facts.key),
        made,
        owner,
    })
}

/// Waits until the new object rests. A warning where it could not be watched until then: what is being made is kept, not
/// replaced.
async fn rest<K: Managed>(
    configured: &Arc<Configured>,
    client: &Client,
    facts: Facts,
    event: Option<EventFacts>,
    state: &mut K::Model,
    task: &Task,
    terms: &super::Terms,
) -> Result<(), Diagnostic> {
    if event.is_none() && matches!(facts.rest, Rest::At(_)) {
        return Ok(());
    }
    let looks = Looks::<K>::at(configured, client, &facts.key);
    let mut work = Work::on_new(K::NOUN, facts, terms.clone());
    let settled = settle(&mut work, &looks, Goal::REST, event.into_iter().collect()).await;
    if let Some(seen) = looks.last() {
        K::observe(state, &seen);
    }
    match settled {
        Ok(_) => Ok(()),
        Err(halt) => Err(unwatched(&work, &halt).unwrap_or_else(|| halted(task, &work, &halt))),
    }
}

/// Sets what a create does not take. The object is made by then, and an error beside it would have it replaced, so whatever
/// goes wrong here is a warning: the next plan shows what is left to do.
async fn complete<K: Managed>(
    client: &Client,
    state: &mut K::Model,
    change: &Change<K::Model, Note>,
) -> Result<(), Diagnostic> {
    match K::update(client, &state.clone(), change).await {
        Ok(None) => Ok(()),
        Ok(Some(Answer { seen, .. })) => {
            K::observe(state, &seen);
            Ok(())
        }
        Err(error) => Err(Diagnostic::warning(
            "Settings Not Taken Over",
            format!(
                "{} was created, but what a create does not set could not be set afterwards:\n{}\n\nThe next plan shows what is \
                 left to do.",
                capitalised(&named::<K>(state)),
                errors::told(&error)
            ),
        )
        .about(K::key(state).as_deref().unwrap_or_default())),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// What the creates of a scope take turns by.
fn place_name(scope: &Scope) -> String {
    let Scope {
        name,
        region,
        machine_id,
    } = scope;
    match (name, machine_id, region) {
        (Some(name), Some(machine), _) => format!("{machine} {name}"),
        (Some(name), None, _) => name.clone(),
        (None, Some(machine), _) => machine.clone(),
        (None, None, region) => region
            .as_deref()
            .map(crate::provider::region::slug)
            .unwrap_or_default()
            .into_owned(),
    }
}

/// How a kind's objects are made. It keeps what it saw, since the kit works on facts only.
struct Request<'a, K: Managed> {
    boards: &'a Boards,
    client: &'a Client,
    scope: Scope,
    change: &'a Change<K::Model, Note>,
    seen: Mutex<Vec<K::Seen>>,
}

impl<K: Managed> Request<'_, K> {
    fn keep(&self, seen: K::Seen) -> Facts {
        let facts = K::facts(&seen);
        let mut kept = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|known| K::facts(known).key != facts.key);
        kept.push(seen);
        facts
    }

    fn take(&self, key: &str) -> Option<K::Seen> {
        let kept = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|seen| K::facts(seen).key == key).cloned()
    }

    /// The service is not known to compare names exactly.
    fn is_of_name(&self, facts: &Facts) -> bool {
        self.scope.name.is_none() || self.scope.name == facts.name
    }
}

impl<K: Managed> Maker for Request<'_, K> {
    fn list(&self, until: Instant) -> BoxFuture<'_, Result<Vec<Candidate>, Error>> {
        Box::pin(async move {
            let client = self.client.unhurried().with_deadline(until);
            let listed = match timeout_at(until, there::<K>(self.boards, &client, &self.scope, Since::Now)).await {
                Ok(listed) => listed?,
                Err(_) => return Err(Error::new(api::Kind::DeadlineExceeded, "GET", "The time was up.")),
            };
            let candidates = listed.into_iter().map(|seen| {
                let fit = K::fits(&self.change.planned, &seen).into();
                let facts = self.keep(seen);
                Candidate { facts, fit }
            });
            Ok(candidates
                .filter(|candidate| self.is_of_name(&candidate.facts))
                .collect())
        })
    }

    fn post(&self) -> BoxFuture<'_, Result<(Facts, Option<EventFacts>), Error>> {
        Box::pin(async {
            let Answer { seen, event } = K::create(self.client, self.change).await?;
            Ok((self.keep(seen), events(event).pop()))
        })
    }

    fn event<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<EventFacts>, Error>> {
        Box::pin(async move {
            let Some(seen) = self.take(key) else { return Ok(None) };
            let event = K::made_by(self.client, &seen).await?;
            Ok(event.map(EventFacts::from))
        })
    }

    fn advise(&self, error: &Error, diagnostic: &mut Diagnostic) {
        K::advise(error, diagnostic);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creates_take_turns_by_what_they_could_be_confused_by() {
        let scope = |name: Option<&str>, machine: Option<&str>, region: Option<&str>| Scope {
            name: name.map(str::to_owned),
            machine_id: machine.map(str::to_owned),
            region: region.map(str::to_owned),
        };
        for (scope, expected) in [
            (scope(Some("a"), None, Some("ny2")), "a"),
            (scope(Some("a"), Some("ps1"), None), "ps1 a"),
            (scope(None, Some("ps1"), None), "ps1"),
            (scope(None, None, Some("East Coast (NY2)")), "ny2"),
            (scope(None, None, None), ""),
        ] {
            assert_eq!(place_name(&scope), expected, "{scope:?}");
        }
    }
}
