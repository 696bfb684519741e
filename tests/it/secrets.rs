//! The API key and a new user's password are nowhere in what the provider and Terraform write, at the finest log level and
//! whatever goes wrong.

use terraform_provider_paperspace::sim::{Config, Effect, Fault, SoldOut, TimeMode};

use crate::support::cloud::{Cloud, alive, seen};
use crate::support::files;
use crate::support::workspace::{APPLY, DESTROY, Run, Workspace};

/// The secrets hold characters that are written otherwise in JSON, in a URL and in a Rust string, and each a part that is
/// written the same everywhere: what is looked for.
const KEY: &str = "sim-5ecretKey42";
const KEY_PART: &str = "5ecretKey42";
const PASSWORD: &str = "pa\"ss\\/ &+%é\tw0rdZq8";
const PASSWORD_PART: &str = "w0rdZq8";

const PROVIDER: &str = "variable \"api_key\" {
  type      = string
  ephemeral = true
}
variable \"password\" {
  type      = string
  ephemeral = true
}
provider \"paperspace\" {
  api_key         = var.api_key
  region          = \"ny2\"
  request_timeout = \"5s\"
  max_retries     = 1
}
";

fn machine(email: &str) -> String {
    format!(
        "resource \"paperspace_machine\" \"it\" {{
  name         = \"it\"
  machine_type = \"C5\"
  template_id  = \"tkni3aa4\"
  disk_size    = 50
  new_user = {{
    email      = \"{email}\"
    first_name = \"New\"
    last_name  = \"User\"
    password   = var.password
  }}
}}
"
    )
}

/// A cloud whose key is a secret, and a workspace that knows both secrets only from its environment.
fn scene() -> Option<(Cloud, Workspace)> {
    let mut config = Config {
        time: TimeMode::PerPoll { polls: 1 },
        ..Config::default()
    };
    config.teams[0].keys = vec![KEY.to_owned()];
    let sim = Cloud::start(config);
    let mut workspace = Workspace::without_key()?;
    workspace.set("PAPERSPACE_API_URL", sim.url());
    workspace.set("TF_VAR_api_key", KEY);
    workspace.set("TF_VAR_password", PASSWORD);
    workspace.set("TF_LOG", "TRACE");
    workspace.configure(&format!("{PROVIDER}{}", machine("new@example.com")));
    Some((sim, workspace))
}

/// Fails if some text holds a secret.
#[track_caller]
fn is_clean(what: &str, text: &str) {
    for secret in [KEY_PART, PASSWORD_PART] {
        if let Some(at) = text.find(secret) {
            let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
            let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
            panic!("{what} holds {secret}: {}", &text[start..end]);
        }
    }
}

/// Fails if the run, or anything that it left in the workspace, holds a secret.
#[track_caller]
fn tells_nothing(workspace: &Workspace, run: &Run) {
    is_clean(&run.command, &run.stdout);
    is_clean(&run.command, &run.stderr);
    for file in files(workspace.path(), "") {
        // The only file where a key belongs.
        if !file.ends_with("credentials.toml") {
            let bytes = std::fs::read(&file).expect("a file can be read");
            is_clean(&file.display().to_string(), &String::from_utf8_lossy(&bytes));
        }
    }
}

/// What was logged.
fn log(workspace: &Workspace) -> String {
    std::fs::read_to_string(workspace.path().join("trace.log")).unwrap_or_default()
}

#[test]
fn a_life_without_mishap_tells_nothing() {
    let Some((sim, mut workspace)) = scene() else { return };
    workspace.set("TF_LOG_PATH", workspace.path().join("trace.log"));
    for arguments in [
        &["validate", "-no-color"][..],
        &["plan", "-no-color", "-input=false", "-out=plan.bin"],
        &["show", "-json", "plan.bin"],
        &["apply", "-no-color", "-input=false", "plan.bin"],
        &["show", "-json"],
        &["state", "pull"],
        &DESTROY,
    ] {
        let run = workspace.run(arguments).succeeds();
        tells_nothing(&workspace, &run);
    }
    let sent = sim
        .requests()
        .into_iter()
        .find(|request| request.line() == "POST /machines");
    let body = sent.and_then(|request| request.body).expect("the machine was ordered");
    assert_eq!(body["password"], PASSWORD, "the service got it as it was written");
    // There was something to be silent about.
    let log = log(&workspace);
    assert!(
        log.contains("API bodies") && log.contains("new@example.com"),
        "bodies are logged at this level"
    );
}

#[test]
fn a_log_on_standard_error_tells_nothing() {
    let Some((_sim, workspace)) = scene() else { return };
    let run = workspace.run(&APPLY).succeeds();
    assert!(run.stderr.contains("API bodies"), "bodies are logged at this level");
    tells_nothing(&workspace, &run);
}

