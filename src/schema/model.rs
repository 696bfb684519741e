//! The typed half of a schema: a builder with a lens for each attribute.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::sync::{LazyLock, PoisonError, RwLock};

use super::timeouts::Limits;
use super::{
    Attribute, AttributeKind, Block, BlockNesting, Check, Element, Field, Mode, NestedBlock, Nesting, PlanRules,
};
use crate::diag::{Diagnostic, Diagnostics};
use crate::value::{Path, Tf, Value};

/// A struct that mirrors a configuration block. Its fields are [`Tf`]s.
pub trait Model: Default + Clone + Send + Sync + 'static {
    /// Declares every attribute and block with the lens to its field.
    fn declare(schema: &mut Schema<Self>);

    /// The declared schema, made once for each model and kept.
    fn schema() -> &'static Schema<Self> {
        // A static cannot be generic, hence a map by type. What it holds lives as long as the program, and there are
        // no more entries than models.
        static SCHEMAS: LazyLock<RwLock<HashMap<TypeId, &'static (dyn Any + Send + Sync)>>> =
            LazyLock::new(RwLock::default);
        let known = SCHEMAS
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&TypeId::of::<Self>())
            .copied();
        let any = known.unwrap_or_else(|| {
            // Declared without the lock: a declaration asks for the schemas of nested models.
            let schema: &'static (dyn Any + Send + Sync) = Box::leak(Box::new(Schema::of(Self::declare)));
            *SCHEMAS
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(TypeId::of::<Self>())
                .or_insert(schema)
        });
        any.downcast_ref()
            .expect("each entry is a Schema of the type that is its key")
    }
}

type Read<M> = Box<dyn Fn(&mut M, &Value, &Path) -> Result<(), Diagnostic> + Send + Sync>;
type Write<M> = Box<dyn Fn(&mut M) -> Value + Send + Sync>;

/// The way between one attribute's value and one field.
struct Lens<M> {
    name: &'static str,
    read: Read<M>,
    write: Write<M>,
}

/// A block's schema together with the lenses into its model.
pub struct Schema<M> {
    block: Block,
    lenses: Vec<Lens<M>>,
    pub(super) limits: Option<Limits<M>>,
}

impl<M: Model> Schema<M> {
    /// The schema that a function declares.
    pub fn of(declare: impl FnOnce(&mut Self)) -> Self {
        let mut schema = Self {
            block: Block::default(),
            lenses: Vec::new(),
            limits: None,
        };
        declare(&mut schema);
        schema
    }

    /// The schema as plain data.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// Says what the whole block is for, in Markdown.
    pub fn describe(&mut self, description: impl Into<String>) {
        self.block.description = description.into();
    }

