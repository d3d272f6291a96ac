//! Circuit breakers: after several failures in a row a service is not asked for a while, then it is tried again.
//!
//! The module does no I/O and reads no clock: callers report successes and failures, and pass the time. Upstreams,
//! speech synthesis engines and the shared cache's server each use it with settings of their own.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitBreakerSettings {
    /// Opens after this many failures in a row.
    pub failure_threshold: u32,
    /// The first open time. It doubles each time the breaker opens again without a success in between.
    pub open_for: Duration,
    /// The longest open time. A value below `open_for` counts as `open_for`: the open time is then always the same.
    pub max_open_for: Duration,
    /// What is let through when the open time is over.
    pub half_open: HalfOpenPolicy,
}

/// What a half-open breaker lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HalfOpenPolicy {
    /// One request at a time, the probe; its result decides. Failures of requests that were sent before the breaker
    /// opened change nothing.
    SingleProbe {
        /// How long to wait for a probe before the next request may be one. Where the open time is longer, that counts.
        timeout: Duration,
    },
    /// Every request. Each failure starts the open time again, even that of a request sent before the breaker opened.
    Unlimited,
}

/// A circuit breaker for one service.
#[derive(Debug)]
pub struct CircuitBreaker {
    settings: CircuitBreakerSettings,
    /// Failures in a row.
    failures: u32,
    next_open_time: Duration,
    phase: BreakerPhase,
}

#[derive(Debug, Clone, Copy)]
enum BreakerPhase {
    Closed,
    /// Half-open once `until` has passed.
    Open {
        until: Instant,
        open_time: Duration,
    },
    /// A probe was sent. The next request may be one when `until` has passed.
    Probing {
        until: Instant,
        open_time: Duration,
    },
}

/// The state of a breaker, as metrics and the control protocol report it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Every request is let through.
    Closed,
    /// The open time is over, but no success has been reported yet.
    HalfOpen,
    /// No request is let through.
    Open,
}

/// What a report has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerTransition {
    /// The breaker is as open or as closed as before.
    Unchanged,
    /// It has opened, or opened again, for this long.
    Opened(Duration),
    /// It was open or half-open, and has closed.
    Closed,
}

impl CircuitBreaker {
    /// A closed breaker.
    pub fn new(settings: CircuitBreakerSettings) -> Self {
        Self {
            settings,
            failures: 0,
            next_open_time: settings.open_for,
            phase: BreakerPhase::Closed,
        }
    }

    /// Whether a request may be sent. With [`HalfOpenPolicy::SingleProbe`], the first request after the open time
    /// becomes the probe. No other request is let through until the probe is reported or abandoned, or its timeout has
    /// passed.
    ///
    /// # Errors
    ///
    /// The number of failures in a row, when the request may not be sent.
    pub fn admit(&mut self, now: Instant) -> Result<(), u32> {
        if let Some(failures) = self.failures_if_open(now) {
            return Err(failures);
        }
        if let (
            HalfOpenPolicy::SingleProbe { timeout },
            BreakerPhase::Open { open_time, .. } | BreakerPhase::Probing { open_time, .. },
        ) = (self.settings.half_open, self.phase)
        {
            self.phase = BreakerPhase::Probing { until: now + open_time.max(timeout), open_time };
        }
        Ok(())
    }

    /// The number of failures in a row, where no request may be sent now. Does not start a probe.
    pub fn failures_if_open(&self, now: Instant) -> Option<u32> {
        let refuses = match self.phase {
            BreakerPhase::Closed => false,
            BreakerPhase::Open { until, .. } | BreakerPhase::Probing { until, .. } => now < until,
        };
        refuses.then_some(self.failures)
    }

    /// Reports a success: the breaker closes, and its next open time is the first one again.
    pub fn record_success(&mut self) -> BreakerTransition {
        self.next_open_time = self.settings.open_for;
        self.close()
    }

