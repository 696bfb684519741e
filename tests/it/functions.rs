//! The functions, as hosts call them: under a real Terraform, and at the level of the protocol where no host goes.

use terraform_provider_paperspace::value::{Type, Value, msgpack};
use terraform_provider_paperspace::wire::proto::tfplugin6::{self as proto, DynamicValue, FunctionError};

#[cfg(unix)]
use crate::support::client::Plugin;
use crate::support::judged;
use crate::support::workspace::Workspace;

/// A configuration that uses a function without any credentials.
fn workspace() -> Option<Workspace> {
    let workspace = Workspace::without_key()?;
    // OpenTofu has them from 1.7 on, under a version of its own.
    workspace.knows("a function of a provider", (1, 8)).then_some(workspace)
}

#[test]
fn functions_need_no_credentials_and_come_to_the_same_in_plan_and_apply() {
    let Some(workspace) = workspace() else { return };
    workspace.configure(
        r#"
locals {
  spellings = ["ny2", "NY2", "East Coast (NY2)"]
  labels    = ["C5", "a4000", "A100-80Gx8"]
}

output "regions" {
  value = toset([for text in local.spellings : provider::paperspace::region(text)])
}

output "types" {
  value = [for label in local.labels : provider::paperspace::machine_type(label)]
}

output "known" {
  value = can(provider::paperspace::region("the moon"))
}
"#,
    );
    workspace.run(&["validate", "-no-color"]).succeeds();
    workspace.apply().succeeds();
    workspace.plan_is_empty();
    let told = workspace.run(&["output", "-json"]).succeeds().stdout;
    let told: serde_json::Value = serde_json::from_str(&told).expect("outputs are JSON");
    assert_eq!(told["regions"]["value"], serde_json::json!(["ny2"]));
    assert_eq!(told["known"]["value"], serde_json::json!(false));
    let types = serde_json::json!([
        {"label": "C5", "gpu": null, "gpu_count": 0, "is_gpu": false},
        {"label": "A4000", "gpu": "A4000", "gpu_count": 1, "is_gpu": true},
        {"label": "A100-80Gx8", "gpu": "A100-80G", "gpu_count": 8, "is_gpu": true},
    ]);
    assert_eq!(told["types"]["value"], types);
}

#[test]
fn an_unsuitable_argument_is_named() {
    let Some(workspace) = workspace() else { return };
    for (call, expected) in [
        (
            "region(\"the moon\")",
            &[
                "Invalid value for \"text\" parameter",
                "\"the moon\" is no region",
                "East Coast (NY2)",
            ][..],
        ),
        (
            "machine_type(\"large\")",
            &[
                "Invalid value for \"label\" parameter",
                "\"large\" does not have the form",
            ],
        ),
        ("region(null)", &["argument must not be null"]),
        ("region()", &["Not enough function arguments"]),
        ("moon()", &["provider::paperspace::moon"]),
    ] {
        workspace.configure(&format!(
            "output \"it\" {{\n  value = provider::paperspace::{call}\n}}\n"
        ));
        let run = workspace.plan();
        assert_eq!(run.code, 1, "{call}: {}", run.text());
        run.says(expected);
    }
}

#[test]
fn what_is_not_known_yet_is_known_after_the_apply() {
    let Some(workspace) = workspace() else { return };
    workspace.configure(
        r#"
resource "terraform_data" "region" {
  input = "East Coast (NY2)"
}

output "slug" {
  value = provider::paperspace::region(terraform_data.region.output)
}
"#,
    );
    workspace.apply().succeeds().says(&["slug = \"ny2\""]);
    workspace.plan_is_empty();
}

/// What no host sends: it is answered all the same.
#[cfg(unix)]
#[tokio::test]
async fn whatever_is_sent_is_answered_with_a_result_or_one_error() {
    let plugin = Plugin::launch(None).await;
    let mut client = judged::provider(&plugin.connect(None).await.unwrap());
    let text = |text: &str| DynamicValue {
        msgpack: msgpack::encode(&Value::string(text), &Type::String).unwrap(),
        json: Vec::new(),
    };
    let raw = |msgpack: &[u8]| DynamicValue {
        msgpack: msgpack.to_vec(),
        json: Vec::new(),
    };
    let unknown = msgpack::encode(&Value::unknown(), &Type::String).unwrap();
    for (name, arguments, expected) in [
        ("region", vec![text("NY2")], Ok(raw(b"\xa3ny2"))),
        ("region", vec![raw(&unknown)], Ok(raw(&unknown))),
        // Null as Terraform writes it, and as OpenTofu does.
        (
            "region",
            vec![raw(b"\xc0")],
            Err((Some(0), "\"text\" must not be null")),
        ),
        (
            "region",
            vec![DynamicValue::default()],
            Err((Some(0), "\"text\" must not be null")),
        ),
        (
            "machine_type",
            vec![DynamicValue::default()],
            Err((Some(0), "\"label\" must not be null")),
        ),
        ("region", vec![], Err((None, "takes 1 arguments and was given 0"))),
        (
            "region",
            vec![text("ny2"), text("ny2")],
            Err((None, "takes 1 arguments and was given 2")),
        ),
        (
            "region",
            vec![raw(b"\xc1")],
            Err((None, "The argument \"text\" that was sent")),
        ),
        (
            "moon",
            vec![],
            Err((None, "This version of the provider has no function moon")),
        ),
    ] {
        let answer = call(&mut client, name, arguments.clone()).await;
        match (answer, expected) {
            (Ok(result), Ok(expected)) => assert_eq!(result, expected, "{name} {arguments:?}"),
            (Err(error), Err((argument, part))) => {
                assert!(error.text.contains(part), "{name} {arguments:?}: {error:?}");
                assert_eq!(error.function_argument, argument, "{error:?}");
            }
            (answer, _) => panic!("{name} {arguments:?}: {answer:?}"),
        }
    }
}

async fn call(
    client: &mut judged::Client,
    name: &str,
    arguments: Vec<DynamicValue>,
) -> Result<DynamicValue, FunctionError> {
    let request = proto::call_function::Request {
        name: name.to_owned(),
        arguments,
    };
    let answer = client.call_function(request).await.unwrap().into_inner();
    match (answer.result, answer.error) {
        (Some(result), None) => Ok(result),
        (None, Some(error)) => Err(error),
        both => panic!("neither a result nor an error alone: {both:?}"),
    }
}
