//! What is read from an answer, of every kind that a web application sends.

use dialscript::script::answer::{AnswerValue, TriggerAnswer};
use dialscript::script::path::KeyPath;

mod bounds;
mod broken;
mod format;
mod json;
mod look;
mod matchers;
mod properties;
mod tree;
mod whole;

const JSON: Option<&str> = Some("application/json");
const XML: Option<&str> = Some("text/xml");
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
const TEXT: Option<&str> = Some("text/plain");

fn key(text: &str) -> KeyPath {
    KeyPath::parse(text).unwrap_or_else(|| panic!("{text} is no path"))
}

fn read(content_type: Option<&str>, body: impl AsRef<[u8]>) -> TriggerAnswer {
    TriggerAnswer::parse(200, content_type, body.as_ref())
}

fn text(text: &str) -> AnswerValue<'_> {
    AnswerValue::Text(text.into())
}

/// Each row: a key path and its value. `None` is absent, `{}` is an object or a list.
fn assert_values(answer: &TriggerAnswer, rows: &[(&str, Option<&str>)]) {
    assert_eq!(answer.unreadable_reason(), None);
    for (path, expected) in rows {
        let expected = match expected {
            None => AnswerValue::Absent,
            Some("{}") => AnswerValue::Composite,
            Some(value) => text(value),
        };
        assert_eq!(answer.lookup(&key(path)), expected, "at {path}");
        assert_eq!(answer.branch_value(Some(&key(path))), expected, "value of {path}");
    }
}
