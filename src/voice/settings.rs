//! What the operator decides about engines, folders and formats. Made by [`config`](crate::config), which checks it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use ipnet::IpNet;
use url::Url;

use crate::script::voice::Speed;

/// Everything that speaking and listening goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Speaks where a script names no engine. `None`: no engine is named, and the default one is not installed.
    pub say: Option<Arc<Say>>,
    /// Speaks where the first engine fails.
    pub fallback: Option<Arc<Say>>,
    /// Further engines, by the names that scripts use.
    pub engines: BTreeMap<String, Arc<Say>>,
    /// Turns speech into words; without one no speech can be asked for.
    pub listen: Option<Arc<Listen>>,
    /// For one sound to be made or fetched, by each engine; and for one utterance to be understood.
    pub timeout: Duration,
    /// Most sounds in the making at once, and as many utterances.
    pub at_once: usize,
    /// What sounds are made as.
    pub format: Format,
    /// Where made and fetched sounds are kept.
    pub cache: Folder,
    /// Most bytes of them; what is longest unused goes first.
    pub cache_bytes: u64,
    /// Where the switch records what callers say.
    pub recordings: Folder,
    /// The library's folder: the sound server serves files of it.
    pub sounds: Folder,
    /// Serves sounds to a switch on another host.
    pub server: Option<SoundServer>,
}

/// A folder, as we and the switch see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Our path; absolute.
    pub ours: PathBuf,
    /// The switch's path for the same folder; absolute.
    pub on_switch: PathBuf,
}

/// What sounds are made as: 16-bit mono WAV.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
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
pub struct Say {
    /// For the log: where it stands in the daemon's file and what it is, so that no two have the same.
    pub name: String,
    /// What it is.
    pub by: SayBy,
    /// Its voice, where a script says no other.
    pub voice: Option<Arc<str>>,
    /// Its language, where a script says no other.
    pub language: Arc<str>,
    /// Its speed, where a script says no other.
    pub speed: Speed,
}

/// What speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SayBy {
    /// A program: text on standard input.
    Command(Program),
    /// An OpenAI-compatible `/v1/audio/speech`.
    Http(Service),
    /// The switch itself (FreeSWITCH's `speak`), by its engine's name.
    Switch(String),
}

/// An engine that listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// For the log.
    pub name: String,
    /// What it is.
    pub by: ListenBy,
}

/// What listens.
#[derive(Clone, PartialEq, Eq)]
pub enum ListenBy {
    /// A program: WAV in, text on standard output.
    Command(Program),
    /// An OpenAI-compatible `/v1/audio/transcriptions`.
    Http(Service),
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
pub struct Program {
    /// The program, looked for in `PATH` unless it is a path.
    pub program: String,
    /// Arguments with `{out}` `{in}` `{voice}` `{language}` `{speed}` (1.0 is normal) and `{wpm}` (175 words a minute is
    /// normal), each filled in by itself.
    pub arguments: Vec<String>,
}

/// A web service.
#[derive(Clone, PartialEq, Eq)]
pub struct Service {
    /// Where; its host stands in the daemon's file, and may be at any address.
    pub url: Url,
    /// The model that it is asked for.
    pub model: String,
    /// Request headers; those with secrets are marked as sensitive.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// A URL may hold secrets.
impl std::fmt::Debug for ListenBy {
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
impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Service({})", self.url.host_str().unwrap_or_default())
    }
}

/// Serves sounds to a switch that can't see our files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoundServer {
    /// Where it listens.
    pub listen: SocketAddr,
    /// How the switch reaches it: the beginning of every sound's URL, without `/` at its end.
    pub url: String,
    /// Who may connect.
    pub allow: Vec<IpNet>,
}
