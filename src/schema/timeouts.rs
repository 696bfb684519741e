//! The `timeouts` block: how long each operation on an object may take.

use std::time::Duration;

use super::model::{Model, Schema};
use super::{Attribute, Block, BlockNesting, Check, NestedBlock, parse_duration};
use crate::diag::Diagnostic;
use crate::value::{Path, Tf, Value};

/// The block's name in every schema.
const NAME: &str = "timeouts";

/// The longest time limit: as good as for ever, and no clock overflows by it.
const MOST: Duration = Duration::from_secs(365 * 24 * 3600);

/// An operation that takes a time limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// Making a new object.
    Create,
    /// Changing one in place.
    Update,
    /// Destroying one.
    Delete,
}

impl Timeout {
    /// The argument's name.
    fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// The operation in the words of the argument's description.
    fn words(self) -> &'static str {
        match self {
            Self::Create => "creating it, until it is ready for use",
            Self::Update => "changing it in place, with everything that the change needs",
            Self::Delete => "destroying it, until it is gone",
        }
    }
}

/// A `timeouts` block as it was configured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeouts {
    /// The limit of a create.
    pub create: Tf<String>,
    /// The limit of an update.
    pub update: Tf<String>,
    /// The limit of a delete.
    pub delete: Tf<String>,
}

impl Timeouts {
    fn of(&self, operation: Timeout) -> &Tf<String> {
        match operation {
            Timeout::Create => &self.create,
            Timeout::Update => &self.update,
            Timeout::Delete => &self.delete,
        }
    }

    fn of_mut(&mut self, operation: Timeout) -> &mut Tf<String> {
        match operation {
            Timeout::Create => &mut self.create,
            Timeout::Update => &mut self.update,
            Timeout::Delete => &mut self.delete,
        }
    }
}

/// What a schema knows of its `timeouts` block.
pub(super) struct Limits<M> {
    lens: fn(&mut M) -> &mut Tf<Timeouts>,
    minutes: &'static [(Timeout, u64)],
}

impl<M: Model> Schema<M> {
    /// Declares the `timeouts` block: the operations that take a limit, each with its default in minutes.
    pub fn timeouts(&mut self, lens: fn(&mut M) -> &mut Tf<Timeouts>, minutes: &'static [(Timeout, u64)]) {
        self.limits = Some(Limits { lens, minutes });
        self.add_lens(
            NAME,
            move |model, value, path| {
                *lens(model) = decode(minutes, value, path)?;
                Ok(())
            },
            move |model| encode(minutes, lens(model)),
        );
        let block = Block {
            attributes: minutes
                .iter()
                .map(|(operation, default)| argument(*operation, *default))
                .collect(),
            description: "How long an operation may take before it is given up.".to_owned(),
            ..Block::default()
        };
        self.add_block(NestedBlock {
            name: NAME,
            nesting: BlockNesting::Single,
            block,
            min_items: 0,
            max_items: 0,
        });
    }

    /// How long an operation on this object may take: what is configured, or the declared default. An operation without a
    /// declared limit may take as long as any.
    pub fn time_limit(&self, model: &M, operation: Timeout) -> Duration {
        let Some(Limits { lens, minutes }) = &self.limits else {
            return MOST;
        };
        let mut model = model.clone();
        let configured = lens(&mut model)
            .known()
            .and_then(|timeouts| timeouts.of(operation).as_deref());
        // What does not read as a duration was refused when the configuration was validated.
        if let Some(limit) = configured.and_then(|text| parse_duration(text).ok()) {
            return limit;
        }
        let default = minutes.iter().find(|(declared, _)| *declared == operation);
        default.map_or(MOST, |(_, minutes)| Duration::from_secs(minutes * 60))
    }
}

fn argument(operation: Timeout, minutes: u64) -> Attribute {
    let mut argument = Attribute::new(operation.name(), <String as super::Element>::kind());
    argument.check(Check::Duration).doc(format!(
        "For {}, such as `45m`; `{minutes}m` by default.",
        operation.words()
    ));
    argument
}

fn decode(minutes: &[(Timeout, u64)], value: &Value, path: &Path) -> Result<Tf<Timeouts>, Diagnostic> {
    if value.is_null() {
        return Ok(Tf::Null);
    }
    if value.is_unknown() {
        return Ok(Tf::Unknown);
    }
    let mut timeouts = Timeouts::default();
    for (operation, _) in minutes {
        let limit = value.get(operation.name()).unwrap_or(&Value::Null);
        *timeouts.of_mut(*operation) = super::Field::decode(limit, &path.clone().attr(operation.name()))?;
    }
    Ok(Tf::Known(timeouts))
}

fn encode(minutes: &[(Timeout, u64)], timeouts: &Tf<Timeouts>) -> Value {
    match timeouts {
        Tf::Null => Value::Null,
        Tf::Unknown => Value::unknown(),
        Tf::Known(timeouts) => Value::object(
            minutes
                .iter()
                .map(|(operation, _)| (operation.name(), super::Field::encode(timeouts.of(*operation)))),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Thing {
        timeouts: Tf<Timeouts>,
    }

    impl Model for Thing {
        fn declare(s: &mut Schema<Self>) {
            s.timeouts(|m| &mut m.timeouts, &[(Timeout::Create, 30), (Timeout::Delete, 15)]);
        }
    }

    fn thing(create: Tf<String>) -> Thing {
        Thing {
            timeouts: Tf::Known(Timeouts {
                create,
                ..Timeouts::default()
            }),
        }
    }

    #[test]
    fn a_limit_is_the_configured_one_or_the_default() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let limit = |thing: &Thing, operation| Thing::schema().time_limit(thing, operation);
        for (configured, expected) in [
            (Tf::Known("1h".to_owned()), minutes(60)),
            (Tf::Known("soon".to_owned()), minutes(30)),
            (Tf::Null, minutes(30)),
            (Tf::Unknown, minutes(30)),
        ] {
            let thing = thing(configured);
            assert_eq!(
                limit(&thing, Timeout::Create),
                expected,
                "{thing:?}",
                thing = thing.timeouts
            );
            assert_eq!(limit(&thing, Timeout::Delete), minutes(15));
        }
        assert_eq!(limit(&Thing::default(), Timeout::Create), minutes(30));
        assert_eq!(limit(&Thing::default(), Timeout::Update), MOST);
    }

    #[test]
    fn the_block_holds_what_was_declared_and_reads_as_it_is_written() {
        let block = &Thing::schema().block().blocks[0];
        let names: Vec<_> = block.block.attributes.iter().map(|attribute| attribute.name).collect();
        assert_eq!((block.name, names), ("timeouts", vec!["create", "delete"]));
        let timeouts = |value| Value::object([("timeouts", value)]);
        for value in [
            timeouts(Value::Null),
            timeouts(Value::unknown()),
            timeouts(Value::object([
                ("create", Value::string("1h")),
                ("delete", Value::Null),
            ])),
        ] {
            assert_eq!(Thing::schema().round_trip(&value).unwrap(), value);
        }
    }
}
