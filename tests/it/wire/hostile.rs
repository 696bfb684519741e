//! Bytes that no host sends. The answer is a message for the user, and the provider goes on.

use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;
use terraform_provider_paperspace::wire::proto::tfplugin6::{Diagnostic, DynamicValue, RawState, ResourceIdentityData};
use tonic::Code;

use crate::support::awaited;
use crate::support::client::Plugin;
use crate::support::judged::{Client, provider};

/// Bytes that are no value of any object's type.
fn malformed() -> Vec<DynamicValue> {
    let msgpack = [
        b"\xc1".to_vec(),
        b"\x81".to_vec(),
        b"\xff".to_vec(),
        b"\xa1\xff".to_vec(),
        b"\xc0\xc0".to_vec(),
        b"\x81\xc0\xc0".to_vec(),
        b"\xdf\xff\xff\xff\xff".to_vec(),
        b"\xdd\xff\xff\xff\xff".to_vec(),
        b"\xdb\xff\xff\xff\xff".to_vec(),
        b"\xc6\xff\xff\xff\xff".to_vec(),
        b"\xc9\xff\xff\xff\xff\x0c".to_vec(),
        b"\x81\xa4\x6e\x61\x6d\x65".to_vec(),
        vec![0x91; 100_000],
        [b"\x81\xa1a".repeat(100_000), b"\xc0".to_vec()].concat(),
    ];
    let json = [
        b"{".to_vec(),
        b"[]".to_vec(),
        b"nul".to_vec(),
        b"\"\\ud800\"".to_vec(),
        b"1e999999999".to_vec(),
        b"\xff\xfe".to_vec(),
        vec![b'['; 100_000],
        b"{\"a\":".repeat(100_000),
    ];
    let msgpack = msgpack.into_iter().map(|msgpack| DynamicValue {
        msgpack,
        json: Vec::new(),
    });
    msgpack
        .chain(json.into_iter().map(|json| DynamicValue {
            msgpack: Vec::new(),
            json,
        }))
        .collect()
}

/// Bytes that can be read, but that make no sense as a whole value.
fn odd() -> Vec<DynamicValue> {
    let unknown = [
        b"\xd4\x00\x00".to_vec(),
        b"\xc7\x03\x0c\x81\x01\xc2".to_vec(),
        b"\xc0".to_vec(),
        Vec::new(),
    ];
    unknown
        .into_iter()
        .map(|msgpack| DynamicValue {
            msgpack,
            json: Vec::new(),
        })
        .collect()
}

fn identity(value: DynamicValue) -> ResourceIdentityData {
    ResourceIdentityData {
        identity_data: Some(value),
    }
}

/// A provider, and a type of each kind that it has.
struct Session {
    plugin: Plugin,
    client: Client,
    resource: String,
    with_identity: Option<String>,
    data_source: Option<String>,
}

impl Session {
    async fn start() -> Self {
        let plugin = Plugin::launch(None).await;
        let mut client = provider(&plugin.connect(None).await.unwrap());
        let schema = client
            .get_provider_schema(proto::get_provider_schema::Request {})
            .await
            .unwrap()
            .into_inner();
        let identities = client
            .get_resource_identity_schemas(proto::get_resource_identity_schemas::Request {})
            .await;
        Self {
            plugin,
            client,
            resource: schema.resource_schemas.into_keys().next().unwrap(),
            with_identity: identities.unwrap().into_inner().identity_schemas.into_keys().next(),
            data_source: schema.data_source_schemas.into_keys().next(),
        }
    }

    async fn still_answers(mut self) {
        self.client.get_metadata(proto::get_metadata::Request {}).await.unwrap();
        let channel = self.plugin.connect(None).await.unwrap();
        let ended = self.plugin.shut_down(&channel).await;
        assert!(ended.status.success());
        assert!(!ended.stderr.contains("panic"), "{}", ended.stderr);
    }
}

/// Sends one value in each field of each RPC that takes one, the other fields being null, and collects the messages.
async fn in_every_field(session: &Session, value: &DynamicValue) -> Vec<(&'static str, Vec<Diagnostic>)> {
    let (client, type_name) = (&session.client, &session.resource);
    let mut answers = Vec::new();
    macro_rules! send {
        ($module:ident . $field:ident = $value:expr $(, $type_name:expr)?) => {{
            let mut request = proto::$module::Request::default();
            $(request.type_name.clone_from($type_name);)?
            request.$field = Some($value);
            let name = concat!(stringify!($module), ".", stringify!($field));
            let answer = awaited(name, client.clone().$module(request)).await;
            let answer = answer.unwrap_or_else(|status| panic!("{name}: {status}"));
            answers.push((name, answer.into_inner().diagnostics));
        }};
    }
    send!(validate_provider_config.config = value.clone());
    send!(configure_provider.config = value.clone());
    send!(validate_resource_config.config = value.clone(), type_name);
    send!(read_resource.current_state = value.clone(), type_name);
    send!(plan_resource_change.prior_state = value.clone(), type_name);
    send!(plan_resource_change.proposed_new_state = value.clone(), type_name);
    send!(plan_resource_change.config = value.clone(), type_name);
    send!(apply_resource_change.prior_state = value.clone(), type_name);
    send!(apply_resource_change.planned_state = value.clone(), type_name);
    send!(apply_resource_change.config = value.clone(), type_name);
    if let Some(type_name) = &session.with_identity {
        send!(read_resource.current_identity = identity(value.clone()), type_name);
        send!(plan_resource_change.prior_identity = identity(value.clone()), type_name);
        send!(
            apply_resource_change.planned_identity = identity(value.clone()),
            type_name
        );
        send!(import_resource_state.identity = identity(value.clone()), type_name);
    }
    if let Some(type_name) = &session.data_source {
        send!(validate_data_resource_config.config = value.clone(), type_name);
        send!(read_data_source.config = value.clone(), type_name);
    }
    answers
}

