//! The attributes of `paperspace_machine`, each declared once.

use std::collections::BTreeSet;
use std::fmt;

use crate::provider::region;
use crate::schema::{Check, Model, Nested, Schema, Timeout, Timeouts};
use crate::value::{Number, Tf, Value};

/// How a public IP address is assigned.
pub(super) const PUBLIC_IP_TYPES: &[&str] = &["static", "dynamic", "none"];
/// A list of what would do.
const PREFERENCES: Check = Check::Custom("", |value| match value {
    Value::List(elements) if elements.is_empty() => Err("must name at least one, but is empty".to_owned()),
    Value::List(elements)
        if elements
            .iter()
            .any(|one| one.as_str().is_some_and(|one| one.trim().is_empty())) =>
    {
        Err("must not hold an empty name".to_owned())
    }
    _ => Ok(()),
});
/// How often a snapshot can be taken by itself.
pub(super) const SNAPSHOT_FREQUENCIES: &[&str] = &["hourly", "daily", "weekly", "monthly"];

/// A `paperspace_machine` block.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(
    missing_docs,
    reason = "each field is described where it is declared, once for code and documentation"
)]
pub struct Machine {
    pub id: Tf<String>,
    pub name: Tf<String>,
    pub machine_type: Tf<String>,
    pub machine_types: Tf<Vec<Tf<String>>>,
    pub template_id: Tf<String>,
    pub disk_size: Tf<i64>,
    pub region: Tf<String>,
    pub regions: Tf<Vec<Tf<String>>>,
    pub network_id: Tf<String>,
    pub public_ip_type: Tf<String>,
    pub start_on_create: Tf<bool>,
    pub power_state: Tf<String>,
    pub auto_shutdown_enabled: Tf<bool>,
    pub auto_shutdown_timeout: Tf<i64>,
    pub auto_shutdown_force: Tf<bool>,
    pub auto_snapshot_enabled: Tf<bool>,
    pub auto_snapshot_frequency: Tf<String>,
    pub auto_snapshot_save_count: Tf<i64>,
    pub restore_point_enabled: Tf<bool>,
    pub restore_point_frequency: Tf<String>,
    pub restore_point_snapshot_id: Tf<String>,
    pub take_initial_snapshot: Tf<bool>,
    pub email_password: Tf<bool>,
    pub enable_nvlink: Tf<bool>,
    pub startup_script_id: Tf<String>,
    pub accessor_ids: Tf<BTreeSet<String>>,
    pub user_id: Tf<String>,
    pub new_user: Tf<Nested<NewUser>>,
    pub deletion_protection: Tf<bool>,
    pub timeouts: Tf<Timeouts>,
    pub state: Tf<String>,
    pub os: Tf<String>,
    pub agent_type: Tf<String>,
    pub cpus: Tf<i64>,
    pub ram: Tf<i64>,
    pub storage_total: Tf<i64>,
    pub accelerators: Tf<Vec<Nested<Accelerator>>>,
    pub private_ip: Tf<String>,
    pub public_ip: Tf<String>,
    pub usage_rate: Tf<Number>,
    pub storage_rate: Tf<Number>,
    pub created_at: Tf<String>,
}

/// A user to be created on the team together with the machine.
#[derive(Clone, Default, PartialEq)]
pub struct NewUser {
    pub email: Tf<String>,
    pub first_name: Tf<String>,
    pub last_name: Tf<String>,
    pub password: Tf<String>,
}

impl fmt::Debug for NewUser {
    /// Everything but the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser")
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

/// GPUs of one kind in a machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Accelerator {
    pub name: Tf<String>,
    pub memory: Tf<i64>,
    pub count: Tf<i64>,
}

impl Model for Machine {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "A Paperspace machine: a virtual computer, most often with GPUs, billed by the hour while it is on, and for \
             its storage as long as it exists.",
        );
        arguments(s);
        lifecycle_arguments(s);
        results(s);
        s.timeouts(
            |m| &mut m.timeouts,
            &[(Timeout::Create, 30), (Timeout::Update, 30), (Timeout::Delete, 15)],
        );
    }
}

