//! What machines do by themselves as time goes by: they turn off when idle, and have snapshots taken.
//!
//! Both only where the quirks say so, since a fast clock passes hours within a test.

use super::operations::Mover;
use super::{Machine, Requested, State};
use crate::sim::world::World;

const HOUR: u64 = 3_600_000;

/// Milliseconds between automatic snapshots.
fn interval(frequency: &str) -> Option<u64> {
    match frequency {
        "hourly" => Some(HOUR),
        "daily" => Some(24 * HOUR),
        "weekly" => Some(7 * 24 * HOUR),
        "monthly" => Some(30 * 24 * HOUR),
        _ => None,
    }
}

/// When the next automatic snapshot of a machine is due, if it has any.
fn due(machine: &Machine) -> Option<u64> {
    let wanted = machine.auto_snapshot_enabled && machine.provisioned && !machine.is_leaving();
    let frequency = machine.auto_snapshot_frequency.as_deref().filter(|_| wanted)?;
    Some(machine.snapshot_since.saturating_add(interval(frequency)?))
}

impl World {
    /// Does what is due at this moment.
    pub(super) fn pass_time(&mut self, mover: &mut Mover<'_>) {
        if mover.quirks.idle_shutdown {
            self.shut_down_idle(mover);
        }
        if mover.quirks.automatic_snapshots {
            self.take_automatic_snapshots(mover);
        }
    }

    fn shut_down_idle(&mut self, mover: &Mover<'_>) {
        let now = mover.now;
        let idle = |machine: &&Machine| {
            let timeout = machine.auto_shutdown_timeout.filter(|_| machine.auto_shutdown_enabled);
            let is_over =
                timeout.is_some_and(|hours| now.work.saturating_sub(machine.idle_since) >= hours.saturating_mul(HOUR));
            is_over && machine.state == State::Ready && !machine.is_leaving()
        };
        let ids: Vec<String> = self
            .machines
            .iter()
            .filter(idle)
            .map(|machine| machine.id.clone())
            .collect();
        for id in ids {
            if self.operations.iter().any(|operation| operation.about == id) {
                continue;
            }
            if let Some(machine) = self.machine_mut(&id) {
                machine.state = State::Off;
                machine.requested = Requested::Off;
                machine.dt_modified.clone_from(&now.stamp);
            }
            self.take_dynamic_address(&id);
        }
    }

    /// Takes the latest snapshot that is due, and lets the oldest ones go beyond the number that is kept. What came
    /// due in between would be gone again by now.
    fn take_automatic_snapshots(&mut self, mover: &mut Mover<'_>) {
        let now = mover.now;
        let due: Vec<String> = self
            .machines
            .iter()
            .filter(|machine| due(machine).is_some_and(|due| due <= now.work))
            .map(|machine| machine.id.clone())
            .collect();
        for id in due {
            let Some(machine) = self.machine_mut(&id) else { continue };
            machine.snapshot_since = now.work;
            let kept = machine.auto_snapshot_save_count.unwrap_or(1);
            let name = format!("{} {}", machine.name, now.stamp);
            self.add_snapshot(&id, name, true, mover.quirks, mover.ids, now);
            let mut own = self.snapshots.iter_mut().rev();
            let automatic = own.by_ref().filter(|snapshot| {
                snapshot.machine_id == id && snapshot.is_auto_snapshot && snapshot.dt_deleted.is_none()
            });
            for old in automatic.skip(usize::try_from(kept).unwrap_or(usize::MAX)) {
                old.dt_deleted = Some(now.stamp.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use crate::sim::State;
    use crate::sim::http::client::Client;

    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn an_idle_machine_turns_itself_off_only_if_that_is_simulated() {
        let client = Client::explicit().await;
        let wanted = json!({"autoShutdownEnabled": true, "autoShutdownTimeout": 1, "publicIpType": "dynamic"});
        client.machine(&wanted).await;
        client.sim.finish_all();
        client.sim.advance(HOUR);
        assert_eq!(client.sim.world().machines[0].state, State::Ready);
        client.sim.switch(|quirks| quirks.idle_shutdown = true);
        let machine = client.sim.world().machines[0].clone();
        assert_eq!((machine.state, machine.public_ip), (State::Off, None));
    }

    #[tokio::test]
    async fn a_machine_is_not_idle_before_its_time() {
        let client = Client::explicit().await;
        client.sim.switch(|quirks| quirks.idle_shutdown = true);
        client
            .machine(&json!({"autoShutdownEnabled": true, "autoShutdownTimeout": 1}))
            .await;
        client.sim.finish_all();
        client.sim.advance(HOUR - Duration::from_secs(1));
        assert_eq!(client.sim.world().machines[0].state, State::Ready);
        client.sim.advance(Duration::from_secs(1));
        assert_eq!(client.sim.world().machines[0].state, State::Off);
    }

    #[tokio::test]
    async fn automatic_snapshots_give_way_to_newer_ones() {
        let client = Client::explicit().await;
        client.sim.switch(|quirks| quirks.automatic_snapshots = true);
        let wanted = json!({
            "autoSnapshotEnabled": true, "autoSnapshotFrequency": "hourly", "autoSnapshotSaveCount": 2,
        });
        let machine = client.machine(&wanted).await;
        client.sim.finish_all();
        client
            .post("/snapshots", &json!({"machineId": machine["id"], "name": "by hand"}))
            .await;
        client.sim.finish_all();
        let mut counts = Vec::new();
        for _ in 0..4 {
            client.sim.advance(HOUR);
            let items = client.get("/snapshots").await.1["items"].clone();
            counts.push(items.as_array().unwrap().len());
            assert_eq!(items[0]["isAutoSnapshot"], true);
        }
        assert_eq!(counts, [2, 3, 3, 3], "the one by hand stays");
        let path = format!("/machines/{}", machine["id"].as_str().unwrap());
        client.put(&path, &json!({"autoSnapshotEnabled": false})).await;
        let before = client.get("/snapshots").await.1;
        client.sim.advance(HOUR);
        assert_eq!(client.get("/snapshots").await.1, before);
    }
}
