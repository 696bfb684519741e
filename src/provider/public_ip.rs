//! `paperspace_public_ip`: an address that outlives machines.
//!
//! An address has no name and cannot be asked for singly: it is read in the listing of all.

use super::kit::{Answer, By, Choosable, Chosen, Facts, Kind, Listable, Managed, Note, Rest, Scope, as_in};
use super::region;
use super::select::Item;
use crate::api::{Client, Error, Event, Page, PublicIp, PublicIpFilter};
use crate::schema::{Check, Model, Schema};
use crate::server::Change;
use crate::value::{Tf, Value};

/// A `paperspace_public_ip` block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Address {
    pub id: Tf<String>,
    pub ip: Tf<String>,
    pub region: Tf<String>,
    pub deletion_protection: Tf<bool>,
    pub assigned_machine_id: Tf<String>,
    pub created_at: Tf<String>,
}

impl Model for Address {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "A public IP address of the team's own, billed until it is destroyed. It outlives the machines that it points to: \
             `paperspace_public_ip_assignment` says which one that is.",
        );
        s.attr("region", |m| &mut m.region)
            .computed()
            .optional()
            .check(Check::NotEmpty)
            .replaces()
            .same_if(region::same)
            .doc(
                "The region, in any spelling, such as `East Coast (NY2)` or `ny2`; that of the machines that it is for. A \
                 change claims a new address. Without it the provider's `region` is used for a new one.",
            );
        s.attr("deletion_protection", |m| &mut m.deletion_protection)
            .default_value(Value::Bool(false))
            .doc("Whether Terraform refuses to destroy or replace the address: once released it is somebody else's.");
        s.attr("id", |m| &mut m.id)
            .computed()
            .doc("The address, the same as `ip`.");
        s.attr("ip", |m| &mut m.ip).computed().doc("The address.");
        s.attr("assigned_machine_id", |m| &mut m.assigned_machine_id)
            .computed()
            .doc("The id of the machine that it pointed to when it was last read; null while it is free.");
        s.attr("created_at", |m| &mut m.created_at)
            .computed()
            .doc("When it was claimed, as an RFC 3339 date and time.");
    }
}

/// The kind.
pub struct PublicIps;

impl Kind for PublicIps {
    const NOUN: &'static str = "public IP";
    const KEY: &'static str = "ip";
    const KEY_LIKE: &'static str = "The address itself, such as `203.0.113.7`.";
    const LIST: &'static str = "paperspace_public_ips";
    const SINGLY: bool = false;
    type Seen = PublicIp;

    fn facts(seen: &PublicIp) -> Facts {
        Facts {
            key: seen.ip.clone(),
            name: None,
            created: seen.dt_created.as_ref().and_then(|date| date.instant()),
            deleted: None,
            rest: Rest::At("claimed"),
            word: "claimed".to_owned(),
        }
    }

    async fn page(client: &Client, _scope: &Scope, after: Option<&str>) -> Result<Page<PublicIp>, Error> {
        client.public_ip_page(&PublicIpFilter::default(), after).await
    }

    async fn delete(client: &Client, key: &str) -> Result<Option<Event>, Error> {
        client.release_public_ip(key).await.map(|_| None)
    }
}

impl Managed for PublicIps {
    const TYPE_NAME: &'static str = "paperspace_public_ip";
    type Model = Address;
    const LOST: Option<&'static str> = Some("the address, which nobody can get back");

    fn key(model: &Address) -> &Tf<String> {
        &model.ip
    }

    fn region(model: &mut Address) -> Option<&mut Tf<String>> {
        Some(&mut model.region)
    }

    fn protection(model: &mut Address) -> Option<&mut Tf<bool>> {
        Some(&mut model.deletion_protection)
    }

    fn scope(planned: &Address) -> Scope {
        Scope {
            region: planned.region.as_deref().map(str::to_owned),
            ..Scope::default()
        }
    }

    fn fits(planned: &Address, seen: &PublicIp) -> bool {
        let is_of_region = match (planned.region.as_deref(), seen.region.as_deref()) {
            (Some(planned), Some(seen)) => region::slug(planned) == region::slug(seen),
            _ => false,
        };
        is_of_region && seen.assigned_machine_id.is_none()
    }

    fn observe(state: &mut Address, seen: &PublicIp) {
        let PublicIp {
            ip,
            region,
            assigned_machine_id,
            dt_created,
        } = seen;
        state.id = Tf::Known(ip.clone());
        state.ip = Tf::Known(ip.clone());
        state.region.tell(region.clone());
        state.assigned_machine_id = assigned_machine_id.clone().into();
        state.created_at.tell(dt_created.as_ref().map(ToString::to_string));
    }

    async fn create(client: &Client, change: &Change<Address, Note>) -> Result<Answer<PublicIp>, Error> {
        let region = change.planned.region.as_deref().unwrap_or_default();
        client.claim_public_ip(region).await.map(Answer::from)
    }

    /// Nothing of an address changes but where it points to, and that is the assignment's.
    async fn update(
        _client: &Client,
        _from: &Address,
        _change: &Change<Address, Note>,
    ) -> Result<Option<Answer<PublicIp>>, Error> {
        Ok(None)
    }
}

/// One address of a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddressItem {
    ip: Tf<String>,
    region: Tf<String>,
    assigned_machine_id: Tf<String>,
    created_at: Tf<String>,
}

impl Model for AddressItem {
    fn declare(s: &mut Schema<Self>) {
        as_in::<Address>(s.attr("ip", |m| &mut m.ip));
        s.attr("region", |m| &mut m.region).computed().doc("The region.");
        as_in::<Address>(s.attr("assigned_machine_id", |m| &mut m.assigned_machine_id));
        as_in::<Address>(s.attr("created_at", |m| &mut m.created_at));
    }
}

impl Item for AddressItem {
    const NOUN: &'static str = PublicIps::NOUN;

    fn id(&self) -> &str {
        self.ip.as_deref().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.id()
    }

    fn created_at(&self) -> Option<&str> {
        self.created_at.as_deref()
    }
}

impl Chosen for AddressItem {
    const BY: &'static [By] = &[By::Region, By::Machine];

    fn region(&self) -> Tf<String> {
        self.region.clone()
    }

    fn machine_id(&self) -> Tf<String> {
        self.assigned_machine_id.clone()
    }
}

impl Choosable for PublicIps {
    type Item = AddressItem;

    fn item(seen: PublicIp) -> AddressItem {
        let PublicIp {
            ip,
            region,
            assigned_machine_id,
            dt_created,
        } = seen;
        AddressItem {
            ip: Tf::Known(ip),
            region: region.into(),
            assigned_machine_id: assigned_machine_id.into(),
            created_at: dt_created.map(|date| date.to_string()).into(),
        }
    }
}

impl Listable for PublicIps {
    const ONE: &'static str = "paperspace_public_ip";
    const PLURAL: &'static str = "public_ips";
    const ABOUT: &'static str = "Public IP addresses of the team, whoever claimed them.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_free_address_of_the_region_fits() {
        let planned = Address {
            region: Tf::Known("ny2".to_owned()),
            ..Address::default()
        };
        for (region, machine, fits) in [
            (Some("East Coast (NY2)"), None, true),
            (Some("ny2"), Some("ps1"), false),
            (Some("ca1"), None, false),
            (None, None, false),
        ] {
            let seen = PublicIp {
                ip: "203.0.113.7".to_owned(),
                region: region.map(str::to_owned),
                assigned_machine_id: machine.map(str::to_owned),
                dt_created: None,
            };
            assert_eq!(PublicIps::fits(&planned, &seen), fits, "{seen:?}");
        }
    }
}
