//! Values and texts with sensitive parts, which logs must not show.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::script::escape::{EscapeContext, EscapeError};

/// What logs and reports show in place of a sensitive value.
pub(crate) const MASK: &str = "***";

/// Set by [`reveal_sensitive_values`].
static REVEALS_SENSITIVE_VALUES: AtomicBool = AtomicBool::new(false);

/// From now on, this process does not mask sensitive values. Only for the option `--reveal` of commands that simulate
/// something, before they start. The daemon never calls this.
pub(crate) fn reveal_sensitive_values() {
    REVEALS_SENSITIVE_VALUES.store(true, Ordering::Relaxed);
}

/// What is shown of a sensitive text.
pub(crate) fn masked(text: &str) -> &str {
    if REVEALS_SENSITIVE_VALUES.load(Ordering::Relaxed) { text } else { MASK }
}

/// The value of a placeholder.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PlaceholderValue<'a> {
    /// Not escaped.
    pub text: Cow<'a, str>,
    /// Whether the value is a secret or a sensitive input: never logged or shown.
    pub sensitive: bool,
}

impl<'a> PlaceholderValue<'a> {
    /// A value that is not sensitive.
    pub fn public(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), sensitive: false }
    }
}

impl fmt::Debug for PlaceholderValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sensitive { f.write_str(masked(&self.text)) } else { self.text.fmt(f) }
    }
}

/// A text, and the ranges of it that are sensitive.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RedactedText {
    text: String,
    sensitive_ranges: Vec<Range<usize>>,
}

impl RedactedText {
    /// A text in which nothing is sensitive.
    pub fn public(text: String) -> Self {
        Self { text, sensitive_ranges: Vec::new() }
    }

    /// A text that is sensitive as a whole.
    pub fn sensitive(text: String) -> Self {
        let all = 0..text.len();
        Self { text, sensitive_ranges: if all.is_empty() { Vec::new() } else { vec![all] } }
    }

    /// A value that is not escaped.
    pub(crate) fn from_value(value: &PlaceholderValue<'_>) -> Self {
        let text = value.text.clone().into_owned();
        if value.sensitive { Self::sensitive(text) } else { Self::public(text) }
    }

    /// The text, with its sensitive parts.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text, with its sensitive parts.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Whether any part is sensitive.
    pub fn is_sensitive(&self) -> bool {
        !self.sensitive_ranges.is_empty()
    }

    /// The text for logs: sensitive parts are replaced by [`MASK`].
    pub fn redacted(&self) -> Cow<'_, str> {
        if !self.is_sensitive() {
            return Cow::Borrowed(&self.text);
        }
        let mut redacted = String::with_capacity(self.text.len());
        let mut public_start = 0;
        for range in &self.sensitive_ranges {
            redacted.push_str(&self.text[public_start..range.start]);
            redacted.push_str(masked(&self.text[range.clone()]));
            public_start = range.end;
        }
        redacted.push_str(&self.text[public_start..]);
        Cow::Owned(redacted)
    }

    /// Appends text that is not sensitive.
    pub(super) fn push_text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn push_escaped(
        &mut self,
        value: &PlaceholderValue<'_>,
        context: EscapeContext,
    ) -> Result<(), EscapeError> {
        let start = self.text.len();
        context.escape_into(&value.text, &mut self.text)?;
        if value.sensitive && self.text.len() > start {
            self.sensitive_ranges.push(start..self.text.len());
        }
        Ok(())
    }
}

impl fmt::Debug for RedactedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.redacted().fmt(f)
    }
}
