//! `paperspace_startup_script`: what a machine runs when it boots.
//!
//! The service never tells a script's text. So the state keeps what is configured, and the text is sent when that, or the
//! version of the write-only text, is another than the state's. A disabled script needs a request of its own after the create.

use std::collections::BTreeSet;

use secrecy::SecretString;

use super::kit::{Answer, By, Choosable, Chosen, Facts, Kind, Listable, Managed, Note, Rest, Scope, Told, as_in};
use super::select::Item;
use crate::api::{
    Client, CreateStartupScript, Error, Event, Page, StartupScript, StartupScriptFilter, UpdateStartupScript,
};
use crate::diag::Diagnostic;
use crate::provider::Configured;
use crate::schema::{Check, Model, Schema};
use crate::server::{Change, PlanContext, Planning, Take};
use crate::value::{Tf, Value};

mod taken;

/// A `paperspace_startup_script` block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    pub id: Tf<String>,
    pub name: Tf<String>,
    pub script: Tf<String>,
    pub script_wo: Tf<String>,
    pub script_wo_version: Tf<i64>,
    pub is_enabled: Tf<bool>,
    pub is_run_once: Tf<bool>,
    pub assigned_machine_ids: Tf<BTreeSet<String>>,
    pub created_at: Tf<String>,
}

impl Model for Script {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "A startup script: what machines run as root, or as Local System, each time they boot. A machine gets it by its \
             `startup_script_id`; a changed text works at the next boot only.",
        );
        s.attr("name", |m| &mut m.name)
            .required()
            .check(Check::NotEmpty)
            .doc("The script's name, changed in place.");
        s.attr("script", |m| &mut m.script)
            .adopted()
            .check(Check::NotEmpty)
            .conflicts_with("script_wo")
            .doc(
                "The text, kept in the state. Paperspace never tells it, so a change made elsewhere is not seen, and after an \
                 import the configured text is sent once. A new script needs this or `script_wo`; removing it leaves the text \
                 as it is.",
            );
        s.attr("script_wo", |m| &mut m.script_wo)
            .write_only()
            .sensitive()
            .check(Check::NotEmpty)
            .check(Check::Needs("script_wo_version"))
            .doc(
                "The text, sent and stored nowhere, for one that holds secrets. It is sent when `script_wo_version` changes. \
                 Needs Terraform 1.11 or later.",
            );
        s.attr("script_wo_version", |m| &mut m.script_wo_version)
            .check(Check::Needs("script_wo"))
            .doc("The version of `script_wo`: any whole number, another one for another text.");
        s.attr("is_enabled", |m| &mut m.is_enabled)
            .default_value(Value::Bool(true))
            .doc("Whether machines run it.");
        s.attr("is_run_once", |m| &mut m.is_run_once)
            .default_value(Value::Bool(false))
            .doc("Whether a machine runs it only once, at its next boot, rather than at each.");
        s.attr("id", |m| &mut m.id).computed().doc("The script's id.");
        s.attr("assigned_machine_ids", |m| &mut m.assigned_machine_ids)
            .computed()
            .doc("The ids of the machines that run it.");
        s.attr("created_at", |m| &mut m.created_at)
            .computed()
            .doc("When it was created, as an RFC 3339 date and time.");
    }
}

/// The kind.
pub struct StartupScripts;

impl Kind for StartupScripts {
    const NOUN: &'static str = "startup script";
    const KEY_LIKE: &'static str = "The script's id, such as `s1a2b3c4`.";
    const LIST: &'static str = "paperspace_startup_scripts";
    type Seen = StartupScript;

    fn facts(seen: &StartupScript) -> Facts {
        Facts {
            key: seen.id.clone(),
            name: seen.name.clone(),
            created: seen.dt_created.as_ref().and_then(|date| date.instant()),
            deleted: seen.dt_deleted.as_ref().and_then(|date| date.instant()),
            rest: Rest::At("made"),
            word: "made".to_owned(),
        }
    }

    async fn page(client: &Client, scope: &Scope, after: Option<&str>) -> Result<Page<StartupScript>, Error> {
        let filter = StartupScriptFilter {
            name: scope.name.clone(),
        };
        client.startup_script_page(&filter, after).await
    }

    async fn get(client: &Client, key: &str) -> Result<Told<StartupScript>, Error> {
        client.startup_script(key).await.map(Told::There)
    }

    async fn delete(client: &Client, key: &str) -> Result<Option<Event>, Error> {
        client.delete_startup_script(key).await.map(|_| None)
    }
}

impl Managed for StartupScripts {
    const TYPE_NAME: &'static str = "paperspace_startup_script";
    type Model = Script;
    const MOVES: &'static [Take<Script>] = taken::MOVES;
    const UPGRADES: &'static [Take<Script>] = taken::UPGRADES;

    fn key(model: &Script) -> &Tf<String> {
        &model.id
    }

