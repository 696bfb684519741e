//! Reading an object, and finding one to import.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use super::super::find::{Found, find};
use super::super::kind::{Kind, Managed, WhenGone};
use super::super::note::Note;
use super::super::owner::Owner;
use super::super::patience::delay;
use super::super::words::titled;
use crate::api::Client;
use crate::diag::Diagnostic;
use crate::provider::Configured;
use crate::server::{Context, Current, ImportTarget, Outcome};

/// How often an object that was made just now is looked for again before it is believed to be gone.
const LOOKS: u32 = 4;

pub(super) async fn read<K: Managed>(
    context: &Context<Configured>,
    known: Current<K::Model, Note>,
) -> Outcome<K::Model, Note> {
    let Current { mut state, mut note } = known;
    let Some(key) = K::key(&state).as_deref().map(str::to_owned) else {
        return Outcome::gone();
    };
    let configured = &context.configured;
    configured.claims.track(K::NOUN, &key);
    let client = configured.client.with_cancel(context.cancel.clone());
    match look_up::<K>(configured, &client, &key, &note).await {
        Ok(Found::There(seen)) => {
            K::observe(&mut state, &seen);
            note.owner = configured.asked.noted(&client).await;
            note.replaces_protected = false;
            Outcome::exists(state, note)
        }
        Ok(Found::Gone(_)) if is_of_another_provider::<K>(&note) => {
            Outcome::as_before(not_taken_over(K::NOUN, K::scope(&state).name.as_deref(), &key))
        }
        Ok(Found::Gone(at)) => {
            tracing::warn!(noun = K::NOUN, key, "it is gone, removing it from the state");
            match K::GONE {
                WhenGone::Warned => Outcome::gone().with(gone(K::NOUN, K::scope(&state).name.as_deref(), &key, at)),
                WhenGone::Quiet => Outcome::gone(),
            }
        }
        Err(error) => Outcome::as_before(error),
    }
}

/// Whether a state was taken over from another provider and nothing was seen of the object since: what this one has seen, it
/// has noted.
fn is_of_another_provider<K: Managed>(note: &Note) -> bool {
    !(K::MOVES.is_empty() && K::UPGRADES.is_empty()) && *note == Note::default()
}

/// The error for an object that is known to another provider only. Its ids may be of an older API, so that nothing says that it
/// is gone.
fn not_taken_over(noun: &str, name: Option<&str>, key: &str) -> Diagnostic {
    let called = name.map(|name| format!(" \"{name}\"")).unwrap_or_default();
    Diagnostic::error(
        "Other Provider's Object Not Found",
        format!(
            "The {noun}{called} ({key}) stands in a state that was taken over from another provider, and the service does not know \
             that id. It may have another one by now. The state was left as it is. Remove it from the state and import the object \
             by the id that the console shows, or let Terraform make a new one."
        ),
    )
}

/// A look at an object in the state. One that was made just now may not be found for a moment.
///
/// # Errors
/// An error for the user, and then nothing is known of the object.
pub async fn look_up<K: Kind>(
    configured: &Configured,
    client: &Client,
    key: &str,
    note: &Note,
) -> Result<Found<K::Seen>, Diagnostic> {
    let mut waited = Duration::ZERO;
    for _ in 1..LOOKS {
        let found = find::<K>(configured, client, key, &note.owner).await?;
        if !matches!(found, Found::Gone(None)) || !note.is_young(Timestamp::now().as_second()) {
            return Ok(found);
        }
        tracing::info!(
            noun = K::NOUN,
            key,
            "it was made just now and is not found, looking again"
        );
        let pause = delay(client.pace(), waited);
        waited += pause;
        tokio::select! {
            biased;
            () = client.cancel().cancelled() => break,
            () = sleep_until(Instant::now() + pause) => {}
        }
    }
    find::<K>(configured, client, key, &note.owner).await
}

/// The warning that an object in the state is no longer there.
pub fn gone(noun: &str, name: Option<&str>, key: &str, at: Option<Timestamp>) -> Diagnostic {
    let when = at.map_or_else(
        || "Paperspace does not know it any more".to_owned(),
        |at| format!("Paperspace says that it was deleted at {at}"),
    );
    let called = name.map(|name| format!(" \"{name}\"")).unwrap_or_default();
    Diagnostic::warning(
        format!("{} Is Gone", titled(noun)),
        format!(
            "The {noun}{called} ({key}) is no longer there: {when}. Somebody or something else deleted it. It was removed from the \
             state, and the plan proposes a new one as far as the configuration still has it."
        ),
    )
    .about(name.unwrap_or(key))
}

