//! JSON, looked up in its own text: what is found keeps the form that it was written in.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::{AnswerFormatError, AnswerValue};
use crate::script::path::{KeyPath, KeyPathStep};

/// Reads all of it once, so that lookups meet nothing broken, and nothing deeper than serde_json's 128.
pub(super) fn check(text: &str) -> Result<(), AnswerFormatError> {
    match serde_json::from_str::<Value>(text) {
        Ok(_) => Ok(()),
        Err(error) if is_depth(&error) => Err(AnswerFormatError::TooDeep),
        Err(error) => Err(AnswerFormatError::Json(error.line(), error.column())),
    }
}

fn is_depth(error: &serde_json::Error) -> bool {
    error.classify() == Category::Syntax && error.to_string().starts_with("recursion limit")
}

/// What stands at a path.
pub(super) fn lookup<'a>(text: &'a str, path: &KeyPath) -> AnswerValue<'a> {
    path.steps().iter().try_fold(text, step).map_or(AnswerValue::Absent, classify)
}

fn step<'a>(text: &'a str, step: &KeyPathStep) -> Option<&'a str> {
    let below = match step {
        KeyPathStep::Key(key) => {
            serde_json::from_str::<HashMap<String, &RawValue>>(text).ok()?.remove(key)?
        }
        KeyPathStep::Index(at) => *serde_json::from_str::<Vec<&RawValue>>(text).ok()?.get(*at)?,
    };
    Some(below.get())
}

/// What a JSON text is.
pub(super) fn classify(text: &str) -> AnswerValue<'_> {
    match text.as_bytes().first() {
        Some(b'{' | b'[') => AnswerValue::Composite,
        Some(b'"') => serde_json::from_str(text)
            .map_or(AnswerValue::Absent, |text: String| AnswerValue::Text(Cow::Owned(text))),
        Some(b'n') | None => AnswerValue::Absent,
        Some(_) => AnswerValue::Text(Cow::Borrowed(text)),
    }
}
