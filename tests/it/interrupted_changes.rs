//! What an interruption of an update or a destroy leaves behind: the state tells the truth, a machine that was on is on
//! again, and the next run finishes what was begun.

use serde_json::Value;
use terraform_provider_paperspace::sim::record::{Machine, State};
use terraform_provider_paperspace::sim::{Config, Effect, Fault, TimeMode};

use crate::support::cloud::{Cloud, alive, seen};
use crate::support::running::Running;
use crate::support::workspace::{APPLY, DESTROY, Run, Workspace};

/// Where an update or a destroy is when it is disturbed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// A rename is on its way.
    Rename,
    /// The machine is being stopped for a resize.
    Stop,
    /// It is being resized.
    Resize,
    /// It is being started again.
    Start,
    /// The request to delete it is on its way.
    Delete,
    /// It is being deleted.
    Deleting,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    Interrupt,
    InterruptGroup,
    Terminate,
    #[cfg(target_os = "linux")]
    KillProvider,
    #[cfg(target_os = "linux")]
    KillTerraform,
}

fn configuration(name: &str, machine_type: &str, power: &str) -> String {
    format!(
        "resource \"paperspace_machine\" \"it\" {{
  name           = \"{name}\"
  machine_type   = \"{machine_type}\"
  template_id    = \"tkni3aa4\"
  disk_size      = 50
  region         = \"ny2\"
  public_ip_type = \"dynamic\"
{power}}}
"
    )
}

impl Phase {
    fn destroys(self) -> bool {
        matches!(self, Self::Delete | Self::Deleting)
    }

    fn arguments(self) -> [&'static str; 4] {
        if self.destroys() { DESTROY } else { APPLY }
    }

    /// The name and the type that the machine is to have.
    fn wanted(self) -> (&'static str, &'static str) {
        match self {
            Self::Rename => ("after", "P4000"),
            Self::Stop | Self::Resize | Self::Start => ("after", "A4000"),
            Self::Delete | Self::Deleting => ("before", "P4000"),
        }
    }

    /// Starts the run and waits until it has come to this phase.
    fn reach(self, sim: &Cloud, workspace: &Workspace) -> Running {
        let request = match self {
            Self::Rename | Self::Resize => ("PUT", "/machines/*"),
            Self::Stop => ("PATCH", "stop"),
            Self::Start => ("PATCH", "start"),
            Self::Delete | Self::Deleting => ("DELETE", "/machines/*"),
        };
        if matches!(self, Self::Rename | Self::Delete) {
            sim.faults().add(Fault::on(request.0, request.1, Effect::Delay(1000)));
        }
        let mut running = Running::start(workspace.command(&self.arguments()));
        running.until(&format!("the phase {self:?}"), || {
            let is_there = match request.0 {
                "PATCH" => patched(sim, request.1),
                _ => seen(sim, request.0, request.1) > 0,
            };
            if !is_there && !self.destroys() {
                sim.poke();
            }
            is_there
        });
        running
    }
}

/// Whether a machine was asked to start or to stop.
fn patched(sim: &Cloud, what: &str) -> bool {
    let is_it = |path: &str| path.rsplit('/').next() == Some(what);
    sim.requests()
        .iter()
        .any(|request| request.method == "PATCH" && is_it(&request.path))
}

/// A run that has nothing to wait for but the service, which goes on all the time.
fn to_its_end(sim: &Cloud, running: Running) -> Run {
    running.ended_while(|| {
        sim.poke();
    })
}

fn strike(ending: Ending, sim: &Cloud, running: Running) -> Run {
    match ending {
        Ending::Interrupt => running.signal("INT"),
        Ending::InterruptGroup => running.signal_group("INT"),
        Ending::Terminate => running.signal("TERM"),
        #[cfg(target_os = "linux")]
        Ending::KillProvider => {
            running.provider().signal("KILL");
            return to_its_end(sim, running);
        }
        #[cfg(target_os = "linux")]
        Ending::KillTerraform => {
            let provider = running.provider();
            running.signal("KILL");
            let run = to_its_end(sim, running);
            provider.ended();
            return run;
        }
    }
    // Until the provider was told, the service stands still: otherwise it could be done before.
    running.says("operations under way are asked to stop");
    to_its_end(sim, running)
}

