//! What waiting costs: how many requests a machine takes from the question whether its name is taken until it is known to be
//! ready, with looks that all share and, beside them, with `batch_reads = false`, where each asks for itself.
//!
//! `cargo bench --bench waits` prints them. The provider is the real one and the service the simulator, both twenty times as
//! fast as life, so that the figures are there within a minute. Nothing is asserted: the counts depend a little on the
//! computer. What must hold is held by unit tests, in paused time.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

use std::process::{Command, exit};
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _};
use terraform_provider_paperspace::provider;
use terraform_provider_paperspace::server::rpc::{Apply, ClientCapabilities, Configure, Plan};
use terraform_provider_paperspace::sim::{Config, Effect, Fault, Sim, TimeMode};
use terraform_provider_paperspace::value::Value;

#[path = "../tests/it/support"]
mod support {
    #[expect(dead_code, reason = "the tests use more of it")]
    pub mod fleet;
    #[expect(dead_code, reason = "the tests use more of it")]
    pub mod workspace;
}

use support::fleet;

/// How many times as fast as life all goes.
const SPEED: u32 = 20;
/// What tells the provider so: the first delay of its usual pace, a second, in that time.
const PACE: (&str, &str) = ("PAPERSPACE_POLL_INTERVAL", "50ms");
/// How long the simulator works on a new machine.
const WORK: f64 = 60.0;

/// Machines that are made.
struct Batch {
    machines: usize,
    parallelism: usize,
    /// How long each takes, in seconds of life.
    seconds: u32,
}

fn main() {
    if std::env::var(PACE.0).as_deref() != Ok(PACE.1) {
        // The provider reads it from its own environment, which is to be there before anything runs.
        let program = std::env::current_exe().expect("a program knows where it is");
        let again = Command::new(program).env(PACE.0, PACE.1).status();
        exit(again.ok().and_then(|status| status.code()).unwrap_or(1));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be built");
    println!("\nRequests a machine, at 20 ms each, and how much longer than the machine its create took");
    println!("  {:<44} {:>20} {:>24}", "", "shared looks", "batch_reads = false");
    for (machines, parallelism, seconds) in [(60, 60, 40), (60, 10, 40), (1, 1, 40), (1, 1, 300)] {
        let batch = Batch {
            machines,
            parallelism,
            seconds,
        };
        let [shared, own] = [true, false].map(|shared| runtime.block_on(made(&batch, shared)));
        let what = format!("{machines} machines of {seconds} s, {parallelism} at a time");
        println!("  {what:<44} {shared:>20} {own:>24}");
    }
}

/// Makes the machines, and tells what that cost.
async fn made(batch: &Batch, shared: bool) -> String {
    let sim = Sim::spawn(Config {
        time: TimeMode::Auto {
            speed: WORK / f64::from(batch.seconds) * f64::from(SPEED),
        },
        ..Config::default()
    });
    let sim = sim.expect("a simulator can be started");
    sim.faults()
        .add(Fault::on("*", "/**", Effect::Delay(u64::from(20 / SPEED))));
    let server = provider::server();
    let settings = [
        ("api_url", Value::string(sim.url())),
        ("api_key", Value::string(sim.api_key())),
        ("batch_reads", Value::Bool(shared)),
        ("plan_checks", Value::Bool(false)),
    ];
    let configured = server.configure(Configure {
        terraform_version: "1.11.0".to_owned(),
        config: fleet::object(server.provider_type(), settings),
        client: ClientCapabilities::default(),
    });
    assert!(!configured.await.has_errors());
    let resource = server.resource(fleet::MACHINE).expect("the resource is there");
    let create = async |number: usize| {
        let config = fleet::object(resource.ty(), fleet::arguments(&format!("node-{number}")));
        let plan = resource.plan(Plan {
            prior: Value::Null,
            proposed: config.clone(),
            config: config.clone(),
            private: Vec::new(),
            identity: None,
            planned_private: Vec::new(),
            client: ClientCapabilities::default(),
        });
        let plan = plan.await;
        let begun = Instant::now();
        let apply = resource.apply(Apply {
            prior: Value::Null,
            planned: plan.planned,
            config,
            private: plan.private,
            identity: plan.identity,
        });
        let applied = apply.await;
        assert!(!applied.diagnostics.has_errors(), "{:?}", applied.diagnostics);
        begun.elapsed()
    };
    let creates = stream::iter(0..batch.machines).map(create);
    let took: Vec<Duration> = creates.buffer_unordered(batch.parallelism).collect().await;
    let longest = took.into_iter().max().unwrap_or_default() * SPEED;
    let late = longest.saturating_sub(Duration::from_secs(u64::from(batch.seconds)));
    let requests = sim.requests().len() as f64 / batch.machines as f64;
    format!("{requests:.1}, {:.1} s", late.as_secs_f64())
}
