//! Whatever goes wrong with a request, one more apply sets everything right.
//!
//! A run without faults tells which requests a phase makes. Then each of them is hit, one at a time, by each kind of
//! fault. Whether that apply succeeds or not, after one more without faults the cloud holds exactly what the configuration
//! says: no machine is lost, none is there twice, and the state agrees.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use terraform_provider_paperspace::sim::record::{Machine, State};
use terraform_provider_paperspace::sim::{Config, Effect, Fault, SeenRequest, TimeMode, World};

use crate::support::cloud::{self, Cloud, alive};
use crate::support::eventually;
use crate::support::workspace::{Run, Workspace, cli};

/// The kinds of faults: each once, and those that leave the effect in doubt also for longer than the operation may take.
fn effects() -> Vec<(&'static str, Effect, Span)> {
    vec![
        ("dropped before it acted", Effect::DropBeforeAct, Span::Once),
        ("dropped after it acted", Effect::DropAfterAct, Span::Once),
        ("truncated", Effect::Truncate, Span::Once),
        ("garbage", Effect::Garbage, Span::Once),
        (
            "not found in HTML after it acted",
            foreign(404, "<html>Not found</html>"),
            Span::Once,
        ),
        ("an empty object after it acted", foreign(200, "{}"), Span::Once),
        ("429", Effect::retry_after(429, "0"), Span::Once),
        ("500 after it acted", Effect::status_after_act(500), Span::Once),
        ("503", Effect::status(503), Span::Once),
        ("504 after it acted", Effect::status_after_act(504), Span::Once),
        ("hanging", Effect::Hang, Span::Once),
        ("dropped after it acted, always", Effect::DropAfterAct, Span::Lasting),
        ("500, always", Effect::status(500), Span::Lasting),
        ("garbage, always", Effect::Garbage, Span::Lasting),
    ]
}

