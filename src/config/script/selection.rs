//! Which scripts are served if some files are faulty: each by its file, by its last valid version, or not at all.
//!
//! The checks of a script depend on the other scripts. So all are checked again after each change of the selection,
//! until nothing changes. A script changes at most twice: to its last valid version, and back if that has errors too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::context::LoadContext;
use super::sources::ScriptSources;
use super::{CheckedScript, IncompleteFiles, ParsedScripts, ScriptGraph, check};
use crate::config::diagnostic::{ConfigErrors, Diagnostic, SourceText};
use crate::config::last_valid::{LastValidCopy, LastValidFolder};
use crate::script::definition::{ExcludedScript, Script, ScriptLibrary};

/// The result of a selection.
#[derive(Default)]
pub(crate) struct SelectedScripts {
    /// The scripts that are served, and why others are not. The secrets are missing.
    pub(crate) library: ScriptLibrary,
    /// The errors of the files that are not served.
    pub(crate) errors: Vec<Diagnostic>,
    pub(crate) warnings: Vec<Diagnostic>,
    /// The files that are served, with the names of their scripts.
    pub(crate) served: Vec<(String, Arc<SourceText>)>,
}

/// Selects the scripts that are served. `copies` is `None` if no last valid versions may serve.
pub(crate) fn select(
    sources: &ScriptSources,
    copies: Option<&LastValidFolder>,
    load: &mut LoadContext,
) -> SelectedScripts {
    let (versions, faults, unusable_copies) = Default::default();
    let mut selection = Selection { sources, copies, versions, faults, unusable_copies };
    loop {
        let checked = selection.check(load);
        if !selection.change(&checked, &load.scripts) {
            return selection.finish(checked, &load.scripts);
        }
    }
}

/// Which version of a script is checked. A script that has none in [`Selection`] is checked by its file.
enum SelectedVersion {
    LastValid(LastValidCopy),
    /// The file, as there is no last valid version that could serve.
    FileOnly,
}

/// Why the file of a script is not served.
struct ScriptFault {
    reason: String,
    errors: Vec<Diagnostic>,
}

struct Selection<'a> {
    sources: &'a ScriptSources,
    copies: Option<&'a LastValidFolder>,
    versions: BTreeMap<String, SelectedVersion>,
    /// The first reason against the file of each script.
    faults: BTreeMap<String, ScriptFault>,
    /// Why last valid versions can't serve.
    unusable_copies: Vec<Diagnostic>,
}

/// All scripts after one check.
#[derive(Default)]
struct CheckedScripts {
    scripts: Vec<Script>,
    /// The errors of the faulty scripts.
    errors: BTreeMap<String, Vec<Diagnostic>>,
    warnings: Vec<Diagnostic>,
}

impl CheckedScripts {
    fn add_errors(&mut self, script: &str, errors: impl IntoIterator<Item = Diagnostic>) {
        let mut errors = errors.into_iter().peekable();
        if errors.peek().is_some() {
            self.errors.entry(script.to_owned()).or_default().extend(errors);
        }
    }

    /// The faulty scripts, and those that can lead to them.
    fn excluded<'a>(&'a self, graph: &'a ScriptGraph) -> BTreeSet<&'a str> {
        let faulty = self.errors.keys().map(String::as_str);
        faulty.flat_map(|name| graph.before(name).into_iter().chain([name])).collect()
    }
}

