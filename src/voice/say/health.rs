//! Which engines fail, so that calls do not wait for those, and the log does not repeat it for each call.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many failures in a row, and an engine is left alone.
const MOST_FAILURES: u32 = 3;
/// For so long; then it is tried again, and one more failure is enough.
const LEFT_ALONE: Duration = Duration::from_secs(10);
/// An engine's failures are told once in this time.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// How the engines do, by name and voice.
#[derive(Debug, Default)]
pub struct Health(Mutex<HashMap<String, State>>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    left_alone_until: Option<Instant>,
    told: Option<Instant>,
}

impl Health {
    /// Whether an engine is left alone now.
    pub fn is_left_alone(&self, engine: &str, now: Instant) -> bool {
        let states = self.states();
        states.get(engine).and_then(|state| state.left_alone_until).is_some_and(|until| now < until)
    }

    /// It made a sound.
    pub fn works(&self, engine: &str) {
        if let Some(state) = self.states().get_mut(engine) {
            state.failures = 0;
            state.left_alone_until = None;
        }
    }

    /// It failed; whether that is to be told.
    pub fn failed(&self, engine: &str, now: Instant) -> bool {
        let mut states = self.states();
        let state = states.entry(engine.to_owned()).or_default();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= MOST_FAILURES {
            state.left_alone_until = Some(now + LEFT_ALONE);
        }
        let tell = state.told.is_none_or(|told| now >= told + TOLD_EVERY);
        if tell {
            state.told = Some(now);
        }
        tell
    }

    fn states(&self) -> MutexGuard<'_, HashMap<String, State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