fn arguments(s: &mut Schema<Machine>) {
    s.attr("name", |m| &mut m.name)
        .required()
        .check(Check::NotEmpty)
        .doc("The machine's name, changed in place. Several machines may have the same name.");
    s.attr("machine_type", |m| &mut m.machine_type)
        .computed()
        .optional()
        .check(Check::NotEmpty)
        .same_if(same_ignoring_case)
        .doc(
            "The machine type, such as `C5`, `P4000` or `A100-80Gx8`; upper and lower case are the same. A change is made in \
             place: a machine that is on is stopped for it and started again. Exactly one of it and `machine_types` is needed; \
             with the latter, it tells which type the machine got.",
        );
    s.attr("machine_types", |m| &mut m.machine_types)
        .adopted()
        .conflicts_with("machine_type")
        .check(PREFERENCES)
        .doc(
            "Machine types that would do, the most wanted first, for types that are not always to be had. A new machine is of \
             the first one that can be had in any of the `regions`. Afterwards the list says only what is acceptable: a machine \
             whose type is in it is left alone, in whatever order, and one whose type is no longer in it is changed in place to \
             the first.",
        );
    s.attr("template_id", |m| &mut m.template_id)
        .check(Check::NotEmpty)
        .replaces()
        .adopted()
        .doc(
            "The id of the template that the machine is made from; see the data source `paperspace_templates`. A new machine \
             needs one, and a change makes a new machine. Paperspace does not tell the template of an existing machine, so \
             after an import the configured value is adopted, and removing it leaves the machine as it is.",
        );
    s.attr("disk_size", |m| &mut m.disk_size).required().at_least(1).doc(
        "The size of the disk in GB of 2^30 bytes. It can grow in place, for which a machine that is on is stopped and \
             started again; a disk never shrinks. Paperspace offers 50, 100, 250, 500, 1000 and 2000, and a few more.",
    );
    s.attr("region", |m| &mut m.region)
        .computed()
        .optional()
        .check(Check::NotEmpty)
        .replaces()
        .same_if(region::same)
        .doc(
            "The region: `East Coast (NY2)`, `West Coast (CA1)` or `Europe (AMS1)`, or in short `ny2`, `ca1` or `ams1`. A \
             change makes a new machine. Without it the provider's `region` is used for a new machine; with `regions`, it tells \
             where the machine is.",
        );
    s.attr("regions", |m| &mut m.regions)
        .adopted()
        .conflicts_with("region")
        .conflicts_with("network_id")
        .check(PREFERENCES)
        .doc(
            "Regions that would do, the most wanted first, in the place of the provider's `region`: all of them are tried with \
             the first machine type, then with the next one. Afterwards the list says only what is acceptable: a machine in one \
             of them is left alone, in whatever order, and one that is in none of them is replaced. An address that has to \
             survive a replacement needs `region`, and so does a private network.",
        );
    s.attr("network_id", |m| &mut m.network_id)
        .computed()
        .optional()
        .check(Check::NotEmpty)
        .doc(
            "The id of the private network that the machine is on, changed in place. Without it a new machine is put on the \
             team's default network of the region. Removing the argument leaves the machine where it is, since a machine \
             cannot be moved back to the default network.",
        );
    s.attr("public_ip_type", |m| &mut m.public_ip_type)
        .computed()
        .optional()
        .one_of(PUBLIC_IP_TYPES)
        .doc(
            "How the machine gets a public IP address, changed in place: `static` keeps one, `dynamic` takes one at each start \
             and gives it back at each stop, `none` has none.",
        );
    s.attr("auto_shutdown_enabled", |m| &mut m.auto_shutdown_enabled)
        .computed()
        .optional()
        .doc("Whether the machine turns itself off when it is idle. That it then is off is no drift unless `power_state` is set.");
    s.attr("auto_shutdown_timeout", |m| &mut m.auto_shutdown_timeout)
        .computed()
        .optional()
        .at_least(1)
        .needs_true("auto_shutdown_enabled")
        .doc("After how many hours the machine turns itself off.");
    s.attr("auto_shutdown_force", |m| &mut m.auto_shutdown_force)
        .computed()
        .optional()
        .needs_true("auto_shutdown_enabled")
        .doc("Whether the machine turns itself off even while it is in use.");
    s.attr("auto_snapshot_enabled", |m| &mut m.auto_snapshot_enabled)
        .computed()
        .optional()
        .doc("Whether a snapshot of the disk is taken regularly.");
    s.attr("auto_snapshot_frequency", |m| &mut m.auto_snapshot_frequency)
        .computed()
        .optional()
        .one_of(SNAPSHOT_FREQUENCIES)
        .needs_true("auto_snapshot_enabled")
        .doc("How often a snapshot is taken.");
    s.attr("auto_snapshot_save_count", |m| &mut m.auto_snapshot_save_count)
        .computed()
        .optional()
        .between(1, 9)
        .needs_true("auto_snapshot_enabled")
        .doc("How many of these snapshots are kept.");
    s.attr("restore_point_enabled", |m| &mut m.restore_point_enabled)
        .computed()
        .optional()
        .doc("Whether the disk goes back to a restore point, as set by `restore_point_frequency`.");
    s.attr("restore_point_frequency", |m| &mut m.restore_point_frequency)
        .computed()
        .optional()
        .one_of(&["shutdown"])
        .doc("When the disk goes back to the restore point.");
    s.attr("restore_point_snapshot_id", |m| &mut m.restore_point_snapshot_id)
        .computed()
        .optional()
        .check(Check::NotEmpty)
        .doc(
            "The id of the snapshot that is the restore point. It is one of this machine's own snapshots, so it can be set only \
             after the machine was created.",
        );
    s.attr("enable_nvlink", |m| &mut m.enable_nvlink)
        .replaces()
        .adopted()
        .doc(
            "Whether the GPUs of a multi-GPU machine are linked by NVLink. A change makes a new machine. Paperspace does not \
             tell it of an existing machine, so after an import the configured value is adopted.",
        );
    s.attr("startup_script_id", |m| &mut m.startup_script_id)
        .check(Check::NotEmpty)
        .doc("The id of the startup script that runs when the machine starts, changed in place.");
    s.attr("accessor_ids", |m| &mut m.accessor_ids)
        .doc(
            "The ids of further users of the team who may use the machine, added and removed in place. Without it they are left \
             as they are; an empty set takes the machine from all.",
        );
}

