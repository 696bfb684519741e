//! What a request may say of a machine, at its creation and later: read once, checked once, applied once.
//!
//! Reading complains of what no world could fulfil: wrong types, unknown words. What this world has is checked where
//! the request is answered.

use super::{Machine, PublicIpType};
use crate::sim::catalog::{self, MachineType};
use crate::sim::config::Config;
use crate::sim::http::form::Form;
use crate::sim::quirks::Quirks;

/// The words for how often snapshots are taken.
const SNAPSHOT_FREQUENCIES: [&str; 4] = ["hourly", "daily", "weekly", "monthly"];

/// The hours after which the service turns idle machines off when nobody said otherwise: a week.
const DEFAULT_TIMEOUT: u64 = 168;

/// What a request says of a machine; what it leaves out is `None`.
#[derive(Debug)]
pub(crate) struct Settings {
    pub name: Option<String>,
    pub machine_type: Option<MachineType>,
    /// In GB.
    pub disk_size: Option<u64>,
    pub network_id: Option<String>,
    pub public_ip_type: Option<PublicIpType>,
    auto_shutdown_enabled: Option<bool>,
    auto_shutdown_timeout: Option<u64>,
    auto_shutdown_force: Option<bool>,
    auto_snapshot_enabled: Option<bool>,
    auto_snapshot_frequency: Option<String>,
    auto_snapshot_save_count: Option<u64>,
    restore_point_enabled: Option<bool>,
    restore_point_frequency: Option<String>,
}

impl Settings {
    /// Reads them from a form.
    pub fn read(form: &mut Form, config: &Config) -> Self {
        Self {
            name: form.text("name"),
            machine_type: machine_type(form),
            disk_size: disk_size(form, &config.disk_sizes),
            network_id: form.text("networkId"),
            public_ip_type: public_ip_type(form),
            auto_shutdown_enabled: form.flag("autoShutdownEnabled"),
            auto_shutdown_timeout: form.number("autoShutdownTimeout", 1, 24 * 365),
            auto_shutdown_force: form.flag("autoShutdownForce"),
            auto_snapshot_enabled: form.flag("autoSnapshotEnabled"),
            auto_snapshot_frequency: form.choice("autoSnapshotFrequency", &SNAPSHOT_FREQUENCIES),
            auto_snapshot_save_count: form.number("autoSnapshotSaveCount", 1, 9),
            restore_point_enabled: form.flag("restorePointEnabled"),
            restore_point_frequency: form.choice("restorePointFrequency", &["shutdown"]),
        }
    }

    /// Complains of what does not go together with a machine as it is, or with a new one.
    pub fn check(&self, form: &mut Form, before: Option<&Machine>, quirks: &Quirks) {
        let frequency = before.and_then(|machine| machine.auto_snapshot_frequency.as_ref());
        let turned_on = self.auto_snapshot_enabled == Some(true) && self.auto_snapshot_frequency.is_none();
        if quirks.snapshots_need_frequency && turned_on && frequency.is_none() {
            form.complain("autoSnapshotFrequency", "required to turn automatic snapshots on");
        }
    }

    /// Does what they say of everything but the type, the disk and the addresses, which take more than a word.
    pub fn apply(self, machine: &mut Machine, quirks: &Quirks) {
        if let Some(name) = self.name {
            machine.name = name;
        }
        let was_on = machine.auto_shutdown_enabled;
        machine.auto_shutdown_enabled = self.auto_shutdown_enabled.unwrap_or(was_on);
        if !machine.auto_shutdown_enabled {
            machine.auto_shutdown_timeout = None;
            machine.auto_shutdown_force = None;
        } else if !(was_on && quirks.sticky_auto_shutdown) {
            let timeout = self.auto_shutdown_timeout.or(machine.auto_shutdown_timeout);
            machine.auto_shutdown_timeout = timeout.or(Some(DEFAULT_TIMEOUT));
            let force = self.auto_shutdown_force.or(machine.auto_shutdown_force);
            machine.auto_shutdown_force = force.or(Some(false));
        }
        machine.auto_snapshot_enabled = self.auto_snapshot_enabled.unwrap_or(machine.auto_snapshot_enabled);
        let frequency = self.auto_snapshot_frequency.or(machine.auto_snapshot_frequency.take());
        let count = self.auto_snapshot_save_count.or(machine.auto_snapshot_save_count);
        // Turned on without a word, the service takes one a day and keeps one.
        let on = machine.auto_snapshot_enabled;
        machine.auto_snapshot_frequency = frequency.or_else(|| on.then(|| "daily".to_owned()));
        machine.auto_snapshot_save_count = count.or(on.then_some(1));
        machine.restore_point_enabled = self.restore_point_enabled.unwrap_or(machine.restore_point_enabled);
        machine.restore_point_frequency = self.restore_point_frequency.or(machine.restore_point_frequency.take());
    }
}

fn machine_type(form: &mut Form) -> Option<MachineType> {
    let label = form.text("machineType")?;
    let kind = catalog::machine_type(&label);
    if kind.is_none() {
        form.complain("machineType", "unknown machine type");
    }
    kind
}

