//! How a provider is launched and connected to.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use tempfile::TempDir;
use terraform_provider_paperspace::wire::handshake::{COOKIE_NAME, COOKIE_VALUE};
use terraform_provider_paperspace::wire::proto::tfplugin6::get_metadata;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use tonic::transport::Channel;

use crate::support::awaited;
use crate::support::client::{Address, HostCertificate, Plugin, channel, client_config, command};
use crate::support::judged::provider;

async fn answers(channel: &Channel) -> bool {
    awaited("an answer", provider(channel).get_metadata(get_metadata::Request {}))
        .await
        .is_ok()
}

#[tokio::test]
async fn the_line_is_as_hosts_want_it() {
    let host = HostCertificate::new();
    let plugin = Plugin::launch(Some(&host)).await;
    let fields = plugin.fields();
    let [core, app, network, address, kind, certificate] = fields.as_slice() else {
        panic!("{fields:?}")
    };
    assert_eq!((*core, *app, *network, *kind), ("1", "6", "unix", "grpc"));
    assert!(plugin.socket().is_absolute() && address.len() < 104, "{address}");
    assert!(
        certificate.len() > 50 && !certificate.contains(['=', '-', '_']),
        "{certificate}"
    );
    assert!(!plugin.certificate().is_empty());
}

#[tokio::test]
async fn a_host_with_a_certificate_is_served() {
    let host = HostCertificate::new();
    let plugin = Plugin::launch(Some(&host)).await;
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let config = client_config(plugin.certificate(), Some(&host), version);
        let channel = plugin.connect_by(Some(config)).await.unwrap();
        assert!(answers(&channel).await, "{version:?}");
    }
}

#[tokio::test]
async fn a_host_without_a_certificate_is_served_in_plain_text() {
    let plugin = Plugin::launch(None).await;
    assert_eq!(plugin.fields()[5], "");
    assert!(plugin.line.ends_with("|grpc|"));
    assert!(answers(&plugin.connect(None).await.unwrap()).await);
}

#[tokio::test]
async fn strangers_are_turned_away() {
    let (host, stranger) = (HostCertificate::new(), HostCertificate::new());
    let plugin = Plugin::launch(Some(&host)).await;
    let versions = [&rustls::version::TLS13, &rustls::version::TLS12];
    for (version, certificate) in versions
        .iter()
        .flat_map(|version| [(version, None), (version, Some(&stranger))])
    {
        let config = client_config(plugin.certificate(), certificate, version);
        // With TLS 1.3 the client learns of its failure only when it wants something.
        if let Ok(channel) = plugin.connect_by(Some(config)).await {
            assert!(
                !answers(&channel).await,
                "{version:?}, with a certificate: {}",
                certificate.is_some()
            );
        }
    }
    if let Ok(channel) = plugin.connect_by(None).await {
        assert!(!answers(&channel).await, "in plain text");
    }
    assert!(answers(&plugin.connect(Some(&host)).await.unwrap()).await);
}

#[tokio::test]
async fn connections_without_a_word_or_with_the_wrong_ones_disturb_nobody() {
    for host in [None, Some(HostCertificate::new())] {
        let plugin = Plugin::launch(host.as_ref()).await;
        let silent = UnixStream::connect(plugin.socket()).await.unwrap();
        drop(UnixStream::connect(plugin.socket()).await.unwrap());
        let mut noisy = UnixStream::connect(plugin.socket()).await.unwrap();
        noisy.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let first = plugin.connect(host.as_ref()).await.unwrap();
        assert!(answers(&first).await);
        drop(first);
        assert!(
            answers(&plugin.connect(host.as_ref()).await.unwrap()).await,
            "after a connection has ended"
        );
        drop((silent, noisy));
    }
}

