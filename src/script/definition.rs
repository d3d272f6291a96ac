//! What a script file means. A definition that exists is valid: it is made by [`config`](crate::config) alone, which
//! refuses everything else with its place and its reason.

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

/// All scripts, by name, and the secrets that they name.
#[derive(Debug, Default)]
pub struct ScriptLibrary {
    /// By the file's name without `.toml`.
    pub scripts: HashMap<String, Arc<Script>>,
    /// Values of `{secret.NAME}`.
    pub secrets: Secrets,
}

/// One script.
#[derive(Debug, Default)]
pub struct Script {
    /// The file's name without `.toml`.
    pub name: String,
    /// What the caller hears first, and how often.
    pub prompt: ScriptPrompt,
    /// How its texts are spoken.
    pub voice_params: Arc<VoiceParams>,
    /// Digits, where they are asked for.
    pub keypress: Option<KeypressInput>,
    /// Speech, where it is asked for; with keys as well, whichever comes first counts.
    pub speech: Option<SpeechInput>,
    /// The request, where one is made.
    pub trigger: Option<ScriptTrigger>,
    /// The request that is made when the caller leaves before the end.
    pub hangup: Option<ScriptTrigger>,
    /// In the order of the file: the first that matches wins.
    pub branches: Vec<Branch>,
    /// An answer, or an input, that no branch names.
    pub otherwise: ScriptOutcome,
    /// Nothing was entered.
    pub no_input: ScriptOutcome,
    /// Something was entered, but never what was asked for.
    pub invalid_input: ScriptOutcome,
    /// No usable answer in time.
    pub no_response: ScriptOutcome,
}

/// What the caller hears first.
#[derive(Debug, Clone, Default)]
pub struct ScriptPrompt {
    /// Its sounds; may be none.
    pub sounds: Playlist,
    /// How often it is repeated, beyond the first time.
    pub repeat: u32,
    /// Never pick up for it.
    pub stay_unanswered: bool,
}

/// What the caller hears, part after part: one prompt to the caller.
#[derive(Debug, Clone, Default)]
pub struct Playlist {
    /// In the order in which they are heard.
    pub parts: Vec<PromptPart>,
}

impl Playlist {
    /// Whether there is nothing to hear.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

/// A part of what the caller hears.
#[derive(Debug, Clone)]
pub enum PromptPart {
    /// Recorded sounds.
    Recorded(RecordedSounds),
    /// A text that is the same in every call.
    Text(Arc<str>),
    /// A value of the call, spoken.
    Value(Placeholder, SayAs),
    /// A sound at a URL that stands in the script.
    Url(Arc<str>),
    /// A sound at the URL that is a value of the call.
    UrlValue(Placeholder),
}

/// How a value is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SayAs {
    /// As the text that it is.
    Words,
    /// Letter by letter, digit by digit.
    Digits,
    /// As a number.
    Number,
}

/// Recorded sounds, by the channel's language.
#[derive(Debug, Clone, Default)]
pub struct RecordedSounds {
    /// Where no language of the call's own is there.
    pub default: Arc<[Sound]>,
    /// By language, in small letters: `en`, `pt_br`.
    pub by_language: BTreeMap<String, Arc<[Sound]>>,
}

impl RecordedSounds {
    /// The sounds for a language: its own, else those of the language without its country, else the default.
    pub fn in_language(&self, language: &str) -> &Arc<[Sound]> {
        let language = language.to_ascii_lowercase().replace('-', "_");
        let general = language.split('_').next().unwrap_or_default();
        (self.by_language.get(&language).or_else(|| self.by_language.get(general)))
            .unwrap_or(&self.default)
    }
}

/// How digits are asked for, and which are right.
#[derive(Debug, Clone)]
pub struct KeypressInput {
    /// Length, times and keys.
    pub digit_options: DigitOptions,
    /// Fewer digits are no right input.
    pub min_length: usize,
    /// What right digits look like, as a whole.
    pub pattern: Option<Regex>,
    /// Shown nowhere.
    pub sensitive: bool,
}

/// How speech is asked for, and what of it counts.
#[derive(Debug, Clone)]
pub struct SpeechInput {
    /// The language that is spoken, such as `en` or `pt-BR`.
    pub language: Arc<str>,
    /// What is made of the words.
    pub filter: SpeechFilter,
    /// Silence after the prompt before the caller begins to speak.
    pub no_input_timeout: Duration,
    /// Silence that ends what is said.
    pub end_silence: Duration,
    /// The longest utterance.
    pub max_duration: Duration,
    /// How many digits are right, where numbers are asked for; `None` is any.
    pub digit_count: Option<usize>,
    /// Shown nowhere.
    pub sensitive: bool,
}

/// What is made of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpeechFilter {
    /// They count as they are.
    None,
    /// Spoken numbers become digits; anything else is wrong.
    Numeric,
}

