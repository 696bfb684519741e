//! The `paperspace_network` of another Paperspace provider.
//!
//! Its `id` is a number of an older API; what this API knows the network by stood in `handle`. The region it did not have is
//! filled by the refresh that follows.

use serde::Deserialize;

use super::Network;
use crate::diag::{Diagnostic, Diagnostics};
use crate::server::{Source, Take};

/// What a `moved` block may hand over.
pub(super) const MOVES: &[Take<Network>] = &[Take {
    what: "paperspace_network of the provider Paperspace/paperspace",
    type_name: "paperspace_network",
    read,
}];

#[derive(Deserialize)]
struct LegacyNetwork {
    handle: Option<String>,
    name: Option<String>,
    network: Option<String>,
    netmask: Option<String>,
}

fn read(source: &Source<'_>) -> Result<Option<Network>, Diagnostics> {
    let is_theirs = source
        .provider_address
        .is_some_and(|address| address.rsplit('/').next() == Some("paperspace"));
    if !is_theirs {
        return Ok(None);
    }
    let unreadable = |why: String| {
        Diagnostics::from(Diagnostic::error(
            "Other Provider's State Cannot Be Read",
            format!(
                "The state of the other provider's paperspace_network cannot be taken over: {why}. Update that provider to its \
                 last version and refresh, or remove the moved block and import the network by its id."
            ),
        ))
    };
    let LegacyNetwork {
        handle,
        name,
        network,
        netmask,
    } = serde_json::from_slice(&source.state.json)
        .map_err(|error| unreadable(format!("line {} does not have the expected form", error.line())))?;
    let handle = handle
        .filter(|handle| !handle.is_empty())
        .ok_or_else(|| unreadable("it holds no handle".to_owned()))?;
    Ok(Some(Network {
        cidr: super::cidr(network.as_deref(), netmask.as_deref()).into(),
        id: Some(handle).into(),
        name: name.into(),
        network: network.into(),
        netmask: netmask.into(),
        ..Network::default()
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::server::rpc::RawState;
    use crate::value::Tf;

    fn taken(address: &str, state: &Value) -> Result<Option<Network>, Diagnostics> {
        let state = RawState {
            json: state.to_string().into_bytes(),
            ..RawState::default()
        };
        read(&Source {
            provider_address: Some(address),
            type_name: "paperspace_network",
            version: 0,
            state: &state,
        })
    }

    #[test]
    fn a_network_is_taken_over_by_its_handle() {
        let theirs = "registry.terraform.io/paperspace/paperspace";
        let state = json!({
            "id": "12345", "handle": "nwhoe4ox", "name": "research", "network": "10.64.92.0", "netmask": "255.255.255.0",
            "team_id": 7, "is_taken": true, "timeouts": null,
        });
        let network = taken(theirs, &state).unwrap().expect("it is known");
        assert_eq!(network.id, Tf::Known("nwhoe4ox".to_owned()));
        assert_eq!(network.cidr, Tf::Known("10.64.92.0/24".to_owned()));
        assert!(network.region.is_null());
        assert!(taken("registry.terraform.io/a/aws", &state).unwrap().is_none());
        for broken in [json!({"id": "1"}), json!({"handle": ""}), json!({"handle": 3})] {
            assert!(taken(theirs, &broken).is_err(), "{broken}");
        }
    }
}
