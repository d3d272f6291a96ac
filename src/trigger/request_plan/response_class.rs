//! Whether an answer is usable, by the branches of a script or by its HTTP status.

use std::sync::Arc;

use crate::script::answer::TriggerAnswer;
use crate::script::branch::{BranchDecision, decide_branch, status_reason};
use crate::script::branch_context::BranchContext;
use crate::script::condition::NoCallTexts;
use crate::script::definition::Script;

/// Decides whether an answer is usable.
pub(in crate::trigger) enum ResponseClassifier {
    /// By the branches of a script.
    Branches(Arc<Script>),
    /// By the HTTP status: below 300 is usable.
    Status,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::trigger) enum ResponseClass {
    /// A branch matches it, or may match it with the values of some call.
    Handled,
    /// No branch matches it, but it counts as a response: `[otherwise]` applies.
    Usable,
    /// It does not count as a response. With the reason.
    Unusable(String),
}

impl ResponseClassifier {
    pub(super) fn classify(&self, answer: &TriggerAnswer) -> ResponseClass {
        match self {
            Self::Status if answer.status >= 300 => {
                ResponseClass::Unusable(status_reason(answer.status))
            }
            Self::Status => ResponseClass::Usable,
            Self::Branches(script) => classify_by_branches(script, answer),
        }
    }
}

fn classify_by_branches(script: &Script, answer: &TriggerAnswer) -> ResponseClass {
    let key = script.trigger.as_ref().and_then(|trigger| trigger.response_key.as_ref());
    // The answer may be shared with other calls. A condition that depends on values of a call may match in some call.
    match decide_branch(&script.branches, &BranchContext::from_answer(answer, key, NoCallTexts)) {
        BranchDecision::Matched(_) => ResponseClass::Handled,
        BranchDecision::Otherwise => ResponseClass::Usable,
        BranchDecision::NoResponse(reason) => ResponseClass::Unusable(reason),
    }
}

/// Whether a branch of this script matches. An answer fetched for another script may match none.
pub(in crate::trigger) fn has_branch_for(script: &Script, answer: &TriggerAnswer) -> bool {
    classify_by_branches(script, answer) == ResponseClass::Handled
}
