//! The report on a call: the source of the standard variables and of the last log line of the call.

use std::sync::Arc;
use std::time::Duration;

use crate::channel::HandoverResult;
use crate::script::definition::{Script, ScriptVersion};
use crate::script::empty_placeholders::EmptyPlaceholders;
use crate::script::request::{CacheStatus, RequestTimings, TriggerResult};

/// How a call ended: the value of `DIALSCRIPT_OUTCOME`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CallOutcome {
    Matched,
    Otherwise,
    /// The caller entered nothing.
    NoInput,
    /// The caller entered something, but no valid input in any attempt.
    InvalidInput,
    /// There was no usable answer in time.
    NoResponse,
    Hangup,
    /// The call could not continue as the script says.
    #[default]
    Error,
}

impl CallOutcome {
    pub const ALL: [Self; 7] = [
        Self::Matched,
        Self::Otherwise,
        Self::NoInput,
        Self::InvalidInput,
        Self::NoResponse,
        Self::Hangup,
        Self::Error,
    ];

    /// The value of `DIALSCRIPT_OUTCOME`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Otherwise => "otherwise",
            Self::NoInput => "no_input",
            Self::InvalidInput => "invalid_input",
            Self::NoResponse => "no_response",
            Self::Hangup => "hangup",
            Self::Error => "error",
        }
    }
}

/// The report on a call. It never contains anything sensitive, so it may be logged.
#[derive(Debug, Clone, Default)]
pub struct CallReport {
    /// The script that ran last.
    pub script: String,
    /// The version of that script.
    pub version: ScriptVersion,
    pub outcome: CallOutcome,
    /// The value at the response key; masked if it contains something sensitive.
    pub code: String,
    /// The number of digits entered, in all scripts of the call.
    pub digit_count: usize,
    /// The number of characters in the recognized speech, in all scripts of the call.
    pub speech_characters: usize,
    /// The time spent in prompts and in collecting input.
    pub prompt_time: Duration,
    /// For each question that was not interrupted, the time from the start of its prompt to the end of its input, all
    /// attempts together.
    pub input_times: Vec<(Arc<Script>, Duration)>,
    /// The time spent waiting for answers.
    pub wait_time: Duration,
    /// How much of that time each step took, for all requests of the call together.
    pub timings: RequestTimings,
    /// The first error of the last request, even if a retry, the fallback URL or the cache gave a usable answer after
    /// it.
    pub first_error: Option<String>,
    /// How the cache was used for the last request.
    pub cache: CacheStatus,
    /// The HTTP status of the last complete answer.
    pub http_status: Option<u16>,
    /// How the call goes on, such as `continue`, `goto 100@agents` or `hangup 17`. Sensitive parts are masked.
    pub exit: String,
    /// Whether the switch accepted the hand-over.
    pub handover: Option<HandoverResult>,
    /// How long the hand-over took.
    pub handover_time: Duration,
    /// The placeholders that had no value.
    pub empty_placeholders: EmptyPlaceholders,
    /// Why there was no response, why there was no value at the response key, that a script has reached its `[limit]`,
    /// or why the call failed.
    pub reason: Option<String>,
}

impl CallReport {
    /// Adds the result of a request that the call waited for.
    pub(super) fn record_trigger(&mut self, result: &TriggerResult) {
        self.cache = result.cache;
        self.timings += result.timings;
        self.first_error.clone_from(&result.first_error);
    }
}
