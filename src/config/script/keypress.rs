//! `[keypress]`: digits that the caller enters.

mod entered_pattern;
mod key_grammar;
mod key_text;

use std::ops::Range;
use std::time::Duration;

use regex::Regex;
use serde_spanned::Spanned;

use super::voice;
use crate::channel::{DigitOptions, KeySet};
use crate::config::bounds::millis;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::{DurationValue, WholeNumber, flag};
use crate::script::definition::KeypressInput;
use crate::script::pattern;

/// Keys that belong only in this table, and `keys`, which `[trigger]` has too.
pub(super) const OWN_KEYS: &[&str] = &[
    "length",
    "min_length",
    "gap",
    "first_digit",
    "terminator",
    "clear",
    "barge_in",
    "sensitive",
    "keys",
];

/// The maximum of `length`, and its default.
const MAX_DIGITS: u64 = 32;

/// The maximum timeout for the first digit, in milliseconds.
const MAX_FIRST_DIGIT: u64 = 600_000;

/// Names that other programs have for keys of this table.
const LENGTH_NAMES: &[&str] =
    &["digits", "max_digits", "maxdigits", "num_digits", "max_length", "count"];
const TIMEOUT_NAMES: &[&str] =
    &["timeout", "digit_timeout", "interdigit", "inter_digit_timeout", "wait"];
const TERMINATOR_NAMES: &[&str] = &["finish_on_key", "terminators", "end_key", "submit"];
const KEYS_NAMES: &[&str] =
    &["allowed", "allowed_keys", "valid_keys", "valid_digits", "accept", "input_keys"];
const CLEAR_NAMES: &[&str] = &["clear_key", "clear_on_key", "reset", "restart", "cancel", "erase"];
const TIMEOUT_HELP: &str = "the time for each digit is `gap`, and that for the first one is `first_digit`: write `gap = \"4s\"`";

#[derive(Debug)]
pub(crate) struct KeypressTable {
    pub(super) span: Range<usize>,
    pub(super) length: Option<Spanned<WholeNumber>>,
    pub(super) min_length: Option<Spanned<WholeNumber>>,
    keys: Option<Spanned<String>>,
    gap: Option<Spanned<DurationValue>>,
    first_digit: Option<Spanned<DurationValue>>,
    terminator: Option<Spanned<String>>,
    clear: Option<Spanned<String>>,
    barge_in: Option<Spanned<bool>>,
    pattern: Option<Spanned<String>>,
    sensitive: Option<Spanned<bool>>,
}

impl KeypressTable {
    pub(super) fn is_sensitive(&self) -> bool {
        flag(self.sensitive.as_ref(), false)
    }

    pub(super) fn read(table: &mut TableReader<'_, '_>) -> Self {
        table.explain(LENGTH_NAMES, "the number of digits is `length`: write `length = 4`");
        table.explain(TIMEOUT_NAMES, TIMEOUT_HELP);
        table.explain(TERMINATOR_NAMES, "the key that ends the input is `terminator`");
        table.explain(KEYS_NAMES, "the keys that are input are `keys`: write `keys = \"0-9*\"`");
        table.explain(CLEAR_NAMES, "the key that begins anew is `clear`: write `clear = \"*\"`");
        table.explain(&["language", "lang", "locale"], voice::LANGUAGE_HELP);
        Self {
            span: table.span.clone(),
            length: table.take("length"),
            min_length: table.take("min_length"),
            keys: key_text::read(table, "keys"),
            gap: table.take("gap"),
            first_digit: table.take("first_digit"),
            terminator: key_text::read(table, "terminator"),
            clear: key_text::read(table, "clear"),
            barge_in: table.take("barge_in"),
            pattern: table.take("pattern"),
            sensitive: table.take("sensitive"),
        }
    }

    pub(super) fn keypress(&self, file: &TomlFile) -> KeypressInput {
        let digit_options = self.digit_options(file);
        if let Some(pattern) = &self.pattern {
            entered_pattern::warn_never_entered(file, pattern, digit_options.keys);
        }
        self.warn_of_clear(file, digit_options.max_digits);
        KeypressInput {
            min_length: self.min_length(file, digit_options.max_digits),
            pattern: self.pattern.as_ref().and_then(|pattern| whole_pattern(file, pattern)),
            sensitive: self.is_sensitive(),
            digit_options,
        }
    }

    fn min_length(&self, file: &TomlFile, max_digits: usize) -> usize {
        let min_length = file.number(self.min_length.as_ref(), 1..=MAX_DIGITS, 1) as usize;
        if let (Some(given), Some(length)) = (&self.min_length, &self.length)
            && (max_digits + 1..=MAX_DIGITS as usize).contains(&min_length)
        {
            let message = format!("`min_length` is above `length`, which is {max_digits}");
            let help = "raise `length`, or lower `min_length`".to_owned();
            let label = (length.span(), "at most so many digits".to_owned());
            file.report(given.span(), message, Some(help), Some(label));
        }
        min_length.min(max_digits)
    }

