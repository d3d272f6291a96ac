//! What was entered, against what was asked for.

use crate::script::definition::{KeypressInput, SpeechFilter, SpeechInput};
use crate::script::numeric;

/// What a question came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputCheck {
    /// What was asked for.
    Valid,
    /// Nothing was entered.
    Missing,
    /// Something else.
    Invalid,
}

impl KeypressInput {
    /// Judges digits by their number and look.
    pub fn check(&self, digits: &str) -> InputCheck {
        let long_enough = digits.len() >= self.min_length;
        match &self.pattern {
            _ if digits.is_empty() => InputCheck::Missing,
            _ if !long_enough => InputCheck::Invalid,
            Some(pattern) if !pattern.is_match(digits) => InputCheck::Invalid,
            _ => InputCheck::Valid,
        }
    }
}

impl SpeechInput {
    /// Judges words, and makes of them what the filter wants. Digits also have to be what keys would have to be, where
    /// keys are asked for too.
    pub fn check(&self, words: &str, keypress: Option<&KeypressInput>) -> (InputCheck, String) {
        let words = words.trim();
        match self.filter {
            _ if words.is_empty() => (InputCheck::Missing, String::new()),
            SpeechFilter::None => {
                (InputCheck::Valid, words.chars().take(MAX_SPEECH_CHARACTERS).collect())
            }
            SpeechFilter::Numeric => {
                let digits = numeric::digits(words, &self.language).unwrap_or_default();
                (self.check_digits(&digits, keypress), digits)
            }
        }
    }

    fn check_digits(&self, digits: &str, keypress: Option<&KeypressInput>) -> InputCheck {
        let as_keys = keypress.is_none_or(|keypress| {
            digits.len() <= keypress.digit_options.max_digits
                && keypress.check(digits) == InputCheck::Valid
        });
        let fits = match self.digit_count {
            Some(length) => digits.len() == length,
            None => (1..=MAX_SPOKEN_DIGITS).contains(&digits.len()),
        };
        if fits && as_keys { InputCheck::Valid } else { InputCheck::Invalid }
    }
}

/// Most characters of what is said.
const MAX_SPEECH_CHARACTERS: usize = 1000;
/// Most digits of what is said, where no length is wanted.
const MAX_SPOKEN_DIGITS: usize = 32;
