//! A web application, in the replies about the daemon and about its response cache.

use serde::{Deserialize, Serialize};

use crate::circuit_breaker::BreakerState;
use crate::trigger::upstream::UpstreamState;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlUpstream {
    /// Its name, as in metric labels.
    pub name: String,
    /// The state of its circuit breaker.
    pub breaker: BreakerState,
    #[serde(rename = "under_way")]
    pub active_requests: usize,
    /// Complete answers.
    pub answered: u64,
    /// Attempts without a complete answer.
    pub failed: u64,
    /// Requests not sent: the circuit breaker was open, or too many requests were in progress.
    pub refused: u64,
}

impl From<UpstreamState> for ControlUpstream {
    fn from(state: UpstreamState) -> Self {
        Self {
            name: state.name,
            breaker: state.breaker,
            active_requests: state.in_flight,
            answered: state.replies_by_class.iter().sum(),
            failed: state.failed_attempts,
            refused: state.not_sent,
        }
    }
}
