//! The documentation is current, complete, and true where that can be tested.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use terraform_provider_paperspace::sim::{Quirks, Seed, control};

use crate::examples;
use crate::support::{self, workspace::VERSIONS};

#[path = "../../tools/docs/site.rs"]
#[expect(dead_code, reason = "tests never write the documentation")]
mod site;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Fails with all problems at once.
#[track_caller]
fn none(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

fn documents() -> Vec<(PathBuf, String)> {
    let files = support::files(&root().join("docs"), ".md");
    assert!(!files.is_empty());
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).expect("a page can be read");
        (file, text)
    };
    files.into_iter().map(read).collect()
}

fn guides() -> Vec<(PathBuf, String)> {
    let mut documents = documents();
    documents.retain(|(file, _)| file.parent().is_some_and(|folder| folder.ends_with("guides")));
    assert!(!documents.is_empty());
    documents
}

#[test]
fn generated_pages_are_current() {
    if let Err(message) = site::check(root()) {
        panic!("{message}");
    }
}

#[test]
fn the_registry_takes_every_page() {
    let mut problems = Vec::new();
    for (file, text) in documents() {
        let mut complain = |complaint: &str| problems.push(format!("{}: {complaint}", file.display()));
        if text.len() > 500_000 {
            complain("is larger than the registry takes");
        }
        let is_index = file.file_name().is_some_and(|name| name == "index.md");
        let is_guide = file.parent().is_some_and(|folder| folder.ends_with("guides"));
        let front = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
        let Some((front, body)) = front else {
            complain("has no front matter");
            continue;
        };
        let has = |line: &str| front.lines().any(|found| found.starts_with(line));
        if !has("page_title: \"") || !has("description: |-") || has("subcategory:") == is_index {
            complain("has other front matter than the registry wants");
        }
        if is_guide && !has("subcategory: \"Guides\"") {
            complain("is a guide in another category");
        }
        if body.lines().filter(|line| line.starts_with("# ")).count() < 1 {
            complain("has no title");
        }
        if !text.matches("```").count().is_multiple_of(2) {
            complain("has a block of code that is not closed");
        }
        if text.lines().any(|line| line.ends_with(' ')) {
            complain("has spaces at the end of a line");
        }
    }
    none(problems);
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut problems = Vec::new();
    for (file, text) in documents() {
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        for (target, _) in targets {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            if path.contains("://") {
                continue;
            }
            let page = match path {
                "" => file.clone(),
                path => file.parent().expect("a page is in a folder").join(path),
            };
            let Ok(page) = fs::read_to_string(&page) else {
                problems.push(format!("{}: {target} leads nowhere", file.display()));
                continue;
            };
            let marked = page.contains(&format!("<a id=\"{anchor}\"></a>"));
            if !anchor.is_empty()
                && !marked
                && !page.lines().any(|line| heading_anchor(line).as_deref() == Some(anchor))
            {
                problems.push(format!("{}: there is no #{anchor} in the page", file.display()));
            }
        }
    }
    none(problems);
}

/// The anchor that a heading gets where Markdown is shown.
fn heading_anchor(line: &str) -> Option<String> {
    let title = line.strip_prefix('#')?.trim_start_matches('#').trim();
    let letters = title.to_lowercase();
    let kept = letters
        .chars()
        .filter(|letter| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter));
    Some(kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect())
}

