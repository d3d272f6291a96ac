//! What the branches of a script are judged by: the answer or the input, and the texts of the call.

use crate::script::answer::{AnswerValue, TriggerAnswer};
use crate::script::path::KeyPath;
use crate::script::subject::BranchSubject;

/// What the branches of a script are judged by. `T` fills in the texts of conditions.
pub struct BranchContext<'a, T> {
    /// What the branches compare unless a condition says otherwise.
    pub subject: BranchSubject<'a>,
    /// The answer and the response key; `None` for an input.
    pub(super) answer: Option<(&'a TriggerAnswer, Option<&'a KeyPath>)>,
    pub(super) texts: T,
}

impl<'a, T> BranchContext<'a, T> {
    /// A complete answer, compared by the value at `key`.
    pub fn from_answer(answer: &'a TriggerAnswer, key: Option<&'a KeyPath>, texts: T) -> Self {
        let subject = BranchSubject::from_answer(answer, key);
        Self { subject, answer: Some((answer, key)), texts }
    }

    /// The input of a caller.
    pub fn from_input(input: &'a str, texts: T) -> Self {
        Self { subject: BranchSubject::from_input(input), answer: None, texts }
    }

    /// The value of the answer at another path than the response key. Like the value at the response key, it is missing
    /// if the body can't be parsed, or if the answer is an error with nothing at this path nor at the response key.
    pub(super) fn subject_at(&self, path: &KeyPath) -> BranchSubject<'a> {
        let readable = self.answer.filter(|(answer, _)| answer.unreadable_reason().is_none());
        let value = readable.map(|(answer, _)| answer.lookup(path));
        let is_missing = !self.is_response() && value == Some(AnswerValue::Absent);
        BranchSubject { value: value.filter(|_| !is_missing), status: self.subject.status }
    }

    /// Whether the answer counts as a response even if no branch matches. An input always does.
    pub(super) fn is_response(&self) -> bool {
        self.answer.is_none_or(|(answer, key)| {
            let is_success = (200..300).contains(&answer.status);
            self.subject.value.is_some() && (is_success || key.is_some())
        })
    }
}
