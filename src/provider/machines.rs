//! `paperspace_machines`: the team's machines, and what a machine is to both data sources.
//!
//! Besides what the resource tells, these tell what changes by itself all the time, such as the disk space in use.

use super::machine::{self, Accelerator, Machine};
use super::name_regex::NameRegex;
use super::select::{self, Filter, Item, Sorting};
use crate::api::{self, Client, MachineFilter as MachineQuery};
use crate::diag::{Diagnostic, Diagnostics};
use crate::provider::{Configured, errors, region};
use crate::schema::{Attribute, Check, Model, Nested, Schema};
use crate::server::{Answered, Context, DataSource};
use crate::value::{Number, Tf};

/// A `paperspace_machines` block.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "each field is described where it is declared")]
pub struct MachinesConfig {
    pub filter: MachineFilter,
    pub sorting: Sorting,
    pub ids: Tf<Vec<String>>,
    pub machines: Tf<Vec<Nested<MachineItem>>>,
}

/// The arguments that choose among machines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MachineFilter {
    pub name: Tf<String>,
    pub name_regex: Tf<String>,
    pub region: Tf<String>,
    pub machine_type: Tf<String>,
    pub state: Tf<String>,
    pub agent_type: Tf<String>,
}

/// One machine of a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MachineItem {
    pub id: Tf<String>,
    pub name: Tf<String>,
    pub machine_type: Tf<String>,
    pub region: Tf<String>,
    pub state: Tf<String>,
    pub os: Tf<String>,
    pub agent_type: Tf<String>,
    pub cpus: Tf<i64>,
    pub ram: Tf<i64>,
    pub disk_size: Tf<i64>,
    pub storage_total: Tf<i64>,
    pub storage_used: Tf<i64>,
    pub accelerators: Tf<Vec<Nested<Accelerator>>>,
    pub network_id: Tf<String>,
    pub private_ip: Tf<String>,
    pub public_ip: Tf<String>,
    pub public_ip_type: Tf<String>,
    pub auto_shutdown_enabled: Tf<bool>,
    pub auto_shutdown_timeout: Tf<i64>,
    pub auto_shutdown_force: Tf<bool>,
    pub auto_snapshot_enabled: Tf<bool>,
    pub auto_snapshot_frequency: Tf<String>,
    pub auto_snapshot_save_count: Tf<i64>,
    pub restore_point_enabled: Tf<bool>,
    pub restore_point_frequency: Tf<String>,
    pub restore_point_snapshot_id: Tf<String>,
    pub updates_pending: Tf<bool>,
    pub usage_rate: Tf<Number>,
    pub storage_rate: Tf<Number>,
    pub reservation: Tf<Nested<ReservationItem>>,
    pub created_at: Tf<String>,
    pub modified_at: Tf<String>,
}

/// Capacity that the team has reserved and a machine runs on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReservationItem {
    pub id: Tf<String>,
    pub name: Tf<String>,
    pub is_active: Tf<bool>,
    pub started_at: Tf<String>,
    pub finished_at: Tf<String>,
}

impl Model for MachinesConfig {
    fn declare(s: &mut Schema<Self>) {
        s.describe(
            "Lists the team's machines, whoever made them. Every argument is optional, and each narrows the list down.",
        );
        s.embed(|m| &mut m.filter);
        s.embed(|m| &mut m.sorting);
        s.attr("ids", |m| &mut m.ids)
            .computed()
            .doc("The ids of the machines, in the order of `machines`.");
        s.attr("machines", |m| &mut m.machines)
            .computed()
            .doc("The machines, in the order that `sort_by` and `order` ask for.");
    }
}