/// A drive's password is in each answer about it, and is nobody's business here.
#[test]
fn a_drives_password_stands_in_no_file() {
    let Some((sim, mut workspace)) = scene() else { return };
    workspace.set("TF_LOG_PATH", workspace.path().join("trace.log"));
    let drive = r#"
resource "paperspace_private_network" "net" {
  name = "net"
}

resource "paperspace_shared_drive" "data" {
  name       = "data"
  size       = 50
  network_id = paperspace_private_network.net.id
}
"#;
    workspace.configure(&format!("{PROVIDER}{drive}"));
    workspace.run(&APPLY).succeeds();
    let password = sim.world().shared_drives[0].password.clone();
    assert!(password.len() > 5, "there is something to be silent about");
    let told = r#"
data "paperspace_shared_drive" "data" {
  name = "data"
}

data "paperspace_shared_drives" "all" {}

output "told" {
  value = [data.paperspace_shared_drive.data, data.paperspace_shared_drives.all]
}
"#;
    let renamed = drive.replace("\"data\"\n  size", "\"renamed\"\n  size");
    assert_ne!(renamed, drive);
    let id = sim.world().shared_drives[0].id.clone();
    let forgotten = ["state", "rm", "paperspace_shared_drive.data"];
    let imported = ["import", "-no-color", "paperspace_shared_drive.data", &id];
    let mut runs = Vec::new();
    for (configuration, arguments) in [
        (
            format!("{PROVIDER}{drive}{told}"),
            &["plan", "-no-color", "-out=plan.bin"][..],
        ),
        (format!("{PROVIDER}{drive}{told}"), &["show", "-json", "plan.bin"]),
        (format!("{PROVIDER}{drive}{told}"), &APPLY),
        (format!("{PROVIDER}{renamed}"), &APPLY),
        (format!("{PROVIDER}{renamed}"), &forgotten),
        (format!("{PROVIDER}{renamed}"), &imported),
        (format!("{PROVIDER}{renamed}"), &["state", "pull"]),
        (format!("{PROVIDER}{renamed}"), &DESTROY),
    ] {
        workspace.configure(&configuration);
        runs.push(workspace.run(arguments).succeeds());
        for file in files(workspace.path(), "") {
            let bytes = std::fs::read(&file).expect("a file can be read");
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(&password), "{} after {arguments:?}", file.display());
        }
    }
    assert!(runs.iter().all(|run| !run.text().contains(&password)));
    let log = log(&workspace);
    assert!(
        log.contains("API bodies") && log.contains("mountPoint"),
        "bodies are logged at this level"
    );
}

/// Applies while something goes wrong that the user is told of in these words.
fn fails_in_silence(arrange: impl FnOnce(&Cloud, &mut Workspace), expected: &str) {
    let Some((sim, mut workspace)) = scene() else { return };
    workspace.set("TF_LOG_PATH", workspace.path().join("trace.log"));
    arrange(&sim, &mut workspace);
    let run = workspace.run(&APPLY).fails_with(&[expected]);
    tells_nothing(&workspace, &run);
    assert!(log(&workspace).contains("API bodies") || seen(&sim, "GET", "/templates") == 0);
}

fn on_create(effect: Effect) -> impl FnOnce(&Cloud, &mut Workspace) {
    |sim, _| {
        sim.faults().add(Fault::on("POST", "/machines", effect));
    }
}

/// An answer that quotes what it was sent.
fn echo(code: u16, body: String) -> Effect {
    Effect::Status {
        code,
        retry_after: None,
        body: Some(body),
        acted: false,
    }
}

#[test]
fn refusals_tell_nothing() {
    let sold_out = SoldOut {
        machine_type: "*".to_owned(),
        region: "*".to_owned(),
        shows: terraform_provider_paperspace::sim::Shortage::AtOnce,
        untold: false,
    };
    fails_in_silence(
        |sim, _| sim.switch(|quirks| quirks.sold_out.push(sold_out)),
        "Paperspace Refused the Request",
    );
    let taken = |_: &Cloud, workspace: &mut Workspace| {
        workspace.configure(&format!("{PROVIDER}{}", machine("taken@example.com")));
    };
    fails_in_silence(taken, "The user of `new_user` is made before the machine");
}

