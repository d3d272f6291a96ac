//! What became of a call: the standard variables, and the line that ends it in the log.

use std::time::Duration;

use crate::channel::HandoverResult;
use crate::script::request::{CacheStatus, RequestTimings, TriggerResult};

/// What happened, not which table served it: `DIALSCRIPT_OUTCOME`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CallOutcome {
    /// A branch named the answer, or the input.
    Matched,
    /// None did.
    Otherwise,
    /// Nothing was entered.
    NoInput,
    /// Something was entered, but never what was asked for.
    InvalidInput,
    /// No usable answer in time.
    NoResponse,
    /// The caller hung up.
    Hangup,
    /// The call could not go as the script says.
    #[default]
    Error,
}

impl CallOutcome {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Matched,
        Self::Otherwise,
        Self::NoInput,
        Self::InvalidInput,
        Self::NoResponse,
        Self::Hangup,
        Self::Error,
    ];

    /// As in `DIALSCRIPT_OUTCOME`.
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

/// What became of a call, fit to be shown: nothing sensitive is in it.
#[derive(Debug, Clone, Default)]
pub struct CallReport {
    /// The script that ran last.
    pub script: String,
    /// What happened in it.
    pub outcome: CallOutcome,
    /// The value at the key, masked where it repeats something sensitive.
    pub code: String,
    /// How many digits were entered, in all scripts of the call.
    pub digit_count: usize,
    /// How many characters were said, as they were understood, in all scripts of the call.
    pub speech_characters: usize,
    /// Time in prompts and questions.
    pub prompt_time: Duration,
    /// Time waiting for answers.
    pub wait_time: Duration,
    /// What requests that were waited for spent their time on.
    pub timings: RequestTimings,
    /// What went wrong with the last request first, also where something mended it.
    pub first_error: Option<String>,
    /// What the cache did.
    pub cache: CacheStatus,
    /// Of the last complete reply.
    pub http_status: Option<u16>,
    /// How the call goes on: `continue`, `goto 100@agents`, `hangup 17`; sensitive parts are masked.
    pub exit: String,
    /// Whether the switch took it.
    pub handover: Option<HandoverResult>,
    /// Why there was no response, or an error.
    pub reason: Option<String>,
}

impl CallReport {
    /// A request was waited for.
    pub(super) fn record_trigger(&mut self, fetched: &TriggerResult) {
        self.cache = fetched.cache;
        self.timings += fetched.timings;
        self.first_error.clone_from(&fetched.first_error);
    }
}
