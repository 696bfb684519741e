//! Holds the code to the map in ARCHITECTURE.md and to the rules of the house that no compiler knows.
//!
//! It reads the sources as text, line by line: what it looks for is written plainly wherever it is written.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support;

/// What each module of the crate may name of the crate, itself aside. Dependencies point one way.
const ARROWS: &[(&str, &[&str])] = &[
    ("value", &[]),
    ("diag", &["value"]),
    ("schema", &["diag", "value"]),
    ("server", &["schema", "diag", "value"]),
    ("wire", &["server", "schema", "diag", "value"]),
    // Words that come from outside are of one type, whoever shows them.
    ("api", &["diag"]),
    ("provider", &["server", "schema", "api", "diag", "value"]),
    ("sim", &[]),
    ("log", &[]),
    ("install", &[]),
    ("cli", &["wire", "install"]),
];

/// What the programs may name of the library.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("src/main.rs", &["cli", "install", "log", "provider", "wire"]),
    ("src/bin/paperspace-sim.rs", &["sim"]),
];

/// Libraries that only some modules know.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("axum", &["sim"]),
    ("bigdecimal", &["value"]),
    ("clap", &["cli"]),
    ("governor", &["api"]),
    ("prost", &["wire"]),
    ("prost_types", &["wire"]),
    ("rcgen", &["wire"]),
    // The tests of the simulator ask it over HTTP.
    ("reqwest", &["api", "sim"]),
    ("rmp", &["value"]),
    ("tonic", &["wire"]),
    ("tonic_health", &["wire"]),
    ("tonic_prost", &["wire"]),
];

/// Files tell one story in about five hundred lines; this is where a second one begins.
const MOST_LINES: usize = 600;

/// A source file.
struct Source {
    path: PathBuf,
    /// Its path below the root, with `/`.
    name: String,
    text: String,
}

impl Source {
    /// The lines with their numbers, comments left out.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().zip(1..).map(|(line, number)| (number, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// The same without the tests at its end.
    fn code_without_tests(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code().take_while(|(_, line)| *line != "mod tests {")
    }

    /// Whether the file holds the tests of another one.
    fn is_test(&self) -> bool {
        self.path
            .file_name()
            .is_some_and(|name| name == "tests.rs" || name == "trial.rs")
    }

    fn at(&self, line: usize, complaint: &str) -> String {
        format!("{}:{line}: {complaint}", self.name)
    }

    /// The module of the crate that the file belongs to; `None` for the root and for programs.
    fn module(&self) -> Option<&str> {
        let below = self.name.strip_prefix("src/")?;
        if below.starts_with("bin/") || below == "main.rs" || below == "lib.rs" {
            return None;
        }
        let first = below.split('/').next()?;
        Some(first.strip_suffix(".rs").unwrap_or(first))
    }

    /// How many modules deep the file is, the crate's root being at 0.
    fn depth(&self) -> usize {
        let below = self.name.strip_prefix("src/").unwrap_or(&self.name);
        let steps = below.split('/').count();
        if below.ends_with("/mod.rs") { steps - 1 } else { steps }
    }
}

fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = support::files(&root.join(folder), ".rs");
    assert!(!files.is_empty(), "{folder} holds no sources");
    let source = |path: PathBuf| {
        let name = path.strip_prefix(root).expect("the file is below the root");
        Source {
            name: name.to_string_lossy().replace('\\', "/"),
            text: fs::read_to_string(&path).expect("a source can be read"),
            path,
        }
    };
    files.into_iter().map(source).collect()
}

fn all_sources() -> Vec<Source> {
    ["src", "tests", "tools"].into_iter().flat_map(sources).collect()
}

/// Fails with all problems at once.
#[track_caller]
fn none(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// The names that follow `prefix` in a line, those of a group in braces included.
fn named_after<'a>(line: &'a str, prefix: &str) -> Vec<&'a str> {
    let mut names = Vec::new();
    for (start, _) in line.match_indices(prefix) {
        let before = line[..start].chars().next_back();
        if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_' || letter == ':') {
            continue;
        }
        let rest = &line[start + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(top_of_group(group)),
            None => names.push(identifier(rest)),
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The first names of the paths in a group, up to its closing brace or to the line's end.
fn top_of_group(group: &str) -> Vec<&str> {
    let (mut names, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(identifier(group[start..at].trim()));
                return names;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(identifier(group[start..at].trim()));
                start = at + 1;
            }
            _ => {}
        }
    }
    names.push(identifier(group[start..].trim()));
    names
}

