//! Whole operations of the provider against a simulator in this process: what is sent, in which order, and what is then in
//! the state. It stands below any host, so that a wrong decision shows here and not first under Terraform.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::time::timeout;

use super::config::{self, Environment, ProviderConfig};
use super::{Configured, Paperspace};
use crate::diag::Diagnostics;
use crate::server::rpc::{Apply, ClientCapabilities, Configure, Import, Plan, Read};
use crate::server::{Configuration, Provider, Registry, Server};
use crate::sim::{Config, DEFAULT_KEY, SeenRequest, Sim, TimeMode};
use crate::value::{Type, Value, json};

/// A wait that does not end by itself is a fault, and is not to hold the tests up for the minutes that it is allowed.
const STUCK: Duration = Duration::from_secs(60);

/// The provider as it is set up for a simulator that is much quicker than the service.
struct Hurried;

/// An environment in which nothing is but the pace.
struct Pace;

impl Environment for Pace {
    fn var(&self, name: &str) -> Option<String> {
        (name == config::POLL_INTERVAL).then(|| "1ms".to_owned())
    }

    fn home(&self) -> Option<PathBuf> {
        None
    }
}

impl Provider for Hurried {
    type Model = ProviderConfig;
    type Configured = Configured;

    fn validate_config(&self, config: &ProviderConfig) -> Diagnostics {
        Paperspace.validate_config(config)
    }

    fn configure(&self, config: &ProviderConfig, version: &str) -> Result<Configuration<Configured>, Diagnostics> {
        config::configure(config, &Pace, version)
    }

    fn registry(&self) -> Registry {
        Paperspace.registry()
    }
}

/// A simulator, and a provider that is configured for it.
pub(super) struct Trial {
    pub sim: Sim,
    server: Server,
    /// The arguments of the provider block.
    block: Json,
}

/// What a state holds of one resource.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub state: Value,
    pub private: Vec<u8>,
    pub identity: Option<Value>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            state: Value::Null,
            private: Vec::new(),
            identity: None,
        }
    }
}

/// What became of a plan, or of a plan and its apply.
#[derive(Debug)]
pub(super) struct Told {
    /// What is in the state afterwards; after a plan alone, what was before.
    pub known: Known,
    /// What was planned; null to destroy.
    pub planned: Value,
    /// The paths that need a new object.
    pub replaced: Vec<String>,
    /// The titles of all that was said, in order, each with `error` or `warning` before it.
    pub said: Vec<String>,
    /// The requests that change something, such as `POST /machines`.
    pub writes: Vec<String>,
    /// The requests that only ask.
    pub reads: Vec<String>,
}

impl Trial {
    /// A simulator whose operations are seen under way once.
    pub async fn new() -> Self {
        Self::with(json!({})).await
    }

    /// The same, with these arguments in the provider block.
    pub async fn with(arguments: Json) -> Self {
        let config = Config {
            time: TimeMode::PerPoll { polls: 1 },
            ..Config::default()
        };
        let sim = Sim::spawn(config).unwrap();
        let mut block = json!({"api_key": DEFAULT_KEY, "api_url": sim.url(), "region": "ny2"});
        let given = arguments.as_object().unwrap().clone();
        block.as_object_mut().unwrap().extend(given);
        let server = configured(&block).await;
        Self { sim, server, block }
    }

    /// What follows is another run, which knows nothing of the one before.
    pub async fn begin_another_run(&mut self) {
        self.server = configured(&self.block).await;
    }

    /// Plans to come from what is known to a configuration, which is null to destroy.
    pub async fn plan(&self, type_name: &str, known: &Known, config: &Json) -> Told {
        self.carry_out(type_name, known, config, false).await
    }

    /// Plans, and applies unless the plan is an error.
    pub async fn apply(&self, type_name: &str, known: &Known, config: &Json) -> Told {
        self.carry_out(type_name, known, config, true).await
    }

    async fn carry_out(&self, type_name: &str, known: &Known, config: &Json, applies: bool) -> Told {
        let resource = self.server.resource(type_name).unwrap();
        let config = decoded(config, resource.ty());
        self.sim.clear_requests();
        let plan = Plan {
            prior: known.state.clone(),
            proposed: config.clone(),
            config: config.clone(),
            private: known.private.clone(),
            identity: known.identity.clone(),
            planned_private: Vec::new(),
            client: ClientCapabilities::default(),
        };
        let plan = timeout(STUCK, resource.plan(plan)).await.unwrap();
        let mut told = Told {
            known: known.clone(),
            replaced: plan.requires_replace.iter().map(ToString::to_string).collect(),
            said: titles(&plan.diagnostics),
            planned: plan.planned.clone(),
            writes: Vec::new(),
            reads: Vec::new(),
        };
        if applies && !plan.diagnostics.has_errors() {
            let apply = Apply {
                prior: known.state.clone(),
                planned: plan.planned,
                config,
                private: plan.private,
                identity: plan.identity,
            };
            let applied = timeout(STUCK, resource.apply(apply)).await.unwrap();
            told.said.extend(titles(&applied.diagnostics));
            told.known = Known {
                state: applied.state,
                private: applied.private,
                identity: applied.identity,
            };
        }
        (told.reads, told.writes) = self.requests();
        told
    }

