//! When an upstream that fails again and again is left alone, and when it is tried again. Pure: the time is given.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// When it opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// After so many failures one after the other.
    pub failures: u32,
    /// For so long nothing is sent, at first; after each probe that fails twice as long, to at most [`LONGEST`].
    pub open_for: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { failures: 5, open_for: Duration::from_secs(1) }
    }
}

/// The longest that an upstream is left alone.
pub const LONGEST: Duration = Duration::from_secs(60);

/// For so long, or as long as it was open where that is longer, a probe is waited for. One that nobody is waiting for may
/// take minutes.
const PROBE: Duration = Duration::from_secs(10);

/// The breaker of one upstream.
#[derive(Debug)]
pub struct Breaker {
    limits: Limits,
    failures: u32,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed,
    Open { until: Instant, lasts: Duration },
    Probing { until: Instant, lasts: Duration },
}

/// How a breaker stands, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Everything is sent.
    Closed,
    /// One request at a time is sent, to see.
    HalfOpen,
    /// Nothing is.
    Open,
}

/// What a report has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing that anybody would want to know.
    Nothing,
    /// It has opened for this long.
    Opened(Duration),
    /// It has closed.
    Closed,
}

impl Breaker {
    /// A closed one.
    pub fn new(limits: Limits) -> Self {
        Self { limits, failures: 0, state: State::Closed }
    }

    /// Whether a request may be sent. The first one after the time alone is a probe, until it is
    /// reported or abandoned, or has stayed out too long.
    ///
    /// # Errors
    ///
    /// How many failures there were, when none may be sent.
    pub fn admit(&mut self, now: Instant) -> Result<(), u32> {
        match self.state {
            State::Closed => Ok(()),
            State::Open { until, lasts } | State::Probing { until, lasts } if until <= now => {
                self.state = State::Probing { until: now + lasts.max(PROBE), lasts };
                Ok(())
            }
            State::Open { .. } | State::Probing { .. } => Err(self.failures),
        }
    }

    /// Whether nothing may be sent now; changes nothing.
    pub fn refuses(&self, now: Instant) -> Option<u32> {
        let refuses = match self.state {
            State::Closed => false,
            State::Open { until, .. } | State::Probing { until, .. } => now < until,
        };
        refuses.then_some(self.failures)
    }

    /// The upstream has answered.
    pub fn succeeded(&mut self) -> Change {
        self.failures = 0;
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Closed => Change::Nothing,
            State::Open { .. } | State::Probing { .. } => Change::Closed,
        }
    }

    /// It has failed.
    pub fn failed(&mut self, now: Instant) -> Change {
        self.failures = self.failures.saturating_add(1);
        let lasts = match self.state {
            State::Closed if self.failures < self.limits.failures => return Change::Nothing,
            State::Closed => self.limits.open_for,
            State::Probing { lasts, .. } => (lasts * 2).min(LONGEST.max(self.limits.open_for)),
            // Of a request that was sent before it opened.
            State::Open { .. } => return Change::Nothing,
        };
        self.state = State::Open { until: now + lasts, lasts };
        Change::Opened(lasts)
    }

    /// A request that was admitted says nothing about the upstream: the next one may see.
    pub fn abandoned(&mut self, now: Instant) {
        if let State::Probing { lasts, .. } = self.state {
            self.state = State::Open { until: now, lasts };
        }
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        match self.state {
            State::Closed => Standing::Closed,
            State::Open { .. } => Standing::Open,
            State::Probing { .. } => Standing::HalfOpen,
        }
    }
}