fn lifecycle_arguments(s: &mut Schema<Machine>) {
    s.attr("power_state", |m| &mut m.power_state)
        .one_of(&["on", "off"])
        .conflicts_with("start_on_create")
        .doc(
            "Whether the machine is kept `on` or `off`: it is created that way, and a machine found otherwise is started or \
             stopped at the next apply. Without it the machine's power is not managed, and whatever it does is no drift.",
        );
    s.attr("start_on_create", |m| &mut m.start_on_create).create_only().doc(
        "Whether the machine is started when it is created, which it is by default. A later change only changes the \
             state; use `power_state` to turn a machine on or off.",
    );
    s.attr("take_initial_snapshot", |m| &mut m.take_initial_snapshot)
        .create_only()
        .doc("Whether a snapshot is taken as soon as the machine is created. A later change only changes the state.");
    s.attr("email_password", |m| &mut m.email_password).create_only().doc(
        "Whether the password of the new machine is sent by email, which it is by default. A later change only changes \
             the state.",
    );
    s.attr("user_id", |m| &mut m.user_id)
        .check(Check::NotEmpty)
        .replaces()
        .adopted()
        .conflicts_with("new_user")
        .doc(
            "The id of the user who gets the machine. A team's administrator must name one, here or as `new_user`. A change \
             makes a new machine.",
        );
    s.attr("new_user", |m| &mut m.new_user)
        .create_only()
        .doc(
            "A user to be created on the team who gets the machine. It counts only when the machine is created; a later change \
             only changes the state. A create that fails may have made the user all the same; then name it by `user_id`.",
        );
    s.attr("deletion_protection", |m| &mut m.deletion_protection)
        .default_value(Value::Bool(false))
        .doc(
            "Whether Terraform refuses to destroy or replace the machine. To destroy it, apply `deletion_protection = false` \
             first.",
        );
}

