//! A provider that is made up anew for each case: its one resource has a random schema, and code that behaves well or as
//! badly as code can.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::Mutex;

use terraform_provider_paperspace::diag::{Diagnostic, Diagnostics};
use terraform_provider_paperspace::schema::{
    Attribute, Block, IdentityAttribute, IdentitySchema, Model, Nested, Schema,
};
use terraform_provider_paperspace::server::{
    ChangeOf, Configuration, Context, CurrentOf, ImportTarget, Object, Outcome, OutcomeOf, Provider, Registry, Resource,
};
use terraform_provider_paperspace::value::{Number, Tf, Type, Value};

/// The resource's type.
pub const THING: &str = "toy_thing";

/// All fields that a schema can have. A random schema declares some of them.
#[derive(Clone, Debug, Default)]
pub struct Thing {
    id: Tf<String>,
    texts: [Tf<String>; 4],
    number: Tf<i64>,
    flag: Tf<bool>,
    words: Tf<Vec<String>>,
    tags: Tf<BTreeSet<String>>,
    labels: Tf<BTreeMap<String, String>>,
    part: Tf<Nested<Part>>,
    parts: Tf<Vec<Nested<Part>>>,
    named: Tf<BTreeMap<String, Nested<Part>>>,
    single: Tf<Nested<Part>>,
    list: Tf<Vec<Nested<Part>>>,
}

/// What is nested in a thing.
#[derive(Clone, Debug, Default)]
pub struct Part {
    texts: [Tf<String>; 3],
}

/// Declares a field.
type Declare<M> = fn(&mut Schema<M>) -> &mut Attribute;

/// The fields of a thing that attributes can be made of. The first ones are texts.
pub const ATTRIBUTES: [Declare<Thing>; 12] = [
    |s| s.attr("text_0", |m| &mut m.texts[0]),
    |s| s.attr("text_1", |m| &mut m.texts[1]),
    |s| s.attr("text_2", |m| &mut m.texts[2]),
    |s| s.attr("text_3", |m| &mut m.texts[3]),
    |s| s.attr("number", |m| &mut m.number),
    |s| s.attr("flag", |m| &mut m.flag),
    |s| s.attr("words", |m| &mut m.words),
    |s| s.attr("tags", |m| &mut m.tags),
    |s| s.attr("labels", |m| &mut m.labels),
    |s| s.attr("part", |m| &mut m.part),
    |s| s.attr("parts", |m| &mut m.parts),
    |s| s.attr("named", |m| &mut m.named),
];

/// How many of them are texts.
pub const TEXTS: usize = 4;

/// The fields of a part.
pub const PART_ATTRIBUTES: [Declare<Part>; 3] = [
    |s| s.attr("text_0", |m| &mut m.texts[0]),
    |s| s.attr("text_1", |m| &mut m.texts[1]),
    |s| s.attr("text_2", |m| &mut m.texts[2]),
];

/// What is said of a field.
#[derive(Clone, Copy)]
pub struct Said {
    /// Its number among the fields.
    pub field: usize,
    /// Who sets it.
    pub mode: Mode,
    /// Whether a change needs another object.
    pub replaces: bool,
    /// Whether the remote system never tells it.
    pub adopted: bool,
    /// Whether it counts only at the creation.
    pub create_only: bool,
    /// Whether letters may be large or small; of texts.
    pub respelled: bool,
    /// On whose change it becomes unknown: a number in [`FOLLOWED`].
    pub follows: usize,
}

/// Who sets a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Required,
    Optional,
    Computed,
    OptionalComputed,
    /// The configuration may, and the provider has a value where it does not; of texts.
    Default,
    /// The configuration may, and nobody stores it.
    WriteOnly,
}

/// Siblings that a computed value may follow.
pub const FOLLOWED: [&[&str]; 3] = [&[], &["text_0"], &["text_1", "number"]];

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = [
            ("replaces", self.replaces),
            ("adopted", self.adopted),
            ("create_only", self.create_only),
            ("respelled", self.respelled),
        ];
        let said = said.iter().filter(|(_, is_so)| *is_so).map(|(word, _)| *word);
        let said: Vec<_> = said.chain(FOLLOWED[self.follows].iter().copied()).collect();
        write!(f, "{}: {:?} {}", self.field, self.mode, said.join(" "))
    }
}

