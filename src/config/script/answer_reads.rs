//! Which texts of a script read the answer to its own request as `{$path}`. Warns about a text that seems to mean the
//! answer of an earlier script.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;

use super::facts::ScriptGraph;
use crate::config::file::TomlFile;
use crate::script::answer_part::AnswerPart;
use crate::script::definition::{Branch, Script, ScriptOutcome};
use crate::script::path::KeyPath;
use crate::script::template::Placeholder;

/// The paths that the outcomes of one script read of the answer to its own request, and where.
#[derive(Debug, Default)]
pub(crate) struct OwnAnswerReads(RefCell<Vec<(KeyPath, Range<usize>)>>);

impl OwnAnswerReads {
    pub(super) fn add(&self, path: &KeyPath, at: Range<usize>) {
        self.0.borrow_mut().push((path.clone(), at));
    }

    /// Warns about each path that, by all other texts, belongs to the answer of an earlier script.
    pub(super) fn check(
        &self,
        script: &Script,
        file: &TomlFile,
        graph: &ScriptGraph,
        scripts: &HashMap<&str, &Script>,
    ) {
        let earlier: Vec<&Script> = graph
            .before(&script.name)
            .into_iter()
            .filter(|name| *name != script.name)
            .filter_map(|name| scripts.get(name).copied())
            .filter(|earlier| may_have_other_values(script, earlier))
            .collect();
        for (path, at) in &*self.0.borrow() {
            if script.response_key() == Some(path) {
                continue;
            }
            if let Some(earlier) = earlier.iter().find(|earlier| uses(earlier, path)) {
                let (own, earlier) = (&script.name, &earlier.name);
                let message = format!(
                    "`{{${path}}}` reads the answer to this script's own [trigger] here, but only the script \
                     `{earlier}` uses this value"
                );
                let help = format!(
                    "write `{{{earlier}.${path}}}` for the answer of `{earlier}`, or `{{{own}.${path}}}` if this \
                     script's own answer has that value"
                );
                file.warn(at.clone(), message, help);
            }
        }
    }
}

/// Whether the earlier script gets answers, and not of the same kind as this script: with equal response keys, the same
/// paths mean the same in both.
fn may_have_other_values(script: &Script, earlier: &Script) -> bool {
    let waits = earlier.trigger.as_ref().is_some_and(|trigger| !trigger.background);
    let (own, other) = (script.response_key(), earlier.response_key());
    waits && (own.is_none() || own != other)
}

/// Whether the branches or the texts of the outcomes use a path of the script's answer.
fn uses(script: &Script, path: &KeyPath) -> bool {
    let is_read = |placeholder: &Placeholder| matches!(placeholder, Placeholder::Answer(AnswerPart::At(read)) if read == path);
    let mut conditions = script.branches.iter().flat_map(Branch::conditions);
    script.response_key() == Some(path)
        || script.condition_answer_parts.contains(&AnswerPart::At(path.clone()))
        || conditions.any(|condition| condition.key() == Some(path))
        || script.outcomes().flat_map(ScriptOutcome::placeholders).any(is_read)
}
