//! The libraries that are linked into a program: which they are, where their source is, and how each depends on others.
//!
//! Cargo is asked, for the target that the program was built for. What only helps to build, or to test, is left out; so are
//! macros, which leave nothing but code of this project behind.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A library, as crates.io has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence, as an SPDX expression.
    pub licence: String,
    /// Where it is developed, if it says so.
    pub repository: Option<String>,
    /// The SHA-256 of its archive on crates.io, in hexadecimal digits, where the lock file has one.
    pub checksum: Option<String>,
    /// The folder of its source.
    pub folder: PathBuf,
    /// The libraries that it calls itself, by name and version.
    pub calls: BTreeSet<(String, String)>,
}

/// What is linked into a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The libraries that its own code calls, by name and version.
    pub calls: BTreeSet<(String, String)>,
    /// All libraries, in the order of names and versions.
    pub crates: Vec<Crate>,
}

/// What is linked into the programs of the package that are built for a target.
pub fn linked(root: &Path, target: &str) -> Result<Linked, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let asked = Command::new(cargo)
        .args([
            "metadata",
            "--locked",
            "--format-version",
            "1",
            "--filter-platform",
            target,
        ])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cannot ask Cargo for the libraries: {error}"))?;
    if !asked.status.success() {
        let why = String::from_utf8_lossy(&asked.stderr);
        return Err(format!("Cargo does not tell the libraries: {}", why.trim()));
    }
    let metadata = serde_json::from_slice(&asked.stdout).map_err(|error| format!("Cargo tells no JSON: {error}"))?;
    let file = root.join("Cargo.lock");
    let lock = fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    from_metadata(&metadata, &checksums(&lock)?).ok_or_else(|| "Cargo tells its metadata in another form".to_owned())
}

type Checksums = BTreeMap<(String, String), String>;

fn checksums(lock: &str) -> Result<Checksums, String> {
    let lock: toml::Table = lock
        .parse()
        .map_err(|error| format!("Cargo.lock is no TOML: {error}"))?;
    let packages = lock.get("package").and_then(toml::Value::as_array);
    let text = |package: &toml::Value, name| package.get(name).and_then(toml::Value::as_str).map(str::to_owned);
    let packages = packages.into_iter().flatten();
    Ok(packages
        .filter_map(|package| {
            Some((
                (text(package, "name")?, text(package, "version")?),
                text(package, "checksum")?,
            ))
        })
        .collect())
}

/// Follows the calls from the package itself on; `None` where the metadata are not as Cargo describes them.
fn from_metadata(metadata: &Value, checksums: &Checksums) -> Option<Linked> {
    let by_id = |list: &Value| -> Option<BTreeMap<String, Value>> {
        let entries = list.as_array()?.iter();
        entries
            .map(|entry| Some((entry["id"].as_str()?.to_owned(), entry.clone())))
            .collect()
    };
    let packages = by_id(&metadata["packages"])?;
    let nodes = by_id(&metadata["resolve"]["nodes"])?;
    let name = |id: &str| -> Option<(String, String)> {
        let package = packages.get(id)?;
        Some((
            package["name"].as_str()?.to_owned(),
            package["version"].as_str()?.to_owned(),
        ))
    };
    let calls = |id: &str| -> Option<Vec<String>> {
        let mut called = Vec::new();
        for dependency in nodes.get(id)?["deps"].as_array()? {
            // A kind of `null` is neither for the build nor for tests.
            let is_called = dependency["dep_kinds"]
                .as_array()?
                .iter()
                .any(|kind| kind["kind"].is_null());
            let id = dependency["pkg"].as_str()?;
            let targets = packages.get(id)?["targets"].as_array()?;
            let is_macro = targets.iter().any(|target| target["kind"][0] == "proc-macro");
            if is_called && !is_macro {
                called.push(id.to_owned());
            }
        }
        Some(called)
    };
    let mut linked = BTreeMap::new();
    let mut open = calls(metadata["resolve"]["root"].as_str()?)?;
    let own = open.iter().map(|id| name(id)).collect::<Option<_>>()?;
    while let Some(id) = open.pop() {
        let named = name(&id)?;
        if linked.contains_key(&named) {
            continue;
        }
        let called = calls(&id)?;
        let package = packages.get(&id)?;
        let found = Crate {
            name: named.0.clone(),
            version: named.1.clone(),
            // An older way to write it, which crates.io still knows.
            licence: package["license"]
                .as_str()
                .unwrap_or("NOASSERTION")
                .replace(" / ", "/")
                .replace('/', " OR "),
            repository: package["repository"].as_str().map(str::to_owned),
            checksum: checksums.get(&named).cloned(),
            folder: Path::new(package["manifest_path"].as_str()?).parent()?.to_owned(),
            calls: called.iter().map(|id| name(id)).collect::<Option<_>>()?,
        };
        linked.insert(named, found);
        open.extend(called);
    }
    Some(Linked {
        calls: own,
        crates: linked.into_values().collect(),
    })
}
