//! The line of an error, and what is said about it.

use crate::config::file::SpanLabel;

/// What is wrong with the syntax, and how to correct it.
pub(super) struct SyntaxAdvice {
    pub(super) message: String,
    pub(super) help: Option<String>,
    pub(super) label: Option<SpanLabel>,
}

/// The line of an error.
#[derive(Debug, Clone, Copy)]
pub(super) struct SourceLine<'t> {
    pub(super) start: usize,
    /// The text of the file before the line.
    before: &'t str,
    /// Without the line break.
    pub(super) text: &'t str,
    /// The position of the error in the line, in bytes.
    at: usize,
}

impl<'t> SourceLine<'t> {
    pub(super) fn at(text: &'t str, position: usize) -> Self {
        let position = (0..=position.min(text.len())).rfind(|at| text.is_char_boundary(*at));
        let position = position.unwrap_or_default();
        let start = text[..position].rfind('\n').map_or(0, |at| at + 1);
        let line = text[start..].lines().next().unwrap_or_default();
        Self { start, before: &text[..start], text: line, at: (position - start).min(line.len()) }
    }

    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(super) fn begins_key_or_table(&self) -> bool {
        self.text.contains('=') || self.text.trim_start().starts_with('[')
    }

    /// The title of the table that the line belongs to, such as `[asterisk]`; empty if there is none.
    pub(super) fn table(&self) -> &'t str {
        let title = self.before.lines().rev().map(str::trim).find(|line| line.starts_with('['));
        title.unwrap_or_default()
    }

    /// The text from the position of the error.
    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// The text of the line before the position of the error.
    pub(super) fn before_error(&self) -> &'t str {
        &self.text[..self.at]
    }

    /// Whether a quote of the line is open at the position of the error.
    pub(super) fn is_in_quotes(&self) -> bool {
        let mut open = None;
        let mut characters = self.before_error().chars();
        while let Some(c) = characters.next() {
            match (open, c) {
                (Some('"'), '\\') => drop(characters.next()),
                (Some(quote), c) if quote == c => open = None,
                (None, '"' | '\'') => open = Some(c),
                _ => {}
            }
        }
        open.is_some()
    }

    /// The key, and what follows `=`.
    pub(super) fn key_and_value(&self) -> (&'t str, &'t str) {
        let (key, value) = self.text.split_once('=').unwrap_or(("", self.text));
        (key.trim(), value.trim())
    }
}
