//! What a release brings, out of the changelog.

use std::fs;
use std::path::Path;

use terraform_provider_paperspace::install::names::VERSION;

/// The changelog's section about the release that a tag names. It fails where the tag is not of this version, and where
/// the section does not say when it is released.
pub fn of_release(root: &Path, tag: &str) -> Result<String, String> {
    if tag.strip_prefix('v') != Some(VERSION) {
        return Err(format!(
            "{tag} is not the tag of version {VERSION}, which Cargo.toml names"
        ));
    }
    let file = root.join("CHANGELOG.md");
    let text = fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    section(&text, VERSION)
}

/// The section of a version, without its heading.
pub fn section(changelog: &str, version: &str) -> Result<String, String> {
    let heading = format!("## {version} (");
    let mut lines = changelog.lines().skip_while(|line| !line.starts_with(&heading));
    match lines.next() {
        None => Err(format!("the changelog has no section \"{heading}...)\"")),
        Some(line) if line.ends_with("(Unreleased)") => Err(format!(
            "the changelog says that {version} is not released: put the date in the place of \"Unreleased\""
        )),
        Some(_) => {
            let lines: Vec<_> = lines.take_while(|line| !line.starts_with("## ")).collect();
            Ok(lines.join("\n").trim().to_owned())
        }
    }
}
