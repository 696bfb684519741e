//! The kinds around machines in the campaign: what a configuration asks for of each, how chance changes it, and whether cloud
//! and state agree with it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use terraform_provider_paperspace::sim::World;
use terraform_provider_paperspace::sim::ids::Dice;

use super::fleet::one;
use super::{Never, Wrong};
use crate::life::{KINDS, Kind, member};

/// The machines that are there from the beginning, and that nobody manages.
pub const HOSTS: [&str; 2] = ["ps0host", "ps0other"];
/// An address that is there from the beginning.
pub const ADDRESS: &str = "203.0.113.7";

const KEYS: [&str; 3] = ["a", "b", "c"];
/// Few, so that several share one.
const NAMES: [&str; 3] = ["one", "two", "three"];

/// A kind in the campaign: its type, and the arguments that chance draws.
struct Drawn {
    type_name: &'static str,
    draw: fn(&mut Dice) -> Value,
    /// What chance may change in place.
    changes: &'static [&'static str],
}

const DRAWN: [Drawn; 6] = [
    Drawn {
        type_name: "paperspace_custom_template",
        draw: |dice| json!({"machine_id": HOSTS[0], "name": one(dice, &NAMES)}),
        changes: &["name"],
    },
    Drawn {
        type_name: "paperspace_private_network",
        draw: |dice| json!({"region": "ny2", "name": one(dice, &NAMES)}),
        changes: &["name"],
    },
    Drawn {
        type_name: "paperspace_public_ip",
        draw: |_| json!({"region": "ny2"}),
        changes: &[],
    },
    Drawn {
        type_name: "paperspace_shared_drive",
        draw: |dice| json!({"region": "ny2", "size": 50, "network_id": "nblue", "name": one(dice, &NAMES)}),
        changes: &["name"],
    },
    Drawn {
        type_name: "paperspace_snapshot",
        draw: |dice| json!({"machine_id": one(dice, &HOSTS), "name": one(dice, &NAMES)}),
        changes: &["name"],
    },
    Drawn {
        type_name: "paperspace_startup_script",
        draw: |dice| {
            json!({
                "name": one(dice, &NAMES), "script": one(dice, &["echo one", "echo two"]),
                "is_enabled": dice.chance(0.5),
            })
        },
        changes: &["name", "script", "is_enabled"],
    },
];

/// What is asked for: by type and key the arguments, and where the address points.
#[derive(Clone, Debug, Default)]
pub struct Things {
    wanted: BTreeMap<&'static str, BTreeMap<&'static str, Value>>,
    points_to: Option<&'static str>,
}

fn kind(type_name: &str) -> &'static Kind {
    let mut kinds = KINDS.iter().copied();
    kinds
        .find(|kind| kind.type_name == type_name)
        .expect("every kind has a table")
}

fn saved(world: &World) -> Value {
    serde_json::to_value(world).expect("a world can be saved")
}

/// The records of a kind that exist, by key. The static address of a machine that exists is the machine's.
fn records(world: &Value, kind: &Kind) -> BTreeMap<String, Value> {
    let records = world[kind.records].as_array().into_iter().flatten();
    let exists = |id: &Value| {
        let mut machines = world["machines"].as_array().into_iter().flatten();
        machines.any(|machine| machine["id"] == *id && machine["dtDeleted"].is_null())
    };
    let is_a_machines = |record: &Value| kind.records == "publicIps" && exists(&record["assignedMachineId"]);
    let alive = records.filter(|record| record["dtDeleted"].is_null() && !is_a_machines(record));
    alive
        .filter_map(|record| Some((record[kind.key].as_str()?.to_owned(), record.clone())))
        .collect()
}

/// An object that no state knows.
#[derive(Clone, Debug)]
pub struct Orphan {
    type_name: &'static str,
    /// What the service knows it by.
    pub key: String,
    /// Its name, where its kind has names.
    pub name: Option<String>,
}

impl Orphan {
    /// Whether a message says that it may exist.
    pub fn is_told_by(&self, title: &str, text: &str) -> bool {
        let doubts = title.ends_with("Possibly Created") || title.starts_with("Cannot Tell Which");
        doubts
            && self
                .name
                .as_ref()
                .is_none_or(|name| text.contains(&format!("\"{name}\"")))
    }

    /// Takes it away, as the user does who was told of it.
    pub fn delete(&self, world: &mut World) {
        let mut edited = saved(world);
        let kind = kind(self.type_name);
        if let Some(records) = edited[kind.records].as_array_mut() {
            records.retain(|record| record[kind.key] != *self.key);
        }
        *world = serde_json::from_value(edited).expect("what was changed is still a world");
    }
}

impl Things {
    /// Adds, removes, replaces or changes things.
    pub fn change(&mut self, dice: &mut Dice) {
        for _ in 0..2 {
            let drawn = &DRAWN[usize::try_from(dice.next_u64() % DRAWN.len() as u64).expect("it is small")];
            let things = self.wanted.entry(drawn.type_name).or_default();
            let key = one(dice, &KEYS);
            let fresh = (drawn.draw)(dice);
            match things.get_mut(key) {
                None => drop(things.insert(key, fresh)),
                Some(_) if dice.chance(0.3) => drop(things.remove(key)),
                // Replaced, where what cannot be changed in place is drawn anew.
                Some(thing) if dice.chance(0.3) => *thing = fresh,
                Some(thing) => {
                    for name in drawn.changes {
                        thing[*name] = fresh[*name].clone();
                    }
                }
            }
        }
        if dice.chance(0.3) {
            self.points_to = one(dice, &[None, Some(HOSTS[0]), Some(HOSTS[1])]);
        }
    }

