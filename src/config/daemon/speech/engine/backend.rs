//! The backend of an engine: a program, a web service, a vosk server, or an engine of the switch.

use serde_spanned::Spanned;
use url::Url;

use super::program::ProgramTable;
use super::service::{HttpServiceTable, check_one_line, engine_url};
use crate::config::daemon::context::DaemonContext;
use crate::config::engine_params::name;
use crate::config::nearest::nearest;
use crate::config::table_reader::TableReader;
use crate::voice::settings::{AsrBackend, TtsBackend};

/// Placeholders in the arguments of a text-to-speech program.
const TTS_PLACEHOLDERS: &[&str] = &["out", "voice", "language", "speed", "wpm"];
/// Placeholders in the arguments of a speech recognition program.
const ASR_PLACEHOLDERS: &[&str] = &["in", "language"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EngineUse {
    Tts,
    Asr,
}

/// The keys of each kind of engine. A required key that is `None` has already been reported.
#[derive(Debug)]
pub(super) enum BackendTable {
    Command(ProgramTable),
    Http(HttpServiceTable),
    Vosk(Option<Spanned<String>>),
    Switch {
        name: Option<Spanned<String>>,
        grammar: Option<Spanned<String>>,
    },
    /// The kind is missing or unknown, which has already been reported.
    Unknown,
}

impl BackendTable {
    pub(super) fn read(table: &mut TableReader<'_, '_>, engine_use: EngineUse) -> Self {
        let kind = table.require::<String>("engine", "write `engine = \"command\"`");
        let Some(kind) = kind else { return Self::Unknown };
        match (kind.get_ref().as_str(), engine_use) {
            ("command", _) => Self::Command(ProgramTable::read(table)),
            ("http", EngineUse::Tts) => {
                Self::Http(HttpServiceTable::read(table, "speech", "tts-1"))
            }
            ("http", EngineUse::Asr) => {
                Self::Http(HttpServiceTable::read(table, "transcriptions", "whisper-1"))
            }
            ("vosk", EngineUse::Asr) => {
                Self::Vosk(table.require("url", "write `url = \"ws://127.0.0.1:2700\"`"))
            }
            ("switch", EngineUse::Tts) => {
                let name = table.require("name", "name the switch's engine: `name = \"flite\"`");
                Self::Switch { name, grammar: None }
            }
            ("switch", EngineUse::Asr) => {
                Self::Switch { name: table.take("name"), grammar: table.take("grammar") }
            }
            (unknown, engine_use) => {
                let message = format!("unknown kind of engine `{unknown}`");
                table.file.error_with_help(kind.span(), message, suggestion(unknown, engine_use));
                Self::Unknown
            }
        }
    }

    /// Whether `voice` is required: web services and switches have no default.
    pub(super) fn needs_voice(&self) -> bool {
        matches!(self, Self::Http(_) | Self::Switch { .. })
    }

    /// `None` after an error.
    pub(super) fn tts(&self, context: DaemonContext<'_>) -> Option<TtsBackend> {
        Some(match self {
            Self::Command(program) => {
                TtsBackend::Command(program.program(context, TTS_PLACEHOLDERS)?)
            }
            Self::Http(service) => TtsBackend::Http(service.service(context)?),
            Self::Switch { name: engine, .. } => {
                TtsBackend::Switch(name(context.file, engine.as_ref())?.to_string())
            }
            Self::Vosk(_) | Self::Unknown => return None,
        })
    }

    /// `None` after an error.
    pub(super) fn asr(&self, context: DaemonContext<'_>) -> Option<AsrBackend> {
        Some(match self {
            Self::Command(program) => {
                AsrBackend::Command(program.program(context, ASR_PLACEHOLDERS)?)
            }
            Self::Http(service) => AsrBackend::Http(service.service(context)?),
            Self::Vosk(url) => AsrBackend::Vosk(vosk_url(context, url.as_ref()?)?),
            Self::Switch { name, grammar } => switch_asr(context, name.as_ref(), grammar.as_ref())?,
            Self::Unknown => return None,
        })
    }
}

fn suggestion(unknown: &str, engine_use: EngineUse) -> String {
    let kinds: &[&str] = match engine_use {
        EngineUse::Tts => &["command", "http", "switch"],
        EngineUse::Asr => &["command", "http", "vosk", "switch"],
    };
    match nearest(unknown, kinds.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("known here: {}", kinds.join(", ")),
    }
}

fn vosk_url(context: DaemonContext<'_>, given: &Spanned<String>) -> Option<Url> {
    engine_url(context, given, &["ws", "wss"], "write `url = \"ws://127.0.0.1:2700\"`")
}

/// An engine of the switch. Without a name, it is the switch's default.
fn switch_asr(
    context: DaemonContext<'_>,
    engine: Option<&Spanned<String>>,
    grammar: Option<&Spanned<String>>,
) -> Option<AsrBackend> {
    let engine = match engine.filter(|engine| !engine.get_ref().is_empty()) {
        Some(engine) => name(context.file, Some(engine))?,
        None => "".into(),
    };
    let grammar = grammar.map(|grammar| check_one_line(context, grammar)).unwrap_or_default();
    Some(AsrBackend::Switch { engine, grammar: grammar.into() })
}
