//! Which branch an answer or an input takes, and why.

use crate::script::answer::TriggerAnswer;
use crate::script::branch_context::BranchContext;
use crate::script::condition::{Condition, ConditionExplanation, ConditionResult, ConditionTexts};
use crate::script::definition::{Branch, ScriptOutcome};
use crate::script::path::KeyPath;
use crate::script::template::masked;

/// The branch that matches, or that may match.
#[derive(Debug, Clone, Copy)]
pub struct ChosenBranch<'b> {
    /// Its position in the file, from 1.
    pub number: usize,
    pub branch: &'b Branch,
    /// Whether it matches for certain. Otherwise that depends on values of the call that are not known.
    pub is_certain: bool,
}

impl<'b> ChosenBranch<'b> {
    pub fn outcome(&self) -> &'b ScriptOutcome {
        &self.branch.outcome
    }
}

/// The first branch that matches or may match; branches are in the order of the file.
pub fn choose_branch<'b>(
    branches: &'b [Branch],
    context: &BranchContext<'_, impl ConditionTexts>,
) -> Option<ChosenBranch<'b>> {
    (1..).zip(branches).find_map(|(number, branch)| match branch.result(context) {
        ConditionResult::Fails => None,
        result => {
            let is_certain = result == ConditionResult::Holds;
            Some(ChosenBranch { number, branch, is_certain })
        }
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

impl<'b> BranchDecision<'b> {
    pub(crate) fn chosen(&self) -> Option<ChosenBranch<'b>> {
        match self {
            Self::Matched(chosen) => Some(*chosen),
            Self::Otherwise | Self::NoResponse(_) => None,
        }
    }
}

/// Judges an answer by the branches.
///
/// Branches come first, so a script can handle any answer, even an unusable one, by its HTTP status. If no branch
/// matches, the answer is not usable in two cases: its body can't be parsed, or its HTTP status is not 2xx and there is
/// no value at a response key.
pub fn decide_branch<'b>(
    branches: &'b [Branch],
    context: &BranchContext<'_, impl ConditionTexts>,
) -> BranchDecision<'b> {
    if let Some(chosen) = choose_branch(branches, context) {
        return BranchDecision::Matched(chosen);
    }
    match context.answer {
        Some((answer, _)) if !context.is_response() => {
            BranchDecision::NoResponse(unusable_reason(answer))
        }
        _ => BranchDecision::Otherwise,
    }
}

fn unusable_reason(answer: &TriggerAnswer) -> String {
    match answer.unreadable_reason() {
        Some(reason) if (200..300).contains(&answer.status) => reason,
        Some(reason) => format!("{}: {reason}", status_reason(answer.status)),
        None => status_reason(answer.status),
    }
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
    /// What matches: `is "200"`.
    Matches(String),
    /// What is wanted, and what there is instead: `wants "404"; the value is "200"`.
    Misses(String),
    /// Which value of the call would decide it.
    Unknown(String),
}

impl Branch {
    /// Whether the branch matches: one condition of `when` holds, and all of `and` do.
    pub(crate) fn result(
        &self,
        context: &BranchContext<'_, impl ConditionTexts>,
    ) -> ConditionResult {
        let mut result = self.result_of_when(context);
        for condition in &self.and {
            if result == ConditionResult::Fails {
                break;
            }
            match condition.result(context) {
                ConditionResult::Holds => {}
                other => result = other,
            }
        }
        result
    }

    fn result_of_when(&self, context: &BranchContext<'_, impl ConditionTexts>) -> ConditionResult {
        let mut result = ConditionResult::Fails;
        for condition in &self.when {
            match condition.result(context) {
                ConditionResult::Fails => {}
                _ if !self.can_take(condition, context) => {}
                ConditionResult::Holds => return ConditionResult::Holds,
                ConditionResult::Unknown => result = ConditionResult::Unknown,
            }
        }
        result
    }

    /// Whether this condition of `when` can decide about the answer. An answer that is not usable is left to
    /// `[no_response]`, and is worth a retry, unless a branch is written for it: at least one condition of the branch
    /// must look at the answer itself.
    fn can_take<T>(&self, condition: &Condition, context: &BranchContext<'_, T>) -> bool {
        condition.looks_at_answer()
            || context.is_response()
            || self.and.iter().any(Condition::looks_at_answer)
    }

    /// Why the branch matches or not. The branches before it do not matter.
    pub fn explain(&self, context: &BranchContext<'_, impl ConditionTexts>) -> BranchExplanation {
        let conditions = self.explain_conditions(context);
        let first = |result| {
            let found = conditions.iter().find(|condition| condition.result == result);
            found.map(|condition| condition.why.clone())
        };
        match (first(ConditionResult::Fails), first(ConditionResult::Unknown)) {
            (Some(why), _) => BranchExplanation::Misses(why),
            (None, Some(why)) => BranchExplanation::Unknown(why),
            (None, None) => {
                let all: Vec<_> = conditions.into_iter().map(|condition| condition.why).collect();
                BranchExplanation::Matches(all.join(" and "))
            }
        }
    }

    /// The explanation of `when`, and that of each condition in `and`.
    pub(crate) fn explain_conditions(
        &self,
        context: &BranchContext<'_, impl ConditionTexts>,
    ) -> Vec<ConditionExplanation> {
        let all = self.and.iter().map(|condition| condition.explain(context));
        std::iter::once(self.explain_when(context)).chain(all).collect()
    }

    fn explain_when(
        &self,
        context: &BranchContext<'_, impl ConditionTexts>,
    ) -> ConditionExplanation {
        let result = self.result_of_when(context);
        let decides = |condition: &&Condition| {
            condition.result(context) == result && self.can_take(condition, context)
        };
        match result {
            ConditionResult::Fails => self.explain_missed_when(context),
            _ => match self.when.iter().find(decides) {
                Some(condition) => condition.explain(context),
                None => ConditionExplanation { result, why: String::new() },
            },
        }
    }

    fn explain_missed_when(
        &self,
        context: &BranchContext<'_, impl ConditionTexts>,
    ) -> ConditionExplanation {
        let result = ConditionResult::Fails;
        let holds = |condition: &Condition| condition.result(context) != ConditionResult::Fails;
        if self.when.iter().any(holds) {
            let why =
                "the answer is not usable, and no condition of this branch looks at the answer";
            return ConditionExplanation { result, why: why.to_owned() };
        }
        let wanted: Vec<_> = self.when.iter().map(|condition| condition.wanted(context)).collect();
        let mut reasons: Vec<String> = Vec::new();
        for reason in self.when.iter().map(|condition| condition.miss_reason(context)) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        let why = format!("wants {}; {}", wanted.join(" or "), reasons.join("; "));
        let is_sensitive = self.when.iter().any(|condition| condition.is_sensitive(context));
        let why = if is_sensitive { masked(&why).to_owned() } else { why };
        ConditionExplanation { result, why }
    }
}
