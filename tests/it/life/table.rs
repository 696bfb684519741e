//! The form of a kind's table.

use serde_json::Value;
use terraform_provider_paperspace::sim::Config;

/// A managed kind.
pub struct Kind {
    /// The resource type.
    pub type_name: &'static str,
    /// The attribute by whose value an object is imported, and which is its identity.
    pub key: &'static str,
    /// Where the simulator keeps its records: a name in its state file.
    pub records: &'static str,
    /// What has to be in the cloud besides.
    pub surroundings: fn(&mut Config),
    /// The smallest configuration: arguments with their values, in which `{row}` is the object's name.
    pub least: &'static [(&'static str, &'static str)],
    /// A row for each argument.
    pub rows: &'static [Row],
    /// Whether an import sends something after all: what the service does not tell and what may be another there.
    pub sends_after_import: bool,
    /// Arguments that cannot have a row, each with the test that has them instead.
    pub elsewhere: &'static [(&'static str, &'static str)],
}

/// An argument, or a block, and its life.
#[derive(Clone, Copy)]
pub struct Row {
    /// Its name, which is also that of the object.
    pub argument: &'static str,
    /// Its value when the object is created, and after a change; nothing where it is not set.
    pub values: [&'static str; 2],
    /// What else is set then.
    pub beside: [&'static str; 2],
    /// An argument of the smallest configuration that cannot be set together with it.
    pub without: &'static str,
    /// What the cloud holds then, if that can be seen.
    pub held: Option<Held>,
    /// Whether the change needs another object.
    pub replaces: bool,
    /// Whether it is set for good: a configuration without it would be refused.
    pub stays: bool,
    /// Whether no change by hand is tried, since nobody could make it or see it.
    pub fixed: bool,
}

/// What the cloud holds.
#[derive(Clone, Copy)]
pub struct Held {
    /// Where.
    pub place: Place,
    /// As JSON, after the create and after the change; nothing: as the argument's value has it.
    pub values: [&'static str; 2],
}

/// Where the cloud holds something.
#[derive(Clone, Copy)]
pub enum Place {
    /// A member of the record; without a name the argument's own.
    Member(&'static str),
    /// What a function finds in the simulator's state, given the object's key; a second one puts it there.
    Found(fn(&Value, &str) -> Value, Option<fn(&mut Value, &str, &Value)>),
}

/// An argument with its value when the object is created, and after a change in place.
pub const fn row(argument: &'static str, created: &'static str, changed: &'static str) -> Row {
    Row {
        argument,
        values: [created, changed],
        beside: ["", ""],
        without: "",
        held: None,
        replaces: false,
        stays: false,
        fixed: false,
    }
}

impl Row {
    /// Something else has to be set as well.
    pub const fn beside(self, arguments: &'static str) -> Self {
        self.beside_each([arguments, arguments])
    }

    /// Something else has to be set as well, which changes too.
    pub const fn beside_each(mut self, arguments: [&'static str; 2]) -> Self {
        self.beside = arguments;
        self
    }

    /// The record has a member of the argument's name and value.
    pub const fn held(self) -> Self {
        self.held_as(["", ""])
    }

    /// The record has a member of the argument's name with these values.
    pub const fn held_as(self, values: [&'static str; 2]) -> Self {
        self.held_in("", values)
    }

    /// The argument leads to a member of another name with these values.
    pub const fn held_in(self, member: &'static str, values: [&'static str; 2]) -> Self {
        self.found(Place::Member(member), values)
    }

    /// The cloud holds these values in some place.
    pub const fn found(mut self, place: Place, values: [&'static str; 2]) -> Self {
        self.held = Some(Held { place, values });
        self
    }

    /// A change needs another object.
    pub const fn replaces(mut self) -> Self {
        self.replaces = true;
        self
    }

    /// A configuration without it would be refused, so it stays.
    pub const fn stays(mut self) -> Self {
        self.stays = true;
        self
    }

    /// It stands in the place of another argument of the smallest configuration.
    pub const fn without(mut self, argument: &'static str) -> Self {
        self.without = argument;
        self
    }

    /// Nobody could change it by hand, or nobody would see it.
    pub const fn fixed(mut self) -> Self {
        self.fixed = true;
        self
    }

    /// Whether the cloud holds the argument itself, and not just what it leads to.
    pub fn is_told(&self) -> bool {
        self.held
            .is_some_and(|held| matches!(held.place, Place::Member("") | Place::Found(_, Some(_))))
    }

    /// The record's member of the argument's name.
    pub fn member(&self) -> String {
        member(self.argument)
    }
}

/// A record's member of an argument's name: `disk_size` is `diskSize`.
pub fn member(argument: &str) -> String {
    let mut words = argument.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let large = letters.next().map(|letter| letter.to_ascii_uppercase());
        name + &large.into_iter().chain(letters).collect::<String>()
    })
}

#[test]
fn a_member_is_called_as_the_service_calls_it() {
    assert_eq!(
        row("auto_snapshot_save_count", "", "").member(),
        "autoSnapshotSaveCount"
    );
    assert_eq!(row("name", "", "").member(), "name");
}
