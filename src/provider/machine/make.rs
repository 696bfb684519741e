//! The request for a new machine, and how one is known again whose answer was lost.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;
use secrecy::SecretString;
use tokio::time::Instant;

use super::kind::Machines;
use super::model::Machine;
use super::settings::{at_create, differences, told, wanted};
use super::wishes::speaks_of_capacity;
use crate::api::{self, Client, CreateMachine, Error};
use crate::diag::Diagnostic;
use crate::provider::kit::{Boards, Candidate, EventFacts, Facts, Fit, Kind as _, Maker, Scope, Since, there};
use crate::provider::region;
use crate::value::Tf;

/// Makes one machine, and keeps the answers.
pub(super) struct MachineMaker<'a> {
    boards: &'a Boards,
    client: Client,
    body: CreateMachine,
    seen: Mutex<HashMap<String, api::Machine>>,
}

impl<'a> MachineMaker<'a> {
    pub(super) fn new(boards: &'a Boards, client: Client, body: CreateMachine) -> Self {
        Self {
            boards,
            client,
            body,
            seen: Mutex::default(),
        }
    }

    /// A machine as it was last seen.
    pub(super) fn seen(&self, id: &str) -> Option<api::Machine> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .cloned()
    }

    /// Whether a machine turned out to be another one than was asked for.
    pub(super) fn is_another(&self, machine: &api::Machine) -> bool {
        fits(&self.body, machine) == Fit::Differs
    }

    fn note(&self, machine: api::Machine) -> Candidate {
        let candidate = Candidate {
            facts: Machines::facts(&machine),
            fit: fits(&self.body, &machine),
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(machine.id.clone(), machine);
        candidate
    }

    /// The request, in which a user who is on the team already is named by the id: the service makes a user once.
    async fn for_user(&self) -> CreateMachine {
        let mut body = self.body.clone();
        let Some(email) = &body.email else { return body };
        match member(&self.client, email).await {
            Ok(Some(id)) => {
                tracing::info!(id, "the new user is on the team already and gets the machine");
                body.user_id = Some(id);
                (body.email, body.password, body.first_name, body.last_name) = (None, None, None, None);
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, "could not look whether the new user is on the team already"),
        }
        body
    }
}

/// The id of the member of the team with that email address.
async fn member(client: &Client, email: &str) -> Result<Option<String>, Error> {
    let Some(session) = client.session().await? else {
        return Ok(None);
    };
    let users = client.team_users(&session.team.id, None).await?;
    let is_it = |user: &api::User| {
        user.email
            .as_deref()
            .is_some_and(|other| other.eq_ignore_ascii_case(email))
    };
    Ok(users
        .into_iter()
        .map(|member| member.user)
        .find(is_it)
        .map(|user| user.id))
}

impl Maker for MachineMaker<'_> {
    fn list(&self, until: Instant) -> BoxFuture<'_, Result<Vec<Candidate>, Error>> {
        Box::pin(async move {
            let name = self.body.settings.name.as_deref().unwrap_or_default();
            let client = self.client.unhurried().with_deadline(until);
            let named = there::<Machines>(self.boards, &client, &Scope::named(Some(name)), Since::Now).await?;
            Ok(named.into_iter().map(|machine| self.note(machine)).collect())
        })
    }

    fn one<'a>(&'a self, key: &'a str, until: Instant) -> BoxFuture<'a, Result<Option<Candidate>, Error>> {
        Box::pin(async move {
            let machine = self.client.unhurried().with_deadline(until).machine(key).await?;
            Ok(Some(self.note(machine)))
        })
    }

    fn post(&self) -> BoxFuture<'_, Result<(Facts, Option<EventFacts>), Error>> {
        Box::pin(async {
            let body = self.for_user().await;
            let answer = self.client.create_machine(&body).await?;
            let Candidate { facts, .. } = self.note(answer.data);
            Ok((facts, answer.event.map(EventFacts::from)))
        })
    }

    fn event<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<EventFacts>, Error>> {
        Box::pin(async move {
            let events = Machines::events(&self.client, key).await?;
            Ok(events.into_iter().find(|event| event.name.as_deref() == Some("create")))
        })
    }

    fn advise(&self, error: &Error, diagnostic: &mut Diagnostic) {
        advise(&self.body, error, diagnostic);
    }
}