/// A request, and what is read from its answer.
#[derive(Debug, Clone, Default)]
pub struct ScriptTrigger {
    /// Where to. `http` or `https`.
    pub url: UrlTemplate,
    /// Where to when there is no answer from there.
    pub fallback: Option<UrlTemplate>,
    /// Request headers.
    pub headers: Vec<(HeaderName, Template)>,
    /// Who we say we are, where that is more than a header.
    pub auth: Option<AuthTemplate>,
    /// Its body: given, the request is a POST; absent, a GET.
    pub body: Option<BodyTemplate>,
    /// Keys that each sign the request; none signs nothing.
    pub signing_keys: Vec<Template>,
    /// How long, and how often it is tried.
    pub retry_policy: RetryPolicy,
    /// What is heard meanwhile.
    pub hold_media: HoldMediaTemplate,
    /// Nobody waits for the answer.
    pub background: bool,
    /// Where in the answer the value stands.
    pub response_key: Option<KeyPath>,
    /// How long a handled answer serves again.
    pub cache_policy: Option<ResponseCachePolicy>,
}

/// Where a request goes.
#[derive(Debug, Clone, Default)]
pub struct UrlTemplate {
    /// Its text.
    pub template: Template,
    /// Whether a placeholder decides the host: it is checked against the operator's list then.
    pub decides_host: bool,
}

/// Who we say we are.
#[derive(Debug, Clone)]
pub enum AuthTemplate {
    /// A name and a password.
    Basic(Template, Template),
    /// A token.
    Bearer(Template),
}

/// How long a request may take, and how often it is tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetryPolicy {
    /// For all of it: the one budget.
    pub total_timeout: Duration,
    /// For one attempt; `None` is as long as there is time.
    pub attempt_timeout: Option<Duration>,
    /// How often it is tried again.
    pub retries: u32,
}

/// How long a handled answer serves again, and for which requests.
#[derive(Debug, Clone, Default)]
pub struct ResponseCachePolicy {
    /// For so long nobody asks again.
    pub fresh: Duration,
    /// For so long after that it serves at once, and is asked for again behind the call.
    pub stale: Duration,
    /// For so long after its fresh time it serves where there is no answer.
    pub stale_if_error: Duration,
    /// What tells requests apart, where that is not all that is sent.
    pub key: Option<CacheKeyTemplate>,
}

impl ResponseCachePolicy {
    /// How long an answer is kept in all.
    pub fn lifetime(&self) -> Duration {
        self.fresh + self.stale.max(self.stale_if_error)
    }
}

/// What tells requests of one script apart, or of others that send the same: their values may differ.
#[derive(Debug, Clone)]
pub struct CacheKeyTemplate {
    /// What is sent as it stands in the script: another one is another request.
    pub source: Arc<str>,
    /// What has to be the same.
    pub template: Template,
}

/// A request's body.
#[derive(Debug, Clone)]
pub struct BodyTemplate {
    /// The text, its values escaped for its format.
    pub text: Template,
    /// Sent as `Content-Type` unless the headers name one.
    pub content_type: &'static str,
}

/// What is heard while an answer is awaited.
#[derive(Debug, Clone, Default)]
pub struct HoldMediaTemplate {
    /// Silence before it starts.
    pub delay: Duration,
    /// What plays then.
    pub music: Option<HoldMusicSource>,
    /// What is heard now and then instead of it.
    pub reassurance: Option<ReassuranceTemplate>,
    /// Keys are kept for the next question.
    pub keep_type_ahead: bool,
}

/// What tells a caller now and then that the call is still there.
#[derive(Debug, Clone)]
pub struct ReassuranceTemplate {
    /// From the beginning of the wait, and from the end of each, to the next.
    pub every: Duration,
    /// Its sounds and texts: the same in every call.
    pub sounds: Playlist,
}

/// Where music comes from.
#[derive(Debug, Clone)]
pub enum HoldMusicSource {
    /// A class or stream of the switch.
    Class(Arc<str>),
    /// Sounds: recorded ones, and ones at URLs.
    Sounds(Playlist),
}

/// One `[[branch]]`.
#[derive(Debug, Clone)]
pub struct Branch {
    /// It is taken when one of them matches.
    pub when: Vec<Matcher>,
    /// What happens then.
    pub outcome: ScriptOutcome,
}

/// What happens then.
#[derive(Debug, Clone, Default)]
pub struct ScriptOutcome {
    /// What the caller hears.
    pub sounds: Playlist,
    /// Channel variables, by name.
    pub variables: Vec<(String, Template)>,
    /// How the call goes on.
    pub then: ThenAction,
}

/// How the call goes on.
#[derive(Debug, Clone, Default)]
pub enum ThenAction {
    /// The dialplan's next step.
    #[default]
    Continue,
    /// A place in the dialplan.
    Goto {
        /// Its extension.
        extension: Template,
        /// Its context, else the call's own.
        context: Option<Template>,
        /// Its priority or label.
        priority: Option<Template>,
    },
    /// Hung up.
    Hangup(Option<HangupCause>),
    /// Another script, in the same call.
    Script(String),
    /// Asked again, as long as `repeat` lasts.
    Again,
}

/// As it is written in a script.
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
