//! Requests and replies of the control socket. Fields and variants have the names of their JSON keys, unless
//! `serde(rename)` gives another name.

mod calls;
mod reload;
mod status;
mod upstream;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::trigger::response_cache::{ResponseCacheStats, ResponseFreshness};

pub use calls::{CallStatus, CallTotals};
pub use reload::{
    DiagnosticLevel, DiagnosticRange, FileDiagnostic, LoadedScript, ReloadFailure, ReloadReport,
    ReplacedScript,
};
pub use status::{
    DaemonStatus, EngineError, EngineKind, EngineStatus, ListenerStatus, RefusedCallStatus,
    ReloadStatus, ResponseCacheStatus, ScriptStatus, SoundCacheStatus,
};
pub use upstream::ControlUpstream;

/// The maximum length of a request, in bytes.
pub const MAX_REQUEST_BYTES: usize = 16 << 10;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ControlRequest {
    /// Lists the cached answers, of one script or of all: one [`ControlReply::Entry`] for each, then
    /// [`ControlReply::Totals`].
    List { script: Option<String> },
    /// Explains a script: [`ControlReply::Script`], then one [`ControlReply::Entry`] for each of its cached answers. Or
    /// explains one cached answer: [`ControlReply::Entry`].
    Explain {
        /// The script's name, or the start of a key.
        what: String,
    },
    /// Removes cached answers: [`ControlReply::Purged`], then [`ControlReply::SharedPurge`] if there is a shared cache.
    Purge(PurgeTarget),
    /// The state of the daemon: [`ControlReply::Status`], then one [`ControlReply::ScriptStatus`] for each script.
    Status {},
    /// Lists the active calls, oldest first: one [`ControlReply::Call`] for each, then [`ControlReply::CallTotals`].
    Calls {
        /// Only those that this script runs.
        script: Option<String>,
        /// Whether the callers' numbers are shown, instead of masked ones.
        reveal: bool,
    },
    /// Reloads the files, as SIGHUP does: one [`ControlReply::Diagnostic`] for each error or warning, then
    /// [`ControlReply::Reloaded`] or [`ControlReply::ReloadFailed`].
    Reload {},
}

/// The request in the words of the command line, for the log.
impl fmt::Display for ControlRequest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List { script: None } => out.write_str("list"),
            Self::List { script: Some(script) } => write!(out, "list --script {script}"),
            Self::Explain { what } => write!(out, "explain {what}"),
            Self::Reload {} => out.write_str("reload"),
            Self::Purge(PurgeTarget::All) => out.write_str("purge --all"),
            Self::Purge(PurgeTarget::Script(script)) => write!(out, "purge --script {script}"),
            Self::Purge(PurgeTarget::Keys(keys)) => write!(out, "purge {}", keys.join(" ")),
            Self::Status {} => out.write_str("status"),
            Self::Calls { script: None, .. } => out.write_str("calls"),
            Self::Calls { script: Some(script), .. } => write!(out, "calls --script {script}"),
        }
    }
}

/// The cached answers to remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurgeTarget {
    All,
    Script(String),
    /// Those whose keys start with these strings. Each string must match exactly one key.
    Keys(Vec<String>),
}

/// One line of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlReply {
    #[serde(rename = "kept")]
    Entry(ControlEntry),
    /// The totals of the response cache.
    #[serde(rename = "sum")]
    Totals(CacheTotals),
    /// The cache policy and statistics of a script.
    Script(Box<ScriptCacheReport>),
    /// The number of cached answers that were removed.
    Purged(usize),
    /// Whether the answers were also removed from the shared cache: `None`, or the error. Other daemons keep their own
    /// copies.
    #[serde(rename = "shared")]
    SharedPurge(Option<String>),
    /// The state of the daemon.
    Status(Box<DaemonStatus>),
    /// A script of the daemon.
    #[serde(rename = "script_status")]
    ScriptStatus(ScriptStatus),
    /// An active call.
    Call(CallStatus),
    /// The end of the list of calls.
    #[serde(rename = "calls")]
    CallTotals(CallTotals),
    Diagnostic(FileDiagnostic),
    Reloaded(Box<ReloadReport>),
    ReloadFailed(ReloadFailure),
    #[serde(rename = "fault")]
    Error(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlEntry {
    /// Its key, in hexadecimal digits.
    pub key: String,
    /// The script whose trigger sent the request.
    pub script: String,
    /// The request, with sensitive values masked.
    pub request: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The time since the answer was stored.
    pub age_ms: u64,
    /// Its size in the cache.
    pub bytes: usize,
    /// How the answer will be served from now on. Empty if it has expired under the script's current settings.
    #[serde(rename = "ahead")]
    pub phases: Vec<ServingPhase>,
}

/// A phase in the life of a cached answer. It starts where the phase before it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServingPhase {
    /// How the answer is served in this phase.
    pub serves: ResponseFreshness,
    /// The time from now to the end of the phase.
    pub until_ms: u64,
}

/// The totals of the response cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheTotals {
    /// The number of cached answers.
    pub entries: usize,
    /// Their size.
    pub bytes: usize,
    /// The limit on `entries`.
    pub max_entries: usize,
    /// The limit on `bytes`.
    pub max_bytes: usize,
    /// The number of answers that were left out of the list, because it would be too long.
    #[serde(rename = "left_off")]
    pub omitted: usize,
}

/// The cache policy and statistics of a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptCacheReport {
    pub script: String,
    /// Its cache policy.
    #[serde(rename = "keeps")]
    pub policy: ScriptCachePolicy,
    /// Its statistics since the daemon started.
    #[serde(rename = "tally")]
    pub stats: ResponseCacheStats,
    /// The upstreams that its trigger has sent requests to.
    pub upstreams: Vec<ControlUpstream>,
}

/// The cache policy of a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptCachePolicy {
    /// Caches nothing: the script has no `[trigger]`.
    #[serde(rename = "asks_nobody")]
    NoTrigger,
    /// Caches nothing: with `background = true` the answers are not used.
    Background,
    /// Caches nothing: `[response]` has no `cache`.
    #[serde(rename = "nothing")]
    Disabled,
    /// Caches the answers that match a branch.
    #[serde(rename = "answers")]
    Enabled {
        /// How long an answer is fresh: it is served without a request.
        fresh_ms: u64,
        /// How long after that it is served stale, and refreshed in the background.
        stale_ms: u64,
        /// How long after being fresh it is served if the request fails.
        stale_if_error_ms: u64,
        /// The placeholders in `cache_key`. `None` if URL, headers and body are the key.
        #[serde(rename = "by")]
        key_values: Option<Vec<String>>,
    },
}
