//! What became of a call: the standard variables, and the line that ends it in the log.

use std::time::Duration;

use crate::channel::Left;
use crate::script::request::{CacheUse, Fetched, Spent};

/// What happened, not which table served it: `DIALSCRIPT_OUTCOME`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Happened {
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

impl Happened {
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
pub struct Report {
    /// The script that ran last.
    pub script: String,
    /// What happened in it.
    pub outcome: Happened,
    /// The value at the key, masked where it repeats something sensitive.
    pub code: String,
    /// How many digits were entered, in all scripts of the call.
    pub digits: usize,
    /// How many characters were said, as they were understood, in all scripts of the call.
    pub said: usize,
    /// Time in prompts and questions.
    pub asked: Duration,
    /// Time waiting for answers.
    pub waited: Duration,
    /// What requests that were waited for spent their time on.
    pub spent: Spent,
    /// What went wrong with the last request first, also where something mended it.
    pub trouble: Option<String>,
    /// What the cache did.
    pub cache: CacheUse,
    /// Of the last complete reply.
    pub http_status: Option<u16>,
    /// How the call goes on: `continue`, `goto 100@agents`, `hangup 17`; sensitive parts are masked.
    pub exit: String,
    /// Whether the switch took it.
    pub left: Option<Left>,
    /// Why there was no response, or an error.
    pub reason: Option<String>,
}

impl Report {
    /// A request was waited for.
    pub(super) fn asked_for(&mut self, fetched: &Fetched) {
        self.cache = fetched.cache;
        self.spent += fetched.spent;
        self.trouble.clone_from(&fetched.trouble);
    }
}
