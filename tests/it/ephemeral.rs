//! Ephemeral resources: what they tell reaches whoever asks, is stored nowhere, and is closed whatever happens.

use serde_json::json;
use terraform_provider_paperspace::sim::{Config, Effect, Fault};

use crate::support::cloud::{Cloud, seen};
use crate::support::files;
use crate::support::workspace::{APPLY, DESTROY, Run, Workspace};

/// The drive's password holds characters that are written otherwise in JSON and in a Rust string, and ends in what is looked
/// for.
const PASSWORD: &str = "dr\"iv\\e/&%é-w0rdQx7";
const PASSWORD_PART: &str = "w0rdQx7";

const MOUNTED: &str = r#"
ephemeral "paperspace_shared_drive_credentials" "data" {
  id = "sd1data"
}

resource "paperspace_startup_script" "mount" {
  name              = "mount"
  script_wo         = "mount -o password=${ephemeral.paperspace_shared_drive_credentials.data.password} ${ephemeral.paperspace_shared_drive_credentials.data.mount_point}"
  script_wo_version = 1
}
"#;

/// A cloud with a drive and with a machine that has a desktop.
fn cloud() -> Cloud {
    let drive = json!({
        "id": "sd1data", "name": "data", "region": "ny2", "networkId": "n1", "size": 500,
        "mountPoint": "\\\\10.64.92.2\\sd1data", "username": "shared", "password": PASSWORD,
    });
    let mut config = Config::default();
    config.teams[0]
        .seed
        .shared_drives
        .push(serde_json::from_value(drive).expect("a drive"));
    Cloud::start(config)
}

/// A workspace in which everything is logged to a file.
fn workspace(sim: &Cloud) -> Option<Workspace> {
    let mut workspace = Workspace::new(sim)?;
    if !workspace.knows(
        "an ephemeral resource, and a write-only argument to use it in,",
        (1, 11),
    ) {
        return None;
    }
    workspace.set("TF_LOG", "TRACE");
    workspace.set("TF_LOG_PATH", workspace.path().join("trace.log"));
    Some(workspace)
}

/// Fails if the run, or anything that it left in the workspace, holds the password.
#[track_caller]
fn tells_nothing(workspace: &Workspace, run: &Run) {
    let mut texts = vec![
        ("standard output".to_owned(), run.stdout.clone()),
        ("standard error".to_owned(), run.stderr.clone()),
    ];
    texts.extend(files(workspace.path(), "").into_iter().map(|file| {
        let bytes = std::fs::read(&file).expect("a file can be read");
        (file.display().to_string(), String::from_utf8_lossy(&bytes).into_owned())
    }));
    for (what, text) in texts {
        assert!(
            !text.contains(PASSWORD_PART),
            "after {}, {what} holds the password",
            run.command
        );
    }
}

#[test]
fn credentials_reach_a_script_and_are_stored_nowhere() {
    let sim = cloud();
    let Some(workspace) = workspace(&sim) else { return };
    workspace.configure(MOUNTED);
    for arguments in [
        &["validate", "-no-color"][..],
        &["plan", "-no-color", "-input=false", "-out=plan.bin"],
        &["show", "-json", "plan.bin"],
        &["apply", "-no-color", "-input=false", "plan.bin"],
        &["show", "-json"],
        &["state", "pull"],
        &["plan", "-no-color", "-input=false", "-detailed-exitcode"],
    ] {
        let run = workspace.run(arguments).succeeds();
        tells_nothing(&workspace, &run);
    }
    let script = sim.world().startup_scripts[0].script.clone();
    assert_eq!(script, format!("mount -o password={PASSWORD} //10.64.92.2/sd1data"));
    let log = std::fs::read_to_string(workspace.path().join("trace.log")).unwrap_or_default();
    assert!(
        log.contains("tf_ephemeral_resource_type") && log.contains("API bodies"),
        "it is logged at this level"
    );
    let run = workspace.run(&DESTROY).succeeds();
    tells_nothing(&workspace, &run);
}

#[test]
fn a_service_that_quotes_the_password_is_not_quoted() {
    let sim = cloud();
    let Some(workspace) = workspace(&sim) else { return };
    workspace.configure(MOUNTED);
    let message = format!("the script {} with {PASSWORD} is refused", json!(PASSWORD));
    let body = json!({"code": "BAD_REQUEST", "message": message, "issues": [{"message": message}]});
    let refusal = Effect::Status {
        code: 400,
        retry_after: None,
        body: Some(body.to_string()),
        acted: false,
    };
    sim.faults().add(Fault::on("POST", "/startup-scripts", refusal));
    let run = workspace.run(&APPLY).fails_with(&["Paperspace Refused the Request"]);
    tells_nothing(&workspace, &run);
}

