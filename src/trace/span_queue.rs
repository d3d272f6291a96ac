//! The spans that wait for their export. Adding a span never waits: if there is no room, it is dropped and counted.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use super::id::TraceId;
use super::span::TraceSpan;

/// The maximum number of spans that wait, which is some megabytes.
pub(super) const MAX_SPANS: usize = 8192;

/// The spans that wait for their export.
#[derive(Debug)]
pub struct SpanQueue {
    sender: mpsc::Sender<TraceSpan>,
    /// The share of the calls that are exported: from 0 to 1.
    sample_ratio: f64,
    dropped: AtomicU64,
}

impl SpanQueue {
    /// A queue, and its other end.
    pub fn new(sample_ratio: f64) -> (Self, mpsc::Receiver<TraceSpan>) {
        let (sender, receiver) = mpsc::channel(MAX_SPANS);
        (Self { sender, sample_ratio, dropped: AtomicU64::new(0) }, receiver)
    }

    /// Adds a span, or counts it as dropped.
    pub fn push(&self, span: TraceSpan) {
        if self.sender.try_send(span).is_err() {
            self.count_dropped(1);
        }
    }

    pub fn count_dropped(&self, spans: usize) {
        self.dropped.fetch_add(spans as u64, Ordering::Relaxed);
    }

    /// The number of spans that were not exported.
    pub fn dropped_spans(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Whether a trace is exported. The identifier decides, as in OpenTelemetry's sampler `TraceIdRatioBased`, so that
    /// a web application with the same ratio records the same traces.
    pub(super) fn samples(&self, trace: TraceId) -> bool {
        let [.., a, b, c, d, e, f, g, h] = trace.0;
        let random = u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 1;
        self.sample_ratio >= 1.0 || (random as f64) < self.sample_ratio * (1_u64 << 63) as f64
    }
}
