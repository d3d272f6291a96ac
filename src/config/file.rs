//! One TOML file while it is read: its text, and the faults found so far.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use serde_spanned::Spanned;
use toml::de::DeTable;

use super::fault::{Fault, Source};
use super::section::{Homes, Section};

/// A file and its faults. Whoever finds one says so here and goes on, so that all of them are told at once.
#[derive(Debug)]
pub(crate) struct File {
    source: Arc<Source>,
    faults: RefCell<Vec<Fault>>,
    warnings: RefCell<Vec<Fault>>,
    syntax: RefCell<Vec<Fault>>,
}

impl File {
    pub(crate) fn new(name: String, text: String) -> Self {
        let source = Arc::new(Source { name, text });
        let (faults, warnings, syntax) = Default::default();
        Self { source, faults, warnings, syntax }
    }

    /// Reads a file; where that fails the fault names it.
    pub(crate) fn open(path: &Path, help: &str) -> Result<Self, Fault> {
        let name = path.display().to_string();
        match std::fs::read(path).map(String::from_utf8) {
            Ok(Ok(text)) => Ok(Self::new(name, text)),
            Ok(Err(_)) => Err(Fault::of_path(
                name,
                "this file is not UTF-8 text".to_owned(),
                "save it as UTF-8 in your editor",
            )),
            Err(e) => Err(Fault::of_path(name, format!("this file can't be read: {e}"), help)),
        }
    }

    /// Its path as people know it.
    pub(crate) fn name(&self) -> &str {
        &self.source.name
    }

    /// Reads the whole file as a section of `raw` values.
    pub(crate) fn parse<T>(&self, homes: Homes, read: impl FnOnce(Section<'_, '_>) -> T) -> T {
        let (table, errors) = DeTable::parse_recoverable(&self.source.text);
        *self.syntax.borrow_mut() = errors.iter().map(|error| self.syntax_fault(error)).collect();
        read(Section::root(self, table, homes))
    }

    fn syntax_fault(&self, error: &toml::de::Error) -> Fault {
        let span = Some(error.span().unwrap_or_default());
        let what = error.message().to_owned();
        Fault { file: self.source.clone(), span, what, label: None, help: None }
    }

    fn line(&self, at: usize) -> usize {
        self.source.text.bytes().take(at).filter(|b| *b == b'\n').count()
    }

    pub(crate) fn fault(&self, span: Range<usize>, what: impl Into<String>) {
        self.push(span, what.into(), None, None);
    }

    pub(crate) fn fault_help(
        &self,
        span: Range<usize>,
        what: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(span, what.into(), Some(help.into()), None);
    }

    /// A fault that has to do with another place of the file.
    pub(crate) fn fault_with(
        &self,
        span: Range<usize>,
        what: impl Into<String>,
        label: (Range<usize>, String),
    ) {
        self.push(span, what.into(), None, Some(label));
    }

    pub(crate) fn push(
        &self,
        span: Range<usize>,
        what: String,
        help: Option<String>,
        label: Option<(Range<usize>, String)>,
    ) {
        let file = self.source.clone();
        self.faults.borrow_mut().push(Fault { file, span: Some(span), what, label, help });
    }

    /// What will not work, and stops nothing else.
    pub(crate) fn warn(
        &self,
        span: Range<usize>,
        what: impl Into<String>,
        help: impl Into<String>,
    ) {
        let (file, what, help) = (self.source.clone(), what.into(), Some(help.into()));
        let warning = Fault { file, span: Some(span), what, label: None, help };
        self.warnings.borrow_mut().push(warning);
    }

    pub(crate) fn take_warnings(&self) -> Vec<Fault> {
        self.warnings.take()
    }

    /// Where a part of a text stands in the file. A literal with escapes hides that: it is the whole then.
    pub(crate) fn inside(&self, text: &Spanned<String>, at: Range<usize>) -> Range<usize> {
        let literal = self.source.text.get(text.span()).unwrap_or_default();
        match literal.find(text.get_ref().as_str()) {
            Some(start) if literal.starts_with(['"', '\'']) => {
                let start = text.span().start + start;
                start + at.start..start + at.end
            }
            _ => text.span(),
        }
    }

    pub(crate) fn has_faults(&self) -> bool {
        !self.faults.borrow().is_empty() || !self.syntax.borrow().is_empty()
    }

    /// All faults. What was recovered from a line that is no TOML says nothing about its writer's mind: other faults
    /// of such a line are left out.
    pub(crate) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.syntax.take();
        let line = |fault: &Fault| self.line(fault.span.clone().unwrap_or_default().start);
        let broken: Vec<_> = faults.iter().map(line).collect();
        let sound = |fault: &Fault| !broken.contains(&line(fault));
        faults.extend(self.faults.take().into_iter().filter(sound));
        faults
    }
}
