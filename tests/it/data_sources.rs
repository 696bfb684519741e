//! The data sources under a real Terraform.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use terraform_provider_paperspace::sim::seed::availability;
use terraform_provider_paperspace::sim::{Config, MachineSeed, Seed, SeenRequest, SoldOut, State, TeamConfig};

use crate::support::cloud::Cloud;
use crate::support::workspace::{Run, Workspace};

/// A simulator with a few machines.
fn sim(change: impl FnOnce(&mut Config)) -> Cloud {
    let mut seed = Seed::default();
    let older = seed
        .templates
        .iter()
        .find(|template| template.id == "tqk2m7ab")
        .cloned();
    let mut newer = older.expect("the default world has the template");
    newer.id = "tnewer00".to_owned();
    newer.region = Some("ams1".to_owned());
    newer.dt_created = "2099-01-01T00:00:00.000Z".to_owned();
    newer.available_machine_types = availability(|kind| kind.label == "H100");
    seed.templates.push(newer);
    seed.machines = vec![
        machine("ps1web", "web", "C5", "tkni3aa4", "ny2"),
        machine("ps2web", "web", "C5", "tkni3aa4", "ca1"),
        machine("ps3train", "training-1", "A4000", "tw4x9c0d", "ny2"),
        machine("ps4train", "training-2", "P4000", "tw4x9c0d", "ams1"),
    ];
    seed.machines[3].state = State::Off;
    let mut config = Config {
        teams: vec![TeamConfig {
            seed,
            ..TeamConfig::default()
        }],
        ..Config::default()
    };
    change(&mut config);
    Cloud::start(config)
}

fn machine(id: &str, name: &str, machine_type: &str, template_id: &str, region: &str) -> MachineSeed {
    let seed = json!({
        "id": id, "name": name, "machineType": machine_type, "templateId": template_id, "region": region, "diskSize": 100
    });
    serde_json::from_value(seed).expect("a seed reads from JSON")
}

/// A configuration of data blocks given by their labels and bodies.
fn blocks(kind: &str, bodies: &[(&str, &str)]) -> String {
    let block = |(name, body): &(&str, &str)| format!("data \"{kind}\" \"{name}\" {{\n{body}\n}}\n");
    bodies.iter().map(block).collect()
}

/// The attribute of each data source after an apply, by the data source's name.
#[track_caller]
fn read(workspace: &Workspace, configuration: &str, attribute: &str) -> BTreeMap<String, Value> {
    workspace.configure(configuration);
    workspace.apply().succeeds();
    let named = |(address, values): (String, Value)| {
        let name = address.rsplit('.').next().unwrap_or_default().to_owned();
        (name, values[attribute].clone())
    };
    workspace.state().into_iter().map(named).collect()
}

#[test]
fn templates_are_found_by_every_filter() {
    let sim = sim(|_| {});
    let Some(workspace) = Workspace::new(&sim) else { return };
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "public",
            "is_public = true\nname_regex = \"^Ubuntu 2\\\\d\\\\.04$\"",
            &["tkni3aa4", "tub24srv"],
        ),
        ("own", "is_public = false", &["tw4x9c0d", "tnewer00", "tqk2m7ab"]),
        ("name", "name = \"Windows 10\"", &["tx81g2ee"]),
        ("case", "name = \"windows 10\"", &[]),
        ("agent", "agent_type = \"windowsDESKTOP\"", &["tx81g2ee", "t9dz5s1k"]),
        (
            "system",
            "operating_system = \"ubuntu 22.04 server\"\nis_public = true",
            &[
                "tqqsxr6b", "tvimtol9", "tilqt47t", "t7vp562h", "twnlo3zj", "tkni3aa4", "t0nspur5",
            ],
        ),
        (
            "place",
            "region = \"West Coast (CA1)\"\nis_public = false",
            &["tw4x9c0d"],
        ),
        ("anywhere", "region = \"ca1\"\nname = \"Windows 10\"", &["tx81g2ee"]),
        (
            "type",
            "machine_type = \"h100\"\nname_regex = \"base$\"",
            &["tnewer00", "tqk2m7ab"],
        ),
        (
            "oldest",
            "is_public = false\nsort_by = \"created_at\"",
            &["tqk2m7ab", "tw4x9c0d", "tnewer00"],
        ),
        (
            "newest",
            "is_public = false\nsort_by = \"created_at\"\norder = \"desc\"",
            &["tnewer00", "tqk2m7ab", "tw4x9c0d"],
        ),
        (
            "down",
            "agent_type = \"WindowsDesktop\"\norder = \"desc\"",
            &["t9dz5s1k", "tx81g2ee"],
        ),
        // The provider's region is no filter: a template that is elsewhere is there all the same.
        ("all", "name_regex = \"base\"", &["tw4x9c0d", "tnewer00", "tqk2m7ab"]),
    ];
    let bodies: Vec<_> = cases.iter().map(|(name, body, _)| (*name, *body)).collect();
    let configuration = format!(
        "provider \"paperspace\" {{\n  region = \"ny2\"\n}}\n{}",
        blocks("paperspace_templates", &bodies)
    );
    let found = read(&workspace, &configuration, "ids");
    for (name, body, ids) in cases {
        assert_eq!(found[*name], json!(ids), "{body}");
    }
    workspace.plan_is_empty();
}

