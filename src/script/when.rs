//! The keys of a `when = { ... }` table, from which a matcher is read; what the branches of its script are compared
//! with; and the errors in a matcher.

use crate::channel::KeySet;

/// The keys of a `when = { ... }` table. If a value has the wrong type, the implementation reports that and returns
/// `None`.
pub trait WhenKeys {
    /// A string, or a number as it is written in the file.
    fn number_or_text(&mut self, key: &'static str) -> Option<String>;

    fn text(&mut self, key: &'static str) -> Option<String>;

    fn flag(&mut self, key: &'static str) -> Option<bool>;
}

/// Why a matcher is invalid, and how to correct it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatcherError {
    /// The key whose value is invalid; `None` is the whole matcher.
    pub key: Option<&'static str>,
    pub message: String,
    pub help: String,
}

impl MatcherError {
    pub(crate) fn of_key(
        key: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { key: Some(key), message: message.into(), help: help.into() }
    }

    pub(super) fn of_matcher(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { key: None, message: message.into(), help: help.into() }
    }
}

/// What the branches of a script are compared with. The tables of the script decide that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ComparedKind {
    /// The answer to a request.
    Answer,
    /// The input of the caller: at least one digit or word.
    Input {
        /// The keys that can be entered.
        keys: KeySet,
        /// Whether the input can be words, not only keys.
        words: bool,
        /// Maximum number of digits that can be entered.
        most_digits: usize,
    },
    /// Nothing: the request of the script is in the background, or there is neither a request nor an input.
    Nothing,
}
