//! A team's world: its records and how they begin.
//!
//! Time comes in as a [`Now`]. What operations do to machines is in `machine`, what binds one kind of record to the
//! others stands with that kind; the world knows nothing of HTTP, of keys, or of how an answer is written.

use serde::{Deserialize, Serialize};

use super::catalog::{self, REGIONS};
use super::clock::Now;
use super::config::TeamConfig;
use super::ids::Ids;
use super::kinds::events::Event;
use super::kinds::private_networks::PrivateNetwork;
use super::kinds::public_ips::PublicIp;
use super::kinds::shared_drives::SharedDrive;
use super::kinds::snapshots::Snapshot;
use super::kinds::startup_scripts::StartupScript;
use super::kinds::templates::Template;
use super::kinds::users::User;
use super::machine::lifecycle::Operation;
use super::machine::{Machine, Requested, State};
use super::seed::{self, MachineSeed, Seed};
use super::sight::Sight;

/// Everything of one team.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct World {
    /// The team's identifier.
    pub team_id: String,
    /// The team's name.
    pub team_name: String,
    /// When the team, its default networks and its first users were made.
    pub dt_created: String,
    /// How many machines it may have.
    pub max_machines: u64,
    /// Whether a create must name a user.
    pub must_name_user: bool,
    /// Why the account may make no machines, if it may not.
    pub barred: Option<String>,
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
            dt_created: now.stamp.clone(),
            max_machines: team.max_machines,
            must_name_user: team.must_name_user,
            barred: None,
            users: seed.users.clone(),
            taken_emails: seed.taken_emails.clone(),
            machines: Vec::new(),
            events: Vec::new(),
            operations: Vec::new(),
            templates: Vec::new(),
            startup_scripts: seed.startup_scripts.clone(),
            private_networks: Vec::new(),
            public_ips: Vec::new(),
            snapshots: seed.snapshots.clone(),
            shared_drives: seed.shared_drives.clone(),
            next_address: 0,
            next_network: 0,
        };
        world.furnish(seed, ids, now);
        world
    }

    /// Adds what a seed leaves to be filled in.
    fn furnish(&mut self, seed: Seed, ids: &mut Ids, now: &Now) {
        for mut template in seed.templates {
            if template.available_machine_types.is_empty() {
                template.available_machine_types = seed::availability(|_| true);
            }
            self.templates.push(template);
        }
        for region in REGIONS {
            let id = ids.short("n", 7, region.slug);
            self.add_network(id, "default".to_owned(), region.slug, true, Sight::default(), now);
        }
        for network in seed.private_networks {
            let slug = catalog::region(&network.region).map_or("ny2", |region| region.slug);
            self.add_network(network.id, network.name, slug, false, Sight::default(), now);
        }
        for machine in seed.machines {
            self.add_seeded(machine, ids, now);
        }
        let dates = self
            .templates
            .iter_mut()
            .map(|template| &mut template.dt_created)
            .chain(self.startup_scripts.iter_mut().map(|script| &mut script.dt_created))
            .chain(self.snapshots.iter_mut().map(|snapshot| &mut snapshot.dt_created))
            .chain(self.shared_drives.iter_mut().map(|drive| &mut drive.dt_created));
        for date in dates.filter(|date| date.is_empty()) {
            date.clone_from(&now.stamp);
        }
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
        let id = seed.id.unwrap_or_else(|| ids.machine(&seed.name));
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
            user_id: self.owner_id(),
            accessor_ids: Vec::new(),
            enable_nvlink: false,
            take_initial_snapshot: false,
            email_password: true,
            idle_since: now.work,
            snapshot_since: now.work,
            sight: Sight::default(),
            dt_created: now.stamp.clone(),
            dt_modified: now.stamp.clone(),
            dt_deleted: None,
        };
        self.machines.push(machine);
        self.give_address(&id, now);
    }

    /// The user who holds the team's own keys.
    pub fn owner_id(&self) -> String {
        let owner = self.users.first();
        owner.map_or_else(|| "u0nobody".to_owned(), |user| user.id.clone())
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

    /// The number of the next network.
    pub(crate) fn next_network(&mut self) -> u32 {
        let number = self.next_network;
        self.next_network += 1;
        number
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

    /// Deletes a machine at this moment, with whatever hangs on it: its snapshots go, its static address stays.
    pub fn delete_machine(&mut self, machine_id: &str, now: &Now) {
        self.call_off(machine_id, now);
        self.detach_address(machine_id);
        for script in &mut self.startup_scripts {
            script.assigned_machine_ids.retain(|assigned| assigned != machine_id);
        }
        for snapshot in &mut self.snapshots {
            if snapshot.machine_id == machine_id && snapshot.dt_deleted.is_none() {
                snapshot.dt_deleted = Some(now.stamp.clone());
            }
        }
        if let Some(machine) = self.machine_mut(machine_id) {
            machine.requested = Requested::Deleted;
            machine.state = State::Off;
            machine.private_ip = None;
            machine.dt_modified.clone_from(&now.stamp);
            machine.dt_deleted = Some(now.stamp.clone());
            machine.sight.deleted_at = Some(now.work);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_begins_as_its_seed_says() {
        let seed: Seed = serde_json::from_str(
            r#"{"machines": [{"name": "old", "machineType": "p4000", "templateId": "tqqsxr6b", "diskSize": 100,
                              "region": "West Coast (CA1)", "state": "off", "publicIpType": "static"}],
                "templates": [{"id": "tqqsxr6b", "name": "Ubuntu", "isPublic": true, "agentType": "LinuxDesktop",
                               "operatingSystemLabel": "Ubuntu 20.04 Desktop"}],
                "privateNetworks": [{"id": "n1", "name": "lab", "region": "ams1"}],
                "startupScripts": [{"id": "sc1", "name": "setup", "script": "true"}],
                "sharedDrives": [{"id": "sd1", "name": "data", "region": "ams1", "networkId": "n1", "size": 250,
                                  "mountPoint": "//10.0.0.9/sd1", "username": "u", "password": "p"}]}"#,
        )
        .unwrap();
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
            world.own_network("n1").map(|network| network.region.as_str()),
            Some("ams1")
        );
        assert_eq!(world.own_network(&world.default_network("ca1")), None);
        let dates = [
            &world.templates[0].dt_created,
            &world.startup_scripts[0].dt_created,
            &world.shared_drives[0].dt_created,
        ];
        assert_eq!(dates, ["now"; 3]);
        assert!(world.startup_scripts[0].is_enabled);
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