#[test]
fn answers_that_quote_the_request_tell_nothing() {
    let quoted = serde_json::json!({"password": PASSWORD}).to_string();
    let message = format!("bad password {PASSWORD} in {quoted} of {KEY}");
    let json = serde_json::json!({"code": "BAD_REQUEST", "message": message, "issues": [{"message": message}]});
    fails_in_silence(on_create(echo(400, json.to_string())), "Paperspace Refused the Request");
    let html = format!("<html><body>Bearer {KEY} sent {quoted} and {PASSWORD}</body></html>");
    // JSON of another shape, whose reading fails at a value that is quoted in the failure.
    let odd = serde_json::json!({"data": {"id": {"echo": PASSWORD}, "name": PASSWORD, "cpus": PASSWORD}});
    // After an answer that is not the API's, the machine is looked for for a minute; side by side they take one.
    std::thread::scope(|scope| {
        for answer in [echo(400, html.clone()), echo(200, html), echo(200, odd.to_string())] {
            scope.spawn(|| fails_in_silence(on_create(answer), "Machine Possibly Created"));
        }
    });
    let unauthorized = serde_json::json!({"code": "UNAUTHORIZED", "message": format!("the key {KEY} is not valid")});
    fails_in_silence(on_create(echo(401, unauthorized.to_string())), "Invalid API Key");
}

/// The password as others would write it.
fn spelt() -> String {
    let json = serde_json::json!(PASSWORD).to_string();
    let html = "pa&quot;ss\\/ &amp;+%&#233;&#9;w0rdZq8";
    let percent = "pa%22ss%5C%2F%20%26%2B%25%C3%A9%09w0rdZq8";
    assert!([html, percent].iter().all(|text| text.ends_with(PASSWORD_PART)));
    format!("{PASSWORD} | {json} | {html} | {percent}")
}

#[test]
fn events_that_quote_the_password_tell_nothing() {
    let event = serde_json::json!({
        "id": "0b9c6dbb-7d9e-4a67-a7b8-0bd2e5e9d54a", "name": "create", "state": "error", "machineId": null,
        "error": format!("The password {} is too weak.", spelt()), "dtCreated": "2026-01-01T00:00:00.000Z",
        "dtStarted": null, "dtFinished": null,
    });
    let quoting = |sim: &Cloud, _: &mut Workspace| {
        sim.faults()
            .add(Fault::on("GET", "/machine-events/*", echo(200, event.to_string())).limit(1000));
    };
    fails_in_silence(
        quoting,
        "The password [redacted] | \"[redacted]\" | [redacted] | [redacted] is too weak.",
    );
}

#[test]
fn lost_answers_tell_nothing() {
    let lost = |sim: &Cloud, _: &mut Workspace| {
        sim.faults().add(Fault::on("POST", "/machines", Effect::DropAfterAct));
        sim.switch(|quirks| quirks.listing_lag = u32::MAX);
    };
    fails_in_silence(lost, "Machine Possibly Created");
}

#[test]
fn a_wrong_configuration_tells_nothing() {
    let damaged = |_: &Cloud, workspace: &mut Workspace| {
        workspace.configure(
            &format!("{PROVIDER}{}", machine("new@example.com")).replace("api_key         = var.api_key\n", ""),
        );
        workspace.write(
            ".paperspace/credentials.toml",
            &format!("version = 1\n[keys\nsimulated = \"{KEY}\"\n"),
        );
    };
    fails_in_silence(damaged, "Unreadable Credentials File");
    let misplaced = |_: &Cloud, workspace: &mut Workspace| {
        workspace.set("PAPERSPACE_API_URL", format!("http://{KEY}@example.com:x/{KEY}"))
    };
    fails_in_silence(misplaced, "Invalid API Address");
    let with_a_line_break = |_: &Cloud, workspace: &mut Workspace| workspace.set("TF_VAR_api_key", format!("a\n{KEY}"));
    fails_in_silence(with_a_line_break, "Invalid API Key");
}

#[test]
#[cfg(target_os = "linux")]
fn a_killed_provider_tells_nothing() {
    use crate::support::running::Running;
    let Some((sim, mut workspace)) = scene() else { return };
    workspace.set("TF_LOG_PATH", workspace.path().join("trace.log"));
    sim.faults().add(Fault::on("POST", "/machines", Effect::Hang));
    for signal in ["ABRT", "SEGV"] {
        sim.clear_requests();
        let mut running = Running::start(workspace.command(&APPLY));
        running.until("the create", || seen(&sim, "POST", "/machines") > 0);
        running.provider().killed_by(signal);
        let run = running.ended().fails_with(&[]);
        // Newer hosts may notice the end of the process before that of the call.
        let told = ["Plugin did not respond", "Request cancelled"];
        assert!(told.iter().any(|told| run.text().contains(told)), "{}", run.text());
        tells_nothing(&workspace, &run);
    }
    assert_eq!(alive(&sim.world()).len(), 0);
}
