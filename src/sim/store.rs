//! A team's world: its records, how they are found, and what binds them together.
//!
//! Time comes in as a [`Now`]. What operations do to the records is in `operations`; the store knows nothing of HTTP,
//! of keys, or of how an answer is written.

use serde::{Deserialize, Serialize};

use super::catalog::{self, REGIONS};
use super::clock::{Now, TimeMode};
use super::config::TeamConfig;
use super::ids::Ids;
use super::lifecycle::Operation;
use super::quirks::Lingering;
use super::record::{
    AccountStanding, AutoscalingGroup, Event, Machine, PrivateNetwork, PublicIp, PublicIpType, Requested, SharedDrive,
    Snapshot, StartupScript, State, Template, User,
};
use super::seed::{self, MachineSeed};

/// Everything of one team.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct World {
    /// The team's identifier.
    pub team_id: String,
    /// The team's name.
    pub team_name: String,
    /// How many machines it may have.
    pub max_machines: u64,
    /// Whether a create must name a user.
    pub must_name_user: bool,
    /// Whether the account may make machines.
    pub standing: AccountStanding,
    /// The members; the first one holds the keys.
    pub users: Vec<User>,
    /// Email addresses of accounts outside the team.
    pub taken_emails: Vec<String>,
    /// The machines, deleted ones too.
    pub machines: Vec<Machine>,
    /// The events.
    pub events: Vec<Event>,
    /// What is under way.
    pub operations: Vec<Operation>,
    /// The templates, the service's and the team's.
    pub templates: Vec<Template>,
    /// The startup scripts.
    pub startup_scripts: Vec<StartupScript>,
    /// The private networks, the hidden default ones too.
    pub private_networks: Vec<PrivateNetwork>,
    /// The static public addresses.
    pub public_ips: Vec<PublicIp>,
    /// The snapshots.
    pub snapshots: Vec<Snapshot>,
    /// The shared drives.
    pub shared_drives: Vec<SharedDrive>,
    /// The autoscaling groups.
    pub autoscaling_groups: Vec<AutoscalingGroup>,
    next_address: u32,
    next_network: u32,
}

impl World {
    /// The beginning of a team's world.
    pub fn new(team: &TeamConfig, ids: &mut Ids, now: &Now) -> Self {
        let seed = team.seed.clone();
        let mut world = Self {
            team_id: team.id.clone(),
            team_name: team.name.clone(),
            max_machines: team.max_machines,
            must_name_user: team.must_name_user,
            standing: AccountStanding::default(),
            users: seed.users,
            taken_emails: seed.taken_emails,
            machines: Vec::new(),
            events: Vec::new(),
            operations: Vec::new(),
            templates: seed.templates,
            startup_scripts: Vec::new(),
            private_networks: Vec::new(),
            public_ips: Vec::new(),
            snapshots: Vec::new(),
            shared_drives: Vec::new(),
            autoscaling_groups: Vec::new(),
            next_address: 0,
            next_network: 0,
        };
        for template in &mut world.templates {
            if template.dt_created.is_empty() {
                template.dt_created.clone_from(&now.stamp);
            }
            if template.available_machine_types.is_empty() {
                template.available_machine_types = seed::availability(|_| true);
            }
        }
        for region in REGIONS {
            let id = ids.short("n", 7);
            world.add_network(id, "default".to_owned(), region.slug, true, now);
        }
        for network in seed.private_networks {
            let slug = catalog::region(&network.region).map_or("ny2", |region| region.slug);
            world.add_network(network.id, network.name, slug, false, now);
        }
        for machine in seed.machines {
            world.add_seeded(machine, ids, now);
        }
        world
    }

