//! The words in a recognition result. Its format depends on the engine.

use roxmltree::{Document, Node};
use serde_json::Value;

use crate::channel::RecognizeResult;

/// Maximum length of a result; a longer one is not parsed.
const MAX_RESULT_BYTES: usize = 64 * 1024;

/// Parses a result: NLSML, which most engines return, JSON, or plain words.
pub fn parse_recognition(result: &str) -> RecognizeResult {
    let result = result.trim();
    if result.len() > MAX_RESULT_BYTES {
        return unreadable_result();
    }
    match result.as_bytes().first() {
        None => RecognizeResult::Silence,
        Some(b'<') => parse_nlsml(result),
        Some(b'{') => parse_json(result),
        Some(_) => match result.strip_prefix("Completion-Cause:") {
            Some(cause) => parse_completion_cause(cause.trim()),
            None => RecognizeResult::Words(result.to_owned()),
        },
    }
}

/// The words are the text of the first `input`, unless it contains `noinput` or `nomatch` (RFC 6787, 6.3.1). Namespaces
/// are ignored.
fn parse_nlsml(result: &str) -> RecognizeResult {
    let Ok(document) = Document::parse(result) else { return unreadable_result() };
    let named = |name: &str| document.descendants().find(|node| node.tag_name().name() == name);
    if named("noinput").is_some() {
        return RecognizeResult::Silence;
    }
    let node = named("input").or_else(|| named("instance"));
    RecognizeResult::Words(
        node.filter(|_| named("nomatch").is_none()).map(node_text).unwrap_or_default(),
    )
}

fn node_text(node: Node<'_, '_>) -> String {
    let texts = node.descendants().filter_map(|node| node.text().filter(|_| node.is_text()));
    texts.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// `{"text": …}`, or the first of `alternatives`.
fn parse_json(result: &str) -> RecognizeResult {
    let Ok(value) = serde_json::from_str::<Value>(result) else { return unreadable_result() };
    let pointers = ["/text", "/alternatives/0/text", "/alternatives/0/transcript"];
    let words = pointers.iter().find_map(|pointer| value.pointer(pointer)?.as_str());
    RecognizeResult::Words(words.unwrap_or_default().trim().to_owned())
}

/// The result of `mod_unimrcp` if there are no words (RFC 6787, 9.4.11).
fn parse_completion_cause(cause: &str) -> RecognizeResult {
    let number = cause.get(..3).and_then(|number| number.parse::<u8>().ok());
    match number {
        Some(2) => RecognizeResult::Silence,
        Some(0 | 1 | 3 | 8 | 13 | 14 | 15) => RecognizeResult::Words(String::new()),
        _ => unreadable_result(),
    }
}

fn unreadable_result() -> RecognizeResult {
    RecognizeResult::Failed("the recognition result is unreadable".into())
}