impl Said {
    fn declare<M: Model>(&self, schema: &mut Schema<M>, fields: &[Declare<M>]) {
        let attribute = fields[self.field](schema).doc("It is made up.");
        match self.mode {
            Mode::Required => attribute.required(),
            Mode::Optional => attribute.optional(),
            Mode::Computed => attribute.computed(),
            Mode::OptionalComputed => attribute.optional().computed().optional(),
            Mode::Default => attribute.default_value("default".into()),
            Mode::WriteOnly => attribute.write_only(),
        };
        if self.replaces {
            attribute.replaces();
        }
        if self.adopted {
            attribute.adopted();
        }
        if self.create_only {
            attribute.create_only();
        }
        if self.respelled {
            attribute
                .same_if(|a, b| matches!((a.as_str(), b.as_str()), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b)));
        }
        attribute.follows(FOLLOWED[self.follows]);
    }
}

/// A random schema.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The attributes.
    pub attributes: Vec<Said>,
    /// What is nested in some of them, and in blocks.
    pub part: Vec<Said>,
    /// Whether there is a block of which there may be one.
    pub single: bool,
    /// Whether there are blocks of which there may be many.
    pub list: bool,
}

thread_local! {
    static SCHEMA_OF_THING: Cell<Option<&'static Schema<Thing>>> = const { Cell::new(None) };
    static SCHEMA_OF_PART: Cell<Option<&'static Schema<Part>>> = const { Cell::new(None) };
}

impl Shape {
    /// Makes it the schema of things in this thread.
    pub fn set(&self) {
        let part = Schema::of(|schema| {
            for said in &self.part {
                said.declare(schema, &PART_ATTRIBUTES);
            }
        });
        SCHEMA_OF_PART.set(Some(Box::leak(Box::new(part))));
        let thing = Schema::of(|schema| {
            schema
                .attr("id", |m: &mut Thing| &mut m.id)
                .computed()
                .doc("It is made up.");
            for said in &self.attributes {
                said.declare(schema, &ATTRIBUTES);
            }
            if self.single {
                schema.block_type("single", |m| &mut m.single, "One of them.");
            }
            if self.list {
                schema.block_type("list", |m| &mut m.list, "Some of them.");
            }
        });
        SCHEMA_OF_THING.set(Some(Box::leak(Box::new(thing))));
    }
}

impl Model for Thing {
    fn declare(_schema: &mut Schema<Self>) {
        unreachable!("its schema is made up by each case");
    }

    fn schema() -> &'static Schema<Self> {
        SCHEMA_OF_THING.get().expect("the case has made up a schema")
    }
}

impl Model for Part {
    fn declare(_schema: &mut Schema<Self>) {
        unreachable!("its schema is made up by each case");
    }

    fn schema() -> &'static Schema<Self> {
        SCHEMA_OF_PART.get().expect("the case has made up a schema")
    }
}

/// How the resource's code behaves in one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// It does what was planned, and makes up what was left open.
    Honest,
    /// The same, and it warns.
    Warns,
    /// The same, and every text comes back in large letters.
    Shouts,
    /// It tells of other texts than were planned.
    Contradicts,
    /// It leaves open what was open.
    LeavesOpen,
    /// It hands the configuration out as the state, secrets and all.
    TellsSecrets,
    /// It tells of another object.
    MixesUp,
    /// It fails without having done anything.
    Fails,
    /// It fails after having done it.
    FailsLate,
    /// It says that all is as it was.
    Forgets,
    /// It says that nothing is there.
    Loses,
    /// It panics.
    Panics,
    /// It panics after having recorded what there is.
    PanicsLate,
}

