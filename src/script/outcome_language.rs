//! Where a language leads that an outcome sets: which scripts run in it, and what is heard in it.

use std::collections::HashSet;
use std::sync::Arc;

use crate::script::definition::{Playlist, Script, ScriptOutcome, ThenAction};

impl Script {
    /// The languages that the outcomes of this script set, without duplicates.
    pub(crate) fn outcome_languages(&self) -> Vec<&Arc<str>> {
        let mut seen = HashSet::new();
        let languages = self.outcomes().filter_map(|outcome| outcome.language.as_ref());
        languages.filter(|language| seen.insert(*language)).collect()
    }

    /// The outcomes of this script that set a language.
    pub(crate) fn outcomes_in<'s>(
        &'s self,
        language: &'s str,
    ) -> impl Iterator<Item = &'s ScriptOutcome> {
        self.outcomes().filter(move |outcome| outcome.language.as_deref() == Some(language))
    }

    /// What callers hear in the language that the call has when the script begins: all but the sounds of outcomes that
    /// set a language.
    pub(crate) fn playlists_in_call_language(&self) -> impl Iterator<Item = &Playlist> {
        let outcomes = self.outcomes().filter(|outcome| outcome.language.is_none());
        self.playlists_before_outcomes().chain(outcomes.map(|outcome| &outcome.sounds))
    }

    /// The scripts that can run in a language after an outcome of this script has set it. The script itself is one of
    /// them if it can begin or ask again in that language.
    pub(crate) fn scripts_in_language<'s>(
        &'s self,
        language: &'s str,
        find: impl Fn(&str) -> Option<&'s Script>,
    ) -> Vec<&'s Script> {
        let (mut scripts, mut names) = (Vec::new(), HashSet::new());
        let next = |script: &'s Script, outcome: &'s ScriptOutcome| match &outcome.then {
            ThenAction::Script(name) => find(name),
            ThenAction::Again => Some(script),
            _ => None,
        };
        let mut unvisited: Vec<_> =
            self.outcomes_in(language).filter_map(|outcome| next(self, outcome)).collect();
        while let Some(script) = unvisited.pop() {
            if names.insert(&script.name) {
                let outcomes = script.outcomes().filter(|outcome| outcome.language.is_none());
                unvisited.extend(outcomes.filter_map(|outcome| next(script, outcome)));
                scripts.push(script);
            }
        }
        scripts
    }
}
