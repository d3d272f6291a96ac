//! A script file after it was parsed and checked. Only [`config`](crate::config) builds these types. It rejects an
//! invalid file with diagnostics.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use regex::Regex;

use crate::channel::{DigitOptions, HangupCause};
use crate::script::answer_part::AnswerPart;
use crate::script::condition::Condition;
use crate::script::path::KeyPath;
use crate::script::template::{Secrets, Template};
use crate::script::timezone::ScriptTimezone;
use crate::script::voice::VoiceParams;

mod placeholders;
mod playlist;
mod state;
mod trigger;
mod version;

pub(crate) use placeholders::{condition_answer_parts, later_answer_parts};
pub use playlist::{Playlist, PromptPart, RecordedSounds, SayAs};
pub use state::ScriptState;
pub use trigger::{
    AuthTemplate, BodyTemplate, CacheKeyTemplate, HoldMediaTemplate, HoldMusicSource,
    ReassuranceTemplate, ResponseCachePolicy, RetryPolicy, ScriptTrigger, UrlTemplate,
};
pub use version::ScriptVersion;

/// All scripts, and the secrets that they use.
#[derive(Debug, Default)]
pub struct ScriptLibrary {
    /// The scripts by name.
    pub scripts: HashMap<String, Arc<Script>>,
    /// The scripts that are not served, by name. Calls for them are refused.
    pub excluded: BTreeMap<String, ExcludedScript>,
    /// Why the last valid version of a script serves in place of its file, by name. One line, as for an excluded
    /// script.
    pub replaced: BTreeMap<String, String>,
    /// The values of `{secret.NAME}`.
    pub secrets: Secrets,
}

/// Why a script is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExcludedScript {
    /// One line: the first error of its file, or the excluded script that it leads to.
    pub reason: String,
}

#[derive(Debug, Default)]
pub struct Script {
    /// The file name without `.toml`.
    pub name: String,
    /// The version of its file.
    pub version: ScriptVersion,
    /// When the daemon first served this version. Only if it serves in place of a faulty file.
    pub last_valid: Option<SystemTime>,
    pub prompt: ScriptPrompt,
    /// `[voice]`: how the texts of the script are spoken.
    pub voice_params: Arc<VoiceParams>,
    /// The time zone in which texts tell the time.
    pub timezone: ScriptTimezone,
    /// `[keypress]`: digits are asked for.
    pub keypress: Option<KeypressInput>,
    /// `[speech]`: speech is asked for. If digits are asked for too, the caller may use either.
    pub speech: Option<SpeechInput>,
    /// `[trigger]`: the request.
    pub trigger: Option<ScriptTrigger>,
    /// `[limit]`: how often the script may begin in one call.
    pub max_tries: Option<u32>,
    /// `[hangup]`: the request that is sent if the caller hangs up while the script runs.
    pub hangup: Option<ScriptTrigger>,
    /// `[ended]`: the request that is sent when the script's part of the call ends.
    pub ended: Option<ScriptTrigger>,
    /// `[[branch]]`, in the order of the file: the first that matches is taken.
    pub branches: Vec<Branch>,
    /// Whether input that no branch matches is invalid: in a menu without `[otherwise]`.
    pub rejects_unmatched_input: bool,
    /// `[otherwise]`: the outcome if no branch matches.
    pub otherwise: ScriptOutcome,
    /// `[no_input]`: the outcome if the caller entered nothing.
    pub no_input: ScriptOutcome,
    /// `[invalid_input]`: the outcome if the caller entered something, but no valid input in any attempt. `None` takes
    /// that of `[no_input]`.
    pub own_invalid_input: Option<ScriptOutcome>,
    /// `[no_response]`: the outcome if there was no usable answer in time.
    pub no_response: ScriptOutcome,
    /// What the conditions of the branches read of this script's answer, such as `{$path}`.
    pub condition_answer_parts: Vec<AnswerPart>,
    /// What can still be read of this script's answer after the outcome was chosen, apart from what the outcome itself
    /// reads.
    pub later_answer_parts: Vec<AnswerPart>,
}

impl Script {
    /// Whether the caller is asked for digits or speech.
    pub(crate) fn asks_for_input(&self) -> bool {
        self.keypress.is_some() || self.speech.is_some()
    }

