//! How a script's texts are spoken, and how speech is asked for.

use std::sync::Arc;
use std::time::Duration;

use serde_spanned::Spanned;

use super::keypress::is;
use super::name::{name, speed};
use super::scope::Scope;
use crate::config::bounds::millis;
use crate::config::nearest::nearest;
use crate::config::raw::script as raw;
use crate::script::definition::{SpeechFilter, SpeechInput};
use crate::script::numeric;
use crate::script::voice::VoiceParams;

impl Scope<'_> {
    /// How texts are spoken here.
    pub(crate) fn manner(&self) -> Arc<VoiceParams> {
        let Some(raw) = &self.raw.voice else { return Arc::default() };
        Arc::new(VoiceParams {
            engine: raw.engine.as_ref().and_then(|engine| self.engine(engine)),
            voice: name(self.file, raw.voice.as_ref()),
            language: name(self.file, raw.language.as_ref()),
            speed: speed(self.file, raw.speed.as_ref()),
        })
    }

    fn engine(&self, given: &Spanned<String>) -> Option<Arc<str>> {
        let (engines, name) = (&self.world.engines, given.get_ref());
        if engines.contains(name) {
            return Some(name.as_str().into());
        }
        let help = match nearest(name, engines.iter().map(String::as_str)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("write a table `[speech.engines.{name}]` into the daemon's file"),
        };
        self.file.fault_help(given.span(), format!("there is no engine `{name}`"), help);
        None
    }

    pub(crate) fn speech(&self, raw: &raw::Speech) -> SpeechInput {
        let file = self.file;
        if self.world.voice.asr_engine.is_none() {
            let help = "name an engine by `listen` in [speech] of the daemon's file; until then \
                        keys count where they are asked for too, else [no_input] is taken";
            file.warn(raw.span.clone(), "nothing here understands speech", help);
        }
        let time =
            |given, bounds, default| file.time(given, bounds, Duration::from_millis(default));
        SpeechInput {
            language: self.spoken_language(raw),
            filter: raw.filter.as_ref().map_or(SpeechFilter::None, |filter| filter.get_ref().0),
            no_input_timeout: time(raw.start.as_ref(), millis(500, 60_000), 5_000),
            end_silence: time(raw.silence.as_ref(), millis(300, 10_000), 1_500),
            max_duration: time(raw.maximum.as_ref(), millis(1_000, 120_000), 15_000),
            digit_count: raw.length.as_ref().and_then(|length| self.spoken_length(raw, length)),
            sensitive: is(raw.sensitive.as_ref(), false),
        }
    }

    fn spoken_language(&self, raw: &raw::Speech) -> Arc<str> {
        let language = name(self.file, raw.language.as_ref()).unwrap_or_else(|| "en".into());
        if let (Some(given), true) = (&raw.language, raw.is_numeric())
            && !numeric::supports(&language)
        {
            let help = "take a language whose numbers are known, such as `en`, `es`, `fr`, `de` \
                        or `hi`, or `filter = \"none\"`";
            let what = format!("numbers in `{language}` can't be understood");
            self.file.fault_help(given.span(), what, help);
        }
        language
    }

    fn spoken_length(&self, raw: &raw::Speech, given: &Spanned<raw::Whole>) -> Option<usize> {
        if !raw.is_numeric() {
            let help = "add `filter = \"numeric\"`, or take it out";
            self.file.fault_help(given.span(), "only spoken numbers have a length", help);
        }
        let length = self.file.number(Some(given), 1..=32, 1);
        let keys = self.raw.keypress.as_ref();
        let number = |given: Option<&Spanned<raw::Whole>>| given.map(|given| given.get_ref().0);
        let most = number(keys.and_then(|keys| keys.length.as_ref()));
        let fewest = number(keys.and_then(|keys| keys.min_length.as_ref()));
        if most.is_some_and(|most| most < length) || fewest.is_some_and(|fewest| fewest > length) {
            let help = "make them fit: what is said has to be what keys would have to be";
            self.file.fault_help(given.span(), "[keypress] takes another number of digits", help);
        }
        usize::try_from(length).ok()
    }
}
