//! How records look in answers: the API's fields and no others, in the forms that the quirks ask for.
//!
//! What the service does not tell (a machine's template, its script, its disk in GB) does not pass through here.

use serde_json::{Value, json};

use super::catalog;
use super::quirks::{NumberForm, Quirks, RegionForm};
use super::record::{
    AutoscalingGroup, Event, Machine, PrivateNetwork, PublicIp, SharedDrive, Snapshot, StartupScript, Template, User,
};

/// A count of bytes.
fn bytes(count: u64, quirks: &Quirks) -> Value {
    match quirks.numbers {
        NumberForm::Strings => json!(count.to_string()),
        NumberForm::Numbers => json!(count),
    }
}

/// A region, from its slug.
fn region(slug: &str, quirks: &Quirks) -> Value {
    match (quirks.regions, catalog::region(slug)) {
        (RegionForm::Label, Some(region)) => json!(region.label),
        _ => json!(slug),
    }
}

/// A machine.
pub fn machine(machine: &Machine, quirks: &Quirks) -> Value {
    const GIB: u64 = 1 << 30;
    let kind = catalog::machine_type(&machine.machine_type);
    let ram = kind.as_ref().map_or(0, |kind| kind.ram);
    let storage = machine.disk_size * GIB;
    let provisioned = |count: u64| bytes(if machine.provisioned { count } else { 0 }, quirks);
    let accelerators = kind.as_ref().and_then(|kind| kind.accelerator).map_or(
        Value::Null,
        |(name, memory, count)| json!([{"name": name, "memory": bytes(memory, quirks), "count": count}]),
    );
    let state = machine.state.as_str();
    let shown_state = quirks.shown_states.get(state).map_or(state, String::as_str);
    let agent_type = quirks
        .shown_agent_types
        .get(&machine.agent_type)
        .unwrap_or(&machine.agent_type);
    let dt_deleted = machine.dt_deleted.as_ref().filter(|_| quirks.lingering.dated);
    json!({
        "id": machine.id,
        "name": machine.name,
        "state": shown_state,
        "os": machine.os,
        "machineType": machine.machine_type,
        "agentType": agent_type,
        "cpus": kind.as_ref().map_or(0, |kind| kind.cpus),
        "ram": provisioned(ram),
        "storageTotal": provisioned(storage),
        "storageUsed": provisioned(storage / 8),
        "accelerators": accelerators,
        "region": region(&machine.region, quirks),
        "privateIp": machine.private_ip,
        "networkId": machine.network_id,
        "publicIp": machine.public_ip,
        "publicIpType": machine.public_ip_type.as_str(),
        "autoShutdownEnabled": machine.auto_shutdown_enabled,
        "autoShutdownTimeout": machine.auto_shutdown_timeout,
        "autoShutdownForce": machine.auto_shutdown_force,
        "autoSnapshotEnabled": machine.auto_snapshot_enabled,
        "autoSnapshotFrequency": machine.auto_snapshot_frequency,
        "autoSnapshotSaveCount": machine.auto_snapshot_save_count,
        "restorePointEnabled": machine.restore_point_enabled,
        "restorePointFrequency": machine.restore_point_frequency,
        "restorePointSnapshotId": machine.restore_point_snapshot_id,
        "updatesPending": false,
        "usageRate": kind.as_ref().map_or(0.0, |kind| kind.usage_rate),
        "storageRate": catalog::storage_rate(machine.disk_size),
        "reservation": null,
        "dtCreated": machine.dt_created,
        "dtModified": machine.dt_modified,
        "dtDeleted": dt_deleted,
    })
}

/// An event.
pub fn event(event: &Event, quirks: &Quirks) -> Value {
    let state = event.state.as_str();
    json!({
        "id": event.id,
        "name": event.name,
        "state": quirks.shown_event_states.get(state).map_or(state, String::as_str),
        "machineId": event.machine_id,
        "error": event.error,
        "dtCreated": event.dt_created,
        "dtStarted": event.dt_started,
        "dtFinished": event.dt_finished,
    })
}

