//! Leads a host and a [toy](super::toys) provider through whole lives: random schemas and configurations, values that are
//! known only in apply, and code that behaves as badly as code can. Whatever that code does, a host takes every answer.

use futures_util::stream::{self, StreamExt as _};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use terraform_provider_paperspace::server::Server;
use terraform_provider_paperspace::value::{Value, json};
use terraform_provider_paperspace::wire;
use terraform_provider_paperspace::wire::proto::tfplugin6 as proto;
use tonic::transport::Endpoint;

use super::lives::{Life, Step, life};
use super::toys::{self, Habit, THING, ToyProvider};
use crate::support::host::{Answer, Host, Private};
use crate::support::judged;

/// An object as a host has stored it; nothing where the value is null.
#[derive(Clone, Debug, Default)]
struct Stored {
    value: Value,
    identity: Option<Value>,
    private: Vec<u8>,
}

impl Stored {
    /// What a host stores after an answer: beside an error nothing is forgotten that it knew.
    fn after(self, answer: Answer) -> Self {
        if answer.value.is_null() && answer.failed() {
            return self;
        }
        Self {
            value: answer.value,
            identity: answer.identity,
            private: answer.private,
        }
    }
}

/// A host of a provider in this process.
async fn host(habits: &[Habit]) -> Host {
    let service = wire::service(Server::new(ToyProvider(habits.to_vec())));
    let (near, far) = tokio::io::duplex(1 << 16);
    let incoming = stream::iter([Ok::<_, std::io::Error>(far)]).chain(stream::pending());
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(service)
            .serve_with_incoming(incoming),
    );
    let mut near = Some(near);
    let connector = tower::service_fn(move |_| {
        let near = near
            .take()
            .ok_or_else(|| std::io::Error::other("there is one connection"));
        async move { near.map(hyper_util::rt::TokioIo::new) }
    });
    let channel = Endpoint::from_static("http://localhost")
        .connect_with_connector(connector)
        .await;
    let mut host = Host::new(judged::provider(&channel.unwrap()), THING).await;
    assert_eq!(host.configure([]).await, [""; 0]);
    host
}

/// Plans and applies a configuration as hosts do, and answers what is stored then, and whether all went well.
async fn apply(host: &mut Host, stored: Stored, step: &Step) -> (Stored, bool) {
    assert_eq!(host.validate(&step.planned).await, [""; 0]);
    let private = Private {
        stored: &stored.private,
        planned: &[],
    };
    let planned = host
        .plan_with(&stored.value, stored.identity.as_ref(), private, &step.planned)
        .await;
    if planned.failed() {
        return (stored, false);
    }
    if planned.replaces.is_empty() {
        let answer = host.apply_stored(&stored.value, private, &planned, &step.known).await;
        let went_well = !answer.failed();
        return (stored.after(answer), went_well);
    }
    // Another object is planned with what the plan of this one left, and this one goes first.
    let left = planned.private.clone();
    let private = Private {
        stored: &left,
        planned: &[],
    };
    let other = host.plan_with(&Value::Null, None, private, &step.planned).await;
    let (stored, destroyed) = destroy(host, stored).await;
    if other.failed() || !destroyed {
        return (stored, false);
    }
    let answer = host.apply_stored(&Value::Null, private, &other, &step.known).await;
    let went_well = !answer.failed();
    (Stored::default().after(answer), went_well)
}

async fn destroy(host: &mut Host, stored: Stored) -> (Stored, bool) {
    let private = Private {
        stored: &stored.private,
        planned: &[],
    };
    let planned = host
        .plan_with(&stored.value, stored.identity.as_ref(), private, &Value::Null)
        .await;
    if planned.failed() || stored.value.is_null() {
        return (stored, !planned.failed());
    }
    let answer = host.apply_stored(&stored.value, private, &planned, &Value::Null).await;
    let went_well = !answer.failed();
    (stored.after(answer), went_well)
}

/// Reads what is stored as a host does at the beginning of a run: upgraded first.
async fn refresh(host: &mut Host, stored: Stored) -> Stored {
    let request = proto::upgrade_resource_state::Request {
        type_name: THING.to_owned(),
        version: 0,
        raw_state: Some(proto::RawState {
            json: json::encode(&stored.value, &toys::block().ty()).unwrap(),
            ..proto::RawState::default()
        }),
    };
    let upgraded = host.client.upgrade_resource_state(request).await.unwrap().into_inner();
    assert_eq!(upgraded.diagnostics, []);
    let read = host
        .read_with(&stored.value, stored.identity.as_ref(), &stored.private)
        .await;
    match read.failed() {
        true => stored,
        false => Stored {
            value: read.value,
            identity: read.identity,
            private: read.private,
        },
    }
}

/// Leads an object through its life. Every answer is judged on the way.
async fn live(life: &Life, behaves: bool) {
    life.shape.set();
    let mut host = host(&life.habits).await;
    let mut stored = Stored::default();
    for step in &life.steps {
        let went_well;
        (stored, went_well) = apply(&mut host, stored, step).await;
        assert!(went_well || !behaves, "well-behaved code has no errors");
        if went_well {
            let private = Private {
                stored: &stored.private,
                planned: &[],
            };
            let again = host
                .plan_with(&stored.value, stored.identity.as_ref(), private, &step.known)
                .await;
            assert_eq!(
                (&again.value, &again.replaces),
                (&stored.value, &Vec::new()),
                "what was applied is planned as it is"
            );
        }
        if !stored.value.is_null() {
            let before = stored.value.clone();
            stored = refresh(&mut host, stored).await;
            assert!(!behaves || stored.value == before, "nothing has changed by itself");
        }
    }
    for by_identity in [false, true] {
        let identity = Value::object([("id", "imported".into())]);
        let imported = match by_identity {
            true => host.import("", Some(&identity)).await,
            false => host.import("imported", None).await,
        };
        if !imported.failed() {
            let private = Private {
                stored: &imported.private,
                planned: &[],
            };
            let known = &life.steps[0].known;
            host.plan_with(&imported.value, imported.identity.as_ref(), private, known)
                .await;
        }
    }
    let (stored, destroyed) = destroy(&mut host, stored).await;
    assert!(
        !behaves || (destroyed && stored.value.is_null()),
        "well-behaved code destroys"
    );
}

fn run(life: &Life, behaves: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(live(life, behaves));
}

/// A hundred lives, or as many as `PROPTEST_CASES` says. What fails is told whole, so it need not be kept beside the code.
fn lives() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig {
        cases: std::env::var_os("PROPTEST_CASES").map_or(100, |_| usual.cases),
        failure_persistence: None,
        max_shrink_iters: 300,
        ..usual
    }
}

proptest! {
    #![proptest_config(lives())]

    #[test]
    fn a_host_takes_every_answer_of_well_behaved_code(life in life(Just(Vec::new()))) {
        run(&life, true);
    }

    #[test]
    fn a_host_takes_every_answer_whatever_the_code_does(life in life(vec(select(Habit::ALL.to_vec()), 0..16))) {
        run(&life, false);
    }
}
