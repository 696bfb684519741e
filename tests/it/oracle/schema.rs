//! A schema as a host reads it from the wire, and what it demands of one.

use std::collections::{BTreeMap, BTreeSet};

use terraform_provider_paperspace::value::Type;
use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;
use terraform_provider_paperspace::wire::proto::tfplugin6::resource_identity_schema::IdentityAttribute;
use terraform_provider_paperspace::wire::proto::tfplugin6::schema::nested_block::NestingMode as BlockMode;
use terraform_provider_paperspace::wire::proto::tfplugin6::schema::object::NestingMode as ObjectMode;

use super::{Findings, Rule, samples};

/// The body of a block.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Attributes by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// Nested blocks by name.
    pub blocks: BTreeMap<String, NestedBlock>,
}

/// An attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// What it holds.
    pub holds: Holds,
    /// Whether the configuration may set it.
    pub settable: bool,
    /// Whether the provider may.
    pub computed: bool,
    /// Whether its value is for the provider alone.
    pub write_only: bool,
}

/// What an attribute holds.
#[derive(Clone, Debug)]
pub enum Holds {
    /// A value.
    Value(Type),
    /// Objects whose attributes are judged one by one.
    Objects(Nesting, BTreeMap<String, Attribute>),
}

/// How objects are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// One or none.
    Single,
    /// One, always.
    Group,
    /// In order.
    List,
    /// Without order.
    Set,
    /// By key.
    Map,
}

/// Nested blocks of one name.
#[derive(Clone, Debug)]
pub struct NestedBlock {
    /// How they are held.
    pub nesting: Nesting,
    /// Their body.
    pub block: Block,
}

impl Block {
    /// The type that it implies.
    pub fn ty(&self) -> Type {
        let attributes = self
            .attributes
            .iter()
            .map(|(name, attribute)| (name.clone(), attribute.holds.ty()));
        let blocks = self
            .blocks
            .iter()
            .map(|(name, nested)| (name.clone(), nested.nesting.of(nested.block.ty())));
        Type::Object(attributes.chain(blocks).collect())
    }
}

impl Holds {
    fn ty(&self) -> Type {
        match self {
            Self::Value(ty) => ty.clone(),
            Self::Objects(nesting, attributes) => nesting.of(object(attributes)),
        }
    }
}

fn object(attributes: &BTreeMap<String, Attribute>) -> Type {
    Type::Object(
        attributes
            .iter()
            .map(|(name, attribute)| (name.clone(), attribute.holds.ty()))
            .collect(),
    )
}

impl Nesting {
    fn of(self, object: Type) -> Type {
        match self {
            Self::Single | Self::Group => object,
            Self::List => Type::List(Box::new(object)),
            Self::Set => Type::Set(Box::new(object)),
            Self::Map => Type::Map(Box::new(object)),
        }
    }
}

/// Reads a schema.
pub fn read(name: &str, schema: Option<&proto::Schema>, findings: &mut Findings) -> Block {
    let Some(schema) = schema else {
        findings.add(Rule::Schema, name, "is missing");
        return Block::default();
    };
    findings.demand(schema.version >= 0, Rule::Schema, name, "has a negative version");
    block(name, schema.block.as_ref(), false, findings)
}

