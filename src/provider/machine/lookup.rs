//! The data source `paperspace_machine`: exactly one machine, by its id or by what it is.

use crate::api::Client;
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::machines::{MachineFilter, MachineItem, fetch};
use crate::provider::select::{self, Filter};
use crate::provider::{Configured, errors};
use crate::schema::{Check, Model, Schema};
use crate::server::{Answered, Context, DataSource};
use crate::value::Tf;

/// A `paperspace_machine` data block.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "each field is described where it is declared")]
pub struct MachineConfig {
    pub id: Tf<String>,
    pub filter: MachineFilter,
    pub found: MachineItem,
}

impl Model for MachineConfig {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "Looks up exactly one machine, by its id or by any combination of the other arguments, most often its name. It is \
             an error if none or several machines satisfy them.",
        );
        s.attr("id", |m| &mut m.id)
            .check(Check::NotEmpty)
            .doc("The machine of this id, in the place of all other arguments.");
        s.embed(|m| &mut m.filter);
        s.embed(|m| &mut m.found);
    }
}

/// The data source.
pub struct MachineSource;

impl DataSource for MachineSource {
    type Model = MachineConfig;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_machine";

    fn validate_config(config: &MachineConfig) -> Diagnostics {
        let mut diagnostics = config.filter.validate();
        diagnostics.extend(select::validate_choice("id", &config.id, &config.filter));
        diagnostics
    }

    async fn read(
        context: &Context<Configured>,
        mut config: MachineConfig,
    ) -> Result<Answered<MachineConfig>, Diagnostics> {
        let client = context.configured.client.with_cancel(context.cancel.clone());
        config.found = match config.id.as_deref() {
            Some(id) => by_id(&client, id).await?,
            None => choose(&client, &config.filter).await?,
        };
        Ok(config.into())
    }
}

async fn by_id(client: &Client, id: &str) -> Result<MachineItem, Diagnostic> {
    let missing = || {
        Diagnostic::error(
            "No Machine Found",
            format!(
                "The API key sees no machine with the id \"{id}\": it was deleted, or belongs to another team. The data source \
                 `paperspace_machines` lists all that there are."
            ),
        )
        .at("id")
    };
    match client.machine(id).await {
        Ok(machine) if machine.is_deleted() => Err(missing()),
        Ok(machine) => Ok(machine.into()),
        Err(error) if error.is_not_found() => Err(missing()),
        Err(error) => Err(errors::diagnostic(&format!("read the machine {id}"), &error)),
    }
}

async fn choose(client: &Client, filter: &MachineFilter) -> Result<MachineItem, Diagnostic> {
    let name = filter.name.as_deref();
    let mut machines = fetch(client, name).await?;
    if name.is_some() && filter.choose(machines.clone()).await?.is_empty() {
        // The error is to tell what there is instead. That there is none was already seen.
        machines = fetch(client, None).await?;
    }
    select::exactly_one(filter, machines, "").await
}
