//! Checks the input of a caller.

use crate::channel::DigitOptions;
use crate::script::branch::choose_branch;
use crate::script::branch_context::BranchContext;
use crate::script::condition::ConditionTexts;
use crate::script::definition::{KeypressInput, Script, SpeechFilter, SpeechInput};
use crate::script::numeric;

/// The result of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputCheck {
    /// The input is what `[keypress]` or `[speech]` asks for.
    Valid,
    /// There is no input.
    Missing,
    /// There is an input, but not a valid one.
    Invalid,
}

impl InputCheck {
    /// The word in traces.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Missing => "missing",
            Self::Invalid => "invalid",
        }
    }
}

impl Script {
    /// In a menu without `[otherwise]`, input that no branch matches is invalid.
    pub(crate) fn check_unmatched(&self, input: &str, texts: impl ConditionTexts) -> InputCheck {
        let matched = !self.rejects_unmatched_input
            || choose_branch(&self.branches, &BranchContext::from_input(input, texts)).is_some();
        if matched { InputCheck::Valid } else { InputCheck::Invalid }
    }
}

impl KeypressInput {
    /// Checks the keys, their number and the pattern.
    pub(crate) fn check(&self, digits: &str) -> InputCheck {
        let DigitOptions { keys, max_digits, .. } = self.digit_options;
        let has_valid_length = (self.min_length..=max_digits).contains(&digits.len());
        match &self.pattern {
            _ if digits.is_empty() => InputCheck::Missing,
            _ if !has_valid_length || !keys.contains_all(digits) => InputCheck::Invalid,
            Some(pattern) if !pattern.is_match(digits) => InputCheck::Invalid,
            _ => InputCheck::Valid,
        }
    }
}

impl SpeechInput {
    /// Checks the recognized words, and returns the input that the filter makes of them. If the script also has
    /// `[keypress]`, spoken digits must also be valid input for that table. `language` is that of the words.
    pub(crate) fn check(
        &self,
        words: &str,
        language: &str,
        keypress: Option<&KeypressInput>,
    ) -> (InputCheck, String) {
        let words = words.trim();
        match self.filter {
            _ if words.is_empty() => (InputCheck::Missing, String::new()),
            SpeechFilter::None => {
                (InputCheck::Valid, words.chars().take(MAX_SPEECH_CHARACTERS).collect())
            }
            SpeechFilter::Numeric => {
                let digits = numeric::digits(words, language).unwrap_or_default();
                (self.check_digits(&digits, keypress), digits)
            }
        }
    }

    fn check_digits(&self, digits: &str, keypress: Option<&KeypressInput>) -> InputCheck {
        let valid_as_keypress =
            keypress.is_none_or(|keypress| keypress.check(digits) == InputCheck::Valid);
        let has_valid_length = match self.digit_count {
            Some(length) => digits.len() == length,
            None => (1..=MAX_SPOKEN_DIGITS).contains(&digits.len()),
        };
        if has_valid_length && valid_as_keypress { InputCheck::Valid } else { InputCheck::Invalid }
    }
}

/// Longer speech is cut to this length.
const MAX_SPEECH_CHARACTERS: usize = 1000;
/// Maximum number of spoken digits if the script gives no length.
const MAX_SPOKEN_DIGITS: usize = 32;
