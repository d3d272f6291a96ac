//! JSON, looked up in its own text: what is found keeps the form that it was written in.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::{Found, Unreadable};
use crate::script::path::{KeyPath, Step};

/// Reads all of it once, so that lookups meet nothing broken, and nothing deeper than serde_json's 128.
pub(super) fn check(text: &str) -> Result<(), Unreadable> {
    match serde_json::from_str::<Value>(text) {
        Ok(_) => Ok(()),
        Err(error) if is_depth(&error) => Err(Unreadable::Deep),
        Err(error) => Err(Unreadable::Json(error.line(), error.column())),
    }
}

fn is_depth(error: &serde_json::Error) -> bool {
    error.classify() == Category::Syntax && error.to_string().starts_with("recursion limit")
}

/// What stands at a path.
pub(super) fn at<'a>(text: &'a str, path: &KeyPath) -> Found<'a> {
    path.steps().iter().try_fold(text, step).map_or(Found::Absent, found)
}

fn step<'a>(text: &'a str, step: &Step) -> Option<&'a str> {
    let below = match step {
        Step::Key(key) => {
            serde_json::from_str::<HashMap<String, &RawValue>>(text).ok()?.remove(key)?
        }
        Step::Index(at) => *serde_json::from_str::<Vec<&RawValue>>(text).ok()?.get(*at)?,
    };
    Some(below.get())
}

/// What a JSON text is.
pub(super) fn found(text: &str) -> Found<'_> {
    match text.as_bytes().first() {
        Some(b'{' | b'[') => Found::Composite,
        Some(b'"') => serde_json::from_str(text)
            .map_or(Found::Absent, |text: String| Found::Text(Cow::Owned(text))),
        Some(b'n') | None => Found::Absent,
        Some(_) => Found::Text(Cow::Borrowed(text)),
    }
}
