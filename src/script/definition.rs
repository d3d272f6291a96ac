//! The valid form of a script file. Only [`config`](crate::config) builds these types, and it rejects every file that is
//! not valid with diagnostics.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use regex::Regex;

use crate::channel::{DigitOptions, HangupCause, Sound};
use crate::script::matcher::Matcher;
use crate::script::path::KeyPath;
use crate::script::template::{Placeholder, Secrets, Template};
use crate::script::voice::VoiceParams;

/// All scripts, and the secrets that they use.
#[derive(Debug, Default)]
pub struct ScriptLibrary {
    /// The scripts by name.
    pub scripts: HashMap<String, Arc<Script>>,
    /// The values of `{secret.NAME}`.
    pub secrets: Secrets,
}

/// One script.
#[derive(Debug, Default)]
pub struct Script {
    /// The file name without `.toml`.
    pub name: String,
    /// `[prompt]`.
    pub prompt: ScriptPrompt,
    /// `[voice]`: how the texts of the script are spoken.
    pub voice_params: Arc<VoiceParams>,
    /// `[keypress]`: digits are asked for.
    pub keypress: Option<KeypressInput>,
    /// `[speech]`: speech is asked for. If digits are asked for too, the caller may use either.
    pub speech: Option<SpeechInput>,
    /// `[trigger]`: the request.
    pub trigger: Option<ScriptTrigger>,
    /// `[hangup]`: the request that is sent if the caller hangs up while the script runs.
    pub hangup: Option<ScriptTrigger>,
    /// `[[branch]]`, in the order of the file: the first that matches is taken.
    pub branches: Vec<Branch>,
    /// `[otherwise]`: no branch matches.
    pub otherwise: ScriptOutcome,
    /// `[no_input]`: the caller entered nothing.
    pub no_input: ScriptOutcome,
    /// `[invalid_input]`: the caller entered something, but no valid input in any attempt.
    pub invalid_input: ScriptOutcome,
    /// `[no_response]`: there was no usable answer in time.
    pub no_response: ScriptOutcome,
}

/// The prompt: what the caller hears first.
#[derive(Debug, Clone, Default)]
pub struct ScriptPrompt {
    /// May be empty.
    pub sounds: Playlist,
    /// How many more attempts there are after the first.
    pub repeat: u32,
    /// Do not pick up the call to play the prompt.
    pub stay_unanswered: bool,
}

/// Sounds and texts that are played one after the other.
#[derive(Debug, Clone, Default)]
pub struct Playlist {
    /// In the order in which they are played.
    pub parts: Vec<PromptPart>,
}

impl Playlist {
    /// Whether there is nothing to play.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

/// One part of a [`Playlist`].
#[derive(Debug, Clone)]
pub enum PromptPart {
    /// Recorded sounds.
    Recorded(RecordedSounds),
    /// A text that is the same in every call.
    Text(Arc<str>),
    /// A value of the call, spoken.
    Value(Placeholder, SayAs),
    /// A sound at a fixed URL.
    Url(Arc<str>),
    /// A sound at a URL that is a value of the call.
    UrlValue(Placeholder),
}

/// How a value is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SayAs {
    /// As text.
    Words,
    /// Character by character.
    Digits,
    /// As a number.
    Number,
}

/// Recorded sounds, by the language of the channel.
#[derive(Debug, Clone, Default)]
pub struct RecordedSounds {
    /// For channels whose language has no sounds of its own.
    pub default: Arc<[Sound]>,
    /// By language, in lower case: `en`, `pt_br`.
    pub by_language: BTreeMap<String, Arc<[Sound]>>,
}

