//! Any bytes can be read as an answer in every format, and looked up by any response key, within the bounds of memory.
//!
//! `cargo fuzz run --fuzz-dir integration/fuzz -s none answers`. The first byte of the input selects the content type or
//! the format, the line after it is the response key, and the rest is the body.
#![no_main]

use dialscript::script::answer::{AnswerFormat, AnswerValue, MAX_TEXT, TriggerAnswer};
use dialscript::script::path::KeyPath;
use libfuzzer_sys::fuzz_target;

const CONTENT_TYPES: [Option<&str>; 8] = [
    None,
    Some("application/json"),
    Some("text/xml; charset=iso-8859-1"),
    Some("application/x-www-form-urlencoded"),
    Some("text/plain; charset=utf-16"),
    Some("text/html"),
    Some("application/xhtml+xml"),
    Some("a/b"),
];
const FORMATS: [AnswerFormat; 4] =
    [AnswerFormat::Json, AnswerFormat::Xml, AnswerFormat::Form, AnswerFormat::Text];
/// 8,000 nodes of 16 bytes, and a little for the answer itself.
const MAX_MEMORY: usize = MAX_TEXT + 8_000 * 16 + 100;

fuzz_target!(|input: &[u8]| {
    let Some((mode, rest)) = input.split_first() else { return };
    let mode = usize::from(*mode) % (CONTENT_TYPES.len() + FORMATS.len());
    let content_type = CONTENT_TYPES.get(mode).copied().flatten();
    let format = mode.checked_sub(CONTENT_TYPES.len()).map(|index| FORMATS[index]);
    let line_end = rest.iter().position(|byte| *byte == b'\n').unwrap_or_default();
    let (key, body) = rest.split_at(line_end);
    let key = std::str::from_utf8(key).ok().and_then(KeyPath::parse);

    let answer = TriggerAnswer::parse_as(format, 200, content_type, body);
    assert!(answer.memory_size() <= MAX_MEMORY, "{} bytes", answer.memory_size());
    answer.branch_value(None);
    let Some(key) = key else { return };
    let value = answer.branch_value(Some(&key));
    let explained = answer.missing_reason(&key).or(answer.unreadable_reason());
    assert_eq!(value == AnswerValue::Absent, explained.is_some(), "{value:?} {explained:?}");
});
