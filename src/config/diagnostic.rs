//! Errors and warnings about configuration files.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::script::escape::{escape_for_terminal, escape_lines_for_terminal};

/// A file that a diagnostic is about.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceText {
    /// The path of the file as it was given.
    pub name: String,
    /// The content. Empty if the file could not be read.
    pub text: String,
}

/// An error or a warning about a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub file: Arc<SourceText>,
    /// The range of bytes in the text; `None` if the message is about the whole file.
    pub span: Option<Range<usize>>,
    /// What is wrong.
    pub message: String,
    /// A related range of the same file, and its caption.
    pub label: Option<(Range<usize>, String)>,
    /// How to fix it.
    pub help: Option<String>,
    /// Whether only the first of all warnings with the same message is shown, with their number.
    pub(crate) merged: bool,
}

/// A range in a text file. Lines and columns are counted from 1, columns in characters. The end is behind the last
/// character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceRange {
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

impl Diagnostic {
    /// A diagnostic about a whole file or folder.
    pub(crate) fn of_path(name: impl Into<String>, message: String, help: &str) -> Self {
        let file = Arc::new(SourceText { name: name.into(), text: String::new() });
        Self { file, span: None, message, label: None, help: Some(help.to_owned()), merged: false }
    }

    /// What `check` prints for an error, without colours.
    pub(crate) fn error_text(&self) -> String {
        Renderer::plain().render(&self.report(Level::ERROR))
    }

    /// What `check` prints for a warning, without colours.
    pub(crate) fn warning_text(&self) -> String {
        Renderer::plain().render(&self.report(Level::WARNING))
    }

    fn report(&self, level: Level<'static>) -> Vec<Group<'_>> {
        let title = level.primary_title(escape_lines_for_terminal(&self.message));
        // The renderer escapes the lines of a file, but not paths.
        let path = escape_for_terminal(&self.file.name);
        let group = match self.span.as_ref() {
            Some(span) => title.element(self.snippet(span, path)),
            None => title.element(Origin::path(path)),
        };
        let help = self.help.as_deref().map(escape_lines_for_terminal);
        vec![group.elements(help.map(|help| Level::HELP.message(help)))]
    }

    fn snippet<'a>(
        &'a self,
        span: &Range<usize>,
        path: Cow<'a, str>,
    ) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
        let snippet = Snippet::source(self.file.text.as_str())
            .path(path)
            .annotation(AnnotationKind::Primary.span(span.clone()));
        match &self.label {
            Some((at, label)) => {
                snippet.annotation(AnnotationKind::Context.span(at.clone()).label(label.as_str()))
            }
            None => snippet,
        }
    }

    /// The place in the file; `None` if the message is about the whole file.
    pub(crate) fn range(&self) -> Option<SourceRange> {
        let span = self.span.as_ref()?;
        let ((line, column), (end_line, end_column)) =
            (self.position(span.start)?, self.position(span.end)?);
        Some(SourceRange { line, column, end_line, end_column })
    }

    /// Line and column of a byte, both from 1.
    fn position(&self, byte: usize) -> Option<(usize, usize)> {
        let before = self.file.text.get(..byte)?;
        let line = before.rsplit('\n').next().unwrap_or_default();
        Some((before.matches('\n').count() + 1, line.chars().count() + 1))
    }

    fn sort_key(&self) -> (&str, usize, usize, &str) {
        let span = self.span.clone().unwrap_or_default();
        (&self.file.name, span.start, span.end, &self.message)
    }
}

/// One line: the file, the line number, the message, the help.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file.name)?;
        self.range().iter().try_for_each(|range| write!(f, ":{}", range.line))?;
        write!(f, ": {}", self.message)?;
        self.help.iter().try_for_each(|help| write!(f, " ({help})"))
    }
}

/// Sorts by file and position, and removes duplicates.
fn sorted(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    diagnostics.dedup();
    diagnostics
}

/// Keeps the first of the warnings that are to be merged, and adds the number of all.
fn merged(warnings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for warning in warnings.iter().filter(|warning| warning.merged) {
        *counts.entry(warning.message.clone()).or_default() += 1;
    }
    let first_only = |mut warning: Diagnostic| {
        if warning.merged {
            match counts.remove(&warning.message)? {
                1 => {}
                count => warning
                    .message
                    .push_str(&format!(", here and in {}", counted(count - 1, "other place"))),
            }
        }
        Some(warning)
    };
    warnings.into_iter().filter_map(first_only).collect()
}

/// The maximum number of errors, and of warnings, that are shown for one file. The renderer reads the whole file for
/// each of them.
const MAX_SHOWN: usize = 100;

/// `noun` names the diagnostics, which are sorted by file.
fn render(diagnostics: &[Diagnostic], level: Level<'static>, noun: &str, colours: bool) -> String {
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for of_file in diagnostics.chunk_by(|a, b| a.file.name == b.file.name) {
        for diagnostic in of_file.iter().take(MAX_SHOWN) {
            text.push_str(&renderer.render(&diagnostic.report(level.clone())));
            text.push_str("\n\n");
        }
        if let (Some(first), more @ 1..) =
            (of_file.first(), of_file.len().saturating_sub(MAX_SHOWN))
        {
            let more = counted(more, &format!("more {noun}"));
            text.push_str(&format!("{more} in {}\n\n", first.file.name));
        }
    }
    text
}

/// All errors of all files, sorted by file and position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigErrors(Vec<Diagnostic>);

impl ConfigErrors {
    pub(crate) fn sorted(errors: Vec<Diagnostic>) -> Self {
        Self(sorted(errors))
    }

    /// The errors, sorted by file and position.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Shows each error with its file, line and column, the marked source line, and the help. `colours` adds terminal
    /// colours.
    pub fn render(&self, colours: bool) -> String {
        render(&self.0, Level::ERROR, "error", colours) + &self.summary()
    }

    fn summary(&self) -> String {
        let mut files: Vec<_> = self.0.iter().map(|error| &error.file.name).collect();
        files.dedup();
        format!("{} in {}", counted(self.len(), "error"), counted(files.len(), "file"))
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for ConfigErrors {}

/// All warnings of all files, sorted by file and position. A file with warnings can still be used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigWarnings(Vec<Diagnostic>);

impl ConfigWarnings {
    pub(crate) fn sorted(warnings: Vec<Diagnostic>) -> Self {
        Self(merged(sorted(warnings)))
    }

    /// The warnings, sorted by file and position.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Like [`ConfigErrors::render`], without the summary.
    pub fn render(&self, colours: bool) -> String {
        render(&self.0, Level::WARNING, "warning", colours)
    }
}

/// `1 file`, `2 files`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
