//! What a script file means. A definition that exists is valid: it is made by [`config`](crate::config) alone, which
//! refuses everything else with its place and its reason.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use regex::Regex;

use crate::channel::{Ask, Cause, Sound};
use crate::script::matcher::Matcher;
use crate::script::path::KeyPath;
use crate::script::template::{Placeholder, Secrets, Template};
use crate::script::voice::Manner;

/// All scripts, by name, and the secrets that they name.
#[derive(Debug, Default)]
pub struct Library {
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
    pub prompt: Prompt,
    /// How its texts are spoken.
    pub manner: Arc<Manner>,
    /// Digits, where they are asked for.
    pub keypress: Option<Keypress>,
    /// Speech, where it is asked for; with keys as well, whichever comes first counts.
    pub speech: Option<Speech>,
    /// The request, where one is made.
    pub trigger: Option<Trigger>,
    /// The request that is made when the caller leaves before the end.
    pub hangup: Option<Trigger>,
    /// In the order of the file: the first that matches wins.
    pub branches: Vec<Branch>,
    /// An answer, or an input, that no branch names.
    pub otherwise: Outcome,
    /// Nothing was entered.
    pub no_input: Outcome,
    /// Something was entered, but never what was asked for.
    pub invalid_input: Outcome,
    /// No usable answer in time.
    pub no_response: Outcome,
}

/// What the caller hears first.
#[derive(Debug, Clone, Default)]
pub struct Prompt {
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
    pub parts: Vec<Part>,
}

impl Playlist {
    /// Whether there is nothing to hear.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

/// A part of what the caller hears.
#[derive(Debug, Clone)]
pub enum Part {
    /// Recorded sounds.
    Recorded(Recorded),
    /// A text that is the same in every call.
    Text(Arc<str>),
    /// A value of the call, spoken.
    Value(Placeholder, How),
    /// A sound at a URL that stands in the script.
    Url(Arc<str>),
    /// A sound at the URL that is a value of the call.
    UrlOf(Placeholder),
}

/// How a value is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// As the text that it is.
    Words,
    /// Letter by letter, digit by digit.
    Digits,
    /// As a number.
    Number,
}

/// Recorded sounds, by the channel's language.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    /// Where no language of the call's own is there.
    pub default: Arc<[Sound]>,
    /// By language, in small letters: `en`, `pt_br`.
    pub by_language: BTreeMap<String, Arc<[Sound]>>,
}

impl Recorded {
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
pub struct Keypress {
    /// Length, times and keys.
    pub ask: Ask,
    /// Fewer digits are no right input.
    pub min_length: usize,
    /// What right digits look like, as a whole.
    pub pattern: Option<Regex>,
    /// Shown nowhere.
    pub sensitive: bool,
}

/// How speech is asked for, and what of it counts.
#[derive(Debug, Clone)]
pub struct Speech {
    /// The language that is spoken, such as `en` or `pt-BR`.
    pub language: Arc<str>,
    /// What is made of the words.
    pub filter: Filter,
    /// Silence after the prompt before the caller begins to speak.
    pub start: Duration,
    /// Silence that ends what is said.
    pub silence: Duration,
    /// The longest utterance.
    pub maximum: Duration,
    /// How many digits are right, where numbers are asked for; `None` is any.
    pub length: Option<usize>,
    /// Shown nowhere.
    pub sensitive: bool,
}

/// What is made of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// They count as they are.
    None,
    /// Spoken numbers become digits; anything else is wrong.
    Numeric,
}

/// A request, and what is read from its answer.
#[derive(Debug, Clone, Default)]
pub struct Trigger {
    /// Where to. `http` or `https`.
    pub url: Url,
    /// Where to when there is no answer from there.
    pub fallback: Option<Url>,
    /// Request headers.
    pub headers: Vec<(HeaderName, Template)>,
    /// Who we say we are, where that is more than a header.
    pub auth: Option<Auth>,
    /// Its body: given, the request is a POST; absent, a GET.
    pub body: Option<Body>,
    /// Keys that each sign the request; none signs nothing.
    pub signed_by: Vec<Template>,
    /// How long, and how often it is tried.
    pub patience: Patience,
    /// What is heard meanwhile.
    pub meanwhile: Music,
    /// Nobody waits for the answer.
    pub background: bool,
    /// Where in the answer the value stands.
    pub key: Option<KeyPath>,
    /// How long a handled answer serves again.
    pub caching: Option<Caching>,
}

/// Where a request goes.
#[derive(Debug, Clone, Default)]
pub struct Url {
    /// Its text.
    pub template: Template,
    /// Whether a placeholder decides the host: it is checked against the operator's list then.
    pub decides_host: bool,
}

/// Who we say we are.
#[derive(Debug, Clone)]
pub enum Auth {
    /// A name and a password.
    Basic(Template, Template),
    /// A token.
    Bearer(Template),
}

/// How long a request may take, and how often it is tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Patience {
    /// For all of it: the one budget.
    pub budget: Duration,
    /// For one attempt; `None` is as long as there is time.
    pub attempt: Option<Duration>,
    /// How often it is tried again.
    pub retries: u32,
}

/// How long a handled answer serves again, and for which requests.
#[derive(Debug, Clone, Default)]
pub struct Caching {
    /// For so long nobody asks again.
    pub fresh: Duration,
    /// For so long after that it serves at once, and is asked for again behind the call.
    pub stale: Duration,
    /// For so long after its fresh time it serves where there is no answer.
    pub stale_if_error: Duration,
    /// What tells requests apart, where that is not all that is sent.
    pub key: Option<CacheKeyText>,
}

impl Caching {
    /// How long an answer is kept in all.
    pub fn lifetime(&self) -> Duration {
        self.fresh + self.stale.max(self.stale_if_error)
    }
}

/// What tells requests of one script apart, or of others that send the same: their values may differ.
#[derive(Debug, Clone)]
pub struct CacheKeyText {
    /// What is sent as it stands in the script: another one is another request.
    pub of: Arc<str>,
    /// What has to be the same.
    pub template: Template,
}

/// A request's body.
#[derive(Debug, Clone)]
pub struct Body {
    /// The text, its values escaped for its format.
    pub text: Template,
    /// Sent as `Content-Type` unless the headers name one.
    pub content_type: &'static str,
}

/// What is heard while an answer is awaited.
#[derive(Debug, Clone, Default)]
pub struct Music {
    /// Silence before it starts.
    pub after: Duration,
    /// What plays then.
    pub plays: Option<MusicSource>,
    /// What is heard now and then instead of it.
    pub reassurance: Option<Reassurance>,
    /// Keys are kept for the next question.
    pub keeps_keys: bool,
}

/// What tells a caller now and then that the call is still there.
#[derive(Debug, Clone)]
pub struct Reassurance {
    /// From the beginning of the wait, and from the end of each, to the next.
    pub every: Duration,
    /// Its sounds and texts: the same in every call.
    pub sounds: Playlist,
}

/// Where music comes from.
#[derive(Debug, Clone)]
pub enum MusicSource {
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
    pub outcome: Outcome,
}

/// What happens then.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// What the caller hears.
    pub sounds: Playlist,
    /// Channel variables, by name.
    pub set: Vec<(String, Template)>,
    /// How the call goes on.
    pub then: Then,
}

/// How the call goes on.
#[derive(Debug, Clone, Default)]
pub enum Then {
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
    Hangup(Option<Cause>),
    /// Another script, in the same call.
    Script(String),
    /// Asked again, as long as `repeat` lasts.
    Again,
}

/// As it is written in a script.
impl fmt::Display for Then {
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
