//! What follows in a world when operations begin, go on and end.
//!
//! How an operation goes is `lifecycle`'s to say, from the moment and the looks it is given; this is where the records
//! are made to agree. Nothing here knows HTTP or a real clock.

use super::clock::{Now, TimeMode};
use super::ids::Ids;
use super::lifecycle::{Ending, Kind, Operation, WHOLE};
use super::quirks::Quirks;
use super::record::{Event, EventState, PublicIpType, Requested, Snapshot, State};
use super::store::World;

impl World {
    /// Whether a machine is in transition.
    pub fn is_busy(&self, machine_id: &str) -> bool {
        let mut operations = self.operations.iter();
        operations
            .any(|operation| operation.machine_id.as_deref() == Some(machine_id) && operation.kind.holds_machine())
    }

    /// Begins an operation and answers its event's id.
    pub fn begin(
        &mut self,
        machine_id: &str,
        kind: Kind,
        ending: Ending,
        quirks: &Quirks,
        ids: &mut Ids,
        now: &Now,
    ) -> String {
        let event = Event {
            id: ids.event(),
            name: kind.event_name().to_owned(),
            state: EventState::New,
            machine_id: Some(machine_id.to_owned()),
            error: None,
            dt_created: now.stamp.clone(),
            dt_started: None,
            dt_finished: None,
        };
        let id = event.id.clone();
        self.events.push(event);
        let prior = self.machine(machine_id).map_or(State::Off, |machine| machine.state);
        let operation = Operation {
            event_id: id.clone(),
            machine_id: Some(machine_id.to_owned()),
            kind,
            prior,
            began: now.work,
            looks: 0,
            pushed: 0,
            ending,
            event_over_at: if quirks.ready_after_event { WHOLE / 2 } else { WHOLE },
        };
        let state = operation.state_at(0);
        if let Some(machine) = self.machine_mut(machine_id) {
            machine.state = state.unwrap_or(machine.state);
            machine.requested = operation.kind.requests().unwrap_or(machine.requested);
            machine.dt_modified.clone_from(&now.stamp);
        }
        self.operations.push(operation);
        id
    }

    /// Calls off everything under way on a machine.
    pub fn call_off(&mut self, machine_id: &str, now: &Now) {
        let operations = std::mem::take(&mut self.operations);
        for operation in operations {
            if operation.machine_id.as_deref() != Some(machine_id) {
                self.operations.push(operation);
            } else if let Some(event) = self.events.iter_mut().find(|event| event.id == operation.event_id) {
                event.state = EventState::Cancelled;
                event.dt_finished = Some(now.stamp.clone());
            }
        }
    }

    /// Counts a look at everything about a machine or an event.
    pub fn look(&mut self, id: &str) {
        for operation in &mut self.operations {
            if operation.event_id == id || operation.machine_id.as_deref() == Some(id) {
                operation.looks = operation.looks.saturating_add(1);
            }
        }
    }

    /// Pushes every operation to its next stage.
    pub fn poke(&mut self, mode: TimeMode, now: &Now) {
        for operation in &mut self.operations {
            let progress = operation.progress(mode, now.work);
            operation.pushed = operation.next_stage(progress);
        }
    }

    /// Brings every record up to this moment.
    pub fn settle(&mut self, mode: TimeMode, quirks: &Quirks, ids: &mut Ids, now: &Now) {
        let operations = std::mem::take(&mut self.operations);
        for operation in operations {
            let progress = operation.progress(mode, now.work);
            self.tell_event(&operation, progress, now);
            let machine_id = operation.machine_id.clone().unwrap_or_default();
            if let (Some(state), Some(machine)) = (operation.state_at(progress), self.machine_mut(&machine_id)) {
                machine.state = state;
            }
            if progress < WHOLE {
                self.operations.push(operation);
            } else {
                self.finish(&operation, &machine_id, ids, now);
            }
        }
        if quirks.idle_shutdown {
            self.shut_down_idle(now);
        }
    }

    fn tell_event(&mut self, operation: &Operation, progress: u32, now: &Now) {
        let Some(event) = self.events.iter_mut().find(|event| event.id == operation.event_id) else {
            return;
        };
        if progress > 0 && event.state == EventState::New {
            event.state = EventState::InProgress;
            event.dt_started = Some(now.stamp.clone());
        }
        if progress >= operation.event_over_at && event.state == EventState::InProgress {
            let (state, error, dated) = operation.ending.tells();
            event.state = state;
            event.error = error.map(str::to_owned);
            event.dt_finished = dated.then(|| now.stamp.clone());
        }
    }

