//! Schemas in protobuf.
//!
//! The host checks schemas sparsely and crashes on some that are wrong, so what it relies on is built in here: every
//! block is there even when it is empty, an attribute has either a type or a nested type, and a message of deprecation
//! goes with the flag.

use super::proto::tfplugin6 as proto;
use crate::schema::{Attribute, AttributeKind, Block, BlockNesting, IdentitySchema, Mode, NestedBlock, Nesting};
use crate::server::{Parameter, Signature};

/// Writes the schema of a provider, resource or data source.
pub fn schema(version: i64, block: &Block) -> proto::Schema {
    proto::Schema {
        version,
        block: Some(self::block(block)),
    }
}

/// Writes what a function takes and gives.
pub fn function(signature: &Signature) -> proto::Function {
    let parameter = |parameter: &Parameter| proto::function::Parameter {
        name: parameter.name.to_owned(),
        r#type: parameter.ty.to_json().into_bytes(),
        allow_null_value: false,
        allow_unknown_values: false,
        description: parameter.description.to_owned(),
        description_kind: proto::StringKind::Markdown.into(),
    };
    proto::Function {
        parameters: signature.parameters.iter().map(parameter).collect(),
        variadic_parameter: None,
        r#return: Some(proto::function::Return {
            r#type: signature.returns.to_json().into_bytes(),
        }),
        summary: signature.summary.to_owned(),
        description: signature.description.to_owned(),
        description_kind: proto::StringKind::Markdown.into(),
        deprecation_message: String::new(),
    }
}

/// Writes the schema of an identity.
pub fn identity(schema: &IdentitySchema) -> proto::ResourceIdentitySchema {
    let attributes = schema
        .attributes
        .iter()
        .map(|attribute| proto::resource_identity_schema::IdentityAttribute {
            name: attribute.name.to_owned(),
            r#type: attribute.ty.to_json().into_bytes(),
            required_for_import: attribute.required_for_import,
            optional_for_import: !attribute.required_for_import,
            description: attribute.description.to_owned(),
        });
    proto::ResourceIdentitySchema {
        version: schema.version,
        identity_attributes: attributes.collect(),
    }
}

/// Writes the schema of an action. A host crashes on one without a schema in it.
pub fn action(block: &Block) -> proto::ActionSchema {
    proto::ActionSchema {
        schema: Some(schema(0, block)),
    }
}

fn block(block: &Block) -> proto::schema::Block {
    proto::schema::Block {
        attributes: block.attributes.iter().map(attribute).collect(),
        block_types: block.blocks.iter().map(nested_block).collect(),
        description: block.description.clone(),
        description_kind: proto::StringKind::Markdown.into(),
        deprecated: block.deprecation.is_some(),
        deprecation_message: block.deprecation.clone().unwrap_or_default(),
        // A block's own version is not used by any host, and computed blocks are not declared by any resource.
        version: 0,
        computed: false,
    }
}

fn attribute(attribute: &Attribute) -> proto::schema::Attribute {
    let (ty, nested_type) = match &attribute.kind {
        AttributeKind::Value(ty) => (ty.to_json().into_bytes(), None),
        AttributeKind::Nested(nesting, attributes) => (Vec::new(), Some(object(*nesting, attributes))),
    };
    proto::schema::Attribute {
        name: attribute.name.to_owned(),
        r#type: ty,
        nested_type,
        description: attribute.documentation(),
        description_kind: proto::StringKind::Markdown.into(),
        required: attribute.mode == Mode::Required,
        optional: matches!(attribute.mode, Mode::Optional | Mode::OptionalComputed),
        computed: matches!(attribute.mode, Mode::Computed | Mode::OptionalComputed),
        sensitive: attribute.sensitive,
        write_only: attribute.write_only,
        deprecated: attribute.deprecation.is_some(),
        deprecation_message: attribute.deprecation.clone().unwrap_or_default(),
    }
}

fn object(nesting: Nesting, attributes: &[Attribute]) -> proto::schema::Object {
    use proto::schema::object::NestingMode;
    let nesting = match nesting {
        Nesting::Single => NestingMode::Single,
        Nesting::List => NestingMode::List,
        Nesting::Set => NestingMode::Set,
        Nesting::Map => NestingMode::Map,
    };
    proto::schema::Object {
        attributes: attributes.iter().map(attribute).collect(),
        nesting: nesting.into(),
        ..Default::default()
    }
}

