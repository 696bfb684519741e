//! What is looked at for many machines at once, by way of the run's boards: machines, their events and startup scripts.
//!
//! What a board does not tell is asked for here.

use super::kind::Machines;
use crate::api::{Client, Error, Event, EventFilter, Machine, Page, StartupScript, StartupScriptFilter};
use crate::provider::kit::{self, Boards, EventFacts, Lister, Read, Scope, Since, board};

/// What is done to machines.
pub(super) struct Events;

/// Startup scripts, with the machines that run them.
pub(super) struct Scripts;

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

impl Lister for Scripts {
    type Seen = StartupScript;

    const WHAT: &'static str = "startup scripts";

    async fn page(&self, client: &Client, after: Option<&str>) -> Result<Page<StartupScript>, Error> {
        client.startup_script_page(&StartupScriptFilter::default(), after).await
    }

    fn key(script: &StartupScript) -> &str {
        &script.id
    }

    fn is_deleted(script: &StartupScript) -> bool {
        script.is_deleted()
    }
}

/// What an event says; `None` where the service itself says that there is none. A shared look counts where it shows the event
/// over, since that is for good.
pub(super) async fn event(boards: &Boards, client: &Client, id: &str) -> Result<Option<EventFacts>, Error> {
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

/// Whether a machine runs a startup script. One listing answers this for all machines; where it says no, the script itself
/// is asked for.
pub(super) async fn runs_script(
    boards: &Boards,
    client: &Client,
    script_id: &str,
    machine_id: &str,
) -> Result<bool, Error> {
    let runs = |script: &StartupScript| !script.is_deleted() && script.runs_on(machine_id);
    let is_it = |script: &StartupScript| script.id == script_id && runs(script);
    let listed = boards.of(Scripts).all(Since::Recently, client, is_it).await;
    if listed.is_some_and(|scripts| !scripts.is_empty()) {
        return Ok(true);
    }
    match client.startup_script(script_id).await {
        Ok(script) => Ok(runs(&script)),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}

/// The startup script that a machine runs, if it runs one.
pub(super) async fn script_of(boards: &Boards, client: &Client, machine_id: &str) -> Result<Option<String>, Error> {
    let runs = |script: &StartupScript| script.runs_on(machine_id);
    let script = match boards.of(Scripts).all(Since::Recently, client, runs).await {
        Some(scripts) => scripts.first().map(|script| script.id.clone()),
        None => client
            .startup_scripts(&StartupScriptFilter::default())
            .await?
            .into_iter()
            .find(runs)
            .map(|script| script.id),
    };
    Ok(script)
}

/// All machines that there are, if many ask for them at once.
pub(super) async fn all(boards: &Boards, client: &Client) -> Option<Vec<Machine>> {
    let listed = board::<Machines>(boards).all(Since::Now, client, |_| true).await?;
    Some(listed.iter().map(|listed| listed.seen.clone()).collect())
}

/// The machines of a name that there are now.
pub(super) async fn named(boards: &Boards, client: &Client, name: &str) -> Result<Vec<Machine>, Error> {
    let board = board::<Machines>(boards);
    let listed = board
        .all(Since::Now, client, |listed| listed.seen.name.as_deref() == Some(name))
        .await;
    match listed {
        Some(listed) => Ok(listed.iter().map(|listed| listed.seen.clone()).collect()),
        None => same_name(client, name).await,
    }
}

/// The same, asked for by name.
pub(super) async fn same_name(client: &Client, name: &str) -> Result<Vec<Machine>, Error> {
    let mut machines = kit::all::<Machines>(client, &Scope::named(Some(name))).await?;
    // The service's filter is not known to be exact.
    machines.retain(|machine| machine.name.as_deref() == Some(name));
    Ok(machines)
}