impl Habit {
    /// All of them, good ones first.
    pub const ALL: [Self; 13] = [
        Self::Honest,
        Self::Warns,
        Self::Shouts,
        Self::Contradicts,
        Self::LeavesOpen,
        Self::TellsSecrets,
        Self::MixesUp,
        Self::Fails,
        Self::FailsLate,
        Self::Forgets,
        Self::Loses,
        Self::Panics,
        Self::PanicsLate,
    ];
}

/// How it behaves in the operations to come; well, when there is nothing more.
#[derive(Debug, Default)]
pub struct Script {
    habits: Mutex<VecDeque<Habit>>,
    made_up: Mutex<u32>,
}

impl Script {
    fn next(&self) -> Habit {
        self.habits.lock().unwrap().pop_front().unwrap_or(Habit::Honest)
    }

    fn number(&self) -> u32 {
        let mut made_up = self.made_up.lock().unwrap();
        *made_up += 1;
        *made_up
    }

    /// The value with something in the place of all that is unknown.
    fn filled(&self, value: &Value, ty: &Type) -> Value {
        match (value, ty) {
            (Value::Unknown(_), Type::String) => format!("made up {}", self.number()).into(),
            (Value::Unknown(_), Type::Number) => Value::Number(Number::from(i64::from(self.number()))),
            (Value::Unknown(_), Type::Bool) => true.into(),
            (Value::Unknown(_), Type::List(element)) => Value::List(vec![self.filled(&Value::unknown(), element)]),
            (Value::Unknown(_), Type::Set(element)) => Value::Set(vec![self.filled(&Value::unknown(), element)]),
            (Value::Unknown(_), Type::Map(element)) => {
                Value::Map([("made_up".to_owned(), self.filled(&Value::unknown(), element))].into())
            }
            (Value::Unknown(_), Type::Object(attributes)) => {
                let attribute = |(name, ty): (&String, &Type)| (name.clone(), self.filled(&Value::unknown(), ty));
                Value::Object(attributes.iter().map(attribute).collect())
            }
            (Value::List(elements), Type::List(ty)) => {
                Value::List(elements.iter().map(|element| self.filled(element, ty)).collect())
            }
            (Value::Set(elements), Type::Set(ty)) => {
                Value::Set(elements.iter().map(|element| self.filled(element, ty)).collect())
            }
            (Value::Map(elements), Type::Map(ty)) => {
                let element = |(key, value): (&String, &Value)| (key.clone(), self.filled(value, ty));
                Value::Map(elements.iter().map(element).collect())
            }
            (Value::Object(values), Type::Object(types)) => {
                let attribute = |(name, value): (&String, &Value)| (name.clone(), self.filled(value, &types[name]));
                Value::Object(values.iter().map(attribute).collect())
            }
            (value, _) => value.clone(),
        }
    }

    /// What comes of an operation that was to lead to this thing.
    fn outcome(&self, context: &Context<Self>, goal: &Thing, config: &Thing) -> OutcomeOf<Toy> {
        let schema = Thing::schema();
        let ty = schema.block().ty();
        let of = |value: &Value| schema.decode(value).expect("it was encoded from a thing");
        let open = schema.encode(goal);
        let done = of(&self.filled(&open, &ty));
        let texts = |change: fn(&str) -> String| of(&with_texts(&schema.encode(&done), change));
        let exists = |thing: Thing| Outcome::exists(thing, ());
        let failure = || Diagnostic::error("It Failed", "It was made to.");
        match self.next() {
            Habit::Honest => exists(done),
            Habit::Warns => exists(done).with(Diagnostic::warning("Mind This", "It is nothing.")),
            Habit::Shouts => exists(Thing {
                id: done.id.clone(),
                ..texts(str::to_uppercase)
            }),
            Habit::Contradicts => exists(Thing {
                id: done.id.clone(),
                ..texts(|_| "something else".to_owned())
            }),
            Habit::LeavesOpen => exists(Thing {
                id: done.id,
                ..goal.clone()
            }),
            Habit::TellsSecrets => {
                let config = of(&self.filled(&schema.encode(config), &ty));
                exists(Thing { id: done.id, ..config })
            }
            Habit::MixesUp => exists(Thing {
                id: Tf::Known("another".to_owned()),
                ..done
            }),
            Habit::Fails => Outcome::as_before(failure()),
            Habit::FailsLate => exists(done).with(failure()),
            Habit::Forgets => Outcome::as_before(Diagnostics::new()),
            Habit::Loses => Outcome::gone(),
            Habit::Panics => panic!("it was made to"),
            Habit::PanicsLate => {
                context.record(&done, &());
                panic!("it was made to");
            }
        }
    }
}

