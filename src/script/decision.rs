//! What a complete reply comes to: a branch, `[otherwise]`, or no response at all.

use crate::script::answer::TriggerAnswer;
use crate::script::branch::{ChosenBranch, choose_branch};
use crate::script::definition::Branch;
use crate::script::path::KeyPath;
use crate::script::subject::BranchSubject;

/// What a reply comes to.
#[derive(Debug, Clone)]
pub enum BranchDecision<'b> {
    /// A branch names it.
    Matched(ChosenBranch<'b>),
    /// No branch names it.
    Otherwise,
    /// It is no usable answer; why, with nothing of its content.
    NoResponse(String),
}

/// Judges a reply by the value at `key`. Branches see every reply, by its HTTP status at least; only what none of them
/// names can be no response: what can't be read, and an error without the key.
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

/// Why a reply with this status is no answer. A redirect that has come here was not followed: it led to a host that may
/// not be reached, in circles, or nowhere.
pub fn status_reason(status: u16) -> String {
    match status {
        301 | 302 | 303 | 307 | 308 => {
            format!("HTTP status {status}, a redirect that is not followed")
        }
        _ => format!("HTTP status {status}"),
    }
}
