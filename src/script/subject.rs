//! What branches are compared with: the value of an answer or an input, and the HTTP status.

use std::fmt::Write;

use crate::script::answer::{AnswerValue, TriggerAnswer};
use crate::script::path::KeyPath;

/// Maximum length of a value that is shown completely, in characters.
pub(crate) const MAX_SHOWN_CHARACTERS: usize = 200;

/// What branches are compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchSubject<'a> {
    /// `None` if the answer has no value to compare: its body can't be parsed, or its HTTP status is an error and the
    /// response key is absent.
    pub value: Option<AnswerValue<'a>>,
    /// The HTTP status; `None` for an input.
    pub status: Option<u16>,
}

impl<'a> BranchSubject<'a> {
    /// A complete answer, compared by the value at `key`.
    pub fn from_answer(answer: &'a TriggerAnswer, key: Option<&KeyPath>) -> Self {
        let value = answer.unreadable_reason().is_none().then(|| answer.branch_value(key));
        let failed = !(200..300).contains(&answer.status);
        let lacks_key = failed && value == Some(AnswerValue::Absent);
        Self { value: value.filter(|_| !lacks_key), status: Some(answer.status) }
    }

    /// The input of a caller.
    pub fn from_input(input: &'a str) -> Self {
        let value =
            if input.is_empty() { AnswerValue::Absent } else { AnswerValue::Text(input.into()) };
        Self { value: Some(value), status: None }
    }
}

/// A value as it is shown in messages.
pub(crate) fn describe_value(value: &AnswerValue<'_>) -> String {
    match value {
        AnswerValue::Absent => "absent or null".to_owned(),
        AnswerValue::Text(text) => quote_text(text),
        AnswerValue::Composite => "an object or a list".to_owned(),
    }
}

/// The text in quotes, on one line, cut after [`MAX_SHOWN_CHARACTERS`] characters.
pub(crate) fn quote_text(text: &str) -> String {
    let length = text.chars().count();
    if length <= MAX_SHOWN_CHARACTERS {
        return format!("{text:?}");
    }
    let mut shown = format!("{:?}", text.chars().take(MAX_SHOWN_CHARACTERS).collect::<String>());
    // Writing to a `String` can't fail.
    let _ = write!(shown, "… ({length} characters)");
    shown
}