    /// Declares an attribute. Its type is the field's; it is optional until a builder method says otherwise.
    pub fn attr<F: Field + 'static>(&mut self, name: &'static str, lens: fn(&mut M) -> &mut F) -> &mut Attribute {
        self.lens(name, lens);
        self.block.attributes.push(Attribute::new(name, F::kind()));
        self.block.attributes.last_mut().expect("an attribute was just added")
    }

    /// Declares a nested block: one where the field holds an object, any number in order where it holds a list.
    pub fn block_type<T: Element + 'static>(
        &mut self,
        name: &'static str,
        lens: fn(&mut M) -> &mut Tf<T>,
        description: &str,
    ) {
        let AttributeKind::Nested(nesting, attributes) = T::kind() else {
            unreachable!("a nested block holds objects");
        };
        self.lens(name, lens);
        let nesting = match nesting {
            Nesting::Single => BlockNesting::Single,
            Nesting::List => BlockNesting::List,
            Nesting::Set => BlockNesting::Set,
            Nesting::Map => BlockNesting::Map,
        };
        let block = Block {
            attributes,
            description: description.to_owned(),
            ..Block::default()
        };
        self.block.blocks.push(NestedBlock {
            name,
            nesting,
            block,
            min_items: 0,
            max_items: 0,
        });
    }

    /// Takes over all that another model declares, which is a part of this one.
    ///
    /// Where an attribute of the same name stands here already, it is an argument and the part's is its result: the
    /// configuration may set it, and then it stays as it is written; otherwise it tells the result.
    pub fn embed<P: Model>(&mut self, part: fn(&mut M) -> &mut P) {
        let declared = P::schema();
        for (attribute, inner) in declared.block.attributes.iter().zip(&declared.lenses) {
            match self.block.attributes.iter_mut().find(|own| own.name == attribute.name) {
                Some(argument) => {
                    debug_assert_eq!(argument.kind.ty(), attribute.kind.ty(), "`{}`", attribute.name);
                    argument.mode = Mode::OptionalComputed;
                    argument.description = with_result(&argument.description, &attribute.description);
                    self.answer_with(part, inner);
                }
                None => {
                    self.block.attributes.push(attribute.clone());
                    self.lenses.push(Lens {
                        name: inner.name,
                        read: Box::new(move |model, value, path| (inner.read)(part(model), value, path)),
                        write: Box::new(move |model| (inner.write)(part(model))),
                    });
                }
            }
        }
    }

    /// Lets an argument that is not set be written as the result of the same name.
    fn answer_with<P: Model>(&mut self, part: fn(&mut M) -> &mut P, result: &'static Lens<P>) {
        let lens = self.lenses.iter_mut().find(|lens| lens.name == result.name);
        let lens = lens.expect("every attribute has a lens");
        let argument = std::mem::replace(&mut lens.write, Box::new(|_| Value::Null));
        lens.write = Box::new(move |model| match argument(model) {
            Value::Null => (result.write)(part(model)),
            written => written,
        });
    }

    fn lens<F: Field + 'static>(&mut self, name: &'static str, lens: fn(&mut M) -> &mut F) {
        self.add_lens(
            name,
            move |model, value, path| {
                *lens(model) = F::decode(value, path)?;
                Ok(())
            },
            move |model| lens(model).encode(),
        );
    }

    /// Adds the way between a value and a part of the model that is no plain field.
    pub(super) fn add_lens(
        &mut self,
        name: &'static str,
        read: impl Fn(&mut M, &Value, &Path) -> Result<(), Diagnostic> + Send + Sync + 'static,
        write: impl Fn(&mut M) -> Value + Send + Sync + 'static,
    ) {
        self.lenses.push(Lens {
            name,
            read: Box::new(read),
            write: Box::new(write),
        });
    }

    /// Adds a nested block whose lens is there.
    pub(super) fn add_block(&mut self, block: NestedBlock) {
        self.block.blocks.push(block);
    }

    /// Reads a block's value into the model.
    ///
    /// # Errors
    /// One error an attribute whose value does not fit its field, each at the attribute's path.
    pub fn decode(&self, value: &Value) -> Result<M, Diagnostics> {
        let mut model = M::default();
        let mut diagnostics = Diagnostics::new();
        for lens in &self.lenses {
            let value = value.get(lens.name).unwrap_or(&Value::Null);
            if let Err(diagnostic) = (lens.read)(&mut model, value, &Path::attribute(lens.name)) {
                diagnostics.push(diagnostic);
            }
        }
        if diagnostics.is_empty() {
            Ok(model)
        } else {
            Err(diagnostics)
        }
    }

    /// Reads a nested object's value, stopping at the first error.
    pub(super) fn decode_at(&self, value: &Value, path: &Path) -> Result<M, Diagnostic> {
        let mut model = M::default();
        for lens in &self.lenses {
            let value = value.get(lens.name).unwrap_or(&Value::Null);
            (lens.read)(&mut model, value, &path.clone().attr(lens.name))?;
        }
        Ok(model)
    }

    /// Writes the model as a block's value, every attribute included.
    pub fn encode(&self, model: &M) -> Value {
        // A lens needs a mutable borrow, so that one serves both directions.
        let mut model = model.clone();
        Value::Object(
            self.lenses
                .iter()
                .map(|lens| (lens.name.to_owned(), (lens.write)(&mut model)))
                .collect::<BTreeMap<_, _>>(),
        )
    }

    /// A value read into the model and written again, which must give the same value.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn round_trip(&self, value: &Value) -> Result<Value, Diagnostics> {
        self.decode(value).map(|model| self.encode(&model))
    }

    /// The same model with null in the place of every field that is unknown.
    pub fn without_unknowns(&self, model: &M) -> M {
        let mut model = model.clone();
        for lens in &self.lenses {
            if (lens.write)(&mut model).is_unknown() {
                // Null fits every field, so there is nothing to report.
                let _fits = (lens.read)(&mut model, &Value::Null, &Path::root());
            }
        }
        model
    }

    /// Writes into `value` just the attributes whose fields differ between two models, so that what a model cannot
    /// hold, such as a list with an unknown element, stays as it was.
    pub fn encode_changes(&self, before: &M, after: &M, value: &mut Value) {
        let (mut before, mut after) = (before.clone(), after.clone());
        let Value::Object(attributes) = value else { return };
        for lens in &self.lenses {
            let changed = (lens.write)(&mut after);
            if changed != (lens.write)(&mut before) {
                attributes.insert(lens.name.to_owned(), changed);
            }
        }
    }
}

/// The description of an attribute that is both a result and an argument.
fn with_result(argument: &str, result: &str) -> String {
    let mut letters = argument.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    let argument: String = first.into_iter().chain(letters).collect();
    format!("{result} As an argument: {argument}")
}

impl Attribute {
    /// An optional attribute of which nothing else is said yet.
    pub fn new(name: &'static str, kind: AttributeKind) -> Self {
        Self {
            name,
            kind,
            mode: Mode::Optional,
            sensitive: false,
            write_only: false,
            description: String::new(),
            deprecation: None,
            environment: None,
            plan: PlanRules::default(),
            checks: Vec::new(),
        }
    }

    /// The configuration must set it.
    pub fn required(&mut self) -> &mut Self {
        self.mode = Mode::Required;
        self
    }

