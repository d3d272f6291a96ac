//! Which branch an answer or an input takes, and why.

use crate::script::answer::TriggerAnswer;
use crate::script::definition::{Branch, ScriptOutcome};
use crate::script::matcher::Matcher;
use crate::script::path::KeyPath;
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

/// What a complete answer leads to.
#[derive(Debug, Clone)]
pub enum BranchDecision<'b> {
    Matched(ChosenBranch<'b>),
    Otherwise,
    /// The answer is not usable, for this reason. The reason never contains any part of the body.
    NoResponse(String),
}

/// Compares an answer with the branches, by the value at `key` and by its HTTP status.
///
/// Branches come first, so a script can handle any answer, even an unusable one, by its HTTP status. If no branch
/// matches, the answer is not usable in two cases: its body can't be parsed, or its HTTP status is not 2xx and there is
/// no value at a response key.
pub fn decide_branch<'b>(
    branches: &'b [Branch],
    answer: &TriggerAnswer,
    key: Option<&KeyPath>,
) -> BranchDecision<'b> {
    let subject = BranchSubject::from_answer(answer, key);
    if let Some(chosen) = choose_branch(branches, &subject) {
        return BranchDecision::Matched(chosen);
    }
    let failed = !(200..300).contains(&answer.status);
    if let Some(reason) = answer.unreadable_reason() {
        return BranchDecision::NoResponse(match failed {
            true => format!("{}: {reason}", status_reason(answer.status)),
            false => reason,
        });
    }
    if subject.value.is_none() || (failed && key.is_none()) {
        return BranchDecision::NoResponse(status_reason(answer.status));
    }
    BranchDecision::Otherwise
}

/// The reason of [`BranchDecision::NoResponse`] with all that the author of the web application needs: why there is no
/// value at the response key, or what PHP says in front of the data unless that is sensitive.
pub(crate) fn full_reason(
    reason: String,
    answer: &TriggerAnswer,
    key: Option<&KeyPath>,
    is_sensitive: impl Fn(&str) -> bool,
) -> String {
    // An error or a redirect without a body needs no further reason.
    let explained = answer.status >= 300 && answer.is_empty();
    let missing = key.filter(|_| !explained).and_then(|key| answer.missing_reason(key));
    match (answer.php_message(is_sensitive), missing) {
        (Some(message), _) => format!("{reason}: {message}"),
        (None, Some(missing)) => format!("{reason}; {missing}"),
        (None, None) => reason,
    }
}

/// Why an answer with this status is not usable. A redirect is an answer only if it was not followed: its target is not
/// allowed or not valid.
pub(crate) fn status_reason(status: u16) -> String {
    match status {
        301 | 302 | 303 | 307 | 308 => {
            format!("HTTP status {status}, a redirect that is not followed")
        }
        _ => format!("HTTP status {status}"),
    }
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
    /// Why the branch matches or not. The branches before it do not matter.
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
