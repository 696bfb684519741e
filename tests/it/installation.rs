//! Terraform and OpenTofu find the provider where it was installed, and in the files of a release, without a registry.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use terraform_provider_paperspace::install::names::{HOSTS, PROGRAM, Platform, VERSION};

use crate::support::cloud::Cloud;
use crate::support::workspace::{PROVIDER, Run, Workspace, finish};
use crate::terraform;

#[path = "../../tools/package/assets.rs"]
mod assets;
#[path = "../../tools/package/notes.rs"]
#[expect(dead_code, reason = "tests look at changelogs of their own")]
mod notes;

use assets::Binary;

const SOURCE: &str = "paperspace-rs/paperspace";

const MAIN: &str = r#"
data "paperspace_templates" "ubuntu" {
  is_public = true
  name      = "Ubuntu 22.04"
}

output "ids" {
  value = data.paperspace_templates.ubuntu.ids
}
"#;

/// A workspace in which nothing says where the provider is.
fn workspace(sim: &Cloud) -> Option<Workspace> {
    let mut workspace = Workspace::new(sim)?;
    workspace.write("cli.tfrc", "");
    let home = workspace.path().to_owned();
    // Where the user's files are on Windows.
    workspace.set("APPDATA", home);
    workspace.configure(MAIN);
    Some(workspace)
}

