//! Log events as values: `dialscript call` and `dialscript demo` print them instead of a log.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// One log event of this crate.
#[derive(Debug, Clone)]
pub(crate) struct LogEvent {
    pub(crate) level: Level,
    pub(crate) message: String,
    /// All fields but the message, formatted as in the log.
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl LogEvent {
    /// The value of a field; `None` if it is missing or empty.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(key, value)| *key == name && !value.is_empty());
        field.map(|(_, value)| value.as_str())
    }
}

/// Calls `on_event` for every log event of this crate, instead of writing a log. Sensitive values are masked, as in the
/// log.
pub(crate) fn install_event_layer(on_event: impl Fn(LogEvent) + Send + Sync + 'static) {
    // This fails if a subscriber is already installed, which then stays in use.
    drop(tracing_subscriber::registry().with(EventLayer(on_event)).try_init());
}

struct EventLayer<F>(F);

impl<S: Subscriber, F: Fn(LogEvent) + Send + Sync + 'static> Layer<S> for EventLayer<F> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if !event.metadata().target().starts_with("dialscript") {
            return;
        }
        let mut fields = LogFieldVisitor { message: String::new(), others: Vec::new() };
        event.record(&mut fields);
        let level = *event.metadata().level();
        (self.0)(LogEvent { level, message: fields.message, fields: fields.others });
    }
}

struct LogFieldVisitor {
    message: String,
    others: Vec<(&'static str, String)>,
}

impl LogFieldVisitor {
    fn record(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => self.message = value,
            name => self.others.push((name, value)),
        }
    }
}

impl Visit for LogFieldVisitor {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record(field, format!("{value:?}"));
    }
}