/// Reads an identity's schema, as an object's type.
pub fn read_identity(name: &str, schema: &proto::ResourceIdentitySchema, findings: &mut Findings) -> Type {
    findings.demand(schema.version >= 0, Rule::Schema, name, "has a negative version");
    let is_empty = schema.identity_attributes.is_empty();
    findings.demand(!is_empty, Rule::Schema, name, "has an identity without attributes");
    let attribute = |attribute: &IdentityAttribute| {
        let at = format!("{name}.{}", attribute.name);
        let once = attribute.required_for_import != attribute.optional_for_import;
        findings.demand(once, Rule::Schema, &at, "is either required or optional for an import");
        let ty = ty(&at, &attribute.r#type, findings);
        let fits = !matches!(ty, Type::Map(_) | Type::Set(_) | Type::Object(_));
        findings.demand(fits, Rule::Schema, &at, "is of a type that identities do not have");
        (attribute.name.clone(), ty)
    };
    Type::Object(schema.identity_attributes.iter().map(attribute).collect())
}

fn block(at: &str, block: Option<&proto::schema::Block>, in_set: bool, findings: &mut Findings) -> Block {
    let Some(block) = block else {
        findings.add(Rule::Schema, at, "has no block");
        return Block::default();
    };
    deprecation(at, block.deprecated, &block.deprecation_message, findings);
    findings.demand(
        !block.computed,
        Rule::Schema,
        at,
        "is a computed block, for which there are no rules here",
    );
    let mut names = BTreeSet::new();
    let attributes = block.attributes.iter().map(|attribute| &attribute.name);
    for name in attributes.chain(block.block_types.iter().map(|nested| &nested.type_name)) {
        findings.demand(
            names.insert(name),
            Rule::Schema,
            format!("{at}.{name}"),
            "is there twice",
        );
    }
    let nested =
        |nested: &proto::schema::NestedBlock| (nested.type_name.clone(), nested_block(at, nested, in_set, findings));
    let blocks = block.block_types.iter().map(nested).collect();
    Block {
        attributes: attributes_of(at, &block.attributes, in_set, findings),
        blocks,
    }
}

fn nested_block(at: &str, nested: &proto::schema::NestedBlock, in_set: bool, findings: &mut Findings) -> NestedBlock {
    let at = format!("{at}.{}", nested.type_name);
    name(&at, &nested.type_name, findings);
    let (least, most) = (nested.min_items, nested.max_items);
    let (nesting, bounded) = match nested.nesting() {
        BlockMode::Single => (Nesting::Single, least == most && (0..=1).contains(&most)),
        BlockMode::Group => (Nesting::Group, (least, most) == (0, 0)),
        BlockMode::Map => (Nesting::Map, (least, most) == (0, 0)),
        BlockMode::List => (Nesting::List, least >= 0 && (most == 0 || least <= most)),
        BlockMode::Set => (Nesting::Set, least >= 0 && (most == 0 || least <= most)),
        BlockMode::Invalid => {
            findings.add(Rule::Schema, &at, "has no nesting");
            (Nesting::Single, true)
        }
    };
    findings.demand(bounded, Rule::Schema, &at, "has bounds that its nesting does not have");
    NestedBlock {
        nesting,
        block: block(&at, nested.block.as_ref(), in_set || nesting == Nesting::Set, findings),
    }
}

fn attributes_of(
    at: &str,
    attributes: &[proto::schema::Attribute],
    in_set: bool,
    findings: &mut Findings,
) -> BTreeMap<String, Attribute> {
    attributes
        .iter()
        .map(|described| (described.name.clone(), attribute(at, described, in_set, findings)))
        .collect()
}

fn attribute(at: &str, described: &proto::schema::Attribute, in_set: bool, findings: &mut Findings) -> Attribute {
    let at = format!("{at}.{}", described.name);
    name(&at, &described.name, findings);
    deprecation(&at, described.deprecated, &described.deprecation_message, findings);
    let (required, optional, computed) = (described.required, described.optional, described.computed);
    let one_mode = if required {
        !optional && !computed
    } else {
        optional || computed
    };
    findings.demand(
        one_mode,
        Rule::Schema,
        &at,
        "is neither required, optional, computed, nor the last two",
    );
    let write_only = described.write_only;
    findings.demand(!(write_only && in_set), Rule::Schema, &at, "is write-only within a set");
    findings.demand(
        !(write_only && computed),
        Rule::Schema,
        &at,
        "is write-only and computed",
    );
    let holds = match &described.nested_type {
        None => {
            let ty = ty(&at, &described.r#type, findings);
            let open = has_dynamic_in_set(&ty) || (in_set && has_dynamic(&ty));
            findings.demand(!open, Rule::Schema, &at, "is of dynamic type within a set");
            Holds::Value(ty)
        }
        Some(objects) => {
            findings.demand(
                described.r#type.is_empty(),
                Rule::Schema,
                &at,
                "has a type and a nested one",
            );
            let nesting = match objects.nesting() {
                ObjectMode::Single => Nesting::Single,
                ObjectMode::List => Nesting::List,
                ObjectMode::Set => Nesting::Set,
                ObjectMode::Map => Nesting::Map,
                ObjectMode::Invalid => {
                    findings.add(Rule::Schema, &at, "has no nesting");
                    Nesting::Single
                }
            };
            let in_set = in_set || nesting == Nesting::Set;
            Holds::Objects(nesting, attributes_of(&at, &objects.attributes, in_set, findings))
        }
    };
    Attribute {
        holds,
        settable: required || optional,
        computed,
        write_only,
    }
}

/// Reads a type.
pub fn ty(at: &str, json: &[u8], findings: &mut Findings) -> Type {
    Type::from_json(json).unwrap_or_else(|error| {
        findings.add(Rule::Schema, at, format!("has no type: {error}"));
        Type::Dynamic
    })
}

fn has_dynamic(ty: &Type) -> bool {
    match ty {
        Type::Dynamic => true,
        Type::Bool | Type::Number | Type::String => false,
        Type::List(element) | Type::Set(element) | Type::Map(element) => has_dynamic(element),
        Type::Tuple(elements) => elements.iter().any(has_dynamic),
        Type::Object(attributes) => attributes.values().any(has_dynamic),
    }
}

fn has_dynamic_in_set(ty: &Type) -> bool {
    match ty {
        Type::Set(element) => has_dynamic(element),
        Type::List(element) | Type::Map(element) => has_dynamic_in_set(element),
        Type::Tuple(elements) => elements.iter().any(has_dynamic_in_set),
        Type::Object(attributes) => attributes.values().any(has_dynamic_in_set),
        Type::Bool | Type::Number | Type::String | Type::Dynamic => false,
    }
}

/// A name is one that a configuration can have.
pub fn name(at: &str, name: &str, findings: &mut Findings) {
    let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    let named = !name.is_empty() && name.chars().all(fits);
    findings.demand(named, Rule::Schema, at, "has a name that a configuration cannot have");
}

fn deprecation(at: &str, deprecated: bool, message: &str, findings: &mut Findings) {
    let fits = deprecated || message.is_empty();
    findings.demand(
        fits,
        Rule::Schema,
        at,
        "has a message on its deprecation, and is not deprecated",
    );
}

#[test]
fn a_schema_that_hosts_do_not_take_is_found() {
    use samples::{attribute, blocks, objects, schema};
    let text = || attribute("text", r#""string""#, "o");
    let of = |attribute: proto::schema::Attribute| schema(vec![attribute], Vec::new());
    let of_block = |nested: proto::schema::NestedBlock| schema(Vec::new(), vec![nested]);
    let bounded = |nesting: BlockMode, least, most| {
        let nested = blocks("nested", nesting, vec![text()]);
        of_block(proto::schema::NestedBlock {
            min_items: least,
            max_items: most,
            ..nested
        })
    };
    let both = proto::schema::Attribute {
        r#type: br#""string""#.to_vec(),
        ..objects("text", ObjectMode::List, vec![text()])
    };
    let deprecated = proto::schema::Attribute {
        deprecation_message: "Use another one.".to_owned(),
        ..text()
    };
    let secret = attribute("secret", r#""string""#, "ow");
    let negative = proto::Schema {
        version: -1,
        ..of(text())
    };
    let computed = proto::Schema {
        block: of(text()).block.map(|block| proto::schema::Block {
            computed: true,
            ..block
        }),
        version: 0,
    };
    let bare_block = proto::schema::NestedBlock {
        block: None,
        ..blocks("nested", BlockMode::List, Vec::new())
    };
    let cases = [
        (Some(of(text())), ""),
        (Some(schema(Vec::new(), Vec::new())), ""),
        (Some(bounded(BlockMode::Single, 1, 1)), ""),
        (Some(bounded(BlockMode::List, 1, 0)), ""),
        (Some(bounded(BlockMode::Set, 1, 2)), ""),
        (Some(of(attribute("text", r#""string""#, "r"))), ""),
        (Some(of(attribute("text", r#""dynamic""#, "oc"))), ""),
        (None, "`it` is missing"),
        (Some(proto::Schema::default()), "`it` has no block"),
        (Some(negative), "`it` has a negative version"),
        (Some(computed), "`it` is a computed block"),
        (Some(of(attribute("text", "", "o"))), "`it.text` has no type"),
        (Some(of(attribute("text", r#""text""#, "o"))), "`it.text` has no type"),
        (Some(of(both)), "`it.text` has a type and a nested one"),
        (
            Some(of(attribute("text", r#""string""#, ""))),
            "`it.text` is neither required, optional, computed",
        ),
        (
            Some(of(attribute("text", r#""string""#, "ro"))),
            "`it.text` is neither required, optional, computed",
        ),
        (
            Some(of(attribute("text", r#""string""#, "rc"))),
            "`it.text` is neither required, optional, computed",
        ),
        (
            Some(of(attribute("Text", r#""string""#, "o"))),
            "`it.Text` has a name that",
        ),
        (Some(of(attribute("", r#""string""#, "o"))), "`it.` has a name that"),
        (Some(of(deprecated)), "`it.text` has a message on its deprecation"),
        (
            Some(schema(vec![text(), text()], Vec::new())),
            "`it.text` is there twice",
        ),
        (
            Some(schema(vec![text()], vec![blocks("text", BlockMode::List, Vec::new())])),
            "`it.text` is there twice",
        ),
        (
            Some(of(attribute("text", r#""string""#, "ocw"))),
            "`it.text` is write-only and computed",
        ),
        (
            Some(of(objects("of", ObjectMode::Set, vec![secret.clone()]))),
            "`it.of.secret` is write-only within a set",
        ),
        (
            Some(of_block(blocks("of", BlockMode::Set, vec![secret]))),
            "`it.of.secret` is write-only within a set",
        ),
        (
            Some(of(attribute("text", r#"["set","dynamic"]"#, "o"))),
            "`it.text` is of dynamic type within a set",
        ),
        (
            Some(of(attribute("text", r#"["list",["set","dynamic"]]"#, "o"))),
            "`it.text` is of dynamic type within a set",
        ),
        (
            Some(of_block(blocks(
                "of",
                BlockMode::Set,
                vec![attribute("text", r#"["list","dynamic"]"#, "o")],
            ))),
            "`it.of.text` is of dynamic type within a set",
        ),
        (
            Some(of(objects("of", ObjectMode::Invalid, vec![text()]))),
            "`it.of` has no nesting",
        ),
        (Some(bounded(BlockMode::Invalid, 0, 0)), "`it.nested` has no nesting"),
        (Some(bounded(BlockMode::Single, 0, 1)), "`it.nested` has bounds that"),
        (Some(bounded(BlockMode::Group, 0, 1)), "`it.nested` has bounds that"),
        (Some(bounded(BlockMode::Map, 1, 1)), "`it.nested` has bounds that"),
        (Some(bounded(BlockMode::List, 2, 1)), "`it.nested` has bounds that"),
        (Some(of_block(bare_block)), "`it.nested` has no block"),
    ];
    for (schema, expected) in cases {
        let mut findings = Findings::default();
        read("it", schema.as_ref(), &mut findings);
        samples::assert_broken(&findings, Rule::Schema, expected, &format!("{schema:?}"));
    }
}

#[test]
fn an_identity_that_hosts_do_not_take_is_found() {
    let identity = |version, ty: &str, required_for_import, optional_for_import| proto::ResourceIdentitySchema {
        version,
        identity_attributes: vec![IdentityAttribute {
            name: "id".to_owned(),
            r#type: ty.as_bytes().to_vec(),
            required_for_import,
            optional_for_import,
            description: String::new(),
        }],
    };
    let cases = [
        (identity(0, r#""string""#, true, false), ""),
        (identity(0, r#"["list","string"]"#, false, true), ""),
        (identity(-1, r#""string""#, true, false), "`it` has a negative version"),
        (
            identity(0, r#""string""#, true, true),
            "`it.id` is either required or optional for an import",
        ),
        (
            identity(0, r#""string""#, false, false),
            "`it.id` is either required or optional for an import",
        ),
        (
            identity(0, r#"["map","string"]"#, true, false),
            "`it.id` is of a type that identities do not have",
        ),
        (identity(0, "", true, false), "`it.id` has no type"),
        (
            proto::ResourceIdentitySchema::default(),
            "`it` has an identity without attributes",
        ),
    ];
    for (schema, expected) in cases {
        let mut findings = Findings::default();
        read_identity("it", &schema, &mut findings);
        samples::assert_broken(&findings, Rule::Schema, expected, &format!("{schema:?}"));
    }
}
