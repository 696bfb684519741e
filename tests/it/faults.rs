//! Whatever goes wrong with a request, one more apply sets everything right.
//!
//! A run without faults tells which requests a phase makes. Then each of them is hit, one at a time, by each kind of
//! fault. Whether that apply succeeds or not, after one more without faults the cloud holds exactly what the configuration
//! says: no machine is lost, none is there twice, and the state agrees.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use terraform_provider_paperspace::sim::record::{Machine, State};
use terraform_provider_paperspace::sim::{Config, Effect, Fault, SeenRequest, TimeMode};

use crate::support::cloud::{self, Cloud, alive};
use crate::support::workspace::{Run, Workspace, cli};

/// The kinds of faults: each once, and those that leave the effect in doubt also until the end of the apply.
fn effects() -> Vec<(&'static str, Effect, Span)> {
    vec![
        ("dropped before it acted", Effect::DropBeforeAct, Span::Once),
        ("dropped after it acted", Effect::DropAfterAct, Span::Once),
        ("truncated", Effect::Truncate, Span::Once),
        ("garbage", Effect::Garbage, Span::Once),
        ("429", Effect::retry_after(429, "0"), Span::Once),
        ("500 after it acted", Effect::status_after_act(500), Span::Once),
        ("503", Effect::status(503), Span::Once),
        ("504 after it acted", Effect::status_after_act(504), Span::Once),
        ("hanging", Effect::Hang, Span::Once),
        ("dropped after it acted, always", Effect::DropAfterAct, Span::ToTheEnd),
        ("500, always", Effect::status(500), Span::ToTheEnd),
        ("garbage, always", Effect::Garbage, Span::ToTheEnd),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Span {
    Once,
    ToTheEnd,
}

const PROVIDER: &str = "provider \"paperspace\" {
  region          = \"ny2\"
  request_timeout = \"150ms\"
  max_retries     = 2
}
";

/// What the create phase makes. What may pass is waited out, so the time is short.
const BEFORE: &str = "resource \"paperspace_machine\" \"it\" {
  name                  = \"before\"
  machine_type          = \"P4000\"
  template_id           = \"tkni3aa4\"
  disk_size             = 50
  public_ip_type        = \"dynamic\"
  auto_shutdown_enabled = true
  auto_shutdown_timeout = 8
  startup_script_id     = \"scone\"
  accessor_ids          = [\"u2member\"]
  timeouts {
    create = \"4s\"
    update = \"4s\"
    delete = \"4s\"
  }
}
";

/// What the update phase makes of it: a resize with its power cycle and everything that needs a request of its own.
const AFTER: &str = "resource \"paperspace_machine\" \"it\" {
  name                  = \"after\"
  machine_type          = \"A4000\"
  template_id           = \"tkni3aa4\"
  disk_size             = 100
  public_ip_type        = \"dynamic\"
  auto_shutdown_enabled = true
  auto_shutdown_timeout = 24
  startup_script_id     = \"sctwo\"
  accessor_ids          = [\"u3guest\"]
  timeouts {
    create = \"4s\"
    update = \"4s\"
    delete = \"4s\"
  }
}
";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Create,
    Update,
    Delete,
}

fn sim() -> Cloud {
    let sim = Cloud::start(cloud::furnished(Config {
        time: TimeMode::PerPoll { polls: 1 },
        ..Config::default()
    }));
    cloud::furnish(&sim);
    sim
}

/// A simulator and a workspace brought to the beginning of the phase.
fn prepared(phase: Phase) -> Option<(Cloud, Workspace)> {
    let sim = sim();
    let workspace = Workspace::new(&sim)?;
    workspace.configure(&format!("{PROVIDER}{BEFORE}"));
    if phase != Phase::Create {
        workspace.apply().succeeds();
    }
    if phase == Phase::Update {
        workspace.configure(&format!("{PROVIDER}{AFTER}"));
    }
    sim.clear_requests();
    Some((sim, workspace))
}

fn carry_out(phase: Phase, workspace: &Workspace) -> Run {
    if phase == Phase::Delete {
        workspace.destroy()
    } else {
        workspace.apply()
    }
}

/// The request without the ids that differ between runs.
fn pattern(request: &SeenRequest) -> String {
    let mut segments: Vec<_> = request.path.split('/').collect();
    let collection = segments.get(1).copied().unwrap_or_default();
    if matches!(collection, "machines" | "machine-events") && segments.len() > 2 {
        segments[2] = "*";
    }
    segments.join("/")
}

/// One request to hit: its method and pattern, and which one of its kind in the phase it is.
type Target = (String, String, u32);

/// The requests of an undisturbed phase.
fn targets(phase: Phase) -> Option<Vec<Target>> {
    let (sim, workspace) = prepared(phase)?;
    carry_out(phase, &workspace).succeeds();
    let mut counts: BTreeMap<(String, String), u32> = BTreeMap::new();
    let requests = sim.requests();
    let targets = requests.iter().map(|request| {
        let kind = (request.method.clone(), pattern(request));
        let nth = counts.entry(kind.clone()).or_default();
        *nth += 1;
        (kind.0, kind.1, *nth)
    });
    Some(targets.collect())
}