/// The titles of all messages in the code, and where each stands.
fn titles_in_code() -> BTreeMap<String, String> {
    let mut titles = BTreeMap::new();
    let sources = code_of_the_crate();
    for (file, code) in &sources {
        // Where titles are chosen by the kind of an API error, each stands first in an arm.
        let by_kind = file.ends_with("provider/errors.rs");
        let mut found = Vec::new();
        for opening in ["Diagnostic::error(", "Diagnostic::warning("] {
            for rest in code.split(opening).skip(1).map(str::trim_start) {
                match (literal(rest), rest.strip_prefix("format!(").and_then(literal)) {
                    (Some(title), _) => found.push(title.to_owned()),
                    // Titles that name a kind of object are explained once for all kinds.
                    (None, Some(title)) => found.push(with_ellipses(title)),
                    (None, None) => assert!(by_kind, "{file}: a message has a title that is not written out"),
                }
            }
        }
        if by_kind {
            found.extend(
                code.split("=> (")
                    .skip(1)
                    .filter_map(|arm| literal(arm.trim_start()).map(str::to_owned)),
            );
        }
        titles.extend(found.into_iter().map(|title| (title, file.clone())));
    }
    for known in ["Invalid API Key", "Missing Region", "Several …s Found"] {
        assert!(titles.contains_key(known), "{known} was not found in the code");
    }
    titles
}

/// Whether a heading that leaves a part open is one for this title.
fn covers(heading: &str, title: &str) -> bool {
    heading.split_once('…').is_some_and(|(before, after)| {
        let rest = title.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        rest.is_some_and(|rest| !rest.is_empty())
    })
}

/// A title with an ellipsis for each part that depends on the kind of object.
fn with_ellipses(title: &str) -> String {
    let mut parts = title.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + "…" + part.split_once('}').map_or(part, |(_, rest)| rest)
    })
}

/// The sources with their names, without their tests.
fn code_of_the_crate() -> Vec<(String, String)> {
    let files = support::files(&root().join("src"), ".rs");
    let code = files
        .into_iter()
        .filter(|file| !file.ends_with("tests.rs") && !file.ends_with("trial.rs") && !file.ends_with("src/diag.rs"));
    code.map(|file| {
        let text = fs::read_to_string(&file).expect("a source can be read");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        (file.display().to_string(), code.to_owned())
    })
    .collect()
}

/// The string literal at the beginning.
fn literal(code: &str) -> Option<&str> {
    code.strip_prefix('"')?.split_once('"').map(|(text, _)| text)
}