    fn digit_options(&self, file: &TomlFile) -> DigitOptions {
        let max_digits = file.number(self.length.as_ref(), 1..=MAX_DIGITS, MAX_DIGITS);
        let gap = file.duration(self.gap.as_ref(), millis(100, 120_000), Duration::from_secs(4));
        // The default timeout for the first digit is `gap`, or `gap` times `length` if `length` is set.
        let gaps = if self.length.is_some() { max_digits.min(MAX_DIGITS) as u32 } else { 1 };
        let first_digit = (gap * gaps).min(Duration::from_millis(MAX_FIRST_DIGIT));
        let bounds = millis(100, MAX_FIRST_DIGIT);
        let keys = self.checked_keys(file);
        let terminator = self.terminator(file, keys);
        DigitOptions {
            keys,
            max_digits: max_digits as usize,
            first_digit_timeout: file.duration(self.first_digit.as_ref(), bounds, first_digit),
            inter_digit_timeout: gap,
            terminator,
            clear: self.clear(file, keys, terminator),
            barge_in: flag(self.barge_in.as_ref(), true),
        }
    }

    /// The keys that are input. If `keys` is invalid, they are all keys, so that no other error follows from that.
    pub(super) fn keys(&self) -> KeySet {
        let Some(given) = &self.keys else { return KeySet::DIGITS };
        let keys = key_grammar::parse(given.get_ref());
        keys.map_or(KeySet::ALL, |ranges| ranges.into_iter().flatten().collect())
    }

    /// Reports `keys` without a digit, if a spoken number must consist of them.
    pub(super) fn check_spoken_number(&self, file: &TomlFile) {
        let has_digits = !self.keys().intersection(KeySet::DIGITS).is_empty();
        if let Some(given) = self.keys.as_ref().filter(|_| !has_digits) {
            let help =
                "add the digits that may be spoken, or write `filter = \"none\"` in [speech]";
            file.error_with_help(
                given.span(),
                "a spoken number can never be one of these keys",
                help,
            );
        }
    }

    fn checked_keys(&self, file: &TomlFile) -> KeySet {
        if let Some(given) = &self.keys
            && let Err(error) = key_grammar::parse(given.get_ref())
        {
            match given.get_ref().as_str() {
                "keep" | "drop" => {
                    let help =
                        "what happens to keys that come before the answer is `keys` of [trigger]";
                    file.error_with_help(given.span(), "these are no keys of a telephone", help);
                }
                _ => {
                    let at = Some(error.at).filter(|at| !at.is_empty());
                    let span = at.map_or_else(|| given.span(), |at| file.span_in(given, at));
                    file.error_with_help(span, error.message, error.help);
                }
            }
        }
        self.keys()
    }

    /// The terminator. By default it is `#`, unless `keys` or `clear` has that key.
    fn terminator(&self, file: &TomlFile, keys: KeySet) -> Option<char> {
        let Some(given) = &self.terminator else {
            let is_clear = self.clear.as_ref().is_some_and(|clear| clear.get_ref() == "#");
            return Some('#').filter(|key| !keys.contains(*key) && !is_clear);
        };
        let key = star_or_pound(file, given, "not a valid terminator")?;
        self.check_apart(file, given, "terminator", keys.contains(key));
        Some(key)
    }

    fn clear(&self, file: &TomlFile, keys: KeySet, terminator: Option<char>) -> Option<char> {
        let given = self.clear.as_ref()?;
        let key = star_or_pound(file, given, "not a valid key to clear the input")?;
        if let Some(other) = self.terminator.as_ref().filter(|_| terminator == Some(key)) {
            let label = (other.span(), "the terminator".to_owned());
            let help = "write another key, or `terminator = \"\"` for none";
            let message = "this key ends the input, so it cannot clear it".to_owned();
            file.report(given.span(), message, Some(help.to_owned()), Some(label));
        }
        self.check_apart(file, given, "clear", keys.contains(key));
        Some(key)
    }

    /// Warns about a clear key that has no effect, or that takes the place of the default terminator.
    fn warn_of_clear(&self, file: &TomlFile, max_digits: usize) {
        let Some(given) = self.clear.as_ref().filter(|clear| !clear.get_ref().is_empty()) else {
            return;
        };
        if max_digits == 1 {
            let help = "remove this, or raise `length`";
            let message = "this has no effect: with `length = 1`, the first key ends the input";
            file.warn(given.span(), message, help);
        } else if given.get_ref() == "#" && self.terminator.is_none() {
            let help = "write `terminator = \"*\"` for another key that ends it, or `terminator = \"\"` for none";
            file.warn(given.span(), "without `terminator`, no key ends the input here", help);
        }
    }

    /// Reports a terminator or clear key that is also input.
    fn check_apart(&self, file: &TomlFile, given: &Spanned<String>, name: &str, is_input: bool) {
        let readable = |keys: &&Spanned<String>| key_grammar::parse(keys.get_ref()).is_ok();
        let Some(keys) = self.keys.as_ref().filter(readable).filter(|_| is_input) else { return };
        let message = "this key is input, since it is among `keys`".to_owned();
        let help = format!("remove it from `keys`, or write `{name} = \"\"` for none");
        file.report(given.span(), message, Some(help), Some((keys.span(), "here".to_owned())));
    }
}

/// The key of a text; `None` for an empty one, and after an error.
fn star_or_pound(file: &TomlFile, given: &Spanned<String>, message: &str) -> Option<char> {
    match given.get_ref().as_str() {
        "#" => Some('#'),
        "*" => Some('*'),
        "" => None,
        _ => {
            let help = "write \"#\" or \"*\", or \"\" for none";
            file.error_with_help(given.span(), message, help);
            None
        }
    }
}

fn whole_pattern(file: &TomlFile, given: &Spanned<String>) -> Option<Regex> {
    let pattern = pattern::compile_whole(given.get_ref());
    pattern.map_err(|e| file.error_with_help(given.span(), e.message, e.help)).ok()
}
