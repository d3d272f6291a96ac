//! `[voice]`: the engine and the voice for the texts of the script.

use std::sync::Arc;

use serde_spanned::Spanned;

use super::context::ScriptContext;
use crate::config::engine_params::{language, speed, voice};
use crate::config::nearest::nearest;
use crate::config::table_reader::TableReader;
use crate::config::timezone::timezone;
use crate::script::timezone::ScriptTimezone;
use crate::script::voice::VoiceParams;

/// Keys that belong only in this table.
pub(super) const OWN_KEYS: &[&str] = &["engine", "voice", "speed", "timezone"];

/// Where `language` belongs, for tables that do not have it.
pub(super) const LANGUAGE_HELP: &str =
    "the language of texts belongs in [voice], and the language of the call in an outcome";

#[derive(Debug)]
pub(crate) struct VoiceTable {
    engine: Option<Spanned<String>>,
    voice: Option<Spanned<String>>,
    language: Option<Spanned<String>>,
    speed: Option<Spanned<String>>,
    timezone: Option<Spanned<String>>,
}

impl VoiceTable {
    pub(super) fn read(table: &mut TableReader<'_, '_>) -> Self {
        table.explain(&["time_zone", "tz", "zone"], "the time zone is `timezone`");
        Self {
            engine: table.take("engine"),
            voice: table.take("voice"),
            language: table.take("language"),
            speed: table.number_or_text("speed"),
            timezone: table.take("timezone"),
        }
    }

    pub(super) fn names_engine(&self) -> bool {
        self.engine.is_some()
    }

    pub(super) fn params(&self, script: &ScriptContext<'_>) -> Arc<VoiceParams> {
        Arc::new(VoiceParams {
            engine: self.engine.as_ref().and_then(|engine| known_engine(script, engine)),
            voice: voice(script.file, self.voice.as_ref()),
            language: language(script.file, self.language.as_ref()),
            in_call_language: false,
            speed: speed(script.file, self.speed.as_ref()),
        })
    }

    /// The time zone of the texts: that of the script, else that of the daemon's file.
    pub(super) fn timezone(table: Option<&Self>, script: &ScriptContext<'_>) -> ScriptTimezone {
        let given = table.and_then(|table| table.timezone.as_ref());
        let own = given.and_then(|given| timezone(script.file, given));
        own.unwrap_or_else(|| script.load.timezone.clone())
    }
}

fn known_engine(script: &ScriptContext<'_>, given: &Spanned<String>) -> Option<Arc<str>> {
    let (engines, name) = (&script.load.engines, given.get_ref());
    if engines.contains(name) {
        return Some(name.as_str().into());
    }
    let help = match nearest(name, engines.iter().map(String::as_str)) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("add a table `[speech.engines.{name}]` to dialscript.toml"),
    };
    script.file.error_with_help(given.span(), format!("there is no engine `{name}`"), help);
    None
}
