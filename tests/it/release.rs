//! The files of a release: what is in them, that registries and mirrors take them, and when there is to be one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::json;
use terraform_provider_paperspace::install::names::{HOSTS, PROGRAM, Platform, SIMULATOR, VERSION};

use crate::installation::{self, SOURCE};
use crate::support::workspace::PROVIDER;
use crate::terraform;

#[path = "../../tools/package/assets.rs"]
mod assets;
#[path = "../../tools/package/bill.rs"]
mod bill;
#[path = "../../tools/package/crates.rs"]
mod crates;
#[path = "../../tools/package/licences.rs"]
mod licences;
#[path = "../../tools/package/notes.rs"]
#[expect(dead_code, reason = "tests look at changelogs of their own")]
mod notes;

use assets::Binary;
use crates::{Crate, Linked};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What is in a directory.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let content = |file: PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read(file).unwrap())
    };
    entries.map(content).collect()
}

#[test]
fn a_release_can_be_installed_from_a_mirror() {
    let sim = terraform::sim();
    let Some(workspace) = installation::workspace(&sim) else {
        return;
    };
    let binary = Binary {
        is_simulator: false,
        platform: Platform::current(),
        file: PROVIDER.into(),
        linked: crates::linked(root(), env!("TARGET")).expect("Cargo tells what is linked"),
    };
    let mirror = workspace.path().join("mirror");
    let folders = HOSTS.map(|host| mirror.join(host).join(SOURCE));
    assets::write(root(), &folders[0], &[binary]).expect("a release can be packed");
    fs::create_dir_all(&folders[1]).unwrap();
    for (name, content) in contents(&folders[0]) {
        fs::write(folders[1].join(name), content).unwrap();
    }
    workspace.write(
        "cli.tfrc",
        &format!("provider_installation {{\n  filesystem_mirror {{\n    path = {mirror:?}\n  }}\n}}\n"),
    );
    installation::init(&workspace).succeeds();
    workspace.apply().succeeds();
    workspace.plan_is_empty();
}

/// Two libraries, one of which calls the other; both have the same licence, and one has another besides.
fn libraries(folder: &Path) -> Linked {
    let library = |name: &str, licence: &str, calls: &[(&str, &str)]| {
        let folder = folder.join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("LICENSE-MIT"), "Permission is granted\r\nto everybody.\n").unwrap();
        fs::write(folder.join("README.md"), "no licence").unwrap();
        Crate {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            licence: licence.to_owned(),
            repository: Some(format!("https://example.com/{name}")),
            checksum: Some(format!("checksum of {name}")),
            folder,
            calls: calls
                .iter()
                .map(|(name, version)| ((*name).to_owned(), (*version).to_owned()))
                .collect(),
        }
    };
    let crates = vec![
        library("caller", "MIT", &[("called", "1.0.0")]),
        library("called", "MIT AND ISC", &[]),
    ];
    fs::write(folder.join("called/COPYING"), "Permission to use.").unwrap();
    Linked {
        calls: BTreeSet::from([("caller".to_owned(), "1.0.0".to_owned())]),
        crates,
    }
}

/// A provider for each of three platforms and a simulator for one.
fn binaries(folder: &Path) -> Vec<Binary> {
    let linked = libraries(&folder.join("libraries"));
    let of = |is_simulator, target: &str| {
        let file = folder.join(format!("{target}-{is_simulator}"));
        fs::write(&file, format!("built for {target}").repeat(1000)).unwrap();
        Binary {
            is_simulator,
            platform: Platform::of_target(target).unwrap(),
            file,
            linked: linked.clone(),
        }
    };
    vec![
        of(false, "x86_64-pc-windows-msvc"),
        of(false, "aarch64-apple-darwin"),
        of(false, "x86_64-unknown-linux-musl"),
        of(true, "x86_64-pc-windows-msvc"),
    ]
}

/// The names in a file of checksums.
fn summed(release: &BTreeMap<String, Vec<u8>>, program: &str) -> Vec<String> {
    let sums = std::str::from_utf8(&release[&format!("{program}_{VERSION}_SHA256SUMS")]).unwrap();
    let lines = sums
        .lines()
        .map(|line| line.split_once("  ").expect("a sum and a name"));
    lines
        .map(|(sum, name)| {
            assert_eq!(sum.len(), 64);
            name.to_owned()
        })
        .collect()
}

