//! How digits are asked for.

use std::time::Duration;

use regex::Regex;
use serde_spanned::Spanned;

use super::scope::Scope;
use crate::channel::DigitOptions;
use crate::config::bounds::millis;
use crate::config::file::File;
use crate::config::raw::script as raw;
use crate::script::definition::KeypressInput;

/// Most digits, with or without `length`.
const MOST: u64 = 32;

/// Longest wait for the first digit.
const FIRST_DIGIT: u64 = 600_000;

impl Scope<'_> {
    pub(crate) fn keypress(&self, raw: &raw::Keypress) -> KeypressInput {
        let file = self.file;
        let ask = self.ask(raw);
        let most = (ask.max_digits as u64).min(MOST);
        KeypressInput {
            min_length: file.number(raw.min_length.as_ref(), 1..=most, 1) as usize,
            pattern: raw.pattern.as_ref().and_then(|pattern| whole(file, pattern)),
            sensitive: is(raw.sensitive.as_ref(), false),
            digit_options: ask,
        }
    }

    fn ask(&self, raw: &raw::Keypress) -> DigitOptions {
        let file = self.file;
        let most = file.number(raw.length.as_ref(), 1..=MOST, MOST);
        let gap = file.time(raw.gap.as_ref(), millis(100, 120_000), Duration::from_secs(4));
        let times = if raw.length.is_some() { most.min(MOST) as u32 } else { 1 };
        let first_digit = (gap * times).min(Duration::from_millis(FIRST_DIGIT));
        DigitOptions {
            max_digits: most as usize,
            first_digit_timeout: file.time(
                raw.first_digit.as_ref(),
                millis(100, FIRST_DIGIT),
                first_digit,
            ),
            inter_digit_timeout: gap,
            terminator: self.terminator(raw.terminator.as_ref()),
            barge_in: is(raw.barge_in.as_ref(), true),
        }
    }

    fn terminator(&self, given: Option<&Spanned<String>>) -> Option<char> {
        match given.map(|given| (given, given.get_ref().as_str())) {
            None | Some((_, "#")) => Some('#'),
            Some((_, "*")) => Some('*'),
            Some((_, "")) => None,
            Some((given, _)) => {
                let help = "write \"#\" or \"*\", or \"\" for none";
                self.file.fault_help(given.span(), "this key can't end the input", help);
                None
            }
        }
    }
}

pub(crate) fn is(given: Option<&Spanned<bool>>, default: bool) -> bool {
    given.map_or(default, |given| *given.get_ref())
}

/// A pattern that must match a text from end to end.
fn whole(file: &File, given: &Spanned<String>) -> Option<Regex> {
    let alone = pattern(file, given)?;
    // A comment at the end of an `x` pattern ends with its line.
    let wrap = |end: &str| Regex::new(&["^(?:", alone.as_str(), end].concat());
    let whole = wrap(")$").or_else(|_| wrap("\n)$"));
    if whole.is_err() {
        let help = "take out what reaches over its end, such as a comment";
        file.fault_help(given.span(), "this pattern can't be matched as a whole", help);
    }
    whole.ok()
}

/// A pattern as it was typed.
pub(crate) fn pattern(file: &File, given: &Spanned<String>) -> Option<Regex> {
    match Regex::new(given.get_ref()) {
        Ok(pattern) => Some(pattern),
        Err(e) => {
            let reason = e.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let help = "write patterns in single quotes, such as '^ORD-[0-9]+$'";
            file.fault_help(given.span(), format!("this is no pattern: {reason}"), help);
            None
        }
    }
}
