//! What is asked and answered, shared by both ends.

use serde::{Deserialize, Serialize};

use crate::trigger::circuit_breaker::BreakerState;
use crate::trigger::response_cache::{ResponseCacheStats, ResponseFreshness};

/// Largest request, in bytes.
pub const MAX_REQUEST_BYTES: usize = 16 << 10;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ControlRequest {
    /// The kept answers, of one script where it is named: [`ControlReply::ControlEntry`] for each, then [`ControlReply::CacheTotals`].
    List {
        /// The script.
        script: Option<String>,
    },
    /// A script ([`ControlReply::Script`], then its [`ControlReply::ControlEntry`]), or the one answer that a key means.
    Explain {
        /// The script's name, or a key's beginning.
        what: String,
    },
    /// Throw answers away: [`ControlReply::Purged`], and [`ControlReply::SharedCache`] where daemons share them.
    Purge(PurgeTarget),
}

/// Which answers are thrown away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurgeTarget {
    /// All of them.
    All,
    /// Those of a script.
    Script(String),
    /// Those that these beginnings of keys mean.
    Keys(Vec<String>),
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlReply {
    /// A kept answer.
    Kept(ControlEntry),
    /// All that is kept.
    Sum(CacheTotals),
    /// How a script's answers are kept.
    Script(Box<ScriptCacheReport>),
    /// So many answers were thrown away.
    Purged(usize),
    /// They were thrown away for all daemons that share them, or why not. Other daemons have copies of their own.
    Shared(Option<String>),
    /// Why there is no other answer.
    Fault(String),
}

/// A kept answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlEntry {
    /// Its key, in hexadecimal digits.
    pub key: String,
    /// The script that asked.
    pub script: String,
    /// Its request, with nothing sensitive in it.
    pub request: String,
    /// The HTTP status of the answer.
    pub status: u16,
    /// How long ago it came.
    pub age_ms: u64,
    /// What it takes.
    pub bytes: usize,
    /// How it serves now and later. Nothing: it serves no more, as the script is now.
    pub ahead: Vec<ServingPhase>,
}

/// How an answer serves, from the end of the way before on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServingPhase {
    /// How.
    pub serves: ResponseFreshness,
    /// The end of it, from now.
    pub until_ms: u64,
}

/// All that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheTotals {
    /// How many answers.
    pub entries: usize,
    /// What they take.
    pub bytes: usize,
    /// How many there may be.
    pub max_entries: usize,
    /// What they may take.
    pub max_bytes: usize,
    /// Answers that would have been listed and were not, since the list is full.
    pub left_off: usize,
}

/// A script, and what is kept for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptCacheReport {
    /// Its name.
    pub script: String,
    /// What it keeps.
    pub keeps: ScriptCachePolicy,
    /// What that did since the daemon began.
    pub tally: ResponseCacheStats,
    /// Whom it asks, as far as they were asked already.
    pub upstreams: Vec<ControlUpstream>,
}

/// What a script keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptCachePolicy {
    /// Nothing, since it asks nobody.
    AsksNobody,
    /// Nothing, since nobody waits for its answers.
    Background,
    /// Nothing, since it has no `cache`.
    Nothing,
    /// Answers that a branch handles.
    Answers {
        /// For so long nobody asks again.
        fresh_ms: u64,
        /// For so long after that they serve and are asked for again.
        stale_ms: u64,
        /// For so long after being fresh they serve where there is no answer.
        stale_if_error_ms: u64,
        /// The values that tell requests apart. `None`: all that is sent does.
        by: Option<Vec<String>>,
    },
}

/// A web application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlUpstream {
    /// As people call it.
    pub name: String,
    /// Its breaker.
    pub breaker: BreakerState,
    /// Requests under way.
    pub under_way: usize,
    /// Complete replies.
    pub answered: u64,
    /// Attempts without one.
    pub failed: u64,
    /// Requests that were not sent, to spare it.
    pub refused: u64,
}
