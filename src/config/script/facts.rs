//! Facts about scripts that the checks of all scripts use, and which scripts can run before another one in a call.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::nearest::nearest;
use crate::script::template::InputKind;

/// The maximum number of scripts in a help text.
const MAX_LISTED: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct ScriptFacts {
    pub(crate) asks_for_keys: bool,
    pub(crate) asks_for_speech: bool,
    /// Whether its input is sensitive.
    pub(crate) input_is_sensitive: bool,
    /// Whether it sends a request and waits for the answer.
    pub(crate) waits: bool,
    /// Whether an outcome has `then = "again"`.
    pub(crate) repeats: bool,
    /// Whether its `[voice]` names an engine.
    pub(crate) names_engine: bool,
    /// The scripts in its `then = "script NAME"`.
    pub(crate) leads_to: BTreeSet<String>,
    /// Those of them to which it can lead any number of times in one call. With a `[limit]`, that is only the one in
    /// `[invalid_input]`.
    pub(crate) leads_without_limit_to: BTreeSet<String>,
    /// Whether it may lead to any script.
    pub(crate) leads_anywhere: bool,
}

impl ScriptFacts {
    /// Facts about a script whose file cannot be read. They are chosen so that they cause no errors in other scripts.
    pub(crate) fn unknown() -> Self {
        Self { asks_for_keys: true, asks_for_speech: true, waits: true, ..Self::default() }
    }

    /// Facts about a script whose file could not be read as a whole: it may do what the facts do not say.
    pub(crate) fn incomplete(self) -> Self {
        let leads_anywhere = true;
        Self { asks_for_keys: true, asks_for_speech: true, waits: true, leads_anywhere, ..self }
    }

    pub(crate) fn asks_for(&self, input: InputKind) -> bool {
        match input {
            InputKind::Keypress => self.asks_for_keys,
            InputKind::Speech => self.asks_for_speech,
            InputKind::Input => self.asks_for_keys || self.asks_for_speech,
        }
    }
}

/// The facts of all scripts, by name.
#[derive(Debug, Default)]
pub(crate) struct ScriptGraph(BTreeMap<String, ScriptFacts>);

impl ScriptGraph {
    pub(crate) fn insert(&mut self, name: String, facts: ScriptFacts) {
        self.0.insert(name, facts);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&ScriptFacts> {
        self.0.get(name)
    }

    pub(crate) fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.0.keys().map(String::as_str))
    }

    /// The most similar name of another script than `own`.
    pub(crate) fn nearest_except(&self, name: &str, own: &str) -> Option<&str> {
        nearest(name, self.0.keys().map(String::as_str).filter(|other| *other != own))
    }

    /// A help text with the names of the scripts other than `own`.
    pub(crate) fn list_except(&self, own: &str) -> String {
        let others: Vec<_> =
            self.0.keys().filter(|other| *other != own).take(MAX_LISTED + 1).collect();
        let names: Vec<_> =
            others.iter().take(MAX_LISTED).map(|name| format!("`{name}`")).collect();
        match (others.len(), names.join(", ")) {
            (0, _) => "a script is a file NAME.toml in the scripts folder, which has no other one"
                .to_owned(),
            (all, names) if all > MAX_LISTED => format!("the other scripts are {names}, …"),
            (_, names) => format!("the other scripts are {names}"),
        }
    }

    /// All scripts that can run before this one in the same call.
    pub(crate) fn before<'a>(&'a self, name: &'a str) -> BTreeSet<&'a str> {
        let mut before = BTreeSet::new();
        let mut unvisited = vec![name];
        while let Some(next) = unvisited.pop() {
            unvisited.extend(self.directly_before(next).filter(|found| before.insert(*found)));
        }
        before
    }

    /// Whether a script can begin more than once in a call.
    pub(crate) fn can_begin_again(&self, name: &str) -> bool {
        self.before(name).contains(name)
    }

    /// Whether a script with a `[limit]` can lead back to itself any number of times: by its `[invalid_input]`, and
    /// then by scripts of which no `[limit]` ends that.
    pub(crate) fn can_get_around_limit(&self, name: &str) -> bool {
        let mut reached = BTreeSet::new();
        let mut unvisited = vec![name];
        while let Some(script) = unvisited.pop() {
            let next = self.get(script).into_iter().flat_map(|facts| &facts.leads_without_limit_to);
            unvisited.extend(next.map(String::as_str).filter(|found| reached.insert(*found)));
        }
        reached.contains(name)
    }

    fn directly_before<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let leads = move |(_, facts): &(&String, &ScriptFacts)| {
            facts.leads_anywhere || facts.leads_to.contains(name)
        };
        self.0.iter().filter(leads).map(|(before, _)| before.as_str())
    }

    /// Whether a script that can run before this one receives an answer.
    pub(crate) fn has_answer_before(&self, name: &str) -> bool {
        let waits = |name: &str| self.get(name).is_some_and(|facts| facts.waits);
        self.before(name).into_iter().any(waits)
    }
}
