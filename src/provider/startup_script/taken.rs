//! The scripts of the two other Paperspace providers.
//!
//! One has a `paperspace_startup_script` of another shape, the other a `paperspace_script`. A refresh follows, so only the
//! text, which the API never tells, must be right.

use serde::Deserialize;

use super::Script;
use crate::diag::{Diagnostic, Diagnostics};
use crate::server::{Source, Take};

const METAPHYSIC: Take<Script> = Take {
    what: "paperspace_startup_script of the provider Metaphysic-ai/paperspace",
    type_name: "paperspace_startup_script",
    read: metaphysic,
};

const LEGACY: Take<Script> = Take {
    what: "paperspace_script of the provider Paperspace/paperspace",
    type_name: "paperspace_script",
    read: legacy,
};

/// What a `moved` block may hand over.
pub(super) const MOVES: &[Take<Script>] = &[METAPHYSIC, LEGACY];
/// What may stand under this provider's name.
pub(super) const UPGRADES: &[Take<Script>] = &[METAPHYSIC];

#[derive(Deserialize)]
struct MetaphysicScript {
    id: Option<String>,
    name: Option<String>,
    script: Option<String>,
    is_run_once: Option<bool>,
    is_enabled: Option<bool>,
    dt_created: Option<String>,
}

#[derive(Deserialize)]
struct LegacyScript {
    id: Option<String>,
    name: Option<String>,
    script_text: Option<String>,
    is_enabled: Option<bool>,
    run_once: Option<bool>,
    dt_created: Option<String>,
}

fn metaphysic(source: &Source<'_>) -> Result<Option<Script>, Diagnostics> {
    if !is_of_a_paperspace_provider(source) {
        return Ok(None);
    }
    let MetaphysicScript {
        id,
        name,
        script,
        is_run_once,
        is_enabled,
        dt_created,
    } = read(source)?;
    with_id(
        source,
        Script {
            id: id.into(),
            name: name.into(),
            script: script.into(),
            is_run_once: is_run_once.into(),
            is_enabled: is_enabled.into(),
            created_at: dt_created.into(),
            ..Script::default()
        },
    )
}

fn legacy(source: &Source<'_>) -> Result<Option<Script>, Diagnostics> {
    if !is_of_a_paperspace_provider(source) {
        return Ok(None);
    }
    let LegacyScript {
        id,
        name,
        script_text,
        is_enabled,
        run_once,
        dt_created,
    } = read(source)?;
    with_id(
        source,
        Script {
            id: id.into(),
            name: name.into(),
            script: script_text.into(),
            is_run_once: run_once.into(),
            is_enabled: is_enabled.into(),
            created_at: dt_created.into(),
            ..Script::default()
        },
    )
}

/// Where the host does not tell whose a state is, it stands under this provider's name.
fn is_of_a_paperspace_provider(source: &Source<'_>) -> bool {
    source
        .provider_address
        .is_none_or(|address| address.rsplit('/').next() == Some("paperspace"))
}

fn read<T: serde::de::DeserializeOwned>(source: &Source<'_>) -> Result<T, Diagnostics> {
    serde_json::from_slice(&source.state.json)
        // The message of a wrong type quotes the value, and a script may hold secrets: the place is enough.
        .map_err(|error| {
            unreadable(
                source,
                &format!("line {} does not have the expected form", error.line()),
            )
        })
}

fn with_id(source: &Source<'_>, script: Script) -> Result<Option<Script>, Diagnostics> {
    match script.id.as_deref() {
        Some(id) if !id.is_empty() => Ok(Some(script)),
        _ => Err(unreadable(source, "it holds no id")),
    }
}

fn unreadable(source: &Source<'_>, why: &str) -> Diagnostics {
    Diagnostic::error(
        "Other Provider's State Cannot Be Read",
        format!(
            "The state of the other provider's {} cannot be taken over: {why}. Update that provider to its last version and \
             refresh, or remove the moved block and import the script by its id.",
            source.type_name
        ),
    )
    .into()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::server::rpc::RawState;
    use crate::value::Tf;

    fn taken(row: &Take<Script>, address: Option<&str>, state: &Value) -> Result<Option<Script>, Diagnostics> {
        let state = RawState {
            json: state.to_string().into_bytes(),
            ..RawState::default()
        };
        (row.read)(&Source {
            provider_address: address,
            type_name: row.type_name,
            version: 0,
            state: &state,
        })
    }

    #[test]
    fn both_providers_scripts_are_taken_over_with_their_texts() {
        let metaphysic = json!({
            "id": "s1", "name": "keys", "script": "echo", "description": null, "is_run_once": true,
            "is_enabled": true, "assigned_machine_ids": ["ps1"], "dt_created": "2024-04-30T15:51:24Z",
        });
        let legacy = json!({
            "id": "s1", "name": "keys", "description": "d", "script_text": "echo", "owner_type": "team", "owner_id": "1",
            "dt_created": "2024-04-30T15:51:24Z", "is_enabled": true, "run_once": true,
        });
        for (row, state, addresses) in [
            (
                &METAPHYSIC,
                &metaphysic,
                &[Some("registry.terraform.io/metaphysic-ai/paperspace"), None][..],
            ),
            (
                &LEGACY,
                &legacy,
                &[Some("registry.terraform.io/paperspace/paperspace")][..],
            ),
        ] {
            for address in addresses {
                let script = taken(row, *address, state).unwrap().expect("it is known");
                assert_eq!(script.script, Tf::Known("echo".to_owned()));
                assert_eq!(
                    (script.id, script.is_run_once),
                    (Tf::Known("s1".to_owned()), Tf::Known(true))
                );
            }
        }
    }

    #[test]
    fn another_providers_state_is_not_known_and_a_broken_one_is_an_error() {
        let there = json!({"id": "s1", "name": "n"});
        assert!(
            taken(&LEGACY, Some("registry.terraform.io/a/aws"), &there)
                .unwrap()
                .is_none()
        );
        for broken in [json!({"id": ""}), json!({"id": null}), json!({"id": 3}), json!([])] {
            assert!(taken(&METAPHYSIC, None, &broken).is_err(), "{broken}");
        }
    }
}
