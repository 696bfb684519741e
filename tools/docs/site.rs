//! All pages of the documentation that are made of schemas and examples, and the files that they belong in.
//!
//! What a page looks like is the business of `schema::docs`; guides are written by hand and are left alone here.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use terraform_provider_paperspace::provider::{self, ENVIRONMENT};
use terraform_provider_paperspace::schema::Block;
use terraform_provider_paperspace::schema::docs::{Examples, FunctionPage, Page, Parameter, Subject};

/// The folders below `docs/` in which every page is a generated one.
const GENERATED: [&str; 6] = [
    "actions",
    "resources",
    "data-sources",
    "ephemeral-resources",
    "functions",
    "list-resources",
];

/// The type prefix, which is the last part of the provider's address.
fn prefix() -> &'static str {
    provider::ADDRESS.rsplit('/').next().unwrap_or(provider::ADDRESS)
}

/// Every generated page by its file below the root.
pub fn pages(root: &Path) -> Result<BTreeMap<PathBuf, String>, String> {
    let server = provider::server();
    let examples = root.join("examples");
    let provider_examples = Examples {
        usage: read(&examples.join("provider/provider.tf"))?,
        ..Examples::default()
    };
    let environment = environment(server.provider_block());
    let mut pages = BTreeMap::new();
    let mut add = |page: &Page| {
        pages.insert(Path::new("docs").join(page.file()), page.render());
    };
    add(&Page {
        subject: Subject::Provider,
        provider: prefix(),
        name: prefix(),
        block: server.provider_block(),
        identity: None,
        examples: &provider_examples,
        more: &environment,
    });
    for resource in server.registry().resources() {
        let folder = examples.join("resources").join(resource.type_name());
        add(&Page {
            subject: Subject::Resource,
            provider: prefix(),
            name: resource.type_name(),
            block: resource.block(),
            identity: Some(resource.identity()),
            examples: &Examples {
                usage: read(&folder.join("resource.tf"))?,
                import_command: read(&folder.join("import.sh"))?,
                import_by_id: read(&folder.join("import-by-string-id.tf"))?,
                import_by_identity: read(&folder.join("import-by-identity.tf"))?,
            },
            more: "",
        });
    }
    for source in server.registry().data_sources() {
        let folder = examples.join("data-sources").join(source.type_name());
        add(&Page {
            subject: Subject::DataSource,
            provider: prefix(),
            name: source.type_name(),
            block: source.block(),
            identity: None,
            examples: &Examples {
                usage: read(&folder.join("data-source.tf"))?,
                ..Examples::default()
            },
            more: "",
        });
    }
    for resource in server.registry().ephemeral_resources() {
        let folder = examples.join("ephemeral-resources").join(resource.type_name());
        add(&Page {
            subject: Subject::Ephemeral,
            provider: prefix(),
            name: resource.type_name(),
            block: resource.block(),
            identity: None,
            examples: &Examples {
                usage: read(&folder.join("ephemeral-resource.tf"))?,
                ..Examples::default()
            },
            more: "",
        });
    }
    for action in server.registry().actions() {
        let folder = examples.join("actions").join(action.type_name());
        add(&Page {
            subject: Subject::Action,
            provider: prefix(),
            name: action.type_name(),
            block: action.block(),
            identity: None,
            examples: &Examples {
                usage: read(&folder.join("action.tf"))?,
                ..Examples::default()
            },
            more: "",
        });
    }
    for list in server.registry().list_resources() {
        let folder = examples.join("list-resources").join(list.type_name());
        add(&Page {
            subject: Subject::List,
            provider: prefix(),
            name: list.type_name(),
            block: list.block(),
            identity: None,
            examples: &Examples {
                usage: read(&folder.join("list-resource.tfquery.hcl"))?,
                ..Examples::default()
            },
            more: "",
        });
    }
    for function in server.registry().functions() {
        let signature = function.signature();
        let parameters = signature.parameters.iter().map(|parameter| Parameter {
            name: parameter.name,
            ty: &parameter.ty,
            description: parameter.description,
        });
        let page = FunctionPage {
            provider: prefix(),
            name: function.name(),
            summary: signature.summary,
            description: signature.description,
            parameters: parameters.collect(),
            returns: &signature.returns,
            usage: read(&examples.join("functions").join(function.name()).join("function.tf"))?,
        };
        pages.insert(Path::new("docs").join(page.file()), page.render());
    }
    Ok(pages)
}

