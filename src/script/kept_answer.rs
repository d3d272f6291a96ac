//! What is kept of an answer: the values that scripts can still read. The document itself, which can be large, is
//! dropped before the caller hears the outcome.

use std::collections::HashSet;

use tracing::warn;

use crate::script::answer::{AnswerValue, TriggerAnswer};
use crate::script::path::KeyPath;

/// Maximum number of paths that are looked up in one answer: in an answer with thousands of values, each takes some
/// microseconds. No chain of scripts is expected to read so many.
const MAX_PATHS: usize = 1024;
/// Maximum size of all values that are kept of one answer, in bytes. A longer value is left out as a whole: if only a
/// part of it were kept, a secret that was cut in two could not be recognized.
const MAX_KEPT_BYTES: usize = 32 * 1024;

/// The values of an answer at some paths.
pub(crate) struct KeptAnswer(Vec<(KeyPath, KeptValue)>);

struct KeptValue {
    text: Box<str>,
    is_json_number: bool,
}

impl KeptAnswer {
    /// Takes the values at `paths` out of an answer. If there is no room for all, the first ones are kept. An object or
    /// a list is not kept: as the value of a placeholder, it is empty.
    pub(crate) fn new<'p>(
        answer: &TriggerAnswer,
        paths: impl IntoIterator<Item = &'p KeyPath>,
    ) -> Self {
        let mut kept = Self(Vec::new());
        let mut seen = HashSet::new();
        let mut bytes = 0;
        for path in paths {
            if seen.contains(path) {
                continue;
            }
            let placeholder = || format!("{{${path}}}");
            if seen.len() == MAX_PATHS {
                warn!(placeholder = placeholder(), "too many values of one answer are read");
                break;
            }
            seen.insert(path);
            let AnswerValue::Text(text) = answer.lookup(path) else { continue };
            if bytes + text.len() > MAX_KEPT_BYTES {
                let (placeholder, bytes) = (placeholder(), text.len());
                warn!(placeholder, bytes, "a value of the answer is too long");
                continue;
            }
            bytes += text.len();
            let is_json_number = answer.is_json_number(path);
            kept.0.push((path.clone(), KeptValue { text: text.into(), is_json_number }));
        }
        kept
    }

    /// The value at a path, if it is a text or a number.
    pub(crate) fn value(&self, path: &KeyPath) -> Option<&str> {
        self.find(path).map(|value| &*value.text)
    }

    /// Whether the value at a path was a number in JSON, not a string.
    pub(crate) fn is_json_number(&self, path: &KeyPath) -> bool {
        self.find(path).is_some_and(|value| value.is_json_number)
    }

    fn find(&self, path: &KeyPath) -> Option<&KeptValue> {
        self.0.iter().find(|(kept, _)| kept == path).map(|(_, value)| value)
    }
}
