//! Which branch a reply, or an input, takes.

use crate::script::definition::{Branch, ScriptOutcome};
use crate::script::matcher::Matcher;
use crate::script::subject::Subject;

/// The branch that won, and why.
#[derive(Debug, Clone, Copy)]
pub struct ChosenBranch<'b> {
    /// Its place in the file, from 1.
    pub number: usize,
    /// What of it matched.
    pub matcher: &'b Matcher,
    /// What happens now.
    pub outcome: &'b ScriptOutcome,
}

/// The first branch that matches, in the order of the file.
pub fn choose_branch<'b>(
    branches: &'b [Branch],
    subject: &Subject<'_>,
) -> Option<ChosenBranch<'b>> {
    (1..).zip(branches).find_map(|(number, branch)| {
        let matcher = branch.when.iter().find(|matcher| matcher.matches(subject))?;
        Some(ChosenBranch { number, matcher, outcome: &branch.outcome })
    })
}

/// Whether a branch matches, and why, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// What of it matches: `is "200"`.
    Matches(String),
    /// What it wants, and what there is: `wants "404"; the value is "200"`.
    Misses(String),
}

impl Branch {
    /// Why it matches, or why not, whatever the branches before it do.
    pub fn explain(&self, subject: &Subject<'_>) -> Why {
        match self.when.iter().find(|matcher| matcher.matches(subject)) {
            Some(matcher) => Why::Matches(matcher.to_string()),
            None => Why::Misses(self.miss(subject)),
        }
    }

    fn miss(&self, subject: &Subject<'_>) -> String {
        let wants: Vec<_> = self.when.iter().map(Matcher::wants).collect();
        let mut reasons: Vec<String> = Vec::new();
        for reason in self.when.iter().map(|matcher| matcher.miss(subject)) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        format!("wants {}; {}", wants.join(" or "), reasons.join("; "))
    }
}
