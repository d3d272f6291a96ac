//! The placeholders of a script by the tables in which they stand, and what scripts can read of an answer.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use super::playlist::{Playlist, PromptPart};
use super::trigger::{AuthTemplate, ScriptTrigger};
use super::{Branch, Script, ScriptOutcome, ThenAction};
use crate::script::condition::Condition;
use crate::script::path::KeyPath;
use crate::script::template::{Placeholder, Template};

impl ScriptOutcome {
    /// The placeholders in the variables, the sounds and the next step.
    pub(crate) fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        let variables = self.variables.iter().map(|(_, template)| template);
        let destination = match &self.then {
            ThenAction::Goto { extension, context, priority } => {
                [Some(extension), context.as_ref(), priority.as_ref()]
            }
            _ => [None; 3],
        };
        let templates = variables.chain(destination.into_iter().flatten());
        templates.flat_map(Template::placeholders).chain(self.sounds.placeholders())
    }

    /// The paths that this outcome of `script` reads of the answer to the script's own request: `{$path}`, and
    /// `{NAME.$path}` with the name of the script.
    pub(crate) fn own_answer_paths<'a>(
        &'a self,
        script: &'a str,
    ) -> impl Iterator<Item = &'a KeyPath> {
        self.placeholders().filter_map(move |placeholder| {
            last_answer_path(placeholder).or_else(|| answer_path_of(script, placeholder))
        })
    }
}

impl Playlist {
    fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().filter_map(|part| match part {
            PromptPart::Value(placeholder, _) | PromptPart::UrlValue(placeholder) => {
                Some(placeholder)
            }
            PromptPart::Recorded(_) | PromptPart::Text(_) | PromptPart::Url(_) => None,
        })
    }
}

impl ScriptTrigger {
    fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        let auth = match &self.auth {
            Some(AuthTemplate::Basic(user, password)) => [Some(user), Some(password)],
            Some(AuthTemplate::Bearer(token)) => [Some(token), None],
            None => [None, None],
        };
        let urls = std::iter::once(&self.url).chain(&self.fallback).map(|url| &url.template);
        let headers = self.headers.iter().map(|(_, value)| value);
        let body = self.body.iter().map(|body| &body.text);
        let key = self.cache_policy.iter().filter_map(|policy| policy.key.as_ref());
        let templates = urls.chain(headers).chain(auth.into_iter().flatten()).chain(body);
        templates.chain(key.map(|key| &key.template)).flat_map(Template::placeholders)
    }
}

impl Script {
    /// All outcomes: first those of the branches, in their order, then `[otherwise]` and the rest.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = &ScriptOutcome> {
        let others = [&self.otherwise, &self.no_input, &self.invalid_input, &self.no_response];
        self.branches.iter().map(|branch| &branch.outcome).chain(others)
    }

    /// The placeholders of `[prompt]` and `[trigger]`, which are filled in before the answer arrives.
    fn placeholders_before_request(&self) -> impl Iterator<Item = &Placeholder> {
        let request = self.trigger.iter().flat_map(ScriptTrigger::placeholders);
        self.prompt.sounds.placeholders().chain(request)
    }

    fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        let outcomes = self.outcomes().flat_map(ScriptOutcome::placeholders);
        let hangup = self.hangup.iter().flat_map(ScriptTrigger::placeholders);
        self.placeholders_before_request()
            .chain(condition_placeholders(&self.branches))
            .chain(outcomes)
            .chain(hangup)
    }

    fn next_scripts(&self) -> impl Iterator<Item = &str> {
        self.outcomes().filter_map(|outcome| match &outcome.then {
            ThenAction::Script(name) => Some(name.as_str()),
            _ => None,
        })
    }

    fn repeats(&self) -> bool {
        self.outcomes().any(|outcome| matches!(outcome.then, ThenAction::Again))
    }
}

impl Branch {
    /// All conditions of the branch.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.when.iter().chain(&self.and)
    }
}

fn condition_placeholders(branches: &[Branch]) -> impl Iterator<Item = &Placeholder> {
    branches.iter().flat_map(Branch::conditions).flat_map(Condition::placeholders)
}

/// The paths that the conditions of `script` read of the answer to the script's own request.
pub(crate) fn condition_answer_paths(script: &str, branches: &[Branch]) -> Vec<KeyPath> {
    let mut seen = HashSet::new();
    let paths = condition_placeholders(branches).filter_map(|placeholder| {
        last_answer_path(placeholder).or_else(|| answer_path_of(script, placeholder))
    });
    paths.filter(|path| seen.insert(*path)).cloned().collect()
}

/// For each script, the paths of its answer that can be read after its outcome was chosen: by the scripts that can
/// follow, by its `[hangup]`, by its other outcomes if `again` repeats it, and as `{NAME.$path}` with its name.
pub(crate) fn later_answer_paths(scripts: &[Script]) -> Vec<Vec<KeyPath>> {
    let by_name: HashMap<_, _> =
        scripts.iter().map(|script| (script.name.as_str(), script)).collect();
    scripts.iter().map(|script| paths_read_later(script, &by_name)).collect()
}

fn paths_read_later(script: &Script, by_name: &HashMap<&str, &Script>) -> Vec<KeyPath> {
    let mut paths: Vec<&KeyPath> = Vec::new();
    let hangup = script.hangup.iter().flat_map(ScriptTrigger::placeholders);
    paths.extend(hangup.filter_map(last_answer_path));
    if script.repeats() {
        let outcomes = script.outcomes().flat_map(ScriptOutcome::placeholders);
        paths.extend(outcomes.filter_map(last_answer_path));
    }
    paths.extend(script.placeholders().filter_map(|found| answer_path_of(&script.name, found)));
    for next in followers(script, by_name) {
        paths.extend(next.placeholders().filter_map(last_answer_path));
        paths.extend(next.placeholders().filter_map(|found| answer_path_of(&script.name, found)));
    }
    let mut seen = HashSet::new();
    paths.into_iter().filter(|path| seen.insert(*path)).cloned().collect()
}

fn last_answer_path(placeholder: &Placeholder) -> Option<&KeyPath> {
    match placeholder {
        Placeholder::Answer(path) => Some(path),
        _ => None,
    }
}

/// The path in `{NAME.$path}` with the name of this script.
fn answer_path_of<'p>(script: &str, placeholder: &'p Placeholder) -> Option<&'p KeyPath> {
    match placeholder {
        Placeholder::OtherAnswer(name, path) if name == script => Some(path),
        _ => None,
    }
}

/// The scripts that can run after this one in the same call, the next ones first. The script itself is one of them if a
/// chain leads back.
fn followers<'s>(script: &'s Script, by_name: &HashMap<&str, &'s Script>) -> Vec<&'s Script> {
    let mut names = BTreeSet::new();
    let mut followers = Vec::new();
    let mut unvisited = VecDeque::from([script]);
    while let Some(next) = unvisited.pop_front() {
        let found = next.next_scripts().filter(|name| names.insert(*name));
        let found: Vec<_> = found.filter_map(|name| by_name.get(name).copied()).collect();
        followers.extend(&found);
        unvisited.extend(found);
    }
    followers
}
