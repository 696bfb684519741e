//! `paperspace_private_network`: a network of machines and shared drives in one region.
//!
//! A network is held by what is on it. Terraform destroys a network that was removed before it changes the machines that
//! leave it, so its end is asked for again while it is refused, for as long as something on it may be on its way out.

use super::kit::{
    Answer, By, Choosable, Chosen, Facts, Holder, Kind, Listable, Managed, Note, Rest, Scope, Told, as_in,
};
use super::region;
use super::select::Item;
use crate::api::{
    Client, CreatePrivateNetwork, Error, Event, Page, PrivateNetwork as Seen, PrivateNetworkFilter as Filter,
};
use crate::diag::Diagnostic;
use crate::schema::{Check, Model, Schema, Timeout, Timeouts};
use crate::server::{Change, Take};
use crate::value::Tf;

mod holders;
mod taken;

/// A `paperspace_private_network` block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Network {
    pub id: Tf<String>,
    pub name: Tf<String>,
    pub region: Tf<String>,
    pub network: Tf<String>,
    pub netmask: Tf<String>,
    pub cidr: Tf<String>,
    pub created_at: Tf<String>,
    pub timeouts: Tf<Timeouts>,
}

impl Model for Network {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "A private network: the machines and shared drives on it reach each other, in one region. Paperspace chooses its \
             addresses.",
        );
        s.attr("name", |m| &mut m.name)
            .required()
            .check(Check::NotEmpty)
            .doc("The network's name, changed in place.");
        s.attr("region", |m| &mut m.region)
            .computed()
            .optional()
            .check(Check::NotEmpty)
            .replaces()
            .same_if(region::same)
            .doc(
                "The region, in any spelling, such as `East Coast (NY2)` or `ny2`. A change makes a new network. Without it the \
                 provider's `region` is used for a new one.",
            );
        s.attr("id", |m| &mut m.id).computed().doc("The network's id.");
        s.attr("network", |m| &mut m.network)
            .computed()
            .doc("The first of its addresses, such as `10.64.92.0`.");
        s.attr("netmask", |m| &mut m.netmask)
            .computed()
            .doc("Its mask, such as `255.255.255.0`.");
        s.attr("cidr", |m| &mut m.cidr)
            .computed()
            .doc("Both in short, such as `10.64.92.0/24`.");
        s.attr("created_at", |m| &mut m.created_at)
            .computed()
            .doc("When it was created, as an RFC 3339 date and time.");
        s.timeouts(|m| &mut m.timeouts, &[(Timeout::Delete, 15)]);
    }
}

/// A network and its mask in short, where both read as addresses.
fn cidr(network: Option<&str>, netmask: Option<&str>) -> Option<String> {
    let network = network?.trim();
    let address: std::net::Ipv4Addr = network.parse().ok()?;
    let mask = u32::from(netmask?.trim().parse::<std::net::Ipv4Addr>().ok()?);
    (mask.leading_ones() == mask.count_ones()).then(|| format!("{address}/{}", mask.leading_ones()))
}

/// The kind.
pub struct PrivateNetworks;

impl Kind for PrivateNetworks {
    const NOUN: &'static str = "private network";
    const KEY_LIKE: &'static str = "The network's id, such as `nwhoe4ox`.";
    const LIST: &'static str = "paperspace_private_networks";
    const HIDDEN: &'static str = "A team's default network of a region is Paperspace's own and cannot be imported: machines are \
                                  on it that have no `network_id`.";
    type Seen = Seen;

    fn facts(seen: &Seen) -> Facts {
        Facts {
            key: seen.id.clone(),
            name: seen.name.clone(),
            created: seen.dt_created.as_ref().and_then(|date| date.instant()),
            deleted: seen.dt_deleted.as_ref().and_then(|date| date.instant()),
            rest: Rest::At("made"),
            word: "made".into(),
        }
    }

    async fn page(client: &Client, scope: &Scope, after: Option<&str>) -> Result<Page<Seen>, Error> {
        let filter = Filter {
            name: scope.name.clone(),
            region: None,
        };
        client.private_network_page(&filter, after).await
    }

    async fn get(client: &Client, key: &str) -> Result<Told<Seen>, Error> {
        Ok(client.private_network(key).await?.map_or(Told::Null, Told::There))
    }

    async fn delete(client: &Client, key: &str) -> Result<Option<Event>, Error> {
        client.delete_private_network(key).await.map(|_| None)
    }
}

impl Managed for PrivateNetworks {
    const TYPE_NAME: &'static str = "paperspace_private_network";
    type Model = Network;
    const MOVES: &'static [Take<Network>] = taken::MOVES;
    const HELD: bool = true;
    const LOST: Option<&'static str> = Some("its range of addresses; what is on it has to leave first");

    fn key(model: &Network) -> &Tf<String> {
        &model.id
    }

    fn region(model: &mut Network) -> Option<&mut Tf<String>> {
        Some(&mut model.region)
    }

    fn scope(planned: &Network) -> Scope {
        Scope::named(planned.name.as_deref())
    }

    fn fits(planned: &Network, seen: &Seen) -> bool {
        let same_region = match (planned.region.as_deref(), seen.region.as_deref()) {
            (Some(planned), Some(seen)) => region::slug(planned) == region::slug(seen),
            _ => false,
        };
        same_region && planned.name.as_deref() == seen.name.as_deref()
    }

