//! The steps, as data: what is changed in the configuration, what is run, and what the cloud must then hold.

use terraform_provider_paperspace::sim::{State, World};

use crate::cloud;

/// One step.
#[derive(Debug)]
pub struct Step {
    /// What it does.
    pub title: &'static str,
    /// What there is to see.
    pub about: &'static str,
    /// What is changed in the configuration before.
    pub edits: &'static [Edit],
    /// The command, after the program's name.
    pub arguments: &'static [&'static str],
    /// What the cloud holds afterwards.
    pub leaves: Option<Expected>,
}

/// A change of one argument in the configuration.
#[derive(Debug)]
pub struct Edit {
    /// The argument.
    pub argument: &'static str,
    /// What it says.
    pub from: &'static str,
    /// What it is to say.
    pub to: &'static str,
}

/// The machine that a step leaves behind, running.
#[derive(Debug)]
pub struct Expected {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub machine_type: &'static str,
    /// Its disk in GB.
    pub disk_size: u64,
}

const BORN: Expected = Expected {
    name: "trainer",
    machine_type: "P4000",
    disk_size: 50,
};

/// The whole life.
pub const STEPS: &[Step] = &[
    Step {
        title: "Plan",
        about: "What would be made? Planning only reads: nothing is made yet.",
        edits: &[],
        arguments: &["plan", "-out=tfplan"],
        leaves: None,
    },
    Step {
        title: "Apply",
        about: "Make it. The provider waits until the machine is ready to be used.",
        edits: &[],
        arguments: &["apply", "tfplan"],
        leaves: Some(BORN),
    },
    Step {
        title: "Plan again",
        about: "Does the cloud hold what the configuration says? With -detailed-exitcode anything left to do would be an error.",
        edits: &[],
        arguments: &["plan", "-detailed-exitcode"],
        leaves: Some(BORN),
    },
    Step {
        title: "Change it in place",
        about: "A new name needs neither a new machine nor a stop.",
        edits: &[Edit {
            argument: "name",
            from: "\"trainer\"",
            to: "\"llm-trainer\"",
        }],
        arguments: &["apply", "-auto-approve"],
        leaves: Some(Expected {
            name: "llm-trainer",
            ..BORN
        }),
    },
    Step {
        title: "Resize it",
        about: "A larger GPU and disk: the machine is stopped, changed and started again, and stays the same machine.",
        edits: &[
            Edit {
                argument: "machine_type",
                from: "\"P4000\"",
                to: "\"A4000\"",
            },
            Edit {
                argument: "disk_size",
                from: "50",
                to: "100",
            },
        ],
        arguments: &["apply", "-auto-approve"],
        leaves: Some(Expected {
            name: "llm-trainer",
            machine_type: "A4000",
            disk_size: 100,
        }),
    },
    Step {
        title: "Destroy",
        about: "Delete it, and with it what it costs.",
        edits: &[],
        arguments: &["destroy", "-auto-approve"],
        leaves: None,
    },
];

impl Edit {
    /// The line that it is about and what becomes of it. The argument must say what is expected, and in one place only.
    pub fn lines<'a>(&self, configuration: &'a str) -> Result<(&'a str, String), String> {
        let is_meant = |line: &&str| {
            let said = line.trim_start().strip_prefix(self.argument).map(str::trim_start);
            said.and_then(|said| said.strip_prefix('='))
                .is_some_and(|value| value.trim_start().starts_with(self.from))
        };
        let meant: Vec<_> = configuration.lines().filter(is_meant).collect();
        match meant.as_slice() {
            [line] => Ok((line, line.replacen(self.from, self.to, 1))),
            _ => Err(format!(
                "main.tf says `{} = {}` in {} places instead of one.",
                self.argument,
                self.from,
                meant.len()
            )),
        }
    }
}

impl Step {
    /// Says how the world differs from what the step is to leave behind, if it does. One machine at most was ever made.
    pub fn misses(&self, world: &World) -> Option<String> {
        let running: Vec<_> = cloud::machines(world).collect();
        match (&self.leaves, running.as_slice()) {
            (None, []) => None,
            (None, machines) => Some(format!("{} machines are left in the cloud", machines.len())),
            (Some(expected), [machine]) => {
                let as_expected = machine.state == State::Ready
                    && machine.name == expected.name
                    && machine.machine_type == expected.machine_type
                    && machine.disk_size == expected.disk_size;
                if !as_expected {
                    Some(format!("the machine is not the {expected:?} that it should be"))
                } else if world.machines.len() > 1 {
                    Some("it is not the machine that was made first".to_owned())
                } else {
                    None
                }
            }
            (Some(_), machines) => Some(format!("there are {} machines instead of one", machines.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CONFIGURATION;

    #[test]
    fn the_edits_fit_the_configuration() {
        let mut configuration = CONFIGURATION.to_owned();
        for edit in STEPS.iter().flat_map(|step| step.edits) {
            let (old, new) = edit.lines(&configuration).unwrap();
            assert_ne!(old, new);
            configuration = configuration.replace(old, &new);
        }
        assert!(configuration.contains("\"A4000\"") && configuration.contains("= 100"));
    }

    #[test]
    fn an_edit_that_does_not_fit_is_an_error() {
        let edit = |argument, from| Edit {
            argument,
            from,
            to: "1",
        };
        assert!(edit("disk_size", "51").lines(CONFIGURATION).is_err());
        assert!(edit("disk", "50").lines(CONFIGURATION).is_err());
        assert!(edit("a", "1").lines("a = 1\na = 1\n").is_err());
    }
}
