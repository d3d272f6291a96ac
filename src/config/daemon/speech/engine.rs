//! A speech engine: `say`, `fallback` and `listen` of `[speech]`, and each table in `[speech.engines]`.

use std::ops::Range;
use std::sync::Arc;

use serde_spanned::Spanned;

mod backend;
mod program;
mod service;

use crate::config::daemon::context::DaemonContext;
use crate::config::engine_params::{self, language, speed, voice};
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::NamedTexts;
use crate::config::value_kind::ValueKind;
use crate::script::voice::SpeakingRate;
use crate::voice::settings::{AsrBackend, AsrEngine, LanguageVoices, TtsBackend, TtsEngine};
use backend::BackendTable;

pub(super) use backend::EngineUse;

#[derive(Debug)]
pub(super) struct EngineTable {
    backend: BackendTable,
    voice: Option<Spanned<String>>,
    voices: NamedTexts,
    language: Option<Spanned<String>>,
    speed: Option<Spanned<String>>,
    span: Range<usize>,
}

impl EngineTable {
    /// Reads an engine that is the value of a key of `[speech]`.
    pub(super) fn read_key(
        speech: &mut TableReader<'_, '_>,
        key: &'static str,
        engine_use: EngineUse,
    ) -> Option<Self> {
        let value = speech.take_any(key, || ValueKind::Table)?;
        let span = value.span();
        let table = speech.inline_table(key, value);
        if table.is_none() {
            let help = format!("write it as `{key} = {{ engine = \"command\", command = [...] }}`");
            let message = format!("`{key}` must be a table that describes an engine");
            speech.file.error_with_help(span, message, help);
        }
        Some(Self::read(table?, engine_use))
    }

    /// Reads the engines in `[speech.engines]`. All of them are for text-to-speech.
    pub(super) fn read_named(speech: &mut TableReader<'_, '_>) -> Vec<(Spanned<String>, Self)> {
        let help = |name: &str| format!("write a line `[speech.engines.{name}]` and its keys");
        let engines = speech.table("engines");
        let engines = engines.map(|table| table.tables_by_name("speech.engines", help));
        let read = |(name, table)| (name, Self::read(table, EngineUse::Tts));
        engines.into_iter().flatten().map(read).collect()
    }

    fn read(mut table: TableReader<'_, '_>, engine_use: EngineUse) -> Self {
        let span = table.span.clone();
        let backend = BackendTable::read(&mut table, engine_use);
        let is_known = !matches!(backend, BackendTable::Unknown);
        let (voice, language, speed) = Default::default();
        let mut engine = Self { backend, voice, voices: Vec::new(), language, speed, span };
        if engine_use == EngineUse::Tts && is_known {
            engine.voice = table.take("voice");
            engine.voices = table.table("voices").map(TableReader::pairs).unwrap_or_default();
            engine.language = table.take("language");
            engine.speed = table.number_or_text("speed");
        }
        // The keys of an unknown engine cannot be checked.
        if is_known {
            table.finish();
        }
        engine
    }

    /// A text-to-speech engine; `None` after an error. `key` is its key or name in the daemon's file.
    pub(super) fn tts(&self, context: DaemonContext<'_>, key: &str) -> Option<Arc<TtsEngine>> {
        if self.backend.needs_voice() && self.voice.is_none() {
            let help = "add the name of one of its voices, such as `voice = \"alloy\"`";
            context.file.error_with_help(self.span.clone(), "this engine needs a `voice`", help);
        }
        let backend = self.backend.tts(context)?;
        let description = match &backend {
            TtsBackend::Command(program) => program::file_name(program).to_owned(),
            TtsBackend::Http(service) => service.url.host_str().unwrap_or_default().to_owned(),
            TtsBackend::Switch(name) => format!("the switch's {name}"),
        };
        Some(Arc::new(TtsEngine {
            name: log_name(key, &description),
            backend,
            voice: voice(context.file, self.voice.as_ref()),
            voices: self.voices(context.file),
            language: language(context.file, self.language.as_ref()).unwrap_or_else(|| "en".into()),
            language_is_set: self.language.is_some(),
            speed: speed(context.file, self.speed.as_ref()).unwrap_or_default(),
        }))
    }

    fn voices(&self, file: &TomlFile) -> LanguageVoices {
        let voices = self.voices.iter().filter_map(|(language, voice)| {
            let voice = engine_params::voice(file, Some(voice));
            Some((engine_params::language(file, Some(language))?, voice?))
        });
        voices.collect()
    }

    /// A speech recognition engine; `None` after an error.
    pub(super) fn asr(&self, context: DaemonContext<'_>) -> Option<Arc<AsrEngine>> {
        let backend = self.backend.asr(context)?;
        let description = match &backend {
            AsrBackend::Command(program) => program::file_name(program).to_owned(),
            AsrBackend::Http(service) => service.url.host_str().unwrap_or_default().to_owned(),
            AsrBackend::Vosk(url) => format!("vosk at {}", url.host_str().unwrap_or_default()),
            AsrBackend::Switch { engine, .. } if engine.is_empty() => "the switch's default".into(),
            AsrBackend::Switch { engine, .. } => format!("the switch's {engine}"),
        };
        Some(Arc::new(AsrEngine { name: log_name("listen", &description), backend }))
    }
}

/// The engine that is used if `say` is missing: espeak-ng, if it is installed.
pub(super) fn default_tts() -> Option<TtsEngine> {
    let program = program::espeak()?;
    Some(TtsEngine {
        name: log_name("say", &program.executable),
        backend: TtsBackend::Command(program),
        voice: None,
        voices: LanguageVoices::default(),
        language: "en".into(),
        language_is_set: false,
        speed: SpeakingRate::default(),
    })
}

/// The name of an engine in the log: its key in the file, and a description of its backend.
fn log_name(key: &str, description: &str) -> String {
    format!("{key} ({description})")
}
