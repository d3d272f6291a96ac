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

    fn report(&self) -> Vec<Group<'_>> {
        let title = Level::ERROR.primary_title(self.what.as_str());
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

    fn place(&self) -> (&str, usize, usize, &str) {
        let span = self.span.clone().unwrap_or_default();
        (&self.file.name, span.start, span.end, &self.what)
    }
}

impl Faults {
    /// In the order in which people read them: by file, then by place.
    pub(crate) fn sorted(mut faults: Vec<Fault>) -> Self {
        faults.sort_by(|a, b| a.place().cmp(&b.place()));
        faults.dedup();
        Self(faults)
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
        let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
        let mut text = String::new();
        for fault in &self.0 {
            text.push_str(&renderer.render(&fault.report()));
            text.push_str("\n\n");
        }
        text.push_str(&self.summary());
        text
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
