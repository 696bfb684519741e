//! The modules among the examples: they pass their own tests, are documented whole, and serve two teams at once.
//!
//! Copies are run, so that nothing is left behind in the sources. Local modules are fetched by `get` rather than `init`,
//! which would ask a registry for the provider.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use terraform_provider_paperspace::sim::{Config, TeamConfig, TimeMode};

use crate::examples::SIMULATOR;
use crate::support::cloud::{Cloud, alive};
use crate::support::{self, hcl, workspace::Workspace};

const RESEARCH_KEY: &str = "sim-key-of-the-research-team";
const TEACHING_KEY: &str = "sim-key-of-the-teaching-team";

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// The folder of each module.
fn modules() -> Vec<PathBuf> {
    let entries = fs::read_dir(examples().join("modules")).expect("there are modules");
    let mut modules: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    modules.sort();
    assert!(modules.len() > 1);
    modules
}

fn name(folder: &Path) -> String {
    let name = folder.file_name().expect("a folder has a name");
    name.to_string_lossy().into_owned()
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Copies the configuration in a folder, with its tests, to a folder of the workspace. Modules are found there in
/// `modules`, and the simulator where it listens.
fn copy(from: &Path, workspace: &Workspace, to: &str, sim: &Cloud) {
    for ending in [".tf", ".tftest.hcl"] {
        for file in support::files(from, ending) {
            let below = file.strip_prefix(from).expect("the file is in the folder");
            let text = read(&file)
                .replace(SIMULATOR, &sim.url())
                .replace("\"../modules/", "\"./modules/");
            workspace.write(&Path::new(to).join(below).to_string_lossy(), &text);
        }
    }
}

fn copy_modules(workspace: &Workspace, sim: &Cloud) {
    for module in modules() {
        copy(&module, workspace, &format!("modules/{}", name(&module)), sim);
    }
}

fn sim(teams: Vec<TeamConfig>) -> Cloud {
    Cloud::start(Config {
        time: TimeMode::PerPoll { polls: 1 },
        teams,
        ..Config::default()
    })
}

/// The workspace, unless the program is too old for what is tested.
fn of_version(workspace: Option<Workspace>, what: &str, needed: (u32, u32)) -> Option<Workspace> {
    workspace.filter(|workspace| workspace.knows(what, needed))
}

/// The oldest program that a configuration says it needs.
fn oldest(folder: &Path) -> (u32, u32) {
    let text = read(&folder.join("versions.tf"));
    let needed = text
        .split("required_version = \">= ")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let (major, minor) = needed
        .and_then(|version| version.split_once('.'))
        .expect("it says what it needs");
    (major.parse().expect("a number"), minor.parse().expect("a number"))
}

/// The blocks of code of a language in a page, in order.
fn code_blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let blocks = text.split("```").skip(1).step_by(2);
    let blocks = blocks.filter_map(|block| block.split_once('\n'));
    blocks.filter(|(of, _)| *of == language).map(|(_, code)| code).collect()
}

#[test]
fn modules_pass_their_own_tests() {
    let sim = sim(vec![TeamConfig::default()]);
    for module in modules() {
        // Nothing in the environment says which Paperspace to use: the tests do.
        let Some(workspace) = of_version(
            Workspace::without_key(),
            "`terraform test` of it",
            oldest(&module).max((1, 6)),
        ) else {
            continue;
        };
        copy(&module, &workspace, ".", &sim);
        let run = workspace.run(&["test", "-no-color"]).succeeds();
        let summary = run.stdout.lines().rfind(|line| line.starts_with("Success!"));
        let passed = summary.and_then(|line| line.split(' ').nth(1)?.parse::<usize>().ok());
        let tests = support::files(&module, ".tftest.hcl");
        let runs = tests.iter().flat_map(|file| hcl::blocks(&read(file)));
        let runs = runs.filter(|block| block.kind == "run").count();
        assert!(runs > 0, "{} has no tests", module.display());
        assert_eq!(passed, Some(runs), "{}", run.stdout);
        assert_eq!(alive(&sim.world()), [] as [&_; 0], "all is destroyed in the end");
    }
}

#[test]
fn modules_are_called_as_they_say() {
    let sim = sim(vec![TeamConfig::default()]);
    for module in modules() {
        let Some(workspace) = of_version(Workspace::new(&sim), "a module", oldest(&module)) else {
            continue;
        };
        copy_modules(&workspace, &sim);
        let readme = read(&module.join("README.md"));
        let usage = code_blocks(&readme, "terraform");
        assert_eq!(usage.len(), 1, "{}", module.display());
        workspace.write("versions.tf", "");
        workspace.configure(usage[0]);
        workspace.run(&["fmt", "-check", "-diff", "main.tf"]).succeeds();
        workspace.run(&["get"]).succeeds();
        workspace.apply().succeeds();
        workspace.plan_is_empty();
    }
}