    /// The outcome if the caller entered something, but no valid input in any attempt.
    pub fn invalid_input(&self) -> &ScriptOutcome {
        self.own_invalid_input.as_ref().unwrap_or(&self.no_input)
    }

    /// The path to the value of the answer that the branches compare.
    pub(crate) fn response_key(&self) -> Option<&KeyPath> {
        self.trigger.as_ref().and_then(|trigger| trigger.response_key.as_ref())
    }

    /// Whether `[keypress]` or `[speech]` says so. This applies to all input, whichever table it belongs to.
    pub(crate) fn has_sensitive_input(&self) -> bool {
        self.keypress.as_ref().is_some_and(|keypress| keypress.sensitive)
            || self.speech.as_ref().is_some_and(|speech| speech.sensitive)
    }
}

/// The prompt: what the caller hears first.
#[derive(Debug, Clone, Default)]
pub struct ScriptPrompt {
    /// May be empty.
    pub sounds: Playlist,
    /// How many more attempts there are after the first.
    pub repeat: u32,
    /// The call is not picked up to play the prompt.
    pub stay_unanswered: bool,
}

/// How digits are collected, and which of them are valid.
#[derive(Debug, Clone)]
pub struct KeypressInput {
    /// How the channel collects them: length, timeouts, terminator, barge-in.
    pub digit_options: DigitOptions,
    /// Fewer digits are invalid.
    pub min_length: usize,
    /// All digits together must match this.
    pub pattern: Option<Regex>,
    /// Whether the input is sensitive: never logged or shown.
    pub sensitive: bool,
}

/// How speech is collected, and what makes it valid.
#[derive(Debug, Clone)]
pub struct SpeechInput {
    /// The language that the caller speaks, such as `en` or `pt-BR`; `None` is the language of the call.
    pub language: Option<Arc<str>>,
    /// How the recognized words are used.
    pub filter: SpeechFilter,
    /// Time after the prompt in which the caller must begin to speak.
    pub no_input_timeout: Duration,
    /// Duration of the silence that ends the utterance.
    pub end_silence: Duration,
    /// Maximum duration of the utterance.
    pub max_duration: Duration,
    /// With [`SpeechFilter::Numeric`], the number of digits that is valid; `None` allows any number of digits.
    pub digit_count: Option<usize>,
    /// Whether the input is sensitive: never logged or shown.
    pub sensitive: bool,
}

/// How recognized words are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpeechFilter {
    /// As text.
    None,
    /// Spoken numbers become digits; anything else is invalid.
    Numeric,
}

#[derive(Debug, Clone)]
pub struct Branch {
    /// One of these must hold.
    pub when: Vec<Condition>,
    /// All of these must hold as well.
    pub and: Vec<Condition>,
    pub outcome: ScriptOutcome,
}

/// What happens when a branch, or a table such as `[otherwise]`, is taken.
#[derive(Debug, Clone, Default)]
pub struct ScriptOutcome {
    /// The language of the call from here on, such as `de` or `pt-BR`.
    pub language: Option<Arc<str>>,
    /// Played before the call goes on.
    pub sounds: Playlist,
    /// Channel variables to set, by name.
    pub variables: Vec<(String, Template)>,
    pub then: ThenAction,
}

/// How the call goes on: `then` of an outcome.
#[derive(Debug, Clone, Default)]
pub enum ThenAction {
    /// At the next step of the dialplan.
    #[default]
    Continue,
    /// At another destination in the dialplan.
    Goto {
        extension: Template,
        /// `None` stays in the call's context.
        context: Option<Template>,
        /// A priority or a label. On FreeSWITCH only priority 1 works.
        priority: Option<Template>,
    },
    /// Hang up.
    Hangup(Option<HangupCause>),
    /// Run another script in the same call.
    Script(String),
    /// Run this script again, if `repeat` allows another attempt.
    Again,
}

/// As it is written in a script file.
impl fmt::Display for ThenAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Continue => f.write_str("continue"),
            Self::Goto { extension, context, priority } => {
                write!(f, "goto {extension}")?;
                context.iter().try_for_each(|context| write!(f, "@{context}"))?;
                priority.iter().try_for_each(|priority| write!(f, ",{priority}"))
            }
            Self::Hangup(None) => f.write_str("hangup"),
            Self::Hangup(Some(cause)) => write!(f, "hangup {}", cause.0),
            Self::Script(name) => write!(f, "script {name}"),
            Self::Again => f.write_str("again"),
        }
    }
}
