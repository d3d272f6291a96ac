//! The state of speech engines, for `dialscript status`.

use tokio::time::Instant;

use crate::circuit_breaker::BreakerState;

/// The state of an engine at one moment.
#[derive(Debug, Clone)]
pub struct EngineState {
    /// The name in the log.
    pub name: String,
    /// The worst state of the circuit breakers of its voices; `None` if it has no circuit breaker.
    pub breaker: Option<BreakerState>,
    pub last_failure: Option<LastFailure>,
}

/// The last failure of an engine.
#[derive(Debug, Clone)]
pub struct LastFailure {
    /// Contains nothing that was spoken, and nothing that the engine wrote.
    pub reason: String,
    pub at: Instant,
    /// Whether the engine has succeeded since then.
    pub recovered: bool,
}

impl LastFailure {
    pub(super) fn new(reason: &str, at: Instant) -> Self {
        Self { reason: reason.to_owned(), at, recovered: false }
    }
}
