//! A long campaign of applies, changes and destroys while requests go wrong by chance. After each round, and one more apply
//! where the round failed, the cloud holds exactly what the configuration says, and the state agrees.
//!
//! Everything follows from a seed, which a failure tells; `CAMPAIGN_SEED` runs that one life again.

mod fleet;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use terraform_provider_paperspace::sim::ids::Dice;
use terraform_provider_paperspace::sim::record::State;
use terraform_provider_paperspace::sim::{
    Absence, Config, Effect, Fault, Lingering, NumberForm, Quirks, RegionForm, TimeMode,
};

use crate::support::cloud::{self, Cloud, alive};
use crate::support::workspace::{Run, Workspace, cli};
use fleet::{Fleet, one};

/// How many clouds there are, one after the other, and how many rounds each goes through.
const LIVES: u64 = 10;
const ROUNDS: u32 = 20;

const PROVIDER: &str = "provider \"paperspace\" {
  region          = \"ny2\"
  request_timeout = \"300ms\"
  max_retries     = 2
}
";

/// One cloud with its workspace and what is configured there.
struct Life {
    dice: Dice,
    sim: Cloud,
    workspace: Workspace,
    fleet: Fleet,
    /// The machines that were on after the last round.
    on: BTreeSet<String>,
}

/// The messages of a run that wrote JSON: title and text.
fn messages(run: &Run) -> Vec<(String, String)> {
    let lines = run
        .stdout
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let diagnostics = lines
        .filter(|line| line["type"] == "diagnostic")
        .map(|line| line["diagnostic"].clone());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    diagnostics
        .map(|diagnostic| (text(&diagnostic["summary"]), text(&diagnostic["detail"])))
        .collect()
}

impl Life {
    fn new(seed: u64) -> Option<Self> {
        let mut dice = Dice::new(seed);
        let sim = Cloud::start(cloud::furnished(Config {
            time: TimeMode::PerPoll { polls: 1 },
            quirks: habits(&mut dice),
            id_seed: dice.next_u64(),
            ..Config::default()
        }));
        let workspace = Workspace::new(&sim)?;
        Some(Self {
            dice,
            sim,
            workspace,
            fleet: Fleet::default(),
            on: BTreeSet::new(),
        })
    }

    fn carry_out(&self, command: &str) -> Run {
        self.workspace.run(&[command, "-auto-approve", "-json", "-input=false"])
    }

    /// One round: a change under faults, another try where it failed, and the verdict.
    fn round(&mut self) -> Result<(), String> {
        let destroys = !self.fleet.machines().is_empty() && self.dice.chance(0.1);
        let command = if destroys { "destroy" } else { "apply" };
        if destroys {
            self.fleet.clear();
        } else {
            self.fleet.change(&mut self.dice);
            self.workspace
                .configure(&format!("{PROVIDER}{}", self.fleet.configuration()));
        }
        let faults = faults(&mut self.dice);
        let told = format!("{command} of {:#?}\nunder {faults:?}", self.fleet);
        for fault in faults {
            self.sim.faults().add(fault);
        }
        let disturbed = self.carry_out(command);
        self.sim.faults().clear();
        self.sim.finish_all();
        let outcome = self.after(command, &disturbed);
        outcome.map_err(|wrong| {
            format!(
                "{wrong}\n{told}\nthe disturbed run:\n{}\n{}",
                disturbed.stdout, disturbed.stderr
            )
        })
    }

    /// What is wrong after a run under faults, if anything is once another try was made.
    fn after(&mut self, command: &str, disturbed: &Run) -> Result<(), String> {
        let mut said = messages(disturbed);
        let orphans = self.orphans();
        let world = self.sim.world();
        for id in &orphans {
            let name = world
                .machine(id)
                .map(|machine| format!("\"{}\"", machine.name))
                .unwrap_or_default();
            let names_it = |(title, text): &(String, String)| {
                ["Machine Possibly Created", "Cannot Tell Which Machine Was Created"].contains(&title.as_str())
                    && text.contains(&name)
            };
            if disturbed.code == 0 || !said.iter().any(names_it) {
                return Err(format!("{id} {name} was lost in silence"));
            }
        }
        if disturbed.code != 0 {
            let mended = self.carry_out(command);
            if mended.code != 0 {
                return Err(format!("one more {command} fails:\n{}", mended.stdout));
            }
            let words = messages(&mended);
            for id in &orphans {
                if command == "apply" && !words.iter().any(|(_, text)| text.contains(id.as_str())) {
                    return Err(format!("{id} was lost, and the next plan does not name it:\n{words:?}"));
                }
                // As the user does who was told of it.
                self.sim.delete_machine(id);
            }
            said = words;
        }
        self.sim.finish_all();
        self.verdict(&said)?;
        if self.dice.chance(0.15) {
            let plan = self.workspace.plan();
            if plan.code != 0 && command == "apply" {
                return Err(format!("the plan is not empty:\n{}\n{}", plan.stdout, plan.stderr));
            }
        }
        Ok(())
    }

    /// The machines that the state does not know.
    fn orphans(&self) -> BTreeSet<String> {
        let states = self.workspace.state_file();
        let is_tracked = |id: &str| states.iter().any(|state| state["id"] == id);
        let world = self.sim.world();
        alive(&world)
            .iter()
            .map(|machine| machine.id.clone())
            .filter(|id| !is_tracked(id))
            .collect()
    }