pub(super) async fn import<K: Managed>(context: &Context<Configured>, target: ImportTarget) -> Outcome<K::Model, Note> {
    let key = match &target {
        ImportTarget::Id(id) => id.trim(),
        ImportTarget::Identity(identity) => identity.get(K::KEY).and_then(|key| key.as_str()).unwrap_or_default(),
    };
    if !is_key(K::KEY, key) {
        return Outcome::as_before(no_key::<K>(key));
    }
    let configured = &context.configured;
    let client = configured.client.with_cancel(context.cancel.clone());
    let seen = match find::<K>(configured, &client, key, &Owner::default()).await {
        Ok(Found::There(seen)) => seen,
        Ok(Found::Gone(at)) => return Outcome::as_before(nothing_to_import::<K>(key, at)),
        Err(error) => return Outcome::as_before(error),
    };
    if let Some(why) = K::refuse(&seen) {
        return Outcome::as_before(Diagnostic::error(
            "Cannot Be Imported",
            format!("The {} {key} cannot be imported: {why}", K::NOUN),
        ));
    }
    configured.claims.track(K::NOUN, key);
    let mut state = K::Model::default();
    K::observe(&mut state, &seen);
    let note = Note {
        owner: configured.asked.noted(&client).await,
        ..Note::default()
    };
    Outcome::exists(state, note)
}

/// Whether a text can be a key. Ids are short and alphanumeric, and an address is its own key; anything else is a mistake and
/// must not become part of a request's path.
pub(in crate::provider::kit) fn is_key(field: &str, text: &str) -> bool {
    match field {
        "ip" => text.parse::<IpAddr>().is_ok(),
        _ => !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()),
    }
}

fn no_key<K: Managed>(text: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid Import Id",
        format!(
            "\"{text}\" is not the {} of a {}, and an import takes that and not its name. {} The console shows it, and so does \
             the data source `{}`.",
            if K::KEY == "ip" { "address" } else { "id" },
            K::NOUN,
            K::KEY_LIKE,
            K::LIST
        ),
    )
}

fn nothing_to_import<K: Managed>(key: &str, at: Option<Timestamp>) -> Diagnostic {
    let why = match at {
        Some(at) => format!("it was deleted at {at}"),
        None => "the API key's team has no such object".to_owned(),
    };
    Diagnostic::error(
        "Nothing to Import",
        format!(
            "There is no {} {key} to import: {why}. Check it, and that the API key is of the right team. What is imported is \
             named by its {}, not by its name.{}{}",
            K::NOUN,
            K::KEY,
            if K::HIDDEN.is_empty() { "" } else { " " },
            K::HIDDEN
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::snapshot::Snapshots;
    use crate::provider::startup_script::StartupScripts;

    #[test]
    fn only_what_nothing_was_seen_of_since_is_another_providers() {
        let seen = Note {
            owner: Owner {
                team: None,
                api: Some("https://api.example.com/v1".to_owned()),
            },
            ..Note::default()
        };
        assert!(is_of_another_provider::<StartupScripts>(&Note::default()));
        assert!(!is_of_another_provider::<StartupScripts>(&seen));
        assert!(!is_of_another_provider::<Snapshots>(&Note::default()));
    }

    #[test]
    fn a_key_is_an_id_or_an_address() {
        for (field, text, expected) in [
            ("id", "ps1a2b3c", true),
            ("id", "RJFHxSmO7U03", true),
            ("id", "", false),
            ("id", "my script", false),
            ("id", "../machines", false),
            ("id", "a\tb", false),
            ("ip", "203.0.113.7", true),
            ("ip", "2001:db8::1", true),
            ("ip", "203.0.113", false),
            ("ip", "ps1", false),
        ] {
            assert_eq!(is_key(field, text), expected, "{field} {text:?}");
        }
        assert!(!is_key("id", &"a".repeat(65)));
    }
}