/// Hits one request and says what is wrong afterwards, if anything is.
fn hit(phase: Phase, (method, path, nth): &Target, effect: &Effect, span: Span) -> Result<(), String> {
    let Some((sim, workspace)) = prepared(phase) else {
        return Ok(());
    };
    let fault = Fault::on(method, path.clone(), effect.clone()).nth(*nth);
    let fault = if span == Span::Once { fault } else { fault.limit(1000) };
    sim.faults().add(fault);
    let disturbed = carry_out(phase, &workspace);
    sim.faults().clear();
    sim.finish_all();
    verdict(phase, &sim, &workspace).map_err(|wrong| {
        format!(
            "{wrong}\nthe disturbed run:\n{}\n{}",
            disturbed.stdout, disturbed.stderr
        )
    })
}

/// One more apply, and then everything must be right.
fn verdict(phase: Phase, sim: &Cloud, workspace: &Workspace) -> Result<(), String> {
    let again = carry_out(phase, workspace);
    if again.code != 0 {
        return Err(format!("one more apply fails:\n{}\n{}", again.stdout, again.stderr));
    }
    let world = sim.world();
    let machines = alive(&world);
    let state = workspace.state_file();
    if phase == Phase::Delete {
        return match (machines.as_slice(), state.as_slice()) {
            ([], []) => Ok(()),
            (machines, state) => Err(format!("left over: {machines:?} in the cloud, {state:?} in the state")),
        };
    }
    let ([machine], [state]) = (machines.as_slice(), state.as_slice()) else {
        let names: Vec<_> = machines.iter().map(|machine| (&machine.id, &machine.name)).collect();
        return Err(format!("{names:?} in the cloud, {} in the state", state.len()));
    };
    let scripts = world
        .startup_scripts
        .iter()
        .filter(|script| script.assigned_machine_ids.contains(&machine.id));
    let scripts: Vec<_> = scripts.map(|script| script.id.as_str()).collect();
    agrees(phase, machine, &scripts, state)
}

fn agrees(phase: Phase, machine: &Machine, scripts: &[&str], state: &Value) -> Result<(), String> {
    let after = phase == Phase::Update;
    let expected = (
        if after { "after" } else { "before" },
        if after { "A4000" } else { "P4000" },
        if after { 100 } else { 50 },
        Some(if after { 24 } else { 8 }),
        [if after { "sctwo" } else { "scone" }],
        vec![if after {
            "u3guest".to_owned()
        } else {
            "u2member".to_owned()
        }],
        State::Ready,
    );
    let actual = (
        machine.name.as_str(),
        machine.machine_type.as_str(),
        machine.disk_size,
        machine.auto_shutdown_timeout,
        scripts,
        &machine.accessor_ids,
        machine.state,
    );
    let (name, machine_type, disk, timeout, script, accessors, power) = &expected;
    if actual
        != (
            *name,
            *machine_type,
            *disk,
            *timeout,
            script.as_slice(),
            accessors,
            *power,
        )
    {
        return Err(format!("the cloud holds {actual:?} instead of {expected:?}"));
    }
    let told = (
        &state["id"],
        &state["name"],
        &state["machine_type"],
        &state["disk_size"],
    );
    if told
        != (
            &machine.id.clone().into(),
            &(*name).into(),
            &(*machine_type).into(),
            &(*disk).into(),
        )
    {
        return Err(format!("the state says {told:?}"));
    }
    Ok(())
}

/// Hits every request of the phase by every kind of fault, on as many threads as there are cores.
fn every_fault_at_every_request(phase: Phase) {
    if cli().is_none() {
        return;
    }
    let Some(targets) = targets(phase) else { return };
    let effects = effects();
    // The first request of its kind is hit by every kind of fault. Those after it are handled by the same code, so the two
    // that leave most doubt tell whether they matter where they stand.
    let is_hit = |nth: u32, (name, ..): &(&str, Effect, Span)| {
        nth == 1 || ["dropped after it acted", "garbage, always"].contains(name)
    };
    let cases: Vec<_> = targets
        .iter()
        .flat_map(|target| effects.iter().map(move |effect| (target, effect)))
        .filter(|(target, effect)| is_hit(target.2, effect))
        .collect();
    assert!(
        cases.len() >= 3 * effects.len(),
        "a phase makes several requests: {targets:?}"
    );
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((target, (kind, effect, span))) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = hit(phase, target, effect, *span) {
                        let (method, path, nth) = target;
                        let case = format!("== {phase:?}: {method} {path} no. {nth} {kind}\n{error}");
                        wrong.lock().expect("no thread panicked").push(case);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no thread panicked");
    assert!(
        wrong.is_empty(),
        "{} of {} cases went wrong:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn a_create_survives_every_fault_at_every_request() {
    every_fault_at_every_request(Phase::Create);
}

#[test]
fn an_update_survives_every_fault_at_every_request() {
    every_fault_at_every_request(Phase::Update);
}

#[test]
fn a_delete_survives_every_fault_at_every_request() {
    every_fault_at_every_request(Phase::Delete);
}
