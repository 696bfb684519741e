//! How a provider's process ends, and what does not end it.

use futures_util::stream;
use terraform_provider_paperspace::wire::handshake::{COOKIE_NAME, COOKIE_VALUE};
use terraform_provider_paperspace::wire::proto::goplugin::grpc_broker_client::GrpcBrokerClient;
use terraform_provider_paperspace::wire::proto::goplugin::grpc_stdio_client::GrpcStdioClient;
use terraform_provider_paperspace::wire::proto::tfplugin6::{get_metadata, stop_provider};
use tokio::process::Command;
use tonic::Request;

use crate::support::awaited;
use crate::support::client::{BINARY, HostCertificate, Plugin, prepare};
use crate::support::judged::provider;

#[tokio::test]
async fn it_ends_when_the_host_asks_and_leaves_nothing_behind() {
    let host = HostCertificate::new();
    let plugin = Plugin::launch(Some(&host)).await;
    let channel = plugin.connect(Some(&host)).await.unwrap();
    let directory = plugin.socket().parent().unwrap().to_owned();
    assert!(directory.exists());
    let ended = plugin.shut_down(&channel).await;
    assert!(ended.status.success());
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    assert!(!directory.exists());
}

#[tokio::test]
async fn the_hosts_streams_are_held_open_to_the_end() {
    let plugin = Plugin::launch(None).await;
    let channel = plugin.connect(None).await.unwrap();
    let mut stdio = GrpcStdioClient::new(channel.clone())
        .stream_stdio(())
        .await
        .unwrap()
        .into_inner();
    let silence = Request::new(stream::pending());
    let mut broker = GrpcBrokerClient::new(channel.clone())
        .start_stream(silence)
        .await
        .unwrap()
        .into_inner();
    // An answer to something else shows that neither stream has to end or say something first.
    provider(&channel).get_metadata(get_metadata::Request {}).await.unwrap();
    assert!(plugin.shut_down(&channel).await.status.success());
    assert!(!matches!(
        awaited("the stream's end", stdio.message()).await,
        Ok(Some(_))
    ));
    assert!(!matches!(
        awaited("the stream's end", broker.message()).await,
        Ok(Some(_))
    ));
}

#[tokio::test]
async fn an_interrupt_is_left_to_the_host() {
    let plugin = Plugin::launch(None).await;
    let channel = plugin.connect(None).await.unwrap();
    for _ in 0..3 {
        plugin.signal("INT").await;
        provider(&channel).get_metadata(get_metadata::Request {}).await.unwrap();
    }
    assert!(plugin.shut_down(&channel).await.status.success());
}

#[tokio::test]
async fn termination_is_an_orderly_end() {
    for connected in [false, true] {
        let plugin = Plugin::launch(None).await;
        let channel = if connected {
            Some(plugin.connect(None).await.unwrap())
        } else {
            None
        };
        let directory = plugin.socket().parent().unwrap().to_owned();
        plugin.signal("TERM").await;
        assert!(plugin.ended().await.status.success());
        assert!(!directory.exists());
        drop(channel);
    }
}

#[tokio::test]
async fn it_ends_when_the_host_is_gone() {
    // The shell stands for a host that is killed. It waits, for otherwise it would become the provider itself.
    let mut host = Command::new("sh");
    host.args(["-c", "\"$0\" & wait", BINARY]);
    prepare(&mut host);
    host.env(COOKIE_NAME, COOKIE_VALUE);
    let plugin = Plugin::spawn(host).await;
    let directory = plugin.socket().parent().unwrap().to_owned();
    assert!(directory.exists());
    plugin.signal("KILL").await;
    // That is when the last writer of its output is gone, not just the shell.
    plugin.ended().await;
    assert!(!directory.exists());
}

#[tokio::test]
async fn it_goes_on_after_a_stop() {
    let plugin = Plugin::launch(None).await;
    let channel = plugin.connect(None).await.unwrap();
    for _ in 0..2 {
        let stopped = provider(&channel)
            .stop_provider(stop_provider::Request {})
            .await
            .unwrap();
        assert_eq!(stopped.into_inner().error, "");
        provider(&channel).get_metadata(get_metadata::Request {}).await.unwrap();
    }
}
