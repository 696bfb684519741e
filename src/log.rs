//! The log, in the form that suits whoever reads standard error.
//!
//! A host reads lines of JSON as go-hclog writes them, one an event, and decides by its own settings what to show. A
//! person who started the provider by hand reads text. Everything else in this crate only knows `tracing`.
//!
//! Secrets do not get here: they are redacted by their types, before they become text.

mod layer;
mod line;

use std::env;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

pub use layer::Layer;
pub use line::Format;

/// The variables that set the level, the most particular first. They are those of every provider.
const VARIABLES: [&str; 3] = ["TF_LOG_PROVIDER_PAPERSPACE", "TF_LOG_PROVIDER", "TF_LOG"];

/// Starts to log to standard error, as the environment asks for. Later calls change nothing.
pub fn start(format: Format) {
    let level = level(|name| env::var(name).ok());
    let subscriber = tracing_subscriber::registry().with(Layer::new(format, level, std::io::stderr));
    _ = tracing::subscriber::set_global_default(subscriber);
}

/// The least grave level that is logged.
///
/// Where no variable is set, the host throws away whatever it is sent. Other providers send everything nevertheless;
/// this one spares both sides the work and keeps to warnings, which a host that is asked for no log at all may still
/// use to explain a crash.
fn level(variable: impl Fn(&str) -> Option<String>) -> LevelFilter {
    let set = VARIABLES
        .iter()
        .find_map(|name| variable(name).filter(|value| !value.is_empty()));
    match set.as_deref().map(str::to_ascii_uppercase).as_deref() {
        None | Some("WARN") => LevelFilter::WARN,
        Some("OFF") => LevelFilter::OFF,
        Some("ERROR") => LevelFilter::ERROR,
        Some("INFO") => LevelFilter::INFO,
        Some("DEBUG") => LevelFilter::DEBUG,
        // `JSON` is everything in another form, and what a host does not know it takes for everything too.
        Some(_) => LevelFilter::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> LevelFilter {
        level(|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_most_particular_variable_counts() {
        assert_eq!(
            with(&[("TF_LOG", "trace"), ("TF_LOG_PROVIDER", "info")]),
            LevelFilter::INFO
        );
        assert_eq!(
            with(&[("TF_LOG_PROVIDER", "info"), ("TF_LOG_PROVIDER_PAPERSPACE", "OFF")]),
            LevelFilter::OFF
        );
        assert_eq!(
            with(&[("TF_LOG", "error"), ("TF_LOG_PROVIDER", "")]),
            LevelFilter::ERROR
        );
    }

    #[test]
    fn every_word_of_the_host_is_known() {
        assert_eq!(with(&[]), LevelFilter::WARN);
        assert_eq!(with(&[("TF_LOG", "WARN")]), LevelFilter::WARN);
        assert_eq!(with(&[("TF_LOG", "Debug")]), LevelFilter::DEBUG);
        assert_eq!(with(&[("TF_LOG", "JSON")]), LevelFilter::TRACE);
        assert_eq!(with(&[("TF_LOG", "1")]), LevelFilter::TRACE);
    }
}
