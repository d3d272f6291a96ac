//! Placeholders, and the source of their values.

use super::redacted::PlaceholderValue;
use crate::script::answer_part::AnswerPart;

/// What a placeholder stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Placeholder {
    /// `{caller}`: the number of the caller; empty if withheld.
    Caller,
    CallerName,
    /// `{called}`: the dialled number; if that is not known, the extension.
    Called,
    /// `{keypress}`: the digits entered in this script.
    Keypress,
    /// `{speech}`: the recognized speech in this script.
    Speech,
    /// `{input}`: the input of this script, digits or speech.
    Input,
    CallId,
    Channel,
    Language,
    /// `{attempt}`: the number of the attempt in this script, from 1.
    Attempt,
    /// `{script}`: the name of the running script.
    Script,
    /// `{arg.NAME}`: an argument from the dialplan.
    Arg(String),
    Secret(String),
    /// `{NAME.keypress}`, `{NAME.speech}`, `{NAME.input}`: the input of an earlier script in this call.
    OtherScript(String, InputKind),
    /// `{answer}`, `{$path}`: a value of the last answer. Before the request of the running script, that is the answer
    /// that was last when the script began. After the request, it is the answer to it.
    Answer(AnswerPart),
    /// `{NAME.answer}`, `{NAME.$path}`: a value of the last answer of a script in this call.
    OtherAnswer(String, AnswerPart),
}

/// The placeholders that are a single word.
pub(super) const SIMPLE_PLACEHOLDERS: [(&str, Placeholder); 12] = [
    ("caller", Placeholder::Caller),
    ("caller_name", Placeholder::CallerName),
    ("called", Placeholder::Called),
    ("keypress", Placeholder::Keypress),
    ("speech", Placeholder::Speech),
    ("input", Placeholder::Input),
    ("call_id", Placeholder::CallId),
    ("channel", Placeholder::Channel),
    ("language", Placeholder::Language),
    ("answer", Placeholder::Answer(AnswerPart::Compared)),
    ("attempt", Placeholder::Attempt),
    ("script", Placeholder::Script),
];

/// Which input of a script a placeholder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InputKind {
    /// Digits.
    Keypress,
    /// Recognized speech.
    Speech,
    /// Either of them.
    Input,
}

/// The source of the values of placeholders.
pub trait PlaceholderValues {
    /// The current value; empty if there is none.
    fn value(&self, placeholder: &Placeholder) -> PlaceholderValue<'_>;

    /// Whether the value was a number in JSON. Its `.` is the decimal separator, whatever the language is.
    fn is_json_number(&self, placeholder: &Placeholder) -> bool {
        let _ = placeholder;
        false
    }
}
