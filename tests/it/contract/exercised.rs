//! Which operations of the description the provider sent in no test.
//!
//! Tests run at the same time and in no order, so none of them can tell. Each simulator's end adds a line to a file that
//! belongs to this build of the tests; after a run of all of them
//!
//! ```sh
//! cargo test --test it contract::exercised -- --ignored --nocapture
//! ```
//!
//! prints what is missing there. That an operation is missing is no fault: not all that the service offers is of use to
//! the provider.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use super::description;

/// The file of this build: it is named after the time at which the tests were built.
fn file() -> PathBuf {
    let built = std::env::current_exe()
        .and_then(fs::metadata)
        .and_then(|tests| tests.modified());
    let built = built.expect("the tests are a file").duration_since(UNIX_EPOCH);
    let name = format!(
        "exercised-{}.txt",
        built.expect("they were built after 1970").as_millis()
    );
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Adds operations.
pub fn note(operations: &BTreeSet<String>) {
    if operations.is_empty() {
        return;
    }
    let lines: String = operations.iter().map(|operation| format!("{operation}\n")).collect();
    let file = fs::File::options().create(true).append(true).open(file());
    // One write, so that tests do not write into one another's lines.
    let written = file.and_then(|mut file| file.write_all(lines.as_bytes()));
    written.expect("the folder for the tests' files can be written to");
}

#[test]
#[ignore = "it tells of the run before it, and asserts nothing about it"]
#[expect(clippy::print_stdout, reason = "it is run to be read")]
fn report() {
    let seen = fs::read_to_string(file()).unwrap_or_default();
    let seen: BTreeSet<_> = seen.lines().collect();
    assert!(
        !seen.is_empty(),
        "run the tests first, without rebuilding them in between"
    );
    let (sent, missing): (Vec<_>, Vec<_>) = description::names()
        .into_iter()
        .partition(|name| seen.contains(name.as_str()));
    println!(
        "the provider sent {} of {} operations; it did not send",
        sent.len(),
        sent.len() + missing.len()
    );
    for name in missing {
        println!("  {name}");
    }
}
