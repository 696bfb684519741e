//! The script that every kind goes through.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use terraform_provider_paperspace::provider;
use terraform_provider_paperspace::schema::{Attribute, AttributeKind, Block, Mode};
use terraform_provider_paperspace::sim::{Config, TimeMode};
use terraform_provider_paperspace::value::Value as TfValue;

use super::table::{Held, Place};
use super::{Kind, Row};
use crate::support::cloud::Cloud;
use crate::support::workspace::Workspace;

/// The name of the object of the smallest configuration.
const LEAST: &str = "least";

/// What a configuration says of the rows' arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Created = 0,
    Changed = 1,
    Removed,
}

/// What Terraform plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Planned {
    Nothing,
    Update,
    Replacement,
}

impl Planned {
    fn actions(self) -> &'static [&'static str] {
        match self {
            Self::Nothing => &["no-op"],
            Self::Update => &["update"],
            Self::Replacement => &["delete", "create"],
        }
    }
}

/// A kind on its way.
struct Script<'a> {
    kind: &'static Kind,
    block: &'a Block,
    cloud: Cloud,
    workspace: Workspace,
    /// The records that were there from the beginning.
    seeded: usize,
}

/// Leads a kind through the script.
pub fn live(kind: &'static Kind) {
    let server = provider::server();
    let mut resources = server.registry().resources();
    let resource = resources.find(|resource| resource.type_name() == kind.type_name);
    let mut config = Config {
        time: TimeMode::PerPoll { polls: 1 },
        ..Config::default()
    };
    (kind.surroundings)(&mut config);
    let cloud = Cloud::start(config);
    let Some(workspace) = Workspace::new(&cloud) else {
        return;
    };
    let block = resource.expect("the table is of a kind that there is").block();
    let (what, since) = match has_write_only(&block.attributes) {
        true => ("an argument that is only written", (1, 11)),
        false => ("a block for an import", (1, 5)),
    };
    if !workspace.knows(what, since) {
        return;
    }
    let mut script = Script {
        kind,
        block,
        seeded: 0,
        cloud,
        workspace,
    };
    script.seeded = script.alive().len();
    script.run();
}

