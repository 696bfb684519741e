//! A host that launches the provider and talks to it over its socket, in plain text.

use std::collections::BTreeMap;
use std::process::Stdio;

use hyper_util::rt::TokioIo;
use terraform_provider_paperspace::value::{Type, Value, msgpack};
use terraform_provider_paperspace::wire::handshake::{COOKIE_NAME, COOKIE_VALUE};
use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;
use terraform_provider_paperspace::wire::proto::tfplugin6::provider_client::ProviderClient;
use terraform_provider_paperspace::wire::proto::tfplugin6::schema::nested_block::NestingMode as BlockNesting;
use terraform_provider_paperspace::wire::proto::tfplugin6::schema::object::NestingMode;
use terraform_provider_paperspace::wire::proto::tfplugin6::schema::{Attribute, Block};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tonic::transport::{Channel, Endpoint};

/// A provider that was launched, and what it said of itself. It is killed when this is dropped.
pub struct Host {
    /// For whatever the host likes to ask.
    pub client: ProviderClient<Channel>,
    /// The resources by the names of their types.
    pub resources: BTreeMap<String, Schema>,
    /// The data sources likewise.
    pub data_sources: BTreeMap<String, Schema>,
    _process: Child,
}

/// A schema, and the type that it implies.
pub struct Schema {
    /// Its version.
    pub version: i64,
    /// The attributes of the outermost level.
    pub attributes: Vec<Attribute>,
    /// The whole block's type.
    pub ty: Type,
}

impl Host {
    /// Launches the provider and configures it, with an address where nobody answers.
    pub async fn launch(program: &str) -> Self {
        let mut process = Command::new(program)
            .env_clear()
            .env(COOKIE_NAME, COOKIE_VALUE)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the provider can be launched");
        let mut stdout = BufReader::new(process.stdout.take().expect("its output is a pipe")).lines();
        let line = stdout
            .next_line()
            .await
            .expect("its output can be read")
            .expect("it says where it is");
        let socket = line.split('|').nth(3).expect("the line has a fourth field").to_owned();
        let channel = Endpoint::from_static("http://provider")
            .connect_with_connector(tower::service_fn(move |_| {
                let socket = socket.clone();
                async { UnixStream::connect(socket).await.map(TokioIo::new) }
            }))
            .await
            .expect("it can be connected to");
        let mut client = ProviderClient::new(channel).max_decoding_message_size(usize::MAX);
        let schema = client.get_provider_schema(proto::get_provider_schema::Request {});
        let schema = schema.await.expect("it has a schema").into_inner();
        let provider = Schema::from(schema.provider.expect("it has a schema of its own"));
        let Type::Object(arguments) = &provider.ty else {
            panic!("a block is an object")
        };
        let config = Value::object(arguments.keys().map(|name| {
            let value = match name.as_str() {
                "api_key" => Value::string("k3y"),
                "api_url" => Value::string("http://127.0.0.1:9"),
                "region" => Value::string("ny2"),
                "plan_checks" => Value::Bool(false),
                "max_retries" => Value::from(0),
                _ => Value::Null,
            };
            (name.as_str(), value)
        }));
        let configure = proto::configure_provider::Request {
            terraform_version: "1.16.0".to_owned(),
            config: Some(encode(&config, &provider.ty)),
            ..Default::default()
        };
        let configured = client
            .configure_provider(configure)
            .await
            .expect("it can be configured");
        assert_eq!(configured.into_inner().diagnostics, []);
        let schemas = |schemas: BTreeMap<String, proto::Schema>| {
            schemas
                .into_iter()
                .map(|(name, schema)| (name, Schema::from(schema)))
                .collect()
        };
        Self {
            client,
            resources: schemas(schema.resource_schemas),
            data_sources: schemas(schema.data_source_schemas),
            _process: process,
        }
    }
}

impl From<proto::Schema> for Schema {
    fn from(schema: proto::Schema) -> Self {
        let block = schema.block.expect("a schema has a block");
        Self {
            version: schema.version,
            ty: block_type(&block),
            attributes: block.attributes,
        }
    }
}

fn block_type(block: &Block) -> Type {
    let attributes = block
        .attributes
        .iter()
        .map(|attribute| (attribute.name.clone(), attribute_type(attribute)));
    let blocks = block.block_types.iter().map(|nested| {
        let inner = Box::new(block_type(nested.block.as_ref().expect("a nested block has a block")));
        let ty = match nested.nesting() {
            BlockNesting::List => Type::List(inner),
            BlockNesting::Set => Type::Set(inner),
            BlockNesting::Map => Type::Map(inner),
            _ => *inner,
        };
        (nested.type_name.clone(), ty)
    });
    Type::Object(attributes.chain(blocks).collect())
}

/// The type of an attribute's value.
pub fn attribute_type(attribute: &Attribute) -> Type {
    let Some(nested) = &attribute.nested_type else {
        return Type::from_json(&attribute.r#type).expect("an attribute has a type");
    };
    let inner = nested
        .attributes
        .iter()
        .map(|attribute| (attribute.name.clone(), attribute_type(attribute)));
    let inner = Box::new(Type::Object(inner.collect()));
    match nested.nesting() {
        NestingMode::List => Type::List(inner),
        NestingMode::Set => Type::Set(inner),
        NestingMode::Map => Type::Map(inner),
        _ => *inner,
    }
}

/// A value on its way to the provider.
pub fn encode(value: &Value, ty: &Type) -> proto::DynamicValue {
    proto::DynamicValue {
        msgpack: msgpack::encode(value, ty).expect("the value is of its type"),
        json: Vec::new(),
    }
}

/// A value on its way back.
pub fn decode(value: Option<&proto::DynamicValue>, ty: &Type) -> Value {
    value.map_or(Value::Null, |value| {
        msgpack::decode(&value.msgpack, ty).expect("the answer is of its type")
    })
}

/// Titles of messages that tell of a bug of the provider.
const BUGS: [&str; 4] = [
    "Provider Panicked",
    "Provider Left Values Unknown",
    "Provider Returned Nothing",
    "Provider Produced Invalid Value",
];

/// Whether any of the messages is an error. None of them may tell of a bug.
pub fn has_errors(diagnostics: &[proto::Diagnostic]) -> bool {
    for diagnostic in diagnostics {
        assert!(!BUGS.contains(&diagnostic.summary.as_str()), "{diagnostic:?}");
    }
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity() == proto::diagnostic::Severity::Error)
}