fn identifier(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
    &text[..end.unwrap_or(text.len())]
}

#[test]
fn paths_are_found_however_they_are_written() {
    assert_eq!(named_after("use crate::api::Client;", "crate::"), ["api"]);
    assert_eq!(
        named_after("use crate::{api::{A, B}, diag};", "crate::"),
        ["api", "diag"]
    );
    assert_eq!(
        named_after("fn f(x: crate::sim::Sim) -> crate::value::Tf<u8>", "crate::"),
        ["sim", "value"]
    );
    assert_eq!(named_after("mycrate::api::x()", "crate::"), [""; 0]);
}

#[test]
fn modules_name_only_what_the_map_allows() {
    let mut problems = Vec::new();
    for source in sources("src") {
        let Some(module) = source.module() else { continue };
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == module) else {
            problems.push(source.at(1, &format!("the module `{module}` stands on no map: add it to ARROWS")));
            continue;
        };
        // A trial of the provider needs a service; the provider itself must not know that one can be simulated.
        let is_trial = module == "provider" && source.name.ends_with("trial.rs");
        let up = "super::".repeat(source.depth());
        for (number, line) in source.code() {
            let mut names = named_after(line, "crate::");
            // Enough steps up lead to the crate's root as well.
            names.extend(named_after(line, &up).into_iter().filter(|name| is_module(name)));
            for name in names.into_iter().filter(|name| is_module(name)) {
                let is_allowed = allowed.contains(&name) || (is_trial && name == "sim");
                if name != module && !is_allowed {
                    problems.push(source.at(number, &format!("`{module}` must not know `{name}`")));
                }
            }
        }
    }
    for source in sources("src") {
        let Some((_, allowed)) = PROGRAMS.iter().find(|(name, _)| *name == source.name) else {
            continue;
        };
        for (number, line) in source.code() {
            for name in named_after(line, "terraform_provider_paperspace::") {
                if is_module(name) && !allowed.contains(&name) {
                    problems.push(source.at(number, &format!("this program must not know `{name}`")));
                }
            }
        }
    }
    none(problems);
}

fn is_module(name: &str) -> bool {
    ARROWS.iter().any(|(module, _)| *module == name)
}

#[test]
fn the_map_is_of_the_modules_that_exist() {
    let sources = sources("src");
    let mut found: Vec<_> = sources.iter().filter_map(Source::module).collect();
    found.sort_unstable();
    found.dedup();
    let mut mapped: Vec<_> = ARROWS.iter().map(|(module, _)| *module).collect();
    mapped.sort_unstable();
    assert_eq!(found, mapped);
}

#[test]
fn the_map_is_told_in_words() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md"));
    let text = text.expect("ARCHITECTURE.md can be read");
    let told =
        |module: &str| text.contains(&format!("`src/{module}/`")) || text.contains(&format!("`src/{module}.rs`"));
    let untold = ARROWS.iter().filter(|(module, _)| !told(module));
    none(
        untold
            .map(|(module, _)| format!("ARCHITECTURE.md does not tell of `{module}`"))
            .collect(),
    );
}

/// A map to a place that is no more leads astray.
#[test]
fn the_places_that_documents_name_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut problems = Vec::new();
    for document in [
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "README.md",
        "SECURITY.md",
        "STABILITY.md",
    ] {
        let text = fs::read_to_string(root.join(document)).expect("a document can be read");
        let quoted = text.split('`').skip(1).step_by(2);
        let linked = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', '#']).next());
        let is_path = |name: &&str| {
            let folders = [
                "src/",
                "tests/",
                "tools/",
                "docs/",
                "examples/",
                "benches/",
                "proto/",
                ".ci/",
                ".github/",
            ];
            folders.iter().any(|folder| name.starts_with(folder)) && !name.contains([' ', '*', '{'])
        };
        let links = linked.filter(|target| !target.is_empty() && !target.contains("://"));
        for name in quoted.filter(is_path).chain(links) {
            if !root.join(name).exists() {
                problems.push(format!("{document}: there is no {name}"));
            }
        }
    }
    none(problems);
}

