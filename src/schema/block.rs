//! The untyped half of a schema: plain data about attributes and blocks.

use std::collections::BTreeMap;

use super::Check;
use crate::value::{Type, Value};

/// A block's body: its attributes and the blocks nested in it.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// The attributes in the order of their declaration.
    pub attributes: Vec<Attribute>,
    /// The nested blocks in the order of their declaration.
    pub blocks: Vec<NestedBlock>,
    /// What the whole is for, in Markdown.
    pub description: String,
    /// Why it should no longer be used, and what to use instead.
    pub deprecation: Option<String>,
}

impl Block {
    /// The wire type that the block implies: an object of all attributes and nested blocks.
    pub fn ty(&self) -> Type {
        let attributes = self.attributes.iter().map(|a| (a.name.to_owned(), a.kind.ty()));
        let blocks = self.blocks.iter().map(|b| (b.name.to_owned(), b.ty()));
        Type::Object(attributes.chain(blocks).collect::<BTreeMap<_, _>>())
    }

    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

/// One attribute and everything that is said about it.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its name in the configuration.
    pub name: &'static str,
    /// What it holds.
    pub kind: AttributeKind,
    /// Who sets it.
    pub mode: Mode,
    /// Whether Terraform hides its value.
    pub sensitive: bool,
    /// Whether its value is given to the provider and never stored in plan or state.
    pub write_only: bool,
    /// What it means, in Markdown.
    pub description: String,
    /// Why it should no longer be used, and what to use instead.
    pub deprecation: Option<String>,
    /// The environment variable that is read where the configuration gives no value.
    pub environment: Option<&'static str>,
    /// How a plan treats it.
    pub plan: PlanRules,
    /// What its value must satisfy, checked without the remote API.
    pub checks: Vec<Check>,
}

/// What an attribute holds.
#[derive(Clone, Debug)]
pub enum AttributeKind {
    /// A value of that type.
    Value(Type),
    /// Objects whose attributes have rules and documentation of their own.
    Nested(Nesting, Vec<Attribute>),
}

impl AttributeKind {
    /// The wire type of the attribute.
    pub fn ty(&self) -> Type {
        match self {
            Self::Value(ty) => ty.clone(),
            Self::Nested(nesting, attributes) => {
                let object = Type::Object(attributes.iter().map(|a| (a.name.to_owned(), a.kind.ty())).collect());
                match nesting {
                    Nesting::Single => object,
                    Nesting::List => Type::List(Box::new(object)),
                    Nesting::Set => Type::Set(Box::new(object)),
                    Nesting::Map => Type::Map(Box::new(object)),
                }
            }
        }
    }
}

/// How a nested attribute holds its objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// One object.
    Single,
    /// Objects in order.
    List,
    /// Objects without order or duplicates.
    Set,
    /// Objects by name.
    Map,
}

/// Who sets an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The configuration must.
    Required,
    /// The configuration may; without it the attribute is null.
    Optional,
    /// The provider does.
    Computed,
    /// The configuration may; without it the provider does.
    OptionalComputed,
}

impl Mode {
    /// Whether the provider may set the attribute.
    pub fn is_computed(self) -> bool {
        matches!(self, Self::Computed | Self::OptionalComputed)
    }

    /// Whether the configuration may set the attribute.
    pub fn is_settable(self) -> bool {
        self != Self::Computed
    }
}

/// How a plan treats an attribute. The rules are carried out in `server::plan` and `server::announce`.
///
/// A computed value that the configuration does not set is unknown in a new object, and afterwards stays as it is.
#[derive(Clone, Debug, Default)]
pub struct PlanRules {
    /// The attributes beside this one on whose change a computed value that the configuration does not set becomes unknown.
    pub follows: &'static [&'static str],
    /// A change needs a new object.
    pub replaces: bool,
    /// The remote API never tells the value, so that an imported state lacks it: the configured one is then taken over as it
    /// is, which changes nothing and replaces nothing.
    pub adopted: bool,
    /// The value counts only when the object is created. A later change is recorded and has no effect.
    pub create_only: bool,
    /// The value where the configuration gives none.
    pub default: Option<Value>,
    /// Whether two different spellings mean the same; the state's spelling then stays.
    pub equal: Option<fn(&Value, &Value) -> bool>,
}

/// A block nested in a block.
#[derive(Clone, Debug)]
pub struct NestedBlock {
    /// Its type name in the configuration.
    pub name: &'static str,
    /// How many there may be and how they are held.
    pub nesting: BlockNesting,
    /// Its body.
    pub block: Block,
    /// The least number of them; 0 for none.
    pub min_items: i64,
    /// The greatest number of them; 0 for no limit.
    pub max_items: i64,
}

impl NestedBlock {
    /// The wire type of all blocks of this name.
    pub fn ty(&self) -> Type {
        let object = self.block.ty();
        match self.nesting {
            BlockNesting::Single | BlockNesting::Group => object,
            BlockNesting::List => Type::List(Box::new(object)),
            BlockNesting::Set => Type::Set(Box::new(object)),
            BlockNesting::Map => Type::Map(Box::new(object)),
        }
    }
}

/// How nested blocks are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockNesting {
    /// None or one; null when absent.
    Single,
    /// One; an object of nulls when absent.
    Group,
    /// Any number in order.
    List,
    /// Any number without order or duplicates.
    Set,
    /// Any number by label.
    Map,
}
