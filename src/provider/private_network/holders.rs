//! What is on a network, and holds it thereby.

use crate::api::{Client, Event, EventFilter, MachineFilter, SharedDriveFilter};
use crate::provider::kit::{EventFacts, Holder};

/// The machines and shared drives on a network. What cannot be asked for is left out: this is to explain a refusal, which
/// stands by itself.
pub(super) async fn of(client: &Client, network: &str) -> Vec<Holder> {
    let is_on_it = |on: &Option<String>| on.as_deref() == Some(network);
    let mut holders = Vec::new();
    let machines = client.machines(&MachineFilter::default()).await.unwrap_or_default();
    for machine in machines.into_iter().filter(|machine| is_on_it(&machine.network_id)) {
        holders.push(Holder {
            what: named("machine", machine.name.as_deref(), &machine.id),
            is_leaving: machine.is_deleted() || is_being_deleted(client, &machine.id).await,
        });
    }
    let drives = client
        .shared_drives(&SharedDriveFilter::default())
        .await
        .unwrap_or_default();
    for drive in drives.into_iter().filter(|drive| is_on_it(&drive.network_id)) {
        holders.push(Holder {
            what: named("shared drive", drive.name.as_deref(), &drive.id),
            is_leaving: drive.is_deleted(),
        });
    }
    holders
}

/// Whether the machine's last event is that it is being deleted.
async fn is_being_deleted(client: &Client, machine: &str) -> bool {
    let filter = EventFilter {
        machine_id: Some(machine.to_owned()),
    };
    let page = client.event_page(&filter, None).await;
    page.is_ok_and(|page| page.items.into_iter().next().is_some_and(is_deletion_under_way))
}

fn is_deletion_under_way(event: Event) -> bool {
    event.name.as_deref() == Some("deactivate") && !EventFacts::from(event).is_over()
}

fn named(noun: &str, name: Option<&str>, id: &str) -> String {
    match name {
        Some(name) => format!("{noun} \"{name}\" ({id})"),
        None => format!("{noun} {id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::EventState;

    #[test]
    fn a_machine_is_on_its_way_out_while_its_last_event_says_so() {
        let event = |name: &str, state: EventState| Event {
            id: "e1".to_owned(),
            name: Some(name.into()),
            state: Some(state),
            machine_id: Some("ps1".to_owned()),
            error: None,
            dt_created: None,
            dt_started: None,
            dt_finished: None,
        };
        for (event, is_under_way) in [
            (event("deactivate", EventState::New), true),
            (event("deactivate", EventState::InProgress), true),
            (event("deactivate", EventState::Error), false),
            (event("deactivate", EventState::Done), false),
            (event("stop", EventState::InProgress), false),
        ] {
            assert_eq!(is_deletion_under_way(event.clone()), is_under_way, "{event:?}");
        }
    }

    #[test]
    fn what_has_no_name_is_told_by_its_id() {
        assert_eq!(named("machine", Some("trainer"), "ps1"), "machine \"trainer\" (ps1)");
        assert_eq!(named("shared drive", None, "sd1"), "shared drive sd1");
    }
}