/// Whether a machine agrees with everything that was asked for and the service tells. The disk it tells once it is made.
fn fits(body: &CreateMachine, seen: &api::Machine) -> Fit {
    let told = told(seen);
    let is_there = seen.region.as_deref().map(region::slug) == Some(region::slug(&body.region));
    if !is_there || !differences(&body.settings, &told).is_empty() {
        return Fit::Differs;
    }
    match told.disk_size.is_some() && told.machine_type.is_some() {
        true => Fit::Agrees,
        false => Fit::NotTold,
    }
}

fn advise(body: &CreateMachine, error: &Error, diagnostic: &mut Diagnostic) {
    let text = error.message.to_lowercase();
    let mut path = None;
    if error.is_refusal() && text.contains("region") && !region::is_known(&body.region) {
        diagnostic
            .detail
            .push_str(&format!("\n\nKnown regions are {}.", region::KNOWN.join(", ")));
        path = Some("region");
    } else if error.is_refusal() && text.contains("template") {
        diagnostic.detail.push_str(
            "\n\nThe data source `paperspace_templates` lists the templates that exist, with the regions and machine types \
             that they are for.",
        );
        path = Some("template_id");
    } else if error.is_refusal() && speaks_of_capacity(&text) {
        diagnostic.detail.push_str(
            "\n\n`machine_types` and `regions` name several machines that would do, of which the first that can be had is \
             made.",
        );
    }
    if let Some(path) = path {
        *diagnostic = diagnostic.clone().at(path);
    }
    if body.email.is_some() {
        diagnostic.detail.push_str(
            "\n\nThe user of `new_user` is made before the machine, so it may exist now. A further apply looks for it and gives \
             it the machine.",
        );
    }
}

