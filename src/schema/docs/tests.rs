use super::*;
use crate::schema::{IdentityAttribute, Model, Nested, Schema};
use crate::value::Tf;

#[derive(Clone, Default)]
struct Kettle {
    id: Tf<String>,
    litres: Tf<i64>,
    lid: Tf<Nested<Lid>>,
    uses: Tf<Vec<Nested<Use>>>,
    on: Tf<bool>,
    limits: Tf<Nested<Limits>>,
}

#[derive(Clone, Default)]
struct Lid {
    code: Tf<String>,
}

#[derive(Clone, Default)]
struct Use {
    by: Tf<String>,
    cups: Tf<Vec<Nested<Lid>>>,
}

#[derive(Clone, Default)]
struct Limits {
    boil: Tf<String>,
}

impl Model for Kettle {
    fn declare(s: &mut Schema<Self>) {
        s.describe("A `kettle` of\nthe kitchen.\n\nIt boils.");
        s.attr("litres", |m| &mut m.litres)
            .required()
            .at_least(1)
            .doc("How much it holds.");
        s.attr("id", |m| &mut m.id).computed().doc("Its id.");
        s.attr("lid", |m| &mut m.lid).conflicts_with("on").doc("A lid.");
        s.attr("uses", |m| &mut m.uses).computed().doc("Its uses.");
        s.attr("on", |m| &mut m.on)
            .default_value(Value::Bool(false))
            .environment("KETTLE_ON")
            .deprecated("Use a timer.")
            .doc("Whether it is on.");
        s.block_type("limits", |m| &mut m.limits, "How long it may take.");
    }
}

impl Model for Lid {
    fn declare(s: &mut Schema<Self>) {
        s.attr("code", |m| &mut m.code)
            .required()
            .sensitive()
            .write_only()
            .doc("The code that opens it.");
    }
}

impl Model for Use {
    fn declare(s: &mut Schema<Self>) {
        s.attr("by", |m| &mut m.by).computed().doc("Who used it.");
        s.attr("cups", |m| &mut m.cups).computed().doc("The cups.");
    }
}

impl Model for Limits {
    fn declare(s: &mut Schema<Self>) {
        s.attr("boil", |m| &mut m.boil).doc("For boiling.");
    }
}

fn page(subject: Subject, name: &str, examples: &Examples, more: &str) -> (String, String) {
    let identity = IdentitySchema {
        version: 0,
        attributes: vec![IdentityAttribute {
            name: "id",
            ty: Type::String,
            required_for_import: true,
            description: "Its id.",
        }],
    };
    let page = Page {
        subject,
        provider: "kitchen",
        name,
        block: Kettle::schema().block(),
        identity: Some(&identity),
        examples,
        more,
    };
    (page.file(), page.render())
}

#[test]
fn a_resource_page_reads_as_the_registry_shows_it() {
    let examples = Examples {
        usage: Some("resource \"kitchen_kettle\" \"k\" {\n}\n".to_owned()),
        import_command: Some("terraform import kitchen_kettle.k 1\n".to_owned()),
        import_by_id: Some("import {\n  id = \"1\"\n}\n".to_owned()),
        import_by_identity: Some("import {\n  identity = {}\n}\n".to_owned()),
    };
    let (file, page) = page(Subject::Resource, "kitchen_kettle", &examples, "");
    assert_eq!(file, "resources/kettle.md");
    insta::assert_snapshot!(page, @r####"
---
page_title: "kitchen_kettle Resource - kitchen"
subcategory: ""
description: |-
  A kettle of the kitchen.
---

# kitchen_kettle (Resource)

A `kettle` of
the kitchen.

It boils.

## Example Usage

```terraform
resource "kitchen_kettle" "k" {
}
```

## Schema

### Required

- `litres` (Number) How much it holds. At least 1.

### Optional

- `lid` (Attributes) A lid. Conflicts with `on`. (see [below for nested schema](#nestedatt--lid))
- `limits` (Block, Optional) How long it may take. (see [below for nested schema](#nestedblock--limits))
- `on` (Boolean, Deprecated) Whether it is on. The default is `false`. Environment variable: `KETTLE_ON`. **Deprecated:** Use a timer.

### Read-Only

- `id` (String) Its id.
- `uses` (Attributes List) Its uses. (see [below for nested schema](#nestedatt--uses))

<a id="nestedatt--lid"></a>
### Nested Schema for `lid`

Required:

> **NOTE**: [Write-only arguments](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments) are supported in Terraform 1.11 and later, and in OpenTofu 1.11 and later.

- `code` (String, Sensitive, [Write-only](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments)) The code that opens it.

<a id="nestedblock--limits"></a>
### Nested Schema for `limits`

Optional:

- `boil` (String) For boiling.

<a id="nestedatt--uses"></a>
### Nested Schema for `uses`

Read-Only:

- `by` (String) Who used it.
- `cups` (Attributes List) The cups. (see [below for nested schema](#nestedatt--uses--cups))

<a id="nestedatt--uses--cups"></a>
### Nested Schema for `uses.cups`

Required:

> **NOTE**: [Write-only arguments](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments) are supported in Terraform 1.11 and later, and in OpenTofu 1.11 and later.

- `code` (String, Sensitive, [Write-only](https://developer.hashicorp.com/terraform/language/resources/ephemeral#write-only-arguments)) The code that opens it.

## Import

Import is supported using the following syntax:

In Terraform v1.12.0 and later, and in OpenTofu v1.12.0 and later, the [`import` block](https://developer.hashicorp.com/terraform/language/import) can be used with the `identity` attribute, for example:

```terraform
import {
  identity = {}
}
```

### Identity Schema

#### Required

- `id` (String) Its id.

In Terraform v1.5.0 and later, the [`import` block](https://developer.hashicorp.com/terraform/language/import) can be used with the `id` attribute, for example:

```terraform
import {
  id = "1"
}
```

The [`terraform import` command](https://developer.hashicorp.com/terraform/cli/commands/import) can be used, for example:

```shell
terraform import kitchen_kettle.k 1
```
"####);
}

#[test]
fn what_is_not_given_leaves_no_trace() {
    let (file, page) = page(Subject::DataSource, "kitchen_kettle", &Examples::default(), "");
    assert_eq!(file, "data-sources/kettle.md");
    assert!(page.contains("# kitchen_kettle (Data Source)"));
    assert!(!page.contains("## Example") && !page.contains("## Import"));
}

#[test]
fn the_provider_is_the_index_and_takes_further_sections() {
    let (file, page) = page(Subject::Provider, "kitchen", &Examples::default(), "## More\n\nText.\n");
    assert_eq!(file, "index.md");
    assert!(
        page.starts_with("---\npage_title: \"Kitchen Provider\"\ndescription: |-\n  A kettle of the kitchen.\n---\n")
    );
    assert!(page.contains("\n# Kitchen Provider\n"));
    assert!(page.contains("\n## More\n\nText.\n\n## Schema\n"));
}
