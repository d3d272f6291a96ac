//! Settings of speech engines, folders and sound formats. [`config`](crate::config) builds and checks them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use ipnet::IpNet;
use url::Url;

use crate::script::language_code::{is_same_language, primary_language};
use crate::script::voice::{SpeakingRate, VoiceParams};

/// Settings of the whole `voice` module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoiceSettings {
    /// Used if a script names no engine. `None` if none is configured and espeak-ng is not installed.
    pub default_engine: Option<Arc<TtsEngine>>,
    /// Used if the first engine fails.
    pub fallback_engine: Option<Arc<TtsEngine>>,
    /// Further engines, by the name that scripts use.
    pub named_engines: BTreeMap<String, Arc<TtsEngine>>,
    /// If there is none, scripts can't use speech recognition.
    pub asr_engine: Option<Arc<AsrEngine>>,
    /// The timeout of each engine for one text, of the fetch of one sound, and of the transcription of one utterance.
    pub timeout: Duration,
    /// Limit on concurrent text syntheses. Fetches and transcriptions have separate limits of the same size.
    pub max_concurrent: usize,
    /// The format of synthesized and fetched sounds.
    pub format: SoundFormat,
    /// Where synthesized and fetched sounds are stored.
    pub cache_folder: FolderPaths,
    /// Limit on the size of all stored sounds. The least recently used ones are removed first.
    pub max_cache_bytes: u64,
    /// Where the switch records what callers say.
    pub recordings_folder: FolderPaths,
    /// The folder of the operator's own sounds. The sound server serves them.
    pub library_folder: FolderPaths,
    /// Set if the switch is on another host.
    pub sound_server: Option<SoundServerSettings>,
}

impl VoiceSettings {
    pub(super) fn with_bounded_concurrency(self) -> Self {
        Self { max_concurrent: self.max_concurrent.clamp(1, 1024), ..self }
    }
}

/// The path of a folder on this host, and the path of the same folder on the switch's host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderPaths {
    /// Absolute.
    pub local: PathBuf,
    /// Absolute.
    pub on_switch: PathBuf,
}

/// Sample rates of the sounds, which are 16-bit mono WAV.
///
/// The `Debug` text of the variants is part of every `SoundKey`: after a rename of a variant, no stored sound would be
/// found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SoundFormat {
    /// 8 kHz as `.wav`, for every switch.
    #[default]
    Narrow,
    /// 16 kHz as `.wav`, for FreeSWITCH only.
    Wide,
    /// 8 kHz as `.wav` and 16 kHz as `.wav16` next to it. Asterisk plays the one that suits the channel.
    Both,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TtsEngine {
    /// The name in the log: the engine's key in the daemon's file and its backend. No two engines have the same name.
    pub name: String,
    pub backend: TtsBackend,
    /// The voice, if the script sets none. It belongs to `language`.
    pub voice: Option<Arc<str>>,
    /// The voices of other languages.
    pub voices: LanguageVoices,
    /// The language, if the script sets none.
    pub language: Arc<str>,
    /// Whether the operator has set the language. If not, it is only the default.
    pub language_is_set: bool,
    /// The speed, if the script sets none.
    pub speed: SpeakingRate,
}

impl TtsEngine {
    /// The voice for a text, unless the script sets one: that of the language, else the engine's own.
    ///
    /// The engine's own voice may be a wrong one for another language of the call. A program then gets no voice, so
    /// that `{voice}` is the language. Other engines cannot speak without a voice.
    pub(super) fn voice_for(&self, params: &VoiceParams) -> Option<Arc<str>> {
        let Some(language) = &params.language else {
            return self.voice.clone().or_else(|| self.voices.get(&self.language));
        };
        let is_needed = !matches!(self.backend, TtsBackend::Command(_));
        let keeps =
            !params.in_call_language || is_needed || is_same_language(&self.language, language);
        let own = self.voice.clone().filter(|_| keeps);
        self.voices.get(language).or(own)
    }

    /// Whether the engine is known to speak a language of a call: it has a voice for it, or gets the language.
    pub(crate) fn speaks(&self, language: &str) -> bool {
        let has_voice =
            is_same_language(&self.language, language) || self.voices.get(language).is_some();
        has_voice || self.backend.follows_language(self.voice.is_some())
    }