fn with_texts(value: &Value, change: fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => change(text).into(),
        Value::List(elements) => Value::List(elements.iter().map(|element| with_texts(element, change)).collect()),
        Value::Set(elements) => Value::Set(elements.iter().map(|element| with_texts(element, change)).collect()),
        Value::Map(members) => Value::Map(
            members
                .iter()
                .map(|(name, member)| (name.clone(), with_texts(member, change)))
                .collect(),
        ),
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, member)| (name.clone(), with_texts(member, change)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// The resource.
pub struct Toy;

impl Resource for Toy {
    type Model = Thing;
    type Note = ();
    type Configured = Script;

    const TYPE_NAME: &'static str = THING;

    fn identity_schema() -> IdentitySchema {
        IdentitySchema {
            version: 0,
            attributes: vec![IdentityAttribute {
                name: "id",
                ty: Type::String,
                required_for_import: true,
                description: "It is made up.",
            }],
        }
    }

    fn identity(state: &Thing) -> Option<Value> {
        match &state.id {
            Tf::Known(id) => Some(Value::object([("id", Value::from(id.as_str()))])),
            Tf::Null | Tf::Unknown => None,
        }
    }

    async fn create(context: &Context<Script>, change: ChangeOf<Self>) -> OutcomeOf<Self> {
        context.configured.outcome(context, &change.planned, &change.config)
    }

    async fn read(context: &Context<Script>, known: CurrentOf<Self>) -> OutcomeOf<Self> {
        context.configured.outcome(context, &known.state, &known.state)
    }

    async fn update(context: &Context<Script>, _prior: Thing, change: ChangeOf<Self>) -> OutcomeOf<Self> {
        context.configured.outcome(context, &change.planned, &change.config)
    }

    async fn delete(context: &Context<Script>, known: CurrentOf<Self>) -> OutcomeOf<Self> {
        let outcome = context.configured.outcome(context, &known.state, &known.state);
        // Well behaved is here to be gone.
        match outcome.diagnostics.has_errors() {
            false if matches!(outcome.object, Object::Exists(_)) => Outcome::gone(),
            _ => outcome,
        }
    }

    async fn import(context: &Context<Script>, target: ImportTarget) -> OutcomeOf<Self> {
        let id = match target {
            ImportTarget::Id(id) => Tf::Known(id),
            ImportTarget::Identity(identity) => match identity.get("id").and_then(Value::as_str) {
                Some(id) => Tf::Known(id.to_owned()),
                None => Tf::Null,
            },
        };
        let found = Thing { id, ..Thing::default() };
        context.configured.outcome(context, &found, &found)
    }
}

/// The provider, which behaves as this says.
pub struct ToyProvider(pub Vec<Habit>);

/// A provider block without arguments.
#[derive(Clone, Default)]
pub struct Nothing;

impl Model for Nothing {
    fn declare(schema: &mut Schema<Self>) {
        schema.describe("It is made up.");
    }
}

impl Provider for ToyProvider {
    type Model = Nothing;
    type Configured = Script;

    fn validate_config(&self, _config: &Nothing) -> Diagnostics {
        Diagnostics::new()
    }

    fn configure(&self, _config: &Nothing, _version: &str) -> Result<Configuration<Script>, Diagnostics> {
        let script = Script {
            habits: Mutex::new(self.0.iter().copied().collect()),
            made_up: Mutex::default(),
        };
        Ok(Configuration::Ready(script, Diagnostics::new()))
    }

    fn registry(&self) -> Registry {
        Registry::new().resource::<Toy>()
    }
}

/// The schema of things as it is now.
pub fn block() -> &'static Block {
    Thing::schema().block()
}