    fn scope(planned: &Script) -> Scope {
        Scope::named(planned.name.as_deref())
    }

    fn fits(planned: &Script, seen: &StartupScript) -> bool {
        planned.name.as_deref() == seen.name.as_deref()
            && seen
                .is_run_once
                .is_none_or(|once| Some(once) == planned.is_run_once.copied())
            && seen.assigned_machine_ids.iter().flatten().next().is_none()
    }

    fn observe(state: &mut Script, seen: &StartupScript) {
        let StartupScript {
            id,
            name,
            description: _,
            is_enabled,
            is_run_once,
            assigned_machine_ids,
            dt_created,
            dt_deleted: _,
        } = seen;
        state.id = Tf::Known(id.clone());
        state.name.tell(name.clone());
        state.is_enabled.tell(*is_enabled);
        state.is_run_once.tell(*is_run_once);
        let assigned = assigned_machine_ids.clone();
        state
            .assigned_machine_ids
            .tell(assigned.map(|ids| ids.into_iter().collect()));
        state.created_at.tell(dt_created.as_ref().map(ToString::to_string));
    }

    async fn plan(_context: &PlanContext<Configured>, planning: &mut Planning<Script, Note>) {
        let (Some(config), Some(planned)) = (&planning.config, &planning.planned) else {
            return;
        };
        let is_new = planning.prior.is_none();
        if is_new && planned.script.is_null() && config.script_wo.is_null() {
            planning.push(
                Diagnostic::error(
                    "Missing Script",
                    "A new startup script needs a text: set `script`, or `script_wo` with `script_wo_version` for one that \
                     must be stored nowhere.",
                )
                .at("script"),
            );
        }
    }

    async fn create(client: &Client, change: &Change<Script, Note>) -> Result<Answer<StartupScript>, Error> {
        let request = CreateStartupScript {
            name: change.planned.name.as_deref().unwrap_or_default().to_owned(),
            script: text(&change.planned, &change.config).unwrap_or_default(),
            is_run_once: change.planned.is_run_once.copied(),
        };
        client.create_startup_script(&request).await.map(Answer::from)
    }

    async fn update(
        client: &Client,
        from: &Script,
        change: &Change<Script, Note>,
    ) -> Result<Option<Answer<StartupScript>>, Error> {
        let Some(id) = from.id.as_deref() else { return Ok(None) };
        match difference(from, &change.planned, &change.config) {
            Some(changes) => client
                .update_startup_script(id, &changes)
                .await
                .map(|seen| Some(seen.into())),
            None => Ok(None),
        }
    }