/// The service acts, and somebody else answers.
fn foreign(code: u16, body: &str) -> Effect {
    Effect::Status {
        code,
        retry_after: None,
        body: Some(body.to_owned()),
        acted: true,
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Span {
    Once,
    Lasting,
}

const PROVIDER: &str = "provider \"paperspace\" {
  region          = \"ny2\"
  request_timeout = \"150ms\"
  max_retries     = 2
}
";

/// What the create phase makes.
const BEFORE: &str = "
  name                  = \"before\"
  machine_type          = \"P4000\"
  template_id           = \"tkni3aa4\"
  disk_size             = 50
  public_ip_type        = \"dynamic\"
  auto_shutdown_enabled = true
  auto_shutdown_timeout = 8
  startup_script_id     = \"scone\"
  accessor_ids          = [\"u2member\"]
";

/// What the update phase makes of it: a resize with its power cycle and everything that needs a request of its own.
const AFTER: &str = "
  name                  = \"after\"
  machine_type          = \"A4000\"
  template_id           = \"tkni3aa4\"
  disk_size             = 100
  public_ip_type        = \"dynamic\"
  auto_shutdown_enabled = true
  auto_shutdown_timeout = 24
  startup_script_id     = \"sctwo\"
  accessor_ids          = [\"u3guest\"]
";

/// How long an operation may take under a fault. What may pass is waited out, so the time is short.
const IN_TROUBLE: &str = "1s";

/// How long a fault lasts that lasts: the operation's time is up before, and what is done then to turn the machine on again
/// meets it too, but has more time.
const LASTING: Duration = Duration::from_millis(1500);

/// How long it may take otherwise: as long as nobody says.
const IN_PEACE: &str = "";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Create,
    Update,
    Delete,
}

/// What a phase begins with. It is brought about once, and each case has it anew.
struct Beginning {
    phase: Phase,
    world: World,
    state: Option<String>,
}

impl Beginning {
    fn of(phase: Phase) -> Option<Self> {
        let sim = sim(1);
        let workspace = Workspace::new(&sim)?;
        if phase != Phase::Create {
            configure(&workspace, BEFORE, IN_PEACE);
            workspace.apply().succeeds();
        }
        sim.finish_all();
        Some(Self {
            phase,
            world: sim.world(),
            state: std::fs::read_to_string(workspace.path().join(STATE)).ok(),
        })
    }

    /// A simulator and a workspace that are there, and how long operations may take in them.
    fn scene(&self, limit: &str) -> Option<(Cloud, Workspace)> {
        // What is made now has other identifiers than what was made before.
        let sim = sim(2);
        sim.edit(|world| world.clone_from(&self.world));
        let workspace = Workspace::new(&sim)?;
        if let Some(state) = &self.state {
            workspace.write(STATE, state);
        }
        self.allow(&workspace, limit);
        Some((sim, workspace))
    }

    /// Sets how long operations may take. A destroy asks the state for that.
    fn allow(&self, workspace: &Workspace, limit: &str) {
        let machine = if self.phase == Phase::Update { AFTER } else { BEFORE };
        configure(workspace, machine, limit);
        if let Ok(state) = std::fs::read_to_string(workspace.path().join(STATE)) {
            let mut state: Value = serde_json::from_str(&state).expect("the state file is JSON");
            for object in state["resources"].as_array_mut().into_iter().flatten() {
                for instance in object["instances"].as_array_mut().into_iter().flatten() {
                    instance["attributes"]["timeouts"] = match limit {
                        IN_PEACE => Value::Null,
                        limit => json!({"create": limit, "update": limit, "delete": limit}),
                    };
                }
            }
            workspace.write(STATE, &state.to_string());
        }
    }
}

const STATE: &str = "terraform.tfstate";

fn sim(id_seed: u64) -> Cloud {
    Cloud::start(cloud::furnished(Config {
        time: TimeMode::PerPoll { polls: 1 },
        id_seed,
        ..Config::default()
    }))
}

fn configure(workspace: &Workspace, machine: &str, limit: &str) {
    let timeouts = match limit {
        IN_PEACE => String::new(),
        limit => {
            format!("  timeouts {{\n    create = {limit:?}\n    update = {limit:?}\n    delete = {limit:?}\n  }}\n")
        }
    };
    workspace.configure(&format!(
        "{PROVIDER}resource \"paperspace_machine\" \"it\" {{{machine}{timeouts}}}\n"
    ));
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
fn targets(beginning: &Beginning) -> Option<Vec<Target>> {
    let (sim, workspace) = beginning.scene(IN_PEACE)?;
    carry_out(beginning.phase, &workspace).succeeds();
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
fn hit(beginning: &Beginning, (method, path, nth): &Target, effect: &Effect, span: Span) -> Result<(), String> {
    let Some((sim, workspace)) = beginning.scene(IN_TROUBLE) else {
        return Ok(());
    };
    let phase = beginning.phase;
    let fault = Fault::on(method, path.clone(), effect.clone()).nth(*nth);
    sim.faults().add(if span == Span::Once {
        fault
    } else {
        fault.limit(u32::MAX)
    });
    let ended = AtomicBool::new(false);
    let disturbed = std::thread::scope(|scope| {
        if span == Span::Lasting {
            scope.spawn(|| pass(&sim, &ended));
        }
        let run = carry_out(phase, &workspace);
        ended.store(true, Ordering::Relaxed);
        run
    });
    sim.faults().clear();
    sim.finish_all();
    beginning.allow(&workspace, IN_PEACE);
    verdict(phase, &sim, &workspace).map_err(|wrong| {
        format!(
            "{wrong}\nthe disturbed run:\n{}\n{}",
            disturbed.stdout, disturbed.stderr
        )
    })
}

/// Lets the fault pass when it has lasted from its first hit on, unless the run ends before.
fn pass(sim: &Cloud, ended: &AtomicBool) {
    let mut since = None;
    eventually("the end of the fault", || {
        if since.is_none() && sim.faults().rules().iter().any(|fault| fault.hits > 0) {
            since = Some(Instant::now());
        }
        ended.load(Ordering::Relaxed) || since.is_some_and(|since| since.elapsed() > LASTING)
    });
    sim.faults().clear();
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
    let Some(beginning) = Beginning::of(phase) else { return };
    let Some(targets) = targets(&beginning) else { return };
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
                    if let Err(error) = hit(&beginning, target, effect, *span) {
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
