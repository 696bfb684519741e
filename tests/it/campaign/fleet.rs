//! What a configuration of the campaign asks for: machines by key and machines by number, how chance changes them, and
//! whether the cloud and the state agree with them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use terraform_provider_paperspace::sim::World;
use terraform_provider_paperspace::sim::ids::Dice;
use terraform_provider_paperspace::sim::record::{Machine, State};

/// One machine's arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub name: &'static str,
    machine_type: &'static str,
    template_id: &'static str,
    disk_size: u64,
    public_ip_type: &'static str,
    auto_shutdown_timeout: Option<u64>,
    startup_script_id: Option<&'static str>,
    accessor_ids: Vec<&'static str>,
    pub power_state: Option<&'static str>,
}

/// Throws the dice for one of several.
pub fn one<T: Copy>(dice: &mut Dice, choices: &[T]) -> T {
    choices[usize::try_from(dice.next_u64() % choices.len() as u64).expect("it is small")]
}

impl Wanted {
    /// Any machine. Names are few, so that several machines share one.
    fn random(dice: &mut Dice) -> Self {
        let mut wanted = Self {
            name: one(dice, &["one", "two"]),
            machine_type: "C5",
            template_id: "tkni3aa4",
            disk_size: 50,
            public_ip_type: "none",
            auto_shutdown_timeout: None,
            startup_script_id: None,
            accessor_ids: Vec::new(),
            power_state: None,
        };
        for _ in 0..3 {
            wanted.change(dice);
        }
        wanted
    }

    /// Changes something in place.
    fn change(&mut self, dice: &mut Dice) {
        match dice.next_u64() % 8 {
            0 => self.name = one(dice, &["one", "two", "three"]),
            1 => self.machine_type = one(dice, &["C5", "P4000", "A4000"]),
            2 => self.disk_size = self.disk_size.max(one(dice, &[50, 100, 250])),
            3 => self.public_ip_type = one(dice, &["none", "dynamic", "static"]),
            4 => self.auto_shutdown_timeout = Some(one(dice, &[1, 8, 24])),
            5 => self.startup_script_id = one(dice, &[None, Some("scone"), Some("sctwo")]),
            6 => {
                let users = ["u2member", "u3guest", "u4guest"];
                self.accessor_ids = users.into_iter().filter(|_| dice.chance(0.5)).collect();
            }
            _ => self.power_state = one(dice, &[None, Some("on"), Some("off")]),
        }
    }

    /// The arguments as an object of the configuration language, which takes JSON.
    fn object(&self) -> Value {
        json!({
            "name": self.name, "machine_type": self.machine_type, "template_id": self.template_id,
            "disk_size": self.disk_size, "public_ip_type": self.public_ip_type,
            "auto_shutdown_enabled": self.auto_shutdown_timeout.map(|_| true),
            "auto_shutdown_timeout": self.auto_shutdown_timeout, "startup_script_id": self.startup_script_id,
            "accessor_ids": self.accessor_ids, "power_state": self.power_state,
        })
    }

    /// What of the machine, or of what the state tells of it, is not as it was asked for.
    pub fn disagreement(&self, machine: &Machine, world: &World, state: &Value) -> Option<String> {
        let scripts = world.startup_scripts.iter();
        let scripts: Vec<_> = scripts
            .filter(|script| script.assigned_machine_ids.contains(&machine.id))
            .map(|script| &*script.id)
            .collect();
        let mut accessors = machine.accessor_ids.clone();
        accessors.sort();
        let power = match machine.state {
            State::Ready => "on",
            State::Off => "off",
            other => other.as_str(),
        };
        let actual = json!({
            "name": machine.name, "machine_type": machine.machine_type, "template_id": machine.template_id,
            "disk_size": machine.disk_size, "public_ip_type": machine.public_ip_type.as_str(),
            "auto_shutdown_timeout": machine.auto_shutdown_timeout, "auto_shutdown_enabled": machine.auto_shutdown_enabled,
            "startup_script_id": scripts.first(), "accessor_ids": accessors, "power_state": power,
        });
        let wanted = self.object();
        let differing = wanted.as_object().into_iter().flatten().filter(|(name, wanted)| {
            // What is left to the service may be anything.
            let is_open = wanted.is_null() && *name != "startup_script_id";
            let in_state = &state[name.as_str()];
            !is_open && (actual[name.as_str()] != **wanted || in_state != *wanted)
        });
        let differing: Vec<_> = differing
            .map(|(name, wanted)| {
                format!(
                    "{name} is {} and told as {}, not {wanted}",
                    actual[name.as_str()],
                    state[name.as_str()]
                )
            })
            .collect();
        (!differing.is_empty() || scripts.len() > 1)
            .then(|| format!("{}: {}, scripts {scripts:?}", machine.id, differing.join("; ")))
    }
}