fn nested_block(nested: &NestedBlock) -> proto::schema::NestedBlock {
    use proto::schema::nested_block::NestingMode;
    let nesting = match nested.nesting {
        BlockNesting::Single => NestingMode::Single,
        BlockNesting::Group => NestingMode::Group,
        BlockNesting::List => NestingMode::List,
        BlockNesting::Set => NestingMode::Set,
        BlockNesting::Map => NestingMode::Map,
    };
    proto::schema::NestedBlock {
        type_name: nested.name.to_owned(),
        block: Some(block(&nested.block)),
        nesting: nesting.into(),
        min_items: nested.min_items,
        max_items: nested.max_items,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{IdentityAttribute, PlanRules};
    use crate::value::Type;

    fn named(name: &'static str, kind: AttributeKind, mode: Mode) -> Attribute {
        Attribute {
            name,
            kind,
            mode,
            sensitive: false,
            write_only: false,
            description: format!("What {name} is."),
            deprecation: None,
            environment: None,
            plan: PlanRules::default(),
            checks: Vec::new(),
        }
    }

    fn only_attribute(attribute: Attribute) -> proto::schema::Attribute {
        let block = Block {
            attributes: vec![attribute],
            ..Block::default()
        };
        schema(0, &block).block.unwrap().attributes.remove(0)
    }

    #[test]
    fn an_empty_schema_has_a_block() {
        let schema = schema(3, &Block::default());
        assert_eq!(schema.version, 3);
        assert!(schema.block.is_some());
    }

    #[test]
    fn an_attribute_has_a_type_or_a_nested_type() {
        let plain = only_attribute(named("name", AttributeKind::Value(Type::String), Mode::Required));
        assert_eq!(
            (plain.r#type.as_slice(), plain.nested_type),
            (br#""string""#.as_slice(), None)
        );
        let inner = named("name", AttributeKind::Value(Type::String), Mode::Required);
        let nested = only_attribute(named(
            "users",
            AttributeKind::Nested(Nesting::Set, vec![inner]),
            Mode::Optional,
        ));
        assert!(nested.r#type.is_empty());
        let object = nested.nested_type.unwrap();
        assert_eq!(object.nesting, i32::from(proto::schema::object::NestingMode::Set));
        assert_eq!(object.attributes.len(), 1);
    }

    #[test]
    fn modes_become_flags() {
        let flags = |mode| {
            let attribute = only_attribute(named("name", AttributeKind::Value(Type::Bool), mode));
            (attribute.required, attribute.optional, attribute.computed)
        };
        assert_eq!(flags(Mode::Required), (true, false, false));
        assert_eq!(flags(Mode::Optional), (false, true, false));
        assert_eq!(flags(Mode::Computed), (false, false, true));
        assert_eq!(flags(Mode::OptionalComputed), (false, true, true));
    }

    #[test]
    fn deprecation_is_a_flag_and_a_message() {
        let kept = named("name", AttributeKind::Value(Type::Bool), Mode::Optional);
        let old = Attribute {
            deprecation: Some("Use `title`.".to_owned()),
            ..kept.clone()
        };
        let (kept, old) = (only_attribute(kept), only_attribute(old));
        assert_eq!((kept.deprecated, kept.deprecation_message.as_str()), (false, ""));
        assert_eq!(
            (old.deprecated, old.deprecation_message.as_str()),
            (true, "Use `title`.")
        );
    }

    #[test]
    fn nested_blocks_keep_their_bounds() {
        let nested = NestedBlock {
            name: "timeouts",
            nesting: BlockNesting::Single,
            block: Block::default(),
            min_items: 0,
            max_items: 1,
        };
        let sent = schema(
            0,
            &Block {
                blocks: vec![nested],
                ..Block::default()
            },
        )
        .block
        .unwrap()
        .block_types
        .remove(0);
        assert_eq!(
            sent.nesting,
            i32::from(proto::schema::nested_block::NestingMode::Single)
        );
        assert_eq!(
            (sent.type_name.as_str(), sent.min_items, sent.max_items),
            ("timeouts", 0, 1)
        );
        assert!(sent.block.is_some());
    }

    #[test]
    fn an_identity_attribute_is_either_required_or_optional_for_import() {
        let attribute = |name, required_for_import| IdentityAttribute {
            name,
            ty: Type::String,
            required_for_import,
            description: "What it is.",
        };
        let schema = IdentitySchema {
            version: 1,
            attributes: vec![attribute("id", true), attribute("team", false)],
        };
        let sent = identity(&schema);
        assert_eq!(sent.version, 1);
        let flags: Vec<_> = sent
            .identity_attributes
            .iter()
            .map(|a| (a.required_for_import, a.optional_for_import))
            .collect();
        assert_eq!(flags, [(true, false), (false, true)]);
    }
}
