//! The service's own description of its API, read and made ready to be asked.
//!
//! It is written in the dialect of OpenAPI 3.0, which has `nullable` where JSON Schema has a type `null`, and marks each
//! parameter of a query as required by itself. Both are translated here; nothing else of it is changed, but for the
//! [`departures`](super::departures).

use std::collections::BTreeMap;

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::departures::Departure;

/// The description as it is.
const TEXT: &str = include_str!("../fixtures/paperspace-api.json");

/// What the service takes and answers.
pub struct Description {
    /// In the order of their names.
    pub operations: Vec<Operation>,
    /// The form of a refusal, of any operation.
    pub refusal: Validator,
}

/// One thing that can be asked.
pub struct Operation {
    /// `GET /machines/{id}`.
    pub name: String,
    method: String,
    /// The segments of its path; what stands in braces is any one.
    path: Vec<String>,
    /// The parameters of the query.
    pub query: BTreeMap<String, Parameter>,
    /// What is sent; `None` where nothing may be.
    pub body: Option<Body>,
    /// What is answered with status 200.
    pub answer: Validator,
}

/// A parameter of a query.
pub struct Parameter {
    /// Whether a request must have it.
    pub is_required: bool,
    /// Whether it is written as a number.
    pub is_number: bool,
    /// What it may be.
    pub value: Validator,
}

/// What a request sends.
pub struct Body {
    /// Whether it must send anything.
    pub is_required: bool,
    /// What it may be.
    pub value: Validator,
}

/// The description as data.
pub fn bare() -> Value {
    serde_json::from_str(TEXT).expect("the description is JSON")
}

/// The names of its operations.
pub fn names() -> Vec<String> {
    let bare = bare();
    let operations = bare["operations"].as_object().expect("operations are named");
    operations.keys().cloned().collect()
}

impl Description {
    /// The description with these departures.
    pub fn with<'a>(departures: impl IntoIterator<Item = &'a Departure>) -> Self {
        let mut text = bare();
        for departure in departures {
            departure.amend(&mut text);
        }
        translate(&mut text);
        let definitions = &text["definitions"];
        let operations = text["operations"].as_object().expect("operations are named");
        Self {
            operations: operations
                .iter()
                .map(|(name, operation)| Operation::of(name, operation, definitions))
                .collect(),
            refusal: validator(&text["error"], definitions),
        }
    }

    /// The operation that a request is.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.is(method, path))
    }
}

impl Operation {
    fn of(name: &str, described: &Value, definitions: &Value) -> Self {
        let (method, path) = name.split_once(' ').expect("an operation is a method and a path");
        let query = described["query"].as_object();
        let parameter = |(name, schema): (&String, &Value)| {
            let mut schema = schema.clone();
            let is_required = schema.as_object_mut().and_then(|schema| schema.remove("required"));
            let parameter = Parameter {
                is_required: is_required == Some(json!(true)),
                is_number: schema["type"] == "integer" || schema["type"] == "number",
                value: validator(&schema, definitions),
            };
            (name.clone(), parameter)
        };
        let body = described.get("body").map(|body| Body {
            is_required: body["required"] == true,
            value: validator(&body["schema"], definitions),
        });
        Self {
            name: name.to_owned(),
            method: method.to_owned(),
            path: path.split('/').skip(1).map(str::to_owned).collect(),
            query: query.into_iter().flatten().map(parameter).collect(),
            body,
            answer: validator(&described["answer"], definitions),
        }
    }

    fn is(&self, method: &str, path: &str) -> bool {
        let Some(path) = path.strip_prefix('/') else {
            return false;
        };
        let segments: Vec<_> = path.split('/').collect();
        let fits = |(expected, segment): (&String, &&str)| {
            if expected.starts_with('{') {
                !segment.is_empty()
            } else {
                expected == segment
            }
        };
        self.method == method && segments.len() == self.path.len() && self.path.iter().zip(&segments).all(fits)
    }
}

/// What may be `null` by the dialect's word may be so by JSON Schema's.
pub fn translate(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("nullable").is_some_and(Value::is_boolean) && members.remove("nullable") == Some(json!(true))
            {
                allow_null(members);
            }
            members.values_mut().for_each(translate);
        }
        Value::Array(elements) => elements.iter_mut().for_each(translate),
        _ => {}
    }
}

fn allow_null(schema: &mut Map<String, Value>) {
    if let Some(kind) = schema.get_mut("type") {
        *kind = json!([kind.take(), "null"]);
    }
    for (keyword, null) in [("enum", Value::Null), ("anyOf", json!({"type": "null"}))] {
        if let Some(Value::Array(allowed)) = schema.get_mut(keyword) {
            allowed.push(null);
        }
    }
}

/// A translated schema that may refer to the definitions, ready to be asked.
pub fn validator(schema: &Value, definitions: &Value) -> Validator {
    let whole = json!({"allOf": [schema], "definitions": definitions});
    jsonschema::options()
        .with_draft(Draft::Draft4)
        .should_validate_formats(true)
        .with_format("uuid", |text: &str| Uuid::parse_str(text).is_ok())
        .build(&whole)
        .unwrap_or_else(|error| panic!("{error} in {schema}"))
}

#[test]
fn an_operation_is_found_by_exactly_its_segments() {
    let description = Description::with([]);
    let name = |method, path| {
        let operation = description.operation(method, path);
        operation.map(|operation| operation.name.as_str())
    };
    assert_eq!(name("GET", "/machines"), Some("GET /machines"));
    assert_eq!(name("GET", "/machines/ps1"), Some("GET /machines/{id}"));
    assert_eq!(
        name("DELETE", "/machines/ps1/accessors/u1"),
        Some("DELETE /machines/{id}/accessors/{userId}")
    );
    for (method, path) in [
        ("GET", "/machines/"),
        ("GET", "/machines/ps1/"),
        ("POST", "/machines/ps1"),
        ("GET", "machines"),
        ("GET", "/nothing"),
    ] {
        assert_eq!(name(method, path), None, "{method} {path}");
    }
}

#[test]
fn what_is_nullable_may_be_null_and_nothing_else_may() {
    let cases = [
        (json!({"type": "string"}), false),
        (json!({"type": "string", "nullable": false}), false),
        (json!({"type": "string", "nullable": true}), true),
        (json!({"type": "string", "enum": ["a"], "nullable": true}), true),
        (json!({"anyOf": [{"type": "string"}], "nullable": true}), true),
        (json!({"anyOf": [{"type": "string"}]}), false),
    ];
    for (mut schema, allowed) in cases {
        let told = schema.to_string();
        translate(&mut schema);
        let validator = validator(&schema, &json!({}));
        assert_eq!(validator.is_valid(&Value::Null), allowed, "{told}");
        assert!(
            validator.is_valid(&json!("a")) && !validator.is_valid(&json!(1)),
            "{told}"
        );
    }
}
