//! When an upstream that fails again and again is left alone, and when it is tried again. Pure: the time is given.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// When it opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitBreakerSettings {
    /// After so many failures one after the other.
    pub failure_threshold: u32,
    /// For so long nothing is sent, at first; after each probe that fails twice as long, to at most [`LONGEST`].
    pub open_for: Duration,
}

impl Default for CircuitBreakerSettings {
    fn default() -> Self {
        Self { failure_threshold: 5, open_for: Duration::from_secs(1) }
    }
}

/// The longest that an upstream is left alone.
pub const MAX_OPEN_TIME: Duration = Duration::from_secs(60);

/// For so long, or as long as it was open where that is longer, a probe is waited for. One that nobody is waiting for may
/// take minutes.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);

/// The breaker of one upstream.
#[derive(Debug)]
pub struct CircuitBreaker {
    settings: CircuitBreakerSettings,
    failures: u32,
    state: BreakerPhase,
}

#[derive(Debug, Clone, Copy)]
enum BreakerPhase {
    Closed,
    Open { until: Instant, open_time: Duration },
    Probing { until: Instant, open_time: Duration },
}

/// How a breaker stands, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Everything is sent.
    Closed,
    /// One request at a time is sent, to see; perhaps none has come yet.
    HalfOpen,
    /// Nothing is.
    Open,
}

/// What a report has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerTransition {
    /// Nothing that anybody would want to know.
    Unchanged,
    /// It has opened for this long.
    Opened(Duration),
    /// It has closed.
    Closed,
}

impl CircuitBreaker {
    /// A closed one.
    pub fn new(settings: CircuitBreakerSettings) -> Self {
        Self { settings, failures: 0, state: BreakerPhase::Closed }
    }

    /// Whether a request may be sent. The first one after the time alone is a probe, until it is
    /// reported or abandoned, or has stayed out too long.
    ///
    /// # Errors
    ///
    /// How many failures there were, when none may be sent.
    pub fn admit(&mut self, now: Instant) -> Result<(), u32> {
        match self.state {
            BreakerPhase::Closed => Ok(()),
            BreakerPhase::Open { until, open_time: lasts }
            | BreakerPhase::Probing { until, open_time: lasts }
                if until <= now =>
            {
                self.state = BreakerPhase::Probing {
                    until: now + lasts.max(PROBE_TIMEOUT),
                    open_time: lasts,
                };
                Ok(())
            }
            BreakerPhase::Open { .. } | BreakerPhase::Probing { .. } => Err(self.failures),
        }
    }

    /// Whether nothing may be sent now; changes nothing.
    pub fn failures_if_open(&self, now: Instant) -> Option<u32> {
        let refuses = match self.state {
            BreakerPhase::Closed => false,
            BreakerPhase::Open { until, .. } | BreakerPhase::Probing { until, .. } => now < until,
        };
        refuses.then_some(self.failures)
    }

    /// The upstream has answered.
    pub fn record_success(&mut self) -> BreakerTransition {
        self.failures = 0;
        match std::mem::replace(&mut self.state, BreakerPhase::Closed) {
            BreakerPhase::Closed => BreakerTransition::Unchanged,
            BreakerPhase::Open { .. } | BreakerPhase::Probing { .. } => BreakerTransition::Closed,
        }
    }

    /// It has failed.
    pub fn record_failure(&mut self, now: Instant) -> BreakerTransition {
        self.failures = self.failures.saturating_add(1);
        let lasts = match self.state {
            BreakerPhase::Closed if self.failures < self.settings.failure_threshold => {
                return BreakerTransition::Unchanged;
            }
            BreakerPhase::Closed => self.settings.open_for,
            BreakerPhase::Probing { open_time: lasts, .. } => {
                (lasts * 2).min(MAX_OPEN_TIME.max(self.settings.open_for))
            }
            // Of a request that was sent before it opened.
            BreakerPhase::Open { .. } => return BreakerTransition::Unchanged,
        };
        self.state = BreakerPhase::Open { until: now + lasts, open_time: lasts };
        BreakerTransition::Opened(lasts)
    }

    /// A request that was admitted says nothing about the upstream: the next one may see.
    pub fn record_abandoned(&mut self, now: Instant) {
        if let BreakerPhase::Probing { open_time: lasts, .. } = self.state {
            self.state = BreakerPhase::Open { until: now, open_time: lasts };
        }
    }

    /// How it stands. One whose time is over may wait long for the call that tries it.
    pub fn state(&self, now: Instant) -> BreakerState {
        match self.state {
            BreakerPhase::Closed => BreakerState::Closed,
            BreakerPhase::Open { until, .. } if now < until => BreakerState::Open,
            BreakerPhase::Open { .. } | BreakerPhase::Probing { .. } => BreakerState::HalfOpen,
        }
    }
}
