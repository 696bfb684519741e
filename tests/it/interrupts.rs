//! What an interruption leaves behind, at each phase of a create: an interrupted machine is kept, and one that nobody
//! could record any more is named by the next plan. Nothing is lost in silence, and nothing is made twice.

use terraform_provider_paperspace::sim::record::State;
use terraform_provider_paperspace::sim::{Config, Effect, Fault, Quirks, TimeMode};

use crate::support::cloud::{Cloud, alive, seen};
use crate::support::running::Running;
use crate::support::workspace::{APPLY, Run, Workspace};

/// Where a create is when it is disturbed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// It looks at what exists.
    BeforeThePost,
    /// The request is on its way.
    PostUnderWay,
    /// The machine was made, the answer was lost, and the provider is looking for it.
    PostUnanswered,
    /// The service is making the machine.
    EventWait,
    /// The service says that it is done, and the machine is not ready.
    ReadyWait,
    /// What the service did not take over is being set once more.
    FollowUp,
}

/// Who is told to stop, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    Interrupt,
    /// As a terminal does by Ctrl-C.
    InterruptGroup,
    InterruptTwice,
    Terminate,
    TerminateGroup,
    #[cfg(target_os = "linux")]
    KillProvider,
    #[cfg(target_os = "linux")]
    KillTerraform,
}

/// What there is afterwards.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Left {
    Nothing,
    /// A machine, recorded in the state.
    Tracked,
    /// A machine of which the state knows nothing.
    Orphan,
}

fn configuration(request_timeout: &str, plan_checks: bool) -> String {
    format!(
        "provider \"paperspace\" {{
  region          = \"ny2\"
  request_timeout = \"{request_timeout}\"
  plan_checks     = {plan_checks}
}}
resource \"paperspace_machine\" \"it\" {{
  name         = \"it\"
  machine_type = \"P4000\"
  template_id  = \"tkni3aa4\"
  disk_size    = 50

  auto_shutdown_enabled = true
  auto_shutdown_timeout = 8
}}
"
    )
}

impl Phase {
    /// Makes sure that a create comes to this phase and stays in it.
    fn prepare(self, sim: &Cloud) {
        let faults = match self {
            Self::BeforeThePost => vec![Fault::on("GET", "/machines", Effect::Hang)],
            Self::PostUnderWay => vec![Fault::on("POST", "/machines", Effect::Delay(1000))],
            Self::PostUnanswered => vec![
                Fault::on("POST", "/machines", Effect::DropAfterAct),
                Fault::on("GET", "/machines", Effect::Hang).nth(2),
            ],
            Self::FollowUp => vec![Fault::on("PUT", "/machines/*", Effect::Hang).nth(1)],
            Self::ReadyWait => {
                sim.switch(|quirks| {
                    quirks
                        .shown_states
                        .insert("ready".to_owned(), "serviceready".to_owned());
                });
                Vec::new()
            }
            Self::EventWait => Vec::new(),
        };
        for fault in faults {
            sim.faults().add(fault);
        }
    }

    /// Waits until it has come there.
    fn reach(self, sim: &Cloud, running: &mut Running) {
        let what = format!("the phase {self:?}");
        if matches!(self, Self::ReadyWait | Self::FollowUp) {
            running.until(&what, || seen(sim, "GET", "/machine-events/*") > 0);
            if self == Self::FollowUp {
                sim.edit(|world| world.machines[0].auto_shutdown_timeout = Some(1));
            }
            sim.finish_all();
        }
        let looks = seen(sim, "GET", "/machines/*");
        running.until(&what, || match self {
            Self::BeforeThePost => seen(sim, "GET", "/machines") > 0,
            Self::PostUnderWay => seen(sim, "POST", "/machines") > 0,
            Self::PostUnanswered => seen(sim, "GET", "/machines") > 1,
            Self::EventWait => seen(sim, "GET", "/machine-events/*") > 0,
            // The second look from here on comes after the event was seen to be over.
            Self::ReadyWait => seen(sim, "GET", "/machines/*") > looks + 2,
            Self::FollowUp => seen(sim, "PUT", "/machines/*") > 0,
        });
    }
}

impl Ending {
    /// Whether everybody has the time to say what is there.
    fn is_polite(self) -> bool {
        matches!(
            self,
            Self::Interrupt | Self::InterruptGroup | Self::Terminate | Self::TerminateGroup
        )
    }

    fn strike(self, running: Running) -> Run {
        match self {
            Self::Interrupt => running.signal("INT"),
            Self::InterruptGroup => running.signal_group("INT"),
            Self::Terminate => running.signal("TERM"),
            Self::TerminateGroup => running.signal_group("TERM"),
            Self::InterruptTwice => {
                running.signal("INT");
                running.says("Interrupt received");
                running.signal("INT");
            }
            #[cfg(target_os = "linux")]
            Self::KillProvider => running.provider().signal("KILL"),
            #[cfg(target_os = "linux")]
            Self::KillTerraform => {
                let provider = running.provider();
                running.signal("KILL");
                let run = running.ended();
                provider.ended();
                return run;
            }
        }
        running.ended()
    }
}

