//! Actions: what they do to machines, what they say on the way, and what they say of each machine when they end.
//!
//! At the level of the protocol, since few hosts have actions; `hosts` runs them under one that has.

mod disk;
mod hosts;
mod power;

use serde_json::json;
use terraform_provider_paperspace::provider;
use terraform_provider_paperspace::sim::record::State;
use terraform_provider_paperspace::sim::{Config, MachineSeed, TimeMode};
use terraform_provider_paperspace::value::{Type, Value, msgpack};
use terraform_provider_paperspace::wire::proto::tfplugin6::invoke_action::event::Type as Event;
use terraform_provider_paperspace::wire::proto::tfplugin6::{self as proto, Diagnostic, DynamicValue};

use crate::support::cloud::Cloud;
use crate::support::session::Session;

/// What became of an action.
#[derive(Debug)]
struct Invoked {
    /// What it said on the way.
    lines: Vec<String>,
    /// What it said in the end.
    diagnostics: Vec<Diagnostic>,
}

impl Invoked {
    /// The lines, if it went well.
    #[track_caller]
    fn succeeds(self) -> Vec<String> {
        assert_eq!(self.diagnostics, [], "{:?}", self.lines);
        self.lines
    }

    /// Fails unless it ended with one error of this title, whose text has all of this in it.
    #[track_caller]
    fn fails_with(self, title: &str, parts: &[&str]) -> Self {
        let [error] = self.diagnostics.as_slice() else {
            panic!("{self:?}")
        };
        assert_eq!((error.summary.as_str(), error.severity), (title, 1), "{error:?}");
        for part in parts {
            assert!(error.detail.contains(part), "no {part:?} in {}", error.detail);
        }
        self
    }
}

/// A value of the action's `config` block in which what is not named is null.
fn config(action: &str, arguments: &[(&str, Value)]) -> DynamicValue {
    let server = provider::server();
    let found = server.action(action).unwrap_or_else(|error| panic!("{error:?}"));
    let Type::Object(attributes) = found.ty() else {
        panic!("a block is an object")
    };
    let value = |name: &String| {
        let given = arguments.iter().find(|(given, _)| given == name);
        (name.clone(), given.map_or(Value::Null, |(_, value)| value.clone()))
    };
    let config = Value::Object(attributes.keys().map(value).collect());
    for (name, _) in arguments {
        assert!(attributes.contains_key(*name), "{action} has no {name}");
    }
    DynamicValue {
        msgpack: msgpack::encode(&config, found.ty()).unwrap(),
        json: Vec::new(),
    }
}

/// Does what hosts do: validates, plans and invokes.
async fn invoke(session: &mut Session, action: &str, arguments: &[(&str, Value)]) -> Invoked {
    let config = Some(config(action, arguments));
    let validate = proto::validate_action_config::Request {
        type_name: action.to_owned(),
        config: config.clone(),
    };
    let validated = session
        .client
        .validate_action_config(validate)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(validated.diagnostics, []);
    let plan = proto::plan_action::Request {
        action_type: action.to_owned(),
        config: config.clone(),
        client_capabilities: None,
    };
    let planned = session.client.plan_action(plan).await.unwrap().into_inner();
    assert_eq!(planned, proto::plan_action::Response::default());
    let request = proto::invoke_action::Request {
        action_type: action.to_owned(),
        config,
        client_capabilities: None,
    };
    let mut events = session.client.invoke_action(request).await.unwrap().into_inner();
    let mut lines = Vec::new();
    let mut diagnostics = None;
    while let Some(event) = events.message().await.unwrap() {
        assert_eq!(diagnostics, None, "something came after the end");
        match event.r#type.expect("an event of some kind") {
            Event::Progress(progress) => lines.push(progress.message),
            Event::Completed(completed) => diagnostics = Some(completed.diagnostics),
        }
    }
    Invoked {
        lines,
        diagnostics: diagnostics.expect("an end"),
    }
}

/// The machine's argument.
fn machine(id: &str) -> (&'static str, Value) {
    ("machine_id", Value::string(id))
}

/// Several machines' argument.
fn machines(ids: &[&str]) -> (&'static str, Value) {
    let ids = ids.iter().map(|&id| Value::string(id));
    ("machine_ids", Value::Set(ids.collect()))
}

/// Machines of these ids in a state, in a cloud in which everything takes a look.
fn cloud(ids: &[&str], state: State) -> Cloud {
    let mut settings = Config {
        time: TimeMode::PerPoll { polls: 2 },
        ..Config::default()
    };
    let seed = |id: &&str| -> MachineSeed {
        let seed = json!({
            "id": id, "name": id, "machineType": "C5", "templateId": "tkni3aa4", "diskSize": 50, "region": "ny2",
        });
        let mut seed: MachineSeed = serde_json::from_value(seed).expect("a seed reads from JSON");
        seed.state = state;
        seed
    };
    settings.teams[0].seed.machines = ids.iter().map(seed).collect();
    Cloud::start(settings)
}

/// The states of all machines, in the order of their ids.
fn states(sim: &Cloud) -> Vec<State> {
    let mut machines = sim.world().machines;
    machines.sort_by(|a, b| a.id.cmp(&b.id));
    machines.iter().map(|machine| machine.state).collect()
}

/// How many events of a name there are.
fn events(sim: &Cloud, name: &str) -> usize {
    sim.world().events.iter().filter(|event| event.name == name).count()
}
