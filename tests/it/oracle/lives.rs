//! Random lives: schemas, configurations of them that are known in part when planning, and code of all habits.

use std::collections::BTreeMap;
use std::fmt;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use terraform_provider_paperspace::schema::{self, Attribute, AttributeKind, Block, BlockNesting, Nesting};
use terraform_provider_paperspace::value::{Number, Type, Value, msgpack};

use super::toys::{self, ATTRIBUTES, FOLLOWED, Habit, Mode, PART_ATTRIBUTES, Said, Shape, TEXTS};

/// A life: a schema, the configurations that it goes through, and how the code behaves in each operation.
#[derive(Clone, Debug)]
pub struct Life {
    /// The schema.
    pub shape: Shape,
    /// The configurations, one after the other.
    pub steps: Vec<Step>,
    /// How the code behaves; well, where nothing more is said.
    pub habits: Vec<Habit>,
}

/// A configuration as it is in apply, and as it is when planning.
#[derive(Clone)]
pub struct Step {
    /// In apply: wholly known.
    pub known: Value,
    /// When planning: unknown in part.
    pub planned: Value,
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} planned as {}", short(&self.known), short(&self.planned))
    }
}

/// A value in a line, with `?` for what is unknown.
fn short(value: &Value) -> String {
    let list = |elements: &[Value]| elements.iter().map(short).collect::<Vec<_>>().join(", ");
    match value {
        Value::Null => "null".to_owned(),
        Value::Unknown(_) => "?".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("{text:?}"),
        Value::List(elements) | Value::Tuple(elements) => format!("[{}]", list(elements)),
        Value::Set(elements) => format!("set({})", list(elements)),
        Value::Map(members) | Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, member)| format!("{name}: {}", short(member)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Dynamic(typed) => short(&typed.1),
    }
}

fn said(field: usize, of_thing: bool) -> impl Strategy<Value = Said> {
    let is_text = !of_thing || field < TEXTS;
    let mut modes = vec![
        Mode::Required,
        Mode::Optional,
        Mode::Computed,
        Mode::OptionalComputed,
        Mode::WriteOnly,
    ];
    if is_text {
        modes.push(Mode::Default);
    }
    let rarely = || prop::bool::weighted(0.2);
    let follows = if of_thing { FOLLOWED.len() } else { 2 };
    (select(modes), rarely(), rarely(), rarely(), any::<bool>(), 0..follows).prop_map(
        move |(mode, replaces, adopted, create_only, respelled, follows)| Said {
            field,
            mode,
            replaces,
            adopted,
            create_only,
            respelled: respelled && is_text,
            follows,
        },
    )
}

fn shape() -> impl Strategy<Value = Shape> {
    let some = |fields: usize, of_thing| {
        let chosen = subsequence((0..fields).collect::<Vec<_>>(), 1..=fields.min(6));
        chosen.prop_flat_map(move |fields| {
            fields
                .into_iter()
                .map(|field| said(field, of_thing))
                .collect::<Vec<_>>()
        })
    };
    (
        some(ATTRIBUTES.len(), true),
        some(PART_ATTRIBUTES.len(), false),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(attributes, part, single, list)| Shape {
            attributes,
            part,
            single,
            list,
        })
}

/// A configuration that the schema allows, wholly known.
fn config(block: &Block) -> BoxedStrategy<Value> {
    let attributes = block
        .attributes
        .iter()
        .map(|attribute| (attribute.name, of_attribute(attribute)));
    let blocks = block.blocks.iter().map(|nested| {
        let one = config(&nested.block);
        let value = match nested.nesting {
            BlockNesting::Single => prop_oneof![Just(Value::Null), one].boxed(),
            BlockNesting::Group => one,
            BlockNesting::List => vec(one, 0..3).prop_map(Value::List).boxed(),
            BlockNesting::Set => vec(one, 0..3).prop_map(Value::Set).boxed(),
            BlockNesting::Map => btree_map("[ab]", one, 0..3).prop_map(Value::Map).boxed(),
        };
        (nested.name, value)
    });
    object(attributes.chain(blocks).collect())
}

fn object(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let (names, values): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    values
        .prop_map(move |values| Value::object(names.iter().copied().zip(values)))
        .boxed()
}

fn of_attribute(attribute: &Attribute) -> BoxedStrategy<Value> {
    if !attribute.mode.is_settable() {
        return Just(Value::Null).boxed();
    }
    let set = match &attribute.kind {
        AttributeKind::Value(ty) => of_type(ty),
        AttributeKind::Nested(nesting, attributes) => {
            let one = object(
                attributes
                    .iter()
                    .map(|attribute| (attribute.name, of_attribute(attribute)))
                    .collect(),
            );
            match nesting {
                Nesting::Single => one,
                Nesting::List => vec(one, 0..3).prop_map(Value::List).boxed(),
                Nesting::Set => vec(one, 0..3).prop_map(Value::Set).boxed(),
                Nesting::Map => btree_map("[ab]", one, 0..3).prop_map(Value::Map).boxed(),
            }
        }
    };
    match attribute.mode {
        schema::Mode::Required => set,
        _ => prop_oneof![1 => Just(Value::Null), 2 => set].boxed(),
    }
}

