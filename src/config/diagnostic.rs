//! Messages about a configuration file: what is wrong, where, and what to do about it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// The text of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceText {
    /// The file's path as given.
    pub name: String,
    /// Empty where the file could not be read.
    pub text: String,
}

/// A message about a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file that it is about.
    pub file: Arc<SourceText>,
    /// Bytes of the text; `None` where it is about the file itself.
    pub span: Option<Range<usize>>,
    /// What is wrong.
    pub message: String,
    /// Another place of the file, and what it has to do with this one.
    pub label: Option<(Range<usize>, String)>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A file or a folder that can't be used at all.
    pub(crate) fn of_path(name: impl Into<String>, message: String, help: &str) -> Self {
        let file = Arc::new(SourceText { name: name.into(), text: String::new() });
        Self { file, span: None, message, label: None, help: Some(help.to_owned()) }
    }

    fn report(&self, level: Level<'static>) -> Vec<Group<'_>> {
        let title = level.primary_title(self.message.as_str());
        let group = match self.span.as_ref() {
            Some(span) => title.element(self.snippet(span)),
            None => title.element(Origin::path(self.file.name.as_str())),
        };
        let help = self.help.as_deref();
        vec![group.elements(help.map(|help| Level::HELP.message(help)))]
    }

    fn snippet(&self, span: &Range<usize>) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
        let snippet = Snippet::source(self.file.text.as_str())
            .path(self.file.name.as_str())
            .annotation(AnnotationKind::Primary.span(span.clone()));
        match &self.label {
            Some((at, label)) => {
                snippet.annotation(AnnotationKind::Context.span(at.clone()).label(label.as_str()))
            }
            None => snippet,
        }
    }

    /// The line of its place, from 1.
    fn line(&self) -> Option<usize> {
        let before = self.file.text.get(..self.span.as_ref()?.start)?;
        Some(before.matches('\n').count() + 1)
    }

    fn sort_key(&self) -> (&str, usize, usize, &str) {
        let span = self.span.clone().unwrap_or_default();
        (&self.file.name, span.start, span.end, &self.message)
    }
}

/// On one line: the file, the line number, the message.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file.name)?;
        self.line().iter().try_for_each(|line| write!(f, ":{line}"))?;
        write!(f, ": {}", self.message)?;
        self.help.iter().try_for_each(|help| write!(f, " ({help})"))
    }
}

/// By file, then by place; each once.
fn sorted(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    diagnostics.dedup();
    diagnostics
}

fn render(diagnostics: &[Diagnostic], level: Level<'static>, colours: bool) -> String {
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&renderer.render(&diagnostic.report(level.clone())));
        text.push_str("\n\n");
    }
    text
}

/// All errors of all files, by file and place. Not empty where it is returned as an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigErrors(Vec<Diagnostic>);

impl ConfigErrors {
    pub(crate) fn sorted(errors: Vec<Diagnostic>) -> Self {
        Self(sorted(errors))
    }

    /// Each error, by file and place.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// How many errors there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no errors.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each error with file, line, column, its line with carets below it, and help. `colours` is for terminals.
    pub fn render(&self, colours: bool) -> String {
        render(&self.0, Level::ERROR, colours) + &self.summary()
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

/// All warnings of all files, by file and place: what will not work, but does not keep the files from being used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigWarnings(Vec<Diagnostic>);

impl ConfigWarnings {
    pub(crate) fn sorted(warnings: Vec<Diagnostic>) -> Self {
        Self(sorted(warnings))
    }

    /// Each warning, by file and place.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// Whether there are no warnings.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As [`ConfigErrors::render`].
    pub fn render(&self, colours: bool) -> String {
        render(&self.0, Level::WARNING, colours)
    }
}

/// `1 file`, `2 files`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
