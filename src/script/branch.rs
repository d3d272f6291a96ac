//! Which branch an answer, or an input, takes.

use crate::script::definition::{Branch, ScriptOutcome};
use crate::script::matcher::Matcher;
use crate::script::subject::BranchSubject;

/// The branch that matched.
#[derive(Debug, Clone, Copy)]
pub struct ChosenBranch<'b> {
    /// Its position in the file, from 1.
    pub number: usize,
    /// The matcher of the branch that matched.
    pub matcher: &'b Matcher,
    /// The outcome of the branch.
    pub outcome: &'b ScriptOutcome,
}

/// The first branch that matches; branches are in the order of the file.
pub fn choose_branch<'b>(
    branches: &'b [Branch],
    subject: &BranchSubject<'_>,
) -> Option<ChosenBranch<'b>> {
    (1..).zip(branches).find_map(|(number, branch)| {
        let matcher = branch.when.iter().find(|matcher| matcher.matches(subject))?;
        Some(ChosenBranch { number, matcher, outcome: &branch.outcome })
    })
}

/// Whether and why a branch matches, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BranchExplanation {
    /// The matcher that matches: `is "200"`.
    Matches(String),
    /// The matchers, and the value that none of them matches: `wants "404"; the value is "200"`.
    Misses(String),
}

impl Branch {
    /// Why the branch matches or not, whatever the branches before it do.
    pub fn explain(&self, subject: &BranchSubject<'_>) -> BranchExplanation {
        match self.when.iter().find(|matcher| matcher.matches(subject)) {
            Some(matcher) => BranchExplanation::Matches(matcher.to_string()),
            None => BranchExplanation::Misses(self.miss_reason(subject)),
        }
    }

    fn miss_reason(&self, subject: &BranchSubject<'_>) -> String {
        let wanted: Vec<_> = self.when.iter().map(Matcher::describe_wanted).collect();
        let mut reasons: Vec<String> = Vec::new();
        for reason in self.when.iter().map(|matcher| matcher.miss_reason(subject)) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        format!("wants {}; {}", wanted.join(" or "), reasons.join("; "))
    }
}