#[tokio::test]
async fn a_malformed_value_is_told_and_nothing_else_happens() {
    let session = Session::start().await;
    for value in malformed() {
        for (field, diagnostics) in in_every_field(&session, &value).await {
            let [diagnostic] = diagnostics.as_slice() else {
                panic!("{field}: {diagnostics:?}")
            };
            assert_eq!(diagnostic.summary, "Unreadable Value", "{field}: {diagnostic:?}");
            assert_eq!(
                diagnostic.severity,
                i32::from(proto::diagnostic::Severity::Error),
                "{field}"
            );
            assert!(diagnostic.detail.len() < 10_000, "{field}");
        }
    }
    session.still_answers().await;
}

#[tokio::test]
async fn an_odd_value_gets_a_proper_answer() {
    let session = Session::start().await;
    for value in odd() {
        for (field, diagnostics) in in_every_field(&session, &value).await {
            for diagnostic in diagnostics {
                assert_ne!(diagnostic.summary, "Provider Panicked", "{field}: {diagnostic:?}");
                assert_ne!(diagnostic.severity, 0, "{field}: {diagnostic:?}");
            }
        }
    }
    session.still_answers().await;
}

#[tokio::test]
async fn a_large_value_is_taken_and_a_huge_one_refused() {
    let session = Session::start().await;
    let send = |bytes: usize| {
        let config = Some(DynamicValue {
            msgpack: vec![0xc1; bytes],
            json: Vec::new(),
        });
        let request = proto::validate_provider_config::Request { config };
        let mut client = session.client.inner().max_encoding_message_size(usize::MAX);
        async move { client.validate_provider_config(request).await }
    };
    // More than the library takes by itself, and less than providers in Go do.
    assert_eq!(send(64 << 20).await.unwrap().into_inner().diagnostics.len(), 1);
    assert_eq!(send((256 << 20) + 1).await.unwrap_err().code(), Code::OutOfRange);
    session.still_answers().await;
}

#[tokio::test]
async fn stored_state_that_is_none_is_told() {
    let mut session = Session::start().await;
    let flatmap = [
        ("id".to_owned(), "x".to_owned()),
        ("users.#".to_owned(), "many".to_owned()),
    ];
    let states = [
        RawState::default(),
        RawState {
            flatmap: flatmap.into(),
            ..Default::default()
        },
        RawState {
            json: b"{".to_vec(),
            ..Default::default()
        },
        RawState {
            json: b"[1]".to_vec(),
            ..Default::default()
        },
        RawState {
            json: vec![b'['; 100_000],
            ..Default::default()
        },
        RawState {
            json: b"{\"id\": 1e999999999}".to_vec(),
            ..Default::default()
        },
    ];
    for raw in states {
        let type_name = session.resource.clone();
        let move_state = proto::move_resource_state::Request {
            target_type_name: type_name.clone(),
            source_provider_address: "registry.terraform.io/someone/paperspace".to_owned(),
            source_type_name: type_name.clone(),
            source_state: Some(raw.clone()),
            ..Default::default()
        };
        let answer = session
            .client
            .move_resource_state(move_state)
            .await
            .unwrap()
            .into_inner();
        assert_eq!(
            answer.target_state.is_none(),
            !answer.diagnostics.is_empty(),
            "{raw:?}: {answer:?}"
        );
        let upgrade = proto::upgrade_resource_state::Request {
            type_name,
            version: 0,
            raw_state: Some(raw.clone()),
        };
        let answer = session
            .client
            .upgrade_resource_state(upgrade)
            .await
            .unwrap()
            .into_inner();
        assert!(
            answer.upgraded_state.is_none() && !answer.diagnostics.is_empty(),
            "{raw:?}: {answer:?}"
        );
    }
    session.still_answers().await;
}

#[tokio::test]
async fn an_unknown_type_is_told() {
    let mut session = Session::start().await;
    let type_name = "paperspace_nothing".to_owned();
    let read = proto::read_resource::Request {
        type_name: type_name.clone(),
        ..Default::default()
    };
    let answer = session.client.read_resource(read).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics.len(), 1);
    assert_eq!(answer.diagnostics[0].summary, "Unknown Resource Type");
    let read = proto::read_data_source::Request {
        type_name,
        ..Default::default()
    };
    let answer = session.client.read_data_source(read).await.unwrap().into_inner();
    assert_eq!(answer.diagnostics.len(), 1);
    assert_eq!(answer.diagnostics[0].summary, "Unknown Data Source Type");
    session.still_answers().await;
}