/// The environment variables that the provider reads, for the index.
fn environment(block: &Block) -> String {
    let mut text =
        "## Environment Variables\n\nAn argument of the provider block comes before the variable of the same \
                    meaning.\n\n| variable | meaning |\n|---|---|\n"
            .to_owned();
    for attribute in &block.attributes {
        if let Some(variable) = attribute.environment {
            _ = writeln!(text, "| `{variable}` | The argument `{}`. |", attribute.name);
        }
    }
    for (variable, meaning) in ENVIRONMENT {
        _ = writeln!(text, "| `{variable}` | {meaning} |");
    }
    text
}

/// Writes every page and removes generated ones whose type is no more. The message says what changed.
pub fn write(root: &Path) -> Result<String, String> {
    let mut changed = Vec::new();
    for (file, text) in pages(root)? {
        let path = root.join(&file);
        if read(&path)?.as_ref() == Some(&text) {
            continue;
        }
        let folder = path.parent().unwrap_or(root);
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        changed.push(format!("wrote {}", file.display()));
    }
    for file in strays(root)? {
        let path = root.join(&file);
        fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        changed.push(format!("removed {}", file.display()));
    }
    Ok(match changed.is_empty() {
        true => "The documentation was current already.".to_owned(),
        false => changed.join("\n"),
    })
}

/// Compares every page with its file.
///
/// The error shows the first difference of each page that is not current, and how to write them anew.
pub fn check(root: &Path) -> Result<String, String> {
    let pages = pages(root)?;
    let mut problems = Vec::new();
    for (file, text) in &pages {
        match read(&root.join(file))? {
            None => problems.push(format!("{} is missing.", file.display())),
            Some(found) => {
                problems.extend(difference(&found, text).map(|shown| format!("{}\n{shown}", file.display())))
            }
        }
    }
    for file in strays(root)? {
        problems.push(format!("{} describes nothing that the provider has.", file.display()));
    }
    match problems.is_empty() {
        true => Ok(format!("The documentation is current: {} pages.", pages.len())),
        false => Err(format!(
            "The documentation is not current. Run `cargo run --example docs -- write` and commit what it writes.\n\n{}",
            problems.join("\n\n")
        )),
    }
}

/// Pages in the generated folders that belong to no type.
fn strays(root: &Path) -> Result<Vec<PathBuf>, String> {
    let pages = pages(root)?;
    let mut strays = Vec::new();
    for folder in GENERATED {
        let folder = Path::new("docs").join(folder);
        let entries = match fs::read_dir(root.join(&folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(format!("{}: {error}", folder.display())),
        };
        for entry in entries {
            let entry = entry.map_err(|error| format!("{}: {error}", folder.display()))?;
            let file = folder.join(entry.file_name());
            if !pages.contains_key(&file) {
                strays.push(file);
            }
        }
    }
    strays.sort();
    Ok(strays)
}

/// The place where two texts part, like a part of a diff; `None` where they are the same.
fn difference(found: &str, wanted: &str) -> Option<String> {
    if found == wanted {
        return None;
    }
    let (found, wanted): (Vec<_>, Vec<_>) = (found.lines().collect(), wanted.lines().collect());
    let same = found.iter().zip(&wanted).take_while(|(a, b)| a == b).count();
    let same_at_end = |a: &[&str], b: &[&str]| a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let end = same_at_end(&found[same..], &wanted[same..]);
    let mut shown = format!("  line {}:\n", same + 1);
    for (sign, lines) in [('-', &found), ('+', &wanted)] {
        let part = &lines[same..lines.len() - end];
        for line in part.iter().take(5) {
            _ = writeln!(shown, "  {sign} {line}");
        }
        if part.len() > 5 {
            _ = writeln!(shown, "  {sign} ... {} more", part.len() - 5);
        }
    }
    Some(shown)
}

fn read(path: &Path) -> Result<Option<String>, String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}
