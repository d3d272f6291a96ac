//! The log as a listener hears it: `dialscript call` makes lines of a story from it.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// One event of this crate.
#[derive(Debug, Clone)]
pub struct LogEvent {
    /// How grave it is.
    pub level: Level,
    /// Its message.
    pub message: String,
    /// Its other fields, as the log shows them.
    pub fields: Vec<(&'static str, String)>,
}

impl LogEvent {
    /// A field that is there and holds something.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(its, value)| *its == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }
}

/// Hands every event of this crate to a listener, in place of a log. Values are masked as in the log.
pub fn install_event_layer(listener: impl Fn(LogEvent) + Send + Sync + 'static) {
    // A second subscriber is refused, as for the log.
    drop(tracing_subscriber::registry().with(EventLayer(listener)).try_init());
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