    fn add_seeded(&mut self, seed: MachineSeed, ids: &mut Ids, now: &Now) {
        let region = catalog::region(&seed.region).map_or("ny2", |region| region.slug);
        let network_id = seed.network_id.unwrap_or_else(|| self.default_network(region));
        let template = self.templates.iter().find(|template| template.id == seed.template_id);
        let (os, agent_type) = template.map_or_else(
            || ("Ubuntu 22.04 Server".to_owned(), "LinuxHeadless".to_owned()),
            |template| (template.operating_system_label.clone(), template.agent_type.clone()),
        );
        let running = seed.state != State::Off;
        let id = seed.id.unwrap_or_else(|| ids.machine());
        let machine = Machine {
            id: id.clone(),
            name: seed.name,
            state: seed.state,
            requested: if running { Requested::On } else { Requested::Off },
            os,
            machine_type: catalog::machine_type(&seed.machine_type).map_or(seed.machine_type, |kind| kind.label),
            agent_type,
            template_id: seed.template_id,
            disk_size: seed.disk_size,
            provisioned: true,
            region: region.to_owned(),
            private_ip: Some(self.private_address()),
            network_id,
            public_ip: None,
            public_ip_type: seed.public_ip_type,
            auto_shutdown_enabled: false,
            auto_shutdown_timeout: None,
            auto_shutdown_force: None,
            auto_snapshot_enabled: false,
            auto_snapshot_frequency: None,
            auto_snapshot_save_count: None,
            restore_point_enabled: false,
            restore_point_frequency: None,
            restore_point_snapshot_id: None,
            user_id: self.session_user_id(),
            accessor_ids: Vec::new(),
            enable_nvlink: false,
            take_initial_snapshot: false,
            email_password: true,
            idle_since: now.work,
            hidden_from_gets: 0,
            hidden_from_lists: 0,
            looks_since_deleted: 0,
            deleted_at: None,
            dt_created: now.stamp.clone(),
            dt_modified: now.stamp.clone(),
            dt_deleted: None,
        };
        self.machines.push(machine);
        self.give_address(&id, now);
    }

    /// The user who holds the API keys.
    pub fn session_user_id(&self) -> String {
        self.users
            .first()
            .map_or_else(|| "u0nobody".to_owned(), |user| user.id.clone())
    }

    /// The machine of that id, deleted or not.
    pub fn machine(&self, id: &str) -> Option<&Machine> {
        self.machines.iter().find(|machine| machine.id == id)
    }

    /// The machine of that id, deleted or not.
    pub fn machine_mut(&mut self, id: &str) -> Option<&mut Machine> {
        self.machines.iter_mut().find(|machine| machine.id == id)
    }

    /// The event of that id.
    pub fn event(&self, id: &str) -> Option<&Event> {
        self.events.iter().find(|event| event.id == id)
    }

    /// The machines that are not deleted.
    pub fn live_machines(&self) -> impl Iterator<Item = &Machine> {
        self.machines.iter().filter(|machine| !machine.is_deleted())
    }

    /// The id of the hidden default network of a region.
    pub fn default_network(&self, slug: &str) -> String {
        let default = self
            .private_networks
            .iter()
            .find(|network| network.is_default && network.region == slug);
        default.map(|network| network.id.clone()).unwrap_or_default()
    }

    /// The network of that id, if the API shows it.
    pub fn visible_network(&self, id: &str) -> Option<&PrivateNetwork> {
        let mut networks = self.private_networks.iter();
        networks.find(|network| network.id == id && !network.is_default && network.dt_deleted.is_none())
    }

    /// Makes a network.
    pub fn add_network(&mut self, id: String, name: String, slug: &str, is_default: bool, now: &Now) {
        let number = self.next_network;
        self.next_network += 1;
        self.private_networks.push(PrivateNetwork {
            id,
            name,
            region: slug.to_owned(),
            network: format!("10.{}.{}.0", 64 + number / 256 % 64, number % 256),
            netmask: "255.255.255.0".to_owned(),
            is_default,
            dt_created: now.stamp.clone(),
            dt_deleted: None,
        });
    }

    fn next_address(&mut self) -> u32 {
        self.next_address += 1;
        self.next_address
    }

    /// A fresh private address.
    pub fn private_address(&mut self) -> String {
        let number = self.next_address();
        format!("10.0.{}.{}", number / 254 % 256, number % 254 + 1)
    }

    /// A fresh public address, from the range set apart for measuring networks.
    pub fn public_address(&mut self) -> String {
        let number = self.next_address();
        format!("198.18.{}.{}", number / 254 % 256, number % 254 + 1)
    }

    /// Gives a machine the public address it is due: a static one always, a dynamic one while it runs.
    pub fn give_address(&mut self, machine_id: &str, now: &Now) {
        let Some(machine) = self.machine(machine_id) else {
            return;
        };
        let due = match machine.public_ip_type {
            PublicIpType::Static => true,
            PublicIpType::Dynamic => machine.state != State::Off,
            PublicIpType::None => false,
        };
        if !due || machine.public_ip.is_some() {
            return;
        }
        let (is_static, region) = (machine.public_ip_type == PublicIpType::Static, machine.region.clone());
        let ip = self.public_address();
        if is_static {
            self.public_ips.push(PublicIp {
                ip: ip.clone(),
                region,
                assigned_machine_id: Some(machine_id.to_owned()),
                goes_with_machine: true,
                dt_created: now.stamp.clone(),
                dt_deleted: None,
            });
        }
        if let Some(machine) = self.machine_mut(machine_id) {
            machine.public_ip = Some(ip);
        }
    }

