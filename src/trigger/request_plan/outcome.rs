//! The outcome of a request plan, and its deadline.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::response_class::ResponseClass;
use crate::script::answer::TriggerAnswer;
use crate::script::request::{CacheStatus, RequestTimings, TriggerError, TriggerResult};
use crate::trigger::answer_parser::UnparsedAnswer;

#[derive(Clone)]
pub(in crate::trigger) struct RequestOutcome {
    pub(in crate::trigger) answer: Result<Arc<TriggerAnswer>, TriggerError>,
    pub(in crate::trigger) class: ResponseClass,
    /// The reply that the answer was parsed from, for the shared cache: other daemons parse it themselves. `None` without
    /// a reply, and for a cached answer.
    pub(in crate::trigger) raw_reply: Option<Arc<UnparsedAnswer>>,
    pub(in crate::trigger) cache: CacheStatus,
    pub(in crate::trigger) timings: RequestTimings,
    pub(in crate::trigger) first_error: Option<String>,
    /// Whether the total timeout was over at the end, or too little of it remained for another attempt.
    pub(super) deadline_passed: bool,
}

impl RequestOutcome {
    pub(in crate::trigger) fn failed(error: TriggerError) -> Self {
        let reason = error.to_string();
        Self {
            deadline_passed: matches!(error, TriggerError::TimedOut(_)),
            answer: Err(error),
            class: ResponseClass::Unusable(reason.clone()),
            raw_reply: None,
            cache: CacheStatus::Miss,
            timings: RequestTimings::default(),
            first_error: Some(reason),
        }
    }

    pub(in crate::trigger) fn cached(answer: Arc<TriggerAnswer>, cache: CacheStatus) -> Self {
        Self {
            answer: Ok(answer),
            class: ResponseClass::Handled,
            raw_reply: None,
            cache,
            timings: RequestTimings::default(),
            first_error: None,
            deadline_passed: false,
        }
    }

    pub(in crate::trigger) fn is_usable(&self) -> bool {
        !matches!(self.class, ResponseClass::Unusable(_))
    }

    /// Whether the total timeout ended the request. The timeout of a single attempt does not count.
    pub(in crate::trigger) fn timed_out(&self) -> bool {
        self.deadline_passed && matches!(self.answer, Err(TriggerError::TimedOut(_)))
    }

    /// Marks an outcome as fetched by another call or daemon.
    pub(in crate::trigger) fn mark_joined(mut self) -> Self {
        self.timings.joined_flight = true;
        self
    }

    pub(in crate::trigger) fn into_trigger_result(self) -> TriggerResult {
        let Self { answer, cache, timings, first_error, .. } = self;
        TriggerResult { answer, cache, timings, first_error }
    }
}

/// The latest time at which an attempt or a whole plan ends. `limit` is the timeout that it was computed from, for the
/// error message.
#[derive(Clone, Copy)]
pub(in crate::trigger) struct RequestDeadline {
    pub(in crate::trigger) at: Instant,
    pub(in crate::trigger) limit: Duration,
}

impl RequestDeadline {
    pub(in crate::trigger) fn after(started_at: Instant, limit: Duration) -> Self {
        Self { at: started_at + limit, limit }
    }

    pub(in crate::trigger) fn remaining(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    pub(in crate::trigger) fn more_than_half_remains(&self) -> bool {
        self.remaining() > self.limit / 2
    }

    pub(super) fn min(self, other: Self) -> Self {
        if other.at < self.at { other } else { self }
    }
}
