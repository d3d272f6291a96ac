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
    /// `{script}`: the name of the running script. In `[ended]`, of the script that ran last.
    Script,
    /// `{outcome}`, `{code}`, `{duration}`, `{path}`: only in `[hangup]` and `[ended]`.
    CallEnd(CallEndValue),
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

impl Placeholder {
    /// Whether it stands for what a caller has entered or said.
    pub(super) fn is_input(&self) -> bool {
        matches!(self, Self::Keypress | Self::Speech | Self::Input | Self::OtherScript(..))
    }
}

/// The placeholders that are a single word.
pub(super) const SIMPLE_PLACEHOLDERS: [(&str, Placeholder); 16] = [
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
    ("outcome", Placeholder::CallEnd(CallEndValue::Outcome)),
    ("code", Placeholder::CallEnd(CallEndValue::Code)),
    ("duration", Placeholder::CallEnd(CallEndValue::Duration)),
    ("path", Placeholder::CallEnd(CallEndValue::Path)),
];

/// The words before the colon of the forms that speak a value.
pub(super) const VALUE_VERBS: [&str; 9] =
    ["say", "digits", "number", "date", "time", "datetime", "money", "ordinal", "phone"];

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

/// What a placeholder says about the end of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallEndValue {
    /// `{outcome}`: the value of `DIALSCRIPT_OUTCOME`.
    Outcome,
    /// `{code}`: the value of `DIALSCRIPT_CODE`.
    Code,
    /// `{duration}`: how long the scripts had the call, rounded to whole seconds.
    Duration,
    /// `{path}`: the scripts of the call in their order, each with its outcome.
    Path,
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
