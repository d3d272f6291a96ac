//! The values of all metrics at one moment.

use std::sync::Arc;

use super::process::ProcessSnapshot;
use super::script_info::ScriptInfo;
use crate::histogram::HistogramSamples;
use crate::script::definition::ScriptLibrary;
use crate::script::report::CallOutcome;
use crate::telemetry::Switch;
use crate::telemetry::call_times::CallTimes;
use crate::telemetry::refused_calls::CallRefusal;
use crate::telemetry::reload_counts::ReloadSummary;
use crate::trigger::HttpTriggerClient;
use crate::trigger::response_cache::ResponseCacheStats;
use crate::trigger::shared_cache::SharedCache;
use crate::trigger::upstream::UpstreamState;
use crate::voice::VoiceSnapshot;

/// The values of all metrics at one moment.
#[derive(Debug, Clone, Default)]
pub struct MetricsSnapshot {
    /// Finished calls, by switch and outcome.
    pub ended_calls: Vec<(Switch, CallOutcome, u64)>,
    /// Refused calls, by switch and reason.
    pub refused_calls: Vec<(Switch, CallRefusal, u64)>,
    pub active_calls: usize,
    pub max_calls: usize,
    /// The durations of finished calls, by switch.
    pub call_times: HistogramSamples<1>,
    /// The durations of hand-overs, by switch.
    pub handover_times: HistogramSamples<1>,
    /// The durations of questions, by script.
    pub input_times: HistogramSamples<1>,
    /// How long calls waited for answers, by script and upstream.
    pub trigger_waits: HistogramSamples<2>,
    /// Upstreams that requests were sent to.
    pub upstreams: Vec<UpstreamState>,
    /// The number of cached answers.
    pub cache_entries: usize,
    /// The size of the cached answers.
    pub cache_bytes: usize,
    /// Whether the shared cache is available; `None` if there is none.
    pub shared_cache_up: Option<bool>,
    /// The cache statistics of each script.
    pub cache_stats: Vec<(Arc<str>, ResponseCacheStats)>,
    pub voice: VoiceSnapshot,
    pub scripts: Vec<ScriptInfo>,
    pub reloads: ReloadSummary,
    pub process: ProcessSnapshot,
    /// Lines of the log that were lost.
    pub lost_log_lines: u64,
}

impl MetricsSnapshot {
    /// The values of requests and of the response cache. All others are zero.
    pub(crate) fn from_triggers(triggers: &HttpTriggerClient) -> Self {
        let cache = triggers.cache();
        Self {
            trigger_waits: triggers.waits().samples(),
            upstreams: triggers.upstream_states(),
            cache_entries: cache.len(),
            cache_bytes: cache.bytes(),
            shared_cache_up: triggers.shared_cache().map(SharedCache::is_up),
            cache_stats: cache.script_stats(),
            ..Self::default()
        }
    }

    /// With the durations of calls, and the scripts.
    pub(crate) fn with_calls(self, times: &CallTimes, library: &ScriptLibrary) -> Self {
        Self {
            call_times: times.calls.samples(),
            handover_times: times.handovers.samples(),
            input_times: times.inputs.samples(),
            scripts: ScriptInfo::of_library(library),
            ..self
        }
    }
}
