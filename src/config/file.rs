//! One TOML file while it is read: its text, and what is wrong with it so far.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde_spanned::Spanned;

use super::diagnostic::{Diagnostic, SourceText};
use crate::script::template::PlaceholderError;

/// A file and its diagnostics. Whoever finds an error reports it here and goes on, so that one run reports them all.
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

    /// Reads a file. `help` is for a file that can't be read.
    pub(crate) fn open(path: &Path, help: &str) -> Result<Self, Diagnostic> {
        let name = path.display().to_string();
        match std::fs::read(path).map(String::from_utf8) {
            Ok(Ok(text)) => Ok(Self::new(name, text)),
            Ok(Err(_)) => Err(Diagnostic::of_path(
                name,
                "this file is not UTF-8 text".to_owned(),
                "save it as UTF-8 in your editor",
            )),
            Err(e) => Err(Diagnostic::of_path(name, format!("this file can't be read: {e}"), help)),
        }
    }

    /// Its path as given.
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

    /// An error that another place of the file explains.
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

    /// Errors that a grammar of placeholders found in the string `text`.
    pub(crate) fn report_problems(&self, text: &Spanned<String>, problems: Vec<PlaceholderError>) {
        for problem in problems {
            self.report(self.span_in(text, problem.range), problem.message, problem.help, None);
        }
    }

    /// A line that is not TOML.
    pub(crate) fn syntax_error(&self, span: Range<usize>, message: &str) {
        let diagnostic = self.diagnostic(span, message.to_owned(), None, None);
        self.syntax_errors.borrow_mut().push(diagnostic);
    }

    /// Something that will not work, but does not keep the file from being used.
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

    /// Where a part of a string stands in the file. With escapes in the string that can't be told: then it is the whole
    /// string.
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

    /// All errors. On a line that is not TOML only the syntax error counts: what the parser recovered from such a line
    /// need not be what its author meant.
    pub(crate) fn into_errors(self) -> Vec<Diagnostic> {
        let mut errors = self.syntax_errors.take();
        let line = |error: &Diagnostic| self.line(error.span.clone().unwrap_or_default().start);
        let broken: Vec<_> = errors.iter().map(line).collect();
        let is_on_sound_line = |error: &Diagnostic| !broken.contains(&line(error));
        errors.extend(self.errors.take().into_iter().filter(is_on_sound_line));
        errors
    }

    fn line(&self, at: usize) -> usize {
        self.source.text.bytes().take(at).filter(|b| *b == b'\n').count()
    }
}
