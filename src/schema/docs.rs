//! Documentation of schemas, in the form in which the Terraform and OpenTofu registries show it.
//!
//! A page is made of nothing but its schema and its examples, which arrive as text: where files are is the caller's
//! business, and the same input always gives the same page. The layout is the one that the registries' own tools write,
//! attributes in the order of the alphabet, so that readers find what they know from other providers. Functions have
//! pages of a form of their own, in `function`.

mod function;

use std::fmt::Write as _;

use super::{Attribute, AttributeKind, Block, BlockNesting, Check, IdentitySchema, Mode, NestedBlock, Nesting};
use crate::value::{Type, Value};

pub use function::{FunctionPage, Parameter};

/// Where Terraform's documentation explains write-only arguments.
const WRITE_ONLY: &str = "https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments";
/// Where Terraform's documentation explains the import block.
const IMPORT_BLOCK: &str = "https://developer.hashicorp.com/terraform/language/import";
/// Where Terraform's documentation explains the import command.
const IMPORT_COMMAND: &str = "https://developer.hashicorp.com/terraform/cli/commands/import";

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The provider and its block.
    Provider,
    /// A managed resource.
    Resource,
    /// A data source.
    DataSource,
    /// An ephemeral resource.
    Ephemeral,
    /// An action.
    Action,
    /// A list resource, by its `config` block.
    List,
}

impl Subject {
    /// The word that follows the name in titles.
    fn word(self) -> &'static str {
        match self {
            Self::Provider => "Provider",
            Self::Resource => "Resource",
            Self::DataSource => "Data Source",
            Self::Ephemeral => "Ephemeral Resource",
            Self::Action => "Action",
            Self::List => "List Resource",
        }
    }

    /// The programs that have what the page is about, where not all do.
    fn needs(self) -> Option<&'static str> {
        match self {
            Self::Provider | Self::Resource | Self::DataSource => None,
            Self::Ephemeral => Some("Ephemeral resources need Terraform 1.10 or OpenTofu 1.11, or later."),
            Self::Action => Some("Actions need Terraform 1.14 or later. OpenTofu has none yet."),
            Self::List => Some(
                "Queries need Terraform 1.14 or later. OpenTofu has none yet. The arguments below stand in the `config` block of \
                 the `list` block.",
            ),
        }
    }
}

/// The examples of a page, as they stand in their files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Examples {
    /// How the block is used.
    pub usage: Option<String>,
    /// The import command.
    pub import_command: Option<String>,
    /// An import block that names an id.
    pub import_by_id: Option<String>,
    /// An import block that names an identity.
    pub import_by_identity: Option<String>,
}

impl Examples {
    fn any_import(&self) -> bool {
        self.import_command.is_some() || self.import_by_id.is_some() || self.import_by_identity.is_some()
    }
}

/// Everything that a page is made of.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// What it is about.
    pub subject: Subject,
    /// The provider's name, which is also the prefix of all types: `paperspace`.
    pub provider: &'a str,
    /// The type's full name, or the provider's.
    pub name: &'a str,
    /// The schema.
    pub block: &'a Block,
    /// The identity's schema, where the resource has an identity.
    pub identity: Option<&'a IdentitySchema>,
    /// Its examples.
    pub examples: &'a Examples,
    /// Hand-written sections that stand before the schema; empty for none.
    pub more: &'a str,
}

