//! How long things take: what a machine costs by itself, what a refresh of a thousand costs with and without batching, and
//! what a whole plan of a thousand costs under a real Terraform, the provider's own part apart.
//!
//! `cargo bench --bench machine` prints medians side by side with their ratio to the first of each group. Nothing is
//! asserted: the numbers depend on the computer.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use terraform_provider_paperspace::provider;
use terraform_provider_paperspace::server::rpc::{ClientCapabilities, Plan};
use terraform_provider_paperspace::sim::{Effect, Fault, Sim};
use terraform_provider_paperspace::value::{Value, msgpack};
use tokio::runtime::Runtime;

#[path = "../tests/it/support"]
mod support {
    pub mod fleet;
    #[expect(dead_code, reason = "the tests use more of it")]
    pub mod workspace;
}

use support::fleet;
use support::workspace::{PROVIDER, Workspace};

/// How many machines make a fleet.
const FLEET: usize = 1000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be built");
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

    fn print(&mut self, name: &str, median: Duration, remark: &str) {
        let first = *self.first.get_or_insert(median);
        let ratio = median.as_secs_f64() / first.as_secs_f64();
        println!("  {name:<44} {median:>12.2?} {ratio:>8.2} x  {remark}");
    }
}

/// The middle one.
fn median<T: PartialOrd + Copy>(mut values: Vec<T>) -> T {
    values.sort_by(|a, b| a.partial_cmp(b).expect("figures have an order"));
    values[values.len() / 2]
}

/// The median of the times that so many runs take.
fn timed(runs: usize, mut run: impl FnMut()) -> Duration {
    let time = |_| {
        let started = Instant::now();
        run();
        started.elapsed()
    };
    median((0..runs).map(time).collect())
}

fn one_machine(runtime: &Runtime) {
    const TIMES: u32 = 1000;
    let server = provider::server();
    let resource = server.resource(fleet::MACHINE).expect("the resource is there");
    let ty = resource.ty();
    let config = fleet::object(ty, fleet::arguments("node"));
    let plan = || Plan {
        prior: Value::Null,
        proposed: config.clone(),
        config: config.clone(),
        private: Vec::new(),
        identity: None,
        planned_private: Vec::new(),
        client: ClientCapabilities::default(),
    };
    let planned = runtime.block_on(resource.plan(plan())).planned;
    let bytes = msgpack::encode(&planned, ty).expect("a planned machine can be encoded");
    let mut group = Group::new("One machine to be created");
    let mut many =
        |name: &str, run: &dyn Fn()| group.print(name, timed(25, || (0..TIMES).for_each(|_| run())) / TIMES, "");
    many("decode", &|| {
        black_box(msgpack::decode(black_box(&bytes), ty)).expect("what was encoded can be decoded");
    });
    many("encode", &|| {
        black_box(msgpack::encode(black_box(&planned), ty)).expect("a planned machine can be encoded");
    });
    many("plan", &|| {
        black_box(runtime.block_on(resource.plan(plan())));
    });
}

fn refreshes(runtime: &Runtime) {
    let sim = Sim::spawn(fleet::world(FLEET)).expect("a simulator can be started");
    for path in ["/machines", "/machines/*"] {
        sim.faults().add(Fault::on("GET", path, Effect::Delay(100)));
    }
    let mut group = Group::new("1,000 machines refreshed, 10 at a time, where each request takes 100 ms");
    for (name, batch) in [("batched", true), ("one by one", false)] {
        let time = timed(3, || {
            sim.clear_requests();
            runtime.block_on(fleet::read(&sim, FLEET, batch));
        });
        group.print(name, time, &format!("{} requests", sim.requests().len()));
    }
}

fn whole_plans() {
    let sim = Sim::spawn(fleet::world(FLEET)).expect("a simulator can be started");
    let Some(workspace) = Workspace::new(&sim) else { return };
    let measured = measure(&workspace);
    let mut group = Group::new("A plan of 1,000 under a real Terraform");
    let mut plan = |name: &str, configuration: &str, code: i32| {
        workspace.configure(configuration);
        let mut parts = Vec::new();
        let time = timed(5, || {
            workspace.write(USAGE, "");
            sim.clear_requests();
            let run = workspace.plan();
            assert_eq!(run.code, code, "{}", run.text());
            parts.extend(usage(&workspace));
        });
        let mut remark = format!("{} requests", sim.requests().len());
        if !parts.is_empty() {
            let seconds = median(parts.iter().map(|part| part.0).collect());
            let mebibytes = median(parts.iter().map(|part| part.1).collect());
            remark.push_str(&format!(
                ", the provider {seconds:.2} s of CPU and {mebibytes:.0} MiB at most"
            ));
        }
        group.print(name, time, &remark);
    };
    let none = "resource \"terraform_data\" \"fleet\" {\n  count = 1000\n  input = \"node-${count.index}\"\n}\n";
    plan("new terraform_data, which Terraform has itself", none, 2);
    plan("new machines", &fleet::configuration(FLEET, ""), 2);
    plan(
        "new machines, no plan_checks",
        &fleet::configuration(FLEET, "plan_checks = false"),
        2,
    );
    workspace.configure(none);
    workspace.apply().succeeds();
    plan("unchanged terraform_data", none, 0);
    fleet::write_state(&workspace, &sim, FLEET);
    plan("unchanged machines, batched", &fleet::configuration(FLEET, ""), 0);
    plan(
        "unchanged machines, one by one",
        &fleet::configuration(FLEET, "batch_reads = false"),
        0,
    );
    if !measured {
        println!("  (The provider's own part is measured where there is /usr/bin/time of GNU.)");
    }
}

/// Where the provider's processes leave what they used.
const USAGE: &str = "usage.txt";

/// Puts GNU time between Terraform and the provider. `false` where there is none.
fn measure(workspace: &Workspace) -> bool {
    #[cfg(unix)]
    if std::path::Path::new("/usr/bin/time").is_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let usage = workspace.path().join(USAGE);
        let script = "measured/terraform-provider-paperspace";
        workspace.write(
            script,
            &format!("#!/bin/sh\nexec /usr/bin/time -a -o {usage:?} -f '%U %S %M' {PROVIDER:?} \"$@\"\n"),
        );
        let script = workspace.path().join(script);
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("a script can be run");
        let folder = workspace.path().join("measured");
        workspace.write(
            "cli.tfrc",
            &format!(
                "provider_installation {{\n  dev_overrides {{ \"paperspace-rs/paperspace\" = {folder:?} }}\n  direct {{}}\n}}\n"
            ),
        );
        return true;
    }
    false
}

/// The seconds of CPU that the provider's processes used together, and the most mebibytes that one of them had.
fn usage(workspace: &Workspace) -> Option<(f64, f64)> {
    let text = std::fs::read_to_string(workspace.path().join(USAGE)).unwrap_or_default();
    let process = |line: &str| {
        let figures: Vec<f64> = line.split(' ').filter_map(|figure| figure.parse().ok()).collect();
        <[f64; 3]>::try_from(figures).ok()
    };
    let processes: Vec<_> = text.lines().filter_map(process).collect();
    let seconds = processes.iter().map(|[user, system, _]| user + system).sum();
    let kibibytes = processes.iter().map(|[.., memory]| *memory).reduce(f64::max)?;
    Some((seconds, kibibytes / 1024.0))
}
