//! A schema with one of everything, and values of it in a short form, for the tables of rules.

use std::sync::LazyLock;

use terraform_provider_paperspace::value::{Type, Value, json};

use super::schema::{self, Block};
use super::{Findings, Rule, told};
use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;
use terraform_provider_paperspace::wire::proto::tfplugin6::schema::nested_block::NestingMode as BlockMode;
use terraform_provider_paperspace::wire::proto::tfplugin6::schema::object::NestingMode as ObjectMode;
use terraform_provider_paperspace::wire::proto::tfplugin6::schema::{Attribute, NestedBlock, Object};

/// A list of strings.
pub static STRINGS: LazyLock<Type> = LazyLock::new(|| Type::List(Box::new(Type::String)));

/// An attribute; what may be done with it is told by letters: required, optional, computed, write-only.
pub fn attribute(name: &str, ty: &str, letters: &str) -> Attribute {
    Attribute {
        name: name.to_owned(),
        r#type: ty.as_bytes().to_vec(),
        required: letters.contains('r'),
        optional: letters.contains('o'),
        computed: letters.contains('c'),
        write_only: letters.contains('w'),
        ..Attribute::default()
    }
}

/// An attribute that holds objects.
pub fn objects(name: &str, nesting: ObjectMode, attributes: Vec<Attribute>) -> Attribute {
    Attribute {
        nested_type: Some(Object {
            attributes,
            nesting: nesting.into(),
            ..Object::default()
        }),
        ..attribute(name, "", "o")
    }
}

/// Nested blocks.
pub fn blocks(name: &str, nesting: BlockMode, attributes: Vec<Attribute>) -> NestedBlock {
    NestedBlock {
        type_name: name.to_owned(),
        block: Some(body(attributes, Vec::new())),
        nesting: nesting.into(),
        ..NestedBlock::default()
    }
}

fn body(attributes: Vec<Attribute>, block_types: Vec<NestedBlock>) -> proto::schema::Block {
    proto::schema::Block {
        attributes,
        block_types,
        ..proto::schema::Block::default()
    }
}

/// A schema of these.
pub fn schema(attributes: Vec<Attribute>, block_types: Vec<NestedBlock>) -> proto::Schema {
    proto::Schema {
        version: 0,
        block: Some(body(attributes, block_types)),
    }
}

/// The schema with one of everything.
pub fn everything() -> proto::Schema {
    let inner = |letters: &[&str]| -> Vec<Attribute> {
        let names = ["inner", "found", "secret"].iter().zip(letters);
        names
            .map(|(name, letters)| attribute(name, r#""string""#, letters))
            .collect()
    };
    let (whole, in_set) = (inner(&["o", "c", "ow"]), inner(&["o", "c"]));
    let attributes = vec![
        attribute("required", r#""string""#, "r"),
        attribute("optional", r#""string""#, "o"),
        attribute("computed", r#""string""#, "c"),
        attribute("both", r#""string""#, "oc"),
        attribute("secret", r#""string""#, "ow"),
        attribute("words", r#"["list","string"]"#, "o"),
        attribute("set_of", r#"["set","string"]"#, "o"),
        attribute("tags", r#"["map","string"]"#, "o"),
        objects("one", ObjectMode::Single, whole.clone()),
        objects("some", ObjectMode::List, whole.clone()),
        objects("any", ObjectMode::Set, in_set.clone()),
        objects("named", ObjectMode::Map, whole.clone()),
    ];
    let block_types = vec![
        blocks("single", BlockMode::Single, whole.clone()),
        blocks("group", BlockMode::Group, whole.clone()),
        blocks("list", BlockMode::List, whole.clone()),
        blocks("set", BlockMode::Set, in_set),
        blocks("map", BlockMode::Map, whole),
    ];
    schema(attributes, block_types)
}

/// The same as rules read it.
pub fn block() -> Block {
    static BLOCK: LazyLock<Block> = LazyLock::new(|| {
        let mut findings = Findings::default();
        let block = schema::read("everything", Some(&everything()), &mut findings);
        assert!(findings.0.is_empty(), "{}", told(&findings.0));
        block
    });
    BLOCK.clone()
}

/// An object of that schema, or null, from JSON: what is left out is null, blocks of which there may be many are none, and
/// what is written as `"?"` is unknown.
pub fn object(text: &str) -> Value {
    static TYPE: LazyLock<Type> = LazyLock::new(|| block().ty());
    let mut object: serde_json::Value = serde_json::from_str(text).expect("it is JSON");
    if let Some(members) = object.as_object_mut() {
        for (name, none) in [("list", "[]"), ("set", "[]"), ("map", "{}"), ("group", "{}")] {
            members
                .entry(name)
                .or_insert_with(|| serde_json::from_str(none).expect("it is JSON"));
        }
    }
    let unknown = take_unknown(&mut object, &mut Vec::new());
    let mut value = json::decode_state(object.to_string().as_bytes(), &TYPE).expect("it is of that type");
    for way in unknown {
        *member(&mut value, &way) = Value::unknown();
    }
    value
}

/// Replaces `"?"` by null, and answers the ways to where it was.
fn take_unknown(at: &mut serde_json::Value, way: &mut Vec<String>) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut within = |name: String, member: &mut serde_json::Value| {
        way.push(name);
        found.extend(take_unknown(member, way));
        way.pop();
    };
    match at {
        serde_json::Value::Object(members) => {
            members
                .iter_mut()
                .for_each(|(name, member)| within(name.clone(), member));
        }
        serde_json::Value::Array(elements) => {
            elements
                .iter_mut()
                .enumerate()
                .for_each(|(index, element)| within(index.to_string(), element));
        }
        text if *text == "?" => {
            *text = serde_json::Value::Null;
            found.push(way.clone());
        }
        _ => {}
    }
    found
}

fn member<'v>(value: &'v mut Value, way: &[String]) -> &'v mut Value {
    let Some((name, rest)) = way.split_first() else {
        return value;
    };
    let inner = match value {
        Value::Object(members) | Value::Map(members) => members.get_mut(name),
        Value::List(elements) | Value::Set(elements) => {
            name.parse::<usize>().ok().and_then(|index| elements.get_mut(index))
        }
        _ => None,
    };
    member(inner.expect("the way leads there"), rest)
}

/// Exactly one thing is broken, by this rule and in these words; nothing where there are no words.
#[track_caller]
pub fn assert_broken(findings: &Findings, rule: Rule, words: &str, case: &str) {
    match findings.0.as_slice() {
        [] => assert!(words.is_empty(), "{case} is let through"),
        [broken] => {
            let told = broken.to_string();
            let fits = !words.is_empty() && broken.rule == rule && told.contains(words);
            assert!(fits, "{case}: {told}");
        }
        several => panic!("{case}: {}", told(several)),
    }
}
