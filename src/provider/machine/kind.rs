//! What the kit must know of machines.

use crate::api::{self, Client, Error, Event, EventFilter, MachineFilter, MachineState, Page};
use crate::provider::kit::{EventFacts, Facts, Goal, Kind, Rest, Scope, Told};

/// The kind.
pub(in crate::provider) struct Machines;

/// Up and usable.
pub(in crate::provider) const READY: Goal = Goal::at(&["ready"], "to be ready");
/// Powered off.
pub(in crate::provider) const OFF: Goal = Goal::at(&["off"], "to be off");

impl Kind for Machines {
    const NOUN: &'static str = "machine";
    const KEY_LIKE: &'static str = "The machine's id, such as `ps8fe3mg1`.";
    const LIST: &'static str = "paperspace_machines";
    type Seen = api::Machine;

    fn facts(machine: &api::Machine) -> Facts {
        let date = |date: &Option<api::Date>| date.as_ref().and_then(api::Date::instant);
        Facts {
            key: machine.id.clone(),
            name: machine.name.clone(),
            created: date(&machine.dt_created),
            deleted: date(&machine.dt_deleted),
            rest: machine.state.as_ref().map_or(Rest::Unknown, rest),
            word: machine.state_word().to_owned(),
        }
    }

    async fn page(client: &Client, scope: &Scope, after: Option<&str>) -> Result<Page<api::Machine>, Error> {
        let filter = MachineFilter {
            name: scope.name.clone(),
            region: scope.region.clone(),
            ..MachineFilter::default()
        };
        client.machine_page(&filter, after).await
    }

    async fn get(client: &Client, key: &str) -> Result<Told<api::Machine>, Error> {
        client.machine(key).await.map(Told::There)
    }

    async fn delete(client: &Client, key: &str) -> Result<Option<Event>, Error> {
        client.delete_machine(key).await.map(|answer| answer.event)
    }

    /// The first page of them, since older ones belong to other operations.
    async fn events(client: &Client, key: &str) -> Result<Vec<EventFacts>, Error> {
        let filter = EventFilter {
            machine_id: Some(key.to_owned()),
        };
        let page = client.event_page(&filter, None).await?;
        Ok(page.items.into_iter().map(EventFacts::from).collect())
    }
}

fn rest(state: &MachineState) -> Rest {
    match state {
        MachineState::Off => Rest::At("off"),
        MachineState::Ready => Rest::At("ready"),
        MachineState::ServiceReady => Rest::Near("ready"),
        MachineState::Starting
        | MachineState::Stopping
        | MachineState::Restarting
        | MachineState::Upgrading
        | MachineState::Provisioning => Rest::Moving,
        MachineState::Other(_) => Rest::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_state_is_a_rest_or_on_its_way() {
        let found: Vec<_> = MachineState::KNOWN
            .iter()
            .map(|state| (*state, rest(&MachineState::from(*state))))
            .collect();
        let expected = [
            ("off", Rest::At("off")),
            ("starting", Rest::Moving),
            ("stopping", Rest::Moving),
            ("restarting", Rest::Moving),
            ("serviceready", Rest::Near("ready")),
            ("ready", Rest::At("ready")),
            ("upgrading", Rest::Moving),
            ("provisioning", Rest::Moving),
        ];
        assert_eq!(found, expected);
        assert_eq!(rest(&MachineState::from("pondering")), Rest::Unknown);
    }
}
