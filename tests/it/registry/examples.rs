//! Laws about the examples of everything in the registry.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use terraform_provider_paperspace::provider;

use super::{each_attribute, entries, none};
use crate::support::hcl;

#[test]
fn examples_set_every_argument() {
    let server = provider::server();
    let mut problems = Vec::new();
    let used = arguments_in_examples();
    for entry in entries(&server) {
        let key = (entry.kind.to_owned(), entry.name.to_owned());
        let nothing = BTreeSet::new();
        let has_example = used.contains_key(&key);
        let used = used.get(&key).unwrap_or(&nothing);
        // The schema of a list resource, and of an action, is that of a block within the block.
        let place = if ["list", "action"].contains(&entry.kind) {
            "config."
        } else {
            ""
        };
        each_attribute(entry.block, place, &mut |path, attribute, _| {
            if attribute.mode.is_settable() && attribute.deprecation.is_none() && !used.contains(path) {
                problems.push(format!("{} {}: no example sets `{path}`", entry.kind, entry.name));
            }
        });
        if ["data", "list"].contains(&entry.kind) && !has_example {
            problems.push(format!("{} {}: has no example", entry.kind, entry.name));
        }
    }
    none(problems);
}

/// What the registry's examples set, by kind of block and type.
fn arguments_in_examples() -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut used: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for (folder, ending) in [
        ("provider", ".tf"),
        ("resources", ".tf"),
        ("data-sources", ".tf"),
        ("ephemeral-resources", ".tf"),
        ("list-resources", ".tfquery.hcl"),
        ("actions", ".tf"),
    ] {
        for file in crate::support::files(&root.join(folder), ending) {
            let text = std::fs::read_to_string(&file).expect("an example can be read");
            for block in hcl::blocks(&text) {
                let Some(name) = block.labels.first() else { continue };
                used.entry((block.kind, name.clone()))
                    .or_default()
                    .extend(block.arguments);
            }
        }
    }
    used
}

#[test]
fn every_example_belongs_to_something() {
    let server = provider::server();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let known = |kind: &str| -> BTreeSet<String> {
        let entries = entries(&server);
        let names = entries
            .iter()
            .filter(|entry| entry.kind == kind)
            .map(|entry| entry.name.to_owned());
        names.collect()
    };
    for (folder, kind) in [
        ("resources", "resource"),
        ("data-sources", "data"),
        ("ephemeral-resources", "ephemeral"),
        ("list-resources", "list"),
        ("actions", "action"),
    ] {
        let found: BTreeSet<_> = std::fs::read_dir(root.join(folder))
            .expect("the folder exists")
            .map(|entry| {
                entry
                    .expect("an entry can be read")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        assert_eq!(
            found,
            known(kind),
            "examples/{folder} holds a folder for each type and no other"
        );
    }
    for function in server.registry().functions() {
        let file = root.join("functions").join(function.name()).join("function.tf");
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let call = format!("provider::paperspace::{}(", function.name());
        assert!(text.contains(&call), "{} does not call it", file.display());
    }
    let folders = std::fs::read_dir(root.join("functions")).expect("the folder exists");
    assert_eq!(
        folders.count(),
        server.registry().functions().count(),
        "a folder for each function and no other"
    );
    for resource in server.registry().resources() {
        let folder = root.join("resources").join(resource.type_name());
        for file in [
            "resource.tf",
            "import.sh",
            "import-by-string-id.tf",
            "import-by-identity.tf",
        ] {
            assert!(folder.join(file).is_file(), "{} lacks {file}", folder.display());
        }
    }
}
