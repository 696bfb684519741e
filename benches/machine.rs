//! How long things take: what a machine costs by itself, what a refresh of a thousand costs with and without batching, and
//! what a whole plan of a thousand costs under a real Terraform.
//!
//! `cargo bench --bench machine` prints medians side by side with their ratio to the first of each group. Nothing is
//! asserted: the numbers depend on the computer.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use terraform_provider_paperspace::provider;
use terraform_provider_paperspace::server::Server;
use terraform_provider_paperspace::server::rpc::{ClientCapabilities, Configure, Plan, Read};
use terraform_provider_paperspace::sim::{Effect, Fault};
use terraform_provider_paperspace::value::{Number, Type, Value, msgpack};

#[path = "../tests/it/support"]
mod support {
    pub mod fleet;
    #[expect(dead_code, reason = "the tests use more of it")]
    pub mod workspace;
}

use support::fleet;
use support::workspace::Workspace;

/// How many machines make a fleet.
const FLEET: usize = 1000;
/// How many reads or plans Terraform has under way at a time.
const PARALLELISM: usize = 10;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be built");
    one_machine(&runtime);
    refreshes(&runtime);
    whole_plans();
}

/// A group of figures, printed as they come.
struct Group {
    first: Option<Duration>,
}

impl Group {
    fn new(title: &str) -> Self {
        println!("\n{title}");
        Self { first: None }
    }

    fn print(&mut self, name: &str, median: Duration) {
        let first = *self.first.get_or_insert(median);
        let ratio = median.as_secs_f64() / first.as_secs_f64();
        println!("  {name:<44} {median:>12.2?} {ratio:>8.2} x");
    }
}

/// The median of the times that so many runs take.
fn median(runs: usize, mut run: impl FnMut()) -> Duration {
    let mut times: Vec<_> = (0..runs)
        .map(|_| {
            let started = Instant::now();
            run();
            started.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

/// The wire type of the resource, and a value of it with these attributes and null for the others.
fn machine(server: &Server, attributes: &[(&str, Value)]) -> (Type, Value) {
    let ty = server
        .resource("paperspace_machine")
        .expect("the resource is there")
        .ty()
        .clone();
    let Type::Object(types) = &ty else {
        unreachable!("a block is an object")
    };
    let mut value: std::collections::BTreeMap<_, _> = types.keys().map(|name| (name.clone(), Value::Null)).collect();
    for (name, attribute) in attributes {
        value.insert((*name).to_owned(), attribute.clone());
    }
    (ty, Value::Object(value))
}

fn arguments() -> Vec<(&'static str, Value)> {
    vec![
        ("name", Value::string("node")),
        ("machine_type", Value::string("C5")),
        ("template_id", Value::string("tkni3aa4")),
        ("disk_size", Value::Number(Number::from(50_i64))),
        ("region", Value::string("ny2")),
    ]
}

fn one_machine(runtime: &tokio::runtime::Runtime) {
    const TIMES: u32 = 1000;
    let server = provider::server();
    let (ty, config) = machine(&server, &arguments());
    let plan = || Plan {
        prior: Value::Null,
        proposed: config.clone(),
        config: config.clone(),
        private: Vec::new(),
        identity: None,
        client: ClientCapabilities::default(),
    };
    let planned = runtime.block_on(server.plan("paperspace_machine", plan())).planned;
    let bytes = msgpack::encode(&planned, &ty).expect("a planned machine can be encoded");
    let mut group = Group::new("One machine to be created");
    let decode = median(25, || {
        for _ in 0..TIMES {
            black_box(msgpack::decode(black_box(&bytes), &ty)).expect("what was encoded can be decoded");
        }
    });
    group.print("decode", decode / TIMES);
    let encode = median(25, || {
        for _ in 0..TIMES {
            black_box(msgpack::encode(black_box(&planned), &ty)).expect("a planned machine can be encoded");
        }
    });
    group.print("encode", encode / TIMES);
    let planning = median(25, || {
        for _ in 0..TIMES {
            black_box(runtime.block_on(server.plan("paperspace_machine", plan())));
        }
    });
    group.print("plan", planning / TIMES);
}

fn refreshes(runtime: &tokio::runtime::Runtime) {
    let sim = fleet::sim(FLEET);
    sim.faults().add(Fault::on("GET", "/machines", Effect::Delay(100)));
    sim.faults().add(Fault::on("GET", "/machines/*", Effect::Delay(100)));
    let mut group = Group::new("1,000 machines refreshed, 10 at a time, where each request takes 100 ms");
    for batch in [true, false] {
        let mut requests = 0;
        let time = median(3, || {
            sim.clear_requests();
            runtime.block_on(refresh(&sim.url(), &sim.api_key(), batch));
            requests = sim.requests().len();
        });
        let how = if batch { "batched" } else { "one by one" };
        group.print(&format!("{how}, {requests} requests"), time);
    }
}

async fn refresh(url: &str, key: &str, batch: bool) {
    let server = provider::server();
    let Type::Object(types) = server.provider_type().clone() else {
        unreachable!("a block is an object")
    };
    let mut config: std::collections::BTreeMap<_, _> = types.into_keys().map(|name| (name, Value::Null)).collect();
    config.insert("api_url".to_owned(), Value::string(url));
    config.insert("api_key".to_owned(), Value::string(key));
    config.insert("batch_reads".to_owned(), Value::Bool(batch));
    let configure = Configure {
        terraform_version: "1.11.0".to_owned(),
        config: Value::Object(config),
        client: ClientCapabilities::default(),
    };
    let diagnostics = server.configure(configure).await;
    assert!(!diagnostics.has_errors(), "{diagnostics:?}");
    let reads = stream::iter(0..FLEET).map(|number| {
        let mut attributes = arguments();
        attributes.push(("id", Value::string(fleet::id(number))));
        let read = Read {
            state: machine(&server, &attributes).1,
            private: Vec::new(),
            identity: None,
            client: ClientCapabilities::default(),
        };
        server.read("paperspace_machine", read)
    });
    let answers: Vec<_> = reads.buffer_unordered(PARALLELISM).collect().await;
    let read = answers
        .iter()
        .filter(|answer| !answer.state.is_null() && answer.diagnostics.is_empty());
    assert_eq!(read.count(), FLEET);
}

fn whole_plans() {
    let sim = fleet::sim(FLEET);
    let Some(workspace) = Workspace::new(&sim) else { return };
    let mut group = Group::new("A plan of 1,000 under a real Terraform, everything counted");
    let mut plan = |name: &str, configuration: &str, code: i32| {
        workspace.configure(configuration);
        let time = median(3, || {
            let run = workspace.plan();
            assert_eq!(run.code, code, "{}", run.text());
        });
        group.print(name, time);
    };
    let none = "resource \"terraform_data\" \"fleet\" {\n  count = 1000\n  input = \"node-${count.index}\"\n}\n";
    plan("new terraform_data, which needs no provider", none, 2);
    plan("new machines", &fleet::configuration(FLEET, ""), 2);
    plan(
        "new machines without plan_checks",
        &fleet::configuration(FLEET, "plan_checks = false"),
        2,
    );
    fleet::write_state(&workspace, FLEET);
    plan("unchanged machines, batched", &fleet::configuration(FLEET, ""), 0);
    plan(
        "unchanged machines, one by one",
        &fleet::configuration(FLEET, "batch_reads = false"),
        0,
    );
}