/// A machine and its workspace, brought to the phase.
fn prepared(phase: Phase, power: &str) -> Option<(Cloud, Workspace)> {
    let config = Config {
        time: TimeMode::Explicit,
        ..Config::default()
    };
    let sim = Cloud::start(config);
    let mut workspace = Workspace::new(&sim)?;
    workspace.set("TF_LOG_PROVIDER", "DEBUG");
    workspace.configure(&configuration("before", "P4000", power));
    to_its_end(&sim, Running::start(workspace.command(&APPLY))).succeeds();
    let (name, machine_type) = phase.wanted();
    workspace.configure(&configuration(name, machine_type, power));
    sim.clear_requests();
    Some((sim, workspace))
}

fn is_told_truly(machine: &Machine, state: &Value) -> bool {
    let machine = (
        &machine.id.clone().into(),
        &machine.name.clone().into(),
        &machine.machine_type.clone().into(),
    );
    machine == (&state["id"], &state["name"], &state["machine_type"])
}

/// Disturbs an update or a destroy and sees that the next run finishes it.
fn disturb(phase: Phase, ending: Ending) {
    // Only where power is managed can the next run know that a machine which nobody could start again should be on.
    let polite = matches!(ending, Ending::Interrupt | Ending::InterruptGroup | Ending::Terminate);
    let power = if polite { "" } else { "  power_state = \"on\"\n" };
    let Some((sim, workspace)) = prepared(phase, power) else {
        return;
    };
    let running = phase.reach(&sim, &workspace);
    let run = strike(ending, &sim, running);
    let case = format!("{phase:?}, {ending:?}:\n{}\n{}", run.stdout, run.stderr);
    let world = sim.world();
    if polite {
        run.fails_with(&["Interrupted"]);
    }
    if polite && !phase.destroys() {
        let ([machine], [state]) = (&alive(&world)[..], &workspace.state_file()[..]) else {
            panic!("{case}")
        };
        assert!(
            is_told_truly(machine, state),
            "the state says {state}, the cloud {machine:?}: {case}"
        );
        if phase != Phase::Start {
            assert_eq!(machine.state, State::Ready, "power is restored: {case}");
        }
    }

    sim.faults().clear();
    sim.finish_all();
    to_its_end(&sim, Running::start(workspace.command(&phase.arguments()))).succeeds();
    sim.finish_all();
    let world = sim.world();
    match (alive(&world).as_slice(), workspace.state_file().as_slice()) {
        ([], []) => assert!(phase.destroys(), "{case}"),
        ([machine], [state]) => {
            assert_eq!(
                (machine.name.as_str(), machine.machine_type.as_str()),
                phase.wanted(),
                "{case}"
            );
            assert!(is_told_truly(machine, state), "{state}: {case}");
            assert_eq!(machine.state, State::Ready, "{case}");
        }
        (machines, states) => panic!("{machines:?} in the cloud, {states:?} in the state: {case}"),
    }
}

const UPDATES: [Phase; 4] = [Phase::Rename, Phase::Stop, Phase::Resize, Phase::Start];
const DESTROYS: [Phase; 2] = [Phase::Delete, Phase::Deleting];

#[test]
fn an_interrupted_update_tells_the_truth_and_restores_the_power() {
    for phase in UPDATES {
        disturb(phase, Ending::Interrupt);
    }
    disturb(Phase::Resize, Ending::InterruptGroup);
    disturb(Phase::Resize, Ending::Terminate);
}

#[test]
fn an_interrupted_destroy_is_finished_by_the_next() {
    for phase in DESTROYS {
        disturb(phase, Ending::Interrupt);
        disturb(phase, Ending::InterruptGroup);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn whoever_is_killed_the_next_run_finishes() {
    for phase in UPDATES.into_iter().chain(DESTROYS) {
        disturb(phase, Ending::KillProvider);
        disturb(phase, Ending::KillTerraform);
    }
}

#[test]
fn a_plan_is_interrupted_at_once() {
    let Some((sim, workspace)) = prepared(Phase::Rename, "") else {
        return;
    };
    sim.faults().add(Fault::on("GET", "/machines/*", Effect::Hang));
    let mut running = Running::start(workspace.command(&["plan", "-no-color", "-input=false"]));
    running.until("the refresh", || seen(&sim, "GET", "/machines/*") > 0);
    running.signal("INT");
    // The request may take 30 seconds and be repeated five times: nobody waits for that.
    running.ended().fails_with(&["Interrupted"]);
}
