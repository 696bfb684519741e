//! What a world holds when it begins.
//!
//! A seed is data and reads from JSON in the API's field names; what is left out takes the default world's. The
//! default world has the operating systems a person would look for and two templates of the team's own.

use serde::{Deserialize, Serialize};

use super::catalog::{self, MachineType};
use super::record::{
    PublicIpType, SharedDrive, Sight, Snapshot, StartupScript, State, Template, TypeAvailability, User,
};

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
    /// Startup scripts of the team.
    pub startup_scripts: Vec<StartupScript>,
    /// Snapshots of the machines.
    pub snapshots: Vec<Snapshot>,
    /// Shared drives on the networks.
    pub shared_drives: Vec<SharedDrive>,
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
            startup_scripts: Vec::new(),
            snapshots: Vec::new(),
            shared_drives: Vec::new(),
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

/// The service's templates have the ids that its clients know them by.
fn default_templates() -> Vec<Template> {
    let any = |_: &MachineType| true;
    // The largest accelerators need a recent system, and Windows has no drivers for them.
    let older = |kind: &MachineType| !kind.label.starts_with("H100") && !kind.label.starts_with("A100-80G");
    let accelerated = |kind: &MachineType| kind.accelerator.is_some() && older(kind);
    let windows = |kind: &MachineType| older(kind) && !kind.label.starts_with("A100") && kind.label != "C1";
    let only = |label: &'static str| move |kind: &MachineType| kind.label == label;
    let (desktop, headless) = ("LinuxDesktop", "LinuxHeadless");
    let (jammy, focal) = ("Ubuntu 22.04 Server", "Ubuntu 20.04 Desktop");
    let ml = |id: &str, name: &str, runs_on: &dyn Fn(&MachineType) -> bool| {
        template(id, &format!("ML-in-a-Box {name}"), headless, jammy, Some(100), runs_on)
    };
    let public = [
        template("t0nspur5", "Ubuntu 22.04 Server", headless, jammy, Some(50), any),
        template("tkni3aa4", "Ubuntu 22.04", headless, jammy, Some(50), any),
        template(
            "tub24srv",
            "Ubuntu 24.04",
            headless,
            "Ubuntu 24.04 Server",
            Some(50),
            any,
        ),
        template(
            "tdesk224",
            "Ubuntu 22.04 Desktop",
            desktop,
            "Ubuntu 22.04 Desktop",
            None,
            older,
        ),
        template("tdesk204", "Ubuntu 20.04 Desktop", desktop, focal, None, older),
        ml("twnlo3zj", "V100 A4000", &accelerated),
        ml("tqqsxr6b", "A100-80G", &only("A100-80G")),
        ml("tvimtol9", "A100-80Gx8", &only("A100-80Gx8")),
        ml("tilqt47t", "H100", &only("H100")),
        ml("t7vp562h", "H100x8", &only("H100x8")),
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
    ];
    let own = |template: Template, region: &str, parent: &str| Template {
        is_public: false,
        region: Some(region.to_owned()),
        parent_machine_id: Some(parent.to_owned()),
        ..template
    };
    let team = [
        own(
            template("tqk2m7ab", "web base", headless, jammy, Some(50), any),
            "ny2",
            "ps0builder",
        ),
        own(
            template("tw4x9c0d", "training base", desktop, focal, Some(100), older),
            "ca1",
            "ps0builder",
        ),
    ];
    public.into_iter().chain(team).collect()
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
        sight: Sight::default(),
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
        assert!(own.iter().all(|template| template.parent_machine_id.is_some()));
        for (id, label) in [
            ("t0nspur5", "C5"),
            ("t7vp562h", "H100x8"),
            ("tilqt47t", "H100"),
            ("tvimtol9", "A100-80Gx8"),
            ("tqqsxr6b", "A100-80G"),
            ("twnlo3zj", "V100"),
            ("twnlo3zj", "GPU+"),
            ("twnlo3zj", "P4000"),
            ("twnlo3zj", "A4000"),
        ] {
            let template = public.iter().find(|template| template.id == id).unwrap();
            let mut types = template.available_machine_types.iter();
            assert!(
                types.any(|kind| kind.machine_type_label == label && kind.is_available),
                "{id} {label}"
            );
        }
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
