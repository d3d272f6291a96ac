//! A circuit breaker for each text-to-speech engine, and a limit on how often its failures are logged.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::circuit_breaker::{
    BreakerState, CircuitBreaker, CircuitBreakerSettings, HalfOpenPolicy,
};
use crate::voice::engine_state::LastFailure;

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
    last_failure: Option<LastFailure>,
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
            if let Some(failure) = &mut state.last_failure {
                failure.recovered = true;
            }
        }
    }

    /// Returns whether the failure is to be logged.
    pub(super) fn record_failure(&self, engine: &str, reason: &str, now: Instant) -> bool {
        let mut states = self.0.lock();
        let state = states.entry(engine.to_owned()).or_insert_with(EngineHealthState::new);
        state.breaker.record_failure(now);
        state.last_failure = Some(LastFailure::new(reason, now));
        let is_due = state.logged_at.is_none_or(|logged_at| now >= logged_at + LOG_INTERVAL);
        if is_due {
            state.logged_at = Some(now);
        }
        is_due
    }

    /// The worst state of the voices whose keys begin with `engine_key`, and the last failure of one of them.
    pub(super) fn engine_state(
        &self,
        engine_key: &str,
        now: Instant,
    ) -> (BreakerState, Option<LastFailure>) {
        let states = self.0.lock();
        let voices = states.iter().filter(|(key, _)| key.starts_with(engine_key));
        let voices: Vec<_> = voices.map(|(_, state)| state).collect();
        let breaker = voices.iter().map(|state| state.breaker.state(now)).max();
        let failures = voices.iter().filter_map(|state| state.last_failure.as_ref());
        let last = failures.max_by_key(|failure| (!failure.recovered, failure.at));
        (breaker.unwrap_or(BreakerState::Closed), last.cloned())
    }
}

impl EngineHealthState {
    fn new() -> Self {
        let breaker = CircuitBreaker::new(ENGINE_BREAKER);
        Self { breaker, last_failure: None, logged_at: None }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use crate::circuit_breaker::BreakerState;
    use crate::voice::tts::engine_health::EngineHealth;

    #[test]
    fn a_voice_is_skipped_after_three_failures_and_logged_once_a_minute() {
        let health = EngineHealth::default();
        let begun = Instant::now();
        let after = |seconds| begun + Duration::from_secs(seconds);
        assert!(health.record_failure("one", "it failed", begun));
        assert!(!health.record_failure("one", "it failed", after(1)));
        assert!(!health.is_circuit_open("one", after(1)));
        assert!(!health.record_failure("one", "it failed", after(2)));
        assert!(health.is_circuit_open("one", after(11)));
        assert!(!health.is_circuit_open("one", after(12)));
        assert!(!health.is_circuit_open("other", after(2)));
        assert!(!health.record_failure("one", "it failed", after(13)), "one failure more");
        assert!(health.is_circuit_open("one", after(22)));
        assert!(health.record_failure("one", "it failed", after(61)), "a minute later");
        health.record_success("one");
        assert!(!health.is_circuit_open("one", after(62)));
    }

    #[test]
    fn the_state_of_an_engine_is_that_of_its_worst_voice() {
        let health = EngineHealth::default();
        let now = Instant::now();
        let failure = |engine| {
            let (breaker, failure) = health.engine_state(engine, now);
            (breaker, failure.map(|failure| (failure.reason, failure.recovered)))
        };
        assert_eq!(failure("say "), (BreakerState::Closed, None));
        for _ in 0..3 {
            health.record_failure("say a en", "no such voice", now);
        }
        health.record_failure("say b en", "it crashed", now);
        health.record_success("say b en");
        let expected = Some(("no such voice".to_owned(), false));
        assert_eq!(failure("say "), (BreakerState::Open, expected));
        let expected = Some(("it crashed".to_owned(), true));
        assert_eq!(failure("say b"), (BreakerState::Closed, expected));
        assert_eq!(failure("other "), (BreakerState::Closed, None));
    }
}