/// The files in an archive, by name, with their permissions.
fn unpacked(archive: &[u8]) -> BTreeMap<String, (u32, String)> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(archive)).unwrap();
    let files = (0..archive.len()).map(|index| {
        let mut file = archive.by_index(index).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        (file.name().to_owned(), (file.unix_mode().unwrap() & 0o777, text))
    });
    files.collect()
}

#[test]
fn a_release_is_what_the_registries_want_and_always_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let binaries = binaries(folder.path());
    let pack = |name: &str, binaries: &[Binary]| {
        let out = folder.path().join(name);
        assets::write(root(), &out, binaries).expect("a release can be packed");
        contents(&out)
    };
    let release = pack("once", &binaries);
    let mut reordered = binaries.clone();
    reordered.reverse();
    assert_eq!(release, pack("twice", &reordered));

    let of_provider = [
        "darwin_arm64.zip",
        "linux_amd64.zip",
        "manifest.json",
        "windows_amd64.zip",
    ];
    let of_provider = of_provider.map(|rest| format!("{PROGRAM}_{VERSION}_{rest}"));
    assert_eq!(summed(&release, PROGRAM), of_provider);
    let of_simulator = [format!("{SIMULATOR}_{VERSION}_windows_amd64.zip")];
    assert_eq!(summed(&release, SIMULATOR), of_simulator);
    // Besides: two files of sums, and a bill for each archive.
    assert_eq!(
        release.len(),
        of_provider.len() + of_simulator.len() + 2 + binaries.len()
    );

    for (archive, executable) in [
        (&of_provider[1], format!("{PROGRAM}_v{VERSION}")),
        (&of_provider[3], format!("{PROGRAM}_v{VERSION}.exe")),
        (&of_simulator[0], format!("{SIMULATOR}.exe")),
    ] {
        let files = unpacked(&release[archive]);
        let names: BTreeSet<_> = files.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            BTreeSet::from([executable.as_str(), "LICENSE", "LICENSES-OF-LIBRARIES"])
        );
        let (permissions, content) = &files[&executable];
        assert_eq!(*permissions, 0o755);
        assert!(content.starts_with("built for "));
        assert!(files["LICENSE"].1.contains("Mozilla Public License"));
        assert!(files["LICENSES-OF-LIBRARIES"].1.contains("Permission to use."));
    }

    let twice = [binaries[2].clone(), binaries[2].clone()];
    let error = assets::write(root(), folder.path(), &twice).unwrap_err();
    assert_eq!(error, format!("there are two programs {PROGRAM} for linux_amd64"));
}

#[test]
fn each_licence_stands_once() {
    let folder = tempfile::tempdir().unwrap();
    let text = licences::text(&libraries(folder.path()).crates).unwrap();
    let (_, text) = text.split_once("\n\n").expect("an introduction");
    assert_eq!(
        text,
        "caller 1.0.0: MIT; 1\ncalled 1.0.0: MIT AND ISC; 2, 1\n\n---- 1 ----\n\nPermission is granted\nto \
         everybody.\n\n---- 2 ----\n\nPermission to use.\n"
    );
}

#[test]
fn a_bill_names_what_calls_what() {
    let folder = tempfile::tempdir().unwrap();
    let bill = bill::of(SIMULATOR, "archive.zip", "digest", &libraries(folder.path()));
    let component = &bill["metadata"]["component"];
    assert_eq!(component["hashes"][0], json!({"alg": "SHA-256", "content": "digest"}));
    let own = format!("pkg:cargo/{SIMULATOR}@{VERSION}");
    assert_eq!(
        bill["dependencies"],
        json!([
            {"ref": own, "dependsOn": ["pkg:cargo/caller@1.0.0"]},
            {"ref": "pkg:cargo/caller@1.0.0", "dependsOn": ["pkg:cargo/called@1.0.0"]},
            {"ref": "pkg:cargo/called@1.0.0", "dependsOn": []},
        ])
    );
    assert_eq!(
        bill["components"][1],
        json!({
            "type": "library", "bom-ref": "pkg:cargo/called@1.0.0", "name": "called", "version": "1.0.0",
            "licenses": [{"expression": "MIT AND ISC"}], "purl": "pkg:cargo/called@1.0.0",
            "hashes": [{"alg": "SHA-256", "content": "checksum of called"}],
            "externalReferences": [{"type": "vcs", "url": "https://example.com/called"}],
        })
    );
}

