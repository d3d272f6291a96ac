//! The values of all metrics at one moment.

use std::sync::Arc;

use crate::script::report::CallOutcome;
use crate::telemetry::Switch;
use crate::trigger::HttpTriggerClient;
use crate::trigger::response_cache::ResponseCacheStats;
use crate::trigger::shared_cache::SharedCache;
use crate::trigger::upstream::UpstreamState;

/// The values of all metrics at one moment.
#[derive(Debug, Clone, Default)]
pub struct MetricsSnapshot {
    /// Finished calls, by switch and outcome.
    pub ended_calls: Vec<(Switch, CallOutcome, u64)>,
    pub active_calls: usize,
    /// Upstreams that requests were sent to.
    pub upstreams: Vec<UpstreamState>,
    /// The number of cached answers.
    pub cache_entries: usize,
    /// The size of the cached answers.
    pub cache_bytes: usize,
    /// Whether the shared cache is available; `None` if there is none.
    pub shared_cache_up: Option<bool>,
    /// The cache statistics of each script.
    pub cache_tallies: Vec<(Arc<str>, ResponseCacheStats)>,
    /// Lines of the log that were lost.
    pub lost_log_lines: u64,
}

impl MetricsSnapshot {
    /// The values of requests and of the response cache. Those of calls and of the log are zero.
    pub(crate) fn from_triggers(triggers: &HttpTriggerClient) -> Self {
        let cache = triggers.cache();
        Self {
            upstreams: triggers.upstream_states(),
            cache_entries: cache.len(),
            cache_bytes: cache.bytes(),
            shared_cache_up: triggers.shared_cache().map(SharedCache::is_up),
            cache_tallies: cache.script_stats(),
            ..Self::default()
        }
    }
}
