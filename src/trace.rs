//! Traces of calls: each call is a trace, whose identifier the requests of its scripts carry in the header
//! `traceparent` (W3C Trace Context). If traces are exported, each step of a call is a span of its trace.
//!
//! A step holds an [`ActiveSpan`], which ends when it is dropped: also if the caller hangs up during the step. Ended
//! spans go into a bounded queue at once, so that a call keeps none of them. Without an export a span is empty and costs
//! nothing. This module uses no other module of the crate.

mod active_span;
mod id;
mod span;
mod span_queue;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::time::Instant;

pub use active_span::ActiveSpan;
pub use id::{SpanId, TraceId};
pub use span::{SpanRole, SpanValue, TraceSpan};
pub use span_queue::SpanQueue;

/// The trace of a call, and the span that the next spans are children of. The default belongs to no trace.
#[derive(Debug, Clone, Default)]
pub struct TraceContext {
    trace: TraceId,
    span: SpanId,
    /// The flag `sampled` of the header. Web applications usually record traces with this flag only.
    is_sampled: bool,
    /// Where the spans go; `None` if they are not exported.
    spans: Option<Arc<SpanQueue>>,
}

impl TraceContext {
    /// The trace of a new call. Without a queue nothing is exported, and the web application is asked to record it.
    pub fn for_call(spans: Option<&Arc<SpanQueue>>) -> Self {
        let (Some(trace), Some(span)) = (TraceId::random(), SpanId::random()) else {
            return Self::default();
        };
        let is_sampled = spans.is_none_or(|spans| spans.samples(trace));
        Self { trace, span, is_sampled, spans: spans.filter(|_| is_sampled).cloned() }
    }

    /// The identifier of the trace; `None` if there is none.
    pub fn trace_id(&self) -> Option<TraceId> {
        (self.trace != TraceId::default()).then_some(self.trace)
    }

    /// The value of the header `traceparent`, which makes the span of this context the parent of those of the web
    /// application; `None` if there is no trace.
    pub fn traceparent(&self) -> Option<String> {
        let flags = if self.is_sampled { "01" } else { "00" };
        Some(format!("00-{}-{}-{flags}", self.trace_id()?, self.span))
    }

    /// The span of the whole call, which began when its connection was accepted.
    pub fn call_span(&self, accepted_at: Instant) -> ActiveSpan {
        self.active_span(SpanId::default(), SpanRole::Server, "call".into(), accepted_at)
    }

    /// Starts a step.
    pub fn start_span(&self, name: &'static str) -> ActiveSpan {
        self.start_parent(name).1
    }

    /// Starts a wait, such as for a sound. It is left out if there was nothing to wait for.
    pub fn start_wait(&self, name: &'static str) -> ActiveSpan {
        self.start_span(name).into_wait()
    }

    /// Starts a step that has steps of its own: they are started with the returned context.
    pub fn start_parent(&self, name: &'static str) -> (Self, ActiveSpan) {
        match self.spans {
            Some(_) => self.start_child(SpanRole::Internal, name.into()),
            None => (self.clone(), ActiveSpan::default()),
        }
    }

    /// Starts an attempt of a request, which has an identifier of its own for the header `traceparent` even if it is not
    /// exported.
    pub fn start_attempt(&self, method: &str) -> (Self, ActiveSpan) {
        let name = self.spans.as_ref().map_or(Cow::default(), |_| method.to_owned().into());
        self.start_child(SpanRole::Client, name)
    }

    fn start_child(&self, role: SpanRole, name: Cow<'static, str>) -> (Self, ActiveSpan) {
        let span = SpanId::random().unwrap_or(self.span);
        let child = Self { span, ..self.clone() };
        let active = child.active_span(self.span, role, name, Instant::now());
        (child, active)
    }

    /// The span of this context.
    fn active_span(
        &self,
        parent: SpanId,
        role: SpanRole,
        name: Cow<'static, str>,
        started_at: Instant,
    ) -> ActiveSpan {
        let Some(queue) = self.spans.clone() else { return ActiveSpan::default() };
        let began = SystemTime::now() - started_at.elapsed();
        let span = TraceSpan::new(self.trace, self.span, began);
        ActiveSpan::new(TraceSpan { parent, role, name, ..span }, started_at, queue)
    }
}
