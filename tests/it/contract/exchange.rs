//! Holds one exchange against the description: the request that was sent, and what the service itself answered.

use std::fmt;

use jsonschema::Validator;
use serde_json::Value;
use terraform_provider_paperspace::sim::{Answered, Exchange, SeenRequest};

use super::description::{Description, Operation};

/// Where a request or an answer is not as described.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breach {
    /// What was asked: `POST /machines`.
    pub operation: String,
    /// The request's query or body, or the answer, and the place in it.
    pub place: String,
    /// What the description says, and what was there.
    pub rule: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.operation, self.place, self.rule)
    }
}

/// What of an exchange is not as described, and the operation that it was an instance of.
pub fn check<'a>(description: &'a Description, exchange: &Exchange) -> (Option<&'a Operation>, Vec<Breach>) {
    let SeenRequest { method, path, .. } = &exchange.request;
    let mut breaches = Breaches {
        operation: format!("{method} {path}"),
        found: Vec::new(),
    };
    let operation = description.operation(method, path);
    match operation {
        Some(operation) => {
            breaches.operation.clone_from(&operation.name);
            breaches.of_request(operation, &exchange.request);
        }
        None => breaches.add("request", "there is no such operation".to_owned()),
    }
    if let Some(answer) = &exchange.answer {
        breaches.of_answer(description, operation, answer);
    }
    (operation, breaches.found)
}

struct Breaches {
    operation: String,
    found: Vec<Breach>,
}

impl Breaches {
    fn add(&mut self, place: &str, rule: String) {
        self.found.push(Breach {
            operation: self.operation.clone(),
            place: place.to_owned(),
            rule,
        });
    }

    fn of_request(&mut self, operation: &Operation, request: &SeenRequest) {
        for (name, text) in &request.query {
            let place = format!("query `{name}`");
            let Some(parameter) = operation.query.get(name) else {
                self.add(&place, "there is no such parameter".to_owned());
                continue;
            };
            // A query is text; what should be a number has to read as one.
            let number = serde_json::from_str(text).ok().filter(Value::is_number);
            let value = number.filter(|_| parameter.is_number);
            self.of_value(&place, &parameter.value, &value.unwrap_or_else(|| text.as_str().into()));
        }
        for (name, parameter) in &operation.query {
            if parameter.is_required && !request.query.contains_key(name) {
                self.add(&format!("query `{name}`"), "it is required and missing".to_owned());
            }
        }
        match (&operation.body, &request.body) {
            (Some(described), Some(body)) => self.of_value("body", &described.value, body),
            (Some(described), None) if described.is_required => {
                self.add("body", "one is required, as JSON, and there is none".to_owned());
            }
            (None, Some(body)) => self.add("body", format!("it takes none, and got {body}")),
            (_, None) => {}
        }
    }

    fn of_answer(&mut self, description: &Description, operation: Option<&Operation>, answer: &Answered) {
        let place = format!("answer {}", answer.status);
        let Some(body) = &answer.body else {
            return self.add(&place, "it has to be JSON".to_owned());
        };
        match (answer.status, operation) {
            (200, Some(operation)) => self.of_value(&place, &operation.answer, body),
            (200, None) => {}
            (201..400, _) => self.add(&place, "success is told by the status 200".to_owned()),
            _ => self.of_value(&place, &description.refusal, body),
        }
    }

    fn of_value(&mut self, place: &str, validator: &Validator, value: &Value) {
        for error in validator.iter_errors(value) {
            // One item of a listing is as wrong as the next: they are told once.
            let segments = error.instance_path().as_str().split('/');
            let segments = segments.map(|segment| if segment.parse::<usize>().is_ok() { "*" } else { segment });
            let place = match segments.collect::<Vec<_>>().join("/").as_str() {
                "" => place.to_owned(),
                path => format!("{place} at {path}"),
            };
            let rule = format!("{} ({})", error, error.kind().keyword());
            self.add(&place, rule);
        }
    }
}
