//! That working on the crate stays quick: what is compiled once is not compiled twice, and the smoke test tests something.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The libraries that Cargo makes of the kinds of dependencies that are left when these are not asked for, each with its
/// version and features.
///
/// Those of build scripts and macros are apart: they are made for the computer that compiles, whatever is compiled.
fn libraries(but: &str) -> BTreeSet<String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let kinds = format!("no-build,no-proc-macro{but}");
    let listed = Command::new(cargo)
        .args([
            "tree",
            "--locked",
            "--offline",
            "--prefix",
            "none",
            "--format",
            "{p} [{f}]",
        ])
        .args(["--edges", &kinds])
        .current_dir(ROOT)
        .output()
        .expect("cargo can be run");
    let text = String::from_utf8_lossy(&listed.stdout);
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    // What stood before is marked at its end.
    let lines = text.lines().map(|line| line.trim_end_matches(" (*)").to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

/// A library that tests want with more features is made once more for them, with all that use it; and the provider that is
/// tested is then not the one that is released.
#[test]
fn the_build_and_the_tests_share_their_libraries() {
    let of_build = libraries(",no-dev");
    let of_tests = libraries("");
    assert!(of_build.len() > 100, "{of_build:?}");
    let apart: Vec<_> = of_build
        .difference(&of_tests)
        .filter_map(|line| line.split_once(" ["))
        .map(|(library, _)| {
            let wanted = of_tests.iter().find(|line| line.starts_with(&format!("{library} [")));
            format!("tests want {}", wanted.map_or(library, String::as_str))
        })
        .collect();
    assert!(
        apart.is_empty(),
        "Give these their features under [dependencies] in Cargo.toml too:\n{}",
        apart.join("\n")
    );
}

/// A filter that fits no test fails nothing.
#[test]
fn the_smoke_test_names_modules_that_exist() {
    let read = |file: &str| fs::read_to_string(Path::new(ROOT).join(file)).expect("a file of the project can be read");
    let (script, modules) = (read(".ci/smoke"), read("tests/it/main.rs"));
    let named: Vec<_> = script
        .split_whitespace()
        .filter_map(|word| word.strip_suffix("::"))
        .collect();
    assert!(named.len() > 1, "{script}");
    for name in named {
        assert!(modules.contains(&format!("mod {name};")), "there is no module {name}");
    }
}
