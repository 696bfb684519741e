//! What is looked at for many machines at once, by way of the run's boards: machines and startup scripts.
//!
//! What a board does not tell is asked for here.

use std::sync::Arc;

use crate::api::{Client, Error, Machine, MachineFilter, Page, StartupScript, StartupScriptFilter};
use crate::provider::kit::{Boards, Lister, Read, Since};

/// Machines.
pub(super) struct Machines;

/// Startup scripts, with the machines that run them.
pub(super) struct Scripts;

impl Lister for Machines {
    type Seen = Machine;

    const WHAT: &'static str = "machines";

    async fn page(&self, client: &Client, after: Option<&str>) -> Result<Page<Machine>, Error> {
        client.machine_page(&MachineFilter::default(), after).await
    }

    fn key(machine: &Machine) -> &str {
        &machine.id
    }

    fn is_deleted(machine: &Machine) -> bool {
        machine.is_deleted()
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

/// The machine, for a read of many.
pub(super) async fn machine(boards: &Boards, client: &Client, id: &str) -> Result<Arc<Machine>, Error> {
    match boards.of(Machines).read(id, client).await {
        Read::Told(machine) => Ok(machine),
        Read::Missing | Read::AskSingly => client.machine(id).await.map(Arc::new),
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
pub(super) async fn all(boards: &Boards, client: &Client) -> Option<Vec<Arc<Machine>>> {
    boards.of(Machines).all(Since::Now, client, |_| true).await
}

/// The machines of a name that there are now.
pub(super) async fn named(boards: &Boards, client: &Client, name: &str) -> Result<Vec<Arc<Machine>>, Error> {
    let is_named = |machine: &Machine| machine.name.as_deref() == Some(name);
    match boards.of(Machines).all(Since::Now, client, is_named).await {
        Some(machines) => Ok(machines),
        None => same_name(client, name).await,
    }
}

/// The same, asked for by name.
pub(super) async fn same_name(client: &Client, name: &str) -> Result<Vec<Arc<Machine>>, Error> {
    let filter = MachineFilter {
        name: Some(name.to_owned()),
        ..MachineFilter::default()
    };
    let mut machines = client.machines(&filter).await?;
    // The service's filter is not known to be exact.
    machines.retain(|machine| machine.name.as_deref() == Some(name) && !machine.is_deleted());
    Ok(machines.into_iter().map(Arc::new).collect())
}
