//! A long campaign of applies, changes and destroys of every kind while requests go wrong by chance. After each round, and one
//! more apply where the round failed, the cloud holds exactly what the configuration says, and the state agrees.
//!
//! Everything follows from a seed, which a failure tells; `CAMPAIGN_SEED` runs that one life again. `CAMPAIGN_ROUNDS` runs more
//! lives than the usual ones, until there were so many rounds. In the end it says what it has found.

mod fleet;
mod things;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use terraform_provider_paperspace::sim::ids::Dice;
use terraform_provider_paperspace::sim::record::State;
use terraform_provider_paperspace::sim::{
    Absence, Config, Effect, Fault, Lingering, NumberForm, Quirks, RegionForm, TimeMode,
};

use crate::support::cloud::{self, Cloud, alive};
use crate::support::workspace::{Run, Workspace, cli};
use fleet::{Fleet, one};
use things::{ADDRESS, HOSTS, Things};

/// How many rounds a cloud goes through, and how many there are of them all in all, unless otherwise asked for.
const ROUNDS: u32 = 20;
const USUAL: u32 = 40;

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
    things: Things,
    /// What was there from the beginning.
    seeded: BTreeSet<String>,
    /// The machines that were on after the last round.
    on: BTreeSet<String>,
}

/// What must never be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Never {
    /// Something is there that no state knows, and nobody said so.
    Orphan,
    /// Something is there, or in the state, twice, or that nobody asked for.
    Double,
    /// The state lacks what it should hold, or holds what is not there.
    LostState,
    /// Something good is marked as tainted or deposed.
    Tainted,
    /// Something is not as it was asked for, or a run that should succeed fails.
    Wrong,
}

/// What is wrong.
#[derive(Debug)]
struct Wrong {
    never: Never,
    text: String,
}

impl Wrong {
    fn new(never: Never, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { never, text }
    }
}

