//! The placeholders of a script by the tables in which they stand, and what scripts can read of an answer.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use super::playlist::{Playlist, PromptPart};
use super::trigger::{AuthTemplate, ScriptTrigger};
use super::{Branch, Script, ScriptOutcome, ThenAction};
use crate::script::answer_part::AnswerPart;
use crate::script::condition::Condition;
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

    /// What this outcome of `script` reads of the answer to the script's own request: `{answer}` and `{$path}`, also
    /// with the name of the script.
    pub(crate) fn own_answer_parts<'a>(
        &'a self,
        script: &'a str,
    ) -> impl Iterator<Item = &'a AnswerPart> {
        self.placeholders().filter_map(move |placeholder| {
            last_answer_part(placeholder).or_else(|| answer_part_of(script, placeholder))
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
        let others = [&self.otherwise, &self.no_input, self.invalid_input(), &self.no_response];
        self.branches.iter().map(|branch| &branch.outcome).chain(others)
    }

    /// The placeholders of `[prompt]` and `[trigger]`, which are filled in before the answer arrives.
    fn placeholders_before_request(&self) -> impl Iterator<Item = &Placeholder> {
        let request = self.trigger.iter().flat_map(ScriptTrigger::placeholders);
        self.prompt.sounds.placeholders().chain(request)
    }

    fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        let outcomes = self.outcomes().flat_map(ScriptOutcome::placeholders);
        self.placeholders_before_request()
            .chain(condition_placeholders(&self.branches))
            .chain(outcomes)
            .chain(self.end_placeholders())
    }

    /// The placeholders of `[hangup]` and `[ended]`.
    fn end_placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.hangup.iter().chain(&self.ended).flat_map(ScriptTrigger::placeholders)
    }

    /// The names of the scripts that its outcomes lead to.
    pub(crate) fn next_scripts(&self) -> impl Iterator<Item = &str> {
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

/// What the conditions of `script` read of the answer to the script's own request.
pub(crate) fn condition_answer_parts(script: &str, branches: &[Branch]) -> Vec<AnswerPart> {
    let mut seen = HashSet::new();
    let parts = condition_placeholders(branches).filter_map(|placeholder| {
        last_answer_part(placeholder).or_else(|| answer_part_of(script, placeholder))
    });
    parts.filter(|part| seen.insert(*part)).cloned().collect()
}

/// For each script, what can be read of its answer after its outcome was chosen: by the scripts that can follow, by its
/// `[hangup]` and `[ended]`, by its other outcomes if `again` repeats it, and with its name, as in `{NAME.$path}`, also
/// by the `[ended]` of a script before it.
pub(crate) fn later_answer_parts(scripts: &[Script]) -> Vec<Vec<AnswerPart>> {
    let by_name: HashMap<_, _> =
        scripts.iter().map(|script| (script.name.as_str(), script)).collect();
    let read_at_end = parts_read_at_end(scripts);
    let parts = scripts.iter().map(|script| {
        let at_end = read_at_end.get(script.name.as_str()).into_iter().flatten().copied();
        parts_read_later(script, &by_name, at_end)
    });
    parts.collect()
}

/// What the `[ended]` of all scripts read with the name of a script, by that name.
fn parts_read_at_end(scripts: &[Script]) -> HashMap<&str, Vec<&AnswerPart>> {
    let mut parts: HashMap<&str, Vec<&AnswerPart>> = HashMap::new();
    for placeholder in scripts.iter().flat_map(Script::end_placeholders) {
        if let Placeholder::OtherAnswer(name, part) = placeholder {
            parts.entry(name).or_default().push(part);
        }
    }
    parts
}

fn parts_read_later<'s>(
    script: &'s Script,
    by_name: &HashMap<&str, &'s Script>,
    read_at_end: impl Iterator<Item = &'s AnswerPart>,
) -> Vec<AnswerPart> {
    let mut parts: Vec<&AnswerPart> = read_at_end.collect();
    parts.extend(script.end_placeholders().filter_map(last_answer_part));
    if script.repeats() {
        let outcomes = script.outcomes().flat_map(ScriptOutcome::placeholders);
        parts.extend(outcomes.filter_map(last_answer_part));
    }
    parts.extend(script.placeholders().filter_map(|found| answer_part_of(&script.name, found)));
    for next in followers(script, by_name) {
        parts.extend(next.placeholders().filter_map(last_answer_part));
        parts.extend(next.placeholders().filter_map(|found| answer_part_of(&script.name, found)));
    }
    let mut seen = HashSet::new();
    parts.into_iter().filter(|part| seen.insert(*part)).cloned().collect()
}

fn last_answer_part(placeholder: &Placeholder) -> Option<&AnswerPart> {
    match placeholder {
        Placeholder::Answer(part) => Some(part),
        _ => None,
    }
}

/// What `{NAME.answer}` and `{NAME.$path}` read, with the name of this script.
fn answer_part_of<'p>(script: &str, placeholder: &'p Placeholder) -> Option<&'p AnswerPart> {
    match placeholder {
        Placeholder::OtherAnswer(name, part) if name == script => Some(part),
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