    /// The language in which the engine speaks, if that is certain. The default language is certain only for a program
    /// that chooses its voice by it.
    pub(super) fn spoken_language(&self, params: &VoiceParams) -> Option<Arc<str>> {
        let has_voice = params.voice.is_some() || self.voice.is_some();
        let follows_language = !has_voice && self.backend.uses_language();
        let is_certain = self.language_is_set || follows_language;
        params.language.clone().or_else(|| is_certain.then(|| self.language.clone()))
    }
}

/// Voices by language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LanguageVoices(BTreeMap<String, Arc<str>>);

impl FromIterator<(Arc<str>, Arc<str>)> for LanguageVoices {
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Arc<str>)>>(voices: I) -> Self {
        let voices = voices.into_iter();
        Self(voices.map(|(language, voice)| (language.to_ascii_lowercase(), voice)).collect())
    }
}

impl LanguageVoices {
    /// The voice for a language such as `pt-BR`: that of `pt-BR`, else that of `pt`.
    fn get(&self, language: &str) -> Option<Arc<str>> {
        let language = language.to_ascii_lowercase();
        self.0.get(&language).or_else(|| self.0.get(primary_language(&language))).cloned()
    }
}

impl TtsBackend {
    /// Whether the language decides which voice speaks, if no voice is set.
    fn uses_language(&self) -> bool {
        self.has_argument("{voice}") || self.has_argument("{language}")
    }

    /// Whether an engine with or without a voice of its own speaks each language. espeak-ng has a voice with the name
    /// of each language, other programs with voices may not.
    fn follows_language(&self, has_voice: bool) -> bool {
        let Self::Command(program) = self else { return false };
        let takes_names = !has_voice || program.executable.rsplit('/').next() == Some("espeak-ng");
        self.has_argument("{language}") || (takes_names && self.has_argument("{voice}"))
    }

    fn has_argument(&self, placeholder: &str) -> bool {
        let Self::Command(program) = self else { return false };
        program.arguments.iter().any(|argument| argument.contains(placeholder))
    }
}

/// How a text-to-speech engine is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TtsBackend {
    /// A program that takes the text on standard input.
    Command(EngineProgram),
    /// An OpenAI-compatible web service (`/v1/audio/speech`).
    Http(EngineHttpService),
    /// The switch itself (FreeSWITCH's `speak`), with the switch's name of the engine.
    Switch(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsrEngine {
    /// The name in the log.
    pub name: String,
    pub backend: AsrBackend,
}

/// How a speech recognition engine is reached.
#[derive(Clone, PartialEq, Eq)]
pub enum AsrBackend {
    /// A program that takes a WAV file and writes text to standard output.
    Command(EngineProgram),
    /// An OpenAI-compatible web service (`/v1/audio/transcriptions`).
    Http(EngineHttpService),
    /// The WebSocket URL of a vosk server.
    Vosk(Url),
    /// The switch itself.
    Switch {
        /// The switch's name of the engine. Empty for the switch's default.
        engine: Arc<str>,
        /// The grammar, in the engine's own syntax.
        grammar: Arc<str>,
    },
}

/// A program with its arguments. It is run without a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineProgram {
    /// A path, or a name that is looked up in `PATH`.
    pub executable: String,
    /// May contain the placeholders `{in}`, `{out}`, `{voice}`, `{language}`, `{speed}` (1.0 is normal) and `{wpm}`
    /// (words per minute, 175 is normal). A value never splits an argument, even if it contains spaces.
    pub arguments: Vec<String>,
}

/// A web service that is used as an engine.
#[derive(Clone, PartialEq, Eq)]
pub struct EngineHttpService {
    /// From the daemon's file, so the egress rules do not apply to its host.
    pub url: Url,
    pub model: String,
    /// Request headers. Values with secrets are marked as sensitive.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// The URL may contain secrets, so only its host is shown.
impl std::fmt::Debug for AsrBackend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Command(program) => program.fmt(f),
            Self::Http(service) => service.fmt(f),
            Self::Vosk(url) => write!(f, "Vosk({})", url.host_str().unwrap_or_default()),
            Self::Switch { engine, .. } => write!(f, "Switch({engine})"),
        }
    }
}

/// The URL and the headers may contain secrets, so only the host is shown.
impl std::fmt::Debug for EngineHttpService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EngineHttpService({})", self.url.host_str().unwrap_or_default())
    }
}

/// An HTTP server of sounds, for a switch that has no access to our files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoundServerSettings {
    pub listen: SocketAddr,
    /// The base URL under which the switch reaches it, without a slash at the end.
    pub url: String,
    /// The networks that may connect.
    pub allow: Vec<IpNet>,
}
