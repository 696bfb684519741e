//! Values that differ in every place, made from a schema.

use terraform_provider_paperspace::schema::{Block, BlockNesting};
use terraform_provider_paperspace::value::{Number, Type, Value};

/// Makes values for a schema, each place with a number of its own.
pub struct Distinct {
    next: u64,
    pass: u32,
}

/// How many passes it takes until each of so many truth values differs from every other one in some pass.
const PASSES: u32 = 10;

impl Distinct {
    /// Values of the block: filled ones, one with nothing in it and one with nothing known.
    pub fn of(block: &Block) -> Vec<Value> {
        let filled = (0..PASSES).map(|pass| Self { next: 0, pass }.block(block));
        let all = |value: Value| {
            let names = block
                .attributes
                .iter()
                .map(|a| a.name)
                .chain(block.blocks.iter().map(|b| b.name));
            Value::object(names.map(|name| (name, value.clone())))
        };
        filled.chain([all(Value::Null), all(Value::unknown())]).collect()
    }

    fn block(&mut self, block: &Block) -> Value {
        let attributes = block
            .attributes
            .iter()
            .map(|attribute| (attribute.name, attribute.kind.ty()));
        let mut members: Vec<_> = attributes.map(|(name, ty)| (name, self.value(name, &ty))).collect();
        for nested in &block.blocks {
            let value = match nested.nesting {
                BlockNesting::Single | BlockNesting::Group => self.block(&nested.block),
                BlockNesting::List => Value::List(vec![self.block(&nested.block), self.block(&nested.block)]),
                BlockNesting::Set => Value::Set(vec![self.block(&nested.block), self.block(&nested.block)]),
                BlockNesting::Map => Value::Map([("one".to_owned(), self.block(&nested.block))].into()),
            };
            members.push((nested.name, value));
        }
        Value::object(members)
    }

    fn value(&mut self, name: &str, ty: &Type) -> Value {
        match ty {
            Type::Bool => Value::Bool((self.number() >> self.pass) & 1 == 1),
            Type::Number => Value::Number(Number::from(self.number())),
            Type::String | Type::Dynamic => Value::string(format!("{name} {}", self.number())),
            Type::List(element) => Value::List(vec![self.value(name, element), self.value(name, element)]),
            Type::Set(element) => Value::Set(vec![self.value(name, element), self.value(name, element)]),
            Type::Map(element) => Value::Map([("one".to_owned(), self.value(name, element))].into()),
            Type::Tuple(elements) => Value::Tuple(elements.iter().map(|element| self.value(name, element)).collect()),
            Type::Object(attributes) => Value::Object(
                attributes
                    .iter()
                    .map(|(name, ty)| (name.clone(), self.value(name, ty)))
                    .collect(),
            ),
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}
