//! A TOML file and the diagnostics found in it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde_spanned::Spanned;

use super::diagnostic::{Diagnostic, SourceText};
use super::source_text;
use super::value_kind::KeyRecord;
use crate::script::template::PlaceholderError;

/// A related range of the same file, and its caption.
pub(crate) type SpanLabel = (Range<usize>, String);

/// A file and its diagnostics. Readers and checks report an error here and continue, so that one run finds all errors.
#[derive(Debug)]
pub(crate) struct TomlFile {
    source: Arc<SourceText>,
    errors: RefCell<Vec<Diagnostic>>,
    warnings: RefCell<Vec<Diagnostic>>,
    syntax_errors: RefCell<Vec<Diagnostic>>,
    /// The position behind which errors only follow from a syntax error.
    checked_to: Cell<usize>,
    /// The keys that the readers ask for; `None` if they are not recorded.
    records: RefCell<Option<Vec<KeyRecord>>>,
}

impl TomlFile {
    pub(crate) fn new(source: Arc<SourceText>) -> Self {
        let (errors, warnings, syntax_errors) = Default::default();
        let (checked_to, records) = (Cell::new(usize::MAX), RefCell::new(None));
        Self { source, errors, warnings, syntax_errors, checked_to, records }
    }

    /// A file that records the keys that its readers ask for.
    pub(crate) fn recording(text: &str) -> Self {
        let source = SourceText { name: String::new(), text: text.to_owned() };
        let file = Self::new(Arc::new(source));
        file.records.replace(Some(Vec::new()));
        file
    }

    pub(crate) fn record(&self, key: impl FnOnce() -> KeyRecord) {
        if let Some(records) = &mut *self.records.borrow_mut() {
            records.push(key());
        }
    }

    pub(crate) fn take_records(&self) -> Vec<KeyRecord> {
        self.records.take().unwrap_or_default()
    }

    /// Reads a file. `missing_help` is the help text of the error if there is no such file.
    pub(crate) fn open(path: &Path, missing_help: &str) -> Result<Self, Box<Diagnostic>> {
        source_text::read(path, missing_help).map(Self::new)
    }

    /// The path of the file as it was given.
    pub(crate) fn name(&self) -> &str {
        &self.source.name
    }

    pub(crate) fn text(&self) -> &str {
        &self.source.text
    }

    pub(crate) fn error(&self, span: Range<usize>, message: impl Into<String>) {
        self.report(span, message.into(), None, None);
    }

    pub(crate) fn error_with_help(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.report(span, message.into(), Some(help.into()), None);
    }

    /// An error that is explained by another position in the file.
    pub(crate) fn error_with_label(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        label: SpanLabel,
    ) {
        self.report(span, message.into(), None, Some(label));
    }

    pub(crate) fn report(
        &self,
        span: Range<usize>,
        message: String,
        help: Option<String>,
        label: Option<SpanLabel>,
    ) {
        let diagnostic = self.diagnostic(span, message, help, label);
        self.errors.borrow_mut().push(diagnostic);
    }

    /// Reports the errors that the placeholder parser found in the string `text`.
    pub(crate) fn report_placeholder_errors(
        &self,
        text: &Spanned<String>,
        errors: Vec<PlaceholderError>,
    ) {
        for error in errors {
            self.report(self.span_in(text, error.range), error.message, error.help, None);
        }
    }

    /// An error of the TOML parser.
    pub(crate) fn syntax_error(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        help: Option<String>,
        label: Option<SpanLabel>,
    ) {
        let diagnostic = self.diagnostic(span, message.into(), help, label);
        self.syntax_errors.borrow_mut().push(diagnostic);
    }

    /// Drops the errors of checks behind a position: the parser has read the text there in a wrong way.
    pub(crate) fn ignore_errors_after(&self, position: usize) {
        self.checked_to.set(position);
    }

    /// Whether the TOML parser reported errors. Keys and tables can then be missing although they are in the file.
    pub(crate) fn has_syntax_errors(&self) -> bool {
        !self.syntax_errors.borrow().is_empty()
    }

    pub(crate) fn warn(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let diagnostic = self.diagnostic(span, message.into(), Some(help.into()), None);
        self.warnings.borrow_mut().push(diagnostic);
    }

    /// A warning about something that many places have in common: those with the same message are shown once, with
    /// their number.
    pub(crate) fn warn_merged(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let diagnostic = self.diagnostic(span, message.into(), Some(help.into()), None);
        self.warnings.borrow_mut().push(Diagnostic { merged: true, ..diagnostic });
    }

    fn diagnostic(
        &self,
        span: Range<usize>,
        message: String,
        help: Option<String>,
        label: Option<SpanLabel>,
    ) -> Diagnostic {
        Diagnostic {
            file: self.source.clone(),
            span: Some(span),
            message,
            label,
            help,
            merged: false,
        }
    }

    pub(crate) fn take_warnings(&self) -> Vec<Diagnostic> {
        self.warnings.take()
    }

    /// Converts a range in the string `text` to a range in the file. If the string contains escapes, positions in it do
    /// not match the file, and the range of the whole string is returned.
    pub(crate) fn span_in(&self, text: &Spanned<String>, part: Range<usize>) -> Range<usize> {
        let literal = self.source.text.get(text.span()).unwrap_or_default();
        match literal.find(text.get_ref().as_str()) {
            Some(start) if literal.starts_with(['"', '\'']) => {
                let start = text.span().start + start;
                start + part.start..start + part.end
            }
            _ => text.span(),
        }
    }

    pub(crate) fn has_errors(&self) -> bool {
        !self.errors.borrow().is_empty() || !self.syntax_errors.borrow().is_empty()
    }

    /// The number of errors that checks have reported so far.
    pub(crate) fn error_count(&self) -> usize {
        self.errors.borrow().len()
    }

    /// Whether the TOML parser reported an error inside `span`.
    pub(crate) fn has_syntax_error_in(&self, span: &Range<usize>) -> bool {
        let is_inside = |at: &Range<usize>| span.contains(&at.start);
        self.syntax_errors.borrow().iter().any(|error| error.span.as_ref().is_some_and(is_inside))
    }

    /// Whether an error was reported inside `span`.
    pub(crate) fn has_error_in(&self, span: &Range<usize>) -> bool {
        let is_inside = |at: &Range<usize>| span.contains(&at.start);
        self.errors.borrow().iter().any(|error| error.span.as_ref().is_some_and(is_inside))
    }

    /// All errors. If a line has a syntax error, its other errors are dropped: they may only follow from the syntax
    /// error.
    pub(crate) fn into_errors(self) -> Vec<Diagnostic> {
        let mut errors = self.syntax_errors.take();
        let line_ends: Vec<_> = self.text().match_indices('\n').map(|(at, _)| at).collect();
        let line = |error: &Diagnostic| {
            let start = error.span.as_ref().map_or(0, |span| span.start);
            line_ends.partition_point(|end| *end < start)
        };
        let invalid_lines: BTreeSet<_> = errors.iter().map(line).collect();
        let checked_to = self.checked_to.get();
        let follows = |error: &Diagnostic| {
            let start = error.span.as_ref().map_or(0, |span| span.start);
            // A value that the parser could not read has the empty range at the start of the file.
            let is_lost = error.span == Some(0..0);
            start >= checked_to
                || invalid_lines.contains(&line(error))
                || (is_lost && !invalid_lines.is_empty())
        };
        errors.extend(self.errors.take().into_iter().filter(|error| !follows(error)));
        errors
    }
}