impl Page<'_> {
    /// The page's file below `docs/`.
    pub fn file(&self) -> String {
        let prefix = format!("{}_", self.provider);
        let short = self.name.strip_prefix(&prefix).unwrap_or(self.name);
        match self.subject {
            Subject::Provider => "index.md".to_owned(),
            Subject::Resource => format!("resources/{short}.md"),
            Subject::DataSource => format!("data-sources/{short}.md"),
            Subject::Ephemeral => format!("ephemeral-resources/{short}.md"),
            Subject::Action => format!("actions/{short}.md"),
            Subject::List => format!("list-resources/{short}.md"),
        }
    }

    /// The page in Markdown.
    pub fn render(&self) -> String {
        let mut page = String::new();
        self.head(&mut page);
        if let Some(usage) = &self.examples.usage {
            section(&mut page, "## Example Usage");
            code(&mut page, "terraform", usage);
        }
        if !self.more.trim().is_empty() {
            section(&mut page, self.more.trim());
        }
        section(&mut page, "## Schema");
        page.push_str(&body(self.block, Depth::Page, ""));
        if self.subject == Subject::Resource && self.examples.any_import() {
            self.import(&mut page);
        }
        page
    }

    fn head(&self, page: &mut String) {
        let Self { provider, name, .. } = self;
        let word = self.subject.word();
        let (title, heading, subcategory) = match self.subject {
            Subject::Provider => {
                let title = format!("{} {word}", capitalized(name));
                (title.clone(), title, "")
            }
            Subject::Resource | Subject::DataSource | Subject::Ephemeral | Subject::Action | Subject::List => (
                format!("{name} {word} - {provider}"),
                format!("{name} ({word})"),
                "subcategory: \"\"\n",
            ),
        };
        let description = &self.block.description;
        let plain = plain(description);
        _ = write!(
            page,
            "---\npage_title: \"{title}\"\n{subcategory}description: |-\n  {plain}\n---\n\n# {heading}\n\n{description}\n"
        );
        if let Some(message) = &self.block.deprecation {
            section(page, &format!("~> **Deprecated** {message}"));
        }
        if let Some(needs) = self.subject.needs() {
            section(page, &format!("-> {needs}"));
        }
    }

    fn import(&self, page: &mut String) {
        section(page, "## Import");
        section(page, "Import is supported using the following syntax:");
        if let (Some(example), Some(identity)) = (&self.examples.import_by_identity, self.identity) {
            section(
                page,
                &format!(
                    "In Terraform v1.12.0 and later, and in OpenTofu v1.12.0 and later, the [`import` block]({IMPORT_BLOCK}) can \
                     be used with the `identity` attribute, for example:"
                ),
            );
            code(page, "terraform", example);
            section(page, "### Identity Schema");
            for (title, required) in [("#### Required", true), ("#### Optional", false)] {
                let attributes: Vec<_> = identity
                    .attributes
                    .iter()
                    .filter(|attribute| attribute.required_for_import == required)
                    .collect();
                if attributes.is_empty() {
                    continue;
                }
                section(page, title);
                page.push('\n');
                for attribute in attributes {
                    let ty = type_words(&attribute.ty);
                    _ = writeln!(page, "- `{}` ({ty}) {}", attribute.name, attribute.description);
                }
            }
        }
        if let Some(example) = &self.examples.import_by_id {
            section(
                page,
                &format!(
                    "In Terraform v1.5.0 and later, the [`import` block]({IMPORT_BLOCK}) can be used with the `id` attribute, for \
                     example:"
                ),
            );
            code(page, "terraform", example);
        }
        if let Some(example) = &self.examples.import_command {
            section(
                page,
                &format!("The [`terraform import` command]({IMPORT_COMMAND}) can be used, for example:"),
            );
            code(page, "shell", example);
        }
    }
}

impl Attribute {
    /// All that is to be said of the attribute to users, in Markdown: what it means, which values it takes, and where
    /// they come from when the configuration gives none.
    pub fn documentation(&self) -> String {
        let mut sentences = vec![self.description.clone()];
        sentences.extend(self.checks.iter().copied().filter_map(Check::describe));
        if let Some(default) = self.plan.default.as_ref().and_then(literal) {
            sentences.push(format!("The default is `{default}`."));
        }
        if let Some(variable) = self.environment {
            sentences.push(format!("Environment variable: `{variable}`."));
        }
        sentences.retain(|sentence| !sentence.is_empty());
        sentences.join(" ")
    }
}

/// A value as the configuration language writes it, where it is a single one.
fn literal(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        Value::String(value) => Some(format!("\"{value}\"")),
        _ => None,
    }
}

/// How deep a list of attributes is nested.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// In the page's own block: groups have headings.
    Page,
    /// In something nested: groups have labels.
    Nested,
}

/// One member of a block or object: an attribute or a nested block.
enum Member<'a> {
    Attribute(&'a Attribute),
    Block(&'a NestedBlock),
}

/// The groups of members in the order of the page.
const GROUPS: [&str; 3] = ["Required", "Optional", "Read-Only"];

impl Member<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Attribute(attribute) => attribute.name,
            Self::Block(nested) => nested.name,
        }
    }

    fn group(&self) -> &'static str {
        match self {
            Self::Attribute(attribute) => match attribute.mode {
                Mode::Required => "Required",
                Mode::Optional | Mode::OptionalComputed => "Optional",
                Mode::Computed => "Read-Only",
            },
            Self::Block(nested) if nested.min_items > 0 => "Required",
            Self::Block(_) => "Optional",
        }
    }

    fn is_write_only(&self) -> bool {
        matches!(self, Self::Attribute(attribute) if attribute.write_only)
    }

    /// The anchor's kind and the description of what is nested, where something is.
    fn nested(&self, path: &str) -> Option<(&'static str, String)> {
        match self {
            Self::Attribute(attribute) => match &attribute.kind {
                AttributeKind::Value(_) => None,
                AttributeKind::Nested(_, attributes) => {
                    Some(("nestedatt", members(attributes, &[], Depth::Nested, path)))
                }
            },
            Self::Block(nested) => Some(("nestedblock", body(&nested.block, Depth::Nested, path))),
        }
    }

    fn line(&self, path: &str) -> String {
        let name = self.name();
        let (words, text) = match self {
            Self::Attribute(attribute) => (attribute_words(attribute), attribute.documentation()),
            Self::Block(nested) => (block_words(nested), nested.block.description.clone()),
        };
        let deprecation = match self {
            Self::Attribute(attribute) => attribute.deprecation.as_deref(),
            Self::Block(nested) => nested.block.deprecation.as_deref(),
        };
        let deprecation = deprecation.map_or_else(String::new, |message| format!(" **Deprecated:** {message}"));
        let below = match self.nested(path) {
            Some((kind, _)) => format!(" (see [below for nested schema](#{}))", anchor(kind, path)),
            None => String::new(),
        };
        format!("- `{name}` ({words}) {text}{deprecation}{below}\n")
    }
}

