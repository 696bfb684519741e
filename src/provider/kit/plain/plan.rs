//! What a plan says about an object beyond the schema's rules.

use super::super::board::Since;
use super::super::find::there;
use super::super::kind::{Managed, Scope};
use super::super::note::Note;
use super::super::words::{name_exists, name_is_taken, titled, will_be_replaced};
use super::delete::is_on;
use super::named;
use crate::diag::Diagnostic;
use crate::provider::{Configured, region};
use crate::server::{Phase, PlanContext, Planning};
use crate::value::Tf;

pub(super) async fn plan<K: Managed>(context: &PlanContext<Configured>, planning: &mut Planning<K::Model, Note>) {
    if let (Some(configured), Some(prior)) = (&context.configured, &planning.prior)
        && let Some(key) = K::key(prior).as_deref()
    {
        configured.claims.track(K::NOUN, key);
    }
    match (planning.prior.clone(), planning.planned.clone()) {
        (None, Some(planned)) => new::<K>(context, planning, planned).await,
        (Some(prior), Some(_)) => change::<K>(planning, prior),
        (Some(mut prior), None) => {
            if is_protected::<K>(&mut prior) {
                planning.push(protected::<K>(&prior, "destroyed"));
            }
        }
        (None, None) => {}
    }
    if planning.planned.is_some() {
        K::plan(context, planning).await;
    }
}

async fn new<K: Managed>(
    context: &PlanContext<Configured>,
    planning: &mut Planning<K::Model, Note>,
    mut planned: K::Model,
) {
    if planning.note.replaces_protected {
        planning.push(protected::<K>(&planned, "replaced"));
    }
    planning.note = Note::default();
    let mut config = planning.config.clone().unwrap_or_default();
    let region_is_open = K::region(&mut config).is_some_and(|region| region.is_null());
    if let Some(planned_region) = K::region(&mut planned) {
        // While the provider itself is not configured, its region stays unknown.
        if let (true, Some(configured)) = (region_is_open, &context.configured) {
            match &configured.region {
                Some(region) => *planned_region = Tf::Known(region.clone()),
                None => planning.push(missing_region::<K>()),
            }
        }
        if let Some(warning) = planned_region.as_deref().and_then(region::unknown_warning) {
            planning.announce(warning);
        }
    }
    planning.planned = Some(planned.clone());
    if let Some(configured) = &context.configured {
        same_name::<K>(configured, context, planning, &K::scope(&planned)).await;
    }
}

fn missing_region<K: Managed>() -> Diagnostic {
    Diagnostic::error(
        "Missing Region",
        format!(
            "A new {} needs a region. Set `region` here, `region` in the provider block, or PAPERSPACE_REGION, to one of {}.",
            K::NOUN,
            region::KNOWN.join(", ")
        ),
    )
    .at("region")
}

/// Tells of one of the same name that no resource of this run has. It is another configuration's, or was left behind.
async fn same_name<K: Managed>(
    configured: &Configured,
    context: &PlanContext<Configured>,
    planning: &mut Planning<K::Model, Note>,
    scope: &Scope,
) {
    let Some(name) = &scope.name else { return };
    if !(configured.checks.is_some() || configured.unique_names) {
        return;
    }
    let client = configured.client.with_cancel(context.cancel.clone());
    let listed = match there::<K>(&configured.boards, &client, scope, Since::Recently).await {
        Ok(listed) => listed,
        Err(error) => {
            let question = format!("whether there is a {} of the same name", K::NOUN);
            match configured.unanswered.tell(&client, &question, &error).await {
                Some(told) if told.is_error() => planning.push(told),
                Some(told) => planning.announce(told),
                None => {}
            }
            return;
        }
    };
    let others = listed.iter().map(K::facts).filter(|facts| {
        !configured.claims.is_known(K::NOUN, &facts.key) && !configured.claims.is_destroyed(K::NOUN, &facts.key)
    });
    let keys: Vec<_> = others.map(|facts| facts.key).collect();
    if keys.is_empty() {
        return;
    }
    match configured.unique_names {
        // The create refuses as well, and leaves the old object of a replacement where it is. A plan that fails within an apply
        // leaves that deposed.
        true if context.phase == Phase::Applying => {}
        true => planning.push(name_is_taken(K::NOUN, name, &keys)),
        false => planning.announce(name_exists(K::NOUN, name, &keys)),
    }
}

fn change<K: Managed>(planning: &mut Planning<K::Model, Note>, mut prior: K::Model) {
    // A replacement that Terraform decides on by itself, as for -replace, is planned as a change first and then as a create
    // that knows nothing of the old object but this note.
    let is_protected = is_protected::<K>(&mut prior);
    planning.note.replaces_protected = is_protected;
    let Some(path) = planning.requires_replace.first().cloned() else {
        return;
    };
    if is_protected {
        let mut error = protected::<K>(&prior, "replaced");
        error.path = Some(path);
        planning.push(error);
    } else if let Some(lost) = K::LOST {
        let name = K::scope(&prior).name;
        let object = name.as_deref().or(K::key(&prior).as_deref()).unwrap_or_default();
        planning.announce(will_be_replaced(K::NOUN, object, &named::<K>(&prior), lost).at(path));
    }
}

/// Whether an object is protected.
pub(super) fn is_protected<K: Managed>(state: &mut K::Model) -> bool {
    K::protection(state).is_some_and(|protection| is_on(protection))
}

/// The refusal to destroy or replace a protected object.
pub(super) fn protected<K: Managed>(state: &K::Model, what: &str) -> Diagnostic {
    let key = K::key(state)
        .as_deref()
        .map_or(String::new(), |key| format!(" ({key})"));
    let name = named::<K>(state);
    Diagnostic::error(
        format!("{} Is Protected", titled(K::NOUN)),
        format!(
            "It was to be {what}: {name}{key}. But `deletion_protection` is true. If that is what you want, apply \
             `deletion_protection = false` first; where the block was removed from the configuration already, put it back for \
             that."
        ),
    )
    .at("deletion_protection")
}