/// Runs the provider's own command line at home in a workspace.
fn provider(workspace: &Workspace, arguments: &[&str]) -> Run {
    let mut command = Command::new(PROVIDER);
    command
        .args(arguments)
        .env("HOME", workspace.path())
        .env("APPDATA", workspace.path())
        .env("TF_CLI_CONFIG_FILE", workspace.path().join("cli.tfrc"))
        .current_dir(workspace.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    finish(
        command.spawn().expect("the provider can be started"),
        &arguments.join(" "),
    )
}

fn init(workspace: &Workspace) -> Run {
    workspace.run(&["init", "-no-color", "-input=false"])
}

/// The part of what a command said that is written in Terraform's language.
fn block(run: &Run, opening: &str) -> String {
    let lines = run.stdout.lines().skip_while(|line| *line != opening);
    let mut block: Vec<_> = lines.take_while(|line| *line != "}").collect();
    block.push("}\n");
    block.join("\n")
}

#[test]
fn it_is_found_where_it_was_installed() {
    let sim = terraform::sim();
    let Some(workspace) = workspace(&sim) else { return };
    let run = provider(&workspace, &["install"]).succeeds();
    workspace.write("versions.tf", &block(&run, "terraform {"));
    workspace.run(&["fmt", "-check", "versions.tf"]).succeeds();
    init(&workspace).succeeds().says(&[SOURCE]);
    workspace.apply().succeeds();

    let again = provider(&workspace, &["install"]).succeeds();
    assert!(again.stdout.contains(" already:"), "{}", again.stdout);

    provider(&workspace, &["uninstall"]).succeeds();
    let left = fs::read_dir(workspace.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left
        .filter(|name| name.to_string_lossy().contains("terraform.d"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    workspace
        .run(&["plan", "-no-color", "-input=false"])
        .fails_with(&[SOURCE]);
}

#[test]
fn it_is_found_in_a_directory_that_was_named() {
    let sim = terraform::sim();
    let Some(workspace) = workspace(&sim) else { return };
    let run = provider(&workspace, &["install", "--dir", "mirror"]).succeeds();
    workspace.write("cli.tfrc", &block(&run, "provider_installation {"));
    init(&workspace).succeeds();
    workspace.apply().succeeds();

    let run = provider(&workspace, &["install"]).succeeds();
    run.says(&[
        "look there if a provider_installation block in",
        "cli.tfrc names the place",
    ]);
}

#[test]
fn another_build_is_left_alone_and_told_about() {
    let sim = terraform::sim();
    let Some(workspace) = workspace(&sim) else { return };
    let place = Platform::current().place(HOSTS[1], SOURCE);
    let file = Path::new("mirror").join(place);
    workspace.write(&file.to_string_lossy(), "another build");
    let refused = provider(&workspace, &["install", "--dir", "mirror"]);
    assert_eq!(refused.stdout, "");
    refused.fails_with(&["Error: ", "is another build of this version", "--force"]);
    provider(&workspace, &["install", "--dir", "mirror", "--force"]).succeeds();
}

#[test]
fn the_files_of_a_release_can_be_installed_from_a_mirror() {
    let sim = terraform::sim();
    let Some(workspace) = workspace(&sim) else { return };
    let binary = Binary {
        platform: Platform::current(),
        file: PROVIDER.into(),
    };
    let mirror = workspace.path().join("mirror");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = HOSTS.map(|host| mirror.join(host).join(SOURCE));
    assets::write(root, &folders[0], &[binary]).expect("a release can be packed");
    fs::create_dir_all(&folders[1]).unwrap();
    for (name, content) in contents(&folders[0]) {
        fs::write(folders[1].join(name), content).unwrap();
    }
    workspace.write(
        "cli.tfrc",
        &format!("provider_installation {{\n  filesystem_mirror {{\n    path = {mirror:?}\n  }}\n}}\n"),
    );
    init(&workspace).succeeds();
    workspace.apply().succeeds();
    workspace.plan_is_empty();
}

/// What is in a directory.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let content = |file: std::path::PathBuf| {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read(file).unwrap())
    };
    entries.map(content).collect()
}

#[test]
fn a_release_is_what_the_registries_want_and_always_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let targets = [
        "x86_64-pc-windows-msvc",
        "aarch64-apple-darwin",
        "x86_64-unknown-linux-musl",
    ];
    let binaries = targets.map(|target| {
        let file = folder.path().join(target);
        fs::write(&file, format!("built for {target}").repeat(1000)).unwrap();
        Binary {
            platform: Platform::of_target(target).unwrap(),
            file,
        }
    });
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pack = |name: &str, binaries: &[Binary]| {
        let out = folder.path().join(name);
        assets::write(root, &out, binaries).expect("a release can be packed");
        contents(&out)
    };
    let release = pack("once", &binaries);
    let mut reordered = binaries.clone();
    reordered.reverse();
    assert_eq!(release, pack("twice", &reordered));

    let name = |rest: &str| format!("{PROGRAM}_{VERSION}_{rest}");
    let sums = name("SHA256SUMS");
    let names = [
        "darwin_arm64.zip",
        "linux_amd64.zip",
        "manifest.json",
        "windows_amd64.zip",
    ]
    .map(name);
    let listed: Vec<_> = std::str::from_utf8(&release[&sums])
        .unwrap()
        .lines()
        .map(|line| line.split_once("  ").expect("a sum and a name"))
        .collect();
    assert_eq!(listed.iter().map(|(_, name)| *name).collect::<Vec<_>>(), names);
    assert!(listed.iter().all(|(sum, _)| sum.len() == 64));
    assert_eq!(release.len(), names.len() + 1);

    for (platform, ending) in [("linux_amd64", ""), ("windows_amd64", ".exe")] {
        let packed = std::io::Cursor::new(&release[&name(&format!("{platform}.zip"))]);
        let mut archive = zip::ZipArchive::new(packed).unwrap();
        assert_eq!(archive.len(), 1);
        let mut file = archive.by_index(0).unwrap();
        assert_eq!(file.name(), format!("{PROGRAM}_v{VERSION}{ending}"));
        assert_eq!(file.unix_mode().unwrap() & 0o777, 0o755);
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("built for "));
    }

    let twice = [binaries[2].clone(), binaries[2].clone()];
    let error = assets::write(root, folder.path(), &twice).unwrap_err();
    assert_eq!(error, "there are two providers for linux_amd64");
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
