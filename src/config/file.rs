//! A TOML file and the diagnostics found in it.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde_spanned::Spanned;

use super::diagnostic::{Diagnostic, SourceText};
use crate::script::template::PlaceholderError;

/// A file and its diagnostics. Readers and checks report an error here and continue, so that one run finds all errors.
#[derive(Debug)]
pub(crate) struct TomlFile {
    source: Arc<SourceText>,
    errors: RefCell<Vec<Diagnostic>>,
    warnings: RefCell<Vec<Diagnostic>>,
    syntax_errors: RefCell<Vec<Diagnostic>>,
}

impl TomlFile {
    pub(crate) fn new(name: String, text: String) -> Self {
        let source = Arc::new(SourceText { name, text });
        let (errors, warnings, syntax_errors) = Default::default();
        Self { source, errors, warnings, syntax_errors }
    }

    /// Reads a file. `help` is the help text of the error if the file cannot be read.
    pub(crate) fn open(path: &Path, help: &str) -> Result<Self, Diagnostic> {
        let name = path.display().to_string();
        match std::fs::read(path).map(String::from_utf8) {
            Ok(Ok(text)) => Ok(Self::new(name, text)),
            Ok(Err(_)) => Err(Diagnostic::of_path(
                name,
                "this file is not UTF-8 text".to_owned(),
                "save it as UTF-8 in your editor",
            )),
            Err(e) => Err(Diagnostic::of_path(name, format!("cannot read this file: {e}"), help)),
        }
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
        label: (Range<usize>, String),
    ) {
        self.report(span, message.into(), None, Some(label));
    }

    pub(crate) fn report(
        &self,
        span: Range<usize>,
        message: String,
        help: Option<String>,
        label: Option<(Range<usize>, String)>,
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
    pub(crate) fn syntax_error(&self, span: Range<usize>, message: &str) {
        let diagnostic = self.diagnostic(span, message.to_owned(), None, None);
        self.syntax_errors.borrow_mut().push(diagnostic);
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

    fn diagnostic(
        &self,
        span: Range<usize>,
        message: String,
        help: Option<String>,
        label: Option<(Range<usize>, String)>,
    ) -> Diagnostic {
        Diagnostic { file: self.source.clone(), span: Some(span), message, label, help }
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

    /// Whether an error was reported inside `span`.
    pub(crate) fn has_error_in(&self, span: &Range<usize>) -> bool {
        let is_inside = |at: &Range<usize>| span.contains(&at.start);
        self.errors.borrow().iter().any(|error| error.span.as_ref().is_some_and(is_inside))
    }

    /// All errors. If a line has a syntax error, its other errors are dropped: they may only follow from the syntax
    /// error.
    pub(crate) fn into_errors(self) -> Vec<Diagnostic> {
        let mut errors = self.syntax_errors.take();
        let line = |error: &Diagnostic| self.line(error.span.clone().unwrap_or_default().start);
        let invalid_lines: Vec<_> = errors.iter().map(line).collect();
        let is_on_valid_line = |error: &Diagnostic| !invalid_lines.contains(&line(error));
        errors.extend(self.errors.take().into_iter().filter(is_on_valid_line));
        errors
    }

    fn line(&self, at: usize) -> usize {
        self.source.text.bytes().take(at).filter(|b| *b == b'\n').count()
    }
}
