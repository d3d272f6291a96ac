//! Why a condition holds or not, as text for `dialscript match` and for the log.

use super::{
    Condition, ConditionResult, ConditionTarget, ConditionTest, ConditionTexts, text_subject,
};
use crate::script::answer::AnswerValue;
use crate::script::branch_context::BranchContext;
use crate::script::subject::{BranchSubject, describe_value, quote_text};
use crate::script::template::{Placeholder, Template, masked};

/// Whether and why a condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConditionExplanation {
    pub(crate) result: ConditionResult,
    /// Masked if it is about something sensitive.
    pub(crate) why: String,
}

impl Condition {
    pub(crate) fn explain(
        &self,
        context: &BranchContext<'_, impl ConditionTexts>,
    ) -> ConditionExplanation {
        let result = self.result(context);
        let why = match result {
            ConditionResult::Holds => self.holds_because(context),
            ConditionResult::Fails => {
                format!("wants {}; {}", self.wanted(context), self.miss_reason(context))
            }
            ConditionResult::Unknown => self.unknown_reason(context),
        };
        let shown = if self.is_sensitive(context) { masked(&why) } else { &why };
        let why = match self.name() {
            Some(name) if shown != why => format!("{name}: {shown}"),
            _ => shown.to_owned(),
        };
        ConditionExplanation { result, why }
    }

    /// What the condition looks at, as it is written in the script; `None` is what the branches compare.
    fn name(&self) -> Option<String> {
        match &self.target {
            ConditionTarget::Compared => None,
            ConditionTarget::Key(path) => Some(path.to_string()),
            ConditionTarget::Text(template) => Some(template.to_string()),
        }
    }

    /// As text to follow "it": `is "200"`.
    fn holds_because(&self, context: &BranchContext<'_, impl ConditionTexts>) -> String {
        let test = match &self.test {
            ConditionTest::Matcher(matcher) if !self.negated => matcher.to_string(),
            _ => format!("is {}", self.wanted_value(context)),
        };
        self.name().into_iter().chain([test]).collect::<Vec<_>>().join(" ")
    }

    /// What the condition wants, as text to follow "wants".
    pub(crate) fn wanted(&self, context: &BranchContext<'_, impl ConditionTexts>) -> String {
        let wanted = self.wanted_value(context);
        match self.name() {
            Some(name) => format!("{wanted} for {name}"),
            None => wanted,
        }
    }

    fn wanted_value(&self, context: &BranchContext<'_, impl ConditionTexts>) -> String {
        let wanted = match &self.test {
            ConditionTest::Matcher(matcher) => matcher.describe_wanted(),
            ConditionTest::OneOf(texts) => {
                let texts = texts.iter().map(|text| describe_text(text, &context.texts));
                texts.collect::<Vec<_>>().join(" or ")
            }
        };
        if self.negated { format!("anything but {wanted}") } else { wanted }
    }

    /// What there is in place of what is wanted: `the value is "200"`.
    pub(crate) fn miss_reason(&self, context: &BranchContext<'_, impl ConditionTexts>) -> String {
        let name = self.name();
        let name = name.as_deref();
        match &self.target {
            ConditionTarget::Compared => self.miss_reason_of(name, &self.compared(context)),
            ConditionTarget::Key(path) => self.miss_reason_of(name, &context.subject_at(path)),
            ConditionTarget::Text(template) => match context.texts.fill(template) {
                Ok(text) => self.miss_reason_of(name, &text_subject(text.text())),
                Err(placeholder) => not_known(&placeholder),
            },
        }
    }

    fn miss_reason_of(&self, name: Option<&str>, subject: &BranchSubject<'_>) -> String {
        if let ConditionTest::Matcher(matcher) = &self.test
            && matcher.is_on_status()
        {
            return match subject.status {
                Some(status) => format!("the HTTP status is {status}"),
                None => "there is no HTTP status".to_owned(),
            };
        }
        let Some(value) = &subject.value else {
            return "this answer has no value to compare".to_owned();
        };
        let reason = format!("{} is {}", name.unwrap_or("the value"), describe_value(value));
        match self.miss_hint(value) {
            Some(hint) => format!("{reason}, {hint}"),
            None => reason,
        }
    }

    fn miss_hint(&self, value: &AnswerValue<'_>) -> Option<&'static str> {
        match (&self.test, value) {
            (ConditionTest::Matcher(matcher), AnswerValue::Text(text)) if !self.negated => {
                matcher.miss_hint(text)
            }
            _ => None,
        }
    }

    fn unknown_reason(&self, context: &BranchContext<'_, impl ConditionTexts>) -> String {
        let unknown = |template: &Template| context.texts.fill(template).err();
        let of = match &self.target {
            ConditionTarget::Text(template) => unknown(template),
            ConditionTarget::Compared | ConditionTarget::Key(_) => None,
        };
        let placeholder = of.or_else(|| match &self.test {
            ConditionTest::OneOf(texts) => texts.iter().find_map(unknown),
            ConditionTest::Matcher(_) => None,
        });
        placeholder.as_ref().map(not_known).unwrap_or_default()
    }

    /// Whether an explanation of this condition would show something sensitive.
    pub(crate) fn is_sensitive(&self, context: &BranchContext<'_, impl ConditionTexts>) -> bool {
        let is_sensitive = |template: &Template| {
            let filled = context.texts.fill(template);
            filled.is_ok_and(|text| text.is_sensitive() || context.texts.is_sensitive(text.text()))
        };
        let is_sensitive_value = |subject: &BranchSubject<'_>| matches!(&subject.value, Some(AnswerValue::Text(text)) if context.texts.is_sensitive(text));
        let target = match &self.target {
            ConditionTarget::Compared => is_sensitive_value(&context.subject),
            ConditionTarget::Key(path) => is_sensitive_value(&context.subject_at(path)),
            ConditionTarget::Text(template) => is_sensitive(template),
        };
        let texts = match &self.test {
            ConditionTest::OneOf(texts) => texts.as_slice(),
            ConditionTest::Matcher(_) => &[],
        };
        target || texts.iter().any(is_sensitive)
    }
}

/// A text of `is`: `"200"`, or with its placeholders `{pin.keypress} ("1234")`.
fn describe_text(template: &Template, call: &impl ConditionTexts) -> String {
    match (template.as_text(), call.fill(template)) {
        (Some(text), _) => quote_text(text),
        (None, Ok(text)) => format!("{template} ({})", quote_text(text.text())),
        (None, Err(_)) => template.to_string(),
    }
}

fn not_known(placeholder: &Placeholder) -> String {
    format!("the value of {placeholder} is not known")
}
