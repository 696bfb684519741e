//! The licences of the libraries that a program holds, whose texts their authors want to go with it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::crates::Crate;

/// How the names of files with a licence begin, in capitals.
const NAMES: [&str; 6] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];

/// One text about all of them. Each licence stands in it once, however many libraries have it.
pub fn text(crates: &[Crate]) -> Result<String, String> {
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut texts = Vec::new();
    let mut list =
        "This program holds the standard library of Rust, under MIT OR Apache-2.0, and the libraries below. The texts \
                    of their licences, as their authors have written them, follow by number.\n\n"
            .to_owned();
    for library in crates {
        let mut found = Vec::new();
        for text in texts_in(&library.folder)? {
            let number = *numbers.entry(text.clone()).or_insert_with(|| {
                texts.push(text);
                texts.len()
            });
            found.push(number.to_string());
        }
        let Crate {
            name, version, licence, ..
        } = library;
        _ = match found.is_empty() {
            true => writeln!(list, "{name} {version}: {licence}"),
            false => writeln!(list, "{name} {version}: {licence}; {}", found.join(", ")),
        };
    }
    for (text, number) in texts.iter().zip(1..) {
        _ = write!(list, "\n---- {number} ----\n\n{text}\n");
    }
    Ok(list)
}

/// The texts in the folder of a library, in the order of their names.
fn texts_in(folder: &Path) -> Result<Vec<String>, String> {
    let cannot = |error| format!("cannot read {}: {error}", folder.display());
    let mut texts = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        if path.is_file() && NAMES.iter().any(|beginning| name.starts_with(beginning)) {
            let text = fs::read(&path).map_err(cannot)?;
            texts.insert(
                name,
                String::from_utf8_lossy(&text).replace("\r\n", "\n").trim().to_owned(),
            );
        }
    }
    Ok(texts.into_values().collect())
}
