//! Collects an event and the spans around it, and writes them as a line.

use std::fmt;
use std::io::Write;

use serde_json::Value as Json;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::line::{Format, Line};

/// This crate's name among the targets of events.
pub(super) const CRATE: &str = "terraform_provider_paperspace";

/// What the targets begin with that this crate gives names of their own, such as `paperspace.api`.
const NAMED: &str = "paperspace";

/// Whether events of that target come from this crate and not from a library.
fn is_own(target: &str) -> bool {
    let below = |name: &str, separator: &str| {
        let rest = target.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(separator))
    };
    below(CRATE, "::") || below(NAMED, ".")
}

/// Writes events to `W`, which makes a writer for each of them.
pub struct Layer<W> {
    format: Format,
    level: LevelFilter,
    writer: W,
}

impl<W, O> Layer<W>
where
    W: Fn() -> O + 'static,
    O: Write,
{
    /// Writes what is at least as grave as `level`.
    pub fn new(format: Format, level: LevelFilter, writer: W) -> Self {
        Self { format, level, writer }
    }

    /// Whether this is logged at all. What the libraries have to say of each frame is only of use where really
    /// everything is asked for.
    fn lets_through(&self, metadata: &Metadata<'_>) -> bool {
        let is_heard = is_own(metadata.target()) || *metadata.level() <= Level::WARN;
        *metadata.level() <= self.level && (is_heard || self.level == LevelFilter::TRACE)
    }
}

impl<S, W, O> tracing_subscriber::Layer<S> for Layer<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn() -> O + 'static,
    O: Write,
{
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.lets_through(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _ctx: Context<'_, S>) -> bool {
        self.lets_through(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        let Some(span) = ctx.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in ctx.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.others.extend(of_span.others.iter().cloned());
            }
        }
        event.record(&mut fields);
        let line = Line {
            level: *event.metadata().level(),
            target: event.metadata().target(),
            message: fields.message.as_deref().unwrap_or_default(),
            time: jiff::Timestamp::now(),
            fields: &fields.others,
        };
        // In one piece, so that lines never mix; and where it cannot be written, nobody reads it.
        _ = (self.writer)().write_all(line.render(self.format).as_bytes());
    }
}

/// What was said with an event or span.
#[derive(Default)]
struct Fields {
    message: Option<String>,
    others: Vec<(&'static str, Json)>,
}

impl Fields {
    fn set(&mut self, field: &Field, value: Json) {
        match (field.name(), value) {
            ("message", Json::String(message)) => self.message = Some(message),
            (name, value) => self.others.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value.into());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut source = value.source();
        while let Some(error) = source {
            text.push_str(": ");
            text.push_str(&error.to_string());
            source = error.source();
        }
        self.set(field, text.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}").into());
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: LevelFilter, act: impl FnOnce()) -> Vec<Json> {
        let written = Written::default();
        let writer = written.clone();
        let layer = Layer::new(Format::Hclog, level, move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), act);
        let bytes = written.0.lock().unwrap();
        bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    #[test]
    fn an_event_carries_the_fields_of_the_spans_around_it() {
        let lines = logged(LevelFilter::WARN, || {
            let span = tracing::error_span!("rpc", tf_rpc = "ReadResource", tf_resource_type = tracing::field::Empty);
            span.record("tf_resource_type", "paperspace_machine");
            span.in_scope(|| tracing::warn!(attempt = 2, slow = true, cost = 0.5, "trying again"));
        });
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(line["@message"], "trying again");
        assert_eq!(line["tf_rpc"], "ReadResource");
        assert_eq!(line["tf_resource_type"], "paperspace_machine");
        assert_eq!(
            (&line["attempt"], &line["slow"], &line["cost"]),
            (&2.into(), &true.into(), &0.5.into())
        );
    }

    #[test]
    fn what_is_not_grave_enough_is_left_out() {
        let act = || {
            tracing::warn!("one");
            tracing::info!("two");
        };
        assert_eq!(logged(LevelFilter::WARN, act).len(), 1);
        assert_eq!(logged(LevelFilter::OFF, act).len(), 0);
    }

    #[test]
    fn libraries_are_only_heard_in_earnest_or_when_everything_is() {
        let act = || {
            tracing::warn!(target: "h2", "one");
            tracing::debug!(target: "h2", "two");
        };
        assert_eq!(logged(LevelFilter::DEBUG, act).len(), 1);
        assert_eq!(logged(LevelFilter::TRACE, act).len(), 2);
    }

    #[test]
    fn requests_waits_and_modules_are_the_crates_own() {
        let lines = logged(LevelFilter::DEBUG, || {
            tracing::debug!(target: "paperspace.api", status = 200, "API request");
            tracing::info!(target: "paperspace.wait", "Still waiting");
            tracing::debug!("a module's own");
            tracing::debug!(target: "hyper_util::client", "a library's");
            tracing::trace!(target: "paperspace.api", "API bodies");
        });
        let told: Vec<_> = lines
            .iter()
            .map(|line| (line["@module"].as_str().unwrap(), line["@message"].as_str().unwrap()))
            .collect();
        let expected = [
            ("paperspace.api", "API request"),
            ("paperspace.wait", "Still waiting"),
            ("paperspace.log.layer.tests", "a module's own"),
        ];
        assert_eq!(told, expected);
        assert_eq!(lines[0]["status"], 200);
    }

    #[test]
    fn a_name_that_only_begins_alike_is_a_librarys() {
        for (target, own) in [
            ("terraform_provider_paperspace", true),
            ("terraform_provider_paperspace::api::client", true),
            ("terraform_provider_paperspace_tools", false),
            ("paperspace", true),
            ("paperspace.wait", true),
            ("paperspace_client", false),
            ("h2", false),
            ("", false),
        ] {
            assert_eq!(is_own(target), own, "{target:?}");
        }
    }

    /// An error that has another one as its source.
    #[derive(Debug)]
    struct Unreadable(io::Error);

    impl fmt::Display for Unreadable {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the file could not be read")
        }
    }

    impl std::error::Error for Unreadable {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn an_error_is_told_with_its_causes() {
        let lines = logged(LevelFilter::WARN, || {
            let error = Unreadable(io::Error::other("the disk is gone"));
            tracing::warn!(error = &error as &(dyn std::error::Error + 'static), "failed");
        });
        assert_eq!(lines[0]["error"], "the file could not be read: the disk is gone");
    }
}
