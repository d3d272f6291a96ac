//! The values of placeholders in a call.

use std::borrow::Cow;

use super::{CallState, RequestPhase};
use crate::script::answer_part::AnswerPart;
use crate::script::call_end::{CallEnd, EarlierScript};
use crate::script::condition::ConditionTexts;
use crate::script::definition::Script;
use crate::script::kept_answer::KeptAnswer;
use crate::script::template::{
    CallEndValue, InputKind, Placeholder, PlaceholderValue, PlaceholderValues, RedactedText,
    Template,
};

/// The values of placeholders in the texts of one script.
pub(crate) struct CallPlaceholders<'s> {
    state: &'s CallState<'s>,
    /// The script that the texts belong to.
    script: &'s Script,
    /// The number of its attempt.
    attempt: u32,
    /// Whether placeholders without a value are noted for the report.
    notes_empty: bool,
    /// The answer that `{answer}` and `{$path}` read.
    last_answer: Option<&'s KeptAnswer>,
    /// Only in `[hangup]` and `[ended]`.
    end: Option<&'s CallEnd>,
}

impl CallState<'_> {
    /// The values of placeholders in a text of the running script.
    pub(crate) fn values(&self, phase: RequestPhase) -> CallPlaceholders<'_> {
        let own = self.own_answer.as_ref().filter(|_| phase == RequestPhase::After);
        CallPlaceholders {
            state: self,
            script: &self.script,
            attempt: self.attempt,
            notes_empty: true,
            last_answer: own.or(self.answer_at_start.as_ref()).map(|kept| &**kept),
            end: None,
        }
    }

    /// The values of placeholders in the conditions of the branches. A condition can test whether a value is empty, so
    /// an empty one is not noted.
    pub(crate) fn condition_texts(&self) -> CallPlaceholders<'_> {
        CallPlaceholders { notes_empty: false, ..self.values(RequestPhase::After) }
    }

    /// The values of placeholders in `[hangup]` of the running script.
    pub(crate) fn values_in_hangup<'s>(&'s self, end: &'s CallEnd) -> CallPlaceholders<'s> {
        CallPlaceholders { end: Some(end), ..self.values(RequestPhase::After) }
    }

    /// The values of placeholders in `[ended]` of the running script. Much can be missing at the end of a call, so an
    /// empty value is not noted.
    pub(crate) fn values_in_ended<'s>(&'s self, end: &'s CallEnd) -> CallPlaceholders<'s> {
        CallPlaceholders { notes_empty: false, ..self.values_in_hangup(end) }
    }

    /// The same in `[ended]` of a script that has led to another one.
    pub(crate) fn values_in_earlier_ended<'s>(
        &'s self,
        earlier: &'s EarlierScript,
        end: &'s CallEnd,
    ) -> CallPlaceholders<'s> {
        CallPlaceholders {
            script: &earlier.script,
            attempt: earlier.attempt,
            last_answer: earlier.last_answer.as_deref(),
            ..self.values_in_ended(end)
        }
    }
}

impl<'s> CallPlaceholders<'s> {
    /// The input of the script that the texts belong to.
    fn own_input(&self, kind: InputKind) -> PlaceholderValue<'s> {
        self.state.input_value(&self.script.name, kind)
    }

    /// A value of an answer. It is sensitive if it contains a secret or a sensitive input.
    fn answer_value(
        &self,
        answer: Option<&'s KeptAnswer>,
        part: &AnswerPart,
    ) -> PlaceholderValue<'s> {
        let text = answer.and_then(|answer| answer.value(part)).unwrap_or_default();
        let sensitive = self.state.contains_sensitive(text);
        PlaceholderValue { text: Cow::Borrowed(text), sensitive }
    }

    fn answer_of(&self, script: &str) -> Option<&'s KeptAnswer> {
        self.state.answers.get(script).map(|kept| &**kept)
    }

    fn end_value(&self, value: CallEndValue) -> PlaceholderValue<'s> {
        let text = self.end.map(|end| end.text(value)).unwrap_or_default();
        // Only the code is a value from outside.
        let sensitive = value == CallEndValue::Code && self.state.contains_sensitive(&text);
        PlaceholderValue { text, sensitive }
    }

    fn find(&self, placeholder: &Placeholder) -> PlaceholderValue<'s> {
        let state = self.state;
        let caller = &*state.caller;
        match placeholder {
            Placeholder::Caller => PlaceholderValue::public(&caller.number),
            Placeholder::CallerName => PlaceholderValue::public(&caller.name),
            Placeholder::Called => PlaceholderValue::public(&caller.called),
            Placeholder::CallId => PlaceholderValue::public(&caller.call_id),
            Placeholder::Channel => PlaceholderValue::public(&caller.channel),
            Placeholder::Language => PlaceholderValue::public(state.language.as_str()),
            Placeholder::Keypress => self.own_input(InputKind::Keypress),
            Placeholder::Speech => self.own_input(InputKind::Speech),
            Placeholder::Input => self.own_input(InputKind::Input),
            Placeholder::Attempt => PlaceholderValue::public(self.attempt.to_string()),
            Placeholder::Script => PlaceholderValue::public(&state.script.name),
            Placeholder::Arg(name) => {
                PlaceholderValue::public(state.arguments.get(name).unwrap_or_default())
            }
            Placeholder::Secret(name) => {
                let secret = state.library.secrets.get(name).unwrap_or_default();
                PlaceholderValue { text: Cow::Borrowed(secret), sensitive: true }
            }
            Placeholder::OtherScript(script, kind) => state.input_value(script, *kind),
            Placeholder::Answer(part) => self.answer_value(self.last_answer, part),
            Placeholder::OtherAnswer(script, part) => {
                self.answer_value(self.answer_of(script), part)
            }
            Placeholder::CallEnd(value) => self.end_value(*value),
        }
    }
}

impl ConditionTexts for CallPlaceholders<'_> {
    fn fill(&self, template: &Template) -> Result<RedactedText, Placeholder> {
        // A text that is only compared is not escaped, which can't fail.
        Ok(template.fill(self).unwrap_or_default())
    }

    fn has_value(&self, placeholder: &Placeholder) -> bool {
        !self.find(placeholder).text.is_empty()
    }

    fn is_sensitive(&self, value: &str) -> bool {
        self.state.contains_sensitive(value)
    }
}

impl PlaceholderValues for CallPlaceholders<'_> {
    fn value(&self, placeholder: &Placeholder) -> PlaceholderValue<'_> {
        let value = self.find(placeholder);
        // Without a value, `{code}` says that there was no answer.
        let is_end_value = matches!(placeholder, Placeholder::CallEnd(_));
        if self.notes_empty && !is_end_value && value.text.is_empty() {
            self.state.empty.borrow_mut().add(placeholder);
        }
        value
    }

    fn is_json_number(&self, placeholder: &Placeholder) -> bool {
        let (answer, part) = match placeholder {
            Placeholder::Answer(part) => (self.last_answer, part),
            Placeholder::OtherAnswer(script, part) => (self.answer_of(script), part),
            _ => return false,
        };
        answer.is_some_and(|answer| answer.is_json_number(part))
    }
}
