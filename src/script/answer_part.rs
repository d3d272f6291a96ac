//! Which value of an answer a placeholder reads.

use std::fmt;

use crate::script::answer::{AnswerValue, TriggerAnswer};
use crate::script::path::KeyPath;
use crate::script::subject::BranchSubject;

/// Which value of an answer a placeholder reads.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AnswerPart {
    /// `{answer}`: the value that the branches of the script compare.
    Compared,
    /// `{$path}`: the value at a path.
    At(KeyPath),
}

impl AnswerPart {
    /// The value in an answer to a script whose response key is `key`.
    pub(crate) fn value<'a>(
        &self,
        answer: &'a TriggerAnswer,
        key: Option<&KeyPath>,
    ) -> AnswerValue<'a> {
        match self {
            Self::Compared => {
                BranchSubject::from_answer(answer, key).value.unwrap_or(AnswerValue::Absent)
            }
            Self::At(path) => answer.lookup(path),
        }
    }

    /// The value as text, empty if it is absent, an object or a list.
    pub(crate) fn text(&self, answer: &TriggerAnswer, key: Option<&KeyPath>) -> String {
        match self.value(answer, key) {
            AnswerValue::Text(text) => text.into_owned(),
            AnswerValue::Absent | AnswerValue::Composite => String::new(),
        }
    }

    /// Whether the value is a number in JSON, not a string.
    pub(crate) fn is_json_number(&self, answer: &TriggerAnswer, key: Option<&KeyPath>) -> bool {
        match self {
            Self::Compared => answer.is_json_number(key),
            Self::At(path) => answer.is_json_number(Some(path)),
        }
    }
}

/// As it is written in a placeholder, without the braces and the name of a script.
impl fmt::Display for AnswerPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compared => f.write_str("answer"),
            Self::At(path) => write!(f, "${path}"),
        }
    }
}