    /// Nothing at all.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The configuration.
    pub fn configuration(&self) -> String {
        let mut text = String::new();
        for drawn in &DRAWN {
            let things = self.wanted.get(drawn.type_name).cloned().unwrap_or_default();
            let (label, arguments) = (drawn.type_name, (drawn.draw)(&mut Dice::new(0)));
            let names = arguments.as_object().into_iter().flatten();
            let lines: String = names
                .map(|(name, _)| format!("  {name} = each.value.{name}\n"))
                .collect();
            text.push_str(&format!(
                "locals {{\n  {label} = {}\n}}\nresource \"{label}\" \"each\" {{\n  for_each = local.{label}\n{lines}}}\n",
                json!(things)
            ));
        }
        let targets: BTreeMap<_, _> = self.points_to.iter().map(|target| ("front", target)).collect();
        text.push_str(&format!(
            "locals {{\n  targets = {}\n}}\nresource \"paperspace_public_ip_assignment\" \"each\" {{\n  \
             for_each = local.targets\n  ip = \"{ADDRESS}\"\n  machine_id = each.value\n}}\n",
            json!(targets)
        ));
        text
    }

    /// The objects of the cloud that no state knows, but for those that were there at first.
    pub fn orphans(world: &World, seeded: &BTreeSet<String>, objects: &[(String, Value)]) -> Vec<Orphan> {
        let world = saved(world);
        let mut orphans = Vec::new();
        for drawn in &DRAWN {
            let kind = kind(drawn.type_name);
            let tracked: BTreeSet<_> = tracked(kind, objects).into_iter().collect();
            for (key, record) in records(&world, kind) {
                if !seeded.contains(&key) && !tracked.contains(&key) {
                    orphans.push(Orphan {
                        type_name: drawn.type_name,
                        key,
                        name: record["name"].as_str().map(str::to_owned),
                    });
                }
            }
        }
        orphans
    }

    /// The keys of all that is there.
    pub fn keys(world: &World) -> BTreeSet<String> {
        let world = saved(world);
        let all = DRAWN
            .iter()
            .flat_map(|drawn| records(&world, kind(drawn.type_name)).into_keys());
        all.collect()
    }

    /// What is not as the configuration says, if anything.
    pub fn verdict(&self, world: &World, seeded: &BTreeSet<String>, objects: &[(String, Value)]) -> Result<(), Wrong> {
        let saved = saved(world);
        for drawn in &DRAWN {
            let kind = kind(drawn.type_name);
            let wanted = self.wanted.get(drawn.type_name).cloned().unwrap_or_default();
            let mut there = records(&saved, kind);
            there.retain(|key, _| !seeded.contains(key));
            let tracked = tracked(kind, objects);
            if tracked.len() != wanted.len() || there.len() != wanted.len() {
                let never = match tracked.len() == wanted.len() && there.len() > wanted.len() {
                    true => Never::Double,
                    false => Never::LostState,
                };
                let text = format!(
                    "{}: {} are wanted, the state holds {tracked:?}, the cloud {:?}",
                    drawn.type_name,
                    wanted.len(),
                    there.keys()
                );
                return Err(Wrong::new(never, text));
            }
            for (index, arguments) in &wanted {
                let address = format!("{}.each[\"{index}\"]", drawn.type_name);
                let found = objects.iter().find(|(known, _)| *known == address);
                let object = &found.ok_or(format!("{address} is not in the state"))?.1;
                let state = &object["attributes"];
                let record = state[kind.key].as_str().and_then(|key| there.remove(key));
                let record = record.ok_or(format!("{address} is tracked twice, or another one"))?;
                if !object["status"].is_null() || !object["deposed"].is_null() {
                    let text = format!("{address} is {} {}", object["status"], object["deposed"]);
                    return Err(Wrong::new(Never::Tainted, text));
                }
                if let Some(wrong) = disagreement(arguments.as_object(), &record, state) {
                    return Err(format!("{address}: {wrong}").into());
                }
            }
        }
        let pointing = world.public_ips.iter().find(|address| address.ip == ADDRESS);
        let points_to = pointing.and_then(|address| address.assigned_machine_id.as_deref());
        match points_to == self.points_to {
            true => Ok(()),
            false => Err(format!("{ADDRESS} points to {points_to:?}, not to {:?}", self.points_to).into()),
        }
    }
}

/// The keys of a kind's objects in the state.
fn tracked(kind: &Kind, objects: &[(String, Value)]) -> Vec<String> {
    let of_kind = objects
        .iter()
        .filter(|(address, _)| address.split('.').next() == Some(kind.type_name));
    of_kind
        .filter_map(|(_, object)| object["attributes"][kind.key].as_str().map(str::to_owned))
        .collect()
}

/// What of a record, or of what the state tells of it, is not as it was asked for.
fn disagreement(arguments: Option<&Map<String, Value>>, record: &Value, state: &Value) -> Option<String> {
    let member = |argument: &str| match argument {
        "machine_id" if record.get("parentMachineId").is_some() => "parentMachineId".to_owned(),
        argument => member(argument),
    };
    let mut arguments = arguments.into_iter().flatten();
    arguments.find_map(|(argument, wanted)| {
        let held = &record[member(argument)];
        let told = &state[argument.as_str()];
        (held != wanted || told != wanted).then(|| format!("{argument} is {held} and told as {told}, not {wanted}"))
    })
}
