//! What a process is launched with: the environment and the command line, in lines of `NAME=value` and of arguments.

use bolero::check;
use fuzz::samples::{Samples, Spoilt};
use terraform_provider_paperspace::cli::Invocation;
use terraform_provider_paperspace::wire::Launch;
use terraform_provider_paperspace::wire::handshake::{Address, Answer, COOKIE_NAME, COOKIE_VALUE};

const PIECES: &[&[u8]] = &[
    b"\n",
    b"=",
    b"|",
    b"PLUGIN_MIN_PORT=65535\n",
    b"PLUGIN_MAX_PORT=0\n",
    b"PLUGIN_CLIENT_CERT=-----BEGIN CERTIFICATE-----\n",
    b"PLUGIN_UNIX_SOCKET_DIR=/tmp/a|b\n",
    b"PLUGIN_MULTIPLEX_GRPC=true\n",
    b"--debug",
    b"install",
    b"--dir",
    b"99999999999999999999",
    b"\0",
    b"\xff",
];

fn launched(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let variable = |wanted: &str| {
        let mut pairs = text.lines().filter_map(|line| line.split_once('='));
        pairs
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| value.to_owned())
    };
    let launch = Launch::read(variable);
    assert_eq!(launch.is_some(), variable(COOKIE_NAME).as_deref() == Some(COOKIE_VALUE));
    if let Some(launch) = launch {
        if let Some(ports) = &launch.place.ports {
            assert!(ports.start() <= ports.end());
        }
        let address = Address::Unix("/tmp/tfpp-a/s".into());
        let line = Answer {
            address: &address,
            certificate: Some(bytes),
            answers_multiplexing: launch.asks_for_multiplexing,
        };
        let line = line.to_string();
        assert_eq!(
            line.split('|').count(),
            6 + usize::from(launch.asks_for_multiplexing),
            "{line}"
        );
        assert!(!line.contains(['\n', '=']), "{line}");
    }
    let arguments = std::iter::once("provider")
        .chain(text.split_whitespace())
        .map(Into::into);
    _ = format!("{:?}", Invocation::decide(arguments, variable));
}

#[test]
fn launches() {
    let samples = Samples::read("handshake", PIECES);
    samples.whole().for_each(launched);
    check!()
        .with_type::<Spoilt>()
        .for_each(|spoilt| launched(&samples.spoil(spoilt)));
}