    /// Takes a dynamic address away, as a stop does.
    pub fn take_dynamic_address(&mut self, machine_id: &str) {
        if let Some(machine) = self.machine_mut(machine_id)
            && machine.public_ip_type == PublicIpType::Dynamic
        {
            machine.public_ip = None;
        }
    }

    /// Takes a machine's public address away; one that came with the machine is given back altogether.
    pub fn take_address(&mut self, machine_id: &str, now: &Now) {
        for ip in &mut self.public_ips {
            if ip.assigned_machine_id.as_deref() == Some(machine_id) {
                ip.assigned_machine_id = None;
                if ip.goes_with_machine {
                    ip.dt_deleted = Some(now.stamp.clone());
                }
            }
        }
        if let Some(machine) = self.machine_mut(machine_id) {
            machine.public_ip = None;
        }
    }

    /// Deletes a machine at this moment, with whatever hangs on it.
    pub fn delete_machine(&mut self, machine_id: &str, now: &Now) {
        self.take_address(machine_id, now);
        for script in &mut self.startup_scripts {
            script.assigned_machine_ids.retain(|assigned| assigned != machine_id);
        }
        if let Some(machine) = self.machine_mut(machine_id) {
            machine.requested = Requested::Deleted;
            machine.state = State::Off;
            machine.private_ip = None;
            machine.dt_modified.clone_from(&now.stamp);
            machine.dt_deleted = Some(now.stamp.clone());
            machine.deleted_at = Some(now.work);
        }
    }

    /// Whether a GET still, or already, finds a machine; counts the look.
    pub fn finds(&mut self, machine_id: &str, mode: TimeMode, lingering: Lingering, now: &Now) -> bool {
        let Some(machine) = self.machine_mut(machine_id) else {
            return false;
        };
        if machine.hidden_from_gets > 0 {
            machine.hidden_from_gets -= 1;
            return false;
        }
        if !machine.is_deleted() {
            return true;
        }
        machine.looks_since_deleted = machine.looks_since_deleted.saturating_add(1);
        match mode {
            TimeMode::Auto { .. } | TimeMode::Explicit => {
                let lingers = lingering.seconds.saturating_mul(1000);
                machine
                    .deleted_at
                    .is_some_and(|deleted| now.work < deleted.saturating_add(lingers))
            }
            TimeMode::PerPoll { .. } | TimeMode::Immediate => machine.looks_since_deleted <= lingering.looks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::seed::{NetworkSeed, Seed};

    #[test]
    fn a_world_begins_as_its_seed_says() {
        let seed: Seed = serde_json::from_str(
            r#"{"machines": [{"name": "old", "machineType": "p4000", "templateId": "tqqsxr6b", "diskSize": 100,
                              "region": "West Coast (CA1)", "state": "off", "publicIpType": "static"}],
                "templates": [{"id": "tqqsxr6b", "name": "Ubuntu", "isPublic": true, "agentType": "LinuxDesktop",
                               "operatingSystemLabel": "Ubuntu 20.04 Desktop"}]}"#,
        )
        .unwrap();
        let network = NetworkSeed {
            id: "n1".to_owned(),
            name: "lab".to_owned(),
            region: "ams1".to_owned(),
        };
        let seed = Seed {
            private_networks: vec![network],
            ..seed
        };
        let team = TeamConfig {
            seed,
            ..TeamConfig::default()
        };
        let now = Now {
            work: 0,
            stamp: "now".to_owned(),
        };
        let world = World::new(&team, &mut Ids::new(1), &now);
        let machine = &world.machines[0];
        assert_eq!(
            (machine.machine_type.as_str(), machine.region.as_str()),
            ("P4000", "ca1")
        );
        assert_eq!(
            (machine.os.as_str(), machine.state),
            ("Ubuntu 20.04 Desktop", State::Off)
        );
        assert_eq!(machine.network_id, world.default_network("ca1"));
        assert_eq!(world.public_ips[0].assigned_machine_id.as_ref(), Some(&machine.id));
        assert_eq!(
            world.visible_network("n1").map(|network| network.region.as_str()),
            Some("ams1")
        );
        assert_eq!(world.visible_network(&world.default_network("ca1")), None);
        assert_eq!(world.templates[0].dt_created, "now");
        assert!(
            world.templates[0]
                .available_machine_types
                .iter()
                .all(|kind| kind.is_available)
        );
        assert_eq!(
            world,
            World::new(&team, &mut Ids::new(1), &now),
            "the same seed, the same world"
        );
    }
}
