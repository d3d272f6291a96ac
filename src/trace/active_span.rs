//! Steps of a call that are in progress.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::span::{SpanValue, TraceSpan, bounded};
use super::span_queue::SpanQueue;

/// Shorter waits were none: the call was picked up before, a sound was in the cache.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// A step in progress. It ends when this is dropped. Empty if it is not exported.
#[derive(Debug, Default)]
#[must_use = "the span ends at once"]
pub struct ActiveSpan(Option<Box<RecordedSpan>>);

#[derive(Debug)]
struct RecordedSpan {
    span: TraceSpan,
    started_at: Instant,
    queue: Arc<SpanQueue>,
    /// The span is left out if it was shorter.
    shortest: Duration,
}

impl ActiveSpan {
    /// A step that goes into the queue when it ends.
    pub(super) fn new(span: TraceSpan, started_at: Instant, queue: Arc<SpanQueue>) -> Self {
        Self(Some(Box::new(RecordedSpan { span, started_at, queue, shortest: Duration::ZERO })))
    }

    /// Marks the step as a wait. It is left out if there was nothing to wait for.
    pub(super) fn into_wait(mut self) -> Self {
        if let Some(recorded) = &mut self.0 {
            recorded.shortest = SHORTEST_WAIT;
        }
        self
    }

    pub fn is_recorded(&self) -> bool {
        self.0.is_some()
    }

    pub fn rename(&mut self, name: String) {
        if let Some(recorded) = &mut self.0 {
            recorded.span.name = name.into();
        }
    }

    /// Adds an attribute.
    pub fn set(&mut self, name: &'static str, value: impl Into<SpanValue>) {
        if let Some(recorded) = &mut self.0 {
            recorded.span.attributes.push((name, value.into()));
        }
    }

    /// Adds an attribute, if there is a value.
    pub fn set_some(&mut self, name: &'static str, value: Option<impl Into<SpanValue>>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    /// Marks the step as failed.
    pub fn fail(&mut self, reason: impl fmt::Display) {
        if let Some(recorded) = &mut self.0 {
            recorded.span.error = Some(bounded(&reason.to_string()));
        }
    }
}

impl Drop for ActiveSpan {
    fn drop(&mut self) {
        if let Some(recorded) = self.0.take() {
            let RecordedSpan { mut span, started_at, queue, shortest } = *recorded;
            span.duration = started_at.elapsed();
            if span.duration >= shortest {
                queue.push(span);
            }
        }
    }
}