#[test]
fn what_is_linked_is_what_the_program_calls() {
    let linked = crates::linked(root(), env!("TARGET")).expect("Cargo tells what is linked");
    let named = |name: &str| linked.crates.iter().find(|library| library.name == name);
    for name in ["tokio", "reqwest", "rustls", "aws-lc-sys"] {
        let library = named(name).unwrap_or_else(|| panic!("{name} is linked"));
        assert!(library.folder.is_dir() && library.checksum.as_ref().is_some_and(|sum| sum.len() == 64));
    }
    for name in ["protox", "serde_derive", "insta", PROGRAM] {
        assert_eq!(named(name), None, "{name} only helps to build or to test");
    }
    assert!(linked.calls.iter().any(|(name, _)| name == "tonic"));
    let unknown: Vec<_> = linked
        .crates
        .iter()
        .filter(|library| library.licence == "NOASSERTION")
        .collect();
    assert_eq!(unknown, [] as [&Crate; 0]);
}

#[test]
fn the_notes_of_a_release_are_its_section() {
    let changelog =
        "## 0.3.0 (Unreleased)\n\nlater\n\n## 0.2.0 (May 01, 2026)\n\nNOTES:\n\n* now\n\n## 0.1.0 (May 01, 2025)\n";
    assert_eq!(notes::section(changelog, "0.2.0").unwrap(), "NOTES:\n\n* now");
    assert!(
        notes::section(changelog, "0.3.0")
            .unwrap_err()
            .contains("is not released")
    );
    assert!(
        notes::section(changelog, "0.4.0")
            .unwrap_err()
            .contains("has no section")
    );
}

/// What `.ci/tag` says of a tag in a source with this version and changelog.
#[cfg(unix)]
fn refusal(tag: &str, version: &str, changelog: &str) -> Option<String> {
    let source = tempfile::tempdir().unwrap();
    let manifest =
        format!("[package]\nname = \"x\"\nversion = \"{version}\"\n\n[dependencies.y]\nversion = \"9.9.9\"\n");
    fs::write(source.path().join("Cargo.toml"), manifest).unwrap();
    fs::write(source.path().join("CHANGELOG.md"), changelog).unwrap();
    let said = std::process::Command::new(root().join(".ci/tag"))
        .arg(tag)
        .current_dir(source.path())
        .output()
        .unwrap();
    (!said.status.success()).then(|| String::from_utf8_lossy(&said.stderr).trim().to_owned())
}

#[cfg(unix)]
#[test]
fn a_tag_that_disagrees_with_the_source_is_no_release() {
    let dated = "## 0.2.0 (Unreleased)\n\n## 0.1.0 (May 01, 2026)\n";
    assert_eq!(refusal("v0.1.0", "0.1.0", dated), None);
    assert_eq!(
        refusal("v0.1.1", "0.1.0", dated).as_deref(),
        Some("v0.1.1 is not the tag of version 0.1.0, which Cargo.toml names")
    );
    assert_eq!(
        refusal("0.1.0", "0.1.0", dated).as_deref(),
        Some("0.1.0 is not the tag of version 0.1.0, which Cargo.toml names")
    );
    assert_eq!(
        refusal("v0.2.0", "0.2.0", dated).as_deref(),
        Some(r#"CHANGELOG.md says that 0.2.0 is not released: put the date in the place of "Unreleased""#)
    );
    assert_eq!(
        refusal("v0.3.0", "0.3.0", dated).as_deref(),
        Some("CHANGELOG.md has no section \"## 0.3.0 (...)\"")
    );
}

/// The repository's version passes too, once it is to be released.
#[cfg(unix)]
#[test]
fn the_version_is_found_in_the_manifest_of_this_source() {
    let said = std::process::Command::new(root().join(".ci/tag"))
        .arg(format!("v{VERSION}"))
        .current_dir(root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&said.stderr);
    assert!(
        !said.contains("which Cargo.toml names") && !said.contains("no section"),
        "{said}"
    );
}