/// A size in GB that is on offer; an empty list offers any.
fn disk_size(form: &mut Form, offered: &[u64]) -> Option<u64> {
    let size = form.number("diskSize", 1, u64::from(u32::MAX))?;
    if !offered.is_empty() && !offered.contains(&size) {
        let sizes: Vec<String> = offered.iter().map(u64::to_string).collect();
        form.complain("diskSize", &format!("must be one of {}", sizes.join(", ")));
    }
    Some(size)
}

fn public_ip_type(form: &mut Form) -> Option<PublicIpType> {
    match form.choice("publicIpType", &["static", "dynamic", "none"])?.as_str() {
        "static" => Some(PublicIpType::Static),
        "dynamic" => Some(PublicIpType::Dynamic),
        _ => Some(PublicIpType::None),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::sim::http::client::Client;
    use crate::sim::{Config, Quirks, TimeMode};

    /// The path of a fresh machine that differs from the plainest one so.
    async fn fresh(client: &Client, changes: &serde_json::Value) -> String {
        format!("/machines/{}", client.machine(changes).await["id"].as_str().unwrap())
    }

    #[tokio::test]
    async fn settings_mean_the_same_at_creation_and_later() {
        let client = Client::immediate().await;
        let settings = json!({
            "name": "worker", "publicIpType": "dynamic", "autoShutdownEnabled": true, "autoShutdownTimeout": 6,
            "autoShutdownForce": true, "autoSnapshotEnabled": true, "autoSnapshotFrequency": "weekly",
            "autoSnapshotSaveCount": 3, "restorePointEnabled": true, "restorePointFrequency": "shutdown",
        });
        let made = client.machine(&settings).await;
        let path = fresh(&client, &json!({})).await;
        let changed = client.put(&path, &settings).await.1["data"].clone();
        for (name, value) in settings.as_object().unwrap() {
            assert_eq!((&made[name], &changed[name]), (value, value), "{name}");
        }
    }

    #[tokio::test]
    async fn what_is_turned_on_without_a_word_has_the_services_values() {
        let client = Client::immediate().await;
        let on = json!({"autoShutdownEnabled": true, "autoSnapshotEnabled": true});
        let made = client.machine(&on).await;
        for (name, value) in [
            ("autoShutdownTimeout", json!(168)),
            ("autoShutdownForce", json!(false)),
            ("autoSnapshotFrequency", json!("daily")),
            ("autoSnapshotSaveCount", json!(1)),
        ] {
            assert_eq!(made[name], value, "{name}");
        }
        let path = format!("/machines/{}", made["id"].as_str().unwrap());
        let off = client.put(&path, &json!({"autoShutdownEnabled": false})).await.1["data"].clone();
        assert_eq!(
            (&off["autoShutdownTimeout"], &off["autoShutdownForce"]),
            (&json!(null), &json!(null))
        );
    }

    #[tokio::test]
    async fn snapshots_may_need_to_be_told_how_often() {
        let quirks = Quirks {
            snapshots_need_frequency: true,
            ..Quirks::default()
        };
        let client = Client::quirky(quirks).await;
        let path = fresh(&client, &json!({})).await;
        let on = json!({"autoSnapshotEnabled": true});
        assert_eq!(client.put(&path, &on).await.0, 400);
        client
            .put(
                &path,
                &json!({"autoSnapshotEnabled": true, "autoSnapshotFrequency": "hourly"}),
            )
            .await;
        client.put(&path, &json!({"autoSnapshotEnabled": false})).await;
        assert_eq!(
            client.put(&path, &on).await.1["data"]["autoSnapshotFrequency"],
            "hourly"
        );
    }

    #[tokio::test]
    async fn a_timeout_may_take_only_when_auto_shutdown_is_turned_on() {
        let client = Client::quirky(Quirks {
            sticky_auto_shutdown: true,
            ..Quirks::default()
        })
        .await;
        let path = fresh(&client, &json!({"autoShutdownEnabled": true, "autoShutdownTimeout": 6})).await;
        let timeout = async |body| client.put(&path, &body).await.1["data"]["autoShutdownTimeout"].clone();
        let change = json!({"autoShutdownEnabled": true, "autoShutdownTimeout": 8});
        assert_eq!(timeout(change.clone()).await, 6);
        assert_eq!(timeout(json!({"autoShutdownEnabled": false})).await, json!(null));
        assert_eq!(timeout(change).await, 8);
        client.sim.switch(|quirks| quirks.sticky_auto_shutdown = false);
        assert_eq!(timeout(json!({"autoShutdownTimeout": 24})).await, 24);
    }

    #[tokio::test]
    async fn any_disk_is_on_offer_unless_sizes_are_given() {
        let client = Client::immediate().await;
        assert_eq!(
            client.machine(&json!({"diskSize": 51})).await["storageTotal"],
            "54760833024"
        );
        let client = Client::of(Config {
            disk_sizes: vec![50, 100],
            time: TimeMode::Immediate,
            ..Config::default()
        })
        .await;
        let path = fresh(&client, &json!({"startOnCreate": false})).await;
        let (status, answer) = client.put(&path, &json!({"diskSize": 51})).await;
        assert_eq!(
            (status, &answer["issues"][0]["message"]),
            (400, &json!("diskSize: must be one of 50, 100"))
        );
    }
}