impl RecordedSounds {
    /// The sounds for a language such as `pt_BR`: those of `pt_br`, else those of `pt`, else the default.
    pub fn in_language(&self, language: &str) -> &Arc<[Sound]> {
        let language = language.to_ascii_lowercase().replace('-', "_");
        let primary = language.split('_').next().unwrap_or_default();
        (self.by_language.get(&language).or_else(|| self.by_language.get(primary)))
            .unwrap_or(&self.default)
    }
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
    /// The language of the caller, such as `en` or `pt-BR`.
    pub language: Arc<str>,
    /// How the recognized words are used.
    pub filter: SpeechFilter,
    /// How long the caller may be silent after the prompt before speaking.
    pub no_input_timeout: Duration,
    /// How much silence ends the utterance.
    pub end_silence: Duration,
    /// The longest utterance.
    pub max_duration: Duration,
    /// With [`SpeechFilter::Numeric`], the number of digits that is valid; `None` allows any.
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

/// A request, and how its answer is used.
#[derive(Debug, Clone, Default)]
pub struct ScriptTrigger {
    /// An `http` or `https` URL.
    pub url: UrlTemplate,
    /// The URL that is tried if `url` gives no usable answer.
    pub fallback: Option<UrlTemplate>,
    pub headers: Vec<(HeaderName, Template)>,
    /// Credentials that are not a plain header.
    pub auth: Option<AuthTemplate>,
    /// With a body the request is a POST, without one a GET.
    pub body: Option<BodyTemplate>,
    /// One signature is added for each key.
    pub signing_keys: Vec<Template>,
    /// Timeouts and retries.
    pub retry_policy: RetryPolicy,
    /// What the caller hears while the request is in progress.
    pub hold_media: HoldMediaTemplate,
    /// A background request: the call goes on without waiting for the answer.
    pub background: bool,
    /// The response key: the path to the value that branches are compared with.
    pub response_key: Option<KeyPath>,
    /// Whether and for how long answers are cached.
    pub cache_policy: Option<ResponseCachePolicy>,
}

/// A URL with placeholders.
#[derive(Debug, Clone, Default)]
pub struct UrlTemplate {
    pub template: Template,
    /// Whether a placeholder is part of the host. The host is then checked against the operator's egress rules before
    /// each request.
    pub decides_host: bool,
}

/// Credentials with placeholders.
#[derive(Debug, Clone)]
pub enum AuthTemplate {
    /// A user name and a password.
    Basic(Template, Template),
    /// A bearer token.
    Bearer(Template),
}

/// Timeouts and retries of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetryPolicy {
    /// For the whole request, with all attempts and pauses.
    pub total_timeout: Duration,
    /// For one attempt; `None` is limited only by `total_timeout`.
    pub attempt_timeout: Option<Duration>,
    /// How many more attempts there are after the first.
    pub retries: u32,
}

/// How long an answer is cached, and which requests share it.
#[derive(Debug, Clone, Default)]
pub struct ResponseCachePolicy {
    /// How long the answer is fresh: it is used without a request.
    pub fresh: Duration,
    /// How long after that a stale answer is still used at once, while it is refreshed in the background.
    pub stale: Duration,
    /// How long after the fresh time a stale answer is used if a request fails.
    pub stale_if_error: Duration,
    /// The cache key; `None` uses everything that is sent.
    pub key: Option<CacheKeyTemplate>,
}

impl ResponseCachePolicy {
    /// How long an answer stays in the cache.
    pub fn lifetime(&self) -> Duration {
        self.fresh + self.stale.max(self.stale_if_error)
    }
}

/// A cache key with placeholders. Requests share an answer if both parts are equal.
#[derive(Debug, Clone)]
pub struct CacheKeyTemplate {
    /// The request as it is written in the script, before placeholders are filled. Scripts that send different requests
    /// share no answers.
    pub source: Arc<str>,
    /// The key that the script gives.
    pub template: Template,
}

/// A request body with placeholders.
#[derive(Debug, Clone)]
pub struct BodyTemplate {
    /// The body. Values are escaped for its format.
    pub text: Template,
    /// Sent as `Content-Type`, unless the headers set one.
    pub content_type: &'static str,
}

/// What the caller hears while a request is in progress.
#[derive(Debug, Clone, Default)]
pub struct HoldMediaTemplate {
    /// Silence before the music starts.
    pub delay: Duration,
    /// Music on hold.
    pub music: Option<HoldMusicSource>,
    /// A sound that interrupts the music from time to time.
    pub reassurance: Option<ReassuranceTemplate>,
    /// Whether keys pressed during the wait are type-ahead for the next question.
    pub keep_type_ahead: bool,
}

/// Sounds that tell a waiting caller from time to time that the call is still active.
#[derive(Debug, Clone)]
pub struct ReassuranceTemplate {
    /// The time from the start of the wait to the first reassurance, and from the end of one to the next.
    pub every: Duration,
    /// Fixed sounds and texts only, no values of the call.
    pub sounds: Playlist,
}

/// Where music on hold comes from.
#[derive(Debug, Clone)]
pub enum HoldMusicSource {
    /// A music on hold class, or a stream, of the switch.
    Class(Arc<str>),
    /// Recorded sounds, and sounds at URLs.
    Sounds(Playlist),
}

/// One `[[branch]]`.
#[derive(Debug, Clone)]
pub struct Branch {
    /// The branch matches if one of these does.
    pub when: Vec<Matcher>,
    pub outcome: ScriptOutcome,
}

/// What happens when a branch, or a table such as `[otherwise]`, is taken.
#[derive(Debug, Clone, Default)]
pub struct ScriptOutcome {
    /// Played before the call goes on.
    pub sounds: Playlist,
    /// Channel variables to set, by name.
    pub variables: Vec<(String, Template)>,
    /// `then`.
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
        /// A priority or a label; Asterisk only.
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
