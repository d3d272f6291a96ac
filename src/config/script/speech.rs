//! `[speech]`: spoken input.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use serde_spanned::Spanned;

use super::context::ScriptContext;
use super::keypress::KeypressTable;
use crate::config::bounds::millis;
use crate::config::engine_params;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::{DurationValue, FromText, ParsedText, WholeNumber, flag};
use crate::script::definition::{SpeechFilter, SpeechInput};
use crate::script::numeric;

/// Keys that belong only in this table.
pub(super) const OWN_KEYS: &[&str] = &["filter", "start", "silence", "maximum"];

#[derive(Debug)]
pub(crate) struct SpeechTable {
    pub(super) span: Range<usize>,
    language: Option<Spanned<String>>,
    filter: Option<Spanned<ParsedText<SpeechFilter>>>,
    start: Option<Spanned<DurationValue>>,
    silence: Option<Spanned<DurationValue>>,
    maximum: Option<Spanned<DurationValue>>,
    pub(super) length: Option<Spanned<WholeNumber>>,
    sensitive: Option<Spanned<bool>>,
}

impl FromText for SpeechFilter {
    const EXPECTED: &'static str = "\"none\" or \"numeric\"";

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "numeric" => Some(Self::Numeric),
            _ => None,
        }
    }
}

impl SpeechTable {
    pub(super) fn is_sensitive(&self) -> bool {
        flag(self.sensitive.as_ref(), false)
    }

    pub(super) fn read(table: &mut TableReader<'_, '_>) -> Self {
        Self {
            span: table.span.clone(),
            language: table.take("language"),
            filter: table.take("filter"),
            start: table.take("start"),
            silence: table.take("silence"),
            maximum: table.take("maximum"),
            length: table.take("length"),
            sensitive: table.take("sensitive"),
        }
    }

    /// Whether the input is a spoken number.
    pub(super) fn is_numeric(&self) -> bool {
        self.filter() == SpeechFilter::Numeric
    }

    fn filter(&self) -> SpeechFilter {
        self.filter.as_ref().map_or(SpeechFilter::None, |filter| filter.get_ref().0)
    }

    /// `keypress` is the table of the same script.
    pub(super) fn speech(
        &self,
        script: &ScriptContext<'_>,
        keypress: Option<&KeypressTable>,
    ) -> SpeechInput {
        let file = script.file;
        if !script.load.has_asr {
            let help = "configure an engine as `listen` in [speech] of dialscript.toml; until \
                        then only keypresses are used, or [no_input] without [keypress]";
            file.warn_merged(self.span.clone(), "no speech recognizer is configured", help);
        }
        if let Some(keypress) = keypress.filter(|_| self.is_numeric()) {
            keypress.check_spoken_number(file);
        }
        let duration =
            |given, bounds, default| file.duration(given, bounds, Duration::from_millis(default));
        SpeechInput {
            language: self.language(file),
            filter: self.filter(),
            no_input_timeout: duration(self.start.as_ref(), millis(500, 60_000), 5_000),
            end_silence: duration(self.silence.as_ref(), millis(300, 10_000), 1_500),
            max_duration: duration(self.maximum.as_ref(), millis(1_000, 120_000), 15_000),
            digit_count: self
                .length
                .as_ref()
                .and_then(|length| self.digit_count(file, length, keypress)),
            sensitive: self.is_sensitive(),
        }
    }

    fn language(&self, file: &TomlFile) -> Option<Arc<str>> {
        let language = engine_params::language(file, self.language.as_ref())?;
        if let (Some(given), true) = (&self.language, self.is_numeric())
            && !numeric::supports(&language)
        {
            let help = "use a supported language such as `en`, `es`, `fr`, `de` or `hi`, or \
                        `filter = \"none\"`";
            let message = format!("spoken numbers in `{language}` are not supported");
            file.error_with_help(given.span(), message, help);
        }
        Some(language)
    }

    /// `length`, which must be within the bounds of `[keypress]`.
    fn digit_count(
        &self,
        file: &TomlFile,
        given: &Spanned<WholeNumber>,
        keypress: Option<&KeypressTable>,
    ) -> Option<usize> {
        if !self.is_numeric() {
            let help = "add `filter = \"numeric\"`, or remove this line";
            file.error_with_help(given.span(), "`length` needs `filter = \"numeric\"`", help);
        }
        let length = file.number(Some(given), 1..=32, 1);
        let number = |key: Option<&Spanned<WholeNumber>>| key.map(|given| given.get_ref().0);
        let max_digits = number(keypress.and_then(|keypress| keypress.length.as_ref()));
        let min_digits = number(keypress.and_then(|keypress| keypress.min_length.as_ref()));
        if max_digits.is_some_and(|max_digits| max_digits < length)
            || min_digits.is_some_and(|min_digits| min_digits > length)
        {
            let help = "use a number between `min_length` and `length` of [keypress]";
            let message = "[keypress] does not accept this number of digits";
            file.error_with_help(given.span(), message, help);
        }
        usize::try_from(length).ok()
    }
}