impl Model for MachineFilter {
    fn declare(s: &mut Schema<Self>) {
        s.attr("name", |m| &mut m.name)
            .check(Check::NotEmpty)
            .doc("Only machines of exactly this name.");
        select::declare_name_regex(s, MachineItem::NOUN, |m| &mut m.name_regex);
        s.attr("region", |m| &mut m.region).check(Check::NotEmpty).doc(
            "Only machines in this region, in any spelling, such as `East Coast (NY2)` or `ny2`. The provider's own `region` \
             does not narrow the choice.",
        );
        s.attr("machine_type", |m| &mut m.machine_type)
            .check(Check::NotEmpty)
            .doc("Only machines of this type; upper and lower case are the same.");
        s.attr("state", |m| &mut m.state)
            .check(Check::NotEmpty)
            .doc("Only machines in this state, such as `ready` or `off`; upper and lower case are the same.");
        s.attr("agent_type", |m| &mut m.agent_type)
            .check(Check::NotEmpty)
            .doc("Only machines with this kind of agent, such as `LinuxHeadless`; upper and lower case are the same.");
    }
}

impl Model for MachineItem {
    fn declare(s: &mut Schema<Self>) {
        as_in_resource(s.attr("id", |m| &mut m.id));
        s.attr("name", |m| &mut m.name).computed().doc("The machine's name.");
        s.attr("machine_type", |m| &mut m.machine_type)
            .computed()
            .doc("The machine type, such as `C5` or `A100-80Gx8`.");
        s.attr("region", |m| &mut m.region).computed().doc("The region.");
        as_in_resource(s.attr("state", |m| &mut m.state));
        as_in_resource(s.attr("os", |m| &mut m.os));
        as_in_resource(s.attr("agent_type", |m| &mut m.agent_type));
        as_in_resource(s.attr("cpus", |m| &mut m.cpus));
        as_in_resource(s.attr("ram", |m| &mut m.ram));
        s.attr("disk_size", |m| &mut m.disk_size)
            .computed()
            .doc("The size of the disk in GB of 2^30 bytes; null while the machine has none yet.");
        as_in_resource(s.attr("storage_total", |m| &mut m.storage_total));
        s.attr("storage_used", |m| &mut m.storage_used)
            .computed()
            .doc("The disk space in use, in bytes.");
        as_in_resource(s.attr("accelerators", |m| &mut m.accelerators));
        s.attr("network_id", |m| &mut m.network_id).computed().doc(
            "The id of the private network that the machine is on, which may be the team's default network of the region.",
        );
        as_in_resource(s.attr("private_ip", |m| &mut m.private_ip));
        as_in_resource(s.attr("public_ip", |m| &mut m.public_ip));
        s.attr("public_ip_type", |m| &mut m.public_ip_type)
            .computed()
            .doc("How the machine gets a public IP address: `static`, `dynamic` or `none`.");
        schedules(s);
        s.attr("updates_pending", |m| &mut m.updates_pending)
            .computed()
            .doc("Whether updates of Paperspace's software on the machine wait to be installed.");
        as_in_resource(s.attr("usage_rate", |m| &mut m.usage_rate));
        as_in_resource(s.attr("storage_rate", |m| &mut m.storage_rate));
        s.attr("reservation", |m| &mut m.reservation)
            .computed()
            .doc("The reserved capacity that the machine runs on; null where there is none.");
        as_in_resource(s.attr("created_at", |m| &mut m.created_at));
        s.attr("modified_at", |m| &mut m.modified_at)
            .computed()
            .doc("When the machine's record last changed, as an RFC 3339 date and time.");
    }
}