#[test]
fn both_families_of_template_endpoints_answer_alike() {
    let mut answers = Vec::new();
    let families: [fn(&mut Config); 4] = [
        |_| {},
        |config| config.quirks.split_templates_off = Some(404),
        |config| config.quirks.templates_off = Some(404),
        |config| config.quirks.templates_off = Some(405),
    ];
    for family in families {
        let sim = sim(|config| {
            // More than a page of each kind.
            let templates = &mut config.teams[0].seed.templates;
            for (number, like) in (100..350).zip(["tx81g2ee", "tw4x9c0d"].into_iter().cycle()) {
                let like = templates.iter().find(|template| template.id == like).cloned();
                let mut another = like.expect("the default world has the template");
                another.id = format!("tmore{number}");
                templates.push(another);
            }
            family(config);
        });
        let Some(workspace) = Workspace::new(&sim) else { return };
        let configuration = blocks("paperspace_templates", &[("all", "machine_type = \"P4000\"")]);
        answers.push(read(&workspace, &configuration, "ids")["all"].clone());
        let further = |request: &&SeenRequest| request.query.contains_key("after");
        let pages = sim.requests().iter().filter(further).count();
        assert_eq!(pages % 2, 0, "each kind has a second page");
        assert_ne!(pages, 0);
    }
    assert_eq!(answers[0].as_array().map(Vec::len), Some(260));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[test]
fn one_template_is_found_or_the_candidates_are_told() {
    let sim = sim(|_| {});
    let Some(workspace) = Workspace::new(&sim) else { return };
    let configuration = blocks(
        "paperspace_template",
        &[
            ("id", "id = \"tdesk224\""),
            ("name", "name = \"Ubuntu 22.04\"\nregion = \"NY2\""),
            ("recent", "name = \"web base\"\nmost_recent = true"),
        ],
    );
    let ids = read(&workspace, &configuration, "id");
    assert_eq!(ids["name"], "tkni3aa4");
    assert_eq!(ids["recent"], "tnewer00");
    let state = workspace.state();
    let by_id = &state["data.paperspace_template.id"];
    assert_eq!(by_id["name"], "Ubuntu 22.04 Desktop");
    assert_eq!(by_id["default_size_gb"], Value::Null);
    assert_eq!(by_id["region"], Value::Null);
    // An argument stays as it was written, also where the result has another form.
    assert_eq!(state["data.paperspace_template.name"]["region"], "NY2");

    let error = |body: &str| plan(&workspace, &blocks("paperspace_template", &[("x", body)]));
    error("name = \"web base\"").fails_with(&[
        "Several Templates Found",
        "2 templates satisfy the arguments",
        "tqk2m7ab, name = \"web base\"",
        "They differ in `region`: set one of these, or choose one by `id`, or take the newest by `most_recent = true`.",
    ]);
    error("name = \"Ubuntu 22.04\"\nagent_type = \"WindowsDesktop\"\nmost_recent = true").fails_with(&[
        "No Template Found",
        "tkni3aa4, name = \"Ubuntu 22.04\", is_public = \"true\"",
        "not `agent_type`",
        "and 10 more",
    ]);
    error("id = \"tmissing\"").fails_with(&["No Template Found", "None of the 15 templates", "id = \"tmissing\""]);
}

#[test]
fn machines_are_found_by_every_filter() {
    let sim = sim(|_| {});
    let Some(workspace) = Workspace::new(&sim) else { return };
    let cases: &[(&str, &str, &[&str])] = &[
        ("all", "", &["ps3train", "ps4train", "ps1web", "ps2web"]),
        ("name", "name = \"web\"", &["ps1web", "ps2web"]),
        ("case", "name = \"Web\"", &[]),
        (
            "regex",
            "name_regex = \"-[0-9]$\"\norder = \"desc\"",
            &["ps4train", "ps3train"],
        ),
        ("region", "region = \"NY2\"", &["ps3train", "ps1web"]),
        ("type", "machine_type = \"a4000\"", &["ps3train"]),
        ("state", "state = \"OFF\"", &["ps4train"]),
        ("agent", "agent_type = \"linuxdesktop\"", &["ps3train", "ps4train"]),
        (
            "both",
            "agent_type = \"LinuxDesktop\"\nregion = \"Europe (AMS1)\"",
            &["ps4train"],
        ),
    ];
    let bodies: Vec<_> = cases.iter().map(|(name, body, _)| (*name, *body)).collect();
    let found = read(&workspace, &blocks("paperspace_machines", &bodies), "ids");
    for (name, body, ids) in cases {
        assert_eq!(found[*name], json!(ids), "{body}");
    }
    sim.delete_machine("ps1web");
    let found = read(&workspace, &blocks("paperspace_machines", &bodies), "ids");
    assert_eq!(found["name"], json!(["ps2web"]));
}

#[test]
fn one_machine_is_found_or_the_candidates_are_told() {
    let sim = sim(|_| {});
    let Some(workspace) = Workspace::new(&sim) else { return };
    let lookups = [
        ("id", "id = \"ps3train\""),
        ("name", "name = \"web\"\nregion = \"ca1\""),
    ];
    let ids = read(&workspace, &blocks("paperspace_machine", &lookups), "id");
    assert_eq!(ids["name"], "ps2web");
    let state = workspace.state();
    let by_id = &state["data.paperspace_machine.id"];
    for (attribute, value) in [
        ("name", json!("training-1")),
        ("disk_size", json!(100)),
        ("storage_total", json!(107_374_182_400_i64)),
        ("storage_used", json!(13_421_772_800_i64)),
        ("updates_pending", json!(false)),
        ("reservation", Value::Null),
        ("region", json!("East Coast (NY2)")),
    ] {
        assert_eq!(by_id[attribute], value, "{attribute}");
    }
    assert_eq!(by_id["accelerators"][0]["name"], "RTX A4000");
    assert!(by_id["modified_at"].is_string());

    let error = |body: &str| plan(&workspace, &blocks("paperspace_machine", &[("x", body)]));
    error("name = \"web\"").fails_with(&["Several Machines Found", "They differ in `region`", "ps1web", "ps2web"]);
    error("name = \"wbe\"\nregion = \"ny2\"").fails_with(&[
        "No Machine Found",
        "ps1web, name = \"web\", region = \"East Coast (NY2)\"",
        "not `name`",
        "not `name` and `region`",
    ]);
    error("id = \"psmissing\"").fails_with(&["No Machine Found", "psmissing"]);
    sim.delete_machine("ps3train");
    error("id = \"ps3train\"").fails_with(&["No Machine Found", "it was deleted"]);
}

#[test]
fn machine_types_are_those_that_templates_are_for() {
    let sim = sim(|_| {});
    let Some(workspace) = Workspace::new(&sim) else { return };
    let configuration = blocks(
        "paperspace_machine_types",
        &[
            ("all", ""),
            ("plain", "is_gpu = false"),
            ("own", "template_id = \"tnewer00\"\nis_available = true"),
            (
                "others",
                "template_id = \"tnewer00\"\nis_available = false\nis_gpu = false",
            ),
            ("elsewhere", "template_id = \"tnewer00\"\nregion = \"ny2\""),
            (
                "nvlinked",
                "template_id = \"tilqt47t\"\nis_gpu = true\nregion = \"Europe (AMS1)\"",
            ),
        ],
    );
    let labels = read(&workspace, &configuration, "labels");
    let plain = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10"];
    assert_eq!(labels["plain"], json!(plain));
    assert_eq!(labels["own"], json!(["H100"]));
    assert_eq!(labels["others"], json!(plain));
    assert_eq!(labels["elsewhere"], json!([]));
    let all = labels["all"].as_array().expect("a list");
    let nvlinked = labels["nvlinked"].as_array().expect("a list");
    assert!(!nvlinked.is_empty() && nvlinked.iter().all(|label| all.contains(label)));
    let types = read(&workspace, &configuration, "machine_types");
    let own = json!([{
        "label": "H100", "gpu": "H100", "gpu_count": 1, "is_gpu": true, "is_available": true,
        "template_ids": ["tnewer00"],
    }]);
    assert_eq!(types["own"], own);
    let eight = types["all"]
        .as_array()
        .and_then(|all| all.iter().find(|found| found["label"] == "A100-80Gx8"));
    let eight = eight.expect("a machine with eight GPUs");
    assert_eq!((&eight["gpu"], &eight["gpu_count"]), (&json!("A100-80G"), &json!(8)));
    let missing = blocks("paperspace_machine_types", &[("x", "template_id = \"tmissing\"")]);
    plan(&workspace, &missing).fails_with(&["No Template Found", "template_id = \"tmissing\""]);
}

#[test]
fn availability_is_told_by_region() {
    let sold_out = SoldOut {
        machine_type: "P4000".to_owned(),
        region: "ca1".to_owned(),
        shows: Default::default(),
        untold: false,
    };
    let sim = sim(|config| config.quirks.sold_out = vec![sold_out]);
    let Some(workspace) = Workspace::new(&sim) else { return };
    let configuration = blocks(
        "paperspace_machine_availability",
        &[
            ("here", "machine_type = \"P4000\"\nregion = \"ny2\""),
            ("gone", "machine_type = \"P4000\"\nregion = \"West Coast (CA1)\""),
            (
                "some",
                "machine_type = \"P4000\"\nregions = [\"CA1\", \"ams1\", \"ny2\"]",
            ),
            ("any", "machine_type = \"H100\""),
        ],
    );
    let available = read(&workspace, &configuration, "available");
    assert_eq!(available["here"], true);
    assert_eq!(available["gone"], false);
    let regions = read(&workspace, &configuration, "available_regions");
    assert_eq!(regions["gone"], json!([]));
    assert_eq!(regions["some"], json!(["ams1", "ny2"]));
    assert_eq!(regions["any"], json!(["East Coast (NY2)"]));
    let unknown = blocks("paperspace_machine_availability", &[("x", "machine_type = \"Z1\"")]);
    plan(&workspace, &unknown).fails_with(&["Paperspace Refused the Request", "unknown machine type"]);
}

#[test]
fn mistakes_are_found_without_the_api() {
    let Some(workspace) = Workspace::without_key() else {
        return;
    };
    let says = |kind: &str, body: &str, expected: &[&str]| {
        workspace.configure(&blocks(kind, &[("x", body)]));
        workspace.run(&["validate", "-no-color"]).fails_with(expected);
    };
    for kind in ["paperspace_template", "paperspace_machine"] {
        says(
            kind,
            "id = \"x\"\nname = \"y\"\nregion = \"ny2\"",
            &["Conflicting Arguments", "remove `name` and `region`", "id = \"x\""],
        );
        says(kind, "", &["Missing Argument", "Set `id`, or one or more of"]);
    }
    for kind in ["paperspace_templates", "paperspace_machines"] {
        says(
            kind,
            "name_regex = \"(\"",
            &[
                "Invalid Value",
                "`name_regex` must be a regular expression",
                "name_regex = \"(\"",
            ],
        );
        says(
            kind,
            "sort_by = \"size\"",
            &["must be one of \"name\" or \"created_at\""],
        );
    }
    says(
        "paperspace_machine_availability",
        "machine_type = \"C5\"\nregion = \"ny2\"\nregions = []",
        &[
            "`region` and `regions` cannot both be set",
            "`regions` must name a region",
        ],
    );
    workspace.configure(&blocks(
        "paperspace_machines",
        &[("x", "state = \"running\"\nregion = \"ny3\"")],
    ));
    workspace
        .run(&["validate", "-no-color"])
        .succeeds()
        .says(&["Unknown State", "Unknown Region"]);
}

fn plan(workspace: &Workspace, configuration: &str) -> Run {
    workspace.configure(configuration);
    workspace.plan()
}