    /// Closes the breaker and keeps its next open time: for a service that can be reached again, but has yet to prove
    /// that it stays so.
    pub fn close(&mut self) -> BreakerTransition {
        self.failures = 0;
        match std::mem::replace(&mut self.phase, BreakerPhase::Closed) {
            BreakerPhase::Closed => BreakerTransition::Unchanged,
            BreakerPhase::Open { .. } | BreakerPhase::Probing { .. } => BreakerTransition::Closed,
        }
    }

    /// Reports a failure.
    pub fn record_failure(&mut self, now: Instant) -> BreakerTransition {
        self.failures = self.failures.saturating_add(1);
        let opens = match (self.phase, self.settings.half_open) {
            (BreakerPhase::Closed, _) => self.failures >= self.settings.failure_threshold,
            (BreakerPhase::Open { .. }, HalfOpenPolicy::SingleProbe { .. }) => false,
            (BreakerPhase::Open { .. }, HalfOpenPolicy::Unlimited)
            | (BreakerPhase::Probing { .. }, _) => true,
        };
        if !opens {
            return BreakerTransition::Unchanged;
        }
        let (open_time, longest) = (self.next_open_time, self.settings.max_open_for);
        self.next_open_time = (open_time * 2).min(longest.max(self.settings.open_for));
        self.phase = BreakerPhase::Open { until: now + open_time, open_time };
        BreakerTransition::Opened(open_time)
    }

    /// Reports a request that was let through and proved nothing: if it was the probe, the next request becomes the
    /// probe.
    pub fn record_abandoned(&mut self, now: Instant) {
        if let BreakerPhase::Probing { open_time, .. } = self.phase {
            self.phase = BreakerPhase::Open { until: now, open_time };
        }
    }

    /// A half-open breaker stays so until somebody sends a request.
    pub fn state(&self, now: Instant) -> BreakerState {
        match self.phase {
            BreakerPhase::Closed => BreakerState::Closed,
            BreakerPhase::Open { until, .. } if now < until => BreakerState::Open,
            BreakerPhase::Open { .. } | BreakerPhase::Probing { .. } => BreakerState::HalfOpen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn unlimited(max_open_for: Duration) -> CircuitBreaker {
        CircuitBreaker::new(CircuitBreakerSettings {
            failure_threshold: 1,
            open_for: SECOND,
            max_open_for,
            half_open: HalfOpenPolicy::Unlimited,
        })
    }

    #[test]
    fn without_probes_every_request_is_let_through_after_the_open_time() {
        let (mut breaker, start) = (unlimited(SECOND), Instant::now());
        assert_eq!(breaker.record_failure(start), BreakerTransition::Opened(SECOND));
        assert_eq!(breaker.admit(start), Err(1));
        let later = start + SECOND;
        assert_eq!((breaker.admit(later), breaker.admit(later)), (Ok(()), Ok(())));
        assert_eq!(breaker.state(later), BreakerState::HalfOpen);
    }

    #[test]
    fn without_probes_each_failure_starts_the_open_time_again() {
        let (mut breaker, start) = (unlimited(SECOND), Instant::now());
        breaker.record_failure(start);
        let middle = start + SECOND / 2;
        assert_eq!(breaker.record_failure(middle), BreakerTransition::Opened(SECOND));
        assert_eq!(breaker.failures_if_open(start + SECOND), Some(2));
        assert_eq!(breaker.failures_if_open(middle + SECOND), None);
    }

    #[test]
    fn closing_keeps_the_grown_open_time_and_a_success_resets_it() {
        let (mut breaker, now) = (unlimited(SECOND * 3), Instant::now());
        assert_eq!(breaker.record_failure(now), BreakerTransition::Opened(SECOND));
        assert_eq!(breaker.close(), BreakerTransition::Closed);
        assert_eq!(breaker.record_failure(now), BreakerTransition::Opened(SECOND * 2));
        assert_eq!(breaker.record_failure(now), BreakerTransition::Opened(SECOND * 3));
        assert_eq!(breaker.record_success(), BreakerTransition::Closed);
        assert_eq!(breaker.record_success(), BreakerTransition::Unchanged);
        assert_eq!(breaker.record_failure(now), BreakerTransition::Opened(SECOND));
    }
}
