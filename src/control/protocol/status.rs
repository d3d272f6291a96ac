//! The reply to `status`: the state of the daemon, as `dialscript status --json` prints it.

use serde::{Deserialize, Serialize};

use super::upstream::ControlUpstream;
use crate::circuit_breaker::BreakerState;
use crate::script::definition::ScriptState;
use crate::telemetry::phase::ServerPhase;

/// The state of the daemon. Its scripts follow, one per line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonStatus {
    /// The version of the program.
    pub version: String,
    /// The commit that it was built from, if that is known.
    pub commit: Option<String>,
    pub pid: u32,
    pub uptime_ms: u64,
    pub state: ServerPhase,
    pub active_calls: usize,
    /// The limit on `active_calls`.
    pub max_calls: usize,
    /// Finished calls since the start.
    pub ended_calls: u64,
    /// Those of `ended_calls` whose outcome is `error`.
    pub failed_calls: u64,
    /// Refused calls since the start, by switch and reason. Those that did not happen are left out.
    pub refused_calls: Vec<RefusedCallStatus>,
    pub listeners: Vec<ListenerStatus>,
    /// The number of scripts, excluded ones included.
    pub script_count: usize,
    /// The upstreams that requests were sent to.
    pub upstreams: Vec<ControlUpstream>,
    pub response_cache: ResponseCacheStatus,
    pub speech_engines: Vec<EngineStatus>,
    pub sound_cache: SoundCacheStatus,
    /// Lines of the log that were lost since the start.
    pub lost_log_lines: u64,
    /// The last reload; `None` if there was none.
    pub last_reload: Option<ReloadStatus>,
}

/// Refused calls of one switch, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedCallStatus {
    /// The name of the switch, as in the log.
    pub switch: String,
    /// As in the label of the metric `dialscript_calls_refused_total`.
    pub reason: String,
    pub calls: u64,
}

/// A listener for a switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenerStatus {
    /// The name of the switch, as in the log.
    pub switch: String,
    pub address: String,
    /// The networks that may connect.
    pub allow: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseCacheStatus {
    /// The number of cached answers.
    pub entries: usize,
    pub max_entries: usize,
    /// Their size.
    pub bytes: usize,
    pub max_bytes: usize,
    /// Calls that were served a fresh answer since the start.
    pub hits: u64,
    /// Calls that were served a stale answer.
    pub stale: u64,
    /// Calls that had to wait for an answer.
    pub misses: u64,
    /// Whether the shared cache is available; `None` if there is none.
    pub shared_up: Option<bool>,
}

/// A text-to-speech engine or a speech recognizer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineStatus {
    /// The name in the log.
    pub name: String,
    pub kind: EngineKind,
    /// The worst state of the circuit breakers of its voices; `None` for a recognizer, which has none.
    pub breaker: Option<BreakerState>,
    pub last_error: Option<EngineError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineKind {
    TextToSpeech,
    SpeechRecognition,
}

/// The last failure of an engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineError {
    /// Contains nothing of what was spoken.
    pub reason: String,
    /// The time since the failure.
    pub age_ms: u64,
    /// Whether the engine has succeeded since then.
    pub recovered: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoundCacheStatus {
    /// The number of synthesized and fetched sounds.
    pub sounds: usize,
    /// Their size.
    pub bytes: u64,
    pub max_bytes: u64,
}

/// The result of the last reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadStatus {
    /// If not, the scripts and settings of the reload before it, or of the start, are still in use.
    pub succeeded: bool,
    /// The age of the scripts and settings in use: the time since the start, or since the last successful reload.
    pub in_use_for_ms: u64,
}

/// A script of the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptStatus {
    pub name: String,
    pub state: ScriptState,
    /// The version that serves calls; `None` if the script is excluded.
    pub version: Option<String>,
    /// When the daemon first served that version, as in RFC 3339. Only if it serves in place of a faulty file.
    pub last_valid: Option<String>,
    /// Why the file is not used; `None` if it is.
    pub reason: Option<String>,
}