#[test]
fn modules_are_documented_whole() {
    let mut problems = Vec::new();
    for module in modules().into_iter().chain([examples().join("two-teams")]) {
        let is_module = !module.ends_with("two-teams");
        let readme = read(&module.join("README.md"));
        let files = support::files(&module, ".tf");
        let sources: Vec<_> = files.iter().map(|file| read(file)).collect();
        let mut known = BTreeSet::new();
        for block in sources.iter().flat_map(|source| hcl::blocks(source)) {
            let what = match block.kind.as_str() {
                "variable" => ["type", "description"].as_slice(),
                "output" => ["value", "description"].as_slice(),
                _ => continue,
            };
            let name = block.labels[0].clone();
            let at = format!("{}: {} \"{name}\"", module.display(), block.kind);
            for argument in what {
                if !block.arguments.iter().any(|given| given == argument) {
                    problems.push(format!("{at} has no {argument}"));
                }
            }
            if is_module && !readme.lines().any(|line| line.starts_with(&format!("| `{name}` |"))) {
                problems.push(format!("{at} stands in no table of README.md"));
            }
            known.insert(name);
        }
        // What stands in a table besides is a member of an object.
        let rows = readme
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
        for (name, _) in rows {
            let is_member = || {
                let lines = sources.iter().flat_map(|source| source.lines());
                lines
                    .filter_map(|line| line.split_once('='))
                    .any(|(argument, _)| argument.trim() == name)
            };
            if !known.contains(name) && !is_member() {
                problems.push(format!(
                    "{}: README.md tells of {name}, which is not there",
                    module.display()
                ));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn a_template_made_again_leaves_machines_alone() {
    let sim = sim(vec![TeamConfig::default()]);
    let needed = oldest(&examples().join("modules/workstation"));
    let Some(workspace) = of_version(Workspace::new(&sim), "the module `workstation`", needed) else {
        return;
    };
    copy_modules(&workspace, &sim);
    workspace.configure(
        r#"
provider "paperspace" {
  region = "ny2"
}

module "fleet" {
  source = "./modules/training-fleet"

  name               = "web"
  template_name      = "web base"
  template_is_public = false
  machines           = { one = { machine_type = "A4000" } }
}

module "workstation" {
  source = "./modules/workstation"

  name               = "ada"
  template_name      = "web base"
  template_is_public = false
}
"#,
    );
    workspace.run(&["get"]).succeeds();
    workspace.apply().succeeds();
    sim.edit(|world| {
        let mut templates = world.templates.iter_mut();
        let template = templates.find(|template| template.name == "web base");
        template.expect("the team has that template").id = "tnewbuild".to_owned();
    });
    workspace.plan_is_empty();
}

/// The drive's password reaches the script, which the machine runs, and no file.
#[test]
fn a_workstation_mounts_a_shared_drive() {
    let mut team = TeamConfig::default();
    let drive = serde_json::json!({
        "id": "sd1data", "name": "data", "region": "ny2", "networkId": "n1", "size": 500,
        "mountPoint": "\\\\10.64.92.2\\sd1data", "username": "shared", "password": "w0rd-$of-the drive",
    });
    team.seed
        .shared_drives
        .push(serde_json::from_value(drive).expect("a drive"));
    let sim = sim(vec![team]);
    let needed = oldest(&examples().join("modules/workstation"));
    let Some(workspace) = of_version(Workspace::new(&sim), "the module `workstation`", needed) else {
        return;
    };
    copy_modules(&workspace, &sim);
    let configuration = r#"
provider "paperspace" {
  region = "ny2"
}

module "ada" {
  source = "./modules/workstation"

  name            = "ada"
  ssh_public_keys = ["ssh-ed25519 AAAA ada@example.com"]
  shared_drive    = { id = "sd1data" }
}
"#;
    workspace.configure(configuration);
    workspace.run(&["get"]).succeeds();
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    let world = sim.world();
    let [script] = world.startup_scripts.as_slice() else {
        panic!("{:?}", world.startup_scripts)
    };
    let lines: Vec<_> = script.script.lines().collect();
    assert_eq!(lines[0], "#!/bin/bash");
    for line in [
        "username=shared",
        "password=w0rd-$of-the drive",
        "END",
        "grep -qxF 'ssh-ed25519 AAAA ada@example.com' .ssh/authorized_keys || echo 'ssh-ed25519 AAAA ada@example.com' >> \
         .ssh/authorized_keys",
        "mountpoint -q '/mnt/shared' || mount -t cifs '//10.64.92.2/sd1data' '/mnt/shared' -o \
         credentials=/root/.shared-drive,uid=paperspace,gid=paperspace",
    ] {
        assert!(lines.contains(&line), "no {line:?} in {lines:#?}");
    }
    assert_eq!(script.assigned_machine_ids, [alive(&world)[0].id.clone()]);
    for file in support::files(workspace.path(), "") {
        let bytes = fs::read(&file).expect("a file can be read");
        let holds = String::from_utf8_lossy(&bytes).contains("w0rd-$of");
        assert!(!holds, "{} holds the password", file.display());
    }
    // Another key is another text, which is sent.
    workspace.configure(&configuration.replace(
        "ada@example.com\"]",
        "ada@example.com\", \"ssh-rsa BBBB ben@example.com\"]",
    ));
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    assert!(sim.world().startup_scripts[0].script.contains("ssh-rsa BBBB"));
}

/// The names of a team's machines.
fn machines(sim: &Cloud, key: &str) -> Vec<String> {
    let world = sim.world_of(key).expect("the key opens a world");
    let mut names: Vec<_> = alive(&world).iter().map(|machine| machine.name.clone()).collect();
    names.sort();
    names
}

#[test]
fn two_teams_share_modules_and_nothing_else() {
    let sim = sim(vec![
        TeamConfig::named("research", RESEARCH_KEY),
        TeamConfig::named("teaching", TEACHING_KEY),
    ]);
    let folder = examples().join("two-teams");
    let Some(mut workspace) = of_version(
        Workspace::without_key(),
        "the configuration of two teams",
        oldest(&folder),
    ) else {
        return;
    };
    copy_modules(&workspace, &sim);
    copy(&folder, &workspace, ".", &sim);
    workspace.set("PAPERSPACE_API_URL", sim.url());
    workspace.set("TF_VAR_research_api_key", RESEARCH_KEY);
    workspace.set("TF_VAR_teaching_api_key", TEACHING_KEY);
    // A key that some shell has left in the environment is nobody's.
    workspace.set("PAPERSPACE_API_KEY", "sim-key-left-in-the-environment");
    workspace.run(&["get"]).succeeds();

    let run = workspace.apply().succeeds();
    let research = ["ada", "research-large", "research-small-1", "research-small-2"];
    let classroom = [
        "classroom-seat-01",
        "classroom-seat-02",
        "classroom-seat-03",
        "classroom-seat-04",
    ];
    let lecturers = ["ben", "grace"];
    assert_eq!(machines(&sim, RESEARCH_KEY), research);
    assert_eq!(
        machines(&sim, TEACHING_KEY),
        [&lecturers[..1], &classroom, &lecturers[1..]].concat()
    );
    workspace.plan_is_empty();
    let state = read(&workspace.path().join("terraform.tfstate"));
    for key in [RESEARCH_KEY, TEACHING_KEY] {
        assert!(!run.text().contains(key) && !state.contains(key), "{key} is shown");
    }

    // The same teams, by the keys that the official command line has put into its file.
    let readme = read(&folder.join("README.md"));
    let by_team = code_blocks(&readme, "hcl");
    let by_key = fs::read_to_string(folder.join("providers.tf")).expect("the providers");
    workspace.write("providers.tf", by_team[0]);
    workspace.run(&["fmt", "-check", "-diff", "providers.tf"]).succeeds();
    workspace.set("PAPERSPACE_API_KEY", "");
    workspace.write(
        ".paperspace/credentials.toml",
        &format!("[keys]\nresearch = \"{RESEARCH_KEY}\"\nteaching = \"{TEACHING_KEY}\"\n"),
    );
    workspace.plan_is_empty();
    workspace.write("providers.tf", &by_key);

    // What one team gives up is no business of the other.
    workspace.set("TF_VAR_term", "false");
    workspace.apply().succeeds().says(&["0 added, 0 changed, 4 destroyed"]);
    assert_eq!(machines(&sim, RESEARCH_KEY), research);
    assert_eq!(machines(&sim, TEACHING_KEY), lecturers);

    workspace
        .destroy()
        .fails_with(&["Machine Is Protected", "The machine \"ada\""]);
    let main = read(&workspace.path().join("main.tf"));
    workspace.configure(&main.replace(
        "  disk_size    = 500\n",
        "  disk_size    = 500\n\n  deletion_protection = false\n",
    ));
    workspace.apply().succeeds();
    workspace.destroy().succeeds();
    assert_eq!(machines(&sim, RESEARCH_KEY), [] as [&str; 0]);
    assert_eq!(machines(&sim, TEACHING_KEY), [] as [&str; 0]);
}
