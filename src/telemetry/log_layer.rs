//! Turns events into lines of the log.

use std::sync::Arc;
use std::time::SystemTime;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::fields::LogFields;
use super::log_format::LineFormat;
use super::log_line::LogRecord;
use super::log_queue::LogQueue;

/// Writes each event as one line into the queue of the log.
pub(super) struct LogLayer {
    pub(super) format: LineFormat,
    pub(super) queue: Arc<LogQueue>,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LogLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = LogFields::with_capacity(attributes.metadata().fields().len());
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Arc::new(fields));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Arc<LogFields>>() {
            let fields: &mut LogFields = Arc::make_mut(fields);
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = LogFields::with_capacity(event.metadata().fields().len());
        event.record(&mut fields);
        let spans = context.event_scope(event).into_iter().flat_map(|scope| scope.from_root());
        let spans = spans.map(|span| {
            let fields = span.extensions().get::<Arc<LogFields>>().cloned();
            (span.name(), fields.unwrap_or_default())
        });
        let record = LogRecord {
            time: SystemTime::now(),
            level: *event.metadata().level(),
            event: &fields,
            spans: spans.collect(),
        };
        self.queue.push(self.format.line(&record));
    }
}