fn of_type(ty: &Type) -> BoxedStrategy<Value> {
    match ty {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Number => (0_i64..3)
            .prop_map(|number| Value::Number(Number::from(number)))
            .boxed(),
        Type::String => select(vec!["a", "A", "b", "default"]).prop_map(Value::from).boxed(),
        Type::List(element) => vec(of_type(element), 0..3).prop_map(Value::List).boxed(),
        Type::Set(element) => btree_map("[ab]", Just(Value::Null), 0..3)
            .prop_map(|keys| Value::Set(keys.into_keys().map(Value::from).collect()))
            .prop_filter("of strings", {
                let of_strings = **element == Type::String;
                move |_| of_strings
            })
            .boxed(),
        Type::Map(element) => btree_map("[ab]", of_type(element), 0..3).prop_map(Value::Map).boxed(),
        Type::Dynamic | Type::Tuple(_) | Type::Object(_) => unreachable!("toys have no such attributes"),
    }
}

/// How much is known of the values that come next: all, nothing, or that they are not null.
#[derive(Clone, Copy, Debug)]
enum Veil {
    Known,
    Unknown,
    Refined,
}

fn veils() -> impl Strategy<Value = Vec<Veil>> {
    vec(
        prop_oneof![6 => Just(Veil::Known), 1 => Just(Veil::Unknown), 1 => Just(Veil::Refined)],
        1..24,
    )
}

/// Draws veils over a configuration, one for each value that may be unknown when planning.
struct Veiled<'v>(std::iter::Cycle<std::slice::Iter<'v, Veil>>);

impl Veiled<'_> {
    /// What stands in the place of a value that is unknown, if the next veil makes it so.
    fn veil(&mut self, value: &Value) -> Option<Value> {
        match self.0.next() {
            Some(Veil::Unknown) => Some(Value::unknown()),
            // "Not null", as hosts write it.
            Some(Veil::Refined) if !value.is_null() => {
                msgpack::decode(&[0xc7, 3, 12, 0x81, 1, 0xc2], &Type::String).ok()
            }
            _ => None,
        }
    }

    fn value(&mut self, value: &Value) -> Value {
        let veiled = self.veil(value);
        veiled.unwrap_or_else(|| match value {
            Value::List(elements) => Value::List(elements.iter().map(|element| self.value(element)).collect()),
            Value::Set(elements) => Value::Set(elements.iter().map(|element| self.value(element)).collect()),
            Value::Map(members) => Value::Map(
                members
                    .iter()
                    .map(|(key, member)| (key.clone(), self.value(member)))
                    .collect(),
            ),
            other => other.clone(),
        })
    }

    fn attribute(&mut self, attribute: &Attribute, value: &Value) -> Value {
        if !attribute.mode.is_settable() {
            return Value::Null;
        }
        let AttributeKind::Nested(_, attributes) = &attribute.kind else {
            return self.value(value);
        };
        let veiled = self.veil(value);
        veiled.unwrap_or_else(|| {
            self.objects(value, &mut |veiled, object| {
                let attribute = |attribute: &Attribute| {
                    let inner = object.get(attribute.name).unwrap_or(&Value::Null);
                    (attribute.name, veiled.attribute(attribute, inner))
                };
                Value::object(attributes.iter().map(attribute))
            })
        })
    }

    fn objects(&mut self, value: &Value, one: &mut dyn FnMut(&mut Self, &Value) -> Value) -> Value {
        match value {
            Value::Object(_) => one(self, value),
            Value::List(elements) => Value::List(elements.iter().map(|element| one(self, element)).collect()),
            Value::Set(elements) => Value::Set(elements.iter().map(|element| one(self, element)).collect()),
            Value::Map(members) => {
                let member = |(key, member): (&String, &Value)| (key.clone(), one(self, member));
                Value::Map(members.iter().map(member).collect())
            }
            other => other.clone(),
        }
    }

    fn block(&mut self, block: &Block, value: &Value) -> Value {
        let part = |name: &str| value.get(name).unwrap_or(&Value::Null);
        let mut members: BTreeMap<String, Value> = BTreeMap::new();
        for attribute in &block.attributes {
            members.insert(
                attribute.name.to_owned(),
                self.attribute(attribute, part(attribute.name)),
            );
        }
        for nested in &block.blocks {
            // Only of blocks of which there may be many the number can be unknown: a dynamic block.
            let many = !matches!(nested.nesting, BlockNesting::Single | BlockNesting::Group);
            let unknown = many && matches!(self.0.next(), Some(Veil::Unknown));
            let value = match unknown {
                true => Value::unknown(),
                false => self.objects(part(nested.name), &mut |veiled, object| {
                    veiled.block(&nested.block, object)
                }),
            };
            members.insert(nested.name.to_owned(), value);
        }
        Value::Object(members)
    }
}

/// A random life of code with such habits.
pub fn life(habits: impl Strategy<Value = Vec<Habit>> + Clone + 'static) -> impl Strategy<Value = Life> {
    shape().prop_flat_map(move |shape| {
        shape.set();
        let step = (config(toys::block()), veils()).prop_map(|(known, veils)| {
            let planned = Veiled(veils.iter().cycle()).block(toys::block(), &known);
            Step { known, planned }
        });
        (vec(step, 1..4), habits.clone()).prop_map(move |(steps, habits)| Life {
            shape: shape.clone(),
            steps,
            habits,
        })
    })
}
