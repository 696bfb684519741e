//! Resource identity: the few attributes by which the remote system knows an object for ever (protocol 6.9).

use std::collections::BTreeMap;

use crate::value::Type;

/// The identity of a managed resource type.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentitySchema {
    /// The version of the identity's shape; a stored identity of another version is upgraded.
    pub version: i64,
    /// The attributes, in the order of the documentation.
    pub attributes: Vec<IdentityAttribute>,
}

/// One attribute of an identity.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentityAttribute {
    /// Its name.
    pub name: &'static str,
    /// Its type: a primitive or a list of primitives.
    pub ty: Type,
    /// Whether an import block must give it. One that need not be given is optional for import.
    pub required_for_import: bool,
    /// What it means, in a sentence.
    pub description: &'static str,
}

impl IdentitySchema {
    /// The wire type: an object of all attributes.
    pub fn ty(&self) -> Type {
        Type::Object(
            self.attributes
                .iter()
                .map(|attribute| (attribute.name.to_owned(), attribute.ty.clone()))
                .collect::<BTreeMap<_, _>>(),
        )
    }
}
