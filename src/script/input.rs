//! What was entered, against what was asked for.

use crate::script::definition::{Filter, Keypress, Speech};
use crate::script::numeric;

/// What a question came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// What was asked for.
    Right,
    /// Nothing was entered.
    Nothing,
    /// Something else.
    Wrong,
}

impl Keypress {
    /// Judges digits by their number and look.
    pub fn judge(&self, digits: &str) -> Input {
        let long_enough = digits.len() >= self.min_length;
        match &self.pattern {
            _ if digits.is_empty() => Input::Nothing,
            _ if !long_enough => Input::Wrong,
            Some(pattern) if !pattern.is_match(digits) => Input::Wrong,
            _ => Input::Right,
        }
    }
}

impl Speech {
    /// Judges words, and makes of them what the filter wants. Digits also have to be what keys would have to be, where
    /// keys are asked for too.
    pub fn judge(&self, words: &str, keypress: Option<&Keypress>) -> (Input, String) {
        let words = words.trim();
        match self.filter {
            _ if words.is_empty() => (Input::Nothing, String::new()),
            Filter::None => (Input::Right, words.chars().take(MOST_SAID).collect()),
            Filter::Numeric => {
                let digits = numeric::digits(words, &self.language).unwrap_or_default();
                (self.judge_digits(&digits, keypress), digits)
            }
        }
    }

    fn judge_digits(&self, digits: &str, keypress: Option<&Keypress>) -> Input {
        let as_keys = keypress.is_none_or(|keypress| {
            digits.len() <= keypress.ask.most && keypress.judge(digits) == Input::Right
        });
        let fits = match self.length {
            Some(length) => digits.len() == length,
            None => (1..=MOST_DIGITS).contains(&digits.len()),
        };
        if fits && as_keys { Input::Right } else { Input::Wrong }
    }
}

/// Most characters of what is said.
const MOST_SAID: usize = 1000;
/// Most digits of what is said, where no length is wanted.
const MOST_DIGITS: usize = 32;