    /// What is not as the configuration says, if anything.
    fn verdict(&mut self, said: &[(String, String)]) -> Result<(), String> {
        let world = self.sim.world();
        let machines = alive(&world);
        let objects = self.workspace.objects();
        let wanted = self.fleet.machines();
        let addresses: Vec<_> = objects.iter().map(|(address, _)| address).collect();
        let mut on = BTreeSet::new();
        if !wanted.keys().eq(addresses.iter().copied().collect::<BTreeSet<_>>()) || wanted.len() != objects.len() {
            return Err(format!("the state holds {addresses:?}"));
        }
        let ids: BTreeSet<_> = objects
            .iter()
            .filter_map(|(_, object)| object["attributes"]["id"].as_str())
            .collect();
        if !ids
            .iter()
            .copied()
            .eq(machines.iter().map(|machine| &*machine.id).collect::<BTreeSet<_>>())
        {
            let there: Vec<_> = machines.iter().map(|machine| (&machine.id, &machine.name)).collect();
            return Err(format!("the state holds {ids:?}, the cloud {there:?}"));
        }
        for (address, object) in &objects {
            let state = &object["attributes"];
            let found = machines.iter().find(|machine| state["id"] == *machine.id);
            let machine = found.ok_or(format!("{address} is tracked twice"))?;
            if !object["status"].is_null() || !object["deposed"].is_null() {
                return Err(format!("{address} is {} {}", object["status"], object["deposed"]));
            }
            if let Some(wrong) = wanted[address].disagreement(machine, &world, state) {
                return Err(format!("{address}: {wrong}"));
            }
            if machine.state == State::Ready {
                on.insert(machine.id.clone());
            }
            let was_left =
                |(title, text): &(String, String)| title == "Machine Possibly Left Off" && text.contains(&machine.id);
            let is_left_alone = wanted[address].power_state.is_none() && self.on.contains(&machine.id);
            if is_left_alone && machine.state == State::Off && !said.iter().any(was_left) {
                return Err(format!(
                    "{address} ({}) was on and is off, and nobody said so",
                    machine.id
                ));
            }
        }
        self.on = on;
        Ok(())
    }
}

/// The service's habits during a life.
fn habits(dice: &mut Dice) -> Quirks {
    let lingers = |looks, dated, listed| Lingering {
        looks,
        dated,
        listed,
        ..Lingering::default()
    };
    let lingering = [
        lingers(0, true, false),
        lingers(2, false, false),
        lingers(2, true, true),
    ];
    Quirks {
        numbers: one(dice, &[NumberForm::Strings, NumberForm::Numbers]),
        regions: one(dice, &[RegionForm::Label, RegionForm::Slug]),
        last_page: one(dice, &[Absence::Missing, Absence::Null]),
        not_found_after_create: one(dice, &[0, 0, 2]),
        listing_lag: one(dice, &[0, 0, 1]),
        lingering: one(dice, &lingering),
        sticky_auto_shutdown: dice.chance(0.5),
        ready_after_event: dice.chance(0.5),
        ..Quirks::default()
    }
}

/// What goes wrong in a round.
fn faults(dice: &mut Dice) -> Vec<Fault> {
    let places = [
        ("*", "/**"),
        ("*", "/machines/**"),
        ("POST", "/machines"),
        ("GET", "/machines"),
        ("GET", "/machines/*"),
        ("PUT", "/machines/*"),
        ("PATCH", "/machines/*/*"),
        ("DELETE", "/machines/*"),
        ("GET", "/machine-events/*"),
        ("POST", "/startup-scripts/**"),
        ("*", "/machines/*/accessors/**"),
    ];
    let effects = [
        Effect::DropBeforeAct,
        Effect::DropAfterAct,
        Effect::Truncate,
        Effect::Garbage,
        Effect::retry_after(429, "0"),
        Effect::status_after_act(500),
        Effect::status(503),
        Effect::status_after_act(504),
        Effect::Delay(40),
        Effect::Hang,
    ];
    let count = one(dice, &[1, 1, 2, 3]);
    let fault = |_| {
        let (method, path) = one(dice, &places);
        let effect = effects[usize::try_from(dice.next_u64() % effects.len() as u64).expect("it is small")].clone();
        let probability = match effect {
            // Each costs a timeout.
            Effect::Hang => 0.05,
            _ => one(dice, &[0.1, 0.3, 0.6]),
        };
        Fault::on(method, path, effect).probability(probability)
    };
    (0..count).map(fault).collect()
}

/// Lives through all rounds and says what went wrong, if anything did.
fn live(seed: u64) -> Option<String> {
    let mut life = Life::new(seed)?;
    for round in 1..=ROUNDS {
        if let Err(wrong) = life.round() {
            return Some(format!("== CAMPAIGN_SEED={seed}, round {round}: {wrong}"));
        }
    }
    None
}

#[test]
fn whatever_goes_wrong_all_comes_right() {
    if cli().is_none() {
        return;
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let seeds: Vec<u64> = match std::env::var("CAMPAIGN_SEED") {
        Ok(seed) => vec![seed.parse().expect("CAMPAIGN_SEED is a number")],
        Err(_) => (now..now + LIVES).collect(),
    };
    eprintln!("lives of the seeds {seeds:?}, each of {ROUNDS} rounds");
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    wrong.lock().expect("no thread panicked").extend(live(*seed));
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no thread panicked");
    assert!(
        wrong.is_empty(),
        "{} of {} lives went wrong:\n{}",
        wrong.len(),
        seeds.len(),
        wrong.join("\n")
    );
}
