//! What a provider writes to standard error.

use serde_json::Value as Json;
use terraform_provider_paperspace::wire::proto::tfplugin6::{get_provider_schema, validate_resource_config};

use crate::support::client::Plugin;
use crate::support::judged::provider;

async fn log_of_a_session(level: &str) -> String {
    let plugin = Plugin::launch_with(None, &[("TF_LOG", level)]).await;
    let channel = plugin.connect(None).await.unwrap();
    provider(&channel)
        .get_provider_schema(get_provider_schema::Request {})
        .await
        .unwrap();
    let unknown = validate_resource_config::Request {
        type_name: "paperspace_nothing".to_owned(),
        ..Default::default()
    };
    provider(&channel).validate_resource_config(unknown).await.unwrap();
    plugin.shut_down(&channel).await.stderr
}

/// The lines, each checked to be one that hosts neither stumble over nor take for something else.
fn lines(log: &str) -> Vec<Json> {
    log.lines()
        .map(|line| {
            assert!(line.len() < 64 << 10);
            let json: Json = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            for key in ["@level", "@message", "@module", "@timestamp"] {
                assert!(json[key].is_string(), "{key} in {line}");
            }
            assert!(["trace", "debug", "info", "warn", "error"].contains(&json["@level"].as_str().unwrap()));
            let time = json["@timestamp"].as_str().unwrap();
            let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
            assert_eq!(shape, "0000-00-00T00:00:00.000000Z");
            json
        })
        .collect()
}

#[tokio::test]
async fn each_rpc_is_one_line() {
    let log = log_of_a_session("DEBUG").await;
    let lines = lines(&log);
    let of = |rpc: &str| lines.iter().filter(|line| line["tf_rpc"] == rpc).collect::<Vec<_>>();
    let [schema] = of("GetProviderSchema")[..] else {
        panic!("{log}")
    };
    assert_eq!(schema["@level"], "debug");
    assert_eq!(schema["diagnostic_error_count"], 0);
    assert!(schema["tf_req_duration_ms"].is_u64() && schema["tf_req_id"].is_string());
    let [validate] = of("ValidateResourceConfig")[..] else {
        panic!("{log}")
    };
    assert_eq!(validate["tf_resource_type"], "paperspace_nothing");
    assert_eq!(validate["diagnostic_error_count"], 1);
    assert_ne!(schema["tf_req_id"], validate["tf_req_id"]);
    assert!(
        lines
            .iter()
            .all(|line| line["@module"].as_str().unwrap().starts_with("paperspace.")),
        "{log}"
    );
}

#[tokio::test]
async fn everything_else_is_heard_at_the_lowest_level() {
    let log = log_of_a_session("TRACE").await;
    assert!(
        lines(&log)
            .iter()
            .any(|line| !line["@module"].as_str().unwrap().starts_with("paperspace.")),
        "{log}"
    );
}

#[tokio::test]
async fn nobody_who_asks_for_no_log_gets_one() {
    for level in ["", "OFF", "WARN", "INFO"] {
        assert_eq!(log_of_a_session(level).await, "", "{level:?}");
    }
}
