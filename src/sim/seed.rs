//! What a world holds when it begins.
//!
//! A seed is data and reads from JSON in the API's field names; what is left out takes the default world's. The
//! default world has the operating systems a person would look for and two templates of the team's own.

use serde::{Deserialize, Serialize};

use super::catalog::{self, MachineType};
use super::record::{PublicIpType, State, Template, TypeAvailability, User};

/// The beginning of a world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Seed {
    /// Templates, the service's (`isPublic`) and the team's.
    pub templates: Vec<Template>,
    /// Machines that are there already.
    pub machines: Vec<MachineSeed>,
    /// Private networks of the team.
    pub private_networks: Vec<NetworkSeed>,
    /// Members of the team; the first one holds the API keys.
    pub users: Vec<User>,
    /// Email addresses of accounts outside the team.
    pub taken_emails: Vec<String>,
}

impl Default for Seed {
    fn default() -> Self {
        Self {
            templates: default_templates(),
            machines: Vec::new(),
            private_networks: Vec::new(),
            users: vec![
                user("u1owner", "ada@example.com", "Ada", "Owner", true),
                user("u2member", "ben@example.com", "Ben", "Member", false),
            ],
            taken_emails: vec!["taken@example.com".to_owned()],
        }
    }
}

/// A machine that is there from the beginning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MachineSeed {
    /// `ps...`; made up when left out.
    #[serde(default)]
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// A label of the catalogue.
    pub machine_type: String,
    /// One of the templates.
    pub template_id: String,
    /// In GB.
    pub disk_size: u64,
    /// Slug or label.
    pub region: String,
    /// Its state; ready when left out.
    #[serde(default = "ready")]
    pub state: State,
    /// Its network; the region's default when left out.
    #[serde(default)]
    pub network_id: Option<String>,
    /// Its kind of public address; none when left out.
    #[serde(default = "no_address")]
    pub public_ip_type: PublicIpType,
}

fn ready() -> State {
    State::Ready
}

fn no_address() -> PublicIpType {
    PublicIpType::None
}

/// A private network that is there from the beginning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkSeed {
    /// `n...`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Slug or label.
    pub region: String,
}

fn user(id: &str, email: &str, first: &str, last: &str, leads: bool) -> User {
    User {
        id: id.to_owned(),
        email: email.to_owned(),
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        is_admin: leads,
        is_owner: leads,
    }
}

fn default_templates() -> Vec<Template> {
    let any = |_: &MachineType| true;
    // The largest accelerators need a recent system, and Windows has no drivers for them.
    let older = |kind: &MachineType| !kind.label.starts_with("H100") && !kind.label.starts_with("A100-80G");
    let accelerated = |kind: &MachineType| kind.accelerator.is_some();
    let windows = |kind: &MachineType| older(kind) && !kind.label.starts_with("A100") && kind.label != "C1";
    let mut team = [
        template(
            "tqk2m7ab",
            "web base",
            "LinuxHeadless",
            "Ubuntu 22.04 Server",
            Some(50),
            any,
        ),
        template(
            "tw4x9c0d",
            "training base",
            "LinuxDesktop",
            "Ubuntu 20.04 Desktop",
            Some(100),
            older,
        ),
    ];
    for (own, region) in team.iter_mut().zip(["ny2", "ca1"]) {
        own.is_public = false;
        own.region = Some(region.to_owned());
        own.parent_machine_id = Some("ps0builder".to_owned());
    }
    [
        template(
            "t0nspur5",
            "Ubuntu 24.04",
            "LinuxHeadless",
            "Ubuntu 24.04 Server",
            Some(50),
            any,
        ),
        template(
            "tkni3aa4",
            "Ubuntu 22.04",
            "LinuxHeadless",
            "Ubuntu 22.04 Server",
            Some(50),
            any,
        ),
        template(
            "tvimtol9",
            "Ubuntu 22.04 Desktop",
            "LinuxDesktop",
            "Ubuntu 22.04 Desktop",
            None,
            older,
        ),
        template(
            "t7vp562h",
            "Ubuntu 20.04",
            "LinuxHeadless",
            "Ubuntu 20.04 Server",
            Some(50),
            older,
        ),
        template(
            "tqqsxr6b",
            "Ubuntu 20.04 Desktop",
            "LinuxDesktop",
            "Ubuntu 20.04 Desktop",
            None,
            older,
        ),
        template(
            "tmun4o2g",
            "ML-in-a-Box Ubuntu 22.04",
            "LinuxHeadless",
            "Ubuntu 22.04 Server",
            Some(100),
            accelerated,
        ),
        template(
            "twnlo3zj",
            "ML-in-a-Box Ubuntu 20.04",
            "LinuxDesktop",
            "Ubuntu 20.04 Desktop",
            Some(100),
            |kind| accelerated(kind) && older(kind),
        ),
        template(
            "tx81g2ee",
            "Windows 10",
            "WindowsDesktop",
            "Windows 10 (Server 2019)",
            Some(50),
            windows,
        ),
        template(
            "t9dz5s1k",
            "Windows Server 2022",
            "WindowsDesktop",
            "Windows Server 2022",
            Some(50),
            windows,
        ),
    ]
    .into_iter()
    .chain(team)
    .collect()
}

fn template(
    id: &str,
    name: &str,
    agent_type: &str,
    operating_system: &str,
    default_size_gb: Option<u64>,
    runs_on: impl Fn(&MachineType) -> bool,
) -> Template {
    Template {
        id: id.to_owned(),
        name: name.to_owned(),
        is_public: true,
        agent_type: agent_type.to_owned(),
        operating_system_label: operating_system.to_owned(),
        region: None,
        default_size_gb,
        available_machine_types: availability(runs_on),
        parent_machine_id: None,
        dt_created: String::new(),
        dt_deleted: None,
    }
}

/// The whole list of machine types, each marked by whether a template runs on it.
pub fn availability(runs_on: impl Fn(&MachineType) -> bool) -> Vec<TypeAvailability> {
    let types = catalog::machine_types().into_iter();
    types
        .map(|kind| TypeAvailability {
            is_available: runs_on(&kind),
            machine_type_label: kind.label,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_world_has_both_kinds_of_templates() {
        let seed = Seed::default();
        let (public, own): (Vec<_>, Vec<_>) = seed.templates.iter().partition(|template| template.is_public);
        assert!(public.iter().all(|template| template.region.is_none()));
        assert!(own.iter().all(|template| template.region.is_some()));
        assert!(public.len() > 5 && own.len() == 2);
        let mut ids: Vec<_> = seed.templates.iter().map(|template| &template.id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), seed.templates.len());
    }

    #[test]
    fn a_seed_from_json_may_say_only_what_differs() {
        let seed: Seed = serde_json::from_str(
            r#"{"machines": [{"name": "m", "machineType": "C5", "templateId": "tkni3aa4", "diskSize": 50, "region": "ny2"}]}"#,
        )
        .unwrap();
        assert_eq!(seed.templates, Seed::default().templates);
        assert_eq!(seed.machines[0].state, State::Ready);
        serde_json::from_str::<Seed>(r#"{"machnies": []}"#).unwrap_err();
    }
}
