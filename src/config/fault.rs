//! What is wrong with a file, where, and the way out.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// A file as it was read.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// Its path as people know it.
    pub name: String,
    /// Its text; empty where it could not be read.
    pub text: String,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it is.
    pub file: Arc<Source>,
    /// Which bytes of the text; none where it is the file itself.
    pub span: Option<Range<usize>>,
    /// What is wrong.
    pub what: String,
    /// Another place that has to do with it, and what it does there.
    pub label: Option<(Range<usize>, String)>,
    /// The way out, where one is known.
    pub help: Option<String>,
}

/// All faults of all files, by file and place. Never empty as an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Fault {
    /// A file or a folder that can't be used at all.
    pub(crate) fn of_path(name: impl Into<String>, what: String, help: &str) -> Self {
        let file = Arc::new(Source { name: name.into(), text: String::new() });
        Self { file, span: None, what, label: None, help: Some(help.to_owned()) }
    }

    fn report(&self, level: Level<'static>) -> Vec<Group<'_>> {
        let title = level.primary_title(self.what.as_str());
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

    /// The line that it is in, from 1.
    fn line(&self) -> Option<usize> {
        let before = self.file.text.get(..self.span.as_ref()?.start)?;
        Some(before.matches('\n').count() + 1)
    }

    fn place(&self) -> (&str, usize, usize, &str) {
        let span = self.span.clone().unwrap_or_default();
        (&self.file.name, span.start, span.end, &self.what)
    }
}

/// On one line: the file, the line of it, and what is wrong.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file.name)?;
        self.line().iter().try_for_each(|line| write!(f, ":{line}"))?;
        write!(f, ": {}", self.what)?;
        self.help.iter().try_for_each(|help| write!(f, " ({help})"))
    }
}

/// In the order in which people read them: by file, then by place.
fn sorted(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.sort_by(|a, b| a.place().cmp(&b.place()));
    faults.dedup();
    faults
}

/// What will not work as it is, and stops nothing else, by file and place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Warnings(Vec<Fault>);

impl Warnings {
    pub(crate) fn sorted(warnings: Vec<Fault>) -> Self {
        Self(sorted(warnings))
    }

    /// Each warning, by file and place.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For people, as [`Faults::render`].
    pub fn render(&self, colours: bool) -> String {
        render(&self.0, Level::WARNING, colours)
    }
}

fn render(faults: &[Fault], level: Level<'static>, colours: bool) -> String {
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for fault in faults {
        text.push_str(&renderer.render(&fault.report(level.clone())));
        text.push_str("\n\n");
    }
    text
}

impl Faults {
    pub(crate) fn sorted(faults: Vec<Fault>) -> Self {
        Self(sorted(faults))
    }

    /// Each fault, by file and place.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For people: each with file, line, column, the line with a caret, the reason and the way out. `colours` is for
    /// terminals.
    pub fn render(&self, colours: bool) -> String {
        render(&self.0, Level::ERROR, colours) + &self.summary()
    }

    fn summary(&self) -> String {
        let mut files: Vec<_> = self.0.iter().map(|fault| &fault.file.name).collect();
        files.dedup();
        format!("{} in {}", counted(self.len(), "fault"), counted(files.len(), "file"))
    }
}

/// `1 fault`, `2 faults`.
pub(crate) fn counted(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Faults {}
