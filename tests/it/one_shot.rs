//! One request goes wrong once, and nobody notices: the first apply of every kind succeeds all the same, nothing is left over,
//! nothing is there twice, and the plan after it is empty.
//!
//! A run without faults tells which requests a phase makes. Each is then hit once by each kind of fault, with the timeouts that
//! everybody has. What may have made an object and did not is the one exception: there no apply can be certain, and it says so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use terraform_provider_paperspace::sim::{Config, Effect, Fault, SeenRequest, TimeMode, World};
use terraform_provider_paperspace::value::Value;

use crate::life::KINDS;
use crate::support::cloud::{self, Cloud};
use crate::support::host::Private;
use crate::support::session::Session;

/// What somebody else answers.
const PAGE: &str = "<html><title>Please wait</title></html>";

/// What goes wrong, and whether the service acted before.
fn effects() -> Vec<(&'static str, Effect, bool)> {
    let foreign = |code, body: &str, acted| Effect::Status {
        code,
        retry_after: None,
        body: Some(body.to_owned()),
        acted,
    };
    vec![
        ("dropped before it acted", Effect::DropBeforeAct, false),
        ("dropped after it acted", Effect::DropAfterAct, true),
        ("truncated", Effect::Truncate, true),
        ("a page of HTML", Effect::Garbage, true),
        ("a page of HTML under 403", foreign(403, PAGE, true), true),
        ("a page of HTML under 404", foreign(404, PAGE, true), true),
        ("an empty object", foreign(200, "{}", true), true),
        (
            "a redirect",
            Effect::Redirect("https://login.example/".to_owned()),
            false,
        ),
        ("429", Effect::retry_after(429, "0"), false),
        ("503", Effect::status(503), false),
        ("504 after it acted", Effect::status_after_act(504), true),
    ]
}

/// The effects by which the later requests of their kind are hit too: those that leave most doubt.
const LATER: [&str; 2] = ["dropped after it acted", "a page of HTML under 404"];