impl From<String> for Wrong {
    fn from(text: String) -> Self {
        Self::new(Never::Wrong, text)
    }
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
        let mut config = cloud::furnished(Config {
            time: TimeMode::PerPoll { polls: 1 },
            quirks: habits(&mut dice),
            id_seed: dice.next_u64(),
            ..Config::default()
        });
        for id in HOSTS {
            let host = json!({
                "id": id, "name": id, "machineType": "C5", "templateId": "tkni3aa4", "diskSize": 50, "region": "ny2",
                "state": "off"
            });
            let host = serde_json::from_value(host).expect("a seed reads from JSON");
            config.teams[0].seed.machines.push(host);
        }
        let sim = Cloud::start(config);
        sim.edit(|world| {
            let address = json!({"ip": ADDRESS, "region": "ny2", "dtCreated": "2026-01-01T12:00:00.000Z"});
            world
                .public_ips
                .push(serde_json::from_value(address).expect("an address"));
        });
        let seeded = Things::keys(&sim.world());
        let workspace = Workspace::new(&sim)?;
        Some(Self {
            things: Things::default(),
            seeded,
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
    fn round(&mut self) -> Result<(), Wrong> {
        let destroys = !self.fleet.machines().is_empty() && self.dice.chance(0.1);
        let command = if destroys { "destroy" } else { "apply" };
        if destroys {
            self.fleet.clear();
            self.things.clear();
        } else {
            self.fleet.change(&mut self.dice);
            self.things.change(&mut self.dice);
            let (fleet, things) = (self.fleet.configuration(), self.things.configuration());
            self.workspace.configure(&format!("{PROVIDER}{fleet}{things}"));
        }
        let faults = faults(&mut self.dice);
        let told = format!("{command} of {:#?}\n{:#?}\nunder {faults:?}", self.fleet, self.things);
        for fault in faults {
            self.sim.faults().add(fault);
        }
        let disturbed = self.carry_out(command);
        self.sim.faults().clear();
        self.sim.finish_all();
        let outcome = self.after(command, &disturbed);
        outcome.map_err(|wrong| Wrong {
            text: format!(
                "{}\n{told}\nthe disturbed run:\n{}\n{}",
                wrong.text, disturbed.stdout, disturbed.stderr
            ),
            ..wrong
        })
    }

    /// What is wrong after a run under faults, if anything is once another try was made.
    fn after(&mut self, command: &str, disturbed: &Run) -> Result<(), Wrong> {
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
                return Err(Wrong::new(Never::Orphan, format!("{id} {name} was lost in silence")));
            }
        }
        let strays = Things::orphans(&world, &self.seeded, &self.workspace.objects());
        for orphan in &strays {
            let is_told = said.iter().any(|(title, text)| orphan.is_told_by(title, text));
            if disturbed.code == 0 || !is_told {
                return Err(Wrong::new(Never::Orphan, format!("{orphan:?} was lost in silence")));
            }
        }
        if disturbed.code != 0 {
            let mended = self.carry_out(command);
            if mended.code != 0 {
                return Err(format!("one more {command} fails:\n{}", mended.stdout).into());
            }
            let words = messages(&mended);
            for id in &orphans {
                if command == "apply" && !words.iter().any(|(_, text)| text.contains(id.as_str())) {
                    let text = format!("{id} was lost, and the next plan does not name it:\n{words:?}");
                    return Err(Wrong::new(Never::Orphan, text));
                }
                // As the user does who was told of it.
                self.sim.delete_machine(id);
            }
            for orphan in &strays {
                self.sim.edit(|world| orphan.delete(world));
            }
            said = words;
        }
        self.sim.finish_all();
        self.verdict(&said)?;
        if self.dice.chance(0.15) {
            let plan = self.workspace.plan();
            if plan.code != 0 && command == "apply" {
                return Err(format!("the plan is not empty:\n{}\n{}", plan.stdout, plan.stderr).into());
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
            .filter(|id| !HOSTS.contains(&id.as_str()) && !is_tracked(id))
            .collect()
    }

    /// What is not as the configuration says, if anything.
    fn verdict(&mut self, said: &[(String, String)]) -> Result<(), Wrong> {
        let world = self.sim.world();
        let mut machines = alive(&world);
        machines.retain(|machine| !HOSTS.contains(&machine.id.as_str()));
        let objects = self.workspace.objects();
        self.things.verdict(&world, &self.seeded, &objects)?;
        let is_machine = |(address, _): &&(String, Value)| address.starts_with("paperspace_machine.");
        let objects: Vec<_> = objects.iter().filter(is_machine).collect();
        let wanted = self.fleet.machines();
        let addresses: BTreeSet<_> = objects.iter().map(|(address, _)| address).collect();
        let mut on = BTreeSet::new();
        if !wanted.keys().eq(addresses.iter().copied()) {
            return Err(Wrong::new(Never::LostState, format!("the state holds {addresses:?}")));
        }
        let ids: BTreeSet<_> = objects
            .iter()
            .filter_map(|(_, object)| object["attributes"]["id"].as_str())
            .collect();
        let there: BTreeSet<_> = machines.iter().map(|machine| &*machine.id).collect();
        if wanted.len() != objects.len() || ids.len() != objects.len() || ids != there {
            let never = match ids.is_subset(&there) {
                true => Never::Double,
                false => Never::LostState,
            };
            let text = format!("the state holds {ids:?} for {addresses:?}, the cloud {there:?}");
            return Err(Wrong::new(never, text));
        }
        for (address, object) in objects {
            let state = &object["attributes"];
            let found = machines.iter().find(|machine| state["id"] == *machine.id);
            let machine = found.ok_or(format!("{address} is another one"))?;
            if !object["status"].is_null() || !object["deposed"].is_null() {
                let text = format!("{address} is {} {}", object["status"], object["deposed"]);
                return Err(Wrong::new(Never::Tainted, text));
            }
            if let Some(wrong) = wanted[address].disagreement(machine, &world, state) {
                return Err(format!("{address}: {wrong}").into());
            }
            if machine.state == State::Ready {
                on.insert(machine.id.clone());
            }
            let was_left =
                |(title, text): &(String, String)| title == "Machine Possibly Left Off" && text.contains(&machine.id);
            let is_left_alone = wanted[address].power_state.is_none() && self.on.contains(&machine.id);
            if is_left_alone && machine.state == State::Off && !said.iter().any(was_left) {
                let text = format!("{address} ({}) was on and is off, and nobody said so", machine.id);
                return Err(text.into());
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
        ("*", "/private-networks/**"),
        ("*", "/public-ips/**"),
        ("*", "/shared-drives/**"),
        ("*", "/snapshots/**"),
        ("*", "/custom-templates/**"),
        ("*", "/startup-scripts/**"),
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
fn live(seed: u64) -> Option<Wrong> {
    let mut life = Life::new(seed)?;
    for round in 1..=ROUNDS {
        if let Err(Wrong { never, text }) = life.round() {
            let text = format!("== {never:?}, CAMPAIGN_SEED={seed}, round {round}: {text}");
            return Some(Wrong { never, text });
        }
    }
    None
}

/// The seeds of the lives: the same ones at all times, so that what fails is what was changed.
fn seeds() -> Vec<u64> {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse().expect("it is a number"))
    };
    match number("CAMPAIGN_SEED") {
        Some(seed) => vec![seed],
        None => {
            let rounds = number("CAMPAIGN_ROUNDS").unwrap_or_else(|| USUAL.into());
            (1..=rounds.div_ceil(ROUNDS.into())).collect()
        }
    }
}

#[test]
fn whatever_goes_wrong_all_comes_right() {
    if cli().is_none() {
        return;
    }
    let seeds = seeds();
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
    let count = |never| wrong.iter().filter(|wrong| wrong.never == never).count();
    eprintln!(
        "{} rounds: {} orphans, {} doubles, {} lost states, {} tainted good objects, {} other wrongs",
        seeds.len() * usize::try_from(ROUNDS).expect("it is small"),
        count(Never::Orphan),
        count(Never::Double),
        count(Never::LostState),
        count(Never::Tainted),
        count(Never::Wrong)
    );
    let told: Vec<_> = wrong.iter().map(|wrong| wrong.text.as_str()).collect();
    assert!(
        told.is_empty(),
        "{} of {} lives went wrong:\n{}",
        told.len(),
        seeds.len(),
        told.join("\n")
    );
}
