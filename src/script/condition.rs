//! Conditions of a branch: what is looked at, the test that it must pass, and whether `not` turns the test round.

use std::borrow::Cow;

use crate::script::answer::AnswerValue;
use crate::script::branch_context::BranchContext;
use crate::script::matcher::Matcher;
use crate::script::path::KeyPath;
use crate::script::subject::BranchSubject;
use crate::script::template::{Placeholder, RedactedText, Template};

mod consistency;
mod explain;

pub(crate) use explain::ConditionExplanation;

/// A condition in `when` or `and` of a branch.
#[derive(Debug, Clone)]
pub struct Condition {
    pub target: ConditionTarget,
    pub test: ConditionTest,
    /// `not = true`: the condition holds if the test does not. It needs a value to test all the same.
    pub negated: bool,
}

/// What a condition looks at.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionTarget {
    /// What the branches of the script compare: the value at the response key and the HTTP status, or the input.
    Compared,
    /// `key = "data.full"`: another value of the answer.
    Key(KeyPath),
    /// `of = "{caller}"`: a text with placeholders.
    Text(Template),
}

/// What a condition tests.
#[derive(Debug, Clone)]
pub enum ConditionTest {
    Matcher(Matcher),
    /// `is = "{pin.keypress}"`, `is = ["a", "{b}"]`: one of these texts, filled in. If nothing is left of a text with
    /// placeholders, it matches nothing, so that two missing values are not equal.
    OneOf(Vec<Template>),
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionResult {
    Holds,
    Fails,
    /// That depends on a value of the call, which is not known here.
    Unknown,
}

/// Fills in the texts of conditions, as far as the values of a call are known.
pub trait ConditionTexts {
    /// Fills in a text.
    ///
    /// # Errors
    ///
    /// The first placeholder whose value is not known.
    fn fill(&self, template: &Template) -> Result<RedactedText, Placeholder>;

    /// Whether a placeholder whose value is known is not empty.
    fn has_value(&self, placeholder: &Placeholder) -> bool;

    /// Whether a value must not be shown.
    fn is_sensitive(&self, value: &str) -> bool;
}

/// Where no value of a call is known: an answer is shared between calls, and each may have other values.
#[derive(Debug, Clone, Copy)]
pub struct NoCallTexts;

impl ConditionTexts for NoCallTexts {
    fn fill(&self, template: &Template) -> Result<RedactedText, Placeholder> {
        match template.placeholders().next() {
            Some(placeholder) => Err(placeholder.clone()),
            None => Ok(RedactedText::public(template.as_text().unwrap_or_default().to_owned())),
        }
    }

    fn has_value(&self, _: &Placeholder) -> bool {
        false
    }

    fn is_sensitive(&self, _: &str) -> bool {
        false
    }
}

/// `when = "200"`: a test of what the branches compare.
impl From<Matcher> for Condition {
    fn from(matcher: Matcher) -> Self {
        let test = ConditionTest::Matcher(matcher);
        Self { target: ConditionTarget::Compared, test, negated: false }
    }
}

impl Condition {
    pub(crate) fn result(
        &self,
        context: &BranchContext<'_, impl ConditionTexts>,
    ) -> ConditionResult {
        match &self.target {
            ConditionTarget::Compared => self.result_of(&self.compared(context), context),
            ConditionTarget::Key(path) => self.result_of(&context.subject_at(path), context),
            ConditionTarget::Text(template) => match context.texts.fill(template) {
                Ok(text) => self.result_of(&text_subject(text.text()), context),
                Err(_) => ConditionResult::Unknown,
            },
        }
    }

    /// What the branches compare. Without a response key that is the whole answer, also that of an error: a negated
    /// test would hold for nearly every error, and keep it from a retry and from `[no_response]`.
    fn compared<'a, T>(&self, context: &BranchContext<'a, T>) -> BranchSubject<'a> {
        let BranchSubject { value, status } = context.subject.clone();
        BranchSubject { value: value.filter(|_| !self.negated || context.is_response()), status }
    }

    fn result_of(
        &self,
        subject: &BranchSubject<'_>,
        context: &BranchContext<'_, impl ConditionTexts>,
    ) -> ConditionResult {
        let (result, is_testable) = match &self.test {
            ConditionTest::Matcher(matcher) if matcher.is_on_status() => {
                (matcher.matches(subject).into(), subject.status.is_some())
            }
            ConditionTest::Matcher(matcher) => {
                (matcher.matches(subject).into(), subject.value.is_some())
            }
            ConditionTest::OneOf(texts) => {
                (is_one_of(subject, texts, &context.texts), subject.value.is_some())
            }
        };
        match result {
            _ if !is_testable => ConditionResult::Fails,
            result if self.negated => result.negated(),
            result => result,
        }
    }

    /// Whether the condition looks at the answer, or without one at the input, and not at a text of the call.
    pub(crate) fn looks_at_answer(&self) -> bool {
        !matches!(self.target, ConditionTarget::Text(_))
    }

    /// The placeholders in `of` and `is`.
    pub(crate) fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        let of = match &self.target {
            ConditionTarget::Text(template) => Some(template),
            ConditionTarget::Compared | ConditionTarget::Key(_) => None,
        };
        let is = match &self.test {
            ConditionTest::OneOf(templates) => templates.as_slice(),
            ConditionTest::Matcher(_) => &[],
        };
        of.into_iter().chain(is).flat_map(Template::placeholders)
    }

    /// The path of `key`.
    pub(crate) fn key(&self) -> Option<&KeyPath> {
        match &self.target {
            ConditionTarget::Key(path) => Some(path),
            ConditionTarget::Compared | ConditionTarget::Text(_) => None,
        }
    }
}

fn text_subject(text: &str) -> BranchSubject<'_> {
    BranchSubject { value: Some(AnswerValue::Text(Cow::Borrowed(text))), status: None }
}

fn is_one_of(
    subject: &BranchSubject<'_>,
    texts: &[Template],
    call: &impl ConditionTexts,
) -> ConditionResult {
    let Some(AnswerValue::Text(value)) = &subject.value else { return ConditionResult::Fails };
    let mut result = ConditionResult::Fails;
    for template in texts {
        match is_text(value, template, call) {
            ConditionResult::Holds => return ConditionResult::Holds,
            ConditionResult::Fails => {}
            ConditionResult::Unknown => result = ConditionResult::Unknown,
        }
    }
    result
}

fn is_text(value: &str, template: &Template, call: &impl ConditionTexts) -> ConditionResult {
    if let Some(text) = template.as_text() {
        return (text == value).into();
    }
    match call.fill(template) {
        Ok(text) => {
            let has_values = template.placeholders().all(|placeholder| call.has_value(placeholder));
            (has_values && text.text() == value).into()
        }
        Err(_) => ConditionResult::Unknown,
    }
}

impl ConditionResult {
    fn negated(self) -> Self {
        match self {
            Self::Holds => Self::Fails,
            Self::Fails => Self::Holds,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for ConditionResult {
    fn from(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Fails }
    }
}
