//! The body of `POST /machines`: what it may say, and how it is read.
//!
//! Reading complains of what no world could fulfil: wrong types, unknown words, a type that the region does not offer.
//! What this world has is checked in `machine_create`.

use super::call::Call;
use super::form::Form;
use super::machine_update::AutoShutdown;
use super::problem::Problem;
use crate::sim::catalog::{self, MachineType, Region};
use crate::sim::record::PublicIpType;

/// The words for how often snapshots are taken.
pub(crate) const SNAPSHOT_FREQUENCIES: [&str; 4] = ["hourly", "daily", "weekly", "monthly"];

/// What a create asks for, read but not checked against the world.
pub(crate) struct Wanted {
    pub name: String,
    pub machine_type: MachineType,
    pub template_id: String,
    pub disk_size: u64,
    pub region: Region,
    pub network_id: Option<String>,
    pub public_ip_type: PublicIpType,
    pub auto_shutdown: AutoShutdown,
    pub auto_snapshot_enabled: bool,
    pub auto_snapshot_frequency: Option<String>,
    pub auto_snapshot_save_count: Option<u64>,
    pub take_initial_snapshot: bool,
    pub restore_point_enabled: bool,
    pub restore_point_frequency: Option<String>,
    pub startup_script_id: Option<String>,
    pub email_password: bool,
    pub start_on_create: bool,
    pub enable_nvlink: bool,
    pub accessor_ids: Vec<String>,
    pub owner: Owner,
}

/// Who gets the machine.
pub(crate) enum Owner {
    /// Whoever holds the key.
    Session,
    /// A member of the team.
    Member(String),
    /// Someone to be made a member.
    New {
        email: String,
        first_name: String,
        last_name: String,
    },
}

/// Reads the body.
pub(crate) fn read(call: &Call<'_>) -> Result<Wanted, Problem> {
    let mut form = call.form()?;
    let name = form.required_text("name");
    let machine_type = machine_type_of(&mut form, true);
    let template_id = form.required_text("templateId");
    let disk_size = form.required_number("diskSize", 1, u64::from(u32::MAX));
    if disk_size > 0 {
        check_disk_size(call, &mut form, disk_size);
    }
    let region = Call::region_of(&mut form);
    if let (Some(kind), Some(region)) = (&machine_type, region)
        && !kind.is_offered_in(region.slug)
    {
        form.complain(
            "machineType",
            &format!("{} is not offered in {}", kind.label, region.label),
        );
    }
    let owner = read_owner(&mut form);
    if matches!(owner, Owner::Session) && call.world.must_name_user {
        form.complain(
            "userId",
            "a team administrator must name the user, by userId or by email and password",
        );
    }
    let network_id = form.text("networkId");
    let public_ip_type = public_ip_type_of(&mut form).unwrap_or(PublicIpType::None);
    let auto_shutdown = AutoShutdown::read(&mut form);
    let auto_snapshot_enabled = form.flag("autoSnapshotEnabled").unwrap_or(false);
    let auto_snapshot_frequency = form.choice("autoSnapshotFrequency", &SNAPSHOT_FREQUENCIES);
    let auto_snapshot_save_count = form.number("autoSnapshotSaveCount", 1, 9);
    let take_initial_snapshot = form.flag("takeInitialSnapshot").unwrap_or(false);
    let restore_point_enabled = form.flag("restorePointEnabled").unwrap_or(false);
    let restore_point_frequency = form.choice("restorePointFrequency", &["shutdown"]);
    let startup_script_id = form.text("startupScriptId");
    let email_password = form.flag("emailPassword").unwrap_or(true);
    let start_on_create = form.flag("startOnCreate").unwrap_or(true);
    let enable_nvlink = form.flag("enableNvlink").unwrap_or(false);
    let accessor_ids = form.texts("accessorIds").unwrap_or_default();
    call.finish(form)?;
    // The form has complained already if either is missing.
    let (Some(machine_type), Some(region)) = (machine_type, region) else {
        return Err(Problem::invalid(Vec::new()));
    };
    Ok(Wanted {
        name,
        machine_type,
        template_id,
        disk_size,
        region,
        network_id,
        public_ip_type,
        auto_shutdown,
        auto_snapshot_enabled,
        auto_snapshot_frequency,
        auto_snapshot_save_count,
        take_initial_snapshot,
        restore_point_enabled,
        restore_point_frequency,
        startup_script_id,
        email_password,
        start_on_create,
        enable_nvlink,
        accessor_ids,
        owner,
    })
}

/// The machine type that a form names.
pub(crate) fn machine_type_of(form: &mut Form, required: bool) -> Option<MachineType> {
    let label = if required {
        form.required_text("machineType")
    } else {
        form.text("machineType")?
    };
    let kind = catalog::machine_type(&label);
    if kind.is_none() && !label.is_empty() {
        form.complain("machineType", "unknown machine type");
    }
    kind
}

/// Complains of a disk size that is not on offer.
pub(crate) fn check_disk_size(call: &Call<'_>, form: &mut Form, size: u64) {
    let offered = &call.config.disk_sizes;
    if !offered.is_empty() && !offered.contains(&size) {
        let sizes: Vec<String> = offered.iter().map(u64::to_string).collect();
        form.complain("diskSize", &format!("must be one of {}", sizes.join(", ")));
    }
}

/// The kind of public address that a form names.
pub(crate) fn public_ip_type_of(form: &mut Form) -> Option<PublicIpType> {
    match form.choice("publicIpType", &["static", "dynamic", "none"])?.as_str() {
        "static" => Some(PublicIpType::Static),
        "dynamic" => Some(PublicIpType::Dynamic),
        _ => Some(PublicIpType::None),
    }
}

fn read_owner(form: &mut Form) -> Owner {
    let user_id = form.text("userId");
    const NEW: [&str; 4] = ["email", "password", "firstName", "lastName"];
    if !NEW.iter().any(|name| form.has(name)) {
        return user_id.map_or(Owner::Session, Owner::Member);
    }
    if user_id.is_some() {
        form.complain("userId", "cannot be given together with a new user");
    }
    let email = form.required_text("email");
    if !email.is_empty() && !email.contains('@') {
        form.complain("email", "invalid email");
    }
    form.required_text("password");
    Owner::New {
        email,
        first_name: form.required_text("firstName"),
        last_name: form.required_text("lastName"),
    }
}
