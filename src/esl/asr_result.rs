//! What a recognition says that was said: each engine has its own way.

use roxmltree::{Document, Node};
use serde_json::Value;

use crate::channel::RecognizeResult;

/// A result with more bytes is none of an utterance.
const MAX_RESULT_BYTES: usize = 64 * 1024;

/// The words in a result: NLSML, which most engines give, JSON, or the words themselves.
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

/// RFC 6787, 6.3.1: the words are the text of the first `input`; `noinput` and `nomatch` stand in it where there are
/// none. Its names may be in a namespace.
fn parse_nlsml(result: &str) -> RecognizeResult {
    let Ok(document) = Document::parse(result) else { return unreadable_result() };
    let named = |name: &str| document.descendants().find(|node| node.tag_name().name() == name);
    if named("noinput").is_some() {
        return RecognizeResult::Silence;
    }
    let said = named("input").or_else(|| named("instance"));
    RecognizeResult::Words(
        said.filter(|_| named("nomatch").is_none()).map(node_text).unwrap_or_default(),
    )
}

fn node_text(node: Node<'_, '_>) -> String {
    let texts = node.descendants().filter_map(|node| node.text().filter(|_| node.is_text()));
    texts.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// `{"text": …}`, or the first of `alternatives`.
fn parse_json(result: &str) -> RecognizeResult {
    let Ok(value) = serde_json::from_str::<Value>(result) else { return unreadable_result() };
    let places = ["/text", "/alternatives/0/text", "/alternatives/0/transcript"];
    let found = places.iter().find_map(|place| value.pointer(place)?.as_str());
    RecognizeResult::Words(found.unwrap_or_default().trim().to_owned())
}

/// What `mod_unimrcp` says where there are no words (RFC 6787, 9.4.11).
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
