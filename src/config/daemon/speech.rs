//! `[speech]`: the engines for text-to-speech and speech recognition, and their limits.

use std::sync::Arc;
use std::time::Duration;

use serde_spanned::Spanned;

mod engine;

use super::context::DaemonContext;
use super::folders::DaemonFolders;
use crate::config::bounds::millis;
use crate::config::engine_params;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::timezone::timezone;
use crate::config::value::{DurationValue, WholeNumber};
use crate::script::timezone::ScriptTimezone;
use crate::voice::settings::{SoundFormat, SoundServerSettings, VoiceSettings};
use engine::{EngineTable, EngineUse};

#[derive(Debug, Default)]
pub(crate) struct DaemonSpeechTable {
    say: Option<EngineTable>,
    fallback: Option<EngineTable>,
    listen: Option<EngineTable>,
    engines: Vec<(Spanned<String>, EngineTable)>,
    timeout: Option<Spanned<DurationValue>>,
    at_once: Option<Spanned<WholeNumber>>,
    rate: Option<Spanned<WholeNumber>>,
    cache_bytes: Option<Spanned<WholeNumber>>,
    timezone: Option<Spanned<String>>,
}

impl DaemonSpeechTable {
    pub(crate) fn read(table: &mut TableReader<'_, '_>) -> Self {
        let help = "write it in the engine, as in `say = { engine = \"command\", …, language = \"de\" }`, or in \
                    [voice] of a script";
        table.explain(&["language", "voice", "speed"], help);
        table.explain(&["time_zone", "tz", "zone"], "the time zone is `timezone`");
        Self {
            say: EngineTable::read_key(table, "say", EngineUse::Tts),
            fallback: EngineTable::read_key(table, "fallback", EngineUse::Tts),
            listen: EngineTable::read_key(table, "listen", EngineUse::Asr),
            engines: EngineTable::read_named(table),
            timeout: table.take("timeout"),
            at_once: table.take("at_once"),
            rate: table.take("rate"),
            cache_bytes: table.take("cache_bytes"),
            timezone: table.take("timezone"),
        }
    }

    /// The names in `[speech.engines]`, including engines with errors.
    pub(crate) fn engine_names(&self) -> impl Iterator<Item = &str> {
        self.engines.iter().map(|(name, _)| name.get_ref().as_str())
    }

    /// The time zone of the texts of scripts that name none.
    pub(crate) fn timezone(&self, file: &TomlFile) -> ScriptTimezone {
        let given = self.timezone.as_ref().and_then(|given| timezone(file, given));
        given.unwrap_or_else(ScriptTimezone::host)
    }

    /// The settings for speech and sounds, which also depend on `[folders]`, `[sound_server]` and `[asterisk]`.
    pub(crate) fn settings(
        &self,
        context: DaemonContext<'_>,
        folders: &DaemonFolders,
        sound_server: Option<SoundServerSettings>,
        serves_asterisk: bool,
    ) -> VoiceSettings {
        let file = context.file;
        let named = self.engines.iter().filter_map(|(name, engine)| {
            let engine = engine.tts(context, name.get_ref());
            Some((engine_params::name(file, Some(name))?.to_string(), engine?))
        });
        let fallback = self.fallback.as_ref().and_then(|engine| engine.tts(context, "fallback"));
        let (timeout, default) = (self.timeout.as_ref(), Duration::from_secs(5));
        VoiceSettings {
            default_engine: match &self.say {
                Some(engine) => engine.tts(context, "say"),
                None => engine::default_tts().map(Arc::new).or_else(|| fallback.clone()),
            },
            fallback_engine: fallback,
            named_engines: named.collect(),
            asr_engine: self.listen.as_ref().and_then(|engine| engine.asr(context)),
            timeout: file.duration(timeout, millis(100, 60_000), default),
            max_concurrent: file.number(self.at_once.as_ref(), 1..=64, 4),
            format: self.format(file, serves_asterisk),
            cache_folder: folders.cache.clone(),
            max_cache_bytes: file.number(self.cache_bytes.as_ref(), 1 << 20..=1 << 40, 256 << 20),
            recordings_folder: folders.recordings.clone(),
            library_folder: folders.library(),
            sound_server,
        }
    }

    /// The format of the sounds that the daemon creates. Asterisk expects 16 kHz in a file with another extension, and
    /// needs 8 kHz as well for narrow-band channels.
    fn format(&self, file: &TomlFile, serves_asterisk: bool) -> SoundFormat {
        let Some(rate) = &self.rate else { return SoundFormat::Narrow };
        match (rate.get_ref(), serves_asterisk) {
            (WholeNumber(8000), _) => SoundFormat::Narrow,
            (WholeNumber(16000), false) => SoundFormat::Wide,
            (WholeNumber(16000), true) => SoundFormat::Both,
            _ => {
                file.error_with_help(rate.span(), "unsupported sample rate", "write 8000 or 16000");
                SoundFormat::Narrow
            }
        }
    }
}