/// A kind with what is asked for at first, and what then.
#[derive(Clone)]
struct Scene {
    type_name: &'static str,
    before: Vec<(&'static str, Value)>,
    after: Vec<(&'static str, Value)>,
}

fn text(value: &str) -> Value {
    Value::string(value)
}

fn number(value: i64) -> Value {
    Value::Number(value.into())
}

fn set(values: &[&str]) -> Value {
    Value::Set(values.iter().map(|value| text(value)).collect())
}

/// Every kind, in the order of the registry.
fn scenes() -> Vec<Scene> {
    let host = || ("machine_id", text("ps0host"));
    let scene = |type_name, before, after| Scene {
        type_name,
        before,
        after,
    };
    let machine = |name, machine_type, disk, timeout, script, accessor| {
        vec![
            ("name", text(name)),
            ("machine_type", text(machine_type)),
            ("template_id", text("tkni3aa4")),
            ("disk_size", number(disk)),
            ("region", text("ny2")),
            ("auto_shutdown_enabled", Value::Bool(true)),
            ("auto_shutdown_timeout", number(timeout)),
            ("startup_script_id", text(script)),
            ("accessor_ids", set(&[accessor])),
        ]
    };
    vec![
        scene(
            "paperspace_machine",
            machine("before", "P4000", 50, 8, "scone", "u2member"),
            machine("after", "A4000", 100, 24, "sctwo", "u3guest"),
        ),
        scene(
            "paperspace_custom_template",
            vec![host(), ("name", text("before"))],
            vec![host(), ("name", text("after"))],
        ),
        scene(
            "paperspace_private_network",
            vec![("name", text("before")), ("region", text("ny2"))],
            vec![("name", text("after")), ("region", text("ny2"))],
        ),
        scene(
            "paperspace_public_ip",
            vec![("region", text("ny2"))],
            vec![("region", text("ny2"))],
        ),
        scene(
            "paperspace_public_ip_assignment",
            vec![("ip", text("203.0.113.7")), ("machine_id", text("ps0host"))],
            vec![("ip", text("203.0.113.7")), ("machine_id", text("ps0other"))],
        ),
        scene(
            "paperspace_shared_drive",
            vec![
                ("name", text("before")),
                ("size", number(50)),
                ("region", text("ny2")),
                ("network_id", text("nblue")),
            ],
            vec![
                ("name", text("after")),
                ("size", number(50)),
                ("region", text("ny2")),
                ("network_id", text("nblue")),
            ],
        ),
        scene(
            "paperspace_snapshot",
            vec![host(), ("name", text("before"))],
            vec![host(), ("name", text("after"))],
        ),
        scene(
            "paperspace_startup_script",
            vec![("name", text("before")), ("script", text("echo before"))],
            vec![
                ("name", text("after")),
                ("script", text("echo after")),
                ("is_enabled", Value::Bool(false)),
            ],
        ),
    ]
}

/// A cloud with all that the kinds need.
fn cloud(id_seed: u64) -> Cloud {
    let mut config = cloud::furnished(Config {
        time: TimeMode::PerPoll { polls: 1 },
        id_seed,
        ..Config::default()
    });
    for id in ["ps0host", "ps0other"] {
        let machine = json!({
            "id": id, "name": id, "machineType": "C5", "templateId": "tkni3aa4", "diskSize": 50, "region": "ny2",
            "state": "off"
        });
        let machine = serde_json::from_value(machine).expect("a seed reads from JSON");
        config.teams[0].seed.machines.push(machine);
    }
    let cloud = Cloud::start(config);
    cloud.edit(|world| {
        let address = json!({"ip": "203.0.113.7", "region": "ny2", "dtCreated": "2026-01-01T12:00:00.000Z"});
        world
            .public_ips
            .push(serde_json::from_value(address).expect("an address"));
    });
    cloud
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Create,
    Update,
    Delete,
}

/// An object as a host stores it.
#[derive(Clone)]
struct Stored {
    state: Value,
    identity: Option<Value>,
    private: Vec<u8>,
}

impl Stored {
    fn nothing() -> Self {
        Self {
            state: Value::Null,
            identity: None,
            private: Vec::new(),
        }
    }
}

/// Applies a configuration, null to destroy.
async fn apply(session: &mut Session, stored: &Stored, config: &Value) -> Result<Stored, String> {
    let private = Private {
        stored: &stored.private,
        planned: &[],
    };
    let identity = stored.identity.as_ref();
    let planned = session.plan_with(&stored.state, identity, private, config).await;
    if planned.failed() {
        return Err(format!("the plan fails: {:?}", planned.titles()));
    }
    if !planned.replaces.is_empty() {
        return Err(format!("the plan replaces: {:?}", planned.replaces));
    }
    let applied = session.apply_stored(&stored.state, private, &planned, config).await;
    if applied.failed() {
        return Err(format!("the apply fails: {:?}", applied.titles()));
    }
    Ok(Stored {
        state: applied.value,
        identity: applied.identity,
        private: applied.private,
    })
}

/// Reads and plans, which must come to nothing.
async fn is_at_rest(session: &mut Session, stored: &Stored, config: &Value) -> Result<(), String> {
    let read = session
        .read_with(&stored.state, stored.identity.as_ref(), &stored.private)
        .await;
    if read.failed() || read.value.is_null() {
        return Err(format!("it cannot be read: {:?}", read.titles()));
    }
    let private = Private {
        stored: &read.private,
        planned: &[],
    };
    let plan = session
        .plan_with(&read.value, read.identity.as_ref(), private, config)
        .await;
    if plan.failed() || plan.value != read.value {
        let differing = plan.value.as_object().into_iter().flatten();
        let differing: Vec<_> = differing
            .filter(|(name, value)| read.value.get(name) != Some(value))
            .map(|(name, value)| format!("{name}: {value:?} instead of {:?}", read.value.get(name)))
            .collect();
        return Err(format!("the plan is not empty: {:?} {differing:?}", plan.titles()));
    }
    Ok(())
}

/// The keys of all objects that exist, of every kind.
fn alive(world: &World) -> BTreeSet<String> {
    let world = serde_json::to_value(world).expect("a world can be saved");
    let mut found = BTreeSet::new();
    for kind in KINDS {
        for record in world[kind.records].as_array().into_iter().flatten() {
            if record["dtDeleted"].is_null() {
                found.insert(format!("{} {}", kind.records, record[kind.key]));
            }
        }
    }
    found
}

/// The request without the ids that differ between runs.
fn pattern(request: &SeenRequest) -> String {
    let mut segments: Vec<_> = request.path.split('/').collect();
    if segments.len() > 2 && segments[1] != "auth" {
        segments[2] = "*";
    }
    segments.join("/")
}

/// What a phase begins with.
struct Beginning {
    scene: Scene,
    phase: Phase,
    world: World,
    stored: Stored,
    /// How many objects there are afterwards.
    expected: usize,
}

impl Beginning {
    fn of(scene: &Scene, phase: Phase, world: World, stored: Stored, expected: usize) -> Self {
        Self {
            scene: scene.clone(),
            phase,
            world,
            stored,
            expected,
        }
    }

    fn config(&self, session: &Session) -> Value {
        match self.phase {
            Phase::Create => session.object(self.scene.before.clone()),
            Phase::Update => session.object(self.scene.after.clone()),
            Phase::Delete => Value::Null,
        }
    }

    /// Carries the phase out, under a fault if there is one, and says what is wrong then.
    async fn carry_out(&self, fault: Option<Fault>) -> Result<Vec<SeenRequest>, String> {
        // What is made now has other identifiers than what was made before.
        let cloud = cloud(2);
        cloud.edit(|world| world.clone_from(&self.world));
        let mut session = Session::with_type(&cloud, self.scene.type_name).await;
        cloud.clear_requests();
        if let Some(fault) = fault {
            cloud.faults().add(fault);
        }
        let config = self.config(&session);
        let outcome = apply(&mut session, &self.stored, &config).await;
        let requests = cloud.requests();
        cloud.faults().clear();
        cloud.finish_all();
        let verdict = async {
            let stored = outcome?;
            let there = alive(&cloud.world());
            if there.len() != self.expected {
                return Err(format!(
                    "{} objects are there and not {}: {there:?}",
                    there.len(),
                    self.expected
                ));
            }
            match self.phase {
                Phase::Delete if stored.state.is_null() => Ok(()),
                Phase::Delete => Err("it is still in the state".to_owned()),
                _ => is_at_rest(&mut session, &stored, &config).await,
            }
        };
        let verdict = verdict.await;
        session.end().await;
        verdict.map(|()| requests)
    }
}

/// What each phase of a kind begins with.
async fn beginnings(scene: &Scene) -> Vec<Beginning> {
    let cloud = cloud(1);
    let nothing = cloud.world();
    let mut session = Session::with_type(&cloud, scene.type_name).await;
    let config = session.object(scene.before.clone());
    let stored = apply(&mut session, &Stored::nothing(), &config).await.unwrap();
    session.end().await;
    cloud.finish_all();
    let made = cloud.world();
    let (without, with) = (alive(&nothing).len(), alive(&made).len());
    let mut beginnings = vec![Beginning::of(scene, Phase::Create, nothing, Stored::nothing(), with)];
    if scene.before != scene.after {
        beginnings.push(Beginning::of(scene, Phase::Update, made.clone(), stored.clone(), with));
    }
    beginnings.push(Beginning::of(scene, Phase::Delete, made, stored, without));
    beginnings
}

/// A case: what begins, what it is called, and the fault.
type Case<'a> = (&'a Beginning, String, Fault);

/// Whether nobody can know what became of a request: it would have made something, and did not.
fn is_hopeless(method: &str, path: &str, acted: bool, effect: &Effect) -> bool {
    let makes = method == "POST" && path.matches('/').count() == 1;
    let refused = matches!(effect, Effect::Status { code: 429, .. });
    makes && !acted && !refused
}

/// What a phase can be hit by.
async fn cases(beginning: &Beginning) -> Vec<Case<'_>> {
    let requests = beginning.carry_out(None).await;
    let requests =
        requests.unwrap_or_else(|wrong| panic!("{} {:?}: {wrong}", beginning.scene.type_name, beginning.phase));
    let mut counts: BTreeMap<(String, String), u32> = BTreeMap::new();
    let mut cases = Vec::new();
    for request in &requests {
        let kind = (request.method.clone(), pattern(request));
        let nth = counts.entry(kind.clone()).or_default();
        *nth += 1;
        let (method, path) = kind;
        for (name, effect, acted) in effects() {
            let is_hit = *nth == 1 || LATER.contains(&name);
            if !is_hit || is_hopeless(&method, &path, acted, &effect) {
                continue;
            }
            let told = format!(
                "{} {:?}: {method} {path} no. {nth} {name}",
                beginning.scene.type_name, beginning.phase
            );
            cases.push((beginning, told, Fault::on(&method, path.clone(), effect).nth(*nth)));
        }
    }
    cases
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be built").block_on(work)
}

#[test]
fn one_fault_anywhere_costs_no_kind_its_first_apply() {
    let beginnings: Vec<_> = block_on(async {
        let mut all = Vec::new();
        for scene in scenes() {
            all.extend(beginnings(&scene).await);
        }
        all
    });
    let cases: Vec<_> = block_on(async {
        let mut all = Vec::new();
        for beginning in &beginnings {
            all.extend(cases(beginning).await);
        }
        all
    });
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((beginning, told, fault)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = block_on(beginning.carry_out(Some(fault.clone()))) {
                        wrong
                            .lock()
                            .expect("no thread panicked")
                            .push(format!("== {told}\n{error}"));
                    }
                }
            });
        }
    });
    eprintln!("{} cases", cases.len());
    let wrong = wrong.into_inner().expect("no thread panicked");
    assert!(
        wrong.is_empty(),
        "{} of {} cases went wrong:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_managed_kind_has_a_scene() {
    let server = terraform_provider_paperspace::provider::server();
    let kinds = server.registry().resources().map(|resource| resource.type_name());
    assert_eq!(
        scenes().iter().map(|scene| scene.type_name).collect::<Vec<_>>(),
        kinds.collect::<Vec<_>>()
    );
}