/// The endpoints that a template is answered by; they differ in what they tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateFamily {
    /// `/templates`, for both kinds.
    Unified,
    /// `/custom-templates`.
    Custom,
    /// `/os-templates`.
    Os,
}

/// A template.
pub fn template(template: &Template, family: TemplateFamily, quirks: &Quirks) -> Value {
    let types: Vec<Value> = template
        .available_machine_types
        .iter()
        .map(|kind| json!({"machineTypeLabel": kind.machine_type_label, "isAvailable": kind.is_available}))
        .collect();
    let mut answer = json!({
        "id": template.id,
        "name": template.name,
        "agentType": template.agent_type,
        "operatingSystemLabel": template.operating_system_label,
        "defaultSizeGb": template.default_size_gb,
        "availableMachineTypes": types,
        "dtCreated": template.dt_created,
    });
    if family == TemplateFamily::Unified {
        answer["isPublic"] = json!(template.is_public);
    }
    if family != TemplateFamily::Os {
        answer["region"] = template
            .region
            .as_deref()
            .map_or(Value::Null, |slug| region(slug, quirks));
        answer["parentMachineId"] = json!(template.parent_machine_id);
    }
    if let Some(deleted) = &template.dt_deleted {
        answer["dtDeleted"] = json!(deleted);
    }
    answer
}

/// A user.
pub fn user(user: &User) -> Value {
    json!({"id": user.id, "email": user.email, "firstName": user.first_name, "lastName": user.last_name})
}

/// A startup script, without its text.
pub fn script(script: &StartupScript) -> Value {
    json!({
        "id": script.id,
        "name": script.name,
        "description": script.description,
        "isEnabled": script.is_enabled,
        "isRunOnce": script.is_run_once,
        "assignedMachineIds": script.assigned_machine_ids,
        "dtCreated": script.dt_created,
        "dtDeleted": script.dt_deleted,
    })
}

/// A private network.
pub fn network(network: &PrivateNetwork, quirks: &Quirks) -> Value {
    json!({
        "id": network.id,
        "name": network.name,
        "region": region(&network.region, quirks),
        "network": network.network,
        "netmask": network.netmask,
        "dtCreated": network.dt_created,
        "dtDeleted": network.dt_deleted,
    })
}

/// A static public address.
pub fn public_ip(ip: &PublicIp, quirks: &Quirks) -> Value {
    json!({
        "ip": ip.ip,
        "region": region(&ip.region, quirks),
        "assignedMachineId": ip.assigned_machine_id,
        "dtCreated": ip.dt_created,
    })
}

/// A snapshot.
pub fn snapshot(snapshot: &Snapshot) -> Value {
    json!({
        "id": snapshot.id,
        "name": snapshot.name,
        "machineId": snapshot.machine_id,
        "isAutoSnapshot": snapshot.is_auto_snapshot,
    })
}

/// A shared drive, its password included.
pub fn drive(drive: &SharedDrive, quirks: &Quirks) -> Value {
    json!({
        "id": drive.id,
        "name": drive.name,
        "region": region(&drive.region, quirks),
        "networkId": drive.network_id,
        "size": drive.size,
        "mountPoint": drive.mount_point,
        "username": drive.username,
        "password": drive.password,
        "dtCreated": drive.dt_created,
        "dtDeleted": drive.dt_deleted,
    })
}

/// An autoscaling group.
pub fn autoscaling_group(group: &AutoscalingGroup) -> Value {
    json!({
        "id": group.id,
        "name": group.name,
        "clusterId": group.cluster_id,
        "machineType": group.machine_type,
        "templateId": group.template_id,
        "networkId": group.network_id,
        "startupScriptId": group.startup_script_id,
        "min": group.min,
        "max": group.max,
        "current": group.current,
        "provisioningTimeout": group.provisioning_timeout,
        "dtCreated": group.dt_created,
        "dtModified": group.dt_modified,
    })
}
