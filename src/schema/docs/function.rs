//! The page of a function.

use std::fmt::Write as _;

use super::{code, plain, section, type_words};
use crate::value::Type;

/// Everything that a function's page is made of.
#[derive(Clone, Debug)]
pub struct FunctionPage<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// The function's name.
    pub name: &'a str,
    /// What it does, in a sentence of plain text.
    pub summary: &'a str,
    /// What it does, in Markdown.
    pub description: &'a str,
    /// The parameters in order.
    pub parameters: Vec<Parameter<'a>>,
    /// The type of the result.
    pub returns: &'a Type,
    /// How it is used.
    pub usage: Option<String>,
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct Parameter<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type.
    pub ty: &'a Type,
    /// What it means, in Markdown.
    pub description: &'a str,
}

impl FunctionPage<'_> {
    /// The page's file below `docs/`.
    pub fn file(&self) -> String {
        format!("functions/{}.md", self.name)
    }

    /// The page in Markdown.
    pub fn render(&self) -> String {
        let Self { provider, name, .. } = self;
        let mut page = format!(
            "---\npage_title: \"{name} function - {provider}\"\nsubcategory: \"\"\ndescription: |-\n  {}\n---\n\n\
             # function: {name}\n\n{}\n",
            plain(self.summary),
            self.description
        );
        section(
            &mut page,
            "-> Functions of providers need Terraform 1.8 or OpenTofu 1.7, or later.",
        );
        if let Some(usage) = &self.usage {
            section(&mut page, "## Example Usage");
            code(&mut page, "terraform", usage);
        }
        section(&mut page, "## Signature");
        code(&mut page, "text", &self.signature());
        section(&mut page, "## Arguments");
        page.push('\n');
        for (number, parameter) in (1..).zip(&self.parameters) {
            let Parameter { name, ty, description } = parameter;
            _ = writeln!(page, "{number}. `{name}` ({}) {description}", type_words(ty));
        }
        page
    }

    /// The signature as the registries' own tools write it.
    fn signature(&self) -> String {
        let parameters = self.parameters.iter();
        let parameters: Vec<_> = parameters
            .map(|parameter| format!("{} {}", parameter.name, type_words(parameter.ty).to_lowercase()))
            .collect();
        let returns = type_words(self.returns).to_lowercase();
        format!("{}({}) {returns}", self.name, parameters.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_how_a_function_is_called() {
        let page = FunctionPage {
            provider: "toy",
            name: "join",
            summary: "Joins two *texts*",
            description: "Joins two texts.\n\nThat is all.",
            parameters: vec![
                Parameter {
                    name: "first",
                    ty: &Type::String,
                    description: "A text.",
                },
                Parameter {
                    name: "times",
                    ty: &Type::Number,
                    description: "A number.",
                },
            ],
            returns: &Type::Object([("a".to_owned(), Type::Bool)].into()),
            usage: Some("output \"joined\" {}\n".to_owned()),
        };
        assert_eq!(page.file(), "functions/join.md");
        let expected = r#"---
page_title: "join function - toy"
subcategory: ""
description: |-
  Joins two texts
---

# function: join

Joins two texts.

That is all.

-> Functions of providers need Terraform 1.8 or OpenTofu 1.7, or later.

## Example Usage

```terraform
output "joined" {}
```

## Signature

```text
join(first string, times number) object
```

## Arguments

1. `first` (String) A text.
2. `times` (Number) A number.
"#;
        assert_eq!(page.render(), expected);
    }
}
