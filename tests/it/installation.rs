//! Terraform and OpenTofu find the provider where it was installed, without a registry.

use std::fs;
use std::path::Path;
use std::process::Command;

use terraform_provider_paperspace::install::names::{HOSTS, Platform};

use crate::support::cloud::Cloud;
use crate::support::workspace::{PROVIDER, Run, Workspace, finish};
use crate::terraform;

/// The provider's source address, without a host.
pub const SOURCE: &str = "paperspace-rs/paperspace";

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
pub fn workspace(sim: &Cloud) -> Option<Workspace> {
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

/// `init`, without questions.
pub fn init(workspace: &Workspace) -> Run {
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