    /// What follows when an operation is over.
    fn finish(&mut self, operation: &Operation, machine_id: &str, ids: &mut Ids, now: &Now) {
        if !operation.ending.takes_effect() {
            self.undo(operation, machine_id, now);
            return;
        }
        match &operation.kind {
            Kind::Create { .. } => self.finish_create(machine_id, ids, now),
            Kind::Start | Kind::Restart => self.give_address(machine_id, now),
            Kind::Stop => self.take_dynamic_address(machine_id),
            Kind::Deactivate => self.delete_machine(machine_id, now),
            Kind::Upgrade {
                machine_type,
                disk_size,
            } => {
                if let Some(machine) = self.machine_mut(machine_id) {
                    machine.machine_type.clone_from(machine_type);
                    machine.disk_size = *disk_size;
                }
            }
            Kind::SnapshotDelete { snapshot_id } => self.mark_snapshot_deleted(snapshot_id, now),
            Kind::SnapshotCreate { .. } | Kind::SnapshotRestore { .. } | Kind::TemplateCreate { .. } => {}
        }
        if let Some(machine) = self.machine_mut(machine_id) {
            machine.idle_since = now.work;
            machine.dt_modified.clone_from(&now.stamp);
        }
    }

    fn finish_create(&mut self, machine_id: &str, ids: &mut Ids, now: &Now) {
        let private = self.private_address();
        let Some(machine) = self.machine_mut(machine_id) else {
            return;
        };
        machine.provisioned = true;
        machine.private_ip = Some(private);
        if machine.take_initial_snapshot {
            let snapshot = Snapshot {
                id: ids.short("ss", 8),
                name: format!("{} initial", machine.name),
                machine_id: machine_id.to_owned(),
                is_auto_snapshot: false,
                dt_created: now.stamp.clone(),
                dt_deleted: None,
            };
            self.snapshots.push(snapshot);
        }
        self.give_address(machine_id, now);
    }

    /// Takes back what an operation that came to nothing had put there.
    fn undo(&mut self, operation: &Operation, machine_id: &str, now: &Now) {
        match &operation.kind {
            Kind::SnapshotCreate { snapshot_id } => self.mark_snapshot_deleted(snapshot_id, now),
            Kind::TemplateCreate { template_id } => {
                if let Some(template) = self.templates.iter_mut().find(|template| template.id == *template_id) {
                    template.dt_deleted = Some(now.stamp.clone());
                }
            }
            _ => {}
        }
        if let Some(machine) = self.machine_mut(machine_id) {
            machine.requested = if machine.state == State::Off {
                Requested::Off
            } else {
                Requested::On
            };
        }
    }

    fn mark_snapshot_deleted(&mut self, snapshot_id: &str, now: &Now) {
        if let Some(snapshot) = self.snapshots.iter_mut().find(|snapshot| snapshot.id == snapshot_id) {
            snapshot.dt_deleted = Some(now.stamp.clone());
        }
    }