#[test]
fn every_test_module_is_told_of() {
    let read = |file: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
    let (map, tests) = (read("ARCHITECTURE.md"), read("tests/it/main.rs"));
    let (map, tests) = (map.expect("the map can be read"), tests.expect("the tests can be read"));
    let modules = tests
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    let untold = modules.filter(|module| !map.contains(&format!("`{module}`")));
    none(
        untold
            .map(|module| format!("ARCHITECTURE.md does not tell of the tests in `{module}`"))
            .collect(),
    );
}

#[test]
fn libraries_are_known_where_they_belong() {
    let mut problems = Vec::new();
    for source in sources("src") {
        let Some(module) = source.module().filter(|_| !source.is_test()) else {
            continue;
        };
        for (number, line) in source.code_without_tests() {
            for (library, homes) in LIBRARIES {
                let in_path = !named_after(line, &format!("{library}::")).is_empty();
                if !homes.contains(&module) && (in_path || line.trim() == format!("use {library};")) {
                    problems.push(source.at(number, &format!("only {homes:?} may know the library `{library}`")));
                }
            }
        }
    }
    none(problems);
}

/// A simulator that nobody watches could answer as the service does not.
#[test]
fn simulators_are_started_in_one_place() {
    let starts = [["Sim::", "spawn("].concat(), ["Sim::", "start("].concat()];
    let mut problems = Vec::new();
    for source in sources("tests") {
        for (number, line) in source.code().filter(|_| source.name != "tests/it/support/cloud.rs") {
            if starts.iter().any(|start| line.contains(start.as_str())) {
                problems.push(source.at(number, "starts a simulator that is not watched: start a `Cloud`"));
            }
        }
    }
    none(problems);
}

#[test]
fn files_are_of_a_size_to_read() {
    let mut problems = Vec::new();
    for source in all_sources() {
        let lines = source.text.lines().count();
        if lines > MOST_LINES {
            problems.push(source.at(lines, &format!("{lines} lines are too many for one story")));
        }
    }
    none(problems);
}

#[test]
fn every_file_says_what_it_is() {
    let mut problems = Vec::new();
    for source in all_sources() {
        // The tests of one file, in a file of their own, are told by their name.
        if source.is_test() {
            continue;
        }
        if !source.text.starts_with("//! ") {
            problems.push(source.at(1, "opens without a module documentation"));
        }
    }
    none(problems);
}

#[test]
fn nothing_is_left_for_later_and_no_lint_is_silenced() {
    // Put together here, so that this file does not hold what it looks for.
    let words = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["XX", "X"].concat()];
    let silencers = [["#[al", "low("].concat(), ["#![al", "low("].concat()];
    let mut problems = Vec::new();
    for source in all_sources() {
        for (line, number) in source.text.lines().zip(1..) {
            for word in &words {
                if line
                    .split(|letter: char| !letter.is_alphanumeric())
                    .any(|part| part == word)
                {
                    problems.push(source.at(number, &format!("{word} is no plan")));
                }
            }
            if silencers.iter().any(|silencer| line.contains(silencer.as_str())) {
                problems.push(source.at(number, "expect a lint, with a reason, instead of allowing it"));
            }
        }
    }
    none(problems);
}

/// Standard output belongs to the handshake. Where a program of its own prints, it says why.
#[test]
fn standard_output_is_written_to_with_a_reason() {
    let mut problems = Vec::new();
    for source in sources("src") {
        let reasoned = source.text.contains("clippy::print_stdout");
        for (number, line) in source.code() {
            let prints = ["print!", "println!"].iter().any(|name| {
                line.match_indices(name)
                    .any(|(start, _)| !line[..start].ends_with(|letter: char| letter.is_alphanumeric()))
            });
            if prints && !reasoned {
                problems.push(source.at(number, "prints to standard output"));
            }
        }
    }
    none(problems);
}
