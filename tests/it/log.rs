//! What `TF_LOG_PROVIDER=DEBUG` shows under the real Terraform: each request to the API in a line, the waits, and nothing of
//! the libraries.

use std::collections::BTreeMap;

use terraform_provider_paperspace::sim::{Config, Effect, Fault, TimeMode};

use crate::support::cloud::Cloud;
use crate::support::workspace::{APPLY, DESTROY, Workspace};

const MACHINE: &str = "resource \"paperspace_machine\" \"it\" {
  name         = \"it\"
  machine_type = \"C5\"
  template_id  = \"tkni3aa4\"
  disk_size    = 50
  region       = \"ny2\"
}
";

/// The log of an apply and a destroy in which one request is answered at the second attempt only; with the cloud that saw
/// them.
fn log_at(level: &str) -> Option<(Cloud, String)> {
    let sim = Cloud::start(Config {
        time: TimeMode::PerPoll { polls: 2 },
        ..Config::default()
    });
    let mut workspace = Workspace::new(&sim)?;
    workspace.set("TF_LOG_PROVIDER", level);
    workspace.set("TF_LOG_PATH", workspace.path().join("log"));
    workspace.configure(MACHINE);
    sim.faults()
        .add(Fault::on("GET", "/machines/*", Effect::status(503)).limit(1));
    workspace.run(&APPLY).succeeds();
    workspace.run(&DESTROY).succeeds();
    let log = std::fs::read_to_string(workspace.path().join("log")).unwrap_or_default();
    Some((sim, log))
}

/// The lines of a log that hold this, each without what the host puts before it.
fn lines<'a>(log: &'a str, what: &'a str) -> impl Iterator<Item = &'a str> {
    log.lines()
        .filter_map(move |line| line.find(what).map(|start| &line[start..]))
}

/// The value of a field in a line.
fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let start = line
        .find(&format!(" {name}="))
        .unwrap_or_else(|| panic!("no {name} in {line}"));
    let value = &line[start + name.len() + 2..];
    value.split(' ').next().unwrap_or_default().trim_matches('"')
}

#[test]
fn each_request_is_one_line_at_debug_and_so_is_each_look_of_a_wait() {
    let Some((sim, log)) = log_at("DEBUG") else { return };
    let mut told = BTreeMap::<String, usize>::new();
    for line in lines(&log, "API request") {
        assert!(field(line, "elapsed_ms").parse::<u64>().is_ok(), "{line}");
        assert!(field(line, "attempt").parse::<u64>().is_ok(), "{line}");
        let request = ["method", "path", "status"].map(|name| field(line, name)).join(" ");
        *told.entry(request).or_default() += 1;
    }
    let mut seen = BTreeMap::<String, usize>::new();
    for request in sim.requests() {
        let status = request.status().map_or_else(String::new, |status| status.to_string());
        *seen
            .entry(format!("{} {} {status}", request.method, request.path))
            .or_default() += 1;
    }
    assert_eq!(told, seen, "{log}");
    assert!(told.len() > 4, "{told:?}");
    let again = lines(&log, "API request").filter(|line| field(line, "attempt") == "1");
    assert_eq!(again.count(), 1, "{log}");
    let waits =
        lines(&log, "Still waiting").filter(|line| line.contains("to be ready") && !field(line, "state").is_empty());
    assert!(waits.count() > 0, "{log}");
    assert!(lines(&log, "Done waiting").count() > 0, "{log}");
    // Neither bodies nor what the libraries have to say of each frame.
    assert_eq!(lines(&log, "API bodies").count(), 0);
    for line in lines(&log, "@module=") {
        assert!(
            field(&format!(" {line}"), "@module").starts_with("paperspace"),
            "{line}"
        );
    }
    assert!(!log.contains("[TRACE]"), "{log}");
}

#[test]
fn at_info_there_are_the_waits_and_no_requests() {
    let Some((_sim, log)) = log_at("INFO") else { return };
    assert!(lines(&log, "Still waiting").count() > 0, "{log}");
    assert_eq!(lines(&log, "API request").count(), 0, "{log}");
}
