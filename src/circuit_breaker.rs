//! Circuit breakers. A breaker stops the requests to a service for a while after several failures in a row.
//!
//! The module does no I/O and reads no clock: callers report successes and failures, and pass the current time. There
//! are breakers for upstreams, for text-to-speech engines and for the server of the shared cache, each with its own
//! settings.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitBreakerSettings {
    /// The breaker opens after this many failures in a row.
    pub failure_threshold: u32,
    /// The first open time. It doubles each time the breaker opens again without a success in between, up to
    /// `max_open_for`.
    pub open_for: Duration,
    /// The longest open time. If it is not above `open_for`, the open time is always `open_for`.
    pub max_open_for: Duration,
    /// Which requests are let through after the open time.
    pub half_open: HalfOpenPolicy,
}

/// Which requests a half-open breaker lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HalfOpenPolicy {
    /// One request at a time, called the probe. Its success closes the breaker, and its failure opens the breaker
    /// again. A failure that is reported while no probe is in progress does not extend the open time.
    SingleProbe {
        /// How long to wait for the result of a probe before the next request may become the probe. If the last open
        /// time was longer, that time is used instead.
        timeout: Duration,
    },
    /// Every request. Each failure starts a new open time, even the failure of a request that was sent before the
    /// breaker opened.
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
    /// A probe was sent. When `until` has passed, the next request may become the probe.
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

/// How a reported success or failure has changed the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerTransition {
    /// The breaker has neither opened nor closed.
    Unchanged,
    /// It has opened, or opened again, for this long.
    Opened(Duration),
    /// It was open or half-open, and has closed.
    Closed,
}

impl CircuitBreaker {
    pub fn new(settings: CircuitBreakerSettings) -> Self {
        Self {
            settings,
            failures: 0,
            next_open_time: settings.open_for,
            phase: BreakerPhase::Closed,
        }
    }

    /// Changes the settings. An open breaker stays open until its open time is over.
    pub fn set_settings(&mut self, settings: CircuitBreakerSettings) {
        if settings.open_for != self.settings.open_for {
            self.next_open_time = settings.open_for;
        }
        self.settings = settings;
    }

    /// Asks whether a request may be sent. With [`HalfOpenPolicy::SingleProbe`], the first request after the open time
    /// becomes the probe. No other request is let through until the result of the probe is reported, the probe is
    /// abandoned, or its timeout has passed.
    ///
    /// # Errors
    ///
    /// The number of failures in a row, if the request may not be sent.
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

    /// Returns the number of failures in a row if no request may be sent now, else `None`. Does not start a probe.
    pub fn failures_if_open(&self, now: Instant) -> Option<u32> {
        let refuses = match self.phase {
            BreakerPhase::Closed => false,
            BreakerPhase::Open { until, .. } | BreakerPhase::Probing { until, .. } => now < until,
        };
        refuses.then_some(self.failures)
    }

    /// Reports a success: closes the breaker, and resets its open time to `open_for`.
    pub fn record_success(&mut self) -> BreakerTransition {
        self.next_open_time = self.settings.open_for;
        self.close()
    }

    /// Closes the breaker, but does not reset its open time. This is for a service that can be reached again, but may
    /// fail again soon.
    pub fn close(&mut self) -> BreakerTransition {
        self.failures = 0;
        match std::mem::replace(&mut self.phase, BreakerPhase::Closed) {
            BreakerPhase::Closed => BreakerTransition::Unchanged,
            BreakerPhase::Open { .. } | BreakerPhase::Probing { .. } => BreakerTransition::Closed,
        }
    }

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

    /// Reports that a request was let through, but shows neither success nor failure. If the breaker waits for a probe,
    /// the next request becomes the new probe.
    pub fn record_abandoned(&mut self, now: Instant) {
        if let BreakerPhase::Probing { open_time, .. } = self.phase {
            self.phase = BreakerPhase::Open { until: now, open_time };
        }
    }

    /// The state at this time. Time alone never closes a breaker: after the open time it stays half-open until the
    /// result of a request is reported.
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
    fn changed_settings_keep_the_count_of_failures_and_an_open_breaker_open() {
        let (mut breaker, now) = (unlimited(SECOND), Instant::now());
        let settings = CircuitBreakerSettings { failure_threshold: 3, ..breaker.settings };
        breaker.set_settings(settings);
        assert_eq!(breaker.record_failure(now), BreakerTransition::Unchanged);
        assert_eq!(breaker.record_failure(now), BreakerTransition::Unchanged);
        let two = CircuitBreakerSettings { failure_threshold: 2, open_for: SECOND * 9, ..settings };
        breaker.set_settings(two);
        assert_eq!(breaker.record_failure(now), BreakerTransition::Opened(SECOND * 9));
        breaker.set_settings(settings);
        assert_eq!(breaker.state(now + SECOND * 8), BreakerState::Open);
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