/// What must be left; `None` where it depends on who is quicker.
fn expected(phase: Phase, ending: Ending) -> Option<Left> {
    match phase {
        Phase::BeforeThePost => Some(Left::Nothing),
        _ if ending.is_polite() => Some(Left::Tracked),
        Phase::PostUnderWay => None,
        // The provider looks once more, and is done with that before Terraform is gone, or is not.
        Phase::PostUnanswered if matches!(ending, Ending::InterruptTwice) => None,
        _ => Some(Left::Orphan),
    }
}

/// Disturbs a create and sees that all comes right.
fn disturb(phase: Phase, ending: Ending) {
    let sim = Cloud::start(Config {
        time: TimeMode::Explicit,
        ..Config::default()
    });
    let Some(workspace) = Workspace::new(&sim) else { return };
    // Where a request hangs, an orderly end waits until that is given up.
    let request_timeout = match phase {
        Phase::PostUnanswered | Phase::FollowUp if ending.is_polite() => "1s",
        _ => "1m",
    };
    workspace.configure(&configuration(request_timeout, false));
    phase.prepare(&sim);
    let mut running = Running::start(workspace.command(&APPLY));
    phase.reach(&sim, &mut running);
    let run = ending.strike(running);

    sim.faults().clear();
    sim.switch(|quirks| *quirks = Quirks::default());
    sim.finish_all();
    let case = format!("{phase:?}, {ending:?}:\n{}\n{}", run.stdout, run.stderr);
    let world = sim.world();
    let left = match (alive(&world).as_slice(), workspace.objects().as_slice()) {
        ([], []) => Left::Nothing,
        ([_], []) => Left::Orphan,
        ([machine], [(_, object)]) => {
            assert_eq!(object["attributes"]["id"], machine.id, "{case}");
            assert_eq!(
                object["status"],
                serde_json::Value::Null,
                "an interrupted machine is not tainted: {case}"
            );
            Left::Tracked
        }
        (machines, objects) => panic!("{machines:?} in the cloud and {objects:?} in the state: {case}"),
    };
    assert!(
        expected(phase, ending).is_none_or(|expected| expected == left),
        "{left:?} is left: {case}"
    );
    assert_ne!(run.code, 0, "{case}");
    let id = alive(&world).first().map(|machine| machine.id.clone());
    comes_right(phase, &sim, &workspace, run, left, id);
}

/// Goes on from what was left, as a user would.
fn comes_right(phase: Phase, sim: &Cloud, workspace: &Workspace, run: Run, left: Left, id: Option<String>) {
    workspace.configure(&configuration("30s", true));
    let id = id.unwrap_or_default();
    match left {
        Left::Nothing => {}
        // After the second interrupt Terraform saves the state and tells no messages any more.
        Left::Tracked if run.text().contains("Two interrupts received") => {
            run.says(&[&id]);
        }
        Left::Tracked => {
            run.says(&["Machine Still Being Created", &id]);
        }
        Left::Orphan => {
            let plan = workspace.plan();
            assert_eq!(plan.code, 2, "{}", plan.stderr);
            plan.says(&["Machine of the Same Name Exists", &id]);
            workspace
                .run(&["import", "-no-color", "-input=false", "paperspace_machine.it", &id])
                .succeeds();
        }
    }
    let apply = Running::start(workspace.command(&APPLY));
    apply
        .ended_while(|| {
            sim.poke();
        })
        .succeeds();
    let world = sim.world();
    let ([machine], [state]) = (&alive(&world)[..], &workspace.state_file()[..]) else {
        panic!(
            "{phase:?}: {:?} in the cloud, {:?} in the state",
            alive(&world),
            workspace.state_file()
        );
    };
    assert!(
        left == Left::Nothing || machine.id == id,
        "{phase:?}: another machine was made"
    );
    assert_eq!(
        (machine.state, &state["id"]),
        (State::Ready, &machine.id.clone().into())
    );
    assert_eq!(machine.auto_shutdown_timeout, Some(8));
}

const PHASES: [Phase; 6] = [
    Phase::BeforeThePost,
    Phase::PostUnderWay,
    Phase::PostUnanswered,
    Phase::EventWait,
    Phase::ReadyWait,
    Phase::FollowUp,
];

fn disturb_every_phase(ending: Ending) {
    for phase in PHASES {
        disturb(phase, ending);
    }
}

#[test]
fn an_interrupted_create_keeps_its_machine() {
    disturb_every_phase(Ending::Interrupt);
}

#[test]
fn a_terminals_interrupt_reaches_all_and_the_machine_is_kept() {
    disturb_every_phase(Ending::InterruptGroup);
}

#[test]
fn a_terminated_create_keeps_its_machine() {
    disturb(Phase::PostUnanswered, Ending::Terminate);
    disturb(Phase::EventWait, Ending::Terminate);
    disturb(Phase::PostUnanswered, Ending::TerminateGroup);
    disturb(Phase::EventWait, Ending::TerminateGroup);
}

#[test]
fn what_an_impatient_user_left_behind_is_named() {
    disturb(Phase::PostUnanswered, Ending::InterruptTwice);
}

#[test]
#[cfg(target_os = "linux")]
fn what_a_killed_provider_left_behind_is_named() {
    disturb_every_phase(Ending::KillProvider);
}

#[test]
#[cfg(target_os = "linux")]
fn what_a_killed_terraform_left_behind_is_named() {
    disturb_every_phase(Ending::KillTerraform);
}