/// What happens to the machine by schedule.
fn schedules(s: &mut Schema<MachineItem>) {
    s.attr("auto_shutdown_enabled", |m| &mut m.auto_shutdown_enabled)
        .computed()
        .doc("Whether the machine turns itself off when it is idle.");
    s.attr("auto_shutdown_timeout", |m| &mut m.auto_shutdown_timeout)
        .computed()
        .doc("After how many hours it does.");
    s.attr("auto_shutdown_force", |m| &mut m.auto_shutdown_force)
        .computed()
        .doc("Whether it does even while it is in use.");
    s.attr("auto_snapshot_enabled", |m| &mut m.auto_snapshot_enabled)
        .computed()
        .doc("Whether a snapshot of the disk is taken regularly.");
    s.attr("auto_snapshot_frequency", |m| &mut m.auto_snapshot_frequency)
        .computed()
        .doc("How often: `hourly`, `daily`, `weekly` or `monthly`.");
    s.attr("auto_snapshot_save_count", |m| &mut m.auto_snapshot_save_count)
        .computed()
        .doc("How many of these snapshots are kept.");
    s.attr("restore_point_enabled", |m| &mut m.restore_point_enabled)
        .computed()
        .doc("Whether the disk goes back to a restore point.");
    s.attr("restore_point_frequency", |m| &mut m.restore_point_frequency)
        .computed()
        .doc("When it does: `shutdown`.");
    s.attr("restore_point_snapshot_id", |m| &mut m.restore_point_snapshot_id)
        .computed()
        .doc("The id of the snapshot that is the restore point.");
}

/// Describes a result in the words of the resource's result of the same name.
fn as_in_resource(attribute: &mut Attribute) {
    let described = Machine::schema().block().attribute(attribute.name);
    let description = described.map(|described| described.description.clone());
    attribute.computed().doc(description.unwrap_or_default());
}

impl Model for ReservationItem {
    fn declare(s: &mut Schema<Self>) {
        s.attr("id", |m| &mut m.id).computed().doc("The reservation's id.");
        s.attr("name", |m| &mut m.name)
            .computed()
            .doc("The reservation's name.");
        s.attr("is_active", |m| &mut m.is_active)
            .computed()
            .doc("Whether the reservation is in force.");
        s.attr("started_at", |m| &mut m.started_at)
            .computed()
            .doc("When the reservation begins, as an RFC 3339 date and time.");
        s.attr("finished_at", |m| &mut m.finished_at)
            .computed()
            .doc("When the reservation ends, as an RFC 3339 date and time.");
    }
}

impl Filter for MachineFilter {
    type Item = MachineItem;

    fn name(&self) -> &Tf<String> {
        &self.name
    }

    fn name_regex(&self) -> &Tf<String> {
        &self.name_regex
    }

    fn failing(&self, regex: Option<&NameRegex>, item: &MachineItem) -> Vec<&'static str> {
        select::failing([
            ("name", select::is(&self.name, &item.name)),
            ("name_regex", select::matches(regex, &item.name)),
            ("region", select::is_region(&self.region, &item.region)),
            (
                "machine_type",
                select::is_ignoring_case(&self.machine_type, &item.machine_type),
            ),
            ("state", select::is_ignoring_case(&self.state, &item.state)),
            (
                "agent_type",
                select::is_ignoring_case(&self.agent_type, &item.agent_type),
            ),
        ])
    }

    fn arguments_of(item: &MachineItem) -> Vec<(&'static str, Tf<String>)> {
        vec![
            ("name", item.name.clone()),
            ("region", item.region.clone()),
            ("machine_type", item.machine_type.clone()),
            ("state", item.state.clone()),
            ("agent_type", item.agent_type.clone()),
        ]
    }
}