/// All machines of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    by_key: BTreeMap<&'static str, Wanted>,
    by_number: Vec<Wanted>,
}

const KEYS: [&str; 4] = ["a", "b", "c", "d"];

impl Fleet {
    /// The machines by their addresses.
    pub fn machines(&self) -> BTreeMap<String, &Wanted> {
        let by_key = self
            .by_key
            .iter()
            .map(|(key, wanted)| (format!("paperspace_machine.each[\"{key}\"]"), wanted));
        let by_number = self.by_number.iter().enumerate();
        by_key
            .chain(by_number.map(|(number, wanted)| (format!("paperspace_machine.twin[{number}]"), wanted)))
            .collect()
    }

    /// Adds, removes, replaces or changes machines.
    pub fn change(&mut self, dice: &mut Dice) {
        if self.machines().is_empty() {
            for _ in 0..3 {
                self.add(dice);
            }
            return;
        }
        match dice.next_u64() % 8 {
            0 | 1 => self.add(dice),
            2 => {
                let key = one(dice, &KEYS);
                if self.by_key.remove(key).is_none() {
                    self.by_number.pop();
                }
            }
            3 => {
                for wanted in self.some(dice) {
                    wanted.template_id = if wanted.template_id == "tkni3aa4" {
                        "t0nspur5"
                    } else {
                        "tkni3aa4"
                    };
                    // Only a new machine can have a smaller disk.
                    wanted.disk_size = 50;
                }
            }
            _ => {
                let mut changes = Dice::new(dice.next_u64());
                for wanted in self.some(dice) {
                    wanted.change(&mut changes);
                    wanted.change(&mut changes);
                }
            }
        }
    }

    fn add(&mut self, dice: &mut Dice) {
        if dice.chance(0.5) {
            self.by_key
                .entry(one(dice, &KEYS))
                .or_insert_with(|| Wanted::random(dice));
        } else if self.by_number.len() < 3 {
            // Twins share everything when they are made, above all their name.
            let twin = self.by_number.first().cloned().unwrap_or_else(|| Wanted::random(dice));
            self.by_number.push(twin);
        }
    }

    /// Some of the machines, at least one if there is one.
    fn some<'a>(&'a mut self, dice: &'a mut Dice) -> impl Iterator<Item = &'a mut Wanted> {
        let mut is_first = true;
        let all = self.by_key.values_mut().chain(&mut self.by_number);
        all.filter(move |_| std::mem::take(&mut is_first) || dice.chance(0.4))
    }

    /// Nothing at all.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The configuration.
    pub fn configuration(&self) -> String {
        let by_key: BTreeMap<_, _> = self.by_key.iter().map(|(key, wanted)| (key, wanted.object())).collect();
        let by_number: Vec<_> = self.by_number.iter().map(Wanted::object).collect();
        let resource = |label: &str, each: &str, one: &str| {
            let names = Wanted::random(&mut Dice::new(0)).object();
            let arguments = names
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, _)| format!("  {name} = {one}.{name}\n"));
            format!(
                "resource \"paperspace_machine\" \"{label}\" {{\n  {each}\n{}}}\n",
                arguments.collect::<String>()
            )
        };
        format!(
            "locals {{\n  by_key = {}\n  by_number = {}\n}}\n{}{}",
            json!(by_key),
            json!(by_number),
            resource("each", "for_each = local.by_key", "each.value"),
            resource(
                "twin",
                "count = length(local.by_number)",
                "local.by_number[count.index]"
            ),
        )
    }
}
