//! `[keypress]`: digits that the caller enters.

use std::ops::Range;
use std::time::Duration;

use regex::Regex;
use serde_spanned::Spanned;

use crate::channel::DigitOptions;
use crate::config::bounds::millis;
use crate::config::file::TomlFile;
use crate::config::table_reader::TableReader;
use crate::config::value::{DurationValue, WholeNumber, flag};
use crate::script::definition::KeypressInput;
use crate::script::pattern;

/// Keys that belong only in this table.
pub(super) const OWN_KEYS: &[&str] =
    &["length", "min_length", "gap", "first_digit", "terminator", "barge_in", "sensitive"];

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
const TIMEOUT_HELP: &str = "the time for each digit is `gap`, and that for the first one is `first_digit`: write `gap = \"4s\"`";

#[derive(Debug)]
pub(crate) struct KeypressTable {
    pub(super) span: Range<usize>,
    pub(super) length: Option<Spanned<WholeNumber>>,
    pub(super) min_length: Option<Spanned<WholeNumber>>,
    gap: Option<Spanned<DurationValue>>,
    first_digit: Option<Spanned<DurationValue>>,
    terminator: Option<Spanned<String>>,
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
        Self {
            span: table.span.clone(),
            length: table.take("length"),
            min_length: table.take("min_length"),
            gap: table.take("gap"),
            first_digit: table.take("first_digit"),
            terminator: table.take("terminator"),
            barge_in: table.take("barge_in"),
            pattern: table.take("pattern"),
            sensitive: table.take("sensitive"),
        }
    }

    pub(super) fn keypress(&self, file: &TomlFile) -> KeypressInput {
        let digit_options = self.digit_options(file);
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
        DigitOptions {
            max_digits: max_digits as usize,
            first_digit_timeout: file.duration(self.first_digit.as_ref(), bounds, first_digit),
            inter_digit_timeout: gap,
            terminator: self.terminator(file),
            barge_in: flag(self.barge_in.as_ref(), true),
        }
    }

    fn terminator(&self, file: &TomlFile) -> Option<char> {
        let Some(given) = &self.terminator else { return Some('#') };
        match given.get_ref().as_str() {
            "#" => Some('#'),
            "*" => Some('*'),
            "" => None,
            _ => {
                let help = "write \"#\" or \"*\", or \"\" for none";
                file.error_with_help(given.span(), "not a valid terminator", help);
                None
            }
        }
    }
}

fn whole_pattern(file: &TomlFile, given: &Spanned<String>) -> Option<Regex> {
    let pattern = pattern::compile_whole(given.get_ref());
    pattern.map_err(|e| file.error_with_help(given.span(), e.message, e.help)).ok()
}