#[test]
fn what_cannot_be_opened_is_told_at_its_argument() {
    let sim = cloud();
    let Some(workspace) = workspace(&sim) else { return };
    sim.edit(|world| {
        let mut unmade = world.shared_drives[0].clone();
        unmade.id = "sd2new".to_owned();
        unmade.mount_point.clear();
        world.shared_drives.push(unmade);
    });
    for (block, expected) in [
        (
            "shared_drive_credentials\" \"it\" {\n  id = \"sd0\"\n",
            &["Not Found", "shared drive sd0"][..],
        ),
        (
            "shared_drive_credentials\" \"it\" {\n  id = \"sd2new\"\n",
            &["No Credentials Told", "sd2new"],
        ),
        (
            "shared_drive_credentials\" \"it\" {\n  id = null\n",
            &["Missing Required Argument"],
        ),
        (
            "shared_drive_credentials\" \"it\" {\n  id = \"sd1data\"\n  password = \"mine\"\n",
            &["password"],
        ),
        (
            "machine_desktop\" \"it\" {\n  id = \"ps0\"\n",
            &["Not Found", "machine ps0"],
        ),
    ] {
        workspace.configure(&format!(
            "ephemeral \"paperspace_{block}}}\n\nresource \"terraform_data\" \"it\" {{}}\n"
        ));
        let run = workspace.run(&APPLY);
        assert_eq!(run.code, 1, "{block}: {}", run.text());
        let run = run.says(expected);
        tells_nothing(&workspace, &run);
    }
}

/// At the level of the protocol, where what is opened can be seen.
#[cfg(unix)]
mod protocol {
    use terraform_provider_paperspace::sim::record::{PublicIpType, State};
    use terraform_provider_paperspace::sim::{MachineSeed, TimeMode};
    use terraform_provider_paperspace::value::{Type, Value, msgpack};
    use terraform_provider_paperspace::wire::proto::tfplugin6::{self as proto, DynamicValue};

    use super::*;
    use crate::support::session::Session;

    const CREDENTIALS: &str = "paperspace_shared_drive_credentials";
    const DESKTOP: &str = "paperspace_machine_desktop";

    fn string_object(names: &[&str]) -> Type {
        Type::Object(names.iter().map(|name| ((*name).to_owned(), Type::String)).collect())
    }

    fn ty(type_name: &str) -> Type {
        if type_name == CREDENTIALS {
            return string_object(&["id", "mount_point", "server", "share", "username", "password"]);
        }
        let way = |text: &str| {
            Type::Object(
                [("hostname", Type::String), ("port", Type::Number), (text, Type::String)]
                    .map(|(name, ty)| (name.to_owned(), ty))
                    .into(),
            )
        };
        Type::Object(
            [
                ("id", Type::String),
                ("vnc", way("password")),
                ("windows", way("public_ip")),
            ]
            .map(|(name, ty)| (name.to_owned(), ty))
            .into(),
        )
    }

    fn config_of(type_name: &str, id: &str) -> Value {
        let Type::Object(attributes) = ty(type_name) else {
            unreachable!("the type is an object's")
        };
        let value = |name: String| match name.as_str() {
            "id" => (name, Value::string(id)),
            _ => (name, Value::Null),
        };
        Value::Object(attributes.into_keys().map(value).collect())
    }

    #[tokio::test]
    async fn a_configuration_is_checked_before_anything_is_opened() {
        let sim = cloud();
        let mut session = Session::with(&sim).await;
        for (id, expected) in [("sd1data", &[][..]), (" ", &["Invalid Value"])] {
            let request = proto::validate_ephemeral_resource_config::Request {
                type_name: CREDENTIALS.to_owned(),
                config: Some(DynamicValue {
                    msgpack: msgpack::encode(&config_of(CREDENTIALS, id), &ty(CREDENTIALS)).unwrap(),
                    json: Vec::new(),
                }),
            };
            let answer = session.client.validate_ephemeral_resource_config(request).await;
            let diagnostics = answer.unwrap().into_inner().diagnostics;
            let titles: Vec<_> = diagnostics.iter().map(|told| told.summary.as_str()).collect();
            assert_eq!(titles, expected, "{id:?}");
        }
        assert_eq!(sim.requests().len(), 0);
        session.end().await;
    }

    async fn open(session: &mut Session, type_name: &str, id: &str) -> proto::open_ephemeral_resource::Response {
        let request = proto::open_ephemeral_resource::Request {
            type_name: type_name.to_owned(),
            config: Some(DynamicValue {
                msgpack: msgpack::encode(&config_of(type_name, id), &ty(type_name)).unwrap(),
                json: Vec::new(),
            }),
            client_capabilities: None,
        };
        let answer = session.client.open_ephemeral_resource(request).await.unwrap();
        answer.into_inner()
    }

