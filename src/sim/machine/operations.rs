//! What follows in a world when operations begin, go on and end.
//!
//! How an operation goes is `lifecycle`'s to say, from the moment and the looks it is given; this is where the records
//! are made to agree. Nothing here knows HTTP or a real clock.

use super::lifecycle::{Ending, Operation, Task, WHOLE};
use super::{EventState, Requested, State};
use crate::sim::clock::{Now, TimeMode};
use crate::sim::ids::Ids;
use crate::sim::kinds::events::Event;
use crate::sim::quirks::Quirks;
use crate::sim::world::World;

/// What moves a world on.
#[derive(Debug)]
pub struct Mover<'a> {
    /// What makes operations go on.
    pub mode: TimeMode,
    /// The habits in force.
    pub quirks: &'a Quirks,
    /// Where new records get their names.
    pub ids: &'a mut Ids,
    /// This moment.
    pub now: &'a Now,
}

impl World {
    /// Whether a machine is in transition.
    pub fn is_busy(&self, machine_id: &str) -> bool {
        let mut operations = self.operations.iter();
        operations.any(|operation| operation.about == machine_id && operation.task.holds_machine())
    }

    /// Begins an operation and answers its event's id, if it has an event.
    pub fn begin(&mut self, about: &str, task: Task, ending: Ending, mover: &mut Mover<'_>) -> Option<String> {
        let event_id = task.event_name().map(|name| {
            let id = mover.ids.event(name, about);
            self.events.push(Event::new(&id, name, about, mover.now));
            id
        });
        // A script ends with the run of its machine.
        if task.holds_machine() {
            self.operations
                .retain(|other| other.about != about || other.task != Task::ScriptToOff);
        }
        // What begins together ends where the first began.
        let mut others = self.operations.iter();
        let other = others.find(|other| other.about == about && other.task.holds_machine());
        let state = self.machine(about).map_or(State::Off, |machine| machine.state);
        let prior = other.map_or(state, |other| other.prior);
        let operation = Operation {
            event_id: event_id.clone(),
            about: about.to_owned(),
            prior,
            began: mover.now.work,
            looks: 0,
            pushed: 0,
            ending,
            event_over_at: task.event_over_at(mover.quirks.ready_after_event),
            task,
        };
        let state = operation.state_at(0);
        if let Some(machine) = self.machine_mut(about) {
            machine.state = state.unwrap_or(machine.state);
            machine.requested = operation.task.requests().unwrap_or(machine.requested);
            machine.dt_modified.clone_from(&mover.now.stamp);
        }
        self.operations.push(operation);
        event_id
    }

    /// Calls off everything under way on a machine.
    pub fn call_off(&mut self, machine_id: &str, now: &Now) {
        let operations = std::mem::take(&mut self.operations);
        for operation in operations {
            if operation.about != machine_id {
                self.operations.push(operation);
                continue;
            }
            self.undo(&operation, now);
            if let Some(event) = self.event_of(&operation) {
                event.state = EventState::Cancelled;
                event.dt_finished = Some(now.stamp.clone());
            }
        }
    }

    fn event_of(&mut self, operation: &Operation) -> Option<&mut Event> {
        let id = operation.event_id.as_ref()?;
        self.events.iter_mut().find(|event| event.id == *id)
    }

