//! A circuit breaker for each text-to-speech engine, and a limit on how often its failures are logged.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::circuit_breaker::{CircuitBreaker, CircuitBreakerSettings, HalfOpenPolicy};

const ENGINE_BREAKER: CircuitBreakerSettings = CircuitBreakerSettings {
    failure_threshold: 3,
    open_for: Duration::from_secs(10),
    max_open_for: Duration::from_secs(10),
    half_open: HalfOpenPolicy::Unlimited,
};

/// An engine's failures are logged at most once in this time: otherwise each call would repeat the message.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// The health of all engines, by engine name and voice.
#[derive(Debug, Default)]
pub(super) struct EngineHealth(Mutex<HashMap<String, EngineHealthState>>);

#[derive(Debug)]
struct EngineHealthState {
    breaker: CircuitBreaker,
    logged_at: Option<Instant>,
}

impl EngineHealth {
    pub(super) fn is_circuit_open(&self, engine: &str, now: Instant) -> bool {
        let states = self.0.lock();
        states.get(engine).is_some_and(|state| state.breaker.failures_if_open(now).is_some())
    }

    pub(super) fn record_success(&self, engine: &str) {
        if let Some(state) = self.0.lock().get_mut(engine) {
            state.breaker.record_success();
        }
    }

    /// Returns whether the failure is to be logged.
    pub(super) fn record_failure(&self, engine: &str, now: Instant) -> bool {
        let mut states = self.0.lock();
        let state = states.entry(engine.to_owned()).or_insert_with(EngineHealthState::new);
        state.breaker.record_failure(now);
        let is_due = state.logged_at.is_none_or(|logged_at| now >= logged_at + LOG_INTERVAL);
        if is_due {
            state.logged_at = Some(now);
        }
        is_due
    }
}

impl EngineHealthState {
    fn new() -> Self {
        Self { breaker: CircuitBreaker::new(ENGINE_BREAKER), logged_at: None }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use crate::voice::tts::engine_health::EngineHealth;

    #[test]
    fn a_voice_is_skipped_after_three_failures_and_logged_once_a_minute() {
        let health = EngineHealth::default();
        let begun = Instant::now();
        let after = |seconds| begun + Duration::from_secs(seconds);
        assert!(health.record_failure("one", begun));
        assert!(!health.record_failure("one", after(1)));
        assert!(!health.is_circuit_open("one", after(1)));
        assert!(!health.record_failure("one", after(2)));
        assert!(health.is_circuit_open("one", after(11)));
        assert!(!health.is_circuit_open("one", after(12)));
        assert!(!health.is_circuit_open("other", after(2)));
        assert!(!health.record_failure("one", after(13)), "one failure more");
        assert!(health.is_circuit_open("one", after(22)));
        assert!(health.record_failure("one", after(61)), "a minute later");
        health.record_success("one");
        assert!(!health.is_circuit_open("one", after(62)));
    }
}