    fn result(answer: &proto::open_ephemeral_resource::Response, type_name: &str) -> Value {
        assert_eq!(answer.diagnostics, []);
        let result = answer.result.as_ref().expect("a result");
        msgpack::decode(&result.msgpack, &ty(type_name)).unwrap()
    }

    async fn close(session: &mut Session, type_name: &str) -> Vec<proto::Diagnostic> {
        let request = proto::close_ephemeral_resource::Request {
            type_name: type_name.to_owned(),
            private: None,
        };
        let answer = session.client.close_ephemeral_resource(request).await.unwrap();
        answer.into_inner().diagnostics
    }

    #[tokio::test]
    async fn what_is_opened_need_not_be_renewed_and_is_closed_after_a_stop() {
        let sim = cloud();
        let mut session = Session::with(&sim).await;
        let answer = open(&mut session, CREDENTIALS, "sd1data").await;
        assert_eq!((answer.renew_at, &answer.private, answer.deferred), (None, &None, None));
        let opened = result(&answer, CREDENTIALS);
        let text = |name: &str| opened.get(name).and_then(Value::as_str).unwrap_or_default();
        assert_eq!(
            ["id", "mount_point", "server", "share", "username", "password"].map(text),
            [
                "sd1data",
                "//10.64.92.2/sd1data",
                "10.64.92.2",
                "sd1data",
                "shared",
                PASSWORD
            ]
        );
        // A host that asks all the same is not asked to come again.
        let renew = proto::renew_ephemeral_resource::Request {
            type_name: CREDENTIALS.to_owned(),
            private: None,
        };
        let renewed = session.client.renew_ephemeral_resource(renew).await.unwrap();
        assert_eq!(
            renewed.into_inner(),
            proto::renew_ephemeral_resource::Response::default()
        );
        let stop = session
            .client
            .stop_provider(proto::stop_provider::Request {})
            .await
            .unwrap();
        assert_eq!(stop.into_inner(), proto::stop_provider::Response::default());
        assert_eq!(close(&mut session, CREDENTIALS).await, []);
        let unknown = close(&mut session, "paperspace_moon").await;
        assert_eq!(unknown[0].summary, "Unknown Ephemeral Resource Type");
        assert_eq!(seen(&sim, "GET", "/shared-drives/sd1data"), 1);
        session.end().await;
    }

    #[tokio::test]
    async fn an_open_that_hangs_ends_with_a_stop() {
        let sim = cloud();
        sim.faults().add(Fault::on("GET", "/shared-drives/*", Effect::Hang));
        let mut session = Session::with(&sim).await;
        let mut stopper = session.client.inner();
        let stop = async {
            while sim.requests().is_empty() {
                tokio::task::yield_now().await;
            }
            stopper.stop_provider(proto::stop_provider::Request {}).await.unwrap();
        };
        let (answer, ()) = tokio::join!(open(&mut session, CREDENTIALS, "sd1data"), stop);
        assert_eq!(answer.diagnostics[0].summary, "Interrupted");
        let nothing = answer.result.expect("a null").msgpack;
        assert_eq!(msgpack::decode(&nothing, &ty(CREDENTIALS)), Ok(Value::Null));
        assert_eq!(close(&mut session, CREDENTIALS).await, []);
        session.end().await;
    }

    #[tokio::test]
    async fn a_desktop_is_told_as_long_as_there_is_one() {
        let mut config = Config {
            time: TimeMode::Immediate,
            ..Config::default()
        };
        let machine = |id: &str, template_id: &str| MachineSeed {
            id: Some(id.to_owned()),
            name: id.to_owned(),
            machine_type: "P4000".to_owned(),
            template_id: template_id.to_owned(),
            disk_size: 100,
            region: "ny2".to_owned(),
            state: State::Ready,
            network_id: None,
            public_ip_type: PublicIpType::Dynamic,
        };
        config.teams[0].seed.machines = vec![machine("ps1linux", "tdesk204"), machine("ps2headless", "tkni3aa4")];
        let sim = Cloud::start(config);
        let agents: Vec<_> = sim
            .world()
            .machines
            .iter()
            .map(|machine| machine.agent_type.clone())
            .collect();
        assert_eq!(agents, ["LinuxDesktop", "LinuxHeadless"]);
        let mut session = Session::with(&sim).await;
        let answer = open(&mut session, DESKTOP, "ps1linux").await;
        let opened = result(&answer, DESKTOP);
        let vnc = opened.get("vnc").expect("a way by VNC");
        assert_eq!(vnc.get("password").and_then(Value::as_str), Some("vnc-ps1linux"));
        assert_eq!(vnc.get("port"), Some(&Value::Number(5901_i64.into())));
        assert_eq!(opened.get("windows"), Some(&Value::Null));
        let answer = open(&mut session, DESKTOP, "ps2headless").await;
        assert_eq!(result(&answer, DESKTOP), config_of(DESKTOP, "ps2headless"));
        session.end().await;
    }
}
