//! Changing an object in place.

use std::sync::Arc;

use tokio::time::Instant;

use super::super::judge::Goal;
use super::super::kind::{Answer, Managed};
use super::super::look::Looks;
use super::super::note::Note;
use super::super::retry::Tries;
use super::super::wait::{Halt, Looker, Work, settle};
use super::super::words::{Left, Task, halted};
use super::{Terms, begin, enter, events, named};
use crate::api::Client;
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::Configured;
use crate::schema::{Model, Timeout};
use crate::server::{Change, Context, Outcome};

pub(super) async fn update<K: Managed>(
    context: &Context<Configured>,
    prior: K::Model,
    change: Change<K::Model, Note>,
) -> Outcome<K::Model, Note> {
    let configured = &context.configured;
    let Some(key) = K::key(&prior).as_deref().map(str::to_owned) else {
        return Outcome::as_before(without_key::<K>());
    };
    configured.claims.track(K::NOUN, &key);
    let (client, terms) = begin::<K>(context, &change.planned, Timeout::Update);
    let task = Task {
        doing: format!("change {}", named::<K>(&prior)),
        left: Left::Changed,
        started: Instant::now(),
    };
    let _lane = match enter::<K>(configured, &[&prior, &change.planned], &terms, &task.doing).await {
        Ok(lane) => lane,
        Err(error) => return Outcome::as_before(error),
    };
    let mut note = change.note.clone();
    note.replaces_protected = false;
    let mut work = Work::new(K::NOUN, key.as_str(), terms.clone());
    match carry_out::<K>(configured, &client, &mut work, &prior, &change, &terms).await {
        Ok(seen) => {
            let mut state = change.planned;
            if let Some(seen) = seen {
                K::observe(&mut state, &seen);
            }
            Outcome::exists(K::Model::schema().without_unknowns(&state), note)
        }
        Err(halt) => {
            let error = halted(&task, &work, &halt);
            // What is true now is told by the object; what it never tells stays as it was.
            let mut state = prior;
            let looks = Looks::<K>::at(configured, &configured.client, &key);
            if let Ok(Some(_)) = looks.own().await
                && let Some(seen) = looks.last()
            {
                K::observe(&mut state, &seen);
            }
            Outcome::exists(state, note).with(Diagnostics::from(error))
        }
    }
}

/// Sends the change until its effect is certain, and waits for it. Asked for twice it is the same, so an answer that was lost
/// leads to another request; a refusal of something busy is waited out.
async fn carry_out<K: Managed>(
    configured: &Arc<Configured>,
    client: &Client,
    work: &mut Work,
    prior: &K::Model,
    change: &Change<K::Model, Note>,
    terms: &Terms,
) -> Result<Option<K::Seen>, Halt> {
    let mut tries = Tries::new(terms);
    loop {
        match K::update(client, prior, change).await {
            Ok(None) => return Ok(None),
            Ok(Some(Answer { seen, event: None })) => return Ok(Some(seen)),
            Ok(Some(Answer { seen, event })) => {
                let looks = Looks::<K>::at(configured, client, &work.key);
                settle(work, &looks, Goal::REST, events(event)).await?;
                return Ok(looks.last().or(Some(seen)));
            }
            Err(error) => tries.after(error, client).await?,
        }
    }
}

fn without_key<K: Managed>() -> Diagnostic {
    Diagnostic::error(
        "Object Without Key",
        format!(
            "The state of this {} holds no {}, so it cannot be changed. Restore a backup of the state, or remove the resource \
             from the state and import it.",
            K::NOUN,
            K::KEY
        ),
    )
}
