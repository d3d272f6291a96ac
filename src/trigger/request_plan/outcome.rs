//! What an errand comes to, and until when.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::ResponseClass;
use crate::script::answer::TriggerAnswer;
use crate::script::request::{CacheStatus, RequestTimings, TriggerError, TriggerResult};

/// What came of an errand.
#[derive(Clone)]
pub(in crate::trigger) struct RequestOutcome {
    pub(in crate::trigger) answer: Result<Arc<TriggerAnswer>, TriggerError>,
    pub(in crate::trigger) class: ResponseClass,
    /// The reply that the answer was read from.
    pub(in crate::trigger) raw_reply: Option<Arc<RawHttpReply>>,
    /// Whether the answer was kept.
    pub(in crate::trigger) cache: CacheStatus,
    pub(in crate::trigger) timings: RequestTimings,
    pub(in crate::trigger) first_error: Option<String>,
    /// The time for all of it was over.
    pub(super) deadline_passed: bool,
}

/// A reply as it came: it can be read again elsewhere.
pub(in crate::trigger) struct RawHttpReply {
    pub(in crate::trigger) content_type: Option<String>,
    pub(in crate::trigger) body: Vec<u8>,
}

impl RequestOutcome {
    pub(in crate::trigger) fn failed(why: TriggerError) -> Self {
        let reason = why.to_string();
        Self {
            deadline_passed: matches!(why, TriggerError::TimedOut(_)),
            answer: Err(why),
            class: ResponseClass::Unusable(reason.clone()),
            raw_reply: None,
            cache: CacheStatus::Miss,
            timings: RequestTimings::default(),
            first_error: Some(reason),
        }
    }

    /// An answer that was there.
    pub(in crate::trigger) fn cached(answer: Arc<TriggerAnswer>, cache: CacheStatus) -> Self {
        let (timings, class) = (RequestTimings::default(), ResponseClass::Handled);
        Self {
            answer: Ok(answer),
            class,
            raw_reply: None,
            cache,
            timings,
            first_error: None,
            deadline_passed: false,
        }
    }

    /// Whether the call needs nothing more.
    pub(in crate::trigger) fn is_usable(&self) -> bool {
        !matches!(self.class, ResponseClass::Unusable(_))
    }

    /// Whether only its time was over; that of its attempts is not it.
    pub(in crate::trigger) fn timed_out(&self) -> bool {
        self.deadline_passed && matches!(self.answer, Err(TriggerError::TimedOut(_)))
    }

    /// Another call had begun it.
    pub(in crate::trigger) fn mark_joined(mut self) -> Self {
        self.timings.joined_flight = true;
        self
    }

    pub(in crate::trigger) fn into_trigger_result(self) -> TriggerResult {
        let Self { answer, cache, timings: spent, first_error: trouble, .. } = self;
        TriggerResult { answer, cache, timings: spent, first_error: trouble }
    }
}

/// The end of an attempt, or of all attempts, and how long it was given: that is told when it comes.
#[derive(Clone, Copy)]
pub(in crate::trigger) struct RequestDeadline {
    pub(in crate::trigger) at: Instant,
    pub(in crate::trigger) limit: Duration,
}

impl RequestDeadline {
    pub(in crate::trigger) fn after(begun: Instant, limit: Duration) -> Self {
        Self { at: begun + limit, limit }
    }

    pub(in crate::trigger) fn remaining(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    pub(in crate::trigger) fn more_than_half_remains(&self) -> bool {
        self.remaining() > self.limit / 2
    }

    pub(super) fn no_later_than(self, other: Self) -> Self {
        if other.at < self.at { other } else { self }
    }
}
