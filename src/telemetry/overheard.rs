//! The log as a listener hears it: `dialscript call` makes lines of a story from it.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// One event of this crate.
#[derive(Debug, Clone)]
pub struct Overheard {
    /// How grave it is.
    pub level: Level,
    /// Its message.
    pub message: String,
    /// Its other fields, as the log shows them.
    pub fields: Vec<(&'static str, String)>,
}

impl Overheard {
    /// A field that is there and holds something.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(its, value)| *its == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }
}

/// Hands every event of this crate to a listener, in place of a log. Values are masked as in the log.
pub fn overhear(listener: impl Fn(Overheard) + Send + Sync + 'static) {
    // A second subscriber is refused, as for the log.
    drop(tracing_subscriber::registry().with(Ear(listener)).try_init());
}

struct Ear<F>(F);

impl<S: Subscriber, F: Fn(Overheard) + Send + Sync + 'static> Layer<S> for Ear<F> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if !event.metadata().target().starts_with("dialscript") {
            return;
        }
        let mut fields = Fields { message: String::new(), others: Vec::new() };
        event.record(&mut fields);
        let level = *event.metadata().level();
        (self.0)(Overheard { level, message: fields.message, fields: fields.others });
    }
}

struct Fields {
    message: String,
    others: Vec<(&'static str, String)>,
}

impl Fields {
    fn take(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => self.message = value,
            name => self.others.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, format!("{value:?}"));
    }
}
