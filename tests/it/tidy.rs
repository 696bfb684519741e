//! Boundaries are absences: what a module of the crate does not import. ARCHITECTURE.md draws the same map in words.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module of the crate, and the others that it may know.
const MAY_KNOW: [(&str, &[&str]); 11] = [
    ("value", &[]),
    ("diag", &["value"]),
    ("schema", &["diag", "value"]),
    ("server", &["diag", "schema", "value"]),
    ("api", &[]),
    ("provider", &["api", "diag", "schema", "server", "value"]),
    ("sim", &[]),
    ("wire", &["diag", "schema", "server", "value"]),
    ("log", &[]),
    ("cli", &["wire"]),
    ("lib", &[]),
];

/// Libraries that belong to one module.
const BELONGS_TO: [(&str, &str); 9] = [
    ("tonic", "wire"),
    ("tonic_prost", "wire"),
    ("tonic_health", "wire"),
    ("prost", "wire"),
    ("rcgen", "wire"),
    ("reqwest", "api"),
    ("axum", "sim"),
    ("rmp", "value"),
    ("bigdecimal", "value"),
];

/// The code of each module, without comments and without the tests beneath it.
fn modules() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = BTreeMap::<_, Vec<_>>::new();
    for file in files(&source) {
        let inner = file.strip_prefix(&source).expect("it is below");
        let module = inner.iter().next().map(Path::new).and_then(Path::file_stem);
        let module = module.expect("it has a name").to_string_lossy().into_owned();
        let is_test = file.file_stem().is_some_and(|name| name == "tests");
        if module == "bin" || module == "main" || is_test {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a source can be read");
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let code: Vec<_> = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        modules.entry(module).or_default().push((file, code.join("\n")));
    }
    modules
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory can be read");
    let paths = entries.map(|entry| entry.expect("an entry can be read").path());
    paths
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The names that stand behind `before` in some code.
fn names<'a>(code: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(before).map(move |(at, _)| {
        let rest = &code[at + before.len()..];
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        &rest[..end]
    })
}

/// Whether the code names a library, as a path or in an import.
fn uses(code: &str, library: &str) -> bool {
    code.match_indices(library).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let continues = before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '"' | '-'));
        !continues && code[at + library.len()..].starts_with("::")
    })
}

#[test]
fn every_module_is_on_the_map() {
    let known: Vec<_> = modules().into_keys().collect();
    let mut mapped: Vec<_> = MAY_KNOW.iter().map(|(module, _)| (*module).to_owned()).collect();
    mapped.sort();
    assert_eq!(known, mapped);
}

#[test]
fn dependencies_point_one_way() {
    let modules = modules();
    for (module, may_know) in MAY_KNOW {
        for (file, code) in &modules[module] {
            for name in names(code, "crate::").filter(|name| *name != module) {
                assert!(
                    may_know.contains(&name),
                    "{} knows `{name}`, which `{module}` must not",
                    file.display()
                );
            }
            assert!(
                !code.contains("use crate::{"),
                "{}: an import of one module a line",
                file.display()
            );
        }
    }
}

#[test]
fn libraries_stay_where_they_belong() {
    let modules = modules();
    for (library, home) in BELONGS_TO {
        for (file, code) in modules
            .iter()
            .filter(|(module, _)| *module != home)
            .flat_map(|(_, files)| files)
        {
            assert!(
                !uses(code, library),
                "{} names {library}, which belongs to `{home}`",
                file.display()
            );
        }
        assert!(
        );
    }
}

#[test]
fn only_the_binaries_and_the_tests_know_the_simulator() {
    let main = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs")).expect("it can be read");
    assert!(!main.contains("sim"), "the provider's binary is without the simulator");
}

#[test]
fn the_map_is_told_in_words() {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).expect("it can be read");
    for (module, _) in MAY_KNOW.iter().filter(|(module, _)| *module != "lib") {
        let told = text.contains(&format!("`src/{module}/`")) || text.contains(&format!("`src/{module}.rs`"));
        assert!(told, "ARCHITECTURE.md does not tell of {module}");
    }
}