impl Script<'_> {
    fn run(&self) {
        self.workspace.configure(&self.configuration(Stage::Created));
        self.applies();
        self.cloud_holds(Stage::Created);

        self.workspace.configure(&self.configuration(Stage::Changed));
        self.plans("changing", |row| Some(changed(row)));
        self.applies();
        self.cloud_holds(Stage::Changed);

        self.is_imported(|key| format!("id = \"{key}\""));
        if self.workspace.knows("import by identity", (1, 12)) {
            let name = self.kind.key;
            self.is_imported(|key| format!("identity = {{ {name} = \"{key}\" }}"));
        }
        if self.workspace.knows_queries("a query") {
            self.is_found_and_written_down();
        }
        #[cfg(unix)]
        self.is_imported_by_identity();

        let drifted: Vec<_> = self.kind.rows.iter().filter(|row| self.changes_by_hand(row)).collect();
        self.plans("changing by hand", |row| {
            let seen = drifted.iter().any(|drifted| drifted.argument == row.argument) && !self.is_untold(row.argument);
            Some(if seen { changed(row) } else { Planned::Nothing })
        });
        self.applies();
        let told = |row: &&Row| !self.is_untold(row.argument);
        self.holds(Stage::Changed, self.kind.rows.iter().filter(told));

        self.workspace.configure(&self.configuration(Stage::Removed));
        self.plans("removing", |row| Some(self.removed(row)));
        self.applies();

        self.is_made_again();
        self.is_destroyed();
    }

    /// The configuration of all rows, and of one object that has nothing but what it must.
    fn configuration(&self, stage: Stage) -> String {
        let objects = self.kind.rows.iter().map(|row| {
            let at = match stage {
                Stage::Created => Some(0),
                Stage::Changed => Some(1),
                Stage::Removed => row.stays.then_some(1),
            };
            self.object(row.argument, at.map(|at| (row, at)))
        });
        objects.chain([self.object(LEAST, None)]).collect()
    }

    /// An object's block: with a row's arguments, and what the smallest configuration has besides.
    fn object(&self, name: &str, row: Option<(&Row, usize)>) -> String {
        let mut lines = Vec::new();
        let mut set = BTreeSet::new();
        if let Some((row, at)) = row {
            let (argument, value, beside) = (row.argument, row.values[at], row.beside[at]);
            let is_block = self.block.blocks.iter().any(|nested| nested.name == argument);
            if !value.is_empty() {
                lines.push(format!("{argument} {}{value}", if is_block { "" } else { "= " }));
                set.extend([argument, row.without]);
            }
            lines.push(beside.to_owned());
            set.extend(beside.split_once(" =").map(|(argument, _)| argument));
        }
        for (argument, value) in self.kind.least.iter().filter(|(argument, _)| !set.contains(argument)) {
            lines.push(format!("{argument} = {}", value.replace("{row}", name)));
        }
        let (type_name, lines) = (self.kind.type_name, lines.join("\n  "));
        format!("resource \"{type_name}\" \"{name}\" {{\n  {lines}\n}}\n")
    }

    fn applies(&self) {
        self.workspace.apply().succeeds();
        self.workspace.plan_is_empty();
        assert_eq!(
            self.alive().len(),
            self.seeded + self.kind.rows.len() + 1,
            "no object of type {} is left over and none is missing",
            self.kind.type_name
        );
    }

    /// The plan does with each row's object what is expected of it, and nothing with the smallest one.
    fn plans(&self, doing: &str, expected: impl Fn(&Row) -> Option<Planned>) {
        let changes = self.workspace.planned_changes();
        let rows = self
            .kind
            .rows
            .iter()
            .filter_map(|row| Some((row.argument, expected(row)?)));
        for (name, expected) in rows.chain([(LEAST, Planned::Nothing)]) {
            let change = &changes[&self.address(name)];
            let actions: Vec<_> = change["actions"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            assert_eq!(actions, expected.actions(), "{doing} {name}: {change}");
        }
    }

    fn address(&self, name: &str) -> String {
        format!("{}.{name}", self.kind.type_name)
    }

    /// The key of each object by its name.
    fn keys(&self) -> BTreeMap<String, String> {
        let prefix = self.address("");
        let objects = self.workspace.state().into_iter();
        let key = |object: &Value| object[self.kind.key].as_str().unwrap_or_default().to_owned();
        objects
            .filter_map(|(address, object)| Some((address.strip_prefix(&prefix)?.to_owned(), key(&object))))
            .collect()
    }

    fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.block.attribute(name)
    }

    /// Whether the service never tells what this is, so that a change by hand is not seen and an import does not know it.
    fn is_untold(&self, name: &str) -> bool {
        self.attribute(name)
            .is_some_and(|attribute| attribute.plan.adopted || attribute.plan.create_only)
    }

    /// What is planned where the configuration no longer has a row's argument.
    fn removed(&self, row: &Row) -> Planned {
        if row.stays || row.values[1].is_empty() {
            return Planned::Nothing;
        }
        if self.kind.least.iter().any(|(least, _)| *least == row.argument) {
            return changed(row);
        }
        let Some(attribute) = self.attribute(row.argument) else {
            return Planned::Update;
        };
        match (&attribute.plan.default, attribute.mode) {
            (Some(TfValue::Bool(default)), _) if row.values[1] == default.to_string() => Planned::Nothing,
            (None, Mode::OptionalComputed) => Planned::Nothing,
            _ => Planned::Update,
        }
    }

    /// The records of objects that exist, by key.
    fn alive(&self) -> BTreeSet<String> {
        let world = self.world();
        let records = world[self.kind.records].as_array().cloned().unwrap_or_default();
        let alive = records.iter().filter(|record| record["dtDeleted"].is_null());
        alive
            .filter_map(|record| record[self.kind.key].as_str().map(str::to_owned))
            .collect()
    }

    /// The world as the simulator would save it.
    fn world(&self) -> Value {
        serde_json::to_value(self.cloud.world()).expect("a world can be saved")
    }

    /// Changes the world by hand.
    fn edit(&self, change: impl FnOnce(&mut Value)) {
        self.cloud.edit(|world| {
            let mut saved = serde_json::to_value(&*world).expect("a world can be saved");
            change(&mut saved);
            *world = serde_json::from_value(saved).expect("what was changed is still a world");
        });
    }

    fn cloud_holds(&self, stage: Stage) {
        self.holds(stage, self.kind.rows.iter());
    }

    fn holds<'r>(&self, stage: Stage, rows: impl Iterator<Item = &'r Row>) {
        let (mut world, keys) = (self.world(), self.keys());
        for row in rows {
            let Some(held) = &row.held else { continue };
            let key = &keys[row.argument];
            let found = match held.place {
                Place::Found(look, _) => look(&world, key),
                Place::Member(_) => self.member(&mut world, row, held, key).clone(),
            };
            assert_eq!(found, expected(row, held, stage), "{} after {stage:?}", row.argument);
        }
    }

    /// The member of a record where a row's argument is held.
    fn member<'w>(&self, world: &'w mut Value, row: &Row, held: &Held, key: &str) -> &'w mut Value {
        let records = world[self.kind.records].as_array_mut().into_iter().flatten();
        let record = records.into_iter().find(|record| record[self.kind.key] == key);
        let name = match held.place {
            Place::Member(name) if !name.is_empty() => name.to_owned(),
            _ => row.member(),
        };
        &mut record.unwrap_or_else(|| panic!("{} is in the cloud", row.argument))[name]
    }

    /// Gives a row's object by hand what it had at first. Answers whether that can be done.
    fn changes_by_hand(&self, row: &Row) -> bool {
        let Some(held) = row.held.filter(|_| !row.fixed) else {
            return false;
        };
        let (key, before) = (&self.keys()[row.argument], expected(row, &held, Stage::Created));
        if before == expected(row, &held, Stage::Changed) {
            return false;
        }
        match held.place {
            Place::Found(_, None) => return false,
            Place::Found(_, Some(put)) => self.edit(|world| put(world, key, &before)),
            Place::Member(_) => self.edit(|world| *self.member(world, row, &held, key) = before),
        }
        true
    }

    /// Imports every object into another workspace: nothing is replaced, nothing is sent but reads, and where something is
    /// changed, it is what the service does not tell and the configuration knows.
    fn is_imported(&self, by: impl Fn(&str) -> String) {
        let Some(workspace) = Workspace::new(&self.cloud) else {
            return;
        };
        let mut configuration = self.configuration(Stage::Changed);
        for (name, key) in self.keys() {
            let address = self.address(&name);
            configuration.push_str(&format!("import {{\n  to = {address}\n  {}\n}}\n", by(&key)));
        }
        workspace.configure(&configuration);
        self.cloud.clear_requests();
        for (address, change) in workspace.planned_changes() {
            assert!(change["importing"].is_object(), "{address} is not imported: {change}");
            let actions = &change["actions"];
            assert!(
                actions == &serde_json::json!(["no-op"]) || actions == &serde_json::json!(["update"]),
                "{address}: {change}"
            );
            let members = change["before"].as_object().into_iter().flatten();
            let differing = members.filter(|(name, before)| change["after"][name.as_str()] != **before);
            for (name, _) in differing {
                let row = self.kind.rows.iter().find(|row| row.argument == name);
                let unknown = self.is_untold(name) || row.is_some_and(|row| !row.is_told());
                assert!(unknown, "importing {address} does not tell {name}: {change}");
            }
        }
        workspace.apply().succeeds();
        workspace.plan_is_empty();
        let requests = self.cloud.requests().into_iter();
        let writes: Vec<_> = requests.filter(|request| request.method != "GET").collect();
        let sends = self.kind.sends_after_import;
        assert_eq!(!writes.is_empty(), sends, "what an import sends: {writes:?}");
    }

    /// A query finds every object, and what Terraform writes down of them leaves nothing to change.
    fn is_found_and_written_down(&self) {
        let Some(workspace) = Workspace::new(&self.cloud) else {
            return;
        };
        let type_name = self.kind.type_name;
        let query = format!("list \"{type_name}\" \"all\" {{\n  provider = paperspace\n  limit    = 1000\n}}\n");
        workspace.write("all.tfquery.hcl", &query);
        workspace
            .run(&["query", "-no-color", "-generate-config-out=found.tf"])
            .succeeds();
        let changes = workspace.planned_changes();
        let found = |key: &String| {
            let id = &self.kind.key;
            changes
                .values()
                .any(|change| change["importing"]["identity"][id] == key.as_str())
        };
        let missing: Vec<_> = self.keys().into_iter().filter(|(_, key)| !found(key)).collect();
        assert!(missing.is_empty(), "a query does not find {missing:?}");
        for (address, change) in changes {
            let members = change["before"].as_object().into_iter().flatten();
            let differing: Vec<_> = members
                .filter(|(name, before)| change["after"][name.as_str()] != **before)
                .map(|(name, _)| name.as_str())
                .collect();
            // A query does not tell who else may use a machine, and says so.
            let untold = differing.is_empty() || differing == ["accessor_ids"];
            assert!(untold, "{address}: {differing:?} {change}");
        }
    }

    /// Imports every object by its identity, which comes to the same as by its id, and writes down what it is, which leaves
    /// nothing to change.
    #[cfg(unix)]
    fn is_imported_by_identity(&self) {
        let keys = self.keys();
        run(async {
            let mut session = crate::support::session::Session::with_type(&self.cloud, self.kind.type_name).await;
            for key in keys.values() {
                let identity = TfValue::object([(self.kind.key, TfValue::from(key.as_str()))]);
                let by_id = session.import(key, None).await.succeeds();
                let by_identity = session.import("", Some(&identity)).await.succeeds();
                assert_eq!(by_identity.value, by_id.value);
                assert_eq!(by_id.identity, Some(identity.clone()));
                // A host reads what it has imported.
                let read = session.read(&by_id.value, Some(&identity)).await.succeeds();
                assert_eq!(read.value, by_id.value);
                let config = session.generate(&read.value).await;
                assert_eq!(session.validate(&config).await, [""; 0], "{key}: {config:?}");
                let planned = session.plan(&read.value, Some(&identity), &config).await.succeeds();
                assert_eq!(planned.value, read.value, "{key}: {config:?}");
            }
            session.end().await;
        });
    }

    /// The smallest object is deleted by hand, and made again.
    fn is_made_again(&self) {
        let key = &self.keys()[LEAST];
        self.edit(|world| {
            if let Some(records) = world[self.kind.records].as_array_mut() {
                records.retain(|record| record[self.kind.key] != key.as_str());
            }
        });
        let changes = self.workspace.planned_changes();
        assert_eq!(changes[&self.address(LEAST)]["actions"], serde_json::json!(["create"]));
        self.applies();
        assert_ne!(&self.keys()[LEAST], key);
    }

    fn is_destroyed(&self) {
        let keys = self.keys();
        self.workspace.destroy().succeeds();
        assert_eq!(
            self.alive().len(),
            self.seeded,
            "all objects of type {} are gone",
            self.kind.type_name
        );
        assert!(self.workspace.state_file().is_empty());
        #[cfg(unix)]
        run(async {
            let mut session = crate::support::session::Session::with_type(&self.cloud, self.kind.type_name).await;
            let gone = session.import(&keys[LEAST], None).await;
            assert!(gone.failed(), "what is gone cannot be imported");
            session.end().await;
        });
    }
}

/// Whether an attribute, however deep, is for the provider alone.
fn has_write_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.kind {
        _ if attribute.write_only => true,
        AttributeKind::Nested(_, attributes) => has_write_only(attributes),
        AttributeKind::Value(_) => false,
    })
}

/// What is planned where a row's argument changes.
fn changed(row: &Row) -> Planned {
    if row.replaces {
        Planned::Replacement
    } else {
        Planned::Update
    }
}

/// What the cloud is to hold.
fn expected(row: &Row, held: &Held, stage: Stage) -> Value {
    let at = usize::from(stage != Stage::Created);
    let text = match held.values[at] {
        "" => row.values[at],
        text => text,
    };
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{}: {text} is not JSON: {error}", row.argument))
}

#[cfg(unix)]
fn run(session: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be built").block_on(session);
}
