//! How long calls wait for the answers to their requests.

use std::sync::Arc;

use tokio::time::Instant;

use super::request_plan::RequestPlan;
use crate::histogram::DurationHistograms;
use crate::script::request::{CacheStatus, TriggerError, TriggerResult};

/// The upper bounds of the buckets, in seconds. Callers notice a second of silence; the default timeout is 5 s.
const BOUNDS: &[f64] = &[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0];

/// The waits of all calls, by script and upstream.
#[derive(Debug)]
pub(crate) struct TriggerWaits(DurationHistograms<2>);

impl Default for TriggerWaits {
    fn default() -> Self {
        Self(DurationHistograms::new(BOUNDS))
    }
}

impl TriggerWaits {
    pub(crate) fn histograms(&self) -> &DurationHistograms<2> {
        &self.0
    }

    /// Starts to measure the wait of one call for its request.
    pub(super) fn start<'a>(&'a self, script: &'a str, plan: &RequestPlan) -> TriggerWait<'a> {
        let upstream = plan.primary().map(|request| request.upstream_name.clone());
        let fallback = plan.fallback().map(|request| request.upstream_name.clone());
        TriggerWait { histograms: &self.0, script, upstream, fallback, started_at: Instant::now() }
    }
}

/// A wait in progress. It is counted when this is dropped, also if the caller hangs up before the answer: otherwise the
/// longest waits would not be counted.
pub(super) struct TriggerWait<'a> {
    histograms: &'a DurationHistograms<2>,
    script: &'a str,
    /// The upstream to count the wait for. `None` if it does not count.
    upstream: Option<Arc<str>>,
    fallback: Option<Arc<str>>,
    started_at: Instant,
}

impl TriggerWait<'_> {
    /// Ends the wait. It counts for the upstream whose URL was used last, and only if a web application was waited for.
    pub(super) fn finish(mut self, result: &TriggerResult) {
        if !has_waited(result) {
            self.upstream = None;
        } else if result.timings.used_fallback && self.fallback.is_some() {
            self.upstream = self.fallback.take();
        }
    }
}

impl Drop for TriggerWait<'_> {
    fn drop(&mut self) {
        if let Some(upstream) = &self.upstream {
            self.histograms.observe([self.script, upstream], self.started_at.elapsed());
        }
    }
}

/// Whether the result is neither from a cache nor an immediate failure.
fn has_waited(result: &TriggerResult) -> bool {
    let is_sent = result.timings.attempts > 0;
    match &result.answer {
        Ok(_) => is_sent || !matches!(result.cache, CacheStatus::Hit | CacheStatus::Stale),
        Err(
            TriggerError::NotSent(_)
            | TriggerError::TooManyRequests(_)
            | TriggerError::CircuitOpen(_),
        ) => is_sent,
        Err(_) => true,
    }
}
