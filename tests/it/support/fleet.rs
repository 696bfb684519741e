//! Many machines: in the simulator, in a configuration and in a state, without the time that creating them would take.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _};
use serde_json::json;
use terraform_provider_paperspace::provider::{self, ADDRESS};
use terraform_provider_paperspace::server::Server;
use terraform_provider_paperspace::server::rpc::{ClientCapabilities, Configure, Read, ReadAnswer};
use terraform_provider_paperspace::sim::{Config, MachineSeed, Seed, Sim, TeamConfig, TimeMode};
use terraform_provider_paperspace::value::{Number, Type, Value, json};

use super::workspace::Workspace;

/// The resource's type.
pub const MACHINE: &str = "paperspace_machine";
/// How many reads are under way at a time, as Terraform has them.
const PARALLELISM: usize = 10;

/// The machine's id of that number.
pub fn id(number: usize) -> String {
    format!("psfleet{number}")
}

/// A simulator's configuration in which so many machines are running.
pub fn world(machines: usize) -> Config {
    let machine = |number| {
        let seed = json!({
            "id": id(number), "name": format!("node-{number}"), "machineType": "C5", "templateId": "tkni3aa4",
            "diskSize": 50, "region": "ny2"
        });
        serde_json::from_value::<MachineSeed>(seed).expect("a seed reads from JSON")
    };
    let seed = Seed {
        machines: (0..machines).map(machine).collect(),
        ..Seed::default()
    };
    Config {
        time: TimeMode::Immediate,
        teams: vec![TeamConfig {
            seed,
            ..TeamConfig::default()
        }],
        ..Config::default()
    }
}

/// A configuration of so many machines, with arguments of the provider block.
pub fn configuration(machines: usize, provider: &str) -> String {
    format!(
        r#"
provider "paperspace" {{
  region = "ny2"
  {provider}
}}

resource "paperspace_machine" "fleet" {{
  count        = {machines}
  name         = "node-${{count.index}}"
  machine_type = "C5"
  template_id  = "tkni3aa4"
  disk_size    = 50
}}
"#
    )
}

/// What a provider answers to a read of each of the simulator's machines, so many at a time, and the type of it.
pub async fn read(sim: &Sim, machines: usize, batch: bool) -> (Type, Vec<Value>) {
    let server = configured(sim, batch).await;
    let ty = server.resource(MACHINE).expect("the resource is there").ty().clone();
    let machine = |number| {
        let mut known = arguments(&format!("node-{number}"));
        known.push(("id", Value::string(id(number))));
        known.push(("deletion_protection", Value::Bool(false)));
        object(&ty, known)
    };
    let states = reads(&server, MACHINE, (0..machines).map(machine)).await;
    (ty, states)
}

/// Runs it to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be built").block_on(future)
}

/// A server of the provider that talks to the simulator.
pub async fn configured(sim: &Sim, batch: bool) -> Server {
    let server = provider::server();
    let settings = [
        ("api_url", Value::string(sim.url())),
        ("api_key", Value::string(sim.api_key())),
        ("batch_reads", Value::Bool(batch)),
    ];
    let configure = Configure {
        terraform_version: "1.11.0".to_owned(),
        config: object(server.provider_type(), settings),
        client: ClientCapabilities::default(),
    };
    let diagnostics = server.configure(configure).await;
    assert!(!diagnostics.has_errors(), "{diagnostics:?}");
    server
}

/// The states after a read of each of these.
pub async fn reads(server: &Server, type_name: &str, states: impl Iterator<Item = Value>) -> Vec<Value> {
    let resource = server.resource(type_name).expect("the resource is there");
    let reads = states.map(|state| {
        let read = Read {
            state,
            private: Vec::new(),
            identity: None,
            client: ClientCapabilities::default(),
        };
        resource.read(read)
    });
    let answers: Vec<_> = stream::iter(reads).buffered(PARALLELISM).collect().await;
    let state = |answer: ReadAnswer| {
        assert!(!answer.state.is_null(), "{:?}", answer.diagnostics);
        answer.state
    };
    answers.into_iter().map(state).collect()
}

/// The arguments of a machine of that name.
pub fn arguments(name: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("name", Value::string(name)),
        ("machine_type", Value::string("C5")),
        ("template_id", Value::string("tkni3aa4")),
        ("disk_size", Value::Number(Number::from(50_i64))),
        ("region", Value::string("ny2")),
    ]
}

/// An object of that type with these attributes, and with null for the others.
pub fn object(ty: &Type, attributes: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let Type::Object(types) = ty else {
        unreachable!("a block is an object")
    };
    let mut value: BTreeMap<_, _> = types.keys().map(|name| (name.clone(), Value::Null)).collect();
    value.extend(
        attributes
            .into_iter()
            .map(|(name, attribute)| (name.to_owned(), attribute)),
    );
    Value::Object(value)
}

/// Writes the state that the configuration's machines would have after an apply, and forgets the requests for it.
pub fn write_state(workspace: &Workspace, sim: &Sim, machines: usize) {
    let (ty, states) = block_on(read(sim, machines, true));
    sim.clear_requests();
    let instance = |(number, state): (usize, Value)| {
        let attributes = json::encode(&state, &ty).expect("a state can be encoded");
        let attributes: serde_json::Value = serde_json::from_slice(&attributes).expect("a state is JSON");
        json!({"index_key": number, "schema_version": 0, "sensitive_attributes": [], "attributes": attributes})
    };
    let state = json!({
        "version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "fleet", "outputs": {}, "check_results": null,
        "resources": [{
            "mode": "managed", "type": MACHINE, "name": "fleet",
            "provider": format!("provider[\"{ADDRESS}\"]"),
            "instances": states.into_iter().enumerate().map(instance).collect::<Vec<_>>(),
        }],
    });
    workspace.write("terraform.tfstate", &state.to_string());
}
