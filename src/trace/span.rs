//! Spans: the steps of a call, with their times and attributes.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{SpanId, SpanQueue, TraceContext, TraceId};

/// The maximum length of a text in a span, in bytes. Longer texts are cut.
const MAX_TEXT_BYTES: usize = 1 << 10;
/// Shorter waits were none: the call was picked up before, a sound was in the cache.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// A step of a call that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceSpan {
    pub trace: TraceId,
    pub id: SpanId,
    /// The default for the span of the whole call.
    pub parent: SpanId,
    pub role: SpanRole,
    pub name: Cow<'static, str>,
    pub started_at: SystemTime,
    pub duration: Duration,
    /// Nothing in them is sensitive, as in the log.
    pub attributes: Vec<(&'static str, SpanValue)>,
    /// Why the step failed.
    pub error: Option<String>,
}

/// What a span stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanRole {
    /// A call that a switch has handed to the daemon.
    Server,
    /// A request to a web application.
    Client,
    /// A step of a call.
    Internal,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpanValue {
    Text(String),
    Number(i64),
    Flag(bool),
}

impl From<&str> for SpanValue {
    fn from(text: &str) -> Self {
        Self::Text(text[..text.floor_char_boundary(MAX_TEXT_BYTES)].to_owned())
    }
}

impl From<u16> for SpanValue {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for SpanValue {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for SpanValue {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for SpanValue {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

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
    /// The span of `context`.
    pub(super) fn new(
        context: &TraceContext,
        parent: SpanId,
        role: SpanRole,
        name: Cow<'static, str>,
        started_at: Instant,
    ) -> Self {
        let Some(queue) = context.spans.clone() else { return Self(None) };
        let span = TraceSpan {
            trace: context.trace,
            id: context.span,
            parent,
            role,
            name,
            started_at: SystemTime::now() - started_at.elapsed(),
            duration: Duration::ZERO,
            attributes: Vec::new(),
            error: None,
        };
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
    pub fn fail(&mut self, reason: &str) {
        if let Some(recorded) = &mut self.0 {
            let end = reason.floor_char_boundary(MAX_TEXT_BYTES);
            recorded.span.error = Some(reason[..end].to_owned());
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