impl Item for MachineItem {
    const NOUN: &'static str = "machine";

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

impl From<api::Machine> for MachineItem {
    fn from(seen: api::Machine) -> Self {
        Self {
            disk_size: machine::disk_size(seen.storage_total).into(),
            id: Tf::Known(seen.id),
            name: seen.name.into(),
            machine_type: seen.machine_type.into(),
            region: seen.region.into(),
            state: seen.state.map(|state| state.as_str().to_owned()).into(),
            os: seen.os.into(),
            agent_type: seen.agent_type.into(),
            cpus: seen.cpus.into(),
            ram: seen.ram.into(),
            storage_total: seen.storage_total.into(),
            storage_used: seen.storage_used.into(),
            accelerators: Tf::Known(seen.accelerators.iter().map(machine::accelerator).collect()),
            network_id: seen.network_id.into(),
            private_ip: seen.private_ip.into(),
            public_ip: seen.public_ip.into(),
            public_ip_type: seen.public_ip_type.into(),
            auto_shutdown_enabled: seen.auto_shutdown_enabled.into(),
            auto_shutdown_timeout: seen.auto_shutdown_timeout.into(),
            auto_shutdown_force: seen.auto_shutdown_force.into(),
            auto_snapshot_enabled: seen.auto_snapshot_enabled.into(),
            auto_snapshot_frequency: seen.auto_snapshot_frequency.into(),
            auto_snapshot_save_count: seen.auto_snapshot_save_count.into(),
            restore_point_enabled: seen.restore_point_enabled.into(),
            restore_point_frequency: seen.restore_point_frequency.into(),
            restore_point_snapshot_id: seen.restore_point_snapshot_id.into(),
            updates_pending: seen.updates_pending.into(),
            usage_rate: machine::rate(seen.usage_rate),
            storage_rate: machine::rate(seen.storage_rate),
            reservation: seen.reservation.map(|reservation| Nested(reservation.into())).into(),
            created_at: text(seen.dt_created),
            modified_at: text(seen.dt_modified),
        }
    }
}

impl From<api::Reservation> for ReservationItem {
    fn from(reservation: api::Reservation) -> Self {
        Self {
            id: Tf::Known(reservation.id),
            name: reservation.name.into(),
            is_active: reservation.is_active.into(),
            started_at: text(reservation.dt_started),
            finished_at: text(reservation.dt_finished),
        }
    }
}

fn text(date: Option<api::Date>) -> Tf<String> {
    date.map(|date| date.as_str().to_owned()).into()
}

impl MachineFilter {
    /// What can be said about the arguments without the API.
    pub(super) fn validate(&self) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        diagnostics.extend(self.region.as_deref().and_then(region::unknown_warning));
        diagnostics.extend(self.state.as_deref().and_then(unknown_state));
        diagnostics
    }
}

/// A warning where no machine is known to have that state. The service may have more states than this version knows.
fn unknown_state(state: &str) -> Option<Diagnostic> {
    let known = api::MachineState::KNOWN;
    (!known.iter().any(|known| known.eq_ignore_ascii_case(state))).then(|| {
        Diagnostic::warning(
            "Unknown State",
            format!(
                "\"{state}\" is not a state that this version of the provider knows; these are {}. No machine may ever be in it.",
                known.join(", ")
            ),
        )
        .at("state")
    })
}

/// The machines of a name, or all; those deleted that still answer are left out.
///
/// The other arguments are not handed on to the service, which is not known to compare as they do.
pub(super) async fn fetch(client: &Client, name: Option<&str>) -> Result<Vec<MachineItem>, Diagnostic> {
    let query = MachineQuery {
        name: name.map(str::to_owned),
        ..MachineQuery::default()
    };
    let machines = client.machines(&query).await;
    let machines = machines.map_err(|error| errors::diagnostic("list the machines", &error))?;
    let there = machines.into_iter().filter(|machine| !machine.is_deleted());
    Ok(there.map(MachineItem::from).collect())
}

/// The data source.
pub struct MachinesSource;

impl DataSource for MachinesSource {
    type Model = MachinesConfig;
    type Configured = Configured;

    const TYPE_NAME: &'static str = "paperspace_machines";

    fn validate_config(config: &MachinesConfig) -> Diagnostics {
        config.filter.validate()
    }

    async fn read(
        context: &Context<Configured>,
        mut config: MachinesConfig,
    ) -> Result<Answered<MachinesConfig>, Diagnostics> {
        let client = context.configured.client.with_cancel(context.cancel.clone());
        let machines = fetch(&client, config.filter.name.as_deref()).await?;
        let mut machines = config.filter.choose(machines).await?;
        config.sorting.sort(&mut machines);
        config.ids = Tf::Known(machines.iter().map(|machine| machine.id().to_owned()).collect());
        config.machines = Tf::Known(machines.into_iter().map(Nested).collect());
        Ok(config.into())
    }
}