/// A block's attributes and nested blocks in their groups, followed by the schemas of all that is nested.
fn body(block: &Block, depth: Depth, path: &str) -> String {
    members(&block.attributes, &block.blocks, depth, path)
}

fn members(attributes: &[Attribute], blocks: &[NestedBlock], depth: Depth, path: &str) -> String {
    let mut all: Vec<_> = attributes.iter().map(Member::Attribute).collect();
    all.extend(blocks.iter().map(Member::Block));
    all.sort_by_key(Member::name);

    let mut text = String::new();
    let mut below = String::new();
    for group in GROUPS {
        let members: Vec<_> = all.iter().filter(|member| member.group() == group).collect();
        if members.is_empty() {
            continue;
        }
        section(
            &mut text,
            &match depth {
                Depth::Page => format!("### {group}"),
                Depth::Nested => format!("{group}:"),
            },
        );
        if members.iter().any(|member| member.is_write_only()) {
            _ = writeln!(
                text,
                "\n> **NOTE**: [Write-only arguments]({WRITE_ONLY}) are supported in Terraform 1.11 and later, and in OpenTofu \
                 1.11 and later."
            );
        }
        text.push('\n');
        for member in members {
            let path = match path {
                "" => member.name().to_owned(),
                path => format!("{path}.{}", member.name()),
            };
            text.push_str(&member.line(&path));
            if let Some((kind, schema)) = member.nested(&path) {
                _ = write!(
                    below,
                    "\n<a id=\"{}\"></a>\n### Nested Schema for `{path}`\n{schema}",
                    anchor(kind, &path)
                );
            }
        }
    }
    text + &below
}

fn anchor(kind: &str, path: &str) -> String {
    format!("{kind}--{}", path.replace('.', "--"))
}

fn attribute_words(attribute: &Attribute) -> String {
    let mut words = match &attribute.kind {
        AttributeKind::Value(ty) => type_words(ty),
        AttributeKind::Nested(Nesting::Single, _) => "Attributes".to_owned(),
        AttributeKind::Nested(Nesting::List, _) => "Attributes List".to_owned(),
        AttributeKind::Nested(Nesting::Set, _) => "Attributes Set".to_owned(),
        AttributeKind::Nested(Nesting::Map, _) => "Attributes Map".to_owned(),
    };
    if attribute.sensitive {
        words.push_str(", Sensitive");
    }
    if attribute.write_only {
        _ = write!(words, ", [Write-only]({WRITE_ONLY})");
    }
    if attribute.deprecation.is_some() {
        words.push_str(", Deprecated");
    }
    words
}

fn block_words(nested: &NestedBlock) -> String {
    let mut words = match nested.nesting {
        BlockNesting::Single | BlockNesting::Group if nested.min_items == 0 => "Block, Optional",
        BlockNesting::Single | BlockNesting::Group => "Block",
        BlockNesting::List => "Block List",
        BlockNesting::Set => "Block Set",
        BlockNesting::Map => "Block Map",
    }
    .to_owned();
    let many = !matches!(nested.nesting, BlockNesting::Single | BlockNesting::Group);
    if many && nested.min_items > 0 {
        _ = write!(words, ", Min: {}", nested.min_items);
    }
    if many && nested.max_items > 0 {
        _ = write!(words, ", Max: {}", nested.max_items);
    }
    if nested.block.deprecation.is_some() {
        words.push_str(", Deprecated");
    }
    words
}

fn type_words(ty: &Type) -> String {
    match ty {
        Type::Bool => "Boolean".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::String => "String".to_owned(),
        Type::Dynamic => "Dynamic".to_owned(),
        Type::List(element) => format!("List of {}", type_words(element)),
        Type::Set(element) => format!("Set of {}", type_words(element)),
        Type::Map(element) => format!("Map of {}", type_words(element)),
        Type::Tuple(_) => "Tuple".to_owned(),
        Type::Object(_) => "Object".to_owned(),
    }
}

/// A heading or paragraph, with an empty line before and after it.
fn section(page: &mut String, text: &str) {
    _ = writeln!(page, "\n{text}");
}

fn code(page: &mut String, language: &str, text: &str) {
    _ = writeln!(page, "\n```{language}\n{}\n```", text.trim_end());
}

/// The first paragraph without Markdown's marks, for places that show plain text.
fn plain(markdown: &str) -> String {
    let paragraph = markdown.split("\n\n").next().unwrap_or_default();
    let words: Vec<_> = paragraph.split_whitespace().collect();
    words.join(" ").replace(['`', '*'], "")
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
