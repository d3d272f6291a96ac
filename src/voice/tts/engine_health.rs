//! Which engines fail, so that calls do not wait for those, and the log does not repeat it for each call.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many failures in a row, and an engine is left alone.
const FAILURE_THRESHOLD: u32 = 3;
/// For so long; then it is tried again, and one more failure is enough.
const OPEN_TIME: Duration = Duration::from_secs(10);
/// An engine's failures are told once in this time.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// How the engines do, by name and voice.
#[derive(Debug, Default)]
pub struct EngineHealth(Mutex<HashMap<String, EngineHealthState>>);

#[derive(Debug, Default)]
struct EngineHealthState {
    failures: u32,
    open_until: Option<Instant>,
    logged_at: Option<Instant>,
}

impl EngineHealth {
    /// Whether an engine is left alone now.
    pub fn is_circuit_open(&self, engine: &str, now: Instant) -> bool {
        let states = self.lock();
        states.get(engine).and_then(|state| state.open_until).is_some_and(|until| now < until)
    }

    /// It made a sound.
    pub fn record_success(&self, engine: &str) {
        if let Some(state) = self.lock().get_mut(engine) {
            state.failures = 0;
            state.open_until = None;
        }
    }

    /// It failed; whether that is to be told.
    pub fn record_failure(&self, engine: &str, now: Instant) -> bool {
        let mut states = self.lock();
        let state = states.entry(engine.to_owned()).or_default();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURE_THRESHOLD {
            state.open_until = Some(now + OPEN_TIME);
        }
        let tell = state.logged_at.is_none_or(|told| now >= told + LOG_INTERVAL);
        if tell {
            state.logged_at = Some(now);
        }
        tell
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, EngineHealthState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
