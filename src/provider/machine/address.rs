//! Static addresses. The service keeps the address of a machine after the machine is gone, and goes on billing it.
//!
//! So an address that this resource caused is released before the machine is destroyed or its address type changes: before,
//! since afterwards nothing would tell any more whose it is. It is released only while a listing shows that the machine has
//! it. An address that was given to the machine from elsewhere is never released.

use super::operation::Operation;
use crate::api::{PublicIp, PublicIpFilter};
use crate::diag::Diagnostic;
use crate::provider::kit::Halt;

/// What to do about a noted address.
#[derive(Debug, PartialEq, Eq)]
enum Course {
    /// Give it back.
    Release,
    /// It is given back already.
    Nothing,
    /// It is no longer the machine's: whose, if anybody's.
    Leave(Option<String>),
}

fn course(listed: &[PublicIp], address: &str, machine: &str) -> Course {
    match listed.iter().find(|listed| listed.ip == address) {
        None => Course::Nothing,
        Some(PublicIp {
            assigned_machine_id, ..
        }) => match assigned_machine_id {
            Some(has) if has == machine => Course::Release,
            other => Course::Leave(other.clone()),
        },
    }
}

/// The address that a listing shows the machine to have.
pub(super) async fn of(operation: &Operation) -> Result<Option<String>, Halt> {
    let listed = operation.client().public_ips(&PublicIpFilter::default()).await?;
    let its = |listed: &PublicIp| listed.assigned_machine_id.as_deref() == Some(operation.id());
    Ok(listed.into_iter().find(its).map(|listed| listed.ip))
}

/// Gives back an address that this resource caused; with a warning where it is no longer the machine's.
///
/// # Errors
/// Why it could not be given back. That can be tried again.
pub(super) async fn release(operation: &Operation, address: &str) -> Result<Option<Diagnostic>, Halt> {
    let client = operation.client();
    let listed = client.public_ips(&PublicIpFilter::default()).await?;
    match course(&listed, address, operation.id()) {
        Course::Nothing => Ok(None),
        Course::Leave(has) => Ok(Some(left(operation.id(), address, has.as_deref()))),
        Course::Release => {
            tracing::info!(id = operation.id(), address, "releasing the machine's static address");
            match client.release_public_ip(address).await {
                Ok(_) => Ok(None),
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error.into()),
            }
        }
    }
}

fn left(machine: &str, address: &str, has: Option<&str>) -> Diagnostic {
    let place = match has {
        Some(other) => format!("is assigned to the machine {other} now"),
        None => "is assigned to no machine now".to_owned(),
    };
    Diagnostic::warning(
        "Static Address Kept",
        format!(
            "The static address {address} came into being with the machine {machine} and {place}, so it is left as it is. It \
             costs money until it is released, in the console, by `paperspace_public_ip` after an import, or otherwise."
        ),
    )
    .about(address)
}

/// The warning for a plan that takes off an address which this resource did not cause.
pub(super) fn taken_off(machine: &str, address: &str) -> Diagnostic {
    Diagnostic::warning(
        "Assigned Address Will Be Taken Off",
        format!(
            "The machine {machine} has the static address {address}, which this resource did not ask for. Changing \
             `public_ip_type` takes it off the machine. It stays with the team and is billed until it is released. Leave \
             `public_ip_type` out to keep it."
        ),
    )
    .about(address)
    .at("public_ip_type")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_that_the_machine_has_is_released() {
        let listed = |ip: &str, machine: Option<&str>| PublicIp {
            ip: ip.into(),
            region: None,
            assigned_machine_id: machine.map(str::to_owned),
            dt_created: None,
        };
        let all = [
            listed("192.0.2.1", Some("ps1")),
            listed("192.0.2.2", Some("ps2")),
            listed("192.0.2.3", None),
        ];
        for (address, expected) in [
            ("192.0.2.1", Course::Release),
            ("192.0.2.2", Course::Leave(Some("ps2".into()))),
            ("192.0.2.3", Course::Leave(None)),
            ("192.0.2.4", Course::Nothing),
        ] {
            assert_eq!(course(&all, address, "ps1"), expected, "{address}");
        }
        assert!(left("ps1", "192.0.2.2", Some("ps2")).detail.contains("192.0.2.2 came"));
        assert!(left("ps1", "192.0.2.2", None).detail.contains("no machine now"));
    }
}
