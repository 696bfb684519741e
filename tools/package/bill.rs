//! The bill of materials of an archive, in the form of CycloneDX: which libraries the program in it was made of.

use std::collections::BTreeSet;
use std::iter;

use serde_json::{Value, json};
use terraform_provider_paperspace::install::names::VERSION;

use super::crates::{Crate, Linked};

/// The bill of the archive of a program. The same archive and libraries give the same bytes, so it bears no date.
pub fn of(program: &str, archive: &str, digest: &str, linked: &Linked) -> Value {
    let own = format!("pkg:cargo/{program}@{VERSION}");
    let reference = |name: &str, version: &str| format!("pkg:cargo/{name}@{version}");
    let component = |library: &Crate| {
        let url = reference(&library.name, &library.version);
        let mut component = json!({
            "type": "library",
            "bom-ref": url,
            "name": library.name,
            "version": library.version,
            "licenses": [{"expression": library.licence}],
            "purl": url,
        });
        if let Some(checksum) = &library.checksum {
            component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
        }
        if let Some(repository) = &library.repository {
            component["externalReferences"] = json!([{"type": "vcs", "url": repository}]);
        }
        component
    };
    let dependency = |of: String, calls: &BTreeSet<(String, String)>| {
        let calls = calls.iter().map(|(name, version)| reference(name, version));
        json!({"ref": of, "dependsOn": calls.collect::<Vec<_>>()})
    };
    let of_crates = linked.crates.iter();
    let of_crates = of_crates.map(|library| dependency(reference(&library.name, &library.version), &library.calls));
    let dependencies: Vec<_> = iter::once(dependency(own.clone(), &linked.calls))
        .chain(of_crates)
        .collect();
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": program,
                "version": VERSION,
                "licenses": [{"license": {"id": "MPL-2.0"}}],
                "purl": own,
                "hashes": [{"alg": "SHA-256", "content": digest}],
                "properties": [{"name": "archive", "value": archive}],
            },
        },
        "components": linked.crates.iter().map(component).collect::<Vec<_>>(),
        "dependencies": dependencies,
    })
}
