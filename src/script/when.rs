//! How a matcher sees the `when = { ... }` table that it is read from, and what the branches of its script compare.

/// The keys of a `when = { ... }` table. A value of the wrong kind is reported by whoever implements this, and is no
/// value here.
pub trait WhenKeys {
    /// A number as it is written, or a text.
    fn number_or_text(&mut self, key: &'static str) -> Option<String>;

    /// A text.
    fn text(&mut self, key: &'static str) -> Option<String>;

    /// `true` or `false`.
    fn flag(&mut self, key: &'static str) -> Option<bool>;
}

/// What is wrong with a matcher, where, and what to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatcherError {
    /// The key whose value is wrong; `None` is the matcher as a whole.
    pub key: Option<&'static str>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl MatcherError {
    pub(super) fn of_key(
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

/// What the branches of a script compare, as far as its tables tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComparedKind {
    /// The answer to a request.
    Answer,
    /// What the caller enters, which is at least one digit or word.
    Input {
        /// Words can be said, not digits alone.
        words: bool,
        /// The most digits that can be entered.
        most_digits: usize,
    },
    /// Nothing.
    Nothing,
}
