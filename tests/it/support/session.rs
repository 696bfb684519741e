//! A [host](Host) and the provider that it has launched, for whoever cares about machines rather than bytes.

use std::ops::{Deref, DerefMut};

use terraform_provider_paperspace::sim::Sim;
use terraform_provider_paperspace::value::Value;

use super::client::Plugin;
pub use super::host::{Host, Private, raw};
use super::judged;

/// The resource type that sessions are about, unless they say otherwise.
pub const MACHINE: &str = "paperspace_machine";

/// A provider that was launched by a host which can do all there is.
pub struct Session {
    plugin: Plugin,
    host: Host,
}

impl Deref for Session {
    type Target = Host;

    fn deref(&self) -> &Host {
        &self.host
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut Host {
        &mut self.host
    }
}

impl Session {
    /// Launches a provider that is not configured yet.
    pub async fn launch() -> Self {
        Self::about(MACHINE).await
    }

    /// The same for another resource type.
    async fn about(type_name: &str) -> Self {
        let plugin = Plugin::launch_with(None, &[("PAPERSPACE_POLL_INTERVAL", "2ms")]).await;
        let client = judged::provider(&plugin.connect(None).await.unwrap());
        Self {
            host: Host::new(client, type_name).await,
            plugin,
        }
    }

    /// Launches a provider and configures it for a simulator.
    pub async fn with(sim: &Sim) -> Self {
        Self::with_type(sim, MACHINE).await
    }

    /// The same for another resource type.
    pub async fn with_type(sim: &Sim, type_name: &str) -> Self {
        let mut session = Self::about(type_name).await;
        let settings = [
            ("api_key", Value::string(sim.api_key())),
            ("api_url", Value::string(sim.url())),
            ("region", Value::string("ny2")),
        ];
        let titles = session.configure(settings).await;
        assert_eq!(titles, [""; 0]);
        session
    }

    /// The same host with fewer abilities.
    pub fn without_deferral(mut self) -> Self {
        self.capabilities.deferral_allowed = false;
        self
    }

    /// The same host as of a time when there were no write-only attributes.
    pub fn without_write_only(mut self) -> Self {
        self.capabilities.write_only_attributes_allowed = false;
        self
    }

    /// A machine's configuration with these arguments besides the usual ones.
    pub fn machine(&self, arguments: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
        let usual = [
            ("name", Value::string("it")),
            ("machine_type", Value::string("C5")),
            ("template_id", Value::string("tkni3aa4")),
            ("disk_size", Value::Number(50_i64.into())),
            ("region", Value::string("ny2")),
        ];
        self.object(usual.into_iter().chain(arguments))
    }

    /// An object's identity.
    pub fn identity(&self, id: impl Into<String>) -> Value {
        Value::object([("id", Value::string(id))])
    }

    /// Ends the provider by a signal, which lets it finish what is under way.
    pub async fn terminated(self) {
        self.plugin.signal("TERM").await;
        let ended = self.plugin.ended().await;
        assert!(!ended.stderr.contains("panic"), "{}", ended.stderr);
    }

    /// Ends the provider, which must not have panicked.
    pub async fn end(self) {
        let channel = self.plugin.connect(None).await.unwrap();
        let ended = self.plugin.shut_down(&channel).await;
        assert!(
            ended.status.success() && !ended.stderr.contains("panic"),
            "{}",
            ended.stderr
        );
    }
}
