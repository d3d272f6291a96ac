//! What the operator decides about engines, folders and formats. Made by [`config`](crate::config), which checks it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use ipnet::IpNet;
use url::Url;

use crate::script::voice::SpeakingRate;

/// Everything that speaking and listening goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoiceSettings {
    /// Speaks where a script names no engine. `None`: no engine is named, and the default one is not installed.
    pub default_engine: Option<Arc<TtsEngine>>,
    /// Speaks where the first engine fails.
    pub fallback_engine: Option<Arc<TtsEngine>>,
    /// Further engines, by the names that scripts use.
    pub named_engines: BTreeMap<String, Arc<TtsEngine>>,
    /// Turns speech into words; without one no speech can be asked for.
    pub asr_engine: Option<Arc<AsrEngine>>,
    /// For one sound to be made or fetched, by each engine; and for one utterance to be understood.
    pub timeout: Duration,
    /// Most sounds in the making at once, and as many utterances.
    pub max_concurrent: usize,
    /// What sounds are made as.
    pub format: SoundFormat,
    /// Where made and fetched sounds are kept.
    pub cache_folder: FolderPaths,
    /// Most bytes of them; what is longest unused goes first.
    pub max_cache_bytes: u64,
    /// Where the switch records what callers say.
    pub recordings_folder: FolderPaths,
    /// The library's folder: the sound server serves files of it.
    pub library_folder: FolderPaths,
    /// Serves sounds to a switch on another host.
    pub sound_server: Option<SoundServerSettings>,
}

/// A folder, as we and the switch see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderPaths {
    /// Our path; absolute.
    pub local: PathBuf,
    /// The switch's path for the same folder; absolute.
    pub on_switch: PathBuf,
}

/// What sounds are made as: 16-bit mono WAV.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SoundFormat {
    /// 8 kHz, `.wav`: all switches play it.
    #[default]
    Narrow,
    /// 16 kHz, `.wav`: FreeSWITCH alone.
    Wide,
    /// 8 kHz in `.wav` and 16 kHz in a `.wav16` beside it, of which Asterisk takes what suits a channel.
    Both,
}

/// An engine that speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TtsEngine {
    /// For the log: where it stands in the daemon's file and what it is, so that no two have the same.
    pub name: String,
    /// What it is.
    pub backend: TtsBackend,
    /// Its voice, where a script says no other.
    pub voice: Option<Arc<str>>,
    /// Its language, where a script says no other.
    pub language: Arc<str>,
    /// Its speed, where a script says no other.
    pub speed: SpeakingRate,
}

/// What speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TtsBackend {
    /// A program: text on standard input.
    Command(EngineProgram),
    /// An OpenAI-compatible `/v1/audio/speech`.
    Http(EngineHttpService),
    /// The switch itself (FreeSWITCH's `speak`), by its engine's name.
    Switch(String),
}

/// An engine that listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsrEngine {
    /// For the log.
    pub name: String,
    /// What it is.
    pub backend: AsrBackend,
}

/// What listens.
#[derive(Clone, PartialEq, Eq)]
pub enum AsrBackend {
    /// A program: WAV in, text on standard output.
    Command(EngineProgram),
    /// An OpenAI-compatible `/v1/audio/transcriptions`.
    Http(EngineHttpService),
    /// A vosk server's websocket.
    Vosk(Url),
    /// The switch itself.
    Switch {
        /// The engine, as the switch names it; empty for its default.
        engine: Arc<str>,
        /// The grammar, as the engine takes it.
        grammar: Arc<str>,
    },
}

/// A program with its arguments. Never a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineProgram {
    /// The program, looked for in `PATH` unless it is a path.
    pub executable: String,
    /// Arguments with `{out}` `{in}` `{voice}` `{language}` `{speed}` (1.0 is normal) and `{wpm}` (175 words a minute is
    /// normal), each filled in by itself.
    pub arguments: Vec<String>,
}

/// A web service.
#[derive(Clone, PartialEq, Eq)]
pub struct EngineHttpService {
    /// Where; its host stands in the daemon's file, and may be at any address.
    pub url: Url,
    /// The model that it is asked for.
    pub model: String,
    /// Request headers; those with secrets are marked as sensitive.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// A URL may hold secrets.
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

/// The URL and the headers may hold secrets.
impl std::fmt::Debug for EngineHttpService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Service({})", self.url.host_str().unwrap_or_default())
    }
}

/// Serves sounds to a switch that can't see our files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoundServerSettings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// How the switch reaches it: the beginning of every sound's URL, without `/` at its end.
    pub url: String,
    /// Who may connect.
    pub allow: Vec<IpNet>,
}