    fn observe(state: &mut Network, seen: &Seen) {
        let Seen {
            id,
            name,
            region,
            network,
            netmask,
            dt_created,
            dt_deleted: _,
        } = seen;
        state.id = Tf::Known(id.clone());
        state.name.tell(name.clone());
        state.region.tell(region.clone());
        state.cidr.tell(cidr(network.as_deref(), netmask.as_deref()));
        state.network.tell(network.clone());
        state.netmask.tell(netmask.clone());
        state.created_at.tell(dt_created.as_ref().map(ToString::to_string));
    }

    async fn create(client: &Client, change: &Change<Network, Note>) -> Result<Answer<Seen>, Error> {
        let request = CreatePrivateNetwork {
            name: change.planned.name.as_deref().unwrap_or_default().to_owned(),
            region: change.planned.region.as_deref().unwrap_or_default().to_owned(),
        };
        client.create_private_network(&request).await.map(Answer::from)
    }

    async fn update(
        client: &Client,
        from: &Network,
        change: &Change<Network, Note>,
    ) -> Result<Option<Answer<Seen>>, Error> {
        match (from.id.as_deref(), change.planned.name.as_deref()) {
            (Some(id), Some(name)) if from.name.as_deref() != Some(name) => client
                .rename_private_network(id, name)
                .await
                .map(|seen| Some(seen.into())),
            _ => Ok(None),
        }
    }

    async fn holders(client: &Client, state: &Network) -> Vec<Holder> {
        holders::of(client, state.id.as_deref().unwrap_or_default()).await
    }

    fn advise(error: &Error, diagnostic: &mut Diagnostic) {
        if error.is_refusal() && error.request.starts_with("DELETE ") {
            diagnostic.detail.push_str(
                "\n\nA network cannot be deleted while a machine or a shared drive is on it. Terraform destroys a network that \
                 was removed before it moves the machines that leave it: give the network `create_before_destroy`, or move the \
                 machines in an apply of its own first.",
            );
        }
    }
}

/// One network of a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkItem {
    id: Tf<String>,
    name: Tf<String>,
    region: Tf<String>,
    network: Tf<String>,
    netmask: Tf<String>,
    cidr: Tf<String>,
    created_at: Tf<String>,
}

impl Model for NetworkItem {
    fn declare(s: &mut Schema<Self>) {
        as_in::<Network>(s.attr("id", |m| &mut m.id));
        s.attr("name", |m| &mut m.name).computed().doc("The network's name.");
        s.attr("region", |m| &mut m.region).computed().doc("The region.");
        as_in::<Network>(s.attr("network", |m| &mut m.network));
        as_in::<Network>(s.attr("netmask", |m| &mut m.netmask));
        as_in::<Network>(s.attr("cidr", |m| &mut m.cidr));
        as_in::<Network>(s.attr("created_at", |m| &mut m.created_at));
    }
}

impl Item for NetworkItem {
    const NOUN: &'static str = PrivateNetworks::NOUN;

    fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    fn created_at(&self) -> Option<&str> {
        self.created_at.as_deref()
    }
}

impl Chosen for NetworkItem {
    const BY: &'static [By] = &[By::Name, By::Region];

    fn region(&self) -> Tf<String> {
        self.region.clone()
    }
}

impl Choosable for PrivateNetworks {
    type Item = NetworkItem;
    const REMARK: &'static str = "The default networks of the regions are left out: they are Paperspace's own.";

    fn item(seen: Seen) -> NetworkItem {
        let Seen {
            id,
            name,
            region,
            network,
            netmask,
            dt_created,
            dt_deleted: _,
        } = seen;
        NetworkItem {
            id: Tf::Known(id),
            name: name.into(),
            region: region.into(),
            cidr: cidr(network.as_deref(), netmask.as_deref()).into(),
            network: network.into(),
            netmask: netmask.into(),
            created_at: dt_created.map(|date| date.to_string()).into(),
        }
    }
}

impl Listable for PrivateNetworks {
    const ONE: &'static str = "paperspace_private_network";
    const PLURAL: &'static str = "private_networks";
    const ABOUT: &'static str = "Private networks of the team; a team's default networks are not among them.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_told_in_short_where_it_is_one() {
        for (network, netmask, expected) in [
            (Some("10.64.92.0"), Some("255.255.255.0"), Some("10.64.92.0/24")),
            (Some("10.0.0.0"), Some("255.0.0.0"), Some("10.0.0.0/8")),
            (Some("10.0.0.0"), Some("255.0.255.0"), None),
            (Some("10.0.0"), Some("255.0.0.0"), None),
            (Some("10.0.0.0"), None, None),
            (None, Some("255.0.0.0"), None),
        ] {
            assert_eq!(cidr(network, netmask).as_deref(), expected, "{network:?} {netmask:?}");
        }
    }

    #[test]
    fn only_a_network_of_name_and_region_fits() {
        let planned = Network {
            name: Tf::Known("n".to_owned()),
            region: Tf::Known("ny2".to_owned()),
            ..Network::default()
        };
        for (name, region, fits) in [
            ("n", Some("East Coast (NY2)"), true),
            ("m", Some("ny2"), false),
            ("n", Some("ca1"), false),
            ("n", None, false),
        ] {
            let seen = Seen {
                id: "n1".to_owned(),
                name: Some(name.to_owned()),
                region: region.map(str::to_owned),
                network: None,
                netmask: None,
                dt_created: None,
                dt_deleted: None,
            };
            assert_eq!(PrivateNetworks::fits(&planned, &seen), fits, "{seen:?}");
        }
    }
}