impl Selection<'_> {
    fn check(&self, load: &mut LoadContext) -> CheckedScripts {
        let mut checked = CheckedScripts::default();
        for (name, text) in &self.sources.texts {
            checked.add_errors(name, self.sources.name_errors.get(name).cloned());
            if self.text(name).is_none() {
                checked.add_errors(name, text.as_ref().err().map(|error| (**error).clone()));
            }
        }
        let texts = self.sources.texts.keys().map(|name| (name.as_str(), self.text(name)));
        let parsed = ParsedScripts::parse(texts, IncompleteFiles::Excused);
        for CheckedScript { mut script, file } in check(parsed, load) {
            match self.versions.get(&*script.name) {
                // Nobody can edit a copy because of a warning.
                Some(SelectedVersion::LastValid(copy)) => script.last_valid = Some(copy.since),
                _ => checked.warnings.extend(file.take_warnings()),
            }
            checked.add_errors(&script.name, file.into_errors());
            checked.scripts.push(script);
        }
        checked
    }

    /// The text that is checked. `None` if the file of the script can't be read and no other version is selected.
    fn text(&self, name: &str) -> Option<&Arc<SourceText>> {
        match self.versions.get(name) {
            Some(SelectedVersion::LastValid(copy)) => Some(&copy.text),
            _ => self.sources.texts.get(name)?.as_ref().ok(),
        }
    }

    /// Selects another version of the scripts that can't be served. Returns whether there was any.
    fn change(&mut self, checked: &CheckedScripts, graph: &ScriptGraph) -> bool {
        let mut changed = false;
        for (name, errors) in &checked.errors {
            changed |= match self.versions.get(name.as_str()) {
                Some(SelectedVersion::LastValid(_)) => self.drop_copy(name, errors),
                Some(SelectedVersion::FileOnly) => false,
                None => self.replace(name, ScriptFault::of_file(errors)),
            };
        }
        // A script that leads to a faulty one may still be served if the faulty one is replaced.
        changed || self.replace_before(&checked.excluded(graph), graph)
    }

    /// Selects the last valid versions of scripts that lead to a faulty one: of those that lead to it directly, as the
    /// scripts before them can then be served by their files. Of the scripts before them, if there are none.
    fn replace_before(&mut self, excluded: &BTreeSet<&str>, graph: &ScriptGraph) -> bool {
        loop {
            let is_tried = |name: &str| self.versions.contains_key(name);
            let leads_to_tried = |name: &str| {
                let mut next = graph.get(name).into_iter().flat_map(|facts| &facts.leads_to);
                next.any(|next| excluded.contains(next.as_str()) && is_tried(next))
            };
            let nearest = excluded.iter().copied();
            let nearest = nearest.filter(|name| !is_tried(name) && leads_to_tried(name));
            let nearest: Vec<_> = nearest.collect();
            if nearest.is_empty() {
                return false;
            }
            let mut changed = false;
            for name in nearest {
                changed |= self.replace(name, ScriptFault::of_path(name, graph, excluded));
            }
            if changed {
                return true;
            }
        }
    }

    /// The last valid version has errors too.
    fn drop_copy(&mut self, name: &str, errors: &[Diagnostic]) -> bool {
        let warning = errors.first().cloned().map(|error| {
            let message = format!("the last valid version cannot serve: {}", error.message);
            Diagnostic { message, ..error }
        });
        self.unusable_copies.extend(warning);
        self.versions.insert(name.to_owned(), SelectedVersion::FileOnly);
        true
    }

    /// Selects the last valid version of a script. Returns whether there is one.
    fn replace(&mut self, name: &str, fault: ScriptFault) -> bool {
        self.faults.insert(name.to_owned(), fault);
        let copy = self.find_copy(name);
        let is_replaced = copy.is_some();
        let version = copy.map_or(SelectedVersion::FileOnly, SelectedVersion::LastValid);
        self.versions.insert(name.to_owned(), version);
        is_replaced
    }

    /// The last valid version, if it differs from the file.
    fn find_copy(&mut self, name: &str) -> Option<LastValidCopy> {
        if self.sources.name_errors.contains_key(name) {
            return None;
        }
        match self.copies?.find(name) {
            Ok(copy) => copy.filter(|copy| {
                let file = self.text(name);
                file.is_none_or(|file| file.text != copy.text.text)
            }),
            Err(error) => {
                self.unusable_copies.push(*error);
                None
            }
        }
    }

    fn finish(mut self, checked: CheckedScripts, graph: &ScriptGraph) -> SelectedScripts {
        let mut selected = SelectedScripts::default();
        self.exclude(&checked, graph, &mut selected);
        for script in checked.scripts {
            let name = script.name.as_str();
            if selected.library.excluded.contains_key(name) {
                continue;
            }
            if script.last_valid.is_some() {
                if let Some(fault) = self.faults.remove(name) {
                    selected.errors.extend(fault.errors);
                    selected.library.replaced.insert(name.to_owned(), fault.reason);
                }
            } else if let Some(text) = self.text(name) {
                selected.served.push((name.to_owned(), text.clone()));
            }
            selected.library.scripts.insert(script.name.clone(), Arc::new(script));
        }
        selected.warnings = checked.warnings;
        selected.warnings.extend(self.unusable_copies);
        selected
    }

    fn exclude(
        &mut self,
        checked: &CheckedScripts,
        graph: &ScriptGraph,
        selected: &mut SelectedScripts,
    ) {
        let excluded = checked.excluded(graph);
        for name in excluded.iter().copied() {
            let of_file = match self.versions.get(name) {
                Some(SelectedVersion::LastValid(_)) => self.faults.remove(name),
                _ => checked.errors.get(name).map(|errors| ScriptFault::of_file(errors)),
            };
            let fault = of_file.unwrap_or_else(|| ScriptFault::of_path(name, graph, &excluded));
            selected.errors.extend(fault.errors);
            let script = ExcludedScript { reason: fault.reason };
            selected.library.excluded.insert(name.to_owned(), script);
        }
    }
}

impl ScriptFault {
    fn of_file(errors: &[Diagnostic]) -> Self {
        let errors = ConfigErrors::sorted(errors.to_vec());
        let first = errors.iter().next().map(ToString::to_string).unwrap_or_default();
        let reason = first.lines().collect::<Vec<_>>().join(" ");
        Self { reason, errors: errors.iter().cloned().collect() }
    }

    /// The fault of a script that leads to an excluded one.
    fn of_path(name: &str, graph: &ScriptGraph, excluded: &BTreeSet<&str>) -> Self {
        let mut next = graph.get(name).into_iter().flat_map(|facts| &facts.leads_to);
        let next = next.find(|next| excluded.contains(next.as_str())).map_or("", String::as_str);
        Self { reason: format!("leads to `{next}`, which is excluded"), errors: Vec::new() }
    }
}
