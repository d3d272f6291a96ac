//! What is kept of an answer: the values that scripts can still read. The document itself, which can be large, is
//! dropped before the caller hears the outcome.

use std::collections::HashSet;

use tracing::warn;

use crate::script::answer::{AnswerValue, TriggerAnswer};
use crate::script::answer_part::AnswerPart;
use crate::script::path::KeyPath;

/// Maximum number of values that are looked up in one answer: in an answer with thousands of values, each takes some
/// microseconds. No chain of scripts is expected to read so many.
const MAX_VALUES: usize = 1024;
/// Maximum size of all values that are kept of one answer, in bytes. A longer value is left out as a whole: if only a
/// part of it were kept, a secret that was cut in two could not be recognized.
const MAX_KEPT_BYTES: usize = 32 * 1024;

/// Some values of an answer.
pub(crate) struct KeptAnswer(Vec<(AnswerPart, KeptValue)>);

struct KeptValue {
    text: Box<str>,
    is_json_number: bool,
}

impl KeptAnswer {
    /// Takes `parts` out of an answer to a script whose response key is `key`. If there is no room for all, the first
    /// ones are kept. An object or a list is not kept: as the value of a placeholder, it is empty.
    pub(crate) fn new<'p>(
        answer: &TriggerAnswer,
        key: Option<&KeyPath>,
        parts: impl IntoIterator<Item = &'p AnswerPart>,
    ) -> Self {
        let mut kept = Self(Vec::new());
        let mut seen = HashSet::new();
        let mut bytes = 0;
        for part in parts {
            if seen.contains(part) {
                continue;
            }
            let placeholder = || format!("{{{part}}}");
            if seen.len() == MAX_VALUES {
                warn!(placeholder = placeholder(), "too many values of one answer are read");
                break;
            }
            seen.insert(part);
            let AnswerValue::Text(text) = part.value(answer, key) else { continue };
            if bytes + text.len() > MAX_KEPT_BYTES {
                let (placeholder, bytes) = (placeholder(), text.len());
                warn!(placeholder, bytes, "a value of the answer is too long");
                continue;
            }
            bytes += text.len();
            let is_json_number = part.is_json_number(answer, key);
            kept.0.push((part.clone(), KeptValue { text: text.into(), is_json_number }));
        }
        kept
    }

    /// A value, if it is a text or a number.
    pub(crate) fn value(&self, part: &AnswerPart) -> Option<&str> {
        self.find(part).map(|value| &*value.text)
    }

    /// Whether a value was a number in JSON, not a string.
    pub(crate) fn is_json_number(&self, part: &AnswerPart) -> bool {
        self.find(part).is_some_and(|value| value.is_json_number)
    }

    fn find(&self, part: &AnswerPart) -> Option<&KeptValue> {
        self.0.iter().find(|(kept, _)| kept == part).map(|(_, value)| value)
    }
}
