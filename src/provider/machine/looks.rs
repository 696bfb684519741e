//! What is looked at for many machines at once, by way of the run's boards: machines, and the startup scripts that they run.
//!
//! What a board does not tell is asked for here.

use super::kind::Machines;
use crate::api::{Client, Error, Machine, Page, StartupScript, StartupScriptFilter};
use crate::provider::kit::{Boards, Lister, Since, board};

/// Startup scripts, with the machines that run them.
pub(super) struct Scripts;

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