    /// What a read makes of what is known.
    pub async fn read(&self, type_name: &str, known: &Known) -> Told {
        self.sim.clear_requests();
        let read = Read {
            state: known.state.clone(),
            private: known.private.clone(),
            identity: known.identity.clone(),
            client: ClientCapabilities::default(),
        };
        let resource = self.server.resource(type_name).unwrap();
        let answer = timeout(STUCK, resource.read(read)).await.unwrap();
        let (reads, writes) = self.requests();
        Told {
            known: Known {
                state: answer.state,
                private: answer.private,
                identity: answer.identity,
            },
            planned: Value::Null,
            replaced: Vec::new(),
            said: titles(&answer.diagnostics),
            reads,
            writes,
        }
    }

    /// Takes an object over from the service, by its id.
    pub async fn import(&self, type_name: &str, id: &str) -> Told {
        self.sim.clear_requests();
        let import = Import {
            id: id.to_owned(),
            identity: None,
            client: ClientCapabilities::default(),
        };
        let resource = self.server.resource(type_name).unwrap();
        let answer = timeout(STUCK, resource.import(import)).await.unwrap();
        let imported = answer.imported.into_iter().next();
        let (reads, writes) = self.requests();
        Told {
            known: imported.map_or_else(Known::default, |imported| Known {
                state: imported.state,
                private: imported.private,
                identity: imported.identity,
            }),
            planned: Value::Null,
            replaced: Vec::new(),
            said: titles(&answer.diagnostics),
            reads,
            writes,
        }
    }

    /// The requests that only ask, and those that do not.
    fn requests(&self) -> (Vec<String>, Vec<String>) {
        let requests = self.sim.requests().into_iter();
        let (reads, writes): (Vec<_>, _) = requests.partition(|request| request.method == "GET");
        let named = |requests: Vec<SeenRequest>| {
            let named = requests
                .iter()
                .map(|request| format!("{} {}", request.method, request.path));
            named.collect()
        };
        (named(reads), named(writes))
    }
}

/// A provider with this provider block.
async fn configured(block: &Json) -> Server {
    let server = Server::new(Hurried);
    let configure = Configure {
        terraform_version: "1.11.4".to_owned(),
        config: decoded(block, server.provider_type()),
        client: ClientCapabilities::default(),
    };
    let diagnostics = server.configure(configure).await;
    assert!(!diagnostics.has_errors(), "{diagnostics:?}");
    server
}

impl Known {
    /// An attribute as JSON.
    pub fn get(&self, name: &str) -> Json {
        get(&self.state, name)
    }
}

/// An attribute of an object as JSON; an unknown one is `"?"`.
pub(super) fn get(object: &Value, name: &str) -> Json {
    let Value::Object(attributes) = object else {
        return Json::Null;
    };
    match &attributes[name] {
        Value::Unknown(_) => json!("?"),
        Value::String(text) => json!(text.as_str()),
        Value::Bool(truth) => json!(truth),
        Value::Number(number) => json!(number.to_f64()),
        Value::Null => Json::Null,
        other => json!(format!("{other:?}")),
    }
}

fn titles(diagnostics: &Diagnostics) -> Vec<String> {
    let severity = |error| if error { "error" } else { "warning" };
    let title = |told: &crate::diag::Diagnostic| format!("{}: {}", severity(told.is_error()), told.summary);
    diagnostics.iter().map(title).collect()
}

/// A value of that type from what JSON says of it; what it leaves out is null.
fn decoded(given: &Json, ty: &Type) -> Value {
    let (Json::Object(given), Type::Object(types)) = (given, ty) else {
        return Value::Null;
    };
    for name in given.keys() {
        assert!(types.contains_key(name), "there is no `{name}`");
    }
    let attribute = |(name, ty): (&String, &Type)| {
        let text = given.get(name).unwrap_or(&Json::Null).to_string();
        (name.clone(), json::decode(text.as_bytes(), ty).unwrap())
    };
    Value::Object(types.iter().map(attribute).collect())
}
