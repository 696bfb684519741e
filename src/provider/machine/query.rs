//! What a query tells of machines.
//!
//! Which startup script a machine runs is told by the scripts, all of them at once. Who else may use it would take a request
//! for each machine, and is not told.

use std::collections::HashMap;

use super::MachineResource;
use super::kind::Machines;
use super::model::Machine;
use super::observed::observe;
use crate::api::{self, Client, Error, StartupScriptFilter};
use crate::diag::Diagnostics;
use crate::provider::kit::{Queried, Scope};
use crate::provider::machines::{MachineFilter, MachineItem};

/// The startup script of each machine that runs one.
#[derive(Default)]
pub(in crate::provider) struct ScriptOf(HashMap<String, String>);

impl Queried for Machines {
    type Resource = MachineResource;
    type Filter = MachineFilter;
    type Aside = ScriptOf;
    const REMARK: &'static str =
        "Who else may use a machine, its `accessor_ids`, is not told: that would take a request for each.";

    fn scope(filter: &MachineFilter) -> Scope {
        Scope::named(filter.name.as_deref())
    }

    fn validate(filter: &MachineFilter) -> Diagnostics {
        filter.validate()
    }

    fn item(seen: api::Machine) -> MachineItem {
        seen.into()
    }

    async fn aside(client: &Client) -> Result<ScriptOf, Error> {
        let scripts = client.startup_scripts(&StartupScriptFilter::default()).await?;
        let mut script_of = HashMap::new();
        for script in scripts.into_iter().filter(|script| !script.is_deleted()) {
            for machine in script.assigned_machine_ids.into_iter().flatten() {
                script_of.entry(machine).or_insert_with(|| script.id.clone());
            }
        }
        Ok(ScriptOf(script_of))
    }

    fn state(seen: &api::Machine, ScriptOf(script_of): &ScriptOf) -> Machine {
        let mut state = Machine::default();
        observe(&mut state, seen);
        state.startup_script_id = script_of.get(&seen.id).cloned().into();
        state
    }
}
