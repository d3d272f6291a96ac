//! Decides what a complete answer leads to: a branch, `[otherwise]` or `[no_response]`.

use crate::script::answer::TriggerAnswer;
use crate::script::branch::{ChosenBranch, choose_branch};
use crate::script::definition::Branch;
use crate::script::path::KeyPath;
use crate::script::subject::BranchSubject;

/// What a complete answer leads to.
#[derive(Debug, Clone)]
pub enum BranchDecision<'b> {
    /// A branch matches.
    Matched(ChosenBranch<'b>),
    /// No branch matches.
    Otherwise,
    /// The answer is not usable, for this reason. The reason never holds any of the body.
    NoResponse(String),
}

/// Compares an answer with the branches, by the value at `key` and by its HTTP status.
///
/// Branches come first, so a script can handle any answer, even an unusable one, by its HTTP status. If no branch matches,
/// the answer is no response when its body can't be parsed, or when its HTTP status is an error and there is no value at
/// the key.
pub fn decide_branch<'b>(
    branches: &'b [Branch],
    answer: &TriggerAnswer,
    key: Option<&KeyPath>,
) -> BranchDecision<'b> {
    let subject = BranchSubject::from_answer(answer, key);
    if let Some(chosen) = choose_branch(branches, &subject) {
        return BranchDecision::Matched(chosen);
    }
    if let Some(reason) = answer.unreadable_reason() {
        return BranchDecision::NoResponse(reason);
    }
    let failed = !(200..300).contains(&answer.status);
    if subject.value.is_none() || (failed && key.is_none()) {
        return BranchDecision::NoResponse(status_reason(answer.status));
    }
    BranchDecision::Otherwise
}

/// Why an answer with this status is not usable. A redirect only gets here if it was not followed: its target is not
/// allowed or not valid, or there were too many redirects.
pub(crate) fn status_reason(status: u16) -> String {
    match status {
        301 | 302 | 303 | 307 | 308 => {
            format!("HTTP status {status}, a redirect that is not followed")
        }
        _ => format!("HTTP status {status}"),
    }
}