fn results(s: &mut Schema<Machine>) {
    s.attr("id", |m| &mut m.id)
        .computed()
        .doc("The machine's id, such as `ps8fe3mg1`.");
    s.attr("state", |m| &mut m.state)
        .computed()
        .doc(
            "What the machine was doing when it was last read: `off`, `starting`, `stopping`, `restarting`, `serviceready`, \
             `ready`, `upgrading` or `provisioning`.",
        );
    s.attr("os", |m| &mut m.os)
        .computed()
        .doc("The operating system, such as `Ubuntu 22.04 Server`.");
    s.attr("agent_type", |m| &mut m.agent_type)
        .computed()
        .doc("The kind of Paperspace agent that runs on the machine, such as `LinuxHeadless`.");
    s.attr("cpus", |m| &mut m.cpus)
        .computed()
        .doc("The number of virtual CPUs.");
    s.attr("ram", |m| &mut m.ram).computed().doc("The memory in bytes.");
    s.attr("storage_total", |m| &mut m.storage_total)
        .computed()
        .doc("The size of the disk in bytes.");
    s.attr("accelerators", |m| &mut m.accelerators)
        .computed()
        .doc("The GPUs, by kind.");
    s.attr("private_ip", |m| &mut m.private_ip)
        .computed()
        .doc("The IP address on the private network.");
    s.attr("public_ip", |m| &mut m.public_ip)
        .computed()
        .doc("The public IP address; null while there is none.");
    s.attr("usage_rate", |m| &mut m.usage_rate)
        .computed()
        .doc("What the machine costs while it is on, in dollars per hour.");
    s.attr("storage_rate", |m| &mut m.storage_rate)
        .computed()
        .doc("What its storage costs as long as it exists, in dollars per hour.");
    s.attr("created_at", |m| &mut m.created_at)
        .computed()
        .doc("When the machine was created, as an RFC 3339 date and time.");
}

impl Model for NewUser {
    fn declare(s: &mut Schema<Self>) {
        s.attr("email", |m| &mut m.email)
            .required()
            .check(Check::NotEmpty)
            .doc("The new user's email address, which must not belong to a Paperspace account yet.");
        s.attr("first_name", |m| &mut m.first_name)
            .required()
            .check(Check::NotEmpty)
            .doc("The new user's first name.");
        s.attr("last_name", |m| &mut m.last_name)
            .required()
            .check(Check::NotEmpty)
            .doc("The new user's last name.");
        s.attr("password", |m| &mut m.password)
            .required()
            .sensitive()
            .write_only()
            .check(Check::NotEmpty)
            .doc("The new user's first password. It reaches Paperspace and is stored nowhere; needs Terraform 1.11 or later.");
    }
}

impl Model for Accelerator {
    fn declare(s: &mut Schema<Self>) {
        s.attr("name", |m| &mut m.name).computed().doc("The kind of GPU.");
        s.attr("memory", |m| &mut m.memory)
            .computed()
            .doc("The memory of each GPU in bytes.");
        s.attr("count", |m| &mut m.count)
            .computed()
            .doc("How many GPUs of this kind there are.");
    }
}

fn same_ignoring_case(a: &Value, b: &Value) -> bool {
    matches!((a.as_str(), b.as_str()), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b))
}
