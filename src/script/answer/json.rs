//! Looks values up in the text of a JSON body, so that numbers keep the digits that were sent.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::value::{AnswerFormatError, AnswerValue};
use crate::script::path::{KeyPath, KeyPathStep};

/// Parses the whole body once. So lookups get only valid JSON, with at most the 128 levels of nesting that serde_json
/// allows.
pub(super) fn check(text: &str) -> Result<(), AnswerFormatError> {
    match serde_json::from_str::<Value>(text) {
        Ok(_) => Ok(()),
        Err(error) if is_too_deep(&error) => Err(AnswerFormatError::TooDeep),
        Err(error) => Err(AnswerFormatError::Json(error.line(), error.column())),
    }
}

fn is_too_deep(error: &serde_json::Error) -> bool {
    error.classify() == Category::Syntax && error.to_string().starts_with("recursion limit")
}

/// The value at a response key.
pub(super) fn lookup<'a>(text: &'a str, path: &KeyPath) -> AnswerValue<'a> {
    path.steps().iter().try_fold(text, descend).map_or(AnswerValue::Absent, classify)
}

/// Whether there is a number at a response key.
pub(super) fn is_number(text: &str, path: &KeyPath) -> bool {
    let value = path.steps().iter().try_fold(text, descend);
    value.is_some_and(|value| value.starts_with(|c: char| c == '-' || c.is_ascii_digit()))
}

fn descend<'a>(text: &'a str, step: &KeyPathStep) -> Option<&'a str> {
    let child = match step {
        KeyPathStep::Key(key) => {
            serde_json::from_str::<HashMap<String, &RawValue>>(text).ok()?.remove(key)?
        }
        KeyPathStep::Index(index) => {
            *serde_json::from_str::<Vec<&RawValue>>(text).ok()?.get(*index)?
        }
    };
    Some(child.get())
}

/// Turns the text of one JSON value into an [`AnswerValue`].
pub(super) fn classify(text: &str) -> AnswerValue<'_> {
    match text.as_bytes().first() {
        Some(b'{' | b'[') => AnswerValue::Composite,
        Some(b'"') => serde_json::from_str(text)
            .map_or(AnswerValue::Absent, |text: String| AnswerValue::Text(Cow::Owned(text))),
        Some(b'n') | None => AnswerValue::Absent,
        Some(_) => AnswerValue::Text(Cow::Borrowed(text)),
    }
}