/// The request for the planned machine. Passwords are in the configuration only.
pub(super) fn body(planned: &Machine, config: &Machine) -> Result<CreateMachine, Diagnostic> {
    let needed = |field: &Tf<String>, name: &str| {
        field.as_deref().map(str::to_owned).ok_or_else(|| {
            Diagnostic::error(
                "Missing Argument",
                format!("`{name}` must be known to create a machine."),
            )
            .at(name)
        })
    };
    let set = |field: &Tf<String>| field.as_deref().map(str::to_owned);
    let new_user = config.new_user.known();
    let start_on_create = match planned.power_state.as_deref() {
        Some(power) => Some(power == "on"),
        None => planned.start_on_create.copied(),
    };
    needed(&planned.name, "name")?;
    needed(&planned.machine_type, "machine_type")?;
    Ok(CreateMachine {
        settings: at_create(wanted(planned)),
        template_id: needed(&planned.template_id, "template_id")?,
        region: needed(&planned.region, "region")?,
        take_initial_snapshot: planned.take_initial_snapshot.copied(),
        startup_script_id: set(&planned.startup_script_id),
        email_password: planned.email_password.copied(),
        start_on_create,
        enable_nvlink: planned.enable_nvlink.copied(),
        accessor_ids: planned.accessor_ids.known().map(|ids| ids.iter().cloned().collect()),
        user_id: set(&planned.user_id),
        email: new_user.and_then(|user| set(&user.email)),
        password: new_user.and_then(|user| set(&user.password)).map(SecretString::from),
        first_name: new_user.and_then(|user| set(&user.first_name)),
        last_name: new_user.and_then(|user| set(&user.last_name)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;

    fn planned() -> Machine {
        let known = |text: &str| Tf::Known(text.to_owned());
        Machine {
            name: known("trainer"),
            machine_type: known("A4000"),
            template_id: known("t1"),
            region: known("ny2"),
            disk_size: Tf::Known(500),
            ..Machine::default()
        }
    }

    fn seen(change: impl FnOnce(&mut api::Machine)) -> api::Machine {
        let mut machine = super::super::observed::tests::bare();
        machine.name = Some("trainer".into());
        machine.machine_type = Some("a4000".into());
        machine.region = Some("East Coast (NY2)".into());
        machine.storage_total = Some(500 << 30);
        change(&mut machine);
        machine
    }

    #[test]
    fn only_a_machine_that_agrees_in_everything_asked_for_fits() {
        let plain = body(&planned(), &planned()).unwrap();
        let full = Machine {
            network_id: Tf::Known("n1".into()),
            auto_shutdown_enabled: Tf::Known(true),
            auto_shutdown_timeout: Tf::Known(8),
            ..planned()
        };
        let full = body(&full, &full).unwrap();
        let on = |machine: &mut api::Machine| {
            machine.network_id = Some("n1".into());
            machine.auto_shutdown_enabled = Some(true);
            machine.auto_shutdown_timeout = Some(8);
        };
        for (body, machine, expected) in [
            (&plain, seen(|_| {}), Fit::Agrees),
            (&plain, seen(on), Fit::Agrees),
            (
                &plain,
                seen(|machine| machine.machine_type = Some("A5000".into())),
                Fit::Differs,
            ),
            (&plain, seen(|machine| machine.machine_type = None), Fit::NotTold),
            (
                &plain,
                seen(|machine| machine.region = Some("ams1".into())),
                Fit::Differs,
            ),
            (&plain, seen(|machine| machine.region = None), Fit::Differs),
            (
                &plain,
                seen(|machine| machine.storage_total = Some(50 << 30)),
                Fit::Differs,
            ),
            (&plain, seen(|machine| machine.storage_total = Some(0)), Fit::NotTold),
            (&plain, seen(|machine| machine.storage_total = None), Fit::NotTold),
            (&full, seen(on), Fit::Agrees),
            (&full, seen(|_| {}), Fit::Agrees),
            (
                &full,
                seen(|machine| machine.network_id = Some("n2".into())),
                Fit::Differs,
            ),
            (
                &full,
                seen(|machine| machine.auto_shutdown_enabled = Some(false)),
                Fit::Differs,
            ),
            (
                &full,
                seen(|machine| {
                    machine.storage_total = None;
                    machine.network_id = Some("n2".into());
                }),
                Fit::Differs,
            ),
        ] {
            assert_eq!(fits(body, &machine), expected, "{machine:?}");
        }
    }

    #[test]
    fn power_beats_the_wish_to_start_and_what_must_be_known_is_named() {
        for (power, start, expected) in [
            (Tf::Null, Tf::Null, None),
            (Tf::Null, Tf::Known(false), Some(false)),
            (Tf::Known("on".to_owned()), Tf::Null, Some(true)),
            (Tf::Known("off".to_owned()), Tf::Known(true), Some(false)),
        ] {
            let machine = Machine {
                power_state: power,
                start_on_create: start,
                ..planned()
            };
            assert_eq!(body(&machine, &machine).unwrap().start_on_create, expected);
        }
        for (name, machine) in [
            (
                "name",
                Machine {
                    name: Tf::Unknown,
                    ..planned()
                },
            ),
            (
                "machine_type",
                Machine {
                    machine_type: Tf::Null,
                    ..planned()
                },
            ),
            (
                "template_id",
                Machine {
                    template_id: Tf::Null,
                    ..planned()
                },
            ),
            (
                "region",
                Machine {
                    region: Tf::Unknown,
                    ..planned()
                },
            ),
        ] {
            let error = body(&machine, &machine).unwrap_err();
            assert_eq!(error.path, Some(name.into()), "{error:?}");
        }
    }

    #[test]
    fn a_refusal_gets_the_advice_that_helps() {
        let told = |kind, message: &str, region: &str, email: Option<&str>| {
            let mut machine = planned();
            machine.region = Tf::Known(region.to_owned());
            let mut body = body(&machine, &machine).unwrap();
            body.email = email.map(str::to_owned);
            let mut diagnostic = Diagnostic::error("Refused", "No.");
            advise(&body, &Error::new(kind, "POST /machines", message), &mut diagnostic);
            diagnostic
        };
        let plain = told(Kind::Refused, "No such region or template.", "ny2", None);
        assert_eq!(plain.path, Some("template_id".into()));
        let region = told(Kind::Refused, "No such region or template.", "mars", None);
        assert!(region.path == Some("region".into()) && region.detail.contains("East Coast (NY2)"));
        let short = told(Kind::Refused, "Out of capacity: no A4000 is available", "ny2", None);
        assert!(short.path.is_none() && short.detail.contains("`machine_types`"));
        let other = told(Kind::Refused, "No money.", "mars", None);
        assert_eq!((other.path, other.detail.as_str()), (None, "No."));
        let failed = told(Kind::Connect, "The template is down.", "ny2", Some("a@example.com"));
        assert!(failed.path.is_none() && failed.detail.contains("`new_user`"));
    }
}