/// All that is written between quotation marks in tests: of the crate, and here.
fn strings_in_tests() -> Vec<String> {
    let (crates, own) = (root().join("src"), root().join("tests/it"));
    let units = support::files(&crates, ".rs").into_iter().map(|file| {
        let text = fs::read_to_string(&file).expect("a source can be read");
        match file.ends_with("tests.rs") || file.ends_with("trial.rs") || file.display().to_string().contains("/tests/")
        {
            true => text,
            false => text.split("mod tests {").skip(1).collect(),
        }
    });
    let own = support::files(&own, ".rs").into_iter();
    let own = own
        .filter(|file| !file.ends_with("docs.rs"))
        .map(|file| fs::read_to_string(&file).expect("a test can be read"));
    let texts = units.chain(own);
    texts
        .flat_map(|text| text.split('"').map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

#[test]
fn every_message_of_the_guide_is_brought_about_by_a_test() {
    let guide = fs::read_to_string(root().join("docs/guides/troubleshooting.md")).expect("the guide can be read");
    let titles: Vec<_> = guide.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    assert!(titles.len() > 70, "{titles:?}");
    let strings = strings_in_tests();
    // In places a title stands with the argument that it points at, or with the object that it is about.
    let is_it = |text: &str, title: &str| {
        text.strip_prefix(title)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(" at ") || rest.starts_with(" ("))
    };
    let is_expected = |title: &&str| {
        let without_object = |text: &str| text.split(" (").next().map(str::to_owned).unwrap_or_default();
        strings
            .iter()
            .any(|text| is_it(text, title) || covers(title, &without_object(text)))
    };
    let untested: Vec<_> = titles.iter().filter(|title| !is_expected(title)).collect();
    assert!(untested.is_empty(), "no test expects these titles: {untested:#?}");
}

#[test]
fn the_guide_to_troubleshooting_knows_every_message() {
    let guide = fs::read_to_string(root().join("docs/guides/troubleshooting.md")).expect("the guide can be read");
    let explained: BTreeSet<_> = guide.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let titles = titles_in_code();
    let mut problems = Vec::new();
    for (title, file) in &titles {
        if !explained.contains(title.as_str()) && !explained.iter().any(|heading| covers(heading, title)) {
            problems.push(format!("\"{title}\", raised in {file}, has no section ### {title}"));
        }
    }
    for title in explained {
        if !titles.contains_key(title) {
            problems.push(format!("\"{title}\" is explained and never raised"));
        }
    }
    none(problems);
}

/// The blocks of code of a language in a page, in order.
fn code_blocks(text: &str, language: &str) -> Vec<String> {
    let open = format!("```{language}\n");
    let blocks = text.split(&open).skip(1).filter_map(|rest| rest.split_once("```"));
    blocks.map(|(code, _)| code.to_owned()).collect()
}

/// What a guide marks as `terraform` is a configuration that stands by itself; parts of one are marked as `hcl`.
#[test]
fn configurations_in_guides_can_be_planned() {
    let sim = examples::team();
    let Some(workspace) = examples::workspace(&sim) else {
        return;
    };
    let keys = ["research", "teaching"].map(|team| format!("{team} = \"{}\"\n", sim.api_key()));
    workspace.write(".paperspace/credentials.toml", &format!("[keys]\n{}", keys.concat()));
    for (file, text) in guides() {
        for code in code_blocks(&text, "terraform").iter().chain(&code_blocks(&text, "hcl")) {
            workspace.write("main.tf", code);
            let run = workspace.run(&["fmt", "-check", "main.tf"]);
            assert_eq!(
                run.code,
                0,
                "{}: not as `terraform fmt` writes it:\n{code}",
                file.display()
            );
        }
        for code in code_blocks(&text, "terraform") {
            if code.contains("import {") && !workspace.knows("a block for an import", (1, 5)) {
                continue;
            }
            if code.contains("action \"") && !workspace.knows_actions("an action") {
                continue;
            }
            let says_where_from = code.contains("required_providers");
            workspace.write("versions.tf", if says_where_from { "" } else { VERSIONS });
            workspace.configure(&code);
            let run = workspace.plan();
            let planned = run.code == 0 || run.code == 2;
            assert!(planned, "{}:\n{code}\n{}\n{}", file.display(), run.stdout, run.stderr);
        }
    }
}

#[test]
fn the_simulator_reads_the_json_in_guides() {
    for (file, text) in guides() {
        for code in code_blocks(&text, "json") {
            let seed = serde_json::from_str::<Seed>(&code).map(drop);
            let faults = control::read_faults(&code).map(drop);
            let quirks = serde_json::from_str::<Quirks>(&code).map(drop);
            let read = seed.is_ok() || faults.is_ok() || quirks.is_ok();
            assert!(read, "{}: {seed:?}, {faults:?}, {quirks:?}\n{code}", file.display());
        }
    }
}

/// The module that the guide speaks of.
const MODULE: &str = r#"
variable "name" {
  type = string
}

data "paperspace_template" "ubuntu" {
  is_public = true
  name      = "Ubuntu 22.04"
}

resource "paperspace_machine" "this" {
  name         = var.name
  machine_type = "P4000"
  template_id  = data.paperspace_template.ubuntu.id
  disk_size    = 50
}
"#;

#[test]
fn modules_are_tested_as_the_guide_says() {
    let sim = examples::team();
    let Some(workspace) = examples::workspace(&sim) else {
        return;
    };
    if !workspace.knows("`terraform test`", (1, 6)) {
        return;
    }
    let guide = fs::read_to_string(root().join("docs/guides/testing-modules.md")).expect("the guide can be read");
    let test = code_blocks(&guide, "hcl").swap_remove(0);
    workspace.configure(MODULE);
    workspace.write(
        "tests/machine.tftest.hcl",
        &test.replace(examples::SIMULATOR, &sim.url()),
    );
    workspace
        .run(&["test", "-no-color"])
        .succeeds()
        .says(&["2 passed, 0 failed"]);
}