    /// Turns off every machine that has been idle for as long as its auto-shutdown says.
    fn shut_down_idle(&mut self, now: &Now) {
        let busy: Vec<String> = self
            .operations
            .iter()
            .filter_map(|operation| operation.machine_id.clone())
            .collect();
        for machine in &mut self.machines {
            let timeout = machine.auto_shutdown_timeout.filter(|_| machine.auto_shutdown_enabled);
            let due = timeout
                .is_some_and(|hours| now.work.saturating_sub(machine.idle_since) >= hours.saturating_mul(3_600_000));
            if due && machine.state == State::Ready && !machine.is_deleted() && !busy.contains(&machine.id) {
                machine.state = State::Off;
                machine.requested = Requested::Off;
                machine.dt_modified.clone_from(&now.stamp);
                if machine.public_ip_type == PublicIpType::Dynamic {
                    machine.public_ip = None;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::config::{Config, TeamConfig};
    use crate::sim::quirks::Lingering;
    use crate::sim::record::PublicIpType;
    use crate::sim::seed::{MachineSeed, Seed};

    const MODE: TimeMode = TimeMode::Explicit;

    fn at(seconds: u64) -> Now {
        Now {
            work: seconds * 1000,
            stamp: format!("second {seconds}"),
        }
    }

    /// A world with one running machine of a dynamic address.
    fn world() -> (World, Ids, String) {
        let machine = MachineSeed {
            id: Some("ps1".to_owned()),
            name: "box".to_owned(),
            machine_type: "C5".to_owned(),
            template_id: "tkni3aa4".to_owned(),
            disk_size: 50,
            region: "ny2".to_owned(),
            state: State::Ready,
            network_id: None,
            public_ip_type: PublicIpType::Dynamic,
        };
        let team = TeamConfig {
            seed: Seed {
                machines: vec![machine],
                ..Seed::default()
            },
            ..TeamConfig::default()
        };
        let mut ids = Ids::new(Config::default().id_seed);
        let world = World::new(&team, &mut ids, &at(0));
        (world, ids, "ps1".to_owned())
    }

    fn begin(world: &mut World, ids: &mut Ids, kind: Kind, ending: Ending, now: &Now) -> String {
        world.begin("ps1", kind, ending, &Quirks::default(), ids, now)
    }

    #[test]
    fn a_stop_runs_its_course() {
        let (mut world, mut ids, id) = world();
        assert!(world.machine(&id).unwrap().public_ip.is_some());
        let event = begin(&mut world, &mut ids, Kind::Stop, Ending::Done, &at(0));
        assert_eq!(world.machine(&id).unwrap().state, State::Stopping);
        assert_eq!(world.machine(&id).unwrap().requested, Requested::Off);
        assert_eq!(world.event(&event).unwrap().state, EventState::New);
        world.settle(MODE, &Quirks::default(), &mut ids, &at(7));
        let told = world.event(&event).unwrap();
        assert_eq!(
            (told.state, told.dt_started.as_deref()),
            (EventState::InProgress, Some("second 7"))
        );
        assert!(world.is_busy(&id));
        world.settle(MODE, &Quirks::default(), &mut ids, &at(15));
        let told = world.event(&event).unwrap();
        assert_eq!(
            (told.state, told.dt_finished.as_deref()),
            (EventState::Done, Some("second 15"))
        );
        let machine = world.machine(&id).unwrap();
        assert_eq!((machine.state, &machine.public_ip), (State::Off, &None));
        assert!(!world.is_busy(&id) && world.operations.is_empty());
    }

    #[test]
    fn an_operation_that_fails_leaves_the_records_as_they_were() {
        let (mut world, mut ids, id) = world();
        let before = world.machine(&id).unwrap().clone();
        let event = begin(
            &mut world,
            &mut ids,
            Kind::Stop,
            Ending::Failed("stuck".to_owned()),
            &at(0),
        );
        world.settle(MODE, &Quirks::default(), &mut ids, &at(60));
        let told = world.event(&event).unwrap();
        assert_eq!((told.state, told.error.as_deref()), (EventState::Error, Some("stuck")));
        let after = world.machine(&id).unwrap();
        assert_eq!(
            (after.state, &after.public_ip, after.requested),
            (before.state, &before.public_ip, Requested::On)
        );
    }

    #[test]
    fn a_deleted_machine_is_found_for_a_while() {
        let (mut world, mut ids, id) = world();
        begin(&mut world, &mut ids, Kind::Deactivate, Ending::Done, &at(0));
        world.settle(MODE, &Quirks::default(), &mut ids, &at(10));
        let lingering = Lingering {
            seconds: 5,
            ..Lingering::default()
        };
        assert!(world.finds(&id, MODE, lingering, &at(14)));
        assert!(!world.finds(&id, MODE, lingering, &at(15)));
        assert_eq!(world.live_machines().count(), 0);
        assert_eq!(world.machine(&id).unwrap().dt_deleted.as_deref(), Some("second 10"));
    }

    #[test]
    fn an_idle_machine_turns_itself_off_only_if_that_is_simulated() {
        let (mut world, mut ids, id) = world();
        let machine = world.machine_mut(&id).unwrap();
        machine.auto_shutdown_enabled = true;
        machine.auto_shutdown_timeout = Some(1);
        world.settle(MODE, &Quirks::default(), &mut ids, &at(3600));
        assert_eq!(world.machine(&id).unwrap().state, State::Ready);
        let quirks = Quirks {
            idle_shutdown: true,
            ..Quirks::default()
        };
        world.settle(MODE, &quirks, &mut ids, &at(3599));
        assert_eq!(world.machine(&id).unwrap().state, State::Ready);
        world.settle(MODE, &quirks, &mut ids, &at(3600));
        let machine = world.machine(&id).unwrap();
        assert_eq!((machine.state, &machine.public_ip), (State::Off, &None));
    }

    #[test]
    fn a_world_reads_back_from_its_own_json() {
        let (mut world, mut ids, _) = world();
        begin(
            &mut world,
            &mut ids,
            Kind::Upgrade {
                machine_type: "C6".to_owned(),
                disk_size: 100,
            },
            Ending::Done,
            &at(0),
        );
        let text = serde_json::to_string(&world).unwrap();
        assert!(text.contains(r#""machineType":"C6","diskSize":100"#), "{text}");
        assert_eq!(serde_json::from_str::<World>(&text).unwrap(), world);
    }
}
