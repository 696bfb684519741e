//! Blocks and values for the tests of the rules: every nesting that a schema allows.

use crate::schema::{Attribute, AttributeKind, Block, BlockNesting, NestedBlock, Nesting};
use crate::value::{Type, Value};

/// How objects are nested: as an attribute or as a block.
pub(super) const NESTINGS: [In; 8] = [
    In::Attribute(Nesting::Single),
    In::Attribute(Nesting::List),
    In::Attribute(Nesting::Set),
    In::Attribute(Nesting::Map),
    In::Block(BlockNesting::Single),
    In::Block(BlockNesting::List),
    In::Block(BlockNesting::Set),
    In::Block(BlockNesting::Map),
];

/// The place of nested objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum In {
    /// In an attribute.
    Attribute(Nesting),
    /// In a block.
    Block(BlockNesting),
}

impl In {
    /// A block that holds such objects under the name `inner`.
    pub(super) fn block(self, attributes: Vec<Attribute>) -> Block {
        match self {
            Self::Attribute(nesting) => {
                let mut inner = Attribute::new("inner", AttributeKind::Nested(nesting, attributes));
                inner.optional();
                block(vec![inner])
            }
            Self::Block(nesting) => Block {
                blocks: vec![NestedBlock {
                    name: "inner",
                    nesting,
                    block: block(attributes),
                    min_items: 0,
                    max_items: 0,
                }],
                ..Block::default()
            },
        }
    }

    /// One object in its place.
    pub(super) fn value(self, object: Value) -> Value {
        let inner = match self {
            Self::Attribute(Nesting::Single) | Self::Block(BlockNesting::Single | BlockNesting::Group) => object,
            Self::Attribute(Nesting::List) | Self::Block(BlockNesting::List) => Value::List(vec![object]),
            Self::Attribute(Nesting::Set) | Self::Block(BlockNesting::Set) => Value::Set(vec![object]),
            Self::Attribute(Nesting::Map) | Self::Block(BlockNesting::Map) => {
                Value::Map([("k".to_owned(), object)].into_iter().collect())
            }
        };
        Value::object([("inner", inner)])
    }

    /// Whether Terraform can be told the path of something inside.
    pub(super) fn has_paths(self) -> bool {
        !matches!(self, Self::Attribute(Nesting::Set) | Self::Block(BlockNesting::Set))
    }
}

/// A block of these attributes.
pub(super) fn block(attributes: Vec<Attribute>) -> Block {
    Block {
        attributes,
        ..Block::default()
    }
}

/// What is said of an attribute.
pub(super) type Say = fn(&mut Attribute) -> &mut Attribute;

/// A string attribute with what `say` says of it.
pub(super) fn text(name: &'static str, say: Say) -> Attribute {
    let mut attribute = Attribute::new(name, AttributeKind::Value(Type::String));
    say(&mut attribute);
    attribute
}

/// An object of strings, where the empty one is null and `?` unknown.
pub(super) fn object<const N: usize>(attributes: [(&'static str, &str); N]) -> Value {
    Value::object(attributes.map(|(name, text)| {
        let value = match text {
            "" => Value::Null,
            "?" => Value::unknown(),
            text => Value::string(text),
        };
        (name, value)
    }))
}
