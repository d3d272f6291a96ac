//! Checks the input of a caller.

use std::fmt;

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
    Invalid(InputRefusal),
}

/// Why an input is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputRefusal {
    /// Fewer keys than `min_length` of `[keypress]`.
    TooFewKeys {
        entered: usize,
        min_length: usize,
    },
    /// More keys than `length` of `[keypress]`. Only digits that are spoken can be so many.
    TooManyKeys {
        entered: usize,
        length: usize,
    },
    /// A key that is not among `keys`.
    OtherKey,
    /// `pattern` of `[keypress]` does not match.
    Pattern,
    /// The words are no number.
    NoNumber,
    /// Not as many digits as `length` of `[speech]`.
    SpokenLength {
        spoken: usize,
        length: usize,
    },
    TooManySpokenDigits,
    /// In a menu without `[otherwise]`.
    NoBranch,
}

impl InputCheck {
    /// The word in traces.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Missing => "missing",
            Self::Invalid(_) => "invalid",
        }
    }
}

impl Script {
    /// In a menu without `[otherwise]`, input that no branch matches is invalid.
    pub(crate) fn check_unmatched(&self, input: &str, texts: impl ConditionTexts) -> InputCheck {
        let matched = !self.rejects_unmatched_input
            || choose_branch(&self.branches, &BranchContext::from_input(input, texts)).is_some();
        if matched { InputCheck::Valid } else { InputCheck::Invalid(InputRefusal::NoBranch) }
    }
}

impl KeypressInput {
    /// Checks the keys, their number and the pattern.
    pub(crate) fn check(&self, digits: &str) -> InputCheck {
        match self.refusal(digits) {
            _ if digits.is_empty() => InputCheck::Missing,
            Some(refusal) => InputCheck::Invalid(refusal),
            None => InputCheck::Valid,
        }
    }

    fn refusal(&self, digits: &str) -> Option<InputRefusal> {
        let DigitOptions { keys, max_digits, .. } = self.digit_options;
        let (entered, min_length) = (digits.len(), self.min_length);
        match &self.pattern {
            _ if !keys.contains_all(digits) => Some(InputRefusal::OtherKey),
            _ if entered < min_length => Some(InputRefusal::TooFewKeys { entered, min_length }),
            _ if entered > max_digits => {
                Some(InputRefusal::TooManyKeys { entered, length: max_digits })
            }
            Some(pattern) if !pattern.is_match(digits) => Some(InputRefusal::Pattern),
            _ => None,
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
        let spoken = digits.len();
        let refusal = match self.digit_count {
            _ if digits.is_empty() => Some(InputRefusal::NoNumber),
            Some(length) if spoken != length => Some(InputRefusal::SpokenLength { spoken, length }),
            None if spoken > MAX_SPOKEN_DIGITS => Some(InputRefusal::TooManySpokenDigits),
            _ => keypress.and_then(|keypress| keypress.refusal(digits)),
        };
        refusal.map_or(InputCheck::Valid, InputCheck::Invalid)
    }
}

/// As text to follow "the input is refused". It shows nothing of the input but its length.
impl fmt::Display for InputRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        match *self {
            Self::TooFewKeys { entered, min_length } => {
                write!(f, "{entered} key{}: `min_length` is {min_length}", plural(entered))
            }
            Self::TooManyKeys { entered, length } => {
                write!(f, "{entered} key{}: `length` is {length}", plural(entered))
            }
            Self::OtherKey => f.write_str("a key of it is not among `keys`"),
            Self::Pattern => f.write_str("`pattern` does not match"),
            Self::NoNumber => f.write_str("the words are no number"),
            Self::SpokenLength { spoken, length } => {
                write!(f, "{spoken} digit{}: `length` of [speech] is {length}", plural(spoken))
            }
            Self::TooManySpokenDigits => {
                write!(f, "more than {MAX_SPOKEN_DIGITS} digits were spoken")
            }
            Self::NoBranch => f.write_str("no branch matches"),
        }
    }
}

/// Longer speech is cut to this length.
const MAX_SPEECH_CHARACTERS: usize = 1000;
/// Maximum number of spoken digits if the script gives no length.
const MAX_SPOKEN_DIGITS: usize = 32;