#[tokio::test]
async fn without_the_cookie_it_explains_itself() {
    for cookie in [None, Some("something else")] {
        let mut command = command(&[]);
        command.env("PLUGIN_PROTOCOL_VERSIONS", "6");
        command.envs(cookie.map(|cookie| (COOKIE_NAME, cookie)));
        let output = awaited("the end", command.output()).await.unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        let text = String::from_utf8(output.stderr).unwrap();
        for part in [
            "Paperspace provider",
            "Terraform and OpenTofu",
            "terraform init",
            "--help",
        ] {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
    }
}

#[tokio::test]
async fn help_and_version_are_printed() {
    for (argument, part) in [("--help", "Usage: "), ("--version", env!("CARGO_PKG_VERSION"))] {
        let output = awaited("the end", command(&[argument]).output()).await.unwrap();
        assert!(output.status.success());
        assert!(String::from_utf8(output.stdout).unwrap().contains(part), "{argument}");
    }
}

#[tokio::test]
async fn a_host_that_knows_only_other_versions_is_told_this_one() {
    let plugin = Plugin::launch_with(None, &[("PLUGIN_PROTOCOL_VERSIONS", "5")]).await;
    assert_eq!(plugin.fields()[1], "6");
}

#[tokio::test]
async fn multiplexing_is_declined_where_it_is_asked_for() {
    let plugin = Plugin::launch_with(None, &[("PLUGIN_MULTIPLEX_GRPC", "true")]).await;
    assert_eq!(plugin.fields()[5..], ["", "false"]);
}

#[tokio::test]
async fn the_host_can_choose_the_directory_of_the_socket() {
    let directory = TempDir::new().unwrap();
    let variables = [("PLUGIN_UNIX_SOCKET_DIR", directory.path().to_str().unwrap())];
    let plugin = Plugin::launch_with(None, &variables).await;
    assert!(plugin.socket().starts_with(directory.path()));
    assert!(answers(&plugin.connect(None).await.unwrap()).await);
}

#[tokio::test]
async fn a_long_directory_for_temporary_files_does_no_harm() {
    let directory = TempDir::new().unwrap();
    let long = directory.path().join("x".repeat(100));
    std::fs::create_dir(&long).unwrap();
    let plugin = Plugin::launch_with(None, &[("TMPDIR", long.to_str().unwrap())]).await;
    let channel = plugin.connect(None).await.unwrap();
    assert!(answers(&channel).await);
    plugin.shut_down(&channel).await;
}

#[tokio::test]
async fn a_certificate_that_is_none_is_an_error_and_not_a_reason_for_plain_text() {
    for certificate in [OsStr::new("nonsense"), OsStr::from_bytes(b"\xff\xfe")] {
        let mut command = command(&[]);
        command
            .env(COOKIE_NAME, COOKIE_VALUE)
            .env("PLUGIN_CLIENT_CERT", certificate);
        let output = awaited("the end", command.output()).await.unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("PLUGIN_CLIENT_CERT"), "{told}");
    }
}

#[tokio::test]
async fn a_developer_is_told_how_to_attach() {
    let plugin = Plugin::spawn(command(&["--debug"])).await;
    let json = plugin
        .line
        .strip_prefix("TF_REATTACH_PROVIDERS='")
        .and_then(|rest| rest.strip_suffix('\''));
    let providers: serde_json::Value = serde_json::from_str(json.expect(&plugin.line)).unwrap();
    let providers = providers.as_object().unwrap();
    assert_eq!(providers.len(), 2);
    for (source, provider) in providers {
        assert_eq!(source.split('/').count(), 3, "{source}");
        assert_eq!(
            (&provider["Protocol"], &provider["ProtocolVersion"]),
            (&"grpc".into(), &6.into())
        );
        assert_eq!(provider["Test"], true);
        assert!(provider["Pid"].is_u64());
        let part = |name: &str| provider["Addr"][name].as_str().unwrap();
        assert_eq!(part("Network"), "unix");
        let channel = channel(Address::new(part("Network"), part("String")), None)
            .await
            .unwrap();
        assert!(answers(&channel).await);
    }
    plugin.signal("INT").await;
    assert!(plugin.ended().await.status.success());
}

#[tokio::test]
async fn it_is_in_good_health_by_the_name_that_every_plugin_has() {
    use tonic_health::pb::health_check_response::ServingStatus;
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

    let plugin = Plugin::launch(None).await;
    let mut client = HealthClient::new(plugin.connect(None).await.unwrap());
    let request = HealthCheckRequest {
        service: "plugin".to_owned(),
    };
    let answer = client.check(request).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::Serving);
}