    /// The configuration may set it.
    pub fn optional(&mut self) -> &mut Self {
        self.mode = if self.mode == Mode::Computed {
            Mode::OptionalComputed
        } else {
            Mode::Optional
        };
        self
    }

    /// The provider sets it; where the configuration may as well, say [`optional`](Self::optional) too.
    pub fn computed(&mut self) -> &mut Self {
        self.mode = Mode::Computed;
        self
    }

    /// Its value is hidden by Terraform.
    pub fn sensitive(&mut self) -> &mut Self {
        self.sensitive = true;
        self
    }

    /// Its value reaches the provider and is never stored.
    pub fn write_only(&mut self) -> &mut Self {
        self.write_only = true;
        self
    }

    /// What it means, in Markdown: full sentences.
    pub fn doc(&mut self, description: impl Into<String>) -> &mut Self {
        self.description = description.into();
        self
    }

    /// Why it should no longer be used, and what to use instead.
    pub fn deprecated(&mut self, message: impl Into<String>) -> &mut Self {
        self.deprecation = Some(message.into());
        self
    }

    /// The environment variable that is read where the configuration gives no value.
    pub fn environment(&mut self, variable: &'static str) -> &mut Self {
        self.environment = Some(variable);
        self
    }

    /// See [`PlanRules::follows`].
    pub fn follows(&mut self, siblings: &'static [&'static str]) -> &mut Self {
        self.plan.follows = siblings;
        self
    }

    /// A change needs a new object.
    pub fn replaces(&mut self) -> &mut Self {
        self.plan.replaces = true;
        self
    }

    /// See [`PlanRules::adopted`].
    pub fn adopted(&mut self) -> &mut Self {
        self.plan.adopted = true;
        self
    }

    /// See [`PlanRules::create_only`].
    pub fn create_only(&mut self) -> &mut Self {
        self.plan.create_only = true;
        self
    }

    /// The value where the configuration gives none. Terraform lets a provider fill in a value only where the
    /// attribute is computed as well.
    pub fn default_value(&mut self, value: Value) -> &mut Self {
        self.mode = Mode::OptionalComputed;
        self.plan.default = Some(value);
        self
    }

    /// See [`PlanRules::equal`].
    pub fn same_if(&mut self, equal: fn(&Value, &Value) -> bool) -> &mut Self {
        self.plan.equal = Some(equal);
        self
    }

    /// Adds a rule about the configured value.
    pub fn check(&mut self, check: Check) -> &mut Self {
        self.checks.push(check);
        self
    }

    /// A whole number no smaller than `least`.
    pub fn at_least(&mut self, least: i64) -> &mut Self {
        self.check(Check::AtLeast(least))
    }

    /// A whole number from `least` to `most`.
    pub fn between(&mut self, least: i64, most: i64) -> &mut Self {
        self.check(Check::Between(least, most))
    }

    /// One of the given strings.
    pub fn one_of(&mut self, allowed: &'static [&'static str]) -> &mut Self {
        self.check(Check::OneOf(allowed))
    }

    /// Not to be set together with another attribute.
    pub fn conflicts_with(&mut self, other: &'static str) -> &mut Self {
        self.check(Check::ConflictsWith(other))
    }

    /// Only to be set where another attribute is `true`.
    pub fn needs_true(&mut self, other: &'static str) -> &mut Self {
        self.check(Check::NeedsTrue(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Found {
        name: Tf<String>,
        size: Tf<i64>,
    }

    impl Model for Found {
        fn declare(s: &mut Schema<Self>) {
            s.attr("name", |m| &mut m.name).computed().doc("The name.");
            s.attr("size", |m| &mut m.size).computed().doc("The size.");
        }
    }

    #[derive(Clone, Default)]
    struct Question {
        name: Tf<String>,
        found: Found,
    }

    impl Model for Question {
        fn declare(s: &mut Schema<Self>) {
            s.attr("name", |m| &mut m.name).doc("Only of this name.");
            s.embed(|m| &mut m.found);
        }
    }

    #[test]
    fn an_embedded_result_stands_behind_the_argument_of_its_name() {
        let block = Question::schema().block();
        let name = block.attribute("name").unwrap();
        assert_eq!(name.mode, Mode::OptionalComputed);
        assert_eq!(name.description, "The name. As an argument: only of this name.");
        assert_eq!(block.attribute("size").unwrap().mode, Mode::Computed);
        assert_eq!(block.attributes.len(), 2);

        let asked = Value::object([("name", Value::Null), ("size", Value::Null)]);
        let mut question = Question::schema().decode(&asked).unwrap();
        question.found.name = Tf::Known("found".to_owned());
        question.found.size = Tf::Known(3);
        let told = Question::schema().encode(&question);
        assert_eq!(told.get("name"), Some(&Value::string("found")));
        assert_eq!(
            told.get("size").and_then(Value::as_number).and_then(|n| n.to_i64()),
            Some(3)
        );
        question.name = Tf::Known("written".to_owned());
        assert_eq!(
            Question::schema().encode(&question).get("name"),
            Some(&Value::string("written"))
        );
    }
}
