//! Whole exchanges: a request with what the simulated service itself answered, for tests that hold both against a
//! description of the API, and for logs.
//!
//! What a fault makes of an answer on its way is no answer of the service's, so the two are told apart here. This
//! module knows nothing of how an answer came about.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::fault::Effect;
use super::requests::SeenRequest;

/// One request that is over, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// The request: method, path, query, headers, body and the outcome that its client saw.
    pub request: SeenRequest,
    /// What the service itself answered, whole, even where a fault kept it from the client or altered it on the way, and
    /// without what a quirk put on it that its description does not know. `None` where a fault kept the service from
    /// acting.
    pub answer: Option<Answered>,
    /// The fault that hit the exchange, if one did.
    pub fault: Option<Effect>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The status code.
    pub status: u16,
    /// The body, if there was one and it was JSON.
    pub body: Option<Value>,
}

/// Called with each exchange when it is over, on the simulator's own thread or task.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&Exchange) + Send + Sync>);

impl Observer {
    /// An observer that calls `see`, which must not call the simulator and had better not panic: a panic there ends
    /// the connection, not the test.
    pub fn new(see: impl Fn(&Exchange) + Send + Sync + 'static) -> Self {
        Self(Arc::new(see))
    }

    /// Shows it an exchange.
    pub(crate) fn see(&self, exchange: &Exchange) {
        (self.0)(exchange);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use reqwest::Method;
    use serde_json::json;

    use super::{Exchange, Observer};
    use crate::sim::http::client::{Client, machine_body};
    use crate::sim::{Config, Effect, Fault, Outcome, TimeMode};

    async fn observed() -> (Client, Arc<Mutex<Vec<Exchange>>>) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let into = seen.clone();
        let config = Config {
            time: TimeMode::Immediate,
            observer: Some(Observer::new(move |exchange| {
                into.lock().unwrap().push(exchange.clone());
            })),
            ..Config::default()
        };
        (Client::of(config).await, seen)
    }

    #[tokio::test]
    async fn an_exchange_is_told_whole() {
        let (client, seen) = observed().await;
        let answer = client.post("/machines", &machine_body(&json!({}))).await.1;
        client.get("/machines?limit=3").await;
        client.get("/machines/ps0").await;
        let seen = seen.lock().unwrap();
        assert_eq!(seen[0].request.body, Some(machine_body(&json!({}))));
        assert_eq!(
            (seen[0].request.line(), &seen[0].fault),
            ("POST /machines".to_owned(), &None)
        );
        assert_eq!(seen[0].answer.as_ref().unwrap().body.as_ref(), Some(&answer));
        assert_eq!(seen[1].request.query["limit"], "3");
        assert_eq!(
            seen[1].answer.as_ref().unwrap().body.as_ref().unwrap()["items"][0],
            answer["data"]
        );
        let refused = seen[2].answer.as_ref().unwrap();
        assert_eq!(
            (refused.status, &refused.body.as_ref().unwrap()["code"]),
            (404, &json!("NOT_FOUND"))
        );
    }

    #[tokio::test]
    async fn a_fault_is_told_apart_from_the_services_own_answer() {
        for (effect, acts) in [
            (Effect::DropBeforeAct, false),
            (Effect::DropAfterAct, true),
            (Effect::Truncate, true),
            (Effect::Garbage, true),
            (Effect::status(503), false),
            (Effect::status_after_act(502), true),
            (Effect::Delay(1), true),
        ] {
            let (client, seen) = observed().await;
            let rule = Fault::on("POST", "/machines", effect.clone());
            client.sim.faults().add(rule);
            // What the client makes of it is of no concern here.
            let _ = client
                .send(Method::POST, "/machines", Some(&machine_body(&json!({}))))
                .await;
            let seen = seen.lock().unwrap();
            assert_eq!((seen.len(), seen[0].fault.as_ref()), (1, Some(&effect)));
            let own = seen[0].answer.as_ref().map(|answer| answer.status);
            assert_eq!(own, acts.then_some(200), "{effect:?}");
            if effect == Effect::Garbage {
                assert_eq!(seen[0].request.outcome, Outcome::Answered(200));
                assert!(seen[0].answer.as_ref().unwrap().body.as_ref().unwrap()["data"].is_object());
            }
        }
    }
}
