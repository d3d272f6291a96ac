//! How digits are asked for.

use std::time::Duration;

use regex::Regex;
use serde_spanned::Spanned;

use super::scope::Scope;
use crate::channel::Ask;
use crate::config::bounds::millis;
use crate::config::file::TomlFile;
use crate::config::raw::script as raw;
use crate::config::value::flag;
use crate::script::definition::Keypress;

/// Most digits, with or without `length`.
const MOST: u64 = 32;

/// Longest wait for the first digit.
const FIRST_DIGIT: u64 = 600_000;

impl Scope<'_> {
    pub(crate) fn keypress(&self, raw: &raw::Keypress) -> Keypress {
        let file = self.file;
        let ask = self.ask(raw);
        let most = (ask.most as u64).min(MOST);
        Keypress {
            min_length: file.number(raw.min_length.as_ref(), 1..=most, 1) as usize,
            pattern: raw.pattern.as_ref().and_then(|pattern| whole(file, pattern)),
            sensitive: flag(raw.sensitive.as_ref(), false),
            ask,
        }
    }

    fn ask(&self, raw: &raw::Keypress) -> Ask {
        let file = self.file;
        let most = file.number(raw.length.as_ref(), 1..=MOST, MOST);
        let gap = file.duration(raw.gap.as_ref(), millis(100, 120_000), Duration::from_secs(4));
        let times = if raw.length.is_some() { most.min(MOST) as u32 } else { 1 };
        let first_digit = (gap * times).min(Duration::from_millis(FIRST_DIGIT));
        Ask {
            most: most as usize,
            first_digit: file.duration(
                raw.first_digit.as_ref(),
                millis(100, FIRST_DIGIT),
                first_digit,
            ),
            gap,
            terminator: self.terminator(raw.terminator.as_ref()),
            barge_in: flag(raw.barge_in.as_ref(), true),
        }
    }

    fn terminator(&self, given: Option<&Spanned<String>>) -> Option<char> {
        match given.map(|given| (given, given.get_ref().as_str())) {
            None | Some((_, "#")) => Some('#'),
            Some((_, "*")) => Some('*'),
            Some((_, "")) => None,
            Some((given, _)) => {
                let help = "write \"#\" or \"*\", or \"\" for none";
                self.file.error_with_help(given.span(), "this key can't end the input", help);
                None
            }
        }
    }
}

/// A pattern that must match a text from end to end.
fn whole(file: &TomlFile, given: &Spanned<String>) -> Option<Regex> {
    let alone = pattern(file, given)?;
    // A comment at the end of an `x` pattern ends with its line.
    let wrap = |end: &str| Regex::new(&["^(?:", alone.as_str(), end].concat());
    let whole = wrap(")$").or_else(|_| wrap("\n)$"));
    if whole.is_err() {
        let help = "take out what reaches over its end, such as a comment";
        file.error_with_help(given.span(), "this pattern can't be matched as a whole", help);
    }
    whole.ok()
}

/// A pattern as it was typed.
pub(crate) fn pattern(file: &TomlFile, given: &Spanned<String>) -> Option<Regex> {
    match Regex::new(given.get_ref()) {
        Ok(pattern) => Some(pattern),
        Err(e) => {
            let reason = e.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let help = "write patterns in single quotes, such as '^ORD-[0-9]+$'";
            file.error_with_help(given.span(), format!("this is no pattern: {reason}"), help);
            None
        }
    }
}