    /// Terraform destroys a script that was removed before it changes the machine that no longer names it.
    async fn release(client: &Client, state: &Script) -> Result<(), Error> {
        let Some(id) = state.id.as_deref() else { return Ok(()) };
        let script = match client.startup_script(id).await {
            Ok(script) => script,
            // The request for its end says the same in its turn.
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(error),
        };
        for machine in script.assigned_machine_ids.iter().flatten() {
            match client.unassign_startup_script(id, machine).await {
                Err(error) if !error.is_not_found() => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    fn advise(error: &Error, diagnostic: &mut Diagnostic) {
        if error.is_foreign() && error.status == Some(403) {
            diagnostic.detail.push_str(
                "\n\nA page in HTML that forbids a startup script is most often the work of the firewall in front of the \
                 service, which takes offence at the script's text, and says nothing about the API key. Take out or encode \
                 what looks like an attack to it, such as long commands for the shell.",
            );
        }
    }
}

/// The text that is configured, in either way.
fn text(planned: &Script, config: &Script) -> Option<SecretString> {
    let text = planned.script.as_deref().or(config.script_wo.as_deref());
    text.map(|text| SecretString::from(text.to_owned()))
}

/// What leads from a state to the planned one; `None` where nothing has to be sent.
fn difference(from: &Script, planned: &Script, config: &Script) -> Option<UpdateStartupScript> {
    fn changed<T: Clone + PartialEq>(from: &Tf<T>, planned: &Tf<T>) -> Option<T> {
        if from == planned {
            None
        } else {
            planned.known().cloned()
        }
    }
    let is_other_text = from.script != planned.script && planned.script.is_known();
    let is_other_version = from.script_wo_version != planned.script_wo_version && planned.script_wo_version.is_known();
    let changes = UpdateStartupScript {
        name: changed(&from.name, &planned.name),
        script: (is_other_text || is_other_version)
            .then(|| text(planned, config))
            .flatten(),
        is_enabled: changed(&from.is_enabled, &planned.is_enabled),
        is_run_once: changed(&from.is_run_once, &planned.is_run_once),
    };
    let is_empty = changes.name.is_none()
        && changes.script.is_none()
        && changes.is_enabled.is_none()
        && changes.is_run_once.is_none();
    (!is_empty).then_some(changes)
}

/// One script of a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScriptItem {
    id: Tf<String>,
    name: Tf<String>,
    is_enabled: Tf<bool>,
    is_run_once: Tf<bool>,
    assigned_machine_ids: Tf<BTreeSet<String>>,
    created_at: Tf<String>,
}

impl Model for ScriptItem {
    fn declare(s: &mut Schema<Self>) {
        as_in::<Script>(s.attr("id", |m| &mut m.id));
        s.attr("name", |m| &mut m.name).computed().doc("The script's name.");
        as_in::<Script>(s.attr("is_enabled", |m| &mut m.is_enabled));
        as_in::<Script>(s.attr("is_run_once", |m| &mut m.is_run_once));
        as_in::<Script>(s.attr("assigned_machine_ids", |m| &mut m.assigned_machine_ids));
        as_in::<Script>(s.attr("created_at", |m| &mut m.created_at));
    }
}

impl Item for ScriptItem {
    const NOUN: &'static str = StartupScripts::NOUN;

    fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    fn created_at(&self) -> Option<&str> {
        self.created_at.as_deref()
    }
}

impl Chosen for ScriptItem {
    const BY: &'static [By] = &[By::Name];
}

impl Choosable for StartupScripts {
    type Item = ScriptItem;

    fn item(seen: StartupScript) -> ScriptItem {
        let StartupScript {
            id,
            name,
            description: _,
            is_enabled,
            is_run_once,
            assigned_machine_ids,
            dt_created,
            dt_deleted: _,
        } = seen;
        ScriptItem {
            id: Tf::Known(id),
            name: name.into(),
            is_enabled: is_enabled.into(),
            is_run_once: is_run_once.into(),
            assigned_machine_ids: assigned_machine_ids.map(|ids| ids.into_iter().collect()).into(),
            created_at: dt_created.map(|date| date.to_string()).into(),
        }
    }
}

impl Listable for StartupScripts {
    const ONE: &'static str = "paperspace_startup_script";
    const PLURAL: &'static str = "startup_scripts";
    const ABOUT: &'static str = "Startup scripts of the team, without their texts, which Paperspace never tells.";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Tf<String> {
        Tf::Known(text.to_owned())
    }

    #[test]
    fn only_what_differs_is_sent() {
        let script = |name: &str, script: Tf<String>, version: Tf<i64>, enabled: bool| Script {
            name: text(name),
            script,
            script_wo_version: version,
            is_enabled: Tf::Known(enabled),
            ..Script::default()
        };
        let config = Script {
            script_wo: text("secret"),
            ..Script::default()
        };
        let was = script("n", text("a"), Tf::Null, true);
        assert!(difference(&was, &was, &config).is_none());
        let sent = |from: &Script, to: &Script| {
            let UpdateStartupScript {
                name,
                script,
                is_enabled,
                is_run_once,
            } = difference(from, to, &config).expect("something differs");
            use secrecy::ExposeSecret as _;
            let script = script.map(|script| script.expose_secret().to_owned());
            (name, script, is_enabled, is_run_once)
        };
        let named = |name: &str| Some(name.to_owned());
        for (from, to, expected) in [
            (
                was.clone(),
                script("m", text("a"), Tf::Null, true),
                (named("m"), None, None, None),
            ),
            (
                was.clone(),
                script("n", text("b"), Tf::Null, true),
                (None, named("b"), None, None),
            ),
            (
                was.clone(),
                script("n", text("a"), Tf::Null, false),
                (None, None, Some(false), None),
            ),
            // A first version, or another one, sends the write-only text.
            (
                was.clone(),
                script("n", Tf::Null, Tf::Known(1), true),
                (None, named("secret"), None, None),
            ),
            (
                script("n", Tf::Null, Tf::Known(1), true),
                script("n", Tf::Null, Tf::Known(2), true),
                (None, named("secret"), None, None),
            ),
        ] {
            assert_eq!(sent(&from, &to), expected);
        }
        // What is no longer configured leaves the text alone.
        assert!(difference(&was, &script("n", Tf::Null, Tf::Null, true), &Script::default()).is_none());
    }

    #[test]
    fn a_stranger_does_not_fit() {
        let seen = |name: &str, once: bool, machines: &[&str]| StartupScript {
            id: "s1".to_owned(),
            name: Some(name.to_owned()),
            description: None,
            is_enabled: Some(true),
            is_run_once: Some(once),
            assigned_machine_ids: Some(machines.iter().map(|id| (*id).to_owned()).collect()),
            dt_created: None,
            dt_deleted: None,
        };
        let planned = Script {
            name: text("n"),
            is_run_once: Tf::Known(false),
            ..Script::default()
        };
        for (seen, fits) in [
            (seen("n", false, &[]), true),
            (seen("n2", false, &[]), false),
            (seen("n", true, &[]), false),
            (seen("n", false, &["ps1"]), false),
        ] {
            assert_eq!(StartupScripts::fits(&planned, &seen), fits, "{seen:?}");
        }
    }
}