    /// Counts a look at everything about a record, or about an event alone.
    pub fn look(&mut self, id: &str) {
        for operation in &mut self.operations {
            if operation.about == id || operation.event_id.as_deref() == Some(id) {
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
    pub fn settle(&mut self, mover: &mut Mover<'_>) {
        let operations = std::mem::take(&mut self.operations);
        for operation in operations {
            let progress = operation.progress(mover.mode, mover.now.work);
            self.tell_event(&operation, progress, mover.now);
            if progress < WHOLE {
                self.operations.push(operation);
                continue;
            }
            self.bring_to(&operation, progress);
            self.finish(&operation, mover);
        }
        // Of several operations on a machine, those still under way have the say over its state.
        for operation in self.operations.clone() {
            let progress = operation.progress(mover.mode, mover.now.work);
            self.bring_to(&operation, progress);
        }
        self.pass_time(mover);
    }

    fn bring_to(&mut self, operation: &Operation, progress: u32) {
        if let (Some(state), Some(machine)) = (operation.state_at(progress), self.machine_mut(&operation.about)) {
            machine.state = state;
        }
    }

    fn tell_event(&mut self, operation: &Operation, progress: u32, now: &Now) {
        let Some(event) = self.event_of(operation) else { return };
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
    fn finish(&mut self, operation: &Operation, mover: &mut Mover<'_>) {
        let (about, now) = (operation.about.as_str(), mover.now);
        if !operation.ending.takes_effect() {
            self.undo(operation, now);
            return;
        }
        match &operation.task {
            Task::Create { start } => {
                self.finish_create(about, mover);
                if *start {
                    self.run_script(about, mover);
                }
            }
            Task::Start | Task::Restart => {
                self.give_address(about, now);
                self.run_script(about, mover);
            }
            Task::Stop | Task::ScriptToOff => self.take_dynamic_address(about),
            Task::Deactivate => self.delete_machine(about, now),
            Task::ChangeType { machine_type } => {
                if let Some(machine) = self.machine_mut(about) {
                    machine.machine_type.clone_from(machine_type);
                }
            }
            Task::GrowDisk { disk_size } => {
                if let Some(machine) = self.machine_mut(about) {
                    machine.disk_size = *disk_size;
                }
            }
            Task::SnapshotDelete { snapshot_id } => self.delete_snapshot(snapshot_id, now),
            Task::DriveMount => self.mount_drive(about),
            Task::SnapshotCreate { .. } | Task::SnapshotRestore { .. } | Task::TemplateCreate { .. } => {}
        }
        if let Some(machine) = self.machine_mut(about) {
            machine.idle_since = now.work;
            machine.dt_modified.clone_from(&now.stamp);
        }
    }

    fn finish_create(&mut self, machine_id: &str, mover: &mut Mover<'_>) {
        let private = self.private_address();
        let Some(machine) = self.machine_mut(machine_id) else {
            return;
        };
        machine.provisioned = true;
        machine.private_ip = Some(private);
        machine.snapshot_since = mover.now.work;
        if machine.take_initial_snapshot {
            let name = format!("{} initial", machine.name);
            self.add_snapshot(machine_id, name, false, mover.quirks, mover.ids, mover.now);
        }
        self.give_address(machine_id, mover.now);
    }

    /// What a machine that has started runs. Of a script only one thing shows: that it turned its machine off.
    fn run_script(&mut self, machine_id: &str, mover: &mut Mover<'_>) {
        let script = self.fetch_script(machine_id);
        if script.is_some_and(|script| script.turns_off()) {
            self.begin(machine_id, Task::ScriptToOff, Ending::Done, mover);
        }
    }

    /// Takes back what an operation that came to nothing had put there.
    fn undo(&mut self, operation: &Operation, now: &Now) {
        match &operation.task {
            Task::SnapshotCreate { snapshot_id } => self.delete_snapshot(snapshot_id, now),
            Task::TemplateCreate { template_id } => {
                if let Some(template) = self.templates.iter_mut().find(|template| template.id == *template_id) {
                    template.dt_deleted = Some(now.stamp.clone());
                }
            }
            _ => {}
        }
        if let Some(machine) = self.machine_mut(&operation.about) {
            machine.requested = if machine.state == State::Off {
                Requested::Off
            } else {
                Requested::On
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::PublicIpType;
    use super::*;
    use crate::sim::config::{Config, TeamConfig};
    use crate::sim::seed::{MachineSeed, Seed};

    /// A world with one running machine, `ps1`, of a dynamic address.
    struct Scene {
        world: World,
        ids: Ids,
        quirks: Quirks,
    }

    fn at(seconds: u64) -> Now {
        Now {
            work: seconds * 1000,
            stamp: format!("second {seconds}"),
        }
    }

    impl Scene {
        fn new() -> Self {
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
            Self {
                world,
                ids,
                quirks: Quirks::default(),
            }
        }

        fn begin(&mut self, task: Task, ending: Ending, second: u64) -> String {
            let mut mover = Mover {
                mode: TimeMode::Explicit,
                quirks: &self.quirks,
                ids: &mut self.ids,
                now: &at(second),
            };
            self.world.begin("ps1", task, ending, &mut mover).unwrap()
        }

        fn settle(&mut self, second: u64) {
            self.world.settle(&mut Mover {
                mode: TimeMode::Explicit,
                quirks: &self.quirks,
                ids: &mut self.ids,
                now: &at(second),
            });
        }

        fn machine(&self) -> &super::super::Machine {
            self.world.machine("ps1").unwrap()
        }

        fn event(&self, id: &str) -> (EventState, Option<&str>, Option<&str>) {
            let event = self.world.event(id).unwrap();
            (event.state, event.dt_started.as_deref(), event.dt_finished.as_deref())
        }
    }

    #[test]
    fn a_stop_runs_its_course() {
        let mut scene = Scene::new();
        assert!(scene.machine().public_ip.is_some());
        let event = scene.begin(Task::Stop, Ending::Done, 0);
        assert_eq!(
            (scene.machine().state, scene.machine().requested),
            (State::Stopping, Requested::Off)
        );
        assert_eq!(scene.event(&event), (EventState::New, None, None));
        scene.settle(7);
        assert_eq!(scene.event(&event), (EventState::InProgress, Some("second 7"), None));
        assert!(scene.world.is_busy("ps1"));
        scene.settle(15);
        assert_eq!(
            scene.event(&event),
            (EventState::Done, Some("second 7"), Some("second 15"))
        );
        assert_eq!((scene.machine().state, &scene.machine().public_ip), (State::Off, &None));
        assert!(!scene.world.is_busy("ps1") && scene.world.operations.is_empty());
    }

    #[test]
    fn an_operation_that_fails_leaves_the_records_as_they_were() {
        let mut scene = Scene::new();
        let before = scene.machine().clone();
        let event = scene.begin(Task::Stop, Ending::Failed("stuck".to_owned()), 0);
        scene.settle(60);
        assert_eq!(scene.event(&event).0, EventState::Error);
        assert_eq!(scene.world.event(&event).unwrap().error.as_deref(), Some("stuck"));
        let after = scene.machine();
        assert_eq!(
            (after.state, &after.public_ip, after.requested),
            (before.state, &before.public_ip, Requested::On)
        );
    }

    #[test]
    fn a_machine_is_busy_until_the_last_of_several_operations_is_over() {
        let mut scene = Scene::new();
        scene.world.machine_mut("ps1").unwrap().state = State::Off;
        let kind = Task::ChangeType {
            machine_type: "C6".to_owned(),
        };
        let first = scene.begin(kind, Ending::Done, 0);
        let second = scene.begin(Task::GrowDisk { disk_size: 100 }, Ending::Done, 0);
        scene.settle(20);
        assert_eq!(
            (scene.event(&first).0, scene.event(&second).0),
            (EventState::InProgress, EventState::Done)
        );
        assert_eq!(
            (scene.machine().state, scene.machine().disk_size),
            (State::Upgrading, 100)
        );
        scene.settle(30);
        assert_eq!(
            (scene.machine().state, scene.machine().machine_type.as_str()),
            (State::Off, "C6")
        );
    }

    #[test]
    fn of_two_operations_that_fail_the_machine_is_where_the_first_began() {
        let mut scene = Scene::new();
        scene.world.machine_mut("ps1").unwrap().state = State::Off;
        let failed = || Ending::Failed("no".to_owned());
        scene.begin(Task::GrowDisk { disk_size: 100 }, failed(), 0);
        scene.begin(Task::GrowDisk { disk_size: 200 }, failed(), 0);
        scene.settle(60);
        assert_eq!((scene.machine().state, scene.machine().disk_size), (State::Off, 50));
    }

    #[test]
    fn an_event_can_be_stuck_while_the_machine_arrives() {
        let mut scene = Scene::new();
        let event = scene.begin(Task::Restart, Ending::EventStuck, 0);
        scene.settle(60);
        assert_eq!(
            (scene.event(&event).0, scene.machine().state),
            (EventState::InProgress, State::Ready)
        );
        scene.settle(120);
        assert_eq!(scene.event(&event).0, EventState::InProgress);
    }

    #[test]
    fn what_is_called_off_leaves_nothing_behind() {
        let mut scene = Scene::new();
        let now = at(0);
        let id = scene
            .world
            .add_snapshot("ps1", "s".to_owned(), false, &scene.quirks, &mut scene.ids, &now);
        let event = scene.begin(Task::SnapshotCreate { snapshot_id: id }, Ending::Done, 0);
        scene.world.call_off("ps1", &at(1));
        assert_eq!(scene.event(&event).0, EventState::Cancelled);
        assert!(scene.world.snapshots[0].dt_deleted.is_some() && scene.world.operations.is_empty());
    }

    #[test]
    fn a_world_reads_back_from_its_own_json() {
        let mut scene = Scene::new();
        scene.begin(Task::GrowDisk { disk_size: 100 }, Ending::EndsAs(State::Ready), 0);
        let text = serde_json::to_string(&scene.world).unwrap();
        assert!(text.contains(r#""growDisk":{"diskSize":100}"#), "{text}");
        assert_eq!(serde_json::from_str::<World>(&text).unwrap(), scene.world);
    }
}
